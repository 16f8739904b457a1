//! Search mode: the tools in front of the catalogue, and what must be known of its operations at the start.

use serde::Serialize;

use super::literal::{self, Token};
use super::{operations, tools};
use crate::model::{self, Fixed, FixedValue};

/// `catalog.rs`
#[derive(Debug, Serialize)]
pub(crate) struct CatalogFile {
    tools: [Definition; 3],
}

/// A tool of search mode.
#[derive(Debug, Serialize)]
struct Definition {
    /// The field of `rt::CatalogTools`.
    field: Token,
    name: Token,
    title: Token,
    description: Token,
    input_schema: Token,
    annotations: Option<Token>,
}

pub(crate) fn lower(server: &model::Server) -> Option<CatalogFile> {
    let search = server.search.as_ref()?;
    let definition = |field: &str, tool: &model::Tool| Definition {
        field: Token::composed(field),
        name: literal::string(&tool.name),
        title: literal::optional_string(tool.title.as_deref()),
        description: literal::string(&tool.description),
        input_schema: literal::schema(&super::printed(&tool.input.value, server)),
        annotations: tools::annotations(&tool.annotations),
    };
    Some(CatalogFile {
        tools: [
            definition("search", &search.search),
            definition("describe", &search.describe),
            definition("call", &search.call),
        ],
    })
}

/// Operations with the same credentials.
struct Group<'a> {
    security: &'a [Vec<String>],
    count: usize,
    /// The arguments that one of them takes from the environment.
    fixed: Vec<Fixed>,
}

/// `rt::Searched` for each set of credentials, in the order of the document: what a server says at its start of those
/// that it lacks, and which variables it reads.
pub(super) fn groups(server: &model::Server) -> Vec<Token> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for tool in server.searched() {
        let Some(binding) = &tool.binding else { continue };
        let at = groups.iter().position(|group| group.security == binding.security).unwrap_or_else(|| {
            groups.push(Group { security: &binding.security, count: 0, fixed: Vec::new() });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(at) else { continue };
        group.count += 1;
        for one in tool.fixed.iter().filter(|one| matches!(one.value, FixedValue::Env { .. })) {
            if !group.fixed.iter().any(|known| known.value == one.value) {
                group.fixed.push(one.clone());
            }
        }
    }
    let row = |Group { security, count, fixed }: &Group<'_>| {
        Token::composed(format!(
            "rt::Searched {{ count: {}, security: {}, fixed: {} }}",
            literal::grouped(&count.to_string()),
            operations::security(security),
            operations::fixed(fixed).unwrap_or_else(|| Token::composed("&[]")),
        ))
    };
    groups.iter().map(row).collect()
}
