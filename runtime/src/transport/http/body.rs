//! Bodies: of requests, within a cap and a time; of answers, whole or as a stream of events.

use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::stream::Reader;

/// The body of an answer: JSON text, or server-sent events.
pub struct McpBody(Kind);

enum Kind {
    /// Parts in reverse order.
    Whole(Vec<Bytes>),
    Events(Box<Events>),
}

struct Events {
    reader: Reader,
    keep_alive: Duration,
    alarm: Pin<Box<Sleep>>,
    /// Dropped with the body: what depends on somebody reading it.
    _owned: Box<dyn Owned>,
}

/// What a stream takes with it.
pub(super) trait Owned: Send + 'static {}
impl<T: Send + 'static> Owned for T {}

impl McpBody {
    pub(super) fn empty() -> Self {
        Self(Kind::Whole(Vec::new()))
    }

    /// These parts, one behind the other.
    pub(super) fn whole<const N: usize>(parts: [Bytes; N]) -> Self {
        Self(Kind::Whole(parts.into_iter().rev().filter(|part| !part.is_empty()).collect()))
    }

    /// Events, with a comment whenever there has been none for so long. `owned` is dropped with the body.
    pub(super) fn events(reader: Reader, keep_alive: Duration, owned: impl Owned) -> Self {
        let alarm = Box::pin(tokio::time::sleep(keep_alive));
        Self(Kind::Events(Box::new(Events { reader, keep_alive, alarm, _owned: Box::new(owned) })))
    }
}

impl McpBody {
    /// Whether this is a stream of events.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.0, Kind::Events(_))
    }
}

impl Events {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let event = match self.reader.poll_next(cx) {
            Poll::Ready(event) => event,
            Poll::Pending => {
                ready!(self.alarm.as_mut().poll(cx));
                Some(Bytes::from_static(b":\n\n"))
            }
        };
        self.alarm.as_mut().reset(Instant::now() + self.keep_alive);
        Poll::Ready(event)
    }
}

impl Body for McpBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut self.0 {
            Kind::Whole(parts) => parts.pop(),
            Kind::Events(events) => ready!(events.poll(cx)),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Whole(parts) if parts.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(parts) => SizeHint::with_exact(parts.iter().map(|part| part.len() as u64).sum()),
            Kind::Events(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for McpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Whole(_) => "McpBody(whole)",
            Kind::Events(_) => "McpBody(events)",
        })
    }
}

/// Why a request has no body that can be looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
}

/// The whole body: at most `cap` bytes, within `limit` (SECURITY.md I3, I4).
pub(super) async fn read<B: Body>(body: B, cap: usize, limit: Duration) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > cap as u64 {
        return Err(BodyError::TooLarge);
    }
    let mut collected = pin!(collect(body, cap));
    // Most bodies come with their heads, and need no timer.
    let ready = std::future::poll_fn(|cx| {
        Poll::Ready(match collected.as_mut().poll(cx) {
            Poll::Ready(ended) => Some(ended),
            Poll::Pending => None,
        })
    });
    match ready.await {
        Some(ended) => ended,
        None => Box::pin(tokio::time::timeout(limit, collected)).await.unwrap_or(Err(BodyError::TooSlow)),
    }
}

async fn collect<B: Body>(body: B, cap: usize) -> Result<Bytes, BodyError> {
    let mut body = pin!(body);
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(mut data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        let length = data.remaining();
        if first.len().saturating_add(rest.len()).saturating_add(length) > cap {
            return Err(BodyError::TooLarge);
        }
        // Most bodies are one piece, which is used where it is.
        if first.is_empty() && rest.is_empty() {
            first = data.copy_to_bytes(length);
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data.copy_to_bytes(length));
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Pieces of unknown total length, as a chunked body.
    struct Chunks(VecDeque<&'static [u8]>);

    impl Body for Chunks {
        type Data = &'static [u8];
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
            Poll::Ready(self.0.pop_front().map(|chunk| Ok(Frame::data(chunk))))
        }
    }

    /// Never says anything.
    struct Silent;

    impl Body for Silent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn i3_bodies_end_at_the_cap() {
        let chunks = || Chunks(VecDeque::from([&b"123"[..], b"", b"45", b"6"]));
        let second = Duration::from_secs(1);
        assert_eq!(read(chunks(), 6, second).await.unwrap(), "123456");
        assert_eq!(read(chunks(), 5, second).await, Err(BodyError::TooLarge), "one more than the cap");
        let declared = || McpBody::whole([Bytes::from_static(b"123456")]);
        assert_eq!(read(declared(), 6, second).await.unwrap(), "123456");
        assert_eq!(read(declared(), 5, second).await, Err(BodyError::TooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn i4_slow_bodies_end() {
        let before = Instant::now();
        assert_eq!(read(Silent, 10, Duration::from_secs(30)).await, Err(BodyError::TooSlow));
        assert_eq!(before.elapsed().as_secs(), 30);
    }
}
