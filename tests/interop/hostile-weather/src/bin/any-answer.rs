//! A server whose tools answer every shape of JSON in every output mode, as success and as the details of an error:
//! `MODE_NUMBER` and `MODE_error_NUMBER` answer the rows of `tests/interop/answers.json`.

use std::process::ExitCode;

use mcpgen_runtime::codegen as rt;
use mcpgen_runtime::{Error, ErrorKind, OutputMode, RawJson, ServerDef, ToolDef};
use serde_json::value::RawValue;

static DEF: ServerDef = ServerDef {
    name: "any-answer",
    title: None,
    version: "1.0.0",
    description: None,
    instructions: None,
    settings: &[],
};

const ANSWERS: &str = include_str!("../../../answers.json");

/// What a strict tool promises: the type of its answer.
fn schema(answer: &str) -> &'static str {
    match answer.as_bytes().first() {
        Some(b'n') => r#"{"type":"null"}"#,
        Some(b't' | b'f') => r#"{"type":"boolean"}"#,
        Some(b'"') => r#"{"type":"string"}"#,
        Some(b'[') => r#"{"type":"array"}"#,
        Some(b'{') => r#"{"type":"object"}"#,
        _ => r#"{"type":"number"}"#,
    }
}

fn def(name: String, output: OutputMode, output_schema: Option<&'static str>) -> &'static ToolDef {
    let name = Box::leak(name.into_boxed_str());
    Box::leak(Box::new(ToolDef { name, description: "Answers.", output, output_schema, ..ToolDef::DEFAULT }))
}

fn main() -> ExitCode {
    let answers: Vec<&RawValue> = serde_json::from_str(ANSWERS).expect("a list");
    mcpgen_runtime::main(&DEF, |_| {
        let mut builder = rt::Server::builder(&DEF, ());
        for (number, answer) in answers.iter().enumerate() {
            for (mode, output) in
                [("strict", OutputMode::Strict), ("lenient", OutputMode::Lenient), ("off", OutputMode::Off)]
            {
                let own = (output == OutputMode::Strict).then(|| schema(answer.get()));
                let json = RawJson::parse(answer.get()).expect("JSON");
                let (success, data) = (json.clone(), json);
                builder = builder
                    .tool(def(format!("{mode}_{number}"), output, own), move |_, _: rt::Args<()>| {
                        std::future::ready(Ok::<_, Error>(rt::Json::<serde_json::Value>::from(success.clone())))
                    })
                    .tool(def(format!("{mode}_error_{number}"), output, own), move |_, _: rt::Args<()>| {
                        let error = Error::new(ErrorKind::NotFound, "There is no such thing.").with_type("NoSuchThing");
                        std::future::ready(Err::<rt::Json<serde_json::Value>, _>(error.with_data(data.clone())))
                    });
            }
        }
        // Bound to an object, and not able to answer one.
        let object = Some(r#"{"type":"object","required":["id"]}"#);
        for (name, answer) in [("strict_deviates", r#"{"no":"id"}"#), ("strict_falsy", "null")] {
            let json = RawJson::parse(answer).expect("JSON");
            builder = builder.tool(def(name.to_owned(), OutputMode::Strict, object), move |_, _: rt::Args<()>| {
                std::future::ready(Ok::<_, Error>(rt::Json::<serde_json::Value>::from(json.clone())))
            });
        }
        let long = RawJson::encode(&serde_json::json!({ "id": "x".repeat(300_000) })).expect("JSON");
        builder = builder.tool(def("strict_long".to_owned(), OutputMode::Strict, object), move |_, _: rt::Args<()>| {
            std::future::ready(Ok::<_, Error>(rt::Json::<serde_json::Value>::from(long.clone())))
        });
        Ok(builder.build())
    })
}
