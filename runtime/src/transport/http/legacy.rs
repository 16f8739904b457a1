//! Requests of the revisions before 2026-07-28: sessions (MCP 2025-11-25, "Streamable HTTP").

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::value::RawValue;
use tokio::runtime::Handle;

use crate::context::Context;
use crate::protocol::message::{self, BATCH_CAP, Message};
use crate::protocol::{Origin, Reply, Revision, RpcError, Run, Step};
use crate::server::Lane;

use super::accept::accepts;
use super::answer::{SESSION, busy, empty, events, json, refuse};
use super::body::McpBody;
use super::caller::Caller;
use super::endpoint::{Begun, Endpoint};
use super::news::News;
use super::session::HttpSession;
use super::sessions::new_id;
use super::stream::{EventStream, Turn};

const VERSIONS: &str = "Invalid request: send initialize first and its Mcp-Session-Id with each request (2025-11-25, \
                        2025-06-18, 2025-03-26), or MCP-Protocol-Version and params._meta of 2026-07-28";

impl Endpoint {
    /// `initialize`: a new session.
    pub(super) fn initialize(&self, caller: &Caller, message: Message<'_>) -> Response<McpBody> {
        let Some(id) = new_id() else {
            return busy(StatusCode::SERVICE_UNAVAILABLE, "The system has no random numbers");
        };
        let Ok(value) = HeaderValue::from_str(&id) else { return empty(StatusCode::INTERNAL_SERVER_ERROR) };
        let session = HttpSession::new(id, caller.principal.clone(), self.capacity(), false);
        let Step::Answer(reply) = self.protocol.begin(origin(&session, caller, false), message) else {
            return empty(StatusCode::ACCEPTED);
        };
        if reply.code().is_some() {
            return json(StatusCode::OK, reply);
        }
        if !self.sessions.insert(&session) {
            return busy(StatusCode::SERVICE_UNAVAILABLE, "Too many sessions");
        }
        let mut response = json(StatusCode::OK, reply);
        response.headers_mut().insert(SESSION, value);
        response
    }

    /// Any other message, in its session.
    pub(super) fn legacy(&self, parts: &Parts, caller: &Caller, lane: Option<&Lane>, message: Message<'_>) -> Begun {
        let session = match self.session(&parts.headers, caller) {
            Ok(session) => session,
            Err(response) => return Begun::Answered(response),
        };
        Begun::Answered(match self.protocol.begin(origin(&session, caller, false), message) {
            Step::Nothing => empty(StatusCode::ACCEPTED),
            Step::Cancel(key) => {
                session.cancel(&key);
                empty(StatusCode::ACCEPTED)
            }
            Step::Answer(reply) => json(StatusCode::OK, reply),
            Step::Run(run) => {
                let stream = request_stream(&session);
                let (work, ended) = (self.work(&session, *run, &stream, lane), Arc::clone(&stream));
                return Begun::Legacy(session, Turning::new(stream, async move { ended.finish(work.await) }));
            }
            Step::Listen(_) => refuse(StatusCode::BAD_REQUEST, VERSIONS),
        })
    }

    /// An array: a batch of revision 2025-03-26 (JSON-RPC 2.0, "Batch").
    pub(super) fn legacy_batch(
        &self,
        parts: &Parts,
        caller: &Caller,
        lane: Option<&Lane>,
        members: &[&RawValue],
    ) -> Begun {
        let bad = |message| Begun::Answered(refuse(StatusCode::BAD_REQUEST, message));
        let session = match self.session(&parts.headers, caller) {
            Ok(session) => session,
            Err(response) => return Begun::Answered(response),
        };
        if !session.revision().is_some_and(Revision::has_batches) {
            return bad("Invalid request: batches are part of revision 2025-03-26 alone");
        }
        if members.is_empty() || members.len() > BATCH_CAP {
            return bad("Invalid request: a batch holds 1 to 64 messages");
        }
        let stream = request_stream(&session);
        let mut replies = Vec::with_capacity(members.len());
        for member in members {
            let step = match message::parse_one(member.get()) {
                Ok(message) => self.protocol.begin(origin(&session, caller, true), message),
                Err(malformed) => Step::Answer(malformed.into()),
            };
            match step {
                Step::Nothing | Step::Listen(_) => {}
                Step::Cancel(key) => session.cancel(&key),
                Step::Answer(reply) => replies.push(Pending::Ready(reply)),
                Step::Run(run) => replies.push(Pending::Runs(tokio::spawn(self.work(&session, *run, &stream, lane)))),
            }
        }
        if replies.is_empty() {
            return Begun::Answered(empty(StatusCode::ACCEPTED));
        }
        let ended = Arc::clone(&stream);
        let work = async move {
            let mut answers = Vec::with_capacity(replies.len());
            for reply in replies {
                answers.extend(match reply {
                    Pending::Ready(reply) => Some(reply),
                    Pending::Runs(task) => task.await.ok().flatten(),
                });
            }
            ended.finish(Reply::batch(answers));
        };
        Begun::Legacy(session, Turning::new(stream, work))
    }

    /// `GET`: the stream of the session, or the rest of one that broke off.
    pub(super) fn get(&self, parts: &Parts, caller: &Caller) -> Response<McpBody> {
        if !accepts(&parts.headers, "text", "event-stream") {
            return refuse(StatusCode::NOT_ACCEPTABLE, "Not acceptable: Accept must name text/event-stream");
        }
        let session = match self.session(&parts.headers, caller) {
            Ok(session) => session,
            Err(response) => return response,
        };
        let last = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok());
        let resumed = last.and_then(|last| session.find(last.trim()));
        let stream = resumed.as_ref().map_or(&session.general, |(stream, _)| stream);
        if resumed.is_none() && stream.is_attached() {
            return refuse(StatusCode::CONFLICT, "Conflict: the session has a GET stream already");
        }
        let Some(open) = self.streams.open(&caller.key, stream, None) else {
            return busy(StatusCode::TOO_MANY_REQUESTS, "Too many open streams, or the server ends");
        };
        let news = (stream.number() == Some(0)).then(|| News::of_session(&session));
        let reader = match resumed {
            Some((stream, last)) => stream.resume(last),
            None => {
                if is_primed(&session) {
                    stream.prime();
                }
                session.note(stream);
                stream.attach()
            }
        };
        events(McpBody::events(reader, self.options.keep_alive, (open, news, Reading(session))))
    }

    /// `DELETE`: ends the session.
    pub(super) fn delete(&self, parts: &Parts, caller: &Caller) -> Response<McpBody> {
        match self.session(&parts.headers, caller) {
            Ok(session) => {
                self.sessions.remove(&session);
                empty(StatusCode::NO_CONTENT)
            }
            Err(response) => response,
        }
    }

    /// The session that a request names.
    fn session(&self, headers: &HeaderMap, caller: &Caller) -> Result<Arc<HttpSession>, Response<McpBody>> {
        let mut values = headers.get_all(SESSION).iter();
        let id = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().unwrap_or_default(),
            _ => return Err(refuse(StatusCode::BAD_REQUEST, VERSIONS)),
        };
        let session = self.sessions.get(id, caller.principal.as_ref()).filter(|session| !session.is_sse());
        let session = session.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "Session not found: initialize again"))?;
        session.touch();
        Ok(session)
    }

    /// A request that runs to its end even if nobody waits: a disconnect is no cancellation. Without an answer where it
    /// is cancelled.
    pub(super) fn work(
        &self,
        session: &Arc<HttpSession>,
        Run { id, info, job }: Run,
        stream: &Arc<EventStream>,
        lane: Option<&Lane>,
    ) -> impl Future<Output = Option<Reply>> + Send + use<> {
        let (session, protocol) = (Arc::clone(session), Arc::clone(&self.protocol));
        let (key, sink) = (id.key(), Arc::clone(stream));
        let cx = Context::in_lane(info, Some(sink), lane.cloned());
        let serial = session.begin(&key, &cx);
        async move {
            let Some(serial) = serial else {
                let message = "Invalid request: a request with this id is still running";
                return Some(Reply::error(Some(&id), &RpcError::new(RpcError::INVALID_REQUEST, message)));
            };
            let reply = protocol.run(&cx, &id, &job).await;
            session.finished(&key, serial).then_some(reply)
        }
    }

    /// A plain answer, unless the request says something before it.
    pub(super) async fn turn(&self, session: &Arc<HttpSession>, mut turning: Turning) -> Response<McpBody> {
        let turn = poll_fn(|cx| turning.poll(cx)).await;
        let stream = &turning.stream;
        match turn {
            Turn::Answer(reply) => json(StatusCode::OK, reply),
            // An event stream with nothing in it, since the client has asked for no answer.
            Turn::Nothing => events(McpBody::events(stream.attach(), self.options.keep_alive, ())),
            Turn::Stream => {
                session.keep(stream);
                events(McpBody::events(stream.attach(), self.options.keep_alive, ()))
            }
        }
    }
}

/// A legacy request while it is open whether its answer is a stream. Until then it runs with those who wait for it; when
/// nobody does any more, or a stream carries it, it goes on as a task: a disconnect is no cancellation (MCP 2025-11-25,
/// "Streamable HTTP", "Sending Messages to the Server", 7).
pub(super) struct Turning {
    stream: Arc<EventStream>,
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    runtime: Option<Handle>,
}

impl Turning {
    fn new(stream: Arc<EventStream>, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { stream, work: Some(Box::pin(work)), runtime: Handle::try_current().ok() }
    }

    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Turn> {
        if self.work.as_mut().is_some_and(|work| work.as_mut().poll(cx).is_ready()) {
            self.work = None;
        }
        self.stream.poll_turn(cx)
    }
}

impl Drop for Turning {
    fn drop(&mut self) {
        if let (Some(work), Some(runtime)) = (self.work.take(), &self.runtime) {
            runtime.spawn(work);
        }
    }
}

/// A member of a batch.
enum Pending {
    Ready(Reply),
    Runs(tokio::task::JoinHandle<Option<Reply>>),
}

/// Notes the end of a stream as the last use of its session.
struct Reading(Arc<HttpSession>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.touch();
    }
}

/// Legacy messages come without copies in headers.
pub(super) fn origin<'a>(session: &'a HttpSession, caller: &'a Caller, in_batch: bool) -> Origin<'a> {
    Origin {
        session: &session.protocol,
        client_key: &caller.key,
        principal: caller.principal.as_ref(),
        mirror: None,
        in_batch,
    }
}

fn request_stream(session: &HttpSession) -> Arc<EventStream> {
    let stream = session.stream();
    if is_primed(session) {
        stream.prime();
    }
    stream
}

/// Clients of earlier revisions take an event without data for a broken message.
fn is_primed(session: &HttpSession) -> bool {
    session.revision().is_some_and(|revision| revision >= Revision::V2025_11_25)
}
