//! Links of answers to resources: the URI of a template, with a place for each value.

use std::collections::BTreeMap;

use super::literal::{self, Token};
use crate::model::{HttpBinding, Link, LinkValue, Location, Read, ResourceTemplate, Server, Tool};

/// What links can lead to: for a path, the template whose resources it has, and the operation that reads them.
pub(crate) struct Targets<'a>(BTreeMap<&'a str, (&'a ResourceTemplate, &'a HttpBinding)>);

impl<'a> Targets<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        let tools: BTreeMap<&str, &Tool> = server.tools.iter().map(|tool| (tool.name.as_str(), tool)).collect();
        let mut targets = BTreeMap::new();
        for template in &server.templates {
            let Read::Tool(name) = &template.read else { continue };
            let Some(target) = tools.get(name.as_str()).and_then(|tool| tool.binding.as_ref()) else { continue };
            if target.method == "GET" {
                targets.entry(target.path.as_str()).or_insert((template, target));
            }
        }
        Self(targets)
    }
}

/// The links of a tool whose resources are offered; `None` where there is none.
pub(crate) fn table(tool: &Tool, targets: &Targets<'_>) -> Option<Token> {
    let links: Vec<String> = tool.links.iter().filter_map(|link| row(link, tool, targets)).collect();
    (!links.is_empty()).then(|| Token::composed(format!("&[{}]", links.join(", "))))
}

fn row(link: &Link, tool: &Tool, targets: &Targets<'_>) -> Option<String> {
    let (template, target) = *targets.0.get(link.path.as_str())?;
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
