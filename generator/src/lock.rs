//! `mcpgen.lock`: what a committed crate was made from, and the tools that people rely on.
//!
//! It records the document and the options, so that `mcpgen check` can generate the crate again; the operation behind
//! the name of each tool, so that names stay when the document grows; and a fingerprint of what a client sees of each
//! tool, so that no change goes unseen (SECURITY.md M1).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::diag::codes::lock as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::model;
use crate::options::Options;
use crate::source::{Source, Span};

mod changes;
mod fingerprint;
mod names;
mod path;
mod recorded;

pub(crate) use changes::report as report_changes;
pub(crate) use names::{Kept, Operation};
pub use path::path_from;

use recorded::Recorded;

/// The name of the file in the root of a generated crate.
pub(crate) const FILE: &str = "mcpgen.lock";
/// The version of its form.
const VERSION: u32 = 1;

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    version: u32,
    /// The path of the document, relative to the crate, with forward slashes.
    document: String,
    #[serde(default)]
    options: Recorded,
    #[serde(default, rename = "tool")]
    tools: Vec<Tool>,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tool {
    pub name: String,
    /// The operationId.
    pub operation: Option<String>,
    /// `GET /pets/{petId}`
    pub route: Option<String>,
    /// [`fingerprint::of`] the tool.
    sha256: String,
}

impl Tool {
    /// What clients see of it, as a SHA-256 in hexadecimal digits.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }
}

impl Lock {
    /// The lock of a server.
    pub(crate) fn new(
        server: &model::Server,
        document: &Path,
        dir: &Path,
        options: &Options,
        config: Option<&Path>,
    ) -> Self {
        Self {
            document: path::recorded(document, dir),
            options: Recorded::new(options, config, dir),
            ..Self::of_tools(server)
        }
    }

    /// The tools alone, where no crate is.
    pub(crate) fn of_tools(server: &model::Server) -> Self {
        let of = |tool: &model::Tool, is_searched| Tool {
            name: tool.name.clone(),
            operation: tool.operation_id.clone(),
            route: tool.binding.as_ref().map(|binding| format!("{} {}", binding.method, binding.path)),
            sha256: fingerprint::of(tool, server, is_searched),
        };
        let tools = server.tools.iter().chain(server.search.iter().flat_map(model::Search::tools));
        let tools = tools.map(|tool| of(tool, false)).chain(server.searched().map(|tool| of(tool, true)));
        Self { version: VERSION, tools: tools.collect(), ..Self::default() }
    }

    /// The tools that it records.
    pub(crate) fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// The lock in the folder of a crate; `None` where there is no such file, which is how a crate begins.
    ///
    /// # Errors
    /// The file is there and cannot be used; the report says why.
    pub(crate) fn read(dir: &Path, report: &mut Report) -> Result<Option<Self>, Stop> {
        Self::read_file(&dir.join(FILE), report)
    }

    /// The lock in a file; `None` where there is none.
    ///
    /// # Errors
    /// Those of [`Lock::read`].
    pub(crate) fn read_file(path: &Path, report: &mut Report) -> Result<Option<Self>, Stop> {
        let name = path.to_string_lossy().replace('\\', "/");
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let message = format!("`{name}` cannot be read: {error}");
                report.push(Diagnostic { span: None, ..unusable(Span::default(), message) });
                return Err(Stop);
            }
        };
        let file = report.sources.add(Source::new(name, text.clone()));
        let problem = match toml::from_str::<Self>(&text) {
            Ok(lock) => match lock.problem() {
                None => return Ok(Some(lock)),
                Some(problem) => unusable(Span { file, start: 0, end: 0 }, problem),
            },
            Err(error) => {
                let range = error.span().unwrap_or_default();
                let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let span = Span { file, start: offset(range.start), end: offset(range.end) };
                let what = error.message().lines().next().unwrap_or_default().to_owned();
                unusable(span, format!("`{FILE}` cannot be used: {what}"))
            }
        };
        report.push(problem);
        Err(Stop)
    }

    /// What no lock of mcpgen says.
    fn problem(&self) -> Option<String> {
        if self.version != VERSION {
            return Some(format!("`{FILE}` has version {}, and this mcpgen reads version {VERSION}", self.version));
        }
        let mut seen = std::collections::BTreeSet::new();
        self.tools.iter().find_map(|tool| {
            let name = tool.name.escape_debug();
            if !names::is_tool_name(&tool.name) {
                Some(format!("`{FILE}` gives a tool the name `{name}`, which clients refuse"))
            } else if !seen.insert(&tool.name) {
                Some(format!("`{FILE}` gives two tools the name `{name}`"))
            } else {
                None
            }
        })
    }

    /// The text of the file. `header`: the first line without the sign of a comment.
    pub(crate) fn print(&self, header: &str) -> String {
        let mut out = format!(
            "# {header}\n# Commit this file: it keeps the names of tools, and `mcpgen check` compares with it.\n\n\
             version = {}\ndocument = {}\n",
            self.version,
            quoted(&self.document)
        );
        if !self.options.is_empty() {
            self.options.print(&mut out);
        }
        for Tool { name, operation, route, sha256 } in &self.tools {
            let (operation, route) = (operation.as_deref(), route.as_deref());
            out.push_str("\n[[tool]]\n");
            let rows =
                [("name", Some(name.as_str())), ("operation", operation), ("route", route), ("sha256", Some(sha256))];
            for (key, value) in rows {
                out.extend(value.map(|value| format!("{key} = {}\n", quoted(value))));
            }
        }
        out
    }

    /// The document as seen from where the command runs.
    pub(crate) fn document(&self, dir: &Path) -> PathBuf {
        path::tidy(&dir.join(&self.document))
    }

    /// The recorded options, with paths as seen from where the command runs.
    pub(crate) fn options(&self, dir: &Path) -> Options {
        self.options.options(dir)
    }

    /// The recorded file of options, as seen from where the command runs.
    pub(crate) fn config(&self, dir: &Path) -> Option<PathBuf> {
        self.options.config(dir)
    }

    /// The names that stay.
    pub(crate) fn keep(&self, operations: &[Operation<'_>]) -> Kept {
        Kept::new(&self.tools, operations)
    }
}

/// What is said where a crate has no lock.
pub(crate) fn missing(dir: &Path) -> Diagnostic {
    let message = format!("there is no `{FILE}` in `{}`", dir.display());
    let problem = Diagnostic::error(codes::MISSING, Span::default(), message);
    Diagnostic { span: None, ..problem }.help("run `mcpgen generate SPEC --out DIR` and commit the file")
}

/// A basic string of TOML 1.0 that shows every character it holds: where the serialiser leaves bidi controls and
/// invisible characters as they are, a reviewer would not see what stands there (SECURITY.md G3).
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            _ if crate::rust::is_hazardous(character) => out.push_str(&format!("\\U{:08X}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

fn unusable(span: Span, message: String) -> Diagnostic {
    Diagnostic::error(codes::UNUSABLE, span, message)
        .help("restore it from version control, or delete it and run `mcpgen generate SPEC --out DIR`")
}

#[cfg(test)]
mod tests;
