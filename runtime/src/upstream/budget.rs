//! The budget of retries of an origin (SECURITY.md O9): calls pay a tenth of a retry each, time pays one a second, and
//! what is not used is kept up to a limit. So there are never more retries than a tenth of the calls, one a second, and
//! that limit. (tower's `TpsBudget` counts over a rolling window and let a sixth of the calls through in
//! `o9_sweep_an_upstream_that_is_dead_for_a_minute`.)

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// Retries that can be saved up; so many are there at the start.
const MOST: f64 = 10.0;
/// What a call pays.
const OF_A_CALL: f64 = 0.1;
/// What a second pays.
const OF_A_SECOND: f64 = 1.0;

/// Retries that may be made.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<State>);

#[derive(Debug)]
struct State {
    left: f64,
    at: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(State { left: MOST, at: Instant::now() }))
    }
}

impl Budget {
    /// A call pays.
    pub(crate) fn deposit(&self) {
        self.change(|left| {
            *left += OF_A_CALL;
            true
        });
    }

    /// Uses a retry up; whether there was one.
    pub(crate) fn withdraw(&self) -> bool {
        self.change(|left| {
            let enough = *left >= 1.0;
            *left -= f64::from(u8::from(enough));
            enough
        })
    }

    fn change(&self, change: impl FnOnce(&mut f64) -> bool) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let refilled = state.left + now.duration_since(state.at).as_secs_f64() * OF_A_SECOND;
        *state = State { left: refilled.min(MOST), at: now };
        let done = change(&mut state.left);
        state.left = state.left.min(MOST);
        done
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn o9_retries_are_a_tenth_of_the_calls_and_one_a_second() {
        let budget = Budget::default();
        let retries = |calls: usize| {
            (0..calls).map(|_| {
                budget.deposit();
                usize::from(budget.withdraw())
            })
        };
        // What is saved up, and a tenth; less than one retry is left.
        let used = retries(1000).sum::<usize>();
        assert!((108..=110).contains(&used), "{used}");
        // One each second that nobody called in, up to the limit.
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!((0..20).filter(|_| budget.withdraw()).count(), 4);
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!((0..20).filter(|_| budget.withdraw()).count(), 10);
    }
}
