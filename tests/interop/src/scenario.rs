//! The scenario: what each client does, and what must come of it. The checks stand in the tests; here is their form.

use serde_json::{Value, json};

use crate::client::{Client, Outcome};

/// One step of the scenario.
pub struct Step {
    /// Names the step in the table.
    pub id: &'static str,
    /// The method and its parameters, as `clients/scenario.mjs` describes them.
    pub perform: Value,
    /// What must come of it.
    pub check: Check,
}

/// Says what is wrong with the outcome of a step.
pub type Check = fn(&Facts<'_>) -> Result<(), String>;

/// The outcome of a step, with the client that it came from.
pub struct Facts<'a> {
    /// The client.
    pub client: &'a Client,
    /// The revision that is spoken.
    pub revision: &'static str,
    /// The outcome.
    pub outcome: &'a Outcome,
}

impl Step {
    /// A step.
    pub fn new(id: &'static str, perform: Value, check: Check) -> Self {
        Self { id, perform, check }
    }

    /// The step as the client programs read it.
    pub(crate) fn plan(&self) -> Value {
        let mut plan = self.perform.clone();
        plan["id"] = json!(self.id);
        plan
    }
}

impl Facts<'_> {
    /// Whether the stateless revision is spoken.
    pub fn modern(&self) -> bool {
        self.revision == crate::client::MODERN
    }

    /// The result; an error is a failure of the step.
    pub fn result(&self) -> Result<&Value, String> {
        match self.outcome {
            Outcome::Result(result) => Ok(result),
            other => Err(format!("a result was expected: {other:?}")),
        }
    }

    /// The error; a result is a failure of the step.
    pub fn error(&self) -> Result<&Value, String> {
        match self.outcome {
            Outcome::Error(error) => Ok(error),
            other => Err(format!("an error was expected: {other:?}")),
        }
    }

    /// The values of a field in the items of a list of the result: `names("tools", "name")`.
    pub fn each(&self, list: &str, field: &str) -> Result<Vec<&str>, String> {
        let items = self.result()?[list].as_array().ok_or_else(|| format!("no {list} in {:?}", self.outcome))?;
        items.iter().map(|item| item[field].as_str().ok_or_else(|| format!("no {field} in {item}"))).collect()
    }

    /// The text of a tool result's first block, and whether the result is an error.
    pub fn text(&self) -> Result<(&str, bool), String> {
        let result = self.result()?;
        let text = result["content"][0]["text"].as_str().ok_or_else(|| format!("no text first in {result}"))?;
        Ok((text, result["isError"].as_bool().unwrap_or(false)))
    }

    /// The typed error of a tool result, from its JSON text.
    pub fn tool_error(&self) -> Result<Value, String> {
        tool_error(self.result()?)
    }
}

/// The typed error of a tool result: `isError`, the JSON text of its first block, and the same object under
/// `_meta["dev.mcpgen/error"]`.
pub fn tool_error(result: &Value) -> Result<Value, String> {
    if result["isError"] != true {
        return Err(format!("isError was expected: {result}"));
    }
    if result.get("structuredContent").is_some_and(|content| !content.is_null()) {
        return Err(format!("an error stands beside structured content: {result}"));
    }
    let text = result["content"][0]["text"].as_str().ok_or_else(|| format!("no text first in {result}"))?;
    let value: Value = serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))?;
    let error = &value["error"];
    if result["_meta"]["dev.mcpgen/error"] != *error {
        return Err(format!("_meta and text differ: {result}"));
    }
    Ok(error.clone())
}
