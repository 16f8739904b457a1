//! The trait that a person implements: its methods, and what a fresh `handlers.rs` says in each.

use serde::Serialize;

use super::docs::Docs;
use super::literal::{self, Token};
use super::names::Ident;
use super::tools::Tool;

/// A method: `fn get_pet(&self, cx: &rt::Context, input: …) -> impl Future<Output = …>`.
#[derive(Debug, Serialize)]
pub(crate) struct Method {
    pub ident: Ident,
    docs: Docs,
    parameter: Option<Parameter>,
    /// What the future gives.
    output: Token,
    /// The tool that the default body calls the upstream for; `None`: there is no default.
    upstream: Option<Ident>,
    /// The body in a fresh `handlers.rs`.
    starter: Token,
}

/// What a method takes beside its context.
#[derive(Debug, Serialize)]
pub(crate) struct Parameter {
    name: Token,
    ty: Token,
}

impl Parameter {
    /// `name` is one of our own words.
    pub fn new(name: &'static str, ty: &str) -> Self {
        Self { name: Token::composed(name), ty: Token::composed(ty) }
    }
}

impl Method {
    pub fn tool(tool: &Tool) -> Self {
        let ty = match &tool.operation {
            Some(_) => format!("rt::Args<{}>", tool.input),
            None => tool.input.to_string(),
        };
        Self {
            starter: not_written(&tool.method),
            ident: tool.method.clone(),
            docs: tool.method_docs.clone(),
            parameter: Some(Parameter::new("input", &ty)),
            output: tool.result.clone(),
            upstream: tool.operation.is_some().then(|| tool.marker.clone()),
        }
    }

    pub fn read(ident: Ident, docs: Docs, parameter: Option<Parameter>, error: &Token) -> Self {
        Self::handler(ident, docs, parameter, format!("Result<rt::Contents, {error}>"))
    }

    pub fn prompt(ident: Ident, docs: Docs, parameter: Parameter, error: &Token) -> Self {
        Self::handler(ident, docs, Some(parameter), format!("Result<Vec<rt::PromptMessage>, {error}>"))
    }

    pub fn completion(ident: Ident, docs: Docs) -> Self {
        Self {
            ident,
            docs,
            parameter: Some(Parameter::new("typed", "&str")),
            output: Token::composed("Vec<String>"),
            upstream: None,
            starter: Token::composed("Vec::new()"),
        }
    }

    fn handler(ident: Ident, docs: Docs, parameter: Option<Parameter>, output: String) -> Self {
        let output = Token::composed(output);
        Self { starter: not_written(&ident), ident, docs, parameter, output, upstream: None }
    }
}

/// The answer of a method that nobody wrote yet.
fn not_written(method: &Ident) -> Token {
    Token::composed(format!("not_written({})", literal::string(method.plain())))
}
