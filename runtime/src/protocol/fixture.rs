//! A server for the tests of the protocol and of its transports.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::content::{Block, Body, Content, PromptMessage, ResourceContents};
use crate::context::{Context, LogLevel};
use crate::def::{
    Annotations, Completion, OutputMode, PromptArgumentDef, PromptDef, ResourceDef, ServerDef, TemplateDef, ToolDef,
};
use crate::error::{Error, ErrorKind};
use crate::json::{Args, RawJson};
use crate::resource::Contents;
use crate::server::Server;
use crate::text::{Format, Segment};
use crate::tool::{CompletionRow, Encode, PromptRow, ResourceRow, TemplateRow};

pub(crate) static DEF: ServerDef = ServerDef {
    name: "fixture",
    title: Some("Fixture"),
    version: "1.2.3",
    description: Some("For tests."),
    instructions: Some("Be brief."),
    settings: &[],
};

static ECHO: ToolDef = ToolDef {
    name: "echo",
    title: Some("Echo"),
    description: "Says it again.",
    input_schema: r#"{ "type": "object", "properties": { "any": true, "none": false } }"#,
    annotations: Annotations { read_only: Some(true), destructive: None, idempotent: None, open_world: Some(false) },
    ..ToolDef::DEFAULT
};

static LIST: ToolDef = ToolDef {
    name: "list",
    description: "A list.",
    output: OutputMode::Strict,
    output_schema: Some(r#"{"type":"array"}"#),
    ..ToolDef::DEFAULT
};

static REPORT: ToolDef = ToolDef {
    name: "report",
    description: "An object with a text of its own.",
    output: OutputMode::Strict,
    output_schema: Some(r#"{ "type": "object", "properties": { "n": true } }"#),
    text: Some(&[Segment::Literal("n is "), Segment::Value(&["n"], Format::Plain)]),
    ..ToolDef::DEFAULT
};

static MIXED: ToolDef = ToolDef { name: "mixed", description: "All content types.", ..ToolDef::DEFAULT };
static FAIL: ToolDef = ToolDef { name: "fail", description: "Fails.", ..ToolDef::DEFAULT };
static STEPS: ToolDef = ToolDef { name: "steps", description: "Tells how far it is.", ..ToolDef::DEFAULT };
static WAIT: ToolDef = ToolDef { name: "wait", description: "Waits.", ..ToolDef::DEFAULT };

static BLOCK: ToolDef = ToolDef { name: "block", description: "Blocks its thread for a second.", ..ToolDef::DEFAULT };

/// What the handlers saw.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) started: Arc<AtomicUsize>,
    pub(crate) dropped: Arc<AtomicUsize>,
}

struct OnDrop(Arc<AtomicUsize>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A server with only this definition.
pub(crate) fn empty() -> Server {
    Server::builder(&DEF, ()).build()
}

/// A server with `count` tools `t0`, `t1`, ….
pub(crate) fn many_tools(count: usize) -> Server {
    (0..count)
        .fold(Server::builder(&DEF, ()), |builder, number| {
            let name: &'static str = Box::leak(format!("t{number}").into_boxed_str());
            let def = Box::leak(Box::new(ToolDef { name, description: "A tool.", ..ToolDef::DEFAULT }));
            builder.tool(def, |_, _: Args<Value>| async { Ok::<_, Error>(Content::new()) })
        })
        .build()
}

/// A server with one of everything.
pub(crate) fn server() -> (Server, Seen) {
    let seen = Seen::default();
    let for_wait = seen.clone();
    let server = Server::builder(&DEF, ())
        .rate_limit(0)
        .tool(
            &ECHO,
            |_, args: Args<Value>| async move { Ok::<_, Error>(crate::json::Json::<Value>::from(args.into_raw())) },
        )
        .tool(&LIST, |_, _: Args<Value>| async { Ok::<_, Error>(vec![1, 2]) })
        .tool(&REPORT, |_, _: Args<Value>| async { Ok::<_, Error>(json!({"n": 7})) })
        .tool(&MIXED, |_, _: Args<Value>| async { Ok::<_, Error>(mixed()) })
        .tool(&FAIL, |_, _: Args<Value>| async {
            let data = RawJson::parse(r#"{"city":"x"}"#).unwrap();
            Err::<Content, _>(Error::new(ErrorKind::NotFound, "No such city").with_type("CityNotFound").with_data(data))
        })
        .tool(&STEPS, |cx: Context, _: Args<Value>| async move {
            cx.log(LogLevel::Debug, None, "begun");
            cx.progress(50.0, Some(100.0), Some("half"));
            cx.log(LogLevel::Warning, Some("steps"), json!({"at": 50}));
            cx.progress(100.0, Some(100.0), None);
            Ok::<_, Error>(Content::text("done"))
        })
        .tool(&BLOCK, |_, _: Args<Value>| async {
            std::thread::sleep(Duration::from_secs(1));
            Ok::<_, Error>(Content::text("blocked"))
        })
        .tool(&WAIT, move |_, args: Args<Value>| {
            let seen = for_wait.clone();
            async move {
                seen.started.fetch_add(1, Ordering::SeqCst);
                let _dropped = OnDrop(seen.dropped);
                let millis = args.decode()?["ms"].as_u64().unwrap_or(60_000);
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Ok::<_, Error>(Content::text(format!("waited {millis}")))
            }
        })
        .resources(vec![ResourceRow {
            def: &ResourceDef {
                uri: "fix://static",
                name: "static",
                title: Some("Static"),
                description: Some("A text."),
                mime_type: Some("text/plain"),
                deadline_ms: None,
            },
            read: |_, _, _| Box::pin(Encode::new(async { Ok::<_, Error>(Contents::text("static text")) })),
        }])
        .templates(vec![TemplateRow {
            def: &TemplateDef {
                uri_template: "fix://{city}/current",
                name: "current",
                title: Some("Current"),
                description: None,
                mime_type: None,
                input_schema: r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#,
                completions: &[("city", Completion::Handler("city"))],
                deadline_ms: None,
            },
            read: |_, _, args| {
                Box::pin(Encode::new(async move {
                    match args.decode::<Value>().map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))? {
                        city if city["city"] == "tokyo" => Ok(Contents::text("22")),
                        _ => Err(Error::new(ErrorKind::NotFound, "City is unknown")),
                    }
                }))
            },
        }])
        .prompts(vec![PromptRow {
            def: &PromptDef {
                name: "greet",
                title: Some("Greet"),
                description: "Greets.",
                arguments: &[PromptArgumentDef {
                    name: "who",
                    title: Some("Who"),
                    description: None,
                    required: true,
                    completion: Completion::Values(&["Ada", "Alan", "Grace"]),
                }],
                messages: None,
            },
            get: Some(|_, _, args| {
                Box::pin(Encode::new(async move {
                    let who = args.decode::<Value>().unwrap_or_default()["who"].as_str().unwrap_or_default().to_owned();
                    let link =
                        Block::ResourceLink { uri: "fix://static".into(), name: "static".into(), mime_type: None };
                    let mut messages = vec![PromptMessage::user(format!("Greet {who}"))];
                    messages.push(PromptMessage { content: link, ..PromptMessage::assistant("") });
                    Ok::<_, Error>(messages)
                }))
            }),
        }])
        .completions(vec![CompletionRow {
            name: "city",
            complete: |_, cx, typed| {
                Box::pin(async move {
                    match cx.chosen("country") {
                        Some(country) => vec![format!("{typed} in {country}")],
                        None => (0..120).map(|number| format!("{typed}{number}")).collect(),
                    }
                })
            },
        }])
        .build();
    (server, seen)
}

fn mixed() -> Content {
    let resource = ResourceContents {
        uri: "fix://r".to_owned(),
        mime_type: Some("text/plain".to_owned()),
        body: Body::Text("r".to_owned()),
    };
    Content::text("line\nbreak")
        .with(Block::Image { data: "aQ==".to_owned(), mime_type: "image/png".to_owned() })
        .with(Block::Audio { data: "YQ==".to_owned(), mime_type: "audio/wav".to_owned() })
        .with(Block::Resource { resource })
        .with(Block::ResourceLink { uri: "fix://static".to_owned(), name: "static".to_owned(), mime_type: None })
}
