//! `mcpgen diff`

use std::path::PathBuf;

use clap::Args;
use mcpgen::Options;

use crate::{Ended, tell};

pub(crate) const EXAMPLES: &str = "\
Examples:
  mcpgen diff old.yaml new.yaml                      two documents
  mcpgen diff generated/petstore new.yaml            what a new document would do to a generated crate
  mcpgen diff ../before/generated/petstore generated/petstore    two generated crates, for example from `git worktree`
  mcpgen diff old.lock generated/petstore            a lone mcpgen.lock: which tools, but not how they changed
  mcpgen diff old.yaml new.yaml --json               the same for programs

Breaking for agents is a call that worked and is refused now, and an answer that may hold less or something else than it
did; breaking for Rust callers is an override or a use of a type that compiled and does not now.

A document beside a generated crate is read with the options and names of the crate's mcpgen.lock; otherwise all its
operations are compared, unless the options below choose.

Exit code: 0 nothing breaks; 1 something does, or a version cannot be read; 2 wrong usage.";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The version before: a document, the folder of a generated crate, or an mcpgen.lock
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The version after
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Print JSON for programs; its form is stable
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: crate::reading::Arguments,
    #[command(flatten)]
    choosing: crate::choosing::Arguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Ended> {
    let options = arguments.choosing.apply(arguments.reading.apply(Options::default()));
    for path in [&arguments.old, &arguments.new] {
        if !path.exists() {
            return Err(Ended::Usage(format!("{}: there is no such file or folder", path.display())));
        }
    }
    let diff = mcpgen::diff(&arguments.old, &arguments.new, &options)?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&diff).map_err(|error| Ended::Failed(error.to_string()))?;
        tell(&json);
    } else {
        tell(&diff.to_string());
    }
    if diff.is_breaking() { Err(Ended::Failed(String::new())) } else { Ok(()) }
}
