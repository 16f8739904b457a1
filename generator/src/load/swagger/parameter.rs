//! Parameters in path, query and header. Swagger 2.0, "Parameter Object".

use serde_json::json;

use super::super::node::Node;
use super::Converter;

/// How the items of an array are written: Swagger 2.0, `collectionFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    Commas,
    Spaces,
    Pipes,
    Tabs,
    Multi,
}

impl Converter<'_> {
    /// A parameter with its keywords in a schema.
    pub(super) fn parameter(&mut self, parameter: Node) -> Node {
        let as_in_3_0 = (parameter.has("schema") && !parameter.has("type")) || parameter.has("content");
        if !parameter.value.is_object() || parameter.has("$ref") || as_in_3_0 {
            return parameter;
        }
        let location = parameter.text("in").unwrap_or_default().to_owned();
        let name = parameter.text("name").unwrap_or_default().to_owned();
        let collection = self.collection(&parameter, &name);
        let (mut out, schema) = take_apart(parameter);
        if schema.text("type") == Some("array") || schema.has("items") {
            let delimited = match (location.as_str(), collection) {
                ("query", Collection::Multi) => Some(("form", true)),
                ("query", Collection::Commas) => Some(("form", false)),
                ("query", Collection::Spaces) => Some(("spaceDelimited", false)),
                ("query", Collection::Pipes) => Some(("pipeDelimited", false)),
                // OpenAPI 3 has no word for these.
                (_, Collection::Tabs) => self.made_style(&mut out, "tabDelimited"),
                (_, Collection::Spaces) => self.made_style(&mut out, "spaceDelimited"),
                (_, Collection::Pipes) => self.made_style(&mut out, "pipeDelimited"),
                (_, Collection::Commas) => None,
                (_, Collection::Multi) => {
                    let message = format!(
                        "`collectionFormat: multi` is for the query and forms; `{name}` is written with commas"
                    );
                    self.repaired(out.place.value, message);
                    None
                }
            };
            if let Some((style, explode)) = delimited {
                out.put_made("style", json!(style));
                out.put_made("explode", json!(explode));
            }
        }
        out.put("schema", schema);
        out
    }

    fn made_style(&self, out: &mut Node, style: &str) -> Option<(&'static str, bool)> {
        out.put_made(crate::load::STYLE, json!(style));
        out.put_made("explode", json!(false));
        None
    }

    /// The `collectionFormat` of a parameter; commas, where it has none.
    pub(super) fn collection(&mut self, parameter: &Node, name: &str) -> Collection {
        match parameter.text("collectionFormat") {
            None | Some("csv" | "") => Collection::Commas,
            Some("ssv") => Collection::Spaces,
            Some("pipes") => Collection::Pipes,
            Some("tsv") => Collection::Tabs,
            Some("multi") => Collection::Multi,
            Some(other) => {
                let message = format!("there is no `collectionFormat: {other}`; `{name}` is written with commas");
                self.repaired(parameter.place.value, message);
                Collection::Commas
            }
        }
    }
}

/// What stays in the parameter, and its schema.
pub(super) fn take_apart(parameter: Node) -> (Node, Node) {
    let mut out = Node::object(&parameter.place);
    let mut schema = Node::object(&parameter.place);
    for (key, node) in parameter.into_fields() {
        match key.as_str() {
            "name" | "in" | "description" | "required" | "deprecated" | "allowEmptyValue" => out.put(&key, node),
            "collectionFormat" | "schema" => {}
            "x-nullable" => schema.put(&key, node),
            _ if key.starts_with("x-") => out.put(&key, node),
            _ => schema.put(&key, node),
        }
    }
    (out, schema)
}
