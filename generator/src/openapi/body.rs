//! Request bodies → arguments. OpenAPI 3.1.1 §4.8.13.

use openapiv3::RequestBody;
use serde_json::{Map, Value, json};

use super::arguments::{Argument, Carrier};
use super::definitions::Direction;
use super::responses::json_of;
use super::schema::Schemas;
use super::{at, media, schema_pointer};
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::source::Span;

/// A body that can be sent: its media type and its arguments.
pub(super) struct Body {
    pub media_type: String,
    pub arguments: Vec<Argument>,
    pub span: Span,
}

/// `Err`: the media types, none of which can be sent yet. `Ok(None)`: no body.
pub(super) fn lower(body: &RequestBody, schemas: &mut Schemas<'_, '_>) -> Result<Option<Body>, String> {
    if body.content.is_empty() {
        return Ok(None);
    }
    let span = schemas.index.key_span(at(&body.extensions));
    if let Some((name, media)) = json_of(&body.content) {
        let media_type = if media::is_any(name) { "application/json".to_owned() } else { media::header(name) };
        let arguments = match schema_pointer(media) {
            Some(pointer) => json_arguments(pointer, body, span, schemas),
            None => vec![whole(json!({}), body, span)],
        };
        return Ok(Some(Body { media_type, arguments, span }));
    }
    // `consumes: [""]` and the like: what is no media type says nothing, and JSON is what is meant.
    if let Some((name, media)) = body.content.iter().find(|(name, _)| media::essence(name).is_none())
        && body.content.len() == 1
    {
        let message = format!("`{name}` is no media type; the request body is sent as JSON");
        schemas.report.push(Diagnostic::warning(codes::REPAIRED, span, message));
        let arguments = match schema_pointer(media) {
            Some(pointer) => json_arguments(pointer, body, span, schemas),
            None => vec![whole(json!({}), body, span)],
        };
        return Ok(Some(Body { media_type: "application/json".to_owned(), arguments, span }));
    }
    if let Some((name, _)) = body.content.iter().find(|(name, _)| media::is_text(name)) {
        let schema = json!({"type": "string"});
        return Ok(Some(Body { media_type: media::header(name), arguments: vec![whole(schema, body, span)], span }));
    }
    Err(body.content.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// Whether a body holds nothing: some generators give every operation an empty form.
pub(super) fn says_nothing(body: &RequestBody, schemas: &Schemas<'_, '_>) -> bool {
    body.content.values().all(|media| {
        let schema = schema_pointer(media).and_then(|pointer| schemas.refs.at(pointer)).and_then(Value::as_object);
        schema.is_none_or(|fields| {
            let empty = |key: &str| fields.get(key).and_then(Value::as_object).is_none_or(Map::is_empty);
            empty("properties") && ["$ref", "allOf", "anyOf", "oneOf"].iter().all(|key| !fields.contains_key(*key))
        })
    })
}

/// A plain object stands beside the parameters; anything else is one argument.
fn json_arguments(pointer: &str, body: &RequestBody, span: Span, schemas: &mut Schemas<'_, '_>) -> Vec<Argument> {
    // Looked at without keeping what it needs: a body that is one argument stays a reference to its definition.
    let needed = schemas.definitions.mark();
    let (value, _) = schemas.opened(pointer, Direction::Input);
    let Some(properties) = plain_properties(&value) else {
        schemas.definitions.reset(needed);
        return vec![whole(schemas.at(pointer, Direction::Input), body, span)];
    };
    let required: Vec<&str> =
        value.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let argument = |(name, schema): (&String, &Value)| Argument {
        wire: name.clone(),
        name: String::new(),
        required: body.required && required.contains(&name.as_str()),
        schema: schema.clone(),
        carrier: Carrier::Property,
        span,
    };
    properties.iter().map(argument).collect()
}

/// The properties of an object schema that says nothing but its properties.
fn plain_properties(value: &Value) -> Option<&Map<String, Value>> {
    let fields = value.as_object()?;
    let plain = fields.iter().all(|(key, value)| match key.as_str() {
        "type" => value == "object",
        "additionalProperties" => value == &Value::Bool(false),
        "properties" | "required" | "title" | "description" | "examples" | "default" | "deprecated" => true,
        _ => false,
    });
    let properties = fields.get("properties")?.as_object().filter(|properties| !properties.is_empty())?;
    // A required property that is not declared could not be given.
    let declared = fields
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .all(|name| properties.contains_key(name));
    (plain && declared && fields.contains_key("type")).then_some(properties)
}

fn whole(mut schema: Value, body: &RequestBody, span: Span) -> Argument {
    if let Value::Object(fields) = &mut schema
        && !fields.contains_key("description")
    {
        let description = body.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
        fields.insert("description".to_owned(), json!(description.unwrap_or("The request body")));
    }
    Argument {
        wire: "body".to_owned(),
        name: String::new(),
        required: body.required,
        schema,
        carrier: Carrier::Body,
        span,
    }
}
