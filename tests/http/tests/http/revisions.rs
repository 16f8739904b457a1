//! What each legacy revision has over HTTP: questions of the server, notifications outside of requests, resumption
//! (MCP 2024-11-05 to 2025-11-25, "Transports", "Elicitation", "Sampling", "Roots", "Resources").

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use mcpgen_runtime::{
    Args, Content, Context, Error, HttpOptions, LogLevel, McpBody, McpService, Sample, Server, ServerDef, ToolDef,
};
use mcpgen_tests_http::{POST, events, eventually, open, piece, post, request, send, server as plain, session};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(150);
/// Those that Streamable HTTP carries.
const STREAMABLE: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

static DEF: ServerDef =
    ServerDef { name: "old", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };
static PERSON: ToolDef = ToolDef { name: "person", description: "Asks a person.", ..ToolDef::DEFAULT };
static PAGE: ToolDef = ToolDef { name: "page", description: "Asks to open a page.", ..ToolDef::DEFAULT };
static MODEL: ToolDef = ToolDef { name: "model", description: "Asks a model.", ..ToolDef::DEFAULT };
static ROOTS: ToolDef = ToolDef { name: "roots", description: "Asks for roots.", ..ToolDef::DEFAULT };
static LOG: ToolDef = ToolDef { name: "log", description: "Logs.", ..ToolDef::DEFAULT };

fn server() -> Server {
    let text = |text: String| Ok::<_, Error>(Content::text(text));
    Server::builder(&DEF, ())
        .rate_limit(0)
        .tools_list_changed()
        .resource_subscriptions()
        .tool(&PERSON, move |cx: Context, _: Args<Value>| async move {
            let form = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
            text(cx.elicit("n", "Which?", form).await?.accepted()?.as_str().to_owned())
        })
        .tool(&PAGE, move |cx: Context, _: Args<Value>| async move {
            text(format!("{:?}", cx.elicit_url("pay", "Pay", "https://pay.example/1").await?))
        })
        .tool(&MODEL, move |cx: Context, _: Args<Value>| async move {
            text(cx.sample("s", Sample::user("Say hello", 10)).await?.text().to_owned())
        })
        .tool(&ROOTS, move |cx: Context, _: Args<Value>| async move {
            let roots = cx.roots("r").await?;
            text(roots.into_iter().map(|root| root.uri).collect())
        })
        .tool(&LOG, move |cx: Context, _: Args<Value>| async move {
            cx.log(LogLevel::Debug, None, "quiet");
            cx.log(LogLevel::Error, None, "loud");
            text("logged".to_owned())
        })
        .build()
}

/// A session of a client that can be asked everything.
async fn able(service: &McpService, version: &str) -> String {
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": version,
        "capabilities": { "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": {} },
        "clientInfo": { "name": "test", "version": "1" },
    } });
    let answer = send(service, post(&[], &initialize)).await;
    answer.header("mcp-session-id").to_owned()
}

fn call(session: &str, id: u64, tool: &str) -> Request<Full<Bytes>> {
    let call =
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": {} } });
    post(&[("mcp-session-id", session)], &call)
}

fn get(session: &str, last: Option<&str>) -> Request<Full<Bytes>> {
    let mut headers = vec![("accept", "text/event-stream"), ("mcp-session-id", session)];
    headers.extend(last.map(|last| ("last-event-id", last)));
    request("GET", "/mcp", &headers, "")
}

/// The next message of a stream with its event id; priming events are left out.
async fn next(body: &mut McpBody) -> (String, Value) {
    loop {
        let text = piece(body, SOON).await.expect("an event");
        let (id, data) = events(&text).remove(0);
        if !data.is_empty() {
            return (id, serde_json::from_str(&data).unwrap());
        }
    }
}

async fn ended(body: &mut McpBody) -> bool {
    piece(body, SHORT).await.is_none()
}

#[tokio::test]
async fn the_server_asks_on_the_stream_of_the_request_and_is_answered_by_a_post() {
    let service = server().into_service();
    let form = |mode: Option<&str>| {
        let mut params = json!({ "message": "Which?",
            "requestedSchema": { "type": "object", "properties": { "n": { "type": "integer" } } } });
        if let Some(mode) = mode {
            params["mode"] = json!(mode);
        }
        params
    };
    let accepted = json!({ "action": "accept", "content": { "n": 7 } });
    let said = json!({ "role": "assistant", "content": { "type": "text", "text": "hello" }, "model": "m" });
    let asked = json!({ "messages": [{ "role": "user", "content": { "type": "text", "text": "Say hello" } }],
        "maxTokens": 10 });
    let listed = json!({ "roots": [{ "uri": "file:///a" }] });
    for (version, tool, method, params, answer, text) in [
        // The mode came with 2025-11-25, elicitation with 2025-06-18.
        ("2025-11-25", "person", "elicitation/create", Some(form(Some("form"))), &accepted, r#"{"n":7}"#),
        ("2025-06-18", "person", "elicitation/create", Some(form(None)), &accepted, r#"{"n":7}"#),
        ("2025-11-25", "model", "sampling/createMessage", Some(asked.clone()), &said, "hello"),
        ("2025-06-18", "model", "sampling/createMessage", Some(asked.clone()), &said, "hello"),
        ("2025-03-26", "model", "sampling/createMessage", Some(asked), &said, "hello"),
        ("2025-11-25", "roots", "roots/list", None, &listed, "file:///a"),
        ("2025-06-18", "roots", "roots/list", None, &listed, "file:///a"),
        ("2025-03-26", "roots", "roots/list", None, &listed, "file:///a"),
    ] {
        let session = able(&service, version).await;
        let mut general = open(&service, get(&session, None)).await.into_body();
        let response = open(&service, call(&session, 1, tool)).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream", "{version} {tool}");
        let mut body = response.into_body();
        let (_, question) = next(&mut body).await;
        assert_eq!((&question["jsonrpc"], &question["method"]), (&json!("2.0"), &json!(method)), "{version}");
        assert!(question["id"].is_u64() || question["id"].is_string(), "{question}");
        if let Some(params) = params {
            assert_eq!(question["params"], params, "{version} {tool}");
        }
        let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": answer });
        let posted = send(&service, post(&[("mcp-session-id", &session)], &reply)).await;
        assert_eq!((posted.status, posted.text.as_str()), (202, ""));
        let (_, result) = next(&mut body).await;
        assert_eq!((&result["id"], &result["result"]["content"][0]["text"]), (&json!(1), &json!(text)), "{version}");
        assert!(ended(&mut body).await, "the answer is the last message");
        // Only the stream of the request has heard of all this.
        let general = piece(&mut general, SHORT).await.unwrap_or_default();
        assert!(events(&general).iter().all(|(_, data)| data.is_empty()), "{version}: {general}");
    }
}

#[tokio::test]
async fn what_a_revision_lacks_is_not_asked() {
    let service = server().into_service();
    for (version, tool) in
        [("2025-03-26", "person"), ("2025-03-26", "page"), ("2025-06-18", "page"), ("2024-11-05", "person")]
    {
        let session = able(&service, version).await;
        let answer = send(&service, call(&session, 1, tool)).await;
        assert_eq!(answer.header("content-type"), "application/json", "{version} {tool}: {}", answer.text);
        assert_eq!(answer.json()["result"]["isError"], true, "{version} {tool}: {}", answer.text);
    }
    // A page has an id of its own in 2025-11-25.
    let session = able(&service, "2025-11-25").await;
    let mut body = open(&service, call(&session, 1, "page")).await.into_body();
    let (_, question) = next(&mut body).await;
    assert_eq!(question["params"]["mode"], "url");
    assert!(question["params"]["elicitationId"].is_string(), "{question}");
}

#[tokio::test]
async fn a_response_answers_the_questions_of_its_session_alone() {
    let service = server().into_service();
    let (asked, other) = (able(&service, "2025-11-25").await, able(&service, "2025-11-25").await);
    let mut body = open(&service, call(&asked, 1, "roots")).await.into_body();
    let (_, question) = next(&mut body).await;
    let reply =
        |roots: &str| json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "roots": [{ "uri": roots }] } });
    assert_eq!(send(&service, post(&[("mcp-session-id", &other)], &reply("file:///forged"))).await.status, 202);
    assert!(ended(&mut body).await, "still waiting");
    assert_eq!(send(&service, post(&[("mcp-session-id", &asked)], &reply("file:///own"))).await.status, 202);
    assert_eq!(next(&mut body).await.1["result"]["content"][0]["text"], "file:///own");
}

#[tokio::test]
async fn news_travel_on_the_get_stream_and_wait_for_it() {
    let server = server();
    let service = server.clone().into_service();
    for version in STREAMABLE {
        let session = session(&service, version).await;
        let watch = |method: &str| {
            let message = json!({ "jsonrpc": "2.0", "id": 2, "method": method, "params": { "uri": "a://b" } });
            send(&service, post(&[("mcp-session-id", &session)], &message))
        };
        assert_eq!(watch("resources/subscribe").await.json(), json!({ "jsonrpc": "2.0", "id": 2, "result": {} }));
        server.notify_tools_changed();
        let mut body = open(&service, get(&session, None)).await.into_body();
        let changed = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
        assert_eq!(next(&mut body).await.1, changed, "{version}: said before there was a stream");
        server.notify_resource_updated("a://b");
        server.notify_resource_updated("a://c");
        let updated =
            json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": { "uri": "a://b" } });
        let (last, told) = next(&mut body).await;
        assert_eq!(told, updated, "{version}");
        // A request meanwhile has its answer where it was sent.
        let ping = json!({ "jsonrpc": "2.0", "id": 3, "method": "ping" });
        let pong = send(&service, post(&[("mcp-session-id", &session)], &ping)).await;
        assert_eq!(pong.json(), json!({ "jsonrpc": "2.0", "id": 3, "result": {} }), "exactly that");
        assert_eq!(watch("resources/unsubscribe").await.json()["result"], json!({}));
        server.notify_resource_updated("a://b");
        assert!(ended(&mut body).await, "{version}: nothing else");
        // Who comes back hears what came behind the last event, and the same again where it names an earlier one.
        drop(body);
        server.notify_tools_changed();
        let mut body = open(&service, get(&session, Some(&last))).await.into_body();
        assert_eq!(next(&mut body).await.1, changed, "{version}");
        assert!(ended(&mut body).await);
    }
}

#[tokio::test]
async fn each_revision_resumes_the_stream_of_a_request_and_no_other() {
    let seen = mcpgen_tests_http::Seen::default();
    let service = plain(&seen).into_service();
    for (at, version) in STREAMABLE.into_iter().enumerate() {
        let session = session(&service, version).await;
        let slow = |id: u64| post(&[("mcp-session-id", &session)], &mcpgen_tests_http::legacy_call(id, "slow"));
        let mut first = open(&service, slow(1)).await.into_body();
        let mut second = open(&service, slow(2)).await.into_body();
        let ((first_id, progress), (second_id, _)) = (next(&mut first).await, next(&mut second).await);
        assert_eq!(progress["params"]["progressToken"], 1);
        assert_ne!(first_id, second_id, "ids are unique in the session");
        drop((first, second));
        eventually("both calls end", || seen.finished() == 2 * (at + 1)).await;
        for (last, id) in [(&first_id, 1), (&second_id, 2)] {
            let mut body = open(&service, get(&session, Some(last))).await.into_body();
            let (_, answer) = next(&mut body).await;
            assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(id), &json!("slow")));
            assert!(ended(&mut body).await, "{version}: that stream alone");
        }
    }
    assert_eq!(seen.aborted(), 0, "a disconnect is no cancellation");
}

#[tokio::test]
async fn the_log_level_belongs_to_the_session() {
    let service = server().into_service();
    for version in STREAMABLE {
        let (set, other) = (session(&service, version).await, session(&service, version).await);
        for (session, level) in [(&set, "error"), (&other, "debug")] {
            let level =
                json!({ "jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": { "level": level } });
            let answer = send(&service, post(&[("mcp-session-id", session)], &level)).await;
            assert_eq!(answer.json(), json!({ "jsonrpc": "2.0", "id": 1, "result": {} }), "{version}");
        }
        let bad = json!({ "jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": { "level": "shout" } });
        let answer = send(&service, post(&[("mcp-session-id", &set)], &bad)).await;
        assert_eq!((answer.status, answer.code()), (200, -32602), "{version}");
        let logged = send(&service, call(&set, 2, "log")).await.text;
        assert!(logged.contains("loud") && !logged.contains("quiet"), "{version}: {logged}");
        let logged = send(&service, call(&other, 2, "log")).await.text;
        assert!(logged.contains("loud") && logged.contains("quiet"), "{version}: {logged}");
    }
}

#[tokio::test]
async fn http_with_sse_carries_questions_and_news_and_keeps_sessions_apart() {
    let server = server();
    let options = HttpOptions::default().with_sse();
    let service = server.clone().into_service_with(options);
    let mut clients = Vec::new();
    for number in 0..2 {
        let response = open(&service, request("GET", "/sse", &[("accept", "text/event-stream")], "")).await;
        let mut body = response.into_body();
        let place = events(&piece(&mut body, SOON).await.unwrap()).remove(0).1;
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2024-11-05", "capabilities": { "sampling": {}, "elicitation": {} },
            "clientInfo": { "name": format!("client {number}"), "version": "1" },
        } });
        let posted = send(&service, request("POST", &place, &POST, initialize.to_string())).await;
        assert_eq!((posted.status, posted.text.as_str()), (202, ""));
        let (id, answer) = next(&mut body).await;
        assert_eq!((id.as_str(), &answer["result"]["protocolVersion"]), ("", &json!("2024-11-05")), "no resumption");
        clients.push((body, place));
    }
    assert_ne!(clients[0].1, clients[1].1);
    let say = |place: &str, message: &Value| send(&service, request("POST", place, &POST, message.to_string()));
    let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "model" } });
    for (_, place) in &clients {
        assert_eq!(say(place, &ask).await.status, 202);
    }
    for (number, (body, place)) in clients.iter_mut().enumerate() {
        let (_, question) = next(body).await;
        assert_eq!(question["method"], "sampling/createMessage");
        let said =
            json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": number.to_string() } });
        let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": said });
        assert_eq!(say(place, &reply).await.status, 202);
        let (_, answer) = next(body).await;
        assert_eq!(answer["result"]["content"][0]["text"], number.to_string());
    }
    let elicits = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "person" } });
    let (body, place) = &mut clients[0];
    say(place, &elicits).await;
    assert_eq!(next(body).await.1["result"]["isError"], true, "2024-11-05 has no elicitation");
    server.notify_tools_changed();
    for (body, _) in &mut clients {
        assert_eq!(next(body).await.1["method"], "notifications/tools/list_changed");
    }
}
