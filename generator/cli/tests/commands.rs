//! The command as a person or a CI job runs it: output, streams and exit codes.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcpgen-cli-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a run left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn mcpgen(folder: &Folder, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_mcpgen")).args(arguments).current_dir(&folder.0).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn spec(name: &str) -> String {
    format!("{}/../../specs/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn generate_then_check() {
    let folder = Folder::new("generate");
    let weather = spec("weather.yaml");
    let ran = mcpgen(&folder, &["generate", &weather, "--out", "out"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("wrote   src/lib.rs\n"), "{}", ran.out);
    assert!(folder.0.join("out/src/handlers.rs").is_file());

    let ran = mcpgen(&folder, &["generate", &weather, "--out", "out", "--check"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "out is up to date\n"));

    let tools = folder.0.join("out/src/tools.rs");
    let text = fs::read_to_string(&tools).unwrap();
    fs::write(&tools, text.replace("get_temperature", "get_heat")).unwrap();
    fs::write(folder.0.join("out/src/handlers.rs"), "// written by hand").unwrap();
    let ran = mcpgen(&folder, &["generate", &weather, "--out", "out", "--check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("  stale   src/tools.rs\n"), "{}", ran.out);
    assert!(ran.out.contains("-        name: \"get_heat\",\n+        name: \"get_temperature\",\n"), "{}", ran.out);
    assert!(ran.err.starts_with("error: 1 file is not up to date"), "{}", ran.err);
    assert_ne!(fs::read_to_string(&tools).unwrap(), text, "a check writes nothing");
    assert_eq!(mcpgen(&folder, &["generate", &weather, "--out", "out"]).code, 0);
    assert_eq!(fs::read_to_string(&tools).unwrap(), text);
    assert_eq!(fs::read_to_string(folder.0.join("out/src/handlers.rs")).unwrap(), "// written by hand");
}

#[test]
fn a_broken_document_writes_nothing() {
    let folder = Folder::new("broken");
    fs::write(folder.0.join("a.yaml"), "mcpgen: 1\nserver: { name: a, version: 1.0.0, titel: A }\n").unwrap();
    let ran = mcpgen(&folder, &["generate", "a.yaml", "--out", "out"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("a.yaml:2:36"), "{}", ran.err);
    assert!(!folder.0.join("out").exists());
    assert_eq!(mcpgen(&folder, &["generate", "none.yaml", "--out", "out"]).code, 1);
}

#[test]
fn wrong_usage_is_2() {
    let folder = Folder::new("usage");
    let weather = spec("weather.yaml");
    for arguments in [
        &["generate", &weather] as &[&str],
        &["frobnicate"],
        &["generate", &weather, "--out", "out", "--runtime-path", "nowhere"],
        &["explain", "E9999"],
        &[],
    ] {
        let ran = mcpgen(&folder, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(!ran.err.is_empty());
    }
    assert!(!folder.0.join("out").exists());
}

#[test]
fn a_relative_runtime_path_is_relative_to_the_crate() {
    let folder = Folder::new("runtime");
    fs::create_dir_all(folder.0.join("lib/runtime")).unwrap();
    fs::write(folder.0.join("lib/runtime/Cargo.toml"), "").unwrap();
    let weather = spec("weather.yaml");
    let ran = mcpgen(&folder, &["generate", &weather, "--out", "some/where", "--runtime-path", "lib/runtime"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let manifest = fs::read_to_string(folder.0.join("some/where/Cargo.toml")).unwrap();
    assert!(manifest.contains("path = \"../../lib/runtime\""), "{manifest}");
    let ran = mcpgen(&folder, &["generate", &weather, "--out", "some/where", "--runtime-path", "lib/runtime"]);
    assert!(ran.err.starts_with("note: Cargo.toml is yours"), "{}", ran.err);
}

#[test]
fn inspect_shows_the_surface() {
    let folder = Folder::new("inspect");
    let petstore = spec("petstore.yaml");
    let ran = mcpgen(&folder, &["inspect", &petstore]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("\n  get_pet  GET /pets/{petId}  "), "{}", ran.out);
    assert!(ran.out.contains(" tokens  [petstore.yaml:"), "{}", ran.out);

    let ran = mcpgen(&folder, &["inspect", &petstore, "--json", "--name", "shop"]);
    let surface: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(surface["name"], "shop");
    let tool = surface["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "get_pet").unwrap();
    assert_eq!((&tool["route"]["method"], &tool["route"]["path"]), (&"GET".into(), &"/pets/{petId}".into()));
    assert_eq!(tool["arguments"][0]["name"], "petId");
    assert_eq!(tool["arguments"][0]["required"], true);
    assert!(fs::read_dir(&folder.0).unwrap().next().is_none(), "inspect writes nothing");
}

#[test]
fn codes_are_explained() {
    let ran = mcpgen(&Folder::new("explain"), &["explain", "e0603"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("E0603: a URI could be read in two ways\n\n"), "{}", ran.out);
}

#[test]
fn diff_fails_where_something_breaks() {
    let folder = Folder::new("diff");
    let petstore = spec("petstore.yaml");
    let text = fs::read_to_string(&petstore).unwrap();
    fs::write(folder.0.join("more.yaml"), text.replace("maximum: 100", "maximum: 200")).unwrap();
    let ran = mcpgen(&folder, &["diff", &petstore, "more.yaml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("    input.limit: maximum is 200 instead of 100\n"), "{}", ran.out);

    let ran = mcpgen(&folder, &["diff", "more.yaml", &petstore, "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let diff: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        diff["changes"][0],
        serde_json::json!({
            "audience": "agents",
            "effect": "breaking",
            "subject": "tool `list_pets`",
            "place": "input.limit",
            "kind": "limit-changed",
            "message": "maximum is 100 instead of 200",
            "tools": ["list_pets"],
        })
    );
    assert_eq!(mcpgen(&folder, &["diff", &petstore, &petstore]).out, "nothing changed\n");
    assert_eq!(mcpgen(&folder, &["diff", &petstore]).code, 2);
    assert_eq!(mcpgen(&folder, &["diff", &petstore, "nothing.yaml"]).code, 2);
    fs::write(folder.0.join("broken.yaml"), "openapi: 9").unwrap();
    assert_eq!(mcpgen(&folder, &["diff", &petstore, "broken.yaml"]).code, 1);
}
