//! What becomes a tool: the same for every command that generates.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mcpgen::{Descriptions, Expose, Options, OutputSchema, Profile, Selection};

#[derive(Args)]
#[group(skip)]
#[command(next_help_heading = "What to expose")]
pub(crate) struct Arguments {
    /// A file of options; by default the mcpgen.toml in the folder of the crate, if there is one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Only operations with one of these tags; `*` stands for any characters but `/`, `**` for any
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    include_tag: Vec<String>,
    /// Only these operations, by operationId or name of the tool
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    include_operation: Vec<String>,
    /// Only operations below these paths: `/pets/**`
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    include_path: Vec<String>,
    /// Only these HTTP methods
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    include_method: Vec<String>,
    /// Not the operations with one of these tags
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    exclude_tag: Vec<String>,
    /// Not these operations
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    exclude_operation: Vec<String>,
    /// Not the operations below these paths
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    exclude_path: Vec<String>,
    /// Not these HTTP methods
    #[arg(long, value_name = "METHOD", value_delimiter = ',')]
    exclude_method: Vec<String>,
    /// Exactly these tools, by name or operationId
    #[arg(long, value_name = "TOOL", value_delimiter = ',')]
    only: Option<Vec<String>>,
    /// Every operation, however many there are
    #[arg(long)]
    all: bool,
    /// The most tools that are allowed [default: 40 for an OpenAPI document]
    #[arg(long, value_name = "N")]
    max_tools: Option<usize>,
    /// The most tokens (o200k) that the list of tools may cost
    #[arg(long, value_name = "N")]
    token_budget: Option<usize>,
    /// As what operations are offered where nothing else says it
    #[arg(long, value_name = "WHAT")]
    expose: Option<What>,
    /// How much of their descriptions [default: full up to 40 tools, short beyond]
    #[arg(long, value_name = "HOW")]
    descriptions: Option<How>,
    /// With `--expose search`: operations that stay tools of their own, by operationId or name of the tool
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pin: Vec<String>,
    /// Enforce what a provider or client accepts, instead of warning
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    profile: Vec<Accepting>,
    /// How answers relate to the schemas that the document declares [default: lenient, strict for a server spec]
    #[arg(long, value_name = "MODE")]
    output_schema: Option<Mode>,
    /// Give tools an argument with which callers pick what they need of an answer, in JMESPath
    #[arg(long)]
    projection: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum How {
    /// All of them
    Full,
    /// The summary or the first sentence
    Short,
}

#[derive(Clone, Copy, ValueEnum)]
enum Accepting {
    Anthropic,
    Openai,
    Gemini,
    Cursor,
    Vscode,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Not advertised; where an answer deviates is reported
    Lenient,
    /// Advertised; an answer that deviates is an error
    Strict,
    /// Not advertised; answers are text alone
    Off,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Tools only
    Tool,
    /// Reads as resources only, everything else as tools
    Resource,
    /// Tools, and reads as resources too
    Both,
    /// Nothing of its own: three tools find, describe and call all of them
    Search,
}

impl Accepting {
    fn of(self) -> Profile {
        match self {
            Self::Anthropic => Profile::Anthropic,
            Self::Openai => Profile::OpenAi,
            Self::Gemini => Profile::Gemini,
            Self::Cursor => Profile::Cursor,
            Self::Vscode => Profile::VsCode,
        }
    }
}

impl Arguments {
    pub(crate) fn apply(&self, options: Options) -> Options {
        Options {
            only: self.only.clone(),
            include: Selection {
                tags: self.include_tag.clone(),
                operations: self.include_operation.clone(),
                paths: self.include_path.clone(),
                methods: self.include_method.clone(),
            },
            exclude: Selection {
                tags: self.exclude_tag.clone(),
                operations: self.exclude_operation.clone(),
                paths: self.exclude_path.clone(),
                methods: self.exclude_method.clone(),
            },
            pin: Selection { operations: self.pin.clone(), ..Selection::default() },
            profile: self.profile.iter().map(|profile| profile.of()).collect(),
            all: self.all,
            max_tools: self.max_tools,
            token_budget: self.token_budget,
            expose: self.expose.map(|what| match what {
                What::Tool => Expose::Tool,
                What::Resource => Expose::Resource,
                What::Both => Expose::Both,
                What::Search => Expose::Search,
            }),
            descriptions: self.descriptions.map(|how| match how {
                How::Full => Descriptions::Full,
                How::Short => Descriptions::Short,
            }),
            output_schema: self.output_schema.map(|mode| match mode {
                Mode::Lenient => OutputSchema::Lenient,
                Mode::Strict => OutputSchema::Strict,
                Mode::Off => OutputSchema::Off,
            }),
            projection: self.projection.then_some(true),
            ..options
        }
    }

    /// The builder with the file of options.
    pub(crate) fn configure(&self, builder: mcpgen::Builder) -> mcpgen::Builder {
        match &self.config {
            Some(file) => builder.config(file),
            None => builder,
        }
    }
}
