//! Security schemes and requirements. OpenAPI 3.1.1 §4.8.27 and §4.8.30.

use std::collections::BTreeSet;

use openapiv3::{APIKeyLocation, OpenAPI, Operation, SecurityRequirement, SecurityScheme};

use super::refs::Refs;
use super::{media, names, skeleton};
use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report};
use crate::load::{Index, join};
use crate::model::{self, ClientVariables, Location, SecurityKind, Setting};

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
        refs: &Refs<'_>,
        index: &'a Index,
        report: &mut Report,
    ) -> Self {
        let more: Vec<&Operation> = more.collect();
        let requirements = || {
            let own = api.operations().filter_map(|(_, _, operation)| operation.security.as_ref());
            let beside = more.iter().filter_map(|operation| operation.security.as_ref());
            api.security.iter().chain(own).chain(beside).flatten()
        };
        let used: BTreeSet<&str> =
            requirements().flat_map(|requirement| requirement.keys().map(String::as_str)).collect();
        let declared = api.components.iter().flat_map(|components| &components.security_schemes);
        let mut schemes: Vec<model::SecurityScheme> = Vec::new();
        let prefix = names::screaming(server);
        for (name, scheme) in declared {
            let Some(scheme) = scheme.as_item().filter(|_| used.contains(name.as_str())) else { continue };
            let span = index.key_span(&join("/components/securitySchemes", name));
            let place = join("/components/securitySchemes", name);
            let token_url = token_url(&place, refs).filter(|_| matches!(scheme, SecurityScheme::OAuth2 { .. }));
            let Some((mut kind, what)) = kind(scheme) else {
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
            let env = env(&prefix, name, &kind, token_url.is_some(), &schemes);
            if let SecurityKind::MutualTls { key } = &mut kind {
                *key = key_variable(&env);
            }
            if let Some(token_url) = token_url {
                let mut scopes: Vec<String> = Vec::new();
                for scope in requirements().filter_map(|requirement| requirement.get(name)).flatten() {
                    if !scopes.contains(scope) && is_scope(scope) {
                        scopes.push(scope.clone());
                    }
                }
                kind = SecurityKind::ClientCredentials { token_url, scopes, variables: client_variables(&env) };
            }
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
                    format!(
                        "`{tool}` needs the security scheme `{unknown}`, which is not declared or cannot be used: it is \
                         called without it"
                    )
                } else {
                    format!(
                        "the security scheme `{unknown}` is not declared or cannot be used: operations without a \
                         `security` of their own are called without it"
                    )
                };
                report.push(
                    Diagnostic::warning(codes::SECURITY_SCHEME, self.index.span(&place), message)
                        .help("declare it under `components.securitySchemes`"),
                );
                continue;
            }
            let alternative: Vec<String> = requirement.keys().cloned().collect();
            for alternative in self.sendable(alternative, &place, tool, report) {
                if !alternatives.contains(&alternative) {
                    alternatives.push(alternative);
                }
            }
        }
        alternatives.sort_by_key(Vec::is_empty);
        if alternatives.iter().all(Vec::is_empty) { Vec::new() } else { alternatives }
    }

    /// An alternative as requests can carry it: a request has one `Authorization` (RFC 9110 §11.6.2), so schemes that
    /// write it cannot be used together, and become alternatives of each other.
    fn sendable(&self, alternative: Vec<String>, place: &str, tool: &str, report: &mut Report) -> Vec<Vec<String>> {
        let (authorization, others): (Vec<String>, Vec<String>) = alternative.iter().cloned().partition(|name| {
            self.schemes.iter().any(|scheme| scheme.name == *name && writes_authorization(&scheme.kind))
        });
        if authorization.len() < 2 {
            return vec![alternative];
        }
        let message = format!(
            "`{tool}` needs `{}` together, and each of them is the `Authorization` header; one of them is sent",
            authorization.join("` and `")
        );
        report.push(
            Diagnostic::warning(codes::AUTHORIZATION, self.index.span(place), message)
                .help("list them as alternatives, each in an item of its own"),
        );
        authorization.into_iter().map(|one| std::iter::once(one).chain(others.iter().cloned()).collect()).collect()
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

fn writes_authorization(kind: &SecurityKind) -> bool {
    match kind {
        SecurityKind::ApiKey { location, name } => {
            *location == Location::Header && name.eq_ignore_ascii_case("authorization")
        }
        SecurityKind::Bearer | SecurityKind::Basic | SecurityKind::ClientCredentials { .. } => true,
        SecurityKind::MutualTls { .. } => false,
    }
}

/// `flows.clientCredentials.tokenUrl`, which is read from the document itself. OpenAPI 3.1.1 §4.8.28 and §4.8.29.
fn token_url(place: &str, refs: &Refs<'_>) -> Option<String> {
    let scheme = refs.follow_quietly(place, refs.at(place)?)?.value;
    let url = scheme.get("flows")?.get("clientCredentials")?.get("tokenUrl")?.as_str()?.trim();
    (!url.is_empty()).then(|| url.to_owned())
}

/// RFC 6749 §3.3, `scope-token`.
fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// The variables beside that of the token: `PETSTORE_CLIENT_ID` beside `PETSTORE_BEARER_TOKEN`.
fn client_variables(env: &str) -> ClientVariables {
    let prefix = env.strip_suffix("_BEARER_TOKEN").unwrap_or(env);
    ClientVariables {
        client_id: format!("{prefix}_CLIENT_ID"),
        client_secret: format!("{prefix}_CLIENT_SECRET"),
        token_url: format!("{prefix}_TOKEN_URL"),
        scope: format!("{prefix}_SCOPE"),
    }
}

/// The variable of the key that belongs to a certificate: `PETSTORE_CLIENT_KEY` beside `PETSTORE_CLIENT_CERT`.
fn key_variable(env: &str) -> String {
    format!("{}_KEY", env.strip_suffix("_CERT").unwrap_or(env))
}

/// How the API is called (`upstream/options.rs` of the runtime): name, description, default.
pub(super) const TUNING: &[(&str, &str, Option<&str>)] = &[
    ("TIMEOUT", "Seconds that a call of the API may take with all its attempts", Some("30")),
    ("RETRIES", "Attempts after the first one, of requests that may be sent twice", Some("2")),
    ("CONCURRENCY", "Requests to the API at the same time", Some("64")),
    ("MAX_BYTES", "Bytes of an answer of the API; a larger one is an error", Some("10485760")),
    ("REDIRECTS", "`off`, or `same-origin` to follow redirects that stay at the origin of the API", Some("off")),
    ("IDEMPOTENCY_HEADER", "A header for idempotency keys, so that every request may be sent twice", None),
];

/// Every variable of a scheme.
pub(super) fn settings(scheme: &model::SecurityScheme) -> Vec<Setting> {
    let setting = |env: &str, description: &str, secret: bool, default: Option<&str>| Setting {
        env: env.to_owned(),
        description: description.to_owned(),
        secret,
        required: false,
        default: default.filter(|default| !default.is_empty()).map(str::to_owned),
        span: scheme.span,
    };
    let mut settings = vec![setting(&scheme.env, &scheme.description, true, None)];
    if let SecurityKind::MutualTls { key } = &scheme.kind {
        settings.push(setting(key, "Private key of the client certificate, PEM; best given as a file", true, None));
    }
    if let SecurityKind::ClientCredentials { token_url, scopes, variables } = &scheme.kind {
        let instead = format!("OAuth 2.0 client id; with the secret, in place of {}", scheme.env);
        settings.push(setting(&variables.client_id, &instead, false, None));
        settings.push(setting(&variables.client_secret, "OAuth 2.0 client secret", true, None));
        let endpoint = "Token endpoint of the OAuth 2.0 client; a path stands at the origin of the API";
        settings.push(setting(&variables.token_url, endpoint, false, Some(token_url)));
        settings.push(setting(
            &variables.scope,
            "Scopes that the OAuth 2.0 client asks for, separated by spaces",
            false,
            Some(&scopes.join(" ")),
        ));
    }
    settings
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
        SecurityScheme::OpenIDConnect { extensions, .. } if extensions.contains_key(skeleton::MUTUAL_TLS) => {
            let what = "Client certificate with its chain, PEM; best given as a file".to_owned();
            (SecurityKind::MutualTls { key: String::new() }, what)
        }
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
fn env(prefix: &str, name: &str, kind: &SecurityKind, client: bool, schemes: &[model::SecurityScheme]) -> String {
    let suffix = match kind {
        SecurityKind::ApiKey { .. } => "API_KEY",
        SecurityKind::Bearer | SecurityKind::ClientCredentials { .. } => "BEARER_TOKEN",
        SecurityKind::Basic => "BASIC_AUTH",
        SecurityKind::MutualTls { .. } => "CLIENT_CERT",
    };
    let mut taken: BTreeSet<String> = schemes.iter().flat_map(settings).map(|setting| setting.env).collect();
    taken.extend(TUNING.iter().map(|(name, _, _)| format!("{prefix}_{name}")));
    taken.insert(format!("{prefix}_BASE_URL"));
    let free = |env: &String| {
        let ClientVariables { client_id, client_secret, token_url, scope } = client_variables(env);
        let own = [client_id, client_secret, token_url, scope];
        let key = matches!(kind, SecurityKind::MutualTls { .. }) && taken.contains(&key_variable(env));
        !(taken.contains(env) || key || client && own.iter().any(|env| taken.contains(env)))
    };
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
