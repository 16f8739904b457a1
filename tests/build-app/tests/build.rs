//! What the build script left behind, and what it was built from.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("text"))
        })
        .collect()
}

/// `generated/petstore` comes from the same document; `main.rs` is the person's.
#[test]
fn the_modules_are_the_bytes_of_the_committed_crate() {
    let mut committed = files(&root().join("generated/petstore/src"));
    assert!(committed.remove("main.rs").is_some(), "a crate has a binary");
    let built = files(&Path::new(env!("OUT_DIR")).join("petstore"));
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&built), names(&committed));
    for (name, text) in &committed {
        assert!(built.get(name) == Some(text), "{name} differs");
    }
}

#[test]
fn no_command_line_crate_is_built_for_a_build_script() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", "mcpgen-tests-build-app", "--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    let packages: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for there in ["mcpgen", "mcpgen-templates", "mcpgen-runtime", "syn"] {
        assert!(packages.contains(&there), "{there} is part of the graph:\n{tree}");
    }
    let of_a_command_line = |name: &&&str| {
        name.starts_with("clap") || matches!(**name, "mcpgen-cli" | "anstream" | "indicatif" | "console")
    };
    let found: Vec<_> = packages.iter().filter(of_a_command_line).collect();
    assert!(found.is_empty(), "{found:?} in\n{tree}");
}
