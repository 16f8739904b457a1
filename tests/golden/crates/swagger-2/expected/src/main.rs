//! The MCP server `kiosk`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&kiosk::SERVER, |env| {
        let client = kiosk::Client::from_env(env)?;
        Ok(kiosk::server(client))
    })
}
