//! Golden cases.
//!
//! `errors/CASE/` holds an input that is refused and `expected.stderr`; `warnings/CASE/` one that is repaired, likewise;
//! `options/CASE/` options over one document and what they make of it; `crates/CASE/` an input and the folder `expected` that it becomes; `diffs/CASE/` two versions of a document, what
//! `mcpgen diff` says about them, and what it says the other way round; `generated/` at the root holds the crates of the documents in `specs/`.
//! `MCPGEN_BLESS=1` rewrites the expectations: read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mcpgen::Builder;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn bless() -> bool {
    std::env::var_os("MCPGEN_BLESS").is_some()
}

/// The case folders of a kind; an empty kind is a mistake in this test, not a pass.
fn cases(kind: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(root().join(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases in {kind}");
    cases
}

/// The one file `input.*` of a case.
fn input(case: &Path) -> PathBuf {
    let mut inputs: Vec<PathBuf> = fs::read_dir(case)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_stem().is_some_and(|stem| stem == "input"))
        .collect();
    assert_eq!(inputs.len(), 1, "{} must hold one input", case.display());
    inputs.remove(0)
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn refused_documents_say_what_to_do() {
    says("errors", |path| match Builder::new(path).generate() {
        Ok(_) => Err("was accepted".to_owned()),
        Err(failure) => Ok(failure.to_string()),
    });
}

#[test]
fn repaired_documents_say_what_was_done() {
    says("warnings", |path| match Builder::new(path).generate() {
        Ok(generated) => Ok(generated.warnings(false).trim_end().to_owned()),
        Err(failure) => Err(format!("was refused:\n{failure}")),
    });
    for case in cases("warnings") {
        assert!(Builder::new(input(&case)).strict(true).generate().is_err(), "{}: --strict accepts it", name(&case));
    }
}

/// `options/CASE/mcpgen.toml` over `options/shop.yaml`: `surface.txt` is what the server offers, with what is said about it,
/// and `refused.stderr` what is wrong with the options.
#[test]
fn options_do_what_they_say() {
    let mut failures = Vec::new();
    let cases = cases("options");
    for case in &cases {
        let builder = Builder::new(root().join("options/shop.yaml")).config(case.join("mcpgen.toml"));
        let (name_of_file, other, text) = match builder.generate() {
            Ok(generated) => {
                let said = format!("{}{}", generated.warnings(false), generated.surface());
                ("surface.txt", "refused.stderr", said)
            }
            Err(failure) => ("refused.stderr", "surface.txt", failure.to_string()),
        };
        let text = text.replace(&format!("{}/", case.display()), "").replace(&format!("{}/", root().display()), "");
        let path = case.join(name_of_file);
        if bless() {
            fs::write(&path, &text).unwrap();
            let _ = fs::remove_file(case.join(other));
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != text || case.join(other).exists() {
            failures.push(format!("{}:\n--- expected\n{expected}\n--- actual\n{text}", name(case)));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n\n"));
}

/// Whatever is a loss in one direction is a gain in the other, so each case is two.
#[test]
fn changes_are_told_apart() {
    let mut failures = Vec::new();
    for case in cases("diffs") {
        let [old, new] = ["old.yaml", "new.yaml"].map(|name| case.join(name));
        for (old, new, expected) in [(&old, &new, "expected.txt"), (&new, &old, "expected.back.txt")] {
            let said = match mcpgen::diff(old, new, &mcpgen::Options::default()) {
                Ok(diff) => diff.to_string(),
                Err(failure) => failure.to_string(),
            };
            let path = case.join(expected);
            if bless() {
                fs::write(&path, &said).unwrap();
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            if said != expected {
                failures.push(format!("{}:\n--- expected\n{expected}\n--- actual\n{said}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Compares what is said about each document of a kind with `expected.stderr` and with `expected.txt`.
fn says(kind: &str, said: impl Fn(&Path) -> Result<String, String>) {
    let mut failures = Vec::new();
    let cases = cases(kind);
    for case in &cases {
        let rendered = match said(&input(case)) {
            // The path of the input differs from machine to machine; the case's folder is its name here.
            Ok(rendered) => rendered.replace(&format!("{}/", case.display()), ""),
            Err(problem) => {
                failures.push(format!("{}: {problem}", name(case)));
                continue;
            }
        };
        let expected_path = case.join("expected.stderr");
        if bless() {
            fs::write(&expected_path, &rendered).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if expected != rendered {
            failures.push(format!("{}:\n--- expected\n{expected}\n--- actual\n{rendered}", name(case)));
        }
        // The place was written down by hand before the message existed: `E0501 7:3`.
        if let Ok(places) = fs::read_to_string(case.join("expected.txt")) {
            for line in places.lines().filter(|line| !line.trim().is_empty()) {
                let (code, place) = line.split_once(' ').unwrap();
                let mut blocks = rendered.split("\nerror").flat_map(|block| block.split("\nwarning"));
                let there =
                    blocks.any(|block| block.contains(&format!("[{code}]")) && block.contains(&format!(":{place}\n")));
                if !there {
                    failures.push(format!("{}: no {code} at {place} in\n{rendered}", name(case)));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n\n"));
}

/// Every file below a folder, by its path relative to it, without build output.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, into: &mut BTreeMap<String, String>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    walk(root, &path, into);
                }
            } else if path.file_name().is_some_and(|name| name != "Cargo.lock") {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                into.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(folder, folder, &mut files);
    files
}

/// Differences between what was generated and what is there; owned files are the person's.
fn differences(generated: &mcpgen::Generated, folder: &Path) -> Vec<String> {
    let mut there = tree(folder);
    let mut differences = Vec::new();
    for (path, file) in generated.files().iter() {
        match there.remove(path) {
            None => differences.push(format!("{path} is missing")),
            Some(text) if !file.owned() && text != file.text() => differences.push(format!("{path} differs")),
            Some(_) => {}
        }
    }
    for (path, text) in there.into_iter().filter(|(path, _)| path != "mcpgen.lock") {
        if text.lines().next().is_some_and(|line| line.contains("@generated by mcpgen")) {
            differences.push(format!("{path} is no longer generated"));
        }
    }
    differences
}

#[test]
fn crates_are_as_expected() {
    let mut failures = Vec::new();
    for case in cases("crates") {
        let expected = case.join("expected");
        if bless() {
            let _ = fs::remove_dir_all(&expected);
        }
        // The second time with the lock of the first: names that it keeps are those that the document gives.
        let fresh = Builder::new(input(&case));
        for builder in [fresh.clone(), fresh.dir(&expected)] {
            let generated = match builder.generate() {
                Ok(generated) => generated,
                Err(failure) => {
                    failures.push(format!("{}: refused:\n{failure}", name(&case)));
                    continue;
                }
            };
            if bless() {
                for (path, file) in generated.files().iter() {
                    let path = expected.join(path);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, file.text()).unwrap();
                }
            }
            for difference in differences(&generated, &expected) {
                failures.push(format!("{}: {difference}", name(&case)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for case in cases("crates") {
        let path = input(&case);
        let files = || -> Vec<(String, String)> {
            let generated = Builder::new(&path).generate().unwrap();
            generated.files().iter().map(|(path, file)| (path.to_owned(), file.text().to_owned())).collect()
        };
        let first = files();
        assert!(first.len() > 3, "{}: a crate has more files", path.display());
        assert_eq!(first, files(), "{}", path.display());
    }
}
