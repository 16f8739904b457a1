//! The kitchen sink in search mode, as `generated/kitchen-sink-search/src/main.rs` starts it.

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&kitchen_sink_search::SERVER, |env| {
        let client = kitchen_sink_search::Client::from_env(env)?;
        Ok(kitchen_sink_search::server(client))
    })
}
