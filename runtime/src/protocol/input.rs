//! Questions to the client: what a request says about them, and the result that asks (MCP 2026-07-28, "Multi Round-Trip
//! Requests").

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::value::RawValue;

use crate::context::{Answered, Asking, Capabilities, Context, MISSING_CAPABILITY, Peer, Questions, Refusal};
use crate::error::Error;
use crate::json::RawJson;

use super::error::RpcError;
use super::message::{Raw, Response, string};
use super::params::{Meta, Params, given, must_be};
use super::reply::Reply;
use super::result::ResultWriter;
use super::state::{Binding, StateKey, read};
use super::{Job, Protocol, Revision};

impl Asking {
    /// Whom a modern request can ask.
    pub(super) fn rounds(params: &Params<'_>, meta: &Meta<'_>) -> Self {
        let text = |raw: Option<Raw<'_>>| given(raw).map(|raw| raw.get().into());
        Self::Rounds {
            // Most requests declare none; they cost no copy.
            capabilities: text(meta.client_capabilities.filter(|raw| raw.get() != "{}")).unwrap_or_default(),
            responses: text(params.input_responses),
            state: text(params.request_state),
        }
    }

    /// Whom a legacy request can ask. Elicitation came with revision 2025-06-18, its modes with 2025-11-25.
    pub(super) fn peer(revision: Revision, capabilities: Capabilities, peer: &Arc<Peer>) -> Self {
        let (elicits, modes) = (revision.has_titles(), revision.has_descriptions());
        Self::Peer { capabilities, peer: Arc::clone(peer), elicits, modes }
    }
}

/// Hands a response of the client to whoever asked.
pub(super) fn respond(peer: &Peer, response: &Response<'_>) {
    #[derive(serde::Deserialize)]
    struct Wire {
        code: i64,
        message: String,
    }
    let Some(id) = response.id else { return };
    let answer: Answered = match (response.result, response.error) {
        (Some(result), None) => Ok(RawJson::from_valid(result.get())),
        (_, Some(error)) => {
            let wire = serde_json::from_str(error.get());
            let Wire { code, message } = wire.unwrap_or_else(|_| Wire { code: 0, message: "(malformed)".to_owned() });
            Err(Refusal { code, message })
        }
        (None, None) => return,
    };
    peer.answered(id.get(), answer);
}

impl Protocol {
    /// Gives the handler the answers that the request brings along.
    ///
    /// # Errors
    /// −32602 for a state that this server did not seal for this request, or no longer honours, and for malformed
    /// answers.
    pub(super) fn take_answers(&self, cx: &Context, job: &Job) -> Result<(), RpcError> {
        let Asking::Rounds { responses, state, .. } = cx.asking() else { return Ok(()) };
        if responses.is_none() && state.is_none() {
            return Ok(());
        }
        let mut answers = match responses {
            Some(responses) => read(responses).ok_or_else(|| must_be("inputResponses", "an object"))?,
            None => Default::default(),
        };
        if let Some(state) = state {
            let raw: &RawValue = serde_json::from_str(state).map_err(|_| must_be("requestState", "a string"))?;
            let state = string(raw).ok_or_else(|| must_be("requestState", "a string"))?;
            let sealed = self.state_key().and_then(|key| key.open(&self.binding(cx, job), &state, SystemTime::now()));
            // What an earlier run was told holds for the next ones, too.
            answers.extend(sealed.ok_or_else(|| {
                RpcError::invalid_params(
                    "Invalid params: \"requestState\" has expired or belongs to another request; send the request \
                     again without it",
                )
            })?);
        }
        cx.set_answers(answers);
        Ok(())
    }

    /// The result that asks.
    pub(super) fn input_required(
        &self,
        cx: &Context,
        id: &super::RequestId,
        job: &Job,
        asked: &Questions,
    ) -> Result<Reply, RpcError> {
        let key = self.state_key().ok_or_else(|| {
            RpcError::new(RpcError::INTERNAL_ERROR, "The system has no randomness for the key of request states.")
        })?;
        let state = key.seal(&self.binding(cx, job), &asked.answers, SystemTime::now());
        Ok(Reply::write_result(id, |out| {
            let mut result = ResultWriter::begin_as(out, cx.revision(), &self.server_info, "input_required");
            result.member("inputRequests", |out| {
                out.push('{');
                for (at, (key, request)) in asked.questions.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    super::error::push_string(out, key);
                    out.push(':');
                    out.push_str(request);
                }
                out.push('}');
            });
            result.member("requestState", |out| super::error::push_string(out, &state));
            result.end(&[]);
        }))
    }

    fn state_key(&self) -> Option<StateKey> {
        self.server.state_key().cloned().or_else(StateKey::of_process)
    }

    fn binding<'a>(&'a self, cx: &'a Context, job: &'a Job) -> Binding<'a> {
        let (method, target, arguments) = match job {
            Job::Call { name, arguments } => {
                ("tools/call", name.as_str(), arguments.as_ref().map_or("{}", RawJson::as_str))
            }
            Job::Read { uri } => ("resources/read", uri.as_str(), "{}"),
            Job::Prompt { name, raw, .. } => ("prompts/get", name.as_str(), raw.as_ref().map_or("{}", RawJson::as_str)),
            // It asks nothing.
            Job::Complete(_) => ("completion/complete", "", "{}"),
        };
        Binding { server: self.server.def().name, principal: cx.principal(), method, target, arguments }
    }
}

/// The failure of a handler that passed on that the client cannot be asked: an error of the protocol in the modern era
/// (MCP 2026-07-28, `MissingRequiredClientCapabilityError`).
pub(super) fn missing_capability(revision: Revision, error: &Error) -> Option<RpcError> {
    let data = error.data().filter(|_| revision.is_modern() && error.type_name() == MISSING_CAPABILITY)?;
    let rpc = RpcError::new(RpcError::MISSING_CLIENT_CAPABILITY, error.message().to_owned());
    Some(rpc.with_data(data.as_str().to_owned()))
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
