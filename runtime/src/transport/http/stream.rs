//! Events on their way to a client: a bounded queue that one reader at a time empties (SECURITY.md I5), and that a legacy
//! client can read again after a disconnect (MCP 2025-11-25, "Resumability and Redelivery").

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;

use crate::context::NotificationSink;
use crate::protocol::Reply;

use super::replay::Replay;

/// What one stream holds at most.
#[derive(Clone, Debug)]
pub(super) struct Capacity {
    pub(super) events: usize,
    pub(super) bytes: usize,
    /// What all streams that can be resumed hold together.
    pub(super) replay: Arc<Replay>,
}

/// What happens to a notification that finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenFull {
    /// It is dropped: progress and logs of a request, whose answer still comes.
    Drop,
    /// The stream ends: a client that misses a change has to know.
    Close,
}

/// The events of one stream.
#[derive(Debug)]
pub(super) struct EventStream {
    /// Its number in the session, from which event ids are made; `None`: its events have none and are read once.
    number: Option<u64>,
    capacity: Capacity,
    when_full: WhenFull,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Consecutive events; the first has the number `first`.
    events: VecDeque<Bytes>,
    first: u64,
    bytes: usize,
    /// The number of the event that is read next.
    unread: u64,
    /// Whether a message has come: a stream is needed.
    begun: bool,
    /// Whether the client sees a stream; until then the answer waits apart.
    committed: bool,
    answer: Option<Reply>,
    ended: bool,
    /// The reader of now ends before the event of this number; the next one goes on with it.
    paused_at: Option<u64>,
    /// Counts the readers; only the last one reads.
    reader: u64,
    attached: bool,
    waker: Option<Waker>,
    /// Where the bytes are counted; `None`: what is read is gone.
    replay: Option<Arc<Replay>>,
}

/// What a request has come to.
pub(super) enum Turn {
    /// It emits messages: its answer is a stream.
    Stream,
    /// It has an answer, and nothing came before it.
    Answer(Reply),
    /// It has ended without one: the client has cancelled it.
    Nothing,
}

impl EventStream {
    pub(super) fn new(number: Option<u64>, capacity: Capacity, when_full: WhenFull) -> Arc<Self> {
        let mut state = State::default();
        state.replay = number.map(|_| Arc::clone(&capacity.replay));
        Arc::new(Self { number, capacity, when_full, state: Mutex::new(state) })
    }

    /// Its number in the session.
    pub(super) fn number(&self) -> Option<u64> {
        self.number
    }

    /// The event that gives a client its first id, before there is anything to say (MCP 2025-11-25, "Sending Messages to
    /// the Server", 6). Comes first.
    pub(super) fn prime(&self) {
        let mut state = self.state();
        let event = format!("{}data: \n\n", self.id(&state));
        state.push(event.into());
    }

    /// An event that is no message.
    #[cfg(feature = "sse")]
    pub(super) fn event(&self, name: &str, data: &str) {
        self.state().push(format!("event: {name}\ndata: {data}\n\n").into());
    }

    /// An answer; it enters however full the stream is.
    pub(super) fn reply(&self, reply: Reply) {
        let mut state = self.state();
        self.write_reply(&mut state, reply);
        drop(state);
        self.capacity.replay.trim();
    }

    /// The last message, or none: the stream ends behind it.
    pub(super) fn finish(&self, reply: Option<Reply>) {
        let mut state = self.state();
        match reply {
            Some(reply) if state.committed => self.write_reply(&mut state, reply),
            reply => state.answer = reply,
        }
        state.ended = true;
        state.wake();
        drop(state);
        self.capacity.replay.trim();
    }

    /// What becomes of the request: pending until it says something.
    pub(super) fn poll_turn(&self, cx: &Context<'_>) -> Poll<Turn> {
        let mut state = self.state();
        if state.begun {
            state.committed = true;
            if let Some(answer) = state.answer.take() {
                self.write_reply(&mut state, answer);
            }
            return Poll::Ready(Turn::Stream);
        }
        if state.ended {
            return Poll::Ready(state.answer.take().map_or(Turn::Nothing, Turn::Answer));
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// A reader of everything from here on; an earlier reader ends.
    pub(super) fn attach(self: &Arc<Self>) -> Reader {
        let mut state = self.state();
        state.committed = true;
        state.reader = state.reader.wrapping_add(1);
        state.attached = true;
        state.wake();
        Reader { number: state.reader, stream: Arc::clone(self) }
    }

    /// A reader of everything behind this event.
    pub(super) fn resume(self: &Arc<Self>, last: u64) -> Reader {
        let reader = self.attach();
        let mut state = self.state();
        let end = state.end();
        state.unread = last.saturating_add(1).clamp(state.first, end);
        state.paused_at = None;
        drop(state);
        reader
    }

    /// Gives up what was kept for a reader that comes back; `false`: there will be nothing more to give up.
    pub(super) fn forget(&self) -> bool {
        let mut state = self.state();
        let all = state.ended && !state.attached;
        while !state.events.is_empty() && (all || state.first < state.unread) {
            state.pop();
        }
        !all
    }

    /// Whether somebody reads.
    pub(super) fn is_attached(&self) -> bool {
        self.state().attached
    }

    fn write_reply(&self, state: &mut State, reply: Reply) {
        let (head, shared, tail) = reply.parts();
        let shared = shared.unwrap_or_default();
        let mut event = self.id(state).into_bytes();
        event.extend_from_slice(b"event: message\ndata: ");
        event.extend_from_slice(head.as_bytes());
        event.extend_from_slice(&shared);
        event.extend_from_slice(tail.as_bytes());
        event.extend_from_slice(b"\n\n");
        state.push(event.into());
    }

    /// `id: 3-17`: the stream and the number of the event in it.
    fn id(&self, state: &State) -> String {
        self.number.map_or_else(String::new, |number| format!("id: {number}-{}\n", state.end()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NotificationSink for EventStream {
    fn notify(&self, message: &str) {
        let mut state = self.state();
        if state.ended {
            return;
        }
        let event = format!("{}event: message\ndata: {message}\n\n", self.id(&state));
        let Capacity { events, bytes, .. } = self.capacity;
        let is_full = |state: &State| state.events.len() >= events || state.bytes.saturating_add(event.len()) > bytes;
        // What has been read is kept for a client that comes back, as long as there is room.
        while is_full(&state) && state.first < state.unread {
            state.pop();
        }
        if is_full(&state) {
            if self.when_full == WhenFull::Close {
                state.ended = true;
                state.wake();
            }
            return;
        }
        state.begun = true;
        state.push(event.into());
        drop(state);
        self.capacity.replay.trim();
    }

    fn request(&self, message: &str) {
        let mut state = self.state();
        if !state.ended {
            let event = format!("{}event: message\ndata: {message}\n\n", self.id(&state));
            state.begun = true;
            state.push(event.into());
        }
    }

    /// Behind an event that says when to come back (MCP 2025-11-25, "Streamable HTTP", "Sending Messages to the
    /// Server", 6).
    fn close(&self, retry: Option<Duration>) {
        let mut state = self.state();
        if self.number.is_none() || state.ended || state.paused_at.is_some() {
            return;
        }
        let retry = retry.map_or_else(String::new, |retry| format!("retry: {}\n", retry.as_millis()));
        let event = format!("{}{retry}data: \n\n", self.id(&state));
        state.begun = true;
        state.paused_at = Some(state.end().saturating_add(1));
        state.push(event.into());
    }
}

impl State {
    /// The number of the next event.
    fn end(&self) -> u64 {
        self.first.saturating_add(self.events.len() as u64)
    }

    fn push(&mut self, event: Bytes) {
        self.bytes = self.bytes.saturating_add(event.len());
        if let Some(replay) = &self.replay {
            replay.add(event.len());
        }
        self.events.push_back(event);
        self.wake();
    }

    fn pop(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes = self.bytes.saturating_sub(event.len());
            if let Some(replay) = &self.replay {
                replay.remove(event.len());
            }
            self.first = self.first.saturating_add(1);
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(replay) = &self.replay {
            replay.remove(self.bytes);
        }
    }
}

/// Reads a stream, until it is dropped or another reader comes.
#[derive(Debug)]
pub(super) struct Reader {
    number: u64,
    stream: Arc<EventStream>,
}

impl Reader {
    /// The next event; `None` at the end.
    pub(super) fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.stream.state();
        if state.reader != self.number {
            return Poll::Ready(None);
        }
        if state.paused_at.is_some_and(|end| state.unread >= end) {
            return Poll::Ready(None);
        }
        let offset = state.unread.saturating_sub(state.first);
        let event = usize::try_from(offset).ok().and_then(|offset| state.events.get(offset)).cloned();
        match event {
            Some(event) => {
                state.unread = state.unread.saturating_add(1);
                if self.stream.number.is_none() {
                    state.pop();
                }
                Poll::Ready(Some(event))
            }
            None if state.ended => Poll::Ready(None),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.stream.state();
        if state.reader == self.number {
            state.attached = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Capacity {
        Capacity { events: 3, bytes: 1000, replay: Replay::new(5000) }
    }

    fn next(reader: &mut Reader) -> Option<String> {
        match reader.poll_next(&Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(event)) => Some(String::from_utf8(event.to_vec()).unwrap()),
            Poll::Ready(None) => Some("end".to_owned()),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_stream_without_a_number_is_read_once_and_has_no_ids() {
        let stream = EventStream::new(None, small(), WhenFull::Drop);
        stream.notify("{}");
        let mut reader = stream.attach();
        assert_eq!(next(&mut reader).unwrap(), "event: message\ndata: {}\n\n");
        assert_eq!(next(&mut reader), None);
        assert_eq!(stream.state().bytes, 0);
        stream.finish(None);
        assert_eq!(next(&mut reader).unwrap(), "end");
    }

    #[test]
    fn i5_a_full_stream_drops_notifications_or_ends() {
        for (when_full, last) in [(WhenFull::Drop, None), (WhenFull::Close, Some("end".to_owned()))] {
            let stream = EventStream::new(None, small(), when_full);
            for _ in 0..1000 {
                stream.notify("{}");
            }
            let mut reader = stream.attach();
            for _ in 0..3 {
                assert_eq!(next(&mut reader).unwrap(), "event: message\ndata: {}\n\n");
            }
            assert_eq!(next(&mut reader), last, "{when_full:?}");
        }
        let stream = EventStream::new(None, small(), WhenFull::Drop);
        stream.notify(&"x".repeat(2000));
        assert_eq!(next(&mut stream.attach()), None, "the cap of bytes");
    }

    #[test]
    fn a_numbered_stream_is_replayed_behind_the_last_event() {
        let stream = EventStream::new(Some(7), small(), WhenFull::Drop);
        stream.prime();
        stream.notify("1");
        let mut reader = stream.attach();
        assert_eq!(next(&mut reader).unwrap(), "id: 7-0\ndata: \n\n");
        assert_eq!(next(&mut reader).unwrap(), "id: 7-1\nevent: message\ndata: 1\n\n");
        drop(reader);
        assert!(!stream.is_attached());
        stream.notify("2");
        let mut again = stream.resume(0);
        assert_eq!(next(&mut again).unwrap(), "id: 7-1\nevent: message\ndata: 1\n\n");
        assert_eq!(next(&mut again).unwrap(), "id: 7-2\nevent: message\ndata: 2\n\n");
        // Read events make room for new ones.
        stream.notify("3");
        assert_eq!(next(&mut again).unwrap(), "id: 7-3\nevent: message\ndata: 3\n\n");
        let mut third = stream.resume(u64::MAX);
        assert_eq!(next(&mut third), None, "nothing behind the end");
        assert_eq!(next(&mut again).unwrap(), "end", "one reader at a time");
        drop(again);
        assert!(stream.is_attached());
    }

    #[test]
    fn i5_what_is_kept_for_clients_that_come_back_is_bounded_over_all_sessions() {
        let capacity = Capacity { events: 100, bytes: 1000, replay: Replay::new(5000) };
        let long = "x".repeat(400);
        let stream = |number: u64| {
            let stream = EventStream::new(Some(number), capacity.clone(), WhenFull::Drop);
            stream.notify(&long);
            capacity.replay.note(&stream);
            stream
        };
        // A reader that is still there keeps what it has not read.
        let slow = stream(1000);
        let mut reader = slow.attach();
        let streams: Vec<_> = (0..100)
            .map(|number| {
                let stream = stream(number);
                drop(stream.attach());
                stream.finish(None);
                stream
            })
            .collect();
        assert!(capacity.replay.bytes() <= 5000, "{}", capacity.replay.bytes());
        assert!(next(&mut reader).unwrap().contains(&long));
        let kept: Vec<_> = streams.iter().map(|stream| !stream.state().events.is_empty()).collect();
        assert!(kept.ends_with(&[true; 10]) && !kept[0], "the oldest go first: {kept:?}");
        assert_eq!(next(&mut streams[0].resume(0)).unwrap(), "end", "one that is forgotten has nothing more to say");
        drop((streams, reader, slow));
        assert_eq!(capacity.replay.bytes(), 0, "nothing is left of streams that have gone");
    }
}
