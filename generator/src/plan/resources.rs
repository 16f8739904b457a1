//! Resources: each is read in exactly one way.

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Read, Server};
use crate::source::Span;
use crate::uri_template::{self, Overlap, UriTemplate};

/// Drops what would be read through a tool that is not exposed.
pub(crate) fn drop_without_tool(server: &mut Server, report: &mut Report) {
    let tools = &server.tools;
    let mut keep = |uri: &str, read: &Read, span: Span| match read {
        Read::Tool(name) if !tools.iter().any(|tool| tool.name == *name) => {
            let message = format!("the resource `{uri}` is left out: the tool `{name}` that reads it is not exposed");
            report.push(Diagnostic::warning(codes::RESOURCE_WITHOUT_TOOL, span, message));
            false
        }
        _ => true,
    };
    server.resources.retain(|resource| keep(&resource.uri, &resource.read, resource.span));
    server.templates.retain(|template| keep(&template.uri_template, &template.read, template.span));
}

/// Reports every pair of resources of which some URI could mean either.
pub(crate) fn refuse_ambiguity(server: &Server, report: &mut Report) {
    let resources = server.resources.iter().map(|resource| (resource.uri.as_str(), resource.span));
    let templates = server.templates.iter().map(|template| (template.uri_template.as_str(), template.span));
    let mut parsed = Vec::new();
    let mut spans = Vec::new();
    for (uri, span) in resources.chain(templates) {
        match UriTemplate::parse(uri) {
            Ok(template) => {
                parsed.push(template);
                spans.push(span);
            }
            Err(error) => {
                let mut diagnostic = Diagnostic::error(
                    codes::BAD_TEMPLATE,
                    span,
                    format!("`{uri}` cannot be a resource template: {}", error.message),
                );
                diagnostic.help = error.help;
                report.push(diagnostic);
            }
        }
    }
    for found in uri_template::ambiguity(&parsed) {
        let at = |index: usize| parsed.get(index).zip(spans.get(index));
        let (Some((first, first_span)), Some((second, second_span))) = (at(found.first), at(found.second)) else {
            continue;
        };
        let (first, second) = (first.as_str(), second.as_str());
        let message = match &found.overlap {
            Overlap::Ambiguous { example } => {
                format!("`{first}` and `{second}` both match `{example}`, and neither is more specific")
            }
            _ => format!("`{first}` and `{second}` match the same URIs"),
        };
        report.push(
            Diagnostic::error(codes::AMBIGUOUS_TEMPLATES, *second_span, message)
                .related(*first_span, "the other one")
                .help("change one of them so that a literal segment tells them apart, or leave one out"),
        );
    }
}
