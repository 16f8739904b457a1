//! References and what schemas write differently in Swagger 2.0.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::node::Node;
use super::{find, last_token};
use crate::load::join;

/// Rewrites every reference of a converted document, `discriminator` and `x-nullable`.
///
/// A reference into a part of the original that stands elsewhere now (a schema within a parameter, a response or a
/// path) gets a copy of that schema among the components.
pub(super) fn rewrite(root: &mut Node, original: &Node) {
    let schemas = root.value.pointer("/components/schemas").and_then(Value::as_object);
    let names = schemas.into_iter().flat_map(|schemas| schemas.keys().cloned()).collect();
    let mut rewriter = Rewriter { original, lifted: BTreeMap::new(), names, queue: Vec::new() };
    rewriter.value(&mut root.value, Context::Other);
    let mut lifted = Vec::new();
    while let Some((name, mut node)) = rewriter.queue.pop() {
        rewriter.value(&mut node.value, Context::Other);
        lifted.push((name, node));
    }
    if lifted.is_empty() {
        return;
    }
    let mut components = root.child("components").unwrap_or_default();
    let mut schemas = components.child("schemas").unwrap_or_else(|| Node::object(&components.place));
    for (name, node) in lifted {
        schemas.put(&name, node);
    }
    components.put("schemas", schemas);
    root.put("components", components);
}

struct Rewriter<'a> {
    original: &'a Node,
    /// From the old pointer to the name of the copy.
    lifted: BTreeMap<String, String>,
    names: BTreeSet<String>,
    queue: Vec<(String, Node)>,
}

/// What the keys of an object are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// Names that the document chooses.
    Names,
    Other,
}

impl Rewriter<'_> {
    fn value(&mut self, value: &mut Value, context: Context) {
        match value {
            Value::Object(fields) => {
                if context == Context::Other {
                    if let Some(flag @ Value::Bool(_)) = fields.get("x-nullable").cloned() {
                        fields.insert("nullable".to_owned(), flag);
                    }
                    if let Some(Value::String(property)) = fields.get("discriminator") {
                        let object = json!({"propertyName": property});
                        fields.insert("discriminator".to_owned(), object);
                    }
                }
                for (key, value) in fields.iter_mut() {
                    if context == Context::Names {
                        self.value(value, Context::Other);
                        continue;
                    }
                    match (key.as_str(), value) {
                        ("$ref", Value::String(reference)) => {
                            if let Some(rewritten) = self.reference(reference) {
                                *reference = rewritten;
                            }
                        }
                        // Data, and what looks like a reference in it is none.
                        ("default" | "example" | "examples" | "enum", _) => {}
                        ("properties" | "schemas" | "patternProperties" | "responses", value) => {
                            self.value(value, Context::Names)
                        }
                        (_, value) => self.value(value, Context::Other),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, Context::Other)),
            _ => {}
        }
    }

    fn reference(&mut self, reference: &str) -> Option<String> {
        if let Some(rest) = reference.strip_prefix("#/definitions/") {
            return Some(format!("#/components/schemas/{rest}"));
        }
        let moved = ["#/parameters/", "#/responses/", "#/paths/", "#/x-ms-paths/"];
        if !moved.iter().any(|start| reference.starts_with(start)) {
            return None;
        }
        let pointer = reference.strip_prefix('#')?;
        if let Some(name) = self.lifted.get(pointer) {
            return Some(format!("#{}", join("/components/schemas", name)));
        }
        let target = find(self.original, reference)?;
        let name = self.name(pointer);
        self.lifted.insert(pointer.to_owned(), name.clone());
        self.queue.push((name.clone(), target));
        Some(format!("#{}", join("/components/schemas", &name)))
    }

    /// The last name on the way that is not one of the specification's.
    fn name(&mut self, pointer: &str) -> String {
        let mut at = pointer;
        let mut word = last_token(at);
        while matches!(word.as_str(), "schema" | "items") || word.bytes().all(|byte| byte.is_ascii_digit()) {
            let Some((head, _)) = at.rsplit_once('/').filter(|(head, _)| !head.is_empty()) else { break };
            at = head;
            word = last_token(at);
        }
        let mut name = word.clone();
        let mut number = 2;
        while !self.names.insert(name.clone()) {
            name = format!("{word}{number}");
            number += 1;
        }
        name
    }
}
