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

/// A range that admits JSON.
pub(super) fn is_any(name: &str) -> bool {
    essence(name).is_some_and(|name| name == "*/*" || name == "application/*")
}

/// Text, or bytes that an argument carries as a string.
pub(super) fn is_text(name: &str) -> bool {
    essence(name)
        .is_some_and(|name| (name.starts_with("text/") && name != "text/xml") || name == "application/octet-stream")
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
        assert!(is_text("text/plain; charset=utf-8") && is_text("text/csv") && !is_text("text/xml"));
        assert_eq!(header("text/plain; charset=utf-8"), "text/plain; charset=utf-8");
        assert_eq!(header("text/plain; a=\r\nX-Evil: 1"), "text/plain");
        assert!(is_any("*/*") && !is_any("image/*"));
    }
}
