//! The server: constant tables, handlers, and the one pipeline that every call passes.
//!
//! A call is looked up, parsed, validated, limited, run and encoded in [`pipeline`]; resources, prompts and completions
//! share its parts. No transport is known here.

mod builder;
mod complete;
mod contain;
mod encode;
mod handler;
mod interceptor;
mod lane;
mod links;
mod normalise;
mod overflow;
mod pipeline;
#[cfg(feature = "projection")]
mod project;
mod prompt;
mod pulse;
mod read;
mod record;
mod rest;
mod run;
#[cfg(feature = "upstream")]
mod searched;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

pub use builder::ServerBuilder;
pub(crate) use complete::{CompletionRef, CompletionRequest, CompletionResult};
pub use encode::CallResult;
pub use interceptor::{Call, Interceptor, Next};
pub(crate) use lane::Lane;
pub(crate) use prompt::PromptResult;
pub(crate) use read::ReadError;
pub(crate) use run::cancelled;

use crate::content::ResourceContents;
use crate::context::Context;
use crate::def::{PromptDef, ResourceDef, ServerDef, TaskDef, TemplateDef, ToolDef};
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::limits::Limits;
use crate::log::{CallSink, TracingSink};
use crate::protocol::{Notifications, Notifier, StateKey};
use crate::task::{self, TaskStore};
use crate::{neutralise, redact, validate};
use overflow::Overflow;
use tables::Tables;

/// Deadline of a call that has none of its own (SECURITY.md, "Production defaults").
const DEADLINE: Duration = Duration::from_secs(30);

/// A server: tools, resources, prompts and the handlers behind them. Clones share everything.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    tables: Arc<Tables>,
    limits: Arc<Limits>,
    deadline: Duration,
    sink: Option<Arc<dyn CallSink>>,
    interceptors: Arc<[Box<dyn Interceptor>]>,
    redacted_fields: Arc<[String]>,
    notifier: Notifier,
    announced: Notifications,
    state_key: Option<StateKey>,
    overflow: Arc<Overflow>,
    /// Whether text reaches clients byte for byte.
    exact_text: bool,
    tasks: Arc<TaskStore>,
}

impl Inner {
    fn sink(&self) -> &dyn CallSink {
        self.sink.as_deref().unwrap_or(&TracingSink)
    }

    /// An error as clients may see it: no known credential, nothing hidden (SECURITY.md I11 and I12).
    fn told(&self, error: Error) -> Error {
        let error = redact::error(error);
        if self.exact_text { error } else { neutralise::error(error) }
    }

    fn deadline(&self, own: Option<u64>) -> Duration {
        own.map_or(self.deadline, Duration::from_millis)
    }

    /// Tools that can be tasks are those that take long.
    fn tool_deadline(&self, def: &ToolDef) -> Duration {
        let deadline = self.deadline(def.deadline_ms);
        if def.task.is_some() && def.deadline_ms.is_none() { deadline.max(task::DEADLINE) } else { deadline }
    }
}

/// Why the protocol answers a request with an error of its own, instead of a result.
#[derive(Clone, Debug)]
pub(crate) enum Rejected {
    /// No tool has this name.
    UnknownTool { name: String, suggestion: Option<&'static str> },
    /// An operation of the catalogue has this name, which another tool calls.
    #[cfg(feature = "upstream")]
    OperationAsTool { name: String, call: &'static str },
    /// No prompt has this name.
    UnknownPrompt { name: String, suggestion: Option<&'static str> },
    /// The parameters of the request are malformed; says how.
    InvalidParams(String),
    /// The server failed or refused.
    Failed(Error),
}

impl fmt::Display for Rejected {
    /// The message for the client.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, name, suggestion) = match self {
            Self::UnknownTool { name, suggestion } => ("tool", name, suggestion),
            Self::UnknownPrompt { name, suggestion } => ("prompt", name, suggestion),
            #[cfg(feature = "upstream")]
            Self::OperationAsTool { name, call } => {
                return write!(f, "{name:?} is an operation and no tool. The tool {call:?} calls it.");
            }
            Self::InvalidParams(message) => return f.write_str(message),
            Self::Failed(error) => return error.fmt(f),
        };
        write!(f, "There is no {what} {name:?}.")?;
        suggestion.map_or(Ok(()), |suggestion| write!(f, " Did you mean {suggestion:?}?"))
    }
}

impl Rejected {
    /// The rejection as a typed error.
    pub(crate) fn into_error(self) -> Error {
        let message = self.to_string();
        match self {
            Self::UnknownTool { .. } => Error::new(ErrorKind::NotFound, message).with_type("UnknownTool"),
            #[cfg(feature = "upstream")]
            Self::OperationAsTool { .. } => Error::new(ErrorKind::NotFound, message).with_type("UnknownTool"),
            Self::UnknownPrompt { .. } => Error::new(ErrorKind::NotFound, message).with_type("UnknownPrompt"),
            Self::InvalidParams(_) => Error::new(ErrorKind::InvalidInput, message).with_type("InvalidParams"),
            Self::Failed(error) => error,
        }
    }
}

impl Server {
    /// A server of this definition with these handlers, without tools so far.
    pub fn builder<H: Send + Sync + 'static>(def: &'static ServerDef, handlers: H) -> ServerBuilder<H> {
        ServerBuilder::new(def, handlers)
    }

    /// The definition.
    pub fn def(&self) -> &'static ServerDef {
        self.inner.tables.def
    }

    /// Calls a tool in process: the whole pipeline, no transport. Every failure is a result with `is_error`; an unknown
    /// tool is one of kind `not_found`.
    pub async fn call_tool(&self, name: &str, arguments: impl Serialize) -> CallResult {
        let arguments = match RawJson::encode(&arguments) {
            Ok(arguments) => arguments,
            Err(error) => {
                let message = format!("The arguments cannot be written as JSON: {error}");
                return CallResult::failed(Error::new(ErrorKind::InvalidInput, message).with_type("InvalidParams"));
            }
        };
        self.call_json(name, &arguments).await
    }

    /// As [`Server::call_tool`], with arguments that are JSON text already.
    pub(crate) async fn call_json(&self, name: &str, arguments: &RawJson) -> CallResult {
        let called = self.call(&Context::in_process(), name, Some(arguments)).await;
        called.unwrap_or_else(|rejected| CallResult::failed(rejected.into_error()))
    }

    /// Reads a resource in process.
    ///
    /// # Errors
    /// `NotFound`, where no resource and no template has this URI, and whatever the handler or the pipeline raise.
    pub async fn read_resource(&self, uri: &str) -> Result<Vec<ResourceContents>, Error> {
        self.read(&Context::in_process(), uri).await.map_err(ReadError::into_error)
    }

    /// The same server with another deadline for calls that have none of their own.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        self.with(|inner| inner.deadline = deadline)
    }

    /// The same server with another number of calls a minute for each client; 0 is no limit. Counting begins anew.
    #[must_use]
    pub fn with_rate_limit(self, calls_per_minute: u32) -> Self {
        let limits = Arc::new(self.inner.limits.with_rate(calls_per_minute));
        self.with(|inner| inner.limits = limits)
    }

    /// The same server with the key of its request states, which instances of it share: any of them then takes up a call
    /// that another one has answered with a question. Without it the key is random and lasts as long as the process.
    ///
    /// The secret is at least 32 bytes long, at random: `openssl rand -base64 32`. Whoever knows it can forge answers.
    #[must_use]
    pub fn with_state_key(self, secret: &[u8]) -> Self {
        self.with(|inner| inner.state_key = Some(StateKey::new(secret)))
    }

    /// Tells clients what has changed. Clones of the server and the contexts of its calls share it.
    pub fn notifier(&self) -> &Notifier {
        &self.inner.notifier
    }

    /// Tells clients that the list of tools has changed; see [`ServerBuilder::tools_list_changed`].
    pub fn notify_tools_changed(&self) {
        self.inner.notifier.tools_changed();
    }

    /// Tells clients that the list of prompts has changed; see [`ServerBuilder::prompts_list_changed`].
    pub fn notify_prompts_changed(&self) {
        self.inner.notifier.prompts_changed();
    }

    /// Tells clients that the list of resources has changed; see [`ServerBuilder::resources_list_changed`].
    pub fn notify_resources_changed(&self) {
        self.inner.notifier.resources_changed();
    }

    /// Tells clients that watch this resource that its contents have changed; see
    /// [`ServerBuilder::resource_subscriptions`].
    pub fn notify_resource_updated(&self, uri: &str) {
        self.inner.notifier.resource_updated(uri);
    }

    /// The notifications that the capabilities advertise.
    pub(crate) fn announced(&self) -> Notifications {
        self.inner.announced
    }

    /// The key of request states, where somebody has set one.
    pub(crate) fn state_key(&self) -> Option<&StateKey> {
        self.inner.state_key.as_ref()
    }

    /// The same server with its call records here, unless the builder named a sink.
    #[must_use]
    pub(crate) fn with_default_sink(self, sink: Arc<dyn CallSink>) -> Self {
        self.with(|inner| inner.sink = inner.sink.take().or(Some(sink)))
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        change(&mut inner);
        Self { inner: Arc::new(inner) }
    }

    /// The tasks of all clients. Clones of the server share them.
    pub(crate) fn tasks(&self) -> &Arc<TaskStore> {
        &self.inner.tasks
    }

    /// How the calls of a tool become tasks, and how long they may work; `None`: there is no such tool, or they never do.
    pub(crate) fn task_def(&self, tool: &str) -> Option<(TaskDef, Duration)> {
        let def = self.inner.tables.tools.get(tool)?.def;
        Some((def.task?, self.inner.tool_deadline(def)))
    }

    /// The tools, in the order of registration.
    pub(crate) fn tools(&self) -> impl Iterator<Item = &'static ToolDef> {
        self.inner.tables.tools.iter().map(|tool| tool.def)
    }

    /// The concrete resources, in the order of registration.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &'static ResourceDef> {
        self.inner.tables.resources.iter().map(|resource| resource.def)
    }

    /// The resource templates, in the order of registration.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &'static TemplateDef> {
        self.inner.tables.templates.iter().map(|template| template.def)
    }

    /// The prompts, in the order of registration.
    pub(crate) fn prompts(&self) -> impl Iterator<Item = &'static PromptDef> {
        self.inner.tables.prompts.iter().map(|prompt| prompt.def)
    }

    /// Whether any argument or variable can be completed.
    pub(crate) fn has_completions(&self) -> bool {
        self.inner.tables.has_completions()
    }

    /// What the server lacks to do all that it offers.
    pub(crate) fn missing(&self) -> Option<&str> {
        self.inner.tables.missing.as_deref()
    }

    /// What is wrong with the tables: defects of the generator or of hand-written rows, left out of the server.
    pub(crate) fn problems(&self) -> &[String] {
        &self.inner.tables.problems
    }

    /// Whether no call runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.inner.limits.is_idle()
    }

    /// Refuses new calls and returns when the running ones have ended. There is no way back.
    pub(crate) async fn drain(&self) {
        self.inner.limits.drained().await;
    }

    /// Writes out what the call sink still holds.
    pub(crate) fn flush_log(&self) {
        self.inner.sink().flush();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.def().name).finish_non_exhaustive()
    }
}

/// The candidate that the client may have meant.
fn closest(word: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    validate::closest(word, candidates)
}
