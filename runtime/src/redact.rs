//! Keeps secrets out of logs and errors (SECURITY.md, I11): by value, wherever a known secret appears, and by name,
//! wherever a field is called like one.

mod arguments;
mod spellings;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use arguments::{arguments, message};
use spellings::Spellings;

use crate::error::Error;

/// What stands in place of a secret.
pub(crate) const MARK: &str = "«redacted»";

/// Shorter values are not searched for: they appear in innocent text, and marking them there tells where.
const MIN_BYTES: usize = 4;

/// As [`MIN_BYTES`], in the results of calls.
const MIN_BYTES_IN_RESULTS: usize = 16;

/// Every secret that this process has read. The environment is the process's, and so is this.
static KNOWN: RwLock<Vec<Arc<Spellings>>> = RwLock::new(Vec::new());

/// Whether there is any: most servers know none, and then no text is searched.
static ANY_KNOWN: AtomicBool = AtomicBool::new(false);

/// Redacts this value from now on. Values under four bytes are redacted by name only.
pub(crate) fn remember(secret: &str) {
    let secret = secret.trim();
    if secret.len() < MIN_BYTES {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if !known.iter().any(|one| one.raw() == secret) {
        known.push(Arc::new(Spellings::of(secret)));
        ANY_KNOWN.store(true, Ordering::Release);
    }
}

fn known() -> Vec<Arc<Spellings>> {
    if !ANY_KNOWN.load(Ordering::Acquire) {
        return Vec::new();
    }
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The text without known secrets, in whatever spelling: raw, JSON-escaped, base64, base64url, URL-encoded.
pub(crate) fn by_value(text: &str) -> Cow<'_, str> {
    let mut ranges = Vec::new();
    value_ranges(&known(), text, &mut ranges);
    if ranges.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(rewrite(text, ranges, text.len())) }
}

/// The text of a result without known secrets. Only long ones are looked for: a result is somebody's data, and a short
/// word in it is more likely that word than a secret that an API gives back.
pub(crate) fn in_result(text: &str) -> Cow<'_, str> {
    let known: Vec<_> = known().into_iter().filter(|one| one.raw().len() >= MIN_BYTES_IN_RESULTS).collect();
    if known.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut ranges = Vec::new();
    value_ranges(&known, text, &mut ranges);
    if ranges.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(rewrite(text, ranges, text.len())) }
}

/// The error as a client may see it: no known secret in its message, type or data.
pub(crate) fn error(error: Error) -> Error {
    // A secret that is a number leaves a text that is no JSON: then the details go.
    error.reworded(|text| changed(by_value(text)))
}

/// What a text has become, where it has changed.
pub(crate) fn changed(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

/// A text for the log: redacted by value and by name, cut after this many characters.
pub(crate) fn for_log(text: &str, characters: usize) -> Cow<'_, str> {
    let known = known();
    // Nearly every text is short and names nothing: it is found out in one look.
    if known.is_empty() && text.len() <= characters && is_innocent(text) {
        return Cow::Borrowed(text);
    }
    let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    // A secret that begins before the cut is found whole.
    let longest = known.iter().map(|one| one.longest()).max().unwrap_or_default();
    let window = text.floor_char_boundary(end.saturating_add(longest));
    let window = text.get(..window).unwrap_or(text);
    let mut ranges = Vec::new();
    value_ranges(&known, window, &mut ranges);
    name_ranges(window, &mut ranges);
    let mut out = rewrite(window, ranges, end);
    if end < text.len() {
        let rest = text.get(end..).unwrap_or_default().chars().count();
        out.push_str(&format!("…[+{rest} characters]"));
    }
    Cow::Owned(out)
}

/// Whether a field of this name holds a secret: `password`, `X-Api-Key`, `access_token`, `clientSecret`, ….
pub(crate) fn is_sensitive(name: &str) -> bool {
    const WHOLE: [&str; 5] = ["auth", "jwt", "otp", "pin", "pwd"];
    const PARTS: [&str; 13] = [
        "accesskey",
        "apikey",
        "authorization",
        "bearer",
        "cookie",
        "credential",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "secret",
        "sessionid",
        "token",
    ];
    let mut buffer = [0_u8; 64];
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        let Some(place) = buffer.get_mut(length) else {
            // Longer than any field is named by people.
            let long: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            let long = long.to_ascii_lowercase();
            return PARTS.iter().any(|part| long.contains(part));
        };
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    let name = buffer.get(..length).unwrap_or_default();
    let begins =
        |at: usize| name.get(at..).is_some_and(|rest| PARTS.iter().any(|part| rest.starts_with(part.as_bytes())));
    WHOLE.iter().any(|whole| whole.as_bytes() == name) || (0..length).any(begins)
}

/// Whether no part of a text can be the value of a sensitive name: it has neither `=` nor `:` nor `Bearer …`.
fn is_innocent(text: &str) -> bool {
    let bytes = text.as_bytes();
    let separates = |byte: u8| matches!(byte, b'=' | b':' | b' ');
    // Most texts are a word; without a branch, so that the compiler looks at many bytes at a time.
    if !bytes.iter().fold(false, |found, byte| found | separates(*byte)) {
        return true;
    }
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'=' | b':' => false,
        b' ' => {
            let before = bytes.get(at.saturating_sub(6)..at).unwrap_or_default();
            !before.eq_ignore_ascii_case(b"bearer")
        }
        _ => true,
    })
}

fn value_ranges(known: &[Arc<Spellings>], text: &str, ranges: &mut Vec<Range<usize>>) {
    let decoded = spellings::Decoded::of(text);
    for one in known {
        one.find(text, decoded.as_ref(), ranges);
    }
}

/// The values in `name=value`, `name: value`, `"name":"value"` and `Bearer value`, where the name is sensitive.
fn name_ranges(text: &str, ranges: &mut Vec<Range<usize>>) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let ends = |c: char| c.is_whitespace() || matches!(c, '&' | ';' | ',' | '"' | '\'' | ')' | '}' | ']' | '#');
    let word = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from..from + rest.find(ends).unwrap_or(rest.len())
    };
    for (at, separator) in text.match_indices(['=', ':']) {
        let before = text.get(..at).unwrap_or_default().trim_end_matches(['"', '\'', ' ']);
        let name = before.rsplit(|c| !is_name(c)).next().unwrap_or_default();
        if !is_sensitive(name) {
            continue;
        }
        let rest = text.get(at + separator.len()..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start_matches(['"', '\'', ' ']).len();
        let mut value = word(at + separator.len() + blank);
        let scheme = text.get(value.clone()).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic") {
            value = word(value.end.saturating_add(1));
        }
        ranges.push(value);
    }
    for (at, _) in text.match_indices(' ') {
        let before = text.get(..at).unwrap_or_default();
        if before.get(before.len().saturating_sub(6)..).is_some_and(|word| word.eq_ignore_ascii_case("bearer")) {
            ranges.push(word(at + 1));
        }
    }
}

/// The text up to `end`, with a mark in place of each range; one that begins before `end` is marked whole.
fn rewrite(text: &str, mut ranges: Vec<Range<usize>>, end: usize) -> String {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut out = String::with_capacity(end);
    let mut from = 0;
    for range in ranges {
        if range.start >= end {
            break;
        }
        if range.start >= from {
            // A range that splits a character would be a defect of the search: then nothing of the text is shown.
            let Some(clear) = text.get(from..range.start) else { return MARK.to_owned() };
            out.push_str(clear);
            out.push_str(MARK);
        }
        from = from.max(range.end);
    }
    if from < end {
        match text.get(from..end) {
            Some(clear) => out.push_str(clear),
            None => return MARK.to_owned(),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::json::RawJson;

    #[test]
    fn i11_names() {
        for name in ["password", "X-Api-Key", "apiKey", "access_token", "clientSecret", "Authorization", "set-cookie"] {
            assert!(is_sensitive(name), "{name}");
        }
        let long = "x".repeat(70);
        assert!(is_sensitive(&format!("{long}-PassWord")) && !is_sensitive(&long));
        for name in ["city", "monkey", "pinned", "author", "key", "passage", ""] {
            assert!(!is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn i11_values_after_sensitive_names_in_text() {
        for (text, expected) in [
            ("db://x?user=a&password=hunter2&b=c", "db://x?user=a&password=«redacted»&b=c"),
            ("X-Api-Key: abc, next", "X-Api-Key: «redacted», next"),
            ("Authorization: Bearer abc.def ok", "Authorization: Bearer «redacted» ok"),
            ("authorization: basic dXNlcg==", "authorization: basic «redacted»"),
            ("sent Bearer abc", "sent Bearer «redacted»"),
            (r#"{"token":"abc","n":1}"#, r#"{"token":"«redacted»","n":1}"#),
            ("é token=x", "é token=«redacted»"),
            ("étoken=x", "étoken=«redacted»"),
            ("city: Tokyo, a=b", "city: Tokyo, a=b"),
            ("token=", "token="),
        ] {
            assert_eq!(for_log(text, 1000), expected);
        }
    }

    #[test]
    fn i11_a_cut_never_splits_a_secret() {
        remember("canary-at-the-cut");
        let text = format!("{}canary-at-the-cut and more", "x".repeat(10));
        assert_eq!(for_log(&text, 12), format!("{}«redacted»…[+24 characters]", "x".repeat(10)));
        assert_eq!(for_log("ééé", 2), "éé…[+1 characters]");
        // What follows a marked secret is still measured in the original.
        let text = format!("canary-at-the-cut{}canary-at-the-cut", "y".repeat(3));
        assert_eq!(for_log(&text, 19), "«redacted»yy…[+18 characters]");
    }

    #[test]
    fn i11_errors_lose_secrets_in_message_type_and_data_and_keep_the_rest() {
        remember("canary-in-error");
        let raw = Error::new(ErrorKind::UpstreamRejected, "key canary-in-error was refused")
            .with_status(403)
            .with_retry_after(std::time::Duration::from_secs(7))
            .with_data(RawJson::parse(r#"{"sent":"canary-in-error","n":1}"#).unwrap());
        let clean = error(raw);
        assert_eq!(clean.message(), "key «redacted» was refused");
        assert_eq!(clean.data().unwrap().as_str(), r#"{"sent":"«redacted»","n":1}"#);
        assert_eq!((clean.status(), clean.retry_after().unwrap().as_secs()), (Some(403), 7));
        assert_eq!((clean.kind(), clean.type_name()), (ErrorKind::UpstreamRejected, "UpstreamRejected"));
    }

    #[test]
    fn i11_details_that_redaction_would_break_are_left_out() {
        remember("9182736455");
        let raw = Error::new(ErrorKind::Conflict, "no").with_data(RawJson::parse(r#"{"n":9182736455}"#).unwrap());
        assert!(error(raw).data().is_none());
    }
}
