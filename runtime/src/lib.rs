//! The runtime of generated MCP servers.

pub mod content;
pub mod context;
pub mod def;
pub mod env;
pub mod error;
pub mod json;
pub mod text;
pub mod tool;
#[cfg(feature = "upstream")]
pub mod upstream;
