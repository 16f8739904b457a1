//! The official conformance suite, as `install.sh` installs it, and what it reports.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::client::new_node;
use crate::interop_dir;

/// What a run of the suite reported.
#[derive(Debug)]
pub struct Report {
    /// The exit status; a scored scenario that fails sets it.
    pub success: bool,
    /// The scenarios, by their name.
    pub scenarios: BTreeMap<String, Scenario>,
    /// What it printed.
    pub output: String,
}

/// One scenario.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// Why it does not count for the revision, where it does not.
    pub unscored: Option<String>,
    /// How many checks came to each status: `SUCCESS`, `FAILURE`, `WARNING`, `SKIPPED`, `INFO`.
    pub checks: BTreeMap<String, usize>,
    /// What is said about the checks that failed or warn.
    pub remarks: Vec<String>,
}

impl Scenario {
    /// How many checks came to this status.
    pub fn count(&self, status: &str) -> usize {
        self.checks.get(status).copied().unwrap_or_default()
    }
}

/// What keeps the suite from running on this machine, and how to get it.
pub fn missing_suite() -> Option<String> {
    let dir = interop_dir();
    let script = script(&dir);
    if !dir.join("node.stamp").is_file() || !script.is_file() {
        return Some(format!("not installed in {}: run tests/interop/install.sh", dir.display()));
    }
    // It uses fs.globSync.
    crate::client::too_old(&new_node(&dir), (22, 0))
}

/// Runs the suite against the server at this URL; its files go into the folder.
pub fn run_suite(url: &str, selection: &[&str], folder: &Path) -> Report {
    let dir = interop_dir();
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).expect("a folder for the report");
    let mut command = Command::new(new_node(&dir));
    command.arg(script(&dir)).args(["server", "--url", url]).args(selection).arg("-o").arg(folder);
    let output = command.current_dir(std::env::temp_dir()).output().expect("the suite starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let mut scenarios = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the report").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let checks = std::fs::read(entry.path().join("checks.json")).expect("checks.json of each scenario");
        scenarios.insert(scenario_of(&name), scenario(&serde_json::from_slice(&checks).expect("JSON")));
    }
    // "  ✗ tasks-lifecycle (extension)", below "Not scored for …".
    let unscored = text.split_once("\nNot scored for ").map_or("", |(_, rest)| rest);
    for line in unscored.lines().filter(|line| line.starts_with("  ")) {
        let mut words = line.split_whitespace().skip(1);
        let (name, reason) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>().join(" "));
        let scenario = scenarios.get_mut(name).unwrap_or_else(|| panic!("no report of {name}"));
        scenario.unscored = Some(reason);
    }
    Report { success: output.status.success(), scenarios, output: text }
}

fn script(dir: &Path) -> std::path::PathBuf {
    dir.join("node_modules/@modelcontextprotocol/conformance/dist/index.js")
}

/// `server-tools-list-2026-11-23T13-58-11-391Z` is about `tools-list`.
fn scenario_of(folder: &str) -> String {
    let name = folder.strip_prefix("server-").expect("a scenario of servers");
    let end = name.len().checked_sub("-2026-11-23T13-58-11-391Z".len()).expect("a time behind the name");
    name[..end].to_owned()
}

fn scenario(checks: &Value) -> Scenario {
    let mut scenario = Scenario::default();
    for check in checks.as_array().expect("a list of checks") {
        let status = check["status"].as_str().expect("a status");
        *scenario.checks.entry(status.to_owned()).or_default() += 1;
        if matches!(status, "FAILURE" | "WARNING") {
            let why = check["errorMessage"].as_str().or(check["description"].as_str()).unwrap_or_default();
            scenario.remarks.push(format!("{status} {}: {why}", check["id"].as_str().unwrap_or_default()));
        }
    }
    scenario
}
