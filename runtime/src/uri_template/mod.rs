//! URI templates (RFC 6570) read backwards: which values of the variables make this URI?
//!
//! Supported: `{var}`, `{+var}`, `{/var}` and `{/var*}` (one variable each), and, at the end, `{?a,b*}` and `{&a,b*}`.
//! Names are `[A-Za-z0-9_]` and percent-encoded triplets, with dots between them (RFC 6570 §2.3).
//!
//! | expression | matches |
//! |---|---|
//! | `{var}` | one or more characters other than `/`, `?`, `#`; after a `?` in the literal text, other than `&` too |
//! | `{+var}` | any characters, none too |
//! | `{/var}` | nothing, or `/` and one or more characters other than `/`, `?`, `#`; `{/var*}`: a list of those |
//! | `{?a,b*}` | nothing, or `?` and `a=…`, `b=…` in any order, each at most once, `b` any number of times |
//! | `{&a,b*}` | the same with `&`, after a `?` in the literal text |
//!
//! - Where text could belong to two variables, the left one takes as much as it can: `{name}.{ext}` splits `a.tar.gz`
//!   into `a.tar` and `gz`.
//! - A query key that the template does not name, and a second value of one that is not `*`: no match. The URI is no
//!   expansion of the template, and to ignore a part of what was asked for would answer another question.
//! - Values are percent-decoded; `+` is a plus sign. Broken escapes and bytes that are not UTF-8: no match.
//! - **A decoded value is data.** It may contain `/`, `..`, control characters or nothing at all, whatever the URI looked
//!   like: `%2e%2e%2f` arrives as `../`. Whoever builds a path, a URL or a file name from it refuses that there
//!   (SECURITY.md O1 for upstream paths).

mod matching;
mod parse;
#[cfg(test)]
mod tests;

/// The longest URI that is matched, in bytes. Matching takes time and space in proportion to URI × template.
const MAX_URI: usize = 16 * 1024;

/// What a variable matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The text, decoded.
    One(String),
    /// The items of an exploded variable (`*`), decoded.
    Many(Vec<String>),
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UriTemplate {
    parts: Vec<Part>,
    /// The query at the end, with `?` or `&` before the first pair.
    query: Option<Query>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Normalised as [`normalise`] does it.
    Literal(String),
    /// `{var}`
    Simple(String),
    /// `{+var}`
    Reserved(String),
    /// `{/var}`, `{/var*}`
    Segment { name: String, explode: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Query {
    prefix: char,
    variables: Vec<QueryVariable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct QueryVariable {
    name: String,
    explode: bool,
}

/// How specific a template is: of those that match a URI, the greatest is read.
///
/// From left to right, literal text is more specific than `{var}`, that is than `{/var}`, that is than a query, that is
/// than `{+var}`; the end of the template is the most specific of all, and a shorter list of query variables comes
/// before a longer one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Specificity(Vec<u16>);

impl UriTemplate {
    /// See [`Specificity`].
    pub(crate) fn specificity(&self) -> Specificity {
        let mut ranks = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => ranks.extend(std::iter::repeat_n(4, text.len())),
                Part::Simple(_) => ranks.push(3),
                Part::Segment { explode, .. } => ranks.extend([2, u16::from(!explode)]),
                Part::Reserved(_) => ranks.push(0),
            }
        }
        match &self.query {
            Some(query) => {
                ranks.extend([1, u16::MAX - u16::try_from(query.variables.len()).unwrap_or(u16::MAX)]);
            }
            None => ranks.push(5),
        }
        Specificity(ranks)
    }

    /// The names of the variables, in order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Simple(name) | Part::Reserved(name) | Part::Segment { name, .. } => Some(name.as_str()),
        });
        parts.chain(self.query.iter().flat_map(|query| query.variables.iter().map(|variable| variable.name.as_str())))
    }
}

/// Percent-decodes; `None` for a broken escape and for bytes that are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [b'%', high, low, tail @ ..] => {
                let byte = hex(*high)? << 4 | hex(*low)?;
                bytes.push(byte);
                rest = tail;
            }
            [b'%', ..] => return None,
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
            [] => return String::from_utf8(bytes).ok(),
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// One spelling for text that means the same: non-ASCII characters as percent-encoded UTF-8 (RFC 6570 §3.1), the digits
/// of escapes in capitals (RFC 3986 §6.2.2.1).
fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escape_digits = 0;
    for c in text.chars() {
        if c.is_ascii() {
            out.push(if escape_digits > 0 { c.to_ascii_uppercase() } else { c });
            escape_digits = if c == '%' { 2 } else { i32::max(escape_digits - 1, 0) };
        } else {
            escape_digits = 0;
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                encode_byte(byte, &mut out);
            }
        }
    }
    out
}

fn encode_byte(byte: u8, out: &mut String) {
    out.push('%');
    for digit in [byte >> 4, byte & 0xf] {
        out.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
    }
}
