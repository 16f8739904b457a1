//! The binary of a generated server over HTTP: its flags, its probes, its end.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use mcpgen_tests_http::wire::{Connection, ask, piece, whole};
use mcpgen_tests_http::{POST, events, initialize, modern_call, post, request};
use mcpgen_tests_interop::{Site, server};
use serde_json::{Value, json};
use tokio::net::TcpStream;

const STREAM: [(&str, &str); 1] = [("accept", "text/event-stream")];

fn conformance(args: &[&str]) -> (Site, SocketAddr) {
    let site = Site::start(&server("conformance"), args, &[]);
    let address = site.authority().parse().unwrap();
    (site, address)
}

fn with(mut request: Request<Full<Bytes>>, name: &'static str, value: &'static str) -> Request<Full<Bytes>> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn get(path: &str) -> Request<Full<Bytes>> {
    request("GET", path, &[], "")
}

fn call() -> Request<Full<Bytes>> {
    modern_call(1, "test_simple_text", &json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn http_serves_mcp_and_probes_and_sse_on_request() {
    let (_site, address) = conformance(&[]);
    assert_eq!(ask(address, get("/livez")).await.status, 200);
    assert_eq!(ask(address, get("/readyz")).await.status, 200);
    let answer = ask(address, call()).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], "This is a simple text response for testing.");
    assert_eq!(ask(address, request("GET", "/sse", &STREAM, "")).await.status, 404, "off");

    let (_site, address) = conformance(&["--sse"]);
    let stream = Connection::to(address).await.open(request("GET", "/sse", &STREAM, "")).await;
    assert_eq!(stream.status(), 200);
    let mut stream = stream.into_body();
    let place = events(&piece(&mut stream).await.unwrap()).remove(0).1;
    let hello = request("POST", &place, &POST, initialize("2024-11-05").to_string());
    assert_eq!(ask(address, hello).await.status, 202);
    let (_, data) = events(&piece(&mut stream).await.unwrap()).remove(0);
    let answer: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(answer["result"]["protocolVersion"], "2024-11-05");
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_hosts_and_origins_are_refused_by_name_and_allowed_by_flag() {
    let (mut site, address) = conformance(&[]);
    for (header, value, flag) in [
        ("host", "mcp.example.com", "--allowed-host mcp.example.com"),
        ("origin", "https://app.example.com", "--allowed-origin https://app.example.com"),
    ] {
        assert_eq!(ask(address, with(call(), header, value)).await.status, 403, "{header}");
        let says_so = |record: &Value| record["message"].as_str().is_some_and(|message| message.contains(flag));
        site.wait_for(flag, says_so);
        // At most one line a second tells of refusals.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    let flags = ["--allowed-host", "mcp.example.com", "--allowed-origin=https://app.example.com"];
    let (_site, address) = conformance(&flags);
    let both = || with(with(call(), "host", "mcp.example.com"), "origin", "https://app.example.com");
    assert_eq!(ask(address, both()).await.status, 200);
    assert_eq!(ask(address, with(both(), "origin", "https://evil.example")).await.status, 403);
    assert_eq!(ask(address, with(both(), "host", "evil.example")).await.status, 403);
    assert_eq!(ask(address, call()).await.status, 200, "this machine is still served");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_needs_no_announcement() {
    let (_site, address) = conformance(&[]);
    let mut connection = Connection::two(TcpStream::connect(address).await.unwrap()).await;
    let answer = connection.send(call()).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], "This is a simple text response for testing.");
    let stream = connection.open(modern_call(2, "test_tool_with_progress", &json!({ "progressToken": 1 }))).await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let answer = whole(stream).await;
    assert_eq!(answer.events().len(), 4, "three notifications and the answer: {}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_a_running_call_finish_and_ends_streams_with_a_response() {
    let (mut site, address) = conformance(&[]);
    // A subscription, which ends with the signal.
    let params = mcpgen_tests_http::modern_params(json!({ "notifications": {} }), &json!({}));
    let listen = post(
        &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "subscriptions/listen")],
        &json!({ "jsonrpc": "2.0", "id": 9, "method": "subscriptions/listen", "params": params }),
    );
    let subscription = Connection::to(address).await.open(listen).await;
    // A call that waits for the person behind a legacy client: it runs for as long as this test says.
    let mut hello = initialize("2025-11-25");
    hello["params"]["capabilities"] = json!({ "elicitation": {} });
    let answer = ask(address, post(&[], &hello)).await;
    let id = answer.header("mcp-session-id").to_owned();
    let session = [("mcp-session-id", id.as_str())];
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(ask(address, post(&session, &ready)).await.status, 202);
    let params = json!({ "name": "test_elicitation", "arguments": { "message": "Who?" } });
    let elicit = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let mut running = Connection::to(address).await.open(post(&session, &elicit)).await.into_body();
    let question = loop {
        let event = piece(&mut running).await.expect("the question comes");
        match serde_json::from_str::<Value>(&events(&event)[0].1) {
            Ok(question) if question["method"] == "elicitation/create" => break question,
            _ => {}
        }
    };

    site.terminate();
    let ended = whole(subscription).await.events().pop().expect("an event").1;
    let ended: Value = serde_json::from_str(&ended).unwrap();
    assert_eq!((&ended["id"], &ended["result"]["resultType"]), (&json!(9), &json!("complete")));
    assert_eq!(ask(address, get("/readyz")).await.status, 503, "a load balancer sends nobody here any more");
    assert_eq!(ask(address, get("/livez")).await.status, 200, "and nobody has to kill it");
    let reply = json!({ "jsonrpc": "2.0", "id": question["id"],
        "result": { "action": "accept", "content": { "username": "ada", "email": "ada@example.com" } } });
    assert_eq!(ask(address, post(&session, &reply)).await.status, 202);
    let event = piece(&mut running).await.expect("the answer comes");
    assert!(event.contains("action=accept") && event.contains("ada@example.com"), "{event}");
    let (status, took) = tokio::task::spawn_blocking(move || site.ended()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(10), "not the 25 seconds that calls may take: {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_no_panic() {
    let (_site, address) = conformance(&[]);
    let output = std::process::Command::new(server("conformance"))
        .args(["--http", &address.to_string()])
        .output()
        .expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains(&format!("{address} cannot be listened on")), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}
