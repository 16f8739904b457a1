//! Damaged messages: whatever comes, the answer is one of those that the specification has, and nothing panics.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use mcpgen_runtime::{HttpOptions, McpBody, McpService};
use mcpgen_tests_http::{
    POST, Seen, initialize, legacy_call, modern_params, open, post, read, request, send, server, session,
};
use serde_json::{Value, json};

use super::Random;

/// Messages that are fine, with the headers that belong to them.
fn seeds(id: &str, old: &str) -> Vec<(Vec<(String, String)>, String)> {
    let modern = |method: &'static str, name: Option<&'static str>, params: Value| {
        let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        headers.extend(name.map(|name| ("mcp-name", name)));
        let params = modern_params(params, &json!({}));
        (headers, json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }))
    };
    let legacy = |id, message| (vec![("mcp-session-id", id), ("mcp-protocol-version", "2025-11-25")], message);
    let seeds = [
        modern("tools/call", Some("echo"), json!({ "name": "echo", "arguments": {} })),
        modern("tools/call", Some("tenant"), json!({ "name": "tenant", "arguments": { "other": [1, "2", null] } })),
        modern(
            "tools/call",
            Some("ask"),
            json!({ "name": "ask", "arguments": {}, "requestState": "x",
            "inputResponses": { "name": { "action": "accept", "content": { "name": "a" } } } }),
        ),
        modern("tools/list", None, json!({ "cursor": "" })),
        modern("server/discover", None, json!({})),
        modern("subscriptions/listen", None, json!({ "notifications": { "toolsListChanged": true } })),
        modern("resources/read", Some("a:b"), json!({ "uri": "a:b" })),
        (vec![], initialize("2025-11-25")),
        legacy(id, legacy_call(1, "echo")),
        legacy(id, json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" })),
        legacy(id, json!({ "jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": { "level": "info" } })),
        legacy(id, json!({ "jsonrpc": "2.0", "id": 1, "result": { "action": "accept" } })),
        legacy(id, json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } })),
        (
            vec![("mcp-session-id", old)],
            json!([legacy_call(1, "echo"), { "jsonrpc": "2.0", "id": 2, "method": "ping" }]),
        ),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    seeds.map(|(headers, body)| (headers.into_iter().map(owned).collect(), body.to_string())).into()
}

/// Damages a text in one to four places.
fn damage(random: &mut Random, text: &str, other: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = at + random.below(bytes.len() - at + 1).min(24);
        match random.below(8) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => {
                let from = random.below(other.len());
                let to = (from + random.below(40)).min(other.len());
                bytes.splice(at..end, other.as_bytes()[from..to].iter().copied());
            }
            4 => {
                let value = random.pick(&[
                    "null",
                    "1.5",
                    "-0",
                    "1e999",
                    "\"\\ud800\"",
                    "[]",
                    "{}",
                    "\u{0}",
                    "9".repeat(400).leak(),
                ]);
                bytes.splice(at..end, value.bytes());
            }
            5 if at < bytes.len() => bytes[at] = random.pick(b"{}[]:,\"\\0nt/ \x7f\xff\x00"),
            _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
    bytes
}

/// What may be said to a message; `sent` is the message where it is JSON.
async fn check(sent: Option<&Value>, modern: bool, response: Response<McpBody>, case: &str) -> u16 {
    let status = response.status().as_u16();
    assert!([200, 202, 400, 404].contains(&status), "{status}: {case}");
    if response.headers().get("content-type").is_none_or(|kind| kind != "application/json") {
        return status;
    }
    let answer = read(response).await.json();
    let answers = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
    for answer in answers {
        assert_eq!(answer["jsonrpc"], "2.0", "{case}: {answer}");
        assert!(answer.get("result").is_some() != answer.get("error").is_some(), "{case}: {answer}");
        if let Some(id) = answer.get("id") {
            assert!(id.is_string() || id.is_number(), "{case}: {answer}");
            let mut ids = sent.into_iter().flat_map(|sent| match sent {
                Value::Array(all) => all.iter().map(|one| &one["id"]).collect(),
                one => vec![&one["id"]],
            });
            assert!(ids.any(|sent| sent == id), "{case}: an id that nobody sent: {answer}");
        }
        let Some(code) = answer["error"]["code"].as_i64() else { continue };
        let codes: &[i64] = if modern {
            &[-32700, -32600, -32601, -32602, -32020, -32021, -32022]
        } else {
            &[-32700, -32600, -32601, -32602, -32002]
        };
        assert!(codes.contains(&code), "{case}: {answer}");
    }
    status
}

#[tokio::test]
async fn i3_damaged_messages_get_an_answer_of_the_specification() {
    let options = HttpOptions { on_refusal: |_| {}, max_sessions: 100_000, ..HttpOptions::default() };
    let service: McpService = server(&Seen::default()).into_service_with(options);
    let id = session(&service, "2025-11-25").await;
    let old = session(&service, "2025-03-26").await;
    let seeds = seeds(&id, &old);
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut fine = 0;
    let rounds = if super::sweep() { 1_000_000 } else { 20_000 };
    for _ in 0..rounds {
        let (headers, text) = random.pick(&seeds);
        let (_, other) = random.pick(&seeds);
        let body = damage(&mut random, &text, &other);
        let case = format!("{headers:?} {}", String::from_utf8_lossy(&body));
        let pairs: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let all: Vec<_> = POST.iter().chain(&pairs).copied().collect();
        let message: Request<Full<Bytes>> = request("POST", "/mcp", &all, body.clone());
        let sent: Option<Value> = serde_json::from_slice(&body).ok();
        let text = String::from_utf8_lossy(&body);
        let modern = headers.iter().any(|(_, value)| value == "2026-07-28") || text.contains("protocolVersion");
        let answer = open(&service, message);
        let response = tokio::time::timeout(std::time::Duration::from_secs(5), answer).await.expect(&case);
        fine += usize::from(check(sent.as_ref(), modern, response, &case).await < 300);
    }
    assert!(fine > rounds / 50, "some damage is none: {fine}");
    // After all that it works as before.
    assert_eq!(send(&service, post(&[("mcp-session-id", &id)], &legacy_call(99, "echo"))).await.code(), 0);
}
