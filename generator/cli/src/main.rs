//! The command `mcpgen`: generates Rust MCP servers from OpenAPI documents and server specs.
//!
//! Results go to standard output, warnings and errors to standard error. Exit codes: 0 fine, 1 the document or the check
//! failed, 2 usage.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod generate;
mod inspect;
mod paths;
mod reading;

#[derive(Parser)]
#[command(name = "mcpgen", version, about, long_about = None, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Generates Rust MCP servers from OpenAPI documents and server specs.
#[derive(Subcommand)]
enum Command {
    /// Generate the crate of a server, or check that it is up to date
    Generate(generate::Arguments),
    /// Show what a server would offer
    Inspect(inspect::Arguments),
    /// Explain the code of a warning or an error
    Explain {
        /// The code, for example W0204
        code: String,
    },
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Explain { code } => explain(&code),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ended::Failed(text)) => {
            complain(&text);
            ExitCode::from(1)
        }
        Err(Ended::Usage(text)) => {
            complain(&format!("error: {text}\n\nFor more information, try '--help'."));
            ExitCode::from(2)
        }
    }
}

/// Why the command ends with another code than 0, and what it says about it.
enum Ended {
    /// The document or the check failed.
    Failed(String),
    /// The command was used wrongly.
    Usage(String),
}

impl From<mcpgen::Failure> for Ended {
    fn from(failure: mcpgen::Failure) -> Self {
        Self::Failed(failure.render(colored()))
    }
}

fn explain(code: &str) -> Result<(), Ended> {
    match mcpgen::explain(code) {
        Some(text) => {
            tell(&text);
            Ok(())
        }
        None => Err(Ended::Usage(format!("there is no code `{}`", code.escape_debug()))),
    }
}

/// Whether standard error takes colours.
fn colored() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints a result. A reader that went away (`| head`) is no error.
fn tell(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Prints warnings or errors; nothing for none.
fn complain(text: &str) {
    if !text.trim().is_empty() {
        let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
    }
}
