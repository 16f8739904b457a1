//! Schema Objects of OpenAPI 3.0 and 3.1 → JSON Schema 2020-12.
//!
//! The source is the document itself, never a typed shadow of it. What 3.0 writes differently is translated
//! (`nullable`, boolean `exclusiveMinimum`, `example`), slips are repaired with a warning, and what says nothing to a
//! caller (`xml`, `discriminator`, `externalDocs`, extensions) is left out. References become `#/$defs/NAME`.

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, Direction, parse_placeholder};
use super::prose;
use super::refs::{Refs, Target, reference_of};
use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report};
use crate::load::{Index, join};

mod rewrite;
mod scope;
mod slips;

pub(super) use rewrite::type_names;
use rewrite::{
    coerce, count, examples, has_reference, infer_type, is_of_type, nullable, number, size, strings, type_name,
    unwrap_single_all_of,
};
pub(super) use scope::plain;
pub(super) use slips::is_keyword;

/// A parameter that many operations share has its schema in each of their tools: a small document can describe a
/// very large server. What that may add to the document. SECURITY.md G8.
const MAX_COST: usize = 4_000_000;

/// How many schemas one question looks at, such as whether a property is read-only.
const LOOKS: usize = 64;

/// What the value of a keyword is.
enum Keyword {
    Schema,
    /// A schema, or `true` or `false` with a meaning of its own.
    Closed,
    SchemaMap,
    SchemaList,
    Number,
    Count,
    Text,
    /// A text that people wrote for people; see [`prose`].
    Prose,
    /// A text; a number is what YAML 1.1 made of one (`00:00:00` is 0) and says nothing.
    Pattern,
    Flag,
    Strings,
    Any,
}

/// The keywords that are copied, with the type of their values. JSON Schema 2020-12, Core §10 and Validation §6 to §9.
fn keyword(name: &str) -> Option<Keyword> {
    Some(match name {
        "not" | "if" | "then" | "else" | "contains" | "propertyNames" | "contentSchema" => Keyword::Schema,
        "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems" => Keyword::Closed,
        "patternProperties" | "dependentSchemas" => Keyword::SchemaMap,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Keyword::SchemaList,
        "minimum" | "maximum" | "multipleOf" => Keyword::Number,
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" | "minContains"
        | "maxContains" => Keyword::Count,
        "title" | "description" => Keyword::Prose,
        "format" | "contentEncoding" | "contentMediaType" => Keyword::Text,
        "pattern" => Keyword::Pattern,
        "uniqueItems" | "deprecated" => Keyword::Flag,
        "dependentRequired" => Keyword::Strings,
        "const" => Keyword::Any,
        _ => return None,
    })
}

/// Translates schemas and notes the definitions that they need.
pub(super) struct Schemas<'a, 'b> {
    pub refs: &'b Refs<'a>,
    pub index: &'b Index,
    pub report: &'b mut Report,
    pub definitions: Definitions,
    /// See [`crate::Options::media_types`].
    pub media_types: &'b [String],
    scopes: scope::Scopes,
    cost: usize,
    limit: usize,
}

impl<'a, 'b> Schemas<'a, 'b> {
    pub(super) fn new(refs: &'b Refs<'a>, index: &'b Index, media_types: &'b [String], report: &'b mut Report) -> Self {
        let (definitions, scopes) = (Definitions::default(), scope::Scopes::default());
        Self { refs, index, report, definitions, media_types, scopes, cost: 0, limit: MAX_COST + refs.size() }
    }

    /// Adds to the cost of the whole; `false` once it is too much.
    fn affordable(&mut self, cost: usize) -> bool {
        let before = self.cost;
        self.cost = self.cost.saturating_add(cost);
        let limit = self.limit;
        if self.cost > limit && before <= limit {
            let at = self.index.span("");
            self.report.push(
                Diagnostic::error(codes::TOO_LARGE, at, "the document is too large once its references are resolved")
                    .help("large schemas of parameters that many operations share are repeated for each of them"),
            );
        }
        self.cost <= limit
    }

    fn warn(&mut self, pointer: &str, message: impl Into<String>) {
        let at = self.index.key_span(pointer);
        self.report.push(Diagnostic::warning(codes::SCHEMA_REPAIRED, at, message));
    }

    /// The schema at a pointer; one that accepts anything where nothing stands there.
    pub(super) fn at(&mut self, pointer: &str, direction: Direction) -> Value {
        self.in_scope(pointer, |schemas, pointer| match schemas.refs.at(pointer) {
            Some(value) => schemas.schema(value, pointer, direction),
            None => json!({}),
        })
    }

    /// As [`Self::at`], with a reference at the top followed, so that the keywords of the target stand in the result.
    /// The second is the place of the target.
    pub(super) fn opened(&mut self, pointer: &str, direction: Direction) -> (Value, String) {
        let target = self.refs.at(pointer).and_then(|value| self.refs.follow_quietly(pointer, value));
        // With a dynamic scope, what is opened is not what it is alone.
        let target = target.filter(|_| !self.refs.has_dynamic_anchors());
        let pointer = target.map_or_else(|| pointer.to_owned(), |target| target.pointer);
        (self.at(&pointer, direction), pointer)
    }

    /// The definition that a translated schema refers to, if it does.
    pub(super) fn referenced(&mut self, fields: &Map<String, Value>) -> Option<Value> {
        let (direction, pointer) = parse_placeholder(fields.get("$ref")?.as_str()?)?;
        Some(self.at(pointer, direction))
    }

    fn schema(&mut self, value: &'a Value, pointer: &str, direction: Direction) -> Value {
        match value {
            Value::Object(fields) => self.object(fields, pointer, direction),
            // A boolean schema in the place of a property is more than some clients read.
            Value::Bool(true) => json!({}),
            Value::Bool(false) => json!({"not": {}}),
            _ => {
                self.warn(pointer, "a schema is an object; this one is read as any value");
                json!({})
            }
        }
    }

    fn object(&mut self, fields: &'a Map<String, Value>, pointer: &str, direction: Direction) -> Value {
        let mut out = Map::new();
        if !self.affordable(1) {
            return Value::Object(out);
        }
        self.unknown_keywords(fields, pointer);
        let hidden = self.hidden(fields, pointer, direction);
        for (name, value) in fields {
            let at = join(pointer, name);
            if matches!(name.as_str(), "enum" | "const" | "default" | "description" | "title" | "required")
                && !self.affordable(size(value))
            {
                break;
            }
            if value.is_null() && !matches!(name.as_str(), "const" | "default" | "example") {
                continue;
            }
            let translated = match name.as_str() {
                "$ref" => self.reference(value, pointer, direction),
                "$dynamicRef" => self.dynamic_reference(value, pointer, direction),
                "type" => self.types(value, &at),
                "properties" => self.properties(value, &at, direction, &hidden),
                // Of a parameter whose own keywords are its schema.
                "required" if value.is_boolean() && fields.contains_key("in") => None,
                "required" => self.required(value, &at, &hidden),
                "enum" => self.enumeration(value, &at),
                "items" => {
                    if let Value::Array(_) = value {
                        // Draft 4's tuples.
                        let items = self.copy(&Keyword::SchemaList, value, &at, direction);
                        out.extend(items.map(|items| ("prefixItems".to_owned(), items)));
                        None
                    } else {
                        Some(self.schema(value, &at, direction))
                    }
                }
                _ => keyword(name).and_then(|keyword| self.copy(&keyword, value, &at, direction)),
            };
            if let Some(translated) = translated {
                let name = if name == "$dynamicRef" { "$ref" } else { name };
                out.insert(name.to_owned(), translated);
            }
        }
        unwrap_single_all_of(&mut out);
        self.exclusive(fields, &mut out, pointer);
        infer_type(&mut out);
        if fields.get("nullable") == Some(&Value::Bool(true)) {
            out = nullable(out);
        }
        self.default(fields, &mut out, pointer);
        examples(fields, &mut out);
        self.discriminator(fields, &mut out, pointer);
        Value::Object(out)
    }

    /// OpenAPI 3.1.1 §4.8.25: which values of a property mean which branch. Validation knows nothing of it, so it is noted
    /// for the types and never printed.
    fn discriminator(&self, fields: &'a Map<String, Value>, out: &mut Map<String, Value>, from: &str) {
        let given = fields.get("discriminator").and_then(Value::as_object);
        let property = given.and_then(|given| given.get("propertyName")).and_then(Value::as_str);
        let (Some(given), Some(property)) = (given, property) else { return };
        let branches = ["oneOf", "anyOf"].iter().find_map(|keyword| {
            fields.get(*keyword)?.as_array().filter(|branches| {
                out.get(*keyword).and_then(Value::as_array).is_some_and(|out| out.len() >= branches.len())
            })
        });
        let Some(branches) = branches else { return };
        let mapping = given.get("mapping").and_then(Value::as_object);
        let pointer = |reference: &str| self.refs.pointer(reference, from);
        // A mapping gives references, or names of schemas.
        let target = |text: &str| pointer(text).or_else(|| pointer(&format!("#/components/schemas/{text}")));
        let tags = |branch: &'a Value| -> Vec<String> {
            let Some(own) = reference_of(branch).and_then(pointer) else { return Vec::new() };
            let mapped =
                mapping.into_iter().flatten().filter(|(_, to)| to.as_str().and_then(target).as_ref() == Some(&own));
            let mapped: Vec<String> = mapped.map(|(tag, _)| tag.clone()).collect();
            let name = || crate::load::tokens(&own).last().map(|name| name.to_string());
            if mapped.is_empty() { name().into_iter().collect() } else { mapped }
        };
        let tags: Vec<Vec<String>> = branches.iter().filter(|branch| !branch.is_null()).map(tags).collect();
        out.insert(crate::model::DISCRIMINATOR.to_owned(), json!({"property": property, "tags": tags}));
    }

    /// A reference and the definition that it needs.
    fn reference(&mut self, value: &'a Value, pointer: &str, direction: Direction) -> Option<Value> {
        let Some(reference) = value.as_str() else {
            self.warn(&join(pointer, "$ref"), "`$ref` must be a string and is left out");
            return None;
        };
        let holder = self.refs.at(pointer)?;
        // Reports a circle of references that never reaches a schema.
        self.refs.follow(pointer, holder, self.report)?;
        let mut target: Target<'a> = self.refs.resolve(reference, pointer, self.report)?;
        // A definition that is only another name for a second one is that second one.
        while let (Some(next), Some(1)) = (reference_of(target.value), target.value.as_object().map(Map::len)) {
            target = self.refs.resolve(next, &target.pointer, self.report)?;
        }
        Some(self.definition(&target.pointer, direction))
    }

    fn copy(&mut self, keyword: &Keyword, value: &'a Value, pointer: &str, direction: Direction) -> Option<Value> {
        let copied = match (keyword, value) {
            (Keyword::Any, _) => Some(value.clone()),
            (Keyword::Closed, Value::Bool(_)) => Some(value.clone()),
            (Keyword::Closed | Keyword::Flag, Value::String(text)) if text == "true" || text == "false" => {
                self.read_as(pointer, text);
                Some(Value::Bool(text == "true"))
            }
            (Keyword::Schema | Keyword::Closed, Value::Object(_) | Value::Bool(_)) => {
                Some(self.schema(value, pointer, direction))
            }
            (Keyword::SchemaMap, Value::Object(fields)) => {
                let patterns = pointer.ends_with("/patternProperties");
                let mut map = Map::new();
                for (name, value) in fields {
                    let at = join(pointer, name);
                    if !patterns || self.is_pattern(name, &at) {
                        map.insert(name.clone(), self.schema(value, &at, direction));
                    }
                }
                Some(Value::Object(map))
            }
            (Keyword::SchemaList, Value::Array(items)) => {
                let list = items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| !item.is_null())
                    .map(|(at, item)| self.schema(item, &join(pointer, &at.to_string()), direction));
                let list: Vec<Value> = list.collect();
                // An empty list is no schema of the specification and restricts nothing.
                return (!list.is_empty()).then_some(Value::Array(list));
            }
            (Keyword::Number, Value::Number(_)) => Some(value.clone()),
            (Keyword::Number, Value::String(text)) => {
                let read = number(text).map(Value::Number);
                read.inspect(|read| self.read_as(pointer, &read.to_string()))
            }
            (Keyword::Count, Value::Number(_)) => count(value).map(Value::from),
            (Keyword::Count, Value::String(_)) => {
                let read = count(value).map(Value::from);
                read.inspect(|read| self.read_as(pointer, &read.to_string()))
            }
            (Keyword::Text, Value::String(_)) => Some(value.clone()),
            (Keyword::Prose, Value::String(text)) => {
                let text = self.prose(text, pointer);
                return (!text.is_empty()).then_some(Value::String(text));
            }
            (Keyword::Pattern, Value::String(text)) => return self.is_pattern(text, pointer).then(|| value.clone()),
            (Keyword::Text | Keyword::Prose, Value::Number(_) | Value::Bool(_)) => {
                let text = value.to_string();
                self.read_as(pointer, &format!("\"{text}\""));
                Some(Value::String(text))
            }
            (Keyword::Flag, Value::Bool(flag)) => return flag.then(|| value.clone()),
            (Keyword::Strings, Value::Object(fields)) => {
                let lists = fields.iter().filter_map(|(name, list)| Some((name.clone(), strings(list)?)));
                Some(Value::Object(lists.collect()))
            }
            _ => None,
        };
        if copied.is_none() {
            let name = crate::load::tokens(pointer).last().unwrap_or_default();
            self.warn(pointer, format!("the value of `{name}` has the wrong type, and the keyword is left out"));
        }
        copied
    }

    /// A text as a model reads it. Says where it is cut.
    pub(super) fn prose(&mut self, text: &str, pointer: &str) -> String {
        let plain = prose::plain(text);
        if prose::is_cut(&plain) {
            self.report_cut(pointer);
        }
        plain
    }

    pub(super) fn report_cut(&mut self, pointer: &str) {
        let at = self.index.key_span(pointer);
        let message = format!("a text of more than {} characters is cut", prose::MOST);
        let help = "the option `describe` of a tool or of a parameter gives it a text of your own";
        self.report.push(Diagnostic::warning(codes::LONG_TEXT, at, message).help(help));
    }

    /// Says how a value of the wrong type is read.
    fn read_as(&mut self, pointer: &str, read: &str) {
        let name = crate::load::tokens(pointer).last().unwrap_or_default();
        self.warn(pointer, format!("the value of `{name}` has the wrong type and is read as {read}"));
    }

    fn types(&mut self, value: &Value, pointer: &str) -> Option<Value> {
        let given: Vec<&str> = match value {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().map(|name| name.as_str().unwrap_or("null")).collect(),
            _ => {
                self.warn(pointer, "`type` must be a string or an array of strings and is left out");
                return None;
            }
        };
        let mut names: Vec<&'static str> = Vec::new();
        for name in given {
            match type_name(name) {
                Some((known, exact)) => {
                    if !exact {
                        self.warn(pointer, format!("there is no type `{name}`; it is read as `{known}`"));
                    }
                    if !names.contains(&known) {
                        names.push(known);
                    }
                }
                None => {
                    if name != "any" {
                        self.warn(pointer, format!("there is no type `{name}`; the value may have any type"));
                    }
                    return None;
                }
            }
        }
        match names.as_slice() {
            [] => None,
            [one] => Some(json!(one)),
            several => Some(json!(several)),
        }
    }

    fn properties(
        &mut self,
        value: &'a Value,
        pointer: &str,
        direction: Direction,
        hidden: &[&'a str],
    ) -> Option<Value> {
        let Value::Object(fields) = value else {
            if !value.as_array().is_some_and(Vec::is_empty) {
                self.warn(pointer, "`properties` must be an object and is left out");
            }
            return None;
        };
        let shown = fields.iter().filter(|(name, _)| !hidden.contains(&name.as_str()));
        let map = shown.map(|(name, value)| (name.clone(), self.schema(value, &join(pointer, name), direction)));
        Some(Value::Object(map.collect()))
    }

    fn required(&mut self, value: &Value, pointer: &str, hidden: &[&str]) -> Option<Value> {
        let Value::Array(names) = value else {
            let what = if value.is_boolean() {
                "`required` in a schema is an array of names, not a flag, and is left out"
            } else {
                "`required` must be an array of names and is left out"
            };
            self.warn(pointer, what);
            return None;
        };
        let mut out: Vec<&str> = Vec::new();
        for name in names.iter().filter_map(Value::as_str) {
            if !hidden.contains(&name) && !out.contains(&name) {
                out.push(name);
            }
        }
        (!out.is_empty()).then(|| json!(out))
    }

    fn enumeration(&mut self, value: &Value, pointer: &str) -> Option<Value> {
        let values = value.as_array().filter(|values| !values.is_empty());
        let Some(values) = values else {
            self.warn(pointer, "`enum` must be an array of values and is left out");
            return None;
        };
        let mut seen = std::collections::BTreeSet::new();
        let distinct = values.iter().filter(|value| seen.insert(value.to_string())).cloned();
        Some(Value::Array(distinct.collect()))
    }

    /// The properties that a direction does not show: `readOnly` ones in inputs, `writeOnly` ones in outputs; those of
    /// the members of an `allOf` too, since their `required` may stand here.
    fn hidden(&self, fields: &'a Map<String, Value>, pointer: &str, direction: Direction) -> Vec<&'a str> {
        let mut names = Vec::new();
        self.gather_hidden(fields, pointer, direction, &mut names, &mut { LOOKS });
        names
    }

    fn gather_hidden(
        &self,
        fields: &'a Map<String, Value>,
        pointer: &str,
        direction: Direction,
        names: &mut Vec<&'a str>,
        looks: &mut usize,
    ) {
        if *looks == 0 {
            return;
        }
        *looks -= 1;
        let properties = fields.get("properties").and_then(Value::as_object);
        for (name, value) in properties.into_iter().flatten() {
            let pointer = join(&join(pointer, "properties"), name);
            if self.is_hidden(value, &pointer, direction, &mut { LOOKS }) {
                names.push(name);
            }
        }
        let members = fields.get("allOf").and_then(Value::as_array);
        for (at, member) in members.into_iter().flatten().enumerate() {
            let pointer = join(&join(pointer, "allOf"), &at.to_string());
            if let Some(target) = self.refs.follow_quietly(&pointer, member)
                && let Value::Object(fields) = target.value
            {
                self.gather_hidden(fields, &target.pointer, direction, names, looks);
            }
        }
    }

    /// Whether a property is not shown in a direction.
    pub(super) fn hides(&self, value: &'a Value, pointer: &str, direction: Direction) -> bool {
        self.is_hidden(value, pointer, direction, &mut { LOOKS })
    }

    fn is_hidden(&self, value: &'a Value, pointer: &str, direction: Direction, looks: &mut usize) -> bool {
        let flag = match direction {
            Direction::Input => "readOnly",
            Direction::Output => "writeOnly",
        };
        let Value::Object(fields) = value else { return false };
        if fields.get(flag) == Some(&Value::Bool(true)) {
            return true;
        }
        if *looks == 0 {
            return false;
        }
        *looks -= 1;
        if fields.contains_key("$ref") {
            return self
                .refs
                .follow_quietly(pointer, value)
                .is_some_and(|target| self.is_hidden(target.value, &target.pointer, direction, looks));
        }
        let members = fields.get("allOf").and_then(Value::as_array);
        members.into_iter().flatten().enumerate().any(|(at, member)| {
            let pointer = join(&join(pointer, "allOf"), &at.to_string());
            self.is_hidden(member, &pointer, direction, looks)
        })
    }

    /// Draft 4's boolean `exclusiveMinimum` beside `minimum` → the number.
    fn exclusive(&mut self, fields: &Map<String, Value>, out: &mut Map<String, Value>, pointer: &str) {
        for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            match fields.get(exclusive) {
                Some(Value::Bool(true)) => {
                    if let Some(limit) = out.shift_remove(bound) {
                        out.insert(exclusive.to_owned(), limit);
                    }
                }
                Some(Value::Number(limit)) => {
                    out.insert(exclusive.to_owned(), Value::Number(limit.clone()));
                }
                Some(Value::Bool(false) | Value::Null) | None => {}
                Some(_) => self.warn(&join(pointer, exclusive), format!("`{exclusive}` must be a number")),
            }
        }
    }

    /// A default that the schema itself refuses would be refused by every validator.
    fn default(&mut self, fields: &Map<String, Value>, out: &mut Map<String, Value>, pointer: &str) {
        let Some(default) = fields.get("default").filter(|default| !has_reference(default)) else { return };
        let at = join(pointer, "default");
        let types = type_names(out);
        let mut value = default.clone();
        if !types.is_empty() && !types.iter().any(|name| is_of_type(&value, name)) {
            if value.is_null() {
                return;
            }
            let spelled = match &value {
                Value::String(text) => Some(text.clone()),
                Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
                _ => None,
            };
            match spelled.and_then(|spelled| types.iter().find_map(|name| coerce(&spelled, name))) {
                Some(coerced) => {
                    self.warn(
                        &at,
                        format!("the default {value} is read as {coerced}, which is what the type asks for"),
                    );
                    value = coerced;
                }
                None => {
                    self.warn(&at, format!("the default {value} does not fit the type and is left out"));
                    return;
                }
            }
        }
        if let Some(values) = out.get("enum").and_then(Value::as_array)
            && !values.contains(&value)
        {
            self.warn(&at, format!("the default {value} is none of the allowed values and is left out"));
            return;
        }
        out.insert("default".to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
