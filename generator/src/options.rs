//! What the person asks for.

/// The options of a run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The machine name of the server; by default from the title of the document.
    pub name: Option<String>,
}
