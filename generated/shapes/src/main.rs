//! The MCP server `shapes`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&shapes::SERVER, |env| {
        let client = shapes::Client::from_env(env)?;
        Ok(shapes::server(client))
    })
}
