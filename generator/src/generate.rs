//! The line: one function in which a document passes each stage once.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::diag::{Diagnostic, Report, Stop};
use crate::emit::{self, EmitError};
use crate::files::Files;
use crate::load::{self, Kind};
use crate::options::Options;
use crate::surface::Surface;
use crate::write::{self, Difference, Written};
use crate::{model, openapi, plan, rust, spec};

/// Generates the crate of an MCP server from a document.
///
/// ```no_run
/// let generated = mcpgen::Builder::new("specs/petstore.yaml").generate()?;
/// eprint!("{}", generated.warnings(false));
/// generated.write("generated/petstore")?;
/// # Ok::<(), mcpgen::Failure>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    path: PathBuf,
    options: Options,
}

impl Builder {
    /// A generation from the document at this path: OpenAPI or a server spec, YAML or JSON.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), options: Options::default() }
    }

    /// All options at once.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// See [`Options::name`].
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// See [`Options::runtime_path`].
    #[must_use]
    pub fn runtime_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.runtime_path = Some(path.into());
        self
    }

    /// See [`Options::source_label`].
    #[must_use]
    pub fn source_label(mut self, label: impl Into<String>) -> Self {
        self.options.source_label = Some(label.into());
        self
    }

    /// See [`Options::strict`].
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// See [`Options::root`].
    #[must_use]
    pub fn root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.root = Some(folder.into());
        self
    }

    /// Reads the document and makes the files; writes nothing.
    ///
    /// # Errors
    /// Everything that is wrong with the document, at once.
    pub fn generate(&self) -> Result<Generated, Failure> {
        let mut report = Report::default();
        report.strict = self.options.strict;
        match line(&self.path, &self.options, &mut report) {
            Ok((server, files)) => {
                let surface = Surface::new(&server, &report, &self.options);
                Ok(Generated { files, surface, report })
            }
            Err(Stopped::Document) => Err(Failure { report, defect: None }),
            Err(Stopped::Defect(error)) => Err(Failure { report, defect: Some(error) }),
        }
    }
}

/// source text → document → model → plan → Rust words → files
fn line(path: &Path, options: &Options, report: &mut Report) -> Result<(model::Server, Files), Stopped> {
    let document = load::load_with(path, options, report)?;
    let server = match document.kind {
        Kind::OpenApi(_) => openapi::lower(&document, options, report)?,
        Kind::ServerSpec => spec::lower(&document, report)?,
    };
    report.check()?;
    let server = plan::plan(server, options, report)?;
    report.check()?;
    let krate = rust::lower(&server, &report.sources, options);
    let files = emit::emit(&krate)?;
    Ok((server, files))
}

/// Why the line ended early.
enum Stopped {
    /// The report says what is wrong with the document.
    Document,
    /// A defect of mcpgen.
    Defect(EmitError),
}

impl From<Stop> for Stopped {
    fn from(_: Stop) -> Self {
        Self::Document
    }
}

impl From<EmitError> for Stopped {
    fn from(error: EmitError) -> Self {
        Self::Defect(error)
    }
}

/// A generated crate that is not written yet.
#[derive(Clone, Debug)]
pub struct Generated {
    files: Files,
    surface: Surface,
    report: Report,
}

impl Generated {
    /// The files of the crate.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What the server offers.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// What was repaired, dropped or is doubtful, with the source lines; empty if nothing was. `color`: ANSI styles.
    pub fn warnings(&self, color: bool) -> String {
        self.report.render(color)
    }

    /// Brings a folder up to date: writes what changed, removes generated files that are no longer part of the crate,
    /// creates owned files that are not there.
    ///
    /// # Errors
    /// A file in the way that was not generated, a symbolic link inside the folder, or what the system says. Nothing is
    /// written in the first two cases.
    pub fn write(&self, dir: impl AsRef<Path>) -> Result<Written, Failure> {
        write::write(&self.files, dir.as_ref()).map_err(Failure::new)
    }

    /// What [`Generated::write`] would change; empty if the folder is up to date.
    ///
    /// # Errors
    /// Those of [`Generated::write`].
    pub fn check(&self, dir: impl AsRef<Path>) -> Result<Vec<Difference>, Failure> {
        write::check(&self.files, dir.as_ref()).map_err(Failure::new)
    }
}

/// Why there is no crate: the diagnostics, errors and warnings together in the order of the document.
#[derive(Clone, Debug)]
pub struct Failure {
    report: Report,
    defect: Option<EmitError>,
}

impl Failure {
    fn new(diagnostics: Vec<Diagnostic>) -> Self {
        let mut report = Report::default();
        for diagnostic in diagnostics {
            report.push(diagnostic);
        }
        Self { report, defect: None }
    }

    /// The diagnostics with their source lines. `color`: ANSI styles for a terminal.
    pub fn render(&self, color: bool) -> String {
        let mut text = self.report.render(color);
        if let Some(defect) = &self.defect {
            text.push_str(&format!("{defect}\n"));
        }
        text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for Failure {}
