//! Swagger 2.0 → OpenAPI 3.0, on the value of the document. Every part keeps the place at which it stood, so that
//! diagnostics name the lines of the Swagger document.
//!
//! Parameters and responses that operations share are copied into each of them: what a body or a response is in 3.0
//! depends on the media types of the operation.

use serde_json::{Value, json};

use super::index::tokens;
use super::node::Node;
use super::{Document, Index};
use crate::diag::codes::openapi as codes;
use crate::diag::{Code, Diagnostic, Report};
use crate::source::Span;

mod body;
mod operation;
mod parameter;
mod refs;
mod response;
mod security;
mod servers;

/// Longer chains of references are cycles, or as good as.
const MAX_HOPS: usize = 64;
/// What copies of shared parameters and responses may add. SECURITY.md G8.
const MAX_COPIED: usize = 1_000_000;

/// Rewrites a Swagger 2.0 document as an OpenAPI 3.0 one.
pub(super) fn convert(document: &mut Document, report: &mut Report) {
    let original = Node { value: document.value.take(), place: document.index.take() };
    let mut converter = Converter {
        consumes: media_types(&original, "consumes").unwrap_or_default(),
        produces: media_types(&original, "produces").unwrap_or_default(),
        original: &original,
        report,
        copied: 0,
    };
    let mut converted = converter.document();
    refs::rewrite(&mut converted, &original);
    document.value = converted.value;
    document.index = Index::new(converted.place);
}

struct Converter<'a> {
    original: &'a Node,
    report: &'a mut Report,
    consumes: Vec<String>,
    produces: Vec<String>,
    copied: usize,
}

impl Converter<'_> {
    fn warn(&mut self, code: Code, at: Span, message: impl Into<String>) {
        self.report.push(Diagnostic::warning(code, at, message));
    }

    fn repaired(&mut self, at: Span, message: impl Into<String>) {
        self.warn(codes::REPAIRED, at, message);
    }

    fn document(&mut self) -> Node {
        let original = self.original;
        let mut root = Node::object(&original.place);
        let mut components = Node::object(&original.place);
        let mut paths: Option<Node> = None;
        for key in original.value.as_object().into_iter().flat_map(|fields| fields.keys()) {
            let Some(node) = original.child(key) else { continue };
            match key.as_str() {
                "swagger" => root.put("openapi", Node::made(json!("3.0.3"), &node.place)),
                "host"
                | "basePath"
                | "schemes"
                | "consumes"
                | "produces"
                | "parameters"
                | "responses"
                | "x-ms-parameterized-host" => {}
                "definitions" => components.put("schemas", node),
                "securityDefinitions" => components.put("securitySchemes", security::schemes(node)),
                "paths" | "x-ms-paths" if node.value.is_object() => {
                    let into = paths.get_or_insert_with(|| Node::object(&node.place));
                    self.paths(node, into);
                }
                "x-ms-paths" => {}
                _ => root.put(key, node),
            }
        }
        if let Some(servers) = self.servers() {
            root.put("servers", servers);
        }
        if let Some(paths) = paths {
            root.put("paths", paths);
        }
        root.put("components", components);
        root
    }

    fn paths(&mut self, node: Node, into: &mut Node) {
        for (path, item) in node.into_fields() {
            if into.has(&path) {
                let message = format!("the path `{path}` stands in `paths` and in `x-ms-paths`; the first one is read");
                self.repaired(item.place.key.unwrap_or(item.place.value), message);
                continue;
            }
            let item = if path.starts_with("x-") { item } else { self.path_item(item) };
            into.put(&path, item);
        }
    }

    /// The value at the end of a chain of references; the reference itself where it leads nowhere, for a later stage
    /// to report.
    fn resolve(&mut self, node: Node) -> Node {
        let Some(mut reference) = node.text("$ref").map(str::to_owned) else { return node };
        for _ in 0..MAX_HOPS {
            let Some(target) = find(self.original, &reference) else { return node };
            match target.text("$ref") {
                Some(next) => reference = next.to_owned(),
                None if self.affordable(&target.value) => return target,
                None => return node,
            }
        }
        node
    }

    /// Counts what is copied; `false`, and an error, once it is too much.
    fn affordable(&mut self, value: &Value) -> bool {
        let before = self.copied;
        self.copied = self.copied.saturating_add(size(value));
        if self.copied > MAX_COPIED && before <= MAX_COPIED {
            self.report.push(
                Diagnostic::error(
                    codes::TOO_LARGE,
                    self.original.place.value,
                    "the document is too large once its references are resolved",
                )
                .help("parameters and responses that operations share are repeated for each of them"),
            );
        }
        self.copied <= MAX_COPIED
    }
}

/// What a reference within the document names.
fn find(original: &Node, reference: &str) -> Option<Node> {
    let pointer = reference.strip_prefix('#')?;
    original.at(pointer).or_else(|| {
        let decoded = pointer.replace("%7B", "{").replace("%7D", "}").replace("%20", " ").replace("%25", "%");
        original.at(&decoded)
    })
}

/// The media types under a key. `None`: the key is not there, and those of the document hold.
fn media_types(node: &Node, key: &str) -> Option<Vec<String>> {
    let list = match node.value.get(key)? {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(one) => vec![one.clone()],
        _ => return None,
    };
    Some(list)
}

fn size(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

fn last_token(pointer: &str) -> String {
    tokens(pointer).last().unwrap_or_default()
}

#[cfg(test)]
mod tests;
