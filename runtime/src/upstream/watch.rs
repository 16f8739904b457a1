//! What a client sees of a call while its answer is still coming (MCP 2026-07-28, "Progress"): of a stream, how many
//! values there are so far.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use super::response::MediaType;
use super::stream;
use crate::context::Context;

/// Between two notifications about one answer at least.
const PAUSE: Duration = Duration::from_millis(100);

/// Who is told.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a>(Option<&'a Context>);

impl<'a> Watch<'a> {
    /// For requests of our own, of tokens for example.
    pub(crate) const NOBODY: Self = Self(None);

    /// The client of this call.
    pub(crate) fn client(cx: &'a Context) -> Self {
        Self(Some(cx))
    }

    /// Begins to watch an answer; `None` where it is no stream, or nobody is told.
    pub(crate) fn stream(self, headers: &HeaderMap) -> Option<Stream<'a>> {
        let cx = self.0?;
        let media_type = MediaType::of(headers);
        let counter = stream::Counter::of(&media_type.essence)?;
        Some(Stream { cx, counter, bytes: 0, told: 0, last: None })
    }
}

/// A stream that is being read.
pub(crate) struct Stream<'a> {
    cx: &'a Context,
    counter: stream::Counter,
    bytes: usize,
    told: u64,
    last: Option<Instant>,
}

impl Stream<'_> {
    /// A piece has come. The first value is told at once, later ones not more often than anybody reads.
    pub(crate) fn piece(&mut self, piece: &[u8]) {
        self.bytes += piece.len();
        let values = self.counter.read(piece);
        if values == self.told || self.last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        (self.told, self.last) = (values, Some(Instant::now()));
        let message = format!("{values} values so far, {} bytes", self.bytes);
        // What a client counts, and far below 2^53.
        self.cx.progress(values as f64, None, Some(&message));
    }
}
