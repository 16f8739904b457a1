//! Text templates: the text of an answer, of an error message or of a prompt.
//!
//! ```text
//! template = { text | "{{" | "}}" | value | section }
//! value    = "{" path [ ":" format ] "}"
//! format   = "." digit                                  a number with so many decimals
//!          | member "=" text { "|" member "=" text }    a text for each member of an enumeration
//! section  = "{#" path "}" template "{/" path "}"       once for each item of an array
//! path     = name { "." name } | "."                   "." is the item of the innermost section
//! ```
//!
//! Inside a section a name is looked up in the item first, then outwards. A section's tag that stands alone on its line
//! takes the line with it, and one newline at the very end is dropped, so that YAML's `|` blocks read as they print.
//! Everything is checked against the schema of the value that is rendered; what passes cannot fail at run time.

mod check;
mod parse;

use std::ops::Range;

use serde_json::Value;

use crate::diag::Code;
use crate::model::TextTemplate;
use crate::schema_view::SchemaView;

/// A mistake in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub code: Code,
    /// Bytes of the template's text.
    pub range: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// A checked template and the names that it takes from the outermost value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compiled {
    pub template: TextTemplate,
    pub used: Vec<String>,
}

/// Parses a template and checks it against the schema of the value that it renders: all mistakes at once.
pub(crate) fn compile(text: &str, schema: &Value, view: SchemaView<'_>) -> Result<Compiled, Vec<Problem>> {
    let (nodes, mut problems) = parse::parse(text);
    let (compiled, misfits) = check::check(&nodes, schema, view);
    problems.extend(misfits);
    if problems.is_empty() { Ok(compiled) } else { Err(problems) }
}
