//! `mcpgen explain`

use clap::Args;

use crate::{Ended, tell};

pub(crate) const EXAMPLES: &str = "\
Examples:
  mcpgen explain W0204    what it means, an example, what to do
  mcpgen explain          all codes";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The code, for example W0204 [default: list all]
    code: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Ended> {
    let Some(code) = &arguments.code else {
        tell(&list());
        return Ok(());
    };
    if let Some(explanation) = mcpgen::explain(code) {
        tell(&explanation.to_string());
        return Ok(());
    }
    let near = mcpgen::similar_codes(code);
    let near: String = near.iter().map(|entry| format!("\n  {}  {}", entry.code, entry.title)).collect();
    let code = code.escape_debug();
    Err(Ended::Usage(if near.is_empty() {
        format!("there is no code `{code}`; these are all:\n{}", list())
    } else {
        format!("there is no code `{code}`; similar ones are{near}\n\n`mcpgen explain` lists all.")
    }))
}

/// Every code and its title, a line each.
fn list() -> String {
    mcpgen::codes().map(|entry| format!("{}  {}\n", entry.code, entry.title)).collect()
}
