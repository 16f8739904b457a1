//! What changed between two versions of a server, and for whom it breaks: `mcpgen diff`.
//!
//! A version is a document, a generated crate, or a lone `mcpgen.lock`. All three are read as what they have in common: the
//! generated source, because that is what clients are shown and what callers compile against. A lone lock has fingerprints
//! only, which say that a tool changed and not how.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::generate::Failure;
use crate::options::Options;

mod agents;
mod api;
mod callers;
mod reader;
mod schema;
mod version;

pub(crate) use version::Version;

/// What changed between two versions of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diff {
    /// The changes: those for agents, then those for operators and Rust callers; breaking ones first.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Who sees it.
    pub audience: Audience,
    /// Whether what worked before can fail now. `false` sorts last.
    #[serde(serialize_with = "is_breaking")]
    pub effect: Effect,
    /// What it is about: ``tool `get_pet` ``, ``struct `Pet` ``.
    pub subject: String,
    /// Where in it: `input.status`, `output.home.room`, the name of a field; empty for the whole.
    pub place: String,
    /// A stable word for programs: `tool-removed`, `type-changed`.
    pub kind: &'static str,
    /// In words.
    pub message: String,
    /// The tools that it is a change of, by name.
    pub tools: Vec<String>,
}

/// Who sees a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Audience {
    /// Models and their clients: tools, resources, prompts.
    Agents,
    /// Who runs the server: its environment variables.
    Operators,
    /// Who overrides methods or uses the types.
    Rust,
}

/// What a change does to those who see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// What worked before can fail now.
    Breaking,
    /// What worked before works still.
    Compatible,
}

fn is_breaking<S: serde::Serializer>(effect: &Effect, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(effect.as_str())
}

impl Effect {
    /// The word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Compatible => "compatible",
        }
    }
}

impl Audience {
    /// The words for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Operators => "operators",
            Self::Rust => "Rust callers",
        }
    }
}

/// Compares two versions of a server. Each is a document, the folder of a generated crate (or the `mcpgen.lock` in it), or
/// an `mcpgen.lock` alone.
///
/// `options` are for documents. Beside a crate a document is read with the options and the names that the crate's lock
/// records, as if the crate were generated from it.
///
/// # Errors
/// A version that cannot be read, with everything that is wrong with it.
pub fn diff(old: impl AsRef<Path>, new: impl AsRef<Path>, options: &Options) -> Result<Diff, Failure> {
    let (old, new) = version::both(old.as_ref(), new.as_ref(), options)?;
    Ok(compare(&old, &new))
}

pub(crate) fn compare(old: &Version, new: &Version) -> Diff {
    let mut changes = Vec::new();
    agents::compare(old, new, &mut changes);
    if let (Some(old), Some(new)) = (&old.api, &new.api) {
        callers::compare(old, new, &mut changes);
    }
    // What several arguments share is found several times.
    changes.sort();
    changes.dedup();
    Diff { changes }
}

impl Change {
    /// Changes of one group stand below one line.
    fn group(&self) -> (Audience, Effect, &str) {
        (self.audience, self.effect, &self.subject)
    }
}

impl Diff {
    /// Whether some change is breaking.
    pub fn is_breaking(&self) -> bool {
        self.count(Effect::Breaking) > 0
    }

    fn count(&self, effect: Effect) -> usize {
        self.changes.iter().filter(|change| change.effect == effect).count()
    }
}

/// The changes for a terminal: a heading for each audience and effect, a line for each change. What stands in a document is
/// shown without control characters.
impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return f.write_str("nothing changed\n");
        }
        let mut heading = None;
        for group in self.changes.chunk_by(|one, other| one.group() == other.group()) {
            let Some(first) = group.first() else { continue };
            if heading != Some((first.audience, first.effect)) {
                let blank = if heading.is_some() { "\n" } else { "" };
                writeln!(f, "{blank}{} for {}", first.effect.as_str(), first.audience.as_str())?;
                heading = Some((first.audience, first.effect));
            }
            let subject = visible(&first.subject);
            if let ([only], true) = (group, first.place.is_empty()) {
                writeln!(f, "  {subject}: {}", visible(&only.message))?;
                continue;
            }
            writeln!(f, "  {subject}")?;
            for change in group {
                let place =
                    if change.place.is_empty() { String::new() } else { format!("{}: ", visible(&change.place)) };
                writeln!(f, "    {place}{}", visible(&change.message))?;
            }
        }
        let (breaking, compatible) = (self.count(Effect::Breaking), self.count(Effect::Compatible));
        writeln!(f, "\n{breaking} breaking, {compatible} compatible")
    }
}

/// The text with what a reader would not see written as escapes.
fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if crate::rust::is_hazardous(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
        out
    })
}

#[cfg(test)]
mod tests;
