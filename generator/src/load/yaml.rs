//! YAML 1.2, read with `serde-saphyr` into a JSON value.
//!
//! Values and places come from one pass: every node is deserialised as `Spanned`.

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, Spanned};

use super::index::{Children, Place};
use super::{MAX_DEPTH, json};
use crate::diag::codes::load as codes;
use crate::diag::{Diagnostic, Report};
use crate::source::Span;

/// Recursion of the reader is bounded by [`MAX_DEPTH`], but its frames are large, and the stack of the caller's thread
/// may be small.
const STACK: usize = 32 * 1024 * 1024;

/// What aliases may add to a document: more than any real document repeats, and soon reached by a bomb.
const MAX_REPEATED_EVENTS: usize = 500_000;

pub(super) fn parse(text: &str, file: u32, report: &mut Report) -> Result<(Value, Place), Box<Diagnostic>> {
    let read = || {
        serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options())
            .map_err(|error| Box::new(diagnose(&error, text, file)))
            .map(|root| {
                let mut lowering = Lowering { text, file, problems: Vec::new() };
                let (value, place) = lowering.node(root, None);
                (value, place, lowering.problems)
            })
    };
    let (value, place, problems) =
        std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read) {
            Ok(handle) => handle.join().unwrap_or_else(|_| {
                let at = Span { file, start: 0, end: 0 };
                Err(Box::new(Diagnostic::error(codes::YAML_SYNTAX, at, "the YAML reader failed")))
            }),
            Err(_) => read(),
        })?;
    for problem in problems {
        report.push(problem);
    }
    Ok((value, place))
}

/// LOADER.md, "YAML".
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: 8_000_000,
            max_events: 16_000_000,
            max_depth: MAX_DEPTH,
            // One more, so that it is `max_depth` that speaks.
            flow_nesting_limit: MAX_DEPTH + 1,
            max_recorded_anchor_events: MAX_REPEATED_EVENTS,
            max_total_scalar_bytes: 256 * 1024 * 1024,
            // A document may well use one anchor hundreds of times; the limits on what aliases repeat are enough.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPEATED_EVENTS },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

/// A node as the reader gives it: duplicates and places still there.
enum Node {
    Scalar(Value),
    Sequence(Vec<Spanned<Node>>),
    Mapping(Vec<(Spanned<Key>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Scalar(Value::String(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = mapping.next_entry()? {
            fields.push(field);
        }
        Ok(Node::Mapping(fields))
    }
}

/// A key: the spelling of whatever scalar it is (`200`, `true`).
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<String>::deserialize(deserializer).map(|key| Self(key.unwrap_or_else(|| "null".to_owned())))
    }
}

/// From nodes to a JSON value and its places.
struct Lowering<'a> {
    text: &'a str,
    file: u32,
    problems: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn node(&mut self, node: Spanned<Node>, key: Option<Span>) -> (Value, Place) {
        let mut value_span = span_of(node.defined, self.file);
        let (value, children) = match node.value {
            Node::Scalar(value) => {
                self.check_number(&value, value_span);
                (value, Children::None)
            }
            Node::Sequence(items) => {
                let (values, places): (Vec<_>, Vec<_>) = items.into_iter().map(|item| self.node(item, None)).unzip();
                value_span = cover(value_span, places.last());
                (Value::Array(values), Children::Items(places))
            }
            Node::Mapping(entries) => {
                let mut fields = Map::new();
                let mut places: IndexMap<Box<str>, Place> = IndexMap::new();
                for (name, child) in entries {
                    let name_span = span_of(name.defined, self.file);
                    let name = name.value.0;
                    let (value, place) = self.node(child, Some(name_span));
                    if let Some(first) = places.get(name.as_str()).and_then(|first| first.key) {
                        self.problems.push(json::duplicate(&name, first, name_span));
                    }
                    places.insert(name.as_str().into(), place);
                    fields.insert(name, value);
                }
                value_span = cover(value_span, places.last().map(|(_, place)| place));
                (Value::Object(fields), Children::Fields(places))
            }
        };
        (value, Place { value: value_span, key, children })
    }

    /// Nothing may change silently: integers beyond 64 bits arrive as the nearest double, infinities as text.
    fn check_number(&mut self, value: &Value, span: Span) {
        let spelled = self.text.get(span.start as usize..span.end as usize).unwrap_or_default().trim();
        if value.is_f64() && json::beyond_64_bits(spelled) {
            self.problems.push(json::rounded(spelled, span));
        } else if let Value::String(text) = value
            && matches!(text.as_str(), ".nan" | ".inf" | "-.inf")
            && !spelled.starts_with(['"', '\''])
        {
            let message = format!("the number {spelled} is not finite and is kept as a string");
            self.problems.push(Diagnostic::warning(codes::NOT_FINITE, span, message));
        }
    }
}

/// A collection reaches to the end of its last part; the reader gives only its beginning.
fn cover(span: Span, last: Option<&Place>) -> Span {
    match last {
        Some(last) if last.value.file == span.file => Span { end: span.end.max(last.value.end), ..span },
        _ => span,
    }
}

fn span_of(location: Location, file: u32) -> Span {
    let span = location.span();
    let start = span.byte_offset().unwrap_or(0);
    let end = start.saturating_add(span.byte_len().unwrap_or(0));
    let narrow = |offset: u64| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { file, start: narrow(start), end: narrow(end) }
}

/// The place of an error. The scanner's errors have only line and column.
fn place_of(location: Location, text: &str, file: u32) -> Span {
    if location.span().byte_offset().is_some() {
        return span_of(location, file);
    }
    let (line, column) = (location.line().saturating_sub(1) as usize, location.column().saturating_sub(1) as usize);
    let line_start = match line {
        0 => 0,
        line => text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = text.get(line_start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let start = line_start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    Span { file, start: start as u32, end: start as u32 + 1 }
}

fn diagnose(error: &Error, text: &str, file: u32) -> Diagnostic {
    let span =
        error.location().map(|location| place_of(location, text, file)).unwrap_or(Span { file, start: 0, end: 0 });
    let mut error = error.without_snippet();
    while let Error::AliasError { error: inner, .. } = error {
        error = inner.without_snippet();
    }
    match error {
        Error::MultipleDocuments { .. } => {
            Diagnostic::error(codes::SEVERAL_DOCUMENTS, span, "the file holds several YAML documents")
                .help("put each document into a file of its own")
        }
        Error::Budget { breach: serde_saphyr::budget::BudgetBreach::Depth { .. }, .. } => Diagnostic::error(
            codes::TOO_DEEP,
            span,
            format!("objects and arrays stand more than {MAX_DEPTH} levels inside one another"),
        ),
        Error::Budget { breach, .. } => {
            Diagnostic::error(codes::BUDGET, span, format!("the document exceeds a limit of the reader: {breach:?}"))
        }
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => {
            Diagnostic::error(codes::BUDGET, span, "aliases repeat more of the document than is allowed")
                .help("replace aliases of large nodes with `$ref`")
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            Diagnostic::error(codes::NOT_A_VALUE, span, "an alias stands inside the node that it repeats")
        }
        _ => {
            let message = plain_message(error);
            let problem = Diagnostic::error(codes::YAML_SYNTAX, span, format!("the YAML cannot be parsed: {message}"));
            let line = text.get(..span.start as usize).and_then(|head| head.rsplit('\n').next()).unwrap_or_default();
            let rest = text.get(span.start as usize..).unwrap_or_default();
            if line.trim().is_empty() && (line.contains('\t') || rest.starts_with('\t')) {
                problem.help("indent with spaces: YAML does not allow tabs")
            } else {
                problem
            }
        }
    }
}

/// The reader's message without the position, which the diagnostic shows itself.
fn plain_message(error: &Error) -> String {
    let message = error.to_string();
    let first = message.lines().next().unwrap_or_default();
    first.split(" at line ").next().unwrap_or(first).trim_end_matches(['.', ':']).to_owned()
}

#[cfg(test)]
mod differential;
