//! Model → model: what is exposed, under which names.
//!
//! After this stage names are final: tools, resources, templates and prompts are unique and within the limits of the
//! protocol, every read leads to a tool that is there, and no URI can be read in two ways.

use crate::diag::{Report, Stop};
use crate::model::Server;
use crate::options::Options;

mod names;
mod only;
mod resources;

/// Applies the options and settles names.
///
/// # Errors
/// Two things under one URI, or an option that cannot be followed; the report says where.
pub(crate) fn plan(mut server: Server, options: &Options, report: &mut Report) -> Result<Server, Stop> {
    names::settle(&mut server, options, report);
    only::select(&mut server, options, report);
    resources::drop_without_tool(&mut server, report);
    resources::settle_ambiguity(&mut server, report);
    report.check()?;
    Ok(server)
}

#[cfg(test)]
mod tests;
