//! Running what a person wrote: inside a deadline, cancellable, its panics contained (SECURITY.md, M4).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::Inner;
use super::contain::contained;
use super::handler::Handler;
use super::interceptor::{Call, Next};
use crate::content::Block;
use crate::context::{Asked, Context};
use crate::error::{Error, ErrorKind};
use crate::log::Attempts;
use crate::tool::Answer;

/// A failure, with what only the log is told and what the client is shown beside the error.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) detail: Option<String>,
    pub(super) shown: Option<Box<Block>>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, detail: None, shown: None }
    }
}

impl Failure {
    /// A defect of the server. Clients get a fixed message and the id under which the log has the detail (I11).
    pub(super) fn internal(cx: &Context, detail: impl Into<String>) -> Self {
        let id = cx.trace_id();
        let message = format!("The server failed. Its log has the details under the id {id}.");
        let mut error = Error::new(ErrorKind::Internal, message);
        if let Ok(data) = crate::json::RawJson::encode(&serde_json::json!({ "correlationId": id })) {
            error = error.with_data(data);
        }
        Self { error, detail: Some(detail.into()), shown: None }
    }
}

/// Runs a handler behind the interceptors.
///
/// Not an `async fn`, as [`contained`] is none: its future would hold what has moved into the work.
pub(super) fn handler<'a>(
    inner: &Arc<Inner>,
    cx: &'a Context,
    permit: OwnedSemaphorePermit,
    attempts: &Attempts,
    deadline: Duration,
    handler: &Arc<dyn Handler>,
    call: Call,
) -> impl Future<Output = Result<Answer, Failure>> + Send + use<'a> {
    let what = call.name;
    let (inner, attempts, handler, own_cx) = (inner.clone(), attempts.clone(), handler.clone(), cx.clone());
    let work = async move {
        let next = Next { interceptors: &inner.interceptors, handler: &*handler };
        attempts.scope(own_cx.until_asked(next.run(&own_cx, call))).await
    };
    let waiting = contained(cx, permit, deadline, what, work);
    async move { Ok(waiting.await?.unwrap_or_else(|asked| Err(interrupted(asked)))?) }
}

pub(crate) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "The call was cancelled.")
}

/// What the record of the call leaves out and the protocol never sends: the questions take its place.
fn interrupted(Asked: Asked) -> Error {
    Error::new(ErrorKind::Cancelled, "The call goes on when the client has answered.").with_type("InputRequired")
}

pub(super) fn timed_out(what: &str, deadline: Duration) -> Error {
    let message = format!("{what} did not answer within {} s and was stopped.", deadline.as_secs_f64());
    Error::new(ErrorKind::Timeout, message)
}
