//! From a handler's answer to the result of a call.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::SerializeMap;

use super::run::Failure;
use super::tables::{Answers, Tool};
use crate::content::{Block, Body};
use crate::context::Context;
use crate::def::OutputMode;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::limits::whole_seconds;
use crate::resource::Contents;
use crate::tool::Answer;
use crate::validate::{Subject, Violations};
use crate::{neutralise, redact, text};

/// The result of a tool call, before a transport gives it the shape of its protocol revision.
///
/// It serialises as `CallToolResult`: `content`, `structuredContent`, `isError` and, for an error, the typed error in
/// `_meta`.
#[derive(Clone, Debug)]
pub struct CallResult {
    /// The content blocks.
    pub content: Vec<Block>,
    /// The structured content.
    pub structured: Option<RawJson>,
    /// Whether the call failed.
    pub is_error: bool,
    /// The error, where it failed.
    pub error: Option<Error>,
    /// Arguments that were read as what they can only mean, as a JSON array of
    /// `{"pointer":"/limit","received":"5","used":5}`; without `used` the value was left out.
    pub normalised: Option<RawJson>,
    /// Where the answer deviates from what the document says of it, for a tool that says so without being bound to it:
    /// `{"violations":[{"pointer":…,"message":…}],"more":N}`.
    pub deviations: Option<RawJson>,
}

/// The `_meta` key of the typed error.
pub(crate) const ERROR_META: &str = "dev.mcpgen/error";
/// The `_meta` key of the arguments that were normalised.
pub(crate) const NORMALISED_META: &str = "dev.mcpgen/normalised";
/// The `_meta` key of deviations of the answer from the document.
pub(crate) const DEVIATIONS_META: &str = "dev.mcpgen/deviations";
/// Deviations that are spelled out.
const MOST_DEVIATIONS: usize = 8;

impl CallResult {
    /// A failed call. The first block is the error as JSON text, `{"error":{…}}`.
    pub(crate) fn failed(error: Error) -> Self {
        let text = RawJson::encode(&ErrorText { error: WireError::from(&error) })
            .map_or_else(|_| error.message().to_owned(), |json| json.as_str().to_owned());
        Self {
            content: vec![Block::Text { text }],
            structured: None,
            is_error: true,
            error: Some(error),
            normalised: None,
            deviations: None,
        }
    }

    /// The text blocks, joined with line breaks.
    pub fn text(&self) -> String {
        let texts: Vec<_> = self
            .content
            .iter()
            .filter_map(|block| match block {
                Block::Text { text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        texts.join("\n")
    }

    /// Shows what is hidden in texts, in structured content and in what `_meta` holds; JSON keeps its value.
    pub(super) fn neutralise(&mut self) {
        for block in &mut self.content {
            if let Block::Text { text } = block
                && let Cow::Owned(shown) = neutralise::text(text)
            {
                *text = shown;
            }
        }
        for json in [&mut self.structured, &mut self.normalised, &mut self.deviations].into_iter().flatten() {
            if let Cow::Owned(shown) = neutralise::text(json.as_str()) {
                *json = RawJson::from_valid(&shown);
            }
        }
        self.error = self.error.take().map(neutralise::error);
    }

    /// Takes out credentials that the answer gives back (SECURITY.md I11).
    pub(super) fn redact(&mut self) {
        for block in &mut self.content {
            if let Block::Text { text } = block
                && let Cow::Owned(clean) = redact::in_result(text)
            {
                *text = clean;
            }
        }
        for json in [&mut self.structured, &mut self.deviations] {
            if let Some(text) = json
                && let Cow::Owned(clean) = redact::in_result(text.as_str())
            {
                // A secret that is a number leaves a text that is no JSON.
                *json = RawJson::parse(&clean).ok();
            }
        }
    }

    /// What `_meta` holds beside the error.
    pub(crate) fn meta(&self) -> [(&'static str, Option<&RawJson>); 2] {
        [(NORMALISED_META, self.normalised.as_ref()), (DEVIATIONS_META, self.deviations.as_ref())]
    }

    /// Bytes of the content.
    pub(super) fn bytes(&self) -> usize {
        let blocks: usize = self.content.iter().map(block_bytes).sum();
        blocks + self.structured.as_ref().map_or(0, |json| json.as_str().len())
    }
}

fn block_bytes(block: &Block) -> usize {
    match block {
        Block::Text { text } => text.len(),
        Block::Image { data, .. } | Block::Audio { data, .. } => data.len(),
        Block::Resource { resource } => body_bytes(&resource.body),
        Block::ResourceLink { uri, name, .. } => uri.len() + name.len(),
    }
}

/// Bytes of the contents of a resource as they travel.
pub(super) fn body_bytes(body: &Body) -> usize {
    match body {
        Body::Text(text) | Body::Blob(text) => text.len(),
    }
}

#[derive(Serialize)]
struct ErrorText<'a> {
    error: WireError<'a>,
}

/// An error as agents read it: in the text of the result and in its `_meta`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireError<'a> {
    r#type: &'a str,
    kind: ErrorKind,
    message: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawJson>,
}

impl<'a> From<&'a Error> for WireError<'a> {
    fn from(error: &'a Error) -> Self {
        Self {
            r#type: error.type_name(),
            kind: error.kind(),
            message: error.message(),
            retryable: error.kind().retryable(),
            retry_after_seconds: error.retry_after().map(whole_seconds),
            status: error.status(),
            data: error.data(),
        }
    }
}

impl Serialize for CallResult {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("content", &self.content)?;
        if let Some(structured) = &self.structured {
            map.serialize_entry("structuredContent", structured)?;
        }
        if self.is_error {
            map.serialize_entry("isError", &true)?;
        }
        let others = self.meta();
        if self.error.is_some() || others.iter().any(|(_, json)| json.is_some()) {
            let meta = Meta { error: self.error.as_ref().map(WireError::from), others };
            map.serialize_entry("_meta", &meta)?;
        }
        map.end()
    }
}

struct Meta<'a> {
    error: Option<WireError<'a>>,
    others: [(&'static str, Option<&'a RawJson>); 2],
}

impl Serialize for Meta<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(error) = &self.error {
            map.serialize_entry(ERROR_META, error)?;
        }
        for (name, json) in self.others {
            if let Some(json) = json {
                map.serialize_entry(name, json)?;
            }
        }
        map.end()
    }
}

/// The result for an answer: its text from the tool's template, else the JSON itself; structured content as the output
/// mode says.
///
/// # Errors
/// `BadResponse`, with the answer beside it, where the answer deviates from the schema that the tool is bound to: MCP
/// 2026-07-28, "Output Schema", binds the server to it, and clients throw away what deviates.
pub(super) fn result(cx: &Context, tool: &Tool, answer: Answer) -> Result<CallResult, Failure> {
    let def = tool.def;
    let json = match answer {
        Answer::Json(json) => json,
        Answer::Contents(contents) if tool.output.is_some() => return Err(no_json(def.name, contents)),
        Answer::Content(_) if tool.output.is_some() => {
            return Err(Failure::internal(cx, "the tool has an output schema and answered content without JSON"));
        }
        Answer::Content(content) => return Ok(succeeded(content.blocks, None)),
        Answer::Contents(contents) => {
            let block = contents.into_block(&format!("result:{}", def.name));
            return Ok(succeeded(vec![block], None));
        }
    };
    if let Some(schema) = &tool.output {
        let validator = schema.validator().map_err(|error| Failure::internal(cx, error.to_string()))?;
        if let Err(violations) = validator.check(&json, Subject::Answer) {
            return Err(deviation(violations, json));
        }
    }
    let validator = tool.answer.as_ref().and_then(Answers::validator);
    let deviations = validator.and_then(|validator| validator.check(&json, Subject::Answer).err());
    let text = def.text.map_or_else(|| json.as_str().to_owned(), |template| text::render(template, &json));
    let structured = match def.output {
        OutputMode::Strict => tool.output.is_some() || json.is_object(),
        OutputMode::Lenient => json.is_object(),
        OutputMode::Off => false,
    };
    let mut result = succeeded(vec![Block::Text { text }], structured.then_some(json));
    result.deviations = deviations.and_then(|deviations| RawJson::encode(&deviations.first(MOST_DEVIATIONS)).ok());
    Ok(result)
}

fn succeeded(content: Vec<Block>, structured: Option<RawJson>) -> CallResult {
    CallResult { content, structured, is_error: false, error: None, normalised: None, deviations: None }
}

/// The API answered something else than JSON, and clients were promised structured content.
fn no_json(name: &str, contents: Contents) -> Failure {
    let message = "The answer is no JSON, and the tool's output schema promises some; it follows as it is.";
    let error = Error::new(ErrorKind::BadResponse, message).with_type("NotJson");
    Failure { error, detail: None, shown: Some(Box::new(contents.into_block(&format!("result:{name}")))) }
}

fn deviation(violations: Violations, answer: RawJson) -> Failure {
    let detail = violations.to_string();
    let message = format!("The answer deviates from the tool's output schema; it follows as text. {detail}");
    let mut error = Error::new(ErrorKind::BadResponse, message);
    if let Some(data) = violations.into_error().data() {
        error = error.with_data(data.clone());
    }
    let shown = Block::Text { text: answer.as_str().to_owned() };
    Failure { error, detail: Some(detail), shown: Some(Box::new(shown)) }
}
