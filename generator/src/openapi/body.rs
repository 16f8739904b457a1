//! Request bodies → arguments. OpenAPI 3.1.1 §4.8.13.

use openapiv3::{MediaType, RequestBody};
use serde_json::{Map, Value, json};

use super::arguments::{Argument, Carrier};
use super::definitions::Direction;
use super::media::Kind;
use super::responses::json_of;
use super::schema::Schemas;
use super::{at, media, prose, schema_pointer};
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::load::join;
use crate::model::{Encoding, XmlNode};
use crate::source::Span;

mod forms;
mod headers;
mod xml;

use headers::PartHeaders;

/// A body: its media type and its arguments.
pub(super) struct Body {
    pub media_type: String,
    pub required: bool,
    pub arguments: Vec<Argument>,
    pub encodings: Vec<(String, Encoding)>,
    pub part_headers: Vec<(String, String, String)>,
    pub given_headers: Vec<(String, String, bool)>,
    pub xml: Vec<XmlNode>,
    pub example: Option<Value>,
    /// What is said of a body whose properties are arguments, which has no argument to say it at.
    pub description: Option<String>,
    pub span: Span,
}

/// The body in the media type that arguments say best: JSON, then a form, multipart, bytes, text, JSON lines. A form
/// with files is multipart where it can be; XML has arguments where its schema says how it is written. `None`: the document names no media type.
pub(super) fn lower(body: &RequestBody, schemas: &mut Schemas<'_, '_>) -> Option<Body> {
    let span = schemas.index.key_span(at(&body.extensions));
    let (name, media, kind) = choose(body, span, schemas)?;
    let item = item_schema(name, media, schemas);
    let pointer = schema_pointer(media);
    let media_type = if kind == Kind::Json && (media::is_any(name) || media::essence(name).is_none()) {
        "application/json".to_owned()
    } else {
        media::header(name)
    };
    let mut encodings = Vec::new();
    let mut headers = PartHeaders::default();
    let table = pointer.filter(|_| kind == Kind::Text && media::is_xml(name)).and_then(|at| xml::table(at, schemas));
    let arguments = match (kind, pointer) {
        (Kind::Json, Some(pointer)) => json_arguments(pointer, body, span, schemas),
        (Kind::Json, None) => vec![whole(json!({}), body, span)],
        (Kind::Form | Kind::Multipart, pointer) => {
            let declared = declared_encodings(media, schemas);
            let multipart = kind == Kind::Multipart;
            if multipart {
                headers = PartHeaders::read(&declared, at(&media.extensions), schemas);
            }
            let form = forms::Form { multipart, declared: &declared, body, span };
            form.arguments(pointer, &mut encodings, &mut headers, schemas)
        }
        (Kind::Bytes, _) => vec![noted(whole(forms::bytes(&media_type), body, span), "base64-encoded")],
        (Kind::Text, Some(pointer)) if table.is_some() => json_arguments(pointer, body, span, schemas),
        (Kind::Text, _) => vec![noted(whole(text(&media_type), body, span), &format!("as {media_type}"))],
        (Kind::Lines, _) if item.is_some() => {
            let schema = item.map_or_else(|| json!({}), |item| schemas.at(&item, Direction::Input));
            vec![whole(json!({"type": "array", "items": schema}), body, span)]
        }
        (Kind::Lines, pointer) => {
            let schema = pointer.map_or_else(|| json!({}), |pointer| schemas.at(pointer, Direction::Input));
            let array = schema.get("type").and_then(Value::as_str) == Some("array");
            vec![whole(if array { schema } else { json!({"type": "array", "items": schema}) }, body, span)]
        }
    };
    let example = super::example(at(&media.extensions), schemas);
    let description = description(body, pointer, &arguments, schemas);
    Some(Body {
        media_type,
        required: body.required,
        arguments,
        encodings,
        given_headers: headers.rows(),
        part_headers: headers.fixed,
        xml: table.unwrap_or_default(),
        example,
        description,
        span,
    })
}

/// `itemSchema` of a sequence of values (OpenAPI 3.2.0, "Sequential Media Types"). What `schema` says beside it holds for
/// the whole sequence, and comes first.
pub(super) fn item_schema(name: &str, media: &MediaType, schemas: &Schemas<'_, '_>) -> Option<String> {
    let pointer = join(at(&media.extensions), "itemSchema");
    let alone = media::is_sequence(name) && schema_pointer(media).is_none();
    schemas.refs.at(&pointer).filter(|_| alone).map(|_| pointer)
}

fn description(
    body: &RequestBody,
    pointer: Option<&str>,
    arguments: &[Argument],
    schemas: &Schemas<'_, '_>,
) -> Option<String> {
    if !arguments.iter().any(|argument| matches!(argument.carrier, Carrier::Property)) {
        return None;
    }
    let schema = pointer.and_then(|at| schemas.refs.follow_quietly(at, schemas.refs.at(at)?));
    let of_schema = schema.and_then(|schema| schema.value.get("description")).and_then(Value::as_str);
    let mut texts: Vec<String> = Vec::new();
    for text in [body.description.as_deref(), of_schema].into_iter().flatten().map(prose::plain) {
        if !text.is_empty() && !texts.iter().any(|known| prose::says(known, &text)) {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The media type that is sent, with its name: the first of those that a person prefers, else the best one.
fn choose<'b>(
    body: &'b RequestBody,
    span: Span,
    schemas: &mut Schemas<'_, '_>,
) -> Option<(&'b str, &'b MediaType, Kind)> {
    let preferred = schemas.media_types.iter().filter_map(|wanted| media::essence(wanted)).find_map(|wanted| {
        let (name, media) = body.content.iter().find(|(name, _)| media::essence(name).as_ref() == Some(&wanted))?;
        Some((name.as_str(), media, media::kind(name)?))
    });
    if preferred.is_some() {
        return preferred;
    }
    let best = best(body, span, schemas)?;
    let others: Vec<String> =
        body.content.keys().filter(|name| *name != best.0).map(|name| format!("`{name}`")).collect();
    if !others.is_empty() && body.content.contains_key(best.0) {
        let message = format!("the request body is sent as `{}`; it could be {}", best.0, others.join(" or "));
        let problem = Diagnostic::warning(codes::MEDIA_TYPE, span, message);
        schemas.report.push(problem.help("`--media-type` chooses another one"));
    }
    Some(best)
}

/// The media type that arguments say best.
fn best<'b>(
    body: &'b RequestBody,
    span: Span,
    schemas: &mut Schemas<'_, '_>,
) -> Option<(&'b str, &'b MediaType, Kind)> {
    if let Some((name, media)) = json_of(&body.content) {
        // `*/*` with bytes is what "any file" looks like.
        let file = media::is_any(name) && schema_pointer(media).is_some_and(|at| forms::is_file_at(at, schemas));
        return Some(if file { ("application/octet-stream", media, Kind::Bytes) } else { (name, media, Kind::Json) });
    }
    let mut known: Vec<(&str, &MediaType, Kind)> =
        (body.content.iter()).filter_map(|(name, media)| Some((name.as_str(), media, media::kind(name)?))).collect();
    known.sort_by_key(|(_, _, kind)| *kind);
    let of = |wanted: Kind| known.iter().find(|(_, _, kind)| *kind == wanted).copied();
    if let (Some(form), Some(multipart)) = (of(Kind::Form), of(Kind::Multipart)) {
        let files = schema_pointer(multipart.1).is_some_and(|at| forms::has_files(at, schemas));
        return Some(if files { multipart } else { form });
    }
    if let Some(best) = known.first() {
        return Some(*best);
    }
    // `consumes: [""]` and the like: what is no media type says nothing, and JSON is what is meant.
    let (name, media) = body.content.first()?;
    let message = format!("`{name}` is no media type; the request body is sent as JSON");
    schemas.report.push(Diagnostic::warning(codes::REPAIRED, span, message));
    Some((name, media, Kind::Json))
}

/// `encoding` of a Media Type Object, by property: `openapiv3` knows less of it than 3.1 has.
fn declared_encodings(media: &MediaType, schemas: &Schemas<'_, '_>) -> Map<String, Value> {
    let value = schemas.refs.at(at(&media.extensions)).and_then(|media| media.get("encoding"));
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Says at the end of the first line of its description how an argument is written.
fn noted(mut argument: Argument, note: &str) -> Argument {
    if let Some(Value::String(description)) = argument.schema.get_mut("description") {
        let end = description.find('\n').unwrap_or(description.len());
        let full_stop = description.get(..end).is_some_and(|line| line.ends_with('.'));
        description.insert_str(if full_stop { end - 1 } else { end }, &format!(" ({note})"));
    }
    argument
}

/// A text that the caller writes.
fn text(media_type: &str) -> Value {
    if media_type.starts_with("text/plain") {
        return json!({"type": "string"});
    }
    json!({"type": "string", "contentMediaType": media_type})
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
        required_in_body: required.contains(&name.as_str()),
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
        let description = body.description.as_deref().map(prose::plain).filter(|text| !text.is_empty());
        fields.insert("description".to_owned(), json!(description.as_deref().unwrap_or("The request body")));
    }
    Argument {
        wire: "body".to_owned(),
        name: String::new(),
        required: body.required,
        required_in_body: true,
        schema,
        carrier: Carrier::Body,
        span,
    }
}

#[cfg(test)]
mod tests;
