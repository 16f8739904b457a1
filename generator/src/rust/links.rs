//! Links of answers to resources: the URI of a template, with a place for each value.

use super::literal::{self, Token};
use crate::model::{HttpBinding, Link, LinkValue, Location, Read, ResourceTemplate, Server, Tool};

/// The links of a tool whose resources are offered; `None` where there is none.
pub(crate) fn table(tool: &Tool, server: &Server) -> Option<Token> {
    let links: Vec<String> = tool.links.iter().filter_map(|link| row(link, tool, server)).collect();
    (!links.is_empty()).then(|| Token::composed(format!("&[{}]", links.join(", "))))
}

fn row(link: &Link, tool: &Tool, server: &Server) -> Option<String> {
    let (template, target) = server.templates.iter().find_map(|template| {
        let Read::Tool(name) = &template.read else { return None };
        let target = server.tools.iter().find(|tool| tool.name == *name)?.binding.as_ref()?;
        (target.method == "GET" && target.path == link.path).then_some((template, target))
    })?;
    let mut parts = Vec::new();
    // Without the part that may be absent.
    let mut rest = template.uri_template.split("{?").next().unwrap_or_default();
    while let Some((text, tail)) = rest.split_once('{') {
        let (variable, tail) = tail.split_once('}')?;
        parts.push(format!("rt::LinkPart::Text({})", literal::string(text)));
        parts.push(part(link, variable, tool.binding.as_ref()?, target)?);
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(format!("rt::LinkPart::Text({})", literal::string(rest)));
    }
    Some(format!(
        "rt::LinkDef {{ name: {}, mime_type: {}, uri: &[{}] }}",
        literal::string(&template.name),
        literal::optional_string(mime_type(template)),
        parts.join(", ")
    ))
}

fn mime_type(template: &ResourceTemplate) -> Option<&str> {
    template.mime_type.as_deref()
}

/// The value of a variable, which is an argument of the operation that reads the resource.
fn part(link: &Link, variable: &str, own: &HttpBinding, target: &HttpBinding) -> Option<String> {
    let name = &target.parameters.iter().find(|parameter| parameter.argument == variable)?.name;
    let (_, value) = link.values.iter().find(|(given, _)| given == name)?;
    Some(match value {
        LinkValue::Answer(pointer) => format!("rt::LinkPart::Answer({})", literal::string(pointer)),
        LinkValue::Parameter(location, name) => {
            let argument = argument(own, *location, name)?;
            format!("rt::LinkPart::Argument({})", literal::string(argument))
        }
        LinkValue::Constant(text) => format!("rt::LinkPart::Constant({})", literal::string(text)),
    })
}

fn argument<'a>(binding: &'a HttpBinding, location: Location, name: &str) -> Option<&'a str> {
    let is_meant = |own: &&crate::model::Parameter| own.location == location && own.name == name;
    binding.parameters.iter().find(is_meant).map(|own| own.argument.as_str())
}
