//! References into other files: each file is read once and stands under a key of its own at the top level, and the
//! references are rewritten to point there. What follows knows one document only.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::index::Children;
use super::{Document, Kind, Place};
use crate::diag::{Report, Stop};
use crate::source::Source;

/// The key under which other files stand.
pub(crate) const KEY: &str = "x-mcpgen-files";

/// More files than any real tree of documents has.
const MAX_FILES: usize = 2_000;

/// Reads the files that the document refers to, transitively. SECURITY.md G7: only files in the folder of the document
/// or below it; a reference that leads elsewhere stays as it is, and whoever follows it reports it.
pub(super) fn bundle(
    document: &mut Document,
    path: &Path,
    root: Option<&Path>,
    report: &mut Report,
) -> Result<(), Stop> {
    // In a server spec `$ref: Unit` names one of its own types.
    if document.kind == Kind::ServerSpec || !refers_to_files(&document.value) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    let Ok(folder) = (if parent.as_os_str().is_empty() { Path::new(".") } else { parent }).canonicalize() else {
        return Ok(());
    };
    let root = match root.map(Path::canonicalize) {
        Some(Ok(root)) => root,
        Some(Err(error)) => return Err(super::Unreadable::Io(error).report("the root folder", 0, report)),
        None => folder.clone(),
    };
    let Ok(inside) = folder.strip_prefix(&root) else {
        let error = std::io::Error::other("it is not the document's folder and none above it");
        return Err(super::Unreadable::Io(error).report("the root folder", 0, report));
    };
    let mut files = Files {
        root: root.clone(),
        known: BTreeMap::new(),
        values: Map::new(),
        places: IndexMap::new(),
        queue: Vec::new(),
        bytes: 0,
    };
    if let Some(name) = path.file_name() {
        files.known.insert(inside.join(name), String::new());
    }
    rewrite(&mut document.value, inside, "", &mut files);
    while let Some((relative, key)) = files.queue.pop() {
        let name = super::display_name(&shown(parent, inside, &relative));
        let number = report.sources.add(Source::new(name.clone(), ""));
        let text = match super::read(&files.root.join(&relative)) {
            Ok(text) => text,
            Err(problem) => return Err(problem.report(&name, number, report)),
        };
        files.bytes += text.len() as u64;
        if files.bytes > super::MAX_BYTES {
            return Err(super::Unreadable::TooLarge.report("the document with its files", number, report));
        }
        report.sources.replace(number, Source::new(name.clone(), text.clone()));
        let (mut value, place) = super::parse(&text, &name, number, report)?;
        rewrite(&mut value, relative.parent().unwrap_or(Path::new("")), &format!("/{KEY}/{key}"), &mut files);
        files.values.insert(key.clone(), value);
        files.places.insert(key.into(), place);
    }
    if let Some(top) = document.value.as_object_mut() {
        top.insert(KEY.to_owned(), Value::Object(files.values));
        let children = Children::Fields(files.places);
        document.index.graft(KEY, Place { children, ..Place::default() });
    }
    Ok(())
}

struct Files {
    root: PathBuf,
    /// Files by their path below the root; the document itself has an empty key.
    known: BTreeMap<PathBuf, String>,
    values: Map<String, Value>,
    places: IndexMap<Box<str>, Place>,
    queue: Vec<(PathBuf, String)>,
    /// What the files have together.
    bytes: u64,
}

impl Files {
    /// The pointer at which a file stands, if it may be read.
    fn pointer(&mut self, folder: &Path, file: &str) -> Option<String> {
        let relative = normalize(&folder.join(file))?;
        if let Some(key) = self.known.get(&relative) {
            return Some(if key.is_empty() { String::new() } else { format!("/{KEY}/{key}") });
        }
        // Confined again on what would really be opened: a symbolic link may lead out of the folder.
        let real = self.root.join(&relative).canonicalize().ok()?;
        if self.known.len() >= MAX_FILES || !real.starts_with(&self.root) || !real.is_file() {
            return None;
        }
        // The name of the file in the key makes good names for what it defines.
        let stem = relative.file_stem().map(|stem| stem.to_string_lossy().replace(['/', '~'], "_")).unwrap_or_default();
        let key = format!("{}-{stem}", self.known.len());
        self.known.insert(relative.clone(), key.clone());
        self.queue.push((relative, key.clone()));
        Some(format!("/{KEY}/{key}"))
    }
}

/// A file of the root as messages show it: relative to where the document is.
fn shown(parent: &Path, inside: &Path, relative: &Path) -> PathBuf {
    match relative.strip_prefix(inside) {
        Ok(below) => parent.join(below),
        Err(_) => {
            let up: PathBuf = inside.components().map(|_| Component::ParentDir).collect();
            parent.join(up).join(relative)
        }
    }
}

/// A relative path without `.` and `..`; `None` where it leaves the root.
fn normalize(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => out.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(out)
}

/// The file of a reference: `None` for one inside the document and for a URL.
fn file_of(reference: &str) -> Option<&str> {
    let file = reference.split('#').next().unwrap_or_default();
    (!file.is_empty() && !file.contains(':') && !file.starts_with("//")).then_some(file)
}

fn refers_to_files(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| match value {
            Value::String(reference) => key == "$ref" && file_of(reference).is_some(),
            other => refers_to_files(other),
        }),
        Value::Array(items) => items.iter().any(refers_to_files),
        _ => false,
    }
}

/// Rewrites the references of a file that stands at `base` so that they hold in the one document.
fn rewrite(value: &mut Value, folder: &Path, base: &str, files: &mut Files) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(reference) if key == "$ref" || key == "$dynamicRef" => {
                        if let Some(pointer) = target(reference, folder, base, files) {
                            *reference = pointer;
                        }
                    }
                    other => rewrite(other, folder, base, files),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, folder, base, files)),
        _ => {}
    }
}

fn target(reference: &str, folder: &Path, base: &str, files: &mut Files) -> Option<String> {
    let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    if file.is_empty() {
        // An anchor (`#name`) is found from where it is used.
        return (fragment.is_empty() || fragment.starts_with('/')).then(|| format!("#{base}{fragment}"));
    }
    let decoded = file_of(reference)?.replace("%20", " ");
    let pointer = files.pointer(folder, &decoded)?;
    if !fragment.is_empty() && !fragment.starts_with('/') {
        // An anchor of the other file: where that stands, then the anchor.
        return Some(format!("#{pointer}#{fragment}"));
    }
    Some(format!("#{pointer}{fragment}"))
}
