//! The constant tables that a generated crate consists of.
//!
//! Everything here is `const`-constructible and holds text of the document only as string literals. Generated code
//! writes these tables; the rest of the runtime reads them.

use crate::text::TextTemplate;

/// A server: identity, instructions and what it reads from its environment.
#[derive(Debug)]
pub struct ServerDef {
    /// `serverInfo.name`, also the name of the binary.
    pub name: &'static str,
    /// `serverInfo.title`.
    pub title: Option<&'static str>,
    /// `serverInfo.version`.
    pub version: &'static str,
    /// `serverInfo.description` (revision 2025-11-25 and later).
    pub description: Option<&'static str>,
    /// `instructions` of the handshake or of `server/discover`.
    pub instructions: Option<&'static str>,
    /// What the server reads from its environment, documented by `--help`.
    pub settings: &'static [SettingDef],
}

/// One environment variable. `NAME_FILE` may name a file that holds the value instead.
#[derive(Debug)]
pub struct SettingDef {
    /// The name of the environment variable.
    pub env: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Whether the value is kept out of logs, errors and `--help`.
    pub secret: bool,
    /// Whether the server refuses to start without it.
    pub required: bool,
    /// The value where the variable is not set.
    pub default: Option<&'static str>,
}

/// A tool as `tools/list` shows it, with what the pipeline needs to know.
#[derive(Debug)]
pub struct ToolDef {
    /// Unique name, at most 64 characters of `[A-Za-z0-9_.-]`.
    pub name: &'static str,
    /// Human-readable name.
    pub title: Option<&'static str>,
    /// What the model reads.
    pub description: &'static str,
    /// JSON Schema 2020-12 text; the root is a plain object schema. White space is insignificant.
    pub input_schema: &'static str,
    /// JSON Schema 2020-12 text of the structured content, where the server binds itself to it (`strict`).
    pub output_schema: Option<&'static str>,
    /// What happens to the structured answer.
    pub output: OutputMode,
    /// What the document says of an answer, where that is looked after and not advertised (`lenient`).
    pub answer: Option<AnswerDef>,
    /// The behaviour hints.
    pub annotations: Annotations,
    /// Deadline of a call in milliseconds, instead of the server's default.
    pub deadline_ms: Option<u64>,
    /// The text of an answer, rendered from the structured content. `None`: the JSON itself.
    pub text: Option<TextTemplate>,
    /// Whether a call can become a task, which the client polls. `None`: it never does.
    pub task: Option<TaskDef>,
    /// Resources that a successful answer leads to; each becomes a resource link in the result.
    pub links: &'static [LinkDef],
    /// The argument with which a caller projects the answer. `None`: there is none.
    pub projection: Option<ProjectionDef>,
}

/// An argument that is no argument of the handler: a JMESPath expression that the answer goes through, as JSON, before the
/// caller gets it. The schema of the arguments has it as an optional string.
#[derive(Clone, Copy, Debug)]
pub struct ProjectionDef {
    /// The name of the argument.
    pub argument: &'static str,
}

/// A resource that an answer leads to: its URI has parts that come from the answer or the arguments. Where one of them is
/// neither a text nor a number, there is no link.
#[derive(Clone, Copy, Debug)]
pub struct LinkDef {
    /// The name of the resource.
    pub name: &'static str,
    /// Its media type, where it is known.
    pub mime_type: Option<&'static str>,
    /// The parts of the URI, one after the other.
    pub uri: &'static [LinkPart],
}

/// A part of the URI of a [`LinkDef`]. What comes from a call is percent-encoded (RFC 6570 §3.2.2).
#[derive(Clone, Copy, Debug)]
pub enum LinkPart {
    /// As it is.
    Text(&'static str),
    /// A value of the document.
    Constant(&'static str),
    /// What a JSON pointer (RFC 6901) finds in the structured answer.
    Answer(&'static str),
    /// The value of an argument.
    Argument(&'static str),
}

impl ToolDef {
    /// The values that generated code leaves out: `ToolDef { name: "…", ..ToolDef::DEFAULT }`.
    pub const DEFAULT: Self = Self {
        name: "",
        title: None,
        description: "",
        input_schema: r#"{"type":"object"}"#,
        output_schema: None,
        output: OutputMode::Lenient,
        answer: None,
        annotations: Annotations::NONE,
        deadline_ms: None,
        text: None,
        task: None,
        links: &[],
        projection: None,
    };
}

/// What the document says of the answers of a tool, without the words that describe it.
#[derive(Clone, Copy, Debug)]
pub struct AnswerDef {
    /// JSON Schema 2020-12 text; `#/$defs/NAME` means a row of `defs`.
    pub schema: &'static str,
    /// Names and schemas that several tools share, in the order of the names.
    pub defs: AnswerDefs,
}

/// Names and schemas.
pub type AnswerDefs = &'static [(&'static str, &'static str)];

/// How the calls of a tool become tasks of the extension `io.modelcontextprotocol/tasks` (SEP-2663), for clients that
/// declare it. For all others the call takes as long as it takes, and they see its progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskDef {
    /// Refuses modern clients that do not declare the extension, instead of letting them wait.
    pub required: bool,
    /// Which calls become tasks.
    pub begins: TaskBegins,
}

impl TaskDef {
    /// Every call whose client knows tasks becomes one; other clients wait.
    pub const OPTIONAL: Self = Self { required: false, begins: TaskBegins::AtOnce };
    /// Every call becomes a task; modern clients that do not know tasks are refused.
    pub const REQUIRED: Self = Self { required: true, ..Self::OPTIONAL };

    /// The same, but a call becomes a task where its handler says so: [`crate::Context::begin_task`].
    #[must_use]
    pub const fn by_handler(self) -> Self {
        Self { begins: TaskBegins::ByHandler, ..self }
    }
}

/// Which calls of a tool become tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskBegins {
    /// All with valid arguments, before the handler runs.
    AtOnce,
    /// Those whose handler calls [`crate::Context::begin_task`].
    ByHandler,
}

/// How an answer relates to the tool's output schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputMode {
    /// `outputSchema` is advertised; an answer that deviates is an error that carries the answer as text.
    Strict,
    /// No `outputSchema`; JSON objects travel as structured content as they are. What deviates from [`ToolDef::answer`]
    /// is reported in `_meta` and in the log.
    Lenient,
    /// Text only.
    Off,
}

/// `ToolAnnotations`; `None` is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotations {
    /// `readOnlyHint`
    pub read_only: Option<bool>,
    /// `destructiveHint`
    pub destructive: Option<bool>,
    /// `idempotentHint`
    pub idempotent: Option<bool>,
    /// `openWorldHint`
    pub open_world: Option<bool>,
}

impl Annotations {
    /// No hint at all.
    pub const NONE: Self = Self { read_only: None, destructive: None, idempotent: None, open_world: None };
}

/// A concrete resource as `resources/list` shows it.
#[derive(Debug)]
pub struct ResourceDef {
    /// `uri`
    pub uri: &'static str,
    /// `name`
    pub name: &'static str,
    /// `title`
    pub title: Option<&'static str>,
    /// `description`
    pub description: Option<&'static str>,
    /// `mimeType`
    pub mime_type: Option<&'static str>,
    /// Deadline of a read in milliseconds, instead of the server's default.
    pub deadline_ms: Option<u64>,
}

/// A resource template as `resources/templates/list` shows it.
#[derive(Debug)]
pub struct TemplateDef {
    /// RFC 6570, the operators that [`crate::uri_template`] supports.
    pub uri_template: &'static str,
    /// `name`
    pub name: &'static str,
    /// `title`
    pub title: Option<&'static str>,
    /// `description`
    pub description: Option<&'static str>,
    /// `mimeType`
    pub mime_type: Option<&'static str>,
    /// JSON Schema text of the variables as one object: URI text is coerced by it and validated against it, as the
    /// arguments of a tool are.
    pub input_schema: &'static str,
    /// Completion of the variables that have one.
    pub completions: &'static [(&'static str, Completion)],
    /// Deadline of a read in milliseconds, instead of the server's default.
    pub deadline_ms: Option<u64>,
}

/// A prompt as `prompts/list` shows it.
#[derive(Debug)]
pub struct PromptDef {
    /// `name`
    pub name: &'static str,
    /// `title`
    pub title: Option<&'static str>,
    /// `description`
    pub description: &'static str,
    /// `arguments`
    pub arguments: &'static [PromptArgumentDef],
    /// The messages, where they are constant templates over the arguments; `None`: a handler makes them.
    pub messages: Option<&'static [PromptMessageDef]>,
}

/// An argument of a prompt.
#[derive(Debug)]
pub struct PromptArgumentDef {
    /// `name`
    pub name: &'static str,
    /// `title`
    pub title: Option<&'static str>,
    /// `description`
    pub description: Option<&'static str>,
    /// `required`
    pub required: bool,
    /// Completion of the argument.
    pub completion: Completion,
}

/// A constant message of a prompt.
#[derive(Debug)]
pub struct PromptMessageDef {
    /// Who speaks.
    pub role: Role,
    /// The text, a template over the prompt's arguments.
    pub text: TextTemplate,
}

/// `Role`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `user`
    User,
    /// `assistant`
    Assistant,
}

impl Role {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Where the completion of an argument or a template variable comes from.
#[derive(Clone, Copy, Debug)]
pub enum Completion {
    /// No completion.
    None,
    /// These values, filtered by prefix (ASCII case ignored).
    Values(&'static [&'static str]),
    /// The handler registered under this name.
    Handler(&'static str),
}
