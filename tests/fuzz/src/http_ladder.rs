//! A whole HTTP request through the service: `METHOD PATH`, header lines, an empty line, the body. What is no request
//! that a server library would hand on is left out.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use mcpgen_runtime::{
    Args, Content, Context, Error, HttpOptions, McpBody, McpService, Server, ServerDef, TaskDef, ToolDef,
};
use serde_json::Value;
use tower_service::Service;

static DEF: ServerDef =
    ServerDef { name: "fuzz", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };
static ECHO: ToolDef = ToolDef {
    name: "echo",
    description: "Answers its arguments.",
    input_schema: r#"{"type":"object","properties":{"text":{"type":"string","x-mcp-header":"Text"}}}"#,
    ..ToolDef::DEFAULT
};
static ASK: ToolDef = ToolDef { name: "ask", description: "Asks the person.", ..ToolDef::DEFAULT };
static LONG: ToolDef =
    ToolDef { name: "long", description: "Becomes a task.", task: Some(TaskDef::OPTIONAL), ..ToolDef::DEFAULT };

/// The statuses that the specification and this server's limits have.
const STATUSES: &[u16] = &[200, 202, 204, 400, 403, 404, 405, 406, 409, 413, 415, 429, 503];

static SERVICE: LazyLock<McpService> = LazyLock::new(|| {
    let schema = r#"{"type":"object","properties":{"name":{"type":"string"}}}"#;
    let schema: &'static Value = Box::leak(Box::new(serde_json::from_str(schema).expect("JSON")));
    let server = Server::builder(&DEF, ())
        .rate_limit(0)
        .tools_list_changed()
        .resource_subscriptions()
        .tool(&ECHO, |cx: Context, args: Args<Value>| async move {
            cx.progress(1.0, Some(1.0), Some("half"));
            Ok::<_, Error>(Content::text(args.raw().as_str().to_owned()))
        })
        .tool(&ASK, move |cx: Context, _: Args<Value>| async move {
            cx.elicit("name", "Who?", schema).await?;
            Ok::<_, Error>(Content::text("asked"))
        })
        .tool(&LONG, |_: Context, _: Args<Value>| async { Ok::<_, Error>(Content::text("long")) })
        .build();
    let options = HttpOptions { sse: true, max_sessions: 64, on_refusal: |_| {}, ..HttpOptions::default() };
    server.into_service_with(options)
});

thread_local! {
    static RUNTIME: RefCell<tokio::runtime::Runtime> = RefCell::new(
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"),
    );
}

/// Serves a request.
pub fn run(data: &[u8]) {
    let Some((request, body)) = request(data) else { return };
    let asked = Asked::of(&request, body);
    RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            let served = tokio::time::timeout(Duration::from_secs(5), SERVICE.clone().call(request)).await;
            let response = served.expect("the head of the answer comes").expect("infallible");
            judge(&asked, response).await;
        });
    });
}

/// What the answer is judged by.
struct Asked {
    method: String,
    modern: bool,
    body: Option<Value>,
}

impl Asked {
    fn of(request: &Request<Full<Bytes>>, body: &[u8]) -> Self {
        // HTTP+SSE is another transport, which knows no such header.
        let is_sse = matches!(request.uri().path().rsplit('/').next(), Some("sse" | "messages"));
        let version = request.headers().get("mcp-protocol-version").filter(|_| !is_sse);
        let modern = version.is_some_and(|version| version == "2026-07-28");
        Self { method: request.method().to_string(), modern, body: serde_json::from_slice(body).ok() }
    }
}

async fn judge(asked: &Asked, response: Response<McpBody>) {
    let (head, mut body) = response.into_parts();
    let status = head.status.as_u16();
    assert!(STATUSES.contains(&status), "status {status}");
    if asked.modern {
        assert!(!head.headers.contains_key("mcp-session-id"), "the modern era has no sessions");
    }
    match head.headers.get("content-type").map(|value| value.to_str().expect("ASCII")) {
        None => assert!(!asked.modern || matches!(status, 202 | 405 | 400), "a body-less {status}"),
        Some("application/json") => {
            let body = body.collect().await.expect("infallible").to_bytes();
            let answers: Value = serde_json::from_slice(&body).expect("JSON");
            match answers.as_array() {
                Some(answers) => answers.iter().for_each(|answer| message(asked, answer, true)),
                None => message(asked, &answers, false),
            }
            if answers.get("result").is_some() {
                assert_eq!(status, 200, "{answers}");
            }
        }
        // Streams can be endless; their first event says enough.
        Some("text/event-stream") => {
            assert_eq!((status, head.headers.get("x-accel-buffering").is_some()), (200, true));
            let first = tokio::time::timeout(Duration::from_millis(1), body.frame()).await;
            if let Ok(Some(frame)) = first {
                let data = frame.expect("infallible").into_data().expect("data");
                let text = std::str::from_utf8(&data).expect("UTF-8");
                assert!(text.ends_with("\n\n"), "a whole event: {text:?}");
            }
        }
        Some(other) => panic!("a body of type {other}"),
    }
    if asked.method == "GET" || asked.method == "DELETE" {
        assert!(!asked.modern || status != 200);
    }
}

/// One JSON-RPC message of the server.
fn message(asked: &Asked, answer: &Value, in_batch: bool) {
    assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
    assert_ne!(answer.get("result").is_some(), answer.get("error").is_some(), "one of the two: {answer}");
    assert_ne!(answer.get("id"), Some(&Value::Null), "an id that is not known is left out");
    if let Some(error) = answer.get("error") {
        assert!(error["code"].is_i64() && error["message"].is_string(), "{answer}");
    }
    if asked.modern && answer.get("result").is_some() {
        assert!(answer["result"]["resultType"].is_string(), "{answer}");
    }
    if let (false, Some(id), Some(Value::Object(sent))) = (in_batch, answer.get("id"), &asked.body) {
        assert_eq!(sent.get("id"), Some(id), "the id of another request");
    }
}

/// Reads a request from its text.
fn request(data: &[u8]) -> Option<(Request<Full<Bytes>>, &[u8])> {
    let at = data.windows(2).position(|two| two == b"\n\n")?;
    let (head, body) = (&data[..at], &data[at + 2..]);
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut first = lines.next()?.splitn(2, |byte| *byte == b' ');
    let mut request = Request::builder().method(first.next()?).uri(first.next()?);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    Some((request.body(Full::new(Bytes::copy_from_slice(body))).ok()?, body))
}
