//! What the sections of a server spec share while they are read.

use std::cell::RefCell;
use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::errors::Errors;
use super::names;
use super::reader::Node;
use super::schema::Schemas;
use super::types::Types;
use crate::conform::{self, brief};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::{Completion, ErrorVariant, Schema};
use crate::schema_view::SchemaView;
use crate::source::Span;
use crate::text_template::{self, Compiled};

/// Types, errors and the methods of the trait.
pub(super) struct Context<'r> {
    types: Types<'r>,
    errors: Errors<'r>,
    /// The methods of the generated trait: folded name → (name, place).
    methods: RefCell<BTreeMap<String, (String, Span)>>,
}

impl<'r> Context<'r> {
    pub(super) fn new(types: Types<'r>, errors: Errors<'r>) -> Self {
        Self { types, errors, methods: RefCell::default() }
    }

    pub(super) fn schemas(&self) -> &Schemas<'r> {
        &self.types.schemas
    }

    pub(super) fn view(&self) -> SchemaView<'_> {
        SchemaView::new(&self.types.named)
    }

    /// The errors that a tool, resource or prompt names.
    pub(super) fn errors(&self, list: Option<Node<'r>>) -> Vec<ErrorVariant> {
        list.map(|list| self.errors.list(&list)).unwrap_or_default()
    }

    /// A handler becomes a method of the trait: no two of one name.
    pub(super) fn claim_method(&self, name: &str, node: &Node<'_>) {
        let mut methods = self.methods.borrow_mut();
        if let Some((before, place)) = methods.get(&names::fold(name)) {
            let message = format!("the handler of `{name}` would have the same method as that of `{before}`");
            node.push(
                Diagnostic::error(codes::SAME_NAME, node.key_span(), message)
                    .related(*place, format!("`{before}` is here"))
                    .help("case and separators do not tell methods apart; rename one of them"),
            );
            return;
        }
        methods.insert(names::fold(name), (name.to_owned(), node.key_span()));
    }

    /// `complete: handler`, or a list of candidates.
    pub(super) fn completion(&self, name: &str, node: &Node<'_>) -> Completion {
        match node.value {
            Value::Array(_) => {
                let items = node.items().unwrap_or_default();
                Completion::Values(items.iter().filter_map(|item| item.text().map(str::to_owned)).collect())
            }
            Value::String(word) if word == "handler" => {
                let method = format!("complete_{name}");
                // Shared by all arguments and variables of this name.
                let shared =
                    self.methods.borrow().get(&names::fold(&method)).is_some_and(|(known, _)| *known == method);
                if !shared {
                    self.claim_method(&method, node);
                }
                Completion::Handler(name.to_owned())
            }
            other => {
                let message = format!("{} is no source of candidates", brief(other));
                let help = format!(
                    "`complete: handler` for a method `complete_{name}`, or a list: `complete: [tokyo, london]`"
                );
                node.push(node.error(codes::BAD_WORD, message).help(help));
                Completion::None
            }
        }
    }

    /// A text template, checked against the schema of what it renders.
    pub(super) fn template(&self, node: &Node<'_>, schema: &Value) -> Option<Compiled> {
        template(node, schema, self.view())
    }

    /// The checks that need everything; then the types that are in use.
    pub(super) fn finish(self) -> IndexMap<String, Schema> {
        for sample in self.schemas().take_samples() {
            let Some(misfit) = conform::misfit(&sample.schema, sample.node.value, self.view()) else { continue };
            let value = brief(sample.node.value);
            let (node, place) = (&sample.node, sample.node.span());
            node.push(if sample.is_default {
                Diagnostic::error(codes::BAD_DEFAULT, place, format!("the default {value} {misfit}"))
                    .help("a call that leaves the property out gets this value, so it must fit the schema")
            } else {
                Diagnostic::warning(codes::BAD_EXAMPLE, place, format!("the example {value} {misfit}"))
                    .help("models imitate examples; give one that fits")
            });
        }
        self.errors.warn_unused();
        self.types.finish()
    }
}

/// [`Context::template`], for those that are read before there is a context.
pub(super) fn template(node: &Node<'_>, schema: &Value, view: SchemaView<'_>) -> Option<Compiled> {
    let text = node.text()?;
    match text_template::compile(text, schema, view) {
        Ok(compiled) => Some(compiled),
        Err(problems) => {
            for problem in problems {
                let place = node.part_span(problem.range.start, problem.range.end);
                let mut diagnostic = Diagnostic::error(problem.code, place, problem.message);
                diagnostic.help = problem.help;
                node.push(diagnostic);
            }
            None
        }
    }
}
