//! As what each operation is offered: tool, resource, both.

use std::collections::BTreeSet;

use crate::diag::Report;
use crate::diag::codes::plan as codes;
use crate::model::{Read, Server, Tool};
use crate::options::{Expose, Options};
use crate::plan::{choose, drop_tools, misused, options_of};

/// Decides for each tool: the options of the tool, then [`Options::pin`], then `x-mcp` of the document, then the option
/// for all of them. Runs after resources are settled, so that nothing is offered as a resource that is none. Returns the
/// names of the tools that are to be found by search.
pub(crate) fn settle(server: &mut Server, options: &Options, report: &mut Report) -> BTreeSet<String> {
    let read: BTreeSet<&str> = server
        .resources
        .iter()
        .map(|resource| &resource.read)
        .chain(server.templates.iter().map(|template| &template.read))
        .filter_map(|read| match read {
            Read::Tool(name) => Some(name.as_str()),
            Read::Handler { .. } => None,
        })
        .collect();
    let mut nothing = BTreeSet::new();
    let mut tools_only = BTreeSet::new();
    let mut resources_only = BTreeSet::new();
    let mut searched = BTreeSet::new();
    for tool in &server.tools {
        let own = options_of(tool, options).and_then(|(key, own)| Some((key, own.expose?)));
        let asked = own.map(|(_, expose)| expose).or_else(|| pinned(tool, options)).or(tool.marked);
        let asked = asked.or(options.expose).unwrap_or(Expose::Both);
        let is_read = read.contains(tool.name.as_str());
        match asked {
            Expose::Nothing if is_named(tool, options) => {}
            Expose::Nothing => {
                nothing.insert(tool.name.clone());
            }
            Expose::Tool => {
                tools_only.insert(tool.name.clone());
            }
            Expose::Resource if is_read => {
                resources_only.insert(tool.name.clone());
            }
            // Asked for this one: an error. Asked for all of them: what is no read stays a tool.
            Expose::Resource => {
                if let Some((key, _)) = own {
                    let message =
                        format!("the option `tools.{key}.expose` asks for a resource, and `{}` is none", tool.name);
                    report.push(misused(codes::NOT_A_RESOURCE, message).help("expose it as a tool"));
                }
            }
            Expose::Both => {}
            Expose::Search => {
                searched.insert(tool.name.clone());
                tools_only.insert(tool.name.clone());
            }
        }
    }
    drop_tools(server, |tool| nothing.contains(&tool.name));
    let is_tool_only = |read: &Read| matches!(read, Read::Tool(name) if tools_only.contains(name));
    server.resources.retain(|resource| !is_tool_only(&resource.read));
    server.templates.retain(|template| !is_tool_only(&template.read));
    for tool in &mut server.tools {
        tool.listed = !resources_only.contains(&tool.name);
    }
    searched
}

fn pinned(tool: &Tool, options: &Options) -> Option<Expose> {
    choose::is_chosen(tool, &options.pin).then_some(Expose::Tool)
}

/// Whether [`Options::only`] names the tool.
fn is_named(tool: &Tool, options: &Options) -> bool {
    let is_meant = |entry: &String| tool.name == *entry || tool.operation_id.as_ref() == Some(entry);
    options.only.iter().flatten().any(is_meant)
}
