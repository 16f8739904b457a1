//! A schema as it is advertised: as short as it can be without losing anything, because a model pays for it.
//!
//! `$defs` stand only where they pay: a definition that is used once, or that is shorter than its references, stands where
//! it is used. So a schema without recursion and repetition is one tree, which also clients understand that follow no
//! `$ref`. A `title` that only spells the name again is left out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::schema::reference;
use crate::model;

/// How deep a definition may be that stands where it is used. Chains of definitions would else become nesting that no
/// reader of JSON takes.
const DEPTH: usize = 32;

/// How long a schema gets, in bytes of JSON, before what it refers to is left open. In some documents everything leads to
/// everything, and each tool would repeat all of it: more than any model reads, and more than there is memory for
/// (SECURITY.md G8).
const MOST: usize = 1024 * 1024;

/// The schema with the `$defs` that it needs. One that is longer than [`MOST`] is cut: it accepts what the whole accepts,
/// and more.
pub(crate) fn printed(schema: &Value, server: &model::Server) -> Value {
    let Uses { uses, is_cut } = count(schema, server, MOST);
    let mut definitions = Definitions { server, uses: &uses, is_cut, done: BTreeMap::new(), open: BTreeSet::new() };
    let mut printed = definitions.value(schema, None);
    let (mut needed, mut open) = (BTreeSet::new(), references(&printed, server));
    while let Some(at) = open.pop() {
        if needed.insert(at)
            && let Some(body) = definitions.body(at)
        {
            open.extend(references(&body.value, server));
        }
    }
    if let Value::Object(members) = &mut printed
        && !needed.is_empty()
    {
        let defs = needed.into_iter().filter_map(|at| {
            let (name, _) = server.schemas.get_index(at)?;
            Some((name.clone(), definitions.done.remove(&at)?.value))
        });
        members.insert("$defs".to_owned(), Value::Object(defs.collect()));
    }
    printed
}

/// The schema of the arguments, with the one for a projection.
pub(crate) fn input(tool: &model::Tool, server: &model::Server) -> Value {
    let mut schema = printed(&tool.input.value, server);
    if let (Some(name), Some(fields)) = (&tool.projection, schema.as_object_mut())
        && let Some(properties) = fields.entry("properties").or_insert_with(|| json!({})).as_object_mut()
    {
        properties.insert(name.clone(), json!({"type": "string", "description": PROJECTION}));
    }
    schema
}

/// What a model reads of the argument for a projection.
pub(super) const PROJECTION: &str = "JMESPath expression applied to the result, e.g. `items[*].id`";

/// Whether a schema is longer than can be printed.
pub(crate) fn is_cut(schema: &Value, server: &model::Server) -> bool {
    count(schema, server, MOST).is_cut
}

/// How often a schema refers to definitions.
struct Uses {
    /// By the index of the definition; the definitions are those that are printed.
    uses: BTreeMap<usize, usize>,
    /// Whether there are others.
    is_cut: bool,
}

/// Counts definitions, the nearest first, until they are `most` bytes.
fn count(schema: &Value, server: &model::Server, most: usize) -> Uses {
    let mut counted = Uses { uses: BTreeMap::new(), is_cut: false };
    let mut left = most.saturating_sub(length(schema));
    let mut waiting = VecDeque::from([schema]);
    while let Some(schema) = waiting.pop_front() {
        for at in references(schema, server) {
            if let Some(uses) = counted.uses.get_mut(&at) {
                *uses += 1;
                continue;
            }
            let target = server.schemas.get_index(at).map(|(_, target)| &target.value);
            let fits =
                target.filter(|_| !counted.is_cut).and_then(|target| Some((target, left.checked_sub(length(target))?)));
            match fits {
                Some((target, rest)) => {
                    left = rest;
                    counted.uses.insert(at, 1);
                    waiting.push_back(target);
                }
                // The first that is too long is the last that is looked at.
                None => counted.is_cut = true,
            }
        }
    }
    counted
}

/// About how long a value is printed: quotes, colons, commas and brackets count once for each value.
fn length(value: &Value) -> usize {
    let (mut open, mut length) = (vec![value], 0_usize);
    while let Some(value) = open.pop() {
        length += 4;
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                open.extend(members.values());
                length += members.keys().map(String::len).sum::<usize>();
            }
            Value::String(text) => length += text.len(),
            _ => {}
        }
    }
    length
}

fn definition<'a>(members: &Map<String, Value>, server: &'a model::Server) -> Option<(usize, &'a model::Schema)> {
    let (at, _, schema) = server.schemas.get_full(&reference(members)?)?;
    Some((at, schema))
}

/// The definitions that a schema refers to, by their index.
pub(crate) fn references(schema: &Value, server: &model::Server) -> Vec<usize> {
    let (mut open, mut found) = (vec![schema], Vec::new());
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                open.extend(members.values());
                found.extend(definition(members, server).map(|(at, _)| at));
            }
            _ => {}
        }
    }
    found
}

/// A definition as it is printed.
struct Body {
    value: Value,
    /// Whether it stands where it is used.
    inline: bool,
}

struct Definitions<'a> {
    server: &'a model::Server,
    /// How often each definition is used; those that are not here are left open.
    uses: &'a BTreeMap<usize, usize>,
    is_cut: bool,
    done: BTreeMap<usize, Body>,
    /// Those on the way to here: a definition that comes back to itself stays one.
    open: BTreeSet<usize>,
}

impl Definitions<'_> {
    /// A value inside a schema; `name` is that of the property or definition whose schema it is.
    fn value(&mut self, value: &Value, name: Option<&str>) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.value(item, None)).collect(),
            Value::Object(members) => self.inlined(members).unwrap_or_else(|| self.members(members, name)),
            scalar => scalar.clone(),
        }
    }

    fn members(&mut self, members: &Map<String, Value>, name: Option<&str>) -> Value {
        let mut out = Map::new();
        for (keyword, value) in members {
            let value = match (keyword.as_str(), value) {
                (model::DISCRIMINATOR, _) => continue,
                (keyword, _) if self.is_cut && turns(keyword, members) => continue,
                ("oneOf", value) if self.is_cut && refers(value) => {
                    let any = self.value(value, None);
                    if !members.contains_key("anyOf") {
                        out.insert("anyOf".to_owned(), any);
                    }
                    continue;
                }
                ("title", Value::String(title)) if name.is_some_and(|name| is_spelt(title, name)) => continue,
                // Instances, not schemas.
                ("enum" | "const" | "default" | "examples" | "required", value) => value.clone(),
                ("properties" | "patternProperties" | "dependentSchemas", Value::Object(schemas)) => {
                    let schemas = schemas.iter().map(|(name, schema)| (name.clone(), self.value(schema, Some(name))));
                    Value::Object(schemas.collect())
                }
                (_, value) => self.value(value, None),
            };
            out.insert(keyword.clone(), value);
        }
        Value::Object(out)
    }

    /// The definition that a reference means, where it stands there better. Beside the reference may be annotations:
    /// those of this place count, and a second description follows the first.
    fn inlined(&mut self, members: &Map<String, Value>) -> Option<Value> {
        let (at, target) = definition(members, self.server)?;
        if !self.uses.contains_key(&at) {
            let mut open = self.members(&members.iter().filter(|(key, _)| *key != "$ref").map(cloned).collect(), None);
            if let (Some(open), Some(kind)) = (open.as_object_mut(), target.value.get("type")) {
                open.entry("type").or_insert_with(|| kind.clone());
            }
            return Some(open);
        }
        let is_annotation = |key: &String| {
            matches!(key.as_str(), "$ref" | "title" | "description" | "default" | "examples" | "deprecated")
        };
        if !self.body(at)?.inline || !members.keys().all(is_annotation) {
            return None;
        }
        let mut out = self.body(at)?.value.as_object()?.clone();
        for (key, value) in members.iter().filter(|(key, _)| *key != "$ref") {
            let value = match (out.get(key), value) {
                (Some(Value::String(of_all)), Value::String(here))
                    if key == "description" && !here.contains(of_all.as_str()) =>
                {
                    Value::String(format!("{here}\n{of_all}"))
                }
                _ => value.clone(),
            };
            out.insert(key.clone(), value);
        }
        Some(Value::Object(out))
    }

    /// A definition, printed once. `None`: it is on the way to itself.
    fn body(&mut self, at: usize) -> Option<&Body> {
        if !self.done.contains_key(&at) {
            let server = self.server;
            let (name, schema) = server.schemas.get_index(at)?;
            if self.open.len() >= DEPTH || !self.open.insert(at) {
                return None;
            }
            let value = self.value(&schema.value, Some(name));
            self.open.remove(&at);
            let uses = self.uses.get(&at).copied().unwrap_or(1);
            let inline = value.is_object()
                && (uses == 1 || pays(&value, name, uses))
                && depth(&value) < DEPTH
                && !references(&value, server).contains(&at);
            self.done.insert(at, Body { value, inline });
        }
        self.done.get(&at)
    }
}

fn cloned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// Whether a keyword of a schema may refuse more where something inside of the schema accepts more.
fn turns(keyword: &str, members: &Map<String, Value>) -> bool {
    let inside: &[&str] = match keyword {
        "not" => &["not"],
        "if" | "then" | "else" => &["if", "then", "else"],
        "maxContains" => &["contains"],
        "unevaluatedItems" | "unevaluatedProperties" => return members.values().any(refers),
        _ => return false,
    };
    inside.iter().filter_map(|keyword| members.get(*keyword)).any(refers)
}

/// Whether there is a reference in a schema.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(refers),
        Value::Object(members) => members.contains_key("$ref") || members.values().any(refers),
        _ => false,
    }
}

/// Whether a definition that is used several times is shorter where it is used.
fn pays(value: &Value, name: &str, uses: usize) -> bool {
    let reference = r##"{"$ref":"#/$defs/"}"##.len() + name.len();
    let body = value.to_string().len();
    uses * body <= uses * reference + body + name.len()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Whether a title says no more than a name: `Event ID` and `event_id`.
fn is_spelt(title: &str, name: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    letters(title) == letters(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Schema;
    use crate::samples;
    use crate::source::Span;

    fn print(schema: &Value, definitions: Value) -> Value {
        let mut server = samples::petstore();
        server.schemas.clear();
        let Value::Object(definitions) = definitions else { panic!("definitions are an object") };
        for (name, value) in definitions {
            server.schemas.insert(name, Schema { value, span: Span::default() });
        }
        printed(schema, &server)
    }

    fn to(name: &str) -> Value {
        json!({"$ref": format!("#/$defs/{name}")})
    }

    #[test]
    fn a_definition_that_is_used_once_stands_where_it_is_used() {
        let schema =
            json!({"type": "object", "properties": {"a": to("A"), "b": {"$ref": "#/$defs/B", "description": "Here."}}});
        let definitions = json!({
            "A": {"type": "object", "properties": {"c": to("C")}},
            "B": {"type": "string", "description": "Anywhere."},
            "C": {"enum": [1, 2]},
            "Unused": {"type": "string"},
        });
        assert_eq!(
            print(&schema, definitions),
            json!({"type": "object", "properties": {
                "a": {"type": "object", "properties": {"c": {"enum": [1, 2]}}},
                "b": {"type": "string", "description": "Here.\nAnywhere."},
            }})
        );
    }

    #[test]
    fn a_long_definition_that_is_used_twice_is_shared_and_a_short_one_is_not() {
        let schema = json!({"properties": {"a": to("Long"), "b": to("Long"), "c": to("S"), "d": to("S")}});
        let long =
            json!({"type": "string", "enum": ["a long value", "another long value", "the last of the long values"]});
        assert_eq!(
            print(&schema, json!({"Long": long, "S": {"type": "string"}})),
            json!({"properties": {"a": to("Long"), "b": to("Long"), "c": {"type": "string"}, "d": {"type": "string"}}, "$defs": {"Long": long}})
        );
    }

    #[test]
    fn recursion_stays_a_definition() {
        let schema = json!({"properties": {"a": to("A")}});
        let definitions = json!({
            "A": {"properties": {"b": to("B")}},
            "B": {"properties": {"a": to("A")}},
            "C": {"items": to("C")},
        });
        let printed = print(&schema, definitions.clone());
        assert_eq!(
            printed,
            json!({"properties": {"a": to("A")}, "$defs": {"A": {"properties": {"b": {"properties": {"a": to("A")}}}}}})
        );
        assert_eq!(print(&to("C"), definitions), json!({"$ref": "#/$defs/C", "$defs": {"C": {"items": to("C")}}}));
    }

    #[test]
    fn constraints_beside_a_reference_and_instances_stay_as_they_are() {
        let schema =
            json!({"properties": {"a": {"$ref": "#/$defs/A", "minLength": 2}}, "const": {"$ref": "#/$defs/A"}});
        let printed = print(&schema, json!({"A": {"type": "string", "minLength": 1}}));
        assert_eq!(printed["properties"], schema["properties"]);
        assert_eq!(printed["$defs"], json!({"A": {"type": "string", "minLength": 1}}));
        assert_eq!(printed["const"], schema["const"]);
    }

    #[test]
    fn g8_a_chain_of_definitions_does_not_become_endless_nesting() {
        let mut definitions = Map::new();
        for number in 0..5_000 {
            definitions.insert(format!("D{number}"), json!({"properties": {"x": to(&format!("D{}", number + 1))}}));
        }
        definitions.insert("D5000".to_owned(), json!({"type": "string"}));
        let printed = print(&json!({"properties": {"x": to("D0")}}), Value::Object(definitions));
        assert!(depth(&printed) < 2 * DEPTH, "{}", depth(&printed));
        // Every reference leads somewhere.
        let text = printed.to_string();
        for name in text.split("#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(printed["$defs"].get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn g8_a_schema_that_is_too_long_is_cut_and_accepts_what_the_whole_accepts() {
        // Everything leads to everything: each definition to all others.
        let words = "word ".repeat(2_000);
        let name = |at: usize| format!("D{at}");
        let definitions: Map<String, Value> = (0..60)
            .map(|at| {
                let others = (0..60).filter(|other| *other != at).map(|other| (name(other), to(&name(other))));
                let value = json!({
                    "type": "object", "description": words, "additionalProperties": false,
                    "properties": others.collect::<Map<_, _>>(),
                    "oneOf": [{"properties": {"D1": to("D1")}}, {"properties": {"D59": to("D59")}, "required": ["D58"]}],
                    "not": {"required": ["D59"], "properties": {"D59": to("D59")}},
                });
                (name(at), value)
            })
            .collect();
        let schema = json!({"type": "object", "properties": {"a": to("D0")}});
        let cut = print(&schema, Value::Object(definitions.clone()));
        let length = cut.to_string().len();
        assert!((MOST / 2..2 * MOST).contains(&length), "{length}");
        let text = cut.to_string();
        for name in text.split("#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(cut["$defs"].get(name).is_some(), "{name}");
        }
        let mut whole = schema.clone();
        whole["$defs"] = Value::Object(definitions);
        let (cut, whole) = (jsonschema::validator_for(&cut).unwrap(), jsonschema::validator_for(&whole).unwrap());
        // Valid as a whole: valid when cut. What is near is still held to its schema.
        let valid = [json!({"a": {}}), json!({"a": {"D1": {"D2": {}}}}), json!({"a": {"D3": {"D4": {"D5": {}}}}})];
        for value in valid {
            assert!(whole.is_valid(&value) && cut.is_valid(&value), "{value}");
        }
        for value in [json!({"a": 1}), json!({"a": {"x": 1}}), json!({"a": {"D59": 7}})] {
            assert!(!whole.is_valid(&value) && !cut.is_valid(&value), "{value}");
        }
    }

    #[test]
    fn a_title_that_spells_the_name_is_left_out() {
        let schema = json!({"properties": {"event_id": {"title": "Event ID"}, "x": {"title": "Horizontal"}, "title": {"title": "Title"}}});
        assert_eq!(
            print(&schema, json!({})),
            json!({"properties": {"event_id": {}, "x": {"title": "Horizontal"}, "title": {}}})
        );
    }
}
