//! Lines of bounded length from a byte stream (SECURITY I15).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The buffer goes back to this size after a long line.
const USUAL_CAPACITY: usize = 64 * 1024;

/// What the stream holds next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line without its end. The last line of a stream may have none.
    Text(&'a [u8]),
    /// A line longer than the cap: reported as soon as that is known, then skipped to its end.
    TooLong,
    /// The end of the stream.
    End,
}

/// Splits a stream into lines. Holds at most the cap and one read beyond it.
pub(super) struct Lines<R> {
    reader: R,
    cap: usize,
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where there is no line end after `start`.
    scanned: usize,
    skipping: bool,
    ended: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R, cap: usize) -> Self {
        let buffer = Vec::with_capacity(USUAL_CAPACITY);
        Self { reader, cap, buffer, start: 0, scanned: 0, skipping: false, ended: false }
    }

    /// The next line. Cancel-safe: what has been read stays.
    pub(super) async fn next(&mut self) -> io::Result<Line<'_>> {
        let (from, to) = loop {
            let rest = self.buffer.get(self.scanned..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', rest) {
                let (from, to) = (self.start, self.scanned.saturating_add(at));
                self.start = to.saturating_add(1);
                self.scanned = self.start;
                if std::mem::take(&mut self.skipping) {
                    continue;
                }
                if to.saturating_sub(from) > self.cap {
                    return Ok(Line::TooLong);
                }
                break (from, to);
            }
            self.scanned = self.buffer.len();
            if self.skipping {
                self.start = self.scanned;
            } else if self.scanned.saturating_sub(self.start) > self.cap {
                self.start = self.scanned;
                self.skipping = true;
                return Ok(Line::TooLong);
            }
            if self.ended {
                let from = std::mem::replace(&mut self.start, self.scanned);
                if from == self.scanned {
                    return Ok(Line::End);
                }
                break (from, self.scanned);
            }
            self.make_room();
            self.ended = self.reader.read_buf(&mut self.buffer).await? == 0;
        };
        Ok(Line::Text(self.buffer.get(from..to).unwrap_or_default()))
    }

    /// Drops what has been handed out, so that the buffer holds one unfinished line at most.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned = self.scanned.saturating_sub(self.start);
            self.start = 0;
        }
        if self.buffer.is_empty() && self.buffer.capacity() > USUAL_CAPACITY {
            self.buffer = Vec::with_capacity(USUAL_CAPACITY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &[u8], cap: usize) -> Vec<Result<String, &'static str>> {
        let mut lines = Lines::new(input, cap);
        let mut all = Vec::new();
        loop {
            match lines.next().await.unwrap() {
                Line::Text(text) => all.push(Ok(String::from_utf8_lossy(text).into_owned())),
                Line::TooLong => all.push(Err("too long")),
                Line::End => return all,
            }
        }
    }

    #[tokio::test]
    async fn splits_at_line_feeds_and_keeps_the_last_line() {
        let read = lines(b"a\r\n\nbc\nlast", 10).await;
        assert_eq!(read, [Ok("a\r".into()), Ok(String::new()), Ok("bc".into()), Ok("last".into())]);
        assert!(lines(b"", 10).await.is_empty());
    }

    #[tokio::test]
    async fn i15_the_cap_is_exact_and_the_stream_goes_on_behind_a_long_line() {
        let read = lines(b"12345\n123456\nok\n1234567890123\nok\n12345", 5).await;
        let ok = || Ok("ok".to_owned());
        assert_eq!(read, [Ok("12345".into()), Err("too long"), ok(), Err("too long"), ok(), Ok("12345".into())]);
        assert_eq!(lines(b"123456", 5).await, [Err("too long")]);
    }

    #[tokio::test]
    async fn i15_a_line_without_end_takes_bounded_memory() {
        let endless = tokio::io::repeat(b'x').take(64 * 1024 * 1024);
        let mut lines = Lines::new(endless, 100_000);
        assert_eq!(lines.next().await.unwrap(), Line::TooLong);
        assert_eq!(lines.next().await.unwrap(), Line::End);
        assert!(lines.buffer.capacity() <= 1024 * 1024, "{}", lines.buffer.capacity());
    }
}
