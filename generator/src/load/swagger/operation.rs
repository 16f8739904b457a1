//! Path items and operations.

use serde_json::Value;

use super::super::node::Node;
use super::{Converter, MAX_HOPS, media_types};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Parameters by what becomes of them.
#[derive(Clone, Default)]
pub(super) struct Split {
    pub plain: Vec<Node>,
    pub bodies: Vec<Node>,
    pub form: Vec<Node>,
}

impl Converter<'_> {
    pub(super) fn path_item(&mut self, item: Node) -> Node {
        let item = self.opened(item);
        // Anything but an array is left for a later stage to report.
        let shared = match item.child("parameters") {
            Some(list) if list.value.is_array() => self.split(list),
            _ => Split::default(),
        };
        let mut out = Node::object(&item.place);
        let mut plain: Vec<Node> = shared.plain.iter().cloned().map(|parameter| self.parameter(parameter)).collect();
        for (key, node) in item.into_fields() {
            match key.as_str() {
                "parameters" if node.value.is_array() => {
                    out.put("parameters", Node::array(std::mem::take(&mut plain), &node.place));
                }
                method if METHODS.contains(&method) && node.value.is_object() => {
                    out.put(method, self.operation(node, &shared));
                }
                _ => out.put(&key, node),
            }
        }
        out
    }

    /// A path item with what its `$ref` names; its own fields stand before those.
    fn opened(&mut self, item: Node) -> Node {
        let mut item = item;
        for _ in 0..MAX_HOPS {
            let Some(reference) = item.text("$ref").map(str::to_owned) else { return item };
            let Some(target) = super::find(self.original, &reference).filter(|target| self.affordable(&target.value))
            else {
                return item;
            };
            let mut merged = Node::object(&item.place);
            let own = item.into_fields().into_iter().filter(|(key, _)| key != "$ref");
            for (key, node) in target.into_fields().into_iter().chain(own) {
                merged.put(&key, node);
            }
            item = merged;
        }
        item
    }

    /// Sorts parameters by what becomes of them, references resolved.
    fn split(&mut self, list: Node) -> Split {
        let mut split = Split::default();
        for parameter in list.into_items() {
            let parameter = self.resolve(parameter);
            match parameter.text("in") {
                Some("body") => split.bodies.push(parameter),
                Some("formData" | "form") => split.form.push(parameter),
                _ => split.plain.push(parameter),
            }
        }
        split
    }

    fn operation(&mut self, operation: Node, shared: &Split) -> Node {
        let consumes = media_types(&operation, "consumes").unwrap_or_else(|| self.consumes.clone());
        let produces = media_types(&operation, "produces").unwrap_or_else(|| self.produces.clone());
        let own = match operation.child("parameters") {
            Some(list) if list.value.is_array() => self.split(list),
            _ => Split::default(),
        };
        let mut out = Node::object(&operation.place);
        let mut parameters: Option<Vec<Node>> =
            Some(own.plain.into_iter().map(|parameter| self.parameter(parameter)).collect());
        for (key, node) in operation.into_fields() {
            match key.as_str() {
                "consumes" | "produces" => {}
                "schemes" => {
                    if let Some(servers) = self.own_servers(&node) {
                        out.put("servers", servers);
                    }
                }
                "parameters" if node.value.is_array() => {
                    out.put("parameters", Node::array(parameters.take().unwrap_or_default(), &node.place));
                }
                "responses" if node.value.is_object() => {
                    let responses = self.responses(node, &produces);
                    out.put("responses", responses);
                }
                _ => out.put(&key, node),
            }
        }
        // An operation's own parameters replace those of the path (Swagger 2.0, "Path Item Object").
        let bodies = if own.bodies.is_empty() { shared.bodies.clone() } else { own.bodies };
        let inherited = shared.form.iter().filter(|shared| {
            !own.form.iter().any(|own| own.value.get("name").is_some_and(|name| Some(name) == shared.value.get("name")))
        });
        let form: Vec<Node> = inherited.cloned().chain(own.form.iter().cloned()).collect();
        if !out.has("requestBody")
            && let Some(body) = self.request_body(bodies, form, &consumes)
        {
            out.put("requestBody", body);
        }
        out
    }
}

/// Whether a parameter says that it is required.
pub(super) fn required(parameter: &Node) -> bool {
    match parameter.value.get("required") {
        Some(Value::Bool(required)) => *required,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}
