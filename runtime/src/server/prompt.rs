//! Getting a prompt.

use std::sync::Arc;

use super::interceptor::Call;
use super::record::Ticket;
use super::run::{self, Failure};
use super::tables::Prompt;
use super::{Inner, Rejected, Server, closest};
use crate::content::{Block, PromptMessage};
use crate::context::Context;
use crate::json::RawJson;
use crate::log::CallKind;
use crate::tool::Answer;
use crate::{redact, text};

/// A prompt with its arguments filled in.
#[derive(Clone, Debug)]
pub(crate) struct PromptResult {
    /// `description`
    pub(crate) description: &'static str,
    /// `messages`: a JSON array of `PromptMessage`.
    pub(crate) messages: RawJson,
}

impl Server {
    /// The messages of a prompt. Its arguments are strings (MCP 2026-07-28, `GetPromptRequest`); all that are missing
    /// or unknown are named at once.
    pub(crate) async fn prompt(
        &self,
        cx: &Context,
        name: &str,
        arguments: &[(String, String)],
    ) -> Result<PromptResult, Rejected> {
        let inner = &self.inner;
        let mut ticket = Ticket::open(inner, cx, CallKind::Prompt, name);
        let (prompt, arguments) = match request(inner, name, arguments) {
            Ok(request) => request,
            Err(rejected) => {
                ticket.fail(0, &rejected.clone().into_error(), None);
                return Err(rejected);
            }
        };
        ticket.set_arguments(&arguments);
        match messages(inner, cx, prompt, arguments, &ticket).await {
            Ok(messages) => {
                ticket.succeed(messages.as_str().len());
                Ok(PromptResult { description: prompt.def.description, messages })
            }
            Err(failure) => {
                ticket.fail(0, &failure.error, failure.detail.as_deref());
                Err(Rejected::Failed(inner.told(failure.error)))
            }
        }
    }
}

fn request<'a>(
    inner: &'a Inner,
    name: &str,
    arguments: &[(String, String)],
) -> Result<(&'a Prompt, RawJson), Rejected> {
    let prompts = &inner.tables.prompts;
    let prompt = prompts.get(name).ok_or_else(|| Rejected::UnknownPrompt {
        name: redact::for_log(name, 128).into_owned(),
        suggestion: closest(name, prompts.iter().map(|prompt| prompt.def.name)),
    })?;
    let known = prompt.def.arguments;
    let mut problems = Vec::new();
    let missing: Vec<_> = known
        .iter()
        .filter(|argument| argument.required && !arguments.iter().any(|(name, _)| name == argument.name))
        .map(|argument| format!("{:?}", argument.name))
        .collect();
    if !missing.is_empty() {
        problems.push(format!("The prompt {name:?} needs {}.", missing.join(", ")));
    }
    for (given, _) in arguments {
        if !known.iter().any(|argument| argument.name == given) {
            let mut problem = format!("The prompt {name:?} has no argument {:?}.", redact::for_log(given, 128));
            if let Some(suggestion) = closest(given, known.iter().map(|argument| argument.name)) {
                problem.push_str(&format!(" Did you mean {suggestion:?}?"));
            }
            problems.push(problem);
        }
    }
    if !problems.is_empty() {
        return Err(Rejected::InvalidParams(problems.join(" ")));
    }
    let object: serde_json::Map<_, _> =
        arguments.iter().map(|(name, value)| (name.clone(), serde_json::Value::from(value.as_str()))).collect();
    let arguments = RawJson::encode(&object).map_err(|error| Rejected::InvalidParams(error.to_string()))?;
    Ok((prompt, arguments))
}

async fn messages(
    inner: &Arc<Inner>,
    cx: &Context,
    prompt: &Prompt,
    arguments: RawJson,
    ticket: &Ticket<'_>,
) -> Result<RawJson, Failure> {
    inner.limits.check_call(cx.client_key())?;
    let encoded = |messages: &[PromptMessage]| {
        RawJson::encode(messages).map_err(|error| Failure::internal(cx, format!("the messages are no JSON: {error}")))
    };
    if let Some(templates) = prompt.def.messages {
        let messages: Vec<_> = templates
            .iter()
            .map(|message| PromptMessage {
                role: message.role,
                content: Block::Text { text: text::render(message.text, &arguments) },
            })
            .collect();
        return encoded(&messages);
    }
    let Some(handler) = &prompt.handler else {
        return Err(Failure::internal(cx, "the prompt has neither messages nor a handler"));
    };
    let permit = inner.limits.enter()?;
    let call = Call { kind: CallKind::Prompt, name: prompt.def.name, arguments };
    match run::handler(inner, cx, permit, ticket.attempts(), inner.deadline(None), handler, call).await? {
        Answer::Json(json) if json.as_str().starts_with('[') => Ok(json),
        Answer::Json(_) => Err(Failure::internal(cx, "the prompt's handler answered no array of messages")),
        Answer::Content(content) => {
            let messages: Vec<_> = content
                .blocks
                .into_iter()
                .map(|content| PromptMessage { role: crate::def::Role::User, content })
                .collect();
            encoded(&messages)
        }
        Answer::Contents(_) => Err(Failure::internal(cx, "the prompt's handler answered the contents of a resource")),
    }
}
