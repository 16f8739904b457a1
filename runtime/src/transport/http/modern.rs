//! Requests of revision 2026-07-28: nothing is kept between them (MCP 2026-07-28, "Streamable HTTP").

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use http::request::Parts;
use http::{Response, StatusCode};

use crate::context::{Context, LogGate, RequestInfo};
use crate::protocol::message::{Message, RequestId};
use crate::protocol::{Job, Listen, Origin, Protocol, Reply, RpcError, Run, Step};
use crate::server::Lane;

use super::answer::{busy, empty, events, json, refuse};
use super::body::McpBody;
use super::caller::Caller;
use super::endpoint::{Begun, Endpoint};
use super::headers::Headers;
use super::news::News;
use super::stream::{EventStream, Turn, WhenFull};

impl Endpoint {
    /// Serves a modern message: the ladder from step 5 on.
    pub(super) fn modern(&self, parts: &Parts, caller: &Caller, message: Message<'_>) -> Begun {
        match message {
            // No notification of a client is defined over HTTP: cancelling is disconnecting.
            Message::Notification { .. } => return Begun::Answered(empty(StatusCode::ACCEPTED)),
            Message::Response(_) => {
                let message = "Invalid request: the server sends no requests that could be answered";
                return Begun::Answered(refuse(StatusCode::BAD_REQUEST, message));
            }
            Message::Request { .. } => {}
        }
        let headers = Headers { headers: &parts.headers, copied: &self.copied };
        let origin = Origin {
            session: &self.no_session,
            client_key: &caller.key,
            principal: caller.principal.as_ref(),
            mirror: Some(&headers),
            in_batch: false,
        };
        Begun::Answered(match self.protocol.begin(origin, message) {
            Step::Run(run) => return Begun::Modern(run),
            Step::Answer(reply) => answer(reply),
            Step::Listen(listen) => self.listen(caller, listen),
            Step::Nothing | Step::Cancel(_) => empty(StatusCode::ACCEPTED),
        })
    }

    /// Runs a request. Dropping the future, or the body that it answers with, cancels it.
    pub(super) async fn modern_run(&self, Run { id, info, job }: Run, lane: Option<&Lane>) -> Response<McpBody> {
        let is_silent = info.progress_token.is_none() && matches!(info.log, LogGate::Closed);
        let protocol = Arc::clone(&self.protocol);
        if is_silent {
            let cx = Context::in_lane(info, None, lane.cloned());
            let running = CancelOnDrop(Some(cx.clone()));
            let reply = protocol.run(&cx, &id, &job).await;
            running.ended();
            return answer(reply);
        }
        // Boxed: what does not stream must not make room for it.
        Box::pin(self.modern_stream(protocol, id, info, job)).await
    }

    /// Runs a request that may emit messages before its answer.
    async fn modern_stream(
        &self,
        protocol: Arc<Protocol>,
        id: RequestId,
        info: RequestInfo,
        job: Job,
    ) -> Response<McpBody> {
        let stream = EventStream::new(None, self.capacity(), WhenFull::Drop);
        let cx = Context::for_request(info, Some(stream.clone()));
        let running = CancelOnDrop(Some(cx.clone()));
        let mut work = Box::pin(async move {
            let reply = protocol.run(&cx, &id, &job).await;
            cx.finish();
            reply
        });
        // The status is decided by whatever comes first: the answer, or a message before it.
        let mut turn = pin!(poll_fn(|cx| stream.poll_turn(cx)));
        tokio::select! {
            biased;
            _ = &mut turn => {}
            reply = &mut work => {
                stream.finish(Some(reply));
                running.ended();
                match turn.await {
                    Turn::Answer(reply) => return answer(reply),
                    Turn::Nothing => return empty(StatusCode::ACCEPTED),
                    Turn::Stream => return self.stream(&stream, ()),
                }
            }
        }
        // From here on by itself: a reader that stalls must not keep the handler from its deadline.
        let ended = Arc::clone(&stream);
        tokio::spawn(async move { ended.finish(Some(work.await)) });
        self.stream(&stream, running)
    }

    fn stream(&self, stream: &Arc<EventStream>, owned: impl Send + 'static) -> Response<McpBody> {
        events(McpBody::events(stream.attach(), self.options.keep_alive, owned))
    }

    /// Opens a subscription (MCP 2026-07-28, "Subscriptions").
    fn listen(&self, caller: &Caller, listen: Box<Listen>) -> Response<McpBody> {
        let stream = EventStream::new(None, self.capacity(), WhenFull::Close);
        let (id, acknowledgement) = (listen.id.clone(), listen.acknowledgement.clone());
        let subscribed = listen.clone();
        let Some(open) = self.streams.open(&caller.key, &stream, Some(listen)) else {
            let error = RpcError::new(RpcError::INTERNAL_ERROR, "Too many open streams, or the server ends");
            let mut response = busy(StatusCode::TOO_MANY_REQUESTS, "");
            *response.body_mut() = json(StatusCode::OK, Reply::error(Some(&id), &error)).into_body();
            return response;
        };
        crate::context::NotificationSink::notify(&*stream, &acknowledgement);
        let news = News::of_subscription(&subscribed, &stream);
        self.stream(&stream, (open, news))
    }
}

/// A JSON answer with the status of the ladder.
fn answer(reply: Reply) -> Response<McpBody> {
    let status = match reply.code() {
        None | Some(RpcError::INTERNAL_ERROR) => StatusCode::OK,
        Some(RpcError::METHOD_NOT_FOUND) => StatusCode::NOT_FOUND,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    json(status, reply)
}

/// A client that goes away cancels (MCP 2026-07-28, "Cancellation").
struct CancelOnDrop(Option<Context>);

impl CancelOnDrop {
    /// There is nothing left to cancel.
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(cx) = self.0.take() {
            cx.cancel();
        }
    }
}
