//! The operations of a document, counted without the generator: what goes in must come out as a tool or be skipped.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The fixed fields of a Path Item Object that hold operations (OpenAPI 3.2.0 §4.9).
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// How many references are followed one after the other.
const MOST_REFERENCES: usize = 16;

/// The number of operations; `None`: the document cannot be read here.
pub(crate) fn count(document: &Path) -> Option<usize> {
    let mut files = Files::default();
    let path = document.to_owned();
    let root = files.read(&path)?.clone();
    let mut count = 0;
    for key in ["paths", "x-ms-paths"] {
        for (name, item) in root.get(key).and_then(Value::as_object).into_iter().flatten() {
            if key == "paths" && name.starts_with("x-") {
                continue;
            }
            count += files.item(item, &path).map_or(0, |item| of_item(&item));
        }
    }
    Some(count)
}

fn of_item(item: &Map<String, Value>) -> usize {
    let fixed = METHODS.iter().filter(|method| item.get(**method).is_some_and(Value::is_object)).count();
    let more = item.get("additionalOperations").and_then(Value::as_object);
    fixed + more.map_or(0, |more| more.values().filter(|value| value.is_object()).count())
}

/// The files of a document.
#[derive(Default)]
struct Files {
    read: BTreeMap<PathBuf, Value>,
}

impl Files {
    fn read(&mut self, path: &Path) -> Option<&Value> {
        if !self.read.contains_key(path) {
            let text = fs::read_to_string(path).ok()?;
            let text = text.trim_start_matches('\u{feff}');
            let value = serde_json::from_str(text).ok().or_else(|| yaml(text))?;
            self.read.insert(path.to_owned(), value);
        }
        self.read.get(path)
    }

    /// A path item behind its references, with what stands beside them.
    fn item(&mut self, item: &Value, file: &Path) -> Option<Map<String, Value>> {
        let mut item = item.as_object()?.clone();
        let mut file = file.to_owned();
        for _ in 0..MOST_REFERENCES {
            let Some(reference) = item.remove("$ref") else { return Some(item) };
            let (name, pointer) = reference.as_str()?.split_once('#').unwrap_or((reference.as_str()?, ""));
            if !name.is_empty() {
                file = file.parent()?.join(name);
            }
            let pointer = pointer.replace("%7B", "{").replace("%7D", "}");
            let target = self.read(&file)?.pointer(&pointer)?.as_object()?.clone();
            for (key, value) in target {
                item.entry(key).or_insert(value);
            }
        }
        None
    }
}

/// YAML under limits that no honest document reaches.
fn yaml(text: &str) -> Option<Value> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: 8_000_000,
            max_events: 16_000_000,
            max_total_scalar_bytes: 256 << 20,
            enforce_alias_anchor_ratio: false,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options(text, options).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specs_of_this_repository() {
        let count = |name: &str| count(&crate::root().join("specs").join(name));
        assert_eq!(count("petstore.yaml"), Some(7));
        assert_eq!(count("no-such-file.yaml"), None);
    }

    #[test]
    fn every_kind_of_operation() {
        let item = serde_json::json!({"get": {}, "query": {}, "parameters": [], "x-get": {}, "additionalOperations": {"LINK": {}}});
        assert_eq!(of_item(item.as_object().unwrap()), 3);
    }
}
