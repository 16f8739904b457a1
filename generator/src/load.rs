//! STAND-IN for the load stage: serde-saphyr into a `Value`, and the index of its places.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

use crate::diag::{Code, Diagnostic, Report, Stop};
use crate::source::{Source, Span};

/// What kind of document was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ServerSpec,
}

/// One self-contained document.
#[derive(Debug)]
pub(crate) struct Document {
    pub value: Value,
    pub index: Index,
    pub kind: Kind,
    pub file_name: String,
}

/// From JSON pointer to place.
#[derive(Debug, Default)]
pub(crate) struct Index {
    values: HashMap<String, Span>,
    keys: HashMap<String, Span>,
}

impl Index {
    /// The place of a value; of its nearest known ancestor where it has none.
    pub fn span(&self, pointer: &str) -> Span {
        let mut at = pointer;
        loop {
            if let Some(span) = self.values.get(at) {
                return *span;
            }
            match at.rfind('/') {
                Some(end) => at = at.get(..end).unwrap_or(""),
                None => return Span::default(),
            }
        }
    }

    /// The place of the key that a value stands under.
    pub fn key_span(&self, pointer: &str) -> Span {
        self.keys.get(pointer).copied().unwrap_or_else(|| self.span(pointer))
    }
}

pub(crate) fn load(path: &Path, report: &mut Report) -> Result<Document, Stop> {
    let text = std::fs::read_to_string(path).map_err(|_| Stop)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    from_text(&name, &text, report)
}

pub(crate) fn from_text(name: &str, text: &str, report: &mut Report) -> Result<Document, Stop> {
    let file = report.sources.add(Source::new(name, text));
    let node: Spanned<Node> =
        serde_saphyr::from_str_with_options(text, serde_saphyr::options! { strict_booleans: true }).map_err(
            |error| {
                report.push(Diagnostic::error(Code("E0100"), Span { file, start: 0, end: 0 }, error.to_string()));
                Stop
            },
        )?;
    let mut index = Index::default();
    let value = flatten(node, String::new(), file, &mut index);
    Ok(Document { value, index, kind: Kind::ServerSpec, file_name: name.to_owned() })
}

enum Node {
    Leaf(Value),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

fn place<T>(of: &Spanned<T>, file: u32) -> Span {
    let span = of.referenced.span();
    let start = span.byte_offset().unwrap_or(0) as u32;
    Span { file, start, end: start + span.byte_len().unwrap_or(0) as u32 }
}

fn flatten(node: Spanned<Node>, pointer: String, file: u32, index: &mut Index) -> Value {
    index.values.insert(pointer.clone(), place(&node, file));
    match node.value {
        Node::Leaf(value) => value,
        Node::List(items) => Value::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(at, item)| flatten(item, format!("{pointer}/{at}"), file, index))
                .collect(),
        ),
        Node::Map(entries) => {
            let mut map = Map::new();
            for (key, item) in entries {
                let at = format!("{pointer}/{}", key.value.replace('~', "~0").replace('/', "~1"));
                index.keys.insert(at.clone(), place(&key, file));
                let value = flatten(item, at, file, index);
                map.insert(key.value, value);
            }
            Value::Object(map)
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Leaf(Value::Bool(value)))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Leaf(Number::from_f64(value).map_or(Value::Null, Value::Number)))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Leaf(value.into()))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
                Ok(Node::Leaf(Value::Null))
            }
            fn visit_none<E: de::Error>(self) -> Result<Node, E> {
                Ok(Node::Leaf(Value::Null))
            }
            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Node, D::Error> {
                inner.deserialize_any(Any)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Node::Map(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
