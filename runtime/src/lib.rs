//! The runtime of generated MCP servers.

mod def;
mod error;
mod json;
mod text;
