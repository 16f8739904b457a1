//! Bytes → one self-contained document: a JSON value in document order, and where each of its parts stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::diag::codes::load as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::options::Options;
use crate::source::{Source, Span};

mod bundle;
mod index;
mod json;
mod node;
mod overlay;
mod remote;
mod swagger;
mod version;
mod yaml;

pub(crate) use bundle::KEY as FILES_KEY;
pub(crate) use index::{Index, Place, join, push, tokens};
pub(crate) use version::{Kind, Version};

/// The style of a parameter or of a field of a form that OpenAPI 3.0 has no word for.
pub(crate) const STYLE: &str = "x-mcpgen-style";

/// SECURITY.md G8: no document is larger than this.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// SECURITY.md G8: objects and arrays inside one another.
const MAX_DEPTH: usize = 128;

/// A document that was read.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The value in document order. Other files that it refers to stand under [`bundle::KEY`].
    pub value: Value,
    /// Where its parts stand.
    pub index: Index,
    pub kind: Kind,
    /// As messages show it.
    pub file_name: String,
    /// Where the parts of files stood before they were changed: the document without its overlays, the overlays, the
    /// document of an older version.
    written: Vec<Index>,
}

impl Document {
    /// How many values it holds, itself included.
    pub(crate) fn size(&self) -> usize {
        fn count(value: &Value) -> usize {
            match value {
                Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
                Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
                _ => 1,
            }
        }
        count(&self.value)
    }
}

/// Gives the diagnostics of a document their JSON pointers, each in its own file and as that was written.
pub(crate) fn locate(document: &Document, report: &mut Report) {
    let mut wanted = report.unlocated();
    let mut found = BTreeMap::new();
    for index in document.written.iter().chain([&document.index]) {
        if !wanted.is_empty() {
            index.find(&mut wanted, &mut found);
        }
    }
    report.locate(&found);
}

/// The ranges of values in their files, each by the place of its key.
pub(crate) fn ranges(document: &Document, mut wanted: BTreeSet<Span>) -> BTreeMap<Span, Span> {
    let indices = document.written.iter().chain([&document.index]);
    indices.flat_map(|index| index.ranges(&mut wanted)).collect()
}

/// Reads a document and the files that it refers to.
///
/// # Errors
/// What LOADER.md lists under "Refuse"; the report says which and where.
pub(crate) fn load_with(path: &Path, options: &Options, report: &mut Report) -> Result<Document, Stop> {
    load_bytes(path, bytes_of(path), options, report)
}

/// As [`load_with`], where the bytes of the document are known. Files that it refers to are relative to the path.
pub(crate) fn load_from(path: &Path, bytes: &[u8], options: &Options, report: &mut Report) -> Result<Document, Stop> {
    let bytes = if bytes.len() as u64 > MAX_BYTES { Err(Unreadable::TooLarge) } else { Ok(bytes.to_vec()) };
    load_bytes(path, bytes, options, report)
}

fn load_bytes(
    path: &Path,
    bytes: Result<Vec<u8>, Unreadable>,
    options: &Options,
    report: &mut Report,
) -> Result<Document, Stop> {
    let file_name = display_name(path);
    let file = report.sources.add(Source::new(file_name.clone(), ""));
    let text = bytes.and_then(text_of).map_err(|problem| problem.report(&file_name, file, report))?;
    report.sources.replace(file, Source::new(file_name.clone(), text.clone()));
    let (value, root) = parse(&text, &file_name, file, report)?;
    let mut written = Vec::new();
    if !options.overlays.is_empty() {
        written.push(Index::new(root.clone()));
    }
    let mut node = node::Node { value, place: root };
    let overlaid = options.overlays.iter().try_for_each(|path| overlay::apply(&mut node, path, &mut written, report));
    let kind = Kind::ServerSpec;
    let mut document = Document { value: node.value, index: Index::new(node.place), kind, file_name, written };
    let prepared = overlaid.and_then(|()| prepare(&mut document, path, options, report));
    if prepared.is_err() {
        locate(&document, report);
    }
    prepared.map(|()| document)
}

/// Version, other files, older versions.
fn prepare(document: &mut Document, path: &Path, options: &Options, report: &mut Report) -> Result<(), Stop> {
    document.kind = version::detect(&document.value, &document.index, report)?;
    bundle::bundle(document, path, options, report)?;
    normalize(document, report);
    report.check()
}

/// Older versions become OpenAPI 3.0.
fn normalize(document: &mut Document, report: &mut Report) {
    if document.kind == Kind::OpenApi(Version::V2_0) {
        document.written.push(document.index.clone());
        swagger::convert(document, report);
    }
}

/// One text → value and places. JSON or YAML is told by the content: what begins with a brace or a bracket is JSON,
/// unless the name says YAML and it only reads as YAML (flow style).
fn parse(text: &str, name: &str, file: u32, report: &mut Report) -> Result<(Value, Place), Stop> {
    let body = text.trim_start_matches('\u{feff}');
    let start = body.trim_start();
    let (value, root) = if start.starts_with(['{', '[']) {
        match json::parse(text, file, report) {
            Ok(parsed) => parsed,
            Err(problem) if named_yaml(name) && problem.code == codes::JSON_SYNTAX => {
                yaml::parse(text, file, report).map_err(|_| fail(report, *problem))?
            }
            Err(problem) => return Err(fail(report, *problem)),
        }
    } else {
        yaml::parse(text, file, report).map_err(|problem| fail(report, *problem))?
    };
    Ok((value, root))
}

fn named_yaml(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".yaml") || lower.ends_with(".yml")
}

fn fail(report: &mut Report, problem: Diagnostic) -> Stop {
    report.push(problem);
    Stop
}

/// Why a file gave no text.
#[derive(Debug)]
enum Unreadable {
    Io(std::io::Error),
    TooLarge,
    /// The text before the first byte that is no UTF-8.
    NotUtf8(String),
}

impl Unreadable {
    fn report(self, name: &str, file: u32, report: &mut Report) -> Stop {
        let at = Span { file, start: 0, end: 0 };
        let problem = match self {
            Self::Io(error) => {
                let mut problem = Diagnostic::error(codes::UNREADABLE, at, format!("cannot read {name}: {error}"))
                    .help("check the path; it is relative to the folder in which the command runs");
                problem.span = None;
                problem
            }
            Self::TooLarge => Diagnostic::error(
                codes::TOO_LARGE,
                at,
                format!("{name} is larger than {} MiB", MAX_BYTES / (1024 * 1024)),
            ),
            Self::NotUtf8(before) => {
                let offset = before.len();
                let (line, column) = Source::new(name, before).position(u32::try_from(offset).unwrap_or(u32::MAX));
                let message =
                    format!("{name}:{line}:{column}: the file is not UTF-8: byte {offset} begins no character");
                Diagnostic::error(codes::NOT_UTF8, at, message)
                    .help("convert the file, for example with `iconv -f latin1 -t utf-8`")
            }
        };
        fail(report, problem)
    }
}

/// The text of a file, within [`MAX_BYTES`].
fn read(path: &Path) -> Result<String, Unreadable> {
    bytes_of(path).and_then(text_of)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(Unreadable::Io)?;
    if bytes.len() as u64 > MAX_BYTES { Err(Unreadable::TooLarge) } else { Ok(bytes) }
}

fn text_of(bytes: Vec<u8>) -> Result<String, Unreadable> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Unreadable::NotUtf8(String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned())
    })
}

/// A path as messages show it: as it was given, with forward slashes.
fn display_name(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// A document with the default options.
#[cfg(test)]
pub(crate) fn load(path: &Path, report: &mut Report) -> Result<Document, Stop> {
    load_with(path, &Options::default(), report)
}

/// A document from text, as if it had been read from a file of that name.
#[cfg(test)]
pub(crate) fn from_text(name: &str, text: &str, report: &mut Report) -> Result<Document, Stop> {
    let file = report.sources.add(Source::new(name, text));
    let (value, root) = parse(text, name, file, report)?;
    let index = Index::new(root);
    let kind = version::detect(&value, &index, report)?;
    let mut document = Document { value, index, kind, file_name: name.to_owned(), written: Vec::new() };
    normalize(&mut document, report);
    report.check()?;
    Ok(document)
}

#[cfg(test)]
mod tests;
