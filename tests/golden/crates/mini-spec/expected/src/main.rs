//! The MCP server `counter`. This file is yours: mcpgen created it once and does not touch it again.

mod handlers;

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&counter::SERVER, |_| Ok(counter::server(handlers::Handlers)))
}
