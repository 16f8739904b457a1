//! The parameters of requests: one pass over `params`, members checked where a method asks for them.

use std::borrow::Cow;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::server;

use super::error::RpcError;
use super::members::{self, Members, members};
use super::message::{Raw, RequestId, string};

members! {
    /// The members of `params` of all methods together.
    Params {
        meta = "_meta",
        name = "name",
        arguments = "arguments",
        uri = "uri",
        cursor = "cursor",
        reference = "ref",
        argument = "argument",
        context = "context",
        level = "level",
        notifications = "notifications",
        protocol_version = "protocolVersion",
        client_info = "clientInfo",
        input_responses = "inputResponses",
        request_state = "requestState",
        capabilities = "capabilities",
        request_id = "requestId",
        task_id = "taskId",
    }
}

members! {
    /// The members of `params._meta` that the protocol defines (MCP 2026-07-28, "`_meta`").
    Meta {
        protocol_version = "io.modelcontextprotocol/protocolVersion",
        client_capabilities = "io.modelcontextprotocol/clientCapabilities",
        client_info = "io.modelcontextprotocol/clientInfo",
        log_level = "io.modelcontextprotocol/logLevel",
        progress_token = "progressToken",
        traceparent = "traceparent",
        tracestate = "tracestate",
        baggage = "baggage",
    }
}

members! {
    /// `ref` of a completion.
    Reference { kind = "type", name = "name", uri = "uri" }
}

members! {
    /// `argument` of a completion.
    Argument { name = "name", value = "value" }
}

members! {
    /// `context` of a completion.
    Resolved { arguments = "arguments" }
}

impl<'a> Params<'a> {
    /// Reads `params`; absent ones are empty.
    pub(super) fn read(raw: Option<Raw<'a>>) -> Result<Self, RpcError> {
        raw.map_or_else(|| Ok(Self::default()), |raw| object(raw, "params"))
    }

    /// Reads `_meta`; an absent one is empty.
    pub(super) fn meta(&self) -> Result<Meta<'a>, RpcError> {
        self.meta.map_or_else(|| Ok(Meta::default()), |raw| object(raw, "params._meta"))
    }

    /// `name`
    pub(super) fn name(&self) -> Result<Cow<'a, str>, RpcError> {
        required_string(self.name, "name")
    }

    /// What the header `Mcp-Name` repeats for this method, where it is there (MCP 2026-07-28, "Standard Request Headers").
    pub(super) fn named(&self, method: &str) -> Option<Cow<'a, str>> {
        match method {
            "tools/call" | "prompts/get" => self.name.and_then(string),
            "resources/read" => self.uri.and_then(string),
            "tasks/get" | "tasks/update" | "tasks/cancel" => self.task_id.and_then(string),
            _ => None,
        }
    }

    /// `uri`
    pub(super) fn uri(&self) -> Result<Cow<'a, str>, RpcError> {
        required_string(self.uri, "uri")
    }

    /// `cursor`; `null` is taken for absent.
    pub(super) fn cursor(&self) -> Result<Option<Cow<'a, str>>, RpcError> {
        match given(self.cursor) {
            None => Ok(None),
            Some(raw) => string(raw).map(Some).ok_or_else(|| must_be("cursor", "a string")),
        }
    }

    /// `arguments` of a tool: an object. `null` is taken for absent.
    pub(super) fn tool_arguments(&self) -> Result<Option<Raw<'a>>, RpcError> {
        match given(self.arguments) {
            Some(raw) if !raw.get().starts_with('{') => Err(must_be("arguments", "an object")),
            arguments => Ok(arguments),
        }
    }

    /// `arguments` of a prompt: an object of strings. `null` is taken for absent.
    pub(super) fn prompt_arguments(&self) -> Result<Vec<(String, String)>, RpcError> {
        strings(given(self.arguments), "arguments")
    }

    /// `requestId` of a cancellation.
    pub(super) fn request_id(&self) -> Option<RequestId> {
        self.request_id.and_then(RequestId::new)
    }

    /// `ref`, `argument` and `context` of a completion.
    pub(super) fn completion(&self) -> Result<CompletionParams, RpcError> {
        let reference: Reference<'_> = required_object(self.reference, "ref")?;
        let argument: Argument<'_> = required_object(self.argument, "argument")?;
        let context = match given(self.context) {
            Some(raw) => strings(given(object::<Resolved<'_>>(raw, "context")?.arguments), "context.arguments")?,
            None => Vec::new(),
        };
        let reference = match required_string(reference.kind, "ref.type")?.as_ref() {
            "ref/prompt" => CompletionRef::Prompt(required_string(reference.name, "ref.name")?.into_owned()),
            "ref/resource" => CompletionRef::Resource(required_string(reference.uri, "ref.uri")?.into_owned()),
            _ => return Err(must_be("ref.type", "\"ref/prompt\" or \"ref/resource\"")),
        };
        Ok(CompletionParams {
            reference,
            argument: required_string(argument.name, "argument.name")?.into_owned(),
            value: required_string(argument.value, "argument.value")?.into_owned(),
            context,
        })
    }
}

/// What a completion is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CompletionParams {
    pub(crate) reference: CompletionRef,
    pub(crate) argument: String,
    pub(crate) value: String,
    /// The arguments that have values already.
    pub(crate) context: Vec<(String, String)>,
}

/// What a completion belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CompletionRef {
    /// A prompt, by name.
    Prompt(String),
    /// A resource template (or a resource), by URI.
    Resource(String),
}

impl<'a> From<&'a CompletionRef> for server::CompletionRef<'a> {
    fn from(reference: &'a CompletionRef) -> Self {
        match reference {
            CompletionRef::Prompt(name) => Self::Prompt(name),
            CompletionRef::Resource(uri) => Self::Resource(uri),
        }
    }
}

/// A member that is there and not `null`.
pub(super) fn given(raw: Option<Raw<'_>>) -> Option<Raw<'_>> {
    raw.filter(|raw| raw.get() != "null")
}

pub(super) fn must_be(member: &str, what: &str) -> RpcError {
    RpcError::invalid_params(format!("Invalid params: \"{member}\" must be {what}"))
}

/// A string member that has to be there.
pub(super) fn required_string<'a>(raw: Option<Raw<'a>>, member: &str) -> Result<Cow<'a, str>, RpcError> {
    raw.and_then(string).ok_or_else(|| must_be(member, "a string"))
}

fn required_object<'a, T: Members<'a>>(raw: Option<Raw<'a>>, member: &str) -> Result<T, RpcError> {
    object(raw.ok_or_else(|| must_be(member, "an object"))?, member)
}

/// The members of an object.
pub(super) fn object<'a, T: Members<'a>>(raw: Raw<'a>, member: &str) -> Result<T, RpcError> {
    if !raw.get().starts_with('{') {
        return Err(must_be(member, "an object"));
    }
    // What is left to go wrong is a member that is there twice.
    members::read(raw.get()).map_err(|_| must_be(member, "an object without duplicate members"))
}

/// An object whose values are strings, in its order.
fn strings(raw: Option<Raw<'_>>, member: &str) -> Result<Vec<(String, String)>, RpcError> {
    struct Pairs(Vec<(String, String)>);
    impl<'de> Deserialize<'de> for Pairs {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Collect;
            impl<'de> Visitor<'de> for Collect {
                type Value = Pairs;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object of strings")
                }
                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some(pair) = map.next_entry()? {
                        pairs.push(pair);
                    }
                    Ok(Pairs(pairs))
                }
            }
            deserializer.deserialize_map(Collect)
        }
    }
    let Some(raw) = raw else { return Ok(Vec::new()) };
    let pairs: Pairs = serde_json::from_str(raw.get()).map_err(|_| must_be(member, "an object of strings"))?;
    Ok(pairs.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params<'_> {
        Params::read(Some(Raw::of_value(text))).expect("params")
    }

    #[test]
    fn params_are_an_object_with_distinct_members() {
        for bad in ["[]", "1", "\"x\"", r#"{"name":"a","name":"b"}"#] {
            let error = Params::read(Some(Raw::of_value(bad))).expect_err(bad);
            assert_eq!(error.code(), -32602);
        }
        assert!(Params::read(None).is_ok());
    }

    #[test]
    fn arguments_of_prompts_are_strings() {
        assert_eq!(
            params(r#"{"arguments":{"b":"1","a":"\u00e9"}}"#).prompt_arguments().unwrap(),
            [("b".to_owned(), "1".to_owned()), ("a".to_owned(), "é".to_owned())]
        );
        assert!(params(r#"{"arguments":{"a":1}}"#).prompt_arguments().is_err());
        assert!(params(r#"{"arguments":null}"#).prompt_arguments().unwrap().is_empty());
    }

    #[test]
    fn arguments_of_tools_keep_their_text() {
        let arguments = params(r#"{"arguments":{"a": 1e400}}"#);
        assert_eq!(arguments.tool_arguments().unwrap().map(Raw::get), Some(r#"{"a": 1e400}"#));
        assert!(params(r#"{"arguments":[]}"#).tool_arguments().is_err());
        assert!(params("{}").tool_arguments().unwrap().is_none());
    }

    #[test]
    fn completions_name_a_prompt_or_a_resource() {
        let text = r#"{"ref":{"type":"ref/resource","uri":"weather://{city}"},"argument":{"name":"city","value":"to"},
                       "context":{"arguments":{"unit":"celsius"}}}"#;
        assert_eq!(
            params(text).completion().unwrap(),
            CompletionParams {
                reference: CompletionRef::Resource("weather://{city}".to_owned()),
                argument: "city".to_owned(),
                value: "to".to_owned(),
                context: vec![("unit".to_owned(), "celsius".to_owned())],
            }
        );
        for bad in [
            "{}",
            r#"{"ref":{"type":"ref/prompt"},"argument":{"name":"a","value":""}}"#,
            r#"{"ref":{"type":"ref/tool","name":"x"},"argument":{"name":"a","value":""}}"#,
            r#"{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"a"}}"#,
        ] {
            assert_eq!(params(bad).completion().unwrap_err().code(), -32602, "{bad}");
        }
    }
}
