//! Server specs as a whole: the reference example, and the mistakes of `tests/golden/errors`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::diag::{Report, Severity};
use crate::load;
use crate::model::{Completion, ErrorKind, ErrorSource, Output, Read, Server};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `E0501 3:5` for each diagnostic, in order of place.
fn places(report: &Report) -> Vec<String> {
    let place = |diagnostic: &&crate::diag::Diagnostic| {
        let span = diagnostic.span.unwrap_or_default();
        let (line, column) = report.sources.get(span.file).map_or((0, 0), |source| source.position(span.start));
        format!("{} {line}:{column}", diagnostic.code.0)
    };
    report.sorted().iter().map(place).collect()
}

fn lower(text: &str) -> (Option<Server>, Report) {
    let mut report = Report::default();
    let document = load::from_text("test.yaml", text, &mut report).unwrap();
    let server = super::lower(&document, &mut report).ok();
    (server, report)
}

/// A server with these sections, which has no mistake.
fn good(sections: &str) -> Server {
    let (server, report) = lower(&format!("mcpgen: 1\nserver: {{ name: test, version: 1.0.0 }}\n{sections}"));
    server.unwrap_or_else(|| panic!("{:#?}", report.sorted()))
}

#[test]
fn the_reference_example_has_no_mistake() {
    let mut report = Report::default();
    let document = load::load(&repository().join("specs/weather.yaml"), &mut report).unwrap();
    let server = super::lower(&document, &mut report).unwrap_or_else(|_| panic!("{:#?}", report.sorted()));
    assert_eq!(places(&report), Vec::<String>::new());

    let names: Vec<_> = server.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!((server.name.as_str(), names.as_slice()), ("weather", ["get_temperature", "get_forecast"].as_slice()));
    let input = &server.tools[0].input.value;
    assert_eq!(input["properties"]["city"]["minLength"], 2);
    assert_eq!(input["properties"]["unit"]["$ref"], "#/$defs/Unit");
    assert_eq!(input["properties"]["unit"]["default"], "celsius");
    assert_eq!(input["required"], json!(["city"]));
    assert_eq!(input["additionalProperties"], false);
    let days = &server.tools[1].input.value["properties"]["days"];
    assert_eq!((&days["minimum"], &days["maximum"], &days["default"]), (&json!(1), &json!(14), &json!(3)));
    let errors: Vec<_> = server.tools[0].errors.iter().map(|error| error.name.as_str()).collect();
    assert_eq!(errors, ["InvalidParams", "NotFound", "RateLimited"]);
    assert_eq!(server.tools[0].deadline_ms, Some(10_000));
    assert!(matches!(&server.tools[0].output, Output::Strict { text: Some(_), .. }));
    assert_eq!(server.schemas["Temperature"].value["required"], json!(["city", "temperature", "unit"]));

    assert_eq!(server.resources[0].uri, "weather://cities");
    let template = &server.templates[0];
    assert_eq!(template.uri_template, "weather://{city}/current");
    assert_eq!(template.completions, [("city".into(), Completion::Handler("city".into()))]);
    assert_eq!(template.variables.value["required"], json!(["city"]));
    assert!(template.variables.value["properties"]["city"].get("complete").is_none());
    assert!(matches!(&template.read, Read::Handler { errors } if errors.len() == 2));
    let setting = &server.settings[0];
    assert_eq!((setting.env.as_str(), setting.secret, setting.required), ("WEATHER_API_KEY", true, false));
    let prompt = &server.prompts[0];
    assert!(prompt.arguments[0].required && !prompt.arguments[1].required);
    assert_eq!(prompt.messages.as_ref().map(Vec::len), Some(1));
}

#[test]
fn the_example_of_the_reference_has_no_mistake() {
    let page = std::fs::read_to_string(repository().join("specs/README.md")).unwrap();
    let block = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (server, report) = lower(block);
    assert_eq!(places(&report), Vec::<String>::new());
    assert_eq!(server.unwrap().tools.len(), 1);
}

/// Each case has the codes and places that it must give in `expected.txt`.
#[test]
fn every_mistake_is_reported_at_its_place() {
    let mut cases: Vec<_> = std::fs::read_dir(repository().join("tests/golden/errors"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|case| case.join("expected.txt").exists())
        // The others are documents of an HTTP API.
        .filter(|case| std::fs::read_to_string(case.join("input.yaml")).is_ok_and(|text| text.starts_with("mcpgen")))
        .collect();
    cases.sort();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    for case in cases {
        let text = std::fs::read_to_string(case.join("input.yaml")).unwrap();
        let expected = std::fs::read_to_string(case.join("expected.txt")).unwrap();
        let (server, report) = lower(&text);
        let expected: Vec<_> = expected.lines().map(str::to_owned).collect();
        assert_eq!(places(&report), expected, "{}: {:#?}", case.display(), report.sorted());
        let refused = report.sorted().iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert_eq!(server.is_none(), refused, "{}", case.display());
    }
}

#[test]
fn help_names_what_was_meant() {
    let (_, report) =
        lower("mcpgen: 1\nserver: { name: test, version: 1.0.0 }\ntols: {}\ntools: { get: { description: Get. } }\n");
    let help = report.sorted()[0].help.clone().unwrap();
    assert!(help.starts_with("did you mean `tools`? known keys: `mcpgen`, `server`"), "{help}");
}

#[test]
fn everything_is_required_unless_it_has_a_default_or_is_optional() {
    let server = good(
        "types:
  T:
    properties:
      a: { type: string }
      b: { type: string, default: x }
      c: { type: string, optional: true }
      d: { type: string, default: x, optional: false }
      e: { properties: { f: { type: string } }, required: [] }
tools:
  get: { description: Get., output: { $ref: T } }
",
    );
    let value = &server.schemas["T"].value;
    assert_eq!(value["type"], "object");
    assert_eq!(value["required"], json!(["a", "d", "e"]));
    assert_eq!(value["properties"]["c"], json!({"type": "string"}));
    assert_eq!(value["properties"]["e"]["required"], json!([]), "a `required` that is stated is taken at its word");
    assert_eq!(value.get("additionalProperties"), None, "answers may grow");
}

#[test]
fn conditions_stay_as_they_are_written() {
    let server = good(
        "tools:
  get:
    description: Get.
    output:
      type: object
      if: { properties: { kind: { const: a } } }
      then: { required: [a] }
",
    );
    let Output::Strict { schema, .. } = &server.tools[0].output else { panic!() };
    assert_eq!(schema.value["if"], json!({"properties": {"kind": {"const": "a"}}}));
    assert_eq!(schema.value["then"], json!({"required": ["a"]}));
}

#[test]
fn a_tool_without_input_takes_an_empty_object() {
    let server = good("tools: { get: { description: Get. } }\n");
    assert_eq!(server.tools[0].input.value, json!({"type": "object", "properties": {}, "additionalProperties": false}));
    assert!(matches!(server.tools[0].output, Output::Content));
}

#[test]
fn a_whole_schema_is_kept_verbatim() {
    let server = good(
        "tools:
  get:
    description: Get.
    inputSchema:
      $schema: https://json-schema.org/draft/2020-12/schema
      type: object
      $defs: { address: { $anchor: addressDef, type: object } }
      properties: { at: { $ref: '#/$defs/address' }, by: { $ref: '#addressDef' }, $ref: { type: string } }
",
    );
    let expected = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {"$anchor": "addressDef", "type": "object"}},
        "properties": {"at": {"$ref": "#/$defs/address"}, "by": {"$ref": "#addressDef"}, "$ref": {"type": "string"}},
    });
    assert_eq!(server.tools[0].input.value, expected);
}

#[test]
fn a_whole_schema_refers_to_its_own_parts_only() {
    let (_, report) = lower(
        "mcpgen: 1
server: { name: test, version: 1.0.0 }
types:
  Unit: { type: string }
tools:
  get:
    description: Get.
    input: { unit: { $ref: Unit } }
    outputSchema:
      $defs: { Unit: { type: string } }
      properties: { a: { $ref: Unit }, b: { $ref: '#/$defs/Town' }, c: { $ref: '#/$defs/Unit' } }
  put:
    description: Put.
    inputSchema: { type: array }
",
    );
    assert_eq!(places(&report), ["E0516 10:16", "E0510 11:32", "E0510 11:51", "E0517 14:26"]);
}

#[test]
fn built_in_errors_need_no_declaration() {
    let server = good("tools: { get: { description: Get., errors: [InvalidParams, RateLimited] } }\n");
    let sources: Vec<_> = server.tools[0].errors.iter().map(|error| &error.source).collect();
    let ErrorSource::Declared { kind, retry_after, .. } = sources[1] else { panic!() };
    assert_eq!((*kind, retry_after.as_deref()), (ErrorKind::RateLimited, Some("retry_after_seconds")));
    assert!(matches!(sources[0], ErrorSource::Declared { kind: ErrorKind::InvalidInput, .. }));
}

#[test]
fn every_word_of_kind_is_known() {
    let declare = |word: &str| {
        format!(
            "errors: {{ Oops: {{ kind: {word}, message: Oops }} }}\ntools: {{ get: {{ description: Get., errors: [Oops] }} }}\n"
        )
    };
    // The words of SECURITY.md and of `mcpgen_runtime::ErrorKind::as_str`.
    for word in [
        "invalid_input",
        "unauthenticated",
        "forbidden",
        "not_found",
        "conflict",
        "rate_limited",
        "upstream_rejected",
        "upstream_unavailable",
        "timeout",
        "cancelled",
        "bad_response",
        "internal",
    ] {
        good(&declare(word));
    }
}

#[test]
fn variables_with_an_enumeration_complete_themselves() {
    let server = good(
        "resources:
  page:
    uri: a://b{?unit,tags*}
    variables: { unit: { enum: [c, f], optional: true }, tags: { items: { type: string }, optional: true } }
prompts:
  ask: { description: Ask., arguments: { city: { complete: [Tokyo, London] } } }
",
    );
    assert_eq!(server.templates[0].completions, [("unit".into(), Completion::Values(vec!["c".into(), "f".into()]))]);
    assert!(server.prompts[0].messages.is_none());
    assert_eq!(server.prompts[0].arguments[0].completion, Completion::Values(vec!["Tokyo".into(), "London".into()]));
}

#[test]
fn a_template_is_checked_as_far_as_it_can_be_read() {
    let (_, report) = lower(
        "mcpgen: 1
server: { name: test, version: 1.0.0 }
prompts:
  ask: { description: Ask., messages: [{ role: user, text: '{{a}} {town} }' }] }
",
    );
    assert_eq!(places(&report), ["E0521 4:68", "E0520 4:74"]);
}

#[test]
fn durations() {
    let deadline = |text: &str| {
        good(&format!("tools: {{ get: {{ description: Get., deadline: {text} }} }}\n")).tools[0].deadline_ms
    };
    assert_eq!(deadline("500ms"), Some(500));
    assert_eq!(deadline("10s"), Some(10_000));
    assert_eq!(deadline("60m"), Some(3_600_000));
}

#[test]
fn no_value_in_any_place_panics() {
    // Every value of the reference example, replaced by every other kind of value: an answer, not a panic.
    fn pointers(value: &serde_json::Value, at: String, all: &mut Vec<String>) {
        all.push(at.clone());
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
                }
            }
            serde_json::Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    pointers(value, format!("{at}/{index}"), all);
                }
            }
            _ => {}
        }
    }
    let mut report = Report::default();
    let mut document = load::load(&repository().join("specs/weather.yaml"), &mut report).unwrap();
    let original = document.value.clone();
    let sources = report.sources.clone();
    let mut all = Vec::new();
    pointers(&original, String::new(), &mut all);
    let odd = [
        json!(null),
        json!(true),
        json!(-1.5),
        json!(""),
        json!("{"),
        json!("°{#x"),
        json!([]),
        json!([{}]),
        json!({}),
        json!({"": {}}),
    ];
    for pointer in all {
        for value in &odd {
            document.value = original.clone();
            *document.value.pointer_mut(&pointer).unwrap() = value.clone();
            let mut fresh = Report::default();
            fresh.sources = sources.clone();
            let report = &mut fresh;
            let refused = super::lower(&document, report).is_err();
            assert_eq!(refused, report.check().is_err(), "{pointer} = {value}");
        }
    }
}
