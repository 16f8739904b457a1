//! Reads a JSON value whose every part knows its place, and gathers all mistakes instead of stopping at the first.
//!
//! A [`Node`] is a value with its JSON pointer. Reading it as a string, a map, … reports a wrong type and gives `None`;
//! the caller goes on, so that one run names every mistake. [`Node::fields`] refuses unknown keys.

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::conform::brief;
use crate::diag::codes::spec as codes;
use crate::diag::{Code, Diagnostic};
use crate::load::Index;
use crate::source::{Sources, Span};
use crate::suggest;

/// What all nodes of a document share: where they stand, and the mistakes found so far.
pub(super) struct Reader<'a> {
    index: &'a Index,
    sources: &'a Sources,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(index: &'a Index, sources: &'a Sources) -> Self {
        Self { index, sources, found: RefCell::default() }
    }

    pub(super) fn root<'r>(&'r self, value: &'r Value) -> Node<'r> {
        Node { value, pointer: String::new(), reader: self }
    }

    /// Everything that was found.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        self.found.into_inner()
    }

    fn text(&self, span: Span) -> Option<&'a str> {
        self.sources.get(span.file)?.text.get(span.start as usize..span.end as usize)
    }
}

/// A value and its place.
#[derive(Clone)]
pub(super) struct Node<'r> {
    pub value: &'r Value,
    pointer: String,
    reader: &'r Reader<'r>,
}

impl<'r> Node<'r> {
    /// The place of the value.
    pub(super) fn span(&self) -> Span {
        self.reader.index.span(&self.pointer)
    }

    /// The place of the key that it stands under; of the value, in a list.
    pub(super) fn key_span(&self) -> Span {
        self.reader.index.key_span(&self.pointer)
    }

    /// The place of a part of this string, given in bytes of its value.
    ///
    /// Quotes, escapes and indentation stand between a value and its source text, so the part is looked up in it: the
    /// n-th occurrence there for the n-th one here. Where the spelling differs, it is the whole string.
    pub(super) fn part_span(&self, start: usize, end: usize) -> Span {
        let whole = self.span();
        let found = || {
            let value = self.value.as_str()?;
            let part = value.get(start..end).filter(|part| !part.is_empty())?;
            let before = value.get(..start)?.matches(part).count();
            let text = self.reader.text(whole)?;
            let at = text.match_indices(part).nth(before)?.0;
            let start = whole.start.checked_add(u32::try_from(at).ok()?)?;
            Some(Span { file: whole.file, start, end: start.checked_add(u32::try_from(part.len()).ok()?)? })
        };
        found().unwrap_or(whole)
    }

    pub(super) fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.span(), message)
    }

    pub(super) fn push(&self, diagnostic: Diagnostic) {
        self.reader.found.borrow_mut().push(diagnostic);
    }

    pub(super) fn child(&self, key: &str) -> Option<Node<'r>> {
        let value = self.value.as_object()?.get(key)?;
        let pointer = format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1"));
        Some(Node { value, pointer, reader: self.reader })
    }

    pub(super) fn is_object(&self) -> bool {
        self.value.is_object()
    }

    pub(super) fn string(&self) -> Option<&'r str> {
        match self.value {
            Value::String(text) => Some(text),
            Value::Number(number) => {
                self.wrong_type("a string", Some(format!("put it in quotes: \"{number}\"")));
                None
            }
            Value::Bool(value) => {
                self.wrong_type("a string", Some(format!("put it in quotes: \"{value}\"")));
                None
            }
            _ => {
                self.wrong_type("a string", None);
                None
            }
        }
    }

    /// A string that says something.
    pub(super) fn text(&self) -> Option<&'r str> {
        let text = self.string()?;
        if text.trim().is_empty() {
            self.push(
                self.error(codes::EMPTY, "this text is empty").help("say what a reader needs, or leave the key out"),
            );
            return None;
        }
        Some(text)
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(*value),
            Value::String(word) if matches!(word.to_lowercase().as_str(), "yes" | "on" | "no" | "off") => {
                self.wrong_type("`true` or `false`", Some("YAML 1.2 has `true` and `false` only".into()));
                None
            }
            _ => {
                self.wrong_type("`true` or `false`", None);
                None
            }
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<Node<'r>>> {
        let Value::Array(items) = self.value else {
            self.wrong_type("a list", None);
            return None;
        };
        let item = |(at, value)| Node { value, pointer: format!("{}/{at}", self.pointer), reader: self.reader };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The entries of a map from free names; a key without a value (`errors:`) is an empty map.
    pub(super) fn entries(&self) -> Option<Vec<(&'r str, Node<'r>)>> {
        match self.value {
            Value::Null => Some(Vec::new()),
            Value::Object(map) => Some(self.children(map)),
            _ => {
                self.wrong_type("a map", None);
                None
            }
        }
    }

    /// The fields of a map whose keys are fixed; unknown keys are reported.
    pub(super) fn fields(&self, known: &'static [&'static str]) -> Option<Fields<'r>> {
        let Value::Object(map) = self.value else {
            self.wrong_type("a map", Some(format!("known keys: {}", list(known))));
            return None;
        };
        for (key, child) in self.children(map) {
            if !known.contains(&key) {
                self.push(
                    Diagnostic::error(codes::UNKNOWN_KEY, child.key_span(), format!("unknown key `{key}`"))
                        .help(unknown_key_help(key, known)),
                );
            }
        }
        Some(Fields { node: self.clone() })
    }

    fn children(&self, map: &'r Map<String, Value>) -> Vec<(&'r str, Node<'r>)> {
        map.keys().filter_map(|key| Some((key.as_str(), self.child(key)?))).collect()
    }

    pub(super) fn wrong_type(&self, expected: &str, help: Option<String>) {
        let mut diagnostic = self
            .error(codes::WRONG_TYPE, format!("expected {expected}, found {}", describe(self.value)))
            .label(format!("expected {expected}"));
        diagnostic.help = help;
        self.push(diagnostic);
    }
}

/// A map with fixed keys.
pub(super) struct Fields<'r> {
    pub node: Node<'r>,
}

impl<'r> Fields<'r> {
    pub(super) fn get(&self, key: &str) -> Option<Node<'r>> {
        self.node.child(key)
    }

    /// A field that must be there.
    pub(super) fn required(&self, key: &str) -> Option<Node<'r>> {
        let found = self.get(key);
        if found.is_none() {
            let place = self.node.key_span();
            self.node.push(
                Diagnostic::error(codes::MISSING_KEY, place, format!("`{key}` is missing"))
                    .label(format!("this needs `{key}`")),
            );
        }
        found
    }

    /// An optional string that says something.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        Some(self.get(key)?.text()?.trim_end().to_owned())
    }

    /// The place of the key, of the map where it is absent.
    pub(super) fn key_span(&self, key: &str) -> Span {
        self.get(key).map_or_else(|| self.node.key_span(), |node| node.key_span())
    }
}

/// What to do about a key that is not known: words of other formats first, then the nearest one.
fn unknown_key_help(key: &str, known: &[&str]) -> String {
    if key == "required" && known.contains(&"optional") {
        return "everything that is declared is required, unless it has a `default` or says `optional: true`".into();
    }
    suggest::help(key, "known keys", known.iter().copied())
}

/// A value in words.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Number(value) => format!("the number {value}"),
        Value::String(_) => format!("the string {}", brief(value)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "a map".into(),
    }
}

/// Words in backquotes, separated by commas.
pub(super) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
