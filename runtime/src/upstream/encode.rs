//! Percent-encoding (RFC 3986 §2, RFC 6570 §1.5).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986 "unreserved".
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `allowReserved`: "reserved" stays too, without what would end the value or the query: `#`, `[` and `]` are not
/// allowed in a query (RFC 3986 §3.4), `&` and `+` mean something in a form (OpenAPI 3.1.1 §4.8.12, `allowReserved`),
/// and the URL parser rewrites `'`.
const RESERVED_IN_QUERY: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// `allowReserved` in a path (OpenAPI 3.2): RFC 3986 `pchar` and `/`.
const RESERVED_IN_PATH: &AsciiSet = &PATH_LITERAL.add(b'%');

/// The literal text of a path template: `pchar`, `/`, and `%` of triples that are there already.
const PATH_LITERAL: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'%');

/// Which characters of a value stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// Only the unreserved ones.
    All,
    /// The reserved ones too, in a query.
    ReservedInQuery,
    /// The reserved ones too, in a path.
    ReservedInPath,
    /// None is escaped: header values.
    Nothing,
}

impl Escape {
    /// Appends the encoded text.
    pub(crate) fn push(self, out: &mut String, text: &str) {
        match self {
            Self::All => out.extend(utf8_percent_encode(text, UNRESERVED)),
            Self::ReservedInPath => out.extend(utf8_percent_encode(text, RESERVED_IN_PATH)),
            Self::ReservedInQuery => push_keeping_triples(out, text),
            Self::Nothing => out.push_str(text),
        }
    }

    /// The encoded text.
    pub(crate) fn apply(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        self.push(&mut out, text);
        out
    }
}

/// RFC 6570 §3.2.3: percent-encoded triples pass through, other `%` are encoded.
fn push_keeping_triples(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.extend(utf8_percent_encode(before, RESERVED_IN_QUERY));
        let triple = after.as_bytes().get(..2).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
        out.push_str(if triple { "%" } else { "%25" });
        rest = after;
    }
    out.extend(utf8_percent_encode(rest, RESERVED_IN_QUERY));
}

/// The literal text of a path template, encoded where a path cannot hold it.
pub(crate) fn path_literal(text: &str) -> String {
    utf8_percent_encode(text, PATH_LITERAL).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6570 §3.2.2 and §3.2.3: hello := "Hello World!", half := "50%", base := "http://example.com/home/",
    // path := "/foo/bar"
    #[test]
    fn values_are_encoded_as_rfc_6570_says() {
        for (value, simple, reserved) in [
            ("value", "value", "value"),
            ("Hello World!", "Hello%20World%21", "Hello%20World!"),
            ("50%", "50%25", "50%25"),
            ("http://example.com/home/", "http%3A%2F%2Fexample.com%2Fhome%2F", "http://example.com/home/"),
            ("/foo/bar", "%2Ffoo%2Fbar", "/foo/bar"),
            ("", "", ""),
        ] {
            assert_eq!(Escape::All.apply(value), simple);
            assert_eq!(Escape::ReservedInQuery.apply(value), reserved);
        }
    }

    #[test]
    fn every_ascii_character_is_kept_or_encoded_by_rfc_3986() {
        for byte in 0..128_u8 {
            let value = char::from(byte).to_string();
            let encoded = format!("%{byte:02X}");
            let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            assert_eq!(Escape::All.apply(&value), if unreserved { value.clone() } else { encoded.clone() });
            let kept = unreserved || b":/?@!$()*,;=".contains(&byte);
            assert_eq!(Escape::ReservedInQuery.apply(&value), if kept { value.clone() } else { encoded.clone() });
            let pchar = unreserved || b":@!$&'()*+,;=/".contains(&byte);
            assert_eq!(Escape::ReservedInPath.apply(&value), if pchar { value.clone() } else { encoded.clone() });
            let literal = pchar || byte == b'%';
            assert_eq!(path_literal(&value), if literal { value } else { encoded });
        }
    }

    #[test]
    fn triples_pass_with_allow_reserved_only() {
        for (value, all, reserved) in [
            ("%2F", "%252F", "%2F"),
            ("%2", "%252", "%252"),
            ("%zz", "%25zz", "%25zz"),
            ("%", "%25", "%25"),
            ("%%41", "%25%2541", "%25%41"),
            ("%é1", "%25%C3%A91", "%25%C3%A91"),
        ] {
            assert_eq!(Escape::All.apply(value), all);
            assert_eq!(Escape::ReservedInQuery.apply(value), reserved);
        }
        assert_eq!(Escape::ReservedInPath.apply("%2F"), "%252F");
    }

    #[test]
    fn text_beyond_ascii_is_encoded_as_utf_8() {
        // OpenAPI 3.1.1 Appendix C, "Illegal Variable Names as Parameter Names"
        assert_eq!(Escape::All.apply("❤️"), "%E2%9D%A4%EF%B8%8F");
        assert_eq!(Escape::All.apply("love!"), "love%21");
    }
}
