//! Answers of an API, on their way to a client: whatever the API sends, a client gets one result, a failure is never a
//! success, JSON keeps its tokens, and nothing hidden gets through (SECURITY.md I12, O4, O8). Judged by `serde_json::Value`
//! and by a tokenizer of this file's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpgen_runtime::fuzzing::{counted, result};
use serde_json::Value;

const STATUSES: [u16; 24] = [
    200, 200, 200, 200, 201, 202, 204, 205, 206, 226, 299, 300, 302, 304, 307, 400, 401, 404, 409, 418, 422, 429, 500,
    503,
];

const TYPES: [&str; 16] = [
    "application/json",
    "application/json",
    "application/json; charset=utf-8",
    "application/problem+json",
    "application/hal+json",
    "application/x-ndjson",
    "text/event-stream",
    "application/json-seq",
    "text/plain",
    "text/plain; charset=iso-8859-1",
    "text/html",
    "application/xml",
    "application/octet-stream",
    "image/png",
    "audio/wav",
    "",
];

/// The first three bytes choose status, media type and other headers, up to a line feed follows a header value, then the
/// body.
pub fn run(data: &[u8]) {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    }
    let [status, kind, other, rest @ ..] = data else { return };
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let media_type = TYPES[usize::from(*kind) % TYPES.len()];
    let (value, body) = match rest.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (rest, &[][..]),
    };
    let value = String::from_utf8_lossy(value);
    let name = ["location", "link", "retry-after", "operation-location"][usize::from(*other) % 4];
    let headers: Vec<(&str, &str)> =
        [("content-type", media_type), (name, &value)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
    for mode in ["lenient", "strict", "off"] {
        let text = RUNTIME.with(|runtime| runtime.block_on(result(mode, status, &headers, body)));
        check(mode, status, media_type, body, &text);
    }
    if status == 200 && matches!(media_type, "application/x-ndjson" | "text/event-stream" | "application/json-seq") {
        let whole = counted(media_type, body, body.len());
        assert_eq!(whole, counted(media_type, body, 1), "pieces change nothing");
    }
}

fn check(mode: &str, status: u16, media_type: &str, body: &[u8], text: &str) {
    if let Err(error) = serde_json::from_str::<&serde_json::value::RawValue>(text) {
        panic!("{error}: {text:?}");
    }
    assert!(!text.contains(is_hidden), "{text:?}");
    // `Value` has no numbers beyond 64 bits and no depths beyond 128, which pass through as they are spelled.
    let Ok(shown) = serde_json::from_str::<Value>(text) else { return };
    let is_error = shown.get("isError") == Some(&Value::Bool(true));
    let content = shown["content"].as_array().expect("content");
    assert!(!content.is_empty(), "{text}");
    let error = &shown["_meta"]["dev.mcpgen/error"];
    assert_eq!(is_error, error.is_object(), "{text}");
    if is_error {
        assert!(shown.get("structuredContent").is_none(), "{text}");
    }
    // Never a failure reported as success.
    if !(200..300).contains(&status) {
        assert!(is_error, "{status}: {text}");
        assert_eq!(error["status"], status, "{text}");
        let kind = match status {
            300..400 => "bad_response",
            401 => "unauthenticated",
            404 => "not_found",
            409 => "conflict",
            429 => "rate_limited",
            400..500 => "upstream_rejected",
            _ => "upstream_unavailable",
        };
        assert_eq!(error["kind"], kind, "{text}");
        return;
    }
    if mode == "strict" || content.len() > 1 {
        // Bound to a schema, or cut.
        return;
    }
    if matches!(status, 204 | 205) {
        assert_eq!(content[0]["text"], "null");
        return;
    }
    let plain = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let is_json = media_type.contains("json") && !media_type.contains("ndjson") && !media_type.contains("seq");
    if is_json && !plain.is_empty() {
        json(mode, plain, is_error, content[0]["text"].as_str().unwrap_or_default(), shown.get("structuredContent"));
    } else if !is_error
        && ["image", "audio"].contains(&media_type.split('/').next().unwrap_or_default())
        && !plain.is_empty()
    {
        assert_eq!(content[0]["data"], STANDARD.encode(body), "{text}");
    }
}

/// JSON that a parser takes is handed on token by token, and nothing else is.
fn json(mode: &str, body: &[u8], is_error: bool, text: &str, structured: Option<&Value>) {
    let parsed = std::str::from_utf8(body).ok().map(serde_json::from_str::<&serde_json::value::RawValue>);
    let Some(Ok(sent)) = parsed else {
        assert!(is_error, "no JSON, and no error: {text}");
        return;
    };
    assert!(!is_error, "{text}");
    let (sent_tokens, shown_tokens) = (tokens(sent.get()), tokens(text));
    if sent.get().contains(is_hidden) || !sent.get().is_ascii() {
        // Characters may have become escapes, which a parser reads as the same. Numbers may be beyond it.
        if let (Ok(sent), Ok(shown)) = (serde_json::from_str::<Value>(sent.get()), serde_json::from_str::<Value>(text))
        {
            assert_eq!(sent, shown);
        }
        assert_eq!(sent_tokens.len(), shown_tokens.len());
    } else {
        assert_eq!(sent_tokens, shown_tokens);
    }
    let is_object = sent.get().starts_with('{');
    assert_eq!(structured.is_some(), is_object && mode == "lenient", "{text}");
    if let Some(structured) = structured {
        assert_eq!(serde_json::from_str::<Value>(text).ok().as_ref(), Some(structured));
    }
}

/// The tokens of a JSON text (RFC 8259 §2).
fn tokens(text: &str) -> Vec<&str> {
    let (mut out, mut from) = (Vec::new(), 0);
    let bytes = text.as_bytes();
    while from < bytes.len() {
        let mut end = from + 1;
        match bytes[from] {
            b' ' | b'\t' | b'\n' | b'\r' => {
                from = end;
                continue;
            }
            b'"' => {
                while bytes[end] != b'"' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                end += 1;
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => {}
            _ => {
                while end < bytes.len() && !b" \t\n\r{}[],:\"".contains(&bytes[end]) {
                    end += 1;
                }
            }
        }
        out.push(&text[from..end]);
        from = end;
    }
    out
}

/// What no text may hold as it is (the embeddings, overrides and isolates of Unicode; controls but white space).
fn is_hidden(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
        || character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}
