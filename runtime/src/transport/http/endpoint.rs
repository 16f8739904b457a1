//! One request: the checks that both eras share, in the order of the ladder, and the way to the era that serves it
//! (PROTOCOL: "HTTP validation ladder", "HTTP, for each request").

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;

use crate::protocol::message::{self, Incoming, Message};
use crate::protocol::{Options, Protocol, Revision, Run, Session};
use crate::server::{Lane, Server};

use super::accept::{accepts_both, is_json};
use super::answer::{complete, json, not_allowed, refuse};
use super::body::{self, BodyError, McpBody};
use super::caller::Caller;
use super::guard::Guard;
use super::headers::{Copied, VERSION};
use super::legacy::Turning;
use super::options::HttpOptions;
use super::replay::Replay;
use super::session::HttpSession;
use super::sessions::Sessions;
use super::stream::Capacity;
use super::streams::Streams;

/// A server behind HTTP: what all of its requests share.
pub(super) struct Endpoint {
    pub(super) server: Server,
    pub(super) protocol: Arc<Protocol>,
    pub(super) options: HttpOptions,
    pub(super) sessions: Sessions,
    pub(super) streams: Arc<Streams>,
    pub(super) copied: Copied,
    /// Modern requests have no session; none of them reads or changes this one.
    pub(super) no_session: Session,
    guard: Guard,
    replay: Arc<Replay>,
}

/// What the own accept loop knows of a connection before its requests.
pub(super) struct Connection {
    pub(super) caller: Caller,
    /// Where the handlers of its requests begin.
    pub(super) lane: Lane,
}

/// What has become of a posted message.
pub(super) enum Begun {
    Answered(Response<McpBody>),
    /// A modern request runs while somebody waits for it.
    Modern(Box<Run>),
    /// A legacy request, or a batch of them, runs and says what it has to say here.
    Legacy(Arc<HttpSession>, Turning),
}

/// The era that a request claims by its header `MCP-Protocol-Version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    None,
    Legacy,
    /// Everything else, what no revision is included: the modern ladder says what is wrong.
    Modern,
}

impl Claim {
    fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(&VERSION).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::None,
            (Some(value), None) if value.to_str().is_ok_and(|value| Revision::legacy(value.trim()).is_some()) => {
                Self::Legacy
            }
            _ => Self::Modern,
        }
    }
}

impl Endpoint {
    pub(super) fn new(server: Server, options: HttpOptions) -> Arc<Self> {
        Arc::new(Self {
            protocol: Arc::new(Protocol::new(server.clone(), Options::default())),
            sessions: Sessions::new(options.max_sessions, options.session_ttl),
            streams: Streams::new(options.max_streams),
            copied: Copied::of(&server),
            no_session: Session::default(),
            guard: Guard::new(&options),
            replay: Replay::new(options.max_replay_bytes),
            server,
            options,
        })
    }

    /// Answers a request. `connection` is that of the own accept loop, where nobody puts anything into extensions.
    pub(super) async fn serve<B: Body>(
        self: &Arc<Self>,
        request: Request<B>,
        connection: Option<&Connection>,
    ) -> Response<McpBody> {
        let (parts, body) = request.into_parts();
        let response = self.respond(&parts, body, connection).await;
        complete(response, parts.headers)
    }

    async fn respond<B: Body>(
        self: &Arc<Self>,
        parts: &Parts,
        body: B,
        connection: Option<&Connection>,
    ) -> Response<McpBody> {
        if let Err(message) = self.guard.admit(parts) {
            return refuse(StatusCode::FORBIDDEN, message);
        }
        let caller =
            || connection.map_or_else(|| Caller::of(&parts.extensions), |connection| connection.caller.clone());
        #[cfg(feature = "sse")]
        if let Some(route) = self.sse_route(parts.uri.path()) {
            return match route {
                super::sse::Route::Open if parts.method == Method::GET => self.open_sse(parts, &caller()),
                super::sse::Route::Open => not_allowed("GET"),
                super::sse::Route::Message if parts.method != Method::POST => not_allowed("POST"),
                super::sse::Route::Message => match self.sse_target(parts, &caller()) {
                    Ok(session) => match self.body(parts, body).await {
                        Ok(body) => self.sse_message(&session, &caller(), &body),
                        Err(response) => response,
                    },
                    Err(response) => response,
                },
            };
        }
        let claim = Claim::of(&parts.headers);
        match parts.method {
            Method::POST => {
                if !accepts_both(&parts.headers) {
                    let message = "Not acceptable: Accept must name application/json and text/event-stream";
                    return refuse(StatusCode::NOT_ACCEPTABLE, message);
                }
                let body = match self.body(parts, body).await {
                    Ok(body) => body,
                    Err(response) => return response,
                };
                // What is awaited holds nothing of the message: it would make room for it in every request.
                let lane = connection.map(|connection| &connection.lane);
                match self.post(parts, &caller(), lane, claim, &body) {
                    Begun::Answered(response) => response,
                    Begun::Modern(run) => self.modern_run(*run, lane).await,
                    Begun::Legacy(session, turning) => self.turn(&session, turning).await,
                }
            }
            Method::GET | Method::DELETE if claim == Claim::Modern => not_allowed("POST"),
            Method::GET => self.get(parts, &caller()),
            Method::DELETE => self.delete(parts, &caller()),
            _ => not_allowed("GET, POST, DELETE"),
        }
    }

    async fn body<B: Body>(&self, parts: &Parts, body: B) -> Result<Bytes, Response<McpBody>> {
        if !is_json(&parts.headers) {
            let message = "Unsupported media type: the body must be application/json";
            return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        body::read(body, self.options.max_body, self.options.body_timeout).await.map_err(|error| match error {
            BodyError::TooLarge => refuse(StatusCode::PAYLOAD_TOO_LARGE, "Invalid request: the body is too large"),
            BodyError::TooSlow => refuse(StatusCode::REQUEST_TIMEOUT, "Invalid request: the body came too slowly"),
            BodyError::Broken => refuse(StatusCode::BAD_REQUEST, "Invalid request: the body is incomplete"),
        })
    }

    fn post(self: &Arc<Self>, parts: &Parts, caller: &Caller, lane: Option<&Lane>, claim: Claim, body: &[u8]) -> Begun {
        let message = match message::parse(body) {
            Ok(Incoming::One(message)) => message,
            Ok(Incoming::Batch(_)) if claim == Claim::Modern => {
                let message = "Invalid request: revision 2026-07-28 has no batches";
                return Begun::Answered(refuse(StatusCode::BAD_REQUEST, message));
            }
            Ok(Incoming::Batch(members)) => return self.legacy_batch(parts, caller, lane, &members),
            Err(malformed) => return Begun::Answered(json(StatusCode::BAD_REQUEST, malformed.into())),
        };
        if claim == Claim::Modern || message.names_version() {
            return self.modern(parts, caller, message);
        }
        if matches!(&message, Message::Request { method, .. } if method == "initialize") {
            return Begun::Answered(self.initialize(caller, message));
        }
        self.legacy(parts, caller, lane, message)
    }

    pub(super) fn capacity(&self) -> Capacity {
        let HttpOptions { max_queue: events, max_queue_bytes: bytes, .. } = self.options;
        Capacity { events, bytes, replay: Arc::clone(&self.replay) }
    }

    /// Ends all long-lived streams and opens no more.
    pub(super) fn close_streams(&self) {
        self.streams.close();
    }
}
