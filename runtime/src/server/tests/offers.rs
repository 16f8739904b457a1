//! Resources, prompts and completions.

use super::*;

async fn read(uri: &str) -> Result<Value, Error> {
    server().read_resource(uri).await.map(|contents| serde_json::to_value(contents).unwrap())
}

#[tokio::test]
async fn concrete_resources_come_first_then_the_most_specific_template() {
    let one = |uri: &str, mime_type: &str, text: &str| serde_json::json!([{ "uri": uri, "mimeType": mime_type, "text": text }]);
    for (uri, mime_type, text) in [
        ("weather://cities/all", "text/plain", "Tokyo"),
        ("weather://Tokyo/current", "text/markdown", "# Tokyo"),
        ("weather://forecast/3", "application/json", r#"{"days":3}"#),
        ("weather://a/b", "application/json", r#"{"city":"a","part":"b"}"#),
    ] {
        assert_eq!(read(uri).await.unwrap(), one(uri, mime_type, text));
    }
}

#[tokio::test]
async fn unknown_uris_variables_that_do_not_fit_and_typed_errors_differ() {
    let server = server();
    let unknown = server.read(&Context::in_process(), "weather://x").await.unwrap_err();
    assert!(matches!(&unknown, ReadError::NotFound { uri } if uri == "weather://x"), "{unknown:?}");
    assert_eq!(unknown.into_error().kind(), ErrorKind::NotFound);

    let error = read("weather://forecast/many").await.unwrap_err();
    assert_eq!((error.kind(), error.type_name()), (ErrorKind::InvalidInput, "InvalidParams"));
    assert!(error.message().contains("days"), "{error}");

    let missing = server.read(&Context::in_process(), "weather://nowhere/current").await.unwrap_err();
    assert!(matches!(&missing, ReadError::Failed(error) if error.message() == "no such city"), "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn reads_have_deadlines_and_contain_panics_and_leave_records() {
    let (server, log) = logged();
    let began = tokio::time::Instant::now();
    assert_eq!(server.read_resource("weather://forecast/9").await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(began.elapsed().as_millis() / 10, 10);
    let record = log.only();
    assert_eq!((record.kind, &*record.name, record.ok), (CallKind::Resource, "forecast", false));
    assert_eq!(record.arguments.as_str(), r#"{"days":9}"#);
    let error = server.read_resource("weather://forecast/0").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Internal && !error.message().contains("canary"), "{error}");
}

fn arguments(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn prompt(name: &str, pairs: &[(&str, &str)]) -> Result<PromptResult, Rejected> {
    server().prompt(&Context::in_process(), name, &arguments(pairs)).await
}

#[tokio::test]
async fn prompts_are_rendered_or_made_by_their_handler() {
    let pack = prompt("pack", &[("city", "Tokyo"), ("style", "free")]).await.unwrap();
    assert_eq!(pack.description, "What to pack");
    let expected = concat!(
        r#"[{"role":"user","content":{"type":"text","text":"Pack for Tokyo"}},"#,
        r#"{"role":"assistant","content":{"type":"text","text":"free"}}]"#
    );
    assert_eq!(pack.messages.as_str(), expected);
    let plan = prompt("plan", &[("city", "Rome")]).await.unwrap();
    let expected = r#"[{"role":"assistant","content":{"type":"text","text":"To Rome!"}}]"#;
    assert_eq!(plan.messages.as_str(), expected);
}

#[tokio::test]
async fn all_missing_and_unknown_arguments_of_a_prompt_are_named_at_once() {
    let Err(Rejected::InvalidParams(message)) = prompt("pack", &[("stile", "x"), ("zzzzzzzz", "")]).await else {
        panic!("accepted")
    };
    for expected in [r#""city", "style""#, r#"no argument "stile". Did you mean "style"?"#, r#""zzzzzzzz""#] {
        assert!(message.contains(expected), "{message}");
    }
    let rejected = prompt("pakc", &[]).await.unwrap_err();
    assert_eq!(rejected.to_string(), r#"There is no prompt "pakc". Did you mean "pack"?"#);
}

async fn complete(reference: CompletionRef<'_>, argument: &str, value: &str) -> Result<CompletionResult, Rejected> {
    server().complete(&Context::in_process(), CompletionRequest { reference, argument, value }).await
}

#[tokio::test]
async fn constant_values_are_filtered_by_prefix_without_ascii_case() {
    let pack = CompletionRef::Prompt("pack");
    for (typed, expected) in
        [("F", &["Formal", "free"][..]), ("", &["Formal", "free", "Sporty"]), ("formally", &[]), ("é", &[])]
    {
        let result = complete(pack, "style", typed).await.unwrap();
        assert_eq!(
            (result.values.as_slice(), result.total, result.has_more),
            (expected.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>().as_slice(), expected.len(), false)
        );
    }
    assert_eq!(complete(pack, "note", "").await.unwrap(), CompletionResult::default());
}

#[tokio::test]
async fn handlers_complete_prompts_and_templates_at_most_a_hundred_at_once() {
    for reference in [CompletionRef::Prompt("pack"), CompletionRef::Resource("weather://{city}/current")] {
        let result = complete(reference, "city", "To").await.unwrap();
        assert_eq!((result.values.len(), result.total, result.has_more), (100, 250, true));
        assert_eq!(result.values[99], "To99");
    }
    let Err(Rejected::Failed(error)) = complete(CompletionRef::Prompt("pack"), "city", "panic").await else {
        panic!("completed")
    };
    assert_eq!(error.kind(), ErrorKind::Internal);
}

#[tokio::test]
async fn what_cannot_be_completed_is_rejected_or_empty() {
    let general = CompletionRef::Resource("weather://{city}/{part}");
    assert_eq!(complete(general, "part", "").await.unwrap(), CompletionResult::default());
    for (reference, argument, expected) in [
        (CompletionRef::Prompt("pack"), "stile", r#"Did you mean "style"?"#),
        (CompletionRef::Prompt("pakc"), "style", r#"Did you mean "pack"?"#),
        (general, "day", r#"no argument "day""#),
        (CompletionRef::Resource("weather://cities/all"), "city", "no argument"),
        (CompletionRef::Resource("weather://none"), "city", "no resource template"),
    ] {
        let rejected = complete(reference, argument, "").await.unwrap_err();
        assert!(rejected.to_string().contains(expected), "{rejected}");
    }
    assert!(server().has_completions());
    assert!(!Server::builder(&DEF, ()).build().has_completions());
}

#[test]
fn defects_of_the_tables_are_left_out_and_reported() {
    let server = Server::builder(&DEF, ())
        .templates(vec![TemplateRow {
            def: &TemplateDef {
                uri_template: "x://{",
                name: "broken",
                title: None,
                description: None,
                mime_type: None,
                input_schema: "{}",
                completions: &[],
                deadline_ms: None,
            },
            read: |_, _, args| Box::pin(async { Ok(Answer::Json(args)) }),
        }])
        .prompts(vec![
            PromptRow {
                def: &PromptDef { name: "empty", title: None, description: "", arguments: &[], messages: None },
                get: None,
            },
            PromptRow {
                def: &PromptDef {
                    name: "orphan",
                    title: None,
                    description: "",
                    arguments: &[PromptArgumentDef {
                        name: "a",
                        title: None,
                        description: None,
                        required: false,
                        completion: Completion::Handler("nobody"),
                    }],
                    messages: Some(&[]),
                },
                get: None,
            },
        ])
        .build();
    assert_eq!((server.templates().count(), server.prompts().count()), (0, 1));
    let problems = server.problems().join("\n");
    for expected in ["broken", "empty", "nobody"] {
        assert!(problems.contains(expected), "{problems}");
    }
}
