//! From document to formatted crate: time and peak memory, beside reading the same file into `serde_json::Value`; and a
//! sweep over a folder of documents.
//!
//! ```text
//! cargo bench -p mcpgen --bench generate                      # the committed specs, and documents of growing size
//! cargo bench -p mcpgen --bench generate -- FILE...           # these documents
//! cargo bench -p mcpgen --bench generate -- --sweep FOLDER    # every document below: refusals, skipped operations, panics
//! ```
//!
//! Each measurement runs in a process of its own, so that its peak memory (`VmHWM`, Linux) is its own; times are the
//! best of three.

#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use mcpgen::{Builder, Generated};
use serde_json::Value;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--once", what, file] => once(what, Path::new(file)),
        ["--sweep", folder] => sweep(Path::new(folder)),
        [] => {
            let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
            compare(&documents(&specs));
            grow();
        }
        files => compare(&files.iter().map(PathBuf::from).collect::<Vec<_>>()),
    }
}

/// One measurement: `seconds kilobytes` on standard output.
fn once(what: &str, file: &Path) {
    let started = Instant::now();
    let parts = match what {
        "value" => {
            let value: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            value.as_object().map_or(0, serde_json::Map::len)
        }
        _ => Builder::new(file).all(true).generate().unwrap().files().iter().count(),
    };
    let seconds = started.elapsed().as_secs_f64();
    assert!(parts > 0, "{} is empty", file.display());
    println!("{seconds} {}", peak());
}

/// Peak memory of this process in kilobytes; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The best of three runs, each in a process of its own.
fn measure(what: &str, file: &Path) -> (f64, f64) {
    let run = |_| {
        let output = Command::new(std::env::current_exe().unwrap()).args(["--once", what]).arg(file).output().unwrap();
        assert!(output.status.success(), "{what} {}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let (seconds, kilobytes) = text.trim().split_once(' ').unwrap();
        (seconds.parse::<f64>().unwrap(), kilobytes.parse::<f64>().unwrap() / 1024.0)
    };
    (0..3).map(run).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

fn compare(files: &[PathBuf]) {
    println!("{:40} {:>9} {:>9} {:>9} {:>7} {:>9}", "document", "bytes", "Value", "crate", "ratio", "peak");
    for file in files {
        let bytes = std::fs::metadata(file).unwrap().len();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let (seconds, peak) = measure("crate", file);
        // YAML has no reader into `Value` to compare with here.
        let json = std::fs::read(file).is_ok_and(|bytes| serde_json::from_slice::<Value>(&bytes).is_ok());
        let (value, ratio) = match json.then(|| measure("value", file).0) {
            Some(value) => (format!("{:.1} ms", value * 1e3), format!("{:.1}", seconds / value)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        println!("{name:40} {bytes:>9} {value:>9} {:>6.1} ms {ratio:>7} {peak:>6.0} MB", seconds * 1e3);
    }
}

/// One document with more and more operations: the time of each must stay the same.
fn grow() {
    println!("\n{:>10} {:>9} {:>12}", "operations", "crate", "an operation");
    let folder = std::env::temp_dir().join(format!("mcpgen-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for operations in [100, 200, 400, 800, 1600, 3200] {
        let file = folder.join(format!("{operations}.json"));
        std::fs::write(&file, document(operations).to_string()).unwrap();
        let (seconds, _) = measure("crate", &file);
        println!("{operations:>10} {:>6.0} ms {:>9.3} ms", seconds * 1e3, seconds * 1e3 / f64::from(operations));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A document with an object, a list and an error of its own for each operation. The objects of twenty operations lead to
/// each other: were it all of them, every tool would show all of them, and the crate itself would grow with the square.
fn document(operations: u32) -> Value {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for number in 0..operations {
        let own = format!("#/components/schemas/Thing{number}");
        paths.insert(
            format!("/things{number}/{{id}}"),
            serde_json::json!({"post": {
                "operationId": format!("changeThing{number}"),
                "tags": [format!("tag{}", number / 20)],
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": own}}}},
                "responses": {"200": {"description": "Fine.", "content": {"application/json": {"schema":
                    {"type": "array", "items": {"$ref": own}}}}}, "404": {"description": "Unknown."}},
            }}),
        );
        schemas.insert(
            format!("Thing{number}"),
            serde_json::json!({"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "maxLength": 80},
                "kind": {"type": "string", "enum": ["large", "small", format!("of its own {number}")]},
                "next": {"$ref": format!("#/components/schemas/Thing{}", number / 20 * 20 + (number + 1) % 20)},
            }}),
        );
    }
    serde_json::json!({"openapi": "3.0.3", "info": {"title": "Growing", "version": "1"},
        "servers": [{"url": "https://api.example.com"}], "paths": paths, "components": {"schemas": schemas}})
}

/// Every document of a folder, sorted.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// What became of a document.
#[derive(Default)]
struct Swept {
    operations: usize,
    tools: usize,
    warnings: BTreeMap<String, usize>,
    skipped: BTreeMap<String, usize>,
    /// The first error; beginning with `panic` for a defect.
    refused: Option<String>,
}

fn sweep(folder: &Path) {
    let files = documents(folder);
    let next = AtomicUsize::new(0);
    let all: Vec<(PathBuf, Swept)> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let started = Instant::now();
                let swept = std::panic::catch_unwind(|| look(file))
                    .unwrap_or_else(|_| Swept { refused: Some("panic".to_owned()), ..Swept::default() });
                let seconds = started.elapsed().as_secs_f64();
                if seconds > 5.0 {
                    println!("SLOW {}: {seconds:.1} s", file.display());
                }
                done.push((file.clone(), swept));
            }
            done
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    report(&all);
}

fn look(file: &Path) -> Swept {
    let mut swept = Swept { operations: count_operations(file), ..Swept::default() };
    match Builder::new(file).all(true).generate() {
        Ok(generated) => described(&generated, &mut swept),
        Err(failure) => {
            let text = failure.to_string();
            let error = text.lines().find(|line| !line.starts_with("warning") && line.contains("rror"));
            swept.refused = Some(error.unwrap_or(&text).to_owned());
        }
    }
    swept
}

fn described(generated: &Generated, swept: &mut Swept) {
    let surface = generated.surface();
    swept.tools = surface.tools.len();
    for warning in &surface.warnings {
        *swept.warnings.entry(warning.code.clone()).or_default() += 1;
        if warning.code == "W0405" {
            let reason = warning.message.split_once("skipped: ").map_or(warning.message.as_str(), |(_, why)| why);
            *swept.skipped.entry(reason.to_owned()).or_default() += 1;
        }
    }
}

/// The operations of a JSON document as they are written.
fn count_operations(file: &Path) -> usize {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let read = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let Some(value) = read else { return 0 };
    let paths = value.get("paths").and_then(Value::as_object);
    let items = paths.into_iter().flatten().filter(|(path, _)| !path.starts_with("x-"));
    items
        .map(|(_, item)| METHODS.iter().filter(|method| item.get(**method).is_some_and(Value::is_object)).count())
        .sum()
}

fn report(all: &[(PathBuf, Swept)]) {
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut warnings: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, swept) in all {
        if let Some(why) = &swept.refused {
            println!("NO {} ({} operations): {why}", file.display(), swept.operations);
            *refused.entry(why.chars().take(14).collect()).or_default() += 1;
        }
        for (code, count) in &swept.warnings {
            let entry = warnings.entry(code).or_default();
            *entry = (entry.0 + count, entry.1 + 1);
        }
        for (why, count) in &swept.skipped {
            *skipped.entry(why).or_default() += count;
        }
    }
    let sum = |number: fn(&Swept) -> usize| all.iter().map(|(_, swept)| number(swept)).sum::<usize>();
    let (operations, tools) = (sum(|swept| swept.operations), sum(|swept| swept.tools));
    println!(
        "\n{} documents, {} generated; refused: {refused:?}",
        all.len(),
        all.len() - refused.values().sum::<usize>()
    );
    println!("{operations} operations, {tools} tools: {:.3} %", 100.0 * tools as f64 / operations.max(1) as f64);
    for (why, count) in skipped {
        println!("skipped {count}: {why}");
    }
    for (code, (count, documents)) in warnings {
        println!("{code}: {count} warnings in {documents} documents");
    }
}
