//! What a handler knows about the request it serves, and what it can tell the client meanwhile.

mod answer;
mod ask;
mod cancel;
mod log_level;
mod peer;
mod task;
mod trace;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::principal::Principal;
use crate::protocol::{Notifier, Revision};
use crate::redact;
use crate::server::Lane;
use crate::task::Task;

pub use self::answer::{Elicited, Root, Sample, Sampled};
use self::ask::Dialogue;
pub(crate) use self::ask::{Asked, Asking, Capabilities, MISSING_CAPABILITY, Questions};
pub(crate) use self::cancel::Cancellation;
pub use self::log_level::LogLevel;
pub(crate) use self::log_level::{LogGate, SessionLevel};
pub(crate) use self::peer::{Answered, Peer, Refusal};
pub(crate) use self::task::TaskSlot;
pub(crate) use self::trace::{TraceContext, push_hex};

/// The request that a handler serves: progress, cancellation, logging, who asks. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    request: RequestInfo,
    sink: Option<Arc<dyn NotificationSink>>,
    /// Where handlers begin; `None`: each on a task of its own.
    lane: Option<Lane>,
    channel: Mutex<Channel>,
    /// Made when somebody waits for it or cancels: most calls end before.
    cancellation: OnceLock<Arc<Cancellation>>,
    dialogue: Mutex<Dialogue>,
    trace_id: OnceLock<String>,
    client: OnceLock<Option<Arc<ClientInfo>>>,
    /// Of the few calls that can become tasks.
    task: OnceLock<Box<TaskSlot>>,
    /// Of completions: the arguments that have values already.
    chosen: OnceLock<Vec<(String, String)>>,
    /// When the handler is stopped.
    deadline: OnceLock<Instant>,
    /// What the client is told beside the answer.
    remarks: Mutex<Vec<String>>,
}

/// Whether notifications may still leave, and the last progress. The lock is held while one leaves, so that none
/// follows the answer or the cancellation.
struct Channel {
    open: bool,
    progress: f64,
}

/// Where the notifications of a request go: one complete JSON-RPC message each, without a line break.
pub(crate) trait NotificationSink: Send + Sync {
    /// Sends a message, or drops it where the client reads too slowly. Never blocks.
    fn notify(&self, message: &str);

    /// Sends a request of the server, or what follows one, however slowly the client reads. Never blocks.
    fn request(&self, message: &str) {
        self.notify(message);
    }

    /// Ends the response while the request goes on, where the client can come back for the rest.
    fn close(&self, _retry: Option<Duration>) {}
}

/// What a request says about itself.
#[derive(Clone, Debug)]
pub(crate) struct RequestInfo {
    pub(crate) revision: Revision,
    /// JSON text of a string or an integer.
    pub(crate) progress_token: Option<Box<str>>,
    pub(crate) client: ClientSource,
    pub(crate) client_key: Arc<str>,
    /// The verified identity behind the request.
    pub(crate) principal: Option<Principal>,
    pub(crate) trace: Option<Box<TraceContext>>,
    pub(crate) log: LogGate,
    /// Whom the handler can ask.
    pub(crate) asking: Asking,
    pub(crate) notifier: Notifier,
}

/// Where the client's name comes from.
#[derive(Clone, Debug)]
pub(crate) enum ClientSource {
    /// It gave none.
    Unknown,
    /// JSON text of the modern `clientInfo`, decoded when somebody asks.
    Request(Box<str>),
    /// The legacy `initialize`.
    Session(Arc<ClientInfo>),
}

/// The client software, as it describes itself: for display and logs, never for decisions.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[non_exhaustive]
pub struct ClientInfo {
    /// `name`
    pub name: String,
    /// `title`
    pub title: Option<String>,
    /// `version`
    pub version: String,
}

impl Context {
    /// The context of a call that no transport made: nothing is reported to anybody, nothing cancels it.
    pub fn in_process() -> Self {
        Self::for_request(RequestInfo::of_client("in-process"), None)
    }

    /// The context of a request; `sink` carries its notifications to the client.
    pub(crate) fn for_request(request: RequestInfo, sink: Option<Arc<dyn NotificationSink>>) -> Self {
        Self::in_lane(request, sink, None)
    }

    /// As [`Self::for_request`], with handlers that begin in this lane.
    pub(crate) fn in_lane(request: RequestInfo, sink: Option<Arc<dyn NotificationSink>>, lane: Option<Lane>) -> Self {
        Self {
            inner: Arc::new(Inner {
                request,
                sink,
                lane,
                channel: Mutex::new(Channel { open: true, progress: f64::NEG_INFINITY }),
                cancellation: OnceLock::new(),
                dialogue: Mutex::default(),
                trace_id: OnceLock::new(),
                client: OnceLock::new(),
                task: OnceLock::new(),
                chosen: OnceLock::new(),
                deadline: OnceLock::new(),
                remarks: Mutex::default(),
            }),
        }
    }

    /// Where handlers of this request begin.
    pub(crate) fn lane(&self) -> Option<&Lane> {
        self.inner.lane.as_ref()
    }

    /// The context of a call by this client, for tests of what is keyed by client.
    #[cfg(test)]
    pub(crate) fn for_client(client_key: &str) -> Self {
        Self::for_request(RequestInfo::of_client(client_key.to_owned()), None)
    }

    /// The context of a call by this principal.
    #[cfg(test)]
    pub(crate) fn of_principal(id: &str) -> Self {
        let principal = Some(Principal::new(id));
        Self::for_request(RequestInfo { principal, ..RequestInfo::of_client(id.to_owned()) }, None)
    }

    /// The context of a call that is part of a trace.
    #[cfg(all(test, feature = "upstream"))]
    pub(crate) fn traced(traceparent: &str, tracestate: &str, baggage: &str) -> Self {
        let [parent, state, baggage] = [traceparent, tracestate, baggage].map(|text| Some(text.to_owned()));
        let trace = Some(Box::new(TraceContext::new(parent, state, baggage)));
        Self::for_request(RequestInfo { trace, ..RequestInfo::of_client("in-process") }, None)
    }

    /// The context of a call whose client asked for progress.
    #[cfg(all(test, feature = "upstream"))]
    pub(crate) fn heard_by(sink: Arc<dyn NotificationSink>) -> Self {
        let progress_token = Some("1".into());
        Self::for_request(RequestInfo { progress_token, ..RequestInfo::of_client("in-process") }, Some(sink))
    }

    /// The revision of the protocol that the client speaks; in process, the latest.
    pub fn revision(&self) -> Revision {
        self.inner.request.revision
    }

    /// Who calls, for rate limits and the log: the principal where there is one, else the peer (`stdio` for a process).
    pub fn client_key(&self) -> &str {
        &self.inner.request.client_key
    }

    /// The verified identity of the caller. Always `None` over stdio, which has no authorization.
    pub fn principal(&self) -> Option<&str> {
        self.inner.request.principal.as_ref().map(Principal::id)
    }

    /// The client software, where it says. Self-reported.
    pub fn client_info(&self) -> Option<&ClientInfo> {
        let decode = || match &self.inner.request.client {
            ClientSource::Unknown => None,
            ClientSource::Request(text) => serde_json::from_str(text).ok().map(Arc::new),
            ClientSource::Session(client) => Some(Arc::clone(client)),
        };
        self.inner.client.get_or_init(decode).as_deref()
    }

    /// The id of this call in logs and error messages: the trace id of the client's `traceparent`, else a new one.
    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        let incoming = self.inner.request.trace.as_deref().and_then(TraceContext::trace_id);
        incoming.unwrap_or_else(|| self.inner.trace_id.get_or_init(trace::new_trace_id))
    }

    /// The client's `traceparent`, where it is well-formed (W3C Trace Context §3.2).
    pub fn traceparent(&self) -> Option<&str> {
        self.inner.request.trace.as_deref().and_then(TraceContext::traceparent)
    }

    /// The client's `tracestate`, where there is a `traceparent`.
    pub fn tracestate(&self) -> Option<&str> {
        self.inner.request.trace.as_deref().and_then(TraceContext::tracestate)
    }

    /// The client's `baggage`.
    pub fn baggage(&self) -> Option<&str> {
        self.inner.request.trace.as_deref().and_then(TraceContext::baggage)
    }

    /// In a completion: the value that another argument of the prompt, or another variable of the URI, has already
    /// (`context.arguments`; MCP 2026-07-28, "Completion"). `None` in all other calls, and from clients of revisions before
    /// 2025-06-18.
    pub fn chosen(&self, argument: &str) -> Option<&str> {
        let chosen = self.inner.chosen.get()?;
        chosen.iter().find(|(name, _)| name == argument).map(|(_, value)| value.as_str())
    }

    /// The arguments that have values already, before the completion runs.
    pub(crate) fn set_chosen(&self, arguments: &[(String, String)]) {
        let _ = self.inner.chosen.set(arguments.to_vec());
    }

    /// When the handler is stopped, so that it can answer before; `None` outside of a call.
    pub fn deadline(&self) -> Option<Instant> {
        self.inner.deadline.get().copied()
    }

    /// Before the handler runs.
    pub(crate) fn set_deadline(&self, deadline: Instant) {
        let _ = self.inner.deadline.set(deadline);
    }

    /// Tells the client something beside the answer: a text block of its own behind the content of a tool. Few remarks
    /// are kept.
    pub fn remark(&self, text: impl Into<String>) {
        const MOST: usize = 8;
        let mut remarks = self.inner.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        if remarks.len() < MOST {
            remarks.push(text.into());
        }
    }

    /// The remarks so far; they are gone then.
    pub(crate) fn take_remarks(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the client has cancelled the request or gone away.
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancellation.get().is_some_and(|cancellation| cancellation.is_set())
    }

    /// Ends when the client cancels the request or goes away.
    pub async fn cancelled(&self) {
        self.cancellation().wait().await;
    }

    /// Reports progress to a client that asked for it (MCP 2026-07-28, "Progress"); of a task it becomes the message of the
    /// status. Known secrets are taken out of the message.
    ///
    /// Values that are not finite or do not exceed the last one are dropped, because the protocol demands an increase;
    /// so is everything after the end of the request.
    pub fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        if let Some(task) = self.task() {
            return self.note_progress(task, done, total, message);
        }
        let (Some(token), Some(sink)) = (&self.inner.request.progress_token, &self.inner.sink) else {
            return;
        };
        let mut channel = self.channel();
        if !channel.open || !done.is_finite() || done <= channel.progress {
            return;
        }
        channel.progress = done;
        let mut text = String::with_capacity(128);
        text.push_str(r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#);
        text.push_str(token);
        text.push_str(r#","progress":"#);
        push_number(&mut text, done);
        if let Some(total) = total.filter(|total| total.is_finite()) {
            text.push_str(r#","total":"#);
            push_number(&mut text, total);
        }
        if let Some(message) = message
            && self.revision().has_annotations()
            && let Ok(message) = serde_json::to_string(&redact::by_value(message))
        {
            text.push_str(r#","message":"#);
            text.push_str(&message);
        }
        text.push_str("}}");
        sink.notify(&text);
    }

    fn note_progress(&self, task: &Arc<Task>, done: f64, total: Option<f64>, message: Option<&str>) {
        let mut channel = self.channel();
        if !done.is_finite() || done <= channel.progress {
            return;
        }
        channel.progress = done;
        drop(channel);
        let mut text = message.map(redact::by_value).unwrap_or_default().into_owned();
        if text.is_empty() {
            push_number(&mut text, done);
            if let Some(total) = total.filter(|total| total.is_finite()) {
                text.push_str(" of ");
                push_number(&mut text, total);
            }
        }
        task.note(text);
    }

    /// Whether a log message of this level would reach the client.
    pub fn log_enabled(&self, level: LogLevel) -> bool {
        self.inner.sink.is_some() && self.inner.request.log.admits(level)
    }

    /// Sends a log message to a client that asked for this level (MCP 2026-07-28, "Logging"): in the modern era by the
    /// `logLevel` of the request, before it by `logging/setLevel`. What cannot be written as JSON is dropped.
    ///
    /// The message leaves the server: known secrets and fields that are named like one (`password`, `token`, …) are taken
    /// out of it (SECURITY.md I11), others must not be there. Tasks have no log messages.
    pub fn log(&self, level: LogLevel, logger: Option<&str>, data: impl Serialize) {
        if !self.log_enabled(level) {
            return;
        }
        let Some(sink) = &self.inner.sink else { return };
        let Ok(data) = serde_json::to_string(&data) else { return };
        let data = redact::message(&data);
        let logger = logger.map(redact::by_value);
        let Ok(data) = serde_json::from_str(&data) else { return };
        let message = LogMessage {
            jsonrpc: "2.0",
            method: "notifications/message",
            params: LogParams { level: level.as_str(), logger: logger.as_deref(), data },
        };
        let Ok(text) = serde_json::to_string(&message) else { return };
        let channel = self.channel();
        if channel.open {
            sink.notify(&text);
        }
    }

    /// Closes the stream on which the client waits for the answer, so that a long call holds no connection: the client
    /// comes back for it, not before `retry` (MCP 2025-11-25, "Streamable HTTP": a client that polls). Answer and
    /// notifications wait meanwhile, as many as a stream holds.
    ///
    /// Only Streamable HTTP of revision 2025-11-25 has this; in all other cases nothing happens. Since then long calls
    /// are tasks: [`Self::begin_task`].
    pub fn close_stream(&self, retry: Option<Duration>) {
        let polls = self.revision().has_descriptions() && !self.revision().is_modern();
        if let Some(sink) = self.inner.sink.as_ref().filter(|_| polls) {
            let channel = self.channel();
            if channel.open {
                sink.close(retry);
            }
        }
    }

    /// Tells clients that subscribed to it what has changed, whichever request they come from.
    pub fn notifier(&self) -> &Notifier {
        &self.inner.request.notifier
    }

    /// Sends a request of the server; `false` where nobody is there or the call has ended.
    fn send_request(&self, message: &str) -> bool {
        let Some(sink) = &self.inner.sink else { return false };
        let channel = self.channel();
        if channel.open {
            sink.request(message);
        }
        channel.open
    }

    /// Cancels the request: wakes [`Self::cancelled`] and lets no more notifications out. A call that has become a task
    /// goes on.
    pub(crate) fn cancel(&self) {
        let mut channel = self.channel();
        channel.open = false;
        let is_task = self.is_task();
        drop(channel);
        if !is_task {
            self.cancellation().set();
        }
    }

    /// Lets no more notifications out. Comes before the answer leaves.
    pub(crate) fn finish(&self) {
        self.channel().open = false;
    }

    fn cancellation(&self) -> &Arc<Cancellation> {
        self.inner.cancellation.get_or_init(Arc::default)
    }

    fn channel(&self) -> MutexGuard<'_, Channel> {
        self.inner.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestInfo {
    /// A request of a client about which nothing else is known.
    fn of_client(client_key: impl Into<Arc<str>>) -> Self {
        Self {
            revision: Revision::V2026_07_28,
            progress_token: None,
            client: ClientSource::Unknown,
            client_key: client_key.into(),
            principal: None,
            trace: None,
            log: LogGate::Closed,
            asking: Asking::Nobody,
            notifier: Notifier::default(),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("revision", &self.revision())
            .field("client_key", &self.client_key())
            .field("trace_id", &self.trace_id())
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct LogMessage<'a> {
    jsonrpc: &'a str,
    method: &'a str,
    params: LogParams<'a>,
}

#[derive(Serialize)]
struct LogParams<'a> {
    level: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logger: Option<&'a str>,
    data: &'a RawValue,
}

/// Writes a finite number, whole ones without a fraction.
fn push_number(out: &mut String, number: f64) {
    use std::fmt::Write as _;
    // Beyond 2^53 the shortest decimal form is no longer the integer itself.
    let written = if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        write!(out, "{number:.0}")
    } else {
        write!(out, "{number:?}")
    };
    debug_assert!(written.is_ok(), "writing into a string does not fail");
}

#[cfg(test)]
mod tests;
