//! Typed tokens: the only ways in which text of a document enters generated code.
//!
//! An identifier comes from [`super::names`], everything else from here. Templates print tokens and never quote,
//! escape or join text themselves (SECURITY.md G1–G3).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

/// A piece of Rust source that is complete in itself: a literal, a type, an expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Token(String);

impl Token {
    /// Source that this layer composed from tokens and from words of its own.
    pub fn composed(source: impl Into<String>) -> Self {
        Self(source.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character must not stand in a source file as it is: controls, bidi controls, invisible characters and
/// other code points that make a reader see something else than the compiler (Trojan Source).
pub(crate) fn is_hazardous(character: char) -> bool {
    // Most characters of most documents.
    !matches!(character, ' '..='~')
        && matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A string literal.
pub(crate) fn string(text: &str) -> Token {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_hazardous(character) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    Token(out)
}

/// `Some("…")` or `None`.
pub(crate) fn optional_string(text: Option<&str>) -> Token {
    match text {
        Some(text) => Token(format!("Some({})", string(text))),
        None => Token("None".to_owned()),
    }
}

/// `true` or `false`.
pub(crate) fn bool(value: bool) -> Token {
    Token(value.to_string())
}

/// `Some(true)`, `Some(false)` or `None`.
pub(crate) fn optional_bool(value: Option<bool>) -> Token {
    Token(match value {
        Some(value) => format!("Some({value})"),
        None => "None".to_owned(),
    })
}

/// `Some(30_000)` or `None`.
pub(crate) fn optional_u64(value: Option<u64>) -> Token {
    Token(match value {
        Some(value) => format!("Some({})", grouped(&value.to_string())),
        None => "None".to_owned(),
    })
}

/// An integer literal with digits grouped as clippy likes them.
pub(crate) fn grouped(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    if digits.len() <= 4 {
        return format!("{sign}{digits}");
    }
    let mut out = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// A slice literal of string literals: `&["a", "b"]`.
pub(crate) fn string_slice<'a>(items: impl IntoIterator<Item = &'a str>) -> Token {
    let items: Vec<_> = items.into_iter().map(|item| string(item).0).collect();
    Token(format!("&[{}]", items.join(", ")))
}

/// A slice literal of anything.
pub(crate) fn slice(items: impl IntoIterator<Item = Token>) -> Token {
    let items: Vec<_> = items.into_iter().map(|item| item.0).collect();
    Token(format!("&[{}]", items.join(", ")))
}

/// A JSON text in which hazardous characters are JSON `\u` escapes, so that no raw code point is in the file and the
/// value is the same. White space between JSON tokens stays.
pub(crate) fn plain_json(json: &str) -> String {
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return json.to_owned();
    }
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        // Line feeds are layout here: in a JSON string they are escaped already.
        if character != '\n' && is_hazardous(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    text
}

/// A JSON text as a raw string literal.
pub(crate) fn raw_json(json: &str) -> Token {
    let text = plain_json(json);
    if !text.contains(['"', '\\']) {
        return Token(format!("\"{text}\""));
    }
    let mut hashes = usize::from(text.contains('"'));
    while hashes > 0 && text.contains(&format!("\"{}", "#".repeat(hashes))) {
        hashes += 1;
    }
    let fence = "#".repeat(hashes);
    Token(format!("r{fence}\"{text}\"{fence}"))
}

/// A JSON Schema as a raw string literal, laid out for reading: one keyword a line, and one line for each entry of
/// `properties` and `$defs`.
pub(crate) fn schema(schema: &Value) -> Token {
    let Some(object) = schema.as_object() else {
        return raw_json(&schema.to_string());
    };
    let mut lines = Vec::new();
    for (keyword, value) in object {
        let key = Value::String(keyword.clone());
        match value.as_object() {
            Some(entries) if matches!(keyword.as_str(), "properties" | "$defs") && !entries.is_empty() => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(name, entry)| format!("    {}: {entry}", Value::String(name.clone())))
                    .collect();
                lines.push(format!("  {key}: {{\n{}\n  }}", entries.join(",\n")));
            }
            _ => lines.push(format!("  {key}: {value}")),
        }
    }
    if lines.len() < 2 {
        return raw_json(&schema.to_string());
    }
    raw_json(&format!("{{\n{}\n}}", lines.join(",\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(token: &Token) -> String {
        syn::parse_str::<syn::LitStr>(token.as_str()).unwrap_or_else(|error| panic!("{token}: {error}")).value()
    }

    /// Everything that SECURITY.md names, and the ends of each literal syntax.
    const HOSTILE: &[&str] = &[
        "\"; std::process::exit(1); \"",
        "\\\"; panic!()",
        "\"# ; evil!() ; r#\"",
        "\"## \"### \"####",
        "*/ fn main() {} /*",
        "a\rb\nc\td\0e",
        "\u{202a}\u{202e}\u{2066}\u{2069}\u{200b}\u{feff}\u{e0041}\u{7f}\u{85}\u{2028}",
        "{{ evil }} {% include 'x' %}",
        "\\u{41}\\x41",
    ];

    #[test]
    fn g2_a_string_literal_holds_exactly_its_text() {
        for text in HOSTILE {
            let token = string(text);
            assert_eq!(&value_of(&token), text);
            assert!(!token.as_str().chars().any(is_hazardous), "{token}");
        }
    }

    #[test]
    fn g3_raw_json_holds_the_same_value_without_raw_hazards() {
        for text in HOSTILE {
            let value = serde_json::json!({"description": text, "properties": {*text: {"const": text}}});
            let token = schema(&value);
            assert!(!token.as_str().chars().any(|c| c != '\n' && is_hazardous(c)), "{token}");
            assert_eq!(serde_json::from_str::<Value>(&value_of(&token)).unwrap(), value);
        }
    }

    #[test]
    fn a_schema_has_one_property_a_line() {
        let value = serde_json::json!({"type": "object", "properties": {"a": {"type": "string"}, "b": true}});
        assert_eq!(
            schema(&value).as_str(),
            "r#\"{\n  \"type\": \"object\",\n  \"properties\": {\n    \"a\": {\"type\":\"string\"},\n    \"b\": true\n  }\n}\"#"
        );
    }

    #[test]
    fn integers_are_grouped_in_threes() {
        assert_eq!(grouped("1000"), "1000");
        assert_eq!(grouped("30000"), "30_000");
        assert_eq!(grouped("-1234567"), "-1_234_567");
    }

    #[test]
    fn optional_values_are_some_or_none() {
        assert_eq!(optional_string(Some("a\"b")).as_str(), r#"Some("a\"b")"#);
        assert_eq!(optional_string(None).as_str(), "None");
        assert_eq!(optional_u64(Some(30_000)).as_str(), "Some(30_000)");
        assert_eq!(optional_bool(Some(false)).as_str(), "Some(false)");
        assert_eq!(string_slice(["a", "b"]).as_str(), r#"&["a", "b"]"#);
    }
}
