//! What the upstream answered.
//!
//! The success of a call is one JSON value, and contents where that is not what a client should see:
//! - JSON by its media type: the body, token by token. A body that is no JSON is a `BadResponse`.
//! - Nothing (204, 205, an empty body): `null`.
//! - Streams of values (`stream.rs`): an array.
//! - Any other media type, or none: a JSON object or array where the operation accepts JSON and the body is one (many
//!   upstreams mislabel JSON), else the text, else the bytes. In JSON they are one string, bytes in base64; a client is
//!   shown text, an image, sound, or an embedded resource.
//!
//! Text is UTF-8, or ISO-8859-1 where the upstream says so. Under a media type of text anything else is a `BadResponse`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use super::body::is_json;
use super::client::Answer;
use super::error_response::ErrorResponse;
use super::operation::Operation;
use super::stream;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::resource::Contents;

/// What a call without a result ended with.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The upstream answered with an error status, which the tool's own error type may know.
    Status(ErrorResponse),
    /// Everything else.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// A success.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) json: RawJson,
    /// An answer that is no JSON, as a client sees it.
    pub(crate) contents: Option<Contents>,
}

impl From<RawJson> for Received {
    fn from(json: RawJson) -> Self {
        Self { json, contents: None }
    }
}

/// The result of an answer.
///
/// # Errors
/// `Failure::Status` for 400 and above; `BadResponse` for redirects and for bodies that cannot be passed on.
pub(crate) fn read(operation: &Operation, base_url_env: &str, answer: Answer) -> Result<Received, Failure> {
    let Answer { status, headers, body } = answer;
    match status.as_u16() {
        204 | 205 => Ok(RawJson::from_valid("null").into()),
        200..300 => success(operation, &headers, body?).map_err(|error| error.with_status(status.as_u16()).into()),
        300..400 => Err(redirect(status, &headers, base_url_env).into()),
        400.. => Err(Failure::Status(ErrorResponse::new(status, &headers, body.unwrap_or_default()))),
        // 101: nobody asked for another protocol.
        early => {
            let message = format!("The API answered with the status {early}, which ends no request.");
            Err(Error::new(ErrorKind::BadResponse, message).with_status(early).into())
        }
    }
}

/// SECURITY.md O4.
fn redirect(status: StatusCode, headers: &HeaderMap, base_url_env: &str) -> Error {
    let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    // Only the origin: the rest of a URL can hold anything.
    let target = match location.map(url::Url::parse) {
        Some(Ok(url)) => format!(" to {}", url.origin().ascii_serialization()),
        _ => String::new(),
    };
    Error::new(
        ErrorKind::BadResponse,
        format!(
            "The API answered with a redirect ({}{target}), and redirects are not followed. If the API has moved, set \
             {base_url_env} to its new base URL.",
            status.as_u16()
        ),
    )
    .with_status(status.as_u16())
}

fn success(operation: &Operation, headers: &HeaderMap, body: Bytes) -> Result<Received, Error> {
    let media_type = MediaType::of(headers);
    let whole = body.clone();
    // RFC 8259 §8.1: parsers may ignore a byte order mark.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
    if body.is_empty() {
        return Ok(RawJson::from_valid("null").into());
    }
    let bad = |message: String| Error::new(ErrorKind::BadResponse, message);
    let encode = |text: &str| RawJson::encode(text).map_err(|error| bad(error.to_string()));
    if is_json(&media_type.essence) {
        let text = std::str::from_utf8(body).map_err(|error| bad(format!("The API's JSON is not UTF-8: {error}.")))?;
        return RawJson::parse(text).map(Received::from).map_err(|error| {
            bad(format!("The API's answer says it is JSON and is not: {error}.")).with_type("NotJson")
        });
    }
    if stream::is_stream(&media_type.essence) {
        let text =
            std::str::from_utf8(body).map_err(|error| bad(format!("The API's stream is not UTF-8: {error}.")))?;
        return stream::collect(&media_type.essence, text).map(Received::from).map_err(bad);
    }
    let text = match media_type.decode(body).filter(|_| !media_type.is_binary()) {
        Some(text) => text,
        None if media_type.is_text() => {
            let what =
                format!("The API answered {} bytes of type {}, which are no text.", body.len(), media_type.shown());
            return Err(bad(what));
        }
        None => {
            let json = encode(&STANDARD.encode(&whole))?;
            let contents = Contents::bytes(whole).with_mime_type(media_type.or_bytes());
            return Ok(Received { json, contents: Some(contents) });
        }
    };
    let composite = text.trim_start().starts_with(['{', '[']);
    if composite
        && operation.accept.contains("json")
        && let Ok(json) = RawJson::parse(&text)
    {
        return Ok(json.into());
    }
    let json = encode(&text)?;
    let contents = Contents::text(text);
    let contents = if media_type.essence.is_empty() { contents } else { contents.with_mime_type(media_type.essence) };
    Ok(Received { json, contents: Some(contents) })
}

/// A `Content-Type`.
#[derive(Debug, Default)]
pub(crate) struct MediaType {
    /// `application/json`, in lower case; empty where there is none.
    pub(crate) essence: String,
    latin1: bool,
}

impl MediaType {
    /// The media type of an answer.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut parts = text.split(';').map(|part| part.trim().to_ascii_lowercase());
        let essence = parts.next().unwrap_or_default();
        let latin1 = parts.any(|part| {
            let charset = part.strip_prefix("charset=").map(|charset| charset.trim_matches('"'));
            matches!(charset, Some("iso-8859-1" | "latin1" | "windows-1252"))
        });
        Self { essence, latin1 }
    }

    /// The body as text, where it is some.
    pub(crate) fn decode<'a>(&self, body: &'a [u8]) -> Option<Cow<'a, str>> {
        match std::str::from_utf8(body) {
            Ok(text) if !text.contains('\0') => Some(Cow::Borrowed(text)),
            Err(_) if self.latin1 => Some(Cow::Owned(body.iter().copied().map(char::from).collect())),
            _ => None,
        }
    }

    /// Bytes whatever they look like: images, sound, and what says that it is bytes.
    fn is_binary(&self) -> bool {
        let kind = self.essence.split('/').next().unwrap_or_default();
        matches!(kind, "image" | "audio" | "video" | "font") && !self.essence.ends_with("+xml")
            || matches!(self.essence.as_str(), "application/octet-stream" | "application/pdf" | "application/zip")
    }

    fn is_text(&self) -> bool {
        self.essence.starts_with("text/") || self.essence.ends_with("+xml") || self.essence == "application/xml"
    }

    fn or_bytes(&self) -> String {
        if self.essence.is_empty() { "application/octet-stream".to_owned() } else { self.essence.clone() }
    }

    fn shown(&self) -> String {
        if self.essence.is_empty() { "unknown".to_owned() } else { self.essence.escape_default().to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::testing::GET;

    fn headers(content_type: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        }
        headers
    }

    fn answer(status: u16, content_type: &str, body: &[u8]) -> Result<Received, Failure> {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers(content_type),
            body: Ok(Bytes::copy_from_slice(body)),
        };
        read(&GET, "T_BASE_URL", answer)
    }

    fn json(content_type: &str, body: &[u8]) -> String {
        answer(200, content_type, body).unwrap().json.as_str().to_owned()
    }

    fn bad(content_type: &str, body: &[u8]) -> Error {
        match answer(200, content_type, body) {
            Err(Failure::Other(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_is_passed_on_token_by_token() {
        let body = b"\n{ \"b\" : 1.0, \"a\":[1e2 , 12345678901234567890123, \"\\u00e9 \\/\"], \"b\":2 }\r\n";
        let expected = r#"{"b":1.0,"a":[1e2,12345678901234567890123,"\u00e9 \/"],"b":2}"#;
        for content_type in ["application/json", "application/json; charset=utf-8", "Application/HAL+JSON", "text/json"]
        {
            assert_eq!(json(content_type, body), expected, "{content_type}");
        }
        assert_eq!(json("application/json", b"\xef\xbb\xbf1"), "1");
    }

    #[test]
    fn nothing_is_null() {
        assert_eq!(json("application/json", b""), "null");
        assert_eq!(json("", b""), "null");
        for status in [204, 205] {
            assert_eq!(answer(status, "text/plain", b"ignored").unwrap().json.as_str(), "null");
        }
    }

    #[test]
    fn text_is_a_string_and_mislabelled_json_is_json() {
        assert_eq!(json("text/plain", b"a \"b\"\n"), r#""a \"b\"\n""#);
        assert_eq!(json("", b"hello"), r#""hello""#);
        assert_eq!(json("text/html", b" [1, 2]"), "[1,2]");
        assert_eq!(json("text/plain", b"{not json}"), r#""{not json}""#);
        // not an object or array: text stays text
        assert_eq!(json("text/plain", b"12"), r#""12""#);
        assert_eq!(json("text/plain; charset=ISO-8859-1", b"caf\xe9"), "\"café\"");
    }

    #[test]
    fn o8_what_is_neither_json_nor_text_is_a_bad_response() {
        for (content_type, body) in [
            ("application/json", b"{\"a\":".as_slice()),
            ("application/json", b"<html>"),
            ("application/json", b"{} {}"),
            ("application/json", b"{\"a\":\"\xff\"}"),
            ("text/plain", b"caf\xe9"),
            ("text/plain", b"a\0b"),
        ] {
            let error = bad(content_type, body);
            assert_eq!((error.kind(), error.status()), (ErrorKind::BadResponse, Some(200)), "{content_type}");
        }
    }

    #[test]
    fn what_is_no_json_reaches_a_client_as_what_it_is() {
        let block = |content_type: &str, body: &[u8]| {
            let contents = answer(200, content_type, body).unwrap().contents.unwrap();
            serde_json::to_string(&contents.into_block("result:get")).unwrap()
        };
        assert_eq!(block("text/plain", b"a \"b\"\n"), r#"{"type":"text","text":"a \"b\"\n"}"#);
        // RFC 4648 §4: 0x89 "PNG" is "iVBORw==".
        assert_eq!(block("image/png", b"\x89PNG"), r#"{"type":"image","data":"iVBORw==","mimeType":"image/png"}"#);
        assert_eq!(block("audio/wav", b"RIFF"), r#"{"type":"audio","data":"UklGRg==","mimeType":"audio/wav"}"#);
        let resource = |mime_type: &str, blob: &str| {
            format!(
                r#"{{"type":"resource","resource":{{"uri":"result:get","mimeType":"{mime_type}","blob":"{blob}"}}}}"#
            )
        };
        assert_eq!(block("application/pdf", b"%PDF"), resource("application/pdf", "JVBERg=="));
        assert_eq!(block("", b"\xff\xfe"), resource("application/octet-stream", "//4="));
        // RFC 4648 §10; the typed answer is the base64 too.
        assert_eq!(json("application/octet-stream", b"foobar"), r#""Zm9vYmFy""#);
        assert!(answer(200, "application/json", b"1").unwrap().contents.is_none());
    }

    #[test]
    fn o8_json_cut_anywhere_is_a_bad_response() {
        let body = r#"{"a":[1,2.5,"é\u00e9",null,true],"b":{}}"#.as_bytes();
        for end in 1..body.len() {
            assert_eq!(bad("application/json", &body[..end]).kind(), ErrorKind::BadResponse, "{end}");
        }
    }

    #[test]
    fn o4_redirects_are_not_followed_and_show_the_origin_only() {
        for status in [300, 301, 302, 303, 304, 307, 308] {
            let mut headers = HeaderMap::new();
            headers.insert(header::LOCATION, "https://user:canary@evil.example/canary?key=canary".parse().unwrap());
            let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: Ok(Bytes::new()) };
            let Err(Failure::Other(error)) = read(&GET, "T_BASE_URL", answer) else { panic!() };
            assert_eq!((error.kind(), error.status()), (ErrorKind::BadResponse, Some(status)));
            assert!(
                error.message().contains("https://evil.example)") && error.message().contains("T_BASE_URL"),
                "{error}"
            );
            assert!(!error.message().contains("canary"), "{error}");
        }
    }
}
