//! A caller's projection of an answer: the argument that is none of the handler's, and the result without the rest.

use super::encode::CallResult;
use super::run::Failure;
use crate::content::Block;
use crate::context::Context;
use crate::def::ProjectionDef;
use crate::error::Error;
use crate::json::RawJson;
use crate::json::node::{MAX_DEPTH, Node};
use crate::projection::{Projection, unfit};
use crate::redact;

/// Takes the expression out of arguments that are valid; what is left is for the handler.
pub(super) fn take(def: &ProjectionDef, arguments: &mut RawJson) -> Result<Option<Projection>, Error> {
    // Most calls have none, and are not taken apart for it.
    if !arguments.as_str().contains(def.argument) {
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

/// Puts the projected answer into the place of the whole one. What is no JSON stays as it is, and the result says so.
pub(super) async fn settle(
    cx: &Context,
    projection: Projection,
    whole: Option<RawJson>,
    result: &mut CallResult,
) -> Result<(), Failure> {
    let Some(whole) = whole else {
        let text = "The JMESPath expression is not applied: the answer is no JSON.".to_owned();
        result.content.push(Block::Text { text });
        return Ok(());
    };
    // Before: what an expression takes apart or reverses is not found afterwards (SECURITY.md I11).
    let clean = redact::in_result(whole.as_str()).into_owned();
    let whole = RawJson::parse(&clean).map_err(|error| unfit(&error.to_string()))?;
    // It may take a while, and other calls do not wait for it.
    let work = tokio::task::spawn_blocking(move || projection.apply(&whole));
    let projected = work.await.map_err(|error| Failure::internal(cx, error.to_string()))??;
    if let Some(Block::Text { text }) = result.content.first_mut() {
        projected.as_str().clone_into(text);
    }
    // MCP 2025-11-25, "Structured Content": an object.
    result.structured = result.structured.is_some().then_some(projected).filter(RawJson::is_object);
    Ok(())
}
