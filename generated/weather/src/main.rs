//! The MCP server `weather`. This file is yours: mcpgen created it once and does not touch it again.

mod handlers;

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&weather::SERVER, |env| {
        let settings = weather::Settings::from_env(env)?;
        Ok(weather::server(handlers::Handlers::new(settings)))
    })
}
