//! The members of an object without a parser in between.
//!
//! Each message is taken apart before anybody knows what it is. This does it in one pass and stores nothing; it says no
//! to everything that is unusual, and then a real parser finds out what that is.

/// Hands out each name, and the text of its value, of one JSON object that nests at most `depth` levels. `None`: it is
/// not that, a name has an escape, or `member` has said no.
pub(crate) fn members<'a>(
    text: &'a str,
    depth: usize,
    mut member: impl FnMut(&'a str, &'a str) -> Option<()>,
) -> Option<()> {
    nested(text, depth, &[], &mut |_, name, value| member(name, value))
}

/// As [`members`], and in the same pass the members of the objects inside: those of the member `path[0]`, of its member
/// `path[1]`, and so on. `member` is told the level: 0 is the outermost object. A member that is no object has none.
pub(crate) fn nested<'a>(
    text: &'a str,
    depth: usize,
    path: &[&str],
    member: &mut impl FnMut(usize, &'a str, &'a str) -> Option<()>,
) -> Option<()> {
    let mut scan = Scan::new(text);
    scan.space();
    scan.object(text, depth, 0, path, member)?;
    scan.space();
    scan.is_at_end().then_some(())
}

/// The place behind the string that begins here, in a valid JSON text; the end of any other one.
pub(crate) fn behind_string(text: &str, begin: usize) -> usize {
    let mut at = begin.saturating_add(1);
    loop {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else { return text.len() };
        at += found + 1;
        if rest.get(found) == Some(&b'"') {
            return at;
        }
        // Whatever is escaped, its first byte is not the end.
        at += 1;
    }
}

/// How many bytes of a string come before the next one that means something.
pub(crate) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    // The top bit of each byte that is less than `limit` (128 at most): right for the first of them, which is enough;
    // above that a borrow may say so, too.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & TOPS;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let mut at = 0;
    // Eight at a time.
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*chunk);
        let found = below(word, b' ') | is(word, b'"') | is(word, b'\\');
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

/// How many bytes the number has that this text begins with (RFC 8259 §6); `None`: it begins with none.
pub(super) fn number(text: &str) -> Option<usize> {
    let mut scan = Scan::new(text);
    scan.number().map(|()| scan.at)
}

/// Whether a string stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Plain,
    Escaped,
}

/// A place in a text. Each step ends behind what it has found (RFC 8259).
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// The beginning of a text.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }
}

impl Scan<'_> {
    /// How many bytes are behind.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to a place, or on to one.
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    pub(crate) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// An object, whose members are handed out; see [`nested`].
    fn object<'a>(
        &mut self,
        text: &'a str,
        depth: usize,
        level: usize,
        path: &[&str],
        member: &mut impl FnMut(usize, &'a str, &'a str) -> Option<()>,
    ) -> Option<()> {
        self.expect(b'{')?;
        let depth = depth.checked_sub(1)?;
        self.space();
        if self.eat(b'}') {
            return Some(());
        }
        loop {
            self.space();
            let begin = self.at;
            if self.string()? == Spelling::Escaped {
                return None;
            }
            let name = text.get(begin.checked_add(1)?..self.at.checked_sub(1)?)?;
            self.space();
            self.expect(b':')?;
            self.space();
            let begin = self.at;
            match path.split_first() {
                Some((next, path)) if *next == name && self.peek() == Some(b'{') => {
                    self.object(text, depth, level.checked_add(1)?, path, member)?;
                }
                _ => self.value(depth)?,
            }
            member(level, name, text.get(begin..self.at)?)?;
            self.space();
            if !self.eat(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// A value, whose arrays and objects may nest so deep.
    pub(crate) fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => self.items(depth.checked_sub(1)?, b'}'),
            b'[' => self.items(depth.checked_sub(1)?, b']'),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn items(&mut self, depth: usize, end: u8) -> Option<()> {
        self.at += 1;
        self.space();
        if self.eat(end) {
            return Some(());
        }
        loop {
            self.space();
            if end == b'}' {
                self.string()?;
                self.space();
                self.expect(b':')?;
                self.space();
            }
            self.value(depth)?;
            self.space();
            if !self.eat(b',') {
                return self.expect(end);
            }
        }
    }

    pub(crate) fn string(&mut self) -> Option<Spelling> {
        self.expect(b'"')?;
        // As nearly all are.
        let rest = self.bytes.get(self.at..)?;
        let length = plain(rest);
        if rest.get(length) == Some(&b'"') {
            self.at += length + 1;
            return Some(Spelling::Plain);
        }
        self.unusual_string()
    }

    /// The rest of a string that has escapes, or is none.
    fn unusual_string(&mut self) -> Option<Spelling> {
        let mut spelling = Spelling::Plain;
        loop {
            self.at += plain(self.bytes.get(self.at..)?);
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(spelling),
                b'\\' => {
                    spelling = Spelling::Escaped;
                    match self.peek()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                        b'u' => {
                            let digits = self.bytes.get(self.at + 1..self.at + 5)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.at += 5;
                        }
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn number(&mut self) -> Option<()> {
        self.eat(b'-');
        // No digit follows a leading zero.
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Some(())
    }

    /// At least one.
    fn digits(&mut self) -> Option<()> {
        let begin = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > begin).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn found(text: &str) -> Option<Vec<(&str, &str)>> {
        let mut all = Vec::new();
        members(text, 64, |name, value| {
            all.push((name, value));
            Some(())
        })?;
        Some(all)
    }

    #[test]
    fn values_keep_their_text() {
        let text = " {\"a\" : {\"b\":[1, -0.5e+3,\"x\\\"\\u00e9}\"]} ,\"c\":null,\"\":true,\"c\":[ ] , \"d\":{}}\n";
        let expected =
            [("a", "{\"b\":[1, -0.5e+3,\"x\\\"\\u00e9}\"]}"), ("c", "null"), ("", "true"), ("c", "[ ]"), ("d", "{}")];
        assert_eq!(found(text).unwrap(), expected);
        assert_eq!(found("{}").unwrap(), []);
    }

    #[test]
    fn members_inside_come_with_their_level_and_before_the_object_that_has_them() {
        let mut all = Vec::new();
        let text = r#"{"x":{"y":1},"a":{"x":{},"b":{"c":[{}],"a":{}}},"b":{"c":2}}"#;
        nested(text, 64, &["a", "b"], &mut |level, name, _| {
            all.push((level, name));
            Some(())
        })
        .unwrap();
        assert_eq!(all, [(0, "x"), (1, "x"), (2, "c"), (2, "a"), (1, "b"), (0, "a"), (0, "b")]);
        assert!(nested(r#"{"a":{"b":{"c":1}}}"#, 2, &["a", "b"], &mut |_, _, _| Some(())).is_none(), "depth");
    }

    #[test]
    fn a_string_is_plain_up_to_its_end_an_escape_or_a_control_character() {
        for length in 0..40 {
            for byte in 0..=u8::MAX {
                let means_something = byte < 0x20 || byte == b'"' || byte == b'\\';
                // Behind it, what a careless subtraction would borrow from.
                let text =
                    [&vec![0x80_u8.wrapping_add(length as u8); length][..], &[byte], b"!\x1f\"\\", &[0; 9]].concat();
                let expected = if means_something { length } else { length + 2 };
                assert_eq!(plain(&text), expected, "{byte} behind {length}");
                assert_eq!(plain(&text[..length]), length);
            }
        }
    }

    #[test]
    fn i3_depth_has_a_limit() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(found(&nested(64)).is_some());
        assert!(found(&nested(65)).is_none());
        assert!(found(&format!("{{\"a\":{}", "[".repeat(1_000_000))).is_none());
    }

    #[test]
    fn what_the_parser_refuses_is_refused() {
        for text in [
            "",
            "[]",
            "1",
            "{",
            "{}}",
            "{} {}",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":1e}",
            "{\"a\":-}",
            "{\"a\":+1}",
            "{\"a\":tru}",
            "{\"a\":nulll}",
            "{\"a\":\"\u{1}\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}",
            "{\"a\":[1,]}",
            "{\"a\":[1 2]}",
            "{\"a\":[1}}",
            "{\"a\":\"",
            "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "\u{feff}{}",
            "{\"a\":'b'}",
            "{\"a\":NaN}",
        ] {
            assert!(found(text).is_none(), "{text:?}");
            let parsed = serde_json::from_str::<std::collections::BTreeMap<String, &RawValue>>(text);
            assert!(parsed.is_err(), "{text:?}");
        }
    }

    proptest! {
        /// It never accepts what the parser refuses, and finds the same members.
        #[test]
        fn it_agrees_with_the_parser(text in r#"\{("(a|\\n|[ -~])":([\[\]{},:0-9.eE+\-"\\tfn ]|true|null|"x"){1,12},?){0,3}\}?"#) {
            if let Some(all) = found(&text) {
                let parsed: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(&text).unwrap();
                let mut mine = std::collections::BTreeMap::new();
                for (name, value) in all {
                    mine.insert(name.to_owned(), value);
                }
                let theirs: Vec<_> = parsed.iter().map(|(name, value)| (name.clone(), value.get())).collect();
                prop_assert_eq!(mine.into_iter().collect::<Vec<_>>(), theirs);
            }
        }
    }
}
