//! One after the other on one task: how the calls of a connection begin.
//!
//! Most handlers end, or begin to wait, within microseconds. A task for each of them would be woken, stolen and joined
//! for longer than it runs. In a lane one runner polls them in turn, each once: one that waits goes on as a task of its
//! own, and where one blocks its thread, the next beat gives those behind it another runner (SECURITY.md, M4).

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::pulse::Pulse;

/// A handler that computes for so long before it waits or ends is better off on another processor.
const SLOW: Duration = Duration::from_millis(1);

/// What a lane runs. It never panics.
pub(super) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The lane of one connection. Clones are the same lane; its runner ends with the last of them.
#[derive(Clone, Default)]
pub(crate) struct Lane(Arc<Handle>);

#[derive(Default)]
struct Handle(Arc<Shared>);

#[derive(Default)]
struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// The runner waits for jobs, or works.
    started: bool,
    /// Where the runner waits.
    idle: Option<Waker>,
    /// The beat at which the runner took its last job.
    taken: u64,
    /// A handler has computed for long.
    slow: bool,
    /// A handler has blocked, or several have computed for long: from now on each has a task of its own from the start,
    /// and the runner ends.
    distrust: bool,
    /// Nobody is left to begin a job.
    closed: bool,
}

impl Lane {
    /// Begins a job soon. The caller is inside a tokio runtime.
    pub(super) fn run(&self, job: Job) {
        let mut state = self.0.0.state();
        if state.distrust {
            drop(state);
            tokio::spawn(job);
            return;
        }
        state.queue.push_back(job);
        if !std::mem::replace(&mut state.started, true) {
            let shared = Arc::clone(&self.0.0);
            state.taken = Pulse::count();
            tokio::spawn(async move { Runner(shared).run().await });
        } else if let Some(idle) = state.idle.take() {
            state.taken = Pulse::count();
            drop(state);
            idle.wake();
        }
    }

    /// Where the runner is stuck in a job, those behind it get tasks of their own. To be called at beats by those who
    /// wait for jobs.
    pub(super) fn rescue(&self) {
        let mut state = self.0.0.state();
        // Two beats: the job began before the first of them.
        if state.idle.is_none() && !state.distrust && Pulse::count().wrapping_sub(state.taken) >= 2 {
            state.distrust = true;
            let waiting = std::mem::take(&mut state.queue);
            drop(state);
            for job in waiting {
                tokio::spawn(job);
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closed = true;
        let idle = state.idle.take();
        drop(state);
        if let Some(idle) = idle {
            idle.wake();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task of a lane.
struct Runner(Arc<Shared>);

impl Runner {
    async fn run(&self) {
        while let Some(mut job) = poll_fn(|cx| self.poll_next(cx)).await {
            let began = Instant::now();
            // Whoever is not ready is polled again, with a waker of its own.
            if job.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                tokio::spawn(job);
            }
            if began.elapsed() >= SLOW {
                self.slow();
            }
        }
    }

    /// A handler has computed for long. One may have had to set something up; where it is their way, they had better run
    /// side by side.
    fn slow(&self) {
        let mut state = self.0.state();
        if std::mem::replace(&mut state.slow, true) {
            state.distrust = true;
            let waiting = std::mem::take(&mut state.queue);
            drop(state);
            for job in waiting {
                tokio::spawn(job);
            }
        }
    }

    /// The next job; `None`: there will be none.
    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Job>> {
        let mut state = self.0.state();
        state.taken = Pulse::count();
        if let Some(job) = state.queue.pop_front() {
            return Poll::Ready(Some(job));
        }
        if state.closed || state.distrust {
            return Poll::Ready(None);
        }
        state.idle = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Runner {
    /// A runtime that ends drops what waits, which tells those who wait for it.
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.distrust = true;
        let waiting = std::mem::take(&mut state.queue);
        drop(state);
        drop(waiting);
    }
}
