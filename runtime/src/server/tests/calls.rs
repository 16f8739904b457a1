//! What succeeds, and what validation says.

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_call_answers_text_from_the_template_and_structured_content_that_fits_the_schema() {
    let (server, log) = logged();
    let result = server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await;
    let expected = json!({
        "content": [{ "type": "text", "text": "Tokyo: 22.5°C" }],
        "structuredContent": { "city": "Tokyo", "temperature": 22.5 },
    });
    assert_eq!(serde_json::to_value(&result).unwrap(), expected);
    let record = log.only();
    assert_eq!(record.client, "in-process");
    assert!(record.ok && record.error_kind.is_none() && record.detail.is_none());
    assert_eq!((record.kind, &*record.name), (CallKind::Tool, "get_temperature"));
    assert_eq!(record.arguments.as_str(), r#"{"city":"Tokyo"}"#);
    // "Tokyo: 22.5°C" has 14 bytes, {"city":"Tokyo","temperature":22.5} has 35.
    assert_eq!(record.bytes, 49);
}

#[tokio::test]
async fn a_record_names_the_trace_of_its_call_and_hides_who_called() {
    let (server, log) = logged();
    let cx = Context::for_client("alice@example.com");
    let arguments = RawJson::parse(r#"{ "city" : "Tokyo" }"#).unwrap();
    assert!(!server.call(&cx, "get_temperature", Some(&arguments)).await.unwrap().is_error);
    let record = log.only();
    assert_eq!(record.trace_id, cx.trace_id());
    assert!(!record.to_string().contains("alice"), "{record}");
    assert_eq!(record.arguments.as_str(), r#"{"city":"Tokyo"}"#);
}

#[tokio::test]
async fn all_violations_come_at_once_and_the_handler_does_not_run() {
    let (server, log) = logged();
    let result = server.call_tool("get_temperature", json!({ "days": "x" })).await;
    let error = error_text(&result);
    assert_eq!((error["type"].as_str(), error["kind"].as_str()), (Some("InvalidParams"), Some("invalid_input")));
    let violations = error["data"]["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 2, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("city") && message.contains("days"), "{message}");
    assert_eq!(log.only().error_kind, Some(ErrorKind::InvalidInput));
}

#[tokio::test]
async fn absent_and_null_arguments_are_an_empty_object_and_anything_else_is_malformed() {
    let server = server().with_deadline(Duration::from_millis(1));
    let null = RawJson::parse("null").unwrap();
    for arguments in [None, Some(&null)] {
        let result = server.call(&Context::in_process(), "slow", arguments).await.unwrap();
        assert_eq!(kind(&result), ErrorKind::Timeout);
    }
    for text in ["[]", "1", r#""{}""#, "true"] {
        let arguments = RawJson::parse(text).unwrap();
        let rejected = server.call(&Context::in_process(), "slow", Some(&arguments)).await.unwrap_err();
        assert!(matches!(rejected, Rejected::InvalidParams(_)), "{text}: {rejected:?}");
    }
}

#[tokio::test]
async fn an_unknown_tool_is_rejected_with_a_suggestion_and_recorded() {
    let (server, log) = logged();
    let rejected = server.call(&Context::in_process(), "get_temprature", None).await.unwrap_err();
    let expected = r#"There is no tool "get_temprature". Did you mean "get_temperature"?"#;
    assert_eq!(rejected.to_string(), expected);
    let record = log.only();
    assert_eq!((record.ok, record.error_type.as_deref()), (false, Some("UnknownTool")));

    let result = server.call_tool("get_temprature", json!({})).await;
    assert_eq!((kind(&result), error_text(&result)["message"].as_str()), (ErrorKind::NotFound, Some(expected)));
}

#[tokio::test]
async fn output_modes_decide_about_structured_content() {
    static OBJECT: ToolDef = ToolDef { name: "object", ..ToolDef::DEFAULT };
    static ARRAY: ToolDef = ToolDef { name: "array", ..ToolDef::DEFAULT };
    static OFF: ToolDef = ToolDef { name: "off", output: OutputMode::Off, ..ToolDef::DEFAULT };
    let raw = |text: &'static str| async move { Ok::<_, Error>(Json::<()>::from(RawJson::parse(text).unwrap())) };
    let server = builder()
        .tool(&OBJECT, move |_, _: Args<()>| raw(r#"{ "n": 1.50 }"#))
        .tool(&ARRAY, move |_, _: Args<()>| raw("[1]"))
        .tool(&OFF, move |_, _: Args<()>| raw(r#"{"n":1}"#))
        .build();
    for (name, text, structured) in
        [("object", r#"{"n":1.50}"#, Some(r#"{"n":1.50}"#)), ("array", "[1]", None), ("off", r#"{"n":1}"#, None)]
    {
        let result = server.call_tool(name, json!({})).await;
        assert_eq!((result.text().as_str(), result.is_error), (text, false));
        assert_eq!(result.structured.as_ref().map(RawJson::as_str), structured, "{name}");
    }
}

#[tokio::test]
async fn a_later_tool_replaces_an_earlier_one_in_its_place() {
    static MINE: ToolDef = ToolDef { name: "get_temperature", description: "mine", ..ToolDef::DEFAULT };
    let server = builder()
        .tool(&MINE, |cx: Context, args: Args<Value>| async move {
            assert!(!cx.is_cancelled());
            Ok::<_, Error>(Content::text(args.raw().as_str()))
        })
        .build();
    let names: Vec<_> = server.tools().map(|def| (def.name, def.description)).collect();
    assert_eq!(names, [("get_temperature", "mine"), ("slow", ""), ("quick", ""), ("panic", "")]);
    assert_eq!(server.call_tool("get_temperature", json!({ "x": 1 })).await.text(), r#"{"x":1}"#);
}

#[tokio::test]
async fn interceptors_wrap_the_handler_from_the_outside_in() {
    struct Tag(&'static str, Arc<Mutex<Vec<String>>>);
    impl Interceptor for Tag {
        fn intercept<'a>(&'a self, cx: &'a Context, mut call: Call, next: Next<'a>) -> BoxFuture<'a, Outcome> {
            Box::pin(async move {
                self.1.lock().unwrap().push(format!("{} {} {}", self.0, call.kind.as_str(), call.name));
                call.arguments = RawJson::parse(r#"{"city":"Tokyo"}"#).unwrap();
                let outcome = next.run(cx, call).await;
                self.1.lock().unwrap().push(format!("{} done", self.0));
                outcome
            })
        }
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let server = builder().interceptor(Tag("outer", seen.clone())).interceptor(Tag("inner", seen.clone())).build();
    assert!(!server.call_tool("get_temperature", json!({ "city": "elsewhere" })).await.is_error);
    let expected = ["outer tool get_temperature", "inner tool get_temperature", "inner done", "outer done"];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_models_send_out_of_habit_is_read_as_what_it_means_and_reported() {
    let (server, log) = logged();
    let result = server.call_tool("get_temperature", json!({ "city": "Tokyo", "days": "3" })).await;
    let value = serde_json::to_value(&result).unwrap();
    assert_eq!(value.get("isError"), None, "{value}");
    let expected = json!({ "dev.mcpgen/normalised": [{ "pointer": "/days", "received": "3", "used": 3 }] });
    assert_eq!(value["_meta"], expected);
    // The log has what was received.
    assert_eq!(log.only().arguments.as_str(), r#"{"city":"Tokyo","days":"3"}"#);
    let result = server.call_tool("get_temperature", json!({ "days": "3" })).await;
    assert!(result.is_error && result.normalised.is_none(), "without a city nothing is changed");
}
