//! Security schemes and requirements. OpenAPI 3.1.1 §4.8.27 and §4.8.30.

use std::collections::BTreeSet;

use openapiv3::{APIKeyLocation, OpenAPI, Operation, SecurityRequirement, SecurityScheme};

use super::{media, names};
use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report};
use crate::load::{Index, join};
use crate::model::{self, Location, SecurityKind};

/// The schemes that operations use, each with its environment variable.
pub(super) struct Security<'a> {
    api: &'a OpenAPI,
    index: &'a Index,
    /// In the order of the document.
    pub schemes: Vec<model::SecurityScheme>,
}

impl<'a> Security<'a> {
    /// `more`: operations beside those of `api`.
    pub(super) fn new<'m>(
        api: &'a OpenAPI,
        more: impl Iterator<Item = &'m Operation>,
        server: &str,
        index: &'a Index,
        report: &mut Report,
    ) -> Self {
        let more: Vec<&Operation> = more.collect();
        let used: BTreeSet<&str> = (api.security.iter())
            .chain(api.operations().filter_map(|(_, _, operation)| operation.security.as_ref()))
            .chain(more.into_iter().filter_map(|operation| operation.security.as_ref()))
            .flatten()
            .flat_map(|requirement| requirement.keys().map(String::as_str))
            .collect();
        let declared = api.components.iter().flat_map(|components| &components.security_schemes);
        let mut schemes: Vec<model::SecurityScheme> = Vec::new();
        let prefix = names::screaming(server);
        for (name, scheme) in declared {
            let Some(scheme) = scheme.as_item().filter(|_| used.contains(name.as_str())) else { continue };
            let span = index.key_span(&join("/components/securitySchemes", name));
            let Some((kind, what)) = kind(scheme) else {
                report.push(
                    Diagnostic::warning(
                        codes::SECURITY_SCHEME,
                        span,
                        format!("the security scheme `{name}` cannot be used"),
                    )
                    .help(
                        "http schemes must be `bearer` or `basic`, and the name of a key must be one that headers have",
                    ),
                );
                continue;
            };
            let env = env(&prefix, name, &kind, &schemes);
            let description = match description(scheme) {
                Some(more) => format!("{what}. {more}"),
                None => what,
            };
            schemes.push(model::SecurityScheme { name: name.clone(), kind, env, description, span });
        }
        Self { api, index, schemes }
    }

    /// The alternatives of an operation: its own, else those of the document. An alternative with a scheme that cannot
    /// be used is left out; the empty alternative comes last, since credentials that are there are meant to be sent.
    pub(super) fn alternatives(
        &self,
        own: Option<&Vec<SecurityRequirement>>,
        pointer: &str,
        tool: &str,
        report: &mut Report,
    ) -> Vec<Vec<String>> {
        let given = own.or(self.api.security.as_ref());
        let place = if own.is_some() { join(pointer, "security") } else { "/security".to_owned() };
        let mut alternatives: Vec<Vec<String>> = Vec::new();
        for requirement in given.into_iter().flatten() {
            let unknown = requirement.keys().find(|name| !self.schemes.iter().any(|scheme| scheme.name == **name));
            if let Some(unknown) = unknown {
                let message = if own.is_some() {
                    format!("`{tool}` needs the security scheme `{unknown}`, which is not declared or cannot be used")
                } else {
                    format!("the security scheme `{unknown}` is not declared or cannot be used")
                };
                report.push(
                    Diagnostic::warning(codes::SECURITY_SCHEME, self.index.span(&place), message)
                        .help("declare it under `components.securitySchemes`"),
                );
                continue;
            }
            let alternative: Vec<String> = requirement.keys().cloned().collect();
            if !alternatives.contains(&alternative) {
                alternatives.push(alternative);
            }
        }
        alternatives.sort_by_key(Vec::is_empty);
        if alternatives.iter().all(Vec::is_empty) { Vec::new() } else { alternatives }
    }

    /// Whether a scheme sends its credential in this place, so that no argument may.
    pub(super) fn owns(&self, location: Location, name: &str) -> bool {
        self.schemes.iter().any(|scheme| match &scheme.kind {
            SecurityKind::ApiKey { location: owned, name: key } if *owned == location => {
                if location == Location::Header { key.eq_ignore_ascii_case(name) } else { key == name }
            }
            _ => false,
        })
    }
}

/// What a scheme sends, and what to call it.
fn kind(scheme: &SecurityScheme) -> Option<(SecurityKind, String)> {
    Some(match scheme {
        // SECURITY.md O3: the name goes into a header or a cookie as it is.
        SecurityScheme::APIKey { location, name, .. } => {
            if *location != APIKeyLocation::Query && !media::is_token(name) {
                return None;
            }
            let (location, place) = match location {
                APIKeyLocation::Query => (Location::Query, "query parameter"),
                APIKeyLocation::Header => (Location::Header, "header"),
                APIKeyLocation::Cookie => (Location::Cookie, "cookie"),
            };
            let what = format!("API key, sent in the {place} {name}");
            (SecurityKind::ApiKey { location, name: name.clone() }, what)
        }
        SecurityScheme::HTTP { scheme, .. } => match scheme.to_ascii_lowercase().as_str() {
            "bearer" => (SecurityKind::Bearer, "Bearer token".to_owned()),
            "basic" => (SecurityKind::Basic, "User name and password, as user:password".to_owned()),
            _ => return None,
        },
        SecurityScheme::OAuth2 { .. } => (SecurityKind::Bearer, "OAuth 2.0 access token".to_owned()),
        SecurityScheme::OpenIDConnect { .. } => (SecurityKind::Bearer, "OpenID Connect access token".to_owned()),
    })
}

/// The first paragraph of the scheme's own description, where it is short.
fn description(scheme: &SecurityScheme) -> Option<String> {
    let (SecurityScheme::APIKey { description, .. }
    | SecurityScheme::HTTP { description, .. }
    | SecurityScheme::OAuth2 { description, .. }
    | SecurityScheme::OpenIDConnect { description, .. }) = scheme;
    let first = description.as_deref()?.trim().split("\n\n").next()?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!first.is_empty() && first.len() <= 200).then_some(first)
}

/// The environment variable: after the kind for the first scheme of a kind, after the scheme for the others, so that a
/// scheme that is added later renames nothing.
fn env(prefix: &str, name: &str, kind: &SecurityKind, schemes: &[model::SecurityScheme]) -> String {
    let suffix = match kind {
        SecurityKind::ApiKey { .. } => "API_KEY",
        SecurityKind::Bearer => "BEARER_TOKEN",
        SecurityKind::Basic => "BASIC_AUTH",
    };
    let free = |env: &String| !schemes.iter().any(|scheme| scheme.env == *env);
    let own = match names::screaming(name) {
        own if own.is_empty() => suffix.to_owned(),
        own => own,
    };
    let base = format!("{prefix}_{own}");
    [format!("{prefix}_{suffix}"), base.clone()]
        .into_iter()
        .find(|env| free(env))
        .or_else(|| (2..).map(|number| format!("{base}_{number}")).find(|env| free(env)))
        .unwrap_or(base)
}
