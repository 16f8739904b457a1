//! The command as a person runs it.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DOCUMENT: &str = "\
openapi: 3.0.3
info: { title: Shop, version: 1.0.0 }
servers: [{ url: https://shop.example }]
paths:
  /orders: { get: { operationId: listOrders, responses: { '200': { description: The orders. } } } }
";

/// A repository with a document; removed at the end.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcpgen-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("shop.yaml"), DOCUMENT).unwrap();
        Self(path)
    }

    /// Exit code, standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_mcpgen")).args(arguments).current_dir(&self.0).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn append(path: &Path, text: &str) {
    fs::write(path, fs::read_to_string(path).unwrap() + text).unwrap();
}

#[test]
fn check_names_what_is_stale_missing_and_orphan() {
    let repository = Repository::new("check");
    let (code, _, said) = repository.run(&["check"]);
    assert_eq!(code, 1, "nothing to check is no success: {said}");
    assert!(said.contains("no generated crate"), "{said}");

    assert_eq!(repository.run(&["generate", "shop.yaml", "--out", "api/shop"]).0, 0);
    assert_eq!(repository.run(&["generate", "shop.yaml", "--out", "api/store", "--name", "store"]).0, 0);
    let (code, told, said) = repository.run(&["check"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(
        told.contains("api/shop: ") && told.contains("api/store: ") && told.ends_with("2 crates are up to date\n"),
        "{told}"
    );

    append(&repository.at("api/shop/src/tools.rs"), "pub fn by_hand() {}\n");
    append(&repository.at("api/shop/src/main.rs"), "// mine\n");
    fs::remove_file(repository.at("api/shop/src/operations.rs")).unwrap();
    let header = fs::read_to_string(repository.at("api/shop/src/lib.rs")).unwrap().lines().next().unwrap().to_owned();
    fs::write(repository.at("api/shop/src/prompts.rs"), header + "\n").unwrap();
    let (code, told, said) = repository.run(&["check", "api"]);
    assert_eq!(code, 1, "{told}{said}");
    for line in [
        "  stale   src/tools.rs\n",
        "  missing src/operations.rs\n",
        "  orphan  src/prompts.rs\n",
        "-pub fn by_hand() {}\n",
    ] {
        assert!(told.contains(line), "{line:?} in\n{told}");
    }
    assert!(
        !told.contains("main.rs") && told.contains("api/store: ") && said.contains("1 of 2 crates"),
        "{told}{said}"
    );

    // Again from what the lock records; what is the person's stays.
    assert_eq!(repository.run(&["generate", "--out", "api/shop"]).0, 0);
    assert_eq!(repository.run(&["check"]).0, 0);
    assert!(fs::read_to_string(repository.at("api/shop/src/main.rs")).unwrap().ends_with("// mine\n"));

    // M1: what a client sees changed in the document, not in the crate.
    append(&repository.at("shop.yaml"), "  /more: { get: { responses: { '200': { description: More. } } } }\n");
    let (code, told, _) = repository.run(&["check", "api/store"]);
    assert_eq!(code, 1);
    assert!(told.contains("  stale   mcpgen.lock\n") && told.contains("+route = \"GET /more\"\n"), "{told}");

    fs::remove_file(repository.at("api/store/mcpgen.lock")).unwrap();
    let (code, _, said) = repository.run(&["check", "api/store"]);
    assert!(code == 1 && said.contains("error[E0802]"), "{said}");
}

#[test]
fn explain_lists_explains_and_suggests() {
    let repository = Repository::new("explain");
    let (code, told, _) = repository.run(&["explain", "w0204"]);
    assert!(code == 0 && told.starts_with("W0204: ") && told.contains("\n\n"), "{told}");
    let (code, told, _) = repository.run(&["explain"]);
    assert!(code == 0 && told.lines().count() > 60 && told.contains("W0801  "), "{told}");
    let (code, _, said) = repository.run(&["explain", "E0230"]);
    assert!(code == 2 && said.contains("there is no code `E0230`") && said.contains("E0203"), "{said}");
    let (code, _, said) = repository.run(&["explain", "nonsense"]);
    assert!(code == 2 && said.contains("E0203") && said.contains("W0801"), "{said}");
}

#[test]
fn completions_are_for_shells() {
    let repository = Repository::new("completions");
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef mcpgen"),
        ("fish", "complete -c mcpgen"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let (code, told, _) = repository.run(&["completions", shell]);
        assert!(code == 0 && told.contains(mark) && told.contains("explain"), "{shell}: {told}");
    }
    assert_eq!(repository.run(&["completions", "basic"]).0, 2);
}
