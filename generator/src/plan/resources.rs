//! Resources: each is read in exactly one way.

use std::collections::BTreeSet;

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Read, Server};
use crate::source::Span;
use crate::uri_template::{Overlap, UriTemplate};

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

/// No URI is read in two ways. Of two resources that a server spec declares, which one is meant is for its author to
/// say. The templates of an HTTP API follow from its paths, which may overlap (`/pets/{id}/photo`, `/pets/by-name/{name}`):
/// there the first one stands, and the operation of the other one is still a tool.
pub(crate) fn settle_ambiguity(server: &mut Server, report: &mut Report) {
    let resources = server.resources.iter().map(|resource| (resource.uri.as_str(), resource.span, None));
    let templates = server.templates.iter().enumerate().map(|(at, template)| {
        let follows = server.upstream.is_some() && matches!(template.read, Read::Tool(_));
        (template.uri_template.as_str(), template.span, follows.then_some(at))
    });
    let mut kept: Vec<Parsed> = Vec::new();
    let mut left_out = BTreeSet::new();
    for (uri, span, follows) in resources.chain(templates) {
        let template = match UriTemplate::parse(uri) {
            Ok(template) => template,
            Err(error) => {
                let diagnostic = if follows.is_some() {
                    left_out.extend(follows);
                    let message = format!("the resource `{uri}` is left out: {}", error.message);
                    Diagnostic::warning(codes::RESOURCE_LEFT_OUT, span, message)
                } else {
                    let message = format!("`{uri}` cannot be a resource template: {}", error.message);
                    Diagnostic::error(codes::BAD_TEMPLATE, span, message)
                };
                report.push(Diagnostic { help: error.help, ..diagnostic });
                continue;
            }
        };
        let conflict = kept.iter().find_map(|other| conflict(other, &template).map(|message| (other, message)));
        match conflict {
            None => kept.push(Parsed { template, span }),
            Some((other, message)) if follows.is_none() => {
                report.push(
                    Diagnostic::error(codes::AMBIGUOUS_TEMPLATES, span, message)
                        .related(other.span, "the other one")
                        .help("change one of them so that a literal segment tells them apart, or leave one out"),
                );
            }
            Some((other, message)) => {
                left_out.extend(follows);
                report.push(
                    Diagnostic::warning(
                        codes::RESOURCE_LEFT_OUT,
                        span,
                        format!("the resource `{uri}` is left out: {message}"),
                    )
                    .related(other.span, "the one that stands")
                    .help("its operation is still a tool"),
                );
            }
        }
    }
    let mut at = 0..;
    server.templates.retain(|_| at.next().is_none_or(|at| !left_out.contains(&at)));
}

/// A resource that stands.
struct Parsed {
    template: UriTemplate,
    span: Span,
}

/// What is wrong with two resources beside each other.
fn conflict(kept: &Parsed, template: &UriTemplate) -> Option<String> {
    let (first, second) = (kept.template.as_str(), template.as_str());
    match kept.template.overlap(template) {
        Overlap::Ambiguous { example } => {
            Some(format!("`{first}` and `{second}` both match `{example}`, and neither is more specific"))
        }
        Overlap::Same => Some(format!("`{first}` and `{second}` match the same URIs")),
        Overlap::Disjoint | Overlap::FirstMoreSpecific | Overlap::SecondMoreSpecific => None,
    }
}
