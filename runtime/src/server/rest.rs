//! URIs of what was cut off an answer, and the way back to it.
//!
//! `mcpgen-rest:ID/FROM` is kept by the instance that answered. `mcpgen-rest:ID/FROM/SEAL` can be read from any instance
//! that shares the state key: the seal holds the call, and a read is made again. Everything else is not: a client that
//! wants it a second time has to say so.

use std::time::{Duration, SystemTime};

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use super::Inner;
use super::tables::Tool;
use crate::context::Context;
use crate::json::RawJson;
use crate::protocol::{StateBinding, StateKey};

/// The URIs of the rests.
const SCHEME: &str = "mcpgen-rest:";
/// Bytes of arguments that a URI carries.
const LONGEST: usize = 2_048;

/// A place in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest<'a> {
    pub(super) id: &'a str,
    /// In bytes.
    pub(super) from: usize,
    pub(super) seal: Option<&'a str>,
}

impl<'a> Rest<'a> {
    /// `None`: this is no URI of a rest.
    pub(super) fn parse(uri: &'a str) -> Option<Self> {
        let mut parts = uri.strip_prefix(SCHEME)?.splitn(3, '/');
        let (id, from, seal) = (parts.next()?, parts.next()?, parts.next());
        // What is no number is no place in any text.
        Some(Self { id, from: from.parse().unwrap_or(usize::MAX), seal })
    }

    pub(super) fn uri(&self) -> String {
        let seal = self.seal.map_or_else(String::new, |seal| format!("/{seal}"));
        format!("{SCHEME}{}/{}{seal}", self.id, self.from)
    }
}

/// A call that can be made again.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Again {
    #[serde(rename = "t")]
    pub(super) tool: String,
    /// JSON text.
    #[serde(rename = "a")]
    pub(super) arguments: String,
    /// Of the whole text, so that no two halves of different answers are put together.
    #[serde(rename = "d")]
    digest: String,
}

impl Again {
    /// Whether this is the text that was cut.
    pub(super) fn is_same(&self, text: &str) -> bool {
        self.digest == digest(text)
    }
}

fn digest(text: &str) -> String {
    let digest = Hash::hash(text.as_ref());
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The seal of a call that is a read; `None` for others, and for one that no URI can hold.
pub(super) fn seal(
    inner: &Inner,
    cx: &Context,
    tool: &Tool,
    arguments: &RawJson,
    ttl: Duration,
    text: &str,
) -> Option<String> {
    if tool.def.annotations.read_only != Some(true) || arguments.as_str().len() > LONGEST {
        return None;
    }
    let again =
        Again { tool: tool.def.name.to_owned(), arguments: arguments.as_str().to_owned(), digest: digest(text) };
    let payload = serde_json::to_string(&again).ok()?;
    Some(key(inner)?.seal_text(&binding(inner, cx), &payload, ttl, SystemTime::now()))
}

/// The call in a seal that this server made for this principal.
pub(super) fn open(inner: &Inner, cx: &Context, seal: &str) -> Option<Again> {
    let payload = key(inner)?.open_text(&binding(inner, cx), seal, SystemTime::now())?;
    serde_json::from_str(&payload).ok()
}

fn key(inner: &Inner) -> Option<StateKey> {
    inner.state_key.clone().or_else(StateKey::of_process)
}

fn binding<'a>(inner: &'a Inner, cx: &'a Context) -> StateBinding<'a> {
    let server = inner.tables.def.name;
    StateBinding { server, principal: cx.principal(), method: SCHEME, target: "", arguments: "{}" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read_back() {
        for rest in [Rest { id: "ab", from: 7, seal: None }, Rest { id: "ab", from: 7, seal: Some("x_-Y") }] {
            assert_eq!(Rest::parse(&rest.uri()), Some(rest));
        }
        assert_eq!(Rest::parse("weather://a/1"), None);
        assert_eq!(Rest::parse("mcpgen-rest:ab"), None);
        assert_eq!(Rest::parse("mcpgen-rest:ab/-1").unwrap().from, usize::MAX);
    }
}
