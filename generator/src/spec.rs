//! mcpgen's own server spec (`mcpgen: 1`) → the model. `specs/README.md` is the reference of the format.
//!
//! The design planned serde types with `deny_unknown_fields` here; those stop at the first mistake and do not know where
//! it stands. This reads the values through [`reader`] instead, so that one run reports every mistake at its place.

mod context;
mod errors;
mod keywords;
mod names;
mod prompts;
mod raw;
mod reader;
mod resources;
mod schema;
mod server;
#[cfg(test)]
mod tests;
mod tools;
mod types;

use context::Context;
use reader::{Node, Reader};

use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::load::Document;
use crate::model;

/// Lowers a server spec.
///
/// # Errors
/// The report has at least one error; it has all that could be found.
pub(crate) fn lower(document: &Document, report: &mut Report) -> Result<model::Server, Stop> {
    let reader = Reader::new(&document.index, &report.sources);
    let server = read(&reader.root(&document.value));
    for diagnostic in reader.finish() {
        report.push(diagnostic);
    }
    report.check()?;
    server.ok_or(Stop)
}

fn read<'r>(root: &Node<'r>) -> Option<model::Server> {
    // `mcpgen: 1` itself was read in order to know what kind of document this is.
    let sections =
        root.fields(&["mcpgen", "server", "settings", "types", "errors", "tools", "resources", "prompts"])?;
    let section = |name: &str| sections.get(name).and_then(|node| node.entries()).unwrap_or_default();

    let types = types::read(section("types"));
    let errors = errors::read(section("errors"), &types);
    let context = Context::new(types, errors);
    let identity = sections.required("server").and_then(|node| server::identity(&node));
    let settings = section("settings").iter().filter_map(|(env, node)| server::setting(env, node)).collect();
    let tools: Vec<_> = section("tools").iter().filter_map(|(name, node)| tools::read(&context, name, node)).collect();
    let (resources, templates) = resources::read(&context, section("resources"));
    let prompts: Vec<_> =
        section("prompts").iter().filter_map(|(name, node)| prompts::read(&context, name, node)).collect();

    let offers = ["tools", "resources", "prompts"].iter().any(|name| !section(name).is_empty());
    if !offers {
        let place = sections.key_span("server");
        root.push(
            Diagnostic::error(codes::EMPTY, place, "the server offers nothing")
                .help("declare at least one entry under `tools`, `resources` or `prompts`"),
        );
    }
    let identity = identity?;
    Some(model::Server {
        name: identity.name,
        title: identity.title,
        version: identity.version,
        description: identity.description,
        instructions: identity.instructions,
        settings,
        schemas: context.finish(),
        tools,
        search: None,
        resources,
        templates,
        prompts,
        upstream: None,
        span: identity.span,
    })
}
