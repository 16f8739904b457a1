//! The runtime of generated MCP servers.
//!
//! A generated crate is constant tables and typed shims; everything that is the same for two servers is here: the
//! transports, the protocol, and the one pipeline that every call passes (`server`).

#[doc(hidden)]
pub mod codegen;

#[cfg(feature = "stdio")]
mod app;
mod content;
// Without a transport nobody speaks the protocol, and contexts come from calls in process alone.
#[cfg_attr(not(feature = "stdio"), allow(dead_code))]
mod context;
mod def;
mod env;
mod error;
mod include;
mod json;
mod limits;
mod log;
pub mod maybe_null;
#[cfg_attr(not(feature = "stdio"), allow(dead_code))]
mod protocol;
mod redact;
mod resource;
mod server;
mod text;
mod tool;
#[cfg(feature = "stdio")]
mod transport;
#[cfg(feature = "upstream")]
mod upstream;
mod uri_template;
mod validate;

#[cfg(feature = "stdio")]
pub use app::main;
pub use content::{Block, Body, Content, PromptMessage, ResourceContents};
pub use context::{ClientInfo, Context, LogLevel};
pub use def::{Annotations, OutputMode, Role, ServerDef, SettingDef, ToolDef};
pub use env::{Env, EnvError, Secret};
pub use error::{Error, ErrorKind, ToolError};
pub use json::{Args, Json, RawJson};
pub use log::{CallKind, CallRecord, CallSink, StderrJson, Timestamp, TracingSink};
pub use protocol::Revision;
pub use resource::Contents;
pub use server::{Call, CallResult, Interceptor, Next, Server, ServerBuilder};
pub use tool::{Answer, BoxFuture, IntoAnswer, Outcome};
#[cfg(feature = "upstream")]
pub use upstream::{Base, Upstream, UpstreamTool, upstream};
#[doc(hidden)]
pub use validate::{FALLBACK_KEYWORDS, TABLE_KEYWORDS, fallback_reasons};
