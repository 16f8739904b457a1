//! What a person can decide about the output: one struct for the library, the command line and configuration files.

use std::path::PathBuf;

/// Options of one generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The name of the server instead of the document's: lower-case words joined with `-`.
    pub name: Option<String>,
    /// Where the generated crate finds `mcpgen-runtime`, written to `Cargo.toml` as it is: absolute, or relative to the
    /// crate. `None`: the registry.
    pub runtime_path: Option<PathBuf>,
    /// How generated code names the document instead of its file name.
    pub source_label: Option<String>,
    /// Refuse a document about which there is a warning.
    pub strict: bool,
    /// The folder in which, or below which, the files of references must be; the document is in it too. `None`: the
    /// folder of the document.
    pub root: Option<PathBuf>,
    /// Fetch the files of references that lead to other hosts, by HTTP and HTTPS from public addresses: at most 64 MiB and
    /// 10 seconds for each, no redirects. Needs the feature `remote-refs`. By default nothing is fetched.
    pub allow_remote_refs: bool,
    /// Overlays to apply to the document, in this order: Overlay Specification 1.0 and 1.1.
    pub overlays: Vec<PathBuf>,
    /// The media types to prefer for request bodies, in this order, where an operation offers several; else JSON, forms,
    /// text, bytes.
    pub media_types: Vec<String>,
    /// The only tools to expose, each by its name or its operationId; an entry that matches none is an error. `None`: all
    /// of them.
    pub only: Option<Vec<String>>,
}
