//! The style matrix: how a value becomes text in a path, a query, a header or a cookie (OpenAPI 3.1.1 §4.8.12, "Style
//! Values" and "Style Examples"; RFC 6570).
//!
//! Where the table says "n/a", and documents ask for it nevertheless:
//! - `spaceDelimited` and `pipeDelimited` write a primitive as `form` does, and with `explode` arrays and objects too.
//! - `deepObject` does not look at `explode`; a primitive is written as `form` does; nested objects get one more pair of
//!   brackets, arrays `name[]=…`, arrays with nested values `name[0][…]=…`.
//! - `tsv` of Swagger 2.0, and its `ssv` and `pipes` in a path or a header, join with that character: encoded in a URL, as
//!   it is in a header.
//! - Every other style refuses nested values: whatever was sent, the API would read something else.
//!
//! `null` is written as the column "undefined" says. Empty arrays and objects, and such that hold nothing but `null`,
//! are left out (RFC 6570 §2.3; OpenAPI 3.1.1 Appendix C, "Undefined Values"), `null` within one is skipped.

use serde_json::value::RawValue;

use super::args::Node;
use super::encode::Escape;
use super::operation::Style;

/// A value as RFC 6570 §2.3 sees it; all text is still unencoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// `null`
    Undefined,
    /// An array or an object without a defined member.
    Empty,
    /// A primitive.
    One(String),
    /// An array.
    Many(Vec<String>),
    /// An object.
    Pairs(Vec<(String, String)>),
}

/// One `name=value` of a query or a cookie.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The name before it was encoded.
    pub(crate) name: String,
    /// Name and value, encoded.
    pub(crate) text: String,
}

/// Nested arrays and objects allowed in a `deepObject`.
const MAX_DEPTH: usize = 16;

impl Value {
    /// Reads a value.
    ///
    /// # Errors
    /// What cannot be written, as the end of a sentence: a nested array or object, a lone surrogate.
    pub(crate) fn read(raw: &RawValue) -> Result<Self, String> {
        Ok(match read(raw)? {
            Node::Null => Self::Undefined,
            Node::Scalar(text) => Self::One(text),
            Node::Array(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    texts.extend(scalar(item, &index)?);
                }
                if texts.is_empty() { Self::Empty } else { Self::Many(texts) }
            }
            Node::Object(members) => {
                let mut pairs = Vec::with_capacity(members.len());
                for (key, value) in members {
                    if let Some(value) = scalar(value, &key)? {
                        pairs.push((key, value));
                    }
                }
                if pairs.is_empty() { Self::Empty } else { Self::Pairs(pairs) }
            }
        })
    }

    /// Every text that a person's argument contributed.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, many, pairs) = match self {
            Self::Undefined | Self::Empty => (None, [].as_slice(), [].as_slice()),
            Self::One(text) => (Some(text), [].as_slice(), [].as_slice()),
            Self::Many(texts) => (None, texts.as_slice(), [].as_slice()),
            Self::Pairs(pairs) => (None, [].as_slice(), pairs.as_slice()),
        };
        let pairs = pairs.iter().flat_map(|(key, value)| [key, value]);
        one.into_iter().chain(many).chain(pairs).map(String::as_str)
    }
}

fn read(raw: &RawValue) -> Result<Node<'_>, String> {
    Node::read(raw).map_err(|error| format!("cannot be read: {error}"))
}

fn scalar(raw: &RawValue, at: &dyn std::fmt::Display) -> Result<Option<String>, String> {
    match read(raw)? {
        Node::Null => Ok(None),
        Node::Scalar(text) => Ok(Some(text)),
        Node::Array(_) | Node::Object(_) => Err(format!(
            "has an array or an object at {at}, which this API cannot take there: give a string, a number or a boolean"
        )),
    }
}

/// What stands between the items of a list.
fn separator(style: Style, escape: Escape) -> &'static str {
    match (style, escape) {
        (Style::SpaceDelimited, Escape::Nothing) => " ",
        (Style::PipeDelimited, Escape::Nothing) => "|",
        (Style::TabDelimited, Escape::Nothing) => "\t",
        (Style::SpaceDelimited, _) => "%20",
        (Style::PipeDelimited, _) => "%7C",
        (Style::TabDelimited, _) => "%09",
        _ => ",",
    }
}

/// The text of a path parameter: `simple`, `label` or `matrix`. Any other style is written as `simple`, but for what
/// stands between items.
pub(crate) fn path(name: &str, style: Style, explode: bool, escape: Escape, value: &Value) -> String {
    let (first, separator, named) = match (style, explode) {
        (Style::Matrix, _) => (";", ";", true),
        (Style::Label, true) => (".", ".", false),
        (Style::Label, false) => (".", ",", false),
        _ => ("", separator(style, escape), false),
    };
    let name = Escape::All.apply(name);
    let mut out = first.to_owned();
    // RFC 6570 §3.2.7: without `=` where the value is empty.
    let push_named = |out: &mut String, name: &str, value: &str| {
        out.push_str(name);
        if !value.is_empty() {
            out.push('=');
            escape.push(out, value);
        }
    };
    match value {
        Value::Undefined | Value::Empty if named => out.push_str(&name),
        Value::Undefined | Value::Empty => {}
        Value::One(text) if named => push_named(&mut out, &name, text),
        Value::One(text) => escape.push(&mut out, text),
        Value::Many(texts) if named && explode => {
            join(&mut out, separator, texts, |out, text| push_named(out, &name, text));
        }
        Value::Pairs(pairs) if named && explode => {
            join(&mut out, separator, pairs, |out, (key, text)| push_named(out, &escape.apply(key), text));
        }
        Value::Many(_) | Value::Pairs(_) if named => {
            out.push_str(&name);
            out.push('=');
            push_list(&mut out, ",", false, escape, value);
        }
        Value::Many(_) | Value::Pairs(_) => push_list(&mut out, separator, explode, escape, value),
    }
    out
}

/// The value of a header: `simple`. Nothing is encoded: a header is not a URI (OpenAPI 3.1.1 Appendix D; 3.2
/// Appendix D).
pub(crate) fn header(style: Style, explode: bool, value: &Value) -> Option<String> {
    let mut out = String::new();
    match value {
        Value::Empty => return None,
        Value::Undefined => {}
        Value::One(text) => out.push_str(text),
        Value::Many(_) | Value::Pairs(_) => {
            push_list(&mut out, separator(style, Escape::Nothing), explode, Escape::Nothing, value);
        }
    }
    Some(out)
}

/// The pairs of a query or cookie parameter: `form`, `spaceDelimited`, `pipeDelimited`, `deepObject`, `cookie`. Any other
/// style is written as `form`.
///
/// # Errors
/// As [`Value::read`].
pub(crate) fn pairs(
    name: &str,
    style: Style,
    explode: bool,
    escape: Escape,
    raw: &RawValue,
) -> Result<Vec<Pair>, String> {
    if style == Style::DeepObject {
        let mut out = Vec::new();
        deep(&mut out, name, escape, raw, 0)?;
        return Ok(out);
    }
    let separator = separator(style, escape);
    let value = Value::read(raw)?;
    Ok(match value {
        Value::Empty => Vec::new(),
        Value::Undefined => vec![pair(name, escape, "")],
        Value::One(text) => vec![pair(name, escape, &text)],
        Value::Many(texts) if explode => texts.iter().map(|text| pair(name, escape, text)).collect(),
        Value::Pairs(members) if explode => members.iter().map(|(key, text)| pair(key, escape, text)).collect(),
        Value::Many(_) | Value::Pairs(_) => {
            let mut only = pair(name, escape, "");
            push_list(&mut only.text, separator, false, escape, &value);
            vec![only]
        }
    })
}

/// `name=value`, encoded.
pub(crate) fn pair(name: &str, escape: Escape, value: &str) -> Pair {
    let mut text = Escape::All.apply(name);
    text.push('=');
    escape.push(&mut text, value);
    Pair { name: name.to_owned(), text }
}

/// Lists: `a,b`, `k,v,k,v`, or with `explode` `k=v,k=v`.
fn push_list(out: &mut String, separator: &str, explode: bool, escape: Escape, value: &Value) {
    match value {
        Value::Many(texts) => join(out, separator, texts, |out, text| escape.push(out, text)),
        Value::Pairs(pairs) => join(out, separator, pairs, |out, (key, text)| {
            escape.push(out, key);
            out.push_str(if explode { "=" } else { separator });
            escape.push(out, text);
        }),
        Value::Undefined | Value::Empty | Value::One(_) => {}
    }
}

fn join<T>(out: &mut String, separator: &str, items: &[T], mut push: impl FnMut(&mut String, &T)) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        push(out, item);
    }
}

fn deep(out: &mut Vec<Pair>, name: &str, escape: Escape, raw: &RawValue, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("is nested more than {MAX_DEPTH} levels deep"));
    }
    match read(raw)? {
        Node::Null if depth == 0 => out.push(pair(name, escape, "")),
        Node::Null => {}
        Node::Scalar(text) => out.push(pair(name, escape, &text)),
        Node::Array(items) => {
            let nested = items.iter().any(|item| item.get().starts_with(['[', '{']));
            for (index, item) in items.into_iter().enumerate() {
                let name = if nested { format!("{name}[{index}]") } else { format!("{name}[]") };
                deep(out, &name, escape, item, depth + 1)?;
            }
        }
        Node::Object(members) => {
            for (key, value) in members {
                if key.contains(['[', ']']) {
                    return Err(format!("has the key {key:?}: a bracket cannot be written there"));
                }
                deep(out, &format!("{name}[{key}]"), escape, value, depth + 1)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "style_tests.rs"]
mod tests;
