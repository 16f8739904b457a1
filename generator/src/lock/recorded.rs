//! The options that `mcpgen.lock` records: those of the command line, so that `mcpgen check` can generate the crate again.
//! What stands in an `mcpgen.toml` is read from there.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{path, quoted};
use crate::options::{Descriptions, Expose, Options, OutputSchema, Profile, Selection};

/// The table `[options]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Recorded {
    /// The file of options, relative to the crate, with forward slashes.
    pub config: Option<String>,
    pub name: Option<String>,
    pub source_label: Option<String>,
    /// As [`Recorded::config`].
    pub root: Option<String>,
    /// As [`Recorded::config`].
    pub overlays: Vec<String>,
    pub media_types: Vec<String>,
    pub only: Option<Vec<String>>,
    pub all: bool,
    pub max_tools: Option<usize>,
    pub token_budget: Option<usize>,
    pub expose: Option<Expose>,
    pub descriptions: Option<Descriptions>,
    pub profile: Vec<Profile>,
    pub output_schema: Option<OutputSchema>,
    pub projection: Option<bool>,
    pub deadline_ms: Option<u64>,
    pub include: Selection,
    pub exclude: Selection,
    pub pin: Selection,
}

impl Recorded {
    pub fn new(options: &Options, config: Option<&Path>, dir: &Path) -> Self {
        Self {
            config: config.map(|config| path::recorded(config, dir)),
            name: options.name.clone(),
            source_label: options.source_label.clone(),
            root: options.root.as_deref().map(|root| {
                let relative = path::path_from(dir, root).unwrap_or_else(|_| root.to_owned());
                relative.to_string_lossy().replace('\\', "/")
            }),
            overlays: options.overlays.iter().map(|overlay| path::recorded(overlay, dir)).collect(),
            media_types: options.media_types.clone(),
            only: options.only.clone(),
            all: options.all,
            max_tools: options.max_tools,
            token_budget: options.token_budget,
            expose: options.expose,
            descriptions: options.descriptions,
            profile: options.profile.clone(),
            output_schema: options.output_schema,
            projection: options.projection,
            deadline_ms: options.deadline_ms,
            include: options.include.clone(),
            exclude: options.exclude.clone(),
            pin: options.pin.clone(),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn config(&self, dir: &Path) -> Option<PathBuf> {
        self.config.as_ref().map(|config| path::tidy(&dir.join(config)))
    }

    pub fn options(&self, dir: &Path) -> Options {
        let here = |recorded: &String| path::tidy(&dir.join(recorded));
        let recorded = self.clone();
        Options {
            name: recorded.name,
            source_label: recorded.source_label,
            root: self.root.as_ref().map(here),
            overlays: self.overlays.iter().map(here).collect(),
            media_types: recorded.media_types,
            only: recorded.only,
            all: recorded.all,
            max_tools: recorded.max_tools,
            token_budget: recorded.token_budget,
            expose: recorded.expose,
            descriptions: recorded.descriptions,
            profile: recorded.profile,
            output_schema: recorded.output_schema,
            projection: recorded.projection,
            deadline_ms: recorded.deadline_ms,
            include: recorded.include,
            exclude: recorded.exclude,
            pin: recorded.pin,
            ..Options::default()
        }
    }

    pub fn print(&self, out: &mut String) {
        out.push_str("\n[options]\n");
        let mut row = |key: &str, value: Option<String>| out.extend(value.map(|value| format!("{key} = {value}\n")));
        for (key, value) in
            [("config", &self.config), ("name", &self.name), ("source_label", &self.source_label), ("root", &self.root)]
        {
            row(key, value.as_deref().map(quoted));
        }
        row("overlays", list(&self.overlays));
        row("media_types", list(&self.media_types));
        row("only", self.only.as_deref().map(|only| list(only).unwrap_or_else(|| "[]".to_owned())));
        row("all", self.all.then(|| "true".to_owned()));
        row("max_tools", self.max_tools.map(|most| most.to_string()));
        row("token_budget", self.token_budget.map(|budget| budget.to_string()));
        row("expose", self.expose.map(|expose| quoted(expose.as_str())));
        row("descriptions", self.descriptions.map(|much| quoted(much.as_str())));
        let profile: Vec<String> = self.profile.iter().map(|profile| profile.as_str().to_owned()).collect();
        row("profile", list(&profile));
        row("output_schema", self.output_schema.map(|mode| quoted(mode.as_str())));
        row("projection", self.projection.map(|projection| projection.to_string()));
        row("deadline_ms", self.deadline_ms.map(|deadline| deadline.to_string()));
        for (key, selection) in [("include", &self.include), ("exclude", &self.exclude), ("pin", &self.pin)] {
            if selection.is_empty() {
                continue;
            }
            out.push_str(&format!("\n[options.{key}]\n"));
            let Selection { tags, operations, paths, methods } = selection;
            for (key, patterns) in [("tags", tags), ("operations", operations), ("paths", paths), ("methods", methods)]
            {
                out.extend(list(patterns).map(|list| format!("{key} = {list}\n")));
            }
        }
    }
}

/// An array of strings; `None` for none.
fn list(words: &[String]) -> Option<String> {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    (!quoted.is_empty()).then(|| format!("[{}]", quoted.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_what_is_read() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let options = Options {
            name: Some("pets".to_owned()),
            root: Some("src".into()),
            overlays: vec!["src/lock.rs".into()],
            media_types: words(&["text/*"]),
            only: Some(words(&["get_pet", "a\u{202e}b"])),
            all: true,
            max_tools: Some(7),
            token_budget: Some(900),
            expose: Some(Expose::Search),
            profile: vec![Profile::OpenAi, Profile::VsCode],
            pin: Selection { tags: words(&["y"]), ..Selection::default() },
            output_schema: Some(OutputSchema::Off),
            projection: Some(true),
            deadline_ms: Some(5_000),
            include: Selection { tags: words(&["x"]), methods: words(&["get", "put"]), ..Selection::default() },
            exclude: Selection { paths: words(&["/a/**"]), operations: words(&["*b"]), ..Selection::default() },
            ..Options::default()
        };
        let dir = Path::new("src/lock");
        let recorded = Recorded::new(&options, Some(Path::new("src/lock/names.rs")), dir);
        let mut text = String::new();
        recorded.print(&mut text);
        let table: toml::Table = toml::from_str(&text).unwrap();
        let read: Recorded = table["options"].clone().try_into().unwrap();
        assert_eq!(read, recorded);
        assert_eq!(read.options(dir), options);
        assert_eq!(read.config(dir).unwrap(), Path::new("src/lock/names.rs"));
    }
}
