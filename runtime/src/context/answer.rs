//! What clients answer, and what they can be asked for.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::content::PromptMessage;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;

/// What a person did with a form or a page (MCP 2026-07-28, `ElicitResult`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Elicited {
    /// They submitted it; the content fits the schema that was asked with (`{}` for a page).
    Accepted(RawJson),
    /// They said no.
    Declined,
    /// They closed it without a choice.
    Cancelled,
}

impl Elicited {
    /// The content as a type of yours; `None` where the person declined or cancelled.
    ///
    /// # Errors
    /// `BadResponse`, where the content is of another shape.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        match self {
            Self::Accepted(content) => content.decode().map(Some).map_err(|error| bad_answer(&error.to_string())),
            Self::Declined | Self::Cancelled => Ok(None),
        }
    }

    /// The content.
    ///
    /// # Errors
    /// `Cancelled` of type `Declined` or `Cancelled`, where the person did not submit it: for handlers that cannot go on
    /// without.
    pub fn accepted(self) -> Result<RawJson, Error> {
        let refused = |name, text| Err(Error::new(ErrorKind::Cancelled, text).with_type(name));
        match self {
            Self::Accepted(content) => Ok(content),
            Self::Declined => refused("Declined", "The person declined to answer."),
            Self::Cancelled => refused("Cancelled", "The person closed the question without an answer."),
        }
    }

    /// Reads an `ElicitResult`; `check` looks at the content of an accepted one.
    pub(super) fn read(answer: &RawJson, check: impl Fn(&RawJson) -> Result<(), String>) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            action: String,
            #[serde(borrow)]
            content: Option<&'a serde_json::value::RawValue>,
        }
        let wire: Wire<'_> = object(answer)?;
        match wire.action.as_str() {
            "accept" => {
                let content = RawJson::from_valid(wire.content.map_or("{}", serde_json::value::RawValue::get));
                check(&content)?;
                Ok(Self::Accepted(content))
            }
            "decline" => Ok(Self::Declined),
            "cancel" => Ok(Self::Cancelled),
            other => Err(format!("the action {:?} is unknown", crate::redact::for_log(other, 64))),
        }
    }
}

/// A request for a completion by the client's model (MCP 2026-07-28, `CreateMessageRequestParams`).
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct Sample {
    messages: Vec<PromptMessage>,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<String>,
}

impl Sample {
    /// Asks with one message of the user.
    pub fn user(text: impl Into<String>, max_tokens: u64) -> Self {
        Self::new(vec![PromptMessage::user(text)], max_tokens)
    }

    /// Asks with these messages.
    pub fn new(messages: Vec<PromptMessage>, max_tokens: u64) -> Self {
        Self { messages, max_tokens, system_prompt: None, temperature: None, stop_sequences: Vec::new() }
    }

    /// The system prompt, which the client may change or leave out.
    pub fn system_prompt(mut self, text: impl Into<String>) -> Self {
        self.system_prompt = Some(text.into());
        self
    }

    /// The temperature of the model; values that are not finite are left out.
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature).filter(|temperature| temperature.is_finite());
        self
    }

    /// Texts at which the model stops.
    pub fn stop_sequences<S: Into<String>>(mut self, texts: impl IntoIterator<Item = S>) -> Self {
        self.stop_sequences = texts.into_iter().map(Into::into).collect();
        self
    }
}

/// What the client's model said (MCP 2026-07-28, `CreateMessageResult`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sampled {
    /// The model, as the client names it.
    pub model: String,
    /// Why it stopped: `endTurn`, `maxTokens`, …
    pub stop_reason: Option<String>,
    /// The content: one block or an array of blocks.
    pub content: RawJson,
}

impl Sampled {
    /// The text blocks of the content, joined with line breaks.
    pub fn text(&self) -> String {
        #[derive(Deserialize)]
        struct Block {
            r#type: String,
            text: Option<String>,
        }
        let blocks: Vec<Block> = match self.content.decode() {
            Ok(blocks) => blocks,
            Err(_) => self.content.decode().into_iter().collect(),
        };
        let texts = blocks.into_iter().filter(|block| block.r#type == "text").filter_map(|block| block.text);
        texts.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn read(answer: &RawJson) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            role: String,
            #[serde(borrow)]
            content: &'a serde_json::value::RawValue,
            model: String,
            stop_reason: Option<String>,
        }
        let Wire { role, content, model, stop_reason } = object(answer)?;
        let content = RawJson::from_valid(content.get());
        if role != "assistant" && role != "user" {
            return Err("the role is neither \"assistant\" nor \"user\"".to_owned());
        }
        if !content.is_object() && !content.as_str().starts_with('[') {
            return Err("the content is neither a block nor an array of blocks".to_owned());
        }
        Ok(Self { model, stop_reason, content })
    }
}

/// A place in the client's file system that the server may work on (MCP 2026-07-28, `Root`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Root {
    /// The URI, `file://…`.
    pub uri: String,
    /// The name that people see.
    pub name: Option<String>,
}

impl Root {
    pub(super) fn read_all(answer: &RawJson) -> Result<Vec<Self>, String> {
        #[derive(Deserialize)]
        struct Wire {
            roots: Vec<Root>,
        }
        object::<Wire>(answer).map(|wire| wire.roots)
    }
}

fn object<'a, T: Deserialize<'a>>(answer: &'a RawJson) -> Result<T, String> {
    if !answer.is_object() {
        return Err("it is no object".to_owned());
    }
    serde_json::from_str(answer.as_str()).map_err(|error| error.to_string())
}

/// The client answered something that cannot be understood.
pub(super) fn bad_answer(problem: &str) -> Error {
    Error::new(ErrorKind::BadResponse, format!("The client's answer is malformed: {problem}")).with_type("BadAnswer")
}
