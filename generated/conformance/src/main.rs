//! The MCP server `conformance`. This file is yours: mcpgen created it once and does not touch it again.

mod forms;
mod handlers;

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&conformance::SERVER, |_| {
        let builder = conformance::builder(handlers::Handlers);
        // The suite calls as fast as it can.
        let builder = builder.rate_limit(0);
        let builder = builder.tools_list_changed().prompts_list_changed().resources_list_changed();
        Ok(builder.resource_subscriptions().build())
    })
}
