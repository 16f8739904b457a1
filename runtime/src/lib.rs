//! The runtime of generated MCP servers.
//!
//! A generated crate is constant tables and typed shims; everything that is the same for two servers is here: the
//! transports, the protocol, and the one pipeline that every call passes (`server`).

// What a transport alone calls has no caller in a build without it.
#![cfg_attr(
    not(all(feature = "stdio", feature = "http", feature = "sse", feature = "upstream")),
    allow(dead_code, unused_imports)
)]

#[doc(hidden)]
pub mod codegen;

#[cfg(feature = "stdio")]
mod app;
#[cfg(feature = "upstream")]
mod catalog;
mod codec;
mod content;
// Without a transport nobody speaks the protocol, and contexts come from calls in process alone.
#[cfg_attr(not(feature = "stdio"), allow(dead_code))]
mod context;
mod def;
mod env;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod include;
mod json;
mod limits;
mod log;
mod neutralise;
mod principal;
#[cfg(feature = "projection")]
mod projection;
#[cfg_attr(not(any(feature = "stdio", feature = "http")), allow(dead_code))]
mod protocol;
mod redact;
mod resource;
mod server;
mod task;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod tool;
#[cfg(any(feature = "stdio", feature = "http"))]
mod transport;
#[cfg(feature = "upstream")]
mod upstream;
mod uri_template;
mod validate;

#[cfg(feature = "stdio")]
pub use app::main;
pub use content::{Block, Body, Content, PromptMessage, ResourceContents};
pub use context::{ClientInfo, Context, Elicited, LogLevel, Root, Sample, Sampled};
pub use def::{Annotations, LinkDef, LinkPart, OutputMode, Role, ServerDef, SettingDef, TaskBegins, TaskDef, ToolDef};
pub use env::{Env, EnvError, Secret};
pub use error::{Error, ErrorKind, ToolError};
pub use json::{Args, Json, RawJson};
pub use log::{CallKind, CallRecord, CallSink, StderrJson, Timestamp, TracingSink};
pub use principal::Principal;
pub use protocol::{Notifier, Revision};
pub use resource::Contents;
pub use server::{Call, CallResult, Interceptor, Next, Server, ServerBuilder};
/// Awaits several questions at once: see [`Context::elicit`].
pub use tokio::try_join;
pub use tool::{Answer, BoxFuture, IntoAnswer, Outcome};
#[cfg(feature = "http")]
pub use transport::http::{HttpOptions, McpBody, McpService};
#[cfg(feature = "upstream")]
pub use upstream::{Base, Upstream, UpstreamOptions, UpstreamTool, upstream};
#[doc(hidden)]
pub use validate::{FALLBACK_KEYWORDS, TABLE_KEYWORDS, accepts, fallback_reasons};
