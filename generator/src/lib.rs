//! mcpgen reads an OpenAPI document or its own server spec and emits the Rust source of an MCP server: typed tool
//! handlers, resource templates and error enums, linked against the crate `mcpgen-runtime`.
//!
//! [`Builder`] is the way in, from a program or from `build.rs`; the command `mcpgen` (crate `mcpgen-cli`) is the same
//! thing on a command line. The document passes each stage once, in a straight line (see `generate.rs`):
//!
//! ```text
//! source text ─► load ─► openapi / spec ─► model ─► plan ─► rust ─► emit ─► Files ─► write
//! ```
//!
//! Nothing is written before everything is known to be right, and the same document gives the same bytes everywhere.

mod both;
mod build_script;
mod catalog;
mod conform;
mod cost;
mod crates;
mod diag;
mod diff;
mod emit;
mod explain;
mod files;
mod generate;
mod load;
mod lock;
mod model;
mod openapi;
mod options;
mod plan;
mod progress;
mod rust;
mod schema_view;
mod source;
mod spec;
mod suggest;
mod surface;
mod text_template;
mod uri_template;
mod wire;
mod words;
mod write;

#[cfg(test)]
mod samples;

pub use crates::crates;
pub use diff::{Audience, Change, Diff, Effect, diff};
pub use explain::{Explanation, codes, explain, similar_codes};
pub use files::{File, Files};
pub use generate::{Builder, Failure, Generated, Result};
pub use lock::path_from;
pub use options::{Descriptions, Expose, Options, OutputSchema, ParameterOptions, Profile, Selection, ToolOptions};
pub use progress::{Progress, Stage};
pub use surface::{
    ArgumentSurface, Place, PromptSurface, ResourceSurface, Route, SettingSurface, Surface, ToolSurface, Warning,
};
pub use write::{Difference, DifferenceKind, Written};
