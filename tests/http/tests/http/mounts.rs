//! The service inside other servers: beside their routes, behind their authentication.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use mcpgen_runtime::Principal;
use mcpgen_tests_http::{Answer, Seen, modern_call, request, server};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

async fn ask(address: SocketAddr, request: http::Request<Full<Bytes>>) -> Answer {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let (parts, body) = client.send_request(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text }
}

/// The authentication of the application around the server.
async fn authenticate(mut request: Request, next: Next) -> Response {
    let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let Some(user) = token.and_then(|token| token.strip_prefix("Bearer token-of-")) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let principal = Principal::new(user);
    request.extensions_mut().insert(principal);
    next.run(request).await
}

#[tokio::test]
async fn in_axum_beside_other_routes() {
    let service = server(&Seen::default()).into_service();
    let app = Router::new()
        .route_service("/mcp", service)
        .layer(middleware::from_fn(authenticate))
        .route("/hello", get(|| async { "hello" }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert_eq!(ask(address, request("GET", "/hello", &[], "")).await.text, "hello");
    let call = || modern_call(1, "who", &json!({}));
    assert_eq!(ask(address, call()).await.status, 401);
    let mut authorized = call();
    authorized.headers_mut().insert("authorization", "Bearer token-of-alice".parse().unwrap());
    let answer = ask(address, authorized).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], "alice principal:alice");
    let mut stream = modern_call(2, "steps", &json!({ "progressToken": 1 }));
    stream.headers_mut().insert("authorization", "Bearer token-of-bob".parse().unwrap());
    let answer = ask(address, stream).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.events().len(), 4);
}

#[tokio::test]
async fn in_bare_hyper() {
    let service = server(&Seen::default()).into_service();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    let answer = ask(address, modern_call(1, "echo", &json!({}))).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], "echo");
}
