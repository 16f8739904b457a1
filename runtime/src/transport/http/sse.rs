//! HTTP with server-sent events, the remote transport of revision 2024-11-05 (MCP 2024-11-05, "HTTP with SSE"): one
//! stream for everything that the server says, and a place to post to. The session lives as long as the stream.

use std::sync::Arc;

use http::request::Parts;
use http::{Response, StatusCode};

use crate::protocol::message::{self, Incoming, Message};
use crate::protocol::{Reply, RpcError, Step};

use super::accept::accepts;
use super::answer::{busy, empty, events, json, refuse};
use super::body::McpBody;
use super::caller::Caller;
use super::endpoint::Endpoint;
use super::legacy::origin;
use super::news::News;
use super::session::HttpSession;
use super::sessions::new_id;

/// What a path of this transport asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Open,
    Message,
}

impl Endpoint {
    /// The route of a path, where this transport is on.
    pub(super) fn sse_route(&self, path: &str) -> Option<Route> {
        match path.rsplit('/').next() {
            Some("sse") if self.options.sse => Some(Route::Open),
            Some("messages") if self.options.sse => Some(Route::Message),
            _ => None,
        }
    }

    /// `GET /sse`
    pub(super) fn open_sse(self: &Arc<Self>, parts: &Parts, caller: &Caller) -> Response<McpBody> {
        if !accepts(&parts.headers, "text", "event-stream") {
            return refuse(StatusCode::NOT_ACCEPTABLE, "Not acceptable: Accept must name text/event-stream");
        }
        let Some(id) = new_id() else {
            return busy(StatusCode::SERVICE_UNAVAILABLE, "The system has no random numbers");
        };
        let session = HttpSession::new(id, caller.principal.clone(), self.capacity(), true);
        let Some(open) = self.streams.open(&caller.key, &session.general, None) else {
            return busy(StatusCode::TOO_MANY_REQUESTS, "Too many open streams, or the server ends");
        };
        if !self.sessions.insert(&session) {
            return busy(StatusCode::SERVICE_UNAVAILABLE, "Too many sessions");
        }
        let place = format!("{}/messages?sessionId={}", self.options.mounted_at, session.id());
        session.general.event("endpoint", &place);
        let reader = session.general.attach();
        let owned = (open, News::of_session(&session), Session { endpoint: Arc::clone(self), session });
        events(McpBody::events(reader, self.options.keep_alive, owned))
    }

    /// The session that a `POST /messages` names.
    pub(super) fn sse_target(&self, parts: &Parts, caller: &Caller) -> Result<Arc<HttpSession>, Response<McpBody>> {
        let query = parts.uri.query().unwrap_or_default();
        let id = query.split('&').find_map(|pair| pair.strip_prefix("sessionId="));
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return Err(refuse(StatusCode::BAD_REQUEST, "Invalid request: the query has no sessionId"));
        };
        let session = self.sessions.get(id, caller.principal.as_ref()).filter(|session| session.is_sse());
        let session = session.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "Session not found: open /sse again"))?;
        session.touch();
        Ok(session)
    }

    /// `POST /messages`: the answer travels on the stream.
    pub(super) fn sse_message(&self, session: &Arc<HttpSession>, caller: &Caller, body: &[u8]) -> Response<McpBody> {
        let message = match message::parse(body) {
            Ok(Incoming::One(message)) => message,
            Ok(Incoming::Batch(_)) => {
                return refuse(StatusCode::BAD_REQUEST, "Invalid request: this transport has no batches");
            }
            Err(malformed) => return json(StatusCode::BAD_REQUEST, malformed.into()),
        };
        if message.names_version() {
            // On the stream, as a server answers that knows the handshake only: clients that probe for the stateless
            // revision go on with `initialize` then, and give up where the POST itself fails.
            if let Message::Request { id, .. } = &message {
                let error = "Invalid request: revision 2026-07-28 is not served here but at /mcp";
                session.general.reply(Reply::error(Some(id), &RpcError::new(RpcError::INVALID_REQUEST, error)));
            }
            return empty(StatusCode::ACCEPTED);
        }
        match self.protocol.begin(origin(session, caller, false), message) {
            Step::Nothing | Step::Listen(_) => {}
            Step::Cancel(key) => session.cancel(&key),
            Step::Answer(reply) => session.general.reply(reply),
            Step::Run(run) => {
                let stream = Arc::clone(&session.general);
                let work = self.work(session, *run, &stream, None);
                tokio::spawn(async move {
                    if let Some(reply) = work.await {
                        stream.reply(reply);
                    }
                });
            }
        }
        empty(StatusCode::ACCEPTED)
    }
}

/// A session that ends with its stream.
struct Session {
    endpoint: Arc<Endpoint>,
    session: Arc<HttpSession>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.endpoint.sessions.remove(&self.session);
    }
}
