//! How much one client, and all of them together, may ask for.

mod rate;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind};
use rate::RateLimiter;

/// Calls a minute for each client (SECURITY.md, "Production defaults").
pub(crate) const CALLS_PER_MINUTE: u32 = 100;
/// Completions are asked for at every keystroke and cost little; they have a limit of their own, so that typing does
/// not use up the calls.
const COMPLETIONS_PER_CALL: u32 = 10;
/// Calls at the same time, of all clients together.
pub(crate) const CONCURRENT_CALLS: usize = 1024;
/// Clients that are told apart (I14). An entry takes 17 bytes and a table at most doubles while it grows: about 8 MiB.
const MAX_CLIENTS: usize = 100_000;

/// The limits of a server.
pub(crate) struct Limits {
    calls: Option<RateLimiter>,
    completions: Option<RateLimiter>,
    concurrent: Arc<Semaphore>,
    max_concurrent: u32,
}

impl Limits {
    /// 0 calls a minute: no rate limit.
    pub(crate) fn new(calls_per_minute: u32, max_concurrent: usize) -> Self {
        let max_concurrent = max_concurrent.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self {
            calls: RateLimiter::per_minute(calls_per_minute, MAX_CLIENTS),
            completions: RateLimiter::per_minute(calls_per_minute.saturating_mul(COMPLETIONS_PER_CALL), MAX_CLIENTS),
            concurrent: Arc::new(Semaphore::new(max_concurrent)),
            max_concurrent: u32::try_from(max_concurrent).unwrap_or(u32::MAX),
        }
    }

    /// The same places for concurrent calls, other rates; counting begins anew.
    pub(crate) fn with_rate(&self, calls_per_minute: u32) -> Self {
        let (concurrent, max_concurrent) = (self.concurrent.clone(), self.max_concurrent);
        Self { concurrent, max_concurrent, ..Self::new(calls_per_minute, 1) }
    }

    /// Counts a call, read or prompt of this client.
    ///
    /// # Errors
    /// `RateLimited` with the time to wait.
    pub(crate) fn check_call(&self, client: &str) -> Result<(), Error> {
        check(self.calls.as_ref(), client)
    }

    /// Counts a completion of this client.
    ///
    /// # Errors
    /// `RateLimited` with the time to wait.
    pub(crate) fn check_completion(&self, client: &str) -> Result<(), Error> {
        check(self.completions.as_ref(), client)
    }

    /// A place among the concurrent calls, held until it is dropped. There is no queue: work that cannot begin is
    /// refused at once, so that what runs can finish.
    ///
    /// # Errors
    /// `RateLimited` of type `Overloaded`.
    pub(crate) fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.concurrent.clone().try_acquire_owned().map_err(|_| {
            Error::new(ErrorKind::RateLimited, "The server is at its limit of concurrent calls. Try again in 1 s.")
                .with_type("Overloaded")
                .with_retry_after(Duration::from_secs(1))
        })
    }

    /// Whether a call runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.concurrent.available_permits() == self.max_concurrent as usize
    }

    /// Ends when the last running call has; calls that come meanwhile are refused as [`Limits::enter`] does.
    pub(crate) async fn drained(&self) {
        // The semaphore is never closed, and its permits are gone for good: a drained server stays shut.
        if let Ok(permits) = self.concurrent.acquire_many(self.max_concurrent).await {
            permits.forget();
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(CALLS_PER_MINUTE, CONCURRENT_CALLS)
    }
}

fn check(limiter: Option<&RateLimiter>, client: &str) -> Result<(), Error> {
    let Some(limiter) = limiter else { return Ok(()) };
    limiter.check(client).map_err(|wait| {
        let message =
            format!("More than {} calls in a minute. Wait {} s.", limiter.calls_per_minute(), whole_seconds(wait));
        Error::new(ErrorKind::RateLimited, message).with_retry_after(wait)
    })
}

/// Rounded up: who waits so long does not wait in vain (RFC 9110 §10.2.3 has whole seconds, too).
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_client_has_its_calls_and_then_the_time_to_wait() {
        let limits = Limits::default();
        for call in 0..100 {
            assert!(limits.check_call("a").is_ok(), "{call}");
        }
        let error = limits.check_call("a").unwrap_err();
        assert_eq!((error.kind(), error.type_name()), (ErrorKind::RateLimited, "RateLimited"));
        // 100 a minute is one every 600 ms.
        assert_eq!(error.retry_after(), Some(Duration::from_millis(600)));
        assert!(error.message().contains("100 calls") && error.message().contains("1 s"), "{error}");

        assert!(limits.check_call("b").is_ok());
        assert!(limits.check_completion("a").is_ok());

        tokio::time::advance(Duration::from_millis(599)).await;
        assert!(limits.check_call("a").is_err());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(limits.check_call("a").is_ok());
        assert!(limits.check_call("a").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn zero_is_no_limit() {
        let limits = Limits::new(0, 1);
        for _ in 0..10_000 {
            assert!(limits.check_call("a").is_ok());
        }
    }

    #[tokio::test]
    async fn what_exceeds_the_concurrent_calls_is_refused_at_once_and_draining_waits_for_them() {
        let limits = Limits::new(0, 2);
        assert!(limits.is_idle());
        let (first, second) = (limits.enter().unwrap(), limits.enter().unwrap());
        let error = limits.enter().unwrap_err();
        assert_eq!((error.kind(), error.type_name()), (ErrorKind::RateLimited, "Overloaded"));
        drop(first);
        assert!(!limits.is_idle());
        let mut drained = Box::pin(limits.drained());
        let waker = std::task::Waker::noop();
        assert!(drained.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        assert!(limits.enter().is_err(), "a draining server takes no new call");
        drop(second);
        drained.await;
        assert!(limits.enter().is_err(), "nor a drained one");
    }
}
