//! The binary as its users start it: generated tools, an override and a hand-written tool on one server.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

use mcpgen_tests_interop::{Era, Session, Upstream};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_mcpgen-tests-build-app");

fn api() -> Upstream {
    Upstream::start(|request| match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/pets/1") => (200, pet("Rex")),
        ("GET", "/pets?limit=1") => (200, format!("[{}]", pet("Rex"))),
        ("GET", "/pets/404") => (404, r#"{"title":"no such pet","status":404}"#.to_owned()),
        ("GET", "/inventory") => (200, r#"{"available":12,"reserved":1,"sold":40}"#.to_owned()),
        _ => (500, r#"{"title":"an unexpected request","status":500}"#.to_owned()),
    })
}

fn pet(name: &str) -> String {
    json!({"id": 1, "name": name, "kind": "dog", "status": "available", "createdAt": "2026-01-02T03:04:05Z"})
        .to_string()
}

fn session(api: &Upstream) -> Session {
    Session::start(Path::new(BINARY), &[], &[("PETSTORE_BASE_URL", &api.url()), ("PETSTORE_API_KEY", "key")])
}

fn run(args: &[&str]) -> Output {
    Command::new(BINARY).args(args).env_clear().output().expect("the binary starts")
}

#[test]
fn generated_tools_and_the_hand_written_one_are_listed() {
    let mut session = session(&api());
    let answer = session.ask(Era::Modern, "tools/list", json!({}));
    let mut names: Vec<&str> =
        answer["result"]["tools"].as_array().expect("a list").iter().filter_map(|tool| tool["name"].as_str()).collect();
    names.sort_unstable();
    let expected = [
        "count_pets",
        "create_pet",
        "delete_pet",
        "get_inventory",
        "get_pet",
        "list_owner_pets",
        "list_pets",
        "update_pet",
    ];
    assert_eq!(names, expected);

    let output = run(&["--list-tools"]);
    assert!(output.status.success());
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    for name in expected {
        assert!(shown.lines().any(|line| line == name), "{name} in\n{shown}");
    }
}

#[test]
fn the_override_changes_what_the_api_answers_and_every_other_tool_passes_it_on() {
    let api = api();
    let mut session = session(&api);
    let mine = session.call("get_pet", json!({"petId": 1}));
    assert_eq!(mine["structuredContent"]["name"], "REX", "{mine}");
    let passed_on = session.call("list_pets", json!({"limit": 1}));
    let text: Value = serde_json::from_str(passed_on["content"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(text[0]["name"], "Rex", "{passed_on}");
    // The read of a resource is the same call.
    let read = session.ask(Era::Modern, "resources/read", json!({"uri": "petstore://pets/1"}));
    let text: Value =
        serde_json::from_str(read["result"]["contents"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(text["name"], "REX", "{read}");
    assert!(api.take().iter().all(|request| request.header("x-api-key") == ["key"]));
}

#[test]
fn an_error_of_the_api_passes_through_the_override() {
    let mut session = session(&api());
    let result = session.call("get_pet", json!({"petId": 404}));
    assert_eq!(result["isError"], true, "{result}");
    let error: Value = serde_json::from_str(result["content"][0]["text"].as_str().expect("text")).expect("JSON");
    assert_eq!((&error["error"]["type"], &error["error"]["kind"]), (&json!("NotFound"), &json!("not_found")));
}

#[test]
fn the_hand_written_tool_is_made_from_a_generated_one_and_validated_like_it() {
    let api = api();
    let mut session = session(&api);
    let count = session.call("count_pets", json!({}));
    // 12 + 1 + 40, as the mock's inventory has them.
    assert_eq!(count["structuredContent"], json!({"pets": 53}), "{count}");
    assert_eq!(api.take().len(), 1);
    let refused = session.call("count_pets", json!({"state": "sold"}));
    assert_eq!(refused["isError"], true, "{refused}");
    assert_eq!(api.take().len(), 0, "an invalid call reaches no API");
}
