//! The line in a build script: files to `OUT_DIR`, warnings and dependencies to cargo.
//!
//! The only place of the library that prints, because standard output is how a build script talks to cargo.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::diag::codes::write as codes;
use crate::diag::{Diagnostic, Report, Severity};
use crate::files::Files;
use crate::source::Span;
use crate::write;

/// Writes the modules to `OUT_DIR/NAME` and tells cargo the rest.
pub(crate) fn write(files: &Files, name: &str, report: &Report) -> Result<(), Vec<Diagnostic>> {
    let Some(out_dir) = std::env::var_os("OUT_DIR") else {
        let message = "the environment variable OUT_DIR is not set, so this is no build script";
        let problem = Diagnostic::error(codes::NO_OUT_DIR, Span::default(), message);
        return Err(vec![
            Diagnostic { span: None, ..problem }
                .help("call `write_to_out_dir` from build.rs, or `write` with a folder"),
        ]);
    };
    write::write(&modules(files), &PathBuf::from(out_dir).join(name))?;
    // A reader that went away is cargo itself, which then reports more than this could.
    let _ = io::stdout().lock().write_all(directives(report).as_bytes());
    Ok(())
}

/// The generated modules, as they stand beside one another without the folder `src`.
fn modules(files: &Files) -> Files {
    let mut modules = Files::default();
    for (path, file) in files.iter() {
        if let Some(module) = path.strip_prefix("src/")
            && !file.owned()
        {
            modules.insert(module, file.clone());
        }
    }
    modules
}

/// What cargo reads: one directive a line. No text of a document can begin another one (SECURITY.md G2).
fn directives(report: &Report) -> String {
    let mut out = String::new();
    for source in report.sources.iter() {
        // A name that a line cannot hold is watched through the nearest folder that it can.
        let path = Path::new(&source.name).ancestors().find(|path| !path.to_string_lossy().contains(char::is_control));
        if let Some(path) = path.filter(|path| !path.as_os_str().is_empty()) {
            out.push_str(&format!("cargo::rerun-if-changed={}\n", path.display()));
        }
    }
    for warning in report.sorted().into_iter().filter(|diagnostic| diagnostic.severity == Severity::Warning) {
        out.push_str(&format!("cargo::warning={}\n", one_line(&describe(warning, report))));
    }
    out
}

/// `specs/petstore.yaml:41:7: what was done; what to do [W0601]`
fn describe(warning: &Diagnostic, report: &Report) -> String {
    let mut text = String::new();
    if let Some((span, source)) = warning.span.and_then(|span| Some((span, report.sources.get(span.file)?))) {
        let (line, column) = source.position(span.start);
        text.push_str(&format!("{}:{line}:{column}: ", source.name));
    }
    text.push_str(&warning.message);
    if let Some(help) = &warning.help {
        text.push_str(&format!("; {help}"));
    }
    text.push_str(&format!(" [{}]", warning.code.0));
    text
}

/// The text with control characters escaped, line breaks among them.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_debug()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::files::File;
    use crate::source::Source;

    fn report(sources: &[&str]) -> Report {
        let mut report = Report::default();
        for name in sources {
            report.sources.add(Source::new(*name, "a: 1\nb: 2\n"));
        }
        report
    }

    #[test]
    fn cargo_watches_the_document_and_every_file_that_it_refers_to() {
        let report = report(&["specs/petstore.yaml", "specs/parts/pet.yaml"]);
        let expected = "cargo::rerun-if-changed=specs/petstore.yaml\ncargo::rerun-if-changed=specs/parts/pet.yaml\n";
        assert_eq!(directives(&report), expected);
    }

    #[test]
    fn a_warning_is_one_line_with_its_place_and_remedy() {
        let mut report = report(&["specs/a.yaml"]);
        let warning = Diagnostic::warning(Code("W0601"), Span { file: 0, start: 5, end: 6 }, "`b` is called `b_2`");
        report.push(warning.help("give it another name"));
        let said = directives(&report);
        let expected = "cargo::warning=specs/a.yaml:2:1: `b` is called `b_2`; give it another name [W0601]";
        assert_eq!(said.lines().nth(1), Some(expected));
        assert_eq!(said.lines().count(), 2);
    }

    /// SECURITY.md G2: cargo would link with what a second directive says.
    #[test]
    fn no_text_of_a_document_becomes_a_directive() {
        let payload = "x\r\ncargo::rustc-link-arg=/tmp/canary\ncargo:rustc-env=A=B";
        let mut report = report(&["specs/a.yaml", &format!("specs/{payload}/b.yaml")]);
        let warning = Diagnostic::warning(Code("W0601"), Span { file: 1, start: 0, end: 1 }, payload);
        report.push(warning.help(payload));
        let said = directives(&report);
        for line in said.lines() {
            let known = ["cargo::rerun-if-changed=", "cargo::warning="];
            assert!(known.iter().any(|known| line.starts_with(known)), "{line:?}");
        }
        assert!(said.contains("cargo::rerun-if-changed=specs\n"), "{said}");
    }

    #[test]
    fn only_generated_modules_are_written_side_by_side() {
        let mut files = Files::default();
        files.insert("README.md", File::generated("<!-- @generated by mcpgen -->".to_owned()));
        files.insert("src/lib.rs", File::generated("// lib".to_owned()));
        files.insert("src/tools.rs", File::generated("// tools".to_owned()));
        files.insert("src/main.rs", File::of_person("// mine".to_owned()));
        files.insert("Cargo.toml", File::of_person("# mine".to_owned()));
        let modules = modules(&files);
        let found: Vec<_> = modules.iter().map(|(path, file)| (path, file.text())).collect();
        assert_eq!(found, [("lib.rs", "// lib"), ("tools.rs", "// tools")]);
    }
}
