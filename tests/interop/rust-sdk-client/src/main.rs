//! The official Rust SDK (`rmcp`) as a client. Modes: legacy, auto, or a revision to pin.
//!
//! It speaks the protocol of `clients/scenario.mjs`: a plan on standard input, one JSON line of facts for the connection
//! and for each step on standard output.

mod person;

use std::io::Read;
use std::time::{Duration, Instant};

use person::Person;
use rmcp::RoleClient;
use rmcp::model::{ProtocolVersion, ServerNotification};
use rmcp::service::{ClientLifecycleMode, RunningService, ServiceError, serve_client_with_lifecycle};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;
type Client = RunningService<RoleClient, Person>;

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // The HTTP client under the SDK is built with TLS for other crates of this workspace and wants to know how, even for
    // plain HTTP. An error: somebody has said so already.
    let _ = rustls::crypto::ring::default_provider().install_default();
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

async fn connect(mode: &str, server: &Value) -> Result<Client, Failure> {
    let modern = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = match mode {
        "legacy" => ClientLifecycleMode::Initialize,
        "auto" => ClientLifecycleMode::Auto { preferred_versions: modern, legacy_version: None },
        _ => ClientLifecycleMode::Discover { preferred_versions: modern },
    };
    if let Some(url) = server["url"].as_str() {
        let transport = StreamableHttpClientTransport::from_uri(url);
        return Ok(serve_client_with_lifecycle(Person::default(), transport, lifecycle).await?);
    }
    let strings = |key: &str| -> Vec<String> {
        server[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut command = tokio::process::Command::new(server["command"].as_str().ok_or("the command is missing")?);
    command.args(strings("args")).current_dir(server["cwd"].as_str().unwrap_or("."));
    for (name, value) in server["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap_or_default());
    }
    Ok(serve_client_with_lifecycle(Person::default(), TokioChildProcess::new(command)?, lifecycle).await?)
}

async fn perform(client: &Client, step: &Value) -> Result<Value, Failure> {
    Ok(match step["do"].as_str().unwrap_or_default() {
        "tools/list" => json!(client.list_tools(None).await?),
        "tools/call" => json!(client.call_tool(parameters(step)?).await?),
        "resources/list" => json!(client.list_resources(None).await?),
        "resources/templates/list" => json!(client.list_resource_templates(None).await?),
        "resources/read" => json!(client.read_resource(parameters(step)?).await?),
        "prompts/list" => json!(client.list_prompts(None).await?),
        "prompts/get" => json!(client.get_prompt(parameters(step)?).await?),
        "completion/complete" => json!(client.complete(parameters(step)?).await?),
        "progress" => {
            client.service().kept().progress.clear();
            let mut result = json!(client.call_tool(parameters(step)?).await?);
            // The SDK handles notifications side by side: their order says nothing about the server's.
            let mut progress = client.service().kept().progress.clone();
            progress.sort_by(f64::total_cmp);
            result["progress"] = json!(progress);
            result
        }
        "elicit" => {
            client.service().kept().content = step["content"].clone();
            let mut result = json!(client.call_tool(parameters(step)?).await?);
            result["asked"] = json!(client.service().kept().asked);
            result
        }
        "subscribe" => tokio::time::timeout(PATIENCE, subscribe(client, step)).await??,
        "cancel" => {
            client.service().kept().progress.clear();
            // Dropping the call gives it up.
            tokio::select! {
                result = client.call_tool(parameters(step)?) => json!(result?),
                begun = tokio::time::timeout(PATIENCE, client.service().until(|kept| !kept.progress.is_empty())) => {
                    begun?;
                    json!({"cancelled": true})
                }
            }
        }
        other => return Err(format!("no such step: {other}").into()),
    })
}

/// Watches a resource, calls the tool that changes it, and waits until the change is reported.
async fn subscribe(client: &Client, step: &Value) -> Result<Value, Failure> {
    let uri = &step["uri"];
    let trigger = json!({"name": step["trigger"], "arguments": {}});
    let modern = client.peer_info().is_some_and(|info| info.protocol_version == ProtocolVersion::V_2026_07_28);
    if modern {
        let mut subscription = client.listen(serde_json::from_value(json!({"resourceSubscriptions": [uri]}))?).await?;
        client.call_tool(parameters(&trigger)?).await?;
        let update = subscription.next().await?;
        subscription.cancel().await?;
        return match update {
            Some(ServerNotification::ResourceUpdatedNotification(update)) => {
                Ok(json!({"updated": [update.params.uri]}))
            }
            other => Err(format!("not the update: {other:?}").into()),
        };
    }
    #[expect(deprecated, reason = "the legacy era has nothing else")]
    client.subscribe(serde_json::from_value(json!({"uri": uri}))?).await?;
    client.call_tool(parameters(&trigger)?).await?;
    client.service().until(|kept| !kept.updated.is_empty()).await;
    #[expect(deprecated, reason = "the legacy era has nothing else")]
    client.unsubscribe(serde_json::from_value(json!({"uri": uri}))?).await?;
    Ok(json!({"updated": client.service().kept().updated}))
}

/// The parameters of a request: the step without what the plan adds.
fn parameters<T: DeserializeOwned>(step: &Value) -> Result<T, Failure> {
    let mut step = step.clone();
    if let Some(step) = step.as_object_mut() {
        step.remove("id");
        step.remove("do");
        step.remove("content");
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
