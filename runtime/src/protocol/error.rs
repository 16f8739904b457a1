//! Errors of the protocol itself: JSON-RPC codes, as against tool results with `isError`.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::json::node::quote;

use super::Revision;

/// The `error` member of an answer.
#[derive(Clone, Debug)]
pub(crate) struct RpcError {
    code: i64,
    message: Cow<'static, str>,
    /// JSON text.
    data: Option<String>,
}

impl RpcError {
    pub(crate) const PARSE_ERROR: i64 = -32700;
    pub(crate) const INVALID_REQUEST: i64 = -32600;
    pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
    pub(crate) const INVALID_PARAMS: i64 = -32602;
    pub(crate) const INTERNAL_ERROR: i64 = -32603;
    pub(crate) const MISSING_CLIENT_CAPABILITY: i64 = -32021;
    pub(crate) const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;
    /// MCP 2026-07-28, `HeaderMismatchError`.
    #[cfg(feature = "http")]
    pub(crate) const HEADER_MISMATCH: i64 = -32020;
    /// Revisions up to 2025-11-25.
    pub(crate) const RESOURCE_NOT_FOUND: i64 = -32002;

    pub(crate) fn new(code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub(crate) fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Self::INVALID_PARAMS, message)
    }

    pub(crate) fn method_not_found(method: &str) -> Self {
        Self::new(Self::METHOD_NOT_FOUND, format!("Method not found: {}", cut(method)))
    }

    /// MCP 2026-07-28, `UnsupportedProtocolVersionError`.
    pub(crate) fn unsupported_version(requested: &str) -> Self {
        let supported: Vec<_> = Revision::MODERN.iter().map(|revision| format!("\"{revision}\"")).collect();
        let mut data = format!(r#"{{"supported":[{}],"requested":"#, supported.join(","));
        push_string(&mut data, requested);
        data.push('}');
        Self::new(Self::UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version").with_data(data)
    }

    /// `uri` names no resource; `cause` is what the handler said, where one was asked.
    pub(crate) fn resource_not_found(revision: Revision, uri: &str, cause: Option<&Error>) -> Self {
        let code = if revision.is_modern() { Self::INVALID_PARAMS } else { Self::RESOURCE_NOT_FOUND };
        let mut data = String::from(r#"{"uri":"#);
        push_string(&mut data, uri);
        if let Some(cause) = cause {
            data.push_str(r#","error":"#);
            data.push_str(&error_object(cause));
        }
        data.push('}');
        let message = cause.map_or(Cow::Borrowed("Resource not found"), |cause| cause.message().to_owned().into());
        Self::new(code, message).with_data(data)
    }

    /// A failure where the protocol has no `isError`: of a resource, a prompt or a completion.
    pub(crate) fn failed(error: &Error) -> Self {
        let code = match error.kind() {
            ErrorKind::InvalidInput => Self::INVALID_PARAMS,
            _ => Self::INTERNAL_ERROR,
        };
        Self::new(code, error.message().to_owned()).with_data(error_object(error))
    }

    #[must_use]
    pub(crate) fn with_data(mut self, json: String) -> Self {
        self.data = Some(json);
        self
    }

    pub(crate) fn code(&self) -> i64 {
        self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Appends the JSON object.
    pub(crate) fn write(&self, out: &mut String) {
        out.push_str(r#"{"code":"#);
        out.push_str(&self.code.to_string());
        out.push_str(r#","message":"#);
        push_string(out, &self.message);
        if let Some(data) = &self.data {
            out.push_str(r#","data":"#);
            out.push_str(data);
        }
        out.push('}');
    }
}

/// The error as an agent branches on it, JSON text: `type`, `kind`, `message`, `retryable` and what else is known.
pub(crate) fn error_object(error: &Error) -> String {
    let mut out = String::with_capacity(128);
    out.push_str(r#"{"type":"#);
    push_string(&mut out, error.type_name());
    out.push_str(r#","kind":"#);
    push_string(&mut out, error.kind().as_str());
    out.push_str(r#","message":"#);
    push_string(&mut out, error.message());
    out.push_str(r#","retryable":"#);
    out.push_str(if error.kind().retryable() { "true" } else { "false" });
    if let Some(wait) = error.retry_after() {
        // Rounded up: who waits as long as this must not come too early.
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        out.push_str(r#","retryAfterSeconds":"#);
        out.push_str(&seconds.to_string());
    }
    if let Some(status) = error.status() {
        out.push_str(r#","status":"#);
        out.push_str(&status.to_string());
    }
    if let Some(data) = error.data().map(RawJson::as_str) {
        out.push_str(r#","data":"#);
        out.push_str(data);
    }
    out.push('}');
    out
}

/// Appends a JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    quote(text, out);
}

/// The beginning of a name that came from outside, for a message.
pub(crate) fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(100)]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn written(error: &RpcError) -> String {
        let mut out = String::new();
        error.write(&mut out);
        out
    }

    #[test]
    fn an_unsupported_version_names_the_modern_ones() {
        assert_eq!(
            written(&RpcError::unsupported_version("1900-01-01")),
            r#"{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"],"requested":"1900-01-01"}}"#
        );
    }

    #[test]
    fn error_objects_hold_what_is_known() {
        let error = Error::new(ErrorKind::RateLimited, "Wait").with_retry_after(Duration::from_millis(1200));
        assert_eq!(
            error_object(&error),
            r#"{"type":"RateLimited","kind":"rate_limited","message":"Wait","retryable":true,"retryAfterSeconds":2}"#
        );
        let data = RawJson::parse(r#"{"city": 1.0}"#).unwrap();
        let error =
            Error::new(ErrorKind::NotFound, "No \"x\"").with_type("PetNotFound").with_data(data).with_status(404);
        assert_eq!(
            error_object(&error),
            r#"{"type":"PetNotFound","kind":"not_found","message":"No \"x\"","retryable":false,"status":404,"data":{"city":1.0}}"#
        );
    }

    #[test]
    fn long_method_names_are_cut_at_a_character() {
        let method = format!("{}é", "m".repeat(99));
        assert_eq!(cut(&method).len(), 99);
        assert_eq!(cut("ping"), "ping");
    }
}
