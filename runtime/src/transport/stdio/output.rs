//! What is to be written: whole lines, from the connection and from the handlers that run, in one order.

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use crate::context::NotificationSink;
use crate::protocol::Reply;

/// A shared part of at least this size is written from where it is, instead of being copied.
const SHARE_FROM: usize = 4 * 1024;

/// The line buffer goes back to this size after a flood.
const USUAL_CAPACITY: usize = 64 * 1024;

/// Lines that wait for the writer.
pub(super) struct Output {
    state: Mutex<State>,
    /// Wakes the connection.
    wake: Arc<Notify>,
    /// Bytes from which notifications are dropped, because the client does not read.
    high_water: usize,
}

#[derive(Default)]
struct State {
    /// Complete parts, before the lines of `tail`.
    parts: Vec<Bytes>,
    tail: Vec<u8>,
    bytes: usize,
}

impl Output {
    /// `wake` is notified of what handlers append; the connection knows what it appends itself.
    pub(super) fn new(high_water: usize, wake: Arc<Notify>) -> Self {
        Self { state: Mutex::default(), wake, high_water }
    }

    /// Appends an answer, on the task of the connection.
    pub(super) fn reply(&self, reply: Reply) {
        let (text, shared, tail) = reply.parts();
        let mut state = self.state();
        state.push(text.into_bytes());
        if let Some(shared) = shared {
            state.push_shared(shared);
        }
        state.copy(tail.as_bytes());
        state.copy(b"\n");
    }

    /// Appends a line, however full the buffer is, on the task of the connection.
    pub(super) fn line(&self, text: &str) {
        let mut state = self.state();
        state.copy(text.as_bytes());
        state.copy(b"\n");
    }

    /// Bytes that wait.
    pub(super) fn len(&self) -> usize {
        self.state().bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NotificationSink for Output {
    /// Progress and log messages are dropped where the client reads too slowly: it may miss them, and memory is bounded.
    fn notify(&self, message: &str) {
        if self.len() < self.high_water {
            self.request(message);
        }
    }

    fn request(&self, message: &str) {
        self.line(message);
        self.wake.notify_one();
    }
}

impl State {
    fn copy(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len());
    }

    fn push(&mut self, bytes: Vec<u8>) {
        if bytes.len() < SHARE_FROM { self.copy(&bytes) } else { self.push_shared(Bytes::from(bytes)) }
    }

    fn push_shared(&mut self, bytes: Bytes) {
        if bytes.len() < SHARE_FROM {
            return self.copy(&bytes);
        }
        if !self.tail.is_empty() {
            self.parts.push(std::mem::take(&mut self.tail).into());
        }
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.parts.push(bytes);
    }
}

/// Writes what an [`Output`] holds, as much at once as there is.
pub(super) struct Writer<W> {
    writer: W,
    /// What has been taken and not been written yet.
    parts: Vec<Bytes>,
    tail: Vec<u8>,
    written: usize,
    unflushed: bool,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { writer, parts: Vec::new(), tail: Vec::new(), written: 0, unflushed: false }
    }

    /// Whether all that was taken is written.
    pub(super) fn is_idle(&self) -> bool {
        self.parts.is_empty() && self.written == self.tail.len() && !self.unflushed
    }

    /// Writes and flushes all that waits. Cancel-safe.
    pub(super) async fn write_all(&mut self, output: &Output) -> io::Result<()> {
        loop {
            if self.parts.is_empty() && self.written == self.tail.len() {
                self.take(output);
                if self.parts.is_empty() && self.tail.is_empty() {
                    if self.unflushed {
                        self.writer.flush().await?;
                        self.unflushed = false;
                    }
                    return Ok(());
                }
            }
            self.unflushed = true;
            let rest = self.tail.get(self.written..).unwrap_or_default();
            let count = if self.parts.is_empty() {
                self.writer.write(rest).await?
            } else {
                let parts = self.parts.iter().map(Bytes::as_ref).chain([rest]).filter(|part| !part.is_empty());
                let slices: Vec<_> = parts.map(IoSlice::new).take(64).collect();
                self.writer.write_vectored(&slices).await?
            };
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.advance(count);
        }
    }

    fn take(&mut self, output: &Output) {
        self.tail.clear();
        self.tail.shrink_to(USUAL_CAPACITY);
        self.written = 0;
        let mut state = output.state();
        std::mem::swap(&mut self.parts, &mut state.parts);
        std::mem::swap(&mut self.tail, &mut state.tail);
        state.bytes = 0;
    }

    fn advance(&mut self, mut count: usize) {
        let mut finished = 0;
        for part in &mut self.parts {
            let step = count.min(part.len());
            part.advance(step);
            count -= step;
            if !part.is_empty() {
                break;
            }
            finished += 1;
        }
        self.parts.drain(..finished);
        self.written = self.written.saturating_add(count);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// Accepts a few bytes at a time, from one slice or many.
    struct Narrow {
        written: Vec<u8>,
        vectored: bool,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let count = bytes.len().min(1000);
            self.written.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            self.poll_write(cx, &all)
        }

        fn is_write_vectored(&self) -> bool {
            self.vectored
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn parts_and_lines_keep_their_order_through_partial_writes() {
        for vectored in [false, true] {
            let output = Output::new(usize::MAX, Arc::default());
            let big = "b".repeat(10_000);
            output.line("first");
            output.state().push(big.clone().into_bytes());
            output.line("");
            output.line("second");
            output.state().push_shared(Bytes::from(big.clone()));
            output.line("last");
            assert_eq!(output.len(), 20_000 + 6 + 1 + 7 + 5);
            let mut writer = Writer::new(Narrow { written: Vec::new(), vectored });
            writer.write_all(&output).await.unwrap();
            assert_eq!(String::from_utf8(writer.writer.written).unwrap(), format!("first\n{big}\nsecond\n{big}last\n"));
            assert_eq!(output.len(), 0);
        }
    }

    #[test]
    fn notifications_are_dropped_when_nobody_reads() {
        let output = Output::new(100, Arc::default());
        for _ in 0..1000 {
            output.notify("0123456789");
        }
        assert!(output.len() <= 111, "{}", output.len());
        output.line("an answer");
        assert!(output.len() > 100, "answers are not");
    }
}
