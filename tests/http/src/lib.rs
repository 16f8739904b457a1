//! A small server and a client without opinions, for tests of the HTTP transports.

pub mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use mcpgen_runtime::{Args, Content, Context, Error, LogLevel, McpBody, McpService, Server, ServerDef, ToolDef};
use serde_json::{Value, json};
use tower_service::Service;

static DEF: ServerDef =
    ServerDef { name: "probe", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };

static ECHO: ToolDef = ToolDef { name: "echo", description: "Answers at once.", ..ToolDef::DEFAULT };
static WHO: ToolDef = ToolDef { name: "who", description: "Names the caller.", ..ToolDef::DEFAULT };
static STEPS: ToolDef = ToolDef { name: "steps", description: "Reports progress.", ..ToolDef::DEFAULT };
static WAIT: ToolDef = ToolDef { name: "wait", description: "Waits to be cancelled.", ..ToolDef::DEFAULT };
static SLOW: ToolDef = ToolDef { name: "slow", description: "Takes 300 ms.", ..ToolDef::DEFAULT };
static FLOOD: ToolDef =
    ToolDef { name: "flood", description: "Reports progress 20,000 times, then answers.", ..ToolDef::DEFAULT };
static SPOUT: ToolDef = ToolDef { name: "spout", description: "Reports progress without end.", ..ToolDef::DEFAULT };
static ASK: ToolDef = ToolDef {
    name: "ask",
    description: "Asks the person.",
    input_schema: r#"{"type":"object","properties":{"what":{"type":"string"}}}"#,
    ..ToolDef::DEFAULT
};
static HEADER: ToolDef = ToolDef {
    name: "tenant",
    description: "Has an argument that a header repeats.",
    input_schema: r#"{"type":"object","properties":{"tenant":{"type":"string","x-mcp-header":"Tenant"}}}"#,
    ..ToolDef::DEFAULT
};

/// What the handlers of a [`server`] have seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    running: Arc<AtomicUsize>,
    aborted: Arc<AtomicUsize>,
    finished: Arc<AtomicUsize>,
}

impl Seen {
    /// Calls of `wait`, `slow`, `flood` and `spout` that have begun.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Calls of them whose handler was stopped before its end.
    pub fn aborted(&self) -> usize {
        self.aborted.load(Ordering::SeqCst)
    }

    /// Calls of them whose handler came to its end.
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }

    /// Notes a call that begins, until what this returns is dropped.
    pub fn begin(&self) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(self.clone(), false)
    }
}

/// A call that runs: stopped where it is dropped before its end.
#[derive(Debug)]
pub struct Running(Seen, bool);

impl Running {
    /// The handler has come to its end.
    pub fn end(mut self) {
        self.1 = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let counter = if self.1 { &self.0.finished } else { &self.0.aborted };
        counter.fetch_add(1, Ordering::SeqCst);
    }
}

/// A server with a tool for each way in which a call can behave.
pub fn server(seen: &Seen) -> Server {
    let (waits, slows, floods, spouts) = (seen.clone(), seen.clone(), seen.clone(), seen.clone());
    Server::builder(&DEF, ())
        .rate_limit(0)
        .tool(&ECHO, |_: Context, _: Args<Value>| async { Ok::<_, Error>(Content::text("echo")) })
        .tool(&WHO, |cx: Context, _: Args<Value>| async move {
            let who = format!("{} {}", cx.principal().unwrap_or("nobody"), cx.client_key());
            Ok::<_, Error>(Content::text(who))
        })
        .tool(&STEPS, |cx: Context, _: Args<Value>| async move {
            for done in 1..=3 {
                cx.progress(f64::from(done), Some(3.0), None);
                cx.log(LogLevel::Info, None, done);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<_, Error>(Content::text("done"))
        })
        .tool(&WAIT, move |cx: Context, _: Args<Value>| {
            let running = waits.begin();
            async move {
                cx.progress(1.0, None, None);
                tokio::time::sleep(Duration::from_secs(20)).await;
                running.end();
                Ok::<_, Error>(Content::text("waited"))
            }
        })
        .tool(&SLOW, move |cx: Context, _: Args<Value>| {
            let running = slows.begin();
            async move {
                cx.progress(1.0, None, None);
                tokio::time::sleep(Duration::from_millis(300)).await;
                running.end();
                Ok::<_, Error>(Content::text("slow"))
            }
        })
        .tool(&FLOOD, move |cx: Context, _: Args<Value>| {
            let running = floods.begin();
            async move {
                pour(&cx, 20_000).await;
                running.end();
                Ok::<_, Error>(Content::text("flooded"))
            }
        })
        .tool(&SPOUT, move |cx: Context, _: Args<Value>| {
            let running = spouts.begin();
            async move {
                pour(&cx, u32::MAX).await;
                running.end();
                Ok::<_, Error>(Content::text("spouted"))
            }
        })
        .tool(&ASK, |cx: Context, _: Args<Value>| async move {
            let form = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
            let answer = cx.elicit("name", "Who are you?", form).await?.accepted()?;
            Ok::<_, Error>(Content::text(format!("hello {}", answer.as_str())))
        })
        .tool(&HEADER, |_: Context, _: Args<Value>| async { Ok::<_, Error>(Content::text("tenant")) })
        .build()
}

/// Reports progress with a kilobyte of text so many times, without waiting for a reader.
async fn pour(cx: &Context, times: u32) {
    let text = "x".repeat(1000);
    for done in 0..times {
        cx.progress(f64::from(done), None, Some(&text));
        if done % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// A header as text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON; `null` where it is empty.
    pub fn json(&self) -> Value {
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).expect(&self.text) }
    }

    /// The code of the JSON-RPC error, or 0.
    pub fn code(&self) -> i64 {
        self.json()["error"]["code"].as_i64().unwrap_or_default()
    }

    /// The messages of an event stream: (id, data).
    pub fn events(&self) -> Vec<(String, String)> {
        events(&self.text)
    }
}

/// The events of a text: (id, data). Comments are left out.
pub fn events(text: &str) -> Vec<(String, String)> {
    let field = |event: &str, name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default().to_owned()
    };
    text.split("\n\n")
        .filter(|event| !event.is_empty() && !event.starts_with(':'))
        .map(|event| (field(event, "id"), field(event, "data")))
        .collect()
}

/// Sends a request to a service and takes the head of the answer.
pub async fn open(service: &McpService, request: Request<Full<Bytes>>) -> Response<McpBody> {
    service.clone().call(request).await.unwrap()
}

/// Sends a request to a service and takes the whole answer.
pub async fn send(service: &McpService, request: Request<Full<Bytes>>) -> Answer {
    read(open(service, request).await).await
}

/// The whole answer.
pub async fn read(response: Response<McpBody>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = tokio::time::timeout(Duration::from_secs(10), body.collect()).await.expect("the body ends");
    let text = String::from_utf8(bytes.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text }
}

/// The next piece of an event stream; `None` where nothing comes within the time or the stream has ended.
pub async fn piece(body: &mut McpBody, within: Duration) -> Option<String> {
    let frame = tokio::time::timeout(within, body.frame()).await.ok()??;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

/// A request with these headers beside `Host`.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).unwrap()
}

/// The headers that every POST has.
pub const POST: [(&str, &str); 2] =
    [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];

/// A POST to `/mcp` with these headers beside [`POST`].
pub fn post(headers: &[(&str, &str)], body: &Value) -> Request<Full<Bytes>> {
    let headers: Vec<_> = POST.iter().chain(headers).copied().collect();
    request("POST", "/mcp", &headers, body.to_string())
}

/// The parameters of a modern request.
pub fn modern_params(mut params: Value, extra: &Value) -> Value {
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    meta.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    params["_meta"] = meta;
    params
}

/// A well-formed modern call of a tool, with these members in its `_meta`.
pub fn modern_call(id: u64, tool: &str, meta: &Value) -> Request<Full<Bytes>> {
    let params = modern_params(json!({ "name": tool, "arguments": {} }), meta);
    post(
        &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", tool)],
        &json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }),
    )
}

/// `initialize` for a legacy revision.
pub fn initialize(version: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    } })
}

/// A legacy session, ready to use: its id.
pub async fn session(service: &McpService, version: &str) -> String {
    let answer = send(service, post(&[], &initialize(version))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["result"]["protocolVersion"], version);
    let id = answer.header("mcp-session-id").to_owned();
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(send(service, post(&[("mcp-session-id", &id)], &ready)).await.status, 202);
    id
}

/// A legacy call of a tool, with a progress token.
pub fn legacy_call(id: u64, tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": tool, "arguments": {}, "_meta": { "progressToken": id } } })
}

/// Waits until something is so.
pub async fn eventually(what: &str, is: impl Fn() -> bool) {
    for _ in 0..2000 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("after 20 seconds still not: {what}");
}
