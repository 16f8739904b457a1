//! The surface for people.

use std::fmt::{self, Write as _};

use super::{ArgumentSurface, ResourceSurface, Surface};
use crate::rust::is_hazardous;

/// For people, in plain lines without control characters.
impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&describe(self))
    }
}

/// Writing to a string does not fail.
fn describe(surface: &Surface) -> String {
    let mut out = String::new();
    let title = surface.title.as_deref().map(|title| format!(" ({})", line(title))).unwrap_or_default();
    let _ = writeln!(out, "{} {}{title}", surface.name, line(&surface.version));
    if let Some(url) = &surface.base_url {
        let _ = writeln!(out, "{}", line(url));
    }
    let cost = surface.tokens.map(|tokens| format!(" ({tokens} tokens, o200k)")).unwrap_or_default();
    let _ = writeln!(out, "\nTools: {}{cost}", surface.tools.len());
    for tool in &surface.tools {
        let route = tool.route.as_ref().map(|route| format!("  {} {}", route.method, line(&route.path)));
        let cost = tool.tokens.map(|tokens| format!("  {tokens} tokens")).unwrap_or_default();
        let _ = writeln!(out, "\n  {}{}{cost}  [{}]", tool.name, route.unwrap_or_default(), tool.source);
        let summary = line(tool.description.split("\n\n").next().unwrap_or_default());
        if !summary.is_empty() {
            let _ = writeln!(out, "    {summary}");
        }
        arguments_of(&tool.arguments, &mut out);
        if let Some(media_type) = tool.route.as_ref().and_then(|route| route.request_media_type.as_deref()) {
            let _ = writeln!(out, "    body: {}", line(media_type));
        }
        let output = tool.output.as_deref().unwrap_or("content");
        let errors: String = tool.errors.iter().map(|error| format!(" | {error}")).collect();
        let _ = writeln!(out, "    → {}", line(&format!("{output}{errors}")));
    }
    if !surface.operations.is_empty() {
        let _ = writeln!(out, "\nOperations, found by search: {}\n", surface.operations.len());
        for operation in &surface.operations {
            let route = operation.route.as_ref().map(|route| format!("  {} {}", route.method, line(&route.path)));
            let _ = writeln!(out, "  {}{}  [{}]", operation.name, route.unwrap_or_default(), operation.source);
        }
    }
    resources("Resources", &surface.resources, &mut out);
    resources("Resource templates", &surface.templates, &mut out);
    if !surface.prompts.is_empty() {
        let _ = writeln!(out, "\nPrompts: {}", surface.prompts.len());
        for prompt in &surface.prompts {
            let _ = writeln!(out, "\n  {}  [{}]", line(&prompt.name), prompt.source);
            arguments_of(&prompt.arguments, &mut out);
        }
    }
    if !surface.settings.is_empty() {
        let _ = writeln!(out, "\nEnvironment: {}\n", surface.settings.len());
        for setting in &surface.settings {
            let required = if setting.required { " (required)" } else { "" };
            let default = setting.default.as_deref().map(|default| format!(" [{}]", line(default))).unwrap_or_default();
            let _ = writeln!(out, "  {}{required}{default}  {}", setting.env, line(&setting.description));
        }
    }
    if !surface.schemas.is_empty() {
        let _ = writeln!(out, "\nSchemas: {}\n  {}", surface.schemas.len(), line(&surface.schemas.join(", ")));
    }
    if !surface.warnings.is_empty() {
        let _ = writeln!(out, "\nWarnings: {} (above)", surface.warnings.len());
    }
    out
}

fn arguments_of(arguments: &[ArgumentSurface], out: &mut String) {
    for argument in arguments {
        let optional = if argument.required { "" } else { "?" };
        let _ = writeln!(out, "    {}{optional}: {}", line(&argument.name), line(&argument.kind));
    }
}

fn resources(heading: &str, resources: &[ResourceSurface], out: &mut String) {
    if resources.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{heading}: {}\n", resources.len());
    for resource in resources {
        let by = resource.tool.as_deref().map(|tool| format!("  by {tool}")).unwrap_or_default();
        let mime_type = resource.mime_type.as_deref().map(|mime| format!("  {}", line(mime))).unwrap_or_default();
        let _ = writeln!(out, "  {}{mime_type}{by}  [{}]", line(&resource.uri), resource.source);
    }
}

/// Text of the document in one line, without what a terminal would obey.
fn line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|character| !is_hazardous(*character)).collect()
}
