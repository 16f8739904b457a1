//! Sessions of the revisions before 2026-07-28 (MCP 2025-11-25, "Streamable HTTP").

use std::time::Duration;

use mcpgen_runtime::{Args, Content, Context, Error, HttpOptions, McpService, Principal, Server, ServerDef, ToolDef};
use mcpgen_tests_http::{
    Seen, eventually, initialize, legacy_call, open, piece, post, read, request, send, server, session,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(5);

static DEF: ServerDef =
    ServerDef { name: "legacy", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };

fn get(id: &str, last: Option<&str>) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    let mut headers = vec![("accept", "text/event-stream"), ("mcp-session-id", id)];
    headers.extend(last.map(|last| ("last-event-id", last)));
    request("GET", "/mcp", &headers, "")
}

fn call(id: &str, tool: &str) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    post(&[("mcp-session-id", id)], &legacy_call(1, tool))
}

#[tokio::test]
async fn each_revision_is_negotiated_and_its_session_named() {
    let service = server(&Seen::default()).into_service();
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let id = session(&service, version).await;
        assert!(id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
        let answer = send(&service, call(&id, "echo")).await;
        assert_eq!(answer.header("content-type"), "application/json");
        let result = &answer.json()["result"];
        assert_eq!(result["content"][0]["text"], "echo");
        for modern in ["resultType", "_meta"] {
            assert_eq!(result.get(modern), None, "{version} has no {modern}");
        }
    }
    for version in ["2026-07-28", "1999-01-01"] {
        let answer = send(&service, post(&[], &initialize(version))).await;
        assert_eq!(answer.json()["result"]["protocolVersion"], "2025-11-25", "never the modern one");
    }
}

#[tokio::test]
async fn progress_makes_the_answer_a_stream_and_only_the_latest_revision_is_primed() {
    let service = server(&Seen::default()).into_service();
    for (version, primed) in [("2025-11-25", true), ("2025-06-18", false), ("2025-03-26", false)] {
        let id = session(&service, version).await;
        let answer = send(&service, call(&id, "steps")).await;
        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert_eq!(answer.header("x-accel-buffering"), "no");
        let mut events = answer.events();
        if primed {
            let (id, data) = events.remove(0);
            assert!(!id.is_empty() && data.is_empty(), "an id before there is anything to say");
        }
        let messages: Vec<Value> = events.iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect();
        assert_eq!(messages.last().unwrap()["id"], 1);
        assert!(messages.iter().filter(|one| one["method"] == "notifications/progress").count() == 3, "{messages:?}");
        let ids: std::collections::BTreeSet<_> = events.iter().map(|(id, _)| id.clone()).collect();
        assert_eq!(ids.len(), events.len(), "ids are unique");
    }
}

#[tokio::test]
async fn a_disconnect_is_no_cancellation_and_the_rest_can_be_resumed() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    let id = session(&service, "2025-11-25").await;
    let mut response = open(&service, call(&id, "slow")).await;
    let primer = piece(response.body_mut(), SOON).await.unwrap();
    let (last, _) = mcpgen_tests_http::events(&primer).remove(0);
    drop(response);
    eventually("the call ends", || seen.finished() == 1).await;
    assert_eq!(seen.aborted(), 0);
    let other = session(&service, "2025-11-25").await;
    let foreign = open(&service, get(&other, Some(&last))).await;
    assert_eq!(foreign.status(), 200);
    let mut foreign = foreign.into_body();
    let first = piece(&mut foreign, SOON).await.unwrap_or_default();
    assert!(!first.contains("slow"), "the stream of another session stays its own: {first}");
    let events = read(open(&service, get(&id, Some(&last))).await).await.events();
    let messages: Vec<Value> = events.iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect();
    assert_eq!(messages[0]["method"], "notifications/progress", "only what came behind the event");
    assert_eq!(messages[1]["result"]["content"][0]["text"], "slow");
    assert_eq!(messages.len(), 2);
    // Behind the progress there is the answer alone.
    let events = read(open(&service, get(&id, Some(&events[0].0))).await).await.events();
    assert_eq!(events.len(), 1);
    assert!(events[0].1.contains("\"result\""));
}

#[tokio::test]
async fn a_notification_cancels() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    let id = session(&service, "2025-06-18").await;
    let response = open(&service, call(&id, "wait")).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    assert_eq!(send(&service, post(&[("mcp-session-id", &id)], &cancel)).await.status, 202);
    eventually("the call is aborted", || seen.aborted() == 1).await;
    let answer = read(response).await;
    assert!(!answer.text.contains("\"result\""), "no answer: {}", answer.text);
}

#[tokio::test]
async fn deleting_a_session_ends_its_calls_and_streams() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    let id = session(&service, "2025-06-18").await;
    let stream = open(&service, get(&id, None)).await;
    let response = open(&service, call(&id, "wait")).await;
    assert_eq!(send(&service, request("DELETE", "/mcp", &[("mcp-session-id", &id)], "")).await.status, 204);
    eventually("the call is aborted", || seen.aborted() == 1).await;
    read(stream).await;
    read(response).await;
}

#[tokio::test]
async fn a_session_has_one_get_stream() {
    let service = server(&Seen::default()).into_service();
    let id = session(&service, "2025-06-18").await;
    let first = open(&service, get(&id, None)).await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()["content-type"], "text/event-stream");
    assert_eq!(open(&service, get(&id, None)).await.status(), 409);
    drop(first);
    assert_eq!(open(&service, get(&id, None)).await.status(), 200);
}

#[tokio::test]
async fn a_request_id_runs_once() {
    let service = server(&Seen::default()).into_service();
    let id = session(&service, "2025-06-18").await;
    let _first = open(&service, call(&id, "wait")).await;
    assert_eq!(send(&service, call(&id, "echo")).await.code(), -32600);
    let other = session(&service, "2025-06-18").await;
    assert_eq!(send(&service, call(&other, "echo")).await.code(), 0, "ids belong to their session");
}

#[tokio::test]
async fn i6_a_session_belongs_to_its_principal() {
    let service = server(&Seen::default()).into_service();
    let send_as = |who: Option<&str>, mut request: http::Request<http_body_util::Full<bytes::Bytes>>| {
        if let Some(who) = who {
            request.extensions_mut().insert(Principal::new(who));
        }
        send(&service, request)
    };
    let answer = send_as(Some("alice"), post(&[], &initialize("2025-11-25"))).await;
    let id = answer.header("mcp-session-id").to_owned();
    assert_eq!(send_as(Some("mallory"), call(&id, "echo")).await.status, 404);
    assert_eq!(send_as(None, call(&id, "echo")).await.status, 404);
    assert_eq!(send_as(None, request("DELETE", "/mcp", &[("mcp-session-id", &id)], "")).await.status, 404);
    assert_eq!(send_as(Some("alice"), call(&id, "echo")).await.status, 200);
}

#[tokio::test]
async fn i6_sessions_are_counted_and_expire() {
    let options = HttpOptions { max_sessions: 2, session_ttl: Duration::from_millis(200), ..HttpOptions::default() };
    let service: McpService = server(&Seen::default()).into_service_with(options);
    let first = session(&service, "2025-11-25").await;
    let _second = session(&service, "2025-11-25").await;
    let full = send(&service, post(&[], &initialize("2025-11-25"))).await;
    assert_eq!((full.status, full.header("retry-after")), (503, "10"), "both are in use");
    assert_eq!(send(&service, call(&first, "echo")).await.status, 200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(send(&service, call(&first, "echo")).await.status, 404);
}

#[tokio::test]
async fn a_batch_is_answered_in_one_array() {
    let service = server(&Seen::default()).into_service();
    let id = session(&service, "2025-03-26").await;
    let batch = json!([
        legacy_call(1, "echo"),
        { "jsonrpc": "2.0", "method": "notifications/x" },
        { "jsonrpc": "2.0", "id": 2, "method": "ping" },
        { "jsonrpc": "2.0", "id": 3, "method": "nonsense" },
        { "jsonrpc": "1.0", "id": 4, "method": "ping" },
    ]);
    let answer = send(&service, post(&[("mcp-session-id", &id)], &batch)).await.json();
    let found: Vec<_> = answer.as_array().unwrap().iter().map(|one| (&one["id"], &one["error"]["code"])).collect();
    assert_eq!(
        found,
        [
            (&json!(1), &Value::Null),
            (&json!(2), &Value::Null),
            (&json!(3), &json!(-32601)),
            (&json!(4), &json!(-32600))
        ]
    );
    let silent = json!([{ "jsonrpc": "2.0", "method": "notifications/x" }]);
    assert_eq!(send(&service, post(&[("mcp-session-id", &id)], &silent)).await.status, 202);
    // With progress the array comes last on a stream.
    let batch = json!([legacy_call(5, "steps"), legacy_call(6, "echo")]);
    let answer = send(&service, post(&[("mcp-session-id", &id)], &batch)).await;
    let last: Value = serde_json::from_str(&answer.events().pop().unwrap().1).unwrap();
    assert_eq!(last.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_handler_can_send_its_client_away_until_it_has_an_answer() {
    static POLL: ToolDef = ToolDef { name: "poll", description: "Closes its stream.", ..ToolDef::DEFAULT };
    let server = Server::builder(&DEF, ())
        .tool(&POLL, |cx: Context, _: Args<Value>| async move {
            cx.close_stream(Some(Duration::from_millis(120)));
            cx.progress(1.0, None, None);
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok::<_, Error>(Content::text("polled"))
        })
        .build();
    let service = server.into_service();
    // Revision 2025-11-25 alone has clients that poll.
    for version in ["2025-06-18", "2025-03-26"] {
        let id = session(&service, version).await;
        let events = send(&service, call(&id, "poll")).await.events();
        assert!(events.last().unwrap().1.contains("polled"), "{version}: {events:?}");
    }
    let id = session(&service, "2025-11-25").await;
    let answer = send(&service, call(&id, "poll")).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let mut events = answer.events();
    assert!(!events[0].0.is_empty() && events[0].1.is_empty(), "a priming event: {}", answer.text);
    assert!(answer.text.contains("\nretry: 120\n"), "{}", answer.text);
    assert!(events.iter().all(|(_, data)| data.is_empty()), "closed before any message: {}", answer.text);
    // It may come back more than once, before the answer and after it.
    for _ in 0..2 {
        let last = events.last().unwrap().0.clone();
        let rest = read(open(&service, get(&id, Some(&last))).await).await;
        let messages: Vec<Value> = rest.events().iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect();
        assert_eq!(messages.len(), 2, "{}", rest.text);
        assert_eq!(messages[0]["method"], "notifications/progress");
        assert_eq!(messages[1]["result"]["content"][0]["text"], "polled");
        tokio::time::sleep(Duration::from_millis(60)).await;
        events.truncate(2);
    }
    // The other era has tasks for this.
    let modern = send(&service, mcpgen_tests_http::modern_call(1, "poll", &json!({}))).await;
    assert_eq!(modern.json()["result"]["content"][0]["text"], "polled");
}
