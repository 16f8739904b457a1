//! OAuth 2.0 client credentials (RFC 6749 §4.4): the token of a scheme, fetched when a call needs it.
//!
//! One token is kept and replaced before it expires. Calls that need one at the same time wait for one request. The
//! secret goes to the token endpoint alone, the token to the API alone (SECURITY.md O5).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::base_url::BaseUrl;
use super::client::{Answer, Http};
use super::encode::Escape;
use super::header::value;
use super::request::Request;
use super::watch::Watch;
use crate::env::Secret;
use crate::error::{Error, ErrorKind};
use crate::json::node::Node;

/// For how long a token is used whose lifetime the answer leaves out (RFC 6749 §5.1, `expires_in`).
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(300);
/// A token is replaced so long before its end, but never before nine tenths of its life.
const MARGIN: Duration = Duration::from_secs(60);
/// Beyond this, `expires_in` says nothing.
const MAX_LIFETIME: u64 = 24 * 60 * 60;

/// A client of a token endpoint.
pub(crate) struct ClientCredentials {
    endpoint: Endpoint,
    scope: String,
    id: String,
    secret: Secret,
    /// The variable of the secret, for messages.
    variable: &'static str,
    state: Mutex<State>,
}

/// Where tokens come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// An absolute URL.
    Url(Url),
    /// A path at the origin of the API.
    Path(String),
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// Whether the endpoint takes the secret in the body only (RFC 6749 §2.3.1).
    in_body: bool,
}

struct Token {
    header: HeaderValue,
    refresh: Instant,
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").field("endpoint", &self.endpoint).field("secret", &self.secret).finish()
    }
}

impl Endpoint {
    /// Reads a token URL.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence: RFC 6749 §3.2 asks for TLS, which only loopback is spared.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        match Url::parse(text) {
            Ok(url) if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() => {
                Err("holds a user name, a password or a fragment, which the URL of a token endpoint has not")
            }
            Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => Ok(Self::Url(url)),
            Ok(_) => Err("is no https URL: a client secret is not sent without TLS"),
            Err(_) if text.contains("://") || text.starts_with("//") => Err("is no URL"),
            Err(_) => Ok(Self::Path(format!("/{}", text.trim_start_matches('/')))),
        }
    }

    fn url(&self, base: &BaseUrl) -> Result<Url, Error> {
        let url = match self {
            Self::Url(url) => return Ok(url.clone()),
            Self::Path(path) => Url::parse(&format!("{}{path}", base.origin())),
        };
        let url = url.ok().filter(|url| url.origin().ascii_serialization() == base.origin());
        url.ok_or_else(|| super::problem::table("The token endpoint has no faithful URL."))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host == "[::1]" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|host| host.is_loopback())
}

impl ClientCredentials {
    pub(crate) fn new(endpoint: Endpoint, scope: String, id: String, secret: Secret, variable: &'static str) -> Self {
        Self { endpoint, scope, id, secret, variable, state: Mutex::default() }
    }

    /// `Authorization` of a request to the API, with a token that is still good.
    ///
    /// # Errors
    /// `Unauthenticated`, where the endpoint refuses the client; the classes of transport errors; `BadResponse` for an
    /// answer without a token. None holds the secret or the token.
    pub(crate) async fn header(&self, http: &Http, base: &BaseUrl) -> Result<HeaderValue, Error> {
        // Held while the token is fetched: whoever comes meanwhile waits for it and then finds it here.
        let mut state = self.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| Instant::now() < token.refresh) {
            return Ok(token.header.clone());
        }
        state.token = None;
        let url = self.endpoint.url(base)?;
        let mut answer = self.ask(http, &url, state.in_body).await?;
        // RFC 6749 §2.3.1 makes endpoints take the header; some take the body only.
        if matches!(answer.status.as_u16(), 400 | 401) && !state.in_body && problem(&answer) == "invalid_client" {
            answer = self.ask(http, &url, true).await?;
            state.in_body = answer.status.is_success();
        }
        let token = self.token(&url, &answer)?;
        let header = token.header.clone();
        state.token = Some(token);
        Ok(header)
    }

    /// The API has refused this token: the next call fetches another.
    pub(crate) async fn forget(&self, header: &HeaderValue) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|token| token.header == header) {
            state.token = None;
        }
    }

    async fn ask(&self, http: &Http, url: &Url, in_body: bool) -> Result<Answer, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let mut form = "grant_type=client_credentials".to_owned();
        let mut field = |name: &str, text: &str| form.push_str(&format!("&{name}={}", Escape::All.apply(text)));
        if !self.scope.is_empty() {
            field("scope", &self.scope);
        }
        if in_body {
            field("client_id", &self.id);
            field("client_secret", self.secret.expose());
        } else {
            // RFC 6749 §2.3.1 and Appendix B: both are form-encoded first.
            let [id, secret] =
                [self.id.as_str(), self.secret.expose()].map(|text| Escape::All.apply(text).replace("%20", "+"));
            let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
            let mut basic = value(&basic).map_err(|what| super::problem::table(format!("The client id {what}.")))?;
            basic.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, basic);
        }
        let request = Request { method: Method::POST, url: url.clone(), headers, body: Some(form.into()) };
        http.send(&url.origin().ascii_serialization(), request, Watch::NOBODY).await
    }

    fn token(&self, url: &Url, answer: &Answer) -> Result<Token, Error> {
        let origin = url.origin().ascii_serialization();
        let status = answer.status.as_u16();
        let fail = |kind, what: String| Err(Error::new(kind, format!("The token endpoint at {origin} {what}.")));
        match status {
            200..300 => {}
            429 | 500.. => return fail(ErrorKind::UpstreamUnavailable, format!("answered with the status {status}")),
            _ => {
                let problem = problem(answer);
                let problem = if problem.is_empty() { format!("status {status}") } else { problem };
                return fail(ErrorKind::Unauthenticated, format!("refused the client of {}: {problem}", self.variable));
            }
        }
        let body = answer.body.as_ref().map_err(Clone::clone)?;
        let text = std::str::from_utf8(body).unwrap_or_default();
        let Ok(answer) = Node::parse(text, 8) else {
            return fail(ErrorKind::BadResponse, "answered no JSON".to_owned());
        };
        let field = |name: &str| answer.get(name).and_then(Node::as_str).map(str::to_owned);
        if let Some(other) = field("token_type").filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            let other: String = other.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
            return fail(
                ErrorKind::BadResponse,
                format!("answered a token of the type {other:?}, which is not Bearer"),
            );
        }
        let Some(token) = field("access_token").map(Secret::from) else {
            return fail(ErrorKind::BadResponse, "answered no access_token".to_owned());
        };
        let header = value(&format!("Bearer {}", token.expose())).ok();
        let Some(mut header) = header.filter(|_| !token.expose().contains(char::is_whitespace)) else {
            return fail(ErrorKind::BadResponse, "answered a token that no header can hold".to_owned());
        };
        header.set_sensitive(true);
        let seconds = match answer.get("expires_in") {
            // Some endpoints write it as a string.
            Some(Node::Number(text) | Node::String(text)) => text.parse::<f64>().ok(),
            _ => None,
        };
        let lifetime = seconds
            .filter(|seconds| *seconds >= 0.0)
            .map_or(UNKNOWN_LIFETIME, |seconds| Duration::from_secs((seconds as u64).min(MAX_LIFETIME)));
        let refresh = Instant::now() + lifetime.saturating_sub(MARGIN.min(lifetime / 10));
        Ok(Token { header, refresh })
    }
}

/// `error` of RFC 6749 §5.2.
fn problem(answer: &Answer) -> String {
    let Ok(body) = &answer.body else { return String::new() };
    let parsed = std::str::from_utf8(body).ok().and_then(|text| Node::parse(text, 8).ok());
    let error = parsed.as_ref().and_then(|answer| answer.get("error")).and_then(Node::as_str).unwrap_or_default();
    error.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '_').take(64).collect()
}

#[cfg(test)]
#[path = "oauth_tests.rs"]
mod tests;
