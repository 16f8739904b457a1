//! The MCP server `notes`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&notes::SERVER, |env| {
        let client = notes::Client::from_env(env)?;
        Ok(notes::server(client))
    })
}
