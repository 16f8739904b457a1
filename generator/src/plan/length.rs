//! Schemas that are longer than a tool can show.

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Output, Server, Tool};
use crate::rust::is_cut;

/// How many tools a message names.
const SHOWN: usize = 3;

/// Warns, once, of the tools of which not the whole schema is printed.
pub(crate) fn report(server: &Server, report: &mut Report) {
    let is_long = |tool: &&Tool| {
        let output = match &tool.output {
            Output::Strict { schema, .. } => Some(tool.answers.as_ref().unwrap_or(schema)),
            Output::Lenient { .. } | Output::Off { .. } | Output::Empty | Output::Content => None,
        };
        std::iter::once(&tool.input).chain(output).any(|schema| is_cut(&schema.value, server))
    };
    let long: Vec<&Tool> = server.everything().filter(is_long).collect();
    let Some(first) = long.first() else { return };
    let names: Vec<String> = long.iter().take(SHOWN).map(|tool| format!("`{}`", tool.name)).collect();
    let more = if long.len() > SHOWN { format!(" and {} more", long.len() - SHOWN) } else { String::new() };
    let message = format!("the schema of {}{more} is too long and shown in part", names.join(", "));
    report.push(Diagnostic::warning(codes::TOO_LONG, first.span, message));
}
