//! The MCP server `kitchen-sink-search`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&kitchen_sink_search::SERVER, |env| {
        let client = kitchen_sink_search::Client::from_env(env)?;
        Ok(kitchen_sink_search::server(client))
    })
}
