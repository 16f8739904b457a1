//! How a document is read: the same for every command that reads one.

use std::path::PathBuf;

use clap::Args;
use mcpgen::Options;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// Refuse the document if there is a warning about it
    #[arg(long)]
    strict: bool,
    /// The folder below which the files of references must be; by default that of the document
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Change the document with this overlay first (Overlay Specification 1.0 and 1.1); may be given several times
    #[arg(long, value_name = "FILE")]
    overlay: Vec<PathBuf>,
}

impl Arguments {
    pub(crate) fn apply(&self, options: Options) -> Options {
        Options { strict: self.strict, root: self.root.clone(), overlays: self.overlay.clone(), ..options }
    }
}
