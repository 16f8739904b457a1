//! SECURITY.md I8: many clients with the same ids at once, over sockets, in both eras and both versions of HTTP. Each answer
//! carries the tag of its client and of its call.
//!
//! `MCPGEN_TAGGED_CALLS=1000000 cargo test --release -p mcpgen-tests-http --test http i8 -- --nocapture` makes a million
//! calls; without the variable there are 20,000.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mcpgen_runtime::{Args, Context, Error, HttpOptions, Server, ServerDef, ToolDef};
use mcpgen_tests_http::{initialize, modern_params, post};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

static DEF: ServerDef =
    ServerDef { name: "tags", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };
static TAG: ToolDef = ToolDef { name: "tag", description: "Answers its arguments.", ..ToolDef::DEFAULT };

const CLIENTS: usize = 64;
/// Calls of one client at the same time, where its connection can carry them.
const AT_ONCE: usize = 8;
const AT_MOST: Duration = Duration::from_secs(15 * 60);

fn calls() -> usize {
    let given = std::env::var("MCPGEN_TAGGED_CALLS").ok();
    given.map_or(20_000, |given| given.parse().expect("MCPGEN_TAGGED_CALLS is a number"))
}

fn server() -> Server {
    Server::builder(&DEF, ())
        .rate_limit(0)
        .tool(&TAG, |_: Context, args: Args<Value>| async move {
            let tags = args.decode()?;
            // Calls overtake each other.
            for _ in 0..tags["call"].as_u64().unwrap_or_default() % 5 {
                tokio::task::yield_now().await;
            }
            Ok::<_, Error>(tags)
        })
        .build()
}

/// How a client speaks.
#[derive(Clone, Debug)]
enum Era {
    Modern,
    /// With this session.
    Legacy(String),
}

impl Era {
    fn request(&self, client: usize, call: usize) -> Request<Full<Bytes>> {
        let params = json!({ "name": "tag", "arguments": { "client": client, "call": call } });
        let message = |params: Value| json!({ "jsonrpc": "2.0", "id": call, "method": "tools/call", "params": params });
        match self {
            Self::Modern => post(
                &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "tag")],
                &message(modern_params(params, &json!({}))),
            ),
            Self::Legacy(session) => post(&[("mcp-session-id", session)], &message(params)),
        }
    }
}

fn judge(client: usize, call: usize, answer: &[u8]) {
    let answer: Value = serde_json::from_slice(answer).expect("JSON");
    assert_eq!(answer["id"], call);
    let result: Value = serde_json::from_str(answer["result"]["content"][0]["text"].as_str().expect("text")).unwrap();
    assert_eq!(result, json!({ "client": client, "call": call }));
}

/// One call at a time, over HTTP/1.1.
async fn one_by_one(address: SocketAddr, client: usize, legacy: bool, calls: usize) -> usize {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut era = Era::Modern;
    if legacy {
        let answer = sender.send_request(post(&[], &initialize("2025-06-18"))).await.unwrap();
        era = Era::Legacy(answer.headers()["mcp-session-id"].to_str().unwrap().to_owned());
        answer.into_body().collect().await.unwrap();
    }
    for call in 0..calls {
        sender.ready().await.unwrap();
        let answer = sender.send_request(era.request(client, call)).await.unwrap();
        judge(client, call, &answer.into_body().collect().await.unwrap().to_bytes());
    }
    calls
}

/// Several at once, over HTTP/2.
async fn many_at_once(address: SocketAddr, client: usize, calls: usize) -> usize {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let mut lanes = JoinSet::new();
    for lane in 0..AT_ONCE {
        let mut sender = sender.clone();
        lanes.spawn(async move {
            let mut made = 0;
            for call in (lane..calls).step_by(AT_ONCE) {
                sender.ready().await.unwrap();
                let mut request = Era::Modern.request(client, call);
                request.headers_mut().remove("host");
                *request.uri_mut() = "http://localhost/mcp".parse().unwrap();
                let answer = sender.send_request(request).await.unwrap();
                judge(client, call, &answer.into_body().collect().await.unwrap().to_bytes());
                made += 1;
            }
            made
        });
    }
    lanes.join_all().await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn i8_tagged_calls_of_many_clients_with_equal_ids_do_not_mix() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(server().serve_http_with(listener, HttpOptions::default(), std::future::pending()));
    let (calls, began) = (calls(), Instant::now());
    let each = calls.div_ceil(CLIENTS);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(async move {
            match client % 4 {
                0 => one_by_one(address, client, true, each).await,
                1 => one_by_one(address, client, false, each).await,
                _ => many_at_once(address, client, each).await,
            }
        });
    }
    let made: usize = tokio::time::timeout(AT_MOST, clients.join_all()).await.expect("in time").into_iter().sum();
    assert_eq!(made, each * CLIENTS, "every call has its answer");
    println!("{made} calls of {CLIENTS} clients in {:?}, none mixed up", began.elapsed());
    serving.abort();
}
