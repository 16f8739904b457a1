//! The model in words of Rust: identifiers, types, literals, documentation; all final.
//!
//! Everything that can collide, needs escaping or has to be decided is settled here. What comes out is `Serialize`
//! only, and the templates print it.

use mcpgen_templates as templates;
use mcpgen_templates::Template;
use serde::Serialize;

use crate::both::both;
use crate::files::MARKER;
use crate::model;
use crate::options::Options;
use crate::source::{Sources, Span};

mod advertised;
mod answers;
mod catalog;
mod coverage;
mod credentials;
mod docs;
mod errors;
mod fallback;
mod items;
mod links;
mod literal;
mod names;
mod operations;
mod package;
mod prompts;
mod readme;
mod recursion;
mod resources;
mod schema;
mod settings;
mod shared;
mod text;
mod tools;
mod trait_;
mod types;
mod unions;

pub(crate) use advertised::{input as advertised_input, is_cut, printed, references};
pub(crate) use coverage::Coverage;
pub(crate) use errors::declared;
pub(crate) use literal::{is_hazardous, plain_json};
pub(crate) use package::Package;
pub(crate) use tools::{arguments, kind, outline};

use docs::Docs;
use literal::Token;
use names::{Ident, Scope};

/// A generated crate.
#[derive(Debug, Serialize)]
pub(crate) struct Crate {
    /// The first line of every generated file, without the signs of a comment.
    pub header: String,
    pub package: Package,
    server: ServerDef,
    /// The trait of the handlers.
    service: Service,
    types: Option<items::TypesFile>,
    errors: Option<errors::ErrorsFile>,
    tools: Option<ToolsFile>,
    /// The definitions that schemas of answers share.
    answers: Option<Vec<answers::Row>>,
    operations: Option<operations::OperationsFile>,
    catalog: Option<catalog::CatalogFile>,
    resources: Option<resources::ResourcesFile>,
    prompts: Option<Vec<prompts::Prompt>>,
    completions: Option<Vec<prompts::CompletionRow>>,
    /// The typed settings of a server spec.
    settings: Option<Vec<settings::Setting>>,
    readme: readme::Readme,
    /// How many fields are typed.
    #[serde(skip)]
    pub coverage: Coverage,
    /// What `tests/wire.json` holds.
    #[serde(skip)]
    pub wire: Option<crate::wire::Wire>,
    /// What `src/catalog.jsonl` holds.
    #[serde(skip)]
    pub catalog_text: Option<String>,
}

impl Crate {
    /// Whether a person writes the methods.
    pub fn has_handlers(&self) -> bool {
        self.operations.is_none()
    }

    /// The generated modules: their paths and templates.
    pub fn modules(&self) -> impl Iterator<Item = (&'static str, Template)> {
        let all = [
            (true, "src/lib.rs", templates::LIB),
            (self.answers.is_some(), "src/answers.rs", templates::ANSWERS),
            (self.catalog.is_some(), "src/catalog.rs", templates::CATALOG),
            (self.completions.is_some(), "src/completions.rs", templates::COMPLETIONS),
            (self.errors.is_some(), "src/errors.rs", templates::ERRORS),
            (self.operations.is_some(), "src/operations.rs", templates::OPERATIONS),
            (self.prompts.is_some(), "src/prompts.rs", templates::PROMPTS),
            (self.resources.is_some(), "src/resources.rs", templates::RESOURCES),
            (self.settings.is_some(), "src/settings.rs", templates::SETTINGS),
            (self.tools.is_some(), "src/tools.rs", templates::TOOLS),
            (self.types.is_some(), "src/types.rs", templates::TYPES),
            (self.wire.is_some(), "tests/wire.rs", templates::WIRE),
        ];
        all.into_iter().filter(|(is_there, _, _)| *is_there).map(|(_, path, template)| (path, template))
    }
}

/// The constant `SERVER`.
#[derive(Debug, Serialize)]
struct ServerDef {
    name: Token,
    title: Token,
    version: Token,
    description: Token,
    instructions: Token,
    settings: Vec<settings::Row>,
}

/// The trait.
#[derive(Debug, Serialize)]
struct Service {
    ident: Ident,
    docs: Docs,
    methods: Vec<trait_::Method>,
    /// Whether a signature names `BTreeMap`.
    uses_maps: bool,
}

/// `tools.rs`
#[derive(Debug, Serialize)]
struct ToolsFile {
    /// Whether clippy takes the table for too large an array.
    is_long: bool,
    uses_errors: bool,
    uses_maps: bool,
    rows: Vec<tools::Tool>,
}

/// Places of the document as documentation shows them.
pub(crate) struct Places<'a> {
    sources: &'a Sources,
    label: Option<&'a str>,
}

impl<'a> Places<'a> {
    pub fn new(sources: &'a Sources, options: &'a Options) -> Self {
        Self { sources, label: options.source_label.as_deref() }
    }

    /// The name of a source: its file name, so that output does not depend on where the command runs.
    pub fn name(&self, file: u32) -> String {
        let path = self.sources.get(file).map_or("", |source| source.name.as_str());
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        self.label.filter(|_| file == 0).unwrap_or(name).to_owned()
    }

    /// `petstore.yaml:41`, `github.json:1:80123` in a document of one line
    pub fn plain(&self, span: Span) -> String {
        let position = self.sources.get(span.file).map(|source| source.named_position(span.start));
        format!("{}:{}", self.name(span.file), position.as_deref().unwrap_or("0"))
    }

    /// `(petstore.yaml:41)`
    pub fn of(&self, span: Span) -> String {
        docs::inline(&format!("({})", self.plain(span)))
    }
}

/// Types of the crate's root that schemas and tools must not take: those of generated code and of Rust's prelude.
const ROOT: &[&str] = &[
    "Client",
    "Settings",
    "Handlers",
    "BTreeMap",
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "String",
    "Vec",
    "Box",
    "Send",
    "Sync",
    "Sized",
    "Copy",
    "Clone",
    "Drop",
    "Fn",
    "FnMut",
    "FnOnce",
    "Iterator",
    "Extend",
    "IntoIterator",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "FromIterator",
    "Default",
    "From",
    "Into",
    "TryFrom",
    "TryInto",
    "AsRef",
    "AsMut",
    "ToOwned",
    "ToString",
    "Eq",
    "PartialEq",
    "Ord",
    "PartialOrd",
    "Future",
    "IntoFuture",
    "Unpin",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
];

/// Methods that the trait must not have: the supertrait's, and those that the prelude's traits give every reference.
const METHODS: &[&str] = &["upstream", "into", "try_into", "clone", "to_owned", "borrow", "fmt", "type_id"];

/// Puts a server into words of Rust. Total: what Rust cannot say has a fallback.
pub(crate) fn lower(server: &model::Server, sources: &Sources, options: &Options) -> Crate {
    let beside = || (readme::lower(server, options, &Places::new(sources, options)), crate::wire::wire(server));
    let ((readme, wire), krate) = both(beside, || items(server, sources, options));
    Crate { readme, wire, ..krate }
}

/// The crate without `README.md` and the wire contract, which need nothing of it.
fn items(server: &model::Server, sources: &Sources, options: &Options) -> Crate {
    let places = Places::new(sources, options);
    let mut root = Scope::reserving(ROOT);
    let mut method_scope = Scope::reserving(METHODS);
    let ident = root.pascal(&server.name, "Server", Some("Service"));
    let methods = method_scope.snake_all(server.tools.iter().map(|tool| tool.name.as_str()), "tool");
    let names: Vec<_> = server
        .tools
        .iter()
        .zip(&methods)
        .map(|(tool, method)| tools::Names {
            marker: root.pascal(&tool.name, "Tool", Some("Tool")),
            method: method.clone(),
        })
        .collect();

    let mut types = types::Types::new(server, &places, root);
    let (errors, errors_file) = errors::Errors::lower(server, &mut types);
    let mut answers = answers::Answers::default();
    let targets = links::Targets::new(server);
    let rows: Vec<_> = server
        .tools
        .iter()
        .zip(names)
        .map(|(tool, names)| tools::lower(tool, names, &places, &mut types, &mut answers, &errors, &targets))
        .collect();
    let mut claim = |name: &str| method_scope.snake(name, "handler");
    let (resources, reads) = resources::lower(server, &rows, &places, &mut types, &errors, &mut claim);
    let (prompts, gets) = prompts::lower(server, &places, &mut types, &errors, &mut claim);
    let (completions, completes) = prompts::completions(server, &mut claim);
    let link = |row: &tools::Tool| Some((row.output_type.clone()?, format!("[`{0}`](super::{0})", row.marker)));
    types.describe_answers(&rows.iter().filter_map(link).collect::<Vec<_>>());
    let items = types.finish();
    let types_file = (!items.is_empty()).then(|| items::TypesFile::new(&items, types.scope()));

    let operations =
        server.upstream.as_ref().map(|upstream| operations::OperationsFile::lower(server, upstream, &methods, &places));
    let trait_methods = rows.iter().map(trait_::Method::tool).chain(reads).chain(gets).chain(completes);
    let title = docs::inline(server.title.as_deref().unwrap_or(&server.name));
    let service_docs = match server.upstream {
        Some(_) => format!("The tools of {title}, one method for each; every default calls the API."),
        None => format!("The handlers of {title}: every method is yours to write."),
    };
    let document: String = places.name(server.span.file).split_whitespace().collect::<Vec<_>>().join(" ");
    let header = format!(
        "{MARKER} {} from {}. Changes are lost: edit the document and generate again.",
        env!("CARGO_PKG_VERSION"),
        docs::inline(&document)
    );
    Crate {
        catalog_text: crate::catalog::print(server, &header),
        catalog: catalog::lower(server),
        header,
        service: Service {
            ident,
            docs: Docs::line(service_docs),
            methods: trait_methods.collect(),
            uses_maps: rows.iter().any(names_a_map),
        },
        readme: readme::Readme::default(),
        coverage: Coverage::of(&items),
        wire: None,
        package: package::lower(server, options),
        server: ServerDef {
            name: literal::string(&server.name),
            title: literal::optional_string(server.title.as_deref()),
            version: literal::string(&server.version),
            description: literal::optional_string(server.description.as_deref()),
            instructions: literal::optional_string(server.instructions.as_deref()),
            settings: settings::rows(&server.settings),
        },
        types: types_file,
        tools: (!rows.is_empty()).then(|| ToolsFile {
            // 16 KiB of rows of two pointers.
            is_long: rows.len() > 1000,
            uses_errors: server.tools.iter().any(|tool| !tool.errors.is_empty()),
            uses_maps: rows.iter().any(names_a_map),
            rows,
        }),
        answers: Some(answers.rows(server)).filter(|rows| !rows.is_empty()),
        errors: (!errors.is_empty()).then_some(errors_file),
        operations,
        resources: (!resources.resources.is_empty() || !resources.templates.is_empty()).then_some(resources),
        prompts: (!prompts.is_empty()).then_some(prompts),
        completions: (!completions.is_empty()).then_some(completions),
        settings: (server.upstream.is_none() && !server.settings.is_empty())
            .then(|| settings::fields(&server.settings)),
    }
}

fn names_a_map(tool: &tools::Tool) -> bool {
    tool.result.as_str().contains("BTreeMap<")
}
