//! `mcpgen generate`

use std::path::PathBuf;

use clap::Args;
use mcpgen::{Builder, Generated, Options};

use crate::progress::Bar;
use crate::{Ended, check, colored, complain, count, paths, tell};

pub(crate) const EXAMPLES: &str = "\
Examples:
  mcpgen generate petstore.yaml --out petstore-mcp
  mcpgen generate petstore.yaml --out petstore-mcp --name pet-store
  mcpgen generate petstore.yaml --out petstore-mcp --include-tag pets --exclude-method delete
  mcpgen generate --out petstore-mcp     again, from what petstore-mcp/mcpgen.lock records

A document of more than 40 operations is refused until you choose: a model reads every tool before each answer.
The options can stand in petstore-mcp/mcpgen.toml, which can also rename and describe single tools; the README shows how.

Cargo.toml, src/main.rs and src/handlers.rs are created once and are yours. All other files are generated: edit the
document instead. mcpgen.lock keeps the names of tools when the document grows; commit it with the crate.";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The document: OpenAPI or a server spec, YAML or JSON
    ///
    /// Not needed for a crate that was generated before
    #[arg(value_name = "SPEC")]
    document: Option<PathBuf>,
    /// The folder of the crate
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write nothing; fail if a file is stale, missing or no longer generated, and show the difference
    #[arg(long)]
    check: bool,
    /// The name of the server instead of the document's, for example pet-store; kept from then on
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where mcpgen-runtime is, for a path dependency in a new Cargo.toml instead of the registry
    #[arg(long, value_name = "PATH")]
    runtime_path: Option<PathBuf>,
    #[command(flatten)]
    reading: crate::reading::Arguments,
    #[command(flatten)]
    choosing: crate::choosing::Arguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Ended> {
    let runtime_path = arguments.runtime_path.as_deref().map(|path| paths::runtime(path, &arguments.out)).transpose();
    let runtime_path = runtime_path.map_err(Ended::Usage)?;
    let options = Options { name: arguments.name.clone(), runtime_path, ..Options::default() };
    let options = arguments.choosing.apply(arguments.reading.apply(options));
    let builder = match &arguments.document {
        Some(document) => Builder::new(document).dir(&arguments.out),
        None => Builder::recorded(&arguments.out)?,
    };
    let builder = arguments.choosing.configure(builder);
    let mut bar = Bar::new(&arguments.out.display().to_string());
    let generated = builder.options(options).generate_observed(&mut |progress| bar.begin(&progress))?;
    bar.end();
    complain(&generated.warnings(colored()));
    if arguments.check { check_only(&generated, arguments) } else { write(&generated, arguments) }
}

fn write(generated: &Generated, arguments: &Arguments) -> Result<(), Ended> {
    let done = generated.write(&arguments.out)?;
    for path in &done.written {
        tell(&format!("wrote   {path}"));
    }
    for path in &done.removed {
        tell(&format!("removed {path}"));
    }
    let surface = generated.surface();
    tell(&format!(
        "{} in {}: {}, {}, {}; {} written, {} unchanged, {} yours",
        surface.name,
        arguments.out.display(),
        count(surface.tools.len(), "tool"),
        count(surface.resources.len() + surface.templates.len(), "resource"),
        count(surface.prompts.len(), "prompt"),
        count(done.written.len(), "file"),
        done.unchanged.len(),
        done.kept.len(),
    ));
    for note in &done.notes {
        complain(&format!("note: {note}"));
    }
    if arguments.runtime_path.is_some() && done.kept.iter().any(|path| path == "Cargo.toml") {
        complain("note: Cargo.toml is yours and stays as it is; --runtime-path has no effect on it");
    }
    Ok(())
}

fn check_only(generated: &Generated, arguments: &Arguments) -> Result<(), Ended> {
    let differences = generated.check(&arguments.out)?;
    if differences.is_empty() {
        tell(&format!("{} is up to date", arguments.out.display()));
        return Ok(());
    }
    check::show(&differences);
    Err(Ended::Failed(format!(
        "error: {} not up to date in {}\n\nRun `mcpgen generate --out {}` and commit the result.",
        if differences.len() == 1 { "1 file is".to_owned() } else { format!("{} files are", differences.len()) },
        arguments.out.display(),
        arguments.out.display(),
    )))
}
