//! Text → typed JSON: the variables of a URI and the arguments of a prompt are text, schemas want numbers.

use crate::json::RawJson;
use crate::json::node::{Node, quote};
use crate::uri_template::Value;

use super::compile::MAX_SCHEMA_DEPTH;
use super::schema::Types;

/// How many references and alternatives are followed to find out the types of a property.
const MAX_HOPS: u32 = 8;

/// The values as one JSON object, each as the schema's type for its property has it.
///
/// Where a string is allowed, and where the types are not known, text stays a string. Else `5`, `-0.5`, `1e3` become
/// numbers for `integer` and `number` (the spelling is kept), `true` and `false` become booleans, a list becomes an
/// array of items that are treated in the same way; for an array, one text is split at its commas. A list of one for
/// something that is no array is that one. Whatever does not fit stays as it is, so that validation reports it.
pub(crate) fn coerce(schema: &str, values: &[(String, Value)]) -> RawJson {
    let schema = Node::parse(schema, MAX_SCHEMA_DEPTH).unwrap_or(Node::Null);
    let types = Lookup { root: &schema };
    let mut out = String::from("{");
    for (index, (name, value)) in values.iter().enumerate() {
        // The last value of a name counts: a repeated name would be refused.
        if values.iter().skip(index + 1).any(|(later, _)| later == name) {
            continue;
        }
        if out.len() > 1 {
            out.push(',');
        }
        quote(name, &mut out);
        out.push(':');
        types.write(types.property(name), value, &mut out);
    }
    out.push('}');
    RawJson::from_valid(&out)
}

struct Lookup<'s> {
    root: &'s Node<'s>,
}

impl<'s> Lookup<'s> {
    /// The schema of a property: of the root, of what it refers to, and of the parts of `allOf`.
    fn property(&self, name: &str) -> Option<&'s Node<'s>> {
        self.find(self.root, MAX_HOPS, &|schema| schema.get("properties")?.get(name))
    }

    fn write(&self, schema: Option<&'s Node<'s>>, value: &Value, out: &mut String) {
        let types = schema.map_or(Types::NONE, |schema| self.types(schema, MAX_HOPS));
        let list = types.has("array") && !types.has("string");
        match value {
            Value::One(text) if list => {
                let items: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split(',').collect() };
                self.array(schema, &items, out);
            }
            Value::One(text) => scalar(types, text, out),
            Value::Many(texts) => match texts.as_slice() {
                [text] if types != Types::NONE && !types.has("array") => scalar(types, text, out),
                texts => self.array(schema, &texts.iter().map(String::as_str).collect::<Vec<_>>(), out),
            },
        }
    }

    fn array(&self, schema: Option<&'s Node<'s>>, items: &[&str], out: &mut String) {
        let item = schema.and_then(|schema| self.find(schema, MAX_HOPS, &|schema| schema.get("items")));
        let types = item.map_or(Types::NONE, |item| self.types(item, MAX_HOPS));
        out.push('[');
        for (index, text) in items.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            scalar(types, text, out);
        }
        out.push(']');
    }

    /// The first answer of a schema, of what it refers to, and of its parts and alternatives.
    fn find(
        &self,
        schema: &'s Node<'s>,
        hops: u32,
        ask: &dyn Fn(&'s Node<'s>) -> Option<&'s Node<'s>>,
    ) -> Option<&'s Node<'s>> {
        ask(schema).or_else(|| {
            let hops = hops.checked_sub(1)?;
            self.applied(schema).into_iter().find_map(|(_, part)| self.find(part, hops, ask))
        })
    }

    /// The types that a schema allows; none where it does not say.
    fn types(&self, schema: &'s Node<'s>, hops: u32) -> Types {
        let own = match (schema.get("type"), schema.get("enum"), schema.get("const")) {
            (Some(Node::Array(names)), ..) => named(names),
            (Some(name), ..) => named(std::slice::from_ref(name)),
            (None, Some(Node::Array(values)), _) => of_values(values),
            (None, _, Some(value)) => of_values(std::slice::from_ref(value)),
            _ => Types::NONE,
        };
        let Some(hops) = hops.checked_sub(1).filter(|_| own == Types::NONE) else { return own };
        let (mut all, mut any) = (Types::NONE, Types::NONE);
        for (alternative, part) in self.applied(schema) {
            let types = self.types(part, hops);
            if alternative {
                any = any.with(types);
            } else if all == Types::NONE {
                all = types;
            }
        }
        if all == Types::NONE { any } else { all }
    }

    /// The schemas that apply to the same value, and whether each is only one alternative.
    fn applied(&self, schema: &'s Node<'s>) -> Vec<(bool, &'s Node<'s>)> {
        let mut parts = Vec::new();
        let target = schema.get("$ref").and_then(Node::as_str).and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = target.and_then(crate::uri_template::decode).and_then(|at| self.root.pointer(&at)) {
            parts.push((false, target));
        }
        for (keyword, alternative) in [("allOf", false), ("anyOf", true), ("oneOf", true)] {
            if let Some(Node::Array(items)) = schema.get(keyword) {
                parts.extend(items.iter().map(|item| (alternative, item)));
            }
        }
        parts
    }
}

fn named(names: &[Node<'_>]) -> Types {
    names.iter().filter_map(Node::as_str).filter_map(Types::named).fold(Types::NONE, Types::with)
}

fn of_values(values: &[Node<'_>]) -> Types {
    let name = |value: &Node<'_>| match value {
        Node::Null => "null",
        Node::Bool(_) => "boolean",
        Node::Number(_) => "number",
        Node::String(_) => "string",
        Node::Array(_) => "array",
        Node::Object(_) => "object",
    };
    values.iter().filter_map(|value| Types::named(name(value))).fold(Types::NONE, Types::with)
}

fn scalar(types: Types, text: &str, out: &mut String) {
    let wanted = !types.has("string")
        && match Node::parse(text, 1) {
            // White space around a number is not part of it.
            Ok(node @ Node::Number(_)) => text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                && text.ends_with(|c: char| c.is_ascii_digit())
                && types.allow(&node),
            Ok(node @ Node::Bool(_)) => matches!(text, "true" | "false") && types.allow(&node),
            _ => false,
        };
    if wanted {
        out.push_str(text);
    } else {
        quote(text, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{"type":"object","properties":{
        "limit":{"type":"integer"},"ratio":{"type":["number","null"]},"exact":{"type":"boolean"},"name":{"type":"string"},
        "either":{"type":["integer","string"]},"level":{"enum":[1,2]},"ids":{"type":"array","items":{"type":"integer"}},
        "tags":{"type":"array","items":{"$ref":"#/$defs/Tag"}},"page":{"$ref":"#/$defs/Page"},
        "maybe":{"anyOf":[{"type":"integer"},{"type":"null"}]},"any":{}},
        "$defs":{"Tag":{"type":"string"},"Page":{"allOf":[{"type":"integer"}]},"Loop":{"$ref":"#/$defs/Loop"}}}"##;

    fn one(name: &str, text: &str) -> String {
        coerce(SCHEMA, &[(name.to_owned(), Value::One(text.to_owned()))]).as_str().to_owned()
    }

    #[test]
    fn text_becomes_what_the_schema_wants() {
        for (name, text, expected) in [
            ("limit", "5", "5"),
            ("limit", "-5", "-5"),
            ("limit", "1e2", "1e2"),
            ("limit", "123456789012345678901234567890", "123456789012345678901234567890"),
            ("ratio", "0.50", "0.50"),
            ("exact", "true", "true"),
            ("level", "2", "2"),
            ("page", "3", "3"),
            ("maybe", "3", "3"),
            ("ids", "1,2", "[1,2]"),
            ("ids", "", "[]"),
            ("tags", "1,b", r#"["1","b"]"#),
            // Not what the schema wants: validation reports the text that was sent.
            ("limit", "five", r#""five""#),
            ("limit", "1.5", r#""1.5""#),
            ("limit", "05", r#""05""#),
            ("limit", "+5", r#""+5""#),
            ("limit", " 5", r#"" 5""#),
            ("limit", "", r#""""#),
            ("exact", "True", r#""True""#),
            ("exact", "1", r#""1""#),
            ("ids", "1,x", r#"[1,"x"]"#),
            // Text means itself where it may.
            ("name", "5", r#""5""#),
            ("name", "a\"b", r#""a\"b""#),
            ("either", "5", r#""5""#),
            ("any", "5", r#""5""#),
            ("unknown", "5", r#""5""#),
        ] {
            assert_eq!(one(name, text), format!("{{\"{name}\":{expected}}}"), "{name} {text}");
        }
    }

    #[test]
    fn lists_become_arrays() {
        let many = |name: &str, texts: &[&str]| {
            coerce(SCHEMA, &[(name.to_owned(), Value::Many(texts.iter().map(|text| (*text).to_owned()).collect()))])
        };
        assert_eq!(many("ids", &["1", "2"]).as_str(), r#"{"ids":[1,2]}"#);
        assert_eq!(many("ids", &["1"]).as_str(), r#"{"ids":[1]}"#);
        assert_eq!(many("tags", &["a,b"]).as_str(), r#"{"tags":["a,b"]}"#);
        assert_eq!(many("limit", &["1"]).as_str(), r#"{"limit":1}"#);
        assert_eq!(many("limit", &["1", "2"]).as_str(), r#"{"limit":["1","2"]}"#);
    }

    #[test]
    fn schemas_without_an_answer_do_no_harm() {
        let value = [("a".to_owned(), Value::One("5".to_owned()))];
        for schema in ["", "true", "[]", r##"{"$ref":"#"}"##, r##"{"properties":{"a":{"$ref":"#/properties/a"}}}"##] {
            assert_eq!(coerce(schema, &value).as_str(), r#"{"a":"5"}"#, "{schema}");
        }
        let twice = [("a".to_owned(), Value::One("1".to_owned())), ("a".to_owned(), Value::One("2".to_owned()))];
        assert_eq!(coerce("{}", &twice).as_str(), r#"{"a":"2"}"#);
    }
}
