//! I4, I5 and I6: many, slow and greedy clients.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use mcpgen_runtime::HttpOptions;
use mcpgen_tests_http::wire::{Connection, ask};
use mcpgen_tests_http::{Seen, eventually, initialize, modern_call, open, post, read, request, server};
use mcpgen_tests_interop::{Site, say};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{site, sweep};

const HEAD: &str = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: */*\r\n";

/// A client that sends a byte from time to time; ends when the server closes, with how long that took.
async fn dribble(address: SocketAddr, begin: String, pause: Duration) -> Duration {
    let begun = Instant::now();
    let (mut reads, mut writes) = TcpStream::connect(address).await.unwrap().into_split();
    let writing = tokio::spawn(async move {
        let mut bytes = begin.into_bytes();
        while writes.write_all(&bytes).await.is_ok() {
            bytes = b"x".to_vec();
            tokio::time::sleep(pause).await;
        }
    });
    let mut answer = Vec::new();
    // Closed or reset: gone is gone.
    let _ = reads.read_to_end(&mut answer).await;
    writing.abort();
    begun.elapsed()
}

/// Calls one behind the other for so long: how long each took, in order of size.
async fn healthy(address: SocketAddr, tool: &str, during: Duration) -> Vec<Duration> {
    let mut connection = Connection::to(address).await;
    let (mut took, begun) = (Vec::new(), Instant::now());
    while begun.elapsed() < during {
        let before = Instant::now();
        let answer = connection.send(modern_call(1, tool, &json!({}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        took.push(before.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    took.sort();
    took
}

/// In CI 200 dribblers against short clocks; the sweep has 2,000 against a generated server with its own clocks (10 and
/// 30 seconds): `ulimit -n 8192; MCPGEN_SWEEP=1 cargo test --release -p mcpgen-tests-http --test hostile i4 -- --nocapture`
#[tokio::test(flavor = "multi_thread")]
async fn i4_dribblers_lose_their_connections_and_a_healthy_client_is_served() {
    let generated = sweep().then(|| Site::start(&mcpgen_tests_interop::server("conformance"), &[], &[]));
    let short = HttpOptions {
        header_timeout: Duration::from_secs(1),
        body_timeout: Duration::from_secs(2),
        ..HttpOptions::default()
    };
    let (address, tool, count, clocks, during) = match &generated {
        Some(site) => (site.authority().parse().unwrap(), "test_simple_text", 2000, (10, 30), Duration::from_secs(8)),
        None => (site(short).await.0, "echo", 200, (1, 2), Duration::from_millis(800)),
    };
    let before = healthy(address, tool, during).await;
    let mut dribblers = JoinSet::new();
    for at in 0..count {
        let (begin, clock) = match at % 2 {
            0 => (HEAD.to_owned() + "x: ", clocks.0),
            _ => (format!("{HEAD}content-length: 1000\r\n\r\n{{"), clocks.1),
        };
        dribblers.spawn(async move { (dribble(address, begin, Duration::from_millis(250)).await, clock) });
    }
    let amid = healthy(address, tool, during).await;
    while let Some(done) = dribblers.join_next().await {
        let (took, clock) = done.unwrap();
        let clock = Duration::from_secs(clock);
        assert!(took + Duration::from_millis(100) >= clock, "{took:?}: a slow client has its time, {clock:?}");
        assert!(took < clock + Duration::from_secs(10), "{took:?}: bytes do not prolong {clock:?}");
    }
    let p99 = |took: &[Duration]| took[took.len() * 99 / 100];
    let (alone, besides) = (p99(&before), p99(&amid));
    say(&format!(
        "I4: beside {count} dribblers the p99 of a healthy client is {:.2} × what it is alone ({besides:?}, {alone:?}; \
         {} and {} calls)\n",
        besides.as_secs_f64() / alone.as_secs_f64(),
        amid.len(),
        before.len(),
    ));
    assert_eq!(ask(address, request("GET", "/readyz", &[], "")).await.status, 200);
}

#[tokio::test]
async fn i5_what_nobody_reads_is_bounded_and_the_answer_still_comes() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    let response = open(&service, modern_call(1, "flood", &json!({ "progressToken": 1 }))).await;
    eventually("the call has said everything", || seen.finished() == 1).await;
    let answer = read(response).await;
    let mut events = answer.events();
    let last: Value = serde_json::from_str(&events.pop().unwrap().1).unwrap();
    assert_eq!(last["result"]["content"][0]["text"], "flooded");
    // 20,000 notifications of a kilobyte each; the queue holds 256.
    assert!(!events.is_empty() && events.len() <= 256, "{} events were kept", events.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_a_reader_that_stalls_loses_its_connection_and_its_call() {
    let options = HttpOptions { idle_timeout: Duration::from_millis(500), ..HttpOptions::default() };
    let (address, seen) = site(options).await;
    let mut stalled = Vec::new();
    for _ in 0..4 {
        let call = modern_call(1, "spout", &json!({ "progressToken": 1 }));
        let body = http_body_util::BodyExt::collect(call.body().clone()).await.unwrap().to_bytes();
        let mut head = String::from("POST /mcp HTTP/1.1\r\n");
        for (name, value) in call.headers() {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        // Nothing is ever read from it.
        stalled.push(stream);
    }
    eventually("the calls run", || seen.running() == 4).await;
    eventually("the calls are aborted", || seen.aborted() == 4).await;
    assert_eq!(ask(address, modern_call(2, "echo", &json!({}))).await.status, 200);
}

/// The request to the API behind a generated server is aborted with the call.
#[tokio::test(flavor = "multi_thread")]
async fn i5_closing_a_response_aborts_the_request_to_the_upstream() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", upstream.local_addr().unwrap());
    let env = [("PETSTORE_BASE_URL", url.as_str()), ("PETSTORE_API_KEY", "key")];
    let site = Site::start(&mcpgen_tests_interop::server("petstore"), &[], &env);
    let address: SocketAddr = site.authority().parse().unwrap();
    let (parts, _) = modern_call(1, "get_pet", &json!({})).into_parts();
    let params =
        mcpgen_tests_http::modern_params(json!({ "name": "get_pet", "arguments": { "petId": 1 } }), &json!({}));
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let call = http::Request::from_parts(parts, Full::new(Bytes::from(body)));
    let client = tokio::spawn(async move { Connection::to(address).await.open(call).await });
    let (mut request, _) = tokio::time::timeout(Duration::from_secs(20), upstream.accept()).await.unwrap().unwrap();
    let mut read = [0; 4096];
    assert!(request.read(&mut read).await.unwrap() > 0, "the request is here, and no answer is given");
    client.abort();
    let before = Instant::now();
    let end = async { while request.read(&mut read).await.is_ok_and(|count| count > 0) {} };
    tokio::time::timeout(Duration::from_secs(1), end).await.expect("the upstream sees the end within a second");
    say(&format!("I5: the upstream saw the abort after {:?}\n", before.elapsed()));
}

/// In CI 3,000 sessions; the sweep has 50,000, which is more than a server keeps (10,000).
#[tokio::test(flavor = "multi_thread")]
async fn i6_a_flood_of_initialize_takes_neither_memory_nor_the_sessions_of_others() {
    let count = if sweep() { 50_000 } else { 3_000 };
    let site = Site::start(&mcpgen_tests_interop::server("conformance"), &[], &[]);
    let address: SocketAddr = site.authority().parse().unwrap();
    let mut connection = Connection::to(address).await;
    let answer = connection.send(post(&[], &initialize("2025-11-25"))).await;
    let used = answer.header("mcp-session-id").to_owned();
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(connection.send(post(&[("mcp-session-id", &used)], &ping)).await.status, 200);
    let mut ids = std::collections::BTreeSet::from([used.clone()]);
    for _ in 0..count {
        let answer = connection.send(post(&[], &initialize("2025-11-25"))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(ids.insert(answer.header("mcp-session-id").to_owned()), "an id twice");
    }
    let Some(full) = site.peak_memory() else { return };
    // What belongs to nobody is looked up, and that is all.
    for at in 0..count {
        let id = format!("{at:032x}");
        assert_eq!(connection.send(post(&[("mcp-session-id", &id)], &ping)).await.status, 404);
    }
    let unknown = site.peak_memory().unwrap() - full;
    say(&format!(
        "I6: {count} sessions: a peak of {} KiB; as many unknown ids: {} KiB more\n",
        full / 1024,
        unknown / 1024
    ));
    assert!(full < 64 << 20, "{full} bytes for {count} sessions");
    assert!(unknown < 1 << 20, "{unknown} bytes for {count} unknown ids");
    assert_eq!(connection.send(post(&[("mcp-session-id", &used)], &ping)).await.status, 200, "who uses one keeps it");
}
