//! The JSON of generated types.
//!
//! serde's derives write the code of every type anew, generic over the format, and that code was nine tenths of the
//! time and four fifths of the memory that a large generated crate took to compile. Here the code of a type is two short
//! functions over one tree, written by [`record!`](crate::record), [`text_enum!`](crate::text_enum) and
//! [`union!`](crate::union); `Serialize` and `Deserialize` are there for everything else and pass through them.

mod macros;
mod mismatch;
mod record;
mod union;
mod values;
mod view;

pub use mismatch::Mismatch;
pub use record::{Members, Record, RecordView};
pub use union::Candidates;
pub use values::decode_text;
pub use view::View;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// A type that has one JSON form.
pub trait Codec: Sized {
    /// Reads the type from its JSON form.
    ///
    /// # Errors
    /// The first value of another shape, with its place.
    fn decode(value: Value) -> Result<Self, Mismatch>;

    /// The JSON form, borrowed.
    fn view(&self) -> View<'_>;
}

/// Writes a value with any serialiser: the body of `Serialize`.
///
/// # Errors
/// The serialiser's.
pub fn serialize<T: Codec, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.view().serialize(serializer)
}

/// Reads a value with any deserialiser: the body of `Deserialize`.
///
/// # Errors
/// The deserialiser's, and a [`Mismatch`] in its words.
pub fn deserialize<'de, T: Codec, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::decode(Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests;
