//! The long-lived streams that are open: how many each client has, and how they end with the server.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::Listen;

use super::stream::EventStream;

/// All long-lived streams of an endpoint.
#[derive(Debug)]
pub(super) struct Streams {
    /// Of one client.
    max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    serial: u64,
    open: BTreeMap<u64, (Arc<EventStream>, Option<Box<Listen>>)>,
    by_client: HashMap<Box<str>, usize>,
    closed: bool,
}

/// A stream that is open, until this is dropped.
#[derive(Debug)]
pub(super) struct Open {
    streams: Arc<Streams>,
    serial: u64,
    client: Box<str>,
}

impl Streams {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, state: Mutex::default() })
    }

    /// Counts a stream in. `None`: the client has too many, or the server ends.
    pub(super) fn open(
        self: &Arc<Self>,
        client: &str,
        stream: &Arc<EventStream>,
        listen: Option<Box<Listen>>,
    ) -> Option<Open> {
        let mut state = self.state();
        let count = state.by_client.get(client).copied().unwrap_or_default();
        if state.closed || count >= self.max {
            return None;
        }
        state.by_client.insert(client.into(), count.saturating_add(1));
        state.serial = state.serial.saturating_add(1);
        let serial = state.serial;
        state.open.insert(serial, (Arc::clone(stream), listen));
        Some(Open { streams: Arc::clone(self), serial, client: client.into() })
    }

    /// Ends all streams, subscriptions with their result (MCP 2026-07-28, "Subscriptions", "Graceful Closure"), and opens
    /// no more.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for (stream, listen) in state.open.values() {
            stream.finish(listen.as_deref().map(|listen| listen.close().1));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.streams.state();
        state.open.remove(&self.serial);
        if let Some(count) = state.by_client.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.by_client.remove(&self.client);
            }
        }
    }
}
