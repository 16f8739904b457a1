//! `inputSchema` and `outputSchema`: a whole JSON Schema that reaches the wire verbatim.
//!
//! The way out for schemas that the short form cannot say (`$schema`, `$defs`, `$anchor`, …). Such a schema is
//! self-contained: its references are its own, not to `types`. Both are spelled `#/$defs/NAME`, so no name can be both.

use serde_json::{Map, Value};

use super::context::Context;
use super::reader::Node;
use crate::conform::brief;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::Schema;

/// An input: the protocol insists on an object.
pub(super) fn input(context: &Context<'_>, node: &Node<'_>) -> Schema {
    if node.is_object() && node.value.get("type") != Some(&Value::String("object".into())) {
        let place = node.child("type").unwrap_or_else(|| node.clone());
        let problem = place.error(codes::UNSUPPORTED_TYPE, "the root of an input schema is an object");
        place.push(problem.help("add `type: object`"));
    }
    output(context, node)
}

pub(super) fn output(context: &Context<'_>, node: &Node<'_>) -> Schema {
    if !node.is_object() {
        node.wrong_type("a schema", Some("a JSON Schema as a map: `{ type: object }`".into()));
    }
    for (name, own) in node.child("$defs").filter(Node::is_object).and_then(|defs| defs.entries()).unwrap_or_default() {
        if context.schemas().is_type(name) {
            let message = format!("`{name}` is also a type of the section `types`");
            own.push(
                Diagnostic::error(codes::CONTRADICTION, own.key_span(), message)
                    .help("rename it in this schema; a schema given as a whole does not share types"),
            );
        }
    }
    check_references(node, node.value);
    Schema { value: node.value.clone(), span: node.span() }
}

fn check_references(node: &Node<'_>, root: &Value) {
    for key in ["$ref", "$dynamicRef"] {
        let Some(reference) = node.child(key) else { continue };
        // Under `properties` this is the name of a property.
        let Some(target) = reference.value.as_str() else { continue };
        if !resolves(target, root) {
            let problem = reference
                .error(codes::UNKNOWN_TYPE, format!("{} leads nowhere in this schema", brief(reference.value)));
            reference
                .push(problem.help("a schema given as a whole refers to its own parts only: `#/$defs/…`, `#anchor`"));
        }
    }
    if node.value.is_object() {
        for (key, child) in node.entries().unwrap_or_default() {
            // Values, not schemas.
            if !matches!(key, "default" | "const" | "enum" | "examples") {
                check_references(&child, root);
            }
        }
    } else if node.value.is_array() {
        for item in node.items().unwrap_or_default() {
            check_references(&item, root);
        }
    }
}

fn resolves(target: &str, root: &Value) -> bool {
    let base = root.get("$id").and_then(Value::as_str).unwrap_or_default();
    let Some(fragment) = target.strip_prefix(base).unwrap_or(target).strip_prefix('#') else {
        return names_part(target, root);
    };
    if fragment.is_empty() || fragment.starts_with('/') {
        return root.pointer(fragment).is_some();
    }
    has(root, &|map| {
        ["$anchor", "$dynamicAnchor"].iter().any(|key| map.get(*key).and_then(Value::as_str) == Some(fragment))
    })
}

/// A part with an `$id` of its own.
fn names_part(target: &str, root: &Value) -> bool {
    has(root, &|map| map.get("$id").and_then(Value::as_str) == Some(target))
}

fn has(value: &Value, test: &dyn Fn(&Map<String, Value>) -> bool) -> bool {
    match value {
        Value::Object(map) => test(map) || map.values().any(|value| has(value, test)),
        Value::Array(items) => items.iter().any(|value| has(value, test)),
        _ => false,
    }
}
