//! `host`, `basePath`, `schemes` and `x-ms-parameterized-host` → servers.

use serde_json::{Map, Value, json};

use super::super::node::Node;
use super::Converter;

impl Converter<'_> {
    /// The servers of the document; `None` where it says nothing about them.
    pub(super) fn servers(&mut self) -> Option<Node> {
        let schemes = strings(self.original.value.get("schemes"));
        self.of_schemes(&schemes)
    }

    /// The servers of an operation with schemes of its own.
    pub(super) fn own_servers(&mut self, schemes: &Node) -> Option<Node> {
        let own = strings(Some(&schemes.value));
        let all = strings(self.original.value.get("schemes"));
        // The one that the document uses serves this operation as well.
        if own.is_empty() || own.iter().any(|scheme| Some(scheme.as_str()) == preferred(&all)) {
            return None;
        }
        self.of_schemes(&own)
    }

    fn of_schemes(&mut self, schemes: &[String]) -> Option<Node> {
        let original = self.original;
        let base = original.text("basePath").unwrap_or_default().trim();
        let slash = if base.is_empty() || base.starts_with('/') { "" } else { "/" };
        let (host, place, variables, prefixed) = match original.child("x-ms-parameterized-host") {
            Some(host) if host.text("hostTemplate").is_some() => {
                let variables = self.variables(&host);
                let prefixed = host.value.get("useSchemePrefix") != Some(&Value::Bool(false));
                (host.text("hostTemplate").unwrap_or_default().to_owned(), host.place, variables, prefixed)
            }
            _ => match original.child("host") {
                Some(host) => (host.value.as_str()?.trim().to_owned(), host.place, Map::new(), true),
                None => {
                    // Where it is served from is not said: the environment must say it.
                    let place = original.child("basePath")?.place;
                    let url = format!("{slash}{base}");
                    return Some(server(Node::made(json!(url), &place), Map::new()));
                }
            },
        };
        let (host, prefixed) = match host.split_once("://") {
            Some((_, rest)) if prefixed && !rest.is_empty() => {
                self.repaired(place.value, "`host` is a name and a port; the scheme before it is not read");
                (rest.to_owned(), true)
            }
            _ => (host, prefixed),
        };
        let scheme = match preferred(schemes) {
            Some(scheme) => scheme,
            None if schemes.is_empty() => {
                if prefixed {
                    self.repaired(place.value, "the document has no `schemes`: `https` is used");
                }
                "https"
            }
            // Web sockets: no base URL can be made of it.
            None => schemes.first().map_or("https", String::as_str),
        };
        let prefix = if prefixed { format!("{scheme}://") } else { String::new() };
        let url = format!("{prefix}{}{slash}{base}", host.trim_end_matches('/'));
        Some(server(Node::made(json!(url), &place), variables))
    }

    /// The variables of a host template, as far as the document gives them values.
    fn variables(&mut self, host: &Node) -> Map<String, Value> {
        let mut variables = Map::new();
        for parameter in host.child("parameters").map(Node::into_items).unwrap_or_default() {
            let parameter = self.resolve(parameter);
            let Some(name) = parameter.text("name") else { continue };
            let default = parameter.text("default").or_else(|| {
                let values = parameter.value.get("enum")?.as_array()?;
                if values.len() == 1 { values.first()?.as_str() } else { None }
            });
            if let Some(default) = default {
                variables.insert(name.to_owned(), json!({"default": default}));
            }
        }
        variables
    }
}

fn server(url: Node, variables: Map<String, Value>) -> Node {
    let place = url.place.clone();
    let mut server = Node::object(&place);
    server.put("url", url);
    if !variables.is_empty() {
        server.put_made("variables", Value::Object(variables));
    }
    Node::array(vec![server], &place)
}

fn preferred(schemes: &[String]) -> Option<&str> {
    ["https", "http"].into_iter().find(|wanted| schemes.iter().any(|scheme| scheme == wanted))
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let lower = |text: &str| text.trim().trim_end_matches("://").to_ascii_lowercase();
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(lower).collect(),
        Some(Value::String(one)) => vec![lower(one)],
        _ => Vec::new(),
    }
}
