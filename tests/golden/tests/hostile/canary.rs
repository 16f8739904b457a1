//! What is generated from payloads, built, tested and documented.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcpgen::Builder;

use crate::{Folder, fill, harmless, here, template};

/// G1: everything at once, built, tested and documented. The canary is a file that any of the payloads would write.
#[test]
fn g1_nothing_of_a_document_runs() {
    let folder = Folder::new("canary");
    let dir = folder.0.join("crate");
    let canary = folder.0.join("canary").display().to_string();
    let write = format!("std::fs::write({canary:?}, \"\").unwrap();");
    let payload = |field: &str| match field {
        _ if field.ends_with("description") => {
            format!(
                "A text.\n\n```\n{write}\n```\n\n```rust\n{write}\n```\n~~~\n{write}\n~~~\n\n    {write}\n\n* x\n\n      {write}\n\n\"]\n{write}\n/*"
            )
        }
        "title" | "server" | "path" | "media" | "parameter" | "api-key" | "header" | "cookie" | "token-path" => {
            harmless(field).replace(' ', "-")
        }
        _ => format!("{field}\"; fn {}() {{ {write} }} //\u{202e}", field.replace('-', "_")),
    };
    let text = fill(&template("openapi.yaml"), payload);
    let path = folder.0.join("api.yaml");
    fs::write(&path, text).unwrap();
    let runtime = here().join("../../runtime").canonicalize().unwrap();
    let generated = Builder::new(path).runtime_path(runtime).dir(&dir).generate().unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(generated.surface().tools.len(), 3);
    generated.write(&dir).unwrap();
    // The dependencies and the profile of this workspace: nothing is compiled twice.
    fs::copy(here().join("../../Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    let manifest = dir.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}\n[workspace]\n\n[profile.dev]\ndebug = \"line-tables-only\"\n")).unwrap();
    for command in [&["test", "--quiet"][..], &["doc", "--quiet", "--no-deps"]] {
        let output = Command::new(env!("CARGO"))
            .args(command)
            .args(["--offline", "--target-dir"])
            .arg(target())
            .current_dir(&dir)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "cargo {command:?}:\n{said}");
        // Of the generated crate; the runtime's own are not what this is about.
        assert!(!said.contains("--> src/"), "cargo {command:?}:\n{said}");
    }
    assert!(!Path::new(&canary).exists(), "text of the document ran");
}

/// `target` of this test: `target/PROFILE/deps/this`.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}
