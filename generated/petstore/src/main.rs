//! The MCP server `petstore`. This file is yours: mcpgen created it once and does not touch it again.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&petstore::SERVER, |env| {
        let client = petstore::Client::from_env(env)?;
        Ok(petstore::server(client))
    })
}
