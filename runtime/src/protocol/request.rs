//! Requests: which era they belong to, and what each method needs.

use std::borrow::Cow;
use std::sync::Arc;

use crate::context::{Asking, Capabilities, ClientInfo, ClientSource, LogGate, LogLevel, RequestInfo, TraceContext};
use crate::json::RawJson;

use super::error::RpcError;
use super::identity;
use super::lists::Kind;
use super::message::{Parameters, Raw, RequestId, string};
use super::params::{Meta, Params, given, must_be, required_string};
use super::reply::Reply;
use super::session::Handshake;
use super::subscription::Listen;
use super::{Job, Origin, Protocol, Revision, Run, Step};

/// A request of a known era.
struct Request<'a> {
    origin: Origin<'a>,
    id: &'a RequestId,
    method: &'a str,
    params: Params<'a>,
    meta: Meta<'a>,
    revision: Revision,
    progress_token: Option<Raw<'a>>,
    log: LogGate,
    client: Option<Arc<ClientInfo>>,
    asking: Asking,
}

impl Protocol {
    /// Decides the era of a request and serves it (PROTOCOL: "stdio, for each message").
    pub(super) fn request(
        &self,
        origin: Origin<'_>,
        id: &RequestId,
        method: &str,
        params: Parameters<'_>,
    ) -> Result<Step, RpcError> {
        let (params, meta) = params.read()?;
        let progress_token = given(meta.progress_token);
        let request = Request {
            origin,
            id,
            method,
            params,
            meta,
            revision: Revision::V2026_07_28,
            progress_token,
            log: LogGate::Closed,
            client: None,
            asking: Asking::Nobody,
        };
        // The presence of the member decides, whatever its type: a malformed version is a malformed modern request.
        let modern = origin.mirror.is_some() || request.meta.protocol_version.is_some();
        if modern { self.modern(request) } else { self.legacy(request) }
    }

    /// The ladder of the modern era, without the steps that HTTP has (MCP 2026-07-28, "Versioning and Compatibility").
    fn modern(&self, mut request: Request<'_>) -> Result<Step, RpcError> {
        if request.origin.in_batch {
            return Err(RpcError::new(
                RpcError::INVALID_REQUEST,
                "Invalid request: revision 2026-07-28 has no batches",
            ));
        }
        let version = required_string(request.meta.protocol_version, "_meta.io.modelcontextprotocol/protocolVersion")?;
        if !request.meta.client_capabilities.is_some_and(|raw| raw.get().starts_with('{')) {
            return Err(must_be("_meta.io.modelcontextprotocol/clientCapabilities", "an object"));
        }
        if let Some(mirror) = request.origin.mirror {
            mirror.standard(&version, request.method, request.params.named(request.method).as_deref())?;
        }
        request.revision = Revision::modern(&version).ok_or_else(|| RpcError::unsupported_version(&version))?;
        let id = request.id;
        match request.method {
            "server/discover" => Ok(Step::Answer(Reply::shared(id, self.discover(request.revision)))),
            "subscriptions/listen" => {
                let listen = self.listen(&request)?;
                Ok(Step::Listen(Box::new(listen)))
            }
            "tasks/get" | "tasks/update" | "tasks/cancel" if self.features.tasks => {
                self.task_request(id, request.method, &request.params, &request.meta, request.origin.principal)
            }
            "initialize" => Err(RpcError::new(
                RpcError::METHOD_NOT_FOUND,
                "Method not found: initialize belongs to earlier revisions and is sent without \
                 _meta.io.modelcontextprotocol/protocolVersion; with it, this server speaks 2026-07-28",
            )),
            _ => {
                let level =
                    given(request.meta.log_level).map(|level| string(level).and_then(|level| LogLevel::parse(&level)));
                request.log = level.flatten().map_or(LogGate::Closed, LogGate::From);
                request.asking = Asking::rounds(&request.params, &request.meta);
                let step = self.shared(&request)?;
                // A level that there is not comes behind a method that there is not.
                match level {
                    Some(None) => Err(must_be("_meta.io.modelcontextprotocol/logLevel", "a log level")),
                    _ => Ok(step),
                }
            }
        }
    }

    /// The handshake and the methods of the revisions before 2026-07-28.
    fn legacy(&self, mut request: Request<'_>) -> Result<Step, RpcError> {
        let answer = |result: &str| Ok(Step::Answer(Reply::result(request.id, result)));
        match request.method {
            "initialize" => {
                if request.origin.in_batch {
                    let message = "Invalid request: initialize must not be part of a batch";
                    return Err(RpcError::new(RpcError::INVALID_REQUEST, message));
                }
                return answer(&self.initialize(&request)?);
            }
            "ping" => return answer("{}"),
            _ => {}
        }
        let Some(Handshake { revision, client, capabilities }) = request.origin.session.handshake() else {
            return Err(RpcError::invalid_params(
                "Invalid params: send initialize first, or name the version of each request in \
                 params._meta[\"io.modelcontextprotocol/protocolVersion\"] beside \
                 [\"io.modelcontextprotocol/clientCapabilities\"]; this server speaks 2026-07-28 that way, and \
                 2025-11-25, 2025-06-18, 2025-03-26 and 2024-11-05 after initialize",
            ));
        };
        if request.method == "logging/setLevel" && self.features.logging {
            let level = request.params.level.and_then(string).and_then(|level| LogLevel::parse(&level));
            request.origin.session.log_level().set(level.ok_or_else(|| must_be("level", "a log level"))?);
            return answer("{}");
        }
        if self.features.notifications.resources_updated
            && let Some(feed) = request.origin.session.feed()
        {
            match request.method {
                "resources/subscribe" => {
                    if !feed.watch(&request.params.uri()?) {
                        return Err(RpcError::invalid_params("Invalid params: too many resources are watched"));
                    }
                    return answer("{}");
                }
                "resources/unsubscribe" => {
                    feed.unwatch(&request.params.uri()?);
                    return answer("{}");
                }
                _ => {}
            }
        }
        request.asking = Asking::peer(revision, capabilities, request.origin.session.peer());
        request.revision = revision;
        request.log = LogGate::Session(Arc::clone(request.origin.session.log_level()));
        request.client = client;
        self.shared(&request)
    }

    fn initialize(&self, request: &Request<'_>) -> Result<String, RpcError> {
        let requested = required_string(request.params.protocol_version, "protocolVersion")?;
        let revision = Revision::legacy(&requested).unwrap_or(Revision::LATEST_LEGACY);
        let client = request.params.client_info.and_then(|raw| serde_json::from_str(raw.get()).ok()).map(Arc::new);
        let capabilities = request.params.capabilities.map(|raw| Capabilities::read(raw.get())).unwrap_or_default();
        request.origin.session.begin(Handshake { revision, client, capabilities });
        request.origin.session.hear(self.server.notifier(), self.features.notifications.into());
        Ok(identity::initialize(self.server.def(), &self.features, revision))
    }

    /// The methods that both eras have, with what their `_meta` has in common.
    fn shared(&self, request: &Request<'_>) -> Result<Step, RpcError> {
        let step = self.method(request)?;
        if request.progress_token.is_some_and(|token| RequestId::new(token).is_none()) {
            return Err(must_be("_meta.progressToken", "a string or an integer"));
        }
        Ok(step)
    }

    /// One whose capability is not advertised does not exist.
    fn method(&self, request: &Request<'_>) -> Result<Step, RpcError> {
        let features = &self.features;
        let params = &request.params;
        match request.method {
            "tools/list" if features.tools => self.list_step(request, Kind::Tools),
            "resources/list" if features.resources => self.list_step(request, Kind::Resources),
            "resources/templates/list" if features.resources => self.list_step(request, Kind::Templates),
            "prompts/list" if features.prompts => self.list_step(request, Kind::Prompts),
            "tools/call" if features.tools => {
                let name = params.name()?.into_owned();
                if let Some(mirror) = request.origin.mirror {
                    mirror.arguments(&name, given(params.arguments))?;
                }
                self.check_task_support(&name, request.revision, &request.meta)?;
                let arguments = params.tool_arguments()?.map(RawJson::from);
                Ok(request.run(self, Job::Call { name, arguments }))
            }
            "resources/read" if features.resources => {
                Ok(request.run(self, Job::Read { uri: params.uri()?.into_owned() }))
            }
            "prompts/get" if features.prompts => {
                let name = params.name()?.into_owned();
                let raw = given(params.arguments).map(RawJson::from);
                Ok(request.run(self, Job::Prompt { name, arguments: params.prompt_arguments()?, raw }))
            }
            "completion/complete" if features.completions => {
                Ok(request.run(self, Job::Complete(Box::new(params.completion()?))))
            }
            method => Err(RpcError::method_not_found(method)),
        }
    }

    fn listen(&self, request: &Request<'_>) -> Result<Listen, RpcError> {
        let (notifier, filter) = (self.server.notifier().clone(), request.params.notifications);
        let tasks = |ids: Vec<String>| self.watched_tasks(ids, &request.meta, request.origin.principal);
        Listen::new(request.id.clone(), filter, self.features.notifications, notifier, &self.server_info, tasks)
    }

    fn list_step(&self, request: &Request<'_>, kind: Kind) -> Result<Step, RpcError> {
        let cursor = request.params.cursor()?;
        let result = self.list(request.revision, kind, cursor.as_deref())?;
        Ok(Step::Answer(Reply::shared(request.id, result)))
    }
}

impl Request<'_> {
    fn run(&self, protocol: &Protocol, job: Job) -> Step {
        // The one method that MCP 2026-07-28, "Supported Requests", leaves out.
        let asks = !matches!(job, Job::Complete(_));
        let client = match (&self.client, self.meta.client_info) {
            (Some(client), _) => ClientSource::Session(Arc::clone(client)),
            (None, Some(info)) if self.revision.is_modern() => ClientSource::Request(info.get().into()),
            _ => ClientSource::Unknown,
        };
        let info = RequestInfo {
            revision: self.revision,
            progress_token: self.progress_token.map(|token| token.get().into()),
            client,
            client_key: Arc::clone(self.origin.client_key),
            principal: self.origin.principal.cloned(),
            trace: self.trace(),
            log: self.log.clone(),
            asking: if asks { self.asking.clone() } else { Asking::Nobody },
            notifier: protocol.server.notifier().clone(),
        };
        Step::Run(Box::new(Run { id: self.id.clone(), info, job }))
    }

    fn trace(&self) -> Option<Box<TraceContext>> {
        let Meta { traceparent, tracestate, baggage, .. } = self.meta;
        if traceparent.is_none() && tracestate.is_none() && baggage.is_none() {
            return None;
        }
        let text = |raw: Option<Raw<'_>>| raw.and_then(string).map(Cow::into_owned);
        Some(Box::new(TraceContext::new(text(traceparent), text(tracestate), text(baggage))))
    }
}
