//! The catalogue of search mode: operations that a model finds with words, and that no client lists.
//!
//! A generated crate embeds one line of JSON for each operation. Nothing is read at start-up: the first use finds the
//! lines, the first search reads their words, and the first call of an operation reads its own line. What has been read
//! lives as long as the process, as the text does that it comes from, so each line is read at most once.

mod line;
mod rank;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

pub(crate) use line::{DeclaredError, Entry};
use rank::Ranking;

use crate::def::ToolDef;
use crate::validate;

/// The operations of an API as lines of JSON, and the three tools that lead to them.
pub struct Catalog {
    text: &'static str,
    tools: CatalogTools,
    index: OnceLock<Index>,
}

/// The tools of search mode.
#[derive(Debug)]
pub struct CatalogTools {
    /// Words → operations, the best first. Arguments: `query`, `limit`.
    pub search: ToolDef,
    /// The name of an operation → its arguments, what it returns, its errors. Argument: `name`.
    pub describe: ToolDef,
    /// Calls an operation. Arguments: `name`, `arguments`.
    pub call: ToolDef,
}

struct Index {
    rows: Vec<Row>,
    by_name: HashMap<&'static str, usize>,
    ranking: OnceLock<Ranking>,
}

struct Row {
    name: &'static str,
    line: &'static str,
    entry: OnceLock<Result<&'static Entry, String>>,
}

/// An operation that a search has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub name: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub summary: &'static str,
}

/// What a search has found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// Of how many.
    pub matches: usize,
}

impl Catalog {
    /// The catalogue of a text. Its first line says that it was generated; each of the others is an operation and begins
    /// with `{"name":"…",`.
    pub const fn new(text: &'static str, tools: CatalogTools) -> Self {
        Self { text, tools, index: OnceLock::new() }
    }

    pub(crate) fn tools(&'static self) -> &'static CatalogTools {
        &self.tools
    }

    /// How many operations there are.
    pub(crate) fn len(&'static self) -> usize {
        self.index().rows.len()
    }

    /// The place of an operation.
    pub(crate) fn find(&'static self, name: &str) -> Option<usize> {
        self.index().by_name.get(name).copied()
    }

    /// What the line at a place says.
    ///
    /// # Errors
    /// The line cannot be read: a defect of the generator.
    pub(crate) fn entry(&'static self, place: usize) -> Result<&'static Entry, String> {
        let row = self.index().rows.get(place).ok_or_else(|| format!("there is no operation {place}"))?;
        row.entry.get_or_init(|| Entry::read(row.line).map(|entry| &*Box::leak(Box::new(entry)))).clone()
    }

    /// The name that a client may have meant.
    pub(crate) fn closest(&'static self, name: &str) -> Option<&'static str> {
        validate::closest(name, self.index().rows.iter().map(|row| row.name))
    }

    /// The operations that fit a query, the best first.
    pub(crate) fn search(&'static self, query: &str, limit: usize) -> Found {
        let index = self.index();
        let ranking = index.ranking.get_or_init(|| Ranking::new(index.rows.iter().map(|row| row.line)));
        ranking.search(query, limit)
    }

    fn index(&'static self) -> &'static Index {
        self.index.get_or_init(|| {
            let rows: Vec<Row> = self.text.lines().filter_map(Row::new).collect();
            let by_name = rows.iter().enumerate().map(|(place, row)| (row.name, place)).collect();
            Index { rows, by_name, ranking: OnceLock::new() }
        })
    }
}

/// The tools alone: the text is long.
impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("tools", &self.tools).finish_non_exhaustive()
    }
}

impl Row {
    /// `None` for the first line. Names hold no character that JSON escapes.
    fn new(line: &'static str) -> Option<Self> {
        let (name, _) = line.strip_prefix("{\"name\":\"")?.split_once('"')?;
        Some(Self { name, line, entry: OnceLock::new() })
    }
}

#[cfg(test)]
pub(crate) mod tests;
