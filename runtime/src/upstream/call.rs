//! Calls of an upstream: from arguments to a result.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use super::base_url::BaseUrl;
use super::client::{Answer, Http};
use super::credentials::{Credential, Credentials};
use super::error_response::{ErrorResponse, FromResponse};
use super::gate::Gates;
use super::operation::{Api, Operation};
use super::options::UpstreamOptions;
use super::rejection::status_matches;
use super::response::{self, Failure, Received};
use super::watch::Watch;
use super::{accepted, exchange, fixed, request, transport};
use crate::context::Context;
use crate::env::{Env, EnvError};
use crate::error::{Error, ErrorKind};
use crate::json::{Args, Json, RawJson};
use crate::tool::{BoxFuture, Outcome, Tool};

/// What a server of an HTTP API has: the API.
pub trait Base: Send + Sync + 'static {
    /// The API that the default methods call.
    fn upstream(&self) -> &Upstream;
}

/// A tool that is an operation of an HTTP API.
pub trait UpstreamTool: Tool {
    /// The operation.
    const OPERATION: &'static Operation;
}

/// An HTTP API: its base URL, its credentials and the connections to it. Cheap to clone.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    api: &'static Api,
    base: BaseUrl,
    /// Whether the environment sets the base URL.
    overridden: bool,
    credentials: Credentials,
    fixed: fixed::Values,
    http: Http,
    gates: Gates,
}

impl Upstream {
    /// Reads the base URL and the credentials from the environment. Opens no connection.
    ///
    /// # Errors
    /// A variable that cannot be used; the base URL, where neither the environment nor the document has one.
    pub fn from_env(api: &'static Api, env: &Env) -> Result<Self, EnvError> {
        let unusable = |problem: &str| EnvError::new(api.base_url_env, problem);
        let (base, overridden) = match (env.optional(api.base_url_env)?, api.base_url) {
            (Some(text), _) => (BaseUrl::parse(&text).map_err(unusable)?, true),
            (None, Some(text)) => {
                let base = BaseUrl::parse(text);
                (base.map_err(|what| unusable(&format!("is not set, and the document's base URL {what}")))?, false)
            }
            (None, None) => (BaseUrl::parse(&env.required(api.base_url_env)?).map_err(unusable)?, true),
        };
        let credentials = Credentials::from_env(api, env)?;
        let fixed = fixed::Values::from_env(api, env)?;
        let options = UpstreamOptions::from_env(api.base_url_env, env)?;
        Ok(Self::new(api, base, overridden, credentials, fixed, options))
    }

    fn new(
        api: &'static Api,
        base: BaseUrl,
        overridden: bool,
        credentials: Credentials,
        fixed: fixed::Values,
        options: UpstreamOptions,
    ) -> Self {
        let identity = credentials.identity().map(|identity| (base.origin().to_owned(), identity));
        let http = Http::new(&options).with_identity(identity);
        let gates = Gates::new(base.origin(), options);
        Self(Arc::new(Inner { api, base, overridden, credentials, fixed, http, gates }))
    }

    /// The same API, called in another way and over connections of its own.
    #[must_use]
    pub fn with_options(self, options: UpstreamOptions) -> Self {
        let Inner { api, base, overridden, credentials, fixed, .. } = &*self.0;
        Self::new(api, base.clone(), *overridden, credentials.clone(), fixed.clone(), options)
    }

    /// How the API is called.
    pub fn options(&self) -> &UpstreamOptions {
        self.0.gates.options()
    }

    /// What to set so that more operations can be called; `None` where every one can. Names variables, never values.
    pub fn missing(&self) -> Option<String> {
        let api = self.0.api;
        let typed = api.operations.iter().map(|operation| (1, operation.security));
        let searched = api.searched.iter().map(|group| (group.count, group.security));
        let (mut refused, mut all) = (0, 0);
        let mut choices: Vec<String> = Vec::new();
        for (count, security) in typed.chain(searched) {
            all += count;
            if let Some(choice) = self.0.credentials.missing(security) {
                refused += count;
                if !choices.contains(&choice) {
                    choices.push(choice);
                }
            }
        }
        choices.truncate(8);
        (refused > 0).then(|| {
            format!(
                "{refused} of {all} operations cannot be called without credentials that are not set: {}",
                choices.join("; ")
            )
        })
    }
}

/// The origin and the names of the security schemes; no values.
impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("base", &self.0.base).field("credentials", &self.0.credentials).finish()
    }
}

impl Inner {
    async fn call(
        &self,
        cx: &Context,
        operation: &'static Operation,
        arguments: &RawJson,
    ) -> Result<Received, Failure> {
        let (base, credentials_allowed) = self.base.of_operation(self.overridden, operation)?;
        let credentials = self.credentials.choose(operation)?;
        if !credentials.is_empty() && !credentials_allowed {
            return Err(Failure::Other(Error::new(
                ErrorKind::Unauthenticated,
                format!(
                    "{} {} is served at {} without TLS, and the credentials for {} are not sent there.",
                    operation.method,
                    operation.path,
                    base.origin(),
                    self.base.origin()
                ),
            )));
        }
        let began = Instant::now();
        let completed = self.fixed.add(operation, arguments);
        let arguments = completed.as_ref().unwrap_or(arguments);
        // Arguments that no request can hold are refused before anybody is asked for a token.
        let mut request = request::build(operation, &base, arguments, &credentials)?;
        let ready = self.ready(&credentials).await?;
        for one in ready.iter().zip(&credentials) {
            if let (Credential::Header(name, token), Credential::Token(_)) = one {
                request.headers.insert(name, token.clone());
            }
        }
        trace(cx, &mut request.headers);
        let repeatable = exchange::is_repeatable(operation, self.gates.options(), &mut request);
        let url = request.url.clone();
        let watch = Watch::client(cx);
        let answer = exchange::exchange(&self.http, &self.gates, base.origin(), request, repeatable, watch).await?;
        forget_refused(&credentials, &ready, &answer).await;
        let answer = match accepted::Monitor::of(&url, &answer) {
            Some(monitor) => {
                let options = self.gates.options();
                let patience = accepted::Patience { pause: options.poll, until: began + options.total };
                let ask = |url| self.read(cx, operation, &base, url, arguments, &credentials);
                // On the heap: hardly any call needs the room for it.
                Box::pin(accepted::outcome(cx, answer, monitor, patience, ask)).await?
            }
            None => answer,
        };
        response::read(operation, self.api.base_url_env, answer)
    }

    /// Credentials as requests carry them; a token that is due is fetched.
    async fn ready(&self, credentials: &[&Credential]) -> Result<Vec<Credential>, Error> {
        let mut ready = Vec::with_capacity(credentials.len());
        for credential in credentials {
            let total = self.gates.options().total;
            let token = tokio::time::timeout(total, credential.ready(&self.http, &self.base));
            ready.push(token.await.map_err(|_| transport::too_slow("The token endpoint", total))??);
        }
        Ok(ready)
    }

    /// Reads a place of the API that it has named itself.
    async fn read(
        &self,
        cx: &Context,
        operation: &'static Operation,
        base: &BaseUrl,
        url: url::Url,
        arguments: &RawJson,
        credentials: &[&Credential],
    ) -> Result<Answer, Failure> {
        let ready = self.ready(credentials).await?;
        let mut request = request::read(operation, url, arguments, &ready.iter().collect::<Vec<_>>())?;
        trace(cx, &mut request.headers);
        let watch = Watch::client(cx);
        let answer = exchange::exchange(&self.http, &self.gates, base.origin(), request, true, watch).await?;
        forget_refused(credentials, &ready, &answer).await;
        Ok(answer)
    }
}

/// A token that the API refuses is fetched anew by the next request.
async fn forget_refused(credentials: &[&Credential], ready: &[Credential], answer: &Answer) {
    if answer.status != http::StatusCode::UNAUTHORIZED {
        return;
    }
    for (credential, sent) in credentials.iter().zip(ready) {
        if let (Credential::Token(client), Credential::Header(_, header)) = (credential, sent) {
            client.forget(header).await;
        }
    }
}

/// Calls the operation behind a tool with the arguments as they are.
///
/// Also the way to call the API from a method of one's own: `upstream::<GetPet>(&self.upstream, cx, input).await`.
/// Dropping the future aborts the request.
pub fn upstream<T>(upstream: &Upstream, cx: &Context, input: Args<T::Input>) -> UpstreamCall<T>
where
    T: UpstreamTool,
    T::Error: FromResponse,
{
    // The deadline and the cancellation of the call drop this future; of the context, only the trace reaches an upstream.
    note_write(cx, T::OPERATION);
    UpstreamCall { call: erased(upstream, cx, T::OPERATION, input.into_raw()), of: PhantomData }
}

/// [`upstream`] for an operation that is no type: for judges, which read the tables of a crate without compiling it.
#[doc(hidden)]
pub fn upstream_untyped(
    upstream: &Upstream,
    cx: &Context,
    operation: &'static Operation,
    errors: &'static [Declared],
    arguments: RawJson,
) -> impl Future<Output = Result<Json<serde_json::Value>, Error>> + Send + use<> {
    let call = erased(upstream, cx, operation, arguments);
    async move {
        match call.await {
            Ok(received) => Ok(Json::from(received.json).with_contents(received.contents)),
            Err(Failure::Status(response)) => Err(declared(errors, response)),
            Err(Failure::Other(error)) => Err(error),
        }
    }
}

/// [`upstream`] for an operation of the catalogue: the document's errors by `errors`, which knows them by their status.
pub(crate) fn declared_call(
    upstream: &Upstream,
    cx: &Context,
    operation: &'static Operation,
    arguments: RawJson,
    errors: impl FnOnce(u16) -> Option<(&'static str, &'static str)> + Send + 'static,
) -> BoxFuture<'static, Outcome> {
    note_write(cx, operation);
    let call = erased(upstream, cx, operation, arguments);
    Box::pin(async move {
        match call.await {
            Ok(received) => Ok(Json::<()>::from(received.json).with_contents(received.contents).into_answer()),
            Err(Failure::Status(response)) => Err(match errors(response.status()) {
                Some((type_name, message)) => response.into_declared(type_name, message),
                None => response.into_error(),
            }),
            Err(Failure::Other(error)) => Err(error),
        }
    })
}

/// After a write, no question to the client starts the handler again.
fn note_write(cx: &Context, operation: &Operation) {
    if !matches!(operation.method, "GET" | "HEAD" | "OPTIONS" | "TRACE") {
        cx.note_write();
    }
}

/// A row of a generated error enum, for who has no types.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// The name of the variant.
    pub name: &'static str,
    /// `404`, `4xx` or `_`.
    pub status: &'static str,
    /// What an agent reads.
    pub description: &'static str,
}

/// As the macro `response_errors!` has it.
fn declared(errors: &'static [Declared], response: ErrorResponse) -> Error {
    match errors.iter().find(|row| status_matches(row.status, response.status())) {
        Some(row) => response.into_declared(row.name, row.description),
        None => response.into_error(),
    }
}

/// The part that is the same for every tool, so that it is compiled once.
fn erased(
    upstream: &Upstream,
    cx: &Context,
    operation: &'static Operation,
    arguments: RawJson,
) -> BoxFuture<'static, Result<Received, Failure>> {
    // The deadline and the cancellation of the call drop this future; of the context only the trace reaches an upstream.
    let (inner, cx) = (Arc::clone(&upstream.0), cx.clone());
    Box::pin(async move { inner.call(&cx, operation, &arguments).await })
}

/// The client's trace goes on in the upstream (W3C Trace Context §3.2 and §3.3). A header parameter of the document
/// that has been given stays. `baggage` is not sent: it may hold what the client means for this server alone.
fn trace(cx: &Context, headers: &mut HeaderMap) {
    let Some(parent) = cx.traceparent().filter(|_| !headers.contains_key("traceparent")) else { return };
    let Ok(parent) = HeaderValue::from_str(parent) else { return };
    headers.insert("traceparent", parent);
    if let Some(Ok(state)) = cx.tracestate().map(HeaderValue::from_str) {
        headers.insert("tracestate", state);
    }
}

/// A call of an upstream under way. It owns its data.
#[must_use = "a call does nothing until it is awaited"]
pub struct UpstreamCall<T> {
    call: BoxFuture<'static, Result<Received, Failure>>,
    of: PhantomData<fn() -> T>,
}

impl<T> Future for UpstreamCall<T>
where
    T: UpstreamTool,
    T::Error: FromResponse,
{
    type Output = Result<Json<T::Output>, T::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.call.as_mut().poll(cx)) {
            Ok(received) => Ok(Json::from(received.json).with_contents(received.contents)),
            Err(Failure::Status(response)) => Err(T::Error::from_response(response)),
            Err(Failure::Other(error)) => Err(error.into()),
        })
    }
}

impl<T> fmt::Debug for UpstreamCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UpstreamCall")
    }
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
