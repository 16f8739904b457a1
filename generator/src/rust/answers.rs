//! What the document says of answers, for a server that looks after it without advertising it: schemas without the words
//! that describe them, and one table of those that several share.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::literal::{self, Token};
use super::schema;
use crate::model;

/// Keywords that no answer can break.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "format",
    "readOnly",
    "title",
    "writeOnly",
    "xml",
    model::DISCRIMINATOR,
];

/// The definitions that schemas of answers have asked for.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    needed: BTreeSet<String>,
}

/// A definition.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: Token,
    schema: Token,
}

impl Answers {
    /// A schema as text; `None` where every value fits it.
    pub fn schema(&mut self, schema: &Value, server: &model::Server) -> Option<Token> {
        let bare = bare(schema);
        let says_nothing = bare == Value::Bool(true) || bare.as_object().is_some_and(Map::is_empty);
        if says_nothing {
            return None;
        }
        let mut open = vec![schema];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(members) => {
                    open.extend(members.values());
                    if let Some(name) = schema::reference(members)
                        && let Some(target) = server.schemas.get(&name)
                        && self.needed.insert(name)
                    {
                        open.push(&target.value);
                    }
                }
                _ => {}
            }
        }
        Some(literal::raw_json(&bare.to_string()))
    }

    /// The table, in the order of names.
    pub fn rows(&self, server: &model::Server) -> Vec<Row> {
        let row = |name: &String| {
            let schema = bare(&server.schemas.get(name)?.value);
            Some(Row { name: literal::string(name), schema: literal::raw_json(&schema.to_string()) })
        };
        self.needed.iter().filter_map(row).collect()
    }
}

/// The schema with only what can be broken.
fn bare(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (keyword, value) in members {
        let value = match keyword.as_str() {
            _ if ANNOTATIONS.contains(&keyword.as_str()) || keyword.starts_with("x-") => continue,
            // Values, in which nothing is a keyword.
            "const" | "enum" | "required" | "dependentRequired" => value.clone(),
            "properties" | "patternProperties" | "$defs" | "dependentSchemas" => match value {
                Value::Object(schemas) => {
                    schemas.iter().map(|(name, schema)| (name.clone(), bare(schema))).collect::<Map<_, _>>().into()
                }
                other => other.clone(),
            },
            _ => match value {
                Value::Array(schemas) => schemas.iter().map(bare).collect(),
                schema => bare(schema),
            },
        };
        out.insert(keyword.clone(), value);
    }
    // Properties that can be anything need no row, unless others are forbidden.
    let is_open = !["additionalProperties", "unevaluatedProperties"].iter().any(|keyword| out.contains_key(*keyword));
    if let Some(Value::Object(properties)) = out.get_mut("properties").filter(|_| is_open) {
        let kept: BTreeMap<_, _> = std::mem::take(properties)
            .into_iter()
            .filter(|(_, schema)| !schema.as_object().is_some_and(Map::is_empty))
            .collect();
        properties.extend(kept);
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples;

    #[test]
    fn words_go_and_rules_stay() {
        let schema = json!({
            "type": "object", "description": "A pet.", "required": ["title"],
            "properties": {
                "title": {"type": "string", "title": "T", "format": "date", "maxLength": 3},
                "description": {"description": "anything"},
                "kind": {"enum": [{"description": 1}], "example": 2},
            },
            "x-internal": true,
        });
        let expected = json!({
            "type": "object", "required": ["title"],
            "properties": {"title": {"type": "string", "maxLength": 3}, "kind": {"enum": [{"description": 1}]}},
        });
        assert_eq!(bare(&schema), expected);
        let closed = json!({"properties": {"a": {"title": "A"}}, "additionalProperties": false});
        assert_eq!(bare(&closed), json!({"properties": {"a": {}}, "additionalProperties": false}));
    }

    #[test]
    fn definitions_are_those_that_are_asked_for() {
        let mut server = samples::petstore();
        let span = server.span;
        let schema = |value| model::Schema { value, span };
        server.schemas.insert("Used".to_owned(), schema(json!({"items": {"$ref": "#/$defs/Deep"}})));
        server.schemas.insert("Deep".to_owned(), schema(json!({"type": "string"})));
        server.schemas.insert("Unused".to_owned(), schema(json!({"type": "string"})));
        let mut answers = Answers::default();
        assert!(answers.schema(&json!({"description": "anything"}), &server).is_none());
        assert!(answers.schema(&json!({"$ref": "#/$defs/Used"}), &server).is_some());
        let names: Vec<_> = answers.rows(&server).iter().map(|row| row.name.to_string()).collect();
        assert_eq!(names, ["\"Deep\"", "\"Used\""]);
    }
}
