//! Cancellation: a flag that futures can wait for.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Set once, never cleared.
#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    set: AtomicBool,
    waiting: Notify,
}

impl Cancellation {
    pub(crate) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self) {
        self.set.store(true, Ordering::Release);
        self.waiting.notify_waiters();
    }

    /// Ends when the flag is set, at once where it is set already.
    pub(crate) async fn wait(&self) {
        // Registered before the flag is read: a `set` in between is not missed.
        let mut notified = pin!(self.waiting.notified());
        notified.as_mut().enable();
        if !self.is_set() {
            notified.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn waits_until_it_is_set_and_never_again() {
        let cancellation = Arc::new(Cancellation::default());
        let early = tokio::time::timeout(Duration::from_millis(10), cancellation.wait()).await;
        assert!(early.is_err(), "nothing has cancelled yet");
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let cancellation = Arc::clone(&cancellation);
                tokio::spawn(async move { cancellation.wait().await })
            })
            .collect();
        tokio::task::yield_now().await;
        cancellation.set();
        for waiter in waiters {
            tokio::time::timeout(Duration::from_secs(5), waiter).await.expect("woken").unwrap();
        }
        cancellation.wait().await;
        assert!(cancellation.is_set());
    }
}
