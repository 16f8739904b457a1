//! I7: what a client brings back is what it was given, for the same caller and the same request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpgen_runtime::{McpService, Principal};
use mcpgen_tests_http::{Answer, Seen, modern_params, post, send, server};
use serde_json::{Value, json};

/// A call of `ask` by this caller, with an answer and a state where there is one.
async fn ask(service: &McpService, who: &str, what: &str, state: Option<&str>) -> Answer {
    let mut params = json!({ "name": "ask", "arguments": { "what": what } });
    if let Some(state) = state {
        params["requestState"] = state.into();
        params["inputResponses"] = json!({ "name": { "action": "accept", "content": { "name": who } } });
    }
    let capabilities = json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } } });
    let body =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": modern_params(params, &capabilities) });
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "ask")];
    let mut request = post(&headers, &body);
    request.extensions_mut().insert(Principal::new(who));
    send(service, request).await
}

fn state_of(answer: &Answer) -> String {
    let result = &answer.json()["result"];
    assert_eq!(result["resultType"], "input_required", "{}", answer.text);
    result["requestState"].as_str().expect("a state").to_owned()
}

/// An error of the protocol, and no new question either.
fn refused(answer: &Answer, case: &str) {
    assert_eq!(answer.code(), -32602, "{case}: {}", answer.text);
    assert_eq!(answer.json().get("result"), None, "{case}");
}

#[tokio::test]
async fn i7_a_state_is_of_use_to_its_caller_for_its_request_alone() {
    let service = server(&Seen::default()).into_service();
    let state = state_of(&ask(&service, "alice", "a", None).await);
    let answer = ask(&service, "alice", "a", Some(&state)).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], r#"hello {"name":"alice"}"#, "{}", answer.text);
    refused(&ask(&service, "mallory", "a", Some(&state)).await, "another caller");
    refused(&ask(&service, "alice", "b", Some(&state)).await, "other arguments");
    let foreign = state_of(&ask(&service, "mallory", "a", None).await);
    refused(&ask(&service, "alice", "a", Some(&foreign)).await, "the state of somebody else");
    for state in ["", "x", &"A".repeat(100_000)] {
        refused(&ask(&service, "alice", "a", Some(state)).await, "no state at all");
    }
}

#[tokio::test]
async fn i7_every_flipped_bit_of_a_state_is_refused() {
    let service = server(&Seen::default()).into_service();
    let state = state_of(&ask(&service, "alice", "a", None).await);
    let bytes = URL_SAFE_NO_PAD.decode(&state).expect("base64url, so that every bit can be reached");
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let state = URL_SAFE_NO_PAD.encode(bytes);
        refused(&ask(&service, "alice", "a", Some(&state)).await, &format!("bit {bit}"));
    }
    for length in 0..state.len() {
        refused(&ask(&service, "alice", "a", Some(&state[..length])).await, &format!("cut at {length}"));
    }
}

#[tokio::test]
async fn i7_a_cursor_that_the_server_never_gave_is_refused() {
    let service = server(&Seen::default()).into_service();
    for cursor in ["x", "0", "1", "-1", "../../etc/passwd", "eyJvZmZzZXQiOjB9", "\u{0}", &"a".repeat(10_000)] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list",
            "params": modern_params(json!({ "cursor": cursor }), &json!({})) });
        let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
        let answer = send(&service, post(&headers, &body)).await;
        assert_eq!((answer.status, answer.code()), (400, -32602), "{cursor}: {}", answer.text);
    }
    let wrong = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list",
        "params": modern_params(json!({ "cursor": Value::from(7) }), &json!({})) });
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")];
    assert_eq!(send(&service, post(&headers, &wrong)).await.code(), -32602);
}
