//! Schemas of tools as the revisions before 2026-07-28 allow them.

use std::borrow::Cow;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::node::MAX_DEPTH;
use crate::json::{compact_seen, scan};

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

/// The schema with object schemas in place of boolean ones directly under `properties`: until 2025-11-25 a property is
/// an object (`properties?: { [key: string]: object }`). The meaning stays the same.
pub(super) fn legacy(schema: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boolean_properties_become_objects_and_nothing_else_changes() {
        let schema = r#"{ "type": "object", "properties": { "b": true, "a": false,
            "c": { "type": "boolean", "default": true, "properties": { "d": true } } }, "additionalProperties": false }"#;
        assert_eq!(
            legacy(schema),
            r#"{"type":"object","properties":{"b":{},"a":{"not":{}},"c":{"type":"boolean","default":true,"properties":{"d":true}}},"additionalProperties":false}"#
        );
    }

    #[test]
    fn spelling_is_kept() {
        let schema = r#"{"type":"object","properties":{"é":{"maximum":1.50,"const":"\u00e9","x":true}}}"#;
        assert_eq!(legacy(schema), schema);
    }

    #[test]
    fn the_root_decides_whether_it_is_an_object() {
        assert!(is_object(r#"{"description":"x","type":"object"}"#));
        for other in [r#"{"type":["object","null"]}"#, r#"{"items":{"type":"object"}}"#, "true", r#"{"$ref":"#] {
            assert!(!is_object(other), "{other}");
        }
    }
}
