//! The section `types`: named schemas.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::names::Rule;
use super::reader::Node;
use super::schema::Schemas;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::Schema;

/// The declared types, and what lowers further schemas that refer to them.
pub(super) struct Types<'r> {
    pub schemas: Schemas<'r>,
    pub named: IndexMap<String, Schema>,
    nodes: Vec<(&'r str, Node<'r>)>,
    /// Which types each type refers to.
    uses: BTreeMap<String, BTreeSet<String>>,
}

pub(super) fn read<'r>(section: Vec<(&'r str, Node<'r>)>) -> Types<'r> {
    let schemas = Schemas::new(section.iter().map(|(name, _)| *name).collect());
    let mut named = IndexMap::new();
    let mut uses = BTreeMap::new();
    for (name, node) in &section {
        if let Some(problem) = Rule::Type.problem(name, node.key_span()) {
            node.push(problem);
        }
        named.insert((*name).to_owned(), schemas.lower(node));
        uses.insert((*name).to_owned(), schemas.take_used());
    }
    let types = Types { schemas, named, nodes: section, uses };
    types.refuse_endless();
    types
}

impl Types<'_> {
    /// A type whose every value contains, or is, another value of it has no values.
    fn refuse_endless(&self) {
        let mut holds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, schema) in &self.named {
            holds.insert(name, BTreeSet::new());
            always_holds(&schema.value, holds.entry(name).or_default());
        }
        for (name, node) in &self.nodes {
            if closure(&holds, holds.get(name).cloned().unwrap_or_default()).contains(name) {
                let message = format!("every `{name}` would contain another one, without end");
                node.push(
                    Diagnostic::error(codes::ENDLESS_TYPE, node.key_span(), message)
                        .help("make a link of the circle `optional: true`, or a list"),
                );
            }
        }
    }

    /// Warns about types that nothing uses, and hands over the others.
    pub(super) fn finish(mut self) -> IndexMap<String, Schema> {
        let uses: BTreeMap<&str, BTreeSet<&str>> =
            self.uses.iter().map(|(name, used)| (name.as_str(), used.iter().map(String::as_str).collect())).collect();
        let roots = self.schemas.take_used();
        let used = closure(&uses, roots.iter().map(String::as_str).collect());
        for (name, node) in &self.nodes {
            if !used.contains(name) {
                let message = format!("the type `{name}` is not used");
                node.push(
                    Diagnostic::warning(codes::UNUSED_TYPE, node.key_span(), message)
                        .help("refer to it from a tool, resource or error, or remove it"),
                );
            }
        }
        self.named.retain(|name, _| used.contains(name.as_str()));
        self.named
    }
}

/// Everything that can be reached, the start included.
fn closure<'n>(edges: &BTreeMap<&'n str, BTreeSet<&'n str>>, start: BTreeSet<&'n str>) -> BTreeSet<&'n str> {
    let mut reached = BTreeSet::new();
    let mut queue: Vec<&str> = start.into_iter().collect();
    while let Some(name) = queue.pop() {
        if reached.insert(name) {
            queue.extend(edges.get(name).into_iter().flatten());
        }
    }
    reached
}

/// The types of which every value of the schema is, or contains, one.
fn always_holds<'n>(schema: &'n Value, found: &mut BTreeSet<&'n str>) {
    let Value::Object(schema) = schema else { return };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix("#/$defs/")) {
        found.insert(name);
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        always_holds(part, found);
    }
    // `type: [object, "null"]` need not hold anything.
    let only = |name: &str| schema.get("type").and_then(Value::as_str).is_some_and(|only| only == name);
    if only("object")
        && let (Some(properties), Some(Value::Array(required))) = (schema.get("properties"), schema.get("required"))
    {
        for name in required.iter().filter_map(Value::as_str) {
            if let Some(property) = properties.get(name) {
                always_holds(property, found);
            }
        }
    }
    if only("array")
        && schema.get("minItems").and_then(Value::as_u64).is_some_and(|least| least > 0)
        && let Some(items) = schema.get("items")
    {
        always_holds(items, found);
    }
}
