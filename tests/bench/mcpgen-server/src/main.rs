//! The tools of the bench, in the shape of generated code: constant definitions, typed shims, a struct of handlers.
//!
//! `BENCH_TOOLS` is the number of tools: `get_temperature` and fillers with input schemas of 1 KB.

use mcpgen_runtime::codegen as rt;
use mcpgen_runtime::{Context, Error, OutputMode, Server, ServerDef, ToolDef};
use serde::{Deserialize, Serialize};

static SERVER: ServerDef =
    ServerDef { name: "bench", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };

static GET_TEMPERATURE: ToolDef = ToolDef {
    name: "get_temperature",
    description: "Get the current temperature in one city.",
    input_schema: r##"{"type":"object","properties":{"city":{"type":"string","minLength":2,"description":"Name of the city."},"unit":{"$ref":"#/$defs/Unit","default":"celsius"}},"required":["city"],"additionalProperties":false,"$defs":{"Unit":{"type":"string","enum":["celsius","fahrenheit"]}}}"##,
    output_schema: Some(
        r##"{"type":"object","properties":{"city":{"type":"string"},"temperature":{"type":"number"},"unit":{"$ref":"#/$defs/Unit"}},"required":["city","temperature","unit"],"$defs":{"Unit":{"type":"string","enum":["celsius","fahrenheit"]}}}"##,
    ),
    output: OutputMode::Strict,
    ..ToolDef::DEFAULT
};

#[derive(Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    #[default]
    Celsius,
    Fahrenheit,
}

#[derive(Deserialize)]
struct Input {
    city: String,
    #[serde(default)]
    unit: Unit,
}

#[derive(Serialize)]
struct Temperature {
    city: String,
    temperature: f64,
    unit: Unit,
}

struct Handlers;

impl Handlers {
    async fn get_temperature(&self, _: &Context, input: Input) -> Result<Temperature, Error> {
        let temperature = match input.unit {
            Unit::Celsius => 21.5,
            Unit::Fahrenheit => 70.7,
        };
        Ok(Temperature { city: input.city, temperature, unit: input.unit })
    }
}

// Tools that are only listed.
include!(concat!(env!("OUT_DIR"), "/fillers.rs"));

fn main() -> std::process::ExitCode {
    mcpgen_runtime::main(&SERVER, |_| {
        let tools = std::env::var("BENCH_TOOLS").ok().and_then(|tools| tools.parse().ok()).unwrap_or(1_usize);
        let defs = [&GET_TEMPERATURE].into_iter().chain(&FILLERS).take(tools);
        let rows = defs.map(|def| rt::ToolRow {
            def,
            call: |handlers: &Handlers, cx, args| rt::typed(args, |input| handlers.get_temperature(cx, input)),
        });
        Ok(Server::builder(&SERVER, Handlers).tools(rows.collect()).build())
    })
}
