//! JSON (RFC 8259). The value is serde_json's; the places come from a second walk over the text, which is then known
//! to be valid JSON.

use indexmap::IndexMap;
use serde::Deserialize as _;
use serde_json::Value;

use super::MAX_DEPTH;
use super::index::{Children, Place};
use crate::diag::codes::load as codes;
use crate::diag::{Diagnostic, Report};
use crate::source::Span;

pub(super) fn parse(text: &str, file: u32, report: &mut Report) -> Result<(Value, Place), Box<Diagnostic>> {
    if let Some(at) = too_deep(text) {
        return Err(Box::new(Diagnostic::error(
            codes::TOO_DEEP,
            Span { file, start: at, end: at + 1 },
            format!("objects and arrays stand more than {MAX_DEPTH} levels inside one another"),
        )));
    }
    let bom = text.len() - text.trim_start_matches('\u{feff}').len();
    let body = text.get(bom..).unwrap_or_default();
    let mut deserializer = serde_json::Deserializer::from_str(body);
    // The depth is known to be bounded; serde_json's own limit is one level lower and says less.
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| Box::new(syntax(&error, body, bom, file)))?;
    let mut walk = Walk { text, at: bom, file, report };
    let place = walk.value(None);
    Ok((value, place))
}

/// The offset of the bracket that goes too deep. Counts in any text, valid or not.
fn too_deep(text: &str) -> Option<u32> {
    let (mut depth, mut string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            _ if string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at as u32);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn syntax(error: &serde_json::Error, body: &str, bom: usize, file: u32) -> Diagnostic {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => body.match_indices('\n').nth(line - 2).map_or(body.len(), |(at, _)| at + 1),
    };
    let at = (line_start + error.column().saturating_sub(1)).min(body.len()) + bom;
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or("unknown error").to_owned();
    Diagnostic::error(
        codes::JSON_SYNTAX,
        Span { file, start: at as u32, end: at as u32 + 1 },
        format!("the JSON cannot be parsed: {message}"),
    )
}

/// A walk over valid JSON. Total all the same: on anything else it ends early.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    file: u32,
    report: &'a mut Report,
}

impl Walk<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn span(&self, start: usize) -> Span {
        Span { file: self.file, start: start as u32, end: self.at as u32 }
    }

    fn value(&mut self, key: Option<Span>) -> Place {
        self.space();
        let start = self.at;
        let children = match self.peek() {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => {
                self.string();
                Children::None
            }
            _ => {
                while !matches!(self.peek(), b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' | 0) {
                    self.at += 1;
                }
                self.number(start);
                Children::None
            }
        };
        Place { value: self.span(start), key, children }
    }

    fn array(&mut self) -> Children {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                b']' => {
                    self.at += 1;
                    break;
                }
                0 => break,
                b',' => self.at += 1,
                _ => items.push(self.value(None)),
            }
        }
        Children::Items(items)
    }

    fn object(&mut self) -> Children {
        let mut fields: IndexMap<Box<str>, Place> = IndexMap::new();
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                b'}' => {
                    self.at += 1;
                    break;
                }
                b'"' => {
                    let start = self.at;
                    let name = self.string();
                    let key = self.span(start);
                    self.space();
                    if self.peek() == b':' {
                        self.at += 1;
                    }
                    let place = self.value(Some(key));
                    if let Some(first) = fields.get(name.as_str()).and_then(|first| first.key) {
                        self.report.push(duplicate(&name, first, key));
                    }
                    fields.insert(name.into(), place);
                }
                b',' => self.at += 1,
                _ => break,
            }
        }
        Children::Fields(fields)
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                b'"' | 0 => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at = (self.at + 1).min(self.text.len());
        self.text.get(start..self.at).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    fn number(&mut self, start: usize) {
        let text = self.text.get(start..self.at).unwrap_or_default();
        if beyond_64_bits(text) {
            let span = self.span(start);
            self.report.push(rounded(text, span));
        }
    }
}

/// Whether a text is an integer that neither `i64` nor `u64` holds.
pub(super) fn beyond_64_bits(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<i64>().is_err()
        && text.parse::<u64>().is_err()
}

pub(super) fn rounded(text: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(codes::NUMBER_ROUNDED, span, format!("the number {text} is beyond 64 bits and is rounded"))
}

/// SECURITY.md G9.
pub(super) fn duplicate(name: &str, first: Span, last: Span) -> Diagnostic {
    Diagnostic::warning(codes::DUPLICATE_KEY, last, format!("the key `{name}` stands twice in one object"))
        .label("this one is kept")
        .related(first, "this one is lost")
        .help("remove or rename one of the two")
}
