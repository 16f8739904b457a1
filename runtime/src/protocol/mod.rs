//! The protocol, whatever carries it: messages, eras, methods, results.
//!
//! A transport parses a text ([`message::parse`]), hands each message to [`Protocol::begin`], and does what the
//! [`Step`] says. What runs a person's code is a [`Job`]: the transport makes its [`Context`] and awaits
//! [`Protocol::run`]. Answers are [`Reply`] texts.

mod error;
#[cfg(test)]
pub(crate) mod fixture;
mod identity;
mod input;
mod lists;
mod members;
pub(crate) mod message;
mod mirror;
mod notify;
mod params;
mod reply;
mod request;
mod result;
mod revision;
mod schema;
mod session;
mod state;
mod subscription;
mod tasks;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::context::{Context, RequestInfo};
use crate::json::RawJson;
use crate::principal::Principal;
use crate::server::{CompletionRequest, ReadError, Rejected, Server};

pub(crate) use self::error::RpcError;
use self::identity::Features;
use self::lists::{Kind, Lists, Paging};
use self::message::{Message, RequestId};
pub(crate) use self::mirror::Mirror;
pub use self::notify::Notifier;
pub(crate) use self::notify::{Feed, Notifications};
pub(crate) use self::params::CompletionParams;
pub(crate) use self::reply::Reply;
use self::result::{Cache, ResultWriter};
pub use self::revision::Revision;
pub(crate) use self::session::Session;
pub(crate) use self::state::{Binding as StateBinding, StateKey};
pub(crate) use self::subscription::Listen;
use self::tasks::Called;

/// Choices that the specification leaves to the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Items on a page of a list.
    pub(crate) page_size: usize,
    /// How long clients may keep lists and the discovery, in milliseconds. They change with the binary only.
    pub(crate) list_ttl_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { page_size: 1000, list_ttl_ms: 300_000 }
    }
}

/// The protocol in front of a server. Shared by all connections.
pub(crate) struct Protocol {
    server: Server,
    options: Options,
    features: Features,
    server_info: Arc<str>,
    discovery: OnceLock<Bytes>,
    lists: Lists,
}

/// What a message leads to.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing: a notification without effect, or a response.
    Nothing,
    /// The answer is there.
    Answer(Reply),
    /// Cancel the request with this [`RequestId::key`], if it runs.
    Cancel(Arc<str>),
    /// Run a person's code.
    Run(Box<Run>),
    /// Open a subscription.
    Listen(Box<Listen>),
}

/// A request that runs a person's code.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: RequestId,
    pub(crate) info: RequestInfo,
    pub(crate) job: Job,
}

/// The code to run.
#[derive(Debug)]
pub(crate) enum Job {
    Call { name: String, arguments: Option<RawJson> },
    Read { uri: String },
    Prompt { name: String, arguments: Vec<(String, String)>, raw: Option<RawJson> },
    Complete(Box<CompletionParams>),
}

/// Where a message came from.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) session: &'a Session,
    /// Whom rate limits count: `stdio`, or the peer.
    pub(crate) client_key: &'a Arc<str>,
    /// The verified identity behind it.
    pub(crate) principal: Option<&'a Principal>,
    /// The headers of a modern request over HTTP. Where they are there, the request is modern.
    pub(crate) mirror: Option<&'a dyn Mirror>,
    /// Inside a batch, which holds neither `initialize` nor modern requests.
    pub(crate) in_batch: bool,
}

impl Protocol {
    pub(crate) fn new(server: Server, options: Options) -> Self {
        let features = Features::of(&server);
        let server_info = identity::server_info(server.def()).into();
        Self { server, options, features, server_info, discovery: OnceLock::new(), lists: Lists::default() }
    }

    /// Takes a message as far as it goes without a person's code.
    pub(crate) fn begin(&self, origin: Origin<'_>, message: Message<'_>) -> Step {
        match message {
            Message::Response(response) => {
                input::respond(origin.session.peer(), &response);
                Step::Nothing
            }
            Message::Notification { method, params } => {
                // Malformed cancellations are ignored (MCP 2026-07-28, "Cancellation"), as are all other notifications.
                let id = (method == "notifications/cancelled")
                    .then(|| params.read().ok().and_then(|(params, _)| params.request_id()))
                    .flatten();
                id.map_or(Step::Nothing, |id| Step::Cancel(id.key()))
            }
            Message::Request { id, method, params } => self
                .request(origin, &id, &method, params)
                .unwrap_or_else(|error| Step::Answer(Reply::error(Some(&id), &error))),
        }
    }

    /// Runs a job to its answer.
    pub(crate) async fn run(&self, cx: &Context, id: &RequestId, job: &Job) -> Reply {
        // Nothing is held while the job runs that it does not need: its future is allocated for each call.
        if let Err(error) = self.take_answers(cx, job) {
            return self.closed(cx, id, job, Err(error));
        }
        let outcome = self.outcome(cx, id, job).await;
        self.closed(cx, id, job, outcome)
    }

    /// The answer to a request whose job has ended: its outcome, or the questions that came before it.
    fn closed(&self, cx: &Context, id: &RequestId, job: &Job, outcome: Result<Reply, RpcError>) -> Reply {
        let outcome = match cx.take_questions() {
            Some(asked) => self.input_required(cx, id, job, &asked),
            None => outcome,
        };
        outcome.unwrap_or_else(|error| Reply::error(Some(id), &error))
    }

    async fn outcome(&self, cx: &Context, id: &RequestId, job: &Job) -> Result<Reply, RpcError> {
        let revision = cx.revision();
        let reply = |write: &dyn Fn(ResultWriter<'_>)| {
            Reply::write_result(id, |out| write(ResultWriter::begin(out, revision, &self.server_info)))
        };
        // Calls are most of what runs; the others are boxed so that their futures do not make that of a call larger.
        Ok(match job {
            Job::Call { name, arguments } => {
                let called = match self.task_slot(cx, name).map(Box::new) {
                    None => Called::Answer(self.server.call(cx, name, arguments.as_ref()).await?),
                    Some(slot) => Box::pin(self.call_or_task(cx, *slot, name, arguments.as_ref())).await?,
                };
                let answer = match called {
                    Called::Answer(answer) => answer,
                    Called::Task(task) => return Ok(self.task_created(id, &task)),
                };
                if let Some(error) = answer.error.as_ref().and_then(|error| input::missing_capability(revision, error))
                {
                    return Err(error);
                }
                reply(&|out| result::call(out, &answer))
            }
            Job::Read { uri } => {
                let contents =
                    Box::pin(self.server.read(cx, uri)).await.map_err(|error| read_error(revision, uri, error))?;
                reply(&|out| result::read(out, &contents))
            }
            Job::Prompt { name, arguments, .. } => {
                let prompt = Box::pin(self.server.prompt(cx, name, arguments)).await;
                let prompt = prompt.map_err(|rejected| rejected_error(revision, rejected))?;
                reply(&|out| result::prompt(out, &prompt))
            }
            Job::Complete(params) => {
                let CompletionParams { reference, argument, value, context } = &**params;
                if !context.is_empty() {
                    cx.set_chosen(context);
                }
                let request = CompletionRequest { reference: reference.into(), argument, value };
                let completion = Box::pin(self.server.complete(cx, request)).await?;
                reply(&|out| result::completion(out, &completion))
            }
        })
    }

    /// A client of a connection has gone, and what only it could ask for goes with it.
    pub(crate) fn client_gone(&self, client_key: &str) {
        self.server.tasks().cancel_all_of(client_key);
    }

    /// The result of a list request.
    fn list(&self, revision: Revision, kind: Kind, cursor: Option<&str>) -> Result<Bytes, RpcError> {
        let paging = Paging { size: self.options.page_size, cache: self.list_cache(), server_info: &self.server_info };
        self.lists.page(&self.server, kind, revision, cursor, &paging)
    }

    /// The result of `server/discover`.
    fn discover(&self, revision: Revision) -> Bytes {
        let write = || identity::discover(self.server.def(), &self.features, revision, self.list_cache()).into();
        self.discovery.get_or_init(write).clone()
    }

    /// Lists and the discovery are the same for everybody.
    fn list_cache(&self) -> Cache {
        Cache { ttl_ms: self.options.list_ttl_ms, public: true }
    }
}

fn rejected_error(revision: Revision, rejected: Rejected) -> RpcError {
    if let Rejected::Failed(error) = &rejected
        && let Some(missing) = input::missing_capability(revision, error)
    {
        return missing;
    }
    rejected.into()
}

impl From<Rejected> for RpcError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Failed(error) => Self::failed(&error),
            other => Self::invalid_params(other.to_string()),
        }
    }
}

fn read_error(revision: Revision, uri: &str, error: ReadError) -> RpcError {
    match error {
        ReadError::NotFound { uri } => RpcError::resource_not_found(revision, &uri, None),
        ReadError::Failed(error) if error.kind() == crate::error::ErrorKind::NotFound => {
            RpcError::resource_not_found(revision, uri, Some(&error))
        }
        ReadError::Failed(error) => {
            input::missing_capability(revision, &error).unwrap_or_else(|| RpcError::failed(&error))
        }
    }
}
