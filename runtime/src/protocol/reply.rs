//! Answers, as the text that goes on the wire.

use bytes::Bytes;

use super::error::RpcError;
use super::message::{Malformed, RequestId};

/// The answer to one request: a complete JSON-RPC message without a line break.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    code: Option<i64>,
    text: Text,
}

#[derive(Clone, Debug)]
enum Text {
    /// The whole message.
    Whole(String),
    /// The message around a result that many answers share.
    Around { head: String, result: Bytes },
}

impl Reply {
    /// A success with this result, JSON text.
    pub(crate) fn result(id: &RequestId, result: &str) -> Self {
        let mut text = String::with_capacity(result.len() + 64);
        push_head(&mut text, Some(id));
        text.push_str(r#","result":"#);
        text.push_str(result);
        text.push('}');
        Self { code: None, text: Text::Whole(text) }
    }

    /// A success with a result that `write` appends.
    pub(crate) fn write_result(id: &RequestId, write: impl FnOnce(&mut String)) -> Self {
        let mut text = String::with_capacity(512);
        push_head(&mut text, Some(id));
        text.push_str(r#","result":"#);
        write(&mut text);
        text.push('}');
        Self { code: None, text: Text::Whole(text) }
    }

    /// A success with a result that is kept for many answers and not copied.
    pub(crate) fn shared(id: &RequestId, result: Bytes) -> Self {
        let mut head = String::with_capacity(64);
        push_head(&mut head, Some(id));
        head.push_str(r#","result":"#);
        Self { code: None, text: Text::Around { head, result } }
    }

    /// A failure. Where the id is not known it is left out: `null` would violate the schema.
    pub(crate) fn error(id: Option<&RequestId>, error: &RpcError) -> Self {
        let mut text = String::with_capacity(160);
        push_head(&mut text, id);
        text.push_str(r#","error":"#);
        error.write(&mut text);
        text.push('}');
        Self { code: Some(error.code()), text: Text::Whole(text) }
    }

    /// The answers of a batch in one array; none for no answers.
    pub(crate) fn batch(replies: Vec<Self>) -> Option<Self> {
        if replies.is_empty() {
            return None;
        }
        let mut text = String::from("[");
        for (at, reply) in replies.into_iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            let (head, shared, tail) = reply.parts();
            text.push_str(&head);
            text.push_str(&String::from_utf8_lossy(&shared.unwrap_or_default()));
            text.push_str(tail);
        }
        text.push(']');
        Some(Self { code: None, text: Text::Whole(text) })
    }

    /// The JSON-RPC code of a failure, from which HTTP takes its status.
    pub(crate) fn code(&self) -> Option<i64> {
        self.code
    }

    /// The text in up to three parts, in order.
    pub(crate) fn parts(self) -> (String, Option<Bytes>, &'static str) {
        match self.text {
            Text::Whole(text) => (text, None, ""),
            Text::Around { head, result } => (head, Some(result), "}"),
        }
    }
}

impl From<Malformed> for Reply {
    fn from(malformed: Malformed) -> Self {
        Self::error(malformed.id.as_ref(), &malformed.error)
    }
}

fn push_head(out: &mut String, id: Option<&RequestId>) {
    out.push_str(r#"{"jsonrpc":"2.0""#);
    if let Some(id) = id {
        out.push_str(r#","id":"#);
        out.push_str(id.as_json());
    }
}

#[cfg(test)]
impl Reply {
    /// The whole text.
    pub(crate) fn into_text(self) -> String {
        let (mut text, shared, tail) = self.parts();
        text.push_str(std::str::from_utf8(&shared.unwrap_or_default()).unwrap());
        text + tail
    }
}
