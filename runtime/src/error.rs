//! Errors as types: what a call can fail with, and how that reaches an agent.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::json::RawJson;

/// The closed set of error classes that an agent branches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The arguments violate the input schema or a rule of the tool.
    InvalidInput,
    /// Credentials are missing or refused.
    Unauthenticated,
    /// The credentials do not allow this.
    Forbidden,
    /// What the call names does not exist.
    NotFound,
    /// The call conflicts with the present state.
    Conflict,
    /// Too many calls; wait for `retry_after`.
    RateLimited,
    /// The upstream refused the request in another way (other 4xx).
    UpstreamRejected,
    /// The upstream could not be reached or failed (connect, DNS, TLS, 5xx).
    UpstreamUnavailable,
    /// The deadline passed.
    Timeout,
    /// The client cancelled the call.
    Cancelled,
    /// The upstream answered something that cannot be understood.
    BadResponse,
    /// A defect of the server.
    Internal,
}

impl ErrorKind {
    /// The word on the wire and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::UpstreamRejected => "upstream_rejected",
            Self::UpstreamUnavailable => "upstream_unavailable",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::BadResponse => "bad_response",
            Self::Internal => "internal",
        }
    }

    /// The name of the variant, the `type` of an error that has no type of its own.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::InvalidInput => "InvalidInput",
            Self::Unauthenticated => "Unauthenticated",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::Conflict => "Conflict",
            Self::RateLimited => "RateLimited",
            Self::UpstreamRejected => "UpstreamRejected",
            Self::UpstreamUnavailable => "UpstreamUnavailable",
            Self::Timeout => "Timeout",
            Self::Cancelled => "Cancelled",
            Self::BadResponse => "BadResponse",
            Self::Internal => "Internal",
        }
    }

    /// Whether the same call can succeed later without a change of its arguments.
    pub const fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::UpstreamUnavailable | Self::Timeout)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error with a class, a message for people and, where there are any, details for programs.
///
/// Handlers return their own enums; this is what those wrap for everything that the tool did not declare, and what the
/// pipeline itself raises.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    type_name: Cow<'static, str>,
    message: String,
    retry_after: Option<Duration>,
    data: Option<RawJson>,
    status: Option<u16>,
}

impl Error {
    /// An error of this class. The message reaches the client: it says what to change and names no secret.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            type_name: Cow::Borrowed(kind.type_name()),
            message: message.into(),
            retry_after: None,
            data: None,
            status: None,
        }
    }

    /// The `type` an agent branches on, in place of the name of the kind.
    #[must_use]
    pub fn with_type(mut self, type_name: impl Into<Cow<'static, str>>) -> Self {
        self.type_name = type_name.into();
        self
    }

    /// How long to wait before the call can succeed.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Details, sent as `data`.
    #[must_use]
    pub fn with_data(mut self, data: RawJson) -> Self {
        self.data = Some(data);
        self
    }

    /// Details of any shape, sent as `data`; left out where they cannot be written as JSON.
    #[must_use]
    pub fn with_details<T: Serialize + ?Sized>(self, details: &T) -> Self {
        match RawJson::encode(details) {
            Ok(data) => self.with_data(data),
            Err(_) => self,
        }
    }

    /// The HTTP status of the upstream.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same error without details.
    pub(crate) fn without_data(self) -> Self {
        Self { data: None, ..self }
    }

    /// The same error in other words: `change` answers what a text becomes, `None` where it stays. The data is changed as
    /// JSON text; what is no JSON then is left out.
    pub(crate) fn reworded(mut self, change: impl Fn(&str) -> Option<String>) -> Self {
        if let Some(message) = change(&self.message) {
            self.message = message;
        }
        if let Some(type_name) = change(&self.type_name) {
            self.type_name = Cow::Owned(type_name);
        }
        if let Some(data) = self.data.as_ref().and_then(|data| change(data.as_str())) {
            self.data = RawJson::parse(&data).ok();
        }
        self
    }

    /// The class.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How long to wait, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The details.
    pub fn data(&self) -> Option<&RawJson> {
        self.data.as_ref()
    }

    /// The HTTP status of the upstream, where it answered.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The `type` an agent branches on.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What a tool's error type must offer, so that the pipeline can report it. Generated enums implement it.
pub trait ToolError: From<Error> + std::error::Error + Send + Sync + 'static {
    /// The error as the pipeline reports it: kind, type name, message, data.
    fn into_error(self) -> Error;
}

impl ToolError for Error {
    fn into_error(self) -> Error {
        self
    }
}
