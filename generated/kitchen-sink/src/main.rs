//! The MCP server `kitchen-sink`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&kitchen_sink::SERVER, |env| {
        let client = kitchen_sink::Client::from_env(env)?;
        Ok(kitchen_sink::server(client))
    })
}
