//! The path of a request: the template with its variables filled in, and the proof that it still names the same route
//! (SECURITY.md O1).
//!
//! Encoding alone is no defence: URL parsers, proxies and servers decode once more and then collapse dot segments. So a
//! value that would become a dot segment or a separator at any level of decoding is refused, and the finished path is
//! compared with the template again.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::encode::path_literal;

/// Levels of percent-encoding that a value may carry. What needs more is no identifier.
const MAX_LEVELS: usize = 8;

/// Stands for a variable in [`Template::pattern`]; a literal cannot contain it.
const VARIABLE: char = '\0';

/// What stands between the items of a list that tabs separate.
pub(crate) const TAB: &str = "%09";

/// A path template of the document, taken apart.
#[derive(Debug)]
pub(crate) struct Template<'a> {
    pieces: Vec<Piece<'a>>,
    /// A constant query of the template (`/search?type=exact`, which OpenAPI forbids and documents contain).
    pub(crate) query: Option<&'a str>,
}

#[derive(Debug)]
enum Piece<'a> {
    Literal(String),
    Variable(&'a str),
}

/// A variable, filled in.
pub(crate) struct Expansion {
    /// The encoded text.
    pub(crate) text: String,
    /// Whether `/` may be part of it.
    pub(crate) spans_segments: bool,
    /// Whether tabs stand between its items; none of them holds one itself.
    pub(crate) tabs: bool,
}

impl<'a> Template<'a> {
    /// Takes a path template apart. Braces that do not form an expression are literals.
    pub(crate) fn parse(template: &'a str) -> Self {
        let (template, _) = template.split_once('#').unwrap_or((template, ""));
        let (mut rest, query) = match template.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (template, None),
        };
        let mut pieces = Vec::new();
        if !rest.starts_with('/') {
            pieces.push(Piece::Literal("/".to_owned()));
        }
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            if !before.is_empty() {
                pieces.push(Piece::Literal(path_literal(before)));
            }
            pieces.push(Piece::Variable(name));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(path_literal(rest)));
        }
        Self { pieces, query }
    }

    /// Fills the variables in. `None`: the result would name another route than the template does.
    ///
    /// # Errors
    /// Those of `expand`.
    pub(crate) fn fill<E>(&self, mut expand: impl FnMut(&'a str) -> Result<Expansion, E>) -> Result<Option<String>, E> {
        let mut path = String::new();
        let (mut spans, mut tabs) = (false, false);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => path.push_str(text),
                Piece::Variable(name) => {
                    let expansion = expand(name)?;
                    spans |= expansion.spans_segments;
                    tabs |= expansion.tabs;
                    path.push_str(&expansion.text);
                }
            }
        }
        // What URL parsers make of a tab is nothing: without them it must be the same route.
        let shown = if tabs { Cow::Owned(path.replace(TAB, "")) } else { Cow::Borrowed(path.as_str()) };
        let sound = self.names_the_route(&shown, spans);
        Ok(sound.then_some(path))
    }

    /// Whether the path has the literals and, unless a variable may span segments, the segments of the template, and no
    /// variable segment that a server could take for a dot segment or for two.
    fn names_the_route(&self, path: &str, spans: bool) -> bool {
        let pattern = self.pattern();
        if spans {
            let mut inner = path.split('/').skip(1).peekable();
            let mut sound = true;
            while let Some(segment) = inner.next() {
                let last_of_template = inner.peek().is_none() && pattern.ends_with('/');
                sound &= last_of_template || !ambiguous(segment);
            }
            return sound && glob(&pattern, path);
        }
        let mut patterns = pattern.split('/');
        let mut segments = path.split('/');
        loop {
            match (patterns.next(), segments.next()) {
                (None, None) => return true,
                (Some(pattern), Some(segment)) => {
                    let variable = pattern.contains(VARIABLE);
                    if !glob(pattern, segment) || variable && ambiguous(segment) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }

    fn pattern(&self) -> String {
        let mut pattern = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => pattern.push_str(text),
                Piece::Variable(_) => pattern.push(VARIABLE),
            }
        }
        pattern
    }
}

/// Whether the text is the pattern's literals with at least one character for each variable.
fn glob(pattern: &str, text: &str) -> bool {
    let mut literals: Vec<_> = pattern.split(VARIABLE).collect();
    let Some(last) = literals.pop() else { return false };
    let Some((first, middle)) = literals.split_first() else { return text == last };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for literal in middle {
        let Some((at, _)) = rest.char_indices().nth(1) else { return false };
        let Some(found) = rest.get(at..).and_then(|tail| tail.find(literal)) else { return false };
        rest = rest.get(at + found + literal.len()..).unwrap_or_default();
    }
    rest.len() > last.len() && rest.ends_with(last)
}

fn ambiguous(segment: &str) -> bool {
    problem(segment, false).is_some()
}

/// Why a value cannot stand in a path, as the end of a sentence.
pub(crate) fn problem(value: &str, spans_segments: bool) -> Option<&'static str> {
    let Some(decoded) = fully_decoded(value) else {
        return Some("carries too many levels of percent-encoding for a path");
    };
    if decoded.is_empty() {
        return Some("is empty, and stands in the path of the request");
    }
    let Ok(decoded) = std::str::from_utf8(&decoded) else {
        return Some("is not UTF-8 when it is percent-decoded");
    };
    if decoded.chars().any(char::is_control) {
        return Some("contains a control character, which the path of a request cannot hold");
    }
    if decoded.contains('\\') || !spans_segments && decoded.contains('/') {
        return Some("contains a slash or a backslash, and is one segment of the path of the request");
    }
    if decoded.split('/').any(is_dots) {
        return Some("is or contains a dot segment, which would lead to another path");
    }
    None
}

/// Nothing but dots and white space, path parameters aside (`..;x` is `..` to some servers), or empty.
fn is_dots(segment: &str) -> bool {
    let before = segment.split_once(';').map_or(segment, |(before, _)| before);
    let dots = before.chars().all(|character| character == '.' || character.is_whitespace());
    dots && (segment.len() == before.len() || before.contains('.'))
}

/// Decodes until nothing changes; `None` after [`MAX_LEVELS`].
fn fully_decoded(value: &str) -> Option<Cow<'_, [u8]>> {
    let mut bytes = Cow::Borrowed(value.as_bytes());
    for _ in 0..MAX_LEVELS {
        if !bytes.contains(&b'%') {
            return Some(bytes);
        }
        let decoded: Vec<u8> = percent_decode(&bytes).collect();
        if decoded.len() == bytes.len() {
            return Some(bytes);
        }
        bytes = Cow::Owned(decoded);
    }
    None
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
