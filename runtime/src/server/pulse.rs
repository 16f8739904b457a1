//! A beat for those who wait for code that may block its thread.
//!
//! A timer for each call would cost more than most calls. So whoever waits listens to one beat of the process, and sets
//! up timers of its own only for what is still there at the next one. The beat comes from a thread, which no handler can
//! block, and which sleeps while nobody listens.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::Duration;

use tokio::sync::Notify;

/// The time from one beat to the next.
pub(super) const BEAT: Duration = Duration::from_millis(50);

/// The beat of the process.
pub(super) struct Pulse {
    count: AtomicU64,
    /// Somebody has begun to wait since the last beat.
    busy: AtomicBool,
    asleep: AtomicBool,
    listeners: Notify,
}

static PULSE: Pulse = Pulse {
    count: AtomicU64::new(0),
    busy: AtomicBool::new(false),
    asleep: AtomicBool::new(false),
    listeners: Notify::const_new(),
};

impl Pulse {
    /// The beat, which goes on for a while; `None` where the system gives no thread for it.
    pub(super) fn listen() -> Option<&'static Self> {
        static THREAD: OnceLock<Option<Thread>> = OnceLock::new();
        let thread = THREAD.get_or_init(|| {
            let thread = std::thread::Builder::new().name("mcpgen-pulse".to_owned()).stack_size(64 * 1024);
            thread.spawn(|| PULSE.run()).ok().map(|thread| thread.thread().clone())
        });
        let thread = thread.as_ref()?;
        if !PULSE.busy.load(Ordering::Relaxed) {
            PULSE.busy.store(true, Ordering::SeqCst);
            if PULSE.asleep.swap(false, Ordering::SeqCst) {
                thread.unpark();
            }
        }
        Some(&PULSE)
    }

    /// Beats so far.
    pub(super) fn count() -> u64 {
        PULSE.count.load(Ordering::Relaxed)
    }

    /// Ends with the next beat.
    pub(super) async fn beat(&self) {
        self.busy.store(true, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) {
            Self::listen();
        }
        self.listeners.notified().await;
    }

    fn run(&self) {
        loop {
            std::thread::sleep(BEAT);
            let busy = self.busy.swap(false, Ordering::SeqCst);
            self.count.fetch_add(1, Ordering::Relaxed);
            self.listeners.notify_waiters();
            if busy {
                continue;
            }
            self.asleep.store(true, Ordering::SeqCst);
            // Looked at again behind the flag: who listens in between either sees it or is seen.
            while !self.busy.load(Ordering::SeqCst) && self.asleep.load(Ordering::SeqCst) {
                std::thread::park();
            }
            self.asleep.store(false, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beat goes on and stops as others listen, so only that it comes can be told.
    #[tokio::test]
    async fn who_listens_hears_beats_also_after_a_silence() {
        for silence in [Duration::ZERO, 4 * BEAT, BEAT] {
            tokio::time::sleep(silence).await;
            let pulse = Pulse::listen().unwrap();
            let before = Pulse::count();
            for _ in 0..3 {
                tokio::time::timeout(Duration::from_secs(10), pulse.beat()).await.expect("a beat");
            }
            assert!(Pulse::count() - before >= 3);
        }
    }
}
