//! Credentials of a contract: a value for each variable, and what a request carries of them.

use serde_json::{Map, Value, json};

use crate::model::{FixedValue, HttpBinding, Location, SecurityKind, SecurityScheme, Tool, Upstream};

/// RFC 7617 §2: user-id and password.
const BASIC: (&str, &str) = ("Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");

/// A credential of a request.
pub(super) struct Credential<'a> {
    pub location: Location,
    pub name: &'a str,
    pub value: String,
}

/// The variables of every scheme, one with files not among them, and those of hidden arguments.
pub(super) fn environment<'a>(upstream: &Upstream, tools: impl Iterator<Item = &'a Tool>) -> Map<String, Value> {
    let schemes = upstream.security_schemes.iter();
    let schemes = schemes.filter_map(|scheme| Some((scheme.env.clone(), json!(secret(scheme)?))));
    let hidden = tools.flat_map(|tool| &tool.fixed).filter_map(|fixed| match &fixed.value {
        FixedValue::Env { env, json: false } => Some((env.clone(), json!(value_of(env)))),
        _ => None,
    });
    schemes.chain(hidden).collect()
}

/// What a variable holds.
pub(super) fn value_of(env: &str) -> String {
    format!("value-of-{}", env.to_ascii_lowercase())
}

/// What the first alternative that the environment has sends; `None` where it has none.
pub(super) fn credentials<'a>(upstream: &'a Upstream, binding: &HttpBinding) -> Option<Vec<Credential<'a>>> {
    let find = |name: &String| upstream.security_schemes.iter().find(|scheme| scheme.name == *name);
    let mut alternatives = binding.security.iter().filter(|alternative| !alternative.is_empty());
    let complete =
        alternatives.find_map(|names| names.iter().map(|name| credential(find(name)?)).collect::<Option<Vec<_>>>());
    let optional = binding.security.is_empty() || binding.security.iter().any(Vec::is_empty);
    complete.or_else(|| optional.then(Vec::new))
}

fn secret(scheme: &SecurityScheme) -> Option<String> {
    Some(match &scheme.kind {
        // Made of files, and no part of a request.
        SecurityKind::MutualTls { .. } => return None,
        SecurityKind::Basic => BASIC.0.to_owned(),
        SecurityKind::ApiKey { .. } | SecurityKind::Bearer | SecurityKind::ClientCredentials { .. } => {
            value_of(&scheme.env)
        }
    })
}

fn credential(scheme: &SecurityScheme) -> Option<Credential<'_>> {
    let secret = secret(scheme)?;
    let (location, name, value) = match &scheme.kind {
        SecurityKind::ApiKey { location, name } => (*location, name.as_str(), secret),
        SecurityKind::Bearer | SecurityKind::ClientCredentials { .. } => {
            (Location::Header, "authorization", format!("Bearer {secret}"))
        }
        SecurityKind::MutualTls { .. } => return None,
        SecurityKind::Basic => (Location::Header, "authorization", format!("Basic {}", BASIC.1)),
    };
    Some(Credential { location, name, value })
}
