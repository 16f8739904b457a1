//! Futures of one type that run side by side inside one task: no spawn, no channel, and all of them end with their owner.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Slots beyond so many give their room back when their future has ended.
const KEPT: usize = 64;

/// A set of running futures.
pub(super) struct Tasks<F> {
    slots: Vec<Slot<F>>,
    free: Vec<usize>,
    ready: Arc<Ready>,
}

struct Slot<F> {
    /// The room, and what runs in it: a call needs a kilobyte, and the next one finds it there.
    room: Option<Pin<Box<Option<F>>>>,
    alarm: Arc<Alarm>,
    waker: Waker,
}

/// Which slots are to be polled, and who polls them.
#[derive(Default)]
struct Ready(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    slots: VecDeque<usize>,
    owner: Option<Waker>,
}

/// Puts a slot into the queue, once until it is polled. A late one, for a future that has ended, costs one look.
struct Alarm {
    slot: usize,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let mut queue = self.ready.lock();
            queue.slots.push_back(self.slot);
            let owner = queue.owner.take();
            drop(queue);
            if let Some(owner) = owner {
                owner.wake();
            }
        }
    }
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future> Tasks<F> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), ready: Arc::default() }
    }

    /// How many run.
    pub(super) fn len(&self) -> usize {
        self.slots.len().saturating_sub(self.free.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a future. [`Self::next`] polls it first; nobody is woken for it, because it is its owner who adds it.
    pub(super) fn push(&mut self, future: F) {
        let slot = self.free.pop().unwrap_or_else(|| {
            let slot = self.slots.len();
            let alarm = Arc::new(Alarm { slot, queued: AtomicBool::new(false), ready: Arc::clone(&self.ready) });
            self.slots.push(Slot { room: None, waker: Arc::clone(&alarm).into(), alarm });
            slot
        });
        if let Some(slot) = self.slots.get_mut(slot) {
            match &mut slot.room {
                Some(room) => room.as_mut().set(Some(future)),
                room @ None => *room = Some(Box::pin(Some(future))),
            }
            if !slot.alarm.queued.swap(true, Ordering::AcqRel) {
                self.ready.lock().slots.push_back(slot.alarm.slot);
            }
        }
    }

    /// The output of the next future that ends; pending while none runs.
    pub(super) async fn next(&mut self) -> F::Output {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        loop {
            let mut queue = self.ready.lock();
            let Some(index) = queue.slots.pop_front() else {
                if !queue.owner.as_ref().is_some_and(|owner| owner.will_wake(cx.waker())) {
                    queue.owner = Some(cx.waker().clone());
                }
                return Poll::Pending;
            };
            drop(queue);
            let Some(slot) = self.slots.get_mut(index) else { continue };
            // Before the poll: what becomes ready during it is queued again.
            slot.alarm.queued.swap(false, Ordering::AcqRel);
            let Some(room) = &mut slot.room else { continue };
            let Some(future) = room.as_mut().as_pin_mut() else { continue };
            if let Poll::Ready(output) = future.poll(&mut Context::from_waker(&slot.waker)) {
                room.as_mut().set(None);
                if index >= KEPT {
                    slot.room = None;
                }
                self.free.push(index);
                return Poll::Ready(output);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn futures_end_in_the_order_in_which_they_are_ready() {
        let mut tasks = Tasks::new();
        for millis in [300_u64, 100, 200] {
            tasks.push(async move {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                millis
            });
        }
        assert_eq!(tasks.len(), 3);
        assert_eq!([tasks.next().await, tasks.next().await, tasks.next().await], [100, 200, 300]);
        assert!(tasks.is_empty());
        let more = tokio::time::timeout(Duration::from_secs(1), tasks.next()).await;
        assert!(more.is_err(), "an empty set is pending");
    }

    #[tokio::test]
    async fn many_futures_woken_from_other_threads_all_end() {
        let mut tasks = Tasks::new();
        for round in 0..10 {
            for number in 0..100_u32 {
                tasks.push(async move { tokio::task::spawn_blocking(move || number).await.unwrap() });
            }
            let mut sum = 0;
            for _ in 0..100 {
                sum += tasks.next().await;
            }
            assert_eq!(sum, 4950, "round {round}");
        }
        assert_eq!(tasks.slots.len(), 100, "slots are used again");
        assert_eq!(
            tasks.slots.iter().filter(|slot| slot.room.is_some()).count(),
            KEPT,
            "a crowd leaves no room behind"
        );
    }
}
