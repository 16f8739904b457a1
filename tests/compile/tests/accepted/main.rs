//! Programs that must compile, and that do what they say: an override, a wrapper, a tool composed of two, an
//! interceptor, state.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

mod composite;
mod interceptor;
mod override_one;
mod state;
mod wrapper;

use mcpgen_runtime::{Env, Server};
use mcpgen_tests_interop::Upstream;
use serde_json::Value;

/// A loopback API with one pet and an inventory.
fn api() -> Upstream {
    Upstream::start(|request| {
        let pet = r#"{"id":1,"name":"Rex","kind":"dog","status":"available","createdAt":"2026-01-02T03:04:05Z"}"#;
        match (request.method.as_str(), request.target.as_str()) {
            ("GET", "/pets/1") => (200, pet.to_owned()),
            ("GET", "/inventory") => (200, r#"{"available":3,"sold":4}"#.to_owned()),
            _ => (500, r#"{"title":"an unexpected request","status":500}"#.to_owned()),
        }
    })
}

fn client(api: &Upstream) -> petstore::Client {
    let env = Env::from_pairs([("PETSTORE_BASE_URL", api.url()), ("PETSTORE_API_KEY", "key".to_owned())]);
    petstore::Client::from_env(&env).expect("the variables are there")
}

/// Calls a tool that succeeds and gives its structured content.
async fn call(server: &Server, tool: &str, arguments: Value) -> Value {
    let result = server.call_tool(tool, arguments).await;
    assert!(!result.is_error, "{}", result.text());
    let structured = result.structured.expect("structured content");
    serde_json::from_str(structured.as_str()).expect("JSON")
}
