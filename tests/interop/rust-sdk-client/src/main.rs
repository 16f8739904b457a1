//! The official Rust SDK (`rmcp`) as a client. Modes: legacy, auto, or a revision to pin.
//!
//! It speaks the protocol of `clients/scenario.mjs`: a plan on standard input, one JSON line of facts for the connection
//! and for each step on standard output.

use std::io::Read;
use std::time::Instant;

use rmcp::RoleClient;
use rmcp::model::{ClientConfig, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, RunningService, ServiceError, serve_client_with_lifecycle};
use rmcp::transport::TokioChildProcess;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mode = std::env::args().nth(1).ok_or("the mode is missing")?;
    let mut plan = String::new();
    std::io::stdin().read_to_string(&mut plan)?;
    let plan: Value = serde_json::from_str(&plan)?;

    let client = match connect(&mode, &plan["server"]).await {
        Ok(client) => client,
        Err(error) => {
            report("connect", json!({"error": {"code": null, "message": error.to_string(), "data": null}}));
            std::process::exit(1);
        }
    };
    let server = client.peer_info();
    report(
        "connect",
        json!({"result": {
            "serverInfo": server.as_ref().map(|info| json!(info.server_info)),
            "capabilities": server.as_ref().map(|info| json!(info.capabilities)),
            "protocolVersion": server.as_ref().map(|info| json!(info.protocol_version)),
        }}),
    );
    for step in plan["steps"].as_array().into_iter().flatten() {
        let facts = match perform(&client, step).await {
            Ok(result) => json!({"result": result}),
            Err(error) => json!({"error": seen(&error)}),
        };
        report(step["id"].as_str().unwrap_or_default(), facts);
    }
    let started = Instant::now();
    client.cancel().await?;
    report("close", json!({"result": {"milliseconds": started.elapsed().as_millis() as u64}}));
    Ok(())
}

async fn connect(mode: &str, server: &Value) -> Result<RunningService<RoleClient, ClientConfig>, Failure> {
    let strings = |key: &str| -> Vec<String> {
        server[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut command = tokio::process::Command::new(server["command"].as_str().ok_or("the command is missing")?);
    command.args(strings("args")).current_dir(server["cwd"].as_str().unwrap_or("."));
    for (name, value) in server["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap_or_default());
    }
    let modern = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = match mode {
        "legacy" => ClientLifecycleMode::Initialize,
        "auto" => ClientLifecycleMode::Auto { preferred_versions: modern, legacy_version: None },
        _ => ClientLifecycleMode::Discover { preferred_versions: modern },
    };
    Ok(serve_client_with_lifecycle(ClientConfig::default(), TokioChildProcess::new(command)?, lifecycle).await?)
}

async fn perform(client: &RunningService<RoleClient, ClientConfig>, step: &Value) -> Result<Value, Failure> {
    Ok(match step["do"].as_str().unwrap_or_default() {
        "tools/list" => json!(client.list_tools(None).await?),
        "tools/call" => json!(client.call_tool(parameters(step)?).await?),
        "resources/list" => json!(client.list_resources(None).await?),
        "resources/templates/list" => json!(client.list_resource_templates(None).await?),
        "resources/read" => json!(client.read_resource(parameters(step)?).await?),
        "prompts/list" => json!(client.list_prompts(None).await?),
        "prompts/get" => json!(client.get_prompt(parameters(step)?).await?),
        "completion/complete" => json!(client.complete(parameters(step)?).await?),
        other => return Err(format!("no such step: {other}").into()),
    })
}

/// The parameters of a request: the step without what the plan adds.
fn parameters<T: DeserializeOwned>(step: &Value) -> Result<T, Failure> {
    let mut step = step.clone();
    if let Some(step) = step.as_object_mut() {
        step.remove("id");
        step.remove("do");
    }
    Ok(serde_json::from_value(step)?)
}

/// What an application sees of a failure.
fn seen(error: &Failure) -> Value {
    match error.downcast_ref() {
        Some(ServiceError::McpError(error)) => {
            json!({"code": error.code.0, "message": error.message, "data": error.data})
        }
        _ => json!({"code": null, "message": error.to_string(), "data": null}),
    }
}

fn report(id: &str, mut facts: Value) {
    facts["id"] = json!(id);
    println!("{facts}");
}
