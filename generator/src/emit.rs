//! Rust words → text: templates, then `syn` parses and `prettyplease` formats; what a large crate has thousands of is
//! formatted by `tables`, to the same bytes.
//!
//! The only file that knows minijinja. A failure here is a defect of mcpgen, never of a document; it shows the template
//! and the text.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use mcpgen_templates as templates;
use mcpgen_templates::Template;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::both::STACK;
use crate::files::{File, Files};
use crate::rust::Crate;

mod layout;
mod lines;
mod tables;

pub(crate) use layout::is_same_code;

/// Each thread holds the syntax tree of a module, which is ten times its text.
const MAX_THREADS: usize = 4;

/// A template that does not print, or prints something that is not Rust.
#[derive(Clone, Debug)]
pub(crate) struct EmitError {
    /// `tools.rs.j2`
    pub template: &'static str,
    pub message: String,
    /// What was printed, as far as it got.
    pub text: String,
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "internal error: {} printed something that is not valid: {}. This is a defect of mcpgen, not of the \
             document; please report it with this text:\n{}",
            self.template, self.message, self.text
        )
    }
}

/// Prints every file of a crate.
pub(crate) fn emit(krate: &Crate) -> Result<Files, EmitError> {
    let printer = Printer::new(krate)?;
    let mut files = Files::default();
    let manifest = krate.package.manifest.print().map_err(|error| failure("Cargo.toml", &error, ""))?;
    files.insert("Cargo.toml", File::of_person(manifest));
    // Two hyphens would end the comment.
    let header = krate.header.replace("--", "- -");
    files.insert("README.md", File::generated(format!("<!-- {header} -->\n\n{}", printer.print(templates::README)?)));
    files.insert("src/main.rs", File::of_person(printer.main()?));
    if krate.has_handlers() {
        files.insert("src/handlers.rs", File::of_person(printer.handlers()?));
    }
    let modules: Vec<(&'static str, Template)> = krate.modules().collect();
    for ((path, _), text) in modules.iter().zip(printer.modules(&modules)) {
        files.insert(path, File::generated(text?));
    }
    if let Some(catalog) = &krate.catalog_text {
        files.insert("src/catalog.jsonl", File::generated(catalog.clone()));
    }
    if let Some(wire) = &krate.wire {
        let contract = wire.print(&krate.header).map_err(|error| failure("wire.json", &error, ""))?;
        files.insert("tests/wire.json", File::generated(contract));
    }
    Ok(files)
}

/// The templates, and the words they print.
struct Printer<'a> {
    environment: Environment<'static>,
    krate: &'a Crate,
    words: minijinja::Value,
}

impl<'a> Printer<'a> {
    fn new(krate: &'a Crate) -> Result<Self, EmitError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(|error| failure("syntax", &error, ""))?;
        environment.set_syntax(syntax);
        for template in templates::ALL {
            environment
                .add_template(template.name, template.text)
                .map_err(|error| failure(template.name, &error, template.text))?;
        }
        Ok(Self { environment, krate, words: Serde(krate).into() })
    }

    /// Generated modules, in order, several at a time: most of the work on a large document is to parse and to format
    /// what it becomes.
    fn modules(&self, modules: &[(&'static str, Template)]) -> Vec<Result<String, EmitError>> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut printed = Vec::new();
            loop {
                // The last ones are the largest: tools and types.
                let turn = next.fetch_add(1, Ordering::Relaxed) + 1;
                let Some(at) = modules.len().checked_sub(turn) else { break printed };
                if let Some((_, template)) = modules.get(at) {
                    printed.push((at, self.module(*template)));
                }
            }
        };
        let mut printed = std::thread::scope(|scope| {
            let helpers = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS) - 1;
            let start = |_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok();
            let helpers: Vec<_> = (0..helpers).filter_map(start).collect();
            let mut printed = work();
            // A panic is a defect, and stays one.
            let join = |helper: std::thread::ScopedJoinHandle<'_, Vec<_>>| match helper.join() {
                Ok(printed) => printed,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            printed.extend(helpers.into_iter().flat_map(join));
            printed
        });
        printed.sort_by_key(|(at, _)| *at);
        printed.into_iter().map(|(_, text)| text).collect()
    }

    /// The text of a template as it is.
    fn print(&self, template: Template) -> Result<String, EmitError> {
        self.environment
            .get_template(template.name)
            .and_then(|compiled| compiled.render(self.words.clone()))
            .map_err(|error| failure(template.name, &error, template.text))
    }

    /// A Rust file, parsed.
    fn parse(&self, template: Template) -> Result<(syn::File, String), EmitError> {
        let text = self.print(template)?;
        match syn::parse_file(&text) {
            Ok(file) => Ok((file, text)),
            Err(error) => Err(not_rust(template, &error, text)),
        }
    }

    /// A generated module.
    fn module(&self, template: Template) -> Result<String, EmitError> {
        let text = self.print(template)?;
        let laid_out = layout::format(&text).map_err(|(error, part)| not_rust(template, &error, part))?;
        Ok(format!("// {}\n\n{laid_out}", self.krate.header))
    }

    /// The binary. Its template is laid out as rustfmt does, because it is the person's to format.
    fn main(&self) -> Result<String, EmitError> {
        let (_, text) = self.parse(templates::MAIN)?;
        Ok(self.owned("The MCP server", &text))
    }

    /// A start for the handlers.
    fn handlers(&self) -> Result<String, EmitError> {
        let (file, text) = self.parse(templates::HANDLERS)?;
        Ok(self.owned("The handlers of", &layout::print(file, &text)))
    }

    /// A file that belongs to the person.
    fn owned(&self, what: &str, text: &str) -> String {
        let name = &self.krate.package.name;
        format!(
            "//! {what} `{name}`. This file is yours: mcpgen created it once and does not touch it again.\n\n{text}"
        )
    }
}

fn not_rust(template: Template, error: &syn::Error, text: String) -> EmitError {
    let at = error.span().start();
    let message = format!("{error} at line {}, column {}", at.line, at.column + 1);
    EmitError { template: template.name, message, text }
}

fn failure(template: &'static str, error: &dyn fmt::Display, text: &str) -> EmitError {
    EmitError { template, message: error.to_string(), text: text.to_owned() }
}

#[cfg(test)]
mod tests;
