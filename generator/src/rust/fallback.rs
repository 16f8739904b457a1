//! Whether a server needs the runtime's second validator, which is heavy: most do not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schema::reference;
use crate::model::{Output, Server};

/// Keywords that the runtime's tables do not know.
const KEYWORDS: &[&str] = &["$dynamicRef", "$id", "$schema", "unevaluatedItems", "unevaluatedProperties"];

/// Whether a schema that the runtime checks uses a keyword or a pattern beyond its tables.
pub(crate) fn is_needed(server: &Server) -> bool {
    let inputs = server.everything().map(|tool| &tool.input);
    let outputs = server.everything().filter_map(|tool| match &tool.output {
        Output::Strict { schema, .. } => Some(tool.answers.as_ref().unwrap_or(schema)),
        // What is only looked after is not worth the second validator.
        Output::Lenient { .. } | Output::Off { .. } | Output::Empty | Output::Content => None,
    });
    let variables = server.templates.iter().map(|template| &template.variables);
    let all = inputs.chain(outputs).chain(variables).map(|checked| &checked.value);
    is_beyond(all.collect(), server)
}

/// Whether one of these schemas, or of those that they refer to, is beyond the tables.
fn is_beyond<'a>(mut open: Vec<&'a Value>, server: &'a Server) -> bool {
    let mut seen = BTreeSet::new();
    while let Some(schema) = open.pop() {
        let Some(members) = schema.as_object() else { continue };
        if let Some((at, _, target)) = reference(members).and_then(|name| server.schemas.get_full(&name))
            && seen.insert(at)
        {
            open.push(&target.value);
        }
        let pattern = members.get("pattern").and_then(Value::as_str);
        let names = members.get("patternProperties").and_then(Value::as_object);
        let mut patterns =
            pattern.into_iter().chain(names.into_iter().flat_map(|names| names.keys().map(String::as_str)));
        if KEYWORDS.iter().any(|keyword| members.contains_key(*keyword)) || patterns.any(looks_around) {
            return true;
        }
        for (keyword, value) in members {
            match keyword.as_str() {
                // Values, in which a member's name is no keyword.
                "const" | "enum" | "default" | "examples" | "example" => {}
                "properties" | "patternProperties" | "$defs" | "dependentSchemas" => {
                    open.extend(value.as_object().into_iter().flat_map(|schemas| schemas.values()));
                }
                _ => match value {
                    Value::Array(schemas) => open.extend(schemas),
                    schema => open.push(schema),
                },
            }
        }
    }
    false
}

/// Whether a pattern has what the `regex` crate does not: lookaround or a back reference.
fn looks_around(pattern: &str) -> bool {
    ["(?=", "(?!", "(?<=", "(?<!", "\\k<"].iter().any(|group| pattern.contains(group))
        || pattern.as_bytes().windows(2).any(|pair| matches!(pair, [b'\\', b'1'..=b'9']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples;

    #[test]
    fn keywords_count_where_they_are_keywords() {
        for (schema, expected) in [
            (json!({"type": "object", "properties": {"$id": {"type": "string"}}}), false),
            (json!({"properties": {"a": {"enum": [{"$schema": 1}], "default": {"$id": 1}}}}), false),
            (json!({"properties": {"a": {"unevaluatedProperties": false}}}), true),
            (json!({"$defs": {"A": {"anyOf": [{"items": {"$dynamicRef": "#x"}}]}}}), true),
            (json!({"properties": {"a": {"pattern": "^[a-z]{2,}\\.\\d+$"}}}), false),
            (json!({"properties": {"a": {"pattern": "^(?!admin)"}}}), true),
            (json!({"properties": {"a": {"pattern": "(a)\\1"}}}), true),
            (json!({"patternProperties": {"(?<=x)y": true}}), true),
        ] {
            assert_eq!(is_beyond(vec![&schema], &samples::petstore()), expected, "{schema}");
        }
    }
}
