//! The circuit breaker of an origin (SECURITY.md O11): an upstream that only fails is left alone for a while, and its
//! callers are told at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A request that is dropped after so long without an answer counts as a failure; one that is cancelled earlier says
/// nothing about the upstream.
const SILENCE: Duration = Duration::from_secs(5);

/// Counts failures one after the other.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    failures: u32,
    pause: Duration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// So many failures since the last success.
    Closed(u32),
    Open(Instant),
    /// One request tries whether the upstream is back.
    Trying,
}

/// A request that may be sent. What became of it is said by [`Pass::end`].
pub(crate) struct Pass {
    breaker: Arc<Breaker>,
    since: Instant,
    ended: bool,
}

impl Breaker {
    /// Opens after so many failures (0: never), for so long.
    pub(crate) fn new(failures: u32, pause: Duration) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::Closed(0)), failures, pause })
    }

    /// Lets a request pass.
    ///
    /// # Errors
    /// The breaker is open: how long to wait.
    pub(crate) fn admit(self: &Arc<Self>) -> Result<Pass, Duration> {
        let now = Instant::now();
        let mut state = self.state();
        match *state {
            State::Closed(_) => {}
            State::Open(until) if now >= until => *state = State::Trying,
            State::Open(until) => return Err(until - now),
            State::Trying => return Err(self.pause.min(Duration::from_secs(1))),
        }
        Ok(Pass { breaker: Arc::clone(self), since: now, ended: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, failed: bool) {
        let mut state = self.state();
        *state = match (*state, failed) {
            (_, false) => State::Closed(0),
            (State::Closed(before), true) if self.failures == 0 || before + 1 < self.failures => {
                State::Closed(before.saturating_add(1).min(u32::MAX - 1))
            }
            (State::Closed(_) | State::Trying, true) => State::Open(Instant::now() + self.pause),
            // Those that were on their way when it opened change nothing.
            (open @ State::Open(_), true) => open,
        };
    }
}

impl Pass {
    /// The request has an answer, or failed.
    pub(crate) fn end(mut self, failed: bool) {
        self.ended = true;
        self.breaker.record(failed);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if self.since.elapsed() >= SILENCE {
            self.breaker.record(true);
            return;
        }
        // Nobody knows yet: the next request tries.
        let mut state = self.breaker.state();
        if matches!(*state, State::Trying) {
            *state = State::Open(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    fn fail(breaker: &Arc<Breaker>, times: u32) {
        for _ in 0..times {
            breaker.admit().unwrap_or_else(|_| panic!("open")).end(true);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn o11_it_opens_after_failures_in_a_row_and_one_request_tries_again() {
        let breaker = Breaker::new(3, PAUSE);
        fail(&breaker, 2);
        breaker.admit().unwrap_or_else(|_| panic!("open")).end(false);
        fail(&breaker, 3);
        assert_eq!(breaker.admit().err(), Some(PAUSE));
        tokio::time::advance(PAUSE).await;
        let trial = breaker.admit().unwrap_or_else(|_| panic!("open"));
        assert!(breaker.admit().is_err(), "one at a time");
        trial.end(true);
        assert!(breaker.admit().is_err());
        tokio::time::advance(PAUSE).await;
        breaker.admit().unwrap_or_else(|_| panic!("open")).end(false);
        fail(&breaker, 2);
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn o11_a_cancelled_request_says_nothing_and_a_silent_upstream_is_a_failure() {
        let breaker = Breaker::new(1, PAUSE);
        drop(breaker.admit());
        let silent = breaker.admit();
        tokio::time::advance(SILENCE).await;
        drop(silent);
        assert!(breaker.admit().is_err());
        tokio::time::advance(PAUSE).await;
        drop(breaker.admit());
        assert!(breaker.admit().is_ok(), "a trial that was cancelled is tried again");
        let never = Breaker::new(0, PAUSE);
        fail(&never, 1000);
    }
}
