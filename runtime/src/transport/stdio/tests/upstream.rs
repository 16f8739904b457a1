//! Calls of an API over the transports: a client that gives up or goes away ends the request upstream within a second
//! (SECURITY.md I5), and a 202 becomes a task where the client knows tasks.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};

use crate::context::Context;
use crate::def::{ServerDef, TaskDef, ToolDef};
use crate::env::Env;
use crate::json::Args;
use crate::server::Server;
use crate::upstream::testing::{API, GET, Mock, Reply};
use crate::upstream::{Operation, Upstream, UpstreamOptions, upstream_untyped};

static DEF: ServerDef =
    ServerDef { name: "proxy", title: None, version: "1", description: None, instructions: None, settings: &[] };
static CALL: ToolDef = ToolDef { name: "call", task: Some(TaskDef::OPTIONAL.by_handler()), ..ToolDef::DEFAULT };
static OPERATION: Operation = GET;

fn server(mock: &Mock) -> Server {
    let options = UpstreamOptions { poll: Duration::from_millis(30), ..UpstreamOptions::default() };
    let upstream = Upstream::from_env(&API, &Env::from_pairs([("T_BASE_URL", mock.origin.as_str())])).unwrap();
    let upstream = upstream.with_options(options);
    let call =
        move |cx: Context, arguments: Args<()>| upstream_untyped(&upstream, &cx, &OPERATION, &[], arguments.into_raw());
    Server::builder(&DEF, ()).tool(&CALL, call).build()
}

/// The upstream sees the end of its request within a second.
async fn gone(mock: &mut Mock, why: &str) {
    let closed = tokio::time::timeout(Duration::from_secs(1), mock.closed());
    closed.await.unwrap_or_else(|_| panic!("{why}: the upstream still waits after a second"));
}

struct Client {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
}

impl Client {
    fn of(server: Server) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (reader, writer) = tokio::io::split(theirs);
        tokio::spawn(super::serve(server, reader, writer, super::Limits::default()));
        let (output, input) = tokio::io::split(ours);
        Self { input, output: BufReader::new(output).lines() }
    }

    async fn send(&mut self, message: Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn line(&mut self) -> Value {
        let line = tokio::time::timeout(Duration::from_secs(10), self.output.next_line()).await;
        serde_json::from_str(&line.expect("an answer within 10 s").unwrap().expect("a line")).unwrap()
    }

    /// A client of revision 2025-11-25, after the handshake.
    async fn legacy(server: Server) -> Self {
        let mut client = Self::of(server);
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        client.send(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })).await;
        client.line().await;
        client.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        client
    }

    /// A request of a modern client that knows tasks; its answer.
    async fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": { "extensions": { "io.modelcontextprotocol/tasks": {} } },
        });
        self.send(json!({ "jsonrpc": "2.0", "id": "q", "method": method, "params": params })).await;
        self.line().await["result"].clone()
    }
}

fn call(id: u32) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "call", "arguments": {} } })
}

#[tokio::test]
async fn i5_a_call_that_is_cancelled_over_stdio_ends_upstream() {
    for reply in [
        Reply::Silence,
        Reply::Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".to_vec(), b' ', Duration::from_millis(20)),
    ] {
        let mut mock = Mock::start(reply).await;
        let mut client = Client::legacy(server(&mock)).await;
        client.send(call(1)).await;
        mock.request().await;
        let params = json!({ "requestId": 1, "reason": "enough" });
        client.send(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params })).await;
        gone(&mut mock, "cancelled").await;
    }
}

#[tokio::test]
async fn i5_a_client_that_ends_its_input_ends_what_runs_upstream() {
    let mut mock = Mock::start(Reply::Silence).await;
    let mut client = Client::legacy(server(&mock)).await;
    client.send(call(1)).await;
    mock.request().await;
    drop(client);
    gone(&mut mock, "the client has gone").await;
}

#[tokio::test]
async fn a_202_becomes_a_task_and_its_outcome_is_that_of_the_work() {
    let accepted = || Reply::new("202 Accepted", "Location: /jobs/7\r\n", "");
    let mock = Mock::start_with([accepted(), accepted(), Reply::json("200 OK", r#"{"n":1.0}"#)]).await;
    let mut client = Client::of(server(&mock));
    let created = client.ask("tools/call", json!({ "name": "call", "arguments": {} })).await;
    assert_eq!(created["resultType"], "task", "{created}");
    let id = created["taskId"].clone();
    for _ in 0..200 {
        let task = client.ask("tasks/get", json!({ "taskId": id })).await;
        if task["status"] == "completed" {
            assert_eq!(task["result"]["structuredContent"], json!({ "n": 1.0 }));
            return;
        }
        assert_eq!(task["status"], "working");
        assert!(task["statusMessage"].as_str().is_none_or(|text| text.starts_with("The API ")), "{task}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the task never ends");
}

#[tokio::test]
async fn a_task_that_is_cancelled_asks_no_more() {
    let mut mock = Mock::start_with([Reply::new("202 Accepted", "Location: /jobs/7\r\n", ""), Reply::Silence]).await;
    let mut client = Client::of(server(&mock));
    let created = client.ask("tools/call", json!({ "name": "call", "arguments": {} })).await;
    mock.request().await;
    mock.closed().await;
    assert!(mock.request().await.starts_with("GET /jobs/7 "));
    client.ask("tasks/cancel", json!({ "taskId": created["taskId"] })).await;
    gone(&mut mock, "the task was cancelled").await;
}

#[cfg(feature = "http")]
#[tokio::test]
async fn i5_a_client_that_disconnects_ends_its_request_upstream() {
    let mut mock = Mock::start(Reply::Silence).await;
    let port = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        probe.local_addr().unwrap().port()
    };
    tokio::spawn(server(&mock).serve_http(("127.0.0.1", port)));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "call", "arguments": {}, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nAccept: application/json, \
         text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: call\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = loop {
        match tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
            Ok(stream) => break stream,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut early = [0; 512];
    tokio::select! {
        request = mock.request() => assert!(request.starts_with("GET /pets ")),
        read = stream.read(&mut early) => panic!("{:?}", read.map(|read| String::from_utf8_lossy(&early[..read]).into_owned())),
    }
    drop(stream);
    gone(&mut mock, "the client has disconnected").await;
}
