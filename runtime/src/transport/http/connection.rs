//! The clocks of one connection (SECURITY.md I4). hyper's own header timer counts idle time too and starts only when the
//! version of HTTP is known, so what a client may take is measured here.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// How long a connection may take for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) header: Duration,
    pub(super) idle: Duration,
}

/// What a connection is doing.
#[derive(Debug)]
pub(super) struct Clock {
    times: Times,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests without a complete answer.
    active: usize,
    /// What it waits for while there is none.
    waits: Waits,
    /// Since when; `None`: since the poll that goes on.
    since: Option<Instant>,
    /// Since when the client has not read.
    stalled_since: Option<Instant>,
    /// HTTP/2, where bytes between requests are not the beginning of a head.
    multiplexed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// For the next request.
    Idle,
    /// For the rest of a head whose first byte has come. At the beginning: for the first one.
    Head,
}

impl Clock {
    pub(super) fn new(times: Times) -> Arc<Self> {
        let since = Some(Instant::now());
        let state = State { active: 0, waits: Waits::Head, since, stalled_since: None, multiplexed: false };
        Arc::new(Self { times, state: Mutex::new(state) })
    }

    /// When the connection has to end, as things are; `None`: answers have their own deadlines. To be called behind each
    /// poll of the connection: what has changed during it is dated now. Most heads come whole and most answers are written
    /// at once, so most requests cost one look at the clock.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let mut state = self.state();
        let stalled = state.stalled_since.map(|since| since + self.times.idle);
        if state.active > 0 {
            return stalled;
        }
        let since = *state.since.get_or_insert_with(Instant::now);
        let waiting = since
            + match state.waits {
                Waits::Head => self.times.header,
                Waits::Idle => self.times.idle,
            };
        Some(stalled.map_or(waiting, |stalled| stalled.min(waiting)))
    }

    /// A head is complete.
    pub(super) fn request(self: &Arc<Self>, multiplexed: bool) -> Active {
        let mut state = self.state();
        state.active = state.active.saturating_add(1);
        state.waits = Waits::Idle;
        state.multiplexed = multiplexed;
        Active(Arc::clone(self))
    }

    fn read(&self) {
        let mut state = self.state();
        if state.active == 0 && !state.multiplexed && state.waits == Waits::Idle {
            (state.waits, state.since) = (Waits::Head, None);
        }
    }

    fn written(&self, ready: bool) {
        let mut state = self.state();
        if ready {
            state.stalled_since = None;
        } else if state.stalled_since.is_none() {
            state.stalled_since = Some(Instant::now());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request without a complete answer.
#[derive(Debug)]
pub(super) struct Active(Arc<Clock>);

impl Drop for Active {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.active = state.active.saturating_sub(1);
        // The answers of HTTP/2 end in tasks of their own, outside of the poll of the connection.
        state.since = state.multiplexed.then(Instant::now);
    }
}

/// A stream whose reads and writes the clock sees.
#[derive(Debug)]
pub(super) struct Watched<T> {
    pub(super) stream: T,
    pub(super) clock: Arc<Clock>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.clock.read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.clock.written(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.clock.written(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// An answer; the request is active until it is gone.
pub(super) struct Answer<B> {
    pub(super) body: B,
    pub(super) _active: Active,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times { header: Duration::from_secs(10), idle: Duration::from_secs(60) };

    fn seconds(clock: &Clock) -> u64 {
        (clock.deadline().unwrap() - Instant::now()).as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn i4_each_phase_has_its_time() {
        let clock = Clock::new(TIMES);
        let later = |by| tokio::time::advance(Duration::from_secs(by));
        later(4).await;
        clock.read();
        assert_eq!(seconds(&clock), 6, "dribbling bytes do not prolong the head");
        let request = clock.request(false);
        later(100).await;
        assert_eq!(clock.deadline(), None, "while a request runs, nothing ends the connection");
        drop(request);
        assert_eq!(seconds(&clock), 60, "idle from now on");
        later(1).await;
        assert_eq!(seconds(&clock), 59, "idle");
        clock.read();
        assert_eq!(seconds(&clock), 10, "the next head has begun");
        later(3).await;
        clock.read();
        assert_eq!(seconds(&clock), 7, "and goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn i5_a_client_that_does_not_read_loses_its_connection() {
        let clock = Clock::new(TIMES);
        let _request = clock.request(false);
        clock.written(false);
        tokio::time::advance(Duration::from_secs(50)).await;
        clock.written(false);
        assert_eq!(seconds(&clock), 10);
        clock.written(true);
        assert_eq!(clock.deadline(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn control_frames_are_no_heads() {
        let clock = Clock::new(TIMES);
        drop(clock.request(true));
        clock.read();
        assert_eq!(seconds(&clock), 60);
    }
}
