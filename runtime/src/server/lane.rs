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
/// What a slow handler weighs against quick ones: a second one among 64 says that it is their way. Now and then one has to set something up, or the system takes the
/// processor away from it.
const WEIGHT: u32 = 64;

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
    /// A handler has blocked, or they often compute for long: from now on each has a task of its own from the start, and
    /// the runner ends.
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
            // Made here: a runtime may end before its task has ever run.
            let runner = Runner(Arc::clone(&self.0.0));
            state.taken = Pulse::count();
            drop(state);
            tokio::spawn(async move { runner.run().await });
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
        let mut weight = 0_u32;
        // The time at which the last job ended, unless there was none to go on with.
        let mut now = None;
        loop {
            let next = |cx: &mut Context<'_>| {
                let next = self.poll_next(cx);
                if next.is_pending() {
                    now = None;
                }
                next
            };
            let Some(mut job) = poll_fn(next).await else { return };
            let began = now.unwrap_or_else(Instant::now);
            // Whoever is not ready is polled again, with a waker of its own.
            if job.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                tokio::spawn(job);
            }
            let ended = Instant::now();
            now = Some(ended);
            weight = if ended.duration_since(began) >= SLOW { weight + WEIGHT } else { weight.saturating_sub(1) };
            if weight > WEIGHT {
                return self.part();
            }
        }
    }

    /// It is the way of these handlers to compute for long: they had better run side by side.
    fn part(&self) {
        let mut state = self.0.state();
        state.distrust = true;
        let waiting = std::mem::take(&mut state.queue);
        drop(state);
        for job in waiting {
            tokio::spawn(job);
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    impl Lane {
        fn distrusts(&self) -> bool {
            self.0.0.state().distrust
        }

        /// Runs a job to its end.
        async fn ended(&self, job: impl FnOnce() + Send + 'static) {
            let (sender, ended) = oneshot::channel();
            self.run(Box::pin(async move {
                job();
                let _ = sender.send(());
            }));
            timeout(SOON, ended).await.expect("in time").unwrap();
        }
    }

    /// Says when it is dropped.
    struct Dropped(mpsc::Sender<&'static str>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }

    #[tokio::test]
    async fn jobs_begin_in_order_and_one_that_waits_keeps_nobody() {
        let lane = Lane::default();
        let (sender, begun) = mpsc::channel();
        let (go_on, wait) = oneshot::channel::<()>();
        let first = sender.clone();
        lane.run(Box::pin(async move {
            let _ = first.send(0);
            let _ = wait.await;
            let _ = first.send(100);
        }));
        for number in 1..10 {
            let sender = sender.clone();
            lane.run(Box::pin(async move {
                let _ = sender.send(number);
            }));
        }
        lane.ended(|| {}).await;
        assert_eq!(begun.try_iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        go_on.send(()).unwrap();
        drop(sender);
        let last = tokio::task::spawn_blocking(move || begun.recv_timeout(SOON));
        assert_eq!(last.await.unwrap(), Ok(100));
        assert!(!lane.distrusts());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn m4_who_stands_behind_a_handler_that_blocks_is_rescued_at_a_beat() {
        let lane = Lane::default();
        let (unblock, blocked) = mpsc::channel::<()>();
        lane.run(Box::pin(async move {
            let _ = blocked.recv_timeout(SOON);
        }));
        let behind = lane.ended(|| {});
        let pulse = Pulse::listen().unwrap();
        let rescuer = async {
            loop {
                lane.rescue();
                pulse.beat().await;
            }
        };
        tokio::select! {
            () = behind => {}
            () = rescuer => {}
        }
        assert!(lane.distrusts(), "it has blocked once");
        lane.ended(|| {}).await;
        unblock.send(()).unwrap();
    }

    #[tokio::test]
    async fn slow_handlers_are_trusted_until_that_is_their_way() {
        let slow = || std::thread::sleep(2 * SLOW);
        let lane = Lane::default();
        for _ in 0..3 {
            lane.ended(slow).await;
            // Some of them may be slow, too, where the system is busy: then this says nothing.
            for _ in 0..2 * WEIGHT {
                lane.ended(|| {}).await;
            }
        }
        let often = Lane::default();
        often.ended(slow).await;
        assert!(!often.distrusts());
        often.ended(slow).await;
        // The runner says so after the job has ended.
        tokio::task::yield_now().await;
        assert!(often.distrusts());
        often.ended(|| {}).await;
    }

    #[tokio::test]
    async fn the_runner_ends_with_the_lane() {
        let lane = Lane::default();
        lane.ended(|| {}).await;
        let shared = Arc::downgrade(&lane.0.0);
        drop(lane);
        let gone = async {
            while shared.upgrade().is_some() {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, gone).await.expect("the runner ends");
    }

    #[test]
    fn a_runtime_that_ends_drops_what_waits() {
        let (sender, dropped) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lane = Lane::default();
        runtime.block_on(async {
            let job = Dropped(sender);
            lane.run(Box::pin(async move { drop(job) }));
        });
        drop(runtime);
        assert_eq!(dropped.try_recv(), Ok("dropped"));
    }
}
