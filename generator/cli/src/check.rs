//! `mcpgen check`

use std::path::{Path, PathBuf};

use clap::Args;
use mcpgen::{Builder, Difference};

use crate::progress::Bar;
use crate::{Ended, colored, complain, count, tell};

pub(crate) const EXAMPLES: &str = "\
Examples:
  mcpgen check                        every generated crate below this folder
  mcpgen check generated other/api    those in these folders

Each generated crate has an mcpgen.lock, which records its document and options. It is generated again in memory and
compared. Files that are stale (a document or a file changed), missing, or no longer generated are named with the
difference. Files of yours (Cargo.toml, src/main.rs, src/handlers.rs) are not compared.

Exit code: 0 everything is up to date; 1 something is not, or there is no generated crate; 2 wrong usage.";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folders with generated crates in them or below [default: the current folder]
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Ended> {
    let here = [PathBuf::from(".")];
    let folders = if arguments.folders.is_empty() { &here } else { arguments.folders.as_slice() };
    let mut crates = Vec::new();
    for folder in folders {
        let found = mcpgen::crates(folder).map_err(|error| Ended::Usage(error.to_string()))?;
        if found.is_empty() {
            return Err(Ended::Failed(format!(
                "error: there is no generated crate in {} or below\n\nA generated crate has an mcpgen.lock; `mcpgen \
                 generate SPEC --out DIR` writes it.",
                folder.display()
            )));
        }
        crates.extend(found);
    }
    crates.sort();
    crates.dedup();
    let (mut stale, mut failed) = (0, 0);
    for dir in &crates {
        match state(dir) {
            State::Fresh => {}
            State::Stale => stale += 1,
            State::Failed => failed += 1,
        }
    }
    if stale + failed == 0 {
        tell(&format!(
            "{} up to date",
            if crates.len() == 1 { "1 crate is".to_owned() } else { format!("{} crates are", crates.len()) }
        ));
        return Ok(());
    }
    let crates = count(crates.len(), "crate");
    let mut problem = String::from("error: ");
    if stale > 0 {
        problem.push_str(&format!("{stale} of {crates} not up to date"));
    }
    if failed > 0 {
        let and = if stale > 0 { ", and " } else { "" };
        problem.push_str(&format!("{and}{failed} of {crates} cannot be checked, for the reasons above"));
    }
    if stale > 0 {
        problem.push_str("\n\nRun `mcpgen generate --out DIR` for each and commit the result.");
    }
    Err(Ended::Failed(problem))
}

/// How a crate is.
enum State {
    Fresh,
    Stale,
    /// Its document or its files must change first.
    Failed,
}

/// Says how a crate is.
fn state(dir: &Path) -> State {
    let shown = name(dir);
    match differences(dir) {
        Ok((files, differences)) if differences.is_empty() => {
            tell(&format!("{shown}: {files} up to date"));
            State::Fresh
        }
        Ok((_, differences)) => {
            tell(&format!("{shown}: {} not up to date", count(differences.len(), "file")));
            show(&differences);
            State::Stale
        }
        Err(failure) => {
            tell(&format!("{shown}: cannot be checked"));
            complain(&failure.render(colored()));
            State::Failed
        }
    }
}

/// The number of generated files, and those that differ.
fn differences(dir: &Path) -> Result<(String, Vec<Difference>), mcpgen::Failure> {
    let builder = Builder::recorded(dir)?;
    let mut bar = Bar::new(&name(dir));
    let generated = builder.generate_observed(&mut |progress| bar.begin(&progress))?;
    bar.end();
    complain(&generated.warnings(colored()));
    let files = generated.files().iter().filter(|(_, file)| !file.owned()).count();
    Ok((count(files, "file"), generated.check(dir)?))
}

/// Names the files that differ, then shows how: `-` is what is there, `+` what would be generated.
pub(crate) fn show(differences: &[Difference]) {
    for difference in differences {
        tell(&format!("  {:7} {}", difference.kind.as_str(), difference.path));
    }
    for difference in differences {
        tell(&format!("\n{}", difference.diff));
    }
}

/// A folder without the `./` that a walk from the current folder begins with.
fn name(dir: &Path) -> String {
    let name = dir.strip_prefix(".").unwrap_or(dir).display().to_string();
    if name.is_empty() { ".".to_owned() } else { name }
}
