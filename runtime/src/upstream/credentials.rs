//! The credentials of an API: read once from the environment, sent to the API's own origins only (SECURITY.md O5).
//!
//! Nothing that a client sends is ever a credential: there is no way from a client's `Authorization` to here.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::base_url::BaseUrl;
use super::client::Http;
use super::header;
use super::identity::{Identity, Unusable};
use super::oauth::{ClientCredentials, Endpoint};
use super::operation::{Api, Location, Operation, SecurityKind, SecurityScheme};
use crate::env::{Env, EnvError, Secret};
use crate::error::{Error, ErrorKind};
use crate::redact;

/// The credentials that the environment holds, in the order of the API's security schemes.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    schemes: Vec<(&'static SecurityScheme, Option<Credential>)>,
}

/// A credential, checked when it was read.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// A header; the value is marked as sensitive, so that it does not print.
    Header(http::HeaderName, HeaderValue),
    /// A query parameter.
    Query(&'static str, Secret),
    /// A cookie.
    Cookie(&'static str, Secret),
    /// `Authorization` with a token that is fetched when it is needed.
    Token(Arc<ClientCredentials>),
    /// A certificate of the connection; nothing in the request.
    Certificate(Identity),
}

impl Credentials {
    /// Reads the credentials. None is required here: a server with some of them serves what they allow.
    ///
    /// # Errors
    /// A variable whose value cannot be sent. The value is not repeated.
    pub(crate) fn from_env(api: &'static Api, env: &Env) -> Result<Self, EnvError> {
        let mut schemes = Vec::with_capacity(api.security_schemes.len());
        for scheme in api.security_schemes {
            let secret = env.optional_secret(scheme.env)?;
            if let SecurityKind::MutualTls { key } = scheme.kind {
                let identity = identity(scheme.env, secret, key, env.optional_secret(key)?)?;
                schemes.push((scheme, identity.map(Credential::Certificate)));
                continue;
            }
            let credential = secret.map(|secret| Credential::new(scheme, secret)).transpose();
            let credential = match credential.map_err(|problem| EnvError::new(scheme.env, problem))? {
                Some(credential) => Some(credential),
                None => client(scheme, env)?,
            };
            schemes.push((scheme, credential));
        }
        Ok(Self { schemes })
    }

    /// The certificate that connections to the API show.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.schemes.iter().find_map(|(_, credential)| match credential {
            Some(Credential::Certificate(identity)) => Some(identity.clone()),
            _ => None,
        })
    }

    /// The credentials for an operation: of its alternatives the first that is complete, else none where the document
    /// lets the operation be called without.
    ///
    /// # Errors
    /// `Unauthenticated`, which names the variables.
    pub(crate) fn choose(&self, operation: &Operation) -> Result<Vec<&Credential>, Error> {
        if let Some(credentials) = self.complete(operation.security) {
            return Ok(credentials);
        }
        let Some(choices) = self.missing(operation.security) else { return Ok(Vec::new()) };
        Err(Error::new(
            ErrorKind::Unauthenticated,
            format!(
                "{} {} needs credentials that this server was started without: set {choices} in its environment (or a \
                 variable of the same name with _FILE to a file that holds the value).",
                operation.method, operation.path,
            ),
        ))
    }

    /// The first alternative that the environment has whole.
    fn complete(&self, security: &[&[&str]]) -> Option<Vec<&Credential>> {
        let alternatives = security.iter().filter(|schemes| !schemes.is_empty());
        let credential = |name: &&str| self.find(name)?.1.as_ref();
        alternatives.into_iter().find_map(|schemes| schemes.iter().map(credential).collect::<Option<Vec<_>>>())
    }

    /// The variables to set for operations with this [`Operation::security`]; `None` where they can be called.
    pub(crate) fn missing(&self, security: &[&[&str]]) -> Option<String> {
        let optional = security.is_empty() || security.iter().any(|schemes| schemes.is_empty());
        if optional || self.complete(security).is_some() {
            return None;
        }
        let alternatives = security.iter();
        let choices: Vec<_> = alternatives
            .map(|schemes| {
                let variables =
                    schemes.iter().map(|name| self.find(name).map_or_else(|| (*name).to_owned(), variables));
                variables.collect::<Vec<_>>().join(" and ")
            })
            .collect();
        Some(choices.join(", or "))
    }

    fn find(&self, name: &str) -> Option<&(&'static SecurityScheme, Option<Credential>)> {
        self.schemes.iter().find(|(scheme, _)| scheme.name == name)
    }
}

/// What to set for a scheme.
fn variables((scheme, _): &(&'static SecurityScheme, Option<Credential>)) -> String {
    match &scheme.kind {
        SecurityKind::ClientCredentials { variables, .. } => {
            format!("{} and {} (or {})", variables.client_id, variables.client_secret, scheme.env)
        }
        SecurityKind::MutualTls { key } => format!("{} and {key}", scheme.env),
        _ => scheme.env.to_owned(),
    }
}

/// The certificate and its key, where the environment has both.
fn identity(
    certificate: &str,
    chain: Option<Secret>,
    key: &str,
    private: Option<Secret>,
) -> Result<Option<Identity>, EnvError> {
    match (chain, private) {
        (Some(chain), Some(private)) => match Identity::from_pem(chain.expose(), private.expose()) {
            Ok(identity) => Ok(Some(identity)),
            Err(Unusable::Chain(problem)) => Err(EnvError::new(certificate, problem)),
            Err(Unusable::Key(problem)) => Err(EnvError::new(key, problem)),
        },
        (None, None) => Ok(None),
        (Some(_), None) => Err(EnvError::new(key, format!("is not set, and {certificate} is"))),
        (None, Some(_)) => Err(EnvError::new(certificate, format!("is not set, and {key} is"))),
    }
}

/// The client of a token endpoint, where the environment has one.
fn client(scheme: &'static SecurityScheme, env: &Env) -> Result<Option<Credential>, EnvError> {
    let SecurityKind::ClientCredentials { token_url, scope, variables } = &scheme.kind else { return Ok(None) };
    let (id, secret) = (env.optional(variables.client_id)?, env.optional_secret(variables.client_secret)?);
    let (id, secret) = match (id, secret) {
        (Some(id), Some(secret)) => (id, secret),
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(EnvError::new(variables.client_secret, "is not set, and the client's id is")),
        (None, Some(_)) => return Err(EnvError::new(variables.client_id, "is not set, and the client's secret is")),
    };
    let endpoint = Endpoint::parse(&env.or_default(variables.token_url, token_url)?);
    let endpoint = endpoint.map_err(|problem| EnvError::new(variables.token_url, problem))?;
    let scope = env.or_default(variables.scope, scope)?;
    let client = ClientCredentials::new(endpoint, scope, id, secret, variables.client_secret);
    Ok(Some(Credential::Token(Arc::new(client))))
}

impl Credential {
    /// The credential as a request carries it.
    ///
    /// # Errors
    /// As [`ClientCredentials::header`].
    pub(crate) async fn ready(&self, http: &Http, base: &BaseUrl) -> Result<Self, Error> {
        Ok(match self {
            Self::Token(client) => Self::Header(http::header::AUTHORIZATION, client.header(http, base).await?),
            ready => ready.clone(),
        })
    }

    fn new(scheme: &'static SecurityScheme, secret: Secret) -> Result<Self, &'static str> {
        let text = secret.expose().trim();
        match &scheme.kind {
            SecurityKind::ApiKey { location: Location::Header, name } => {
                let name = http::HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| "belongs to a header whose name is no header name")?;
                Ok(Self::Header(name, sensitive(text)?))
            }
            SecurityKind::ApiKey { location: Location::Cookie, name } => {
                // RFC 6265 §4.1.1, cookie-octet
                if text
                    .chars()
                    .any(|character| !character.is_ascii_graphic() || matches!(character, ';' | ',' | '"' | '\\'))
                {
                    return Err("holds characters that a cookie cannot hold");
                }
                Ok(Self::Cookie(name, secret))
            }
            SecurityKind::ApiKey { location: Location::Query | Location::Path | Location::QueryString, name } => {
                Ok(Self::Query(name, secret))
            }
            SecurityKind::Bearer | SecurityKind::ClientCredentials { .. } => {
                let token = match text.split_at_checked(7) {
                    Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => token.trim_start(),
                    _ => text,
                };
                // RFC 6750 §2.1: a token is one word
                if token.contains(char::is_whitespace) {
                    return Err("holds white space, which a bearer token cannot hold");
                }
                Ok(Self::Header(http::header::AUTHORIZATION, sensitive(&format!("Bearer {token}"))?))
            }
            SecurityKind::MutualTls { .. } => Err("is a certificate"),
            SecurityKind::Basic => {
                // RFC 7617 §2. The password may be empty and may contain colons.
                if !secret.expose().contains(':') {
                    return Err("is not user:password: write the colon even where the password is empty");
                }
                if secret.expose().chars().any(char::is_control) {
                    return Err("holds control characters, which user:password cannot hold");
                }
                // By itself it is a secret too.
                if let Some((_, password)) = secret.expose().split_once(':') {
                    redact::remember(password);
                }
                let encoded = STANDARD.encode(secret.expose());
                Ok(Self::Header(http::header::AUTHORIZATION, sensitive(&format!("Basic {encoded}"))?))
            }
        }
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, &'static str> {
    let mut value = header::value(text).map_err(|_| "holds characters that a header cannot hold")?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::testing::{API, GET};

    fn credentials(pairs: &[(&str, &str)]) -> Credentials {
        Credentials::from_env(&API, &Env::from_pairs(pairs.iter().copied())).unwrap()
    }

    fn chosen(pairs: &[(&str, &str)], security: &'static [&'static [&'static str]]) -> Result<Vec<String>, Error> {
        let credentials = credentials(pairs);
        let chosen = credentials.choose(&Operation { security, ..GET })?;
        Ok(chosen
            .into_iter()
            .map(|credential| match credential {
                Credential::Header(name, value) => format!("{name}: {}", value.to_str().unwrap()),
                Credential::Query(name, value) => format!("?{name}={}", value.expose()),
                Credential::Cookie(name, value) => format!("cookie {name}={}", value.expose()),
                Credential::Token(client) => format!("{client:?}"),
                Credential::Certificate(identity) => format!("{identity:?}"),
            })
            .collect())
    }

    #[test]
    fn the_first_complete_alternative_is_used() {
        const BOTH: &[&[&str]] = &[&["key", "cookie"], &["bearer"]];
        assert_eq!(
            chosen(&[("T_KEY", "k"), ("T_COOKIE", "c"), ("T_TOKEN", "t")], BOTH).unwrap(),
            ["x-api-key: k", "cookie session=c"]
        );
        assert_eq!(chosen(&[("T_KEY", "k"), ("T_TOKEN", "t")], BOTH).unwrap(), ["authorization: Bearer t"]);
        assert_eq!(chosen(&[("T_QUERY", "q")], &[&["query"]]).unwrap(), ["?api_key=q"]);
    }

    #[test]
    fn optional_security_uses_what_is_there() {
        const OPTIONAL: &[&[&str]] = &[&[], &["bearer"]];
        assert_eq!(chosen(&[], OPTIONAL).unwrap(), [""; 0]);
        assert_eq!(chosen(&[("T_TOKEN", "t")], OPTIONAL).unwrap(), ["authorization: Bearer t"]);
        assert_eq!(chosen(&[("T_TOKEN", "t")], &[]).unwrap(), [""; 0]);
    }

    #[test]
    fn missing_credentials_are_named_by_variable() {
        let error = chosen(&[("T_KEY", "k")], &[&["key", "cookie"], &["bearer"], &["unknown"]]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.message().contains("set T_KEY and T_COOKIE, or T_TOKEN, or unknown in"), "{error}");
    }

    #[test]
    fn basic_and_bearer_are_written_as_their_rfcs_say() {
        // RFC 7617 §2: Aladdin, "open sesame"
        let basic = |value| chosen(&[("T_BASIC", value)], &[&["basic"]]).unwrap();
        assert_eq!(basic("Aladdin:open sesame"), ["authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]);
        // "user:" and RFC 7617 §2.1 (UTF-8)
        assert_eq!(basic("user:"), ["authorization: Basic dXNlcjo="]);
        assert_eq!(basic("test:123£"), ["authorization: Basic dGVzdDoxMjPCow=="]);
        for value in ["Bearer abc", "bearer abc", "abc", " abc\n"] {
            assert_eq!(chosen(&[("T_TOKEN", value)], &[&["bearer"]]).unwrap(), ["authorization: Bearer abc"]);
        }
    }

    #[test]
    fn o3_i11_values_that_cannot_be_sent_are_refused_at_start_without_being_repeated() {
        for (variable, value) in [
            ("T_KEY", "canary\r\nX-Evil: 1"),
            ("T_KEY", "canary\0"),
            ("T_TOKEN", "canary token"),
            ("T_BASIC", "canary"),
            ("T_BASIC", "user:canary\n"),
            ("T_COOKIE", "canary; admin=1"),
        ] {
            let error = Credentials::from_env(&API, &Env::from_pairs([(variable, value)])).unwrap_err().to_string();
            assert!(error.contains(variable) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn i11_credentials_do_not_print() {
        let credentials = credentials(&[
            ("T_KEY", "canary1"),
            ("T_QUERY", "canary2"),
            ("T_COOKIE", "canary3"),
            ("T_TOKEN", "canary4"),
            ("T_BASIC", "user:canary5"),
        ]);
        let printed = format!("{credentials:?}");
        assert!(!printed.contains("canary") && !printed.contains(&STANDARD.encode("user:canary5")), "{printed}");
    }
}
