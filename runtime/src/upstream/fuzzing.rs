//! Requests and answers as fuzz targets see them.

use std::cell::RefCell;
use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::base_url::BaseUrl;
use super::client::Answer;
use super::credentials::Credential;
use super::error_response::ErrorResponse;
use super::operation::Operation;
use super::response::{self, Failure};
use super::stream::Counter;
use super::{accepted, request};
use crate::context::Context;
use crate::def::{AnswerDef, OutputMode, ServerDef, ToolDef};
use crate::env::Secret;
use crate::error::Error;
use crate::json::{Args, Json, RawJson};
use crate::server::Server;

/// What would be sent.
#[derive(Debug)]
pub struct Sent {
    /// The URL.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
}

/// The request of an operation to `https://api.example/v1`, with a credential in the query. `None`: it is refused.
pub fn request(operation: &'static Operation, arguments: &str) -> Option<Sent> {
    let base = BaseUrl::parse("https://api.example/v1").ok()?;
    let credential = Credential::Query("api_key", Secret::unregistered("secret"));
    let arguments = RawJson::parse(arguments).ok()?;
    let request = request::build(operation, &base, &arguments, &[&credential]).ok()?;
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    Some(Sent { url: request.url.into(), headers })
}

thread_local! {
    static ANSWER: RefCell<Option<Answer>> = const { RefCell::new(None) };
}

const SCHEMA: &str =
    r##"{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"next":{"$ref":"#"}}}"##;

/// What a client is shown of an answer of the API, `CallToolResult` as JSON text, by a tool of each output mode:
/// `lenient`, `strict`, `off`. Everything of the pipeline that comes after the request, a short model cap included.
///
/// # Panics
/// For a status or header that is none, and without a tokio runtime of one thread around it.
pub async fn result(mode: &str, status: u16, headers: &[(&str, &str)], body: &[u8]) -> String {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            map.append(name, value);
        }
    }
    let Ok(status) = StatusCode::from_u16(status) else { return String::new() };
    let answer = Answer { status, headers: map, body: Ok(body.to_vec().into()) };
    if let Ok(url) = url::Url::parse("https://api.example/v1/jobs")
        && let Some(monitor) = accepted::Monitor::of(&url, &answer)
    {
        assert!(monitor.is_within(&url), "{monitor:?}");
    }
    ANSWER.set(Some(answer));
    let result = server().call_tool(mode, serde_json::json!({})).await;
    serde_json::to_string(&result).unwrap_or_default()
}

/// How many values of a stream are counted while it comes in pieces of this size; `None` for another media type.
pub fn counted(essence: &str, body: &[u8], size: usize) -> Option<u64> {
    let mut counter = Counter::of(essence)?;
    Some(body.chunks(size.max(1)).fold(0, |_, piece| counter.read(piece)))
}

fn server() -> &'static Server {
    static DEF: ServerDef =
        ServerDef { name: "fuzzed", title: None, version: "0", description: None, instructions: None, settings: &[] };
    static LENIENT: ToolDef =
        ToolDef { name: "lenient", answer: Some(AnswerDef { schema: SCHEMA, defs: &[] }), ..ToolDef::DEFAULT };
    static STRICT: ToolDef =
        ToolDef { name: "strict", output: OutputMode::Strict, output_schema: Some(SCHEMA), ..ToolDef::DEFAULT };
    static OFF: ToolDef = ToolDef { name: "off", output: OutputMode::Off, ..ToolDef::DEFAULT };
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let mut builder = Server::builder(&DEF, ()).rate_limit(0).result_cap(2_000).call_sink(Nowhere);
        for def in [&LENIENT, &STRICT, &OFF] {
            builder = builder.tool(def, |_: Context, _: Args<()>| async { given() });
        }
        builder.build()
    })
}

/// The answer as the tool of an operation hands it on.
fn given() -> Result<Json<serde_json::Value>, Error> {
    let operation = Operation { accept: "application/json, */*", ..Operation::DEFAULT };
    let Some(answer) = ANSWER.take() else { return Json::encode(&serde_json::Value::Null) };
    match response::read(&operation, "API_BASE_URL", answer) {
        Ok(received) => Ok(Json::from(received.json).with_contents(received.contents)),
        Err(Failure::Status(response)) => Err(ErrorResponse::into_error(response)),
        Err(Failure::Other(error)) => Err(error),
    }
}

struct Nowhere;

impl crate::log::CallSink for Nowhere {
    fn record(&self, _: &crate::log::CallRecord<'_>) {}
}
