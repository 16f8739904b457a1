//! The section `errors`, and the lists of errors that refer to it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde_json::{Map, Value, json};

use super::context::template;
use super::names::Rule;
use super::reader::Node;
use super::types::Types;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::{ErrorKind, ErrorSource, ErrorVariant, Format, Schema, Segment};
use crate::schema_view::SchemaView;
use crate::source::Span;
use crate::suggest;

/// The words of `kind`, as [`ErrorKind`] spells them.
const KINDS: &[&str] = &[
    "invalid_input",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "rate_limited",
    "upstream_rejected",
    "upstream_unavailable",
    "timeout",
    "cancelled",
    "bad_response",
    "internal",
];

/// The errors that the pipeline raises for any tool; a handler that raises them too names them without declaring them.
const BUILT_IN: &[(&str, &str, ErrorKind)] = &[
    ("InvalidParams", "invalid_input", ErrorKind::InvalidInput),
    ("RateLimited", "rate_limited", ErrorKind::RateLimited),
];

/// The declared errors.
pub(super) struct Errors<'r> {
    /// `None` where the declaration is wrong: its name is known all the same.
    declared: IndexMap<&'r str, (Node<'r>, Option<ErrorVariant>)>,
    used: RefCell<BTreeSet<&'r str>>,
}

pub(super) fn read<'r>(section: Vec<(&'r str, Node<'r>)>, types: &Types<'r>) -> Errors<'r> {
    let declare = |(name, node): (&'r str, Node<'r>)| {
        let variant = declaration(name, &node, types);
        (name, (node, variant))
    };
    Errors { declared: section.into_iter().map(declare).collect(), used: RefCell::default() }
}

fn declaration<'r>(name: &str, node: &Node<'r>, types: &Types<'r>) -> Option<ErrorVariant> {
    if let Some(problem) = Rule::Type.problem(name, node.key_span()) {
        node.push(problem);
    }
    let fields = node.fields(&["kind", "description", "message", "data", "retryAfter"])?;
    let kind = fields.required("kind").and_then(|node| kind(name, &node));
    let data = fields.get("data").map(|node| data(&node, types)).unwrap_or_default();
    let object = json!({
        "type": "object",
        "properties": data.iter().map(|(name, schema)| (name.clone(), schema.value.clone())).collect::<Map<_, _>>(),
    });
    let view = SchemaView::new(&types.named);
    let message = fields.required("message");
    let text = message.as_ref().and_then(|node| template(node, &object, view));
    let retry_after = match fields.get("retryAfter") {
        Some(node) => Some(retry_after(&node, &data, view)?),
        None => None,
    };
    let described = message.and_then(|node| node.value.as_str());
    Some(ErrorVariant {
        name: name.to_owned(),
        description: fields.text("description").or_else(|| described.map(str::to_owned))?,
        source: ErrorSource::Declared { kind: kind?, message: text?.template, data, retry_after },
        span: node.key_span(),
    })
}

fn kind(name: &str, node: &Node<'_>) -> Option<ErrorKind> {
    let word = node.string()?;
    let deserializer: StrDeserializer<'_, WordError> = word.into_deserializer();
    let Ok(kind) = ErrorKind::deserialize(deserializer) else {
        let problem = node.error(codes::BAD_WORD, format!("`{word}` is no kind of error"));
        node.push(problem.help(suggest::help(word, "kinds", KINDS.iter().copied())));
        return None;
    };
    if let Some((_, expected, _)) = BUILT_IN.iter().find(|(built_in, _, own)| *built_in == name && *own != kind) {
        let message = format!("`{name}` is built in with the kind `{expected}`");
        let help = "the server itself raises it under this name; an agent must be able to rely on its kind";
        node.push(node.error(codes::CONTRADICTION, message).help(help));
    }
    Some(kind)
}

/// The fields of an error; a handler gives all of them.
fn data<'r>(node: &Node<'r>, types: &Types<'r>) -> IndexMap<String, Schema> {
    let entries = node.entries().unwrap_or_default();
    for (name, field) in &entries {
        if let Some(problem) = Rule::Property.problem(name, field.key_span()) {
            field.push(problem);
        }
    }
    entries.into_iter().map(|(name, field)| (name.to_owned(), types.schemas.lower(&field))).collect()
}

fn retry_after(node: &Node<'_>, data: &IndexMap<String, Schema>, view: SchemaView<'_>) -> Option<String> {
    let name = node.string()?;
    let Some(field) = data.get(name) else {
        let problem = node.error(codes::UNKNOWN_PROPERTY, format!("`data` has no field `{name}`"));
        node.push(problem.help(suggest::help(name, "fields", data.keys().map(String::as_str))));
        return None;
    };
    let is_number = |types: BTreeSet<&str>| types.iter().all(|of| matches!(*of, "integer" | "number"));
    if !view.types(&field.value).is_some_and(is_number) {
        let message = format!("`{name}` is no number");
        node.push(node.error(codes::UNSUPPORTED_TYPE, message).help("`retryAfter` names the seconds to wait"));
        return None;
    }
    Some(name.to_owned())
}

impl<'r> Errors<'r> {
    /// The errors of a list of names.
    pub(super) fn list(&self, node: &Node<'r>) -> Vec<ErrorVariant> {
        let mut seen = BTreeSet::new();
        let mut errors = Vec::new();
        for item in node.items().unwrap_or_default() {
            let Some(name) = item.string() else { continue };
            if !seen.insert(name) {
                item.push(item.error(codes::TWICE, format!("`{name}` is listed twice")));
            } else if let Some((_, variant)) = self.declared.get(name) {
                self.used.borrow_mut().insert(name);
                errors.extend(variant.clone());
            } else if let Some(variant) = built_in(name, item.span()) {
                errors.push(variant);
            } else {
                let known = self.declared.keys().copied();
                let built_in = BUILT_IN.iter().map(|(name, ..)| *name).filter(|name| !self.declared.contains_key(name));
                let problem = item.error(codes::UNKNOWN_ERROR, format!("there is no error `{name}`"));
                item.push(problem.help(suggest::help(name, "errors", known.chain(built_in))));
            }
        }
        errors
    }

    pub(super) fn warn_unused(&self) {
        for (name, (node, _)) in &self.declared {
            if !self.used.borrow().contains(name) {
                let message = format!("no tool, resource or prompt raises `{name}`");
                node.push(
                    Diagnostic::warning(codes::UNUSED_ERROR, node.key_span(), message)
                        .help("name it under `errors` where it can occur, or remove it"),
                );
            }
        }
    }
}

/// A built-in error, as if it had been declared.
fn built_in(name: &str, span: Span) -> Option<ErrorVariant> {
    let (name, _, kind) = BUILT_IN.iter().find(|(built_in, ..)| *built_in == name)?;
    let field = |value: Value| Schema { value, span };
    let value = |name: &str| Segment::Value { path: vec![name.to_owned()], format: Format::Plain };
    let (description, message, data, retry_after) = match kind {
        ErrorKind::RateLimited => {
            let seconds = "retry_after_seconds";
            let schema =
                json!({"type": "integer", "minimum": 0, "description": "Seconds until the next call can succeed."});
            (
                "Too many calls.",
                vec![
                    Segment::Literal("Too many calls; try again in ".into()),
                    value(seconds),
                    Segment::Literal(" s".into()),
                ],
                (seconds, field(schema)),
                Some(seconds.to_owned()),
            )
        }
        _ => {
            let schema = json!({"type": "string", "description": "What is wrong with which argument."});
            ("The arguments break a rule of the tool.", vec![value("message")], ("message", field(schema)), None)
        }
    };
    Some(ErrorVariant {
        name: (*name).to_owned(),
        description: description.to_owned(),
        source: ErrorSource::Declared {
            kind: *kind,
            message,
            data: IndexMap::from([(data.0.to_owned(), data.1)]),
            retry_after,
        },
        span,
    })
}
