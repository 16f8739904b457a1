//! A tree over JSON text that keeps the spelling of numbers and the order of members.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

use super::scan;

/// How deep arrays and objects of arguments and answers may nest (SECURITY.md I3).
pub(crate) const MAX_DEPTH: usize = 64;

/// One JSON value, borrowed from its text where no escape forbids it.
#[derive(Clone, Debug)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// The number as it is spelled.
    Number(Cow<'a, str>),
    String(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    /// The members in order, duplicates included.
    Object(Vec<Member<'a>>),
}

/// A member of an object.
pub(crate) type Member<'a> = (Cow<'a, str>, Node<'a>);

/// Why a text is no tree.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// Arrays and objects nest deeper than the limit.
    TooDeep,
    /// Not JSON, or a string that is not Unicode (`"\ud800"`).
    Syntax(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => f.write_str("arrays and objects are nested too deeply"),
            Self::Syntax(message) => f.write_str(message),
        }
    }
}

impl<'a> Node<'a> {
    /// Reads a text that may nest `depth` arrays and objects.
    pub(crate) fn parse(text: &'a str, depth: usize) -> Result<Self, ReadError> {
        let mut reader = Reader { text, at: 0 };
        let node = reader.value(depth)?;
        match reader.peek() {
            None => Ok(node),
            Some(_) => Err(reader.unexpected()),
        }
    }

    /// The value of a member; the last one of duplicates, as other parsers have it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value at an RFC 6901 pointer, `""` being the value itself.
    pub(crate) fn pointer(&self, pointer: &str) -> Option<&Node<'a>> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |node, segment| match node {
            Self::Object(_) => node.get(&unescape(segment)),
            Self::Array(items) if segment == "0" || !segment.starts_with('0') => {
                items.get(segment.parse::<usize>().ok()?)
            }
            _ => None,
        })
    }

    /// The pointer of the first member whose name occurs twice in its object.
    pub(crate) fn duplicate(&self) -> Option<String> {
        match self {
            Self::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(index, item)| item.duplicate().map(|rest| format!("/{index}{rest}"))),
            Self::Object(members) => repeated(members).map(|name| format!("/{}", escape(name))).or_else(|| {
                members
                    .iter()
                    .find_map(|(name, value)| value.duplicate().map(|rest| format!("/{}{rest}", escape(name))))
            }),
            _ => None,
        }
    }

    /// The value as JSON text without white space; numbers keep their spelling.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, usize::MAX);
        out
    }

    /// The JSON text, where it has at most `limit` bytes.
    pub(crate) fn to_json_within(&self, limit: usize) -> Option<String> {
        let mut out = String::new();
        self.write(&mut out, limit).then_some(out)
    }

    /// Writes until the limit is passed; `false` where it was.
    fn write(&self, out: &mut String, limit: usize) -> bool {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(text) if text.len() > limit => return false,
            Self::Number(text) => out.push_str(text),
            Self::String(text) if text.len() > limit => return false,
            Self::String(text) => quote(text, out),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    if !item.write(out, limit) {
                        return false;
                    }
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    if name.len() > limit {
                        return false;
                    }
                    quote(name, out);
                    out.push(':');
                    if !value.write(out, limit) {
                        return false;
                    }
                }
                out.push('}');
            }
        }
        out.len() <= limit
    }

    /// The tree without its borrow.
    pub(crate) fn into_owned(self) -> Node<'static> {
        match self {
            Self::Null => Node::Null,
            Self::Bool(value) => Node::Bool(value),
            Self::Number(text) => Node::Number(Cow::Owned(text.into_owned())),
            Self::String(text) => Node::String(Cow::Owned(text.into_owned())),
            Self::Array(items) => Node::Array(items.into_iter().map(Node::into_owned).collect()),
            Self::Object(members) => Node::Object(
                members.into_iter().map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned())).collect(),
            ),
        }
    }
}

/// Appends a JSON string, escaped as `serde_json` does.
pub(crate) fn quote(text: &str, out: &mut String) {
    // With room for a few escapes.
    out.reserve(text.len().saturating_add(text.len() / 8).saturating_add(2));
    out.push('"');
    let mut rest = text;
    while let Some((plain, after)) = rest.split_at_checked(scan::plain(rest.as_bytes())) {
        out.push_str(plain);
        let Some(special) = after.bytes().next() else { break };
        // Character by character: a copy of two bytes costs more.
        out.push('\\');
        match special {
            b'"' | b'\\' => out.push(char::from(special)),
            b'\n' => out.push('n'),
            b'\r' => out.push('r'),
            b'\t' => out.push('t'),
            0x08 => out.push('b'),
            0x0c => out.push('f'),
            control => {
                out.push_str(if control < 0x10 { "u000" } else { "u001" });
                out.push(char::from(b"0123456789abcdef"[usize::from(control & 0xf)]));
            }
        }
        rest = after.get(1..).unwrap_or_default();
    }
    out.push('"');
}

/// The text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(text, &mut out);
    out
}

/// A reference token of a JSON pointer (RFC 6901 §3).
pub(crate) fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { Cow::Owned(name.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(name) }
}

/// The member name that a reference token stands for (RFC 6901 §4).
pub(crate) fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') { Cow::Owned(token.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(token) }
}

/// A name that occurs twice. Sorted from a certain size on, so that a large object costs no quadratic time.
fn repeated<'m>(members: &'m [Member<'_>]) -> Option<&'m str> {
    if members.len() <= 16 {
        return members.iter().enumerate().find_map(|(index, (name, _))| {
            members.iter().take(index).any(|(earlier, _)| earlier == name).then_some(name.as_ref())
        });
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some(*first),
        _ => None,
    })
}

/// Walks the brackets; every token is read by `serde_json`. One pass, whatever the depth: asking `serde_json` for the
/// members of an object as raw values and descending into them would scan a text once for each level.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, ReadError> {
        match self.peek() {
            Some(b'{') => self.object(depth.checked_sub(1).ok_or(ReadError::TooDeep)?),
            Some(b'[') => self.array(depth.checked_sub(1).ok_or(ReadError::TooDeep)?),
            Some(b'"') => Ok(Node::String(self.string()?)),
            Some(_) => {
                if let Some(number) = self.number() {
                    return Ok(Node::Number(Cow::Borrowed(number)));
                }
                let raw: &'a RawValue = self.token()?;
                Ok(match raw.get() {
                    "null" => Node::Null,
                    "true" => Node::Bool(true),
                    "false" => Node::Bool(false),
                    number => Node::Number(Cow::Borrowed(number)),
                })
            }
            None => Err(ReadError::Syntax("the text ends where a value is expected".to_owned())),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, ReadError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.accept(b']') {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.accept(b']') {
                return Ok(Node::Array(items));
            }
            self.require(b',')?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, ReadError> {
        self.at += 1;
        let mut members = Vec::new();
        if self.accept(b'}') {
            return Ok(Node::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected());
            }
            let name = self.string()?;
            self.require(b':')?;
            members.push((name, self.value(depth)?));
            if self.accept(b'}') {
                return Ok(Node::Object(members));
            }
            self.require(b',')?;
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, ReadError> {
        // Most strings have no escapes; those that do, and what is no string, are for `serde_json`.
        let inner = self.text.get(self.at.saturating_add(1)..).unwrap_or_default();
        match inner.split_at_checked(scan::plain(inner.as_bytes())) {
            Some((text, rest)) if rest.starts_with('"') => {
                self.at = self.at.saturating_add(text.len()).saturating_add(2);
                Ok(Cow::Borrowed(text))
            }
            _ => self.token::<Text<'a>>().map(|text| text.0),
        }
    }

    /// A number at this place, with nothing behind it that `serde_json` would have to complain about.
    fn number(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let (number, after) = rest.split_at_checked(scan::number(rest)?)?;
        let ends = matches!(after.bytes().next(), None | Some(b',' | b']' | b'}'));
        ends.then(|| {
            self.at = self.at.saturating_add(number.len());
            number
        })
    }

    /// The token at this place.
    fn token<T: Deserialize<'a>>(&mut self) -> Result<T, ReadError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<T>();
        match stream.next() {
            Some(Ok(token)) => {
                self.at += stream.byte_offset();
                Ok(token)
            }
            Some(Err(error)) => Err(ReadError::Syntax(format!("{error}, from byte {} on", self.at))),
            None => Err(self.unexpected()),
        }
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn require(&mut self, byte: u8) -> Result<(), ReadError> {
        if self.accept(byte) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> ReadError {
        ReadError::Syntax(format!("unexpected text at byte {}", self.at))
    }
}

/// A string, borrowed where it has no escapes: `Cow` itself always deserialises to an owned string.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node<'_> {
        Node::parse(text, MAX_DEPTH).unwrap()
    }

    #[test]
    fn keeps_the_spelling_of_numbers_and_the_order_of_members() {
        let text = r#" { "b" : [ 1.0 , -0, 1e400, 123456789012345678901234567890 ] , "a" : { } , "c" : null } "#;
        assert_eq!(read(text).to_json(), r#"{"b":[1.0,-0,1e400,123456789012345678901234567890],"a":{},"c":null}"#);
    }

    #[test]
    fn strings_are_unescaped_and_borrowed_where_they_can_be() {
        let node = read(r#"["plain","a\"b\u00e9\ud83d\ude00"]"#);
        let Node::Array(items) = &node else { panic!("{node:?}") };
        assert!(matches!(&items[0], Node::String(Cow::Borrowed("plain"))));
        assert!(matches!(&items[1], Node::String(text) if text == "a\"b\u{e9}\u{1f600}"));
    }

    #[test]
    fn refuses_what_is_no_json() {
        for text in [
            "",
            " ",
            "[",
            "[1",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "{a:1}",
            "{1:1}",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "-",
            "tru",
            "nul",
            "NaN",
            "\"",
            "'a'",
            "[1]]",
            "1 2",
            r#""\ud800""#,
            "\"\u{1}\"",
            r#"{"a" 1}"#,
            r#"{"a":1 "b":2}"#,
            "[1}",
            r#"{"a":1]"#,
            "\u{feff}1",
            "[1]x",
        ] {
            assert!(Node::parse(text, MAX_DEPTH).is_err(), "{text:?}");
        }
    }

    #[test]
    fn i3_depth_has_a_limit() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Node::parse(&nested(64), MAX_DEPTH).is_ok());
        assert!(matches!(Node::parse(&nested(65), MAX_DEPTH), Err(ReadError::TooDeep)));
        // Not even the beginning of a hostile text is followed further.
        assert!(matches!(Node::parse(&"[".repeat(1_000_000), MAX_DEPTH), Err(ReadError::TooDeep)));
    }

    #[test]
    fn duplicates_are_found_wherever_they_are() {
        assert_eq!(read(r#"{"a":1,"b":2}"#).duplicate(), None);
        assert_eq!(read(r#"{"a":1,"\u0061":2}"#).duplicate().as_deref(), Some("/a"));
        assert_eq!(read(r#"{"x/y":[0,{"a~":1,"a~":2}]}"#).duplicate().as_deref(), Some("/x~1y/1/a~0"));
        let many: Vec<String> = (0..100).map(|n| format!("\"k{n}\":0")).collect();
        assert_eq!(read(&format!("{{{}}}", many.join(","))).duplicate(), None);
        assert_eq!(read(&format!("{{{},\"k7\":1}}", many.join(","))).duplicate().as_deref(), Some("/k7"));
    }

    #[test]
    fn pointers_are_rfc_6901() {
        // The examples of RFC 6901 §5.
        let node = read(r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8," ":7}"#);
        for (pointer, json) in [
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(node.pointer(pointer).map(Node::to_json).as_deref(), Some(json), "{pointer}");
        }
        for pointer in ["foo", "/foo/2", "/foo/00", "/foo/-", "/bar", "/foo/0/x"] {
            assert!(node.pointer(pointer).is_none(), "{pointer}");
        }
    }

    #[test]
    fn strings_are_escaped_as_serde_json_does() {
        let all: String = (0..0x300_u32).filter_map(char::from_u32).collect();
        for text in ["", "plain", "a\"b\\c\n", "\u{1}x", "é\u{1f600}\u{7f}", &all] {
            assert_eq!(quoted(text), serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn long_values_are_not_written_out() {
        let node = read(r#"[1,2,3,"abc"]"#);
        assert_eq!(node.to_json_within(13).as_deref(), Some(r#"[1,2,3,"abc"]"#));
        assert_eq!(node.to_json_within(12), None);
    }
}
