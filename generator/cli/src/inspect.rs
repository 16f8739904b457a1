//! `mcpgen inspect`

use std::path::PathBuf;

use clap::Args;
use mcpgen::{Builder, Options};

use crate::progress::Bar;
use crate::{Ended, colored, complain, tell};

pub(crate) const EXAMPLES: &str = "\
Examples:
  mcpgen inspect petstore.yaml           tools, arguments, resources, environment variables
  mcpgen inspect petstore.yaml --include-tag pets
  mcpgen inspect petstore.yaml --json    the same for programs
  mcpgen inspect petstore.yaml --json --schemas    with the input schema of each tool";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The document: OpenAPI or a server spec, YAML or JSON
    #[arg(value_name = "SPEC")]
    document: PathBuf,
    /// Print JSON for programs; its form is stable
    #[arg(long)]
    json: bool,
    /// With `--json`: also the input schema of each tool
    #[arg(long, requires = "json")]
    schemas: bool,
    /// The name of the server instead of the document's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    reading: crate::reading::Arguments,
    #[command(flatten)]
    choosing: crate::choosing::Arguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Ended> {
    let options = Options { name: arguments.name.clone(), ..Options::default() };
    let options = arguments.choosing.apply(arguments.reading.apply(options));
    let mut bar = Bar::new(&arguments.document.display().to_string());
    let builder = Builder::new(&arguments.document).options(options).schemas(arguments.schemas).count_tokens(!arguments.schemas);
    let builder = arguments.choosing.configure(builder);
    let generated = builder.generate_observed(&mut |progress| bar.begin(&progress))?;
    bar.end();
    complain(&generated.warnings(colored()));
    if arguments.json {
        let json =
            serde_json::to_string_pretty(generated.surface()).map_err(|error| Ended::Failed(error.to_string()))?;
        tell(&json);
    } else {
        tell(&generated.surface().to_string());
    }
    Ok(())
}
