//! The committed crate in search mode, through the official Rust SDK, down to the requests of its wire contract.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use mcpgen_tests_search::{Api, Client};
use serde_json::Value;

fn contract() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../generated/kitchen-sink-search/tests/wire.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn start(api: &Api) -> Client {
    let contract = contract();
    let mut env: Vec<(String, String)> = contract["env"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let base = format!("{}{}", api.origin, contract["basePath"].as_str().unwrap());
    env.push((contract["baseUrl"].as_str().unwrap().to_owned(), base));
    Client::start(env!("CARGO_BIN_EXE_kitchen-sink-searched"), &env).await.unwrap()
}

#[tokio::test]
async fn three_tools_and_the_pinned_one_are_listed() {
    let client = start(&Api::start().await.unwrap()).await;
    let tools = client.tools().await.unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["call_operation", "describe_operation", "query_json", "search_operations"]);
    let call = tools.iter().find(|tool| tool["name"] == "call_operation").unwrap();
    // Some of the operations write, so that one who asks before a write must ask before each call.
    assert_eq!(call["annotations"]["readOnlyHint"], false);
    assert_eq!(call["annotations"]["destructiveHint"], true);
    client.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_found_can_be_described_and_called() {
    let mut api = Api::start().await.unwrap();
    let client = start(&api).await;
    let contract = contract();
    let searched: Vec<&Value> =
        contract["operations"].as_array().unwrap().iter().filter(|case| case["through"] == "call_operation").collect();
    assert_eq!(searched.len(), 22);
    for case in searched {
        let name = case["tool"].as_str().unwrap();
        let found = client.search(&name.replace('_', " "), 5).await.unwrap();
        assert!(found.iter().any(|hit| hit.name == name), "{name} is not among {found:?}");
        let described = client.describe(name).await.unwrap();
        let properties = described["arguments"]["properties"].as_object().unwrap();
        for argument in case["arguments"].as_object().unwrap().keys() {
            assert!(properties.contains_key(argument), "{name}: {argument} is not described");
        }
        let (text, is_error) = client.call(name, &case["arguments"]).await.unwrap();
        assert!(!is_error, "{name}: {text}");
        assert_eq!(api.line().await.unwrap(), case["request"]["line"].as_str().unwrap(), "{name}");
    }
    client.stop().await.unwrap();
}
