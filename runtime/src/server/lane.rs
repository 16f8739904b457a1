//! One after the other on one task: how the calls of a connection begin.
//!
//! Most handlers end, or begin to wait, within microseconds. A task for each of them would be woken, stolen and joined
//! for longer than it runs. In a lane one runner polls them in turn, each once: one that waits goes on as a task of its
//! own, and where one blocks its thread, the next beat gives those behind it another runner (SECURITY.md, M4).

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use super::pulse::Pulse;

/// What a lane runs. It never panics.
pub(super) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The lane of one connection. Clones are the same lane.
#[derive(Clone, Default)]
pub(crate) struct Lane {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// The runner that may take jobs, if there is one; others that still run have been overtaken.
    runner: Option<u64>,
    runners: u64,
    /// The beat at which the runner took its last job.
    taken: u64,
    /// A handler has blocked: from now on each has a task of its own from the start.
    distrust: bool,
}

impl Lane {
    /// Begins a job soon. The caller is inside a tokio runtime.
    pub(super) fn run(&self, job: Job) {
        let mut state = self.state();
        if state.distrust {
            drop(state);
            tokio::spawn(job);
            return;
        }
        state.queue.push_back(job);
        if state.runner.is_none() {
            self.start(&mut state);
        }
    }

    /// Where the runner is stuck in a job, another one takes its place. To be called at beats by those who wait for jobs.
    pub(super) fn rescue(&self) {
        let mut state = self.state();
        // Two beats: the job began before the first of them.
        if state.runner.is_some() && Pulse::count().wrapping_sub(state.taken) >= 2 {
            state.distrust = true;
            state.runner = None;
            let waiting = std::mem::take(&mut state.queue);
            drop(state);
            for job in waiting {
                tokio::spawn(job);
            }
        }
    }

    fn start(&self, state: &mut State) {
        state.runners += 1;
        let number = state.runners;
        state.runner = Some(number);
        state.taken = Pulse::count();
        let lane = self.clone();
        tokio::spawn(async move { lane.drain(number) });
    }

    fn drain(&self, number: u64) {
        while let Some(mut job) = self.next(number) {
            // Whoever is not ready is polled again, with a waker of its own.
            if job.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                tokio::spawn(job);
            }
        }
    }

    fn next(&self, number: u64) -> Option<Job> {
        let mut state = self.state();
        if state.runner != Some(number) {
            return None;
        }
        state.taken = Pulse::count();
        let job = state.queue.pop_front();
        if job.is_none() {
            state.runner = None;
        }
        job
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
