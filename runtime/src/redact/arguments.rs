//! The arguments of a call as the log shows them.

use std::fmt;
use std::sync::atomic::Ordering;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::RawJson;

use super::{ANY_KNOWN, MARK, for_log, is_innocent, is_sensitive};

/// Longer strings are cut, with a marker.
const MAX_CHARACTERS: usize = 256;
/// Past this many bytes no further entry begins; a marker counts those that are left out.
const MAX_BYTES: usize = 4096;
/// Deeper values are left out.
const MAX_DEPTH: usize = 16;

/// The arguments of a call, redacted and cut. Fields named like a secret, or like
/// one of `fields`, lose their value whole.
pub(crate) fn arguments(json: &RawJson, fields: &[String]) -> RawJson {
    if is_plain(json.as_str(), fields) {
        return json.clone();
    }
    let mut writer = Writer::new(fields);
    writer.value(json.as_str(), 0);
    RawJson::from_valid(&writer.out)
}

/// The JSON text of a message to a client, redacted as [`arguments`] are and not cut.
pub(crate) fn message(json: &str) -> String {
    if is_plain(json, &[]) {
        return json.to_owned();
    }
    let mut writer = Writer { characters: usize::MAX, bytes: usize::MAX, ..Writer::new(&[]) };
    writer.value(json, 0);
    writer.out
}

/// Whether nothing in a short text has to be taken away, cut or spelled otherwise, as in nearly every call.
fn is_plain(json: &str, fields: &[String]) -> bool {
    if json.len() > MAX_CHARACTERS || ANY_KNOWN.load(Ordering::Acquire) {
        return false;
    }
    let (mut rest, mut depth) = (json, 0_usize);
    while let Some(byte) = rest.bytes().next() {
        let mut step = 1;
        match byte {
            b'{' | b'[' if depth >= MAX_DEPTH => return false,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let inner = rest.get(1..).unwrap_or_default();
                let Some(end) = inner.bytes().position(|byte| matches!(byte, b'"' | b'\\')) else { return false };
                let (text, after) = inner.split_at(end);
                let is_name = after.starts_with("\":");
                if after.starts_with('\\') || !is_innocent(text) || (is_name && is_secret(text, fields)) {
                    return false;
                }
                step = end + 2;
            }
            _ if !byte.is_ascii() => return false,
            _ => {}
        }
        rest = rest.get(step..).unwrap_or_default();
    }
    true
}

fn is_secret(name: &str, fields: &[String]) -> bool {
    is_sensitive(name) || fields.iter().any(|field| field.eq_ignore_ascii_case(name))
}

struct Writer<'a> {
    out: String,
    fields: &'a [String],
    characters: usize,
    bytes: usize,
}

impl<'a> Writer<'a> {
    /// A writer that cuts as the log does.
    fn new(fields: &'a [String]) -> Self {
        Self { out: String::new(), fields, characters: MAX_CHARACTERS, bytes: MAX_BYTES }
    }
}

impl Writer<'_> {
    fn value(&mut self, json: &str, depth: usize) {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        match json.bytes().next() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => self.string("…"),
            Some(b'{') => {
                self.out.push('{');
                // Whatever happens inside, the braces stay balanced and the line stays JSON.
                let _ = deserializer.deserialize_map(Entries { writer: self, depth });
                self.out.push('}');
            }
            Some(b'[') => {
                self.out.push('[');
                let _ = deserializer.deserialize_seq(Entries { writer: self, depth });
                self.out.push(']');
            }
            Some(b'"') => {
                let text: String = serde_json::from_str(json).unwrap_or_else(|_| "…".to_owned());
                self.string(&for_log(&text, self.characters));
            }
            _ => {
                let shown = for_log(json, self.characters);
                if shown == json { self.out.push_str(json) } else { self.string(&shown) }
            }
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "null".to_owned()));
    }

    fn is_full(&self) -> bool {
        self.out.len() >= self.bytes
    }
}

/// Writes the entries of one object or array.
struct Entries<'w, 'a> {
    writer: &'w mut Writer<'a>,
    depth: usize,
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut first, mut left_out) = (true, 0_usize);
        while let Some(name) = map.next_key::<String>()? {
            if self.writer.is_full() {
                map.next_value::<IgnoredAny>()?;
                left_out += 1;
                continue;
            }
            if !std::mem::take(&mut first) {
                self.writer.out.push(',');
            }
            let name_shown = for_log(&name, self.writer.characters);
            self.writer.string(&name_shown);
            self.writer.out.push(':');
            if is_secret(&name, self.writer.fields) {
                map.next_value::<IgnoredAny>()?;
                self.writer.string(MARK);
            } else {
                map.next_value_seed(Nested { writer: self.writer, depth: self.depth + 1 })?;
            }
        }
        if left_out > 0 {
            self.writer.out.push_str(&format!(r#"{}"…":"[+{left_out} entries]""#, if first { "" } else { "," }));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (mut first, mut left_out) = (true, 0_usize);
        loop {
            if self.writer.is_full() {
                if items.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                left_out += 1;
                continue;
            }
            let comma = if first { "" } else { "," };
            let seed = Item { writer: self.writer, depth: self.depth + 1, comma };
            if items.next_element_seed(seed)?.is_none() {
                break;
            }
            first = false;
        }
        if left_out > 0 {
            self.writer.out.push_str(&format!(r#"{}"…[+{left_out} entries]""#, if first { "" } else { "," }));
        }
        Ok(())
    }
}

struct Nested<'w, 'a> {
    writer: &'w mut Writer<'a>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Nested<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?;
        self.writer.value(raw.get(), self.depth);
        Ok(())
    }
}

/// An item writes its comma itself: only here is it known that there is one.
struct Item<'w, 'a> {
    writer: &'w mut Writer<'a>,
    depth: usize,
    comma: &'static str,
}

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.writer.out.push_str(self.comma);
        Nested { writer: self.writer, depth: self.depth }.deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(json: &str) -> String {
        let shown = arguments(&RawJson::from_valid(json), &["ssn".to_owned()]).as_str().to_owned();
        serde_json::from_str::<&RawValue>(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
        shown
    }

    #[test]
    fn ordinary_arguments_keep_their_order_and_spelling() {
        for json in ["{}", r#"{"z":1.50,"a":[],"b":[1,{"c":null}],"d":{"e":true},"f":1e400}"#, "[]", "null"] {
            assert_eq!(shown(json), json);
        }
    }

    #[test]
    fn i11_by_name_at_any_depth_and_of_any_type() {
        let json = r#"{"user":"a","password":"p","x":[{"api_key":{"k":1}}],"accessToken":5,"SSN":"1-2"}"#;
        let expected = r#"{"user":"a","password":"«redacted»","x":[{"api_key":"«redacted»"}],"accessToken":"«redacted»","SSN":"«redacted»"}"#;
        assert_eq!(shown(json), expected);
    }

    #[test]
    fn i11_by_value_in_strings_names_and_numbers() {
        super::super::remember("canary-argument");
        super::super::remember("77665544332211");
        let json = r#"{"a":"x canary-argument","canary-argument":1,"n":77665544332211,"e":"canary\u002dargument"}"#;
        assert_eq!(shown(json), r#"{"a":"x «redacted»","«redacted»":1,"n":"«redacted»","e":"«redacted»"}"#);
    }

    #[test]
    fn i11_control_characters_stay_escaped() {
        let shown = shown(&json!({ "a": "line\nnext\r\u{1b}[31m" }).to_string());
        assert!(!shown.contains(['\n', '\r', '\u{1b}']), "{shown}");
    }

    #[test]
    fn what_is_plain_comes_out_of_the_long_way_as_it_is() {
        for json in [
            "{}",
            r#"{"city":"Tokyo","unit":"celsius","n":[1,2.50,true,null,{"a":"é x"}]}"#,
            r#"{"city":"a b","note":1}"#,
        ] {
            let mut writer = Writer::new(&[]);
            writer.value(json, 0);
            assert_eq!(writer.out, json);
        }
        let deep = format!("{}1{}", "[".repeat(17), "]".repeat(17));
        for json in
            [r#"{"password":"x"}"#, r#"{"a":"k=v"}"#, r#"{"a":"\u0062"}"#, r#"{"SSN":1}"#, r#"["Bearer x"]"#, &deep]
        {
            assert!(!is_plain(json, &["ssn".to_owned()]), "{json}");
        }
    }

    #[test]
    fn long_strings_many_entries_and_depth_are_cut() {
        let long = shown(&json!({ "a": "y".repeat(300) }).to_string());
        assert_eq!(long, format!(r#"{{"a":"{}…[+44 characters]"}}"#, "y".repeat(256)));

        let many = shown(&json!({ "a": vec![12345; 100_000], "b": 1 }).to_string());
        assert!(many.len() < MAX_BYTES + 200, "{}", many.len());
        assert!(many.ends_with(r#" entries]"],"…":"[+1 entries]"}"#), "{}", &many[many.len() - 80..]);

        let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(shown(&deep), format!(r#"{}"…"{}"#, "[".repeat(16), "]".repeat(16)));
    }
}
