//! A value of a schema, the same one on every machine.

use std::cell::Cell;

use serde_json::{Map, Value, json};

use super::pattern;
use crate::conform;
use crate::schema_view::SchemaView;

/// Schemas inside one another: what must be there is followed so far.
const DEEPEST: usize = 12;
/// How many schemas make one value: more is no example. SECURITY.md G8.
const LOOKS: usize = 2_000;
/// Optional properties are given so far down.
const OPTIONAL_DEPTH: usize = 2;
/// And so many of them in one object, below the top.
const OPTIONAL_COUNT: usize = 6;
/// Characters or items that a value is made longer for.
const LONGEST: u64 = 256;

/// What stands for any bytes: RFC 4648 §10, "foobar".
pub(super) const BASE64: &str = "Zm9vYmFy";

/// Makes values.
#[derive(Clone, Copy)]
pub(super) struct Sampler<'a> {
    pub view: SchemaView<'a>,
    /// What a string without other rules is.
    pub text: &'static str,
}

/// The parts of a schema that hold together, asked as one.
struct Parts<'a>(Vec<&'a Map<String, Value>>);

impl<'a> Parts<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.iter().find_map(|part| part.get(key))
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::as_str)
    }

    fn largest(&self, key: &str) -> Option<f64> {
        self.0.iter().filter_map(|part| part.get(key)?.as_f64()).reduce(f64::max)
    }

    fn smallest(&self, key: &str) -> Option<f64> {
        self.0.iter().filter_map(|part| part.get(key)?.as_f64()).reduce(f64::min)
    }

    fn count(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_u64)
    }
}

impl<'a> Sampler<'a> {
    /// A value that fits the schema, as far as this knows its keywords.
    pub(super) fn sample(self, schema: &'a Value) -> Option<Value> {
        self.at(schema, 0, &Cell::new(LOOKS))
    }

    fn at(self, schema: &'a Value, depth: usize, left: &Cell<usize>) -> Option<Value> {
        if depth > DEEPEST || left.get() == 0 || *schema == Value::Bool(false) {
            return None;
        }
        left.set(left.get() - 1);
        let parts = Parts(self.view.parts(schema));
        let fits = |value: &&Value| {
            conform::misfit(schema, value, self.view).is_none() && value.to_string().len() <= super::LONGEST_EXAMPLE
        };
        if let Some(constant) = parts.get("const") {
            return Some(constant.clone());
        }
        // Bytes are always the same ones, so that the request can be written without a decoder.
        if parts.text("contentEncoding").is_some_and(|name| name.eq_ignore_ascii_case("base64")) {
            return Some(json!(BASE64));
        }
        let examples = parts.0.iter().filter_map(|part| part.get("examples")?.as_array()).flatten();
        let given = examples.chain(parts.get("default")).filter(|value| !value.is_null());
        if let Some(given) = given.filter(|value| meets_patterns(schema, value, self.view)).find(fits) {
            return Some(given.clone());
        }
        if let Some(members) = parts.get("enum").and_then(Value::as_array) {
            return members.iter().filter(|member| !member.is_null()).find(fits).or(members.first()).cloned();
        }
        let branches = ["oneOf", "anyOf"].iter().find_map(|key| parts.get(key)?.as_array());
        let branch = branches.and_then(|branches| {
            let values = branches.iter().filter_map(|branch| self.at(branch, depth + 1, left));
            values.filter(|value| !value.is_null()).find(|value| value.is_object() || fits(&value))
        });
        match (branch, self.kind(&parts)) {
            (Some(Value::Object(mut chosen)), _) => {
                if let Some(Value::Object(own)) = self.object(&parts, depth, left) {
                    chosen.extend(own);
                }
                Some(Value::Object(chosen))
            }
            (Some(chosen), _) => Some(chosen),
            (None, "object") => self.object(&parts, depth, left),
            (None, "array") => self.array(&parts, depth, left),
            (None, "integer") => Some(number(&parts, true)),
            (None, "number") => Some(number(&parts, false)),
            (None, "boolean") => Some(json!(true)),
            (None, "null") => Some(Value::Null),
            (None, _) => self.string(&parts),
        }
    }

    /// The type of the value; what a schema without one most likely is.
    fn kind(self, parts: &Parts<'_>) -> &'static str {
        let named = |wanted: &str| match parts.get("type") {
            Some(Value::String(name)) => name == wanted,
            Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
            _ => false,
        };
        let known = ["object", "array", "string", "integer", "number", "boolean", "null"];
        let inferred = || if parts.get("properties").is_some() { "object" } else { "string" };
        known.into_iter().find(|kind| named(kind)).unwrap_or_else(inferred)
    }

    fn object(self, parts: &Parts<'a>, depth: usize, left: &Cell<usize>) -> Option<Value> {
        let required: Vec<&str> = (parts.0.iter())
            .filter_map(|part| part.get("required")?.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut out = Map::new();
        let mut optional = 0;
        for (name, schema) in parts.0.iter().filter_map(|part| part.get("properties")?.as_object()).flatten() {
            if out.contains_key(name) {
                continue;
            }
            let needed = required.contains(&name.as_str());
            if !needed && (depth > OPTIONAL_DEPTH || optional >= OPTIONAL_COUNT) {
                continue;
            }
            match self.at(schema, depth + 1, left) {
                Some(value) => {
                    optional += usize::from(!needed);
                    out.insert(name.clone(), value);
                }
                None if needed => return None,
                None => {}
            }
        }
        let more = parts.get("additionalProperties");
        for name in required {
            if !out.contains_key(name) {
                let value = more
                    .filter(|more| more.is_object())
                    .map_or_else(|| Some(json!(self.text)), |more| self.at(more, depth + 1, left));
                out.insert(name.to_owned(), value?);
            }
        }
        if let Some(more) = more.filter(|more| more.is_object() && out.is_empty())
            && let Some(value) = self.at(more, depth + 1, left)
        {
            out.insert("key".to_owned(), value);
        }
        Some(Value::Object(out))
    }

    fn array(self, parts: &Parts<'a>, depth: usize, left: &Cell<usize>) -> Option<Value> {
        let least = parts.count("minItems").unwrap_or(0);
        let most = parts.count("maxItems").unwrap_or(2);
        let prefix = parts.get("prefixItems").and_then(Value::as_array);
        if let Some(prefix) = prefix {
            return prefix
                .iter()
                .map(|item| self.at(item, depth + 1, left))
                .collect::<Option<Vec<_>>>()
                .map(Value::Array);
        }
        let Some(items) = parts.get("items") else {
            return Some(Value::Array(vec![json!(self.text); usize::from(most > 0)]));
        };
        if least > LONGEST {
            return None;
        }
        let Some(first) = self.at(items, depth + 1, left) else { return (least == 0).then(|| json!([])) };
        // Two items show how they are separated.
        let wanted = if first.is_object() || first.is_array() { 1 } else { 2 };
        let wanted = least.max(wanted.min(most));
        let mut out = Vec::new();
        for index in 0..wanted {
            out.push(if index == 0 { first.clone() } else { self.another(&first, items, index)? });
        }
        Some(Value::Array(out))
    }

    /// Another value of the same schema, a different one where that is easy.
    fn another(self, first: &Value, schema: &'a Value, index: u64) -> Option<Value> {
        let parts = Parts(self.view.parts(schema));
        let members = parts.get("enum").and_then(Value::as_array);
        let index_of = usize::try_from(index).ok()?;
        let next = match first {
            _ if members.is_some() => members?.get(index_of).cloned(),
            Value::String(text) if parts.text("format").is_none() && parts.text("pattern").is_none() => {
                Some(json!(format!("{text}{}", index + 1)))
            }
            Value::Number(number) => number.as_i64().map(|number| json!(number.saturating_add(index as i64))),
            _ => None,
        };
        Some(next.filter(|next| conform::misfit(schema, next, self.view).is_none()).unwrap_or_else(|| first.clone()))
    }

    fn string(self, parts: &Parts<'_>) -> Option<Value> {
        let (least, most) = (parts.count("minLength").unwrap_or(0), parts.count("maxLength").unwrap_or(u64::MAX));
        if least > LONGEST {
            return None;
        }
        let mut text = match (parts.text("pattern"), parts.text("format").and_then(of_format)) {
            (Some(pattern), None) => {
                let text = pattern::matching(pattern)?;
                let length = text.chars().count() as u64;
                return (least..=most).contains(&length).then(|| json!(text));
            }
            (_, Some(text)) => text.to_owned(),
            (None, None) => self.text.to_owned(),
        };
        while (text.chars().count() as u64) < least {
            text.push('x');
        }
        let text: String = text.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect();
        Some(json!(text.trim_end()))
    }
}

/// Values of the formats of JSON Schema 2020-12, Validation §7.3, and of OpenAPI's registry.
fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date" => "2026-07-28",
        "date-time" => "2026-07-28T12:30:00Z",
        "time" => "12:30:00Z",
        "duration" => "P1DT2H",
        "email" | "idn-email" => "ada@example.com",
        "hostname" | "idn-hostname" => "api.example.com",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" | "url" | "iri" => "https://example.com/a",
        "uri-reference" | "iri-reference" => "/a",
        "uuid" => "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "byte" => BASE64,
        "regex" => "^a$",
        "json-pointer" => "/a",
        _ => return None,
    })
}

fn number(parts: &Parts<'_>, whole: bool) -> Value {
    let (low, high) = (parts.largest("minimum"), parts.smallest("maximum"));
    let (above, below) = (parts.largest("exclusiveMinimum"), parts.smallest("exclusiveMaximum"));
    let step = parts.largest("multipleOf").filter(|step| *step > 0.0);
    let unit = step.unwrap_or(if whole { 1.0 } else { 0.5 });
    let start = match (low, above) {
        (Some(low), _) => (low / unit).ceil() * unit,
        (None, Some(above)) => (above / unit).floor() * unit + unit,
        (None, None) => unit,
    };
    let above_all = |value: f64| above.is_none_or(|above| value > above);
    let within = |value: f64| high.is_none_or(|high| value <= high) && below.is_none_or(|below| value < below);
    let mut value = if above_all(start) { start } else { start + unit };
    if !within(value) {
        value = match (high, below) {
            (Some(high), _) => (high / unit).floor() * unit,
            (None, Some(below)) => (below / unit).ceil() * unit - unit,
            (None, None) => value,
        };
    }
    // Exactly representable: the request then spells it as the arguments do.
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// Whether a string under a `pattern` is known to match it: one that was made from it, or that of a plain schema.
pub(super) fn meets_patterns(schema: &Value, value: &Value, view: SchemaView<'_>) -> bool {
    let parts = view.parts(schema);
    match (parts.iter().find_map(|part| part.get("pattern")?.as_str()), value.as_str()) {
        (Some(pattern), Some(text)) => {
            regex_lite_match(pattern, text).unwrap_or_else(|| pattern::matching(pattern).as_deref() == Some(text))
        }
        _ => true,
    }
}

/// `None`: the pattern is not one of this engine's.
fn regex_lite_match(pattern: &str, text: &str) -> Option<bool> {
    regex_lite::Regex::new(pattern).ok().map(|regex| regex.is_match(text))
}
