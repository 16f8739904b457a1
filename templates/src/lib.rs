//! The minijinja templates of mcpgen, embedded so that they are published with the crate.
//!
//! One template for each file of a generated crate, named after it. A template prints fields, loops and branches on
//! presence; every field is a complete token of Rust (or of Markdown) already.

/// A template and the file it prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The name of the template: `tools.rs.j2`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! templates {
    ($($constant:ident = $name:literal, $about:literal;)*) => {
        $(
            #[doc = $about]
            pub const $constant: Template = Template { name: $name, text: include_str!(concat!("../", $name)) };
        )*
        /// All templates.
        pub const ALL: &[Template] = &[$($constant),*];
    };
}

templates! {
    CATALOG = "catalog.rs.j2", "`src/catalog.rs`: the tools of search mode.";
    ANSWERS = "answers.rs.j2", "`src/answers.rs`: what the document says of answers, where several tools share it.";
    COMPLETIONS = "completions.rs.j2", "`src/completions.rs`: completion handlers.";
    ERRORS = "errors.rs.j2", "`src/errors.rs`: error enums.";
    HANDLERS = "handlers.rs.j2", "`src/handlers.rs`, owned: a start for the methods of a server spec.";
    LIB = "lib.rs.j2", "`src/lib.rs`: the trait and the server.";
    MAIN = "main.rs.j2", "`src/main.rs`, owned: the binary.";
    OPERATIONS = "operations.rs.j2", "`src/operations.rs`: the tables of the HTTP API.";
    PROMPTS = "prompts.rs.j2", "`src/prompts.rs`: prompts.";
    README = "README.md.j2", "`README.md`";
    RESOURCES = "resources.rs.j2", "`src/resources.rs`: resources and resource templates.";
    SETTINGS = "settings.rs.j2", "`src/settings.rs`: the typed settings of a server spec.";
    TOOLS = "tools.rs.j2", "`src/tools.rs`: definitions and the table of tools.";
    TYPES = "types.rs.j2", "`src/types.rs`: structs and enums.";
    WIRE = "wire.rs.j2", "`tests/wire.rs`: the test of the wire contract.";
}
