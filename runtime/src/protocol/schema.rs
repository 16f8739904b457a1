//! Schemas of tools as lists show them.

use std::borrow::Cow;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::node::MAX_DEPTH;
use crate::json::{compact, compact_seen, scan};

/// The white space of JSON (RFC 8259 §2).
const JSON_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

use super::error::push_string;

/// The members of a JSON object, in order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Option<Self> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((Cow::Owned(name), value));
                }
                Ok(Members(members))
            }
        }
        serde_json::Deserializer::from_str(text).deserialize_map(Collect).ok()
    }

    /// Writes the object with some values replaced.
    fn write(&self, replace: impl Fn(&str, &'a RawValue) -> Option<String>) -> String {
        let mut out = String::from("{");
        for (at, (name, value)) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_string(&mut out, name);
            out.push(':');
            match replace(name, value) {
                Some(text) => out.push_str(&text),
                None => out.push_str(value.get()),
            }
        }
        out.push('}');
        out
    }
}

/// Appends the schema without its line breaks. Start-up waits for the first list, and these are most of it.
///
/// Of a schema of several lines, what goes is white space as generated code lays schemas out: line breaks, indentation,
/// and the space behind the name that begins a line. White space elsewhere, where a person wrote it, means nothing and
/// stays.
pub(super) fn unfold(schema: &str, out: &mut String) {
    let Some((mut line, mut after)) = cut(schema) else { return out.push_str(&compact(schema)) };
    loop {
        let rest = trimmed(line);
        match rest.split_at_checked(name(rest)) {
            Some((name, value)) if value.starts_with(": ") => {
                out.push_str(name);
                out.push(':');
                out.push_str(value.get(2..).unwrap_or_default());
            }
            _ => out.push_str(rest),
        }
        match (after.is_empty(), cut(after)) {
            (true, _) => return,
            (_, Some(next)) => (line, after) = next,
            (_, None) => (line, after) = (after, ""),
        }
    }
}

/// A line without its indentation and what its end may have: nearly all have nothing there, and spaces here.
fn trimmed(line: &str) -> &str {
    let spaces = line.bytes().position(|byte| byte != b' ').unwrap_or(line.len());
    let rest = line.get(spaces..).unwrap_or_default();
    let is_space = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_whitespace());
    if is_space(rest.bytes().next()) || is_space(rest.bytes().next_back()) { rest.trim_ascii() } else { rest }
}

/// The length of the name that a line begins with; 0 where it begins with none.
fn name(line: &str) -> usize {
    let Some(inner) = line.strip_prefix('"') else { return 0 };
    let plain = scan::plain(inner.as_bytes());
    if inner.as_bytes().get(plain) == Some(&b'"') { plain.saturating_add(2) } else { scan::behind_string(line, 0) }
}

/// The first line and what follows it. No string has a line break in it.
fn cut(text: &str) -> Option<(&str, &str)> {
    let at = memchr::memchr(b'\n', text.as_bytes())?;
    Some((text.get(..at)?, text.get(at..)?.get(1..)?))
}

/// Appends the schema as the revisions before 2026-07-28 allow it: with object schemas in place of boolean ones directly
/// under `properties`, where a property is an object (`properties?: { [key: string]: object }`). The meaning stays the
/// same.
pub(super) fn unfold_legacy(schema: &str, out: &mut String) {
    if has_boolean(schema) { out.push_str(&legacy(schema)) } else { unfold(schema, out) }
}

/// Whether a boolean, or a text that has the word, is anywhere but at the end, where `additionalProperties` of the root
/// has it and no property is.
fn has_boolean(schema: &str) -> bool {
    ["true", "false"].into_iter().any(|word| {
        memchr::memmem::find_iter(schema.as_bytes(), word)
            .filter_map(|at| schema.get(at..)?.strip_prefix(word))
            .any(|rest| rest.trim_matches(JSON_SPACE) != "}")
    })
}

fn legacy(schema: &str) -> String {
    // Nearly no schema has `true` or `false` inside two objects, where properties are; those are sent as they are.
    let (mut depth, mut found) = (0_usize, false);
    let schema = compact_seen(schema, |byte| match byte {
        b'{' => depth += 1,
        b'}' => depth = depth.saturating_sub(1),
        b't' | b'f' => found |= depth == 2,
        _ => {}
    });
    if !found {
        return schema;
    }
    let Some(members) = Members::read(&schema) else { return schema };
    members.write(|name, value| {
        if name != "properties" {
            return None;
        }
        let properties = Members::read(value.get())?;
        Some(properties.write(|_, property| match property.get() {
            "true" => Some("{}".to_owned()),
            "false" => Some(r#"{"not":{}}"#.to_owned()),
            _ => None,
        }))
    })
}

/// Whether the root says `"type":"object"`, which `outputSchema` has to until 2025-11-25.
pub(super) fn is_object(schema: &str) -> bool {
    if begins_with(schema, &["{", r#""type""#, ":", r#""object""#]) {
        return true;
    }
    let is_type = |name: &str, value: &str| name == "type" && value == r#""object""#;
    let mut found = false;
    let read = scan::members(schema, MAX_DEPTH, |name, value| {
        found |= is_type(name, value);
        Some(())
    });
    match read {
        Some(()) => found,
        None => Members::read(schema)
            .is_some_and(|members| members.0.iter().any(|(name, value)| is_type(name, value.get()))),
    }
}

/// Whether the text has these tokens first.
fn begins_with(text: &str, tokens: &[&str]) -> bool {
    tokens.iter().try_fold(text, |rest, token| rest.trim_start_matches(JSON_SPACE).strip_prefix(token)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfolded(schema: &str) -> String {
        let mut out = String::new();
        unfold(schema, &mut out);
        out
    }

    fn unfolded_legacy(schema: &str) -> String {
        let mut out = String::new();
        unfold_legacy(schema, &mut out);
        out
    }

    #[test]
    fn line_breaks_go_and_texts_stay() {
        let laid_out = "{\r\n  \"type\": \"object\",\n\t\"properties\": {\n    \"a: b\": {\"const\":\"x : \\n  y\"},\n    \"\\\"\": {}\n  },\n  \"required\": [\n    \"a: b\"\n  ]\n}\n";
        let compact = r#"{"type":"object","properties":{"a: b":{"const":"x : \n  y"},"\"":{}},"required":["a: b"]}"#;
        assert_eq!(unfolded(laid_out), compact);
        assert_eq!(unfolded_legacy(laid_out), compact);
        assert_eq!(unfolded(compact), compact);
        assert_eq!(
            unfolded(r#"{ "type": "object", "required": [ "a: b" ] }"#),
            r#"{"type":"object","required":["a: b"]}"#
        );
        assert_eq!(unfolded("true"), "true");
        assert_eq!(unfolded(""), "");
    }

    #[test]
    fn a_boolean_is_looked_at_unless_it_ends_the_root() {
        for (schema, has) in [
            (r#"{"properties":{"a":{}},"additionalProperties": false }"#, false),
            (r#"{"properties":{"a":false}}"#, true),
            (r#"{"properties":{"a":true},"additionalProperties":false}"#, true),
            (r#"{"additionalProperties":false,"properties":{"a":{"default":true}}}"#, true),
            ("{\"properties\": {\n\"a\": false\n}\n}", true),
            ("true", true),
        ] {
            assert_eq!(has_boolean(schema), has, "{schema}");
        }
        assert_eq!(
            unfolded_legacy("{\n  \"properties\": {\n    \"a\": false\n  }\n}"),
            r#"{"properties":{"a":{"not":{}}}}"#
        );
    }

    #[test]
    fn boolean_properties_become_objects_and_nothing_else_changes() {
        let schema = r#"{ "type": "object", "properties": { "b": true, "a": false,
            "c": { "type": "boolean", "default": true, "properties": { "d": true } } }, "additionalProperties": false }"#;
        assert_eq!(
            unfolded_legacy(schema),
            r#"{"type":"object","properties":{"b":{},"a":{"not":{}},"c":{"type":"boolean","default":true,"properties":{"d":true}}},"additionalProperties":false}"#
        );
    }

    #[test]
    fn spelling_is_kept() {
        let schema = r#"{"type":"object","properties":{"é":{"maximum":1.50,"const":"\u00e9","x":true}}}"#;
        assert_eq!(unfolded_legacy(schema), schema);
    }

    #[test]
    fn the_root_decides_whether_it_is_an_object() {
        assert!(is_object(r#"{"description":"x","type":"object"}"#));
        assert!(is_object("{\n  \"type\" : \"object\",\n \"properties\": {}}"));
        for other in [
            r#"{"type":["object","null"]}"#,
            r#"{"type":"objects"}"#,
            r#"{"items":{"type":"object"}}"#,
            "true",
            r#"{"$ref":"#,
        ] {
            assert!(!is_object(other), "{other}");
        }
    }
}
