//! What became of the tools that a lock knows.

use super::{Lock, Tool};
use crate::diag::codes::lock as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{self, Server};

/// Reports every tool of the lock that is gone or has another name now: agents and overrides may rely on it.
pub(crate) fn report(lock: &Lock, server: &Server, report: &mut Report) {
    for old in lock.tools.iter().filter(|old| !server.everything().any(|tool| is_same(old, tool))) {
        let renamed = server.everything().find(|tool| {
            let is_new = !lock.tools.iter().any(|known| is_same(known, tool));
            is_new && old.route.is_some() && route(tool) == old.route
        });
        let diagnostic = match renamed {
            Some(tool) => Diagnostic::warning(
                codes::RENAMED,
                tool.span,
                format!("the tool `{}` is called `{}` now{}", old.name, tool.name, reason(old, tool)),
            )
            .help("agents and overrides know it by its old name: give the operation its old operationId to keep it"),
            None => {
                let what = match (&old.operation, &old.route) {
                    (Some(id), Some(route)) => format!(": the document has no operation `{id}` (`{route}`)"),
                    (None, Some(route)) => format!(": the document has no operation `{route}`"),
                    _ => ": the document does not declare it".to_owned(),
                };
                let what: String = what.chars().filter(|c| !crate::rust::is_hazardous(*c)).collect();
                Diagnostic::warning(codes::GONE, server.span, format!("the tool `{}` is gone{what}", old.name))
                    .help("an override of it no longer compiles; clients that call it get an error")
            }
        };
        report.push(diagnostic);
    }
}

/// The name and, where one name can pass from one operation to another, the operation.
fn is_same(old: &Tool, tool: &model::Tool) -> bool {
    let same_operation = match &old.operation {
        Some(id) => tool.operation_id.as_ref() == Some(id),
        None => route(tool) == old.route,
    };
    old.name == tool.name && same_operation
}

fn reason(old: &Tool, tool: &model::Tool) -> String {
    let shown = |id: &Option<String>| match id {
        Some(id) => format!("`{}`", id.escape_debug()),
        None => "nothing".to_owned(),
    };
    if old.operation == tool.operation_id {
        String::new()
    } else {
        format!(": the operationId changed from {} to {}", shown(&old.operation), shown(&tool.operation_id))
    }
}

fn route(tool: &model::Tool) -> Option<String> {
    tool.binding.as_ref().map(|binding| format!("{} {}", binding.method, binding.path))
}
