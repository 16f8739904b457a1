//! `pattern` and `patternProperties`: ECMA-262 regular expressions in linear time.
//!
//! Strings come from models that can be talked into anything, patterns from documents that nobody trusts, so a
//! backtracking engine is out of the question: `^(a+)+$` would hang the server. `regex-lite` is one crate without
//! dependencies, forbids `unsafe` and takes time proportional to pattern × text. Its syntax differs from ECMA-262, so a
//! pattern is read here with ECMA-262's meaning (the `u` flag, with the leniency of Annex B that documents rely on) and
//! written anew: every class becomes a list of code point ranges. What a linear engine cannot do (look-around, back
//! references) and what needs Unicode tables (`\p{…}`) is left to the fallback validator.

use std::fmt::Write as _;

use regex_lite::{Regex, RegexBuilder};

use super::code_points::Ranges;

/// How many repetitions may be unrolled, all in all, before a pattern is too costly for this engine.
const MAX_COST: u64 = 20_000;

/// A pattern that is searched for anywhere in a text.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: Box<str>,
    regex: Regex,
    cost: u64,
    /// Whether a match can begin at the start only.
    anchored: bool,
}

impl Pattern {
    /// Reads a pattern; `Err` says what in it this engine cannot do.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        let Translation { text, cost, anchored } = translate(source)?;
        let regex = RegexBuilder::new(&text).build().map_err(|error| error.to_string())?;
        Ok(Self { source: source.into(), regex, cost, anchored })
    }

    /// The pattern as the document spells it.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// An estimate of the steps for a text of this many bytes. A search that can begin anywhere has as many states at
    /// work as the pattern has atoms (a megabyte against `[a-z]{1,150}!` takes seconds), one from the start has few.
    pub(crate) fn steps(&self, bytes: usize) -> u64 {
        let steps = self.cost.saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.anchored { steps / 4 } else { steps }
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

struct Translation {
    /// The pattern in the syntax of `regex-lite`.
    text: String,
    /// The number of atoms, with all counted repetitions unrolled.
    cost: u64,
    anchored: bool,
}

fn translate(source: &str) -> Result<Translation, String> {
    let chars: Vec<char> = source.chars().collect();
    let mut translator = Translator {
        chars: &chars,
        at: 0,
        out: String::with_capacity(source.len() * 2),
        depth: 0,
        alternatives: false,
    };
    let cost = translator.alternatives()?;
    match translator.peek() {
        None => Ok(Translation {
            text: translator.out,
            cost,
            anchored: source.starts_with('^') && !translator.alternatives,
        }),
        Some(_) => Err("a `)` without `(`".to_owned()),
    }
}

struct Translator<'a> {
    chars: &'a [char],
    at: usize,
    out: String,
    depth: usize,
    /// Whether there was a `|` outside of all groups.
    alternatives: bool,
}

/// What an escape stands for.
enum Escape {
    Char(char),
    Class(Ranges),
}

impl Translator<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(index, c)| self.chars.get(self.at + index) == Some(&c));
        if found {
            self.at += wanted.chars().count();
        }
        found
    }

    /// Alternatives up to `)` or the end.
    fn alternatives(&mut self) -> Result<u64, String> {
        let mut cost = 0u64;
        while let Some(c) = self.peek() {
            match c {
                ')' => break,
                '|' => {
                    self.alternatives |= self.depth == 0;
                    self.at += 1;
                    self.out.push('|');
                }
                _ => {
                    cost = cost.saturating_add(self.term()?);
                    if cost > MAX_COST {
                        return Err("repetitions that are too many to unroll".to_owned());
                    }
                }
            }
        }
        Ok(cost)
    }

    /// An assertion, or an atom with its quantifier.
    fn term(&mut self) -> Result<u64, String> {
        let cost = match self.next() {
            Some(c @ ('^' | '$')) => {
                self.out.push(c);
                return self.no_quantifier();
            }
            Some('\\') if self.accept("b") => {
                self.out.push_str("\\b");
                return self.no_quantifier();
            }
            Some('\\') if self.accept("B") => {
                self.out.push_str("\\B");
                return self.no_quantifier();
            }
            Some('\\') => {
                match self.escape(false)? {
                    Escape::Char(c) => push_literal(&mut self.out, c),
                    Escape::Class(ranges) => ranges.write(&mut self.out),
                }
                1
            }
            Some('(') => self.group()?,
            Some('[') => {
                self.class()?.write(&mut self.out);
                1
            }
            Some('.') => {
                Ranges::LINE_ENDS.complement().write(&mut self.out);
                1
            }
            Some('*' | '+' | '?') => return Err("a quantifier with nothing to repeat".to_owned()),
            Some(c) => {
                push_literal(&mut self.out, c);
                1
            }
            None => 0,
        };
        self.quantifier(cost)
    }

    /// Annex B lets assertions be repeated; nobody means it.
    fn no_quantifier(&mut self) -> Result<u64, String> {
        let at = self.at;
        if matches!(self.peek(), Some('*' | '+' | '?')) || self.counts().is_some() {
            return Err("a quantifier after an assertion".to_owned());
        }
        self.at = at;
        Ok(1)
    }

    fn group(&mut self) -> Result<u64, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("groups that nest too deeply".to_owned());
        }
        if self.accept("?") {
            if self.accept(":") {
            } else if self.accept("<=") || self.accept("<!") || self.accept("=") || self.accept("!") {
                return Err("look-around".to_owned());
            } else if self.accept("<") {
                while self.next().ok_or("a group name without end")? != '>' {}
            } else {
                return Err("a `(?` group that ECMA-262 does not have".to_owned());
            }
        }
        self.out.push_str("(?:");
        let cost = self.alternatives()?;
        if self.next() != Some(')') {
            return Err("a `(` without `)`".to_owned());
        }
        self.out.push(')');
        self.depth -= 1;
        Ok(cost.saturating_add(1))
    }

    fn quantifier(&mut self, cost: u64) -> Result<u64, String> {
        let cost = match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                self.out.push(c);
                cost
            }
            Some('{') => match self.counts() {
                None => return Ok(cost),
                Some((min, max)) => {
                    if max.is_some_and(|max| max < min) {
                        return Err("a `{n,m}` whose end is before its start".to_owned());
                    }
                    let _ = match max {
                        Some(max) if max == min => write!(self.out, "{{{min}}}"),
                        Some(max) => write!(self.out, "{{{min},{max}}}"),
                        None => write!(self.out, "{{{min},}}"),
                    };
                    cost.saturating_mul(u64::from(max.unwrap_or(min).max(1)))
                }
            },
            _ => return Ok(cost),
        };
        // Whether a repetition is lazy does not change whether there is a match.
        self.accept("?");
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return Err("a quantifier with nothing to repeat".to_owned());
        }
        Ok(cost)
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else in braces is text, as Annex B has it.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let start = self.at;
        let found = self.accept("{").then(|| self.counts_inside()).flatten();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn counts_inside(&mut self) -> Option<(u32, Option<u32>)> {
        let min = self.count()?;
        if self.accept("}") {
            return Some((min, Some(min)));
        }
        if !self.accept(",") {
            return None;
        }
        if self.accept("}") {
            return Some((min, None));
        }
        let max = self.count()?;
        self.accept("}").then_some((min, Some(max)))
    }

    fn count(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            value = Some(value.unwrap_or(0u32).saturating_mul(10).saturating_add(digit));
        }
        value
    }

    /// After `[`.
    fn class(&mut self) -> Result<Ranges, String> {
        let negated = self.accept("^");
        let mut ranges = Ranges::default();
        loop {
            let first = match self.next().ok_or("a `[` without `]`")? {
                ']' => break,
                '\\' => self.escape(true)?,
                c => Escape::Char(c),
            };
            let ranged = self.peek() == Some('-') && !matches!(self.chars.get(self.at + 1), Some(']') | None);
            if !ranged {
                match first {
                    Escape::Char(c) => ranges.add(c, c),
                    Escape::Class(class) => ranges.add_all(&class),
                }
                continue;
            }
            self.at += 1;
            let last = match self.next().ok_or("a `[` without `]`")? {
                '\\' => self.escape(true)?,
                c => Escape::Char(c),
            };
            match (first, last) {
                (Escape::Char(first), Escape::Char(last)) if first <= last => ranges.add(first, last),
                (Escape::Char(_), Escape::Char(_)) => return Err("a range whose end is before its start".to_owned()),
                // `[\w-.]`: Annex B reads three members.
                (first, last) => {
                    ranges.add('-', '-');
                    for member in [first, last] {
                        match member {
                            Escape::Char(c) => ranges.add(c, c),
                            Escape::Class(class) => ranges.add_all(&class),
                        }
                    }
                }
            }
        }
        Ok(if negated { ranges.complement() } else { ranges })
    }

    /// After `\`.
    fn escape(&mut self, in_class: bool) -> Result<Escape, String> {
        let c = self.next().ok_or("a `\\` at the end")?;
        Ok(Escape::Char(match c {
            'd' => return Ok(Escape::Class(Ranges::DIGIT)),
            'D' => return Ok(Escape::Class(Ranges::DIGIT.complement())),
            'w' => return Ok(Escape::Class(Ranges::WORD)),
            'W' => return Ok(Escape::Class(Ranges::WORD.complement())),
            's' => return Ok(Escape::Class(Ranges::SPACE)),
            'S' => return Ok(Escape::Class(Ranges::SPACE.complement())),
            'b' if in_class => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            '0' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => '\0',
            'c' => match self.next() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    char::from(u8::try_from(letter).unwrap_or_default() & 0x1f)
                }
                _ => return Err("a `\\c` without a letter".to_owned()),
            },
            'x' => self.hex(2).and_then(char::from_u32).ok_or("a `\\x` without two hexadecimal digits")?,
            'u' => self.unicode()?,
            'p' | 'P' => return Err("`\\p{…}`".to_owned()),
            'k' | '0'..='9' => return Err("a back reference or octal escape".to_owned()),
            c if c.is_ascii_alphabetic() => return Err(format!("`\\{c}`, which ECMA-262 does not have")),
            c => c,
        }))
    }

    fn unicode(&mut self) -> Result<char, String> {
        let invalid = "a `\\u` that is no code point";
        if self.accept("{") {
            let mut value = 0u32;
            loop {
                match self.next() {
                    Some('}') => return Ok(char::from_u32(value).ok_or(invalid)?),
                    Some(c) if value <= 0x10_ffff => value = value * 16 + c.to_digit(16).ok_or(invalid)?,
                    _ => return Err(invalid.to_owned()),
                }
            }
        }
        let first = self.hex(4).ok_or(invalid)?;
        if (0xd800..0xdc00).contains(&first) && self.accept("\\u") {
            let second = self.hex(4).filter(|second| (0xdc00..0xe000).contains(second)).ok_or(invalid)?;
            return Ok(char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(invalid)?);
        }
        Ok(char::from_u32(first).ok_or(invalid)?)
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |value, _| Some(value * 16 + self.next()?.to_digit(16)?))
    }
}

fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, matching: &[&str], other: &[&str]) {
        let compiled = Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for text in matching {
            assert!(compiled.is_match(text), "{pattern} {text:?}");
        }
        for text in other {
            assert!(!compiled.is_match(text), "{pattern} {text:?}");
        }
    }

    #[test]
    fn patterns_are_not_anchored() {
        check("b", &["abc", "b"], &["", "ac"]);
        check("^b", &["bc"], &["ab"]);
        check("", &["", "x"], &[]);
    }

    #[test]
    fn the_end_is_the_end_of_the_text() {
        check("^a$", &["a"], &["a\n", "b\na"]);
    }

    #[test]
    fn classes_are_those_of_ecma_262() {
        check(r"^\d$", &["0", "9"], &["\u{7e9}", "a", ""]);
        check(r"^\D$", &["\u{7e9}", "a", "\n"], &["0"]);
        check(r"^\w$", &["a", "_", "Z"], &["\u{e9}", "-"]);
        check(r"^\W$", &["\u{e9}"], &["_"]);
        check(r"^\s$", &[" ", "\t", "\u{a0}", "\u{feff}", "\u{2029}", "\u{b}"], &["\u{200b}", "x", "\u{1}"]);
        check(r"^\S$", &["\u{200b}"], &["\u{feff}", "\u{2028}"]);
        check("^.$", &["a", "\u{1f600}"], &["\n", "\r", "\u{2028}", ""]);
        check(r"^[\s\S]$", &["\n", "a"], &[""]);
        check("^[^]$", &["\n", "\u{10ffff}", "\0"], &[""]);
        check("a[]", &[], &["a", ""]);
        check(r"^[\w.-]+$", &["a.b-c"], &["a b"]);
        check(r"^[\w-.]+$", &["a.b-c"], &["a b"]);
        check(r"^[a\]\\^-]+$", &[r"a]\^-"], &["b"]);
        check(r"^[^\d\s]$", &["a"], &["1", " "]);
        check(r"^[[&&~~-]+$", &["[&~-"], &["a"]);
        check(r"[\b]", &["\u{8}"], &["b"]);
        check(r"^[\u00e0-\u00ff]$", &["\u{e9}"], &["e"]);
    }

    #[test]
    fn escapes() {
        check(r"^\/\-\.\$$", &["/-.$"], &["/-x$"]);
        check(r"^\cC$", &["\u{3}"], &["C"]);
        check(r"^\x41\u0042\u{43}\ud83d\ude00$", &["ABC\u{1f600}"], &["ABC"]);
        check(r"^\0\t\n\v\f\r$", &["\0\t\n\u{b}\u{c}\r"], &[]);
        check(r"\bfoo\b", &["a foo b"], &["afoo"]);
        check("^\u{e9}#&~ $", &["\u{e9}#&~ "], &[]);
    }

    #[test]
    fn groups_and_quantifiers() {
        check("^(?:ab|c){2,3}$", &["abc", "ccc"], &["ab", "cccc"]);
        check("^(?<year>[0-9]{4})-(x)?$", &["2024-", "2024-x"], &["202-"]);
        check("^a{2,}?$", &["aa", "aaa"], &["a"]);
        check("^a{2}$", &["aa"], &["a", "aaa"]);
        check("^{x}a{,2}$", &["{x}a{,2}"], &["aa"]);
        check("^(a|)$", &["a", ""], &["b"]);
    }

    #[test]
    fn what_this_engine_cannot_do_is_refused() {
        for pattern in [
            "(?=a)",
            "(?!a)",
            "(?<=a)b",
            "(?<!a)b",
            r"(a)\1",
            r"\k<a>",
            r"\p{L}",
            r"\A",
            r"\z",
            r"\Z",
            "(?i)a",
            "(",
            ")",
            "[",
            "[b-a]",
            "*a",
            "a**",
            "a{2,1}",
            "\\",
            r"\u12",
            r"\x1",
            r"\c1",
            "((a{1000}){1000}){1000}",
            "^*",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::new(&"(".repeat(100_000)).is_err());
    }

    #[test]
    fn hostile_texts_cost_linear_time() {
        let pattern = Pattern::new("^(a+)+$").unwrap();
        let started = std::time::Instant::now();
        assert!(!pattern.is_match(&("a".repeat(20_000) + "b")));
        // A backtracking engine needs 2^20000 steps.
        assert!(started.elapsed() < std::time::Duration::from_secs(10));
    }
}
