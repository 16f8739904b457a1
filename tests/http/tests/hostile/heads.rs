//! I3: sizes, at their bounds and one beyond, as bytes on a socket.

use std::net::SocketAddr;
use std::time::Duration;

use mcpgen_runtime::HttpOptions;
use mcpgen_tests_http::wire::{Connection, ask};
use mcpgen_tests_http::{POST, modern_call, modern_params, request};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::site;

/// Sends this and gives the status.
async fn status(address: SocketAddr, pieces: impl IntoIterator<Item = Vec<u8>>) -> u16 {
    let (mut reads, mut writes) = TcpStream::connect(address).await.unwrap().into_split();
    let pieces: Vec<Vec<u8>> = pieces.into_iter().collect();
    let writing = tokio::spawn(async move {
        for piece in pieces {
            // A server that has answered need not read the rest.
            if writes.write_all(&piece).await.is_err() {
                break;
            }
        }
        writes
    });
    let mut head = [0; 12];
    tokio::time::timeout(Duration::from_secs(20), reads.read_exact(&mut head)).await.expect("an answer").unwrap();
    drop(writing);
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn i3_64_headers() {
    let (address, _) = site(HttpOptions::default()).await;
    let head = |count: usize| {
        let more: String = (1..count).map(|at| format!("x-{at}: 1\r\n")).collect();
        [format!("GET /livez HTTP/1.1\r\nhost: x\r\n{more}\r\n").into_bytes()]
    };
    assert_eq!(status(address, head(64)).await, 200);
    assert_eq!(status(address, head(65)).await, 431);
    // HTTP/2 too, where the names that begin with a colon are no headers.
    let more = |count: usize| {
        let mut get = request("GET", "/livez", &[], "");
        for at in 0..count {
            get.headers_mut().append("x-many", at.into());
        }
        get
    };
    let mut two = Connection::two(TcpStream::connect(address).await.unwrap()).await;
    assert_eq!(two.send(more(64)).await.status, 200);
    assert_eq!(two.send(more(65)).await.status, 431);
}

#[tokio::test]
async fn i3_a_head_of_16_kibibytes() {
    let (address, _) = site(HttpOptions::default()).await;
    let head = |bytes: usize| {
        let begin = "GET /livez HTTP/1.1\r\nhost: x\r\nx: ";
        [format!("{begin}{}\r\n\r\n", "x".repeat(bytes - begin.len() - 4)).into_bytes()]
    };
    assert_eq!(status(address, head(16 * 1024)).await, 200);
    assert_eq!(status(address, head(16 * 1024 + 1)).await, 431);
}

#[tokio::test]
async fn i3_a_chunked_body_of_four_mebibytes_without_a_length() {
    let (address, _) = site(HttpOptions::default()).await;
    let body = |bytes: usize| {
        let params = modern_params(json!({}), &json!({}));
        let mut text = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params }).to_string();
        text.push_str(&" ".repeat(bytes - text.len()));
        let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, \
                    text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/list\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        let mut pieces = vec![head.as_bytes().to_vec()];
        for chunk in text.as_bytes().chunks(100_000) {
            let mut piece = format!("{:x}\r\n", chunk.len()).into_bytes();
            piece.extend_from_slice(chunk);
            piece.extend_from_slice(b"\r\n");
            pieces.push(piece);
        }
        pieces.push(b"0\r\n\r\n".to_vec());
        pieces
    };
    assert_eq!(status(address, body(4 << 20)).await, 200);
    assert_eq!(status(address, body((4 << 20) + 1)).await, 413);
    // One chunk that promises more than there is room for.
    let mut endless = body(4 << 20);
    endless.truncate(1);
    endless.push(format!("ffffffff\r\n{}", " ".repeat((4 << 20) + 1)).into_bytes());
    assert_eq!(status(address, endless).await, 413);
}

#[tokio::test]
async fn i3_a_message_of_64_levels() {
    let (address, _) = site(HttpOptions::default()).await;
    // The message, its parameters and the arguments are the first three levels.
    let nested = |levels: usize| {
        let inner = "[".repeat(levels - 3) + &"]".repeat(levels - 3);
        let call = modern_call(1, "echo", &json!({}));
        let (parts, _) = call.into_parts();
        let params = modern_params(json!({ "name": "echo", "arguments": { "deep": "here" } }), &json!({}));
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let text = body.to_string().replace("\"here\"", &inner);
        http::Request::from_parts(parts, http_body_util::Full::new(text.into()))
    };
    assert_eq!(ask(address, nested(64)).await.status, 200);
    let answer = ask(address, nested(65)).await;
    assert_eq!((answer.status, answer.code()), (400, -32600), "{}", answer.text);
    // A million levels neither.
    let deep = request("POST", "/mcp", &POST, "[".repeat(1_000_000));
    assert_eq!(ask(address, deep).await.status, 400);
}
