//! What the output modes make of answers that deviate, in every shape that JSON has (DESIGN: "Output schemas").

use serde_json::json;

use super::*;
use crate::def::AnswerDef;

const SCHEMA: &str =
    r##"{"type":"object","required":["pets"],"properties":{"pets":{"items":{"$ref":"#/$defs/Pet"}}}}"##;
const DEFS: &[(&str, &str)] = &[(
    "Pet",
    r#"{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"kind":{"enum":["cat","dog"]}}}"#,
)];

static LENIENT: ToolDef =
    ToolDef { name: "lenient", answer: Some(AnswerDef { schema: SCHEMA, defs: DEFS }), ..ToolDef::DEFAULT };
static STRICT: ToolDef = ToolDef {
    name: "strict",
    output: OutputMode::Strict,
    output_schema: Some(r#"{"type":"object","required":["pets"],"properties":{"pets":{"type":"array"}}}"#),
    ..ToolDef::DEFAULT
};
static OFF: ToolDef = ToolDef { name: "off", output: OutputMode::Off, ..LENIENT };
/// Keywords that only the second validator knows.
static BEYOND: ToolDef = ToolDef {
    name: "beyond",
    answer: Some(AnswerDef { schema: r##"{"$dynamicRef":"#nowhere","type":"object"}"##, defs: &[] }),
    ..ToolDef::DEFAULT
};

async fn called(def: &'static ToolDef, answer: &'static str) -> (CallResult, CallRecord<'static>) {
    let log = Log::default();
    let server = builder().call_sink(log.clone()).tool(def, move |_, _: Args<Value>| async move {
        Ok::<_, Error>(Json::<Value>::from(RawJson::parse(answer).unwrap()))
    });
    (server.build().call_tool(def.name, json!({})).await, log.only())
}

#[tokio::test]
async fn lenient_hands_on_what_deviates_and_says_where() {
    let answer = r#"{"pets":[{"id":1.0,"kind":"cat"},{"id":"2"},{"kind":"cow"}]}"#;
    let (result, record) = called(&LENIENT, answer).await;
    assert!(!result.is_error && result.text() == answer);
    assert_eq!(result.structured.as_ref().unwrap().as_str(), answer);
    let wire = serde_json::to_value(&result).unwrap();
    let violations = wire["_meta"]["dev.mcpgen/deviations"]["violations"].as_array().unwrap();
    let pointers: Vec<_> = violations.iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/pets/1/id", "/pets/2/kind", "/pets/2/id"]);
    assert!(record.ok && record.detail.unwrap().contains("/pets/1/id"));

    let (result, record) = called(&LENIENT, r#"{"pets":[{"id":1,"more":{}}],"next":null}"#).await;
    assert!(result.deviations.is_none() && record.detail.is_none());
    let (result, _) = called(&BEYOND, "[1]").await;
    assert!(!result.is_error && result.text() == "[1]");
}

#[tokio::test]
async fn deviations_are_counted_beyond_a_few() {
    let answer = format!(r#"{{"pets":[{}]}}"#, vec!["0"; 100].join(","));
    let (result, _) = called(&LENIENT, answer.leak()).await;
    let deviations: Value = result.deviations.unwrap().decode().unwrap();
    assert_eq!((deviations["violations"].as_array().unwrap().len(), &deviations["more"]), (8, &json!(92)));
}

#[tokio::test]
async fn every_shape_of_json_is_an_answer_in_every_mode() {
    for answer in ["null", "false", "true", "0", "-0.0", "\"\"", "[]", "{}", "{\"pets\":[]}", "1e400"] {
        let (lenient, _) = called(&LENIENT, answer).await;
        assert!(!lenient.is_error && lenient.text() == answer, "{answer}");
        assert_eq!(lenient.structured.is_some(), answer.starts_with('{'), "{answer}");
        assert_eq!(lenient.deviations.is_none(), answer == "{\"pets\":[]}", "{answer}");

        let (off, _) = called(&OFF, answer).await;
        assert!(!off.is_error && off.text() == answer, "{answer}");
        assert!(off.structured.is_none() && off.deviations.is_none(), "{answer}");

        let (strict, record) = called(&STRICT, answer).await;
        assert_eq!(strict.is_error, answer != "{\"pets\":[]}", "{answer}");
        // Bound to its schema or an error; the answer is there in any case.
        assert!(strict.text().ends_with(answer), "{answer}");
        assert_eq!(strict.structured.is_some(), !strict.is_error);
        if strict.is_error {
            assert_eq!(strict.error.unwrap().kind(), ErrorKind::BadResponse);
            assert!(!record.ok && record.detail.is_some());
        }
    }
}

/// What is no JSON cannot be structured content; it is not lost either.
#[tokio::test]
async fn strict_shows_what_is_no_json_beside_the_error() {
    let server = builder().tool(&STRICT, |_, _: Args<Value>| async {
        Ok::<_, Error>(Contents::bytes(b"\x89PNG".to_vec()).with_mime_type("image/png"))
    });
    let result = server.build().call_tool("strict", json!({})).await;
    assert_eq!((result.error.as_ref().unwrap().kind(), result.is_error), (ErrorKind::BadResponse, true));
    let wire = serde_json::to_value(&result).unwrap();
    assert_eq!(wire["content"][1], json!({ "type": "image", "data": "iVBORw==", "mimeType": "image/png" }));
}
