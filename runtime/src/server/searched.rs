//! Search mode: three tools that lead to the operations of a catalogue.
//!
//! Finding and describing are tools like others. Calling is not: the call of an operation passes the pipeline as the call
//! of a tool of its own, with its schema, its deadline, its record in the log, and interceptors that see its name.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::handler::{Closure, Handler};
use super::normalise::normalise;
use super::tables::{Schema, Tables, Tool};
use crate::catalog::{Catalog, DeclaredError, Entry};
use crate::content::Content;
use crate::context::Context;
use crate::def::{Annotations, ToolDef};
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::neutralise;
use crate::redact;
use crate::tool::{Answer, BoxFuture, Outcome};
use crate::upstream::{self, Base};

/// How many operations a search shows that names no limit; the generator's schema says so too.
const SHOWN: usize = 10;
/// Longer summaries of what was found are cut, in characters.
const MAX_SUMMARY: usize = 100;

/// The operations of a catalogue as tools.
pub(super) struct Searched {
    catalog: &'static Catalog,
    make: Box<dyn Fn(&'static Entry) -> Arc<dyn Handler> + Send + Sync>,
    /// By their place in the catalogue.
    tools: OnceLock<Box<[Slot]>>,
}

/// A tool from its first call on.
type Slot = OnceLock<Result<Tool, Error>>;

/// The call of an operation, taken out of a call of the tool that makes such calls.
pub(super) struct Called<'a> {
    pub(super) tool: &'a Tool,
    pub(super) arguments: RawJson,
    /// What was read otherwise than it was sent, around the operation's own arguments.
    pub(super) normalised: Option<RawJson>,
}

impl Tables {
    /// Adds the tools that lead to the operations of a catalogue, which call the API of these handlers.
    pub(super) fn search<H: Base>(&mut self, catalog: &'static Catalog, handlers: &Arc<H>) {
        let tools = catalog.tools();
        let searching = move |_: Context, arguments: RawJson| ready(find(catalog, &arguments));
        let describing = move |_: Context, arguments: RawJson| ready(describe(catalog, &arguments));
        // The pipeline calls the operation instead.
        let calling =
            move |_: Context, _: RawJson| ready(Err(Error::new(ErrorKind::Internal, "no operation was named")));
        self.tools.insert(tools.search.name, tool(&tools.search, Arc::new(Closure(searching))));
        self.tools.insert(tools.describe.name, tool(&tools.describe, Arc::new(Closure(describing))));
        self.tools.insert(tools.call.name, tool(&tools.call, Arc::new(Closure(calling))));
        let handlers = Arc::clone(handlers);
        let make = move |entry: &'static Entry| -> Arc<dyn Handler> {
            let handlers = Arc::clone(&handlers);
            Arc::new(Closure(move |cx: Context, arguments: RawJson| {
                let errors = |status| entry.declared(status).map(|error| (error.type_name, error.message));
                upstream::declared_call(handlers.upstream(), &cx, &entry.operation, arguments, errors)
            }))
        };
        self.searched = Some(Searched { catalog, make: Box::new(make), tools: OnceLock::new() });
    }
}

fn ready(outcome: Outcome) -> BoxFuture<'static, Outcome> {
    Box::pin(std::future::ready(outcome))
}

fn tool(def: &'static ToolDef, handler: Arc<dyn Handler>) -> Tool {
    Tool { def, handler, input: Schema::new(def.input_schema), output: None, answer: None }
}

impl Searched {
    /// The tool that calls the operation of this name, where there is such an operation.
    pub(super) fn caller_of(&self, name: &str) -> Option<&'static str> {
        self.catalog.find(name).map(|_| self.catalog.tools().call.name)
    }

    /// The operation that a call of a tool means; `None`: the tool does not call operations.
    ///
    /// # Errors
    /// `InvalidInput`, where the arguments name no operation; `NotFound`, where there is none of this name.
    pub(super) fn called(&self, tool: &Tool, arguments: &RawJson) -> Result<Option<Called<'_>>, Error> {
        if tool.def.name != self.catalog.tools().call.name {
            return Ok(None);
        }
        let validator = tool.input.validator()?;
        let normalised = match validator.validate(arguments) {
            Ok(()) => None,
            Err(violations) => {
                Some(normalise(validator, arguments, &violations).ok_or_else(|| violations.into_error())?)
            }
        };
        let read = normalised.as_ref().map_or(arguments, |normalised| &normalised.arguments);
        let Call { name, arguments } = serde_json::from_str(read.as_str()).map_err(|error| unreadable(&error))?;
        let place = self.catalog.find(&name).ok_or_else(|| unknown(self.catalog, &name))?;
        Ok(Some(Called {
            tool: self.tool(place)?,
            arguments: RawJson::from_valid(arguments.map_or("{}", RawValue::get)),
            normalised: normalised.map(|normalised| normalised.changes),
        }))
    }

    fn tool(&self, place: usize) -> Result<&Tool, Error> {
        let all = self.tools.get_or_init(|| (0..self.catalog.len()).map(|_| Slot::new()).collect());
        let slot = all.get(place).ok_or_else(|| Error::new(ErrorKind::Internal, "the catalogue has changed"))?;
        let made = slot.get_or_init(|| {
            let entry = entry(self.catalog, place)?;
            Ok(tool(&entry.def, (self.make)(entry)))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

/// The arguments of a call. The schema is checked already, so a name is text, and arguments are an object.
#[derive(Deserialize)]
struct Call<'a> {
    name: String,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Find {
    query: String,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize)]
struct Describe {
    name: String,
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("The arguments cannot be read: {error}"))
}

/// A defect of the generator; its words say nothing that a client may not know.
fn entry(catalog: &'static Catalog, place: usize) -> Result<&'static Entry, Error> {
    let message = |what| Error::new(ErrorKind::Internal, format!("The catalogue of operations cannot be read: {what}"));
    catalog.entry(place).map_err(message)
}

fn unknown(catalog: &'static Catalog, name: &str) -> Error {
    let mut message = format!("There is no operation {:?}.", redact::for_log(name, 128));
    let search = catalog.tools().search.name;
    match catalog.closest(name) {
        Some(near) => _ = write!(message, " Did you mean {near:?}?"),
        None => _ = write!(message, " The tool {search:?} finds operations and their names."),
    }
    Error::new(ErrorKind::NotFound, message).with_type("UnknownOperation")
}

/// Lines `name  METHOD /path  summary`: what a model needs to choose, in few tokens.
fn find(catalog: &'static Catalog, arguments: &RawJson) -> Outcome {
    let Find { query, limit } = arguments.decode().map_err(|error| unreadable(&error))?;
    let found = catalog.search(&query, limit.unwrap_or(SHOWN));
    let mut text = String::new();
    for hit in &found.hits {
        let summary = shortened(hit.summary);
        let _ = writeln!(text, "{}  {} {}  {summary}", hit.name, hit.method, hit.path);
    }
    let (listed, all) = (found.hits.len(), catalog.len());
    match found.matches {
        0 => {
            _ = write!(
                text,
                "None of the {all} operations has one of these words. Try others: what it is about, and what is done."
            )
        }
        matches if matches > listed => _ = write!(text, "{listed} of {matches} matches."),
        _ => {}
    }
    Ok(shown(text.trim_end()))
}

fn shortened(summary: &str) -> String {
    let words: Vec<&str> = summary.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_SUMMARY) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(&line).trim_end()),
        None => line,
    }
}

/// What a listed tool says of itself, and what its answers are.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Description<'a> {
    name: &'a str,
    route: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    arguments: RawJson,
    #[serde(skip_serializing_if = "str::is_empty")]
    returns: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [DeclaredError],
    hints: Hints,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hints {
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destructive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotent: Option<bool>,
}

fn describe(catalog: &'static Catalog, arguments: &RawJson) -> Outcome {
    let Describe { name } = arguments.decode().map_err(|error| unreadable(&error))?;
    let place = catalog.find(&name).ok_or_else(|| unknown(catalog, &name))?;
    let entry = entry(catalog, place)?;
    let Annotations { read_only, destructive, idempotent, .. } = entry.def.annotations;
    let described = RawJson::encode(&Description {
        name: entry.def.name,
        route: format!("{} {}", entry.operation.method, entry.operation.path),
        title: entry.def.title,
        description: entry.def.description,
        deprecated: entry.deprecated,
        arguments: RawJson::from_valid(entry.def.input_schema),
        returns: entry.returns,
        errors: entry.errors,
        hints: Hints { read_only, destructive, idempotent },
    });
    let described = described.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    Ok(shown(described.as_str()))
}

/// Text of the document as lists of tools show it, whatever is done to answers of the API (SECURITY.md M2).
fn shown(text: &str) -> Answer {
    Answer::Content(Content::text(neutralise::text(text)))
}
