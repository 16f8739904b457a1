//! OpenAPI 3.0, 3.1 and 3.2 → model. The only folder that imports `openapiv3`.
//!
//! ```text
//! document ─► skeleton ─► openapiv3 ─► operations ─► model
//!     └────────────── schemas ─────────────┘
//! ```

use indexmap::IndexMap;
use openapiv3::{MediaType, OpenAPI, Operation, PathItem, ReferenceOr};
use serde_json::Value;

use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::load::Document;
use crate::lock::{self, Lock};
use crate::model::{ErrorSource, Output, Schema, Server, Setting, Upstream};
use crate::options::Options;

mod arguments;
mod body;
mod definitions;
mod grammar;
mod links;
mod mark;
mod media;
mod names;
mod operation;
mod parameters;
mod prose;
mod refs;
mod resources;
mod responses;
mod schema;
mod security;
mod servers;
mod skeleton;

use definitions::Named;
use operation::{Lowered, Place};
use schema::Schemas;
use security::Security;

/// What an OpenAPI document offers: every operation as a tool, GET operations as resources too.
///
/// # Errors
/// The report has errors: broken references, wrong types, missing fields, no usable operation.
pub(crate) fn lower(
    document: &Document,
    options: &Options,
    lock: Option<&Lock>,
    report: &mut Report,
) -> Result<Server, Stop> {
    let refs = refs::Refs::new(document);
    let index = &document.index;
    let skeleton = skeleton::build(document, &refs, report)?;
    let api: OpenAPI = match serde_json::from_value(skeleton) {
        Ok(api) => api,
        Err(error) => {
            let message = format!("the structure of the document was not understood: {error}");
            report.push(Diagnostic::error(codes::INTERNAL, index.span(""), message).help("please report this defect"));
            return Err(Stop);
        }
    };
    let name = options.name.clone().unwrap_or_else(|| server_name(&api.info.title, &document.file_name));
    let more = more_operations(&api);
    let beside = more.values().flatten().map(|(_, operation)| operation);
    let security = Security::new(&api, beside, &name, &refs, index, report);
    let mut base_url = servers::base_url(&api.servers, index, report);

    let mut schemas = Schemas::new(&refs, index, &options.media_types, report);
    let mut lowered = operations(&api, &more, lock, &security, &mut schemas);
    let mut resources = resources::Resources::default();
    for one in &lowered {
        resources.add(&name, one, &mut schemas);
    }
    links::settle(&mut lowered, &mut schemas);
    let named = definitions::finish(schemas);
    unread(document, lowered.is_empty(), report);
    report.check()?;
    if base_url.is_none() {
        base_url = servers::hoist(&mut lowered);
    }
    if base_url.is_none() && api.servers.is_empty() {
        let message = "the document has no `servers`: the base URL must be given in the environment";
        report.push(Diagnostic::warning(codes::BASE_URL, index.span("/info"), message));
    }

    let prefix = names::screaming(&name);
    let upstream =
        Upstream { base_url_env: format!("{prefix}_BASE_URL"), base_url, security_schemes: security.schemes };
    let mut server = Server {
        title: text(&api.info.title),
        version: text(&api.info.version).unwrap_or_else(|| "0.0.0".to_owned()),
        description: api.info.description.as_deref().and_then(text),
        instructions: None,
        settings: settings(&upstream, index.span("/servers")),
        schemas: IndexMap::new(),
        tools: lowered.into_iter().map(|lowered| lowered.tool).collect(),
        search: None,
        resources: resources.resources,
        templates: resources.templates,
        prompts: Vec::new(),
        upstream: Some(upstream),
        span: index.key_span("/info"),
        name,
    };
    settle(&mut server, &named);
    server.schemas = named.schemas;
    Ok(server)
}

/// The operations of a path of methods that `openapiv3` does not know.
type More = IndexMap<String, Vec<(String, Operation)>>;

fn more_operations(api: &OpenAPI) -> More {
    let of = |item: &PathItem| -> Vec<(String, Operation)> {
        let operations = item.extensions.get(skeleton::OPERATIONS).and_then(Value::as_object);
        let read = |(method, operation): (&String, &Value)| {
            Some((method.clone(), serde_json::from_value(operation.clone()).ok()?))
        };
        operations.into_iter().flatten().filter_map(read).collect()
    };
    let items = api.paths.paths.iter().filter_map(|(path, item)| Some((path.clone(), of(item.as_item()?))));
    items.filter(|(_, operations)| !operations.is_empty()).collect()
}

/// Every operation of every path, in the order of the document.
fn operations(
    api: &OpenAPI,
    more: &More,
    lock: Option<&Lock>,
    security: &Security<'_>,
    schemas: &mut Schemas<'_, '_>,
) -> Vec<Lowered> {
    let mut found = Vec::new();
    for (path, item) in &api.paths.paths {
        let Some(item) = item.as_item() else { continue };
        let additional = more.get(path).into_iter().flatten();
        let mut operations: Vec<(&str, &Operation)> =
            item.iter().chain(additional.map(|(method, operation)| (method.as_str(), operation))).collect();
        operations.sort_by_key(|(_, operation)| schemas.index.key_span(at(&operation.extensions)));
        for (method, operation) in operations {
            let pointer = at(&operation.extensions);
            let span = schemas.index.key_span(pointer);
            // What follows `#` tells paths apart and is never sent (RFC 9110 §7.1).
            let wire = path.split('#').next().unwrap_or(path);
            found.push((item, operation, Place { path, wire, method, pointer, span }));
        }
    }
    let identities: Vec<_> = found
        .iter()
        .map(|(_, operation, place)| lock::Operation { id: operation.operation_id.as_deref(), route: place.route() })
        .collect();
    let mut taken = names::Taken::keeping(lock.map(|lock| lock.keep(&identities)).unwrap_or_default());
    let mut out = Vec::new();
    for (item, operation, place) in &found {
        out.extend(operation::lower(item, operation, place, &api.extensions, security, &mut taken, schemas));
    }
    out
}

/// Says what a document holds beside operations, and refuses one without any.
fn unread(document: &Document, empty: bool, report: &mut Report) {
    let webhooks = document.value.get("webhooks").is_some_and(|webhooks| !webhooks.is_null());
    if empty {
        let (message, at) = if webhooks {
            ("the document has webhooks only: requests that the API sends cannot be called", "/webhooks")
        } else {
            ("the document has no operation that can become a tool", "/paths")
        };
        let help = if document.value.get("paths").and_then(Value::as_object).is_some_and(|paths| !paths.is_empty()) {
            "every operation was skipped; the warnings say why"
        } else {
            "operations stand under `paths`, each with a path and a method"
        };
        report.push(Diagnostic::error(codes::NO_OPERATION, document.index.key_span(at), message).help(help));
    } else if webhooks {
        let at = document.index.key_span("/webhooks");
        let message = "webhooks are requests that the API sends; they become no tools";
        report.push(Diagnostic::warning(codes::NOT_READ, at, message));
    }
}

/// The environment variables of the server.
fn settings(upstream: &Upstream, span: crate::source::Span) -> Vec<Setting> {
    let base_url = Setting {
        env: upstream.base_url_env.clone(),
        description: "Base URL of the API".to_owned(),
        secret: false,
        required: upstream.base_url.is_none(),
        default: upstream.base_url.clone(),
        span,
    };
    let prefix = upstream.base_url_env.strip_suffix("_BASE_URL").unwrap_or_default();
    let tuning = security::TUNING.iter().map(|(name, description, default)| Setting {
        env: format!("{prefix}_{name}"),
        description: (*description).to_owned(),
        secret: false,
        required: false,
        default: default.map(str::to_owned),
        span,
    });
    let credentials = upstream.security_schemes.iter().flat_map(security::settings);
    std::iter::once(base_url).chain(credentials).chain(tuning).collect()
}

fn server_name(title: &str, file_name: &str) -> String {
    let stem = file_name.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
    names::server(title).or_else(|| names::server(stem)).unwrap_or_else(|| "api".to_owned())
}

fn text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Puts the names of the definitions into every schema that was lowered before they were settled.
fn settle(server: &mut Server, named: &Named) {
    let each = |schema: &mut Schema| {
        named.point(&mut schema.value, true);
        named.settle(&mut schema.value);
    };
    // What callers send is a plain object itself, never a reference.
    let input = |schema: &mut Schema| {
        named.point(&mut schema.value, false);
        named.settle(&mut schema.value);
    };
    for tool in &mut server.tools {
        input(&mut tool.input);
        if let Output::Lenient { schema: Some(schema), .. } = &mut tool.output {
            each(schema);
        }
        tool.answers.iter_mut().for_each(each);
        for error in &mut tool.errors {
            if let ErrorSource::Response { body: Some(schema), .. } = &mut error.source {
                each(schema);
            }
        }
    }
    for template in &mut server.templates {
        input(&mut template.variables);
    }
}

/// The pointer that the skeleton left in an object.
fn at(extensions: &IndexMap<String, Value>) -> &str {
    extensions.get(skeleton::AT).and_then(Value::as_str).unwrap_or_default()
}

/// The first example of the Parameter or Media Type Object at a pointer (OpenAPI 3.1.1 §4.8.19).
fn example(pointer: &str, schemas: &Schemas<'_, '_>) -> Option<Value> {
    examples(pointer, 1, schemas).into_iter().next()
}

/// The examples of the Parameter or Media Type Object at a pointer, at most so many (OpenAPI 3.1.1 §4.8.19).
fn examples(pointer: &str, most: usize, schemas: &Schemas<'_, '_>) -> Vec<Value> {
    let Some(object) = schemas.refs.at(pointer) else { return Vec::new() };
    if let Some(example) = object.get("example") {
        return vec![example.clone()];
    }
    let named = object.get("examples").and_then(Value::as_object).into_iter().flatten();
    let values = named.take(most).filter_map(|(name, example)| {
        let place = crate::load::join(&crate::load::join(pointer, "examples"), name);
        let example = schemas.refs.follow_quietly(&place, example)?.value;
        example.get("value").or_else(|| example.get("dataValue")).cloned()
    });
    values.collect()
}

/// The pointer of a media type's schema.
fn schema_pointer(media: &MediaType) -> Option<&str> {
    match media.schema.as_ref()? {
        ReferenceOr::Reference { reference } => Some(reference),
        ReferenceOr::Item(_) => None,
    }
}

#[cfg(test)]
mod tests;
