//! `mcpgen.toml`: options in a file.

use std::fs;
use std::path::{Path, PathBuf};

use super::Options;
use crate::diag::codes::options as codes;
use crate::diag::{Diagnostic, Report, Stop};
use crate::source::{Source, Span};
use crate::suggest;

/// The name under which the folder of a crate may hold its options.
pub const FILE: &str = "mcpgen.toml";

/// Reads a file of options. Its paths become relative to where the command runs.
///
/// # Errors
/// The file cannot be read, is no TOML, or holds a key or a value that is none of [`Options`]; the report says where.
pub(crate) fn read(path: &Path, report: &mut Report) -> Result<Options, Stop> {
    let name = path.to_string_lossy().replace('\\', "/");
    let text = fs::read_to_string(path).map_err(|error| {
        let problem = Diagnostic::error(codes::FILE, Span::default(), format!("cannot read `{name}`: {error}"));
        report.push(Diagnostic { span: None, ..problem });
        Stop
    })?;
    let file = report.sources.add(Source::new(name.clone(), text.clone()));
    let mut options: Options = toml::from_str(&text).map_err(|error| {
        let range = error.span().unwrap_or_default();
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { file, start: offset(range.start), end: offset(range.end) };
        let message = error.message().lines().next().unwrap_or_default();
        let mut problem = Diagnostic::error(codes::FILE, span, format!("`{name}` cannot be used: {message}"));
        problem.help = near_key(message);
        report.push(problem);
        Stop
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let here = |path: &PathBuf| folder.join(path);
    options.root = options.root.as_ref().map(here);
    options.overlays = options.overlays.iter().map(here).collect();
    Ok(options)
}

/// ``unknown field `x`, expected one of `a`, `b` ``: the known key that was meant.
fn near_key(message: &str) -> Option<String> {
    let mut words = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    let near = suggest::closest(unknown, words)?;
    Some(format!("did you mean `{near}`?"))
}

impl Options {
    /// These options, and those of the other ones where these say nothing. Of one tool, what is said here is all.
    #[must_use]
    pub(crate) fn or(mut self, other: Self) -> Self {
        let Self { name, runtime_path, source_label, strict, root, overlays, only, include, exclude, .. } = other;
        self.name = self.name.or(name);
        self.runtime_path = self.runtime_path.or(runtime_path);
        self.source_label = self.source_label.or(source_label);
        self.strict |= strict;
        self.allow_remote_refs |= other.allow_remote_refs;
        self.root = self.root.or(root);
        if self.overlays.is_empty() {
            self.overlays = overlays;
        }
        if self.media_types.is_empty() {
            self.media_types = other.media_types;
        }
        // A choice is one thing: what is chosen here is not mixed with what was chosen there.
        if self.only.is_none() && self.include.is_empty() && self.exclude.is_empty() && !self.all {
            (self.only, self.include, self.exclude, self.all) = (only, include, exclude, other.all);
        }
        self.max_tools = self.max_tools.or(other.max_tools);
        self.token_budget = self.token_budget.or(other.token_budget);
        self.expose = self.expose.or(other.expose);
        self.descriptions = self.descriptions.or(other.descriptions);
        if self.profile.is_empty() {
            self.profile = other.profile;
        }
        if self.pin.is_empty() {
            self.pin = other.pin;
        }
        self.output_schema = self.output_schema.or(other.output_schema);
        self.projection = self.projection.or(other.projection);
        self.deadline_ms = self.deadline_ms.or(other.deadline_ms);
        for (tool, options) in other.tools {
            self.tools.entry(tool).or_insert(options);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::OutputSchema;

    fn options(text: &str) -> Result<Options, String> {
        let dir = std::env::temp_dir().join(format!("mcpgen-options-{}-{}", std::process::id(), text.len()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join(FILE);
        fs::write(&path, text).unwrap();
        let mut report = Report::default();
        let options = read(&path, &mut report).map_err(|Stop| report.render(false));
        fs::remove_dir_all(dir).unwrap();
        options
    }

    #[test]
    fn a_file_holds_every_option() {
        let read = options(
            "name = \"pets\"\nstrict = true\nroot = \"..\"\noverlays = [\"a.yaml\"]\nmax_tools = 10\ntoken_budget = 900\n\
             expose = \"tool\"\noutput_schema = \"strict\"\nprojection = true\ndeadline_ms = 5000\n[include]\ntags = [\"pets\"]\nmethods = [\"get\"]\n\
             [exclude]\npaths = [\"/admin/**\"]\noperations = [\"get*\"]\n\
             [tools.getPet]\nname = \"pet\"\nappend = \"Slow.\"\noutput_schema = \"off\"\nprojection = false\nexpose = \"both\"\n\
             [tools.getPet.parameters]\nshop = { value = 3 }\ntenant = { env = \"TENANT\", secret = true }\n",
        )
        .unwrap();
        assert_eq!(
            (read.name.as_deref(), read.max_tools, read.expose),
            (Some("pets"), Some(10), Some(super::super::Expose::Tool))
        );
        assert!(read.root.unwrap().ends_with(".."), "relative to the file");
        assert_eq!(read.include.tags, ["pets"]);
        let tool = &read.tools["getPet"];
        assert_eq!((read.output_schema, tool.output_schema), (Some(OutputSchema::Strict), Some(OutputSchema::Off)));
        assert_eq!((read.projection, tool.projection), (Some(true), Some(false)));
        assert_eq!(tool.parameters["shop"].value, Some(serde_json::json!(3)));
        assert!(tool.parameters["tenant"].secret);
    }

    #[test]
    fn what_is_no_option_is_an_error_with_its_place() {
        let problem = options("nmae = \"pets\"\n").unwrap_err();
        assert!(problem.contains("error[E0901]") && problem.contains("mcpgen.toml:1:1"), "{problem}");
        assert!(problem.contains("did you mean `name`?"), "{problem}");
        let problem = options("name = \"pets\"\n[tools.get_pet]\nexpose = \"tol\"\n").unwrap_err();
        assert!(problem.contains("mcpgen.toml:3:10"), "{problem}");
    }

    #[test]
    fn what_is_given_wins_and_a_choice_is_not_mixed() {
        let file = Options {
            name: Some("file".to_owned()),
            only: Some(vec!["a".to_owned()]),
            max_tools: Some(5),
            ..Options::default()
        };
        let given = Options { name: Some("given".to_owned()), all: true, ..Options::default() };
        let both = given.or(file);
        assert_eq!((both.name.as_deref(), both.only, both.all, both.max_tools), (Some("given"), None, true, Some(5)));
    }
}
