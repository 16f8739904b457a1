//! Values as an independent reader has them: `serde_yaml`, which is archived and was read with for years.
//!
//! Every document of this repository, and with `MCPGEN_CORPUS` every one of a folder. A difference is explained by the
//! class that it belongs to, or it fails the test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Number, Value};
use serde_yaml::Value as Yaml;

use super::parse;
use crate::diag::Report;

/// What a document became under both readers.
#[derive(Default)]
struct Compared {
    both: usize,
    /// The other reader refuses it, by the beginning of its reason.
    refused: BTreeMap<String, usize>,
    explained: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
}

impl Compared {
    fn text(&mut self, name: &str, text: &str) {
        let mut report = Report::default();
        let Ok((ours, _)) = parse(text.trim_start_matches('\u{feff}'), 0, &mut report) else { return };
        let theirs = serde_yaml::from_str::<Yaml>(text).and_then(|mut value| value.apply_merge().map(|()| value));
        let theirs = match theirs {
            Ok(theirs) => theirs,
            Err(error) => {
                let message = error.to_string();
                let reason = ["duplicate entry", "repetition limit", "recursion limit"];
                let reason = reason.iter().find(|reason| message.contains(**reason)).copied().unwrap_or("other");
                *self.refused.entry(reason.to_owned()).or_default() += 1;
                return;
            }
        };
        self.both += 1;
        self.value(&ours, &theirs, &mut format!("{name}#"));
    }

    fn value(&mut self, ours: &Value, theirs: &Yaml, at: &mut String) {
        let length = at.len();
        match (ours, theirs) {
            (Value::Object(ours), Yaml::Mapping(theirs)) => {
                if ours.len() != theirs.len() {
                    self.unexplained.push(format!("{at}: {} keys, {} of theirs", ours.len(), theirs.len()));
                }
                for ((key, value), (their_key, their_value)) in ours.iter().zip(theirs) {
                    if !self.key(key, their_key) {
                        self.unexplained.push(format!("{at}: the key {key:?} is {their_key:?}"));
                    }
                    at.push_str(&format!("/{key}"));
                    self.value(value, their_value, at);
                    at.truncate(length);
                }
            }
            (Value::Array(ours), Yaml::Sequence(theirs)) if ours.len() == theirs.len() => {
                for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    at.push_str(&format!("/{number}"));
                    self.value(ours, theirs, at);
                    at.truncate(length);
                }
            }
            (ours, Yaml::Tagged(tagged)) => self.value(ours, &tagged.value, at),
            (ours, theirs) => match class(ours, theirs) {
                Some("equal") => {}
                Some(class) => *self.explained.entry(class).or_default() += 1,
                None => self.unexplained.push(format!("{at}: {ours} is {theirs:?}")),
            },
        }
    }

    /// Keys of objects are strings in JSON: the spelling of the document is kept.
    fn key(&mut self, ours: &str, theirs: &Yaml) -> bool {
        let spelled = match theirs {
            Yaml::String(text) => text.clone(),
            Yaml::Number(number) => number.to_string(),
            Yaml::Bool(flag) => flag.to_string(),
            Yaml::Null => "null".to_owned(),
            _ => return false,
        };
        if ours == spelled {
            return true;
        }
        // `0x1F`, `1.0`, `~`, `True`: they have the value, we the spelling.
        let other = !matches!(theirs, Yaml::String(_))
            && serde_yaml::from_str::<Yaml>(ours).is_ok_and(|value| value == *theirs);
        if other {
            *self.explained.entry("a key that is no string keeps its spelling").or_default() += 1;
        }
        other
    }
}

/// `equal`, or what makes the two different.
fn class(ours: &Value, theirs: &Yaml) -> Option<&'static str> {
    let equal = match (ours, theirs) {
        (Value::Null, Yaml::Null) => true,
        (Value::Bool(ours), Yaml::Bool(theirs)) => ours == theirs,
        (Value::String(ours), Yaml::String(theirs)) => ours == theirs,
        (Value::Number(ours), Yaml::Number(theirs)) => same_number(ours, theirs),
        _ => false,
    };
    if equal {
        return Some("equal");
    }
    match (ours, theirs) {
        (Value::String(_), Yaml::Number(number)) if !number.is_finite() => {
            Some("a number that is not finite stays as it is spelled")
        }
        (Value::Number(ours), Yaml::String(text)) if ours.is_f64() && text.parse::<f64>().ok() == ours.as_f64() => {
            Some("an integer beyond 64 bits is the nearest number")
        }
        _ => None,
    }
}

fn same_number(ours: &Number, theirs: &serde_yaml::Number) -> bool {
    if theirs.is_f64() != ours.is_f64() {
        return false;
    }
    ours.as_i64() == theirs.as_i64() && ours.as_u64() == theirs.as_u64() && ours.as_f64() == theirs.as_f64()
}

/// Every YAML and JSON document of a folder: JSON is YAML too.
fn documents(folder: &Path, largest: u64) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let small = path.metadata().is_ok_and(|metadata| metadata.len() <= largest);
            if path.is_dir() {
                folders.push(path);
            } else if small && path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn compare(folders: &[PathBuf], largest: u64) -> Compared {
    let mut compared = Compared::default();
    for path in folders.iter().flat_map(|folder| documents(folder, largest)) {
        if let Ok(text) = std::fs::read_to_string(&path) {
            compared.text(&path.file_name().unwrap().to_string_lossy(), &text);
        }
    }
    compared
}

impl Compared {
    fn judge(&self) {
        println!("{} documents load in both; the other reader refuses {:?}", self.both, self.refused);
        println!("differences that are explained: {:?}", self.explained);
        assert!(self.both > 0);
        let shown: Vec<_> = self.unexplained.iter().take(20).collect();
        assert!(self.unexplained.is_empty(), "{} differences: {shown:#?}", self.unexplained.len());
    }
}

#[test]
fn documents_of_the_repository_have_the_values_of_another_reader() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = [
        root.join("specs"),
        root.join("tests/golden/errors"),
        root.join("tests/golden/warnings"),
        root.join("tests/golden/crates"),
    ];
    compare(&folders, 1_000_000).judge();
}

#[test]
fn documents_of_the_corpus_have_the_values_of_another_reader() {
    let Some(folder) = std::env::var_os("MCPGEN_CORPUS") else { return };
    compare(&[PathBuf::from(folder)], 4_000_000).judge();
}

/// Scalars that readers of YAML disagree about.
#[test]
fn scalars_have_the_values_of_another_reader() {
    let scalars = [
        "~",
        "null",
        "Null",
        "NULL",
        "nULL",
        "true",
        "True",
        "TRUE",
        "tRUE",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "0",
        "-0",
        "+1",
        "012",
        "0o17",
        "0x1F",
        "0b11",
        "1_000",
        "1.0",
        "1.",
        ".5",
        "-.5",
        "1e3",
        "1E+3",
        "1.5e-7",
        "12e03",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        ".inf",
        "-.inf",
        ".NaN",
        "2001-01-01",
        "12:30:45",
        "=",
        "<<x",
        "'a''b'",
        "\"a\\nb\"",
        "|\n   a\n   b\n",
        ">-\n   a\n   b\n\n   c\n",
        "a b c",
        "a #b",
        "http://x.test/#y",
        "",
    ];
    let mut compared = Compared::default();
    for scalar in scalars {
        compared.text(scalar, &format!("x: {scalar}\n"));
        compared.text(scalar, &format!("- {scalar}\n"));
    }
    for keys in ["200: a\n", "true: a\n", "1.0: a\n", "0x1F: a\n", "~: a\n", "yes: a\n", "'200': a\n"] {
        compared.text(keys, keys);
    }
    compared.text("merge", "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n");
    compared.judge();
}

/// The other reader refuses what has no place in 64 bits; here it is the nearest number, with a warning.
#[test]
fn the_class_of_large_integers_exists() {
    let ours = parse("x: 18446744073709551616\n", 0, &mut Report::default()).unwrap().0;
    assert_eq!(
        ours,
        Value::Object(Map::from_iter([("x".to_owned(), serde_json::json!(18_446_744_073_709_551_616.0_f64))]))
    );
}
