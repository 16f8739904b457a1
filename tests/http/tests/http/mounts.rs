//! The service inside other servers: axum beside other routes, bare hyper, AWS Lambda. In each of them it has the
//! domain, the authentication and the limits of the application around it.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, StatusCode};
use hyper_util::rt::TokioIo;
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, RequestExt};
use mcpgen_runtime::{HttpOptions, McpService, Principal};
use mcpgen_tests_http::wire::{Connection, ask};
use mcpgen_tests_http::{Answer, Seen, modern_call, request, server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_service::Service;

/// Two calls a minute for each caller.
fn limited() -> McpService {
    server(&Seen::default()).with_rate_limit(2).into_service()
}

/// The authentication of the applications around the server: whoever knows a name has it.
fn user(headers: &HeaderMap) -> Option<Principal> {
    let token = headers.get("authorization")?.to_str().ok()?;
    token.strip_prefix("Bearer token-of-").map(Principal::new)
}

/// A call of `who` by this user.
fn call(user: Option<&str>) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    let mut request = modern_call(1, "who", &json!({}));
    if let Some(user) = user {
        let token = HeaderValue::from_str(&format!("Bearer token-of-{user}")).unwrap();
        request.headers_mut().insert("authorization", token);
    }
    request
}

/// The principal reaches the context, and each has a limit of its own; without one the application answers itself.
async fn principals_are_kept_apart(send: impl AsyncFn(Option<&str>) -> Answer) {
    assert_eq!(send(None).await.status, 401);
    for user in ["alice", "bob"] {
        for _ in 0..2 {
            let result = &send(Some(user)).await.json()["result"];
            assert_eq!(result["content"][0]["text"], format!("{user} principal:{user}"));
        }
        let result = &send(Some(user)).await.json()["result"];
        assert_eq!(result["isError"], true, "the third call: {result}");
        assert_eq!(result["_meta"]["dev.mcpgen/error"]["kind"], "rate_limited", "{result}");
    }
}

async fn authenticate(mut request: Request, next: Next) -> Response {
    let Some(principal) = user(request.headers()) else { return StatusCode::UNAUTHORIZED.into_response() };
    request.extensions_mut().insert(principal);
    next.run(request).await
}

async fn axum(service: McpService) -> SocketAddr {
    let app = Router::new()
        .route_service("/mcp", service)
        .layer(middleware::from_fn(authenticate))
        .route("/hello", get(|| async { "hello" }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn in_axum_beside_other_routes() {
    let address = axum(limited()).await;
    assert_eq!(ask(address, request("GET", "/hello", &[], "")).await.text, "hello");
    principals_are_kept_apart(async |user| ask(address, call(user)).await).await;
    let mut stream = modern_call(2, "steps", &json!({ "progressToken": 1 }));
    stream.headers_mut().insert("authorization", "Bearer token-of-carol".parse().unwrap());
    let answer = ask(address, stream).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.events().len(), 4);
}

/// The service behind an application's own authentication, as one more service of hyper.
async fn hyper(service: McpService) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mcp = service.clone();
            let service = hyper::service::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
                let mut mcp = mcp.clone();
                async move {
                    let Some(principal) = user(request.headers()) else {
                        let mut response = http::Response::new(axum::body::Body::empty());
                        *response.status_mut() = StatusCode::UNAUTHORIZED;
                        return Ok::<_, Infallible>(response);
                    };
                    request.extensions_mut().insert(principal);
                    Ok(mcp.call(request).await?.map(axum::body::Body::new))
                }
            });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    address
}

#[tokio::test]
async fn in_bare_hyper() {
    let address = hyper(limited()).await;
    principals_are_kept_apart(async |user| ask(address, call(user)).await).await;
    // One connection, several users: the principal belongs to the request.
    let mut connection = Connection::to(hyper(limited()).await).await;
    for user in ["alice", "bob"] {
        let answer = connection.send(call(Some(user))).await;
        assert_eq!(answer.json()["result"]["content"][0]["text"], format!("{user} principal:{user}"));
    }
}

/// What a Lambda function URL gives a function for a request ("Payload format version 2.0").
async fn event(request: http::Request<http_body_util::Full<bytes::Bytes>>) -> Value {
    use http_body_util::BodyExt;

    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let headers: serde_json::Map<String, Value> =
        parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.uri.path(),
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "http": {
                "method": parts.method.as_str(), "path": parts.uri.path(), "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7", "userAgent": "test",
            },
            "requestId": "0", "routeKey": "$default", "stage": "$default", "time": "", "timeEpoch": 0,
        },
        "body": String::from_utf8(body.to_vec()).unwrap(),
        "isBase64Encoded": false,
    })
}

/// The application of a Lambda function: its authentication, then the service.
#[derive(Clone)]
struct Function(McpService);

impl Service<lambda_http::Request> for Function {
    type Response = http::Response<axum::body::Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: lambda_http::Request) -> Self::Future {
        let mut service = self.0.clone();
        Box::pin(async move {
            let Some(principal) = user(request.headers()) else {
                return Ok(StatusCode::UNAUTHORIZED.into_response());
            };
            // What the event says beside the request is still there.
            assert_eq!(request.raw_http_path(), "/mcp");
            request.extensions_mut().insert(principal);
            Ok(service.call(request).await?.map(axum::body::Body::new))
        })
    }
}

/// Lets the adapter of `lambda_http`, which `lambda_http::run` wraps around a service, answer one event.
async fn invoke<S>(service: S, request: http::Request<http_body_util::Full<bytes::Bytes>>) -> Answer
where
    S: Service<lambda_http::Request, Response = http::Response<axum::body::Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    let event: LambdaRequest = serde_json::from_str(&event(request).await.to_string()).unwrap();
    let mut adapter = Adapter::from(service);
    let response = adapter.call(LambdaEvent::new(event, Context::default())).await.unwrap();
    let response = serde_json::to_value(response).unwrap();
    let headers = response["headers"].as_object().unwrap();
    let headers = headers.iter().map(|(name, value)| {
        (name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_str(value.as_str().unwrap()).unwrap())
    });
    Answer {
        status: u16::try_from(response["statusCode"].as_u64().unwrap()).unwrap(),
        headers: headers.collect(),
        text: response["body"].as_str().unwrap_or_default().to_owned(),
    }
}

#[tokio::test]
async fn in_aws_lambda() {
    let options = HttpOptions { on_refusal: |_| {}, ..HttpOptions::default() };
    let host = "abc.lambda-url.eu-central-1.on.aws";
    let service = |options| server(&Seen::default()).with_rate_limit(2).into_service_with(options);
    let from_outside = |mut request: http::Request<_>| {
        request.headers_mut().insert("host", HeaderValue::from_static(host));
        request
    };
    let function = Function(service(options.clone().allow_host(host)));
    principals_are_kept_apart(async |user| invoke(function.clone(), from_outside(call(user))).await).await;
    let closed = Function(service(options));
    assert_eq!(invoke(closed, from_outside(call(Some("alice")))).await.status, 403, "the name of the URL is needed");
    // A function that does not stream answers all events at once.
    let mut stream = modern_call(2, "steps", &json!({ "progressToken": 1 }));
    stream.headers_mut().insert("authorization", "Bearer token-of-carol".parse().unwrap());
    let answer = invoke(function, from_outside(stream)).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.events().len(), 4, "{}", answer.text);
}
