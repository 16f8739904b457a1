//! Text templates as constant tables, and as format strings where Rust's formatting says the same.

use super::literal::{self, Token};
use super::names::Ident;
use super::types::Ty;
use crate::model::{Format, Segment};

/// A `rt::TextTemplate`.
pub(crate) fn table(template: &[Segment]) -> Token {
    literal::slice(template.iter().map(segment))
}

fn segment(segment: &Segment) -> Token {
    let path = |path: &[String]| literal::string_slice(path.iter().map(String::as_str));
    Token::composed(match segment {
        Segment::Literal(text) => format!("rt::Segment::Literal({})", literal::string(text)),
        Segment::Value { path: names, format } => {
            format!("rt::Segment::Value({}, {})", path(names), value_format(format))
        }
        Segment::Each { path: names, body } => format!("rt::Segment::Each({}, {})", path(names), table(body)),
    })
}

fn value_format(format: &Format) -> Token {
    Token::composed(match format {
        Format::Plain => "rt::Format::Plain".to_owned(),
        Format::Decimals(count) => format!("rt::Format::Decimals({count})"),
        Format::Map(pairs) => {
            let pairs = pairs.iter().map(|(value, text)| {
                Token::composed(format!("({}, {})", literal::string(value), literal::string(text)))
            });
            format!("rt::Format::Map({})", literal::slice(pairs))
        }
    })
}

/// A template over the fields of an enum variant as a format string with inline arguments, and the fields that it
/// names. `None`: it prints something that Rust's formatting prints differently.
pub(crate) fn format_string(template: &[Segment], fields: &[(String, Ident, Ty)]) -> Option<(Token, Vec<Ident>)> {
    let mut text = String::new();
    let mut used = Vec::new();
    for segment in template {
        match segment {
            Segment::Literal(literal) => text.push_str(&in_format_string(literal)),
            Segment::Value { path, format: Format::Plain } => {
                let [name] = path.as_slice() else { return None };
                let (_, ident, ty) = fields.iter().find(|(wire, _, _)| wire == name)?;
                if !matches!(ty, Ty::String | Ty::I64 | Ty::U64 | Ty::Bool) {
                    return None;
                }
                text.push_str(&format!("{{{}}}", ident.plain()));
                if !used.contains(ident) {
                    used.push(ident.clone());
                }
            }
            Segment::Value { .. } | Segment::Each { .. } => return None,
        }
    }
    Some((literal::string(&text), used))
}

/// Text that stands for itself in a format string.
pub(crate) fn in_format_string(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// The text of a template without values.
pub(crate) fn constant(template: &[Segment]) -> Option<String> {
    template
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => Some(text.as_str()),
            Segment::Value { .. } | Segment::Each { .. } => None,
        })
        .collect()
}

/// A template as people write it: `City '{city}' is not in the database`.
pub(crate) fn written(template: &[Segment]) -> String {
    let mut text = String::new();
    for segment in template {
        match segment {
            Segment::Literal(literal) => text.push_str(literal),
            Segment::Value { path, .. } => text.push_str(&format!("{{{}}}", path.join("."))),
            Segment::Each { path, body } => text.push_str(&format!("{{#{}}}{}{{/}}", path.join("."), written(body))),
        }
    }
    text
}
