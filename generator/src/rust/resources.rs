//! Resources and resource templates: definitions, and how each is read.

use serde::Serialize;

use super::Places;
use super::advertised::printed;
use super::docs::{self, Docs};
use super::errors::Errors;
use super::literal::{self, Token};
use super::names::{Ident, pascal};
use super::tools::Tool;
use super::trait_::{Method, Parameter};
use super::types::Types;
use crate::model::{self, Completion, Read};

/// `resources.rs`
#[derive(Debug, Default, Serialize)]
pub(crate) struct ResourcesFile {
    pub resources: Vec<Resource>,
    pub templates: Vec<Template>,
    /// Whether a definition borrows the schema of a tool.
    uses_tools: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Resource {
    uri: Token,
    name: Token,
    title: Token,
    description: Token,
    mime_type: Token,
    deadline_ms: Token,
    read: ReadWords,
}

#[derive(Debug, Serialize)]
pub(crate) struct Template {
    uri_template: Token,
    name: Token,
    title: Token,
    description: Token,
    mime_type: Token,
    /// The schema of the variables, where they are not the input of a tool.
    input_schema: Option<Token>,
    completions: Token,
    deadline_ms: Token,
    read: ReadWords,
}

/// The method that reads, and how it takes its argument.
#[derive(Debug, Serialize)]
struct ReadWords {
    method: Ident,
    /// The tool whose method it is.
    tool: Option<Ident>,
    /// The argument is passed on as JSON; otherwise it is decoded.
    raw: bool,
}

/// What the handlers of reads add to the trait.
pub(crate) fn lower(
    server: &model::Server,
    tools: &[Tool],
    places: &Places<'_>,
    types: &mut Types<'_>,
    errors: &Errors,
    mut claim: impl FnMut(&str) -> Ident,
) -> (ResourcesFile, Vec<Method>) {
    let mut file = ResourcesFile::default();
    let mut methods = Vec::new();
    let tool_named =
        |name: &str| server.tools.iter().zip(tools).find(|(tool, _)| tool.name == name).map(|(_, tool)| tool);
    for template in &server.templates {
        let (read, input_schema) = match &template.read {
            Read::Tool(name) => {
                let Some(tool) = tool_named(name) else { continue };
                file.uses_tools = true;
                (by_tool(tool), None)
            }
            Read::Handler { errors: raised } => {
                let ident = claim(&template.name);
                let name = format!("{}Variables", pascal(&template.name, "Resource"));
                let uri = docs::code(&template.uri_template);
                let variables =
                    types.object(&name, Docs::line(format!("The variables of {uri}.")), &template.variables.value);
                let docs =
                    method_docs("Resource template", &uri, &places.of(template.span), template.description.as_deref());
                let parameter = Parameter::new("variables", variables.as_str());
                methods.push(Method::read(ident.clone(), docs, Some(parameter), &errors.ty(raised)));
                let schema = literal::schema(&printed(&template.variables.value, server));
                (ReadWords { method: ident, tool: None, raw: false }, Some(schema))
            }
        };
        let completions = template.completions.iter().filter(|(_, completion)| *completion != Completion::None);
        let completions = completions.map(|(variable, values)| {
            Token::composed(format!("({}, {})", literal::string(variable), completion(values)))
        });
        file.templates.push(Template {
            uri_template: literal::string(&template.uri_template),
            name: literal::string(&template.name),
            title: literal::optional_string(template.title.as_deref()),
            description: literal::optional_string(template.description.as_deref()),
            mime_type: literal::optional_string(template.mime_type.as_deref()),
            input_schema,
            completions: literal::slice(completions),
            deadline_ms: literal::optional_u64(template.deadline_ms),
            read,
        });
    }
    for resource in &server.resources {
        let read = match &resource.read {
            Read::Tool(name) => {
                let Some(tool) = tool_named(name) else { continue };
                by_tool(tool)
            }
            Read::Handler { errors: raised } => {
                let ident = claim(&resource.name);
                let uri = docs::code(&resource.uri);
                let docs = method_docs("Resource", &uri, &places.of(resource.span), resource.description.as_deref());
                methods.push(Method::read(ident.clone(), docs, None, &errors.ty(raised)));
                ReadWords { method: ident, tool: None, raw: true }
            }
        };
        file.resources.push(Resource {
            uri: literal::string(&resource.uri),
            name: literal::string(&resource.name),
            title: literal::optional_string(resource.title.as_deref()),
            description: literal::optional_string(resource.description.as_deref()),
            mime_type: literal::optional_string(resource.mime_type.as_deref()),
            deadline_ms: literal::optional_u64(resource.deadline_ms),
            read,
        });
    }
    (file, methods)
}

fn by_tool(tool: &Tool) -> ReadWords {
    ReadWords { method: tool.method.clone(), tool: Some(tool.marker.clone()), raw: tool.operation.is_some() }
}

fn method_docs(what: &str, uri: &str, place: &str, description: Option<&str>) -> Docs {
    Docs::with_rest(format!("{what} {uri} {place}"), description.unwrap_or_default())
}

/// A `rt::Completion`.
pub(crate) fn completion(completion: &Completion) -> Token {
    Token::composed(match completion {
        Completion::None => "rt::Completion::None".to_owned(),
        Completion::Values(values) => {
            format!("rt::Completion::Values({})", literal::string_slice(values.iter().map(String::as_str)))
        }
        Completion::Handler(name) => format!("rt::Completion::Handler({})", literal::string(name)),
    })
}
