//! The runtime of generated MCP servers.

mod def;
mod error;
mod json;
mod text;
mod uri_template;
mod validate;

#[doc(hidden)]
pub use validate::{FALLBACK_KEYWORDS, TABLE_KEYWORDS, fallback_reasons};
