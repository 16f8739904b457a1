//! JSON that keeps its spelling.
//!
//! Arguments and answers travel as text from end to end: key order and the spelling of numbers and strings are kept,
//! insignificant white space is removed. A value is decoded only where somebody asks for it.

pub(crate) mod equal;
pub(crate) mod node;
pub(crate) mod number;
pub(crate) mod scan;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind};
use crate::resource::Contents;
use crate::tool::Answer;

/// A valid JSON text without insignificant white space, cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct RawJson(Arc<str>);

impl RawJson {
    /// Checks and compacts a JSON text.
    ///
    /// # Errors
    /// The parser's error, for a text that is not one JSON value.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let raw: &RawValue = serde_json::from_str(text)?;
        Ok(Self::from_valid(raw.get()))
    }

    /// Encodes a value.
    ///
    /// # Errors
    /// The serialiser's error, for a map with keys that are not strings.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(|text| Self(text.into()))
    }

    /// A text that a JSON parser accepted already.
    pub(crate) fn from_valid(text: &str) -> Self {
        // Clients hardly ever send white space: then one copy is enough.
        match text.bytes().fold(false, |found, byte| found | matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            false => Self(text.into()),
            true => Self(compact(text).into()),
        }
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        self.0.starts_with('{')
    }

    /// Decodes the value.
    ///
    /// # Errors
    /// The decoder's error, for a value of another shape.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RawJson {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// Removes the white space between the tokens of a valid JSON text.
pub(crate) fn compact(text: &str) -> String {
    compact_seen(text, |_| {})
}

/// As [`compact`]; `see` is shown each byte outside of strings that stays.
pub(crate) fn compact_seen(text: &str, mut see: impl FnMut(u8)) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut start, mut at) = (0, 0);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => at = scan::behind_string(text, at),
            b' ' | b'\t' | b'\n' | b'\r' => {
                out.push_str(text.get(start..at).unwrap_or_default());
                at += 1;
                while matches!(text.as_bytes().get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                    at += 1;
                }
                start = at;
            }
            byte => {
                see(*byte);
                at += 1;
            }
        }
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out
}

/// The validated arguments of a call, decoded on demand.
pub struct Args<T> {
    raw: RawJson,
    of: PhantomData<fn() -> T>,
}

impl<T> Args<T> {
    /// The arguments as JSON: an object that the tool's input schema accepts.
    pub fn raw(&self) -> &RawJson {
        &self.raw
    }

    /// The arguments as JSON.
    pub fn into_raw(self) -> RawJson {
        self.raw
    }
}

impl<T: DeserializeOwned> Args<T> {
    /// The typed input.
    ///
    /// # Errors
    /// `InvalidInput`, where Rust's type is narrower than the schema (an integer beyond 64 bits, for example).
    pub fn decode(&self) -> Result<T, Error> {
        self.raw.decode().map_err(|error| {
            Error::new(ErrorKind::InvalidInput, format!("The arguments do not fit the tool's input type: {error}"))
        })
    }
}

impl<T> From<RawJson> for Args<T> {
    fn from(raw: RawJson) -> Self {
        Self { raw, of: PhantomData }
    }
}

impl<T: Serialize> Args<T> {
    /// Arguments from a typed input, for calls of one tool by another.
    ///
    /// # Errors
    /// `InvalidInput`, where the value cannot be written as JSON.
    pub fn encode(input: &T) -> Result<Self, Error> {
        RawJson::encode(input).map(Self::from).map_err(|error| Error::new(ErrorKind::InvalidInput, error.to_string()))
    }
}

impl<T> Clone for Args<T> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Args<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

/// An answer that keeps the upstream's spelling and is decoded on demand.
///
/// An answer that is no JSON is a JSON string here, its text or its bytes in base64, and reaches a client as what it is:
/// text, an image, sound, or an embedded resource.
pub struct Json<T> {
    raw: RawJson,
    contents: Option<Box<Contents>>,
    of: PhantomData<fn() -> T>,
}

impl<T> Json<T> {
    /// The answer as JSON.
    pub fn raw(&self) -> &RawJson {
        &self.raw
    }

    /// The answer as JSON.
    pub fn into_raw(self) -> RawJson {
        self.raw
    }
}

impl<T> Json<T> {
    /// An answer that is no JSON, beside the JSON string that stands for it.
    pub(crate) fn with_contents(self, contents: Option<Contents>) -> Self {
        Self { contents: contents.map(Box::new), ..self }
    }

    /// What reaches a client.
    pub(crate) fn into_answer(self) -> Answer {
        match self.contents {
            Some(contents) => Answer::Contents(*contents),
            None => Answer::Json(self.raw),
        }
    }
}

impl<T: DeserializeOwned> Json<T> {
    /// The typed answer.
    ///
    /// # Errors
    /// `BadResponse`, where the answer deviates from its declared type.
    pub fn decode(&self) -> Result<T, Error> {
        self.raw.decode().map_err(|error| {
            Error::new(ErrorKind::BadResponse, format!("The answer deviates from its declared type: {error}"))
        })
    }
}

impl<T: Serialize> Json<T> {
    /// An answer from a typed value.
    ///
    /// # Errors
    /// `Internal`, where the value cannot be written as JSON.
    pub fn encode(value: &T) -> Result<Self, Error> {
        RawJson::encode(value).map(Self::from).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }
}

impl<T> From<RawJson> for Json<T> {
    fn from(raw: RawJson) -> Self {
        Self { raw, contents: None, of: PhantomData }
    }
}

impl<T> Clone for Json<T> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), contents: self.contents.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
