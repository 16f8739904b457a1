//! mcpgen: reads an OpenAPI document or a server spec and emits the Rust source of an MCP server.

mod diag;
mod load;
mod model;
mod openapi;
mod options;
mod schema_view;
mod source;
mod spec;
mod suggest;
mod text_template;
mod uri_template;
