//! A caller's projection of an answer: the argument that is none of the handler's, and the result without the rest.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::encode::CallResult;
use super::run::{self, Failure};
use crate::content::Block;
use crate::context::Context;
use crate::def::ProjectionDef;
use crate::error::Error;
use crate::json::RawJson;
use crate::json::node::{MAX_DEPTH, Node};
use crate::projection::{Projection, Unfit};
use crate::redact;

/// Takes the expression out of arguments that are valid; what is left is for the handler.
pub(super) fn take(def: &ProjectionDef, arguments: &mut RawJson) -> Result<Option<Projection>, Error> {
    // Most calls have none, and are not taken apart for it.
    let text = arguments.as_str();
    if !text.contains(def.argument) && !text.contains('\\') {
        return Ok(None);
    }
    let Ok(Node::Object(mut members)) = Node::parse(arguments.as_str(), MAX_DEPTH) else { return Ok(None) };
    let Some(at) = members.iter().position(|(name, _)| name == def.argument) else { return Ok(None) };
    let (_, expression) = members.remove(at);
    let Some(expression) = expression.as_str().map(str::to_owned) else { return Ok(None) };
    let rest = Node::Object(members).to_json();
    *arguments = RawJson::from_valid(&rest);
    Projection::parse(&expression).map(Some)
}

/// Projections at the same time, in the whole process: each may take much memory for a moment.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Puts the projected answer into the place of the whole one. What cannot be projected stays whole, and the result says
/// so: the call is done, and may have been one that changes something.
///
/// # Errors
/// `Cancelled` and `Timeout`: the projection counts to the call.
pub(super) async fn settle(
    cx: &Context,
    deadline: Duration,
    projection: Projection,
    whole: Option<RawJson>,
    result: &mut CallResult,
) -> Result<(), Failure> {
    let Some(whole) = whole else {
        remark(result, "the answer is no JSON");
        return Ok(());
    };
    // Before: what an expression takes apart or reverses is not found afterwards (SECURITY.md I11).
    let Ok(whole) = RawJson::parse(&redact::in_result(whole.as_str())) else {
        remark(result, "the answer holds a credential");
        return Ok(());
    };
    let work = async {
        let permit = AT_ONCE.acquire().await.ok();
        // Other calls do not wait for it. It ends by itself soon, also where nobody waits for it any more.
        tokio::task::spawn_blocking(move || (projection.apply(&whole), permit).0).await
    };
    let projected = tokio::select! {
        biased;
        () = cx.cancelled() => return Err(run::cancelled().into()),
        done = tokio::time::timeout(deadline, work) => match done {
            Err(_) => return Err(run::timed_out("The JMESPath expression", deadline).into()),
            Ok(Err(panicked)) => {
                tracing::error!(error = %panicked, "a JMESPath expression panicked");
                remark(result, "it cannot be evaluated");
                return Ok(());
            }
            Ok(Ok(projected)) => projected,
        },
    };
    match projected {
        Ok(projected) => {
            if let Some(Block::Text { text }) = result.content.first_mut() {
                projected.as_str().clone_into(text);
            }
            // MCP 2025-11-25, "Structured Content": an object.
            result.structured = result.structured.is_some().then_some(projected).filter(RawJson::is_object);
        }
        Err(Unfit(problem)) => remark(result, &problem),
    }
    Ok(())
}

fn remark(result: &mut CallResult, problem: &str) {
    let text = format!("The JMESPath expression is not applied: {problem}. This is the whole answer.");
    result.content.push(Block::Text { text });
}
