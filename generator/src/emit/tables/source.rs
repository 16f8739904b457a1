//! What a template printed: its items, the literals and names in them, and a reader of both.

/// The items of a file, each with what stands before it. Braces that do not match end the last one.
pub(in super::super) fn items(text: &str) -> Vec<&str> {
    let (mut items, mut begin, mut depth, mut at) = (Vec::new(), 0, 0_usize, 0);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b'"' | b'r' => literal(text.get(at..).unwrap_or_default()).map_or(1, str::len),
            b'/' if bytes.get(at + 1) == Some(&b'/') => line_length(text, at),
            b'\'' => character_length(text.get(at..).unwrap_or_default()),
            // A name that ends in `r` begins no literal.
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => {
                bytes.iter().skip(at).take_while(|byte| is_name(**byte)).count()
            }
            _ => 1,
        };
        at += length;
        let ends = match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                false
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                *byte == b'}' && depth == 0 && !text.get(at..).unwrap_or_default().trim_start().starts_with(';')
            }
            b';' => depth == 0,
            _ => false,
        };
        if ends {
            items.extend(text.get(begin..at));
            begin = at;
        }
    }
    if let Some(rest) = text.get(begin..).filter(|rest| !rest.trim().is_empty()) {
        items.push(rest);
    }
    items
}

pub(super) fn line_length(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of `'a'`, or 1 for the apostrophe of a lifetime.
fn character_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), _) => text.get(3..).and_then(|rest| rest.find('\'')).map_or(1, |end| end + 4),
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}

/// The string literal that a text begins with, raw or not.
pub(super) fn literal(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'"') {
        let mut at = 1;
        loop {
            at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            if bytes.get(at) == Some(&b'"') {
                return text.get(..=at);
            }
            at += 2;
        }
    }
    let fence = text.strip_prefix('r')?;
    let hashes = fence.len() - fence.trim_start_matches('#').len();
    let mut at = 1 + hashes;
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    loop {
        at += 1;
        at += bytes.get(at..)?.iter().position(|byte| *byte == b'"')?;
        let closing = bytes.get(at + 1..at + 1 + hashes)?;
        if closing.iter().all(|byte| *byte == b'#') {
            return text.get(..=at + hashes);
        }
    }
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The text that a string literal without escapes of numbers means; `None`: there are others.
pub(in super::super) fn unescaped(literal: &str) -> Option<String> {
    let inside = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at)?;
        out.push_str(before);
        out.push(match escape.as_bytes().get(1)? {
            b'n' => '\n',
            b't' => '\t',
            b'"' => '"',
            b'\\' => '\\',
            _ => return None,
        });
        rest = escape.get(2..)?;
    }
    out.push_str(rest);
    Some(out)
}

/// What is left of an item.
pub(super) struct Reader<'a> {
    pub rest: &'a str,
}

impl<'a> Reader<'a> {
    pub fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n']);
    }

    pub fn peek(&mut self) -> Option<u8> {
        self.skip();
        self.rest.as_bytes().first().copied()
    }

    pub fn eat(&mut self, word: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub fn expect(&mut self, word: &str) -> Option<()> {
        self.eat(word).then_some(())
    }

    /// The next so many bytes.
    pub fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken).filter(|taken| !taken.is_empty())
    }

    /// A name, raw or not.
    pub fn name(&mut self) -> Option<&'a str> {
        self.skip();
        let raw = if self.rest.starts_with("r#") { 2 } else { 0 };
        let length = self.rest.bytes().skip(raw).take_while(|byte| is_name(*byte)).count();
        self.take(if length == 0 { 0 } else { raw + length })
    }

    /// Names with `::` between them.
    pub fn path(&mut self) -> Option<&'a str> {
        self.skip();
        let start = self.rest;
        self.name()?;
        while self.rest.starts_with("::") && !self.rest.starts_with("::<") {
            self.take(2)?;
            self.name()?;
        }
        start.get(..start.len() - self.rest.len())
    }
}
