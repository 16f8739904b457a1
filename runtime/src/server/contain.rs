//! Work apart from those who wait for it: its panic ends nothing else, its deadline passes even while it blocks a
//! thread, and it is dropped when nobody waits any more (SECURITY.md, M4).

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tracing::Instrument;

use super::pulse::{BEAT, Pulse};
use super::run::{Failure, cancelled, timed_out};
use crate::context::Context;

/// Longer deadlines than the clock can hold are this long.
const DAY: Duration = Duration::from_secs(86_400);

/// Begins work beside the caller, and waits for it. The permit stays with the work, so that what cannot be stopped still
/// counts.
///
/// Not an `async fn`: a future is as large as what it holds until its end, and the work has moved away by then.
pub(super) fn contained<'a, T: Send + 'static>(
    cx: &'a Context,
    permit: OwnedSemaphorePermit,
    deadline: Duration,
    what: &'a str,
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T, Failure>> + Send + 'a {
    let began = Instant::now();
    cx.set_deadline(began.checked_add(deadline).unwrap_or_else(|| began + DAY));
    let waiting = begin(cx, permit, work);
    async move {
        let Some(waiting) = waiting else {
            return Err(Failure::internal(cx, "a server needs a tokio runtime around it"));
        };
        // Most work ends before it waits for anything. Only what does not is worth timers, and the room for them.
        let progress = match Pulse::listen().filter(|_| deadline > 4 * BEAT) {
            Some(pulse) => tokio::select! {
                biased;
                progress = waiting.progress() => progress,
                () = pulse.beat() => Progress::Begun,
            },
            None => Progress::Begun,
        };
        let progress = match progress {
            Progress::Begun => Box::pin(patiently(cx, &waiting, began, deadline, what)).await?,
            progress => progress,
        };
        match progress {
            Progress::Ended(Ok(output)) => Ok(output),
            Progress::Ended(Err(panic)) => Err(Failure::internal(cx, format!("panic: {}", panic_message(&*panic)))),
            // The runtime of the work has ended.
            Progress::Begun | Progress::Lost => Err(cancelled().into()),
        }
    }
}

/// `None`: there is no runtime.
fn begin<T: Send + 'static>(
    cx: &Context,
    permit: OwnedSemaphorePermit,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<Waiting<T>> {
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    let outcome = Arc::new(Outcome { state: Mutex::new(State::default()) });
    let work = Work { outcome: Arc::clone(&outcome), permit: Some(permit), work: Some(work.in_current_span()) };
    match cx.lane() {
        Some(lane) => lane.run(Box::pin(work)),
        None => drop(runtime.spawn(work)),
    }
    Some(Waiting(outcome))
}

/// Waits as long as the work may take.
async fn patiently<T>(
    cx: &Context,
    waiting: &Waiting<T>,
    began: Instant,
    deadline: Duration,
    what: &str,
) -> Result<Progress<T>, Failure> {
    tokio::select! {
        biased;
        ended = waiting.ended() => Ok(ended),
        () = cx.cancelled() => Err(cancelled().into()),
        () = cx.passed(began, deadline) => Err(timed_out(what, deadline).into()),
        () = rescue(cx) => Err(cancelled().into()),
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
        wake(state, |state| &mut state.work);
    }
}

pin_project! {
    /// The side that works.
    struct Work<F, T> {
        outcome: Arc<Outcome<T>>,
        permit: Option<OwnedSemaphorePermit>,
        // Until it has ended.
        #[pin]
        work: Option<F>,
    }

    impl<F, T> PinnedDrop for Work<F, T> {
        /// A runtime that ends drops what it still runs: whoever waits is told.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.work.is_some() {
                end(this.work.as_mut());
                let mut state = this.outcome.state();
                state.lost = true;
                wake(state, |state| &mut state.waiting);
            }
        }
    }
}

/// Drops the work; a panic there is contained, too.
fn end<F>(work: Pin<&mut Option<F>>) {
    let mut work = work;
    let _ = catch_unwind(AssertUnwindSafe(|| work.set(None)));
}

/// Wakes one side, outside of the lock.
fn wake<T>(mut state: MutexGuard<'_, State<T>>, side: impl FnOnce(&mut State<T>) -> &mut Option<Waker>) {
    let waker = side(&mut state).take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<F: Future<Output = T>, T> Future for Work<F, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let mut this = self.project();
        let abandoned = this.outcome.state().abandoned;
        let work = this.work.as_mut().as_pin_mut().filter(|_| !abandoned);
        let polled = work.map(|work| catch_unwind(AssertUnwindSafe(|| work.poll(cx))));
        if let Some(Ok(Poll::Pending)) = polled {
            let mut state = this.outcome.state();
            if !state.abandoned {
                if !state.work.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    state.work = Some(cx.waker().clone());
                }
                if !std::mem::replace(&mut state.begun, true) {
                    wake(state, |state| &mut state.waiting);
                }
                return Poll::Pending;
            }
        }
        end(this.work);
        // Before the end is known: who has the answer may look whether the server is idle.
        drop(this.permit.take());
        let ended = match polled {
            Some(Ok(Poll::Ready(output))) => Ok(output),
            Some(Err(panic)) => Err(panic),
            _ => return Poll::Ready(()),
        };
        let mut state = this.outcome.state();
        state.ended = Some(ended);
        wake(state, |state| &mut state.waiting);
        Poll::Ready(())
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is no text")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::Semaphore;

    use super::*;
    use crate::error::ErrorKind;

    const LONG: Duration = Duration::from_secs(30);

    fn permits() -> (Arc<Semaphore>, OwnedSemaphorePermit) {
        let all = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&all).try_acquire_owned().unwrap();
        (all, permit)
    }

    /// Says whether it is still there.
    struct Alive(Arc<AtomicBool>);

    impl Alive {
        fn new() -> (Self, Arc<AtomicBool>) {
            let flag = Arc::new(AtomicBool::new(true));
            (Self(Arc::clone(&flag)), flag)
        }
    }

    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.store(false, Ordering::SeqCst);
        }
    }

    async fn until_gone(flag: &AtomicBool) {
        while flag.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn the_output_comes_when_the_permit_is_back() {
        for waits in [false, true] {
            let ((all, permit), cx) = (permits(), Context::in_process());
            let work = async move {
                if waits {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                7
            };
            assert_eq!(contained(&cx, permit, LONG, "it", work).await.unwrap(), 7);
            assert_eq!(all.available_permits(), 1);
        }
    }

    #[tokio::test]
    async fn m4_a_panic_is_a_failure_of_the_server_wherever_it_happens() {
        for waits in [false, true] {
            let ((all, permit), cx) = (permits(), Context::in_process());
            let work = async move {
                if waits {
                    tokio::task::yield_now().await;
                }
                panic!("secret detail");
            };
            let failure = contained(&cx, permit, LONG, "it", work).await.unwrap_err();
            assert_eq!(failure.error.kind(), ErrorKind::Internal);
            assert!(!failure.error.message().contains("secret"), "{}", failure.error);
            assert_eq!(failure.detail.as_deref(), Some("panic: secret detail"));
            assert_eq!(all.available_permits(), 1);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn m4_the_deadline_passes_while_the_work_blocks_its_thread() {
        let ((all, permit), cx) = (permits(), Context::in_process());
        let (unblock, blocked) = std::sync::mpsc::channel::<()>();
        let work = async move {
            let _ = blocked.recv_timeout(LONG);
        };
        let failure = contained(&cx, permit, Duration::from_millis(20), "it", work).await.unwrap_err();
        assert_eq!(failure.error.kind(), ErrorKind::Timeout);
        assert_eq!(all.available_permits(), 0, "what cannot be stopped still counts");
        unblock.send(()).unwrap();
        drop(tokio::time::timeout(LONG, all.acquire()).await.expect("it ends"));
    }

    #[tokio::test]
    async fn work_is_dropped_when_it_is_late_cancelled_or_nobody_waits() {
        for why in ["late", "cancelled", "alone"] {
            let ((all, permit), cx) = (permits(), Context::in_process());
            let (alive, flag) = Alive::new();
            let work = async move {
                std::future::pending::<()>().await;
                drop(alive);
            };
            let deadline = if why == "late" { Duration::from_millis(10) } else { LONG };
            let mut waiting = Box::pin(contained(&cx, permit, deadline, "it", work));
            match why {
                "late" => assert_eq!(waiting.await.unwrap_err().error.kind(), ErrorKind::Timeout),
                "cancelled" => {
                    let cancel = async {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        cx.cancel();
                        std::future::pending::<()>().await;
                    };
                    tokio::select! {
                        ended = &mut waiting => assert_eq!(ended.unwrap_err().error.kind(), ErrorKind::Cancelled),
                        () = cancel => {}
                    }
                }
                _ => {
                    let moment = tokio::time::timeout(Duration::from_millis(10), &mut waiting).await;
                    assert!(moment.is_err());
                    drop(waiting);
                }
            }
            tokio::time::timeout(LONG, until_gone(&flag)).await.expect(why);
            assert_eq!(all.available_permits(), 1, "{why}");
        }
    }

    #[test]
    fn without_a_runtime_it_fails_and_with_one_that_ends_it_is_cancelled() {
        let ((_all, permit), cx) = (permits(), Context::in_process());
        let waker = std::task::Waker::noop();
        let mut orphan = Box::pin(contained(&cx, permit, LONG, "it", async {}));
        match orphan.as_mut().poll(&mut TaskContext::from_waker(waker)) {
            Poll::Ready(Err(failure)) => assert_eq!(failure.error.kind(), ErrorKind::Internal),
            other => panic!("{other:?}"),
        }

        let (_all, permit) = permits();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let waiting = runtime.block_on(async { begin(&cx, permit, std::future::pending::<()>()) }).unwrap();
        drop(runtime);
        match Box::pin(waiting.progress()).as_mut().poll(&mut TaskContext::from_waker(waker)) {
            Poll::Ready(Progress::Lost) => {}
            _ => panic!("the work was dropped"),
        }
    }
}
