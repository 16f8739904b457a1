//! The requests, and whether an answer is right.

use serde_json::{Value, json};

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Revision 2025-11-25: `initialize` first.
    Legacy,
    /// Revision 2026-07-28: each request names its version.
    Modern,
}

impl Era {
    pub const fn revision(self) -> &'static str {
        match self {
            Self::Legacy => "2025-11-25",
            Self::Modern => "2026-07-28",
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `tools/call` of `get_temperature`.
    Call,
    /// `tools/list`
    List,
}

/// The first id: all ids have as many digits.
pub const FIRST_ID: u64 = 1_000_000;

/// A request whose id can be exchanged.
#[derive(Clone, Debug)]
pub struct Message {
    head: String,
    tail: String,
}

impl Message {
    pub fn new(ask: Ask, era: Era) -> Self {
        let (method, mut params) = match ask {
            Ask::Call => (
                "tools/call",
                json!({ "name": "get_temperature", "arguments": { "city": "Tokyo", "unit": "celsius" } }),
            ),
            Ask::List => ("tools/list", json!({})),
        };
        if era == Era::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": era.revision(),
                "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1.0.0" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        Self {
            head: r#"{"jsonrpc":"2.0","id":"#.to_owned(),
            tail: format!(r#","method":"{method}","params":{params}}}"#),
        }
    }

    pub fn write(&self, id: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.as_bytes());
        out.extend_from_slice(id.to_string().as_bytes());
        out.extend_from_slice(self.tail.as_bytes());
    }

    pub fn text(&self, id: u64) -> String {
        format!("{}{id}{}", self.head, self.tail)
    }
}

/// The handshake of a legacy client.
pub const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}}"#;
pub const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// Whether this is the answer to the request with this id.
///
/// # Errors
/// What is wrong with it.
pub fn check(ask: Ask, id: u64, tools: usize, answer: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(answer).map_err(|error| format!("{error}: {answer}"))?;
    let result = &value["result"];
    let right = match ask {
        Ask::Call => {
            result["structuredContent"] == json!({ "city": "Tokyo", "temperature": 21.5, "unit": "celsius" })
                && result["isError"] != json!(true)
        }
        Ask::List => {
            let listed = result["tools"].as_array().map_or(0, Vec::len);
            let schema = result["tools"][tools - 1]["inputSchema"]["properties"].as_object().map_or(0, |all| all.len());
            listed == tools && schema > 0
        }
    };
    if right && value["id"] == json!(id) { Ok(()) } else { Err(format!("not the answer to {ask:?} {id}: {answer}")) }
}
