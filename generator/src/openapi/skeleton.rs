//! A document's structure without its schemas: what `openapiv3` reads.
//!
//! Walks the document along the [`grammar`](super::grammar) and builds the part that the grammar names: references are
//! replaced by what they name, every Schema Object by a reference to where it stands, and every object carries its
//! place as `x-mcpgen-at`. Small mistakes are repaired with a warning; what cannot be read is an error. So `openapiv3`
//! sees nothing that it could refuse, drop or change.

use serde_json::{Map, Value};

use super::grammar::{self, Object, Shape};
use super::mark;
use super::refs::{Refs, reference_of};
use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::load::{Document, Kind, STYLE, Version, join};
use crate::source::Span;

/// The extension that holds the pointer of an object.
pub(super) const AT: &str = "x-mcpgen-at";

/// The extension of a Path Item Object that holds the operations of methods that `openapiv3` does not know.
pub(super) const OPERATIONS: &str = "x-mcpgen-operations";

/// The extension of an operation or a path item that requires a parameter that cannot be sent: its name.
pub(super) const UNSENDABLE: &str = "x-mcpgen-unsendable";

/// The extension of a security scheme of the type `mutualTLS`, which `openapiv3` does not know.
/// Marks a parameter that is the whole query.
pub(super) const QUERY_STRING: &str = "x-mcpgen-querystring";

pub(super) const MUTUAL_TLS: &str = "x-mcpgen-mutual-tls";

/// References let a small document describe a large structure: what they may add to it. SECURITY.md G8.
const MAX_NODES: usize = 1_000_000;

/// Builds the skeleton.
///
/// # Errors
/// The report has errors.
pub(super) fn build<'a>(document: &'a Document, refs: &Refs<'a>, report: &mut Report) -> Result<Value, Stop> {
    let limit = MAX_NODES + document.size();
    let mut builder = Builder { document, refs, report, nodes: 0, limit, unsendable: None };
    let root = builder.object(&grammar::DOCUMENT, &document.value, "");
    if builder.nodes > builder.limit {
        let at = document.index.span("");
        report.push(
            Diagnostic::error(codes::TOO_LARGE, at, "the document is too large once its references are resolved")
                .help("references to large path items are repeated for every path"),
        );
    }
    report.check()?;
    root.ok_or(Stop)
}

struct Builder<'a, 'b> {
    document: &'a Document,
    refs: &'b Refs<'a>,
    report: &'b mut Report,
    nodes: usize,
    limit: usize,
    /// A required parameter of the object at hand that cannot be sent.
    unsendable: Option<String>,
}

impl<'a> Builder<'a, '_> {
    fn span(&self, pointer: &str) -> Span {
        self.document.index.span(pointer)
    }

    fn warn(&mut self, pointer: &str, message: impl Into<String>) {
        let at = self.document.index.key_span(pointer);
        self.report.push(Diagnostic::warning(codes::REPAIRED, at, message));
    }

    fn shape(&mut self, shape: &Shape, value: &'a Value, pointer: &str) -> Option<Value> {
        self.nodes += 1;
        if self.nodes > self.limit {
            return None;
        }
        match shape {
            Shape::Text => self.text(value, pointer),
            Shape::Flag => self.flag(value, pointer),
            Shape::Schema => Some(place_of_schema(pointer)),
            Shape::Object(object) => self.referenced(object, value, pointer),
            // Beyond the specification, documents put references wherever an object is expected.
            _ if reference_of(value).is_some() => {
                let target = self.refs.follow(pointer, value, self.report)?;
                self.collection(shape, target.value, &target.pointer)
            }
            _ => self.collection(shape, value, pointer),
        }
    }

    fn collection(&mut self, shape: &Shape, value: &'a Value, pointer: &str) -> Option<Value> {
        match shape {
            Shape::List(item) => self.list(item, value, pointer),
            Shape::Map(item) => self.map(item, value, pointer),
            Shape::Paths => self.paths(value, pointer),
            Shape::Responses => self.responses(value, pointer),
            Shape::Text | Shape::Flag | Shape::Schema | Shape::Object(_) => None,
        }
    }

    fn wrong_type(&mut self, expected: &str, value: &Value, pointer: &str) {
        // An entry of a list has no name of its own.
        let name = match pointer.rsplit_once('/') {
            Some((list, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) && self.is_list(list) => {
                format!("each of `{}`", last_token(list))
            }
            _ => format!("`{}`", last_token(pointer)),
        };
        self.report.push(
            Diagnostic::warning(
                codes::WRONG_TYPE,
                self.document.index.span(pointer),
                format!("{name} must be {expected}, and is {}; it is left out", kind(value)),
            )
            .label(format!("expected {expected}")),
        );
    }

    fn is_list(&self, pointer: &str) -> bool {
        self.document.value.pointer(pointer).is_some_and(Value::is_array)
    }

    fn text(&mut self, value: &Value, pointer: &str) -> Option<Value> {
        match value {
            Value::String(text) => {
                self.nodes += text.len() / 64;
                Some(Value::String(text.clone()))
            }
            Value::Number(_) | Value::Bool(_) => {
                let written = self.spelling(pointer).unwrap_or_else(|| value.to_string());
                let name = last_token(pointer);
                self.warn(pointer, format!("`{name}` must be a string; {} is read as \"{written}\"", kind(value)));
                Some(Value::String(written))
            }
            _ => {
                self.wrong_type("a string", value, pointer);
                None
            }
        }
    }

    /// A scalar as the document writes it: `1.0` and not `1`.
    fn spelling(&self, pointer: &str) -> Option<String> {
        let span = self.span(pointer);
        let source = self.report.sources.get(span.file)?;
        let text = source.text.get(span.start as usize..span.end as usize)?.trim();
        (!text.is_empty() && text.len() < 64 && !text.contains('\n')).then(|| text.to_owned())
    }

    fn flag(&mut self, value: &Value, pointer: &str) -> Option<Value> {
        match value {
            Value::Bool(_) => Some(value.clone()),
            Value::String(text) if matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no") => {
                let flag = matches!(text.to_ascii_lowercase().as_str(), "true" | "yes");
                self.warn(
                    pointer,
                    format!("`{}` must be a boolean; \"{text}\" is read as {flag}", last_token(pointer)),
                );
                Some(Value::Bool(flag))
            }
            _ => {
                self.wrong_type("true or false", value, pointer);
                None
            }
        }
    }

    fn list(&mut self, item: &Shape, value: &'a Value, pointer: &str) -> Option<Value> {
        let Value::Array(items) = value else {
            if value.as_object().is_some_and(Map::is_empty) {
                self.warn(pointer, format!("`{}` must be an array; `{{}}` is read as `[]`", last_token(pointer)));
                return Some(Value::Array(Vec::new()));
            }
            self.wrong_type("an array", value, pointer);
            return None;
        };
        let mut out = Vec::with_capacity(items.len());
        for (at, value) in items.iter().enumerate() {
            let pointer = join(pointer, &at.to_string());
            if value.is_null() {
                self.warn(&pointer, "an empty item is left out");
            } else if let Some(value) = self.shape(item, value, &pointer) {
                out.push(value);
            }
        }
        Some(Value::Array(out))
    }

    /// The fields of an object. An empty array is an empty object, as PHP writes it; nothing at all is one too.
    fn fields(&mut self, value: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match value {
            Value::Object(fields) => Some(fields),
            Value::Null => Some(&EMPTY),
            Value::Array(items) if items.is_empty() => {
                self.warn(pointer, format!("`{}` must be an object; `[]` is read as `{{}}`", last_token(pointer)));
                Some(&EMPTY)
            }
            _ => {
                self.wrong_type("an object", value, pointer);
                None
            }
        }
    }

    fn map(&mut self, item: &Shape, value: &'a Value, pointer: &str) -> Option<Value> {
        let fields = self.fields(value, pointer)?;
        let mut out = Map::new();
        for (key, value) in fields {
            let value = match (item, value) {
                // `- api_key:` in a list of requirements
                (Shape::List(_), Value::Null) => Some(Value::Array(Vec::new())),
                _ => self.shape(item, value, &join(pointer, key)),
            };
            if let Some(value) = value {
                out.insert(key.clone(), value);
            }
        }
        Some(Value::Object(out))
    }

    fn object(&mut self, object: &'static Object, value: &'a Value, pointer: &str) -> Option<Value> {
        let fields = self.fields(value, pointer)?;
        let mut out = Map::new();
        let outer = matches!(object.name, "Operation" | "Path Item").then(|| self.unsendable.take());
        for (key, value) in fields {
            let Some((_, shape)) = object.fields.iter().find(|(name, _)| name == key) else {
                if key == mark::KEY && matches!(object.name, "OpenAPI" | "Path Item" | "Operation") {
                    out.insert(key.clone(), value.clone());
                }
                self.unknown(object, fields, key, value, pointer);
                continue;
            };
            let pointer = join(pointer, key);
            if value.is_null() && !matches!(shape, Shape::Paths | Shape::Responses) {
                self.warn(&pointer, format!("`{key}` has no value and is left out"));
            } else if let Some(value) = self.shape(shape, value, &pointer) {
                out.insert(key.clone(), value);
            } else if key == "requestBody" {
                // There is a body, and nothing is known of it.
                out.insert(key.clone(), serde_json::json!({"content": {"application/json": {}}, (AT): pointer}));
            }
        }
        out.insert(AT.to_owned(), Value::String(pointer.to_owned()));
        if let Some(outer) = outer
            && let Some(name) = std::mem::replace(&mut self.unsendable, outer)
        {
            out.insert(UNSENDABLE.to_owned(), Value::String(name));
        }
        self.complete(object, out, fields, pointer).map(Value::Object)
    }

    /// A key that is in no table has no effect, and a person should know.
    fn unknown(&mut self, object: &Object, fields: &Map<String, Value>, key: &str, value: &Value, pointer: &str) {
        if key.starts_with("x-") || object.ignored.contains(&key) || inlined(object, fields, key) {
            return;
        }
        let shown: String = key.chars().take(60).collect();
        let near =
            object.fields.iter().map(|(name, _)| *name).filter(|name| !fields.contains_key(*name)).find(|name| {
                strsim::damerau_levenshtein(&name.to_lowercase(), &shown.to_lowercase()) <= 1 + name.len() / 6
            });
        let at = self.document.index.key_span(&join(pointer, key));
        let message = format!("`{shown}` is no field of the {} Object and is not read", object.name);
        let problem = Diagnostic::warning(codes::UNKNOWN_FIELD, at, message);
        self.report.push(match near {
            _ if value.is_null() => {
                problem.help("in YAML's braces a comma ends a value: put quotes around a text with commas")
            }
            Some(near) => problem.label(format!("did you mean `{near}`?")),
            None => problem.help("begin the name of an extension with `x-`"),
        });
    }

    /// An object, or what a Reference Object in its place names.
    fn referenced(&mut self, object: &'static Object, value: &'a Value, pointer: &str) -> Option<Value> {
        if reference_of(value).is_none() {
            return self.object(object, value, pointer);
        }
        let target = self.refs.follow(pointer, value, self.report)?;
        let mut out = self.object(object, target.value, &target.pointer)?;
        // OpenAPI 3.1.1 §4.8.23: a description beside the reference stands in for the one at its target.
        if let (Some(Value::String(description)), Some(fields)) = (value.get("description"), out.as_object_mut())
            && object.fields.iter().any(|(name, _)| *name == "description")
        {
            fields.insert("description".to_owned(), Value::String(description.clone()));
        }
        Some(out)
    }

    fn paths(&mut self, value: &'a Value, pointer: &str) -> Option<Value> {
        let fields = self.fields(value, pointer)?;
        let mut out = Map::new();
        for (path, value) in fields {
            if path.starts_with("x-") {
                continue;
            }
            let pointer = join(pointer, path);
            let mut path = path.clone();
            if !path.starts_with('/') {
                self.warn(&pointer, format!("a path begins with `/`: `{path}` is read as `/{path}`"));
                path.insert(0, '/');
            }
            if out.contains_key(&path) {
                self.warn(&pointer, format!("the path `{path}` stands twice; this one is left out"));
            } else if let Some(item) = self.path_item(value, &pointer) {
                out.insert(path, item);
            }
        }
        Some(Value::Object(out))
    }

    /// A Path Item Object: what its `$ref` names, then its own fields.
    fn path_item(&mut self, value: &'a Value, pointer: &str) -> Option<Value> {
        let own = self.object(&grammar::PATH_ITEM, value, pointer)?;
        if reference_of(value).is_none() {
            return Some(own);
        }
        let target = self.refs.follow(pointer, value, self.report)?;
        let mut item = self.object(&grammar::PATH_ITEM, target.value, &target.pointer)?;
        if let (Value::Object(item), Value::Object(own)) = (&mut item, own) {
            item.extend(own);
        }
        Some(item)
    }

    fn responses(&mut self, value: &'a Value, pointer: &str) -> Option<Value> {
        static RESPONSE: Shape = Shape::Object(&grammar::RESPONSE);
        let fields = self.fields(value, pointer)?;
        let mut out = Map::new();
        for (status, value) in fields {
            if status.starts_with("x-") {
                continue;
            }
            let pointer = join(pointer, status);
            let Some(status) = status_key(status) else {
                self.warn(
                    &pointer,
                    format!("`{status}` is no status code, no range such as `4XX` and not `default`; it is left out"),
                );
                continue;
            };
            if let Some(response) = self.shape(&RESPONSE, value, &pointer) {
                out.insert(status, response);
            }
        }
        Some(Value::Object(out))
    }

    /// What every object of a kind must have, and `openapiv3` insists on.
    fn complete(
        &mut self,
        object: &Object,
        mut out: Map<String, Value>,
        fields: &Map<String, Value>,
        pointer: &str,
    ) -> Option<Map<String, Value>> {
        match object.name {
            "OpenAPI" => {
                if !out.contains_key("info") {
                    // One that is there and is no object has its warning.
                    if !fields.contains_key("info") {
                        self.warn(pointer, "the document has no `info`: add a title and a version");
                    }
                    out.insert("info".to_owned(), serde_json::json!({"title": "", "version": "", (AT): pointer}));
                }
                out.entry("paths").or_insert_with(|| Value::Object(Map::new()));
                Some(out)
            }
            "Info" => {
                for key in ["title", "version"] {
                    if !out.contains_key(key) {
                        self.warn(pointer, format!("`info` has no `{key}`"));
                        out.insert(key.to_owned(), Value::String(String::new()));
                    }
                }
                Some(out)
            }
            "Server" if !out.contains_key("url") => {
                self.warn(pointer, "a server without `url` is left out");
                None
            }
            "Server Variable" => {
                out.entry("default").or_insert_with(|| Value::String(String::new()));
                Some(out)
            }
            "Path Item" => Some(self.more_operations(out)),
            "Media Type" => {
                // The values of a sequence of JSON are arguments, or the answer.
                let is_read = super::media::is_sequence(&last_token(pointer));
                if fields.contains_key("itemSchema") && !fields.contains_key("schema") && !is_read {
                    let at = self.document.index.key_span(&join(pointer, "itemSchema"));
                    let message =
                        "`itemSchema` is read for sequences of JSON only: the items are passed on as they come";
                    self.report.push(Diagnostic::warning(codes::NOT_READ, at, message));
                }
                Some(out)
            }
            "Operation" => {
                if !fields.contains_key("responses") && self.is_before(Version::V3_1) {
                    self.warn(pointer, "the operation has no `responses`: every answer is passed on as it is");
                }
                out.entry("responses").or_insert_with(|| Value::Object(Map::new()));
                Some(out)
            }
            "Response" => {
                if !fields.contains_key("description") && self.is_before(Version::V3_2) {
                    self.warn(pointer, "the response has no `description`: that of its status is used");
                }
                out.entry("description").or_insert_with(|| Value::String(String::new()));
                Some(out)
            }
            "Parameter" => self.parameter(out, fields, pointer),
            "Security Scheme" => self.security_scheme(out, pointer),
            _ => Some(out),
        }
    }

    fn is_before(&self, version: Version) -> bool {
        matches!(self.document.kind, Kind::OpenApi(given) if given < version)
    }

    /// The methods of OpenAPI 3.2.0 §4.9 that `openapiv3` would drop.
    fn more_operations(&mut self, mut out: Map<String, Value>) -> Map<String, Value> {
        let mut more = Map::new();
        more.extend(out.remove("query").map(|operation| ("QUERY".to_owned(), operation)));
        if let Some(Value::Object(additional)) = out.remove("additionalOperations") {
            more.extend(additional);
        }
        if !more.is_empty() {
            out.insert(OPERATIONS.to_owned(), Value::Object(more));
        }
        out
    }

    fn missing(&mut self, object: &str, field: &str, pointer: &str) {
        let at = self.span(pointer);
        self.report.push(
            Diagnostic::warning(
                codes::MISSING_FIELD,
                at,
                format!("the {object} Object has no `{field}` and is left out"),
            )
            .help(format!("add `{field}`")),
        );
    }

    fn parameter(
        &mut self,
        mut out: Map<String, Value>,
        fields: &Map<String, Value>,
        pointer: &str,
    ) -> Option<Map<String, Value>> {
        for field in ["name", "in"] {
            if !out.contains_key(field) {
                self.missing("Parameter", field, pointer);
                return None;
            }
        }
        if out.get("in").is_some_and(|location| location == "querystring") {
            out = self.query_string(out, pointer)?;
        }
        let text = |key: &str| out.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, location) = (text("name"), text("in"));
        let styles: &[&str] = match location.as_str() {
            "path" => &["matrix", "label", "simple"],
            "query" => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
            "header" => &["simple"],
            "cookie" => &["form", "cookie"],
            _ => {
                self.warn(
                    &join(pointer, "in"),
                    format!(
                        "the parameter `{name}` is left out: `in: {location}` is none of path, query, header, cookie"
                    ),
                );
                return None;
            }
        };
        let style = text("style");
        if out.contains_key("style") && !styles.contains(&style.as_str()) {
            let usual = styles.iter().find(|style| matches!(**style, "simple" | "form")).unwrap_or(&"form");
            let message = format!("`style: {style}` is not for parameters in the {location}; `{usual}` is used");
            self.warn(&join(pointer, "style"), message);
            out.remove("style");
        }
        // What `openapiv3` has no word for.
        let more = match (fields.get(STYLE).and_then(Value::as_str), style.as_str()) {
            (Some(made), _) => Some(made.to_owned()),
            (None, "cookie") if out.contains_key("style") => Some(style),
            _ => None,
        };
        if let Some(style) = more {
            out.remove("style");
            out.insert(STYLE.to_owned(), Value::String(style));
        }
        if location == "path" && out.get("required") != Some(&Value::Bool(true)) {
            self.warn(pointer, format!("the path parameter `{name}` is always required: add `required: true`"));
            out.insert("required".to_owned(), Value::Bool(true));
        }
        let content = out.get("content").and_then(Value::as_object).filter(|content| !content.is_empty());
        match (content.map(Map::len), out.contains_key("schema")) {
            (Some(_), true) => {
                self.warn(pointer, format!("the parameter `{name}` has `schema` and `content`: `schema` is used"));
                out.remove("content");
            }
            (None, true) => {
                out.remove("content");
            }
            (Some(1), false) => {}
            (Some(_), false) => {
                self.warn(pointer, format!("`content` of the parameter `{name}` has several media types"))
            }
            (None, false) => {
                out.remove("content");
                // Swagger 2.0 writes the schema's keywords into the parameter itself.
                let inline = ["type", "enum", "items", "format", "$ref"].iter().any(|key| fields.contains_key(*key));
                self.warn(pointer, format!("the parameter `{name}` has no `schema`"));
                let place = if inline { pointer.to_owned() } else { join(pointer, "schema") };
                out.insert("schema".to_owned(), place_of_schema(&place));
            }
        }
        Some(out)
    }

    /// `in: querystring` (OpenAPI 3.2.0 §4.12.1): the whole query. A form is an object whose properties are the pairs,
    /// which is what `style: form` with `explode` writes; JSON and types whose values are texts are one value.
    fn query_string(&mut self, mut out: Map<String, Value>, pointer: &str) -> Option<Map<String, Value>> {
        let content = out.remove("content");
        let form = content.as_ref().and_then(Value::as_object).and_then(|content| {
            let (name, media) = content.iter().next()?;
            let form = super::media::essence(name)? == "application/x-www-form-urlencoded";
            media.get("schema").filter(|_| form).cloned()
        });
        if let Some(schema) = form {
            out.insert("in".to_owned(), Value::String("query".to_owned()));
            out.insert("style".to_owned(), Value::String("form".to_owned()));
            out.insert("explode".to_owned(), Value::Bool(true));
            out.insert("schema".to_owned(), schema);
            return Some(out);
        }
        let media_type = content.as_ref().and_then(Value::as_object).and_then(|content| content.keys().next());
        let one_value = media_type.and_then(|name| super::media::essence(name)).is_some_and(|name| {
            !name.starts_with("multipart/") && !name.contains('*') && name != "application/x-www-form-urlencoded"
        });
        if let (true, Some(content)) = (one_value, content) {
            out.insert("in".to_owned(), Value::String("query".to_owned()));
            out.insert("content".to_owned(), content);
            out.insert(QUERY_STRING.to_owned(), Value::Bool(true));
            return Some(out);
        }
        let name = out.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = self.span(pointer);
        let message = format!("the parameter `{name}` is left out: its media type cannot be the query of a URL");
        self.report.push(Diagnostic::warning(codes::PARAMETER, at, message));
        if out.get("required") == Some(&Value::Bool(true)) {
            self.unsendable = Some(name);
        }
        None
    }

    fn security_scheme(&mut self, mut out: Map<String, Value>, pointer: &str) -> Option<Map<String, Value>> {
        let text = |key: &str| out.get(key).and_then(Value::as_str).unwrap_or_default();
        let known = match text("type") {
            "apiKey" => !text("name").is_empty() && matches!(text("in"), "header" | "query" | "cookie"),
            "http" => !text("scheme").is_empty(),
            "oauth2" | "openIdConnect" | "mutualTLS" => true,
            _ => false,
        };
        if !known {
            let name = last_token(pointer);
            let at = self.document.index.key_span(pointer);
            self.report.push(
                Diagnostic::warning(
                    codes::SECURITY_SCHEME,
                    at,
                    format!("the security scheme `{name}` cannot be used"),
                )
                .help("apiKey needs `name` and `in`, http needs `scheme`; oauth2, openIdConnect and mutualTLS need nothing more"),
            );
            return None;
        }
        if text("type") == "mutualTLS" {
            out.insert("type".to_owned(), Value::String("openIdConnect".to_owned()));
            out.insert(MUTUAL_TLS.to_owned(), Value::Bool(true));
        }
        // What `openapiv3` insists on and this stage does not read.
        out.insert("flows".to_owned(), Value::Object(Map::new()));
        out.entry("openIdConnectUrl").or_insert_with(|| Value::String(String::new()));
        Some(out)
    }
}

/// Whether a field of a parameter is a keyword of the schema that it has not, as Swagger 2.0 writes it.
fn inlined(object: &Object, fields: &Map<String, Value>, key: &str) -> bool {
    object.name == "Parameter" && !fields.contains_key("schema") && super::schema::is_keyword(key)
}

/// What stands for a schema in the skeleton: `openapiv3` keeps it as a reference.
fn place_of_schema(pointer: &str) -> Value {
    serde_json::json!({"$ref": pointer})
}

/// A key of the Responses Object as `openapiv3` reads it.
fn status_key(key: &str) -> Option<String> {
    if key == "default" {
        return Some(key.to_owned());
    }
    let upper = key.to_ascii_uppercase();
    match upper.as_bytes() {
        [b'1'..=b'5', b'X', b'X'] => Some(upper),
        [b'1'..=b'9', second, third] if second.is_ascii_digit() && third.is_ascii_digit() => Some(upper),
        _ => None,
    }
}

fn last_token(pointer: &str) -> String {
    crate::load::tokens(pointer).last().unwrap_or_else(|| "the document".to_owned())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
