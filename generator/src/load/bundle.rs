//! References into other files: each file is read once and stands under a key of its own at the top level, and the
//! references are rewritten to point there. What follows knows one document only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::index::Children;
use super::remote::{self, Fetch};
use super::{Document, Kind, Place};
use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::options::Options;
use crate::source::{Source, Span};

/// The key under which other files stand.
pub(crate) const KEY: &str = "x-mcpgen-files";

/// More files than any real tree of documents has.
const MAX_FILES: usize = 2_000;

/// More files than any document has on other hosts.
const MAX_URLS: usize = 100;

const MAX_URL: usize = 2_048;

/// Reads the files that the document refers to, transitively. SECURITY.md G7: only files in the folder of the document
/// or below it, and those on other hosts only if that is allowed; a reference that leads elsewhere stays as it is, and
/// whoever follows it reports it.
pub(super) fn bundle(document: &mut Document, path: &Path, options: &Options, report: &mut Report) -> Result<(), Stop> {
    let fetch: Option<Fetch<'_>> = if options.allow_remote_refs { Some(&remote::fetch) } else { None };
    bundle_with(document, path, options.root.as_deref(), fetch, report)
}

/// `fetch`: asks other hosts, where that is allowed.
pub(super) fn bundle_with(
    document: &mut Document,
    path: &Path,
    root: Option<&Path>,
    fetch: Option<Fetch<'_>>,
    report: &mut Report,
) -> Result<(), Stop> {
    // In a server spec `$ref: Unit` names one of its own types.
    if document.kind == Kind::ServerSpec || !refers_elsewhere(&document.value) {
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
    let mut own = BTreeSet::new();
    identifiers(&document.value, &mut own);
    let mut files = Files {
        root: root.clone(),
        fetch,
        own,
        known: BTreeMap::new(),
        values: Map::new(),
        places: IndexMap::new(),
        queue: Vec::new(),
        bytes: 0,
    };
    if let Some(name) = path.file_name() {
        files.known.insert(Origin::File(inside.join(name)), String::new());
    }
    rewrite(&mut document.value, &Home::Folder(inside.to_owned()), "", &mut files);
    while let Some((origin, key)) = files.queue.pop() {
        let name = match &origin {
            Origin::File(relative) => super::display_name(&shown(parent, inside, relative)),
            Origin::Url(url) => url.clone(),
        };
        let number = report.sources.add(Source::new(name.clone(), ""));
        let text = match (&origin, files.fetch) {
            (Origin::File(relative), _) => {
                super::read(&files.root.join(relative)).map_err(|problem| problem.report(&name, number, report))?
            }
            (Origin::Url(url), Some(fetch)) => fetch(url).map_err(|why| unfetched(url, &why, report))?,
            (Origin::Url(url), None) => return Err(unfetched(url, "that is not allowed", report)),
        };
        files.bytes += text.len() as u64;
        if files.bytes > super::MAX_BYTES {
            return Err(super::Unreadable::TooLarge.report("the document with its files", number, report));
        }
        report.sources.replace(number, Source::new(name.clone(), text.clone()));
        let (mut value, place) = super::parse(&text, &name, number, report)?;
        rewrite(&mut value, &origin.home(), &format!("/{KEY}/{key}"), &mut files);
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

fn unfetched(url: &str, why: &str, report: &mut Report) -> Stop {
    let message = format!("the file `{url}` of a reference cannot be fetched: {why}");
    let problem = Diagnostic { span: None, ..Diagnostic::error(codes::REMOTE_FILE, Span::default(), message) };
    super::fail(report, problem.help("save the file beside the document and refer to it by its relative path"))
}

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// Its path below the root.
    File(PathBuf),
    /// Its absolute URL without a fragment.
    Url(String),
}

/// What the references of a file are relative to.
enum Home {
    Folder(PathBuf),
    Url(String),
}

impl Origin {
    fn home(&self) -> Home {
        match self {
            Self::File(path) => Home::Folder(path.parent().unwrap_or(Path::new("")).to_owned()),
            Self::Url(url) => Home::Url(url.clone()),
        }
    }

    /// The name of the file in the key makes good names for what it defines.
    fn stem(&self) -> String {
        let path = match self {
            Self::File(path) => path.as_path(),
            Self::Url(url) => Path::new(url.split('?').next().unwrap_or_default()),
        };
        path.file_stem().map(|stem| stem.to_string_lossy().replace(['/', '~'], "_")).unwrap_or_default()
    }
}

struct Files<'a> {
    root: PathBuf,
    fetch: Option<Fetch<'a>>,
    /// The identifiers of schemas: what has one of them is in the document already.
    own: BTreeSet<String>,
    /// The key of each file; the document itself has an empty one.
    known: BTreeMap<Origin, String>,
    values: Map<String, Value>,
    places: IndexMap<Box<str>, Place>,
    queue: Vec<(Origin, String)>,
    /// What the files have together.
    bytes: u64,
}

impl Files<'_> {
    /// The pointer at which the file of a reference stands, if it may be read.
    fn pointer(&mut self, home: &Home, file: &str) -> Option<String> {
        let origin = match home {
            Home::Folder(folder) if !is_url(file) => {
                let relative = normalize(&folder.join(file_of(file)?.replace("%20", " ")))?;
                let origin = Origin::File(relative);
                if let Some(pointer) = self.known(&origin) {
                    return Some(pointer);
                }
                let Origin::File(relative) = &origin else { return None };
                // Confined again on what would really be opened: a symbolic link may lead out of the folder.
                let real = self.root.join(relative).canonicalize().ok()?;
                if !real.starts_with(&self.root) || !real.is_file() {
                    return None;
                }
                origin
            }
            Home::Folder(_) => Origin::Url(self.remote(file)?),
            Home::Url(base) => {
                let base = fluent_uri::Uri::parse(base.as_str()).ok()?;
                let resolved = fluent_uri::UriRef::parse(file).ok()?.resolve_against(&base).ok()?;
                Origin::Url(self.remote(resolved.as_str())?)
            }
        };
        self.known(&origin).or_else(|| self.add(origin))
    }

    /// A URL that may be fetched.
    fn remote(&self, url: &str) -> Option<String> {
        let http = url.starts_with("https://") || url.starts_with("http://");
        (http && self.fetch.is_some() && !self.own.contains(url) && url.len() < MAX_URL).then(|| url.to_owned())
    }

    fn known(&self, origin: &Origin) -> Option<String> {
        let key = self.known.get(origin)?;
        Some(if key.is_empty() { String::new() } else { format!("/{KEY}/{key}") })
    }

    fn add(&mut self, origin: Origin) -> Option<String> {
        let urls = self.known.keys().filter(|origin| matches!(origin, Origin::Url(_))).count();
        if self.known.len() >= MAX_FILES || (matches!(origin, Origin::Url(_)) && urls >= MAX_URLS) {
            return None;
        }
        let key = format!("{}-{}", self.known.len(), origin.stem());
        self.known.insert(origin.clone(), key.clone());
        self.queue.push((origin, key.clone()));
        Some(format!("/{KEY}/{key}"))
    }
}

/// The identifiers of schemas, without their fragments.
fn identifiers(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(id)) = fields.get("$id") {
                found.insert(id.split('#').next().unwrap_or_default().to_owned());
            }
            fields.values().for_each(|value| identifiers(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| identifiers(value, found)),
        _ => {}
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

/// The path of a reference without its fragment: `None` for one inside the document and for a URL.
fn file_of(reference: &str) -> Option<&str> {
    let file = reference.split('#').next().unwrap_or_default();
    (!file.is_empty() && !is_url(file)).then_some(file)
}

fn is_url(file: &str) -> bool {
    file.contains(':') || file.starts_with("//")
}

fn refers_elsewhere(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| match value {
            Value::String(reference) => is_reference(key) && !reference.starts_with('#'),
            other => refers_elsewhere(other),
        }),
        Value::Array(items) => items.iter().any(refers_elsewhere),
        _ => false,
    }
}

fn is_reference(key: &str) -> bool {
    key == "$ref" || key == "$dynamicRef"
}

/// Rewrites the references of a file that stands at `base` so that they hold in the one document.
fn rewrite(value: &mut Value, home: &Home, base: &str, files: &mut Files<'_>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(reference) if is_reference(key) => {
                        if let Some(pointer) = target(reference, home, base, files) {
                            *reference = pointer;
                        }
                    }
                    other => rewrite(other, home, base, files),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, home, base, files)),
        _ => {}
    }
}

fn target(reference: &str, home: &Home, base: &str, files: &mut Files<'_>) -> Option<String> {
    let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    if file.is_empty() {
        // An anchor (`#name`) is found from where it is used.
        return (fragment.is_empty() || fragment.starts_with('/')).then(|| format!("#{base}{fragment}"));
    }
    let pointer = files.pointer(home, file)?;
    if !fragment.is_empty() && !fragment.starts_with('/') {
        // An anchor of the other file: where that stands, then the anchor.
        return Some(format!("#{pointer}#{fragment}"));
    }
    Some(format!("#{pointer}{fragment}"))
}
