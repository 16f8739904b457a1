//! All documents of a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::document::Record;
use crate::progress::Progress;
use crate::{Settings, check};

/// How long one document may take.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Sweeps; whether nothing failed.
pub(crate) fn run(settings: &Settings, with_check: bool) -> Result<bool, String> {
    let workspace = settings.out.join("crates");
    fs::create_dir_all(&workspace).map_err(|error| format!("{}: {error}", workspace.display()))?;
    let documents = sample(documents(&settings.corpus)?, settings);
    let lines = settings.out.join("generated.jsonl");
    let mut records: Vec<Record> = read(&lines)?;
    let done: BTreeSet<String> = records.iter().map(|record| record.document.clone()).collect();
    let is_open = |path: &&PathBuf| !done.contains(&name_in(&settings.corpus, path));
    let open = documents.iter().filter(is_open).count();
    let mut progress = Progress::new(documents.len(), documents.len() - open);
    for path in documents.iter().filter(is_open) {
        let document = name_in(&settings.corpus, path);
        let record = one(path, &document, &workspace)?;
        let line = format!(
            "{document}: {} {}, {} tools, {}/{} fields typed, {:.1} s, {} MiB",
            record.outcome,
            record.why.first().map_or("", String::as_str),
            record.tools,
            record.typed_fields,
            record.fields,
            record.seconds,
            record.peak_kib / 1024
        );
        progress.step(&line, record.outcome == "failed" || record.unaccounted() != 0);
        append(&lines, &record)?;
        records.push(record);
    }
    let mut is_good = summary(&records);
    if with_check {
        let names: Vec<&Record> = records.iter().filter(|record| record.outcome == "generated").collect();
        is_good &= check::run(settings, &workspace, &names)?;
    }
    Ok(is_good)
}

/// The name of a document: its path inside of the corpus.
fn name_in(corpus: &Path, path: &Path) -> String {
    path.strip_prefix(corpus).unwrap_or(path).display().to_string()
}

/// As many documents as are asked for, chosen by the seed alone; in the order that they had.
fn sample(documents: Vec<PathBuf>, settings: &Settings) -> Vec<PathBuf> {
    let Some(wanted) = settings.sample else { return documents };
    println!("a sample of {wanted} of {} documents, seed {}", documents.len(), settings.seed);
    // SplitMix64, so that the sample is the same everywhere.
    let mut state = settings.seed;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let mut by_name: Vec<PathBuf> = documents.clone();
    by_name.sort();
    let mut keyed: Vec<(u64, PathBuf)> = by_name.into_iter().map(|path| (random(), path)).collect();
    keyed.sort();
    let chosen: BTreeSet<PathBuf> = keyed.into_iter().take(wanted).map(|(_, path)| path).collect();
    documents.into_iter().filter(|path| chosen.contains(path)).collect()
}

/// Generates in a process of its own.
fn one(path: &Path, document: &str, workspace: &Path) -> Result<Record, String> {
    let name = crate_name(document);
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(["one".as_ref(), path.as_os_str(), workspace.join(&name).as_os_str(), name.as_ref()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let started = Instant::now();
    // A record is one short line, and a crash says a few: the pipes cannot fill up.
    let timed_out = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(_) => break false,
            None if started.elapsed() > TIMEOUT => {
                child.kill().map_err(|error| error.to_string())?;
                break true;
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let mut record: Record = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Record {
        name,
        outcome: "failed".to_owned(),
        why: if timed_out {
            vec![format!("no end after {} s", TIMEOUT.as_secs())]
        } else {
            String::from_utf8_lossy(&output.stderr).lines().rev().take(5).map(str::to_owned).collect()
        },
        ..Record::default()
    });
    document.clone_into(&mut record.document);
    Ok(record)
}

/// `petstore__v1.yaml` → `petstore-v1`; long names end with a digest so that they stay apart.
fn crate_name(document: &str) -> String {
    let stem = document.rsplit_once('.').map_or(document, |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let digest =
        document.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let short: String = words.join("-").chars().take(30).collect();
    format!("d-{}-{digest:08x}", short.trim_end_matches('-'))
}

fn documents(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|e| extension == *e))
            {
                files.push(path);
            }
        }
    }
    // Small ones first: what is wrong everywhere shows soon.
    files.sort_by_key(|path| (fs::metadata(path).map_or(0, |data| data.len()), path.clone()));
    Ok(files)
}

/// The lines of an earlier run.
pub(crate) fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    // A line that was cut off is done again.
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

pub(crate) fn append(path: &Path, line: &impl serde::Serialize) -> Result<(), String> {
    let text = serde_json::to_string(line).map_err(|error| error.to_string())?;
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    writeln!(file, "{text}").map_err(|error| error.to_string())
}

/// Prints the totals; whether nothing failed.
fn summary(records: &[Record]) -> bool {
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut refusals: BTreeMap<&str, usize> = BTreeMap::new();
    let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
    for record in records {
        *outcomes.entry(&record.outcome).or_default() += 1;
        if record.outcome == "refused" {
            record.why.iter().for_each(|code| *refusals.entry(code).or_default() += 1);
        }
        record.warnings.iter().for_each(|(code, count)| *warnings.entry(code).or_default() += count);
    }
    let total = |count: fn(&Record) -> usize| records.iter().map(count).sum::<usize>();
    let (fields, typed) = (total(|record| record.fields), total(|record| record.typed_fields));
    println!("{} documents: {outcomes:?}; refused: {refusals:?}", records.len());
    println!(
        "{} tools, {typed} of {fields} fields typed, {} lines",
        total(|record| record.tools),
        total(|record| record.lines)
    );
    let mut untyped: BTreeMap<&str, usize> = BTreeMap::new();
    for (cause, count) in records.iter().flat_map(|record| &record.untyped) {
        *untyped.entry(cause).or_default() += count;
    }
    println!("untyped fields by cause: {untyped:?}");
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, count) in records.iter().flat_map(|record| &record.skipped) {
        *skipped.entry(reason).or_default() += count;
    }
    println!(
        "{} operations in, {} skipped: {skipped:?}",
        total(|record| record.operations.unwrap_or(record.tools)),
        skipped.values().sum::<usize>()
    );
    let mut is_good = !outcomes.contains_key("failed");
    for record in records.iter().filter(|record| record.unaccounted() != 0) {
        println!("{}: {} operations are neither a tool nor skipped", record.document, record.unaccounted());
        is_good = false;
    }
    for record in records.iter().filter(|record| record.outcome == "generated" && record.operations.is_none()) {
        println!("{}: its operations could not be counted", record.document);
        is_good = false;
    }
    println!("warnings: {warnings:?}");
    let most = records.iter().map(|record| record.peak_kib).max().unwrap_or_default();
    let seconds: f64 = records.iter().map(|record| record.seconds).sum();
    println!("{seconds:.1} s in all, at most {} MiB for a document", most / 1024);
    is_good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_crates_are_short_and_stay_apart() {
        let name = crate_name("a/Pet_Store__v1.json");
        assert!(name.starts_with("d-a-pet-store-v1-"), "{name}");
        let long = "x".repeat(200);
        let (one, other) = (crate_name(&format!("{long}1.yaml")), crate_name(&format!("{long}2.yaml")));
        assert!(one != other && one.len() <= 64, "{one}");
    }
}
