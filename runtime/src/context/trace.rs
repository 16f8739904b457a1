//! Trace context: what a request brings along, and the id that a call has in logs.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The members of `_meta` that carry trace context (MCP 2026-07-28, "OpenTelemetry trace context").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TraceContext {
    traceparent: Option<String>,
    tracestate: Option<String>,
    baggage: Option<String>,
}

impl TraceContext {
    /// Keeps what is well-formed. `tracestate` means nothing without a `traceparent` (W3C Trace Context §3.3), and all
    /// three may end up in HTTP headers, so they are printable ASCII of bounded length.
    pub(crate) fn new(traceparent: Option<String>, tracestate: Option<String>, baggage: Option<String>) -> Self {
        let traceparent = traceparent.filter(|value| trace_id_of(value).is_some());
        let tracestate = tracestate.filter(|value| traceparent.is_some() && is_header_value(value));
        Self { traceparent, tracestate, baggage: baggage.filter(|value| is_header_value(value)) }
    }

    pub(super) fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    pub(super) fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }

    pub(super) fn baggage(&self) -> Option<&str> {
        self.baggage.as_deref()
    }

    pub(super) fn trace_id(&self) -> Option<&str> {
        self.traceparent().and_then(trace_id_of)
    }
}

/// W3C Baggage §3.3.2 asks for at least 8,192 bytes.
fn is_header_value(value: &str) -> bool {
    value.len() <= 8192 && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The trace id of a well-formed `traceparent` (W3C Trace Context §3.2).
fn trace_id_of(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    // Version 00 has four fields; later versions may append more.
    let tail_fits = parts.next().is_none() || (version != "00" && is_header_value(traceparent));
    let well_formed = hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && !zero(trace)
        && hex(parent, 16)
        && !zero(parent)
        && hex(flags, 2)
        && tail_fits;
    well_formed.then_some(trace)
}

/// A new trace id: 32 hexadecimal digits, unique for correlation. No secret, and not to be used as one.
pub(super) fn new_trace_id() -> String {
    static SEEDS: OnceLock<(u64, u64)> = OnceLock::new();
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let (high, low) = SEEDS.get_or_init(|| (RandomState::new().hash_one(0), RandomState::new().hash_one(1)));
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut id = String::with_capacity(32);
    // `| 1`: an id of zeros alone is not valid. The other half differs for each call.
    push_hex(&mut id, high | 1);
    push_hex(&mut id, mixed(low.wrapping_add(count)));
    id
}

/// The finaliser of SplitMix64: no two numbers give the same, and neighbours look nothing alike.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Appends 16 hexadecimal digits. The log has them for each call, and `format!` costs ten times as much.
pub(crate) fn push_hex(out: &mut String, number: u64) {
    let digits = std::array::from_fn::<u8, 16, _>(|at| b"0123456789abcdef"[((number >> (60 - at * 4)) & 0xf) as usize]);
    out.push_str(std::str::from_utf8(&digits).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

    fn of(traceparent: &str) -> TraceContext {
        TraceContext::new(Some(traceparent.to_owned()), Some("congo=t61rcWkgMzE".to_owned()), None)
    }

    #[test]
    fn a_well_formed_traceparent_gives_its_trace_id() {
        let trace = of(EXAMPLE);
        assert_eq!(trace.trace_id(), Some("0af7651916cd43dd8448eb211c80319c"));
        assert_eq!(trace.traceparent(), Some(EXAMPLE));
        assert_eq!(trace.tracestate(), Some("congo=t61rcWkgMzE"));
        assert_eq!(of(&format!("01{}-more", &EXAMPLE[2..])).trace_id(), trace.trace_id(), "a later version");
    }

    #[test]
    fn what_is_malformed_is_dropped_with_its_state() {
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
            "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
            "01-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-\r\nx: y",
        ] {
            assert_eq!(of(bad), TraceContext::default(), "{bad:?}");
        }
    }

    #[test]
    fn o3_baggage_with_a_line_break_is_dropped() {
        let trace = TraceContext::new(None, None, Some("a=b\r\nAuthorization: c".to_owned()));
        assert_eq!(trace.baggage(), None);
    }

    #[test]
    fn new_ids_are_distinct_and_well_formed() {
        let ids: Vec<_> = (0..100).map(|_| new_trace_id()).collect();
        for (at, id) in ids.iter().enumerate() {
            assert!(trace_id_of(&format!("00-{id}-00f067aa0ba902b7-01")).is_some(), "{id}");
            assert!(!ids[..at].contains(id));
        }
    }
}
