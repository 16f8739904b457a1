//! JSON-RPC messages as they arrive: borrowed from the text, with parameters left as raw JSON.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::json::{RawJson, scan};

use super::error::RpcError;
use super::members::{self, Members, members};
use super::params::{Meta, Params};

/// How deeply a message may nest; the message itself is the first level (SECURITY I3).
pub(crate) const DEPTH_CAP: usize = 64;

/// How many messages a batch may hold (SECURITY I3).
pub(crate) const BATCH_CAP: usize = 64;

/// What one text holds.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once; a box would be an allocation for each message"
)]
pub(crate) enum Incoming<'a> {
    /// One message.
    One(Message<'a>),
    /// A JSON array, whose members are still to be parsed: revision 2025-03-26 only.
    Batch(Vec<&'a RawValue>),
}

/// One message.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    /// It wants an answer.
    Request { id: RequestId, method: Cow<'a, str>, params: Parameters<'a> },
    /// It gets none.
    Notification { method: Cow<'a, str>, params: Parameters<'a> },
    /// The answer to a request of ours.
    Response(Response<'a>),
}

/// The parameters of a message.
#[derive(Debug)]
pub(crate) struct Parameters<'a> {
    /// Their text; `None` where they are absent or `null`.
    raw: Option<Raw<'a>>,
    /// Their members and those of `_meta`, where one pass over the message has found them.
    scanned: Option<(Params<'a>, Meta<'a>)>,
}

impl<'a> Parameters<'a> {
    /// The members of `params` and of `params._meta`; absent ones are empty.
    ///
    /// # Errors
    /// One of the two is no object, or has a member twice.
    pub(super) fn read(self) -> Result<(Params<'a>, Meta<'a>), RpcError> {
        let is_object = |raw: Option<Raw<'_>>| raw.is_none_or(|raw| raw.get().starts_with('{'));
        match self.scanned {
            Some((params, meta)) if is_object(self.raw) && is_object(params.meta) => Ok((params, meta)),
            _ => {
                let params = Params::read(self.raw)?;
                let meta = params.meta()?;
                Ok((params, meta))
            }
        }
    }
}

/// An answer of the client: members as they came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Response<'a> {
    pub(crate) id: Option<Raw<'a>>,
    pub(crate) result: Option<Raw<'a>>,
    pub(crate) error: Option<Raw<'a>>,
}

/// A JSON value that has been looked over, as it is spelled: what [`RawValue`] is, without its way through a parser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    /// A text that is one valid JSON value.
    pub(crate) fn of_value(text: &'a str) -> Self {
        Self(text)
    }

    /// The JSON text.
    pub(crate) fn get(self) -> &'a str {
        self.0
    }
}

impl<'a> From<&'a RawValue> for Raw<'a> {
    fn from(raw: &'a RawValue) -> Self {
        Self(raw.get())
    }
}

impl From<Raw<'_>> for RawJson {
    fn from(raw: Raw<'_>) -> Self {
        Self::from_valid(raw.get())
    }
}

/// A text that is no message. The id is there where it could be read.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) id: Option<RequestId>,
    pub(crate) error: RpcError,
}

/// The id of a request: a string or an integer, echoed exactly as it came.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// The id in this JSON text, where it is a string or an integer.
    pub(crate) fn new<'a>(raw: impl Into<Raw<'a>>) -> Option<Self> {
        let text = raw.into().get();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        (integer || text.starts_with('"')).then(|| Self(text.into()))
    }

    /// The JSON text, as the client spelled it.
    pub(crate) fn as_json(&self) -> &str {
        &self.0
    }

    /// Equal for equal ids, however a string is escaped; a string and a number always differ.
    pub(crate) fn key(&self) -> Arc<str> {
        if !self.0.contains('\\') {
            return Arc::clone(&self.0);
        }
        // A lone surrogate has no decoded form; its spelling stands for it.
        let canonical = serde_json::from_str::<String>(&self.0).and_then(|text| serde_json::to_string(&text));
        canonical.map_or_else(|_| Arc::clone(&self.0), Arc::from)
    }
}

members! {
    /// The members of any message.
    Envelope {
        jsonrpc = "jsonrpc",
        id = "id",
        method = "method",
        params = "params",
        result = "result",
        error = "error",
    }
}

/// Parses a text that holds one message or a batch.
pub(crate) fn parse(text: &[u8]) -> Result<Incoming<'_>, Malformed> {
    let text = std::str::from_utf8(text).map_err(|_| parse_error("Parse error: not UTF-8"))?;
    if text.trim_start_matches(JSON_SPACE).starts_with('[') {
        let members = serde_json::from_str(text).map_err(|error| syntax_error(&error))?;
        return Ok(Incoming::Batch(members));
    }
    parse_one(text).map(Incoming::One)
}

/// Parses one message: a whole text or a member of a batch.
pub(crate) fn parse_one(text: &str) -> Result<Message<'_>, Malformed> {
    if let Some((envelope, params, meta)) = scanned(text) {
        return message(envelope, Some((params, meta)), true);
    }
    // Raw values skip nested content without recursion, so depth can be judged after the syntax, when the id is known.
    let envelope = match members::parsed(text) {
        Ok(envelope) => envelope,
        Err(error) if error.is_data() => return Err(invalid(None, "Invalid request: not one JSON-RPC message")),
        Err(error) => return Err(syntax_error(&error)),
    };
    message(envelope, None, within_depth(text))
}

/// The members of a message, of its parameters and of their `_meta`, in one pass; `None` where it takes the parser to say
/// what the text is.
fn scanned(text: &str) -> Option<(Envelope<'_>, Params<'_>, Meta<'_>)> {
    let (mut envelope, mut params, mut meta) = (Envelope::default(), Params::default(), Meta::default());
    scan::nested(text, DEPTH_CAP, &["params", "_meta"], &mut |level, name, value| {
        let place = match level {
            0 => envelope.place(name),
            1 => params.place(name),
            _ => meta.place(name),
        };
        place.is_none_or(|place| place.replace(Raw::of_value(value)).is_none()).then_some(())
    })?;
    Some((envelope, params, meta))
}

fn message<'a>(
    envelope: Envelope<'a>,
    scanned: Option<(Params<'a>, Meta<'a>)>,
    within_depth: bool,
) -> Result<Message<'a>, Malformed> {
    let id = envelope.id.map(RequestId::new);
    let refuse = |message: &str| Err(invalid(id.clone().flatten(), message));
    if !within_depth {
        return refuse("Invalid request: nested deeper than 64 levels");
    }
    if envelope.jsonrpc.map(Raw::get) != Some(r#""2.0""#) {
        return refuse(r#"Invalid request: "jsonrpc" must be "2.0""#);
    }
    let Some(method) = envelope.method else {
        return if envelope.result.is_some() || envelope.error.is_some() {
            Ok(Message::Response(Response { id: envelope.id, result: envelope.result, error: envelope.error }))
        } else {
            refuse(r#"Invalid request: "method" is missing"#)
        };
    };
    let Some(method) = string(method) else {
        return refuse(r#"Invalid request: "method" must be a string"#);
    };
    let params = Parameters { raw: envelope.params.filter(|params| params.get() != "null"), scanned };
    match id {
        Some(Some(id)) => Ok(Message::Request { id, method, params }),
        Some(None) => refuse(r#"Invalid request: "id" must be a string or an integer"#),
        None => Ok(Message::Notification { method, params }),
    }
}

#[cfg(feature = "http")]
impl Message<'_> {
    /// Whether `params._meta` names a version, as modern requests do.
    pub(crate) fn names_version(&self) -> bool {
        let (Message::Request { params, .. } | Message::Notification { params, .. }) = self else { return false };
        match &params.scanned {
            Some((_, meta)) => meta.protocol_version.is_some(),
            None => Params::read(params.raw)
                .and_then(|params| params.meta())
                .is_ok_and(|meta| meta.protocol_version.is_some()),
        }
    }
}

/// The white space of JSON (RFC 8259 §2).
const JSON_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The string in this JSON text; `None` for other types and for lone surrogates.
pub(super) fn string<'a>(raw: impl Into<Raw<'a>>) -> Option<Cow<'a, str>> {
    let text = raw.into().get();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(text).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Whether a valid JSON text nests at most [`DEPTH_CAP`] levels.
fn within_depth(text: &str) -> bool {
    let opens = |byte: u8| matches!(byte, b'{' | b'[');
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else if byte == b'"' {
            in_string = true;
        } else if opens(byte) {
            depth += 1;
            if depth > DEPTH_CAP {
                return false;
            }
        } else if matches!(byte, b'}' | b']') {
            depth = depth.saturating_sub(1);
        }
    }
    true
}

fn syntax_error(error: &serde_json::Error) -> Malformed {
    parse_error(format!("Parse error: invalid JSON at column {}", error.column()))
}

fn parse_error(message: impl Into<Cow<'static, str>>) -> Malformed {
    Malformed { id: None, error: RpcError::new(RpcError::PARSE_ERROR, message) }
}

fn invalid(id: Option<RequestId>, message: &str) -> Malformed {
    Malformed { id, error: RpcError::new(RpcError::INVALID_REQUEST, message.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> (String, String, Option<String>) {
        match parse(text.as_bytes()) {
            Ok(Incoming::One(Message::Request { id, method, params })) => {
                (id.as_json().to_owned(), method.into_owned(), params.raw.map(|params| params.get().to_owned()))
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    fn refusal(text: &[u8]) -> (Option<String>, i64) {
        match parse(text) {
            Err(malformed) => (malformed.id.map(|id| id.as_json().to_owned()), malformed.error.code()),
            other => panic!("{}: {other:?}", String::from_utf8_lossy(text)),
        }
    }

    #[test]
    fn one_pass_finds_the_parameters_that_a_pass_for_each_object_finds() {
        let meta = r#"{"progressToken":"p","io.modelcontextprotocol/protocolVersion":"v","params":{"name":"inner"}}"#;
        for params in [
            "null",
            "[]",
            r#""text""#,
            "{}",
            r#"{"name":"n","arguments":{"_meta":{"progressToken":"wrong"},"name":"wrong"}}"#,
            &format!(r#"{{"_meta":{meta},"name":"n"}}"#),
            &format!(r#" {{ "name" : "n" , "_meta" : {meta} }} "#),
            &format!(r#"{{"n\u0061me":"n","_meta":{meta}}}"#),
            r#"{"_meta":null}"#,
            r#"{"_meta":[]}"#,
            r#"{"_meta":{"progressToken":1,"progressToken":2}}"#,
            r#"{"name":"a","name":"b"}"#,
        ] {
            let text = format!(r#"{{"params":{params},"method":"m","id":1,"jsonrpc":"2.0"}}"#);
            let Ok(Incoming::One(Message::Request { params: found, .. })) = parse(text.as_bytes()) else {
                panic!("{text}")
            };
            let apart = Parameters { raw: found.raw, scanned: None };
            assert_eq!(format!("{:?}", found.read()), format!("{:?}", apart.read()), "{params}");
        }
    }

    #[test]
    fn ids_are_kept_as_they_are_spelled() {
        for id in ["1", "0", "-7", "123456789012345678901234567890", r#""a""#, r#""""#, r#""\u0061""#, r#""null""#] {
            let (echoed, ..) = request(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#));
            assert_eq!(echoed, id);
        }
    }

    #[test]
    fn ids_of_other_types_are_refused_without_an_id() {
        for id in ["null", "true", "1.5", "1.0", "1e3", "[]", "{}"] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
            assert_eq!(refusal(text.as_bytes()), (None, -32600), "{id}");
        }
    }

    #[test]
    fn keys_ignore_the_spelling_of_strings_only() {
        let key = |text: &str| RequestId::new(Raw(text)).unwrap().key();
        assert_eq!(key(r#""\u0061""#), key(r#""a""#));
        assert_ne!(key(r#""1""#), key("1"));
        assert_eq!(&*key(r#""\ud800""#), r#""\ud800""#, "a lone surrogate");
    }

    #[test]
    fn parameters_stay_raw_and_null_is_absent() {
        let (_, method, params) =
            request(r#" {"params": {"a": 1.00}, "method":"tools\/call","id":1,"jsonrpc":"2.0"} "#);
        assert_eq!((method.as_str(), params.as_deref()), ("tools/call", Some(r#"{"a": 1.00}"#)));
        assert_eq!(request(r#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#).2, None);
    }

    #[test]
    fn malformed_messages_get_the_right_code_and_the_id_where_it_is_known() {
        let table: &[(&[u8], Option<&str>, i64)] = &[
            (b"{", None, -32700),
            (b"nonsense", None, -32700),
            (b"{} {}", None, -32700),
            (b"\xff", None, -32700),
            (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\"}", None, -32700),
            (b"[1,", None, -32700),
            (b"1", None, -32600),
            (b"\"text\"", None, -32600),
            (b"null", None, -32600),
            (b"{}", None, -32600),
            (br#"{"jsonrpc":"2.0","id":5}"#, Some("5"), -32600),
            (br#"{"jsonrpc":"1.0","id":5,"method":"m"}"#, Some("5"), -32600),
            (br#"{"id":"x","method":"m"}"#, Some(r#""x""#), -32600),
            (br#"{"jsonrpc":"2.0","id":5,"method":7}"#, Some("5"), -32600),
            (br#"{"jsonrpc":"2.0","id":5,"id":6,"method":"m"}"#, None, -32600),
        ];
        for (text, id, code) in table {
            assert_eq!(refusal(text), (id.map(str::to_owned), *code), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn responses_are_told_from_requests() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            r#"{"jsonrpc":"2.0","error":{"code":1,"message":""}}"#,
        ] {
            assert!(matches!(parse(text.as_bytes()), Ok(Incoming::One(Message::Response(_)))), "{text}");
        }
    }

    #[test]
    fn i3_depth_is_capped_at_64_levels() {
        let nested = |levels: usize| {
            // The message and its params are two levels.
            let (open, close) = ("[".repeat(levels - 2), "]".repeat(levels - 2));
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"a":{open}{close}}}}}"#)
        };
        request(&nested(64));
        assert_eq!(refusal(nested(65).as_bytes()), (Some("1".to_owned()), -32600));
        assert_eq!(refusal(nested(1_000_000).as_bytes()), (Some("1".to_owned()), -32600), "no stack to overflow");
        assert_eq!(refusal("[".repeat(1_000_000).as_bytes()), (None, -32700));
        let wide = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"a":[{}[]]}}}}"#, "[],".repeat(1000));
        request(&wide);
        let text = "[".repeat(100);
        request(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"a":"\"{text}"}}}}"#));
    }
}
