//! Resources: each is read in exactly one way.

use std::collections::BTreeSet;

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Read, Server};
use crate::source::Span;
use crate::uri_template::{self, Overlap, UriTemplate};

/// Drops what would be read through a tool that is not exposed.
pub(crate) fn drop_without_tool(server: &mut Server, report: &mut Report) {
    let tools: BTreeSet<&str> = server.tools.iter().map(|tool| tool.name.as_str()).collect();
    let mut keep = |uri: &str, read: &Read, span: Span| match read {
        Read::Tool(name) if !tools.contains(name.as_str()) => {
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
    let is_refused = server.upstream.is_none();
    let mut left_out: BTreeSet<usize> = BTreeSet::new();
    // The number of each parsed template among all.
    let mut numbers = Vec::new();
    for (number, (uri, span)) in resources.chain(templates).enumerate() {
        match UriTemplate::parse(uri) {
            Ok(template) => {
                parsed.push(template);
                spans.push(span);
                numbers.push(number);
            }
            Err(error) if !is_refused => {
                left_out.insert(number);
                let message = format!("the resource `{}` is left out: {}", shortened(uri), error.message);
                report.push(
                    Diagnostic::warning(codes::UNUSABLE_URI, span, message)
                        .help("the tool that reads it is still there"),
                );
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
        let number = |index: usize| numbers.get(index).is_some_and(|number| left_out.contains(number));
        if number(found.first) || number(found.second) {
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
            left_out.extend(numbers.get(found.second));
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

/// The beginning of a URI, as much as a message bears.
fn shortened(uri: &str) -> String {
    match uri.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", uri.get(..end).unwrap_or(uri)),
        None => uri.to_owned(),
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
        let long = format!("petstore://{}", "a".repeat(2000));
        for uri in [&long, "petstore://a/{x}/b", "petstore://a/c/{y}", "petstore://a/c/d"] {
            template.uri_template = uri.to_owned();
            server.templates.push(template.clone());
        }
        let tools = server.tools.len();
        let mut report = Report::default();
        settle_ambiguity(&mut server, &mut report);
        let kept: Vec<_> = server.templates.iter().map(|template| template.uri_template.as_str()).collect();
        assert!(kept.ends_with(&["petstore://a/{x}/b", "petstore://a/c/d"]), "{kept:?}");
        let codes: Vec<_> = report.sorted().iter().map(|diagnostic| diagnostic.code).collect();
        let expected = [codes::UNUSABLE_URI, codes::AMBIGUOUS_RESOURCE];
        assert!(codes.len() == 2 && expected.iter().all(|code| codes.contains(code)), "{codes:?}");
        assert_eq!(server.tools.len(), tools);
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
