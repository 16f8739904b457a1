//! Which kind of document, and which version of it.

use serde_json::Value;

use super::Index;
use crate::diag::codes::load as codes;
use crate::diag::{Diagnostic, Report, Stop};

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An OpenAPI document.
    OpenApi(Version),
    /// mcpgen's own server spec, `mcpgen: 1`.
    ServerSpec,
}

/// The version of OpenAPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// Swagger 2.0, which is rewritten as 3.0 before anything else reads it.
    V2_0,
    V3_0,
    V3_1,
    V3_2,
}

/// Reads the version keys of the top level.
pub(super) fn detect(value: &Value, index: &Index, report: &mut Report) -> Result<Kind, Stop> {
    let Some(root) = value.as_object() else {
        let found = if value.is_null() { "is empty" } else { "is no object" };
        let problem = Diagnostic::error(codes::ROOT_NOT_OBJECT, index.span(""), format!("the document {found}"))
            .help("begin with `openapi: 3.0.3` or with `mcpgen: 1`");
        return Err(super::fail(report, problem));
    };
    if let Some(version) = root.get("mcpgen") {
        return match text(version).as_str() {
            "1" | "1.0" => Ok(Kind::ServerSpec),
            other => {
                Err(unsupported(index, "/mcpgen", &format!("server specs of version {other} are not read"), report))
            }
        };
    }
    if let Some(version) = root.get("openapi") {
        return openapi(version, index, report);
    }
    if let Some(version) = root.get("swagger").or_else(|| root.get("swaggerVersion")) {
        let key = if root.contains_key("swagger") { "/swagger" } else { "/swaggerVersion" };
        if key == "/swagger" && text(version).trim().split('.').next() == Some("2") {
            warn_of_number(version, key, index, report);
            return Ok(Kind::OpenApi(Version::V2_0));
        }
        return Err(unsupported(index, key, &format!("Swagger {} is not read", text(version)), report));
    }
    let near = root.keys().find(|key| strsim::damerau_levenshtein(&key.to_lowercase(), "openapi") <= 2);
    let at = near.map_or_else(|| index.span(""), |key| index.key_span(&super::join("", key)));
    let mut problem = Diagnostic::error(
        codes::NO_VERSION,
        at,
        "the document is neither an OpenAPI document nor a server spec: it has no key `openapi` and no key `mcpgen`",
    )
    .help("an OpenAPI document begins with `openapi: 3.0.3`, a server spec with `mcpgen: 1`");
    if near.is_some() {
        problem = problem.label("did you mean `openapi`?");
    }
    Err(super::fail(report, problem))
}

fn openapi(version: &Value, index: &Index, report: &mut Report) -> Result<Kind, Stop> {
    let spelled = text(version);
    warn_of_number(version, "/openapi", index, report);
    let mut parts = spelled.trim().split('.');
    let major = parts.next().unwrap_or_default();
    let minor: String = parts.next().unwrap_or("0").chars().take_while(char::is_ascii_digit).collect();
    match (major, minor.as_str()) {
        ("3", "0") => Ok(Kind::OpenApi(Version::V3_0)),
        ("3", "1") => Ok(Kind::OpenApi(Version::V3_1)),
        ("3", "2") => Ok(Kind::OpenApi(Version::V3_2)),
        _ => Err(unsupported(index, "/openapi", &format!("OpenAPI {spelled} is not read"), report)),
    }
}

fn warn_of_number(version: &Value, pointer: &str, index: &Index, report: &mut Report) {
    if version.is_number() {
        let (key, spelled) = (pointer.trim_start_matches('/'), text(version));
        let message = format!("the version {spelled} is written as a number");
        let problem = Diagnostic::warning(codes::VERSION_NUMBER, index.span(pointer), message);
        report.push(problem.help(format!("quote it: `{key}: \"{spelled}\"`")));
    }
}

fn unsupported(index: &Index, pointer: &str, message: &str, report: &mut Report) -> Stop {
    super::fail(
        report,
        Diagnostic::error(codes::UNSUPPORTED_VERSION, index.span(pointer), message)
            .help("mcpgen reads Swagger 2.0, OpenAPI 3.0, 3.1 and 3.2, and server specs of version 1"),
    )
}

/// A version as it is written.
fn text(version: &Value) -> String {
    match version {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
