//! What a JSON value is instead of what its type says.

use std::fmt;

use serde_json::Value;

/// How much of a text is quoted, in characters.
const QUOTED: usize = 40;

/// A JSON value that does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    /// The tokens of the JSON pointer, the innermost first.
    path: Vec<String>,
    message: String,
}

impl Mismatch {
    /// A mismatch of the value that is read; `message` without its place.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner { path: Vec::new(), message: message.into() }))
    }

    /// `expected a string, found 5`
    pub(crate) fn expected(what: &str, found: &Value) -> Self {
        let found = match found {
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            Value::String(text) => {
                let cut: String = text.chars().take(QUOTED).collect();
                let more = if cut.len() < text.len() { "…" } else { "" };
                format!("{cut:?}{more}")
            }
            scalar => scalar.to_string(),
        };
        Self::new(format!("expected {what}, found {found}"))
    }

    /// The same, seen from the value around.
    #[must_use]
    pub(crate) fn inside(mut self, token: impl fmt::Display) -> Self {
        self.0.path.push(token.to_string().replace('~', "~0").replace('/', "~1"));
        self
    }
}

/// `/owner/name: expected a string, found 5`
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in self.0.path.iter().rev() {
            write!(f, "/{token}")?;
        }
        if !self.0.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Mismatch {}
