//! Forms: `application/x-www-form-urlencoded` and `multipart/form-data`. OpenAPI 3.1.1 §4.8.14.2, §4.8.14.3, §4.8.15.

use openapiv3::RequestBody;
use serde_json::{Map, Value, json};

use super::super::arguments::{Argument, Carrier};
use super::super::definitions::Direction;
use super::super::media;
use super::super::schema::Schemas;
use super::headers::{PartHeaders, with_headers};
use super::whole;
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::load::STYLE;
use crate::model::{Encoding, Style};
use crate::source::Span;

/// How many schemas are looked at to find the properties of a form.
const LOOKS: usize = 64;

/// What the runtime takes as the name of a file: no path, nothing that could end a header (`upstream/body/files.rs`).
const PLAIN_NAME: &str = r"^[^/\\\x00-\x1f]+$";

/// RFC 9110 §8.3.1: `type/subtype`, perhaps with parameters.
const MEDIA_TYPE: &str = r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[\x20-\x7e]*)?$";

/// A form and what its Media Type Object says.
pub(super) struct Form<'b> {
    pub multipart: bool,
    /// `encoding`
    pub declared: &'b Map<String, Value>,
    pub body: &'b RequestBody,
    pub span: Span,
}

impl Form<'_> {
    /// One argument for each property; the whole form as one where its properties are not known.
    pub(super) fn arguments(
        &self,
        pointer: Option<&str>,
        encodings: &mut Vec<(String, Encoding)>,
        headers: &mut PartHeaders,
        schemas: &mut Schemas<'_, '_>,
    ) -> Vec<Argument> {
        let needed = schemas.definitions.mark();
        let schema = pointer.map_or_else(|| json!({}), |pointer| schemas.opened(pointer, Direction::Input).0);
        let mut fields = Fields::default();
        let exact =
            fields.gather(&schema, Holds::Always, schemas, &mut { LOOKS }) && fields.declares_what_it_requires();
        let is_empty = fields.properties.is_empty();
        // An object that declares no property: some generators give every operation an empty form.
        if is_empty
            && schema.get("properties").is_some_and(|properties| properties == &json!({}))
            && matches!(schema.get("additionalProperties"), None | Some(Value::Bool(false)))
        {
            return Vec::new();
        }
        let mut files = || fields.properties.values().any(|schema| is_file(schema, schemas, &mut { LOOKS }));
        // Files are arguments of their own, so a form with files is flattened even where that loses how properties hang
        // together.
        if is_empty || !(exact || self.multipart && files()) {
            for (name, schema) in &fields.properties {
                encodings.extend(self.encoding(name, schema, schemas).map(|encoding| (name.clone(), encoding)));
            }
            schemas.definitions.reset(needed);
            for header in headers.given.drain(..).filter(|header| header.required) {
                let message = format!("the header `{}` of the part `{}` cannot be sent", header.name, header.property);
                let warning = Diagnostic::warning(codes::PARAMETER, self.span, message);
                schemas.report.push(warning.help("give its schema a `const` or a `default`"));
            }
            let mut schema = pointer.map_or_else(|| json!({}), |at| schemas.at(at, Direction::Input));
            // A form that somebody has written already may be urlencoded text; the parts of a multipart body have names.
            if let Value::Object(fields) = &mut schema
                && (self.multipart || pointer.is_none())
            {
                if !["type", "$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| fields.contains_key(*key)) {
                    fields.insert("type".to_owned(), json!("object"));
                } else if fields.contains_key("type") && !has_type(fields, "object") {
                    let message = "a multipart body has parts with names; its schema, which is no object, is left out";
                    schemas.report.push(Diagnostic::warning(codes::REPAIRED, self.span, message));
                    fields.clear();
                    fields.insert("type".to_owned(), json!("object"));
                }
            }
            return vec![whole(schema, self.body, self.span)];
        }
        let mut arguments = Vec::new();
        for (name, mut schema) in fields.properties {
            let encoding = self.encoding(&name, &schema, schemas);
            let own = headers.schema_of(&name);
            schema = match &encoding {
                Some(Encoding::File(media_type)) => file_argument(&schema, media_type, own, schemas),
                encoding => match own {
                    Some((headers, required)) => {
                        let one = matches!(encoding, Some(Encoding::Style { .. }));
                        headed(schema, &headers, required, one, schemas)
                    }
                    None => schema,
                },
            };
            encodings.extend(encoding.map(|encoding| (name.clone(), encoding)));
            let required_in_body = fields.required.contains(&name);
            let required = self.body.required && required_in_body;
            arguments.push(Argument {
                wire: name,
                name: String::new(),
                required,
                required_in_body,
                schema,
                carrier: Carrier::Property,
                span: self.span,
            });
        }
        arguments
    }

    /// How a property is written; `None`: as its JSON type says.
    fn encoding(&self, name: &str, schema: &Value, schemas: &mut Schemas<'_, '_>) -> Option<Encoding> {
        let declared = self.declared.get(name).and_then(Value::as_object);
        let content_type = declared.and_then(|declared| declared.get("contentType")).and_then(Value::as_str);
        if self.multipart && is_file(schema, schemas, &mut { LOOKS }) {
            return Some(Encoding::File(concrete(content_type).unwrap_or("application/octet-stream").to_owned()));
        }
        let declared = declared?;
        let style = declared.get(STYLE).or_else(|| declared.get("style")).and_then(Value::as_str);
        let flag = |key: &str| declared.get(key).and_then(Value::as_bool);
        // OpenAPI 3.1.1 §4.8.15.1.2: one of the three makes it a style, and the other two have their defaults.
        if style.is_some() || flag("explode").is_some() || flag("allowReserved").is_some() {
            let style = match style {
                None | Some("form") => Style::Form,
                Some("spaceDelimited") => Style::SpaceDelimited,
                Some("pipeDelimited") => Style::PipeDelimited,
                Some("deepObject") => Style::DeepObject,
                Some("tabDelimited") => Style::TabDelimited,
                Some(other) => {
                    let message = format!("`style: {other}` of the property `{name}` is not for forms; `form` is used");
                    schemas.report.push(Diagnostic::warning(codes::REPAIRED, self.span, message));
                    Style::Form
                }
            };
            // Nested values have no place in `form` and its kin; JSON, which is the default of objects, has one.
            let nested = style != Style::DeepObject && is_nested(schema, schemas);
            return (!nested).then(|| Encoding::Style {
                style,
                explode: flag("explode").unwrap_or(style == Style::Form),
                allow_reserved: flag("allowReserved").unwrap_or(false),
            });
        }
        let content_type = concrete(content_type)?;
        if self.multipart && media::kind(content_type) == Some(media::Kind::Bytes) {
            return Some(Encoding::File(content_type.to_owned()));
        }
        Some(Encoding::Content(content_type.to_owned()))
    }
}

/// The properties of a form: declared by its schema, by every part of an `allOf`, by any alternative.
#[derive(Default)]
struct Fields {
    properties: Map<String, Value>,
    required: Vec<String>,
}

/// Whether a part of a schema holds for every value, or is one of several alternatives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Always,
    Perhaps,
}

impl Fields {
    /// Adds what a schema says; whether the properties and the required names say all of it.
    fn gather(&mut self, schema: &Value, holds: Holds, schemas: &mut Schemas<'_, '_>, looks: &mut usize) -> bool {
        let Some(fields) = schema.as_object() else { return false };
        if *looks == 0 {
            return false;
        }
        *looks -= 1;
        let mut exact = fields.iter().all(|(key, value)| match key.as_str() {
            "type" => value == "object",
            "$ref" | "properties" | "required" | "allOf" => true,
            "title" | "description" | "examples" | "default" | "deprecated" => true,
            // Closed, and alone: in a part of an `allOf` it forbids the properties of the other parts.
            "additionalProperties" => {
                value == &Value::Bool(false) && *looks + 1 == LOOKS && !fields.contains_key("allOf")
            }
            _ => false,
        });
        if let Some(target) = schemas.referenced(fields) {
            exact &= self.gather(&target, holds, schemas, looks);
        }
        for (name, schema) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.add(name, schema, holds);
        }
        if holds == Holds::Always {
            let names = fields.get("required").and_then(Value::as_array).into_iter().flatten();
            self.required.extend(names.filter_map(Value::as_str).map(str::to_owned));
        }
        for (keyword, part_holds) in [("allOf", holds), ("anyOf", Holds::Perhaps), ("oneOf", Holds::Perhaps)] {
            for part in fields.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                exact &= self.gather(part, part_holds, schemas, looks);
            }
        }
        exact
    }

    /// A property that several parts declare fits all of them, or one of the alternatives.
    fn add(&mut self, name: &str, schema: &Value, holds: Holds) {
        let keyword = if holds == Holds::Always { "allOf" } else { "anyOf" };
        match self.properties.get_mut(name) {
            None => {
                self.properties.insert(name.to_owned(), schema.clone());
            }
            Some(known) if known == schema => {}
            Some(Value::Object(known)) if known.len() == 1 && known.contains_key(keyword) => {
                if let Some(Value::Array(members)) = known.get_mut(keyword)
                    && !members.contains(schema)
                {
                    members.push(schema.clone());
                }
            }
            Some(known) => *known = json!({keyword: [known.take(), schema]}),
        }
    }

    fn declares_what_it_requires(&self) -> bool {
        self.required.iter().all(|name| self.properties.contains_key(name))
    }
}

/// The first media type of a list that is no range.
fn concrete(content_type: Option<&str>) -> Option<&str> {
    let mut names = content_type?.split(',').map(str::trim);
    names.find(|name| media::essence(name).is_some_and(|name| !name.contains('*')) && media::header(name) == *name)
}

/// Whether the schema at a pointer is that of bytes.
pub(super) fn is_file_at(pointer: &str, schemas: &mut Schemas<'_, '_>) -> bool {
    let needed = schemas.definitions.mark();
    let (schema, _) = schemas.opened(pointer, Direction::Input);
    let file = is_file(&schema, schemas, &mut { LOOKS });
    schemas.definitions.reset(needed);
    file
}

/// Whether a form has a file among its properties.
pub(super) fn has_files(pointer: &str, schemas: &mut Schemas<'_, '_>) -> bool {
    let needed = schemas.definitions.mark();
    let (schema, _) = schemas.opened(pointer, Direction::Input);
    let mut fields = Fields::default();
    fields.gather(&schema, Holds::Always, schemas, &mut { LOOKS });
    let files = fields.properties.values().any(|schema| is_file(schema, schemas, &mut { LOOKS }));
    schemas.definitions.reset(needed);
    files
}

/// Whether a schema is that of raw bytes, or of an array of them: `format: binary` in 3.0; in 3.1 a media type without
/// an encoding (OpenAPI 3.1.1 §4.8.14.1).
fn is_file(schema: &Value, schemas: &mut Schemas<'_, '_>, looks: &mut usize) -> bool {
    let Some(fields) = schema.as_object() else { return false };
    if *looks == 0 {
        return false;
    }
    *looks -= 1;
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let string = has_type(fields, "string") || !fields.contains_key("type");
    if string && matches!(text("format"), Some("binary" | "file")) {
        return true;
    }
    if string
        && !fields.contains_key("contentEncoding")
        && text("contentMediaType").is_some_and(|name| media::kind(name) == Some(media::Kind::Bytes))
    {
        return true;
    }
    if let Some(target) = schemas.referenced(fields)
        && is_file(&target, schemas, looks)
    {
        return true;
    }
    if has_type(fields, "array")
        && let Some(items) = fields.get("items")
    {
        return is_file(items, schemas, looks);
    }
    ["allOf", "anyOf", "oneOf"].iter().any(|keyword| {
        let parts = fields.get(*keyword).and_then(Value::as_array);
        parts.into_iter().flatten().any(|part| is_file(part, schemas, looks))
    })
}

/// Whether an array is among what a schema of files allows.
fn is_list(schema: &Value, schemas: &mut Schemas<'_, '_>, looks: &mut usize) -> bool {
    let Some(fields) = schema.as_object() else { return false };
    if *looks == 0 {
        return false;
    }
    *looks -= 1;
    if has_type(fields, "array") {
        return true;
    }
    if let Some(target) = schemas.referenced(fields)
        && is_list(&target, schemas, looks)
    {
        return true;
    }
    ["allOf", "anyOf", "oneOf"].iter().any(|keyword| {
        let parts = fields.get(*keyword).and_then(Value::as_array);
        parts.into_iter().flatten().any(|part| is_list(part, schemas, looks))
    })
}

/// Whether the values of an array or an object may be arrays or objects.
fn is_nested(schema: &Value, schemas: &mut Schemas<'_, '_>) -> bool {
    let opened = schema.as_object().and_then(|fields| schemas.referenced(fields));
    let schema = opened.as_ref().unwrap_or(schema);
    let items = schema.get("items").into_iter();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let values: Vec<Value> = items.chain(properties).cloned().collect();
    values.iter().any(|value| {
        let opened = value.as_object().and_then(|fields| schemas.referenced(fields));
        let fields = opened.as_ref().unwrap_or(value).as_object();
        fields.is_some_and(|fields| has_type(fields, "object") || has_type(fields, "array"))
    })
}

fn has_type(fields: &Map<String, Value>, name: &str) -> bool {
    match fields.get("type") {
        Some(Value::String(given)) => given == name,
        Some(Value::Array(names)) => names.iter().any(|given| given == name),
        _ => false,
    }
}

/// The argument of a file, or of several.
fn file_argument(
    schema: &Value,
    media_type: &str,
    headers: Option<(Value, bool)>,
    schemas: &mut Schemas<'_, '_>,
) -> Value {
    let target = schema.as_object().and_then(|fields| schemas.referenced(fields));
    let description = [Some(schema), target.as_ref()].into_iter().flatten().find_map(|schema| {
        schema.get("description").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    });
    let is_list = is_list(schema, schemas, &mut { LOOKS });
    let unsaid = if is_list { "Files to upload" } else { "A file to upload" };
    let description = description.unwrap_or(unsaid).to_owned();
    let mut file = json!({
        "type": "object",
        "properties": {
            "data": {"type": "string", "contentEncoding": "base64", "description": "The content of the file, base64-encoded"},
            "filename": {"type": "string", "pattern": PLAIN_NAME, "description": "The name of the file, without a path"},
            "mediaType": {"type": "string", "pattern": MEDIA_TYPE, "description": format!("The media type of the file; default: {media_type}")},
        },
        "required": ["data"],
        "additionalProperties": false,
    });
    if let Some((headers, required)) = headers {
        file = with_headers(file, headers, required, true);
    }
    if is_list {
        file = json!({"type": "array", "items": file});
        for keyword in ["minItems", "maxItems"] {
            if let (Some(limit), Value::Object(file)) = (schema.get(keyword), &mut file) {
                file.insert(keyword.to_owned(), limit.clone());
            }
        }
    }
    if let Value::Object(file) = &mut file {
        file.insert("description".to_owned(), json!(description));
    }
    file
}

/// The argument of a property that is no file and whose parts have headers of the caller: each item of an array is a part,
/// unless a style makes one of all (`one`).
fn headed(schema: Value, headers: &Value, required: bool, one: bool, schemas: &mut Schemas<'_, '_>) -> Value {
    let target = schema.as_object().and_then(|fields| schemas.referenced(fields));
    let opened = target.as_ref().unwrap_or(&schema);
    let items =
        opened.get("items").filter(|_| !one && opened.as_object().is_some_and(|fields| has_type(fields, "array")));
    let Some(items) = items else { return with_headers(schema, headers.clone(), required, false) };
    let mut list = json!({"type": "array", "items": with_headers(items.clone(), headers.clone(), required, false)});
    for keyword in ["description", "minItems", "maxItems", "uniqueItems"] {
        let value = schema.get(keyword).or_else(|| opened.get(keyword));
        if let (Some(value), Value::Object(list)) = (value, &mut list) {
            list.insert(keyword.to_owned(), value.clone());
        }
    }
    list
}

/// The argument of a body of bytes. A range of media types is narrowed by the caller.
pub(super) fn bytes(media_type: &str) -> Value {
    if media_type.contains('*') {
        return json!({
            "type": "object",
            "properties": {
                "data": {"type": "string", "contentEncoding": "base64", "description": "The content, base64-encoded"},
                "mediaType": {"type": "string", "pattern": MEDIA_TYPE, "description": format!("The media type of the content: {media_type}")},
            },
            "required": ["data", "mediaType"],
            "additionalProperties": false,
        });
    }
    json!({"type": "string", "contentEncoding": "base64", "contentMediaType": media_type})
}
