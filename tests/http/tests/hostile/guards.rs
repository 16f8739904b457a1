//! I1 and I2: who may speak, and whether head and body say the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use mcpgen_runtime::{HttpOptions, McpService};
use mcpgen_tests_http::{POST, Seen, modern_call, modern_params, post, request, send, server, session};
use serde_json::json;

use super::Random;

type Message = Request<Full<Bytes>>;

fn service() -> McpService {
    server(&Seen::default()).into_service_with(HttpOptions { on_refusal: |_| {}, ..HttpOptions::default() }.with_sse())
}

fn append(mut request: Message, name: &'static str, value: &[u8]) -> Message {
    let value = HeaderValue::from_bytes(value).unwrap();
    request.headers_mut().append(name, value);
    request
}

fn replace(mut request: Message, name: &'static str, value: &[u8]) -> Message {
    request.headers_mut().remove(name);
    append(request, name, value)
}

#[tokio::test]
async fn i1_every_route_refuses_foreign_hosts_and_origins() {
    let service = service();
    let id = session(&service, "2025-11-25").await;
    let stream = ("accept", "text/event-stream");
    let routes: [(&str, &dyn Fn() -> Message); 6] = [
        ("modern POST", &|| modern_call(1, "echo", &json!({}))),
        ("legacy POST", &|| post(&[("mcp-session-id", &id)], &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))),
        ("GET", &|| request("GET", "/mcp", &[stream, ("mcp-session-id", &id)], "")),
        ("DELETE", &|| request("DELETE", "/mcp", &[("mcp-session-id", &id)], "")),
        ("GET /sse", &|| request("GET", "/sse", &[stream], "")),
        ("POST /messages", &|| request("POST", "/messages?sessionId=0", &POST, "{}")),
    ];
    let hosts = [
        &b"evil.example"[..],
        b"evil.example:8080",
        b"localhost.evil.example",
        b"localhost@evil.example",
        b"127.0.0.1.nip.io",
        b"127.0.0.1:99999",
        b"[::2]",
        b"[::1]evil",
        b"[::ffff:127.0.0.1]",
        b"0.0.0.0",
        b"localhost, evil.example",
        b"localhost\xff",
        b"",
    ];
    let origins = [
        &b"null"[..],
        b"https://evil.example",
        b"http://localhost.evil.example",
        b"http://localhost@evil.example",
        b"http://[::2]",
        b"http://localhost:99999",
        b"chrome-extension://abc",
        b"http://localhost http://evil.example",
        b"localhost",
        b"\xff",
        b"",
    ];
    for (route, make) in routes {
        for host in hosts {
            let answer = send(&service, replace(make(), "host", host)).await;
            assert_eq!(answer.status, 403, "{route}, Host {host:?}: {}", answer.text);
        }
        for origin in origins {
            let answer = send(&service, replace(make(), "origin", origin)).await;
            assert_eq!(answer.status, 403, "{route}, Origin {origin:?}: {}", answer.text);
        }
        for (name, value) in [("host", &b"localhost"[..]), ("origin", b"http://localhost")] {
            let twice = append(replace(make(), name, value), name, value);
            assert_eq!(send(&service, twice).await.status, 403, "{route}, {name} twice");
        }
        let mut none = make();
        none.headers_mut().remove("host");
        assert_eq!(send(&service, none).await.status, 403, "{route} without a Host");
    }
    // Each is refused alone: with both in order the same message passes, from every name of this machine.
    for (host, origin) in
        [("localhost:8080", "http://localhost:5173"), ("127.0.0.1", "https://127.0.0.1:1"), ("[::1]:9", "http://[::1]")]
    {
        let call = replace(modern_call(1, "echo", &json!({})), "host", host.as_bytes());
        let answer = send(&service, replace(call, "origin", origin.as_bytes())).await;
        assert_eq!(answer.status, 200, "{host} {origin}: {}", answer.text);
    }
    assert_eq!(send(&service, routes[3].1()).await.status, 204, "the session has survived all that");
}

#[tokio::test]
async fn i1_what_a_form_of_a_web_page_can_send_is_no_message() {
    let service = service();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""]
    {
        let call = replace(modern_call(1, "echo", &json!({})), "content-type", kind.as_bytes());
        assert_eq!(send(&service, call).await.status, 415, "{kind}");
    }
    let mut none = modern_call(1, "echo", &json!({}));
    none.headers_mut().remove("content-type");
    assert_eq!(send(&service, none).await.status, 415);
}

/// What a header value says, by the words of the specification ("Request Metadata"), in other code than the server's:
/// trimmed; between the markers, strict base64 of UTF-8; `None` where that is broken.
fn said(value: &[u8], encoded: bool) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    if !encoded {
        return Some(value.to_owned());
    }
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(middle) => String::from_utf8(STANDARD.decode(middle).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

#[tokio::test]
async fn i2_a_call_passes_only_where_head_and_body_say_the_same() {
    let service = service();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut passed, mut refused) = (0, 0);
    let names = ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-param-tenant"];
    for round in 0..20_000 {
        // What the body says; the tenant is in it or not.
        let tenant = random.pick(&["a", "A", "grün", " a", "", "=?base64?YQ==?=", "a\tb"]);
        let has_tenant = random.below(4) > 0;
        let arguments = if has_tenant { json!({ "tenant": tenant }) } else { json!({}) };
        let params = modern_params(json!({ "name": "tenant", "arguments": arguments }), &json!({}));
        let body = json!({ "jsonrpc": "2.0", "id": round, "method": "tools/call", "params": params });
        let expected = ["2026-07-28", "tools/call", "tenant", tenant];
        // What the head says: mostly the truth, in one of its spellings; then it is damaged.
        let mut request = post(&[], &body);
        let mut agrees = true;
        for (at, (name, truth)) in names.iter().zip(expected).enumerate() {
            let may_encode = at >= 2;
            let mut value = if may_encode && (random.below(3) == 0 || !truth.is_ascii() || truth.trim() != truth) {
                format!("=?base64?{}?=", STANDARD.encode(truth)).into_bytes()
            } else {
                truth.as_bytes().to_vec()
            };
            match random.below(16) {
                0 if !value.is_empty() => {
                    let at = random.below(value.len());
                    value[at] = random.pick(b"=?Aa/+*b6420\t -");
                }
                1 => value.truncate(random.below(value.len() + 1)),
                2 => value.insert(0, b' '),
                3 => value.push(random.pick(b"=a ")),
                4 => value = value.to_ascii_uppercase(),
                _ => {}
            }
            // A value that HTTP cannot carry is never sent.
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            // An argument that is not there has no header: one would say something that the body does not say.
            let wanted = usize::from(at < 3 || has_tenant);
            let count = match random.below(24) {
                0 => 0,
                1 => 2,
                2 => 1,
                _ => wanted,
            };
            let says = said(value.as_bytes(), may_encode).as_deref() == Some(truth);
            agrees &= count == wanted && (says || wanted == 0);
            for _ in 0..count {
                request.headers_mut().append(HeaderName::from_static(name), value.clone());
            }
        }
        let head = format!("{:?}", request.headers());
        let answer = send(&service, request).await;
        let found = (answer.status, answer.code());
        if agrees {
            passed += 1;
            assert_eq!(found, (200, 0), "{head} {body}: {}", answer.text);
        } else {
            refused += 1;
            assert_eq!(found, (400, -32020), "{head} {body}: {}", answer.text);
        }
    }
    assert!(passed > 2000 && refused > 2000, "both must be met: {passed} passed, {refused} refused");
}
