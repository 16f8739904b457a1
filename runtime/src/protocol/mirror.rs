//! What a transport repeats of a request outside of its body: the headers of HTTP (MCP 2026-07-28, "Streamable HTTP",
//! "Request Headers").

use super::error::RpcError;
use super::message::Raw;

/// The copies that came with a modern request. Both are asked in the order of the ladder.
pub(crate) trait Mirror: Sync {
    /// Compares the version, the method and the name (of a tool, prompt or resource) with those of the body.
    fn standard(&self, version: &str, method: &str, name: Option<&str>) -> Result<(), RpcError>;

    /// Compares the copied arguments of a tool with those of the body.
    fn arguments(&self, tool: &str, arguments: Option<Raw<'_>>) -> Result<(), RpcError>;
}
