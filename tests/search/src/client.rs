//! A client of a server in search mode.

use std::ffi::OsStr;

use rmcp::RoleClient;
use rmcp::model::{CallToolResult, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, RunningService, serve_client_with_lifecycle};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};

use crate::Failure;

pub struct Client(RunningService<RoleClient, ()>);

/// A line of what a search answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub name: String,
    /// `GET /pets/{petId}`
    pub route: String,
}

impl Client {
    /// Starts the server with these variables, over standard input and output.
    pub async fn start(program: impl AsRef<OsStr>, env: &[(String, String)]) -> Result<Self, Failure> {
        let mut command = tokio::process::Command::new(program);
        // A person's pace is no test's.
        command.args(["--rate-limit", "0"]).envs(env.iter().cloned());
        let lifecycle =
            ClientLifecycleMode::Auto { preferred_versions: vec![ProtocolVersion::V_2026_07_28], legacy_version: None };
        let (process, _) = TokioChildProcess::builder(command).stderr(std::process::Stdio::null()).spawn()?;
        Ok(Self(serve_client_with_lifecycle((), process, lifecycle).await?))
    }

    /// The tools that the server lists, as JSON.
    pub async fn tools(&self) -> Result<Vec<Value>, Failure> {
        let listed = json!(self.0.list_tools(None).await?);
        Ok(listed["tools"].as_array().cloned().unwrap_or_default())
    }

    async fn call_tool(&self, name: &str, arguments: Value) -> Result<CallToolResult, Failure> {
        Ok(self.0.call_tool(serde_json::from_value(json!({"name": name, "arguments": arguments}))?).await?)
    }

    /// The text of a result; the second value says whether it is an error.
    async fn text(&self, name: &str, arguments: Value) -> Result<(String, bool), Failure> {
        let result = json!(self.call_tool(name, arguments).await?);
        let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        Ok((text, result["isError"] == true))
    }

    pub async fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Failure> {
        let (text, is_error) = self.text("search_operations", json!({"query": query, "limit": limit})).await?;
        if is_error {
            return Err(text.into());
        }
        let hit = |line: &str| {
            let mut parts = line.splitn(3, "  ");
            let (name, route, _) = (parts.next()?, parts.next()?, parts.next()?);
            Some(Hit { name: name.to_owned(), route: route.to_owned() })
        };
        Ok(text.lines().filter_map(hit).collect())
    }

    pub async fn describe(&self, name: &str) -> Result<Value, Failure> {
        let (text, is_error) = self.text("describe_operation", json!({"name": name})).await?;
        if is_error { Err(text.into()) } else { Ok(serde_json::from_str(&text)?) }
    }

    pub async fn call(&self, name: &str, arguments: &Value) -> Result<(String, bool), Failure> {
        self.text("call_operation", json!({"name": name, "arguments": arguments})).await
    }

    pub async fn stop(self) -> Result<(), Failure> {
        self.0.cancel().await?;
        Ok(())
    }
}
