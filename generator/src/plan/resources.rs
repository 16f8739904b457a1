//! Resources: each is read in exactly one way.

use std::collections::BTreeSet;

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

/// Settles every pair of resources of which some URI could mean either. A person who wrote a server spec is asked; a
/// document of an HTTP API was not written with resources in mind, so there the second one stays a tool only.
pub(crate) fn settle_ambiguity(server: &mut Server, report: &mut Report) {
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
    let is_refused = server.upstream.is_none();
    let mut left_out: BTreeSet<usize> = BTreeSet::new();
    for found in uri_template::ambiguity(&parsed) {
        if left_out.contains(&found.first) || left_out.contains(&found.second) {
            continue;
        }
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
        let diagnostic = if is_refused {
            Diagnostic::error(codes::AMBIGUOUS_TEMPLATES, *second_span, message)
                .help("change one of them so that a literal segment tells them apart, or leave one out")
        } else {
            left_out.insert(found.second);
            let message = format!("the resource `{second}` is left out: {message}");
            Diagnostic::warning(codes::AMBIGUOUS_RESOURCE, *second_span, message)
                .help("the tool that reads it is still there")
        };
        report.push(diagnostic.related(*first_span, "the other one"));
    }
    let mut at = 0..;
    let mut keep = || at.next().is_none_or(|index: usize| !left_out.contains(&index));
    if report.check().is_ok() {
        server.resources.retain(|_| keep());
        server.templates.retain(|_| keep());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn of_two_ambiguous_paths_of_an_api_the_second_stays_a_tool_only() {
        let mut server = samples::petstore();
        let mut template = server.templates[0].clone();
        for uri in ["petstore://a/{x}/b", "petstore://a/c/{y}", "petstore://a/c/d"] {
            template.uri_template = uri.to_owned();
            server.templates.push(template.clone());
        }
        let tools = server.tools.len();
        let mut report = Report::default();
        settle_ambiguity(&mut server, &mut report);
        let kept: Vec<_> = server.templates.iter().map(|template| template.uri_template.as_str()).collect();
        assert!(kept.ends_with(&["petstore://a/{x}/b", "petstore://a/c/d"]), "{kept:?}");
        let codes: Vec<_> = report.sorted().iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!((codes.as_slice(), server.tools.len()), ([codes::AMBIGUOUS_RESOURCE].as_slice(), tools));
        assert!(report.check().is_ok());
    }

    #[test]
    fn of_two_ambiguous_templates_of_a_server_spec_neither_is_taken() {
        let mut server = samples::weather();
        let mut template = server.templates[0].clone();
        for uri in ["weather://a/{x}/b", "weather://a/c/{y}"] {
            template.uri_template = uri.to_owned();
            server.templates.push(template.clone());
        }
        let mut report = Report::default();
        settle_ambiguity(&mut server, &mut report);
        assert!(report.check().is_err());
    }
}
