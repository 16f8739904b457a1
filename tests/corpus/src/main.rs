//! A sweep: generates a crate from every document of a folder, checks the crates with clippy, counts.
//!
//! ```text
//! MCPGEN_CORPUS=FOLDER cargo run -p mcpgen-tests-corpus            # generate, then check
//! MCPGEN_CORPUS=FOLDER cargo run -p mcpgen-tests-corpus -- generate # without the check
//! ```
//!
//! `MCPGEN_SWEEP_SAMPLE=200` takes so many documents at random (`MCPGEN_SWEEP_SEED`, printed), `MCPGEN_SWEEP_WITH=check` asks
//! `cargo check` in place of clippy, which takes half of the time, `MCPGEN_SWEEP_BATCH` says how many crates one cargo checks.
//!
//! Everything is written to `MCPGEN_SWEEP` (`target/sweep`): the crates, `generated.jsonl` and `checked.jsonl`, one line
//! for each document. A document that has its line is not done again, so an interrupted sweep goes on where it stopped;
//! remove the lines or the folder to begin anew. Each document is read in a process of its own: a crash, a hang or a
//! large heap is that document's alone. The exit status is 1 if a document failed or a crate does not compile.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod check;
mod document;
mod operations;
mod progress;
mod sweep;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["one", document, out, name] => document::generate(Path::new(document), Path::new(out), name),
        [] => sweep::run(&settings(), true),
        ["generate"] => sweep::run(&settings(), false),
        other => Err(format!("unknown arguments {other:?}; there is `generate`, and nothing for everything")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Where the documents are and where everything goes.
struct Settings {
    corpus: PathBuf,
    out: PathBuf,
    /// How many crates one cargo checks.
    batch: usize,
    /// `clippy` or `check`.
    with: String,
    /// How many documents, chosen at random; all of them: `None`.
    sample: Option<usize>,
    seed: u64,
}

fn settings() -> Settings {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    Settings {
        corpus: variable("MCPGEN_CORPUS").unwrap_or_else(|| root().join("specs")),
        out: variable("MCPGEN_SWEEP").unwrap_or_else(|| root().join("target/sweep")),
        batch: number("MCPGEN_SWEEP_BATCH").unwrap_or(8),
        with: std::env::var("MCPGEN_SWEEP_WITH").unwrap_or_else(|_| "clippy".to_owned()),
        sample: number("MCPGEN_SWEEP_SAMPLE"),
        seed: number("MCPGEN_SWEEP_SEED").unwrap_or(1),
    }
}

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
