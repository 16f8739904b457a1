//! What the server offers, in the words of MCP and HTTP.
//!
//! The hinge of the generator: `openapi` and `spec` build it, `plan` rewrites it, `rust` reads it. It knows neither
//! OpenAPI's structure nor Rust. Every node carries the [`Span`] it came from.

#![allow(dead_code, reason = "every node carries its place, whether or not a stage reads it today")]

use indexmap::IndexMap;
use serde_json::Value;

use crate::source::Span;

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// Machine name: ASCII, kebab case; the package, the binary, `serverInfo.name` and the URI scheme of resources.
    pub name: String,
    /// Human-readable name.
    pub title: Option<String>,
    pub version: String,
    pub description: Option<String>,
    pub instructions: Option<String>,
    pub settings: Vec<Setting>,
    /// Named schemas: what `#/$defs/NAME` refers to, in document order.
    pub schemas: IndexMap<String, Schema>,
    /// Tools with types of their own.
    pub tools: Vec<Tool>,
    /// Operations that are no tools of their own.
    pub search: Option<Search>,
    pub resources: Vec<Resource>,
    pub templates: Vec<ResourceTemplate>,
    pub prompts: Vec<Prompt>,
    /// The HTTP API behind the tools; `None` for a server spec.
    pub upstream: Option<Upstream>,
    pub span: Span,
}

/// What clients and providers take as the name of a tool, in characters; most of them put a prefix before the server's own
/// name of it: `mcp__KEY__TOOL`, where `KEY` is what their configuration calls the server.
pub(crate) const CALLED: usize = 64;
/// `mcp__` and `__`
pub(crate) const PREFIX: usize = 7;

impl Server {
    /// What the configuration of a client should call the server: its name, or as many of its words as leave every tool
    /// within [`CALLED`]; the first word where nothing does.
    pub fn key(&self) -> &str {
        let longest = self.listed().map(|tool| tool.name.len()).max().unwrap_or_default();
        let room = CALLED.saturating_sub(PREFIX + longest);
        let ends = self.name.match_indices('-').map(|(at, _)| at).chain([self.name.len()]);
        let first = self.name.find('-').unwrap_or(self.name.len());
        let end = ends.rev().find(|end| *end <= room).unwrap_or(first);
        self.name.get(..end).unwrap_or(&self.name)
    }

    /// The tools that clients list.
    pub fn listed(&self) -> impl Iterator<Item = &Tool> {
        let search = self.search.iter().flat_map(|search| search.tools());
        self.tools.iter().filter(|tool| tool.listed).chain(search)
    }

    /// Everything that can be called: tools, those of search mode, and the operations that they lead to.
    pub fn everything(&self) -> impl Iterator<Item = &Tool> {
        let search = self.search.iter().flat_map(|search| search.tools().into_iter().chain(&search.operations));
        self.tools.iter().chain(search)
    }

    /// The operations that they lead to.
    pub fn searched(&self) -> impl Iterator<Item = &Tool> {
        self.search.iter().flat_map(|search| &search.operations)
    }
}

/// Search mode: the tools that find, describe and call operations, and these operations. They are called like tools and
/// have the same parts.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub search: Tool,
    pub describe: Tool,
    pub call: Tool,
    pub operations: Vec<Tool>,
}

impl Search {
    pub fn tools(&self) -> [&Tool; 3] {
        [&self.search, &self.describe, &self.call]
    }
}

/// An environment variable that the server reads; `NAME_FILE` may name a file instead.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub env: String,
    pub description: String,
    pub secret: bool,
    pub required: bool,
    pub default: Option<String>,
    pub span: Span,
}

/// A JSON Schema 2020-12 value. References are `{"$ref": "#/$defs/NAME"}` into [`Server::schemas`] and nothing else.
///
/// It has two faces: printed, with the `$defs` that it needs, it is an `inputSchema` or `outputSchema`; lowered, a
/// Rust type.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub value: Value,
    pub span: Span,
}

/// A tool.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub name: String,
    pub title: Option<String>,
    /// What a model reads.
    pub description: String,
    /// The whole description, where a model gets to read a part of it.
    pub details: Option<String>,
    /// A plain object schema.
    pub input: Schema,
    pub output: Output,
    /// What every successful answer fits, where the output's own schema is not all of it: several responses, none at all.
    /// `None` with `lenient` for one whose document does not say that much.
    pub answers: Option<Schema>,
    pub errors: Vec<ErrorVariant>,
    /// What a successful answer leads to.
    pub links: Vec<Link>,
    pub annotations: Annotations,
    pub deadline_ms: Option<u64>,
    /// How calls become tasks; `None`: never.
    pub task: Option<TaskSupport>,
    pub deprecated: bool,
    /// As what the document asks to offer it (`x-mcp`).
    pub marked: Option<crate::options::Expose>,
    /// Whether clients see it as a tool. One that they do not see reads a resource.
    pub listed: bool,
    /// Arguments that clients do not see: every call has these values.
    pub fixed: Vec<Fixed>,
    /// How the call becomes an HTTP request; `None`: a person's handler.
    pub binding: Option<HttpBinding>,
    /// The argument with which a caller projects the answer; it is none of [`Tool::input`], because no handler sees it.
    pub projection: Option<String>,
    /// The operationId, for options and diagnostics.
    pub operation_id: Option<String>,
    pub tags: Vec<String>,
    pub span: Span,
}

/// A resource that the answer of a tool leads to (OpenAPI 3.1.1 §4.8.20, Link Object).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The path of the `GET` operation that reads it.
    pub path: String,
    /// The values of its parameters, by their names on the wire.
    pub values: Vec<(String, LinkValue)>,
}

/// Where the value of a parameter of a [`Link`] comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkValue {
    /// A JSON pointer into the answer.
    Answer(String),
    /// A parameter of the request, by location and name on the wire.
    Parameter(Location, String),
    Constant(String),
}

/// How the calls of a tool become tasks (SEP-2663).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskSupport {
    /// Clients that do not know tasks are refused.
    pub required: bool,
    /// The handler says when, instead of every call from its start.
    pub by_handler: bool,
}

/// An argument that is no property of [`Tool::input`] because an option gives its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    pub argument: String,
    pub value: FixedValue,
}

/// Where the value of a fixed argument comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FixedValue {
    Constant(Value),
    /// An environment variable: text, or JSON where the argument is no string.
    Env {
        env: String,
        json: bool,
    },
}

/// What a tool answers.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    /// Structured content of this schema, checked (`strict`), with the template of its text.
    Strict { schema: Schema, text: Option<TextTemplate> },
    /// JSON passed through (`lenient`); the schema types the Rust side. `None`: nothing is known.
    Lenient { schema: Option<Schema>, text: Option<TextTemplate> },
    /// As `Lenient`, as text alone (`off`).
    Off { schema: Option<Schema>, text: Option<TextTemplate> },
    /// The API answers without content: `null`.
    Empty,
    /// Content blocks that the handler makes.
    Content,
}

/// The behaviour hints of `ToolAnnotations`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Annotations {
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
}

/// One error of a tool.
#[derive(Clone, Debug)]
pub(crate) struct ErrorVariant {
    /// The type that an agent branches on: `NotFound`.
    pub name: String,
    pub description: String,
    pub source: ErrorSource,
    pub span: Span,
}

/// Where an error comes from.
#[derive(Clone, Debug)]
pub(crate) enum ErrorSource {
    /// A server spec declares it and a handler raises it.
    Declared {
        kind: ErrorKind,
        message: TextTemplate,
        /// Fields by name, in order.
        data: IndexMap<String, Schema>,
        /// The field of `data` that says how many seconds to wait.
        retry_after: Option<String>,
    },
    /// A response of the HTTP API.
    Response { status: StatusPattern, body: Option<Schema> },
}

/// The closed set of `mcpgen_runtime::ErrorKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorKind {
    InvalidInput,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    RateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
    Timeout,
    Cancelled,
    BadResponse,
    Internal,
}

/// A key of OpenAPI's Responses Object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StatusPattern {
    Exact(u16),
    /// `4XX`: the hundreds digit.
    Range(u8),
    Default,
}

/// How a call becomes an HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct HttpBinding {
    /// Upper case.
    pub method: String,
    /// The path template of the document.
    pub path: String,
    /// A base URL of the operation's own.
    pub base_url: Option<String>,
    pub parameters: Vec<Parameter>,
    pub body: Option<RequestBody>,
    /// Alternatives of schemes that must be used together, by [`SecurityScheme::name`].
    pub security: Vec<Vec<String>>,
    /// `Accept`, from the media types of the responses.
    pub accept: String,
    pub reply: Reply,
}

impl HttpBinding {
    /// What the document gives as example of an argument.
    pub fn example(&self, argument: &str) -> Option<Value> {
        let parameter = self.parameters.iter().find(|parameter| parameter.argument == argument);
        let of_body = || {
            let body = self.body.as_ref()?;
            match &body.layout {
                BodyLayout::Whole { argument: whole } => body.example.as_ref().filter(|_| whole == argument),
                BodyLayout::Flattened(pairs) => {
                    let (_, property) = pairs.iter().find(|(name, _)| name == argument)?;
                    body.example.as_ref()?.get(property)
                }
            }
        };
        parameter.map_or_else(of_body, |parameter| parameter.examples.first()).cloned()
    }

    /// Whether an argument travels outside of query and body.
    pub fn is_plain(&self, argument: &str) -> bool {
        let here = |parameter: &&Parameter| parameter.argument == argument;
        self.parameters.iter().find(here).is_some_and(|parameter| parameter.location != Location::Query)
    }
}

/// The successful response that a contract answers with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub status: u16,
    /// Without parameters; `None` for a response without content.
    pub media_type: Option<String>,
    pub example: Option<Value>,
}

/// A parameter: the argument that carries it and its place on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// The property of [`Tool::input`].
    pub argument: String,
    /// The name on the wire.
    pub name: String,
    pub location: Location,
    pub style: Style,
    pub explode: bool,
    pub allow_reserved: bool,
    pub content_type: Option<String>,
    pub examples: Vec<Value>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
    Cookie,
    /// The whole query.
    QueryString,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Matrix,
    Label,
    Simple,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    /// OpenAPI 3.2: a cookie as it is.
    Cookie,
    /// Swagger 2.0, `tsv`.
    TabDelimited,
}

#[derive(Clone, Debug)]
pub(crate) struct RequestBody {
    pub media_type: String,
    pub layout: BodyLayout,
    /// An optional body is left out where none of its arguments is given.
    pub required: bool,
    /// How properties of a form are written, where that is not what their JSON type says: by the name on the wire.
    pub encodings: Vec<(String, Encoding)>,
    /// Headers of parts of a multipart body: property on the wire, header, value.
    pub part_headers: Vec<(String, String, String)>,
    /// Those whose values callers give: property on the wire, header, `explode`.
    pub given_headers: Vec<(String, String, bool)>,
    /// How the body is written as XML, the root first; empty: the caller writes it, or it is no XML.
    pub xml: Vec<XmlNode>,
    pub example: Option<Value>,
    pub span: Span,
}

/// How values of one schema are written as XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct XmlNode {
    pub kind: XmlKind,
    /// With its prefix; empty where the kind has no name.
    pub name: String,
    pub namespace: Option<String>,
    pub holds: XmlContent,
}

/// What a node is in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XmlKind {
    Element,
    Attribute,
    Text,
    Cdata,
    /// Nothing of its own: what it holds stands in the element around it.
    Nothing,
}

/// What a node holds, by the index of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum XmlContent {
    Scalar,
    Members(Vec<(String, usize)>),
    Items(usize),
}

/// How one property of a form is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As a query parameter.
    Style { style: Style, explode: bool, allow_reserved: bool },
    /// As text or JSON of this media type.
    Content(String),
    /// A file, with the media type where the caller names none.
    File(String),
}

/// How arguments become the body.
#[derive(Clone, Debug)]
pub(crate) enum BodyLayout {
    /// One argument holds the whole body.
    Whole { argument: String },
    /// The body's properties stand beside the parameters: (argument, property on the wire).
    Flattened(Vec<(String, String)>),
}

/// The HTTP API behind the tools.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// `PETSTORE_BASE_URL`
    pub base_url_env: String,
    pub base_url: Option<String>,
    pub security_schemes: Vec<SecurityScheme>,
}

#[derive(Clone, Debug)]
pub(crate) struct SecurityScheme {
    pub name: String,
    pub kind: SecurityKind,
    /// `PETSTORE_API_KEY`
    pub env: String,
    pub description: String,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum SecurityKind {
    ApiKey {
        location: Location,
        name: String,
    },
    Bearer,
    Basic,
    /// A client certificate: [`SecurityScheme::env`] holds it, and this variable its key.
    MutualTls {
        key: String,
    },
    /// OAuth 2.0 client credentials; [`SecurityScheme::env`] may hold a token instead.
    ClientCredentials {
        token_url: String,
        scopes: Vec<String>,
        variables: ClientVariables,
    },
}

/// The environment variables of a client of a token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientVariables {
    pub client_id: String,
    pub client_secret: String,
    pub token_url: String,
    pub scope: String,
}

/// A concrete resource.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub uri: String,
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub mime_type: Option<String>,
    pub read: Read,
    pub deadline_ms: Option<u64>,
    pub span: Span,
}

/// A resource template.
#[derive(Clone, Debug)]
pub(crate) struct ResourceTemplate {
    /// RFC 6570; parsed and checked by `uri_template`.
    pub uri_template: String,
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub mime_type: Option<String>,
    /// The variables as a plain object schema. For [`Read::Tool`] the tool's own input schema.
    pub variables: Schema,
    pub completions: Vec<(String, Completion)>,
    pub read: Read,
    pub deadline_ms: Option<u64>,
    pub span: Span,
}

/// How a resource is read.
#[derive(Clone, Debug)]
pub(crate) enum Read {
    /// By calling the tool of this name with the variables as arguments.
    Tool(String),
    /// By a person's handler with these errors.
    Handler { errors: Vec<ErrorVariant> },
}

/// A prompt.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    pub name: String,
    pub title: Option<String>,
    pub description: String,
    pub arguments: Vec<PromptArgument>,
    /// Constant messages; `None`: a person's handler makes them.
    pub messages: Option<Vec<PromptMessage>>,
    /// The errors of the handler.
    pub errors: Vec<ErrorVariant>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct PromptArgument {
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub required: bool,
    pub completion: Completion,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct PromptMessage {
    pub role: Role,
    pub text: TextTemplate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    User,
    Assistant,
}

/// Where candidates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Completion {
    None,
    Values(Vec<String>),
    /// The handler `complete_NAME`, shared by all arguments and variables of that name.
    Handler(String),
}

/// A checked text template, `mcpgen_runtime`'s `TextTemplate`.
pub(crate) type TextTemplate = Vec<Segment>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Literal(String),
    Value { path: Vec<String>, format: Format },
    Each { path: Vec<String>, body: TextTemplate },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Plain,
    Decimals(u8),
    Map(Vec<(String, String)>),
}

/// What a `discriminator` means for the branches beside it: the `property`, and for each branch the `tags` that are its.
/// For types alone; it is no keyword of JSON Schema and is never printed.
pub(crate) const DISCRIMINATOR: &str = "x-mcpgen-discriminator";
