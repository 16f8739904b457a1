//! A tool call, in a straight line.
//!
//! The order: validation comes first, because it is cheap (about 0.1 µs) and an agent that corrects its arguments has
//! not used up its calls; the rate limit before the concurrency limit, because it is the client's own; the deadline
//! around the handler only, because nothing before it can wait.

use std::sync::Arc;

use super::encode::{self, CallResult};
use super::interceptor::Call;
use super::normalise::normalise;
#[cfg(feature = "projection")]
use super::project;
use super::record::Ticket;
use super::rest::{self, Rest};
use super::run::{self, Failure};
use super::tables::Tool;
use super::{Inner, Rejected, Server, closest, links, overflow};
use crate::content::{Block, ResourceContents};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::log::CallKind;
use crate::redact;
#[cfg(feature = "projection")]
use crate::tool::Answer;

impl Server {
    /// Calls a tool. Invalid arguments and every failure of the tool are results; what is rejected is a request that
    /// names no tool or whose `arguments` are no object.
    pub(crate) async fn call(
        &self,
        cx: &Context,
        name: &str,
        arguments: Option<&RawJson>,
    ) -> Result<CallResult, Rejected> {
        let inner = &self.inner;
        let mut ticket = Ticket::open(inner, cx, CallKind::Tool, name);
        #[cfg_attr(not(feature = "upstream"), expect(unused_mut, reason = "a tool is what it is called then"))]
        let (mut tool, mut arguments) = match request(inner, name, arguments) {
            Ok(request) => request,
            Err(rejected) => {
                ticket.fail(0, &rejected.clone().into_error(), None);
                return Err(rejected);
            }
        };
        ticket.set_arguments(&arguments);
        let mut normalised = None;
        #[cfg(feature = "upstream")]
        match inner.tables.searched.as_ref().map(|searched| searched.called(tool, &arguments)) {
            Some(Ok(Some(called))) => {
                (tool, arguments, normalised) = (called.tool, called.arguments, called.normalised);
                ticket.rename(tool.def.name, &arguments);
            }
            Some(Err(error)) => return Ok(closed(inner, cx, tool, &arguments, ticket, normalised, Err(error.into()))),
            None | Some(Ok(None)) => {}
        }
        let given = arguments.clone();
        let answered = answer(inner, cx, tool, arguments, &ticket, &mut normalised).await;
        Ok(closed(inner, cx, tool, &given, ticket, normalised, answered))
    }
}

/// The result of a call that has ended, recorded.
fn closed(
    inner: &Inner,
    cx: &Context,
    tool: &Tool,
    arguments: &RawJson,
    ticket: Ticket<'_>,
    normalised: Option<RawJson>,
    answered: Result<CallResult, Failure>,
) -> CallResult {
    match answered {
        Ok(mut result) => {
            result.normalised = normalised;
            finish(inner, cx, tool, arguments, &mut result);
            let deviations = result.deviations.as_ref().map(|json| format!("the answer deviates: {}", json.as_str()));
            ticket.succeed_with(result.bytes(), deviations.as_deref());
            result
        }
        Err(failure) => {
            let mut result = CallResult::failed(inner.told(failure.error.clone()));
            result.content.extend(failure.shown.map(|block| *block));
            result.normalised = normalised;
            finish(inner, cx, tool, arguments, &mut result);
            ticket.fail(result.bytes(), &failure.error, failure.detail.as_deref());
            result
        }
    }
}

/// What a model is shown: no credential, nothing hidden (SECURITY.md I11 and I12), and not more than it can take.
fn finish(inner: &Inner, cx: &Context, tool: &Tool, arguments: &RawJson, result: &mut CallResult) {
    result.content.extend(cx.take_remarks().into_iter().map(|text| Block::Text { text }));
    show(inner, result);
    let seal = |text: &str| rest::seal(inner, cx, tool, arguments, overflow::KEPT, text);
    inner.overflow.apply(result, cx.client_key(), tool.output.is_some(), seal);
}

fn show(inner: &Inner, result: &mut CallResult) {
    result.redact();
    if !inner.exact_text {
        result.neutralise();
    }
}

/// Makes a read again whose answer was cut, for what follows. `None`: this is no URI of a rest.
pub(super) async fn rest(inner: &Arc<Inner>, cx: &Context, uri: &str) -> Option<Result<Vec<ResourceContents>, Error>> {
    let rest = Rest::parse(uri)?;
    if let Some(kept) = inner.overflow.read(&rest, cx.client_key()) {
        return Some(Ok(kept));
    }
    let again = rest.seal.and_then(|seal| rest::open(inner, cx, seal));
    let tool = again.as_ref().and_then(|again| inner.tables.tools.get(&again.tool));
    let (Some(again), Some(tool)) = (again, tool) else {
        let message = "The rest of that answer is not kept here (any more), and the call is not made again by itself. Call \
                       the tool again, and ask for less.";
        return Some(Err(Error::new(ErrorKind::NotFound, message)));
    };
    let arguments = RawJson::from_valid(&again.arguments);
    let mut ticket = Ticket::open(inner, cx, CallKind::Resource, tool.def.name);
    ticket.set_arguments(&arguments);
    let mut result = match answer(inner, cx, tool, arguments, &ticket, &mut None).await {
        Ok(result) => result,
        Err(failure) => {
            ticket.fail(0, &failure.error, failure.detail.as_deref());
            return Some(Err(inner.told(failure.error)));
        }
    };
    show(inner, &mut result);
    let text = result.content.into_iter().find_map(|block| match block {
        Block::Text { text } if inner.overflow.is_cut(&text) => Some(text),
        _ => None,
    });
    let same = text.filter(|text| again.is_same(text));
    let Some((piece, text)) = same.and_then(|text| Some((inner.overflow.piece(&rest, &text)?, text))) else {
        let message = "The answer has changed since it was cut. Call the tool again.";
        let error = Error::new(ErrorKind::Conflict, message).with_type("Changed");
        ticket.fail(0, &error, None);
        return Some(Err(error));
    };
    ticket.succeed(text.len());
    inner.overflow.keep(rest.id, cx.client_key(), text);
    Some(Ok(piece))
}

fn request<'a>(inner: &'a Inner, name: &str, arguments: Option<&RawJson>) -> Result<(&'a Tool, RawJson), Rejected> {
    let tools = &inner.tables.tools;
    let Some(tool) = tools.get(name) else {
        #[cfg(feature = "upstream")]
        if let Some(call) = inner.tables.searched.as_ref().and_then(|searched| searched.caller_of(name)) {
            return Err(Rejected::OperationAsTool { name: redact::for_log(name, 128).into_owned(), call });
        }
        let suggestion = closest(name, tools.iter().map(|tool| tool.def.name));
        return Err(Rejected::UnknownTool { name: redact::for_log(name, 128).into_owned(), suggestion });
    };
    // Clients send null for no arguments, too.
    let given = arguments.filter(|arguments| arguments.as_str() != "null");
    let arguments = given.cloned().unwrap_or_else(|| RawJson::from_valid("{}"));
    if !arguments.is_object() {
        return Err(Rejected::InvalidParams(format!("The arguments of {name:?} must be an object.")));
    }
    Ok((tool, arguments))
}

async fn answer(
    inner: &Arc<Inner>,
    cx: &Context,
    tool: &Tool,
    mut arguments: RawJson,
    ticket: &Ticket<'_>,
    changes: &mut Option<RawJson>,
) -> Result<CallResult, Failure> {
    let validator = tool.input.validator().map_err(|error| Failure::internal(cx, error.to_string()))?;
    if let Err(violations) = validator.validate(&arguments) {
        let normalised = normalise(validator, &arguments, &violations).ok_or_else(|| violations.into_error())?;
        (arguments, *changes) = (normalised.arguments, Some(joined(changes.take(), normalised.changes)));
    }
    #[cfg(feature = "projection")]
    let projection = match &tool.def.projection {
        Some(def) => project::take(def, &mut arguments)?,
        None => None,
    };
    inner.limits.check_call(cx.client_key())?;
    let permit = inner.limits.enter()?;
    cx.begin_due_task()?;
    let deadline = inner.tool_deadline(tool.def);
    let links = tool.def.links;
    let given = (!links.is_empty()).then(|| arguments.clone());
    let call = Call { kind: CallKind::Tool, name: tool.def.name, arguments };
    let answer = run::handler(inner, cx, permit, ticket.attempts(), deadline, &tool.handler, call).await?;
    #[cfg(feature = "projection")]
    let whole = match &answer {
        Answer::Json(json) if projection.is_some() => Some(json.clone()),
        _ => None,
    };
    let mut result = encode::result(cx, tool, answer)?;
    if let Some(arguments) = given.filter(|_| !result.is_error) {
        // A credential that the answer gives back must not get into a URI, where it would be spelled differently.
        result.redact();
        links::add(links, &arguments, &mut result);
    }
    #[cfg(feature = "projection")]
    if let Some(projection) = projection.filter(|_| !result.is_error) {
        project::settle(cx, deadline, projection, whole, &mut result).await?;
    }
    Ok(result)
}

/// Changes around an operation's arguments, and those in them: two JSON arrays as one.
fn joined(around: Option<RawJson>, own: RawJson) -> RawJson {
    let members = |json: &RawJson| json.as_str().trim_start_matches('[').to_owned();
    match around {
        None => own,
        Some(around) => {
            let before = around.as_str().strip_suffix(']').unwrap_or("[");
            RawJson::from_valid(&format!("{before},{}", members(&own)))
        }
    }
}
