//! Requests of the server to the client, which the revisions before 2026-07-28 have.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;

use super::Context;

/// How long a client has to answer: people think.
const ANSWER_WITHIN: Duration = Duration::from_secs(10 * 60);

/// Unanswered requests of a session; more are refused, so that a client that never answers holds no more.
const UNANSWERED_CAP: usize = 256;

/// The requests of the server that one legacy session has not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    unanswered: Mutex<BTreeMap<u64, oneshot::Sender<Answered>>>,
    last: AtomicU64,
}

/// A result, JSON text, or what the client's error said.
pub(crate) type Answered = Result<RawJson, Refusal>;

/// A JSON-RPC error of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) message: String,
}

impl Peer {
    /// Takes a response of the client. Unknown ids are ignored: the call that asked may have ended.
    pub(crate) fn answered(&self, id: &str, answer: Answered) {
        let Ok(id) = id.parse() else { return };
        if let Some(waiting) = self.unanswered().remove(&id) {
            // Whoever asked may have ended in this moment.
            let _ = waiting.send(answer);
        }
    }

    /// Asks the client: `params` is JSON text.
    ///
    /// # Errors
    /// The client refused, did not answer in time, or has too much to answer already.
    pub(super) async fn ask(self: &Arc<Self>, cx: &Context, method: &str, params: &str) -> Result<RawJson, Error> {
        let (sender, answer) = oneshot::channel();
        let id = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        {
            let mut unanswered = self.unanswered();
            if unanswered.len() >= UNANSWERED_CAP {
                return Err(Error::new(ErrorKind::RateLimited, "The client has too many questions to answer already."));
            }
            unanswered.insert(id, sender);
        }
        let mut question = Question { peer: self, cx, id, open: true };
        if !cx.send_request(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)) {
            question.open = false;
            self.unanswered().remove(&id);
            return Err(Error::new(ErrorKind::Cancelled, "The call has ended; nobody can be asked any more."));
        }
        let answered = tokio::time::timeout(ANSWER_WITHIN, answer).await;
        question.open = answered.is_err();
        match answered {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(Refusal { code, message }))) => {
                let message = crate::redact::for_log(&message, 256);
                let text = format!("The client refused {method} with the error {code}: {message}");
                Err(Error::new(ErrorKind::UpstreamRejected, text).with_type("ClientRefused"))
            }
            Ok(Err(_)) => Err(Error::new(ErrorKind::Cancelled, "The session has ended.")),
            Err(_) => {
                let text = format!("The client did not answer {method} within {} s.", ANSWER_WITHIN.as_secs());
                Err(Error::new(ErrorKind::Timeout, text).with_type("Unanswered"))
            }
        }
    }

    fn unanswered(&self) -> MutexGuard<'_, BTreeMap<u64, oneshot::Sender<Answered>>> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that waits. Whoever gives up tells the client so (MCP 2025-11-25, "Cancellation").
struct Question<'a> {
    peer: &'a Peer,
    cx: &'a Context,
    id: u64,
    open: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if self.open && self.peer.unanswered().remove(&self.id).is_some() {
            let id = self.id;
            self.cx.send_request(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
            ));
        }
    }
}
