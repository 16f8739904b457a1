//! The record of a call while it runs.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::Inner;
use super::run::cancelled;
use crate::context::Context;
use crate::error::Error;
use crate::json::RawJson;
use crate::log::{Attempts, CallKind, CallRecord, Timestamp, client_hash};
use crate::redact;

/// Longer texts of a record are cut.
const MAX_CHARACTERS: usize = 256;

/// Becomes exactly one record: when the call ends, or when whoever waits for it goes away.
pub(super) struct Ticket<'a> {
    inner: &'a Inner,
    cx: &'a Context,
    kind: CallKind,
    name: Cow<'a, str>,
    arguments: Option<RawJson>,
    attempts: Attempts,
    began: Instant,
    open: bool,
}

impl<'a> Ticket<'a> {
    pub(super) fn open(inner: &'a Inner, cx: &'a Context, kind: CallKind, name: impl Into<Cow<'a, str>>) -> Self {
        let (name, attempts, began) = (name.into(), Attempts::default(), Instant::now());
        Self { inner, cx, kind, name, arguments: None, attempts, began, open: true }
    }

    pub(super) fn set_arguments(&mut self, arguments: &RawJson) {
        self.arguments = Some(arguments.clone());
    }

    /// The call turned out to be that of an operation.
    #[cfg(feature = "upstream")]
    pub(super) fn rename(&mut self, name: &'static str, arguments: &RawJson) {
        self.name = Cow::Borrowed(name);
        self.set_arguments(arguments);
    }

    pub(super) fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// The call has answered this many bytes.
    pub(super) fn succeed(self, bytes: usize) {
        self.succeed_with(bytes, None);
    }

    /// The call has answered this many bytes, and there is something to know about that.
    pub(super) fn succeed_with(mut self, bytes: usize, detail: Option<&str>) {
        self.record(bytes, None, detail);
    }

    /// The call has failed.
    pub(super) fn fail(mut self, bytes: usize, error: &Error, detail: Option<&str>) {
        self.record(bytes, Some(error), detail);
    }

    fn record(&mut self, bytes: usize, error: Option<&Error>, detail: Option<&str>) {
        self.open = false;
        // A question to the client is no failure.
        let error = error.filter(|_| !self.cx.has_asked());
        let record = CallRecord {
            timestamp: Timestamp::now(),
            trace_id: self.cx.trace_id().into(),
            kind: self.kind,
            name: redact::for_log(&self.name, MAX_CHARACTERS),
            client: client_hash(self.cx.client_key()),
            arguments: self.arguments.as_ref().map_or_else(
                || RawJson::from_valid("{}"),
                |arguments| redact::arguments(arguments, &self.inner.redacted_fields),
            ),
            ok: error.is_none(),
            error_kind: error.map(Error::kind),
            error_type: error.map(|error| redact::for_log(error.type_name(), MAX_CHARACTERS)),
            detail: detail.map(|detail| redact::for_log(detail, MAX_CHARACTERS)),
            attempts: self.attempts.get(),
            bytes: bytes as u64,
            duration: self.began.elapsed(),
        };
        // A sink is a person's code, too, and a call does not fail for its log.
        let _ = catch_unwind(AssertUnwindSafe(|| self.inner.sink().record(&record)));
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if self.open {
            self.record(0, Some(&cancelled()), None);
        }
    }
}
