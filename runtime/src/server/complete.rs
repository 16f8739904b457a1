//! Completing an argument of a prompt or a variable of a resource template.

use super::contain::contained;
use super::record::Ticket;
use super::{Rejected, Server, closest};
use crate::context::Context;
use crate::def::Completion;
use crate::log::CallKind;
use crate::redact;

/// MCP 2026-07-28, "Completion": at most so many values in an answer.
const MAX_VALUES: usize = 100;

/// What is to be completed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompletionRequest<'a> {
    /// `ref`
    pub(crate) reference: CompletionRef<'a>,
    /// `argument.name`
    pub(crate) argument: &'a str,
    /// `argument.value`: what has been typed so far.
    pub(crate) value: &'a str,
}

/// Whose argument it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CompletionRef<'a> {
    /// `ref/prompt`, by name.
    Prompt(&'a str),
    /// `ref/resource`, by URI template or URI.
    Resource(&'a str),
}

/// The candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CompletionResult {
    /// At most 100.
    pub(crate) values: Vec<String>,
    /// How many there are.
    pub(crate) total: usize,
    /// Whether there are more than `values`.
    pub(crate) has_more: bool,
}

impl CompletionResult {
    fn of(matching: impl Iterator<Item = String>) -> Self {
        let mut result = Self::default();
        for value in matching {
            result.total += 1;
            if result.values.len() < MAX_VALUES {
                result.values.push(value);
            }
        }
        result.has_more = result.total > result.values.len();
        result
    }
}

impl Server {
    /// The candidates for an argument. An argument without completion has none; an unknown one is rejected.
    pub(crate) async fn complete(
        &self,
        cx: &Context,
        request: CompletionRequest<'_>,
    ) -> Result<CompletionResult, Rejected> {
        let completion = self.completion(request)?;
        let inner = &self.inner;
        inner.limits.check_completion(cx.client_key()).map_err(Rejected::Failed)?;
        match completion {
            Completion::None => Ok(CompletionResult::default()),
            Completion::Values(values) => {
                let matching = values.iter().filter(|value| starts_with(value, request.value));
                Ok(CompletionResult::of(matching.map(|value| (*value).to_owned())))
            }
            Completion::Handler(name) => {
                // A missing handler is one of the server's problems, which are reported when it is built.
                let Some(completer) = inner.tables.completers.get(name).cloned() else {
                    return Ok(CompletionResult::default());
                };
                let permit = inner.limits.enter().map_err(Rejected::Failed)?;
                let (own_cx, typed) = (cx.clone(), request.value.to_owned());
                let work = async move { completer.complete(&own_cx, &typed).await };
                match contained(cx, permit, inner.deadline(None), name, work).await {
                    // The handler decides what matches: it may look for more than a prefix.
                    Ok(values) => Ok(CompletionResult::of(values.into_iter())),
                    Err(failure) => {
                        let ticket = Ticket::open(inner, cx, CallKind::Completion, name);
                        ticket.fail(0, &failure.error, failure.detail.as_deref());
                        Err(Rejected::Failed(inner.told(failure.error)))
                    }
                }
            }
        }
    }

    fn completion(&self, request: CompletionRequest<'_>) -> Result<Completion, Rejected> {
        let tables = &self.inner.tables;
        let argument = request.argument;
        match request.reference {
            CompletionRef::Prompt(name) => {
                let prompt = tables.prompts.get(name).ok_or_else(|| Rejected::UnknownPrompt {
                    name: redact::for_log(name, 128).into_owned(),
                    suggestion: closest(name, tables.prompts.iter().map(|prompt| prompt.def.name)),
                })?;
                let arguments = prompt.def.arguments;
                arguments
                    .iter()
                    .find(|known| known.name == argument)
                    .map(|known| known.completion)
                    .ok_or_else(|| unknown_argument(argument, closest(argument, arguments.iter().map(|a| a.name))))
            }
            CompletionRef::Resource(uri) => {
                let Some(template) = tables.templates.get(uri) else {
                    // A concrete resource has no variables.
                    return match tables.resources.get(uri) {
                        Some(_) => Err(unknown_argument(argument, None)),
                        None => Err(Rejected::InvalidParams(format!(
                            "There is no resource template {:?}.",
                            redact::for_log(uri, 256)
                        ))),
                    };
                };
                let completions = template.def.completions;
                let found = completions.iter().find(|(name, _)| *name == argument);
                match found {
                    Some((_, completion)) => Ok(*completion),
                    None if has_variable(template.def.uri_template, argument) => Ok(Completion::None),
                    None => {
                        Err(unknown_argument(argument, closest(argument, completions.iter().map(|(name, _)| *name))))
                    }
                }
            }
        }
    }
}

fn unknown_argument(name: &str, suggestion: Option<&str>) -> Rejected {
    let mut message = format!("There is no argument {:?} to complete.", redact::for_log(name, 128));
    if let Some(suggestion) = suggestion {
        message.push_str(&format!(" Did you mean {suggestion:?}?"));
    }
    Rejected::InvalidParams(message)
}

/// Whether an expression of the template names the variable (RFC 6570 §2.3: names are separated by commas, after an
/// optional operator and before an optional modifier).
fn has_variable(template: &str, name: &str) -> bool {
    template.split('{').skip(1).filter_map(|part| part.split_once('}')).any(|(expression, _)| {
        let names = expression.trim_start_matches(['+', '#', '.', '/', ';', '?', '&']);
        names.split(',').any(|one| one.trim_end_matches('*').split(':').next() == Some(name))
    })
}

fn starts_with(value: &str, prefix: &str) -> bool {
    value.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}
