//! Rewriting of translated keywords, and the values of types: no references, no reports.

use serde_json::{Map, Number, Value, json};

/// Examples longer than this, as JSON, cost a caller more than they say.
const EXAMPLE_LENGTH: usize = 80;
const EXAMPLES: usize = 3;

/// `allOf: [{$ref: …}]` is how 3.0 puts a description beside a reference.
pub(super) fn unwrap_single_all_of(out: &mut Map<String, Value>) {
    let single = match out.get("allOf") {
        Some(Value::Array(members)) => match members.as_slice() {
            [Value::Object(member)] if member.len() == 1 => member.get("$ref").cloned(),
            _ => None,
        },
        _ => None,
    };
    let alone =
        ["$ref", "type", "properties", "items", "anyOf", "oneOf", "enum"].iter().all(|key| !out.contains_key(*key));
    if let Some(reference) = single.filter(|_| alone) {
        out.shift_remove("allOf");
        out.shift_insert(0, "$ref".to_owned(), reference);
    }
}

/// A type where the other keywords leave no doubt of what is meant.
pub(super) fn infer_type(out: &mut Map<String, Value>) {
    if ["type", "$ref", "allOf", "anyOf", "oneOf", "not", "const"].iter().any(|key| out.contains_key(*key)) {
        return;
    }
    let inferred = if out.contains_key("properties") || out.contains_key("additionalProperties") {
        Some("object")
    } else if out.contains_key("items") {
        Some("array")
    } else {
        match out.get("enum") {
            Some(Value::Array(values)) if values.iter().all(Value::is_string) => Some("string"),
            _ => None,
        }
    };
    if let Some(name) = inferred {
        out.shift_insert(0, "type".to_owned(), json!(name));
    }
}

/// OpenAPI 3.0.4 §4.8.24, `nullable`. Where the schema is composed, null becomes one more alternative.
pub(super) fn nullable(mut out: Map<String, Value>) -> Map<String, Value> {
    let nothing = json!({"type": "null"});
    if !["$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| out.contains_key(*key)) {
        if let Some(Value::Array(values)) = out.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
        let mut types = type_names(&out);
        if !types.is_empty() && !types.contains(&"null".to_owned()) {
            types.push("null".to_owned());
            out.insert("type".to_owned(), json!(types));
        }
        return out;
    }
    let is_note = |key: &str| matches!(key, "title" | "description" | "deprecated");
    let (mut notes, mut rest): (Map<_, _>, Map<_, _>) = out.into_iter().partition(|(key, _)| is_note(key));
    let several = rest.len() > 1;
    for key in ["anyOf", "oneOf"] {
        if several {
            break;
        }
        if let Some(Value::Array(mut members)) = rest.shift_remove(key) {
            if !members.contains(&nothing) {
                members.push(nothing);
            }
            notes.insert(key.to_owned(), Value::Array(members));
            return notes;
        }
    }
    notes.insert("anyOf".to_owned(), json!([rest, nothing]));
    notes
}

/// `example` and `examples`, as far as they are short.
pub(super) fn examples(fields: &Map<String, Value>, out: &mut Map<String, Value>) {
    let given: Vec<&Value> = match (fields.get("examples"), fields.get("example")) {
        (Some(Value::Array(values)), _) => values.iter().collect(),
        (_, Some(value)) => vec![value],
        _ => return,
    };
    let short = |value: &&Value| !value.is_null() && !has_reference(value) && value.to_string().len() <= EXAMPLE_LENGTH;
    let shown: Vec<Value> = given.into_iter().filter(short).take(EXAMPLES).cloned().collect();
    if !shown.is_empty() {
        out.insert("examples".to_owned(), Value::Array(shown));
    }
}

/// What a value costs: one for each part, and more for long texts.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.iter().map(|(key, value)| key.len() / 64 + size(value)).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

/// Whether data looks like a reference, which it is not: stages that look for references must not find it.
pub(super) fn has_reference(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("$ref") || fields.values().any(has_reference),
        Value::Array(items) => items.iter().any(has_reference),
        _ => false,
    }
}

/// The types of a schema, by name.
pub(in crate::openapi) fn type_names(schema: &Map<String, Value>) -> Vec<String> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A type, and whether it is spelled as the specification does.
pub(super) fn type_name(name: &str) -> Option<(&'static str, bool)> {
    const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "object", "array", "null"];
    if let Some(known) = TYPES.iter().find(|known| **known == name) {
        return Some((known, true));
    }
    let lower = name.to_ascii_lowercase();
    if let Some(known) = TYPES.iter().find(|known| **known == lower) {
        return Some((known, false));
    }
    let known = match lower.as_str() {
        "int" | "int32" | "int64" | "long" | "short" => "integer",
        "float" | "double" | "decimal" | "numeric" => "number",
        "bool" => "boolean",
        "str" | "text" | "date" | "date-time" | "datetime" | "uuid" | "file" | "binary" | "email" | "uri" | "url" => {
            "string"
        }
        "map" | "dict" | "hash" | "json" => "object",
        "list" | "set" | "tuple" => "array",
        _ => return None,
    };
    Some((known, false))
}

pub(super) fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => true,
    }
}

/// A scalar of the type that a text spells.
pub(super) fn coerce(text: &str, name: &str) -> Option<Value> {
    match name {
        "string" => Some(Value::String(text.to_owned())),
        "integer" | "number" => number(text).map(Value::Number).filter(|value| is_of_type(value, name)),
        "boolean" => match text {
            "true" | "True" | "1" => Some(Value::Bool(true)),
            "false" | "False" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn number(text: &str) -> Option<Number> {
    serde_json::from_str(text.trim()).ok()
}

/// A non-negative integer, from `3`, `3.0` and `"3"`.
pub(super) fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let number = number.as_f64()?;
            (number.fract() == 0.0 && (0.0..9.0e15).contains(&number)).then_some(number as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

pub(super) fn strings(value: &Value) -> Option<Value> {
    let names: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
    Some(json!(names))
}
