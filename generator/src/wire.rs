//! The wire contract of an HTTP API: for each operation arguments, the request that they must become, and an answer.
//!
//! Printed as `tests/wire.json` of a generated crate, where a person reviews it and `cargo test` holds the server to it.
//! The requests are written here from the tables of OpenAPI and the RFCs, and not by the runtime that sends them: what
//! the two disagree about is a defect of one of them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::conform;
use crate::model::{BodyLayout, Fixed, FixedValue, HttpBinding, Location, Output, Parameter, Server, Tool, Upstream};
use crate::rust::is_hazardous;
use crate::schema_view::SchemaView;

mod pattern;
mod request;
mod sample;
mod security;
mod xml;

use request::Request;
use sample::Sampler;

/// Examples of a document that are longer than this are replaced by shorter values.
const LONGEST_EXAMPLE: usize = 4096;

/// The contract of a server.
#[derive(Debug, Serialize)]
pub(crate) struct Wire {
    /// The environment of the server, without the base URL.
    env: Map<String, Value>,
    /// The variable of the base URL.
    #[serde(rename = "baseUrl")]
    base_url: String,
    /// The path of the base URL.
    #[serde(rename = "basePath")]
    base_path: String,
    operations: Vec<Case>,
}

/// One operation.
#[derive(Debug, Serialize)]
struct Case {
    /// The tool, or the operation of search mode.
    tool: String,
    /// The tool that calls the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<String>,
    /// Why nothing is checked; then there is nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    unchecked: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Response>,
}

/// What the API answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// The contract; `None` for a server that calls no API.
pub(crate) fn wire(server: &Server) -> Option<Wire> {
    let upstream = server.upstream.as_ref()?;
    let of = |tool: &Tool| Some(case(server, upstream, tool, tool.binding.as_ref()?));
    let caller = server.search.as_ref().map(|search| search.call.name.clone());
    let searched = server.searched().filter_map(of).map(|case| Case { through: caller.clone(), ..case });
    let cases = server.tools.iter().filter_map(of).chain(searched);
    Some(Wire {
        env: security::environment(upstream, server.everything()),
        base_url: upstream.base_url_env.clone(),
        base_path: request::path_of(upstream.base_url.as_deref().unwrap_or_default()).to_owned(),
        operations: cases.collect(),
    })
}

impl Wire {
    /// The text of the file; its first line says that it was generated.
    pub fn print(&self, header: &str) -> Result<String, serde_json::Error> {
        let text = serde_json::to_string_pretty(self)?;
        let rest = text.strip_prefix('{').unwrap_or(&text);
        Ok(plain(&format!("{{ \"//\": {},{rest}\n", serde_json::to_string(header)?)))
    }
}

/// The text with characters that do not show as what they are as JSON escapes: outside of strings JSON has none
/// (SECURITY.md G3).
fn plain(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_hazardous(character) {
            let units =
                character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            out.push_str(&units);
        } else {
            out.push(character);
        }
    }
    out
}

fn case(server: &Server, upstream: &Upstream, tool: &Tool, binding: &HttpBinding) -> Case {
    match checked(server, upstream, tool, binding) {
        Ok(case) => case,
        Err(why) => {
            let unchecked = Some(why.to_owned());
            Case { tool: tool.name.clone(), through: None, unchecked, arguments: None, request: None, response: None }
        }
    }
}

fn checked(server: &Server, upstream: &Upstream, tool: &Tool, binding: &HttpBinding) -> Result<Case, &'static str> {
    let view = SchemaView::new(&server.schemas);
    let arguments = arguments(tool, binding, view).ok_or("no arguments could be made that fit the input schema")?;
    let credentials = security::credentials(upstream, binding).ok_or("its credentials are no part of a request")?;
    let base = binding.base_url.as_deref().or(upstream.base_url.as_deref()).unwrap_or_default();
    let mut sent = arguments.clone();
    sent.extend(fixed(tool).ok_or("a hidden argument comes from the environment and is no text")?);
    let request = request::write(binding, request::path_of(base), &sent, &credentials)
        .ok_or("its request holds values that are not written here")?;
    if binding.reply.media_type.as_deref().is_some_and(is_stream) {
        return Err("its answer is a stream of values");
    }
    let response = response(tool, binding, view).ok_or("no answer could be made that fits the output schema")?;
    Ok(Case {
        tool: tool.name.clone(),
        through: None,
        unchecked: None,
        arguments: Some(Value::Object(arguments)),
        request: Some(request),
        response: Some(response),
    })
}

/// The arguments that clients do not see.
fn fixed(tool: &Tool) -> Option<Map<String, Value>> {
    let value = |fixed: &Fixed| match &fixed.value {
        FixedValue::Constant(value) => Some((fixed.argument.clone(), value.clone())),
        FixedValue::Env { env, json: false } => Some((fixed.argument.clone(), json!(security::value_of(env)))),
        FixedValue::Env { json: true, .. } => None,
    };
    tool.fixed.iter().map(value).collect()
}

/// An argument for each property of the input: what the document gives as example, else a value of its schema.
fn arguments(tool: &Tool, binding: &HttpBinding, view: SchemaView<'_>) -> Option<Map<String, Value>> {
    let properties = tool.input.value.get("properties").and_then(Value::as_object);
    let required = |name: &str| {
        let names = tool.input.value.get("required").and_then(Value::as_array);
        names.into_iter().flatten().any(|one| one == name)
    };
    let mut out = Map::new();
    for (name, schema) in properties.into_iter().flatten() {
        let given =
            binding.example(name).filter(|example| usable(schema, example, view) && sendable(binding, name, example));
        // A space in a query must be encoded; a path and a header hold what every server takes.
        let text = if binding.is_plain(name) { "text" } else { "two words" };
        match given.or_else(|| Sampler { view, text }.sample(schema).filter(|value| usable(schema, value, view))) {
            Some(value) => drop(out.insert(name.clone(), value)),
            None if required(name) => return None,
            None => {}
        }
    }
    let out = Value::Object(out);
    match (conform::misfit(&tool.input.value, &out, view), out) {
        (None, Value::Object(out)) => Some(out),
        _ => None,
    }
}

/// Whether an example can be where its argument goes: documents give paths for one segment of a path, and names of files for
/// their bytes.
fn sendable(binding: &HttpBinding, argument: &str, example: &Value) -> bool {
    let Some(text) = example.as_str() else { return true };
    let of_path = |parameter: &&Parameter| parameter.location == Location::Path && !parameter.allow_reserved;
    let in_path = binding.parameters.iter().filter(of_path).any(|parameter| parameter.argument == argument);
    let is_base64 = || text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    let is_bytes = binding.body.as_ref().is_some_and(|body| {
        let is_text = ["json", "xml", "text/", "form"].iter().any(|part| body.media_type.contains(part));
        matches!(&body.layout, BodyLayout::Whole { argument: whole } if whole == argument) && !is_text
    });
    !(in_path && text.contains(['/', '\\'])) && (!is_bytes || is_base64() && text.len().is_multiple_of(4))
}

/// Whether a value can stand in a contract: it fits, as far as that can be told without running a validator.
fn usable(schema: &Value, value: &Value, view: SchemaView<'_>) -> bool {
    conform::misfit(schema, value, view).is_none()
        && value.to_string().len() <= LONGEST_EXAMPLE
        // The contract escapes these, and JSON is passed on as it is spelled.
        && !value.to_string().chars().any(is_hazardous)
        && sample::meets_patterns(schema, value, view)
}

/// Streams are answered as the list of their values.
fn is_stream(media_type: &str) -> bool {
    let subtype = media_type.split_once('/').map_or("", |(_, subtype)| subtype);
    let lines = ["ndjson", "jsonl", "jsonlines", "json-lines"];
    matches!(media_type, "text/event-stream" | "application/json-seq")
        || media_type.ends_with("+json-seq")
        || lines.contains(&subtype.strip_prefix("x-").unwrap_or(subtype))
}

fn response(tool: &Tool, binding: &HttpBinding, view: SchemaView<'_>) -> Option<Response> {
    let reply = &binding.reply;
    let empty = Response { status: reply.status, content_type: None, body: None };
    let Some(media_type) = reply.media_type.as_deref().filter(|_| binding.method != "HEAD") else { return Some(empty) };
    if matches!(reply.status, 204 | 205) {
        return Some(empty);
    }
    let content_type = Some(media_type.to_owned());
    let json = media_type.ends_with("/json") || media_type.ends_with("+json");
    let body = if json {
        let example = reply.example.clone().filter(|example| example.to_string().len() <= LONGEST_EXAMPLE);
        let sampled = || match &tool.output {
            Output::Strict { schema, .. }
            | Output::Lenient { schema: Some(schema), .. }
            | Output::Off { schema: Some(schema), .. } => Sampler { view, text: "text" }.sample(&schema.value),
            _ => Some(json!({"any": "value"})),
        };
        example.or_else(sampled)?
    } else {
        let example = reply.example.as_ref().and_then(Value::as_str).filter(|text| text.len() <= LONGEST_EXAMPLE);
        json!(example.unwrap_or("text"))
    };
    Some(Response { status: reply.status, content_type, body: Some(body) })
}

#[cfg(test)]
mod tests;
