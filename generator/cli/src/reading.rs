//! How a document is read: the same for every command that reads one.

use std::path::PathBuf;

use clap::Args;
use mcpgen::Options;

#[derive(Args)]
// The other arguments form a group of that name already.
#[group(skip)]
pub(crate) struct Arguments {
    /// Refuse the document if there is a warning about it
    #[arg(long)]
    strict: bool,
    /// The folder below which the files of references must be; by default that of the document
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Fetch files of references from other hosts: public addresses only, no redirects, 64 MiB and 10 s for each
    #[arg(long)]
    allow_remote_refs: bool,
    /// A file of changes to the document: Overlay Specification 1.0 or 1.1; several are applied in order
    #[arg(long = "overlay", value_name = "FILE")]
    overlays: Vec<PathBuf>,
    /// The media type to send request bodies in where an operation offers several; several in order of preference
    #[arg(long = "media-type", value_name = "TYPE")]
    media_types: Vec<String>,
}

impl Arguments {
    pub(crate) fn apply(&self, options: Options) -> Options {
        Options {
            strict: self.strict,
            root: self.root.clone(),
            allow_remote_refs: self.allow_remote_refs,
            overlays: self.overlays.clone(),
            media_types: self.media_types.clone(),
            ..options
        }
    }
}
