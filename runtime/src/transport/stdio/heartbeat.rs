//! Keeps the runtime looking for input while a handler blocks its thread.
//!
//! A worker that wakes for input stops waiting for more, and passes that duty on only when it sees more work than it can
//! do. If the handler that it then runs blocks, the other workers sleep, and neither input nor timers are noticed until
//! something else wakes one of them (SECURITY M4). So while calls run, a thread of our own wakes a worker now and then:
//! it finds nothing to do and takes the duty over.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};

/// The longest time for which a blocking handler keeps others from being noticed.
const BEAT: Duration = Duration::from_millis(50);

/// Beats while calls run. The thread ends with its owner.
pub(super) struct Heartbeat {
    shared: Arc<Shared>,
    thread: Option<Thread>,
}

#[derive(Default)]
struct Shared {
    /// Calls that run, as the connection knew last.
    calls: AtomicUsize,
    /// Whether the thread waits for the first of them.
    asleep: AtomicBool,
    ended: AtomicBool,
}

impl Heartbeat {
    /// None: for streams that do not depend on the runtime's driver.
    pub(super) fn none() -> Self {
        Self { shared: Arc::default(), thread: None }
    }

    /// A heartbeat for the runtime of this task, where it has several workers; a single one cannot be helped.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Handle::current();
        if runtime.runtime_flavor() != RuntimeFlavor::MultiThread {
            return Ok(Self::none());
        }
        let shared = Arc::new(Shared::default());
        let beating = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("mcpgen-heartbeat".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || beating.run(&runtime))?;
        Ok(Self { shared, thread: Some(thread.thread().clone()) })
    }

    /// Tells how many calls run. Wakes the thread at most once in a while: it stays awake for a beat after the last.
    pub(super) fn set_calls(&self, calls: usize) {
        let Some(thread) = &self.thread else { return };
        self.shared.calls.store(calls, Ordering::SeqCst);
        if calls > 0 && self.shared.asleep.load(Ordering::SeqCst) {
            self.shared.asleep.store(false, Ordering::SeqCst);
            thread.unpark();
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

impl Shared {
    fn run(&self, runtime: &Handle) {
        while !self.ended.load(Ordering::SeqCst) {
            if self.calls.load(Ordering::SeqCst) > 0 {
                drop(runtime.spawn(std::future::ready(())));
            } else {
                self.asleep.store(true, Ordering::SeqCst);
                // Looked at again behind the flag: a call in between either sees it or is seen.
                while self.calls.load(Ordering::SeqCst) == 0 && !self.ended.load(Ordering::SeqCst) {
                    std::thread::park();
                }
                self.asleep.store(false, Ordering::SeqCst);
            }
            std::thread::sleep(BEAT);
        }
    }
}
