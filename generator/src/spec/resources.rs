//! The section `resources`: concrete resources and resource templates, told apart by the braces in `uri`.

use serde_json::Value;

use super::context::Context;
use super::names::Rule;
use super::reader::{Fields, Node};
use super::schema::Properties;
use super::tools::duration_ms;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::{Completion, Read, Resource, ResourceTemplate, Schema};
use crate::suggest;
use crate::uri_template::{Overlap, Place, UriTemplate, Variable, ambiguity};

const KEYS: &[&str] = &["uri", "mimeType", "title", "description", "variables", "errors", "deadline"];

pub(super) fn read<'r>(
    context: &Context<'r>,
    section: Vec<(&'r str, Node<'r>)>,
) -> (Vec<Resource>, Vec<ResourceTemplate>) {
    let (mut resources, mut templates, mut uris) = (Vec::new(), Vec::new(), Vec::new());
    for (name, node) in section {
        match Rule::Public.problem(name, node.key_span()) {
            None => context.claim_method(name, &node),
            Some(problem) => node.push(problem),
        }
        let Some(fields) = node.fields(KEYS) else { continue };
        let uri = fields.required("uri").and_then(|node| Some((parse(&node)?, node)));
        let (variables, completions) = variables(context, &fields, uri.as_ref().map(|(uri, _)| uri));
        let read = Read::Handler { errors: context.errors(fields.get("errors")) };
        let deadline_ms = fields.get("deadline").and_then(|node| duration_ms(&node));
        let (title, description) = (fields.text("title"), fields.text("description"));
        let mime_type = fields.get("mimeType").and_then(|node| mime_type(&node));
        let (name, span) = (name.to_owned(), node.key_span());
        let Some((uri, place)) = uri else { continue };
        if uri.is_concrete() {
            let uri = uri.as_str().to_owned();
            resources.push(Resource { uri, name, title, description, mime_type, read, deadline_ms, span });
        } else {
            let uri_template = uri.as_str().to_owned();
            templates.push(ResourceTemplate {
                uri_template,
                name,
                title,
                description,
                mime_type,
                variables,
                completions,
                read,
                deadline_ms,
                span,
            });
        }
        uris.push((uri, place));
    }
    refuse_ambiguous(uris);
    (resources, templates)
}

fn parse(node: &Node<'_>) -> Option<UriTemplate> {
    let text = node.text()?;
    UriTemplate::parse(text)
        .map_err(|problem| {
            let place = node.part_span(problem.offset, problem.offset + problem.length);
            let mut diagnostic = Diagnostic::error(codes::URI_SYNTAX, place, problem.message);
            diagnostic.help = problem.help;
            node.push(diagnostic);
        })
        .ok()
}

fn refuse_ambiguous(uris: Vec<(UriTemplate, Node<'_>)>) {
    let (templates, nodes): (Vec<_>, Vec<_>) = uris.into_iter().unzip();
    for pair in ambiguity(&templates) {
        let (Some(first), Some(second)) = (nodes.get(pair.first), nodes.get(pair.second)) else { continue };
        let (message, help) = match pair.overlap {
            Overlap::Ambiguous { example } => (
                format!("`{example}` matches two templates, and neither is more specific"),
                "a literal comes before a variable, segment by segment; change one so that it decides every segment",
            ),
            _ => (
                "this matches the same URIs as another resource".to_owned(),
                "names of variables make no difference; change one URI, or remove one resource",
            ),
        };
        second.push(
            Diagnostic::error(codes::URI_AMBIGUOUS, second.span(), message)
                .related(first.span(), "the other one is here")
                .help(help),
        );
    }
}

/// `type/subtype`, with parameters or without (RFC 6838 §4.2).
fn mime_type(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    if !essence.split_once('/').is_some_and(|(kind, subtype)| word(kind) && word(subtype)) {
        let problem = node.error(codes::BAD_WORD, format!("`{text}` is no media type"));
        node.push(problem.help("a media type is `type/subtype`: `text/markdown`, `application/json`"));
    }
    Some(text.to_owned())
}

/// The variables as one object, and their completions.
fn variables<'r>(
    context: &Context<'r>,
    fields: &Fields<'r>,
    uri: Option<&UriTemplate>,
) -> (Schema, Vec<(String, Completion)>) {
    let node = fields.get("variables");
    let properties = node.as_ref().and_then(|node| context.schemas().properties(node, Rule::Variable, &["complete"]));
    let properties = properties.unwrap_or(Properties { schemas: Default::default(), required: Vec::new() });
    let span = node.as_ref().map_or_else(|| fields.node.key_span(), Node::span);
    let declared = node.and_then(|node| node.entries()).unwrap_or_default();
    if let Some(uri) = uri {
        compare(context, fields, uri, &declared, &properties);
    }
    let completion = |(name, node): &(&str, Node<'_>)| {
        let stated = node.child("complete").map(|complete| context.completion(name, &complete));
        let completion = stated.or_else(|| members(context, properties.schemas.get(*name)?))?;
        Some(((*name).to_owned(), completion)).filter(|(_, completion)| *completion != Completion::None)
    };
    let completions = declared.iter().filter_map(completion).collect();
    (Schema { value: properties.into_object(), span }, completions)
}

/// An enumeration completes itself.
fn members(context: &Context<'_>, schema: &Value) -> Option<Completion> {
    let members = context.view().members(schema)?;
    Some(Completion::Values(members.iter().filter_map(|member| member.as_str().map(str::to_owned)).collect()))
        .filter(|completion| *completion != Completion::Values(Vec::new()))
}

/// Variables in the URI are declared, declared ones stand in the URI, and each can be carried where it stands.
fn compare<'r>(
    context: &Context<'r>,
    fields: &Fields<'r>,
    uri: &UriTemplate,
    declared: &[(&'r str, Node<'r>)],
    properties: &Properties,
) {
    let variables = uri.variables();
    let names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    for (name, node) in declared {
        let Some(variable) = variables.iter().find(|variable| variable.name == *name) else {
            let message = format!("`{name}` does not stand in the URI");
            node.push(Diagnostic::error(codes::URI_VARIABLES, node.key_span(), message).help(suggest::help(
                name,
                "variables of the URI",
                names.iter().copied(),
            )));
            continue;
        };
        if let Some(schema) = properties.schemas.get(*name) {
            check_variable(context, variable, node, schema, properties);
        }
    }
    let Some(place) = fields.get("uri") else { return };
    for variable in &variables {
        let name = &variable.name;
        if !declared.iter().any(|(declared, _)| declared == name) {
            let at = uri
                .as_str()
                .find(&format!("{{{name}}}"))
                .map_or_else(|| place.span(), |at| place.part_span(at, at + name.len() + 2));
            place.push(
                Diagnostic::error(codes::URI_VARIABLES, at, format!("the variable `{name}` is not declared"))
                    .help(format!("declare it: `variables: {{ {name}: {{ type: string }} }}`")),
            );
        }
    }
}

fn check_variable(
    context: &Context<'_>,
    variable: &Variable,
    node: &Node<'_>,
    schema: &Value,
    properties: &Properties,
) {
    let name = &variable.name;
    let in_query = matches!(variable.place, Place::Query | Place::Exploded);
    let carried = |of: &&str| !matches!(*of, "object" | "null") && (in_query || *of != "array");
    if let Some(types) = context.view().types(schema)
        && !types.iter().all(carried)
    {
        let found: Vec<&str> = types.into_iter().filter(|of| !carried(of)).collect();
        let message = format!("a URI cannot carry a variable of type {}", found.join(" or "));
        let help = "a variable is a string, a number, an integer or a boolean; in a query also a list of these";
        node.push(node.error(codes::UNSUPPORTED_TYPE, message).help(help));
    }
    if variable.place == Place::Path && !properties.required.contains(name) {
        let key = if node.child("optional").is_some() { "optional" } else { "default" };
        let place = node.child(key).map_or_else(|| node.key_span(), |node| node.key_span());
        let message = format!("every URI of this template has `{name}`, so `{key}` means nothing");
        let help = format!("drop it, or move the variable to the query: `{{?{name}}}`");
        node.push(Diagnostic::error(codes::CONTRADICTION, place, message).help(help));
    }
}
