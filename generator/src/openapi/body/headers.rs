//! Headers of the parts of a multipart body. OpenAPI 3.1.1 §4.8.15.1.1, `headers`, and §4.8.21, "Header Object".
//!
//! `Content-Type` is said elsewhere, and the form is what the other `Content-` headers belong to.

use serde_json::{Map, Value, json};

use super::super::definitions::Direction;
use super::super::media;
use super::super::schema::Schemas;
use crate::load::join;

/// The headers of the parts of all properties.
#[derive(Default)]
pub(super) struct PartHeaders {
    /// Those that every part of a property has: property, header, value.
    pub fixed: Vec<(String, String, String)>,
    /// Those whose value the caller may give, or must.
    pub given: Vec<GivenHeader>,
}

pub(super) struct GivenHeader {
    pub property: String,
    pub name: String,
    pub explode: bool,
    pub required: bool,
    pub schema: Value,
}

impl PartHeaders {
    /// Reads the encodings of the Media Type Object at `pointer`.
    pub(super) fn read(declared: &Map<String, Value>, pointer: &str, schemas: &mut Schemas<'_, '_>) -> Self {
        let mut out = Self::default();
        let pointer = join(pointer, "encoding");
        for (property, encoding) in declared {
            for (name, header) in encoding.get("headers").and_then(Value::as_object).into_iter().flatten() {
                if name.to_ascii_lowercase().starts_with("content-") || !media::is_token(name) {
                    continue;
                }
                let place = join(&join(&join(&pointer, property), "headers"), name);
                let header = schemas.refs.at(&place).filter(|found| *found == header);
                let Some(header) = header.and_then(|header| schemas.refs.follow_quietly(&place, header)) else {
                    continue;
                };
                out.add(property, name, header.value, &join(&header.pointer, "schema"), schemas);
            }
        }
        out
    }

    fn add(&mut self, property: &str, name: &str, header: &Value, pointer: &str, schemas: &mut Schemas<'_, '_>) {
        let target = schemas.refs.at(pointer).and_then(|value| schemas.refs.follow_quietly(pointer, value));
        let schema = target.map(|target| target.value);
        let only = schema.and_then(|schema| schema.get("enum")).and_then(Value::as_array);
        let only = only.filter(|values| values.len() == 1).and_then(|values| values.first());
        let only = schema.and_then(|schema| schema.get("const").or(only)).and_then(text);
        let default = schema.and_then(|schema| schema.get("default")).and_then(text);
        let row = |value: &String| (property.to_owned(), name.to_owned(), value.clone());
        self.fixed.extend(only.as_ref().or(default.as_ref()).map(row));
        if only.is_some() {
            return;
        }
        let mut schema = schema.map_or_else(|| json!({"type": "string"}), |_| schemas.at(pointer, Direction::Input));
        let description = header.get("description").and_then(Value::as_str).map(str::trim);
        if let (Some(description), Value::Object(fields)) = (description.filter(|text| !text.is_empty()), &mut schema) {
            fields.entry("description").or_insert_with(|| json!(super::prose::plain(description)));
        }
        self.given.push(GivenHeader {
            property: property.to_owned(),
            name: name.to_owned(),
            explode: header.get("explode").and_then(Value::as_bool).unwrap_or(false),
            required: header.get("required") == Some(&Value::Bool(true)) && default.is_none(),
            schema,
        });
    }

    /// The schema of the headers of a part, and whether it must be given; `None`: there is nothing to give.
    pub(super) fn schema_of(&self, property: &str) -> Option<(Value, bool)> {
        let own: Vec<&GivenHeader> = self.given.iter().filter(|header| header.property == property).collect();
        let properties: Map<String, Value> =
            own.iter().map(|header| (header.name.clone(), header.schema.clone())).collect();
        let required: Vec<&str> =
            own.iter().filter(|header| header.required).map(|header| header.name.as_str()).collect();
        let mut schema = json!({
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
            "description": "Headers of this part of the body",
        });
        if let (false, Value::Object(fields)) = (required.is_empty(), &mut schema) {
            fields.insert("required".to_owned(), json!(required));
        }
        (!own.is_empty()).then_some((schema, !required.is_empty()))
    }

    /// The rows of the table.
    pub(super) fn rows(&self) -> Vec<(String, String, bool)> {
        self.given.iter().map(|header| (header.property.clone(), header.name.clone(), header.explode)).collect()
    }
}

/// A value as the text of a header, if it can stand in one.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')).then_some(text)
}

/// A part with its headers: a file has them beside its data, anything else becomes an object of both.
pub(super) fn with_headers(mut part: Value, headers: Value, required: bool, is_file: bool) -> Value {
    if is_file {
        if let Some(properties) = part.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("headers".to_owned(), headers);
        }
        if let (true, Some(Value::Array(names))) = (required, part.get_mut("required")) {
            names.push(json!("headers"));
        }
        return part;
    }
    let mut out = Map::new();
    let description = part.get("description").cloned();
    out.insert("type".to_owned(), json!("object"));
    out.extend(description.map(|text| ("description".to_owned(), text)));
    out.insert("properties".to_owned(), json!({"value": part, "headers": headers}));
    out.insert("required".to_owned(), if required { json!(["value", "headers"]) } else { json!(["value"]) });
    out.insert("additionalProperties".to_owned(), json!(false));
    Value::Object(out)
}
