//! Canary secrets through the pipeline (SECURITY.md, I11).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::env::Env;

const CANARY: &str = "k3y/with+odd?chars=of-pipeline";
const URL_ENCODED: &str = "k3y%2Fwith%2Bodd%3Fchars%3Dof-pipeline";

fn spellings() -> [String; 4] {
    [CANARY.to_owned(), STANDARD.encode(CANARY), URL_SAFE_NO_PAD.encode(CANARY), URL_ENCODED.to_owned()]
}

fn assert_clean(text: &str) {
    for spelling in spellings() {
        assert!(!text.contains(&spelling), "{spelling} in {text}");
    }
}

#[tokio::test]
async fn i11_a_secret_of_the_environment_reaches_neither_the_record_nor_the_error_in_any_spelling() {
    static LEAK: ToolDef = ToolDef { name: "leak", ..ToolDef::DEFAULT };
    static BURST: ToolDef = ToolDef { name: "burst", ..ToolDef::DEFAULT };
    let secret = Env::from_pairs([("KEY", CANARY)]).secret("KEY").unwrap();
    assert_eq!(secret.expose(), CANARY);
    for spelling in spellings() {
        let log = Log::default();
        let (leaked, burst) = (spelling.clone(), spelling.clone());
        let server = builder()
            .call_sink(log.clone())
            .tool(&LEAK, move |_, _: Args<Value>| {
                let error = Error::new(ErrorKind::UpstreamRejected, format!("GET https://api/?k={leaked} failed"))
                    .with_type(format!("T{leaked}"))
                    .with_data(RawJson::encode(&json!({ "sent": [leaked.as_str()] })).unwrap());
                async move { Err::<Content, _>(error) }
            })
            .tool(&BURST, move |_, _: Args<Value>| {
                let message = format!("with {burst}");
                async move {
                    if !message.is_empty() {
                        panic!("{message}");
                    }
                    Ok::<_, Error>(Content::new())
                }
            })
            .build();

        let result = server.call_tool("leak", json!({ "note": spelling, "list": [spelling] })).await;
        let wire = serde_json::to_string(&result).unwrap();
        assert!(wire.contains("https://api/?k=«redacted» failed"), "{wire}");
        assert_clean(&wire);
        assert_clean(&log.only().to_string());
        assert!(log.only().arguments.as_str().contains("«redacted»"));

        server.call_tool("burst", json!({})).await;
        server.call_tool(&spelling, json!({})).await;
        let _ = server.read_resource(&format!("nothing://{spelling}")).await;
        let records = log.0.lock().unwrap();
        assert_eq!(records.len(), 4);
        for record in &*records {
            assert_clean(&record.to_string());
        }
    }
}

#[tokio::test]
async fn i11_fields_that_are_named_like_secrets_or_configured_are_redacted_in_the_record() {
    let log = Log::default();
    let server = builder().call_sink(log.clone()).redact_fields(["ssn"]).build();
    let arguments = json!({ "city": "Tokyo", "password": "hunter2", "nested": { "apiKey": "abc" }, "SSN": "1" });
    server.call_tool("get_temperature", arguments).await;
    let record: Value = serde_json::from_str(&log.only().to_string()).unwrap();
    let expected = json!({
        "city": "Tokyo", "password": "«redacted»", "nested": { "apiKey": "«redacted»" }, "SSN": "«redacted»"
    });
    assert_eq!(record["arguments"], expected);
}

/// SECURITY.md I12: what a model does not see must not stand in `_meta` either.
#[tokio::test]
async fn i12_hidden_characters_are_shown_in_errors_and_their_meta_and_in_resources() {
    static FAIL: ToolDef = ToolDef { name: "fail", ..ToolDef::DEFAULT };
    let call = |_: Context, _: Args<Value>| async {
        let data = RawJson::parse("{\"detail\":\"a\u{202e}b\u{e0041}\"}").unwrap();
        let error = Error::new(ErrorKind::NotFound, "gone\u{202e}").with_type("Gone\u{200b}").with_data(data);
        Err::<Content, _>(error)
    };
    let result = builder().tool(&FAIL, call).build().call_tool("fail", json!({ "note": "\u{202e}" })).await;
    let wire = serde_json::to_string(&result).unwrap();
    assert!(!wire.contains(['\u{202e}', '\u{e0041}', '\u{200b}']), "{wire}");
    // In JSON the escape is the same value.
    let wire: Value = serde_json::from_str(&wire).unwrap();
    let error = &wire["_meta"]["dev.mcpgen/error"];
    assert_eq!(error["data"], json!({ "detail": "a\u{202e}b\u{e0041}" }));
    // A message is text for people: there it is shown.
    assert_eq!((&error["message"], &error["type"]), (&json!("gone\\u202e"), &json!("Gone\\u200b")));

    let exact = builder().exact_text().tool(&FAIL, call).build().call_tool("fail", json!({})).await;
    assert!(serde_json::to_string(&exact).unwrap().contains('\u{202e}'));
}

/// A long answer with an error status does not come back through `_meta`.
#[tokio::test]
async fn an_error_that_is_cut_is_cut_everywhere() {
    static FAIL: ToolDef = ToolDef { name: "fail", ..ToolDef::DEFAULT };
    let call = |_: Context, _: Args<Value>| async {
        let data = RawJson::encode(&"x".repeat(300_000)).unwrap();
        Err::<Content, _>(Error::new(ErrorKind::NotFound, "gone").with_data(data))
    };
    let result = builder().tool(&FAIL, call).build().call_tool("fail", json!({})).await;
    assert!(result.is_error && serde_json::to_string(&result).unwrap().len() < 210_000);
}
