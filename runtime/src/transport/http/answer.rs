//! Responses.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use http_body::Body as _;

use crate::protocol::{Reply, RpcError};

use super::body::McpBody;

pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// A response without a body.
pub(super) fn empty(status: StatusCode) -> Response<McpBody> {
    with_status(status, McpBody::empty())
}

/// A JSON-RPC message.
pub(super) fn json(status: StatusCode, reply: Reply) -> Response<McpBody> {
    let (head, shared, tail) = reply.parts();
    let parts = [Bytes::from(head), shared.unwrap_or_default(), Bytes::from_static(tail.as_bytes())];
    with_status(status, McpBody::whole(parts))
}

/// An error without an id: of the request as HTTP, or of a message that has none.
pub(super) fn refuse(status: StatusCode, message: &'static str) -> Response<McpBody> {
    json(status, Reply::error(None, &RpcError::new(RpcError::INVALID_REQUEST, message)))
}

/// The answer to another method.
pub(super) fn not_allowed(allowed: &'static str) -> Response<McpBody> {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// There is no room now.
pub(super) fn busy(status: StatusCode, message: &'static str) -> Response<McpBody> {
    let mut response = refuse(status, message);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// A stream of events.
pub(super) fn events(body: McpBody) -> Response<McpBody> {
    with_status(StatusCode::OK, body)
}

/// Completes a response with what its body needs. `spent` is the map of the request: hyper keeps the map of an answer for
/// the next request of the connection, and one that has held a request does not grow again.
pub(super) fn complete(mut response: Response<McpBody>, mut spent: HeaderMap) -> Response<McpBody> {
    spent.clear();
    let own = std::mem::replace(response.headers_mut(), spent);
    let is_empty = response.body().is_end_stream();
    let is_stream = response.body().is_stream();
    let headers = response.headers_mut();
    if is_stream {
        // Nobody on the way may hold events back or keep them.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    } else if !is_empty {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.extend(own);
    response
}

fn with_status(status: StatusCode, body: McpBody) -> Response<McpBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
