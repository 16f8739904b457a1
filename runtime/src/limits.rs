//! How much one client, and all of them together, may ask for.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::Quota;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind};

/// Calls a minute for each client (SECURITY.md, "Production defaults").
pub(crate) const CALLS_PER_MINUTE: u32 = 100;
/// Completions are asked for at every keystroke and cost little; they have a limit of their own, so that typing does
/// not use up the calls.
const COMPLETIONS_PER_CALL: u32 = 10;
/// Calls at the same time, of all clients together.
pub(crate) const CONCURRENT_CALLS: usize = 1024;
/// Clients that are told apart (I14). An entry takes 17 bytes and a table at most doubles while it grows: about 8 MiB.
const MAX_CLIENTS: usize = 100_000;
/// Further clients share this many entries until old ones are evicted.
const SHARED: u64 = 256;
/// A sweep visits every entry; more often than this it would cost more than it saves.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

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
        let message = format!("More than {} calls in a minute. Wait {} s.", limiter.per_minute, whole_seconds(wait));
        Error::new(ErrorKind::RateLimited, message).with_retry_after(wait)
    })
}

/// Rounded up: who waits so long does not wait in vain (RFC 9110 §10.2.3 has whole seconds, too).
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// A token bucket for each client: as many calls at once as a minute allows, refilled evenly.
struct RateLimiter {
    per_minute: u32,
    buckets: governor::RateLimiter<u64, Buckets, MonotonicClock, NoOpMiddleware<Nanos>>,
    entries: Arc<AtomicUsize>,
    max_clients: usize,
    clock: MonotonicClock,
    swept: AtomicU64,
    hasher: RandomState,
}

impl RateLimiter {
    fn per_minute(per_minute: u32, max_clients: usize) -> Option<Self> {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute)?);
        let clock = MonotonicClock { start: tokio::time::Instant::now() };
        let entries = Arc::new(AtomicUsize::new(0));
        let buckets = Buckets { map: Mutex::default(), entries: entries.clone(), max: max_clients };
        Some(Self {
            per_minute,
            buckets: governor::RateLimiter::new(quota, buckets, clock.clone()),
            entries,
            max_clients,
            clock,
            swept: AtomicU64::new(0),
            hasher: RandomState::new(),
        })
    }

    fn check(&self, client: &str) -> Result<(), Duration> {
        if self.entries.load(Ordering::Relaxed) >= self.max_clients {
            self.sweep();
        }
        // A client is its keyed hash: a name of any length takes the same room, and nobody can aim at another's bucket.
        // The lowest numbers belong to the shared buckets.
        let client = self.hasher.hash_one(client).max(SHARED);
        self.buckets.check_key(&client).map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Evicts the clients whose bucket is full again: to forget them changes nothing.
    fn sweep(&self) {
        let now = self.clock.now().as_u64();
        let last = self.swept.load(Ordering::Relaxed);
        let due = last == 0 || Duration::from_nanos(now.saturating_sub(last)) >= SWEEP_EVERY;
        // `max(1)`: 0 says that there was no sweep yet.
        if due && self.swept.compare_exchange(last, now.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.buckets.retain_recent();
        }
    }
}

/// tokio's clock, which tests can pause.
#[derive(Clone)]
struct MonotonicClock {
    start: tokio::time::Instant,
}

impl Clock for MonotonicClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX / 2))
    }
}

/// A bounded table of buckets. When it is full, clients without an entry share a few.
struct Buckets {
    map: Mutex<HashMap<u64, Nanos>>,
    entries: Arc<AtomicUsize>,
    max: usize,
}

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, client: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        let client = if map.len() < self.max || map.contains_key(client) { *client } else { *client % SHARED };
        let (answer, next) = decide(map.get(&client).copied())?;
        map.insert(client, next);
        self.entries.store(map.len(), Ordering::Relaxed);
        Ok(answer)
    }
}

impl ShrinkableKeyedStateStore<u64> for Buckets {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, next| *next > drop_below);
        self.entries.store(map.len(), Ordering::Relaxed);
    }

    fn len(&self) -> usize {
        self.entries.load(Ordering::Relaxed)
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
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

    #[tokio::test(start_paused = true)]
    async fn i14_a_million_clients_stay_within_64_mib() {
        let limiter = RateLimiter::per_minute(CALLS_PER_MINUTE, MAX_CLIENTS).unwrap();
        for client in 0..1_000_000 {
            let _ = limiter.check(&client.to_string());
        }
        assert!(limiter.entries.load(Ordering::Relaxed) <= MAX_CLIENTS + SHARED as usize);
        // hashbrown: 8/7 of the capacity as buckets, rounded to a power of two, one control byte each; twice that
        // while the table moves to a larger one.
        let map = limiter.buckets.into_state_store().map.into_inner().unwrap();
        let bytes = 2 * (map.capacity() * 8 / 7).next_power_of_two() * (size_of::<(u64, Nanos)>() + 1);
        assert!(bytes < 64 << 20, "{bytes}");
    }

    #[tokio::test(start_paused = true)]
    async fn i14_a_full_table_keeps_the_limit_of_known_clients_and_lets_new_ones_share() {
        let limiter = RateLimiter::per_minute(1, 10).unwrap();
        for client in 0..10 {
            assert_eq!(limiter.check(&client.to_string()), Ok(()));
        }
        assert!(limiter.check("0").is_err(), "a known client is still known");
        let refused = (10..10_000).filter(|client| limiter.check(&client.to_string()).is_err()).count();
        assert!(refused >= 9990 - SHARED as usize, "new clients share buckets: {refused}");
        assert!(limiter.entries.load(Ordering::Relaxed) <= 10 + SHARED as usize);

        // governor keeps an entry for one more interval after its bucket is full again.
        tokio::time::advance(Duration::from_secs(121)).await;
        assert_eq!(limiter.check("new"), Ok(()));
        assert_eq!(limiter.entries.load(Ordering::Relaxed), 1, "all others were evicted");
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
