//! Schemas of a server spec: JSON Schema 2020-12 with three conveniences.
//!
//! - `$ref: Unit` names a type of the section `types`.
//! - Where a schema lists `properties` without `required`, all of them are required, except those with a `default` or
//!   with `optional: true`. A schema that states `required` itself is taken at its word.
//! - A missing `type` is filled in where another keyword implies it (`properties`, `items`, an `enum` of strings).
//!
//! What comes out is plain JSON Schema with `#/$defs/NAME` references. Keywords are checked one by one, so that a slip
//! (`minLenght`) is an error here and not a check that silently never happens.

use std::cell::RefCell;
use std::collections::BTreeSet;

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::keywords::{KEYWORDS, TYPES, Takes, foreign_keyword};
use super::names::Rule;
use super::reader::{Node, describe, list};
use crate::conform::brief;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::Schema;
use crate::suggest;

/// Lowers schemas, and remembers which types they refer to and which defaults remain to be checked.
pub(super) struct Schemas<'r> {
    types: IndexSet<&'r str>,
    used: RefCell<BTreeSet<String>>,
    samples: RefCell<Vec<Sample<'r>>>,
}

/// A `default` or an example: checked once all types are known.
pub(super) struct Sample<'r> {
    pub node: Node<'r>,
    pub schema: Value,
    /// A default is an error where it does not fit, an example a warning.
    pub is_default: bool,
}

/// Where a schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// It describes values.
    Value,
    /// It is a condition (`if`, `not`, …), in which nothing may be filled in.
    Condition,
}

/// Properties and which of them must be there.
pub(super) struct Properties {
    pub schemas: Map<String, Value>,
    pub required: Vec<String>,
}

impl Properties {
    /// A closed object of these properties.
    pub(super) fn into_object(self) -> Value {
        let mut object = Map::from_iter([("type".into(), json!("object")), ("properties".into(), self.schemas.into())]);
        if !self.required.is_empty() {
            object.insert("required".into(), self.required.into());
        }
        object.insert("additionalProperties".into(), false.into());
        object.into()
    }
}

impl<'r> Schemas<'r> {
    pub(super) fn new(types: IndexSet<&'r str>) -> Self {
        Self { types, used: RefCell::default(), samples: RefCell::default() }
    }

    pub(super) fn is_type(&self, name: &str) -> bool {
        self.types.contains(name)
    }

    /// The names of the types that schemas refer to directly; starts anew.
    pub(super) fn take_used(&self) -> BTreeSet<String> {
        self.used.take()
    }

    pub(super) fn take_samples(&self) -> Vec<Sample<'r>> {
        self.samples.take()
    }

    pub(super) fn lower(&self, node: &Node<'r>) -> Schema {
        Schema { value: self.schema(node, &[], Position::Value), span: node.span() }
    }

    /// A map from property to schema. `own`: keys beside JSON Schema's that a property can have here; the caller reads
    /// them.
    pub(super) fn properties(&self, node: &Node<'r>, rule: Rule, own: &[&str]) -> Option<Properties> {
        let entries = node.entries()?;
        for (name, property) in &entries {
            if *name == "$ref" {
                let help = "this is a map from the name of an argument to its schema; to take a whole object from a type, list its properties";
                property.push(
                    Diagnostic::error(codes::BAD_NAME, property.key_span(), "`$ref` cannot be a name here").help(help),
                );
            } else if let Some(problem) = rule.problem(name, property.key_span()) {
                property.push(problem);
            }
        }
        Some(self.collect(entries, own, Position::Value))
    }

    fn collect(&self, entries: Vec<(&'r str, Node<'r>)>, own: &[&str], position: Position) -> Properties {
        let own: Vec<&str> = own.iter().copied().chain(["optional"]).collect();
        let mut properties = Properties { schemas: Map::new(), required: Vec::new() };
        for (name, property) in entries {
            let schema = self.schema(&property, &own, position);
            let stated = property.child("optional").and_then(|optional| optional.boolean());
            if !stated.unwrap_or_else(|| property.child("default").is_some()) {
                properties.required.push(name.to_owned());
            }
            properties.schemas.insert(name.to_owned(), schema);
        }
        properties
    }

    fn schema(&self, node: &Node<'r>, own: &[&str], position: Position) -> Value {
        let map = match node.value {
            Value::Object(map) => map,
            Value::Bool(_) => return node.value.clone(),
            Value::String(name) if self.types.contains(name.as_str()) || TYPES.contains(&name.as_str()) => {
                let key = if TYPES.contains(&name.as_str()) { "type" } else { "$ref" };
                node.wrong_type("a schema", Some(format!("write `{{ {key}: {name} }}`")));
                return json!({});
            }
            _ => {
                node.wrong_type("a schema", Some("a schema is a map: `{ type: string }`".into()));
                return json!({});
            }
        };
        let mut lowered = Map::new();
        let mut listed = None;
        for (key, value) in map {
            let Some(child) = node.child(key) else { continue };
            if own.contains(&key.as_str()) {
                continue;
            }
            if key == "properties" {
                let entries = child.entries().unwrap_or_default();
                let properties = self.collect(entries, &[], position);
                lowered.insert(key.clone(), properties.schemas.into());
                listed = Some(properties.required);
                continue;
            }
            let value = match KEYWORDS.iter().find(|(keyword, _)| keyword == key) {
                Some((_, takes)) => self.keyword(key, *takes, &child, position),
                None if key.starts_with("x-") => value.clone(),
                None => {
                    let known = KEYWORDS.iter().map(|(keyword, _)| *keyword).chain(own.iter().copied());
                    let help = foreign_keyword(key).map_or_else(
                        || match suggest::closest(key, known) {
                            Some(near) => format!("did you mean `{near}`? keys of your own begin with `x-`"),
                            None => "it is no keyword of JSON Schema 2020-12; keys of your own begin with `x-`".into(),
                        },
                        str::to_owned,
                    );
                    let message = format!("unknown key `{key}`");
                    child.push(Diagnostic::error(codes::UNKNOWN_KEY, child.key_span(), message).help(help));
                    continue;
                }
            };
            lowered.insert(key.clone(), value);
        }
        self.required(node, &mut lowered, listed, position);
        if position == Position::Value {
            infer_type(&mut lowered);
        }
        check_ranges(node, &lowered);
        let lowered = Value::Object(lowered);
        self.remember_samples(node, &lowered);
        lowered
    }

    /// Fills `required` in, or checks the one that is stated.
    fn required(
        &self,
        node: &Node<'r>,
        lowered: &mut Map<String, Value>,
        listed: Option<Vec<String>>,
        position: Position,
    ) {
        let Some(stated) = node.child("required") else {
            if let Some(names) = listed.filter(|names| !names.is_empty() && position == Position::Value) {
                lowered.insert("required".into(), names.into());
            }
            return;
        };
        let Some(properties) = lowered.get("properties").and_then(Value::as_object) else { return };
        for (name, property) in node.child("properties").and_then(|all| all.entries()).unwrap_or_default() {
            let names_it = stated.value.as_array().is_some_and(|names| names.iter().any(|other| other == name));
            if names_it && let Some(optional) = property.child("optional").filter(|o| o.value == &Value::Bool(true)) {
                let message = format!("`{name}` is both `optional` and in `required`");
                optional.push(
                    Diagnostic::error(codes::CONTRADICTION, optional.key_span(), message)
                        .related(stated.span(), "required here")
                        .help(
                            "without `required`, everything is required that is neither `optional` nor has a `default`",
                        ),
                );
            }
        }
        let elsewhere = ["allOf", "anyOf", "oneOf", "$ref", "patternProperties", "additionalProperties"];
        if elsewhere.iter().any(|key| lowered.get(*key).is_some_and(|value| *value != Value::Bool(false))) {
            return;
        }
        for item in stated.value.as_array().and_then(|_| stated.items()).unwrap_or_default() {
            if let Some(name) = item.value.as_str().filter(|name| !properties.contains_key(*name)) {
                item.push(
                    item.error(codes::UNKNOWN_PROPERTY, format!("`{name}` is required, but there is no such property"))
                        .help(suggest::help(name, "properties", properties.keys().map(String::as_str))),
                );
            }
        }
    }

    /// The value of a keyword; where it is wrong, the report says so and the value is of no account.
    fn keyword(&self, key: &str, takes: Takes, node: &Node<'r>, position: Position) -> Value {
        match takes {
            Takes::Schema => return self.schema(node, &[], position),
            Takes::Condition => return self.schema(node, &[], Position::Condition),
            Takes::Conditions => {
                let schema =
                    |(name, child): (&str, Node<'r>)| (name.to_owned(), self.schema(&child, &[], Position::Condition));
                return Value::Object(node.entries().unwrap_or_default().into_iter().map(schema).collect());
            }
            Takes::SchemaMap => {
                let schema = |(name, child): (&str, Node<'r>)| (name.to_owned(), self.schema(&child, &[], position));
                return Value::Object(node.entries().unwrap_or_default().into_iter().map(schema).collect());
            }
            Takes::SchemaList => {
                let items = node.items().unwrap_or_default();
                if items.is_empty() && node.value.is_array() {
                    node.push(node.error(codes::EMPTY, format!("`{key}` is empty")).help("list at least one schema"));
                }
                return items.iter().map(|item| self.schema(item, &[], position)).collect();
            }
            Takes::Reference => return self.reference(node),
            Takes::Types => check_types(node),
            Takes::Text => drop(node.string()),
            Takes::Boolean => drop(node.boolean()),
            Takes::Count => {
                if node.value.as_u64().is_none() {
                    node.wrong_type("a whole number, 0 or more", None);
                }
            }
            Takes::Number => {
                if !node.value.is_number() {
                    node.wrong_type("a number", None);
                }
            }
            Takes::Positive => {
                if node.value.as_f64().is_none_or(|number| number <= 0.0) {
                    node.wrong_type("a number above 0", None);
                }
            }
            Takes::Names => self.names(key, node),
            Takes::NamesMap => {
                for (name, child) in node.entries().unwrap_or_default() {
                    self.names(name, &child);
                }
            }
            Takes::Members => check_members(key, node),
            Takes::List => drop(node.items()),
            Takes::Anything => {}
        }
        node.value.clone()
    }

    fn names(&self, key: &str, node: &Node<'r>) {
        if key == "required" && node.value.is_boolean() {
            let help = "a schema's `required` lists names of properties; a single property is required unless it has a `default` or says `optional: true`";
            node.wrong_type("a list", Some(help.into()));
            return;
        }
        for item in node.items().unwrap_or_default() {
            item.string();
        }
    }

    fn reference(&self, node: &Node<'r>) -> Value {
        let Some(text) = node.string() else { return json!("") };
        let name = text.strip_prefix("#/types/").or_else(|| text.strip_prefix("#/$defs/")).unwrap_or(text);
        if self.types.contains(name) {
            self.used.borrow_mut().insert(name.to_owned());
            return format!("#/$defs/{name}").into();
        }
        let help = if text.contains(['/', '#', ':']) {
            "`$ref` names a type of this document: `$ref: Temperature`; other files and URLs are not read".into()
        } else {
            suggest::help(name, "declared types", self.types.iter().copied())
        };
        node.push(node.error(codes::UNKNOWN_TYPE, format!("there is no type `{name}`")).help(help));
        // Nothing more is known about it, so that this mistake causes no others.
        json!("")
    }

    fn remember_samples(&self, node: &Node<'r>, schema: &Value) {
        let mut samples = self.samples.borrow_mut();
        if let Some(node) = node.child("default") {
            samples.push(Sample { node, schema: schema.clone(), is_default: true });
        }
        for node in
            node.child("examples").filter(|all| all.value.is_array()).and_then(|all| all.items()).unwrap_or_default()
        {
            samples.push(Sample { node, schema: schema.clone(), is_default: false });
        }
    }
}

fn check_types(node: &Node<'_>) {
    let check = |node: &Node<'_>| {
        if let Some(word) = node.value.as_str() {
            if !TYPES.contains(&word) {
                let problem = node.error(codes::BAD_SCHEMA, format!("`{word}` is no type"));
                node.push(problem.help(suggest::help(word, "types", TYPES.iter().copied())));
            }
        } else if node.value.is_null() {
            node.wrong_type("a type", Some("the null type is a word: put it in quotes, \"null\"".into()));
        } else {
            node.wrong_type("a type", Some(format!("types: {}", list(TYPES))));
        }
    };
    if node.value.is_array() {
        for item in node.items().unwrap_or_default() {
            check(&item);
        }
    } else {
        check(node);
    }
}

fn check_members(key: &str, node: &Node<'_>) {
    let items = node.items().unwrap_or_default();
    if items.is_empty() && node.value.is_array() {
        node.push(node.error(codes::EMPTY, format!("`{key}` is empty")).help("list the values that are allowed"));
    }
    let mut seen = BTreeSet::new();
    for item in &items {
        if !seen.insert(item.value.to_string()) {
            item.push(item.error(codes::BAD_SCHEMA, format!("{} stands twice in `{key}`", describe(item.value))));
        }
    }
}

/// `minimum` above `maximum`, and the like.
fn check_ranges(node: &Node<'_>, schema: &Map<String, Value>) {
    let pairs = [
        ("minimum", "maximum"),
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minProperties", "maxProperties"),
        ("minContains", "maxContains"),
    ];
    for (least, most) in pairs {
        let (Some(low), Some(high)) = (schema.get(least), schema.get(most)) else { continue };
        if let (Some(a), Some(b), Some(place)) = (low.as_f64(), high.as_f64(), node.child(least))
            && a > b
        {
            let message = format!("`{least}` {} is above `{most}` {}, so nothing fits", brief(low), brief(high));
            place.push(place.error(codes::BAD_SCHEMA, message));
        }
    }
}

/// The type that other keywords imply.
fn infer_type(schema: &mut Map<String, Value>) {
    let stated = ["type", "$ref", "const", "allOf", "anyOf", "oneOf"].iter().any(|key| schema.contains_key(*key));
    if stated {
        return;
    }
    let strings = |members: &Value| members.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    let implied = if schema.contains_key("properties") {
        "object"
    } else if schema.contains_key("items") {
        "array"
    } else if schema.get("enum").is_some_and(strings) {
        "string"
    } else {
        return;
    };
    schema.shift_insert(0, "type".into(), implied.into());
}
