//! Security definitions. Swagger 2.0, "Security Scheme Object"; OpenAPI 3.0.4 §4.8.27.

use serde_json::json;

use super::super::node::Node;

pub(super) fn schemes(definitions: Node) -> Node {
    if !definitions.value.is_object() {
        return definitions;
    }
    let mut out = Node::object(&definitions.place);
    for (name, definition) in definitions.into_fields() {
        out.put(&name, scheme(definition));
    }
    out
}

fn scheme(definition: Node) -> Node {
    match definition.text("type") {
        Some("basic") => {
            let mut out = rest(&definition, &["type"]);
            out.put_made("type", json!("http"));
            out.put_made("scheme", json!("basic"));
            out
        }
        Some("oauth2") => {
            let flow = match definition.text("flow") {
                Some("application") => "clientCredentials",
                Some("accessCode") => "authorizationCode",
                Some("password") => "password",
                _ => "implicit",
            };
            let parts = ["authorizationUrl", "tokenUrl", "scopes"];
            let mut out = rest(&definition, &["flow", "authorizationUrl", "tokenUrl", "scopes"]);
            let mut one = Node::object(&definition.place);
            for key in parts {
                if let Some(part) = definition.child(key) {
                    one.put(key, part);
                }
            }
            let mut flows = Node::object(&definition.place);
            flows.put(flow, one);
            out.put("flows", flows);
            out
        }
        _ => definition,
    }
}

/// The definition without some of its fields.
fn rest(definition: &Node, without: &[&str]) -> Node {
    let mut out = Node::object(&definition.place);
    for (key, node) in definition.clone().into_fields() {
        if !without.contains(&key.as_str()) {
            out.put(&key, node);
        }
    }
    out
}
