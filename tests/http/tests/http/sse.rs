//! HTTP+SSE (MCP 2024-11-05, "HTTP with SSE").

use std::time::Duration;

use mcpgen_runtime::{HttpOptions, McpBody, McpService};
use mcpgen_tests_http::{
    POST, Seen, events, eventually, initialize, legacy_call, modern_params, open, piece, request, send, server,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(5);

fn service(seen: &Seen) -> McpService {
    server(seen).into_service_with(HttpOptions { on_refusal: |_| {}, ..HttpOptions::default() }.with_sse())
}

async fn connect(service: &McpService) -> (McpBody, String) {
    let response = open(service, request("GET", "/sse", &[("accept", "text/event-stream")], "")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let first = piece(&mut body, SOON).await.unwrap();
    assert!(first.starts_with("event: endpoint\n"), "{first}");
    let place = events(&first).remove(0).1;
    assert!(place.starts_with("/messages?sessionId="), "{place}");
    (body, place)
}

async fn say(service: &McpService, place: &str, message: &Value) -> u16 {
    send(service, request("POST", place, &POST, message.to_string())).await.status
}

async fn hear(body: &mut McpBody) -> Value {
    let event = piece(body, SOON).await.expect("an event");
    assert!(event.starts_with("event: message\n"), "{event}");
    serde_json::from_str(&events(&event)[0].1).unwrap()
}

#[tokio::test]
async fn answers_travel_on_the_stream() {
    let service = service(&Seen::default());
    let (mut body, place) = connect(&service).await;
    assert_eq!(say(&service, &place, &initialize("2024-11-05")).await, 202);
    assert_eq!(hear(&mut body).await["result"]["protocolVersion"], "2024-11-05");
    assert_eq!(say(&service, &place, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await, 202);
    assert_eq!(say(&service, &place, &legacy_call(1, "steps")).await, 202);
    let mut progress = 0;
    let answer = loop {
        let message = hear(&mut body).await;
        match message["method"].as_str() {
            Some("notifications/progress") => progress += 1,
            Some(_) => {}
            None => break message,
        }
    };
    assert_eq!(progress, 3);
    assert_eq!(answer["result"]["content"][0]["text"], "done");
}

#[tokio::test]
async fn the_session_ends_with_the_stream() {
    let seen = Seen::default();
    let service = service(&seen);
    let (mut body, place) = connect(&service).await;
    assert_eq!(say(&service, &place, &initialize("2024-11-05")).await, 202);
    hear(&mut body).await;
    assert_eq!(say(&service, &place, &legacy_call(1, "wait")).await, 202);
    eventually("the call runs", || seen.running() == 1).await;
    drop(body);
    eventually("the call is aborted", || seen.aborted() == 1).await;
    assert_eq!(say(&service, &place, &legacy_call(2, "echo")).await, 404);
}

#[tokio::test]
async fn what_is_refused() {
    let service = service(&Seen::default());
    let (_body, place) = connect(&service).await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(say(&service, "/messages", &ping).await, 400, "no session");
    assert_eq!(say(&service, "/messages?sessionId=", &ping).await, 400);
    assert_eq!(say(&service, "/messages?sessionId=0", &ping).await, 404);
    assert_eq!(say(&service, &place, &json!([ping])).await, 400);
    let foreign = request("POST", &place, &[POST[0], ("origin", "https://evil.example")], ping.to_string());
    assert_eq!(send(&service, foreign).await.status, 403);
    let form = request("POST", &place, &[("content-type", "text/plain")], ping.to_string());
    assert_eq!(send(&service, form).await.status, 415);
    assert_eq!(send(&service, request("POST", "/sse", &POST, "")).await.status, 405);
    // The id of one transport is none of the other's.
    let id = place.split_once('=').unwrap().1;
    let other = request("POST", "/mcp", &[POST[0], POST[1], ("mcp-session-id", id)], ping.to_string());
    assert_eq!(send(&service, other).await.status, 404);
}

#[tokio::test]
async fn a_probe_for_the_modern_era_is_answered_on_the_stream_and_the_handshake_may_follow() {
    let service = service(&Seen::default());
    let (mut body, place) = connect(&service).await;
    let probe = json!({ "jsonrpc": "2.0", "id": "probe", "method": "server/discover",
        "params": modern_params(json!({}), &json!({})) });
    assert_eq!(say(&service, &place, &probe).await, 202);
    let answer = hear(&mut body).await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("probe"), &json!(-32600)));
    assert_eq!(say(&service, &place, &initialize("2025-11-25")).await, 202);
    assert_eq!(hear(&mut body).await["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn it_is_off_unless_asked_for() {
    let service = server(&Seen::default()).into_service();
    let answer = send(&service, request("GET", "/sse", &[("accept", "text/event-stream")], "")).await;
    assert_eq!(answer.status, 400, "the endpoint itself, without a session");
}
