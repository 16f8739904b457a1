//! How often one client may come: a token bucket for each, kept as the one number that it needs.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Further clients share this many entries until old ones are evicted.
const SHARED: u64 = 256;
/// A sweep visits every entry; more often than this it would cost more than it saves.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// A token bucket for each client: as many calls at once as a minute allows, refilled evenly.
pub(super) struct RateLimiter {
    per_minute: u32,
    /// The time in which a bucket gets one call back, and all of them, in nanoseconds.
    interval: u64,
    window: u64,
    max_clients: usize,
    /// tokio's clock, which tests can pause.
    start: Instant,
    hasher: RandomState,
    buckets: Mutex<Buckets>,
}

/// A bounded table. Times are nanoseconds since the start of the limiter.
#[derive(Default)]
struct Buckets {
    /// When the bucket of each client is full again (the "theoretical arrival time" of the generic cell rate algorithm,
    /// ITU-T I.371): a call moves it by an interval, and it is never more than a window away.
    full_at: HashMap<u64, u64>,
    swept: Option<u64>,
}

impl RateLimiter {
    /// `None`: 0 calls a minute are no limit.
    pub(super) fn per_minute(per_minute: u32, max_clients: usize) -> Option<Self> {
        let interval = 60_000_000_000_u64.checked_div(per_minute.into())?;
        Some(Self {
            per_minute,
            interval,
            window: interval.saturating_mul(per_minute.into()),
            max_clients,
            start: Instant::now(),
            hasher: RandomState::new(),
            buckets: Mutex::default(),
        })
    }

    /// The limit.
    pub(super) fn calls_per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Counts a call of this client.
    ///
    /// # Errors
    /// It has none left; the time until it has.
    pub(super) fn check(&self, client: &str) -> Result<(), Duration> {
        let now = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // A client is its keyed hash: a name of any length takes the same room, and nobody can aim at another's bucket.
        // The lowest numbers belong to the shared buckets.
        let client = self.hasher.hash_one(client).max(SHARED);
        let mut buckets = self.buckets();
        if buckets.full_at.len() >= self.max_clients {
            buckets.sweep(now);
        }
        let is_known = buckets.full_at.len() < self.max_clients || buckets.full_at.contains_key(&client);
        let full_at = buckets.full_at.entry(if is_known { client } else { client % SHARED }).or_default();
        let next = now.max(*full_at).saturating_add(self.interval);
        match next.saturating_sub(self.window).checked_sub(now) {
            None | Some(0) => {
                *full_at = next;
                Ok(())
            }
            Some(wait) => Err(Duration::from_nanos(wait)),
        }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    /// Evicts the clients whose bucket is full again: to forget them changes nothing.
    fn sweep(&mut self, now: u64) {
        if self.swept.is_none_or(|swept| Duration::from_nanos(now.saturating_sub(swept)) >= SWEEP_EVERY) {
            self.swept = Some(now);
            self.full_at.retain(|_, full_at| *full_at > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{CALLS_PER_MINUTE, MAX_CLIENTS};
    use super::*;

    /// A bucket in so many words: it holds up to `limit` calls, in nanoseconds of their refill.
    struct Bucket {
        holds: u128,
        interval: u128,
        limit: u128,
    }

    impl Bucket {
        fn refill(&mut self, nanos: u64) {
            self.holds = (self.holds + u128::from(nanos)).min(self.limit * self.interval);
        }

        fn take(&mut self) -> Result<(), u128> {
            let missing = self.interval.saturating_sub(self.holds);
            if missing > 0 {
                return Err(missing);
            }
            self.holds -= self.interval;
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn it_is_a_token_bucket(
            per_minute in prop_oneof![1_u32..200, any::<u32>().prop_map(|calls| calls.max(1))],
            pauses in proptest::collection::vec((0_u64..300_000, 0_u32..40), 1..40),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let limiter = RateLimiter::per_minute(per_minute, 10).unwrap();
                let (interval, limit) = (u128::from(60_000_000_000 / u64::from(per_minute)), u128::from(per_minute));
                let mut bucket = Bucket { holds: interval * limit, interval, limit };
                for (micros, calls) in pauses {
                    // A multiple of a millisecond: tokio's clock has no finer one.
                    let pause = Duration::from_millis(micros / 1000);
                    tokio::time::advance(pause).await;
                    bucket.refill(pause.as_nanos() as u64);
                    for _ in 0..calls {
                        let expected = bucket.take().map_err(|nanos| Duration::from_nanos(nanos as u64));
                        prop_assert_eq!(limiter.check("a"), expected);
                    }
                }
                Ok(())
            })?;
        }
    }

    #[test]
    fn zero_is_no_limit() {
        assert!(RateLimiter::per_minute(0, 1).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn i14_a_million_clients_stay_within_64_mib() {
        let limiter = RateLimiter::per_minute(CALLS_PER_MINUTE, MAX_CLIENTS).unwrap();
        for client in 0..1_000_000 {
            let _ = limiter.check(&client.to_string());
        }
        let map = &limiter.buckets().full_at;
        assert!(map.len() <= MAX_CLIENTS + SHARED as usize);
        // hashbrown: 8/7 of the capacity as buckets, rounded to a power of two, one control byte each; twice that
        // while the table moves to a larger one.
        let bytes = 2 * (map.capacity() * 8 / 7).next_power_of_two() * (size_of::<(u64, u64)>() + 1);
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
        assert!(limiter.buckets().full_at.len() <= 10 + SHARED as usize);

        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(limiter.check("0").is_err() && limiter.check("new").is_err(), "nobody is forgotten too early");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(limiter.check("new"), Ok(()));
        assert_eq!(limiter.buckets().full_at.len(), 1, "all others were evicted");
    }
}
