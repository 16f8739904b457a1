//! What a tool costs a model: its entry in the answer to `tools/list`, in tokens.

use serde_json::{Map, Value, json};

use crate::model::{Output, Server, Tool};
use crate::rust::{advertised_input, printed};

/// The entry of a tool as the server answers it: compact JSON with the fields of `Tool` (MCP 2026-07-28, "Tools").
pub(crate) fn text(tool: &Tool, server: &Server) -> String {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(tool.name));
    if let Some(title) = &tool.title {
        entry.insert("title".to_owned(), json!(title));
    }
    entry.insert("description".to_owned(), json!(tool.description));
    entry.insert("inputSchema".to_owned(), advertised_input(tool, server));
    if let Output::Strict { schema, .. } = &tool.output {
        entry.insert("outputSchema".to_owned(), printed(&tool.answers.as_ref().unwrap_or(schema).value, server));
    }
    let annotations = tool.annotations;
    let hints: Map<String, Value> = [
        ("readOnlyHint", annotations.read_only),
        ("destructiveHint", annotations.destructive),
        ("idempotentHint", annotations.idempotent),
        ("openWorldHint", annotations.open_world),
    ]
    .into_iter()
    .filter_map(|(name, hint)| Some((name.to_owned(), json!(hint?))))
    .collect();
    if !hints.is_empty() {
        entry.insert("annotations".to_owned(), Value::Object(hints));
    }
    Value::Object(entry).to_string()
}

/// The tokens of a text by o200k, the vocabulary of OpenAI's current models; others count within some per cent of it.
/// `None`: without the feature `tokens`.
#[cfg(feature = "tokens")]
pub(crate) fn tokens(text: &str) -> Option<usize> {
    Some(bpe_openai::o200k_base().count(text))
}

/// See above.
#[cfg(not(feature = "tokens"))]
pub(crate) fn tokens(_text: &str) -> Option<usize> {
    None
}
