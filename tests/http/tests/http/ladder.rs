//! The validation ladder of MCP 2026-07-28 and the decision table of a server of both eras.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use mcpgen_runtime::{HttpOptions, McpService};
use mcpgen_tests_http::{
    POST, Seen, initialize, legacy_call, modern_call, modern_params, post, request, send, server, session,
};
use serde_json::{Value, json};

fn service() -> McpService {
    server(&Seen::default()).into_service_with(HttpOptions { on_refusal: |_| {}, ..HttpOptions::default() })
}

const MODERN: (&str, &str) = ("mcp-protocol-version", "2026-07-28");

fn modern(method: &str, name: Option<&str>, params: Value) -> Request<Full<Bytes>> {
    let mut headers = vec![MODERN, ("mcp-method", method)];
    headers.extend(name.map(|name| ("mcp-name", name)));
    post(&headers, &json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }))
}

fn with(mut request: Request<Full<Bytes>>, name: &'static str, value: Option<&str>) -> Request<Full<Bytes>> {
    match value {
        Some(value) => drop(request.headers_mut().insert(name, value.parse().unwrap())),
        None => drop(request.headers_mut().remove(name)),
    }
    request
}

#[tokio::test]
async fn modern_requests_pass_the_ladder() {
    let service = service();
    let call = || modern_call(7, "echo", &json!({}));
    let params = |params: Value| modern_params(params, &json!({}));
    let version = |version: Value| {
        json!({ "name": "echo", "_meta": { "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {} } })
    };
    let body = |text: &'static str| {
        let headers: Vec<_> = POST.iter().chain(&[MODERN, ("mcp-method", "tools/call")]).copied().collect();
        request("POST", "/mcp", &headers, text)
    };
    // (step, request, status, code, whether the id is echoed)
    let table = [
        ("fine", call(), 200, 0, true),
        ("1 Origin", with(call(), "origin", Some("https://evil.example")), 403, -32600, false),
        ("1 Host", with(call(), "host", Some("evil.example")), 403, -32600, false),
        ("4 Accept", with(call(), "accept", Some("application/json")), 406, -32600, false),
        ("4 Content-Type", with(call(), "content-type", Some("text/plain")), 415, -32600, false),
        ("5 no JSON", body("{"), 400, -32700, false),
        ("5 batch", body("[]"), 400, -32600, false),
        ("5 response", body(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#), 400, -32600, false),
        ("5 id null", body(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), 400, -32600, false),
        ("5 id 1.5", body(r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#), 400, -32600, false),
        ("6 no _meta", modern("tools/call", Some("echo"), json!({ "name": "echo" })), 400, -32602, true),
        (
            "6 no capabilities",
            modern(
                "tools/call",
                Some("echo"),
                json!({ "name": "echo", "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } }),
            ),
            400,
            -32602,
            true,
        ),
        ("7 no version header", with(call(), "mcp-protocol-version", None), 400, -32020, true),
        ("7 legacy version header", with(call(), "mcp-protocol-version", Some("2025-11-25")), 400, -32020, true),
        ("7 no method header", with(call(), "mcp-method", None), 400, -32020, true),
        ("7 other method", with(call(), "mcp-method", Some("tools/list")), 400, -32020, true),
        ("7 no name", with(call(), "mcp-name", None), 400, -32020, true),
        ("7 other name", with(call(), "mcp-name", Some("who")), 400, -32020, true),
        ("7 name in bad base64", with(call(), "mcp-name", Some("=?base64?ZWNobw?=")), 400, -32020, true),
        ("7 name in base64", with(call(), "mcp-name", Some("=?base64?ZWNobw==?=")), 200, 0, true),
        (
            "8 version",
            with(
                modern("tools/call", Some("echo"), version(json!("1900-01-01"))),
                "mcp-protocol-version",
                Some("1900-01-01"),
            ),
            400,
            -32022,
            true,
        ),
        ("9 unknown method", modern("tools/fly", None, params(json!({}))), 404, -32601, true),
        ("9 initialize", modern("initialize", None, params(json!({}))), 404, -32601, true),
        ("9 ping", modern("ping", None, params(json!({}))), 404, -32601, true),
        ("9 setLevel", modern("logging/setLevel", None, params(json!({ "level": "info" }))), 404, -32601, true),
        ("9 subscribe", modern("resources/subscribe", None, params(json!({ "uri": "a:b" }))), 404, -32601, true),
        ("9 no capability", modern("prompts/list", None, params(json!({}))), 404, -32601, true),
        (
            "10 no Mcp-Param",
            modern("tools/call", Some("tenant"), params(json!({ "name": "tenant", "arguments": { "tenant": "a" } }))),
            400,
            -32020,
            true,
        ),
        (
            "10 other Mcp-Param",
            with(
                modern(
                    "tools/call",
                    Some("tenant"),
                    params(json!({ "name": "tenant", "arguments": { "tenant": "a" } })),
                ),
                "mcp-param-tenant",
                Some("b"),
            ),
            400,
            -32020,
            true,
        ),
        (
            "10 Mcp-Param",
            with(
                modern(
                    "tools/call",
                    Some("tenant"),
                    params(json!({ "name": "tenant", "arguments": { "tenant": "a" } })),
                ),
                "mcp-param-tenant",
                Some("a"),
            ),
            200,
            0,
            true,
        ),
        ("12 unknown tool", modern("tools/call", Some("fly"), params(json!({ "name": "fly" }))), 400, -32602, true),
        ("12 cursor", modern("tools/list", None, params(json!({ "cursor": "x" }))), 400, -32602, true),
    ];
    for (step, request, status, code, echoed) in table {
        let answer = send(&service, request).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{step}: {}", answer.text);
        let id = &answer.json()["id"];
        assert_eq!(*id == json!(7), echoed, "{step}: {}", answer.text);
        assert!(echoed || !answer.text.contains("\"id\""), "{step}: an unknown id is left out: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/json", "{step}");
        assert_eq!(answer.header("mcp-session-id"), "", "{step}");
    }
}

#[tokio::test]
async fn the_first_failure_wins() {
    let service = service();
    let wrong = modern("tools/fly", None, json!({}));
    let answer = send(&service, with(wrong, "mcp-method", Some("x"))).await;
    assert_eq!(answer.code(), -32602, "step 6 before 7 and 9");
    let mut meta = modern_params(json!({}), &json!({}));
    meta["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("1900-01-01");
    let answer = send(&service, modern("tools/fly", None, meta.clone())).await;
    assert_eq!(answer.code(), -32020, "step 7 before 8: the header says 2026-07-28");
    let unserved = with(modern("tools/fly", None, meta), "mcp-protocol-version", Some("1900-01-01"));
    let answer = send(&service, unserved).await;
    assert_eq!(answer.code(), -32022, "step 8 before 9");
    assert_eq!(answer.json()["error"]["data"], json!({ "supported": ["2026-07-28"], "requested": "1900-01-01" }));
}

#[tokio::test]
async fn a_modern_notification_is_accepted_and_dropped() {
    let body = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    let answer = send(&service(), post(&[MODERN], &body)).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
}

#[tokio::test]
async fn the_decision_table() {
    let service = service();
    let id = session(&service, "2025-11-25").await;
    let old = session(&service, "2025-03-26").await;
    let sse = ("accept", "text/event-stream");
    let known = ("mcp-session-id", id.as_str());
    let unknown = ("mcp-session-id", "00000000000000000000000000000000");
    let legacy = ("mcp-protocol-version", "2025-11-25");
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let batch = json!([ping]);
    let reply = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    let get = |headers: &[(&str, &str)]| request("GET", "/mcp", headers, "");
    let delete = |headers: &[(&str, &str)]| request("DELETE", "/mcp", headers, "");
    let table = [
        ("initialize", post(&[], &initialize("2025-06-18")), 200, 0),
        ("initialize with its version", post(&[legacy], &initialize("2025-11-25")), 200, 0),
        (
            "initialize as the conformance suite sends it",
            post(&[legacy, ("mcp-method", "initialize")], &initialize("2025-11-25")),
            200,
            0,
        ),
        ("initialize inside a batch", post(&[("mcp-session-id", &old)], &json!([initialize("2025-03-26")])), 200, 0),
        ("known session", post(&[known], &ping), 200, 0),
        ("known session and version", post(&[known, legacy], &ping), 200, 0),
        ("known session, no such version", post(&[known, ("mcp-protocol-version", "1.0")], &ping), 400, -32602),
        ("notification", post(&[known], &json!({ "jsonrpc": "2.0", "method": "notifications/x" })), 202, 0),
        ("response", post(&[known], &reply), 202, 0),
        ("unknown method", post(&[known], &json!({ "jsonrpc": "2.0", "id": 1, "method": "x" })), 200, -32601),
        ("unknown session", post(&[unknown], &ping), 404, -32600),
        ("no session", post(&[], &ping), 400, -32600),
        ("two sessions", post(&[known, unknown], &ping), 400, -32600),
        ("batch of 2025-03-26", post(&[("mcp-session-id", &old)], &batch), 200, 0),
        ("batch of 2025-11-25", post(&[known], &batch), 400, -32600),
        ("batch without a session", post(&[], &batch), 400, -32600),
        ("empty batch", post(&[("mcp-session-id", &old)], &json!([])), 400, -32600),
        ("no JSON", request("POST", "/mcp", &[POST[0], POST[1], known], "{"), 400, -32700),
        ("GET, modern", get(&[sse, MODERN]), 405, 0),
        ("GET, unknown", get(&[sse, unknown]), 404, -32600),
        ("GET, none", get(&[sse]), 400, -32600),
        ("GET, no SSE", get(&[("accept", "application/json"), known]), 406, -32600),
        ("DELETE, modern", delete(&[MODERN]), 405, 0),
        ("DELETE, unknown", delete(&[unknown]), 404, -32600),
        ("DELETE, none", delete(&[]), 400, -32600),
        ("PUT", request("PUT", "/mcp", &[], ""), 405, 0),
        ("OPTIONS", request("OPTIONS", "/mcp", &[], ""), 405, 0),
        ("GET from elsewhere", get(&[sse, known, ("origin", "https://evil.example")]), 403, -32600),
        ("DELETE from elsewhere", delete(&[known, ("origin", "null")]), 403, -32600),
        // The last ones, since they end the session.
        ("DELETE, known", delete(&[known]), 204, 0),
        ("terminated", post(&[known], &ping), 404, -32600),
        ("terminated twice", delete(&[known]), 404, -32600),
    ];
    for (case, request, status, code) in table {
        let answer = send(&service, request).await;
        let found = if answer.text.starts_with('{') { answer.code() } else { 0 };
        assert_eq!((answer.status, found), (status, code), "{case}: {}", answer.text);
        if status == 405 {
            assert_ne!(answer.header("allow"), "", "{case}");
        }
    }
}

#[tokio::test]
async fn i3_bodies_of_four_mebibytes() {
    let service = service();
    let id = session(&service, "2025-11-25").await;
    let body = |bytes: usize| {
        let mut text = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
        text.push_str(&" ".repeat(bytes - text.len()));
        request("POST", "/mcp", &[POST[0], POST[1], ("mcp-session-id", &id)], text)
    };
    assert_eq!(send(&service, body(4 * 1024 * 1024)).await.status, 200);
    assert_eq!(send(&service, body(4 * 1024 * 1024 + 1)).await.status, 413);
}

#[tokio::test]
async fn i3_batches_of_64_messages() {
    let service = service();
    let id = session(&service, "2025-03-26").await;
    let batch = |count: u64| {
        let calls: Vec<_> = (0..count).map(|id| legacy_call(id, "echo")).collect();
        post(&[("mcp-session-id", &id)], &json!(calls))
    };
    let answer = send(&service, batch(64)).await;
    let ids: Vec<_> = answer.json().as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (0..64).collect::<Vec<_>>());
    assert_eq!(send(&service, batch(65)).await.status, 400);
}
