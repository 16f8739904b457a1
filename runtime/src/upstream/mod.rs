//! Calls of an HTTP API, as the constant tables of a generated crate describe them.
//!
//! ```text
//! Operation + arguments ─► request (path, style, header, body) ─► exchange (gate, client) ─► response | error_response
//!                 Env ─► base_url, credentials, options ─┘
//! ```

mod accepted;
mod args;
mod base_url;
mod body;
mod breaker;
mod budget;
mod call;
#[cfg(test)]
mod canary_tests;
mod client;
mod connect;
mod credentials;
mod decode;
mod encode;
mod error_response;
mod exchange;
mod fixed;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod gate;
mod header;
mod identity;
mod oauth;
mod operation;
mod options;
mod path;
mod problem;
mod rejection;
mod request;
mod response;
mod retry_after;
#[cfg(test)]
mod round_trip_tests;
mod stream;
mod style;
#[cfg(test)]
mod sweep_tests;
#[cfg(test)]
pub(crate) mod testing;
mod transport;
mod watch;

pub(crate) use call::declared_call;
pub use call::{Base, Declared, Upstream, UpstreamCall, UpstreamTool, upstream, upstream_untyped};
pub use error_response::{ErrorResponse, FromResponse};
pub use operation::{
    Api, BodyLayout, ClientVariables, Encoding, Fixed, FixedValue, Location, Operation, Parameter, RequestBody,
    Searched, SecurityKind, SecurityScheme, Style, XmlContent, XmlKind, XmlNode,
};
pub use options::UpstreamOptions;
pub use rejection::{Rejection, status_matches};
