//! A request as a fuzz target sees it.

use super::base_url::BaseUrl;
use super::credentials::Credential;
use super::operation::Operation;
use super::request;
use crate::env::Secret;
use crate::json::RawJson;

/// What would be sent.
#[derive(Debug)]
pub struct Sent {
    /// The URL.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
}

/// The request of an operation to `https://api.example/v1`, with a credential in the query. `None`: it is refused.
pub fn request(operation: &'static Operation, arguments: &str) -> Option<Sent> {
    let base = BaseUrl::parse("https://api.example/v1").ok()?;
    let credential = Credential::Query("api_key", Secret::unregistered("secret"));
    let arguments = RawJson::parse(arguments).ok()?;
    let request = request::build(operation, &base, &arguments, &[&credential]).ok()?;
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    Some(Sent { url: request.url.into(), headers })
}
