//! Schema resources: the parts of a document with an `$id`, the document and each of its files. References and anchors
//! inside a resource are relative to it. JSON Schema 2020-12 Core §8.2 and §9.1.

use std::collections::BTreeMap;

use fluent_uri::UriRef;
use serde_json::Value;

use crate::load::{FILES_KEY, push};

/// The base of a document that says nothing about itself: relative references need an absolute one.
const NOWHERE: &str = "mcpgen://document/";

/// Longer identifiers are no identifiers.
const MAX_URI: usize = 2048;

/// The identifiers and anchors of a document.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// From the pointer of a resource to its base URI.
    roots: BTreeMap<String, String>,
    /// From the absolute URI of a resource to its pointer.
    by_uri: BTreeMap<String, String>,
    /// From the pointer of a resource and the name of an anchor to what the anchor names.
    anchors: BTreeMap<(String, String), String>,
    /// The anchors that a dynamic scope can replace: from the pointer of a resource to names and their pointers.
    dynamic: BTreeMap<String, BTreeMap<String, String>>,
}

impl Resources {
    pub(super) fn of(document: &Value) -> Self {
        let own = document.get("$self").and_then(Value::as_str).unwrap_or_default();
        let base = resolve(NOWHERE, own).unwrap_or_else(|| NOWHERE.to_owned());
        let mut resources = Self::default();
        resources.roots.insert(String::new(), base.clone());
        resources.gather(document, &mut String::new(), "", &base, false);
        resources
    }

    /// The resource in which a pointer stands.
    pub(super) fn around(&self, pointer: &str) -> &str {
        let mut at = pointer;
        // Most documents are one resource.
        while self.roots.len() > 1 && !at.is_empty() {
            if let Some((root, _)) = self.roots.get_key_value(at) {
                return root;
            }
            at = at.rsplit_once('/').map_or("", |(head, _)| head);
        }
        ""
    }

    /// The resource that a reference without its fragment names, where it stands in the resource `from`.
    pub(super) fn named(&self, reference: &str, from: &str) -> Option<&str> {
        let base = self.roots.get(from).map_or(NOWHERE, String::as_str);
        self.by_uri.get(&resolve(base, reference)?).map(String::as_str)
    }

    /// What an anchor of a resource names.
    pub(super) fn anchor(&self, resource: &str, name: &str) -> Option<&str> {
        let of = |resource: &str| self.anchors.get(&(resource.to_owned(), name.to_owned()));
        // Beyond the specification, an anchor of another resource, if there is one of that name only.
        of(resource).map(String::as_str).or_else(|| {
            let mut named = self.anchors.iter().filter(|((_, other), _)| other == name).map(|(_, pointer)| pointer);
            named.next().filter(|_| named.next().is_none()).map(String::as_str)
        })
    }

    /// The anchors of a resource that a dynamic scope can replace.
    pub(super) fn dynamic_anchors(&self, resource: &str) -> impl Iterator<Item = (&String, &String)> {
        self.dynamic.get(resource).into_iter().flatten()
    }

    pub(super) fn is_dynamic(&self) -> bool {
        !self.dynamic.is_empty()
    }

    /// `named`: the keys of the value are names that the document chooses.
    fn gather(&mut self, value: &Value, pointer: &mut String, resource: &str, base: &str, named: bool) {
        let length = pointer.len();
        match value {
            Value::Object(fields) => {
                // One look at the keys: most objects say nothing about themselves.
                let (mut id, mut anchor, mut dynamic) = (None, None, None);
                for (key, value) in fields.iter().filter(|(key, _)| key.starts_with('$')) {
                    match key.as_str() {
                        "$id" => id = value.as_str(),
                        "$anchor" => anchor = value.as_str(),
                        "$dynamicAnchor" => dynamic = value.as_str(),
                        _ => {}
                    }
                }
                let is_file = || {
                    let rest = pointer.strip_prefix('/').and_then(|rest| rest.strip_prefix(FILES_KEY));
                    rest.is_some_and(|rest| rest.starts_with('/') && rest.matches('/').count() == 1)
                };
                let own = match id.filter(|id| !id.starts_with('#')).and_then(|id| resolve(base, id)) {
                    Some(uri) => {
                        self.by_uri.entry(uri.clone()).or_insert_with(|| pointer.clone());
                        Some((pointer.clone(), uri))
                    }
                    None => is_file().then(|| (pointer.clone(), NOWHERE.to_owned())),
                };
                let (resource, base) = match &own {
                    Some((root, uri)) => {
                        self.roots.insert(root.clone(), uri.clone());
                        (root.as_str(), uri.as_str())
                    }
                    None => (resource, base),
                };
                for name in [anchor, dynamic].into_iter().flatten() {
                    let key = (resource.to_owned(), name.to_owned());
                    self.anchors.entry(key).or_insert_with(|| pointer.clone());
                }
                if let Some(name) = dynamic {
                    let names = self.dynamic.entry(scope_of(resource, pointer)).or_default();
                    names.entry(name.to_owned()).or_insert_with(|| pointer.clone());
                }
                for (key, value) in fields.iter().filter(|(key, value)| (named || !is_data(key)) && is_nested(value)) {
                    push(pointer, key);
                    self.gather(value, pointer, resource, base, !named && holds_names(key));
                    pointer.truncate(length);
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate().filter(|(_, value)| is_nested(value)) {
                    push(pointer, &at.to_string());
                    self.gather(value, pointer, resource, base, false);
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
    }
}

/// The dynamic scope that a schema opens: its resource; of a document without identifiers, the named schema.
pub(super) fn scope_of(resource: &str, pointer: &str) -> String {
    if !resource.is_empty() {
        return resource.to_owned();
    }
    let end = pointer.match_indices('/').nth(3).map_or(pointer.len(), |(at, _)| at);
    pointer.get(..end).filter(|_| pointer.starts_with("/components/schemas/")).unwrap_or_default().to_owned()
}

/// Keys whose values are no schemas.
fn is_data(key: &str) -> bool {
    matches!(key, "example" | "examples" | "default" | "enum" | "const" | "value")
}

/// Keys whose values have keys that the document chooses.
fn holds_names(key: &str) -> bool {
    matches!(
        key,
        "properties"
            | "patternProperties"
            | "dependentSchemas"
            | "$defs"
            | "definitions"
            | "schemas"
            | "parameters"
            | "responses"
            | "requestBodies"
    )
}

fn is_nested(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// RFC 3986 §5.2, without the fragment.
fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = reference.split('#').next().unwrap_or_default();
    if reference.len() > MAX_URI {
        return None;
    }
    let base = fluent_uri::Uri::parse(base).ok()?;
    let resolved = UriRef::parse(reference).ok()?.resolve_against(&base).ok()?;
    Some(resolved.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn identifiers_are_relative_to_the_one_around_them() {
        let document = json!({"components": {"schemas": {
            "A": {"$id": "https://a.test/x/a", "$anchor": "top", "$defs": {
                "B": {"$id": "b", "$anchor": "top", "properties": {"c": {"$id": "../c", "$dynamicAnchor": "d"}}},
            }},
            "E": {"example": {"$id": "https://a.test/no"}},
        }}});
        let resources = Resources::of(&document);
        let b = "/components/schemas/A/$defs/B";
        for (uri, from, expected) in [
            ("https://a.test/x/a", "", Some("/components/schemas/A")),
            ("b", "/components/schemas/A", Some(b)),
            ("https://a.test/x/b#ignored", "", Some(b)),
            ("https://a.test/c", "", Some("/components/schemas/A/$defs/B/properties/c")),
            ("b", "", None),
            ("https://a.test/no", "", None),
        ] {
            assert_eq!(resources.named(uri, from), expected, "{uri}");
        }
        assert_eq!(resources.around(&format!("{b}/properties/x")), b);
        assert_eq!(resources.around("/paths"), "");
        assert_eq!(resources.anchor(b, "top"), Some(b));
        assert_eq!(resources.anchor("/components/schemas/A", "top"), Some("/components/schemas/A"));
        assert_eq!(resources.anchor("", "top"), None, "two have that name");
        assert_eq!(resources.anchor("", "d"), Some("/components/schemas/A/$defs/B/properties/c"));
    }
}
