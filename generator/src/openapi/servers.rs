//! Server Objects → base URLs. OpenAPI 3.1.1 §4.8.5.

use openapiv3::Server;

use super::at;
use super::operation::Lowered;
use crate::diag::codes::openapi as codes;
use crate::diag::{Diagnostic, Report};
use crate::load::Index;

/// The base URL of the first server, its variables replaced by their defaults. `None` where there is no server, or
/// only one that says nothing about the host: then the environment must.
pub(super) fn base_url(servers: &[Server], index: &Index, report: &mut Report) -> Option<String> {
    let server = servers.first()?;
    let pointer = at(&server.extensions);
    let mut warn = |message: String| {
        let span = index.span(pointer);
        report.push(
            Diagnostic::warning(codes::BASE_URL, span, message)
                .help("the base URL must be given in the environment when the server runs"),
        );
    };
    let url = substitute(server)?;
    if url.contains(['{', '}']) {
        warn(format!("the server URL `{}` has variables without a default", server.url));
        return None;
    }
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        warn(format!("the server URL `{url}` names no host"));
        return None;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '\\' | '"' | '<' | '>');
    if authority.is_empty() || authority.contains('@') || url.contains(odd) {
        warn(format!("the server URL `{url}` cannot be used: it must be a host and a path, nothing else"));
        return None;
    }
    Some(url.trim_end_matches('/').to_owned())
}

/// The base URL that every operation gives for itself, if it is one: then it is the server's, and the environment can
/// replace it in one place.
pub(super) fn hoist(lowered: &mut [Lowered]) -> Option<String> {
    let mut bindings = lowered.iter_mut().filter_map(|lowered| lowered.tool.binding.as_mut());
    let first = bindings.next()?.base_url.clone()?;
    if bindings.any(|binding| binding.base_url.as_ref() != Some(&first)) {
        return None;
    }
    for binding in lowered.iter_mut().filter_map(|lowered| lowered.tool.binding.as_mut()) {
        binding.base_url = None;
    }
    Some(first)
}

fn substitute(server: &Server) -> Option<String> {
    let mut url = server.url.trim().to_owned();
    for (name, variable) in server.variables.iter().flatten() {
        if !variable.default.is_empty() {
            url = url.replace(&format!("{{{name}}}"), &variable.default);
        }
    }
    (!url.is_empty()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(json: serde_json::Value) -> (Option<String>, bool) {
        let mut report = Report::default();
        let servers: Vec<Server> = serde_json::from_value(json).unwrap();
        let url = base_url(&servers, &Index::default(), &mut report);
        (url, !report.sorted().is_empty())
    }

    #[test]
    fn the_first_server_with_its_defaults() {
        let servers = serde_json::json!([
            {"url": "https://{region}.example.com:{port}/v1/", "variables": {
                "region": {"default": "eu"}, "port": {"default": "8443"}}},
            {"url": "https://other.example.com"}
        ]);
        assert_eq!(url(servers), (Some("https://eu.example.com:8443/v1".to_owned()), false));
    }

    #[test]
    fn o2_what_names_no_host_is_left_to_the_environment() {
        assert_eq!(url(serde_json::json!([])), (None, false));
        for odd in [
            "/v1",
            "//example.com",
            "ftp://example.com",
            "https://",
            "https:///v1",
            "https://user:pw@example.com",
            "https://example.com/?a=b",
            "https://{tenant}.example.com",
            "https://exa mple.com",
        ] {
            assert_eq!(url(serde_json::json!([{"url": odd}])), (None, true), "{odd}");
        }
    }
}
