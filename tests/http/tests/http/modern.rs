//! Answers of revision 2026-07-28: one object or a stream, and what a disconnect does.

use std::time::Duration;

use mcpgen_runtime::HttpOptions;
use mcpgen_tests_http::{Seen, eventually, modern_call, modern_params, open, piece, post, read, send, server};
use serde_json::{Value, json};

fn listen(id: Value) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    let params = modern_params(json!({ "notifications": { "toolsListChanged": true } }), &json!({}));
    post(
        &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "subscriptions/listen")],
        &json!({ "jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": params }),
    )
}

#[tokio::test]
async fn a_call_without_messages_is_one_object() {
    let service = server(&Seen::default()).into_service();
    // It would report progress and log, but nobody has asked for that.
    let answer = send(&service, modern_call(1, "steps", &json!({}))).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json()["result"]["content"][0]["text"], "done");
    assert_eq!(answer.json()["result"]["resultType"], "complete");
}

#[tokio::test]
async fn messages_come_before_the_answer_on_a_stream() {
    let service = server(&Seen::default()).into_service();
    for (meta, methods) in [
        (json!({ "progressToken": "t" }), vec!["notifications/progress"; 3]),
        (json!({ "io.modelcontextprotocol/logLevel": "info" }), vec!["notifications/message"; 3]),
        (
            json!({ "progressToken": 5, "io.modelcontextprotocol/logLevel": "debug" }),
            ["notifications/progress", "notifications/message"].repeat(3),
        ),
    ] {
        let answer = send(&service, modern_call(1, "steps", &meta)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert_eq!(answer.header("x-accel-buffering"), "no");
        let events = answer.events();
        assert!(events.iter().all(|(id, _)| id.is_empty()), "no ids: there is nothing to resume");
        let mut messages: Vec<Value> = events.iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect();
        let last = messages.pop().unwrap();
        assert_eq!(last["result"]["content"][0]["text"], "done", "the answer, then the end");
        let found: Vec<_> = messages.iter().map(|message| message["method"].as_str().unwrap().to_owned()).collect();
        assert_eq!(found, methods);
    }
    // A log level that nothing reaches leaves the answer plain.
    let quiet = send(&service, modern_call(1, "steps", &json!({ "io.modelcontextprotocol/logLevel": "error" }))).await;
    assert_eq!(quiet.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_failure_before_the_first_message_has_its_status() {
    let service = server(&Seen::default()).into_service();
    let answer = send(&service, modern_call(1, "fly", &json!({ "progressToken": 1 }))).await;
    assert_eq!((answer.status, answer.code()), (400, -32602));
}

#[tokio::test]
async fn i5_a_disconnect_cancels_before_and_after_the_first_message() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    // Without a token there is no message, and no answer yet: the future is dropped, as servers do with a client gone.
    let early = tokio::time::timeout(Duration::from_millis(100), open(&service, modern_call(1, "wait", &json!({}))));
    assert!(early.await.is_err());
    eventually("the first call is aborted", || seen.aborted() == 1).await;
    let mut response = open(&service, modern_call(2, "wait", &json!({ "progressToken": 1 }))).await;
    assert!(piece(response.body_mut(), Duration::from_secs(5)).await.unwrap().contains("notifications/progress"));
    assert_eq!(seen.running(), 2);
    let before = std::time::Instant::now();
    drop(response);
    eventually("the second call is aborted", || seen.aborted() == 2).await;
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(seen.finished(), 0);
}

#[tokio::test]
async fn idle_streams_show_that_they_are_alive() {
    let options = HttpOptions { keep_alive: Duration::from_millis(50), ..HttpOptions::default() };
    let service = server(&Seen::default()).into_service_with(options);
    let mut response = open(&service, modern_call(2, "slow", &json!({ "progressToken": 1 }))).await;
    let mut pieces = Vec::new();
    while let Some(piece) = piece(response.body_mut(), Duration::from_secs(5)).await {
        pieces.push(piece);
    }
    assert!(pieces.iter().filter(|piece| *piece == ":\n\n").count() >= 3, "{pieces:?}");
    assert!(pieces.last().unwrap().contains("\"result\""), "{pieces:?}");
}

#[tokio::test]
async fn a_subscription_is_acknowledged_and_ends_with_its_result() {
    let service = server(&Seen::default()).into_service();
    for id in [json!(7), json!("seven")] {
        let mut response = open(&service, listen(id.clone())).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let first = piece(response.body_mut(), Duration::from_secs(5)).await.unwrap();
        let (_, data) = mcpgen_tests_http::events(&first).remove(0);
        let acknowledged: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id, "with its type");
        assert_eq!(acknowledged["params"]["notifications"], json!({}), "the server announces no changes");
        assert_eq!(piece(response.body_mut(), Duration::from_millis(100)).await, None, "it stays open");
        drop(response);
    }
    let response = open(&service, listen(json!(8))).await;
    service.close_streams();
    let (_, data) = read(response).await.events().pop().unwrap();
    let result: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(result["id"], 8);
    assert_eq!(result["result"]["resultType"], "complete");
    assert_eq!(result["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 8);
}

#[tokio::test]
async fn i5_a_client_has_so_many_streams() {
    let options = HttpOptions { max_streams: 2, ..HttpOptions::default() };
    let service = server(&Seen::default()).into_service_with(options);
    let from = |address: [u8; 4]| {
        let mut request = listen(json!(1));
        request.extensions_mut().insert(std::net::IpAddr::from(address));
        request
    };
    let first = open(&service, from([192, 0, 2, 1])).await;
    let _second = open(&service, from([192, 0, 2, 1])).await;
    assert_eq!(open(&service, from([192, 0, 2, 1])).await.status(), 429);
    assert_eq!(open(&service, from([192, 0, 2, 2])).await.status(), 200, "another client");
    drop(first);
    assert_eq!(open(&service, from([192, 0, 2, 1])).await.status(), 200, "one has gone");
}

#[tokio::test]
async fn principals_reach_the_context_and_key_the_limit() {
    let service = server(&Seen::default()).with_rate_limit(2).into_service();
    let call = |principal: Option<&str>| {
        let mut request = modern_call(1, "who", &json!({}));
        request.extensions_mut().insert(std::net::SocketAddr::from(([192, 0, 2, 1], 1000)));
        if let Some(principal) = principal {
            request.extensions_mut().insert(mcpgen_runtime::Principal::new(principal));
        }
        send(&service, request)
    };
    let text = |answer: &mcpgen_tests_http::Answer| answer.json()["result"]["content"][0]["text"].clone();
    assert_eq!(text(&call(Some("alice")).await), "alice principal:alice");
    assert_eq!(text(&call(None).await), "nobody 192.0.2.1");
    assert_eq!(call(Some("alice")).await.json()["result"]["isError"], Value::Null);
    assert_eq!(call(Some("alice")).await.json()["result"]["isError"], true, "the third call of alice");
    assert_eq!(call(Some("bob")).await.json()["result"]["isError"], Value::Null, "bob has his own");
}

#[tokio::test]
async fn i8_equal_ids_of_many_clients_stay_apart() {
    let service = server(&Seen::default()).into_service();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..64_u64 {
        let service = service.clone();
        tasks.spawn(async move {
            for _ in 0..50 {
                let mut request = modern_call(1, "who", &json!({}));
                request.extensions_mut().insert(mcpgen_runtime::Principal::new(client.to_string()));
                let answer = send(&service, request).await.json();
                assert_eq!(answer["result"]["content"][0]["text"], format!("{client} principal:{client}"));
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
