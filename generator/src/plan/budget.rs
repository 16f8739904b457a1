//! How much a model has to read: the number of tools, and what their list costs.

use std::collections::BTreeMap;

use crate::cost;
use crate::diag::Report;
use crate::diag::codes::plan as codes;
use crate::model::{Server, Tool};
use crate::options::Options;
use crate::plan::misused;

/// More tools of an API than these are nobody's choice.
pub(crate) const MOST_TOOLS: usize = 40;
/// How many tags and tools a message lists.
const SHOWN: usize = 8;

/// Refuses what is more than the options allow.
pub(crate) fn check(server: &Server, options: &Options, report: &mut Report) {
    let tools: Vec<&Tool> = server.listed().collect();
    let most = match options.max_tools {
        Some(most) => most,
        None if options.all || server.upstream.is_none() => usize::MAX,
        None => MOST_TOOLS,
    };
    if tools.len() > most {
        let message =
            format!("{} tools are too many for a model to choose from; at most {most} are allowed", tools.len());
        report.push(misused(codes::TOO_MANY_TOOLS, message).help(remedies(&tools, server)));
    }
    if let Some(budget) = options.token_budget {
        check_budget(&tools, server, budget, report);
    }
}

/// What to do, with the tags to choose from.
fn remedies(tools: &[&Tool], server: &Server) -> String {
    let mut tags: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for tool in tools {
        let size = cost::text(tool, server).len();
        for tag in &tool.tags {
            let entry = tags.entry(tag).or_default();
            entry.0 += 1;
            entry.1 += size;
        }
    }
    let mut tags: Vec<_> = tags.into_iter().collect();
    tags.sort_by_key(|(tag, (count, size))| (std::cmp::Reverse(*count), std::cmp::Reverse(*size), *tag));
    let mut help =
        "choose operations with --include-tag, --include-path, --include-method or --include-operation, name \
                    the tools with --only, let a model search among them with --expose search, raise the limit with --max-tools N, or take \
                    everything with --all"
            .to_owned();
    if !tags.is_empty() {
        help.push_str("\nthe largest tags:");
    }
    for (tag, (count, size)) in tags.iter().take(SHOWN) {
        let noun = if *count == 1 { "tool" } else { "tools" };
        help.push_str(&format!("\n  {:<24} {count:>4} {noun}, about {} tokens", tag.escape_debug(), round(size / 4)));
    }
    if tags.len() > SHOWN {
        help.push_str(&format!("\n  and {} more", tags.len() - SHOWN));
    }
    help
}

/// Two digits that count: an estimate of four bytes a token claims no more.
fn round(number: usize) -> usize {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number / unit * unit
}

fn check_budget(tools: &[&Tool], server: &Server, budget: usize, report: &mut Report) {
    let mut costs = Vec::new();
    for tool in tools {
        let Some(tokens) = cost::tokens(&cost::text(tool, server)) else {
            let message = "the option `token_budget` needs mcpgen's feature `tokens`, with which it was not built";
            report.push(misused(codes::BAD_OPTION, message).help("write features = [\"tokens\"] at the dependency"));
            return;
        };
        costs.push((tokens, tool.name.as_str()));
    }
    let total: usize = costs.iter().map(|(tokens, _)| tokens).sum();
    if total <= budget {
        return;
    }
    costs.sort_by_key(|(tokens, name)| (std::cmp::Reverse(*tokens), *name));
    let mut help =
        "leave tools out, shorten their descriptions, hide arguments, or raise the budget; the largest:".to_owned();
    for (tokens, name) in costs.iter().take(SHOWN) {
        help.push_str(&format!("\n  {name:<48} {tokens:>6} tokens"));
    }
    let message = format!("the tools cost {total} tokens (o200k), and the option `token_budget` allows {budget}");
    report.push(misused(codes::TOKEN_BUDGET, message).help(help));
}

#[cfg(test)]
mod tests;
