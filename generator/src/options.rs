//! What a person can decide about the output: one struct for the library, the command line and `mcpgen.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

mod file;
mod pattern;

pub use file::FILE;
pub(crate) use file::read;
pub(crate) use pattern::matches;

/// Options of one generation.
///
/// The keys of an `mcpgen.toml` are the names of the fields; `runtime_path` belongs to the command line. Paths in the file
/// are relative to its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The name of the server instead of the document's: lower-case words joined with `-`.
    pub name: Option<String>,
    /// Where the generated crate finds `mcpgen-runtime`, written to `Cargo.toml` as it is: absolute, or relative to the
    /// crate. `None`: the registry.
    #[serde(skip)]
    pub runtime_path: Option<PathBuf>,
    /// How generated code names the document instead of its file name.
    pub source_label: Option<String>,
    /// Refuse a document about which there is a warning.
    pub strict: bool,
    /// The folder in which, or below which, the files of references must be; the document is in it too. `None`: the
    /// folder of the document.
    pub root: Option<PathBuf>,
    /// Fetch the files of references that lead to other hosts, by HTTP and HTTPS from public addresses: at most 64 MiB and
    /// 10 seconds for each, no redirects. Needs the feature `remote-refs`. By default nothing is fetched.
    pub allow_remote_refs: bool,
    /// Overlays to apply to the document, in this order: Overlay Specification 1.0 and 1.1.
    pub overlays: Vec<PathBuf>,
    /// The media types to prefer for request bodies, in this order, where an operation offers several; else JSON, forms,
    /// text, bytes.
    pub media_types: Vec<String>,
    /// The only tools to expose, each by its name or its operationId; an entry that matches none is an error. `None`: all
    /// of them.
    pub only: Option<Vec<String>>,
    /// The operations to expose. Empty: all of them.
    pub include: Selection,
    /// The operations to leave out, of those that are included.
    pub exclude: Selection,
    /// Expose every operation, however many there are: lifts [`Options::max_tools`].
    pub all: bool,
    /// The most tools that a document may become; more are an error that says how to choose. `None`: 40 for an OpenAPI
    /// document, any number for a server spec, whose tools a person has written.
    pub max_tools: Option<usize>,
    /// The most tokens (o200k) that the list of tools may cost a model; more are an error that names the largest ones.
    /// The library counts with its feature `tokens`, which the command has.
    pub token_budget: Option<usize>,
    /// Enforces what these providers and clients accept: names and schemas are lowered where that loses nothing, and the
    /// rest of what they refuse is an error. Empty: what any of them refuses is a warning.
    #[serde(deserialize_with = "one_or_many")]
    pub profile: Vec<Profile>,
    /// As what operations are offered where neither [`ToolOptions::expose`] nor `x-mcp` says it. `None`: [`Expose::Both`].
    pub expose: Option<Expose>,
    /// How much of the descriptions of tools a model gets to read. `None`: [`Descriptions::Full`] up to 40 tools of an
    /// OpenAPI document, [`Descriptions::Short`] beyond, and always full for a server spec.
    pub descriptions: Option<Descriptions>,
    /// The operations that stay typed tools beside those of [`Expose::Search`]; one entry of any list that matches
    /// suffices.
    pub pin: Selection,
    /// How answers relate to the schemas that the document declares, where [`ToolOptions::output_schema`] does not say it.
    /// `None`: [`OutputSchema::Lenient`] for an OpenAPI document, [`OutputSchema::Strict`] for a server spec.
    pub output_schema: Option<OutputSchema>,
    /// Whether callers may pick what they need of an answer with a JMESPath expression, an optional argument of each tool
    /// whose answer is JSON and has no schema that it is bound to, where [`ToolOptions::projection`] does not say it.
    /// `None`: no. The generated crate needs the feature `projection` of the runtime. Operations behind a search have none.
    pub projection: Option<bool>,
    /// The deadline of each tool call, in milliseconds. `None`: what the server spec says, otherwise the runtime's 30 s.
    pub deadline_ms: Option<u64>,
    /// Options of single tools, each by the tool's name, its operationId, or its route (`GET /pets/{petId}`).
    pub tools: BTreeMap<String, ToolOptions>,
}

/// A choice of operations. Each list holds patterns, in which `*` stands for any characters but `/`, and `**` for any
/// characters. An operation is included where an entry of each list that is not empty matches it, and excluded where any
/// entry of any list does. An entry that matches no operation of the document is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Tags of the document.
    pub tags: Vec<String>,
    /// operationIds, or names of tools.
    pub operations: Vec<String>,
    /// Paths of the document: `/pets/**`.
    pub paths: Vec<String>,
    /// HTTP methods, in any case.
    pub methods: Vec<String>,
}

impl Selection {
    /// Whether nothing is chosen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// As what an operation is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Expose {
    /// A tool.
    Tool,
    /// A resource or a resource template; `GET` operations whose arguments fit into a URI only.
    Resource,
    /// A tool, and a resource where it can be one.
    Both,
    /// Not at all, unless [`Options::only`] names it.
    Nothing,
    /// An operation that three tools find, describe and call, and that no client lists: search mode. For OpenAPI
    /// documents.
    Search,
}

impl Expose {
    /// As an option spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Both => "both",
            Self::Nothing => "nothing",
            Self::Search => "search",
        }
    }
}

/// How much of the description of a tool a model gets to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Descriptions {
    /// All of it, up to 2,000 characters.
    Full,
    /// The summary, or the first sentence where there is none; ` …` says that there is more.
    Short,
}

impl Descriptions {
    /// As an option spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Short => "short",
        }
    }
}

/// How an answer relates to the schema that the document declares for it.
///
/// MCP binds a server to an `outputSchema` that it advertises, official clients throw away what deviates from it, and
/// APIs deviate from their documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OutputSchema {
    /// None is advertised; objects travel as structured content. Where an answer deviates is said in the `_meta` of the
    /// result and in the log.
    Lenient,
    /// It is advertised; an answer that deviates is an error that carries the answer as text.
    Strict,
    /// None is advertised, and answers are text alone.
    Off,
}

impl OutputSchema {
    /// As an option spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lenient => "lenient",
            Self::Strict => "strict",
            Self::Off => "off",
        }
    }
}

/// A provider of models, or a client, with limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Profile {
    /// The Messages API.
    Anthropic,
    /// Function calling of the Chat Completions and Responses APIs.
    OpenAi,
    /// Function calling of the Gemini API and Vertex AI.
    Gemini,
    /// The editor.
    Cursor,
    /// The editor.
    VsCode,
}

impl Profile {
    /// As an option spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Gemini => "gemini",
            Self::Cursor => "cursor",
            Self::VsCode => "vscode",
        }
    }
}

/// `profile = "cursor"`, or a list.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Profile>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected one of `anthropic`, `openai`, `gemini`, `cursor`, `vscode`, or a list of them"
    )]
    enum OneOrMany {
        One(Profile),
        Many(Vec<Profile>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

/// Options of one tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolOptions {
    /// Another name.
    pub name: Option<String>,
    /// Another title.
    pub title: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// A paragraph after the description.
    pub append: Option<String>,
    /// As what it is offered.
    pub expose: Option<Expose>,
    /// How its answers relate to their schema.
    pub output_schema: Option<OutputSchema>,
    /// Whether callers may project its answers.
    pub projection: Option<bool>,
    /// Its deadline in milliseconds.
    pub deadline_ms: Option<u64>,
    /// Options of its arguments, each by the argument's name.
    pub parameters: BTreeMap<String, ParameterOptions>,
}

/// Options of one argument of a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterOptions {
    /// Another name; the name on the wire stays.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Hides the argument from clients: every call sends this value.
    pub value: Option<Value>,
    /// Hides the argument from clients: every call sends the value of this environment variable (`…_FILE`: a file), as
    /// text, or as JSON where the argument is no string. Without the variable, an optional argument is not sent, and a
    /// server with a required one does not start.
    pub env: Option<String>,
    /// Whether the value of the variable is kept out of logs.
    pub secret: bool,
}
