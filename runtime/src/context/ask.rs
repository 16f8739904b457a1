//! Asking the client while a call runs: elicitation, sampling, roots. One interface for both eras.
//!
//! Before revision 2026-07-28 a question is a request of the server, and the handler waits for the answer. Since then a
//! question ends the request: its result names the questions, and the client sends the request again with the answers.
//! The handler then runs again from the top and gets the answers that are there by the keys of their questions.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::task::EXTENSION;
use crate::validate::{Subject, Validator};

use super::Context;
use super::answer::{Elicited, Root, Sample, Sampled, bad_answer};
use super::peer::Peer;

/// The type of the error of a question that the client cannot be asked. Where a handler passes it on, the modern era
/// answers it as −32021.
pub(crate) const MISSING_CAPABILITY: &str = "MissingClientCapability";

/// What a client can be asked (MCP 2026-07-28, `ClientCapabilities`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    pub(crate) form: bool,
    pub(crate) url: bool,
    pub(crate) sampling: bool,
    pub(crate) roots: bool,
    /// The extension `io.modelcontextprotocol/tasks`.
    pub(crate) tasks: bool,
}

impl Capabilities {
    /// Reads the JSON text of `ClientCapabilities`; members that are no objects are not there.
    pub(crate) fn read(text: &str) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Wire {
            elicitation: Option<Value>,
            sampling: Option<Value>,
            roots: Option<Value>,
            extensions: Option<Value>,
        }
        let wire: Wire = serde_json::from_str(text).unwrap_or_default();
        let there = |value: &Option<Value>| value.as_ref().is_some_and(Value::is_object);
        let mode =
            |name: &str| wire.elicitation.as_ref().and_then(|modes| modes.get(name)).is_some_and(Value::is_object);
        Self {
            // No mode at all means forms: there was a time when there were no others.
            form: mode("form") || (there(&wire.elicitation) && !mode("url")),
            url: mode("url"),
            sampling: there(&wire.sampling),
            roots: there(&wire.roots),
            tasks: wire.extensions.is_some_and(|all| all.get(EXTENSION).is_some_and(Value::is_object)),
        }
    }

    fn has(self, need: Need) -> bool {
        match need {
            Need::Form => self.form,
            Need::Url => self.url,
            Need::Sampling => self.sampling,
            Need::Roots => self.roots,
        }
    }
}

/// Whom a handler can ask.
#[derive(Clone, Debug)]
pub(crate) enum Asking {
    /// Nobody: there is no client, or this request cannot ask.
    Nobody,
    /// The client, by the result of this request. JSON texts.
    Rounds { capabilities: Box<str>, responses: Option<Box<str>>, state: Option<Box<str>> },
    /// The client, by a request of the server.
    Peer { capabilities: Capabilities, peer: Arc<Peer>, elicits: bool, modes: bool },
}

/// What a question needs.
#[derive(Clone, Copy, Debug)]
enum Need {
    Form,
    Url,
    Sampling,
    Roots,
}

impl Need {
    const fn method(self) -> &'static str {
        match self {
            Self::Form | Self::Url => "elicitation/create",
            Self::Sampling => "sampling/createMessage",
            Self::Roots => "roots/list",
        }
    }

    /// The capability as `ClientCapabilities`.
    const fn capability(self) -> &'static str {
        match self {
            Self::Form => r#"{"elicitation":{"form":{}}}"#,
            Self::Url => r#"{"elicitation":{"url":{}}}"#,
            Self::Sampling => r#"{"sampling":{}}"#,
            Self::Roots => r#"{"roots":{}}"#,
        }
    }
}

/// What has been asked and answered during one request.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    answers: BTreeMap<String, RawJson>,
    /// The keys of those that the handler has taken.
    used: BTreeSet<String>,
    /// By key: the request, JSON text.
    questions: BTreeMap<String, String>,
    handler: Option<Waker>,
    wrote: bool,
    /// How many questions wait for the client now, since when, and how long others have waited before.
    waiting: usize,
    since: Option<Instant>,
    waited: Duration,
}

/// The handler has asked what only the client can answer.
#[derive(Debug)]
pub(crate) struct Asked;

impl Context {
    /// Asks the person for the fields of a form.
    ///
    /// `schema` is the JSON Schema of a flat object: each property is a string, a number, an integer, a boolean or a
    /// list of choices (MCP 2026-07-28, "Form Mode"). Never ask for secrets with it.
    ///
    /// `key` names the question within the call. **A handler may run more than once**: since revision 2026-07-28 a
    /// question without an answer ends the run, and the handler starts again from the top when the client has the
    /// answer. So ask before you change anything, and let what is asked depend on the arguments and earlier answers
    /// alone. Questions that do not depend on each other are best asked at once, in one
    /// [`try_join!`](crate::try_join): the person then sees them together. In a task ([`Self::is_task`]) the handler waits
    /// for the answer, as it does with a client of an earlier revision.
    ///
    /// # Errors
    /// - `MissingClientCapability`: the client has no forms; [`Self::can_elicit`] tells before.
    /// - `BadAnswer`, `ClientRefused`, `Unanswered`: what went wrong with a client of an earlier revision.
    /// - `Internal`: the schema is not flat, or the handler has changed something already and would do so again.
    pub async fn elicit(&self, key: &str, message: &str, schema: impl Serialize + Send) -> Result<Elicited, Error> {
        let (params, schema) = form(message, &schema, self.has_elicitation_modes())?;
        let validator = Validator::compile(&schema)?;
        let check = |content: &RawJson| validator.check(content, Subject::Answer).map_err(|bad| bad.to_string());
        self.ask(key.to_owned(), Need::Form, params, |answer| Elicited::read(answer, check)).await
    }

    /// Sends the person to a page: to pay, to sign in, for everything that must not pass through the client (MCP
    /// 2026-07-28, "URL Mode"). An accepted answer says that they opened it, not that they did anything there.
    ///
    /// # Errors
    /// As [`Self::elicit`].
    pub async fn elicit_url(&self, key: &str, message: &str, url: &str) -> Result<Elicited, Error> {
        let mut params = serde_json::json!({ "mode": "url", "message": message, "url": url });
        if !self.revision().is_modern()
            && let Some(params) = params.as_object_mut()
        {
            // Revision 2025-11-25 alone asks for an id.
            params.insert("elicitationId".to_owned(), super::trace::new_trace_id().into());
        }
        let read = |answer: &RawJson| Elicited::read(answer, |_| Ok(()));
        self.ask(key.to_owned(), Need::Url, params.to_string(), read).await
    }

    /// Asks the client's model. About keys and runs, see [`Self::elicit`].
    ///
    /// # Errors
    /// As [`Self::elicit`]; a person who says no is `ClientRefused`.
    pub async fn sample(&self, key: &str, sample: Sample) -> Result<Sampled, Error> {
        let params = encode(&sample)?;
        self.ask(key.to_owned(), Need::Sampling, params, Sampled::read).await
    }

    /// Asks for the places in the client's file system that the server may work on. About keys and runs, see
    /// [`Self::elicit`].
    ///
    /// # Errors
    /// As [`Self::elicit`].
    pub async fn roots(&self, key: &str) -> Result<Vec<Root>, Error> {
        self.ask(key.to_owned(), Need::Roots, "{}".to_owned(), Root::read_all).await
    }

    /// Whether the client can be asked with a form.
    pub fn can_elicit(&self) -> bool {
        self.can(Need::Form)
    }

    /// Whether the client can be asked to open a page.
    pub fn can_elicit_url(&self) -> bool {
        self.can(Need::Url)
    }

    /// Whether the client's model can be asked.
    pub fn can_sample(&self) -> bool {
        self.can(Need::Sampling)
    }

    /// Whether the client tells its roots.
    pub fn has_roots(&self) -> bool {
        self.can(Need::Roots)
    }

    /// Says that the call has changed something outside. A question without an answer is refused from then on, because
    /// its answer would run the handler again. Calls of an upstream that are not safe (RFC 9110 §9.2.1) say so
    /// themselves.
    pub fn note_write(&self) {
        self.dialogue().wrote = true;
    }

    fn can(&self, need: Need) -> bool {
        match &self.inner.request.asking {
            Asking::Nobody => false,
            Asking::Rounds { capabilities, .. } => Capabilities::read(capabilities).has(need),
            Asking::Peer { capabilities, elicits, modes, .. } => {
                let known = match need {
                    Need::Form => *elicits,
                    Need::Url => *modes,
                    Need::Sampling | Need::Roots => true,
                };
                known && capabilities.has(need)
            }
        }
    }

    fn has_elicitation_modes(&self) -> bool {
        !matches!(self.inner.request.asking, Asking::Peer { modes: false, .. })
    }

    async fn ask<T>(
        &self,
        key: String,
        need: Need,
        params: String,
        read: impl Fn(&RawJson) -> Result<T, String>,
    ) -> Result<T, Error> {
        if !self.can(need) {
            return Err(missing(need));
        }
        match &self.inner.request.asking {
            Asking::Nobody => Err(missing(need)),
            Asking::Rounds { .. } if let Some(task) = self.task() => {
                let question = format!(r#"{{"method":"{}","params":{params}}}"#, need.method());
                self.ask_in_task(task, &key, &question, read).await
            }
            Asking::Rounds { .. } => {
                if let Some(answer) = self.take_answer(&key, &read) {
                    return Ok(answer);
                }
                self.put_question(key, format!(r#"{{"method":"{}","params":{params}}}"#, need.method()))?;
                // The request ends here; its handler is dropped.
                pending().await
            }
            Asking::Peer { peer, .. } => {
                let _waiting = self.waiting();
                let answer = peer.ask(self, need.method(), &params).await?;
                read(&answer).map_err(|problem| bad_answer(&problem))
            }
        }
    }

    /// The answer to a question, where there is one that fits it: any other is asked for again.
    fn take_answer<T>(&self, key: &str, read: impl Fn(&RawJson) -> Result<T, String>) -> Option<T> {
        let mut dialogue = self.dialogue();
        let answer = read(dialogue.answers.get(key)?).ok()?;
        dialogue.used.insert(key.to_owned());
        Some(answer)
    }

    fn put_question(&self, key: String, request: String) -> Result<(), Error> {
        let mut dialogue = self.dialogue();
        if dialogue.wrote {
            let text =
                format!("The question {key:?} comes after a change that its answer would repeat: ask before it.");
            return Err(Error::new(ErrorKind::Internal, text));
        }
        dialogue.questions.insert(key, request);
        let handler = dialogue.handler.take();
        drop(dialogue);
        if let Some(handler) = handler {
            handler.wake();
        }
        Ok(())
    }

    /// Runs a handler until it ends or until all that it still does is to wait for answers of the client.
    pub(crate) async fn until_asked<T>(&self, handler: impl Future<Output = T>) -> Result<T, Asked> {
        if !matches!(self.inner.request.asking, Asking::Rounds { .. }) {
            return Ok(handler.await);
        }
        let mut handler = pin!(handler);
        poll_fn(|task| {
            // A question may come from another task than this one.
            self.dialogue().handler = Some(task.waker().clone());
            let polled = handler.as_mut().poll(task);
            let mut dialogue = self.dialogue();
            match polled {
                Poll::Ready(ended) => {
                    // It went on without the answers.
                    dialogue.questions.clear();
                    Poll::Ready(Ok(ended))
                }
                Poll::Pending if dialogue.questions.is_empty() => Poll::Pending,
                Poll::Pending => Poll::Ready(Err(Asked)),
            }
        })
        .await
    }

    /// Ends when the call that began then has taken this long, the time that the client took for answers not counted.
    pub(crate) async fn passed(&self, began: Instant, deadline: Duration) {
        loop {
            let left = deadline.saturating_add(self.waited()).saturating_sub(began.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    /// Stops the clock of the deadline as long as it lives.
    pub(super) fn waiting(&self) -> Waiting<'_> {
        Waiting::begin(self)
    }

    fn waited(&self) -> Duration {
        let dialogue = self.dialogue();
        dialogue.waited.saturating_add(dialogue.since.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// The answers that the request brings along, before the handler runs.
    pub(crate) fn set_answers(&self, answers: BTreeMap<String, RawJson>) {
        self.dialogue().answers = answers;
    }

    /// What the client can be asked, and what it answered.
    pub(crate) fn asking(&self) -> &Asking {
        &self.inner.request.asking
    }

    /// Whether the run has ended with questions.
    pub(crate) fn has_asked(&self) -> bool {
        !self.dialogue().questions.is_empty()
    }

    /// The questions of this run by key, as JSON texts, and the answers that it has used; none where it asked nothing.
    pub(crate) fn take_questions(&self) -> Option<Questions> {
        let mut dialogue = self.dialogue();
        if dialogue.questions.is_empty() {
            return None;
        }
        let questions = std::mem::take(&mut dialogue.questions);
        let used = std::mem::take(&mut dialogue.used);
        let mut answers = std::mem::take(&mut dialogue.answers);
        answers.retain(|key, _| used.contains(key));
        Some(Questions { questions, answers })
    }

    fn dialogue(&self) -> MutexGuard<'_, Dialogue> {
        self.inner.dialogue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a run of a handler ended with.
#[derive(Debug)]
pub(crate) struct Questions {
    pub(crate) questions: BTreeMap<String, String>,
    pub(crate) answers: BTreeMap<String, RawJson>,
}

/// The clock of the deadline stands still while the client is asked.
pub(super) struct Waiting<'a>(&'a Context);

impl<'a> Waiting<'a> {
    fn begin(cx: &'a Context) -> Self {
        let mut dialogue = cx.dialogue();
        dialogue.waiting += 1;
        dialogue.since.get_or_insert_with(Instant::now);
        Self(cx)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut dialogue = self.0.dialogue();
        dialogue.waiting = dialogue.waiting.saturating_sub(1);
        if dialogue.waiting == 0
            && let Some(since) = dialogue.since.take()
        {
            dialogue.waited = dialogue.waited.saturating_add(since.elapsed());
        }
    }
}

fn missing(need: Need) -> Error {
    let text = format!("The client cannot be asked: it lacks the capability {}.", need.capability());
    Error::new(ErrorKind::InvalidInput, text)
        .with_type(MISSING_CAPABILITY)
        .with_data(RawJson::from_valid(&format!(r#"{{"requiredCapabilities":{}}}"#, need.capability())))
}

fn encode(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| defect(format!("the question cannot be written as JSON: {error}")))
}

pub(super) fn defect(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Internal, what)
}

/// The parameters of a form and its schema, JSON texts.
fn form(message: &str, schema: &impl Serialize, modes: bool) -> Result<(String, String), Error> {
    let schema = encode(schema)?;
    let tree: Value = serde_json::from_str(&schema).map_err(|error| defect(error.to_string()))?;
    let properties = tree.get("properties").and_then(Value::as_object);
    let object = tree.get("type").and_then(Value::as_str) == Some("object");
    let flat = properties.filter(|_| object).is_some_and(|properties| properties.values().all(is_primitive));
    if !flat {
        return Err(defect(
            "The schema of a form is an object with `properties` that are strings, numbers, booleans or lists of choices.",
        ));
    }
    let mode = if modes { r#""mode":"form","# } else { "" };
    let message = encode(&message)?;
    Ok((format!(r#"{{{mode}"message":{message},"requestedSchema":{schema}}}"#), schema))
}

/// MCP 2026-07-28, `PrimitiveSchemaDefinition`.
fn is_primitive(schema: &Value) -> bool {
    match schema.get("type").and_then(Value::as_str) {
        Some("string" | "number" | "integer" | "boolean") => true,
        Some("array") => {
            let items = schema.get("items");
            ["enum", "anyOf"].iter().any(|word| items.and_then(|items| items.get(word)).is_some_and(Value::is_array))
        }
        _ => false,
    }
}
