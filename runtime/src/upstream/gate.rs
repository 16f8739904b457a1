//! What all requests to one origin share: turns, the circuit breaker, the budget of retries (SECURITY.md O9, O11).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::breaker::{Breaker, Pass};
use super::budget::Budget;
use super::options::UpstreamOptions;
use crate::error::{Error, ErrorKind};

/// The gate of an origin.
pub(crate) struct Gate {
    turns: Arc<Semaphore>,
    queue: Duration,
    breaker: Arc<Breaker>,
    budget: Budget,
}

impl Gate {
    fn new(options: &UpstreamOptions) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(options.concurrency.min(Semaphore::MAX_PERMITS))),
            queue: options.queue,
            breaker: Breaker::new(options.breaker_failures, options.breaker_pause),
            budget: Budget::default(),
        }
    }

    /// A call begins: it pays for retries to come.
    pub(crate) fn begin(&self) {
        self.budget.deposit();
    }

    /// Whether the budget has a retry left; then it is used up.
    pub(crate) fn retry(&self) -> bool {
        self.budget.withdraw()
    }

    /// A turn for one request.
    ///
    /// # Errors
    /// `UpstreamUnavailable` of type `CircuitOpen`; `RateLimited` of type `Overloaded`.
    pub(crate) async fn enter(&self, origin: &str) -> Result<(OwnedSemaphorePermit, Pass), Error> {
        let turn = match Arc::clone(&self.turns).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => match tokio::time::timeout(self.queue, Arc::clone(&self.turns).acquire_owned()).await {
                Ok(Ok(turn)) => turn,
                _ => {
                    let message =
                        format!("As many requests to {origin} as are allowed are under way. Try again in 1 s.");
                    return Err(Error::new(ErrorKind::RateLimited, message)
                        .with_type("Overloaded")
                        .with_retry_after(Duration::from_secs(1)));
                }
            },
        };
        let pass = self.breaker.admit().map_err(|wait| {
            let message = format!("{origin} has failed again and again, and is not called for a moment.");
            Error::new(ErrorKind::UpstreamUnavailable, message).with_type("CircuitOpen").with_retry_after(wait)
        })?;
        Ok((turn, pass))
    }
}

/// The gates of an API, by origin. The origins are those of the tables, so there are few.
pub(crate) struct Gates {
    options: UpstreamOptions,
    /// That of the base URL, which most requests go to.
    main: (String, Arc<Gate>),
    others: Mutex<HashMap<String, Arc<Gate>>>,
}

impl Gates {
    pub(crate) fn new(origin: &str, options: UpstreamOptions) -> Self {
        let main = (origin.to_owned(), Arc::new(Gate::new(&options)));
        Self { options, main, others: Mutex::default() }
    }

    pub(crate) fn options(&self) -> &UpstreamOptions {
        &self.options
    }

    pub(crate) fn of(&self, origin: &str) -> Arc<Gate> {
        if self.main.0 == origin {
            return Arc::clone(&self.main.1);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = others.entry(origin.to_owned()).or_insert_with(|| Arc::new(Gate::new(&self.options)));
        Arc::clone(gate)
    }
}

impl fmt::Debug for Gates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gates").field("options", &self.options).finish_non_exhaustive()
    }
}
