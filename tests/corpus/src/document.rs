//! One document: what became of it, and what the crate holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use mcpgen::Builder;
use serde::{Deserialize, Serialize};

/// The code of an operation that did not become a tool.
const SKIPPED: &str = "W0405";

/// A line of `generated.jsonl`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The file, relative to the corpus.
    pub document: String,
    /// `generated`, `refused` (a diagnostic says why), `failed` (a defect, a crash, a timeout), or `part` (a file of a
    /// document in many files).
    pub outcome: String,
    /// The codes of the errors of a refused document; the last lines of what a failed one said.
    pub why: Vec<String>,
    /// The crate.
    pub name: String,
    /// Operations of the document, counted without the generator; `None`: it could not be read for that.
    #[serde(default)]
    pub operations: Option<usize>,
    pub tools: usize,
    /// Operations that did not become a tool, by reason.
    #[serde(default)]
    pub skipped: BTreeMap<String, usize>,
    /// What the document could not have as a tool, and everything else that was said: how often, by code.
    pub warnings: BTreeMap<String, usize>,
    pub fields: usize,
    /// Fields whose type is not untyped JSON.
    pub typed_fields: usize,
    pub error_enums: usize,
    /// Lines of generated Rust.
    pub lines: usize,
    pub seconds: f64,
    /// The largest resident set of the process, in KiB; 0 where the system does not say.
    pub peak_kib: u64,
}

/// Generates the crate and prints its record. The process does nothing else, so its peak of memory is the document's.
pub(crate) fn generate(document: &Path, out: &Path, name: &str) -> Result<bool, String> {
    let started = Instant::now();
    let mut record = Record { name: name.to_owned(), ..Record::default() };
    let runtime = crate::root().join("runtime").canonicalize().map_err(|error| error.to_string())?;
    let mut builder = Builder::new(document).all(true).name(name).runtime_path(runtime);
    // A document in many files lies in a folder of that name, and its references may lead anywhere inside of it.
    if let Some(tree) = document.ancestors().find(|folder| folder.extension().is_some_and(|end| end == "tree")) {
        builder = builder.root(tree);
    }
    match builder.generate() {
        Ok(generated) => {
            generated.write(out).map_err(|failure| failure.to_string())?;
            "generated".clone_into(&mut record.outcome);
            record.tools = generated.surface().tools.len();
            record.operations = crate::operations::count(document);
            for warning in &generated.surface().warnings {
                *record.warnings.entry(warning.code.clone()).or_default() += 1;
                if warning.code == SKIPPED {
                    *record.skipped.entry(reason(&warning.message)).or_default() += 1;
                }
            }
            for (path, file) in generated.files().iter().filter(|(path, _)| path.ends_with(".rs")) {
                record.lines += file.text().lines().count();
                match path {
                    "src/types.rs" => (record.fields, record.typed_fields) = fields(file.text()),
                    "src/errors.rs" => {
                        record.error_enums =
                            file.text().lines().filter(|line| line.trim_start().starts_with("pub enum ")).count();
                    }
                    _ => {}
                }
            }
        }
        Err(failure) => {
            let text = failure.render(false);
            let errors = codes(&text);
            if errors.is_empty() {
                "failed".clone_into(&mut record.outcome);
                record.why = text.lines().take(3).map(|line| line.chars().take(300).collect()).collect();
            } else {
                // A file without a version belongs to another document.
                let is_part = errors.iter().all(|code| code == "E0110");
                if is_part { "part" } else { "refused" }.clone_into(&mut record.outcome);
                record.why = errors.into_iter().collect();
            }
        }
    }
    record.seconds = started.elapsed().as_secs_f64();
    record.peak_kib = peak_kib().unwrap_or_default();
    println!("{}", serde_json::to_string(&record).map_err(|error| error.to_string())?);
    Ok(true)
}

impl Record {
    /// Operations that are neither a tool nor skipped; negative: there are more tools than operations.
    pub(crate) fn unaccounted(&self) -> i64 {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let skipped: usize = self.skipped.values().sum();
        self.operations.map_or(0, |operations| count(operations) - count(self.tools) - count(skipped))
    }
}

/// Why an operation is skipped, without what is its own: ``the path `…` has braces`` → `the path … has braces`.
fn reason(message: &str) -> String {
    let why = message.split_once(" is skipped: ").map_or(message, |(_, why)| why);
    let parts = why.split('`').enumerate().map(|(at, part)| if at % 2 == 1 { "…" } else { part });
    parts.collect()
}

/// The codes in `error[E0111]: …`.
fn codes(text: &str) -> BTreeSet<String> {
    let code = |line: &str| Some(line.strip_prefix("error[")?.split_once(']')?.0.to_owned());
    text.lines().filter_map(code).collect()
}

/// The fields of the structs in a generated `types.rs`: all, and those that are typed throughout.
fn fields(types: &str) -> (usize, usize) {
    let field = |line: &&str| {
        let name = line.trim_start().strip_prefix("pub ").and_then(|rest| rest.split_once(": "));
        name.is_some_and(|(name, _)| !name.contains([' ', '(']))
    };
    let all: Vec<&str> = types.lines().filter(field).collect();
    let typed = all.iter().filter(|line| !line.contains("rt::Value")).count();
    (all.len(), typed)
}

/// `VmHWM` of `/proc/self/status`.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_and_untyped_ones_are_told_apart() {
        let types = "pub struct A {\n    /// pub no: field\n    pub a: Option<String>,\n    pub b: Vec<rt::Value>,\n    \
                     pub r#type: i64,\n}\npub type B = Vec<A>;\npub struct C(pub Box<C>);\npub enum D { pub }\n";
        assert_eq!(fields(types), (3, 2));
    }

    #[test]
    fn reasons_are_those_of_many_operations() {
        assert_eq!(reason("`GET /a` is skipped: it requires `x`, which is odd"), "it requires …, which is odd");
        let record = Record { operations: Some(3), tools: 1, skipped: [("a".into(), 1)].into(), ..Record::default() };
        assert_eq!(record.unaccounted(), 1);
    }

    #[test]
    fn codes_are_those_of_errors() {
        let text = "warning[W0101]: a\nerror[E0111]: b\n  = error[E0000]\nerror[E0603]: c\nerror[E0111]: d\n";
        assert_eq!(codes(text), ["E0111", "E0603"].map(str::to_owned).into());
    }
}
