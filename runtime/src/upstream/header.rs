//! Header and cookie fields of a request (SECURITY.md O3).

use http::{HeaderName, HeaderValue};

/// What OpenAPI 3.1.1 §4.8.12.1 (`name`) says to ignore as a parameter: the request's own tables say these.
const IGNORED: &[&str] = &["accept", "authorization", "content-type"];

/// Framing, routing and connection fields (RFC 9110 §7.6.1, RFC 9112 §6): whoever sets one of them can make the upstream
/// or a proxy read another request. `Cookie` is put together from the cookie parameters.
const DENIED: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// What may be done with a header parameter of this name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It is sent.
    Send(HeaderName),
    /// OpenAPI says to ignore it.
    Ignore,
    /// It is never sent; the call fails.
    Deny,
}

/// The rule for a name of the document.
pub(crate) fn rule(name: &str) -> Rule {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) if IGNORED.contains(&name.as_str()) => Rule::Ignore,
        Ok(name) if DENIED.contains(&name.as_str()) => Rule::Deny,
        Ok(name) => Rule::Send(name),
        Err(_) => Rule::Deny,
    }
}

/// A field value of visible ASCII, space and tab (RFC 9110 §5.5).
///
/// # Errors
/// What is wrong, as the end of a sentence. Nothing is stripped or replaced.
pub(crate) fn value(text: &str) -> Result<HeaderValue, &'static str> {
    if text.chars().any(|character| character.is_control() && character != '\t') {
        return Err("contains a control character (a line break, for example), which a header or cookie cannot hold");
    }
    if !text.is_ascii() {
        return Err("contains characters beyond ASCII, which a header or cookie cannot hold");
    }
    HeaderValue::from_str(text).map_err(|_| "cannot be written in a header or cookie")
}

/// Whether this can be the name of a cookie: a token (RFC 6265 §4.1.1, RFC 9110 §5.6.2).
pub(crate) fn is_cookie_name(name: &str) -> bool {
    // Header names are tokens too.
    HeaderName::from_bytes(name.as_bytes()).is_ok()
}

/// Whether this can be the value of a cookie: `cookie-octet`s, and the commas that OpenAPI 3.2 writes between the items of
/// an array, which RFC 6265 does not list and every reader takes; perhaps in quotes.
pub(crate) fn is_cookie_value(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    inner.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b';' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o3_names_that_frame_or_route_a_request_are_denied() {
        for name in [
            "Host",
            "HOST",
            "Content-Length",
            "Transfer-Encoding",
            "Connection",
            "Cookie",
            "Upgrade",
            "Proxy-Authorization",
        ] {
            assert_eq!(rule(name), Rule::Deny, "{name}");
        }
        for name in ["", "a b", "a:b", "X\r\nHost", "é", "a\0"] {
            assert_eq!(rule(name), Rule::Deny, "{name:?}");
            assert!(!is_cookie_name(name), "{name:?}");
        }
        for name in ["Authorization", "authorization", "Accept", "Content-Type"] {
            assert_eq!(rule(name), Rule::Ignore, "{name}");
        }
        assert!(matches!(rule("X-Request-Id"), Rule::Send(_)));
    }

    #[test]
    fn o3_control_characters_are_errors_and_are_not_stripped() {
        for byte in (0..32_u8).chain([127]).filter(|byte| *byte != b'\t') {
            assert!(value(&format!("a{}b", char::from(byte))).is_err(), "{byte}");
        }
        for text in ["a\r\nX-Evil: 1", "\n", "a\u{85}b", "é"] {
            assert!(value(text).is_err(), "{text:?}");
        }
        assert_eq!(value("a\t b,c;d=\"e\"").unwrap(), "a\t b,c;d=\"e\"");
        assert_eq!(value("").unwrap(), "");
    }
}
