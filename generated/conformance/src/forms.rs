//! The forms that the suite expects to see (SEP-1034, SEP-1330), and the bytes of its image and its sound.

use mcpgen_runtime::{Block, RawJson};

/// A schema, its members in the order in which a person sees them; none where it is no JSON.
pub type Form = Option<RawJson>;

/// A red pixel, PNG in base64.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// Silence, WAV in base64.
const SILENCE: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

pub fn image() -> Block {
    Block::Image { data: PIXEL.to_owned(), mime_type: "image/png".to_owned() }
}

pub fn sound() -> Block {
    Block::Audio { data: SILENCE.to_owned(), mime_type: "audio/wav".to_owned() }
}

/// A form of one required text.
pub fn one_text(field: &str) -> Form {
    form(&format!(r#"{{ "{field}": {{ "type": "string" }} }}"#), &format!(r#"["{field}"]"#))
}

/// A form of one required decision.
pub fn one_decision(field: &str) -> Form {
    form(&format!(r#"{{ "{field}": {{ "type": "boolean" }} }}"#), &format!(r#"["{field}"]"#))
}

pub fn account() -> Form {
    form(
        r#"{
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" }
        }"#,
        r#"["username", "email"]"#,
    )
}

/// A default for each primitive type.
pub fn defaults() -> Form {
    form(
        r#"{
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
            "verified": { "type": "boolean", "default": true }
        }"#,
        "[]",
    )
}

/// Every kind of choice.
pub fn choices() -> Form {
    form(
        r#"{
            "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
            "titledSingle": {
                "type": "string",
                "oneOf": [
                    { "const": "value1", "title": "First Option" },
                    { "const": "value2", "title": "Second Option" },
                    { "const": "value3", "title": "Third Option" }
                ]
            },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"]
            },
            "untitledMulti": {
                "type": "array",
                "items": { "type": "string", "enum": ["option1", "option2", "option3"] }
            },
            "titledMulti": {
                "type": "array",
                "items": {
                    "anyOf": [
                        { "const": "value1", "title": "First Choice" },
                        { "const": "value2", "title": "Second Choice" },
                        { "const": "value3", "title": "Third Choice" }
                    ]
                }
            }
        }"#,
        "[]",
    )
}

fn form(properties: &str, required: &str) -> Form {
    let text = format!(r#"{{ "type": "object", "properties": {properties}, "required": {required} }}"#);
    RawJson::parse(&text).ok()
}
