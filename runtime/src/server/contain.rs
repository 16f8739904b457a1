//! Work apart from those who wait for it: its panic ends nothing else, its deadline passes even while it blocks a
//! thread, and it is dropped when nobody waits any more (SECURITY.md, M4).

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tracing::Instrument;

use super::pulse::{BEAT, Pulse};
use super::run::{Failure, cancelled, timed_out};
use crate::context::Context;

/// Runs work beside the caller. The permit stays with the work, so that what cannot be stopped still counts.
pub(super) async fn contained<T: Send + 'static>(
    cx: &Context,
    permit: OwnedSemaphorePermit,
    deadline: Duration,
    what: &str,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Failure> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(Failure::internal(cx, "a server needs a tokio runtime around it"));
    }
    let began = Instant::now();
    let outcome = Arc::new(Outcome { state: Mutex::new(State::default()) });
    let work = Work { outcome: Arc::clone(&outcome), inner: Some((Box::pin(work.in_current_span()), permit)) };
    match cx.lane() {
        Some(lane) => lane.run(Box::pin(work)),
        None => drop(tokio::spawn(work)),
    }
    let waiting = Waiting(outcome);
    // Most work ends before it waits for anything. Only what does not is worth a timer.
    let pulse = Pulse::listen().filter(|_| deadline > 4 * BEAT);
    let mut progress = match pulse {
        Some(pulse) => tokio::select! {
            biased;
            progress = waiting.progress() => Some(progress),
            () = pulse.beat() => None,
        },
        None => None,
    };
    if matches!(progress, Some(Progress::Begun) | None) {
        progress = tokio::select! {
            biased;
            ended = waiting.ended() => Some(ended),
            () = cx.cancelled() => return Err(cancelled().into()),
            () = cx.passed(began, deadline) => return Err(timed_out(what, deadline).into()),
            () = rescue(cx) => None,
        };
    }
    match progress {
        Some(Progress::Ended(Ok(output))) => Ok(output),
        Some(Progress::Ended(Err(panic))) => Err(Failure::internal(cx, format!("panic: {}", panic_message(&*panic)))),
        // The runtime of the work has ended.
        Some(Progress::Begun | Progress::Lost) | None => Err(cancelled().into()),
    }
}

/// Never ends: sees to it at each beat that nobody waits behind a handler that blocks.
async fn rescue(cx: &Context) {
    let (Some(lane), Some(pulse)) = (cx.lane(), Pulse::listen()) else { return std::future::pending().await };
    loop {
        lane.rescue();
        pulse.beat().await;
    }
}

type Caught<T> = Result<T, Box<dyn Any + Send>>;

/// What the two sides share.
struct Outcome<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    ended: Option<Caught<T>>,
    /// The work waits for something.
    begun: bool,
    lost: bool,
    abandoned: bool,
    waiting: Option<Waker>,
    work: Option<Waker>,
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self { ended: None, begun: false, lost: false, abandoned: false, waiting: None, work: None }
    }
}

impl<T> Outcome<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Progress<T> {
    /// The work waits for something.
    Begun,
    Ended(Caught<T>),
    /// It was dropped before its end.
    Lost,
}

/// The side that waits. Dropping it drops the work.
struct Waiting<T>(Arc<Outcome<T>>);

impl<T> Waiting<T> {
    /// The first news.
    async fn progress(&self) -> Progress<T> {
        std::future::poll_fn(|cx| self.poll(cx, true)).await
    }

    /// The end.
    async fn ended(&self) -> Progress<T> {
        std::future::poll_fn(|cx| self.poll(cx, false)).await
    }

    fn poll(&self, cx: &TaskContext<'_>, first: bool) -> Poll<Progress<T>> {
        let mut state = self.0.state();
        if let Some(ended) = state.ended.take() {
            return Poll::Ready(Progress::Ended(ended));
        }
        if state.lost {
            return Poll::Ready(Progress::Lost);
        }
        if first && state.begun {
            return Poll::Ready(Progress::Begun);
        }
        if !state.waiting.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waiting = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.abandoned = true;
        let work = state.work.take();
        drop(state);
        if let Some(work) = work {
            work.wake();
        }
    }
}

/// The side that works.
struct Work<F, T> {
    outcome: Arc<Outcome<T>>,
    /// Until it has ended.
    inner: Option<(Pin<Box<F>>, OwnedSemaphorePermit)>,
}

impl<F, T> Work<F, T> {
    /// Drops the work; a panic there is contained, too.
    fn end(&mut self) {
        let inner = self.inner.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(inner)));
    }
}

impl<F: Future<Output = T>, T> Future for Work<F, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        if self.outcome.state().abandoned {
            self.end();
            return Poll::Ready(());
        }
        let Some((work, _)) = &mut self.inner else { return Poll::Ready(()) };
        let ended = match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(panic),
            Ok(Poll::Pending) => {
                let mut state = self.outcome.state();
                if !state.abandoned {
                    if !state.work.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                        state.work = Some(cx.waker().clone());
                    }
                    let first = !std::mem::replace(&mut state.begun, true);
                    let waiting = if first { state.waiting.take() } else { None };
                    drop(state);
                    if let Some(waiting) = waiting {
                        waiting.wake();
                    }
                    return Poll::Pending;
                }
                drop(state);
                self.end();
                return Poll::Ready(());
            }
        };
        self.end();
        let mut state = self.outcome.state();
        state.ended = Some(ended);
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
        Poll::Ready(())
    }
}

impl<F, T> Drop for Work<F, T> {
    /// A runtime that ends drops what it still runs: whoever waits is told.
    fn drop(&mut self) {
        if self.inner.is_none() {
            return;
        }
        self.end();
        let mut state = self.outcome.state();
        state.lost = true;
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is no text")
}
