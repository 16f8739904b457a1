//! The official JSON-Schema-Test-Suite, draft 2020-12.
//!
//! The environment variable `JSON_SCHEMA_TEST_SUITE` names the folder that holds `tests/draft2020-12`. On CI it must be
//! set; elsewhere the test says that it did nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::Validator;
use super::super::compile::{Failure, compile};
use crate::json::RawJson;

#[derive(Deserialize)]
struct Group {
    description: String,
    schema: Box<RawValue>,
    tests: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    description: String,
    data: Box<RawValue>,
    valid: bool,
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn the_official_suite_agrees() {
    let Some(root) = std::env::var_os("JSON_SCHEMA_TEST_SUITE") else {
        assert!(std::env::var_os("CI").is_none(), "JSON_SCHEMA_TEST_SUITE must name the folder of the official suite");
        println!("JSON_SCHEMA_TEST_SUITE is not set: nothing was checked");
        return;
    };
    let folder = Path::new(&root).join("tests/draft2020-12");
    let (mut groups, mut cases) = (0, 0);
    let mut skipped: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in json_files(&folder) {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        for group in serde_json::from_str::<Vec<Group>>(&text).unwrap() {
            let place = format!("{name}: {}", group.description);
            let optional = [
                ("optional/format", "format is an annotation"),
                ("optional/dependencies-compatibility", "dependencies is no keyword of 2020-12"),
            ];
            if let Some((_, reason)) = optional.iter().find(|(prefix, _)| name.starts_with(prefix)) {
                skipped.entry((*reason).to_owned()).or_default().push(place);
                continue;
            }
            match compile(group.schema.get()) {
                Err(Failure::Unsupported(reasons)) => {
                    skipped.entry(reasons.join(", ")).or_default().push(place);
                    continue;
                }
                Err(Failure::Invalid(message)) => {
                    failures.push(format!("{place}: {message}"));
                    continue;
                }
                Ok(_) => {}
            }
            let validator = Validator::compile(group.schema.get()).unwrap();
            groups += 1;
            for case in group.tests {
                cases += 1;
                let outcome = validator.validate(&RawJson::parse(case.data.get()).unwrap());
                if outcome.is_ok() != case.valid {
                    failures.push(format!("{place}: {}: expected valid = {}", case.description, case.valid));
                }
            }
        }
    }
    println!("JSON-Schema-Test-Suite: {groups} groups, {cases} cases checked");
    for (reason, groups) in &skipped {
        println!("not checked from tables, {reason}:\n    {}", groups.join("\n    "));
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(cases > 800, "only {cases} cases in {}", folder.display());
}
