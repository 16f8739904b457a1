//! `Accept` and `Content-Type`.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

/// Whether the client takes this media type. One that says nothing takes all, and of several ranges the most specific
/// counts: `text/event-stream;q=0, */*` takes everything but events (RFC 9110 §12.5.1).
pub(super) fn accepts(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    let mut ranges =
        headers.get_all(ACCEPT).iter().flat_map(|value| value.to_str().unwrap_or_default().split(',')).peekable();
    if ranges.peek().is_none() {
        return true;
    }
    let matching = ranges.filter_map(|range| {
        let mut parts = range.split(';').map(str::trim_ascii);
        let (range_kind, range_subtype) = parts.next()?.split_once('/')?;
        let refused = parts.any(|parameter| {
            let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight == 0.0))
        });
        let specific = match (range_kind, range_subtype) {
            ("*", "*") => 0,
            (range_kind, "*") if range_kind.eq_ignore_ascii_case(kind) => 1,
            (one, other) if one.eq_ignore_ascii_case(kind) && other.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        Some((specific, !refused))
    });
    // Of equally specific ones, any that takes it.
    matching.max().is_some_and(|(_, takes)| takes)
}

/// Whether a JSON answer and a stream of events may both come.
pub(super) fn accepts_both(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    if let (Some(value), None) = (values.next(), values.next())
        && value == "application/json, text/event-stream"
    {
        // What clients send, without a look at its parts.
        return true;
    }
    accepts(headers, "application", "json") && accepts(headers, "text", "event-stream")
}

/// Whether the body says that it is JSON. Form types, which web pages can send to other sites unasked, never do
/// (SECURITY.md I1).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn both_media_types_are_needed() {
        for (values, both) in [
            (&["application/json, text/event-stream"][..], true),
            (&["text/event-stream", "application/json"], true),
            (&["Application/JSON;q=0.5,text/event-stream;charset=utf-8"], true),
            (&["*/*"], true),
            (&["application/*, text/*"], true),
            (&[], true),
            (&["application/json"], false),
            (&["text/event-stream"], false),
            (&["application/json, text/event-stream;q=0"], false),
            (&["*/*, text/event-stream;q=0"], false),
            (&["text/event-stream;q=0", "text/*, application/json"], false),
            (&["*/*;q=0, application/json, text/event-stream"], true),
            (&["*/json, text/event-stream"], false),
            (&["text/html"], false),
            (&[""], false),
        ] {
            assert_eq!(accepts_both(&headers(ACCEPT, values)), both, "{values:?}");
        }
    }

    #[test]
    fn i1_bodies_are_json() {
        for (values, json) in [
            (&["application/json"][..], true),
            (&["Application/Json; charset=utf-8"], true),
            (&["text/plain"], false),
            (&["application/x-www-form-urlencoded"], false),
            (&["application/jsonx"], false),
            (&["application/json", "application/json"], false),
            (&[], false),
        ] {
            assert_eq!(is_json(&headers(CONTENT_TYPE, values)), json, "{values:?}");
        }
    }
}
