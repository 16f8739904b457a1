//! Calls of an HTTP API, as the constant tables of a generated crate describe them.
//!
//! ```text
//! Operation + arguments ─► request (path, style, header, body) ─► client ─► response | error_response
//!                 Env ─► base_url, credentials ─┘
//! ```

mod args;
mod base_url;
mod body;
mod call;
mod client;
mod credentials;
mod encode;
mod error_response;
mod header;
mod oauth;
mod operation;
mod path;
mod problem;
mod rejection;
mod request;
mod response;
mod retry_after;
mod style;
#[cfg(test)]
mod testing;
mod transport;

pub use call::{Base, Upstream, UpstreamCall, UpstreamTool, upstream, upstream_untyped};
pub use error_response::{ErrorResponse, FromResponse};
pub use operation::{
    Api, BodyLayout, ClientVariables, Encoding, Location, Operation, Parameter, RequestBody, SecurityKind,
    SecurityScheme, Style,
};
pub use rejection::{Rejection, status_matches};
