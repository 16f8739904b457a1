//! The same tools as `bench-mcpgen`, written as the documentation of the official Rust SDK shows.
//!
//! The first argument is the transport: `stdio`, `pipes`, `http-json ADDRESS` (stateless, JSON answers) or
//! `http-session ADDRESS` (sessions, answers as event streams). `BENCH_TOOLS` is the number of tools.

use std::sync::Arc;

use rmcp::handler::server::router::tool::{ToolRoute, ToolRouter};
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{JsonObject, Tool};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, ServiceExt, schemars, tool, tool_handler, tool_router};
use serde::{Deserialize, Serialize};

type Failure = Box<dyn std::error::Error>;

#[derive(Clone, Copy, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    #[default]
    Celsius,
    Fahrenheit,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Input {
    /// Name of the city.
    #[schemars(length(min = 2))]
    city: String,
    #[serde(default)]
    unit: Unit,
}

#[derive(Serialize, schemars::JsonSchema)]
struct Temperature {
    city: String,
    temperature: f64,
    unit: Unit,
}

#[derive(Clone)]
struct Handlers {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Handlers {
    #[tool(name = "get_temperature", description = "Get the current temperature in one city.")]
    async fn get_temperature(&self, Parameters(input): Parameters<Input>) -> Json<Temperature> {
        let temperature = match input.unit {
            Unit::Celsius => 21.5,
            Unit::Fahrenheit => 70.7,
        };
        Json(Temperature { city: input.city, temperature, unit: input.unit })
    }

    fn new(tools: usize) -> Self {
        let mut tool_router = Self::tool_router();
        for number in 1..tools {
            let description = format!("Number {number:04} of many tools, which are listed and hardly ever called.");
            let tool = Tool::new(format!("tool_{number:04}"), description, filler_schema(number));
            tool_router.add_route(ToolRoute::new(tool, Self::get_temperature));
        }
        Self { tool_router }
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Handlers {}

/// As the other servers have it: ten properties, 1 KB.
fn filler_schema(tool: usize) -> Arc<JsonObject> {
    let properties: JsonObject = (0..10)
        .map(|at| {
            let description = format!("Property {at} of tool {tool:04}.");
            let schema =
                serde_json::json!({ "type": "string", "minLength": 1, "maxLength": 100, "description": description });
            (format!("property_{at}"), schema)
        })
        .collect();
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("required".to_owned(), serde_json::json!(["property_0"]));
    schema.insert("additionalProperties".to_owned(), false.into());
    Arc::new(schema)
}

fn main() -> Result<(), Failure> {
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let tools = std::env::var("BENCH_TOOLS").ok().and_then(|tools| tools.parse().ok()).unwrap_or(1_usize);
    let handlers = Handlers::new(tools);
    let mut arguments = std::env::args().skip(1);
    let transport = arguments.next().unwrap_or_default();
    let served = runtime.block_on(async move {
        match transport.as_str() {
            "stdio" => drop(handlers.serve(rmcp::transport::stdio()).await?.waiting().await?),
            "pipes" => drop(handlers.serve(rmcp::transport::stdio_pipes()).await?.waiting().await?),
            "http-json" | "http-session" => {
                let sessions = transport == "http-session";
                let config = StreamableHttpServerConfig::default()
                    .with_legacy_session_mode(sessions)
                    .with_json_response(!sessions);
                let make = move || Ok(handlers.clone());
                let service = StreamableHttpService::new(make, Arc::new(LocalSessionManager::default()), config);
                let router = axum::Router::new().nest_service("/mcp", service);
                let address = arguments.next().ok_or("no address")?;
                let listener = tokio::net::TcpListener::bind(address).await?;
                axum::serve(listener, router).await?;
            }
            _ => {
                return Err::<_, Failure>("usage: bench-sdk stdio|pipes|http-json ADDRESS|http-session ADDRESS".into());
            }
        }
        Ok(())
    });
    runtime.shutdown_background();
    served
}
