//! GET operations as resources and resource templates: `petstore://pets/{petId}{?limit,tags*}`.
//!
//! The variables of a template are the arguments of the tool, so that reading a resource is calling the tool.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::arguments::{Argument, Carrier};
use super::operation::Lowered;
use super::schema::Schemas;
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::model::{Completion, Location, Read, Resource, ResourceTemplate, Style};

/// How many schemas are looked at to learn what one argument may be.
const LOOKS: usize = 16;

/// A value that is worth completing, in bytes.
const LONGEST: usize = 200;

/// The resources of a server.
#[derive(Default)]
pub(super) struct Resources {
    pub resources: Vec<Resource>,
    pub templates: Vec<ResourceTemplate>,
    /// Templates with their variables taken out: two that are equal answer to the same URIs.
    shapes: BTreeSet<String>,
}

impl Resources {
    /// Adds what a tool offers as a resource, if anything.
    pub(super) fn add(&mut self, server: &str, lowered: &Lowered, schemas: &mut Schemas<'_, '_>) {
        let tool = &lowered.tool;
        let Some(binding) = tool.binding.as_ref().filter(|binding| binding.method == "GET" && binding.body.is_none())
        else {
            return;
        };
        let Some(template) = template(server, &binding.path, &lowered.arguments, schemas) else { return };
        if !self.shapes.insert(template.shape) {
            schemas.report.push(
                Diagnostic::warning(
                    codes::RESOURCE,
                    tool.span,
                    format!("`{}` is no resource: another one answers to `{}`", tool.name, template.text),
                )
                .help("two paths differ only in the names of their variables"),
            );
            return;
        }
        let title = tool.title.clone();
        // What the title says is not said again.
        let description = Some(tool.description.clone())
            .filter(|text| title.as_deref().is_none_or(|title| text.trim_end_matches('.') != title));
        let mime_type = lowered.media_type.clone().filter(|name| !name.contains('*'));
        let read = Read::Tool(tool.name.clone());
        if template.variables.is_empty() {
            self.resources.push(Resource {
                uri: template.text,
                name: tool.name.clone(),
                title,
                description,
                mime_type,
                read,
                deadline_ms: None,
                span: tool.span,
            });
            return;
        }
        let completions = template.variables.iter().filter_map(|argument| {
            let values = candidates(argument, schemas);
            (!values.is_empty()).then(|| (argument.name.clone(), Completion::Values(values)))
        });
        let completions = completions.collect();
        self.templates.push(ResourceTemplate {
            uri_template: template.text,
            name: tool.name.clone(),
            title,
            description,
            mime_type,
            variables: tool.input.clone(),
            completions,
            read,
            deadline_ms: None,
            span: tool.span,
        });
    }
}

struct Template<'a> {
    text: String,
    shape: String,
    variables: Vec<&'a Argument>,
}

/// The RFC 6570 template of a path; `None` where a URI cannot carry what the operation needs.
fn template<'a>(
    server: &str,
    path: &str,
    arguments: &'a [Argument],
    schemas: &mut Schemas<'_, '_>,
) -> Option<Template<'a>> {
    let mut text = format!("{server}://");
    let mut shape = String::new();
    let mut variables = Vec::new();
    let path = if path == "/" { "/" } else { path.strip_prefix('/').unwrap_or(path) };
    let mut rest = path;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (name, tail) = tail.split_once('}')?;
        let argument = arguments.iter().find(|argument| argument.wire == name && argument.is_at(Location::Path))?;
        if !is_variable(&argument.name) || kinds(&argument.schema, schemas).contains("object") || !is_literal(literal) {
            return None;
        }
        text.push_str(literal);
        text.push_str(&format!("{{{}}}", argument.name));
        shape.push_str(literal);
        shape.push_str("{}");
        if !variables.iter().any(|known: &&Argument| known.name == argument.name) {
            variables.push(argument);
        }
        rest = tail;
    }
    if !is_literal(rest) {
        return None;
    }
    text.push_str(rest);
    shape.push_str(rest);

    let mut query = Vec::new();
    for argument in arguments {
        let Carrier::Parameter(parameter) = &argument.carrier else { return None };
        if parameter.location == Location::Path {
            continue;
        }
        let kinds = kinds(&argument.schema, schemas);
        let carried = parameter.location == Location::Query
            && parameter.style == Style::Form
            && parameter.content_type.is_none()
            && !kinds.contains("object")
            && is_variable(&argument.name);
        if carried {
            let list = kinds.contains("array") && parameter.explode;
            query.push(if list { format!("{}*", argument.name) } else { argument.name.clone() });
            variables.push(argument);
        } else if argument.required {
            return None;
        }
    }
    if !query.is_empty() {
        text.push_str(&format!("{{?{}}}", query.join(",")));
    }
    Some(Template { text, shape, variables })
}

/// RFC 6570 §2.3, without percent-encoding.
fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// RFC 3986 §3.3: what a path may hold as it is.
fn is_literal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte))
}

/// The types that a schema admits, as far as it says; references are followed.
fn kinds(schema: &Value, schemas: &mut Schemas<'_, '_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    gather(schema, schemas, &mut { LOOKS }, &mut |fields| found.extend(super::schema::type_names(fields)));
    found
}

/// What completes a variable: the values that its schema lists, or else those that the document shows as examples.
fn candidates(argument: &Argument, schemas: &mut Schemas<'_, '_>) -> Vec<String> {
    let mut found = Candidates::default();
    if let Carrier::Parameter(parameter) = &argument.carrier {
        found.shown.extend(parameter.examples.iter().cloned());
    }
    let mut items = Vec::new();
    gather(&argument.schema, schemas, &mut { LOOKS }, &mut |fields| {
        found.take(fields);
        items.extend(fields.get("items").cloned());
    });
    for item in items {
        gather(&item, schemas, &mut { LOOKS }, &mut |fields| found.take(fields));
    }
    found.texts()
}

/// What schemas say of their values.
#[derive(Default)]
struct Candidates {
    types: BTreeSet<String>,
    /// All that are admitted.
    listed: Vec<Value>,
    /// Some that are.
    shown: Vec<Value>,
}

impl Candidates {
    fn take(&mut self, fields: &Map<String, Value>) {
        let list = |key| fields.get(key).and_then(Value::as_array).into_iter().flatten();
        self.types
            .extend(super::schema::type_names(fields).into_iter().filter(|name| name != "array" && name != "null"));
        self.listed.extend(list("enum").chain(fields.get("const")).cloned());
        self.shown.extend(list("examples").cloned());
    }

    /// As they are typed. Examples are written by people, so those of another type are left out.
    fn texts(self) -> Vec<String> {
        let is_listed = !self.listed.is_empty();
        let given = if is_listed { self.listed } else { self.shown };
        let is_admitted = |name: &str| is_listed || self.types.is_empty() || self.types.contains(name);
        let mut texts = Vec::new();
        // An example of an array shows what its items may be.
        for value in given.iter().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice))
        {
            let text = match value {
                Value::String(text) if is_admitted("string") => text.clone(),
                Value::Number(number) if is_admitted("number") || is_admitted("integer") => number.to_string(),
                Value::Bool(flag) if is_admitted("boolean") => flag.to_string(),
                _ => continue,
            };
            if (1..=LONGEST).contains(&text.len()) && !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }
}

/// Looks at a schema, at what it refers to and at its alternatives: at so many of them.
pub(super) fn gather(
    schema: &Value,
    schemas: &mut Schemas<'_, '_>,
    looks: &mut usize,
    look: &mut dyn FnMut(&Map<String, Value>),
) {
    let Some(fields) = schema.as_object().filter(|_| *looks > 0) else { return };
    *looks -= 1;
    look(fields);
    if let Some(target) = schemas.referenced(fields) {
        gather(&target, schemas, looks, look);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for member in fields.get(key).and_then(Value::as_array).into_iter().flatten() {
            gather(member, schemas, looks, look);
        }
    }
}
