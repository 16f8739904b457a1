//! Search mode: operations that are found, described and called through three tools.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::diag::Report;
use crate::diag::codes::plan as codes;
use crate::model::{Annotations, Output, Schema, Search, Server, Tool};
use crate::options::{Expose, Options};
use crate::plan::misused;

/// The tools of search mode.
pub(super) const NAMES: [&str; 3] = ["search_operations", "describe_operation", "call_operation"];
/// How many operations a search shows, where it does not say.
const SHOWN: usize = 10;
/// How many it shows at most.
const MOST_SHOWN: usize = 50;
/// How many tags the description of the search names.
const MOST_TAGS: usize = 24;

/// Whether anything asks for search mode; then its tools have their names.
pub(super) fn is_asked(server: &Server, options: &Options) -> bool {
    options.expose == Some(Expose::Search)
        || options.tools.values().any(|own| own.expose == Some(Expose::Search))
        || server.tools.iter().any(|tool| tool.marked == Some(Expose::Search))
}

/// Takes the operations of these names out of the tools, and puts three tools in front of them.
pub(crate) fn settle(server: &mut Server, searched: &BTreeSet<String>, options: &Options, report: &mut Report) {
    let mut refuse = |message: &str, help: &str| report.push(misused(codes::SEARCH, message).help(help));
    if searched.is_empty() {
        if options.expose == Some(Expose::Search) {
            let message =
                "the option `expose = \"search\"` has nothing to search for: every operation is offered otherwise";
            refuse(message, "leave it away, or pin fewer operations");
        } else if !options.pin.is_empty() && !is_asked(server, options) {
            refuse(
                "the option `pin` has no meaning without search mode",
                "add `expose = \"search\"`, or use `include`",
            );
        }
        return;
    }
    if server.upstream.is_none() {
        let message = "the option `expose = \"search\"` is for OpenAPI documents, and this is a server spec";
        refuse(message, "leave it away: the tools of a server spec are methods that you write");
        return;
    }
    let (operations, tools): (Vec<Tool>, Vec<Tool>) =
        server.tools.drain(..).partition(|tool| searched.contains(&tool.name));
    server.tools = tools;
    server.search = Some(search(server, operations));
}

fn search(server: &Server, operations: Vec<Tool>) -> Search {
    let title = server.title.as_deref().unwrap_or(&server.name);
    let [find, describe, call] = NAMES;
    let tool = |name: &str, title: &str, description: String, input: Value, annotations: Annotations| Tool {
        name: name.to_owned(),
        title: Some(title.to_owned()),
        description,
        input: Schema { value: input, span: server.span },
        output: Output::Content,
        answers: None,
        errors: Vec::new(),
        links: Vec::new(),
        projection: None,
        details: None,
        annotations,
        deadline_ms: None,
        task: None,
        deprecated: false,
        marked: None,
        listed: true,
        fixed: Vec::new(),
        binding: None,
        operation_id: None,
        tags: Vec::new(),
        span: server.span,
    };
    let looking =
        Annotations { read_only: Some(true), destructive: None, idempotent: Some(true), open_world: Some(false) };
    let count = operations.len();
    Search {
        search: tool(
            find,
            "Find operations",
            format!(
                "Finds operations of {title} by words, of {count}: what it is about, and what is to be done with it. Answers \
                 lines of name, method and path, and summary, the best first. `{describe}` then tells the arguments of \
                 one, and `{call}` calls it.{}",
                areas(&operations)
            ),
            json!({
                "type": "object",
                "properties": {
                    "query": {"type": "string", "minLength": 1, "maxLength": 500, "description": "A few words, in English as the document uses it: close issue"},
                    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_SHOWN, "default": SHOWN},
                },
                "required": ["query"],
                "additionalProperties": false,
            }),
            looking,
        ),
        describe: tool(
            describe,
            "Describe an operation",
            format!(
                "Tells what an operation does, the JSON Schema of its arguments, what it returns and its errors. Names are those that `{find}` finds."
            ),
            json!({
                "type": "object",
                "properties": {"name": {"type": "string", "minLength": 1}},
                "required": ["name"],
                "additionalProperties": false,
            }),
            looking,
        ),
        call: tool(
            call,
            "Call an operation",
            format!("Calls an operation of {title}. See `{describe}` for its arguments."),
            json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "arguments": {"type": "object", "description": "The arguments of the operation, by name"},
                },
                "required": ["name"],
                "additionalProperties": false,
            }),
            hints(&operations),
        ),
        operations,
    }
}

/// The largest tags, so that a model knows what can be found: ` Areas: repos (201), actions (184), …`
fn areas(operations: &[Tool]) -> String {
    let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in operations.iter().flat_map(|tool| &tool.tags) {
        *tags.entry(tag).or_default() += 1;
    }
    let mut tags: Vec<_> = tags.into_iter().collect();
    tags.sort_by_key(|(tag, count)| (std::cmp::Reverse(*count), *tag));
    let shown: Vec<String> = tags.iter().take(MOST_TAGS).map(|(tag, count)| format!("{tag} ({count})")).collect();
    match (shown.is_empty(), tags.len() > MOST_TAGS) {
        (true, _) => String::new(),
        (false, false) => format!(" Areas: {}.", shown.join(", ")),
        (false, true) => format!(" Areas: {}, and {} more.", shown.join(", "), tags.len() - MOST_TAGS),
    }
}

/// What holds for every operation that can be called.
fn hints(operations: &[Tool]) -> Annotations {
    let all = |of: fn(&Annotations) -> bool| operations.iter().all(|tool| of(&tool.annotations));
    let read_only = all(|hints| hints.read_only == Some(true));
    let harmless = all(|hints| hints.read_only == Some(true) || hints.destructive == Some(false));
    Annotations {
        read_only: Some(read_only),
        destructive: (!read_only).then_some(!harmless),
        idempotent: Some(all(|hints| hints.idempotent == Some(true))),
        open_world: Some(true),
    }
}

#[cfg(test)]
mod tests;
