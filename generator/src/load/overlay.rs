//! Overlays: changes to a document that stand in files of their own. Overlay Specification 1.0.0 and 1.1.0.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::node::{Node, merge};
use super::{Index, MAX_DEPTH, read};
use crate::diag::codes::load as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::source::{Source, Span};

/// What overlays may add in all, in values. SECURITY.md G8.
const MAX_ADDED: usize = 8_000_000;

/// Applies the overlay in a file to a document, action after action.
///
/// # Errors
/// The file cannot be read, is no overlay, or an action cannot be applied; the report says which.
pub(super) fn apply(
    document: &mut Node,
    path: &Path,
    written: &mut Vec<Index>,
    report: &mut Report,
) -> Result<(), Stop> {
    let name = super::display_name(path);
    let file = report.sources.add(Source::new(name.clone(), ""));
    let text = read(path).map_err(|problem| problem.report(&name, file, report))?;
    report.sources.replace(file, Source::new(name.clone(), text.clone()));
    let (value, place) = super::parse(&text, &name, file, report)?;
    written.push(Index::new(place.clone()));
    let overlay = Node { value, place };
    let version = match overlay.value.get("overlay") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => return Err(refuse(overlay.place.value, "an overlay has the key `overlay`", report)),
    };
    let mut parts = version.split('.');
    let copies = match (parts.next(), parts.next()) {
        (Some("1"), Some("0")) => false,
        (Some("1"), Some("1")) => true,
        _ => {
            let at = overlay.child("overlay").map_or(overlay.place.value, |node| node.place.value);
            return Err(refuse(at, &format!("overlays of version {version} are not read"), report));
        }
    };
    let Some(actions) = overlay.child("actions").filter(|actions| actions.value.is_array()) else {
        return Err(refuse(overlay.place.value, "an overlay has an array `actions`", report));
    };
    let mut added = 0;
    for action in actions.into_items() {
        if action.has("copy") && !copies {
            return Err(refuse(action.place.value, "`copy` belongs to Overlay 1.1: write `overlay: 1.1.0`", report));
        }
        step(document, action, &mut added, report)?;
    }
    if depth(&document.value) > MAX_DEPTH {
        let message = format!("objects and arrays stand more than {MAX_DEPTH} levels inside one another");
        return Err(super::fail(report, Diagnostic::error(codes::TOO_DEEP, overlay.place.value, message)));
    }
    Ok(())
}

fn step(document: &mut Node, action: Node, added: &mut usize, report: &mut Report) -> Result<(), Stop> {
    let at = action.place.value;
    let Some(target) = action.child("target") else {
        return Err(refuse(at, "an action of an overlay has a `target`", report));
    };
    let pointers = select(document, &target, report)?;
    if pointers.is_empty() {
        let message = format!("nothing in the document is selected by `{}`", target.value.as_str().unwrap_or_default());
        let problem = Diagnostic::warning(codes::OVERLAY_UNUSED, target.place.value, message);
        report.push(problem.help("correct the target, or take the action out"));
        return Ok(());
    }
    if action.value.get("remove") == Some(&Value::Bool(true)) {
        // From the last to the first, so that the places of array items stay right.
        for pointer in pointers.iter().rev() {
            if pointer.is_empty() {
                return Err(refuse(at, "the whole document cannot be removed", report));
            }
            document.remove(pointer);
        }
        return Ok(());
    }
    let update = match (action.child("update"), action.child("copy")) {
        (Some(_), Some(_)) => return Err(refuse(at, "an action has `update` or `copy`, not both", report)),
        (Some(update), None) => update,
        (None, Some(copy)) => {
            let sources = select(document, &copy, report)?;
            match sources.as_slice() {
                [one] => document.at(one).unwrap_or_default(),
                _ => return Err(refuse(copy.place.value, "`copy` must select exactly one value", report)),
            }
        }
        (None, None) => return Err(refuse(at, "an action has `update`, `remove: true` or `copy`", report)),
    };
    let kinds: BTreeSet<u8> = pointers.iter().filter_map(|pointer| document.value.pointer(pointer)).map(kind).collect();
    if kinds.len() > 1 {
        let message = "the target selects objects, arrays and other values at once; an update is for one kind of them";
        return Err(refuse(target.place.value, message, report));
    }
    for pointer in &pointers {
        *added += size(&update.value);
        if *added > MAX_ADDED {
            let message = "the overlay adds more to the document than is allowed";
            return Err(super::fail(report, Diagnostic::error(codes::BUDGET, at, message)));
        }
        let merged = document.change(pointer, |value, place| merge(value, place, update.clone(), true));
        if let Some(Err(at)) = merged {
            let message =
                format!("what stands at `{pointer}` or below it cannot be merged with a value of another kind");
            return Err(refuse(at, &message, report));
        }
    }
    Ok(())
}

/// An object, an array, or anything else.
fn kind(value: &Value) -> u8 {
    match value {
        Value::Object(_) => 0,
        Value::Array(_) => 1,
        _ => 2,
    }
}

/// The pointers of what a JSONPath (RFC 9535) selects, in the order of the document.
fn select(document: &Node, path: &Node, report: &mut Report) -> Result<Vec<String>, Stop> {
    let Some(text) = path.value.as_str() else {
        return Err(refuse(path.place.value, "a JSONPath is a string", report));
    };
    match JsonPath::parse(text) {
        Ok(parsed) => {
            let located = parsed.query_located(&document.value);
            let mut pointers: Vec<String> =
                located.locations().map(serde_json_path::NormalizedPath::to_json_pointer).collect();
            let mut seen = BTreeSet::new();
            pointers.retain(|pointer| seen.insert(pointer.clone()));
            Ok(pointers)
        }
        Err(error) => {
            let message = format!("`{text}` is no JSONPath: {}", error.to_string().lines().next().unwrap_or_default());
            Err(refuse(path.place.value, &message, report))
        }
    }
}

fn refuse(at: Span, message: &str, report: &mut Report) -> Stop {
    let problem = Diagnostic::error(codes::OVERLAY, at, message);
    super::fail(report, problem.help("https://spec.openapis.org/overlay/ describes overlays"))
}

fn size(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
