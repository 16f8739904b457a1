//! An answer with an error status, and how it becomes an error.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::body::is_json;
use super::response::MediaType;
use super::retry_after;
use crate::error::{Error, ErrorKind, ToolError};
use crate::json::RawJson;
use crate::neutralise;

/// How much of an upstream's own words goes into a message, in characters.
const MAX_QUOTE: usize = 500;

/// What a tool's error type makes of an answer with an error status. Generated enums implement it.
pub trait FromResponse: ToolError {
    /// The error that the document declares for the status, else the general one.
    fn from_response(response: ErrorResponse) -> Self;
}

impl FromResponse for Error {
    fn from_response(response: ErrorResponse) -> Self {
        response.into_error()
    }
}

/// An answer of the upstream with a status of 400 or more.
#[derive(Clone, Debug)]
pub struct ErrorResponse {
    status: u16,
    body: Bytes,
    json: Option<RawJson>,
    text: Option<String>,
    retry_after: Option<Duration>,
}

impl ErrorResponse {
    /// Reads the answer.
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let media_type = MediaType::of(headers);
        let decoded = media_type.decode(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body));
        let json =
            decoded.as_deref().filter(|text| is_json(&media_type.essence) || text.trim_start().starts_with(['{', '[']));
        let json = json.and_then(|text| RawJson::parse(text).ok());
        let text = decoded.filter(|_| json.is_none() && media_type.essence == "text/plain").map(Cow::into_owned);
        let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| retry_after::parse(text, SystemTime::now()));
        Self { status: status.as_u16(), json, text, retry_after, body }
    }

    /// An answer that a handler makes itself.
    pub(crate) fn made(status: u16, json: Option<RawJson>, retry_after: Option<Duration>) -> Self {
        Self { status, body: Bytes::new(), json, text: None, retry_after }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, empty where it was larger than an answer may be.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, where it is JSON.
    pub fn json(&self) -> Option<&RawJson> {
        self.json.as_ref()
    }

    /// How long the upstream asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The error of a status that the document does not declare. The kind follows the status, the message quotes the
    /// upstream, a JSON body is the data.
    pub fn into_error(self) -> Error {
        let reason =
            StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
        let mut message = format!("The API answered {} {reason}", self.status).trim_end().to_owned();
        match self.json.as_ref().and_then(|json| quote(json, "")).or_else(|| self.text.as_deref().and_then(clean)) {
            Some(words) => say(&mut message, &words),
            None => message.push('.'),
        }
        self.error(message)
    }

    /// The error of a status that the document declares: the variant's name is the type, the document's description and
    /// the upstream's own words are the message, a JSON body is the data.
    pub(crate) fn into_declared(self, type_name: &'static str, description: &str) -> Error {
        let mut message = description.trim().to_owned();
        if message.is_empty() {
            message = format!("The API answered {}.", self.status);
        }
        let words = match &self.json {
            Some(json) => quote(json, &message),
            None => self.text.as_deref().and_then(clean),
        };
        if let Some(words) = words.filter(|words| !message.contains(words.trim_end_matches('.'))) {
            say(&mut message, &words);
        }
        self.error(message).with_type(type_name)
    }

    /// What both have in common: the kind follows the status, `Retry-After` and a JSON body are kept.
    fn error(self, message: String) -> Error {
        let error = Error::new(kind(self.status), message).with_status(self.status);
        let error = match self.retry_after {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        };
        match self.json {
            Some(json) => error.with_data(json),
            None => error,
        }
    }
}

/// The class of a status.
fn kind(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        // 408: the upstream gave up on a connection; the same call can succeed. `Timeout` is our own deadline.
        408 | 500.. => ErrorKind::UpstreamUnavailable,
        _ => ErrorKind::UpstreamRejected,
    }
}

/// Where upstreams put their words: RFC 9457 `title` and `detail`, and the usual other members.
#[derive(Deserialize)]
struct Words {
    #[serde(default, deserialize_with = "lenient")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    detail: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    error_description: Option<String>,
    #[serde(default)]
    error: Option<RawWords>,
}

/// `error` is a string, or an object with a `message`.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawWords {
    Text(String),
    Object { message: String },
    Other(serde::de::IgnoredAny),
}

fn lenient<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Maybe {
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Maybe::deserialize(deserializer)? {
        Maybe::Text(text) => Some(text),
        Maybe::Other(_) => None,
    })
}

/// The upstream's own words in a JSON body.
pub(crate) fn words(json: &RawJson) -> Option<String> {
    quote(json, "")
}

/// The upstream's own words, without what was said before.
fn quote(json: &RawJson, said: &str) -> Option<String> {
    let words: Words = if json.is_object() { json.decode().ok()? } else { return None };
    let error = match words.error {
        Some(RawWords::Text(text)) => Some(text),
        Some(RawWords::Object { message }) => Some(message),
        Some(RawWords::Other(_)) | None => None,
    };
    let mut quote = String::new();
    for part in [words.title, words.detail, words.message, error, words.error_description].into_iter().flatten() {
        if let Some(part) = clean(&part) {
            let new = part.trim_end_matches('.');
            if !quote.contains(new) && !said.contains(new) {
                say(&mut quote, &part);
            }
        }
    }
    clean(&quote)
}

/// Goes on after what was said.
fn say(said: &mut String, words: &str) {
    match said.chars().last() {
        None => {}
        Some('.' | '!' | '?' | ':') => said.push(' '),
        Some(_) => said.push_str(": "),
    }
    said.push_str(words);
}

/// One line of bounded length without control characters; `None` where nothing is left.
fn clean(text: &str) -> Option<String> {
    let mut out = String::new();
    for word in text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
    {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if let Some((end, _)) = out.char_indices().nth(MAX_QUOTE) {
        out.truncate(end);
        out.push('…');
    }
    (!out.is_empty()).then(|| neutralise::text(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&'static str, &str)], body: &str) -> ErrorResponse {
        let headers =
            headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect();
        ErrorResponse::new(StatusCode::from_u16(status).unwrap(), &headers, Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn the_kind_follows_the_status() {
        use ErrorKind::*;
        for (status, expected) in [
            (400, UpstreamRejected),
            (401, Unauthenticated),
            (403, Forbidden),
            (404, NotFound),
            (405, UpstreamRejected),
            (408, UpstreamUnavailable),
            (409, Conflict),
            (410, NotFound),
            (412, Conflict),
            (422, UpstreamRejected),
            (429, RateLimited),
            (451, UpstreamRejected),
            (500, UpstreamUnavailable),
            (503, UpstreamUnavailable),
            (504, UpstreamUnavailable),
            (599, UpstreamUnavailable),
        ] {
            let error = response(status, &[], "").into_error();
            assert_eq!((error.kind(), error.status()), (expected, Some(status)), "{status}");
        }
    }

    #[test]
    fn problem_details_are_the_message_and_the_data() {
        // RFC 9457 §3
        let body = r#"{"type":"https://example.com/probs/out-of-credit","title":"You do not have enough credit.","detail":"Your current balance is 30, but that costs 50.","balance":30.0}"#;
        let error = response(403, &[("content-type", "application/problem+json")], body).into_error();
        assert_eq!(
            error.message(),
            "The API answered 403 Forbidden: You do not have enough credit. Your current balance is 30, but that costs 50."
        );
        assert_eq!(error.data().unwrap().as_str(), body);
    }

    #[test]
    fn other_usual_members_are_quoted() {
        for (body, expected) in [
            (r#"{"message":"No such pet","code":7}"#, "The API answered 404 Not Found: No such pet"),
            (r#"{"error":"gone"}"#, "The API answered 404 Not Found: gone"),
            (r#"{"error":{"message":"gone","code":5}}"#, "The API answered 404 Not Found: gone"),
            (r#"{"error":{"code":5},"message":[1],"title":7,"detail":"d"}"#, "The API answered 404 Not Found: d"),
            (r#"{"error":true,"reason":"x"}"#, "The API answered 404 Not Found."),
            (r#"[1]"#, "The API answered 404 Not Found."),
            ("", "The API answered 404 Not Found."),
            ("<html>", "The API answered 404 Not Found."),
        ] {
            assert_eq!(response(404, &[], body).into_error().message(), expected, "{body}");
        }
        let text = response(404, &[("content-type", "text/plain; charset=utf-8")], "no\r\n\u{1b}[31m such  pet\n")
            .into_error();
        assert_eq!(text.message(), "The API answered 404 Not Found: no [31m such pet");
        let long = format!(r#"{{"message":"{}"}}"#, "é".repeat(10_000));
        assert!(response(404, &[], &long).into_error().message().chars().count() < 600);
        assert_eq!(response(599, &[], "").into_error().message(), "The API answered 599.");
    }

    #[test]
    fn retry_after_is_read() {
        let response = response(429, &[("retry-after", "7")], "");
        assert_eq!(response.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(response.into_error().retry_after(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn declared_errors_carry_type_status_description_body_and_wait() {
        let body = r#"{"detail":"Pet 7 is gone."}"#;
        let gone = |body: &str, description: &str| {
            response(410, &[("retry-after", "7")], body).into_declared("PetGone", description)
        };
        let error = gone(body, "There is no such pet.");
        assert_eq!((error.kind(), error.type_name(), error.status()), (ErrorKind::NotFound, "PetGone", Some(410)));
        assert_eq!(error.message(), "There is no such pet. Pet 7 is gone.");
        assert_eq!(error.data().unwrap().as_str(), body);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(gone(r#"{"title":"Pet 7 is gone"}"#, "Pet 7 is gone.").message(), "Pet 7 is gone.");
        assert_eq!(gone("", " ").message(), "The API answered 410.");
        assert_eq!(gone(body, "Unexpected").message(), "Unexpected: Pet 7 is gone.");
        let text = response(410, &[("content-type", "text/plain")], "sold\n").into_declared("PetGone", "Gone");
        assert_eq!((text.message(), text.data()), ("Gone: sold", None));
    }
}
