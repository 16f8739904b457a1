//! The command `mcpgen`: generates Rust MCP servers from OpenAPI documents and server specs.
//!
//! Results go to standard output, warnings and errors to standard error. Exit codes: 0 fine, 1 the document or the check
//! failed, 2 usage.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

mod check;
mod choosing;
mod diff;
mod explain;
mod generate;
mod inspect;
mod paths;
mod progress;
mod reading;

/// What a new user does first.
const EXAMPLES: &str = "\
Examples:
  mcpgen inspect petstore.yaml                        what an agent would see
  mcpgen generate petstore.yaml --out petstore-mcp    write the crate of the server
  mcpgen check                                        in CI: are all generated crates up to date?
  mcpgen diff old.yaml new.yaml                       what breaks for agents and for Rust callers?
  mcpgen explain W0401                                what a warning means";

const COMPLETIONS: &str = "\
Examples:
  mcpgen completions bash > ~/.local/share/bash-completion/completions/mcpgen
  mcpgen completions zsh > ~/.zfunc/_mcpgen           with ~/.zfunc in $fpath
  mcpgen completions fish > ~/.config/fish/completions/mcpgen.fish";

#[derive(Parser)]
#[command(name = "mcpgen", version, about, long_about = None, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Generates Rust MCP servers from OpenAPI documents and server specs.
#[derive(Subcommand)]
enum Command {
    /// Generate the crate of a server
    #[command(after_help = generate::EXAMPLES)]
    Generate(generate::Arguments),
    /// Check that generated crates are up to date
    #[command(after_help = check::EXAMPLES)]
    Check(check::Arguments),
    /// Say what changed between two versions, and for whom it breaks
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::Arguments),
    /// Show what a server would offer
    #[command(after_help = inspect::EXAMPLES)]
    Inspect(inspect::Arguments),
    /// Explain the code of a warning or an error
    #[command(after_help = explain::EXAMPLES)]
    Explain(explain::Arguments),
    /// Print a script that completes the words of this command in a shell
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Completions { shell } => {
            completions(shell);
            Ok(())
        }
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

fn completions(shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mcpgen", &mut script);
    tell(&String::from_utf8_lossy(&script));
}

/// Whether standard error takes colours.
fn colored() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints a result. A reader that went away (`| head`) is no error.
fn tell(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// `1 file`, `2 files`
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Prints warnings or errors; nothing for none.
fn complain(text: &str) {
    if !text.trim().is_empty() {
        let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_examples_that_name_it() {
        let command = Cli::command();
        command.clone().debug_assert();
        for command in command.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("mcpgen {}", command.get_name())), "{}: {help}", command.get_name());
        }
    }

    #[test]
    fn every_example_is_a_command_that_is_understood() {
        let mut command = Cli::command();
        let mut helps = vec![EXAMPLES.to_owned()];
        helps.extend(command.get_subcommands().filter_map(|command| Some(command.get_after_help()?.to_string())));
        let mut seen = 0;
        for line in helps.iter().flat_map(|help| help.lines()).filter(|line| line.starts_with("  mcpgen ")) {
            // A remark stands behind several spaces, a redirection is the shell's.
            let example = line.trim_start().split("  ").next().unwrap_or_default();
            let words = example.split(" > ").next().unwrap_or_default().split_whitespace();
            command = Cli::command();
            if let Err(error) = command.try_get_matches_from(words) {
                panic!("{line}\n{error}");
            }
            seen += 1;
        }
        assert!(seen > 10, "only {seen} examples");
    }
}
