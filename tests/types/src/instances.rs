//! Instances of a JSON Schema, the same ones on every machine. They need not be valid: a validator decides that.

use serde_json::{Map, Value, json};

/// Schemas inside one another; deeper down only what is required.
const DEEP: usize = 6;
/// Deeper than this there is nothing.
const DEEPEST: usize = 24;

/// An instance; another one for each seed. Seed 0 has what is required only, seed 1 everything.
pub(crate) fn instance(schema: &Value, seed: u64) -> Option<Value> {
    let mut maker = Maker { root: schema, seed, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 };
    maker.make(schema, 0)
}

struct Maker<'a> {
    root: &'a Value,
    seed: u64,
    state: u64,
}

impl<'a> Maker<'a> {
    /// A number below `bound` (xorshift).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from((self.state >> 11) % bound).unwrap_or_default()
    }

    fn pick<'b, T>(&mut self, list: &'b [T]) -> Option<&'b T> {
        let at = self.below(list.len());
        list.get(at)
    }

    fn make(&mut self, schema: &'a Value, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let Value::Object(schema) = schema else { return (schema != &Value::Bool(false)).then(|| self.anything()) };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(reference.strip_prefix('#')?)?;
            return self.make(target, depth + 1);
        }
        if let Some(constant) = schema.get("const") {
            return Some(constant.clone());
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            return self.pick(values).cloned();
        }
        let mut value = self.own(schema, depth)?;
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            value = merge(value, self.make(part, depth + 1)?);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(branches)) = schema.get(keyword) {
                let branch = self.pick(branches)?;
                value = merge(value, self.make(branch, depth + 1)?);
            }
        }
        // What is required by a branch may be declared beside it.
        if let Value::Object(object) = &mut value {
            for name in required(schema) {
                if !object.contains_key(name)
                    && let Some(property) = schema.get("properties").and_then(|properties| properties.get(name))
                {
                    object.insert(name.to_owned(), self.make(property, depth + 1)?);
                }
            }
        }
        Some(value)
    }

    /// What the keywords beside the composition say; an empty object where they say nothing and a composition does.
    fn own(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Option<Value> {
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ if schema.contains_key("properties") || schema.contains_key("required") => vec!["object"],
            _ if ["allOf", "oneOf", "anyOf"].iter().any(|keyword| schema.contains_key(*keyword)) => {
                return Some(json!({}));
            }
            _ => return Some(self.anything()),
        };
        Some(match *self.pick(&types)? {
            "object" => Value::Object(self.object(schema, depth)?),
            "array" => Value::Array(self.array(schema, depth)?),
            "string" => Value::String(self.text(schema)),
            "integer" => self.number(schema, true),
            "number" => self.number(schema, false),
            "boolean" => Value::Bool(self.below(2) == 0),
            _ => Value::Null,
        })
    }

    fn object(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Option<Map<String, Value>> {
        let mut object = Map::new();
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let chance = match self.seed {
            0 => 0,
            1 => 4,
            _ => self.below(4),
        };
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_required = required.contains(&name.as_str());
            let is_chosen = depth < DEEP && self.below(4) < chance;
            if is_required || is_chosen {
                match self.make(property, depth + 1) {
                    Some(value) => drop(object.insert(name.clone(), value)),
                    None if is_required => return None,
                    None => {}
                }
            }
        }
        let known = |name: &str| schema.get("properties").is_some_and(|properties| properties.get(name).is_some());
        for name in required.iter().filter(|name| !known(name)) {
            object.insert((*name).to_owned(), json!("x"));
        }
        let more = schema.get("additionalProperties").filter(|more| **more != Value::Bool(false));
        if let Some(more) = more {
            for number in 0..self.below(3) {
                if let Some(value) = self.make(more, depth + 1) {
                    object.insert(format!("extra {number}"), value);
                }
            }
        }
        Some(object)
    }

    fn array(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Option<Vec<Value>> {
        let first: &[Value] = schema.get("prefixItems").and_then(Value::as_array).map_or(&[], Vec::as_slice);
        let least = usize::try_from(schema.get("minItems").and_then(Value::as_u64).unwrap_or_default()).ok()?.min(64);
        let items = schema.get("items");
        let length = least.max(if depth > DEEP { 0 } else { self.below(3) + first.len() });
        let mut array = Vec::new();
        for at in 0..length {
            let item = first.get(at).or(items.filter(|items| **items != Value::Bool(false)));
            let Some(item) = item else { break };
            array.extend(self.make(item, depth + 1));
        }
        Some(array)
    }

    fn text(&mut self, schema: &Map<String, Value>) -> String {
        let texts: &[&str] = match schema.get("format").and_then(Value::as_str) {
            Some("date") => &["2024-02-29"],
            Some("date-time") => &["2024-02-29T12:00:00Z", "2024-02-29t12:00:00.5+01:00"],
            Some("uuid") => &["f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
            Some("email") => &["a@example.org"],
            Some("uri" | "url") => &["https://example.org/a?b=c#d"],
            Some("byte" | "binary") => &["Zm9vYmFy"],
            _ => &[
                "",
                "x",
                "abc",
                "a-b_c.d",
                "1",
                "2024-02-29",
                "#FFAA00",
                "null",
                "true",
                "ä ö\n\"\\\u{1f980}",
                "ABCDEFGH",
            ],
        };
        let examples: Vec<&str> =
            schema.get("examples").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let texts = if examples.is_empty() { texts } else { examples.as_slice() };
        let mut text = self.pick(texts).map_or_else(String::new, |text| (*text).to_owned());
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or_default().min(512);
        while text.chars().count() < usize::try_from(least).unwrap_or_default() {
            text.push('a');
        }
        let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
        text.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect()
    }

    fn number(&mut self, schema: &Map<String, Value>, whole: bool) -> Value {
        let mut numbers = vec![json!(0), json!(1), json!(-1), json!(100), json!(3.0), json!(9_007_199_254_740_991_i64)];
        if whole {
            numbers.extend([json!(9_007_199_254_740_993_i64), json!(i64::MAX), json!(i64::MIN)]);
        } else {
            numbers.extend([json!(0.1), json!(-2.5), json!(1e300), json!(48.137_154)]);
        }
        let bounds = ["minimum", "maximum", "multipleOf"].iter().filter_map(|keyword| schema.get(*keyword));
        numbers.extend(bounds.filter(|bound| bound.is_number()).cloned());
        self.pick(&numbers).cloned().unwrap_or_default()
    }

    fn anything(&mut self) -> Value {
        let values =
            [json!(null), json!("x"), json!(1), json!(0.5), json!(true), json!([1, "a"]), json!({"a": {"b": [null]}})];
        self.pick(&values).cloned().unwrap_or_default()
    }
}

/// What a schema, the parts of its `allOf` and one branch of each choice require.
fn required(schema: &Map<String, Value>) -> Vec<&str> {
    let own = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let first = ["oneOf", "anyOf"].iter().filter_map(|keyword| schema.get(*keyword)?.as_array()?.first());
    let inside = all.chain(first).filter_map(Value::as_object).flat_map(required);
    own.chain(inside).collect()
}

/// The members of both; of two values that are no objects the second, which is the more precise.
fn merge(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            Value::Object(one)
        }
        (_, other) => other,
    }
}
