//! One record for each call (SECURITY.md, "Production defaults").

mod stderr;
mod time;

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::context::push_hex;
use crate::error::ErrorKind;
use crate::json::RawJson;
use crate::json::node::quote;

pub use stderr::StderrJson;
pub use time::Timestamp;

/// What was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallKind {
    /// `tools/call`
    Tool,
    /// `resources/read`
    Resource,
    /// `prompts/get`
    Prompt,
    /// `completion/complete`; recorded only where it fails.
    Completion,
}

impl CallKind {
    /// The word in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Prompt => "prompt",
            Self::Completion => "completion",
        }
    }
}

/// A call that has ended, as the log shows it. Everything in it is redacted already.
///
/// It borrows from the call; [`Self::into_owned`] makes one that can be kept.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CallRecord<'a> {
    /// When the call ended.
    pub timestamp: Timestamp,
    /// The trace id of the call; clients are told it as the correlation id of internal errors.
    pub trace_id: Cow<'a, str>,
    /// What was called.
    pub kind: CallKind,
    /// The tool, resource or prompt; for an unknown one the name that the client sent.
    pub name: Cow<'a, str>,
    /// A hash of the client's key, stable while the process lives; `stdio` and `in-process` as they are.
    pub client: Cow<'a, str>,
    /// The arguments, long values cut.
    pub arguments: RawJson,
    /// Whether the call succeeded.
    pub ok: bool,
    /// The class of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<ErrorKind>,
    /// The type of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<Cow<'a, str>>,
    /// What is not told otherwise: the message of a panic, for example, or where an answer deviates from the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'a, str>>,
    /// Requests that were sent upstream, retries among them.
    pub attempts: u32,
    /// Bytes of the answer's content.
    pub bytes: u64,
    /// How long the call took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub duration: Duration,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Whole microseconds: more digits say nothing.
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

/// Where call records go. It is called on the path of every answer: it must be quick and must not block.
pub trait CallSink: Send + Sync + 'static {
    /// Takes one record.
    fn record(&self, record: &CallRecord<'_>);

    /// Returns when what was recorded is written, or after half a second at the latest.
    fn flush(&self) {}
}

/// Each record as one `tracing` event of the target `mcpgen::call`: the default of an embedded server.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

impl CallSink for TracingSink {
    fn record(&self, record: &CallRecord<'_>) {
        let milliseconds = record.duration.as_secs_f64() * 1e3;
        tracing::info!(
            target: "mcpgen::call",
            trace_id = &*record.trace_id,
            kind = record.kind.as_str(),
            name = &*record.name,
            client = &*record.client,
            arguments = record.arguments.as_str(),
            ok = record.ok,
            error_kind = record.error_kind.map(ErrorKind::as_str),
            error_type = record.error_type.as_deref(),
            detail = record.detail.as_deref(),
            attempts = record.attempts,
            bytes = record.bytes,
            milliseconds,
        );
    }
}

/// Who called, without saying who: keys are addresses and names of people. The hash is keyed anew in each process, so
/// that nobody can try names against a log.
pub(crate) fn client_hash(key: &str) -> Cow<'_, str> {
    static HASHER: OnceLock<RandomState> = OnceLock::new();
    match key {
        "stdio" | "in-process" => Cow::Borrowed(key),
        _ => {
            let mut hash = String::with_capacity(16);
            push_hex(&mut hash, HASHER.get_or_init(RandomState::new).hash_one(key));
            Cow::Owned(hash)
        }
    }
}

/// Counts the upstream requests of one call; without an upstream there is nothing to count, and nothing to pay for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(#[cfg(feature = "upstream")] Arc<AtomicU32>);

#[cfg(feature = "upstream")]
tokio::task_local! {
    static ATTEMPTS: Attempts;
}

impl Attempts {
    /// Counts what this future counts with [`count_attempt`].
    #[cfg(feature = "upstream")]
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        ATTEMPTS.scope(self, future)
    }

    /// Nothing is counted.
    #[cfg(not(feature = "upstream"))]
    pub(crate) fn scope<F: Future>(self, future: F) -> F {
        future
    }

    pub(crate) fn get(&self) -> u32 {
        #[cfg(feature = "upstream")]
        return self.0.load(Ordering::Relaxed);
        #[cfg(not(feature = "upstream"))]
        0
    }
}

/// Counts one request to an upstream for the record of the call that runs on this task; elsewhere it does nothing.
#[cfg(feature = "upstream")]
pub(crate) fn count_attempt() {
    let _ = ATTEMPTS.try_with(|attempts| attempts.0.fetch_add(1, Ordering::Relaxed));
}

impl CallRecord<'_> {
    /// The record apart from its call.
    pub fn into_owned(self) -> CallRecord<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        CallRecord {
            trace_id: owned(self.trace_id),
            name: owned(self.name),
            client: owned(self.client),
            error_type: self.error_type.map(owned),
            detail: self.detail.map(owned),
            ..self
        }
    }

    /// Appends the record as one line of JSON, without the line break: what `serde_json` writes, in a fraction of its
    /// time, because every call pays for it.
    fn write(&self, out: &mut String) {
        let text = |out: &mut String, name: &str, value: &str| {
            out.push_str(name);
            quote(value, out);
        };
        out.push_str(r#"{"timestamp":""#);
        out.push_str(std::str::from_utf8(&self.timestamp.text()).unwrap_or_default());
        text(out, r#"","trace_id":"#, &self.trace_id);
        out.push_str(r#","kind":""#);
        out.push_str(self.kind.as_str());
        text(out, r#"","name":"#, &self.name);
        text(out, r#","client":"#, &self.client);
        out.push_str(r#","arguments":"#);
        out.push_str(self.arguments.as_str());
        out.push_str(if self.ok { r#","ok":true"# } else { r#","ok":false"# });
        if let Some(kind) = self.error_kind {
            text(out, r#","error_kind":"#, kind.as_str());
        }
        if let Some(error_type) = &self.error_type {
            text(out, r#","error_type":"#, error_type);
        }
        if let Some(detail) = &self.detail {
            text(out, r#","detail":"#, detail);
        }
        out.push_str(r#","attempts":"#);
        push_integer(out, self.attempts.into());
        out.push_str(r#","bytes":"#);
        push_integer(out, self.bytes);
        out.push_str(r#","milliseconds":"#);
        let micros =
            u64::try_from(self.duration.saturating_add(Duration::from_nanos(500)).as_micros()).unwrap_or(u64::MAX);
        push_integer(out, micros / 1000);
        let fraction = [micros / 100 % 10, micros / 10 % 10, micros % 10];
        let digits = fraction.iter().rposition(|digit| *digit != 0).unwrap_or(0) + 1;
        out.push('.');
        out.extend(fraction.iter().take(digits).filter_map(|digit| char::from_digit(u32::try_from(*digit).ok()?, 10)));
        out.push('}');
    }
}

fn push_integer(out: &mut String, mut number: u64) {
    // Most are attempts, milliseconds or the bytes of a short answer.
    if number < 10 {
        return out.push(char::from(b'0' + u8::try_from(number).unwrap_or_default()));
    }
    let mut digits = [b'0'; 20];
    let mut used = 1;
    for (at, place) in digits.iter_mut().rev().enumerate() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        used = at + 1;
        if number == 0 {
            break;
        }
    }
    out.push_str(digits.get(20 - used..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default());
}

impl fmt::Display for CallRecord<'_> {
    /// The record as one line of JSON, without the line break.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::with_capacity(512);
        self.write(&mut line);
        f.write_str(&line)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn record() -> CallRecord<'static> {
        CallRecord {
            timestamp: Timestamp::from(UNIX_EPOCH),
            trace_id: "t".into(),
            kind: CallKind::Tool,
            name: "evil\n{\"ok\":true}".into(),
            client: client_hash("stdio"),
            arguments: RawJson::from_valid(r#"{"city":"Tokyo"}"#),
            ok: false,
            error_kind: Some(ErrorKind::NotFound),
            error_type: Some("NotFound".into()),
            detail: None,
            attempts: 2,
            bytes: 12,
            duration: Duration::from_nanos(1_234_567),
        }
    }

    #[test]
    fn i11_a_record_is_one_line_of_json_whatever_is_in_it() {
        let expected = concat!(
            r#"{"timestamp":"1970-01-01T00:00:00.000Z","trace_id":"t","kind":"tool","name":"evil\n{\"ok\":true}","#,
            r#""client":"stdio","arguments":{"city":"Tokyo"},"ok":false,"error_kind":"not_found","#,
            r#""error_type":"NotFound","attempts":2,"bytes":12,"milliseconds":1.235}"#
        );
        assert_eq!(record().to_string(), expected);
    }

    #[test]
    fn records_are_written_as_serde_json_would() {
        for nanos in
            [0, 400, 500, 999, 1_000_000, 1_500_000, 12_340_000, 999_999_600, 30_000_000_000, 86_400_000_123_456]
        {
            for (detail, arguments) in [(None, "{}"), (Some("a\"b\n"), r#"{"a":[1,"x"]}"#)] {
                let record = CallRecord {
                    detail: detail.map(Cow::Borrowed),
                    arguments: RawJson::from_valid(arguments),
                    bytes: nanos,
                    duration: Duration::from_nanos(nanos),
                    ..record()
                };
                assert_eq!(record.to_string(), serde_json::to_string(&record).unwrap());
            }
        }
        for number in [0, 7, 10, 1234567890, u64::MAX] {
            let mut text = String::new();
            push_integer(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn clients_are_hashed_the_same_way_each_time() {
        let hash = client_hash("alice@example.com");
        assert_eq!(hash, client_hash("alice@example.com"));
        assert_ne!(hash, client_hash("bob@example.com"));
        assert!(hash.len() == 16 && !hash.contains("alice"));
    }

    #[cfg(feature = "upstream")]
    #[tokio::test]
    async fn attempts_are_counted_for_the_call_that_makes_them() {
        count_attempt();
        let (a, b) = (Attempts::default(), Attempts::default());
        a.clone().scope(async { count_attempt() }).await;
        b.clone().scope(async { (count_attempt(), count_attempt()) }).await;
        assert_eq!((a.get(), b.get()), (1, 2));
    }
}
