//! Files that change hands: generated ones that a person took over, a person's that generation knows nothing of any more.

use std::fs;
use std::path::Path;

use crate::files::{Files, MARKER, is_generated};

/// The files that a person owns in one kind of crate or another. They are never removed, whatever their first line says.
const OWNED: [&str; 3] = ["Cargo.toml", "src/handlers.rs", "src/main.rs"];

pub(super) fn is_owned(path: &str) -> bool {
    OWNED.contains(&path)
}

/// Why a file at the path of a generated one is left alone, and what to do: the message and the help.
pub(super) fn taken_over(path: &str, old: &str, new: &str) -> (String, String) {
    let (first, rest) = new.split_once('\n').unwrap_or((new, ""));
    let give_back = format!("delete `{path}` and generate again to have it generated");
    if old.trim_start() == rest.trim_start() {
        let message =
            format!("`{path}` lost its first line, by which generated files are known; the rest is as generated");
        return (message, format!("put the line back, or {give_back}: {first}"));
    }
    let message = format!("`{path}` does not carry the marker of generated files, so it may be somebody's work");
    let keep = "to keep it yours, move it to another name: a generated file cannot turn into one of yours, because the \
                others rely on it. Override a method of the trait instead, or change the document";
    (message, format!("{give_back}; {keep}"))
}

/// What a person should know about their own files.
pub(super) fn notes(files: &Files, dir: &Path) -> Vec<String> {
    let mut notes = Vec::new();
    for path in OWNED {
        let Ok(text) = fs::read_to_string(dir.join(path)) else { continue };
        if is_generated(&text) {
            notes.push(format!(
                "{path} is yours, but its first line says `{MARKER}`: mcpgen neither writes nor removes it; delete the line"
            ));
        }
        if files.get(path).is_none() {
            notes.push(format!(
                "{path} is yours and no part of this crate any more: a server of this kind has no such file. Nothing was \
                 removed; move what you need into an override of the trait's methods, then delete it"
            ));
        }
    }
    if let (Some(fresh), Ok(manifest)) = (files.get("Cargo.toml"), fs::read_to_string(dir.join("Cargo.toml")))
        && fresh.text().contains("\"upstream\"")
        && !manifest.contains("upstream")
    {
        notes
            .push("Cargo.toml is yours and stays as it is; mcpgen-runtime needs its feature `upstream` now".to_owned());
    }
    if let (Some(fresh), Ok(main)) = (files.get("src/main.rs"), fs::read_to_string(dir.join("src/main.rs"))) {
        let uses = |text: &str| text.contains("handlers::") || text.contains("mod handlers");
        if uses(&main) != uses(fresh.text()) {
            let what = if uses(fresh.text()) { "does not use src/handlers.rs" } else { "uses src/handlers.rs" };
            notes.push(format!(
                "src/main.rs is yours and stays as it is, and it {what}, unlike a new one for this document:\n\n{}",
                fresh.text().trim_end()
            ));
        }
    }
    notes
}
