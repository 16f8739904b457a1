//! Body and form parameters → a request body. Swagger 2.0, "Parameter Object"; OpenAPI 3.0.4 §4.8.13.

use serde_json::{Value, json};

use super::super::node::Node;
use super::Converter;
use super::operation::required;
use super::parameter::{Collection, take_apart};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

impl Converter<'_> {
    pub(super) fn request_body(&mut self, bodies: Vec<Node>, form: Vec<Node>, consumes: &[String]) -> Option<Node> {
        let mut bodies = bodies.into_iter();
        let Some(body) = bodies.next() else {
            return (!form.is_empty()).then(|| self.form(form, consumes));
        };
        for more in bodies {
            self.repaired(more.place.value, "an operation has one body; this one is left out");
        }
        if let Some(field) = form.first() {
            let message =
                "an operation has a body or a form; the body is kept, and the fields of the form are left out";
            self.repaired(field.place.value, message);
        }
        Some(self.body(body, consumes))
    }

    fn body(&mut self, body: Node, consumes: &[String]) -> Node {
        let mut out = Node::object(&body.place);
        let must = required(&body);
        let schema = match body.child("schema") {
            Some(schema) => schema,
            None => {
                self.repaired(body.place.value, "the body has no `schema` and may be anything");
                take_apart(body.clone()).1
            }
        };
        if let Some(description) = body.child("description") {
            out.put("description", description);
        }
        let mut content = Node::object(&body.place);
        let types = if consumes.is_empty() { vec!["application/json".to_owned()] } else { consumes.to_vec() };
        for name in types {
            if self.affordable(&schema.value) {
                let mut media = Node::object(&body.place);
                media.put("schema", schema.clone());
                content.put(&name, media);
            }
        }
        out.put("content", content);
        out.put_made("required", json!(must));
        out
    }

    fn form(&mut self, fields: Vec<Node>, consumes: &[String]) -> Node {
        let place = fields.first().map(|field| field.place.clone()).unwrap_or_default();
        let file = fields.iter().any(|field| field.text("type") == Some("file"));
        let given = |wanted: &str| consumes.iter().any(|name| name.trim().to_ascii_lowercase().starts_with(wanted));
        let types = match (file || given(MULTIPART), given(FORM) && !file) {
            (true, true) => vec![FORM, MULTIPART],
            (true, false) => vec![MULTIPART],
            (false, _) => vec![FORM],
        };
        let mut properties = Node::object(&place);
        let mut encoding = Node::object(&place);
        let mut needed: Vec<String> = Vec::new();
        for field in fields {
            let Some(name) = field.text("name").map(str::to_owned) else {
                self.repaired(field.place.value, "a field of a form without a name is left out");
                continue;
            };
            let must = required(&field);
            let collection = self.collection(&field, &name);
            let (rest, mut schema) = take_apart(field);
            if let Some(description) = rest.child("description") {
                schema.put("description", description);
            }
            if schema.text("type") == Some("file") {
                schema.put_made("type", json!("string"));
                schema.put_made("format", json!("binary"));
            } else if schema.text("type") == Some("array") || schema.has("items") {
                let (style, explode) = match collection {
                    Collection::Multi => ("form", true),
                    Collection::Commas => ("form", false),
                    Collection::Spaces => ("spaceDelimited", false),
                    Collection::Pipes => ("pipeDelimited", false),
                    Collection::Tabs => ("tabDelimited", false),
                };
                let key = if collection == Collection::Tabs { crate::load::STYLE } else { "style" };
                encoding.put_made(&name, json!({key: style, "explode": explode}));
            }
            if must && !needed.contains(&name) {
                needed.push(name.clone());
            }
            properties.put(&name, schema);
        }
        let mut schema = Node::object(&place);
        schema.put_made("type", json!("object"));
        schema.put("properties", properties);
        if !needed.is_empty() {
            schema.put_made("required", json!(needed));
        }
        let mut content = Node::object(&place);
        for name in types {
            let mut media = Node::object(&place);
            media.put("schema", schema.clone());
            if encoding.value.as_object().is_some_and(|fields| !fields.is_empty()) {
                media.put("encoding", encoding.clone());
            }
            content.put(name, media);
        }
        let mut out = Node::object(&place);
        out.put("content", content);
        out.put_made("required", Value::Bool(!needed.is_empty()));
        out
    }
}
