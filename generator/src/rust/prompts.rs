//! Prompts and completion handlers.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::docs::{self, Docs};
use super::errors::Errors;
use super::literal::{self, Token};
use super::names::{Ident, pascal};
use super::resources::completion;
use super::trait_::{Method, Parameter};
use super::types::Types;
use super::{Places, text};
use crate::model::{self, Completion, Role};

/// A prompt.
#[derive(Debug, Serialize)]
pub(crate) struct Prompt {
    name: Token,
    title: Token,
    description: Token,
    arguments: Vec<Argument>,
    messages: Option<Vec<Message>>,
    /// The method that makes the messages.
    method: Option<Ident>,
}

#[derive(Debug, Serialize)]
struct Argument {
    name: Token,
    title: Token,
    description: Token,
    required: Token,
    completion: Token,
}

#[derive(Debug, Serialize)]
struct Message {
    role: Token,
    text: Token,
}

/// A completion handler: the name in the tables and the method.
#[derive(Debug, Serialize)]
pub(crate) struct CompletionRow {
    name: Token,
    method: Ident,
}

/// Prompts, and what they add to the trait.
pub(crate) fn lower(
    server: &model::Server,
    places: &Places<'_>,
    types: &mut Types<'_>,
    errors: &Errors,
    mut claim: impl FnMut(&str) -> Ident,
) -> (Vec<Prompt>, Vec<Method>) {
    let mut methods = Vec::new();
    let mut prompts = Vec::new();
    for prompt in &server.prompts {
        let method = prompt.messages.is_none().then(|| {
            let ident = claim(&prompt.name);
            let name = docs::code(&prompt.name);
            let arguments = types.object(
                &format!("{}Arguments", pascal(&prompt.name, "Prompt")),
                Docs::line(format!("The arguments of the prompt {name}.")),
                &arguments_schema(prompt),
            );
            let docs = Docs::with_rest(
                format!("The messages of the prompt {name}. {}", places.of(prompt.span)),
                &prompt.description,
            );
            let parameter = Parameter::new("arguments", arguments.as_str());
            methods.push(Method::prompt(ident.clone(), docs, parameter, &errors.ty(&prompt.errors)));
            ident
        });
        prompts.push(Prompt {
            name: literal::string(&prompt.name),
            title: literal::optional_string(prompt.title.as_deref()),
            description: literal::string(&prompt.description),
            arguments: prompt.arguments.iter().map(argument).collect(),
            messages: prompt.messages.as_ref().map(|messages| messages.iter().map(message).collect()),
            method,
        });
    }
    (prompts, methods)
}

/// The handlers of completions, each name once, and what they add to the trait.
pub(crate) fn completions(
    server: &model::Server,
    mut claim: impl FnMut(&str) -> Ident,
) -> (Vec<CompletionRow>, Vec<Method>) {
    let of_templates = server.templates.iter().flat_map(|template| &template.completions).map(|(_, values)| values);
    let of_prompts = server.prompts.iter().flat_map(|prompt| &prompt.arguments).map(|argument| &argument.completion);
    let mut names: Vec<&str> = Vec::new();
    for values in of_templates.chain(of_prompts) {
        if let Completion::Handler(name) = values
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let method = claim(&format!("complete_{name}"));
            let docs = Docs::line(format!("Candidates for {}, from what has been typed so far.", docs::code(name)));
            (CompletionRow { name: literal::string(name), method: method.clone() }, Method::completion(method, docs))
        })
        .unzip()
}

/// The arguments of a prompt are strings.
fn arguments_schema(prompt: &model::Prompt) -> Value {
    let properties: Map<_, _> = prompt
        .arguments
        .iter()
        .map(|argument| {
            let description = argument.description.clone().unwrap_or_default();
            (argument.name.clone(), json!({"type": "string", "description": description}))
        })
        .collect();
    let required: Vec<_> =
        prompt.arguments.iter().filter(|argument| argument.required).map(|argument| argument.name.as_str()).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn argument(argument: &model::PromptArgument) -> Argument {
    Argument {
        name: literal::string(&argument.name),
        title: literal::optional_string(argument.title.as_deref()),
        description: literal::optional_string(argument.description.as_deref()),
        required: literal::bool(argument.required),
        completion: completion(&argument.completion),
    }
}

fn message(message: &model::PromptMessage) -> Message {
    let role = match message.role {
        Role::User => "rt::Role::User",
        Role::Assistant => "rt::Role::Assistant",
    };
    Message { role: Token::composed(role), text: text::table(&message.text) }
}
