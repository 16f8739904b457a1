//! The spellings in which a secret can appear in a text.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// One secret, ready to be searched for.
pub(super) struct Spellings {
    raw: Box<str>,
    literal: Vec<String>,
}

impl Spellings {
    pub(super) fn of(secret: &str) -> Self {
        let mut literal = vec![secret.to_owned()];
        if let Ok(json) = serde_json::to_string(secret) {
            literal.push(json.trim_matches('"').to_owned());
        }
        literal.push(STANDARD_NO_PAD.encode(secret));
        literal.extend((0..3).map(|before| base64_core(secret, before)));
        let url_safe: Vec<_> = literal.iter().skip(2).map(|text| text.replace('+', "-").replace('/', "_")).collect();
        literal.extend(url_safe);
        literal.sort();
        literal.dedup();
        Self { raw: secret.into(), literal }
    }

    pub(super) fn raw(&self) -> &str {
        &self.raw
    }

    /// No spelling has more bytes: an escaped byte has six (`\u0000`).
    pub(super) fn longest(&self) -> usize {
        self.raw.len().saturating_mul(6)
    }

    pub(super) fn find(&self, text: &str, decoded: Option<&Decoded>, ranges: &mut Vec<Range<usize>>) {
        for spelling in &self.literal {
            ranges.extend(text.match_indices(spelling.as_str()).map(|(at, found)| at..at + found.len()));
        }
        if let Some(decoded) = decoded {
            decoded.find(self.raw.as_bytes(), ranges);
        }
    }
}

/// The part of the secret's base64 that does not depend on its neighbours, where `before` bytes (modulo 3) precede it:
/// `user:SECRET` as a basic credential contains it.
fn base64_core(secret: &str, before: usize) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret.as_bytes());
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded.get(first..last).unwrap_or_default().to_owned()
}

/// A text with its percent-encoding undone, that knows where each byte came from. Encoders differ in which characters
/// they encode and in the case of the digits, so the text is decoded and not the secret encoded.
pub(super) struct Decoded {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Decoded {
    /// `None`, where the text holds nothing to decode.
    pub(super) fn of(text: &str) -> Option<Self> {
        if !text.contains(['%', '+']) {
            return None;
        }
        let source = text.as_bytes();
        let (mut bytes, mut starts) = (Vec::with_capacity(source.len()), Vec::with_capacity(source.len() + 1));
        let mut at = 0;
        while let Some(&byte) = source.get(at) {
            starts.push(at);
            let digits = source.get(at + 1..at + 3).and_then(|digits| Some((hex(digits[0])?, hex(digits[1])?)));
            match digits {
                Some((high, low)) if byte == b'%' => {
                    bytes.push(high * 16 + low);
                    at += 3;
                }
                _ => {
                    bytes.push(byte);
                    at += 1;
                }
            }
        }
        starts.push(source.len());
        Some(Self { bytes, starts })
    }

    fn find(&self, secret: &[u8], ranges: &mut Vec<Range<usize>>) {
        // `+` is a space in a form (WHATWG URL, "application/x-www-form-urlencoded").
        let same = |(found, wanted): (&u8, &u8)| found == wanted || (*found == b'+' && *wanted == b' ');
        for (at, window) in self.bytes.windows(secret.len().max(1)).enumerate() {
            if window.iter().zip(secret).all(same)
                && let (Some(start), Some(end)) = (self.starts.get(at), self.starts.get(at + secret.len()))
            {
                ranges.push(*start..*end);
            }
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::super::{MARK, by_value, remember};
    use super::*;

    const CANARY: &str = "cänary?/+ key~\"1\\>>>";

    fn assert_gone(text: &str, leaked: &str) {
        let shown = by_value(text);
        assert!(shown.contains(MARK) && !shown.contains(leaked), "{text} -> {shown}");
    }

    #[test]
    fn i11_raw_and_json() {
        remember(CANARY);
        assert_eq!(by_value(&format!("a {CANARY} b {CANARY}")), "a «redacted» b «redacted»");
        let json = serde_json::to_string(&serde_json::json!({ "a": CANARY })).unwrap();
        assert_eq!(by_value(&json), r#"{"a":"«redacted»"}"#);
    }

    #[test]
    fn i11_base64_and_base64url_alone_and_behind_a_user_name_of_any_length() {
        remember(CANARY);
        for before in ["", "u:", "us:", "use:", "user:"] {
            let text = format!("{before}{CANARY}");
            for encoded in [
                STANDARD.encode(&text),
                STANDARD_NO_PAD.encode(&text),
                URL_SAFE.encode(&text),
                URL_SAFE_NO_PAD.encode(&text),
            ] {
                // No run of eight characters of the encoding remains but those of the user name.
                let tail = &encoded[encoded.len() - 10..encoded.len() - 4];
                assert_gone(&format!("Basic {encoded} sent"), tail);
            }
        }
    }

    #[test]
    fn i11_url_encoded_by_any_encoder() {
        remember(CANARY);
        let everything: String = CANARY.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let form = "c%C3%A4nary%3F%2F%2B+key~%221%5C%3E%3E%3E";
        let component = "c%C3%A4nary%3F%2F%2B%20key~%221%5C%3E%3E%3E";
        let mixed = "c%c3%a4nary?/+%20key%7E%221\\>%3e>";
        for encoded in [everything.as_str(), form, component, mixed] {
            assert_eq!(by_value(&format!("?k={encoded}&x=%C3%A4%2")), "?k=«redacted»&x=%C3%A4%2", "{encoded}");
        }
    }

    #[test]
    fn innocent_text_is_untouched() {
        remember(CANARY);
        for text in ["", "c%C3%A4nary", "100 % + 1", "%", "%é", "cänary?/+ key~"] {
            assert!(matches!(by_value(text), std::borrow::Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn values_under_four_bytes_are_not_searched_for() {
        remember("abc");
        assert_eq!(by_value("abc"), "abc");
    }
}
