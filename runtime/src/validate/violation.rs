//! What validation reports: every violation at once, in a form that a model can act on.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct, Serializer};

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;

/// How many violations are spelled out; the rest is counted.
pub(super) const MAX_VIOLATIONS: usize = 50;

/// One rule of the schema that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// JSON pointer (RFC 6901) of the value; of a missing member, where it would be.
    pub(crate) pointer: String,
    /// A sentence that stands alone: it begins with the pointer where that is needed.
    pub(crate) message: String,
    /// What was received: long strings are cut, other long values are left out.
    pub(crate) received: Option<RawJson>,
    /// A JSON array of the values that are allowed, where the schema lists them.
    pub(crate) allowed: Option<RawJson>,
    /// What was meant, in all likelihood, as JSON: the name of an argument, or a value.
    pub(crate) suggestion: Option<RawJson>,
    /// Whether the schema has no member of this name.
    pub(crate) unknown: bool,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Violation", 5)?;
        out.serialize_field("pointer", &self.pointer)?;
        out.serialize_field("message", &self.message)?;
        for (name, value) in [("received", &self.received), ("allowed", &self.allowed)] {
            match value {
                Some(value) => out.serialize_field(name, value)?,
                None => out.skip_field(name)?,
            }
        }
        match &self.suggestion {
            Some(suggestion) => out.serialize_field("suggestion", suggestion)?,
            None => out.skip_field("suggestion")?,
        }
        out.end()
    }
}

/// The violations of one value, at most [`MAX_VIOLATIONS`] of them spelled out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Violations {
    list: Vec<Violation>,
    more: usize,
}

impl Violations {
    pub(super) fn one(violation: Violation) -> Self {
        Self { list: vec![violation], more: 0 }
    }

    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MAX_VIOLATIONS
    }

    /// Adds one that is not there yet: a schema often says the same thing in two places.
    pub(super) fn push(&mut self, violation: Violation) {
        if self.list.contains(&violation) {
            return;
        }
        if self.is_full() {
            self.more += 1;
        } else {
            self.list.push(violation);
        }
    }

    /// Counts one without a word.
    pub(super) fn count(&mut self) {
        self.more += 1;
    }

    /// Those that are spelled out.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.list.iter()
    }

    /// The same with at most so many of them spelled out, and those without the values that are allowed.
    pub(crate) fn first(mut self, most: usize) -> Self {
        let spelled = self.list.len();
        self.list.truncate(most);
        self.more += spelled - self.list.len();
        self.list.iter_mut().for_each(|violation| violation.allowed = None);
        self
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len() + self.more
    }

    /// The error of a call whose arguments these are the violations of: kind `invalid_input`, type `InvalidParams`, all
    /// messages, and as data `{"violations":[{"pointer":…,"message":…,"received":…,"allowed":[…],"suggestion":…}]}`
    /// with `"more":N` where some are only counted.
    pub(crate) fn into_error(self) -> Error {
        let message = match self.list.as_slice() {
            [one] if self.more == 0 => format!("Invalid arguments: {one}"),
            _ => format!("Invalid arguments:{self:#}"),
        };
        let error = Error::new(ErrorKind::InvalidInput, message).with_type("InvalidParams");
        match RawJson::encode(&self) {
            Ok(data) => error.with_data(data),
            Err(_) => error,
        }
    }
}

impl Serialize for Violations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("violations", &self.list)?;
        if self.more > 0 {
            out.serialize_entry("more", &self.more)?;
        }
        out.end()
    }
}

/// Sentences separated by `; `; with `{:#}` a list with one line for each.
impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.list.iter().enumerate() {
            match (f.alternate(), index) {
                (true, _) => write!(f, "\n- {violation}")?,
                (false, 0) => write!(f, "{violation}")?,
                (false, _) => write!(f, "; {violation}")?,
            }
        }
        match (self.more, f.alternate()) {
            (0, _) => Ok(()),
            (more, true) => write!(f, "\n- and {more} more"),
            (more, false) => write!(f, "; and {more} more"),
        }
    }
}
