//! Says which instances the validator of the runtime accepts.
//!
//! A line of standard input is `{"schema": SCHEMA, "instances": ["JSON text", …]}`, a line of standard output
//! `{"accepts": [true, …]}` or `{"error": "why the schema cannot be used"}`.

use std::io::{BufRead as _, Write as _};

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Question {
    schema: Box<RawValue>,
    instances: Vec<String>,
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = match serde_json::from_str::<Question>(&line?) {
            Ok(question) => match mcpgen_runtime::accepts(question.schema.get(), &question.instances) {
                Ok(accepts) => json!({"accepts": accepts}),
                Err(error) => json!({"error": error.to_string()}),
            },
            Err(error) => json!({"error": error.to_string()}),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
