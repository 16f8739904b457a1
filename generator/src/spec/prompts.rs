//! The section `prompts`.

use serde_json::{Map, json};

use super::context::Context;
use super::names::Rule;
use super::reader::Node;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::{Completion, Prompt, PromptArgument, PromptMessage, Role};

pub(super) fn read<'r>(context: &Context<'r>, name: &str, node: &Node<'r>) -> Option<Prompt> {
    let is_constant = node.child("messages").is_some();
    match Rule::Public.problem(name, node.key_span()) {
        None if !is_constant => context.claim_method(name, node),
        None => {}
        Some(problem) => node.push(problem),
    }
    let fields = node.fields(&["title", "description", "arguments", "messages", "errors"])?;
    let description = fields.required("description").and_then(|text| Some(text.text()?.trim_end().to_owned()));
    let declared = fields.get("arguments").and_then(|node| node.entries()).unwrap_or_default();
    let arguments: Vec<_> = declared.iter().filter_map(|(name, node)| argument(context, name, node)).collect();
    let messages = fields.get("messages").map(|node| messages(context, &node, &declared));
    let errors = context.errors(fields.get("errors"));
    if let Some(place) = fields.get("errors").filter(|_| is_constant) {
        let problem = Diagnostic::error(codes::CONTRADICTION, place.key_span(), "constant messages raise no errors");
        place.push(problem.help("drop `errors`, or drop `messages` and write a handler"));
    }
    Some(Prompt {
        name: name.to_owned(),
        title: fields.text("title"),
        description: description?,
        arguments,
        messages,
        errors,
        span: node.key_span(),
    })
}

fn argument(context: &Context<'_>, name: &str, node: &Node<'_>) -> Option<PromptArgument> {
    if let Some(problem) = Rule::Variable.problem(name, node.key_span()) {
        node.push(problem);
    }
    let fields = node.fields(&["title", "description", "optional", "complete"])?;
    Some(PromptArgument {
        name: name.to_owned(),
        title: fields.text("title"),
        description: fields.text("description"),
        required: !fields.get("optional").and_then(|node| node.boolean()).unwrap_or(false),
        completion: fields.get("complete").map_or(Completion::None, |node| context.completion(name, &node)),
        span: node.key_span(),
    })
}

/// Constant messages: templates over the arguments, which are text.
fn messages(context: &Context<'_>, node: &Node<'_>, arguments: &[(&str, Node<'_>)]) -> Vec<PromptMessage> {
    let properties: Map<_, _> =
        arguments.iter().map(|(name, _)| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    let schema = json!({ "type": "object", "properties": properties });
    let items = node.items().unwrap_or_default();
    if items.is_empty() && node.value.is_array() {
        let problem = node.error(codes::EMPTY, "a prompt without messages");
        node.push(problem.help("write a message, or leave `messages` out for a handler"));
    }
    let mut shown = Vec::new();
    let mut complete = true;
    let mut messages = Vec::new();
    for item in &items {
        let Some(fields) = item.fields(&["role", "text"]) else { continue };
        let role = fields.required("role").and_then(|node| role(&node));
        let text = fields.required("text").and_then(|node| context.template(&node, &schema));
        complete &= text.is_some();
        let Some((role, text)) = role.zip(text) else { continue };
        shown.extend(text.used);
        messages.push(PromptMessage { role, text: text.template });
    }
    for (name, argument) in arguments.iter().filter(|(name, _)| complete && !shown.iter().any(|used| used == name)) {
        let message = format!("no message shows the argument `{name}`");
        argument.push(
            Diagnostic::warning(codes::UNUSED_ARGUMENT, argument.key_span(), message)
                .help(format!("write `{{{name}}}` where it belongs, or remove the argument")),
        );
    }
    messages
}

fn role(node: &Node<'_>) -> Option<Role> {
    match node.string()? {
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        other => {
            let problem = node.error(codes::BAD_WORD, format!("`{other}` is no role"));
            node.push(problem.help("roles: `user`, `assistant`"));
            None
        }
    }
}
