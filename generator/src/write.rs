//! Files → disk: only what changed, never over a person's work, never outside the folder (SECURITY.md G6).
//!
//! Everything is looked at before anything is written, and each file appears whole: a temporary file is renamed over it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::diag::codes::write as codes;
use crate::diag::{Code, Diagnostic};
use crate::emit::is_same_code;
use crate::files::{File, Files, is_generated};
use crate::source::Span;

mod owned;

/// What writing did, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were created or replaced.
    pub written: Vec<String>,
    /// Generated files that were the same already.
    pub unchanged: Vec<String>,
    /// Generated files that are no longer part of the output.
    pub removed: Vec<String>,
    /// Files of the person's, left as they are.
    pub kept: Vec<String>,
    /// What the person should know about files of theirs: one that this kind of server does not have, one that says that
    /// it is generated.
    pub notes: Vec<String>,
}

/// A file that is not as generation would leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path in the output folder, with forward slashes.
    pub path: String,
    /// In which way it differs.
    pub kind: DifferenceKind,
    /// What generation would change, as a unified diff.
    pub diff: String,
}

/// In which way a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// It is not there.
    Missing,
    /// Its text is another one.
    Stale,
    /// It was generated once and is no longer part of the output.
    Orphan,
}

impl DifferenceKind {
    /// The word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Orphan => "orphan",
        }
    }
}

/// Brings the folder up to date.
pub(crate) fn write(files: &Files, dir: &Path) -> Result<Written, Vec<Diagnostic>> {
    let survey = survey(files, dir)?;
    let mut done = Written { kept: survey.kept, unchanged: survey.unchanged, ..Written::default() };
    for change in survey.changes {
        let result = match change.new {
            Some(text) => replace(&change.target, &text).map(|()| done.written.push(change.path.clone())),
            None => fs::remove_file(&change.target).map(|()| done.removed.push(change.path.clone())),
        };
        result.map_err(|error| vec![io_problem(&change.path, &error)])?;
    }
    done.notes = owned::notes(files, dir);
    Ok(done)
}

/// What [`write`] would change.
pub(crate) fn check(files: &Files, dir: &Path) -> Result<Vec<Difference>, Vec<Diagnostic>> {
    let differences = survey(files, dir)?.changes.into_iter().map(|change| {
        let kind = match (&change.old, &change.new) {
            (None, _) => DifferenceKind::Missing,
            (Some(_), Some(_)) => DifferenceKind::Stale,
            (Some(_), None) => DifferenceKind::Orphan,
        };
        let (old, new) = (change.old.unwrap_or_default(), change.new.unwrap_or_default());
        let diff = similar::TextDiff::from_lines(old.as_str(), new.as_str());
        let diff = diff.unified_diff().context_radius(2).header(&change.path, "generated").to_string();
        Difference { path: change.path, kind, diff }
    });
    Ok(differences.collect())
}

/// What is to be done.
#[derive(Default)]
struct Survey {
    changes: Vec<Change>,
    unchanged: Vec<String>,
    kept: Vec<String>,
}

struct Change {
    path: String,
    target: PathBuf,
    /// The text on disk.
    old: Option<String>,
    /// The text to write; `None`: the file goes.
    new: Option<String>,
}

/// Looks at every path that the output touches, and reports everything that stands against it.
fn survey(files: &Files, dir: &Path) -> Result<Survey, Vec<Diagnostic>> {
    let mut survey = Survey::default();
    let mut problems = Vec::new();
    for (path, file) in files.iter() {
        if let Err(problem) = look(&mut survey, path, file, dir) {
            problems.push(problem);
        }
    }
    if let Err(problem) = find_orphans(&mut survey, files, dir) {
        problems.push(problem);
    }
    survey.changes.sort_by(|a, b| a.path.cmp(&b.path));
    if problems.is_empty() { Ok(survey) } else { Err(problems) }
}

fn look(survey: &mut Survey, path: &str, file: &File, dir: &Path) -> Result<(), Diagnostic> {
    let target = target(path, dir)?;
    let metadata = match fs::symlink_metadata(&target) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            survey.changes.push(Change { path: path.to_owned(), target, old: None, new: Some(file.text().to_owned()) });
            return Ok(());
        }
        Err(error) => return Err(io_problem(path, &error)),
    };
    if file.owned() {
        survey.kept.push(path.to_owned());
        return Ok(());
    }
    if metadata.is_symlink() {
        return Err(problem(codes::SYMLINK, format!("`{path}` is a symbolic link")));
    }
    if !metadata.is_file() {
        return Err(problem(codes::NOT_GENERATED, format!("`{path}` is not a file")));
    }
    let bytes = fs::read(&target).map_err(|error| io_problem(path, &error))?;
    let old = String::from_utf8_lossy(&bytes).into_owned();
    if old == file.text() || is_same_but_for_layout(path, &old, file.text()) {
        survey.unchanged.push(path.to_owned());
    } else if is_generated(&old) {
        survey.changes.push(Change {
            path: path.to_owned(),
            target,
            old: Some(old),
            new: Some(file.text().to_owned()),
        });
    } else {
        let (message, help) = owned::taken_over(path, &old, file.text());
        return Err(problem(codes::NOT_GENERATED, message).help(help));
    }
    Ok(())
}

/// A checkout may have turned line feeds into CRLF, and `cargo fmt` may have laid Rust out anew: neither is a change.
fn is_same_but_for_layout(path: &str, old: &str, new: &str) -> bool {
    let old = old.replace("\r\n", "\n");
    old == new || (path.ends_with(".rs") && is_same_code(&old, new))
}

/// How the names of generated files end.
const GENERATED: [&str; 3] = [".rs", ".md", ".json"];

/// Generated files that are no longer part of the output, in the folders that the output has files in. Nothing deeper:
/// another generated crate may stand there.
fn find_orphans(survey: &mut Survey, files: &Files, dir: &Path) -> Result<(), Diagnostic> {
    let folders: BTreeSet<&str> =
        files.iter().map(|(path, _)| path.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
    for folder in folders {
        let entries = match fs::read_dir(dir.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io_problem(folder, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| io_problem(folder, &error))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if !is_file
                || owned::is_owned(&path)
                || files.get(&path).is_some()
                || !GENERATED.iter().any(|end| path.ends_with(end))
            {
                continue;
            }
            let Ok(old) = fs::read_to_string(entry.path()) else { continue };
            if is_generated(&old) {
                survey.changes.push(Change { path, target: entry.path(), old: Some(old), new: None });
            }
        }
    }
    Ok(())
}

/// The place of a path in the folder: plain names only, and no symbolic link on the way.
fn target(path: &str, dir: &Path) -> Result<PathBuf, Diagnostic> {
    let mut target = dir.to_owned();
    let mut components = path.split('/').peekable();
    while let Some(component) = components.next() {
        if !is_plain(component) {
            return Err(problem(
                codes::UNSAFE_PATH,
                format!("`{}` is no path in the output folder", path.escape_debug()),
            ));
        }
        target.push(component);
        let is_last = components.peek().is_none();
        if !is_last && fs::symlink_metadata(&target).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(problem(
                codes::SYMLINK,
                format!("`{}`, on the way to `{path}`, is a symbolic link", component),
            ));
        }
    }
    Ok(target)
}

/// Whether a name means the same file on every system: ASCII, no device of Windows, not hidden, not `..`.
fn is_plain(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || numbered.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()));
    !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !is_device
}

/// Writes a file whole or not at all.
fn replace(target: &Path, text: &str) -> io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.mcpgen-{}", std::process::id()));
    // `create_new` fails on anything that is there, a symbolic link too.
    let written = fs::File::options().write(true).create_new(true).open(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        drop(file);
        fs::rename(&temporary, target)
    });
    if let Err(error) = &written
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        // Best effort: what is reported is why the file could not be written.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn problem(code: Code, message: String) -> Diagnostic {
    Diagnostic { span: None, ..Diagnostic::error(code, Span::default(), message) }
}

fn io_problem(path: &str, error: &io::Error) -> Diagnostic {
    problem(codes::IO, format!("`{path}`: {error}"))
}

#[cfg(test)]
mod tests;
