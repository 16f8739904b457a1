//! The MCP server `open-meteo`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&open_meteo::SERVER, |env| {
        let client = open_meteo::Client::from_env(env)?;
        Ok(open_meteo::server(client))
    })
}
