//! One legacy session: what runs in it, and the streams that its client can come back to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::principal::Principal;
use crate::protocol::{Revision, Session};

use super::stream::{Capacity, EventStream, WhenFull};

/// Streams of requests that are kept for resumption.
const KEPT: usize = 16;

/// A session.
#[derive(Debug)]
pub(super) struct HttpSession {
    id: Arc<str>,
    owner: Option<Principal>,
    /// What `initialize` agreed on.
    pub(super) protocol: Session,
    /// Messages outside of requests: the `GET` stream, or `/sse`.
    pub(super) general: Arc<EventStream>,
    /// Whether it came by `/sse`; then all answers travel on [`Self::general`].
    is_sse: bool,
    capacity: Capacity,
    used: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    touched: Instant,
    /// By [`crate::protocol::message::RequestId::key`].
    calls: BTreeMap<Arc<str>, (u64, Context)>,
    kept: VecDeque<Arc<EventStream>>,
    serial: u64,
    ended: bool,
}

impl HttpSession {
    pub(super) fn new(id: Arc<str>, owner: Option<Principal>, capacity: Capacity, is_sse: bool) -> Arc<Self> {
        let state =
            State { touched: Instant::now(), calls: BTreeMap::new(), kept: VecDeque::new(), serial: 0, ended: false };
        Arc::new(Self {
            id,
            owner,
            protocol: Session::default(),
            general: EventStream::new((!is_sse).then_some(0), capacity.clone(), WhenFull::Close),
            is_sse,
            capacity,
            used: AtomicBool::new(false),
            state: Mutex::new(state),
        })
    }

    pub(super) fn id(&self) -> &Arc<str> {
        &self.id
    }

    pub(super) fn is_sse(&self) -> bool {
        self.is_sse
    }

    pub(super) fn belongs_to(&self, principal: Option<&Principal>) -> bool {
        self.owner.as_ref() == principal
    }

    /// Notes that the client uses the session.
    pub(super) fn touch(&self) {
        self.used.store(true, Ordering::Relaxed);
        self.state().touched = Instant::now();
    }

    /// Whether the client has come back after `initialize`.
    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether nothing runs, nobody reads, and the last request is longer ago than this.
    pub(super) fn is_expired(&self, now: Instant, ttl: Duration) -> bool {
        let state = self.state();
        now.saturating_duration_since(state.touched) > ttl && state.calls.is_empty() && !self.general.is_attached()
    }

    /// The revision that was agreed on.
    pub(super) fn revision(&self) -> Option<Revision> {
        self.protocol.revision()
    }

    /// A stream for a request.
    pub(super) fn stream(&self) -> Arc<EventStream> {
        if self.is_sse {
            return Arc::clone(&self.general);
        }
        let mut state = self.state();
        state.serial = state.serial.saturating_add(1);
        EventStream::new(Some(state.serial), self.capacity.clone(), WhenFull::Drop)
    }

    /// Notes that a stream holds what its client may want again.
    pub(super) fn note(&self, stream: &Arc<EventStream>) {
        self.capacity.replay.note(stream);
    }

    /// Keeps a stream for a client that comes back.
    pub(super) fn keep(&self, stream: &Arc<EventStream>) {
        self.note(stream);
        let mut state = self.state();
        if state.kept.len() >= KEPT {
            // One that nobody reads, where there is one.
            let at = state.kept.iter().position(|stream| !stream.is_attached()).unwrap_or_default();
            state.kept.remove(at);
        }
        state.kept.push_back(Arc::clone(stream));
    }

    /// The stream of an event id, and the number of the event.
    pub(super) fn find(&self, event: &str) -> Option<(Arc<EventStream>, u64)> {
        let (stream, event) = event.split_once('-')?;
        let (stream, event) = (stream.parse::<u64>().ok()?, event.parse().ok()?);
        if stream == 0 {
            return Some((Arc::clone(&self.general), event));
        }
        let kept = self.state().kept.iter().find(|kept| kept.number() == Some(stream)).cloned();
        kept.map(|stream| (stream, event))
    }

    /// Notes a running request. `None`: one with this id runs already, or the session has ended.
    pub(super) fn begin(&self, key: &Arc<str>, cx: &Context) -> Option<u64> {
        let mut state = self.state();
        if state.ended || state.calls.contains_key(key) {
            return None;
        }
        state.serial = state.serial.saturating_add(1);
        let serial = state.serial;
        state.calls.insert(Arc::clone(key), (serial, cx.clone()));
        Some(serial)
    }

    /// Notes the end of a request. `false`: it had been cancelled, and gets no answer.
    pub(super) fn finished(&self, key: &str, serial: u64) -> bool {
        let mut state = self.state();
        state.touched = Instant::now();
        let runs = state.calls.get(key).is_some_and(|(running, _)| *running == serial);
        if runs && let Some((_, cx)) = state.calls.remove(key) {
            cx.finish();
        }
        runs
    }

    /// `notifications/cancelled`; unknown ids are ignored.
    pub(super) fn cancel(&self, key: &str) {
        let cancelled = self.state().calls.remove(key);
        if let Some((_, cx)) = cancelled {
            cx.cancel();
        }
    }

    /// Ends the session: cancels what runs and closes its streams.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let (calls, kept) = (std::mem::take(&mut state.calls), std::mem::take(&mut state.kept));
        drop(state);
        for (_, cx) in calls.into_values() {
            cx.cancel();
        }
        for stream in kept.iter().chain([&self.general]) {
            stream.finish(None);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
