//! Round trips through generated types: instances of a tool's input schema, made here and accepted by a validator that is
//! not ours, are decoded into the tool's input type and written again; what comes out must be the same JSON.
//!
//! Objects that say nothing about further properties get none here: a struct has no place for what nobody declared.

mod equal;
mod instances;

use std::fmt::Write as _;

use mcpgen_runtime::codegen::Tool;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How many instances of a schema are tried, and how many valid ones are enough.
const TRIES: u64 = 400;
const ENOUGH: usize = 60;

/// What became of a tool.
#[derive(Debug)]
pub struct Outcome {
    /// The name of the tool.
    pub tool: &'static str,
    /// How many different instances the validator accepted.
    pub valid: usize,
    /// What went wrong: the instance and what became of it.
    pub failures: Vec<String>,
}

/// Sends instances of a tool's input through its input type.
pub fn round_trips<T>() -> Outcome
where
    T: Tool,
    T::Input: Serialize + DeserializeOwned,
{
    let mut outcome = Outcome { tool: T::DEF.name, valid: 0, failures: Vec::new() };
    let mut schema: Value = match serde_json::from_str(T::DEF.input_schema) {
        Ok(schema) => schema,
        Err(error) => {
            outcome.failures.push(format!("the schema is no JSON: {error}"));
            return outcome;
        }
    };
    // The argument for a projection never reaches a handler, so the input type does not have it.
    if let Some(projection) = T::DEF.projection {
        let properties = schema.pointer_mut("/properties").and_then(Value::as_object_mut);
        if properties.is_none_or(|properties| properties.remove(projection.argument).is_none()) {
            outcome.failures.push(format!("the schema has no `{}`", projection.argument));
        }
    }
    let validator = match jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema) {
        Ok(validator) => validator,
        Err(error) => {
            outcome.failures.push(format!("the schema cannot be used: {error}"));
            return outcome;
        }
    };
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..TRIES {
        if outcome.valid >= ENOUGH {
            break;
        }
        let Some(instance) = instances::instance(&schema, seed) else { continue };
        if !seen.insert(instance.to_string()) || !validator.is_valid(&instance) {
            continue;
        }
        outcome.valid += 1;
        match there_and_back::<T::Input>(&instance) {
            Ok(back) if equal::equal(&instance, &back) => {}
            // The type of a server spec's input gives a handler the default in place of nothing.
            Ok(back) if equal::equal(&with_defaults(&schema, &instance), &back) => {}
            Ok(back) => outcome.failures.push(format!("{instance}\n  came back as {back}")),
            Err(error) => outcome.failures.push(format!("{instance}\n  was refused: {error}")),
        }
    }
    outcome
}

fn there_and_back<T: Serialize + DeserializeOwned>(instance: &Value) -> Result<Value, serde_json::Error> {
    // Through text, as in a server.
    let typed: T = serde_json::from_str(&instance.to_string())?;
    serde_json::from_str(&serde_json::to_string(&typed)?)
}

/// The instance with the defaults of the properties that it lacks.
fn with_defaults(schema: &Value, instance: &Value) -> Value {
    let mut instance = instance.clone();
    if let (Some(members), Some(properties)) =
        (instance.as_object_mut(), schema.get("properties").and_then(Value::as_object))
    {
        for (name, property) in properties {
            if let Some(default) = property.get("default") {
                members.entry(name.clone()).or_insert_with(|| default.clone());
            }
        }
    }
    instance
}

/// Describes what failed; `None`: nothing did, and every tool had a valid instance.
pub fn report(outcomes: &[Outcome]) -> Option<String> {
    let mut text = String::new();
    for outcome in outcomes {
        if outcome.valid == 0 {
            let _ = writeln!(text, "{}: no instance is valid", outcome.tool);
        }
        for failure in outcome.failures.iter().take(3) {
            let _ = writeln!(text, "{}: {failure}", outcome.tool);
        }
    }
    (!text.is_empty()).then_some(text)
}
