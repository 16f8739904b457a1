//! The MCP server `three-two`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&three_two::SERVER, |env| {
        let client = three_two::Client::from_env(env)?;
        Ok(three_two::server(client))
    })
}
