//! Whether a value fits a schema, for defaults and examples.
//!
//! Only what is certain is said: keywords that this does not know, `pattern` and `format` among them, are taken as met.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::schema_view::{SchemaView, type_of};

/// Schemas inside one another: references can form cycles that consume nothing.
const DEEPEST: usize = 64;

/// How many schemas one value is held against: schemas that refer to many have more ways through them than there is
/// time. What is beyond counts as met. SECURITY.md G8.
const LOOKS: usize = 10_000;

/// The first thing about `value` that `schema` refuses, in words that follow "the default".
pub(crate) fn misfit(schema: &Value, value: &Value, view: SchemaView<'_>) -> Option<String> {
    at(schema, value, view, 0, &Cell::new(LOOKS))
}

fn at(schema: &Value, value: &Value, view: SchemaView<'_>, depth: usize, looks: &Cell<usize>) -> Option<String> {
    let schema = match schema {
        Value::Bool(false) => return Some("is not allowed at all".into()),
        Value::Object(schema) => schema,
        _ => return None,
    };
    if depth > DEEPEST || looks.get() == 0 {
        return None;
    }
    looks.set(looks.get() - 1);
    let inner = |schema: &Value, value: &Value| at(schema, value, view, depth + 1, looks);
    referenced(schema, value, view, depth, looks)
        .or_else(|| types(schema, value))
        .or_else(|| numbers(schema, value))
        .or_else(|| sizes(schema, value))
        .or_else(|| items(schema, value, &inner))
        .or_else(|| properties(schema, value, &inner))
        .or_else(|| branches(schema, value, &inner))
}

fn referenced(
    schema: &Map<String, Value>,
    value: &Value,
    view: SchemaView<'_>,
    depth: usize,
    looks: &Cell<usize>,
) -> Option<String> {
    at(view.target(schema.get("$ref")?)?, value, view, depth + 1, looks)
}

fn types(schema: &Map<String, Value>, value: &Value) -> Option<String> {
    let found = type_of(value);
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let fits = |name: &&str| *name == found || (*name == "number" && found == "integer");
    if !names.is_empty() && !names.iter().any(fits) {
        return Some(format!("is of type {found}, not {}", names.join(" or ")));
    }
    if let Some(Value::Array(members)) = schema.get("enum")
        && !members.contains(value)
    {
        let members: Vec<String> = members.iter().map(brief).collect();
        return Some(format!("is none of {}", members.join(", ")));
    }
    let constant = schema.get("const")?;
    (constant != value).then(|| format!("is not {}", brief(constant)))
}

fn numbers(schema: &Map<String, Value>, value: &Value) -> Option<String> {
    let number = value.as_f64()?;
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let beyond = |key: &str, wrong: fn(f64, f64) -> bool, words: &str| {
        limit(key).filter(|limit| wrong(number, *limit)).map(|limit| format!("is {words} `{key}` {limit}"))
    };
    beyond("minimum", |a, b| a < b, "below")
        .or_else(|| beyond("maximum", |a, b| a > b, "above"))
        .or_else(|| beyond("exclusiveMinimum", |a, b| a <= b, "not above"))
        .or_else(|| beyond("exclusiveMaximum", |a, b| a >= b, "not below"))
        .or_else(|| beyond("multipleOf", |a, b| whole(a) && whole(b) && b != 0.0 && a % b != 0.0, "no multiple of"))
}

/// The numbers whose remainders are exact: 0.3 is no whole multiple of 0.1 in binary.
fn whole(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() < 9e15
}

fn sizes(schema: &Map<String, Value>, value: &Value) -> Option<String> {
    let (size, least, most, what) = match value {
        // JSON Schema Validation 2020-12 §6.3.1: characters, not bytes.
        Value::String(text) => (text.chars().count(), "minLength", "maxLength", "characters"),
        Value::Array(items) => (items.len(), "minItems", "maxItems", "items"),
        Value::Object(map) => (map.len(), "minProperties", "maxProperties", "properties"),
        _ => return None,
    };
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64);
    let size = size as u64;
    if limit(least).is_some_and(|limit| size < limit) {
        return Some(format!("has {size} {what}, fewer than `{least}`"));
    }
    limit(most).is_some_and(|limit| size > limit).then(|| format!("has {size} {what}, more than `{most}`"))
}

type Inner<'a> = dyn Fn(&Value, &Value) -> Option<String> + 'a;

fn items(schema: &Map<String, Value>, value: &Value, inner: &Inner<'_>) -> Option<String> {
    let items = value.as_array()?;
    let mut seen = BTreeSet::new();
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) && !items.iter().all(|item| seen.insert(item.to_string()))
    {
        return Some("has the same item twice".into());
    }
    let prefix = schema.get("prefixItems").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().enumerate().find_map(|(at, item)| {
        let schema = prefix.get(at).or_else(|| schema.get("items"))?;
        inner(schema, item).map(|misfit| format!("has an item, {}, that {misfit}", brief(item)))
    })
}

fn properties(schema: &Map<String, Value>, value: &Value, inner: &Inner<'_>) -> Option<String> {
    let map = value.as_object()?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in required {
        if !map.contains_key(name) {
            return Some(format!("lacks `{name}`"));
        }
    }
    let declared = schema.get("properties").and_then(Value::as_object);
    map.iter().find_map(|(name, value)| {
        let (schema, known) = match declared.and_then(|declared| declared.get(name)) {
            Some(schema) => (schema, true),
            None if schema.contains_key("patternProperties") => return None,
            None => (schema.get("additionalProperties")?, false),
        };
        if !known && *schema == Value::Bool(false) {
            return Some(format!("has `{name}`, which is not declared"));
        }
        inner(schema, value).map(|misfit| format!("has a `{name}` that {misfit}"))
    })
}

fn branches(schema: &Map<String, Value>, value: &Value, inner: &Inner<'_>) -> Option<String> {
    let branches = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(misfit) = branches("allOf").and_then(|all| all.iter().find_map(|branch| inner(branch, value))) {
        return Some(misfit);
    }
    for key in ["anyOf", "oneOf"] {
        if branches(key).is_some_and(|any| any.iter().all(|branch| inner(branch, value).is_some())) {
            return Some(format!("fits no branch of `{key}`"));
        }
    }
    None
}

/// A value as JSON, cut where it is long.
pub(crate) fn brief(value: &Value) -> String {
    const LONGEST: usize = 40;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use serde_json::json;

    use super::*;
    use crate::model::Schema;
    use crate::source::Span;

    #[test]
    fn fitting_and_misfitting_values() {
        let unit = Schema { value: json!({"type": "string", "enum": ["c", "f"]}), span: Span::default() };
        let cycle = Schema { value: json!({"allOf": [{"$ref": "#/$defs/Cycle"}]}), span: Span::default() };
        let named = IndexMap::from([("Unit".to_owned(), unit), ("Cycle".to_owned(), cycle)]);
        let table = [
            (json!({"type": "integer", "minimum": 1, "maximum": 14}), json!(3), true),
            (json!({"type": "integer"}), json!(3.5), false),
            (json!({"type": "integer"}), json!(3.0), true),
            (json!({"type": "number"}), json!(3), true),
            (json!({"maximum": 14}), json!(30), false),
            (json!({"exclusiveMinimum": 0}), json!(0), false),
            (json!({"multipleOf": 5}), json!(12), false),
            (json!({"multipleOf": 0.1}), json!(0.3), true),
            (json!({"$ref": "#/$defs/Unit"}), json!("c"), true),
            (json!({"$ref": "#/$defs/Unit"}), json!("k"), false),
            (json!({"$ref": "#/$defs/Cycle"}), json!("k"), true),
            (json!({"minLength": 2}), json!("東京"), true),
            (json!({"maxLength": 2}), json!("東京"), true),
            (json!({"minLength": 3}), json!("東京"), false),
            (json!({"type": ["string", "null"]}), json!(null), true),
            (json!({"items": {"type": "string"}}), json!(["a", 1]), false),
            (json!({"uniqueItems": true}), json!([1, 1]), false),
            (json!({"required": ["a"]}), json!({}), false),
            (json!({"properties": {"a": {"type": "string"}}, "additionalProperties": false}), json!({"b": 1}), false),
            (json!({"properties": {"a": {"type": "string"}}}), json!({"a": 1}), false),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!(1), false),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!(null), true),
            (json!({"const": 1}), json!(2), false),
            (json!({"pattern": "^a"}), json!("b"), true),
            (json!(false), json!(1), false),
        ];
        for (schema, value, fits) in table {
            let misfit = misfit(&schema, &value, SchemaView::new(&named));
            assert_eq!(misfit.is_none(), fits, "{schema} {value}: {misfit:?}");
        }
    }
}
