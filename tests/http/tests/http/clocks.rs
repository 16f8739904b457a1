//! The own accept loop, with a raw client: clocks that fire, both versions of HTTP, the end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mcpgen_runtime::HttpOptions;
use mcpgen_tests_http::{Seen, eventually, modern_call, server};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

struct Site {
    address: SocketAddr,
    seen: Seen,
    end: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn site(options: HttpOptions) -> Site {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let serving = server(&seen).serve_http_with(listener, options, async move { drop(ended.await) });
    Site { address, seen, end, served: tokio::spawn(serving) }
}

/// Writes this and reads until the server closes: what it said, and when it closed.
async fn exchange(address: SocketAddr, text: &str) -> (String, Duration) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let before = Instant::now();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(10), read).await.expect("the server closes");
    (String::from_utf8(answer).unwrap(), before.elapsed())
}

fn short() -> HttpOptions {
    HttpOptions {
        header_timeout: Duration::from_millis(300),
        body_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(600),
        ..HttpOptions::default()
    }
}

const CALL: &str = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn i4_slow_clients_lose_their_connection() {
    let site = site(short()).await;
    let within = |took: Duration, from: u64, to: u64| {
        assert!(took >= Duration::from_millis(from) && took < Duration::from_millis(to), "{took:?}");
    };
    let (answer, took) = exchange(site.address, "").await;
    assert_eq!(answer, "", "a client that says nothing");
    within(took, 250, 3000);
    let (answer, took) = exchange(site.address, "POST /mcp HTTP/1.1\r\nhost: local").await;
    assert_eq!(answer, "", "half a head");
    within(took, 250, 3000);
    let (answer, took) = exchange(site.address, &format!("{CALL}content-length: 10\r\n\r\n{{")).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "half a body: {answer}");
    within(took, 250, 3000);
    let (answer, took) = exchange(site.address, "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("ok\n"), "{answer}");
    within(took, 550, 3000);
}

#[tokio::test]
async fn i4_a_dribbled_head_is_not_prolonged() {
    let site = site(short()).await;
    let stream = TcpStream::connect(site.address).await.unwrap();
    let (mut reads, mut writes) = stream.into_split();
    let dribble = tokio::spawn(async move {
        for byte in "POST /mcp HTTP/1.1\r\nhost: localhost\r\nx: ".bytes().chain(std::iter::repeat_n(b'x', 1000)) {
            if writes.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let before = Instant::now();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), reads.read_to_end(&mut answer)).await.expect("closed");
    assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
    dribble.abort();
}

#[tokio::test]
async fn i3_large_heads() {
    let site = site(HttpOptions::default()).await;
    let many = (0..70).map(|at| format!("x-{at}: 1\r\n")).collect::<String>();
    let (answer, _) = exchange(site.address, &format!("GET /livez HTTP/1.1\r\nhost: x\r\n{many}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let long = "x".repeat(20_000);
    let (answer, _) = exchange(site.address, &format!("GET /livez HTTP/1.1\r\nhost: x\r\nx: {long}\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn i4_connections_beyond_the_cap_wait() {
    let site = site(HttpOptions { max_connections: 2, ..HttpOptions::default() }).await;
    let first = TcpStream::connect(site.address).await.unwrap();
    let _second = TcpStream::connect(site.address).await.unwrap();
    let third = tokio::spawn(exchange(site.address, "GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!third.is_finished());
    drop(first);
    let (answer, _) = third.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn routes() {
    let site = site(HttpOptions { on_refusal: |_| {}, ..HttpOptions::default() }).await;
    for (request, status) in [
        ("GET /livez", 200),
        ("GET /readyz", 200),
        ("POST /livez", 405),
        ("GET /", 404),
        ("GET /mcp/x", 404),
        ("GET /sse", 404),
        ("GET /mcp", 403),
    ] {
        let text =
            format!("{request} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let (answer, _) = exchange(site.address, &text).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    }
}

#[tokio::test]
async fn both_versions_of_http_share_the_port() {
    let site = site(HttpOptions::default()).await;
    let io = TokioIo::new(TcpStream::connect(site.address).await.unwrap());
    let (mut http1, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let io = TokioIo::new(TcpStream::connect(site.address).await.unwrap());
    let (mut http2, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let first = http1.send_request(modern_call(1, "echo", &json!({}))).await.unwrap();
    let mut request = modern_call(2, "echo", &json!({}));
    request.headers_mut().remove("host");
    *request.uri_mut() = format!("http://{}/mcp", site.address).parse().unwrap();
    let second = http2.send_request(request).await.unwrap();
    for response in [first, second] {
        assert_eq!(response.status(), 200);
        let text = response.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&text).contains("\"echo\""));
    }
}

#[tokio::test]
async fn i5_closing_the_socket_cancels_the_call() {
    let site = site(HttpOptions::default()).await;
    for (at, meta) in [json!({}), json!({ "progressToken": 1 })].into_iter().enumerate() {
        let io = TokioIo::new(TcpStream::connect(site.address).await.unwrap());
        let (mut client, connection) = hyper::client::conn::http1::handshake::<_, Full<Bytes>>(io).await.unwrap();
        let connection = tokio::spawn(connection);
        let answer = tokio::spawn(async move { client.send_request(modern_call(1, "wait", &meta)).await });
        eventually("the call runs", || site.seen.running() == at + 1).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let before = Instant::now();
        connection.abort();
        answer.abort();
        eventually("the call is aborted", || site.seen.aborted() == at + 1).await;
        assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    }
}

#[tokio::test]
async fn the_end_lets_calls_finish_and_readiness_fail() {
    let site = site(HttpOptions::default()).await;
    let io = TokioIo::new(TcpStream::connect(site.address).await.unwrap());
    let (mut client, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let call = tokio::spawn(async move {
        let response = client.send_request(modern_call(1, "slow", &json!({}))).await.unwrap();
        response.into_body().collect().await.unwrap().to_bytes()
    });
    eventually("the call runs", || site.seen.running() == 1).await;
    site.end.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let probe = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(exchange(site.address, &probe("/readyz")).await.0.starts_with("HTTP/1.1 503 "));
    assert!(exchange(site.address, &probe("/livez")).await.0.starts_with("HTTP/1.1 200 "));
    let answer = call.await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("slow"));
    let served = tokio::time::timeout(Duration::from_secs(5), site.served).await.expect("it ends");
    served.unwrap().unwrap();
    assert_eq!(site.seen.finished(), 1);
    assert!(TcpStream::connect(site.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let options = HttpOptions { drain_timeout: Duration::from_millis(200), ..HttpOptions::default() };
    let site = site(options).await;
    let io = TokioIo::new(TcpStream::connect(site.address).await.unwrap());
    let (mut client, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let _call = tokio::spawn(async move { client.send_request(modern_call(1, "wait", &json!({}))).await.is_ok() });
    eventually("the call runs", || site.seen.running() == 1).await;
    let before = Instant::now();
    site.end.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), site.served).await.expect("it ends").unwrap().unwrap();
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
}
