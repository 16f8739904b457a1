//! Answers questions about JSON Schemas across references and `allOf`: which properties, types, members are there?
//!
//! A "don't know" is an answer of its own: a schema that leaves something open must not be taken for one that forbids it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::model::Schema;

/// How many schemas one question looks at: references can form cycles.
const MOST_PARTS: usize = 256;

/// The named schemas that `#/$defs/NAME` refers to.
#[derive(Clone, Copy)]
pub(crate) struct SchemaView<'a> {
    named: &'a IndexMap<String, Schema>,
}

/// What a schema says about a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Property<'a> {
    /// It is declared with this schema.
    Declared(&'a Value),
    /// It is not declared, but the schema allows properties that it does not declare.
    Open,
    /// There is no such property.
    Absent,
}

impl<'a> SchemaView<'a> {
    pub(crate) fn new(named: &'a IndexMap<String, Schema>) -> Self {
        Self { named }
    }

    /// The schemas that hold together: the schema itself, what it refers to, the members of its `allOf`; objects only.
    pub(crate) fn parts(&self, schema: &'a Value) -> Vec<&'a Map<String, Value>> {
        let mut parts: Vec<&'a Map<String, Value>> = Vec::new();
        let mut queue = vec![schema];
        while let Some(next) = queue.pop() {
            let Value::Object(map) = next else { continue };
            if parts.len() >= MOST_PARTS || parts.iter().any(|part| std::ptr::eq(*part, map)) {
                continue;
            }
            parts.push(map);
            if let Some(Value::Array(all)) = map.get("allOf") {
                queue.extend(all.iter().rev());
            }
            if let Some(target) = map.get("$ref").and_then(|target| self.target(target)) {
                queue.push(target);
            }
        }
        parts
    }

    /// The schema that a `$ref` names.
    pub(crate) fn target(&self, reference: &Value) -> Option<&'a Value> {
        Some(&self.named.get(reference.as_str()?.strip_prefix("#/$defs/")?)?.value)
    }

    /// The schema itself and, in turn, its alternatives (`anyOf`, `oneOf`), each as the parts that hold together.
    fn alternatives(&self, schema: &'a Value) -> Vec<&'a Map<String, Value>> {
        let mut all: Vec<&'a Map<String, Value>> = Vec::new();
        let mut queue = vec![schema];
        while let Some(next) = queue.pop() {
            for part in self.parts(next) {
                if all.len() >= MOST_PARTS || all.iter().any(|seen| std::ptr::eq(*seen, part)) {
                    continue;
                }
                all.push(part);
                for word in ["anyOf", "oneOf"] {
                    if let Some(Value::Array(branches)) = part.get(word) {
                        queue.extend(branches);
                    }
                }
            }
        }
        all
    }

    /// A property of an object; in any alternative.
    pub(crate) fn property(&self, schema: &'a Value, name: &str) -> Property<'a> {
        let parts = self.alternatives(schema);
        for part in &parts {
            if let Some(found) = part.get("properties").and_then(|all| all.get(name)) {
                return Property::Declared(found);
            }
        }
        let declares = parts.iter().any(|part| part.contains_key("properties"));
        let opens = |part: &&Map<String, Value>| {
            part.contains_key("patternProperties")
                || part.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false))
        };
        let object = self.types(schema).is_none_or(|types| types.contains("object"));
        if object && (!declares || parts.iter().any(opens)) { Property::Open } else { Property::Absent }
    }

    /// The names of the declared properties, in order.
    pub(crate) fn property_names(&self, schema: &'a Value) -> Vec<&'a str> {
        let mut names = Vec::new();
        for part in self.alternatives(schema) {
            for name in part.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                if !names.contains(&name.as_str()) {
                    names.push(name.as_str());
                }
            }
        }
        names
    }

    /// The JSON types that a value can have, as JSON Schema names them; `None`: any.
    pub(crate) fn types(&self, schema: &'a Value) -> Option<BTreeSet<&'a str>> {
        self.types_within(schema, 0)
    }

    fn types_within(&self, schema: &'a Value, depth: usize) -> Option<BTreeSet<&'a str>> {
        const DEEPEST: usize = 16;
        if depth > DEEPEST {
            return None;
        }
        let mut known: Option<BTreeSet<&'a str>> = None;
        let mut narrow = |types: BTreeSet<&'a str>| {
            known = Some(match known.take() {
                Some(before) => before.into_iter().filter(|name| admits(&types, name)).collect(),
                None => types,
            });
        };
        for part in self.parts(schema) {
            match part.get("type") {
                Some(Value::String(one)) => narrow(BTreeSet::from([one.as_str()])),
                Some(Value::Array(many)) => narrow(many.iter().filter_map(Value::as_str).collect()),
                _ => {}
            }
            if let Some(Value::Array(members)) = part.get("enum") {
                narrow(members.iter().map(type_of).collect());
            }
            if let Some(constant) = part.get("const") {
                narrow(BTreeSet::from([type_of(constant)]));
            }
            for word in ["anyOf", "oneOf"] {
                if let Some(Value::Array(branches)) = part.get(word) {
                    let types: Option<Vec<_>> =
                        branches.iter().map(|branch| self.types_within(branch, depth + 1)).collect();
                    if let Some(types) = types {
                        narrow(types.into_iter().flatten().collect());
                    }
                }
            }
        }
        known
    }

    /// The members of an enumeration (`enum`, `const`, or a union of such), in order; `None`: no enumeration.
    pub(crate) fn members(&self, schema: &'a Value) -> Option<Vec<&'a Value>> {
        let parts = self.parts(schema);
        for part in &parts {
            if let Some(constant) = part.get("const") {
                return Some(vec![constant]);
            }
            if let Some(Value::Array(members)) = part.get("enum") {
                return Some(members.iter().collect());
            }
        }
        for part in &parts {
            for word in ["anyOf", "oneOf"] {
                if let Some(Value::Array(branches)) = part.get(word) {
                    // `const` and `null` branches only, so that this cannot recurse without end.
                    let constant = |branch: &'a Value| branch.get("const").or_else(|| branch.get("enum")?.get(0));
                    let members: Option<Vec<_>> = branches.iter().map(constant).collect();
                    if members.is_some() {
                        return members;
                    }
                }
            }
        }
        None
    }

    /// The schema of an array's items; `None`: not known.
    pub(crate) fn items(&self, schema: &'a Value) -> Option<&'a Value> {
        self.alternatives(schema).into_iter().find_map(|part| part.get("items"))
    }
}

/// Whether a value of type `name` is among `types`: an integer is a number.
fn admits(types: &BTreeSet<&str>, name: &str) -> bool {
    types.contains(name) || (name == "integer" && types.contains("number"))
}

/// The JSON Schema type of a value.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        // JSON Schema 2020-12 §6.1.1: 1.0 is an integer.
        Value::Number(number) => {
            if number.as_f64().is_some_and(|number| number.fract() == 0.0) {
                "integer"
            } else {
                "number"
            }
        }
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::Span;

    fn named() -> IndexMap<String, Schema> {
        let schema = |value| Schema { value, span: Span::default() };
        IndexMap::from([
            ("Unit".into(), schema(json!({"type": "string", "enum": ["c", "f"]}))),
            ("Node".into(), schema(json!({"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}))),
            ("Loop".into(), schema(json!({"$ref": "#/$defs/Loop"}))),
        ])
    }

    #[test]
    fn follows_references_and_all_of() {
        let named = named();
        let view = SchemaView::new(&named);
        let schema = json!({"allOf": [{"$ref": "#/$defs/Node"}, {"properties": {"unit": {"$ref": "#/$defs/Unit"}}}]});
        assert_eq!(view.property_names(&schema), ["next", "unit"]);
        let Property::Declared(unit) = view.property(&schema, "unit") else { panic!("not found") };
        assert_eq!(view.members(unit), Some(vec![&json!("c"), &json!("f")]));
        assert_eq!(view.property(&schema, "other"), Property::Absent);
    }

    #[test]
    fn cycles_end() {
        let named = named();
        let view = SchemaView::new(&named);
        let schema = json!({"$ref": "#/$defs/Loop"});
        assert_eq!(view.types(&schema), None);
        assert_eq!(view.property(&schema, "x"), Property::Open);
    }

    #[test]
    fn an_open_object_may_have_anything() {
        let named = named();
        let view = SchemaView::new(&named);
        assert_eq!(view.property(&json!({"type": "object"}), "x"), Property::Open);
        assert_eq!(view.property(&json!({"properties": {}, "additionalProperties": true}), "x"), Property::Open);
        assert_eq!(view.property(&json!({"type": "string"}), "x"), Property::Absent);
    }

    #[test]
    fn types_are_narrowed_by_every_part() {
        let named = named();
        let view = SchemaView::new(&named);
        let nullable = json!({"anyOf": [{"type": "integer"}, {"type": "null"}]});
        assert_eq!(view.types(&nullable), Some(BTreeSet::from(["integer", "null"])));
        assert_eq!(view.types(&json!({"type": ["string", "null"], "enum": ["a"]})), Some(BTreeSet::from(["string"])));
        assert_eq!(view.types(&json!({"anyOf": [{"type": "integer"}, {}]})), None);
    }
}
