//! Media types: RFC 6838 §4.2, RFC 9110 §8.3.

/// `type/subtype` in lower case, without parameters; `None` for what is no media type or range.
pub(super) fn essence(name: &str) -> Option<String> {
    let essence = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype)).then_some(essence)
}

/// RFC 9110 §5.6.2: what names a header, a media type or a cookie.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A media type with its parameters as the value of a header: without them where they hold what no header may.
pub(super) fn header(name: &str) -> String {
    let name = name.trim();
    if name.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return name.to_owned();
    }
    essence(name).unwrap_or_else(|| "application/octet-stream".to_owned())
}

/// JSON, or a format whose syntax is JSON.
pub(super) fn is_json(name: &str) -> bool {
    essence(name).is_some_and(|name| name == "application/json" || name == "text/json" || name.ends_with("+json"))
}

/// XML, or a format whose syntax is XML (RFC 7303).
pub(super) fn is_xml(name: &str) -> bool {
    essence(name).is_some_and(|name| name == "application/xml" || name == "text/xml" || name.ends_with("+xml"))
}

/// A range that admits JSON.
pub(super) fn is_any(name: &str) -> bool {
    essence(name).is_some_and(|name| name == "*/*" || name == "application/*")
}

/// How a request body of a media type is made from arguments. The runtime tells them apart in the same way
/// (`upstream/body.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Json,
    Form,
    Multipart,
    /// Bytes, which an argument holds as base64.
    Bytes,
    /// A text that the caller writes.
    Text,
    /// JSON values, one on each line or each after a record separator.
    Lines,
}

pub(super) fn kind(name: &str) -> Option<Kind> {
    let essence = essence(name)?;
    Some(match essence.as_str() {
        _ if is_json(&essence) || is_any(&essence) => Kind::Json,
        "application/x-www-form-urlencoded" => Kind::Form,
        _ if essence.starts_with("multipart/") => Kind::Multipart,
        _ if is_lines(&essence) || essence == "application/json-seq" || essence.ends_with("+json-seq") => Kind::Lines,
        _ if is_text(&essence) => Kind::Text,
        _ => Kind::Bytes,
    })
}

/// A sequence of JSON values (OpenAPI 3.2.0, "Sequential Media Types"), whose items `itemSchema` describes.
pub(super) fn is_sequence(name: &str) -> bool {
    kind(name) == Some(Kind::Lines)
}

/// Newline-delimited JSON, under the names that are in use.
fn is_lines(essence: &str) -> bool {
    let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
    matches!(subtype.strip_prefix("x-").unwrap_or(subtype), "ndjson" | "jsonl" | "jsonlines" | "json-lines")
}

fn is_text(essence: &str) -> bool {
    if essence.starts_with("text/") || essence.starts_with("message/") {
        return true;
    }
    if essence.ends_with("+xml") || essence.ends_with("+yaml") {
        return true;
    }
    let Some(subtype) = essence.strip_prefix("application/") else { return false };
    matches!(
        subtype.strip_prefix("x-").unwrap_or(subtype),
        "xml"
            | "yaml"
            | "yml"
            | "graphql"
            | "javascript"
            | "sql"
            | "sparql-query"
            | "sparql-update"
            | "toml"
            | "pem-file"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_told_apart() {
        assert_eq!(essence("Application/JSON; charset=utf-8").as_deref(), Some("application/json"));
        for odd in ["", "json", "a/b/c", "a b/c", "a/\r\nX: y", "/", "a/"] {
            assert_eq!(essence(odd), None, "{odd}");
        }
        assert!(is_json("application/problem+json") && is_json("text/json") && !is_json("application/jsonlines"));
        for (name, expected) in [
            ("application/json", Kind::Json),
            ("application/merge-patch+json", Kind::Json),
            ("*/*", Kind::Json),
            ("application/x-www-form-urlencoded; charset=utf-8", Kind::Form),
            ("multipart/form-data", Kind::Multipart),
            ("application/x-ndjson", Kind::Lines),
            ("application/json-seq", Kind::Lines),
            ("application/geo+json-seq", Kind::Lines),
            ("text/plain; charset=utf-8", Kind::Text),
            ("text/xml", Kind::Text),
            ("application/atom+xml", Kind::Text),
            ("application/xml", Kind::Text),
            ("application/octet-stream", Kind::Bytes),
            ("image/*", Kind::Bytes),
            ("application/pdf", Kind::Bytes),
        ] {
            assert_eq!(kind(name), Some(expected), "{name}");
        }
        assert_eq!(kind(""), None);
        assert_eq!(header("text/plain; charset=utf-8"), "text/plain; charset=utf-8");
        assert_eq!(header("text/plain; a=\r\nX-Evil: 1"), "text/plain");
        assert!(is_any("*/*") && !is_any("image/*"));
    }
}
