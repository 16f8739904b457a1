//! Results of calls, reads, prompts and completions, with exactly the members that the revision has.

use std::borrow::Cow;

use serde_json::Value;

use crate::content::{Block, ResourceContents};
use crate::server::{CallResult, CompletionResult, PromptResult};

use super::Revision;
use super::error::{error_object, push_string};

/// Values of a completion at most (MCP 2026-07-28, "Completion Results").
const COMPLETION_CAP: usize = 100;

/// Writes a result object: the members that the era demands around those of the method.
pub(super) struct ResultWriter<'a> {
    out: &'a mut String,
    revision: Revision,
    /// `{"name":…,"version":…}`
    server_info: &'a str,
}

impl<'a> ResultWriter<'a> {
    /// Begins the object; `resultType` comes first.
    pub(super) fn begin(out: &'a mut String, revision: Revision, server_info: &'a str) -> Self {
        Self::begin_as(out, revision, server_info, "complete")
    }

    /// Begins the object of a result of this type.
    pub(super) fn begin_as(out: &'a mut String, revision: Revision, server_info: &'a str, kind: &str) -> Self {
        out.push('{');
        if revision.is_modern() {
            out.push_str(r#""resultType":""#);
            out.push_str(kind);
            out.push('"');
        }
        Self { out, revision, server_info }
    }

    /// A member; the value is JSON text that `write` appends.
    pub(super) fn member(&mut self, name: &str, write: impl FnOnce(&mut String)) -> &mut Self {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        // Names are constants without anything to escape.
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        write(self.out);
        self
    }

    /// `ttlMs` and `cacheScope`, where the era has them.
    pub(super) fn cache(&mut self, cache: Cache) -> &mut Self {
        if self.revision.is_modern() {
            self.member("ttlMs", |out| out.push_str(&cache.ttl_ms.to_string()));
            self.member("cacheScope", |out| out.push_str(if cache.public { r#""public""# } else { r#""private""# }));
        }
        self
    }

    /// Ends the object with `_meta`: these entries (name, JSON text) and, where the era has it, the server's identity.
    pub(super) fn end(&mut self, meta: &[(&str, &str)]) {
        let identity = [("io.modelcontextprotocol/serverInfo", self.server_info)];
        let mut entries = meta.iter().chain(if self.revision.is_modern() { &identity[..] } else { &[] }).peekable();
        if entries.peek().is_some() {
            self.member("_meta", |out| {
                let mut open = '{';
                for (name, value) in entries {
                    out.push(open);
                    push_string(out, name);
                    out.push(':');
                    out.push_str(value);
                    open = ',';
                }
                out.push('}');
            });
        }
        self.out.push('}');
    }
}

/// How long and for whom a result may be kept (MCP 2026-07-28, "Caching").
#[derive(Clone, Copy, Debug)]
pub(super) struct Cache {
    pub(super) ttl_ms: u64,
    pub(super) public: bool,
}

impl Cache {
    /// Contents of resources may depend on who asks and on when.
    pub(super) const NEVER: Self = Self { ttl_ms: 0, public: false };
}

/// The result of `tools/call`.
pub(super) fn call(mut result: ResultWriter<'_>, answer: &CallResult) {
    let revision = result.revision;
    let error = answer.error.as_ref().map(error_object);
    let structured = answer.structured.as_ref().filter(|structured| {
        // Any JSON in the modern era, an object before it.
        revision.is_modern() || (revision.has_titles() && structured.is_object())
    });
    result.member("content", |out| {
        out.push('[');
        let mut separate = Separator::default();
        for block in &answer.content {
            separate.next(out);
            push_block(out, revision, block);
        }
        // What a revision cannot carry as structured content is not lost: it travels as JSON text.
        if let (Some(dropped), None) = (&answer.structured, structured)
            && !answer.content.iter().any(|block| matches!(block, Block::Text { text } if text == dropped.as_str()))
        {
            separate.next(out);
            push_text(out, dropped.as_str());
        }
        if let (Some(error), []) = (&error, answer.content.as_slice()) {
            separate.next(out);
            push_text(out, &format!(r#"{{"error":{error}}}"#));
        }
        out.push(']');
    });
    if let Some(structured) = structured {
        result.member("structuredContent", |out| out.push_str(structured.as_str()));
    }
    if answer.is_error {
        result.member("isError", |out| out.push_str("true"));
    }
    let error = error.as_deref().map(|error| ("dev.mcpgen/error", error));
    let others = answer.meta().into_iter().filter_map(|(name, json)| Some((name, json?.as_str())));
    let meta: Vec<_> = error.into_iter().chain(others).collect();
    result.end(&meta);
}

/// The result of `resources/read`.
pub(super) fn read(mut result: ResultWriter<'_>, contents: &[ResourceContents]) {
    result.member("contents", |out| push_array(out, contents)).cache(Cache::NEVER).end(&[]);
}

/// The result of `prompts/get`.
pub(super) fn prompt(mut result: ResultWriter<'_>, prompt: &PromptResult) {
    let revision = result.revision;
    result.member("description", |out| push_string(out, prompt.description));
    result.member("messages", |out| match older_messages(revision, prompt.messages.as_str()) {
        Some(messages) => out.push_str(&messages),
        None => out.push_str(prompt.messages.as_str()),
    });
    result.end(&[]);
}

/// The messages with the content that the revision does not know turned into text; `None`: it knows all.
fn older_messages(revision: Revision, messages: &str) -> Option<String> {
    // Nearly all messages are text, and the newer revisions know every type: those are not taken apart.
    let newer = |kind: &str| messages.contains(&format!(r#""type":"{kind}""#));
    if revision.has_titles() || !(newer("audio") || newer("resource_link")) {
        return None;
    }
    let mut messages: Vec<Value> = serde_json::from_str(messages).ok()?;
    for content in messages.iter_mut().filter_map(|message| message.get_mut("content")) {
        let word = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
        let text = match word("type") {
            "audio" if !revision.has_annotations() => no_sound(revision, word("mimeType")),
            "resource_link" => link(word("name"), word("uri")),
            _ => continue,
        };
        *content = serde_json::json!({ "type": "text", "text": text });
    }
    serde_json::to_string(&messages).ok()
}

/// The result of `completion/complete`.
pub(super) fn completion(mut result: ResultWriter<'_>, completion: &CompletionResult) {
    let values = completion.values.get(..COMPLETION_CAP).unwrap_or(&completion.values);
    let more = completion.has_more || values.len() < completion.values.len();
    result.member("completion", |out| {
        out.push_str(r#"{"values":"#);
        push_array(out, values);
        out.push_str(r#","total":"#);
        out.push_str(&completion.total.max(values.len()).to_string());
        out.push_str(if more { r#","hasMore":true}"# } else { r#","hasMore":false}"# });
    });
    result.end(&[]);
}

fn push_array<T: serde::Serialize>(out: &mut String, items: &[T]) {
    // Plain structs of strings always serialise.
    out.push_str(&serde_json::to_string(items).unwrap_or_else(|_| "[]".to_owned()));
}

/// A content block; one of a type that the revision does not know becomes text, so that nothing is lost silently.
fn push_block(out: &mut String, revision: Revision, block: &Block) {
    let text: Cow<'_, str> = match block {
        Block::Text { text } => Cow::Borrowed(text),
        Block::Audio { mime_type, .. } if !revision.has_annotations() => Cow::Owned(no_sound(revision, mime_type)),
        Block::ResourceLink { uri, name, .. } if !revision.has_titles() => Cow::Owned(link(name, uri)),
        block => {
            if let Ok(block) = serde_json::to_string(block) {
                out.push_str(&block);
            }
            return;
        }
    };
    push_text(out, &text);
}

fn no_sound(revision: Revision, mime_type: &str) -> String {
    format!("[{mime_type}: sound is not part of protocol revision {revision}]")
}

fn link(name: &str, uri: &str) -> String {
    format!("{name}: {uri}")
}

fn push_text(out: &mut String, text: &str) {
    out.push_str(r#"{"type":"text","text":"#);
    push_string(out, text);
    out.push('}');
}

/// A comma between items, none before the first.
#[derive(Default)]
pub(super) struct Separator {
    begun: bool,
}

impl Separator {
    pub(super) fn next(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.begun, true) {
            out.push(',');
        }
    }
}
