use serde_json::json;

use super::*;
use crate::{Builder, ToolOptions};

/// An operation `a` with this argument, whose name and schema are given, and what is said about it.
fn generated(operation: &str, argument: &str, schema: &str, profile: &[Profile]) -> Result<(String, Value), String> {
    let document = format!(
        "openapi: 3.1.0\ninfo: {{title: A, version: '1'}}\nservers: [{{url: https://a.example}}]\npaths:\n  /a:\n    post:\n      \
         operationId: a\n      requestBody: {{required: true, content: {{application/json: \
         {{schema: {{type: object, properties: {{'{argument}': {schema}}}}}}}}}}}\n      responses: {{200: {{description: A.}}}}\n\
         components: {{schemas: {{Tree: {{type: object, properties: {{of: {{$ref: '#/components/schemas/Tree'}}}}}}}}}}\n"
    );
    let own = ToolOptions { name: Some(operation.to_owned()), ..ToolOptions::default() };
    let tools = [("POST /a".to_owned(), own)].into();
    let options = Options { profile: profile.to_vec(), tools, ..Options::default() };
    let generated = Builder::new("a.yaml").bytes(document).options(options).schemas(true).generate();
    let generated = generated.map_err(|failure| failure.to_string())?;
    let tool = generated.surface().tools.first().unwrap();
    let mut schema = tool.input_schema.clone().unwrap();
    schema["name"] = json!(tool.name);
    Ok((generated.warnings(false), schema))
}

/// Each character and length is from the message of the provider that the table cites.
#[test]
fn names_are_what_providers_take() {
    let limits = |profile: Profile| LIMITS.iter().find(|limits| limits.profile == profile).unwrap();
    for (profile, name, accepted) in [
        (Profile::Anthropic, "get.pet", "get_pet"),
        (Profile::Anthropic, "get-pet_1", "get-pet_1"),
        (Profile::OpenAi, "multi_tool_use.parallel", "multi_tool_use_parallel"),
        (Profile::Gemini, "get.pet", "get.pet"),
        (Profile::Gemini, "1st", "_1st"),
        (Profile::Gemini, "-a", "_-a"),
        (Profile::Cursor, "get.pet", "get.pet"),
    ] {
        assert_eq!(tool_name(name, limits(profile)), accepted, "{name}");
    }
    for (name, anthropic, gemini) in [
        ("filter[id]", "filter_id", "filter_id"),
        ("$top", "_top", "_top"),
        ("a.b-c", "a.b-c", "a_b_c"),
        ("2fa", "2fa", "_2fa"),
        ("übergröße", "_bergr__e", "_bergr__e"),
    ] {
        assert_eq!(argument_name(name, ".-", false), anthropic);
        assert_eq!(argument_name(name, "", true), gemini);
    }
    assert_eq!(argument_name(&"a]".repeat(70), ".-", false).len(), 64);
}

#[test]
fn a_refused_name_is_a_warning_and_with_the_profile_another_name() {
    let (warnings, schema) = generated("a.b", "x", "{type: string}", &[]).unwrap();
    assert!(warnings.contains("warning[W0608]: Anthropic and OpenAI refuse the tool `a.b`"), "{warnings}");
    assert_eq!(schema["name"], "a.b");
    let (warnings, schema) = generated("a.b", "x", "{type: string}", &[Profile::OpenAi]).unwrap();
    assert_eq!((warnings.as_str(), &schema["name"]), ("", &json!("a_b")));
    let (warnings, _) = generated("a.b", "x", "{type: string}", &[Profile::Cursor]).unwrap();
    assert_eq!(warnings, "", "what is enforced is what is asked about");
}

#[test]
fn an_argument_gets_another_name_and_keeps_the_one_on_the_wire() {
    let (warnings, schema) = generated("a", "x-y", "{type: string}", &[]).unwrap();
    assert_eq!(
        (warnings.as_str(), schema["properties"]["x-y"].is_object()),
        ("", true),
        "no warning: it has been seen to pass"
    );
    let (_, schema) = generated("a", "x-y", "{type: string}", &[Profile::Gemini]).unwrap();
    assert_eq!(schema["properties"], json!({"x_y": {"type": "string"}}));
}

#[test]
fn schemas_are_said_otherwise_where_that_loses_nothing() {
    for (schema, lowered) in [
        ("{type: integer, exclusiveMinimum: 0}", json!({"type": "integer", "minimum": 1})),
        ("{type: integer, exclusiveMaximum: 10}", json!({"type": "integer", "maximum": 9})),
        ("{const: a}", json!({"enum": ["a"]})),
    ] {
        let (_, found) = generated("a", "x", schema, &[Profile::Gemini]).unwrap();
        assert_eq!(found["properties"]["x"], lowered, "{schema}");
        let (warnings, found) = generated("a", "x", schema, &[]).unwrap();
        assert_ne!(found["properties"]["x"], lowered, "{schema}: nobody asked");
        assert_eq!(warnings, "");
    }
}

#[test]
fn what_cannot_be_said_otherwise_is_an_error_with_tool_and_place() {
    for (schema, says) in [
        ("{type: number, exclusiveMinimum: 0}", "its schema has `exclusiveMinimum` at `/properties/x`"),
        ("{oneOf: [{type: string}, {type: integer}]}", "its schema has `oneOf` at `/properties/x`"),
        (
            "{type: array, items: {type: object, properties: {y: {not: {type: string}}}}}",
            "its schema has `not` at `/properties/x/items/properties/y`",
        ),
        ("{$ref: '#/components/schemas/Tree'}", "its schema refers to itself at `#/$defs/Tree`"),
    ] {
        let failure = generated("a", "x", schema, &[Profile::Gemini]).unwrap_err();
        assert!(failure.contains("error[E0611]: Gemini refuses the tool `a`") && failure.contains(says), "{failure}");
        for other in [Profile::Anthropic, Profile::OpenAi, Profile::Cursor, Profile::VsCode] {
            assert!(generated("a", "x", schema, &[other]).is_ok(), "{schema}: {other:?}");
        }
    }
    // A property of that name is no keyword, and neither is a value.
    assert!(generated("a", "oneOf", "{enum: [const], default: {not: 1}}", &[Profile::Gemini]).is_ok());
}

#[test]
fn every_array_says_what_its_items_are() {
    let (_, schema) = generated("a", "x", "{type: [array, 'null']}", &[]).unwrap();
    assert_eq!(schema["properties"]["x"], json!({"type": ["array", "null"], "items": {}}));
    let (_, schema) = generated("a", "x", "{type: object, properties: {items: {type: array}}}", &[]).unwrap();
    assert_eq!(schema["properties"]["x"]["properties"]["items"], json!({"type": "array", "items": {}}));
    let (_, schema) = generated("a", "x", "{type: array, items: {type: string}}", &[]).unwrap();
    assert_eq!(schema["properties"]["x"]["items"], json!({"type": "string"}));
}

#[test]
fn too_many_tools_are_counted_by_who_refuses_them() {
    let paths: String = (0..129)
        .map(|number| {
            format!("  /a{number}: {{get: {{operationId: a{number}, responses: {{200: {{description: A.}}}}}}}}\n")
        })
        .collect();
    let document = format!(
        "openapi: 3.1.0\ninfo: {{title: A, version: '1'}}\nservers: [{{url: https://a.example}}]\npaths:\n{paths}"
    );
    let with = |profile: &[Profile]| {
        let options = Options { profile: profile.to_vec(), all: true, ..Options::default() };
        let generated = Builder::new("a.yaml").bytes(document.clone()).options(options).generate();
        generated.map(|generated| generated.warnings(false)).map_err(|failure| failure.to_string())
    };
    let warnings = with(&[]).unwrap();
    assert!(warnings.contains("129 tools are more than OpenAI accepts, 128"), "{warnings}");
    assert!(
        warnings.contains("129 tools are more than VS Code accepts, 128") && !warnings.contains("Gemini"),
        "{warnings}"
    );
    assert!(with(&[Profile::VsCode]).unwrap_err().contains("error[E0611]"));
    assert_eq!(with(&[Profile::Gemini]).unwrap(), "");
}
