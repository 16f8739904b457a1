//! Model → model: what is exposed, as what, under which names.
//!
//! After this stage names are final: tools, resources, templates and prompts are unique and within the limits of the
//! protocol, every read leads to a tool that is there, and no URI can be read in two ways.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Report, Stop};
use crate::model::{Read, Server, Tool};
use crate::options::{Options, ToolOptions};
use crate::source::Span;

mod adjust;
mod budget;
mod choose;
mod expose;
mod hidden;
mod length;
mod names;
mod only;
mod output;
mod profiles;
mod projection;
mod resources;
mod search;
mod settings;
mod shorten;
mod unused;

pub(crate) use unused::Offered;

/// Applies the options and settles names.
///
/// # Errors
/// Two things under one URI, or an option that cannot be followed; the report says where.
pub(crate) fn plan(mut server: Server, options: &Options, report: &mut Report) -> Result<Server, Stop> {
    adjust::report_doubles(&server, options, report);
    adjust::apply(&mut server, options, report);
    output::settle(&mut server, options, report);
    profiles::lower_names(&mut server, options);
    names::settle(&mut server, options, report);
    choose::select(&mut server, options, report);
    only::select(&mut server, options, report);
    resources::drop_without_tool(&mut server, report);
    resources::settle_ambiguity(&mut server, report);
    let searched = expose::settle(&mut server, options, report);
    report.check()?;
    hidden::leave_out(&mut server, report);
    search::settle(&mut server, &searched, options, report);
    projection::settle(&mut server, options, report);
    settings::drop_unread(&mut server);
    report.check()?;
    shorten::apply(&mut server, options);
    profiles::lower(&mut server, options);
    profiles::check(&server, options, report);
    report.check()?;
    length::report(&server, report);
    budget::check(&server, options, report);
    report.check()?;
    Ok(server)
}

/// The options of a tool, with their key.
fn options_of<'a>(tool: &Tool, options: &'a Options) -> Option<(&'a str, &'a ToolOptions)> {
    let (key, own) = options.tools.iter().find(|(key, own)| adjust::means(key, own, tool))?;
    Some((key, own))
}

/// Drops tools, and the resources that are read through them.
fn drop_tools(server: &mut Server, is_gone: impl Fn(&Tool) -> bool) {
    let (gone, kept): (Vec<Tool>, Vec<Tool>) = server.tools.drain(..).partition(is_gone);
    server.tools = kept;
    let gone: BTreeSet<&str> = gone.iter().map(|tool| tool.name.as_str()).collect();
    let is_read = |read: &Read| !matches!(read, Read::Tool(name) if gone.contains(name.as_str()));
    server.resources.retain(|resource| is_read(&resource.read));
    server.templates.retain(|template| is_read(&template.read));
}

/// A mistake in the options, so no place of the document belongs to it.
fn misused(code: Code, message: impl Into<String>) -> Diagnostic {
    Diagnostic { span: None, ..Diagnostic::error(code, Span::default(), message) }
}

#[cfg(test)]
mod tests;
