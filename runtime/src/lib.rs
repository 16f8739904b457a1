//! The runtime of generated MCP servers.
