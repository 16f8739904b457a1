//! Text templates: the text of an answer, of an error message or of a prompt, rendered from JSON.
//!
//! The generator parses and checks them (fields exist, enum values are covered); here they are constant tables.

mod render;

pub use render::render;

/// A template is a row of segments.
pub type TextTemplate = &'static [Segment];

/// One segment of a template.
#[derive(Debug)]
pub enum Segment {
    /// Text as it is.
    Literal(&'static str),
    /// The value at this path of property names, from the innermost section outwards. A missing or null value is
    /// empty; strings as they are, everything else as JSON.
    Value(&'static [&'static str], Format),
    /// The body, once for each item of the array at this path; names are looked up in the item first.
    Each(&'static [&'static str], &'static [Segment]),
}

/// How a value is printed.
#[derive(Debug)]
pub enum Format {
    /// Strings as they are, everything else as JSON.
    Plain,
    /// A number with this many decimals, rounded half away from zero; `-0` is `0`.
    Decimals(u8),
    /// The text that belongs to the value (`{unit:celsius=°C|fahrenheit=°F}`); an unlisted value prints plainly.
    Map(&'static [(&'static str, &'static str)]),
}
