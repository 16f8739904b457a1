//! Answers that go through an expression of the caller.

use serde_json::json;

use super::*;
use crate::content::Block;
use crate::def::{LinkDef, LinkPart, ProjectionDef};
use crate::env::Env;

static TOOL: ToolDef = ToolDef {
    name: "pets",
    input_schema: r#"{"type":"object","properties":{"kind":{"type":"string"},"jmespath":{"type":"string"}},"additionalProperties":false}"#,
    links: &[LinkDef { name: "pet", mime_type: None, uri: &[LinkPart::Text("pets://"), LinkPart::Answer("/first")] }],
    projection: Some(ProjectionDef { argument: "jmespath" }),
    ..ToolDef::DEFAULT
};

const ANSWER: &str = r#"{"first":7,"pets":[{"id":1.50,"name":"Ada"},{"id":2,"name":"Bo"}]}"#;

/// A handler never sees the expression.
async fn call(arguments: Value) -> CallResult {
    let server = builder().tool(&TOOL, move |_, args: Args<Value>| async move {
        assert!(!args.raw().as_str().contains("jmespath"), "{:?}", args.raw());
        Ok::<_, Error>(Json::<Value>::from(RawJson::parse(ANSWER).unwrap()))
    });
    server.build().call_tool("pets", arguments).await
}

#[tokio::test]
async fn a_caller_gets_what_it_asks_for() {
    let whole = call(json!({"kind": "x"})).await;
    assert_eq!(whole.text(), ANSWER);
    let result = call(json!({"kind": "x", "jmespath": "{ids: pets[*].id}"})).await;
    assert_eq!(result.text(), r#"{"ids":[1.50,2]}"#);
    assert_eq!(result.structured.as_ref().unwrap().as_str(), r#"{"ids":[1.50,2]}"#);
    // Where the whole answer leads to, is told of a part, too.
    assert!(matches!(&result.content[1], Block::ResourceLink { uri, .. } if uri == "pets://7"), "{:?}", result.content);
    // Structured content is an object.
    let list = call(json!({"jmespath": "pets[].name"})).await;
    assert_eq!((list.text().as_str(), list.structured.is_none()), (r#"["Ada","Bo"]"#, true));
    // What models send for an argument that they leave out.
    let none = call(json!({"jmespath": null})).await;
    assert_eq!(none.text(), ANSWER);
}

#[tokio::test]
async fn an_expression_that_does_not_fit_is_a_typed_error() {
    for expression in ["pets[", "join(',', pets[].name)"] {
        let error = call(json!({"jmespath": expression})).await.error.unwrap();
        assert_eq!((error.kind(), error.type_name()), (ErrorKind::InvalidInput, "InvalidProjection"), "{error:?}");
    }
}

/// The call is done, and its answer must not get lost.
#[tokio::test]
async fn an_answer_that_cannot_be_projected_stays_whole() {
    let result = call(json!({"jmespath": "sum(pets)"})).await;
    assert!(!result.is_error && result.text().starts_with(ANSWER), "{}", result.text());
    assert!(result.text().contains("is not applied: Runtime error"), "{}", result.text());
    assert_eq!(result.structured.as_ref().unwrap().as_str(), ANSWER);
}

#[tokio::test]
async fn the_name_of_the_argument_may_be_escaped() {
    let arguments = RawJson::parse(r#"{"jm\u0065spath":"first"}"#).unwrap();
    let server = builder().tool(&TOOL, |_, args: Args<Value>| async move {
        assert_eq!(args.raw().as_str(), "{}");
        Ok::<_, Error>(Json::<Value>::from(RawJson::parse(ANSWER).unwrap()))
    });
    assert_eq!(server.build().call_tool("pets", arguments).await.text(), "7");
}

#[tokio::test]
async fn what_is_no_json_is_told_to_be_whole() {
    let server = builder().tool(&TOOL, |_, _: Args<Value>| async { Ok::<_, Error>(Content::text("plain")) });
    let result = server.build().call_tool("pets", json!({"jmespath": "a"})).await;
    assert!(!result.is_error);
    assert_eq!(
        result.text(),
        "plain\nThe JMESPath expression is not applied: the answer is no JSON. This is the whole answer."
    );
}

#[tokio::test]
async fn i11_an_expression_does_not_turn_a_credential_around() {
    const CANARY: &str = "canary-of-projections";
    let _secret = Env::from_pairs([("KEY", CANARY)]).secret("KEY").unwrap();
    let server = builder().tool(&TOOL, |_, _: Args<Value>| async {
        Ok::<_, Error>(Json::<Value>::from(RawJson::encode(&json!({"token": CANARY, "rest": "abc"})).unwrap()))
    });
    let result = server.build().call_tool("pets", json!({"jmespath": "[reverse(token), reverse(rest)]"})).await;
    let backwards: String = CANARY.chars().rev().collect();
    assert!(result.text().contains("cba"), "{}", result.text());
    assert!(!result.text().contains(&backwards), "{}", result.text());
}
