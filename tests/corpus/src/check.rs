//! Compiles the crates: clippy or `cargo check` over batches, in one workspace that shares its target folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::Record;
use crate::progress::Progress;
use crate::sweep::{append, read};
use crate::{Settings, root};

/// Crates of more lines take gigabytes to check: they are checked alone.
const ALONE: usize = 60_000;

/// How many messages of a crate are kept.
const KEPT: usize = 20;

/// A line of `checked.jsonl`.
#[derive(Debug, Serialize, Deserialize)]
struct Checked {
    name: String,
    compiles: bool,
    /// The first lines of the compiler's messages, warnings included.
    messages: Vec<String>,
    count: usize,
    /// How long the batch took, and how many crates it had.
    seconds: f64,
    batch: usize,
}

/// Checks the crates that have no line yet; whether all compile without a warning.
pub(crate) fn run(settings: &Settings, workspace: &Path, records: &[&Record]) -> Result<bool, String> {
    let lines = settings.out.join("checked.jsonl");
    let mut all: Vec<Checked> = read(&lines)?;
    let done: BTreeSet<String> = all.iter().map(|checked| checked.name.clone()).collect();
    let mut open: Vec<&Record> = records.iter().filter(|record| !done.contains(&record.name)).copied().collect();
    open.sort_by_key(|record| record.lines);
    // The dependencies are those of this repository.
    fs::copy(root().join("Cargo.lock"), workspace.join("Cargo.lock")).map_err(|error| error.to_string())?;
    let mut progress = Progress::new(records.len(), records.len() - open.len());
    let small = open.partition_point(|record| record.lines <= ALONE);
    let (together, alone) = open.split_at(small);
    for batch in together.chunks(settings.batch.max(1)).chain(alone.chunks(1)) {
        for checked in check(settings, workspace, batch)? {
            let state = if checked.compiles { "ok" } else { "DOES NOT COMPILE" };
            let line = format!(
                "{}: {state}, {} messages, {:.1} s for {}",
                checked.name, checked.count, checked.seconds, checked.batch
            );
            progress.step(&line, !checked.compiles || checked.count > 0);
            append(&lines, &checked)?;
            all.push(checked);
        }
    }
    let bad: Vec<&Checked> = all.iter().filter(|checked| !checked.compiles || checked.count > 0).collect();
    for checked in &bad {
        println!("{}: {}", checked.name, checked.messages.join("\n    "));
    }
    println!("{} of {} crates compile without a message", all.len() - bad.len(), all.len());
    Ok(bad.is_empty())
}

fn check(settings: &Settings, workspace: &Path, batch: &[&Record]) -> Result<Vec<Checked>, String> {
    let members: Vec<&str> = batch.iter().map(|record| record.name.as_str()).collect();
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[profile.dev]\ndebug = false\n");
    fs::write(workspace.join("Cargo.toml"), manifest).map_err(|error| error.to_string())?;
    let target = settings.out.canonicalize().map_err(|error| error.to_string())?.join("target");
    let started = Instant::now();
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([settings.with.as_str(), "--quiet", "--workspace", "--keep-going", "--message-format=json"])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    let seconds = started.elapsed().as_secs_f64();
    let mut checked: Vec<Checked> = members
        .iter()
        .map(|name| Checked {
            name: (*name).to_owned(),
            compiles: false,
            messages: Vec::new(),
            count: 0,
            seconds,
            batch: batch.len(),
        })
        .collect();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let manifest = message.get("manifest_path").and_then(Value::as_str).map(Path::new);
        let name = manifest.and_then(Path::parent).and_then(Path::file_name).and_then(|name| name.to_str());
        let Some(crate_) = checked.iter_mut().find(|checked| Some(checked.name.as_str()) == name) else { continue };
        match message.get("reason").and_then(Value::as_str) {
            // The binary is the last target of a crate.
            Some("compiler-artifact") => crate_.compiles |= message.pointer("/target/kind/0") == Some(&"bin".into()),
            Some("compiler-message") => {
                crate_.count += 1;
                let text = message.pointer("/message/rendered").and_then(Value::as_str).unwrap_or_default();
                if crate_.messages.len() < KEPT {
                    crate_.messages.push(text.lines().take(6).collect::<Vec<_>>().join("\n"));
                }
            }
            _ => {}
        }
    }
    Ok(checked)
}
