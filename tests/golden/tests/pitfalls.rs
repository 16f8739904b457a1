//! The map of `tests/PITFALLS.md`, and those of its tests that need a whole document.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use mcpgen::{Builder, Generated};
use serde_json::Value;

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: Shop, version: 1.0.0}\nservers: [{url: 'https://shop.example'}]\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn generate(text: &str) -> Generated {
    Builder::new("shop.yaml")
        .bytes(text)
        .all(true)
        .schemas(true)
        .generate()
        .unwrap_or_else(|failure| panic!("{failure}"))
}

fn schema(generated: &Generated, tool: usize) -> &Value {
    generated.surface().tools[tool].input_schema.as_ref().unwrap()
}

/// `| 7 | … | `path::test`, `path::test` |`
#[test]
fn every_pitfall_names_tests_that_exist() {
    let map = fs::read_to_string(root().join("tests/PITFALLS.md")).unwrap();
    let mut tests: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for line in map.lines() {
        let cells: Vec<&str> = line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let [number, _, named] = cells.as_slice() else { continue };
        let Ok(number) = number.parse() else { continue };
        let named = named.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(tests.insert(number, named).is_none(), "{number} stands there twice");
    }
    assert_eq!(tests.keys().copied().collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
    for (number, tests) in &tests {
        assert!(!tests.is_empty(), "{number} has no test");
        for test in tests {
            let (path, name) = test.split_once("::").unwrap_or_else(|| panic!("{number}: {test}"));
            let text =
                fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{number}: {path}: {error}"));
            let at = text.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("{number}: no {name} in {path}"));
            let before: Vec<&str> = text[..at].lines().rev().take(4).collect();
            let is_test = before.iter().any(|line| line.contains("#[test]") || line.contains("#[tokio::test"));
            assert!(is_test, "{number}: {name} in {path} is no test");
        }
    }
    assert!(fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap().contains("tests/PITFALLS.md"));
}

#[test]
fn pitfall_2_no_operation_id_gives_an_ugly_an_empty_or_a_double_name() {
    let operation =
        |path: &str, id: &str| format!("  {path}: {{get: {{{id}responses: {{'200': {{description: x}}}}}}}}\n");
    let paths: String = [
        ("/a", "operationId: 温度, "),
        ("/b/{id}/c", ""),
        ("/d", "operationId: same, "),
        ("/e", "operationId: same, "),
        ("/f", "operationId: '...', "),
    ]
    .map(|(path, id)| operation(path, id))
    .concat();
    let generated = generate(&format!("{HEAD}paths:\n{paths}"));
    let names: Vec<&str> = generated.surface().tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names.len(), 5);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 5, "{names:?}");
    assert!(names.iter().all(|name| name.bytes().any(|byte| byte.is_ascii_alphabetic())), "{names:?}");
    assert!(names[1].contains('b') && names[1].contains('c'), "of the path: {names:?}");
}

#[test]
fn pitfall_7_a_circle_of_references_is_defs() {
    let text = format!(
        "{HEAD}paths: {{/a: {{post: {{operationId: a, requestBody: {{content: {{application/json: {{schema: {{type: object, properties: \
         {{tree: {{$ref: '#/components/schemas/Tree'}}}}}}}}}}}}}}}}}}\ncomponents:\n  schemas:\n    Tree: {{type: object, \
         properties: {{children: {{type: array, items: {{$ref: '#/components/schemas/Tree'}}}}}}}}\n"
    );
    let generated = generate(&text);
    let schema = schema(&generated, 0);
    assert_eq!(schema["properties"]["tree"]["$ref"], "#/$defs/Tree");
    assert_eq!(schema["$defs"]["Tree"]["properties"]["children"]["items"]["$ref"], "#/$defs/Tree");
}

/// MCP, schema, "ToolAnnotations"; RFC 9110 §9.2 says which methods are safe and which idempotent.
#[test]
fn pitfall_15_annotations_are_those_of_the_method() {
    let methods = ["get", "post", "put", "patch", "delete"];
    let one =
        |method: &str| format!("    {method}: {{operationId: {method}It, responses: {{'200': {{description: x}}}}}}\n");
    let generated = generate(&format!("{HEAD}paths:\n  /a:\n{}", methods.map(one).concat()));
    let hints: BTreeMap<&str, _> = generated
        .surface()
        .tools
        .iter()
        .map(|tool| {
            let method = tool.route.as_ref().unwrap().method.as_str();
            (method, (tool.read_only == Some(true), tool.destructive == Some(true), tool.idempotent == Some(true)))
        })
        .collect();
    assert_eq!(hints["GET"], (true, false, true));
    assert_eq!(hints["DELETE"], (false, true, true));
    assert!(!hints["POST"].0 && !hints["POST"].2 && !hints["PATCH"].0 && !hints["PATCH"].2, "{hints:?}");
    assert!(!hints["PUT"].0 && hints["PUT"].2, "{hints:?}");
}

#[test]
fn pitfall_16_the_top_level_of_an_input_schema_is_a_plain_object() {
    for composed in ["oneOf", "anyOf", "allOf"] {
        let part = |name: &str| format!("{{type: object, properties: {{{name}: {{type: string}}}}}}");
        let text = format!(
            "{HEAD}paths: {{/a: {{post: {{operationId: a, requestBody: {{required: true, content: {{application/json: {{schema: \
             {{{composed}: [{}, {}]}}}}}}}}}}}}}}\n",
            part("x"),
            part("y")
        );
        let generated = generate(&text);
        let schema = schema(&generated, 0).as_object().unwrap();
        assert_eq!(schema["type"], "object");
        for keyword in ["oneOf", "anyOf", "allOf", "not", "if", "$ref", "enum", "const"] {
            assert!(!schema.contains_key(keyword), "{composed}: {schema:?}");
        }
        assert!(!schema["properties"].as_object().unwrap().is_empty(), "{composed}: {schema:?}");
    }
}

/// The type stands there, or what it is made of does.
#[test]
fn pitfall_17_composition_keeps_its_type() {
    let text = format!(
        "{HEAD}paths: {{/a: {{post: {{operationId: a, requestBody: {{content: {{application/json: {{schema: {{type: object, \
         properties: {{all: {{allOf: [{{type: string}}, {{minLength: 2}}]}}, null: {{anyOf: [{{type: integer}}, {{type: 'null'}}]}}, \
         word: {{enum: [a, b]}}, one: {{const: 3}}, list: {{items: {{type: string}}}}, thing: {{properties: {{x: {{type: number}}}}}}, \
         ref: {{$ref: '#/components/schemas/S'}}}}}}}}}}}}}}}}}}\ncomponents: {{schemas: {{S: {{allOf: [{{type: boolean}}]}}}}}}\n"
    );
    let generated = generate(&text);
    let schema = schema(&generated, 0);
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 7);
    for (name, property) in properties {
        let says = |schema: &Value| {
            let schema = schema.as_object().unwrap();
            ["type", "enum", "const", "allOf", "anyOf", "$ref", "items", "properties"]
                .iter()
                .any(|key| schema.contains_key(*key))
        };
        assert!(says(property), "{name}: {property}");
    }
    // And Rust has it, too: nothing is untyped but what has no type.
    assert_eq!(
        generated.surface().types.typed_fields,
        generated.surface().types.fields,
        "{:?}",
        generated.surface().types
    );
}

#[test]
fn pitfall_26_line_ends_of_the_document_do_not_show() {
    let text = fs::read_to_string(root().join("specs/kitchen-sink.yaml")).unwrap();
    let files = |text: &str| -> Vec<(String, String)> {
        let generated = generate(text);
        generated.files().iter().map(|(path, file)| (path.to_owned(), file.text().to_owned())).collect()
    };
    let unix = files(&text);
    assert_eq!(files(&text.replace('\n', "\r\n")), unix);
    assert!(unix.iter().all(|(_, text)| !text.contains('\r') && !text.contains('\u{fffd}')));
}

#[test]
fn pitfall_29_an_operation_is_a_few_lines_and_no_file() {
    let operation = |at: usize| {
        format!(
            "  /things{at}/{{id}}:\n    get:\n      operationId: getThing{at}\n      parameters: [{{name: id, in: path, required: true, \
             schema: {{type: string}}}}]\n      responses: {{'200': {{description: A thing., content: {{application/json: {{schema: \
             {{$ref: '#/components/schemas/Thing'}}}}}}}}}}\n"
        )
    };
    let document = |count: usize| {
        let paths: String = (0..count).map(operation).collect();
        generate(&format!(
            "{HEAD}paths:\n{paths}components: {{schemas: {{Thing: {{type: object, properties: {{a: {{type: string}}}}}}}}}}\n"
        ))
    };
    let size = |generated: &Generated| {
        let rust: Vec<_> = generated.files().iter().filter(|(path, _)| path.starts_with("src/")).collect();
        (rust.len(), rust.iter().map(|(_, file)| file.text().lines().count()).sum::<usize>())
    };
    let (few, many) = (size(&document(10)), size(&document(110)));
    assert_eq!(few.0, many.0, "files");
    let lines = (many.1 - few.1) / 100;
    // The tool that people complained about needed 446 for each.
    assert!(lines < 120, "{lines} lines for each operation");
}
