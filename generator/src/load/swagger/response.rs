//! Responses. Swagger 2.0, "Response Object".

use serde_json::json;

use super::super::node::Node;
use super::Converter;

impl Converter<'_> {
    pub(super) fn responses(&mut self, responses: Node, produces: &[String]) -> Node {
        let mut out = Node::object(&responses.place);
        for (status, response) in responses.into_fields() {
            let response = if status.starts_with("x-") {
                response
            } else {
                let response = self.resolve(response);
                self.response(response, produces)
            };
            out.put(&status, response);
        }
        out
    }

    /// A schema, or an example, says that there is content: one for each media type.
    fn response(&mut self, response: Node, produces: &[String]) -> Node {
        let examples = response.child("examples").filter(|examples| examples.value.is_object());
        if response.has("content") || !(response.has("schema") || examples.is_some()) {
            return response;
        }
        let file = response.child("schema").is_some_and(|schema| schema.text("type") == Some("file"));
        let default = if file { "application/octet-stream" } else { "application/json" };
        let types = if produces.is_empty() { vec![default.to_owned()] } else { produces.to_vec() };
        let mut content = Node::object(&response.place);
        for name in types {
            let mut media = Node::object(&response.place);
            if let Some(schema) = response.child("schema").filter(|schema| self.affordable(&schema.value)) {
                let schema = if file {
                    Node::made(json!({"type": "string", "format": "binary"}), &schema.place)
                } else {
                    schema
                };
                media.put("schema", schema);
            }
            if let Some(example) = examples.as_ref().and_then(|examples| examples.child(&name)) {
                media.put("example", example);
            }
            content.put(&name, media);
        }
        let mut out = Node::object(&response.place);
        for (key, node) in response.into_fields() {
            if !matches!(key.as_str(), "schema" | "examples") {
                out.put(&key, node);
            }
        }
        out.put("content", content);
        out
    }
}
