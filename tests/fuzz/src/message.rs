//! The parser of JSON-RPC messages. Judged by `serde_json::Value`, which knows JSON and nothing of JSON-RPC.

use mcpgen_runtime::fuzzing::{Parsed, parse};
use serde_json::Value;

/// Parses a text.
pub fn run(data: &[u8]) {
    let parsed = parse(data);
    // A value refuses more than JSON does (numbers out of range, lone surrogates), never less.
    let value: Option<Value> = serde_json::from_slice(data).ok();
    match (&parsed, value) {
        (Parsed::Refused { code, id }, value) => {
            assert!(matches!(code, -32700 | -32600), "{parsed:?}");
            if *code == -32700 {
                assert!(value.is_none() || id.is_none(), "valid JSON, and no parse error");
                assert!(value.is_none(), "valid JSON is refused as none: {parsed:?}");
            }
            if let (Some(id), Some(value)) = (id, &value) {
                same_id(id, value);
            }
        }
        (Parsed::Request { id, method }, Some(value)) => {
            assert_eq!(value["jsonrpc"], "2.0");
            assert_eq!(value["method"], method.as_str());
            same_id(id, &value);
            assert!(depth(&value) <= 64);
        }
        (Parsed::Notification { method }, Some(value)) => {
            assert_eq!(value["method"], method.as_str());
            assert!(value.get("id").is_none(), "what has an id wants an answer");
        }
        (Parsed::Response, Some(value)) => {
            assert!(value.get("method").is_none());
            assert!(value.get("result").is_some() || value.get("error").is_some());
        }
        (Parsed::Batch(members), Some(value)) => assert_eq!(value.as_array().map(Vec::len), Some(*members)),
        (_, None) => {}
    }
}

/// The id as it is echoed is the id of the message, a string or an integer.
fn same_id(id: &str, message: &Value) {
    let id: Value = serde_json::from_str(id).expect("the id is JSON");
    assert!(id.is_string() || id.is_number(), "{id}");
    assert_eq!(message["id"], id);
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
