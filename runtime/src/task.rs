//! Tasks: calls that go on after their request has been answered (SEP-2663, extension `io.modelcontextprotocol/tasks`).
//!
//! A [`Task`] is what of a call the client can ask for: its status, its open questions, its outcome. The [`TaskStore`]
//! of a server holds them, so many and so long. What runs the call is the protocol; what the handler sees is its context.

mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::context::Cancellation;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::log::Timestamp;
use crate::principal::Principal;
use crate::protocol::Notifier;

pub(crate) use self::store::{Request, TaskStore};

/// The name of the extension.
pub(crate) const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// How long a task may work whose tool has no deadline of its own. Questions to the client do not count.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30 * 60);

/// What a task lives beyond its deadline: for people to answer, and for the client to fetch the outcome.
const GRACE: Duration = Duration::from_secs(30 * 60);

/// An outcome stays at least this long, even if it came at the last moment.
const KEEP: Duration = Duration::from_secs(5 * 60);

/// How often clients had better ask.
const POLL: Duration = Duration::from_secs(1);

/// Questions of one task, all in all; the same one asked again counts.
const QUESTIONS: usize = 256;

/// One call as its client sees it.
#[derive(Debug)]
pub(crate) struct Task {
    id: Arc<str>,
    owner: Option<Principal>,
    /// Whom the store counts it for.
    client: Box<str>,
    created: Timestamp,
    began: Instant,
    /// Shared with the context of the call.
    cancellation: Arc<Cancellation>,
    notifier: Notifier,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    outcome: Option<Outcome>,
    message: Option<String>,
    updated: Timestamp,
    ttl: Duration,
    questions: BTreeMap<String, Question>,
    /// The keys of all questions so far.
    keys: BTreeSet<String>,
}

/// A question that the client has not answered.
#[derive(Debug)]
struct Question {
    /// `{"method":…,"params":…}`
    request: String,
    answer: oneshot::Sender<RawJson>,
}

/// How a task has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The result of the request, JSON text.
    Completed(String),
    /// Its JSON-RPC error, JSON text, and its message.
    Failed { error: String, message: String },
    /// The client has cancelled it.
    Cancelled,
}

impl Task {
    fn new(id: Arc<str>, request: Request<'_>) -> Self {
        let created = Timestamp::now();
        let state = State {
            outcome: None,
            message: None,
            updated: created,
            ttl: request.deadline.saturating_add(GRACE),
            questions: BTreeMap::new(),
            keys: BTreeSet::new(),
        };
        Self {
            id,
            owner: request.owner.cloned(),
            client: request.client.into(),
            created,
            began: Instant::now(),
            cancellation: request.cancellation,
            notifier: request.notifier,
            state: Mutex::new(state),
        }
    }

    /// `taskId`
    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// When the task may be forgotten. It can move on, never back.
    pub(crate) fn expiry(&self) -> Instant {
        let ttl = self.state().ttl;
        self.began.checked_add(ttl).unwrap_or(self.began)
    }

    /// Tells the client how far the work is.
    pub(crate) fn note(self: &Arc<Self>, message: String) {
        self.change(|state| state.message = Some(message));
    }

    /// The members of `Task` (SEP-2663, "Tasks") by name, JSON texts; of the detailed form with what the status adds.
    pub(crate) fn members(&self, detailed: bool) -> Vec<(&'static str, String)> {
        let state = self.state();
        let status = match &state.outcome {
            None if state.questions.is_empty() => "working",
            None => "input_required",
            Some(Outcome::Completed(_)) => "completed",
            Some(Outcome::Failed { .. }) => "failed",
            Some(Outcome::Cancelled) => "cancelled",
        };
        let message = match &state.outcome {
            Some(Outcome::Failed { message, .. }) => Some(message),
            _ => state.message.as_ref(),
        };
        let mut members = vec![("taskId", quoted(&self.id)), ("status", quoted(status))];
        members.extend(message.map(|message| ("statusMessage", quoted(message))));
        members.push(("createdAt", quoted(&self.created.to_string())));
        members.push(("lastUpdatedAt", quoted(&state.updated.to_string())));
        members.push(("ttlMs", state.ttl.as_millis().to_string()));
        members.push(("pollIntervalMs", POLL.as_millis().to_string()));
        if detailed {
            members.extend(match &state.outcome {
                None if state.questions.is_empty() => None,
                None => Some(("inputRequests", requests(&state.questions))),
                Some(Outcome::Completed(result)) => Some(("result", result.clone())),
                Some(Outcome::Failed { error, .. }) => Some(("error", error.clone())),
                Some(Outcome::Cancelled) => None,
            });
        }
        members
    }

    /// Asks the client. The key is that of the handler, numbered where it was there before: within a task a key means
    /// one question (SEP-2663, "Task Update Requests").
    ///
    /// # Errors
    /// The task has ended, or has asked too much.
    pub(crate) fn ask(self: &Arc<Self>, key: &str, request: String) -> Result<Asked, Error> {
        let (sender, answer) = oneshot::channel();
        let mut state = self.state();
        if state.outcome.is_some() {
            return Err(Error::new(ErrorKind::Cancelled, "The task has ended; nobody can be asked any more."));
        }
        if state.keys.len() >= QUESTIONS {
            return Err(Error::new(ErrorKind::RateLimited, "The task has asked the client too many questions."));
        }
        let numbered = (2..).map(|number: usize| format!("{key}#{number}"));
        let key = std::iter::once(key.to_owned()).chain(numbered).find(|key| !state.keys.contains(key));
        let Some(key) = key else { return Err(Error::new(ErrorKind::Internal, "There are no keys left.")) };
        state.keys.insert(key.clone());
        state.questions.insert(key.clone(), Question { request, answer: sender });
        self.changed(state);
        Ok(Asked { task: Arc::clone(self), key, answer })
    }

    /// Takes answers of the client. Those to no open question are ignored.
    pub(crate) fn update(self: &Arc<Self>, answers: BTreeMap<String, RawJson>) {
        let mut state = self.state();
        let mut any = false;
        for (key, answer) in answers {
            if let Some(question) = state.questions.remove(&key) {
                any = true;
                // Whoever asked may have ended in this moment.
                let _ = question.answer.send(answer);
            }
        }
        if any {
            self.changed(state);
        }
    }

    /// Ends the task; the first end is the one that counts.
    pub(crate) fn end(self: &Arc<Self>, outcome: Outcome) {
        let mut state = self.state();
        if state.outcome.is_some() {
            return;
        }
        state.outcome = Some(outcome);
        state.questions.clear();
        state.ttl = state.ttl.max(self.began.elapsed().saturating_add(KEEP));
        self.changed(state);
    }

    /// Stops the call, if it still runs.
    pub(crate) fn cancel(self: &Arc<Self>) {
        self.end(Outcome::Cancelled);
        self.cancellation.set();
    }

    fn change(self: &Arc<Self>, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        if state.outcome.is_none() {
            change(&mut state);
            self.changed(state);
        }
    }

    fn changed(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        state.updated = Timestamp::now();
        drop(state);
        self.notifier.task_changed(self);
    }

    /// Bytes that it holds for its client.
    fn bytes(&self) -> usize {
        match &self.state().outcome {
            Some(Outcome::Completed(result)) => result.len(),
            Some(Outcome::Failed { error, message }) => error.len().saturating_add(message.len()),
            Some(Outcome::Cancelled) | None => 0,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that waits for its answer; one that is given up is taken back.
#[derive(Debug)]
pub(crate) struct Asked {
    task: Arc<Task>,
    key: String,
    answer: oneshot::Receiver<RawJson>,
}

impl Asked {
    /// The answer.
    ///
    /// # Errors
    /// The task has ended without one.
    pub(crate) async fn answer(mut self) -> Result<RawJson, Error> {
        let answer = (&mut self.answer).await;
        answer.map_err(|_| Error::new(ErrorKind::Cancelled, "The task has ended."))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut state = self.task.state();
        if state.questions.remove(&self.key).is_some() {
            self.task.changed(state);
        }
    }
}

fn requests(questions: &BTreeMap<String, Question>) -> String {
    let mut out = String::from("{");
    for (key, question) in questions {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&quoted(key));
        out.push(':');
        out.push_str(&question.request);
    }
    out.push('}');
    out
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
