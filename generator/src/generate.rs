//! The line: one function in which a document passes each stage once.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::both::both;
use crate::diag::{Diagnostic, Report, Stop};
use crate::emit::{self, EmitError};
use crate::files::{File, Files};
use crate::load::{self, Document, Kind};
use crate::lock::{self, Lock};
use crate::model::Server;
use crate::options::{self, Options};
use crate::progress::{Progress, Stage};
use crate::surface::Surface;
use crate::write::{self, Difference, Written};
use crate::{build_script, openapi, plan, rust, spec};

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
    bytes: Option<Vec<u8>>,
    options: Options,
    config: Option<PathBuf>,
    dir: Option<PathBuf>,
    /// Another generation whose names stay, where there is no `dir`.
    kept: Option<Lock>,
    schemas: bool,
    counts: bool,
}

impl Builder {
    /// A generation from the document at this path: OpenAPI or a server spec, YAML or JSON.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            bytes: None,
            options: Options::default(),
            config: None,
            dir: None,
            kept: None,
            schemas: false,
            counts: false,
        }
    }

    /// The generation that the `mcpgen.lock` of a committed crate records: its document, its options, its names.
    ///
    /// # Errors
    /// There is no such file in the folder, or it cannot be used.
    pub fn recorded(dir: impl Into<PathBuf>) -> Result<Self, Failure> {
        let dir = dir.into();
        let mut report = Report::default();
        match Lock::read(&dir, &mut report) {
            Ok(Some(lock)) => Ok(Self::new(lock.document(&dir)).dir(dir)),
            Ok(None) => Err(Failure::new(vec![lock::missing(&dir)])),
            Err(Stop) => Err(Failure::stopped(report)),
        }
    }

    /// The bytes of the document, where they are known already; its path still says what it is called, and what
    /// references into other files are relative to.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.bytes = Some(bytes.into());
        self
    }

    /// The folder of a committed crate. Its `mcpgen.toml`, where there is one, and its `mcpgen.lock` give the options that
    /// are not given here. The lock keeps the names of tools, too, and the output holds a new one, which records this
    /// generation for `mcpgen check`.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Keeps the names that operations have in another generation.
    #[must_use]
    pub(crate) fn keeping(mut self, lock: &Lock) -> Self {
        self.kept = Some(lock.clone());
        self
    }

    /// Whether [`Generated::surface`] holds the input schema of each tool; they are large, and most readers need none.
    #[must_use]
    pub fn schemas(mut self, schemas: bool) -> Self {
        self.schemas = schemas;
        self
    }

    /// A file of options, `mcpgen.toml`; those that are given here win over it. In `build.rs`:
    /// `Builder::new("specs/petstore.yaml").config("mcpgen.toml")`.
    #[must_use]
    pub fn config(mut self, file: impl Into<PathBuf>) -> Self {
        self.config = Some(file.into());
        self
    }

    /// Counts what each tool costs a model, for [`Surface::tokens`]; with the feature `tokens` only.
    #[must_use]
    pub fn count_tokens(mut self, counts: bool) -> Self {
        self.counts = counts;
        self
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

    /// Adds an overlay. See [`Options::overlays`].
    #[must_use]
    pub fn overlay(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.overlays.push(path.into());
        self
    }

    /// Adds a media type to prefer. See [`Options::media_types`].
    #[must_use]
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.options.media_types.push(media_type.into());
        self
    }

    /// See [`Options::root`].
    #[must_use]
    pub fn root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.root = Some(folder.into());
        self
    }

    /// See [`Options::allow_remote_refs`].
    #[must_use]
    pub fn allow_remote_refs(mut self, allow: bool) -> Self {
        self.options.allow_remote_refs = allow;
        self
    }

    /// Exposes these tools only, each by its name or its operationId. See [`Options::only`].
    #[must_use]
    pub fn only<S: Into<String>>(mut self, tools: impl IntoIterator<Item = S>) -> Self {
        self.options.only = Some(tools.into_iter().map(Into::into).collect());
        self
    }

    /// Exposes every operation, however many there are. See [`Options::all`].
    #[must_use]
    pub fn all(mut self, all: bool) -> Self {
        self.options.all = all;
        self
    }

    /// Reads the document and makes the files; writes nothing.
    ///
    /// # Errors
    /// Everything that is wrong with the document, at once.
    pub fn generate(&self) -> Result<Generated> {
        self.generate_observed(&mut |_| {})
    }

    /// [`Builder::generate`], telling an observer of each stage as it begins.
    ///
    /// # Errors
    /// Those of [`Builder::generate`].
    pub fn generate_observed(&self, observer: &mut dyn FnMut(Progress)) -> Result<Generated> {
        let mut report = Report::default();
        report.strict = self.options.strict;
        match self.line(&mut report, observer) {
            Ok((files, surface, lock)) => Ok(Generated { files, surface, lock, report }),
            Err(Stopped::Document) => Err(Failure::stopped(report)),
            Err(Stopped::Defect(error)) => Err(Failure { defect: Some(Box::new(error)), ..Failure::stopped(report) }),
        }
    }

    /// The options that are given here, then those of the file, then those that the lock records. A file or a lock that
    /// cannot be used is reported where it is the only source: spans of a document begin with the document.
    fn settled(&self, report: &mut Report) -> Result<Options, Stop> {
        let mut aside = Report::default();
        let lock = match &self.dir {
            // Reported when it is read again, after the document.
            Some(dir) => Lock::read(dir, &mut aside).ok().flatten().map(|lock| (dir, lock)),
            None => None,
        };
        let in_dir = self.dir.as_deref().map(|dir| dir.join(options::FILE)).filter(|file| file.is_file());
        let recorded = lock.as_ref().and_then(|(dir, lock)| lock.config(dir));
        let config = self.config.clone().or(in_dir).or(recorded);
        let mut options = self.options.clone();
        if let Some(config) = config {
            let mut own = Report::default();
            match options::read(&config, &mut own) {
                Ok(file) => options = options.or(file),
                Err(Stop) => {
                    *report = own;
                    return Err(Stop);
                }
            }
        }
        if let Some((dir, lock)) = lock {
            options = options.or(lock.options(dir));
        }
        Ok(options)
    }

    /// What `mcpgen check` must know to generate the crate again: the options that are given here, and those that were
    /// recorded; not those of a file, which is read again.
    fn recorded_options(&self, dir: &Path) -> Options {
        match Lock::read(dir, &mut Report::default()) {
            Ok(Some(lock)) => self.options.clone().or(lock.options(dir)),
            Ok(None) | Err(Stop) => self.options.clone(),
        }
    }

    /// source text → document → model → plan → Rust words → files
    fn line(&self, report: &mut Report, observer: &mut dyn FnMut(Progress)) -> Result<(Files, Surface, Lock), Stopped> {
        let mut begin = |stage, size| observer(Progress { stage, size });
        begin(Stage::Load, size_of(&self.path));
        let options = self.settled(report)?;
        report.strict = options.strict;
        let document = match &self.bytes {
            Some(bytes) => load::load_from(&self.path, bytes, &options, report)?,
            None => load::load_with(&self.path, &options, report)?,
        };
        let planned = self.plan(&document, &options, report, &mut begin);
        load::locate(&document, report);
        let server = planned?;
        begin(Stage::Rust, server.tools.len());
        // A large document takes as long to take apart as to look at.
        let document = Mutex::new(Some(document));
        let forget = || drop(document.lock().unwrap_or_else(PoisonError::into_inner).take());
        let ((), krate) = both(forget, || rust::lower(&server, &report.sources, &options));
        begin(Stage::Emit, krate.modules().count());
        let lock = || match &self.dir {
            Some(dir) => Lock::new(&server, &self.path, dir, &self.recorded_options(dir), self.config.as_deref()),
            None => Lock::of_tools(&server),
        };
        let (lock, files) = both(lock, || emit::emit(&krate));
        let mut files = files?;
        if self.dir.is_some() {
            files.insert(lock::FILE, File::generated(lock.print(&krate.header)));
        }
        let surface = Surface::new(&server, report, &options, self.schemas, self.counts).with_types(&krate.coverage);
        Ok((files, surface, lock))
    }

    /// The crate before it is printed; `None`: the document is refused.
    #[cfg(test)]
    pub(crate) fn words(&self) -> Option<rust::Crate> {
        let mut report = Report::default();
        let document = load::load_with(&self.path, &self.options, &mut report).ok()?;
        let server = self.plan(&document, &self.options, &mut report, &mut |_, _| {}).ok()?;
        Some(rust::lower(&server, &report.sources, &self.options))
    }

    /// document → model → plan
    fn plan(
        &self,
        document: &Document,
        options: &Options,
        report: &mut Report,
        begin: &mut dyn FnMut(Stage, usize),
    ) -> Result<Server, Stop> {
        // After the document, which is the first of the sources.
        let lock = self.dir.as_deref().map(|dir| Lock::read(dir, report)).transpose()?.flatten();
        // What a warning is about may be left out, so they become errors at the end.
        let strict = std::mem::take(&mut report.strict);
        begin(Stage::Lower, report.sources.get(0).map_or(0, |source| source.text.len()));
        let server = match document.kind {
            Kind::OpenApi(_) => openapi::lower(document, options, lock.as_ref().or(self.kept.as_ref()), report)?,
            Kind::ServerSpec => spec::lower(document, report)?,
        };
        report.check()?;
        begin(Stage::Plan, server.tools.len());
        let offered = plan::Offered::by(&server);
        let server = plan::plan(server, options, report)?;
        offered.forget_unused(&server, document, report);
        report.strict = strict;
        report.enforce();
        if let Some(lock) = &lock {
            lock::report_changes(lock, &server, report);
        }
        report.check()?;
        Ok(server)
    }
}

/// In bytes; 0 where nothing can be read, which loading reports.
fn size_of(path: &Path) -> usize {
    std::fs::metadata(path).map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX))
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
    lock: Lock,
    report: Report,
}

impl Generated {
    /// The tools with their fingerprints.
    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

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

    /// For `build.rs`: brings the folder `NAME` in cargo's `OUT_DIR` up to date, where NAME is the name of the server, and
    /// tells cargo the warnings and which files to watch (the document and every file that it refers to).
    ///
    /// The modules are the same bytes as below `src/` of a generated crate; files that a person owns, the manifest and the
    /// README are not written. `mcpgen_runtime::include_server!("NAME")` includes them.
    ///
    /// ```no_run
    /// // build.rs
    /// fn main() -> mcpgen::Result<()> {
    ///     mcpgen::Builder::new("specs/petstore.yaml").only(["get_pet"]).generate()?.write_to_out_dir()
    /// }
    /// ```
    ///
    /// # Errors
    /// Outside of a build script; otherwise those of [`Generated::write`].
    pub fn write_to_out_dir(&self) -> Result<()> {
        build_script::write(&self.files, &self.surface.name, &self.report).map_err(Failure::new)
    }

    /// Brings a folder up to date: writes what changed, removes generated files that are no longer part of the crate,
    /// creates owned files that are not there.
    ///
    /// # Errors
    /// A file in the way that was not generated, a symbolic link inside the folder, or what the system says. Nothing is
    /// written in the first two cases.
    pub fn write(&self, dir: impl AsRef<Path>) -> Result<Written> {
        write::write(&self.files, dir.as_ref()).map_err(Failure::new)
    }

    /// What [`Generated::write`] would change; empty if the folder is up to date.
    ///
    /// # Errors
    /// Those of [`Generated::write`].
    pub fn check(&self, dir: impl AsRef<Path>) -> Result<Vec<Difference>> {
        write::check(&self.files, dir.as_ref()).map_err(Failure::new)
    }
}

/// What the generator returns.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why there is no crate: the diagnostics, errors and warnings together in the order of the document.
#[derive(Clone)]
pub struct Failure {
    /// Boxed, because clippy asks every function that returns a `Result`, a person's `build.rs` too, for small errors.
    report: Box<Report>,
    defect: Option<Box<EmitError>>,
}

impl Failure {
    pub(crate) fn new(diagnostics: Vec<Diagnostic>) -> Self {
        let mut report = Report::default();
        for diagnostic in diagnostics {
            report.push(diagnostic);
        }
        Self::stopped(report)
    }

    pub(crate) fn stopped(report: Report) -> Self {
        Self { report: Box::new(report), defect: None }
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

/// The rendered diagnostics: what a `main` that returns the failure prints, so what cargo shows of a build script.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mcpgen could not generate the server.\n\n{self}")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for Failure {}
