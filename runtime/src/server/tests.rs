//! Each row of the pipeline, through the public in-process API where it reaches.

mod calls;
mod failures;
mod modes;
mod offers;
#[cfg(feature = "projection")]
mod projections;
mod rests;
#[cfg(feature = "upstream")]
mod searched;
mod secrets;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;
use crate::content::{Content, PromptMessage};
use crate::def::{
    Completion, OutputMode, PromptArgumentDef, PromptDef, PromptMessageDef, ResourceDef, Role, TemplateDef, ToolDef,
};
use crate::json::{Args, Json};
use crate::log::{CallKind, CallRecord, CallSink};
use crate::resource::Contents;
use crate::text::{Format, Segment};
use crate::tool::{
    Answer, BoxFuture, CompletionRow, Encode, Outcome, PromptRow, ResourceRow, TemplateRow, ToolRow, typed,
};

static DEF: ServerDef =
    ServerDef { name: "weather", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };

const CITY: &str =
    r#"{"type":"object","required":["city"],"properties":{"city":{"type":"string"},"days":{"type":"integer"}}}"#;

static GET: ToolDef = ToolDef {
    name: "get_temperature",
    input_schema: CITY,
    output: OutputMode::Strict,
    output_schema: Some(
        r#"{"type":"object","required":["city","temperature"],"properties":{"city":{"type":"string"},"temperature":{"type":"number"}}}"#,
    ),
    text: Some(&[
        Segment::Value(&["city"], Format::Plain),
        Segment::Literal(": "),
        Segment::Value(&["temperature"], Format::Plain),
        Segment::Literal("°C"),
    ]),
    ..ToolDef::DEFAULT
};

static SLOW: ToolDef = ToolDef { name: "slow", deadline_ms: None, ..ToolDef::DEFAULT };
static QUICK: ToolDef = ToolDef { name: "quick", deadline_ms: Some(250), ..ToolDef::DEFAULT };
static PANIC: ToolDef = ToolDef { name: "panic", ..ToolDef::DEFAULT };

#[derive(Debug, Deserialize)]
struct City {
    city: String,
}

#[derive(Debug, Serialize)]
struct Temperature {
    city: String,
    temperature: f64,
}

struct Handlers;

impl Handlers {
    async fn get_temperature(&self, _: &Context, input: City) -> Result<Json<Temperature>, Error> {
        match input.city.as_str() {
            "Tokyo" => Json::encode(&Temperature { city: input.city, temperature: 22.5 }),
            "Deviation" => Ok(Json::from(RawJson::parse(r#"{"city":"Deviation","temperature":"warm"}"#).unwrap())),
            city => {
                let data = RawJson::encode(&serde_json::json!({ "city": city })).unwrap();
                Err(Error::new(ErrorKind::NotFound, format!("City '{city}' is not in the database"))
                    .with_type("CityNotFound")
                    .with_status(404)
                    .with_data(data))
            }
        }
    }

    async fn current(&self, _: &Context, input: City) -> Result<Contents, Error> {
        if input.city == "nowhere" {
            return Err(Error::new(ErrorKind::NotFound, "no such city"));
        }
        Ok(Contents::text(format!("# {}", input.city)))
    }

    async fn sleep(&self) -> Result<Content, Error> {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Ok(Content::text("late"))
    }

    async fn panic(&self) -> Result<Content, Error> {
        panic!("canary of the panic")
    }

    async fn plan(&self, city: City) -> Result<Vec<PromptMessage>, Error> {
        Ok(vec![PromptMessage::assistant(format!("To {}!", city.city))])
    }

    async fn cities(&self, typed: &str) -> Vec<String> {
        assert_ne!(typed, "panic");
        (0..250).map(|number| format!("{typed}{number}")).collect()
    }
}

fn builder() -> ServerBuilder<Handlers> {
    Server::builder(&DEF, Handlers)
        .tools(vec![
            ToolRow { def: &GET, call: |h, cx, args| typed(args, |input| h.get_temperature(cx, input)) },
            ToolRow { def: &SLOW, call: |h, _, _| Box::pin(Encode::new(h.sleep())) },
            ToolRow { def: &QUICK, call: |h, _, _| Box::pin(Encode::new(h.sleep())) },
            ToolRow { def: &PANIC, call: |h, _, _| Box::pin(Encode::new(h.panic())) },
        ])
        .resources(vec![ResourceRow {
            def: &ResourceDef {
                uri: "weather://cities/all",
                name: "cities",
                title: None,
                description: None,
                mime_type: Some("text/plain"),
                deadline_ms: None,
            },
            read: |_, _, _| Box::pin(Encode::new(async { Ok::<_, Error>("Tokyo".to_owned()) })),
        }])
        .templates(vec![
            TemplateRow {
                def: &TemplateDef {
                    uri_template: "weather://{city}/{part}",
                    name: "general",
                    title: None,
                    description: None,
                    mime_type: None,
                    input_schema: r#"{"type":"object"}"#,
                    completions: &[],
                    deadline_ms: None,
                },
                read: |_, _, args| Box::pin(async { Ok(Answer::Json(args)) }),
            },
            TemplateRow {
                def: &TemplateDef {
                    uri_template: "weather://{city}/current",
                    name: "current",
                    title: None,
                    description: None,
                    mime_type: Some("text/markdown"),
                    input_schema: CITY,
                    completions: &[("city", Completion::Handler("city"))],
                    deadline_ms: None,
                },
                read: |h, cx, args| typed(args, |input| h.current(cx, input)),
            },
            TemplateRow {
                def: &TemplateDef {
                    uri_template: "weather://forecast/{days}",
                    name: "forecast",
                    title: None,
                    description: None,
                    mime_type: Some("application/json"),
                    input_schema: r#"{"type":"object","properties":{"days":{"type":"integer"}}}"#,
                    completions: &[],
                    deadline_ms: Some(100),
                },
                read: |_, _, args| {
                    Box::pin(async {
                        match args.as_str() {
                            r#"{"days":0}"# => panic!("canary of the panic"),
                            r#"{"days":9}"# => std::future::pending().await,
                            _ => Ok(Answer::Json(args)),
                        }
                    })
                },
            },
        ])
        .prompts(vec![
            PromptRow {
                def: &PromptDef {
                    name: "pack",
                    title: None,
                    description: "What to pack",
                    arguments: &[
                        PromptArgumentDef {
                            name: "city",
                            title: None,
                            description: None,
                            required: true,
                            completion: Completion::Handler("city"),
                        },
                        PromptArgumentDef {
                            name: "style",
                            title: None,
                            description: None,
                            required: true,
                            completion: Completion::Values(&["Formal", "free", "Sporty"]),
                        },
                        PromptArgumentDef {
                            name: "note",
                            title: None,
                            description: None,
                            required: false,
                            completion: Completion::None,
                        },
                    ],
                    messages: Some(&[
                        PromptMessageDef {
                            role: Role::User,
                            text: &[Segment::Literal("Pack for "), Segment::Value(&["city"], Format::Plain)],
                        },
                        PromptMessageDef { role: Role::Assistant, text: &[Segment::Value(&["style"], Format::Plain)] },
                    ]),
                },
                get: None,
            },
            PromptRow {
                def: &PromptDef {
                    name: "plan",
                    title: None,
                    description: "A plan",
                    arguments: &[PromptArgumentDef {
                        name: "city",
                        title: None,
                        description: None,
                        required: true,
                        completion: Completion::None,
                    }],
                    messages: None,
                },
                get: Some(|h, _, args| typed(args, |input| h.plan(input))),
            },
        ])
        .completions(vec![CompletionRow { name: "city", complete: |h, _, typed| Box::pin(h.cities(typed)) }])
}

/// Keeps records.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<CallRecord<'static>>>>);

impl CallSink for Log {
    fn record(&self, record: &CallRecord<'_>) {
        self.0.lock().unwrap().push(record.clone().into_owned());
    }
}

impl Log {
    /// The one record so far.
    fn only(&self) -> CallRecord<'static> {
        let records = self.0.lock().unwrap();
        assert_eq!(records.len(), 1, "{records:?}");
        records[0].clone()
    }
}

fn logged() -> (Server, Log) {
    let log = Log::default();
    (builder().call_sink(log.clone()).build(), log)
}

fn server() -> Server {
    logged().0
}

/// The error object in the text of a failed result.
fn error_text(result: &CallResult) -> Value {
    assert!(result.is_error && result.structured.is_none(), "{result:?}");
    let first = serde_json::to_value(&result.content[0]).unwrap();
    let text: Value = serde_json::from_str(first["text"].as_str().unwrap()).unwrap();
    text["error"].clone()
}

fn kind(result: &CallResult) -> ErrorKind {
    result.error.as_ref().unwrap().kind()
}
