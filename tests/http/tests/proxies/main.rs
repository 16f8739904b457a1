//! Behind real nginx and real Caddy with TLS, with the configuration files of the documentation (`tests/http/proxies`).

mod front;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use front::{Front, Kind, NAME};
use http::Request;
use http_body_util::Full;
use mcpgen_runtime::HttpOptions;
use mcpgen_tests_http::wire::{piece, whole};
use mcpgen_tests_http::{
    POST, Seen, events, eventually, initialize, legacy_call, modern_call, modern_params, post, request, server,
};
use mcpgen_tests_interop::Site;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The probe server, in this process, for the name that the proxies have.
async fn upstream() -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = HttpOptions { keep_alive: Duration::from_millis(100), ..HttpOptions::default() };
    let serving = server(&seen).serve_http_with(listener, options.allow_host(NAME).with_sse(), std::future::pending());
    tokio::spawn(serving);
    (address, seen)
}

/// The request as a client sends it that knows the server by the proxy's name.
fn outside(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    request.headers_mut().insert("host", NAME.parse().unwrap());
    request
}

async fn streams_are_not_buffered(front: &Front, seen: &Seen) {
    for two in [false, true] {
        let (running, aborted) = (seen.running(), seen.aborted());
        let mut connection = front.connect(two).await;
        // The call takes 20 seconds. Its progress is here long before.
        let call = outside(modern_call(1, "wait", &json!({ "progressToken": 1 })));
        let mut body = connection.open(call).await.into_body();
        let first = tokio::time::timeout(Duration::from_secs(10), piece(&mut body)).await.expect("before the end");
        assert!(first.unwrap().contains("notifications/progress"));
        assert_eq!((seen.running(), seen.finished()), (running + 1, 0), "the call still runs");
        // Nothing happens, and the stream says so: comments pass, one by one.
        for _ in 0..3 {
            let comments = piece(&mut body).await.unwrap();
            assert!(comments.starts_with(':'), "{comments:?}");
        }
        // A client that has gone ends the call behind the proxy.
        drop((body, connection));
        eventually("the call is aborted", || seen.aborted() == aborted + 1).await;
    }
}

async fn headers_survive(front: &Front) {
    let mut connection = front.connect(false).await;
    // The server compares MCP-Protocol-Version, Mcp-Method and Mcp-Name with the body: without one of them, 400.
    let answer = connection.send(outside(modern_call(1, "echo", &json!({})))).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.text);
    for header in ["mcp-protocol-version", "mcp-method", "mcp-name"] {
        let mut call = outside(modern_call(1, "echo", &json!({})));
        call.headers_mut().insert(header, "other".parse().unwrap());
        let answer = connection.send(call).await;
        assert_eq!((answer.status, answer.code()), (400, -32020), "{header}: {}", answer.text);
    }
    let params = modern_params(json!({ "name": "tenant", "arguments": { "tenant": "a" } }), &json!({}));
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?dGVuYW50?="),
        ("mcp-param-tenant", "a"),
    ];
    assert_eq!(connection.send(outside(post(&headers, &body))).await.status, 200);

    // A session: its id comes and goes, and its stream can be resumed behind an event.
    let answer = connection.send(outside(post(&[], &initialize("2025-11-25")))).await;
    let id = answer.header("mcp-session-id").to_owned();
    assert_eq!(id.len(), 32, "{:?}", answer.headers);
    let session = [("mcp-session-id", id.as_str()), ("mcp-protocol-version", "2025-11-25")];
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(connection.send(outside(post(&session, &ready))).await.status, 202);
    let answer = connection.send(outside(post(&session, &legacy_call(1, "steps")))).await;
    let events = answer.events();
    assert_eq!(events.len(), 8, "a priming event, three times progress and log, the answer: {}", answer.text);
    let resume = [session[0], session[1], ("accept", "text/event-stream"), ("last-event-id", events[5].0.as_str())];
    let rest = whole(connection.open(outside(request("GET", "/mcp", &resume, ""))).await).await;
    assert_eq!(rest.events(), events[6..], "only what came behind the event");
    assert_eq!(connection.send(outside(request("DELETE", "/mcp", &session, ""))).await.status, 204);
    assert_eq!(connection.send(outside(post(&session, &legacy_call(2, "echo")))).await.status, 404);
}

async fn the_transport_of_2024_11_05_passes(front: &Front) {
    let mut connection = front.connect(false).await;
    let open = request("GET", "/sse", &[("accept", "text/event-stream")], "");
    let mut stream = connection.open(outside(open)).await.into_body();
    let place = events(&piece(&mut stream).await.unwrap()).remove(0).1;
    let mut posts = front.connect(false).await;
    let hello = request("POST", &place, &POST, initialize("2024-11-05").to_string());
    assert_eq!(posts.send(outside(hello)).await.status, 202);
    let answer = loop {
        let event = piece(&mut stream).await.expect("the stream stays open");
        if let Some((_, data)) = events(&event).pop() {
            break serde_json::from_str::<Value>(&data).unwrap();
        }
    };
    assert_eq!(answer["result"]["protocolVersion"], "2024-11-05");
}

/// The binary of a generated server, which has to be told the name.
async fn i1_the_name_has_to_be_allowed(kind: Kind) {
    let binary = mcpgen_tests_interop::server("conformance");
    let call = || outside(modern_call(1, "test_simple_text", &json!({})));
    let mut site = Site::start(&binary, &[], &[]);
    let front = Front::start(kind, site.authority().parse().unwrap()).await;
    assert_eq!(front.connect(true).await.send(call()).await.status, 403);
    let flag = format!("--allowed-host {NAME}");
    site.wait_for("the way out", |record| record["message"].as_str().is_some_and(|message| message.contains(&flag)));

    let site = Site::start(&binary, &["--allowed-host", NAME], &[]);
    let front = Front::start(kind, site.authority().parse().unwrap()).await;
    let mut connection = front.connect(true).await;
    let answer = connection.send(call()).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], "This is a simple text response for testing.");
    let mut foreign = call();
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert_eq!(connection.send(foreign).await.status, 403);
    // Probes are for the machine of the server, not for the world.
    let probe = outside(request("GET", "/readyz", &[], ""));
    assert_ne!(connection.send(probe).await.text, "ok\n");
}

async fn behind(kind: Kind) {
    if !kind.is_here() {
        return;
    }
    let (address, seen) = upstream().await;
    let front = Front::start(kind, address).await;
    streams_are_not_buffered(&front, &seen).await;
    headers_survive(&front).await;
    the_transport_of_2024_11_05_passes(&front).await;
    i1_the_name_has_to_be_allowed(kind).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx() {
    behind(Kind::Nginx).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_caddy() {
    behind(Kind::Caddy).await;
}
