//! What is kept for legacy clients that come back (MCP 2025-11-25, "Resumability and Redelivery"), of all sessions
//! together: each stream has a bound of its own, and there are many.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::stream::EventStream;

/// The bytes of all streams that can be resumed.
#[derive(Debug)]
pub(super) struct Replay {
    max: usize,
    bytes: AtomicUsize,
    /// The streams that may give some back, the oldest first.
    streams: Mutex<VecDeque<Weak<EventStream>>>,
}

impl Replay {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, bytes: AtomicUsize::new(0), streams: Mutex::default() })
    }

    /// Counts the bytes of an event in.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts them out.
    pub(super) fn remove(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Notes a stream that a client can come back to.
    pub(super) fn note(&self, stream: &Arc<EventStream>) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        // Streams that have gone leave nothing behind, also where there is always room.
        if streams.len() == streams.capacity() {
            streams.retain(|stream| stream.strong_count() > 0);
        }
        streams.push_back(Arc::downgrade(stream));
    }

    /// Forgets the oldest events until there is room, apart from those that somebody still reads for the first time. Not
    /// to be called with a stream locked.
    pub(super) fn trim(&self) {
        if self.bytes.load(Ordering::Relaxed) <= self.max {
            return;
        }
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..streams.len() {
            if self.bytes.load(Ordering::Relaxed) <= self.max {
                return;
            }
            let Some(oldest) = streams.pop_front() else { return };
            if oldest.upgrade().is_some_and(|stream| stream.forget()) {
                streams.push_back(oldest);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}
