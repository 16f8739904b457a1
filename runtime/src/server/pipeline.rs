//! A tool call, in a straight line.
//!
//! The order: validation comes first, because it is cheap (about 0.1 µs) and an agent that corrects its arguments has
//! not used up its calls; the rate limit before the concurrency limit, because it is the client's own; the deadline
//! around the handler only, because nothing before it can wait.

use std::sync::Arc;

use super::encode::{self, CallResult};
use super::interceptor::Call;
use super::normalise::normalise;
use super::record::Ticket;
use super::run::{self, Failure};
use super::tables::Tool;
use super::{Inner, Rejected, Server, closest};
use crate::context::Context;
use crate::json::RawJson;
use crate::log::CallKind;
use crate::redact;

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
        let (tool, arguments) = match request(inner, name, arguments) {
            Ok(request) => request,
            Err(rejected) => {
                ticket.fail(0, &rejected.clone().into_error(), None);
                return Err(rejected);
            }
        };
        ticket.set_arguments(&arguments);
        let mut normalised = None;
        Ok(match answer(inner, cx, tool, arguments, &ticket, &mut normalised).await {
            Ok(mut result) => {
                result.normalised = normalised;
                finish(inner, cx, tool, &mut result);
                ticket.succeed(result.bytes());
                result
            }
            Err(failure) => {
                let mut result = CallResult::failed(redact::error(failure.error.clone()));
                result.content.extend(failure.shown.map(|block| *block));
                result.normalised = normalised;
                finish(inner, cx, tool, &mut result);
                ticket.fail(result.bytes(), &failure.error, failure.detail.as_deref());
                result
            }
        })
    }
}

/// What a model is shown: no credential, nothing hidden (SECURITY.md I11 and I12), and not more than it can take.
fn finish(inner: &Inner, cx: &Context, tool: &Tool, result: &mut CallResult) {
    result.redact();
    if !inner.exact_text {
        result.neutralise();
    }
    inner.overflow.apply(result, cx.client_key(), tool.output.is_some());
}

fn request<'a>(inner: &'a Inner, name: &str, arguments: Option<&RawJson>) -> Result<(&'a Tool, RawJson), Rejected> {
    let tools = &inner.tables.tools;
    let tool = tools.get(name).ok_or_else(|| Rejected::UnknownTool {
        name: redact::for_log(name, 128),
        suggestion: closest(name, tools.iter().map(|tool| tool.def.name)),
    })?;
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
        (arguments, *changes) = (normalised.arguments, Some(normalised.changes));
    }
    inner.limits.check_call(cx.client_key())?;
    let permit = inner.limits.enter()?;
    cx.begin_due_task()?;
    let deadline = inner.tool_deadline(tool.def);
    let call = Call { kind: CallKind::Tool, name: tool.def.name, arguments };
    let answer = run::handler(inner, cx, permit, ticket.attempts(), deadline, &tool.handler, call).await?;
    encode::result(cx, tool, answer)
}
