//! Names as clients accept them.

use std::collections::BTreeSet;

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Read, Server};
use crate::options::Options;
use crate::plan::search;

/// Clients refuse longer names of tools.
const MAX_LENGTH: usize = 64;

pub(crate) fn settle(server: &mut Server, options: &Options, report: &mut Report) {
    if let Some(name) = &options.name {
        if is_server_name(name) {
            server.name.clone_from(name);
        } else {
            let message = format!("`{}` cannot be the name of a server", name.escape_debug());
            report.push(
                Diagnostic::error(codes::BAD_SERVER_NAME, server.span, message)
                    .help("use lower-case words of ASCII letters and digits joined with `-`, beginning with a letter"),
            );
        }
    }
    tools(server, options, report);
    let prompts = server.prompts.iter_mut().map(|prompt| (&mut prompt.name, prompt.span));
    unique("prompt", prompts, report);
    let resources = server.resources.iter_mut().map(|resource| (&mut resource.name, resource.span));
    let templates = server.templates.iter_mut().map(|template| (&mut template.name, template.span));
    unique("resource", resources.chain(templates), report);
}

/// `petstore`, `weather-server`
pub(crate) fn is_server_name(name: &str) -> bool {
    name.len() <= MAX_LENGTH
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// Tools are unique, and their names fit. The first of several keeps its name and the resources that read through it.
fn tools(server: &mut Server, options: &Options, report: &mut Report) {
    let mut taken = BTreeSet::new();
    if search::is_asked(server, options) {
        taken.extend(search::NAMES.map(str::to_owned));
    }
    for tool in &mut server.tools {
        let fitting = fit(&tool.name);
        let name = free(&fitting, &taken);
        taken.insert(name.clone());
        if name == tool.name {
            continue;
        }
        let why = if fitting == tool.name { "another tool has that name" } else { "clients would refuse that name" };
        report.push(
            Diagnostic::warning(
                codes::RENAMED_TOOL,
                tool.span,
                format!("the tool `{}` is called `{name}`: {why}", tool.name.escape_debug()),
            )
            .help("give it another name in the document"),
        );
        let reads = server
            .resources
            .iter_mut()
            .map(|resource| &mut resource.read)
            .chain(server.templates.iter_mut().map(|template| &mut template.read));
        for read in reads {
            if let Read::Tool(target) = read
                && *target == tool.name
                && fitting != tool.name
            {
                target.clone_from(&name);
            }
        }
        tool.name = name;
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = (&'a mut String, crate::source::Span)>, report: &mut Report) {
    let mut taken = BTreeSet::new();
    for (name, span) in names {
        let own = free(name, &taken);
        if own != *name {
            report.push(
                Diagnostic::warning(
                    codes::RENAMED,
                    span,
                    format!("the {what} `{}` is called `{own}`: another one has that name", name.escape_debug()),
                )
                .help("give it another name in the document"),
            );
            name.clone_from(&own);
        }
        taken.insert(own);
    }
}

/// The name, or with the first number that makes it free.
fn free(name: &str, taken: &BTreeSet<String>) -> String {
    if !taken.contains(name) {
        return name.to_owned();
    }
    (2_u64..)
        .map(|number| {
            let suffix = format!("_{number}");
            let stem: String = name.chars().take(MAX_LENGTH.saturating_sub(suffix.len())).collect();
            format!("{stem}{suffix}")
        })
        .find(|name| !taken.contains(name))
        .unwrap_or_default()
}

/// A name of at most [`MAX_LENGTH`] characters of `[A-Za-z0-9_.-]`. A cut name ends with a digest of the whole one, so
/// that names with a long common beginning stay apart and do not depend on one another.
fn fit(name: &str) -> String {
    let clean: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' }).collect();
    let clean = if clean.chars().any(|c| c.is_ascii_alphanumeric()) { clean } else { "tool".to_owned() };
    if clean.len() <= MAX_LENGTH {
        return clean;
    }
    let digest = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let stem: String = clean.chars().take(MAX_LENGTH - 9).collect();
    format!("{stem}_{digest:08x}")
}
