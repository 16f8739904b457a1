//! How an upstream is called: its limits and what is done about its failures (SECURITY.md O4, O7, O9 to O11).

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use http::HeaderName;

use crate::env::{Env, EnvError};

/// How an API is called. Every default can be changed by [`Upstream::with_options`](super::Upstream::with_options), the
/// most common ones by variables of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamOptions {
    /// For DNS, TCP and TLS together: 5 s.
    pub connect: Duration,
    /// Between two pieces of an answer's body: 10 s. The first byte may take as long as the call.
    pub idle: Duration,
    /// For a call with all its attempts: 30 s. The deadline of the tool may be shorter.
    pub total: Duration,
    /// Bytes of an answer, decoded: 10 MiB. A larger one is an error.
    pub body: usize,
    /// Attempts after the first one: 2. Only requests that are safe or idempotent, or carry an idempotency key, are sent
    /// again (RFC 9110 §9.2.2).
    pub retries: u32,
    /// Requests at the same time, for each origin: 64.
    pub concurrency: usize,
    /// How long a request waits for its turn: 1 s. Then it is refused.
    pub queue: Duration,
    /// Failures one after the other that open the circuit breaker of an origin: 10; 0 for no breaker.
    pub breaker_failures: u32,
    /// For how long it stays open before one request tries again: 5 s.
    pub breaker_pause: Duration,
    /// After an answer of 202 before its place is asked for the first time: 1 s; then twice as long each time, up to 10 s.
    /// `Retry-After` goes before it.
    pub poll: Duration,
    /// Whether redirects within one origin are followed: no. Others never are.
    pub redirects: bool,
    /// The header of an idempotency key that requests carry whose method is not idempotent, beside those of operations
    /// that declare a parameter `Idempotency-Key` themselves: none.
    pub idempotency_header: Option<HeaderName>,
}

impl Default for UpstreamOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
            body: 10 * 1024 * 1024,
            retries: 2,
            concurrency: 64,
            queue: Duration::from_secs(1),
            breaker_failures: 10,
            breaker_pause: Duration::from_secs(5),
            poll: Duration::from_secs(1),
            redirects: false,
            idempotency_header: None,
        }
    }
}

impl UpstreamOptions {
    /// The defaults with what the environment sets. The variables begin as that of the base URL does:
    /// `PETSTORE_TIMEOUT` beside `PETSTORE_BASE_URL`.
    ///
    /// # Errors
    /// A value that cannot be read.
    pub(crate) fn from_env(base_url_env: &str, env: &Env) -> Result<Self, EnvError> {
        let prefix = base_url_env.strip_suffix("_BASE_URL").unwrap_or(base_url_env);
        let defaults = Self::default();
        let read = |name: &str| Variable { name: format!("{prefix}_{name}"), env };
        Ok(Self {
            total: read("TIMEOUT").number(defaults.total.as_secs(), 1..=86_400).map(Duration::from_secs)?,
            body: read("MAX_BYTES").number(defaults.body, 1..=usize::MAX)?,
            retries: read("RETRIES").number(defaults.retries, 0..=10)?,
            concurrency: read("CONCURRENCY").number(defaults.concurrency, 1..=65_536)?,
            redirects: read("REDIRECTS").choice(&[("off", false), ("same-origin", true)])?,
            idempotency_header: read("IDEMPOTENCY_HEADER").header()?,
            ..defaults
        })
    }
}

struct Variable<'a> {
    name: String,
    env: &'a Env,
}

impl Variable<'_> {
    fn number<T>(&self, default: T, range: std::ops::RangeInclusive<T>) -> Result<T, EnvError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(text) = self.env.optional(&self.name)? else { return Ok(default) };
        text.trim().parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let problem = format!("is no whole number from {} to {}", range.start(), range.end());
            EnvError::new(self.name.as_str(), problem)
        })
    }

    fn choice(&self, choices: &[(&str, bool)]) -> Result<bool, EnvError> {
        let Some(text) = self.env.optional(&self.name)? else { return Ok(false) };
        let chosen = choices.iter().find(|(name, _)| *name == text.trim()).map(|(_, value)| *value);
        chosen.ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            EnvError::new(self.name.as_str(), format!("is none of {}", names.join(", ")))
        })
    }

    fn header(&self) -> Result<Option<HeaderName>, EnvError> {
        let Some(text) = self.env.optional(&self.name)? else { return Ok(None) };
        match super::header::rule(text.trim()) {
            super::header::Rule::Send(name) => Ok(Some(name)),
            _ => Err(EnvError::new(self.name.as_str(), "is no name of a header that can be set")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<UpstreamOptions, EnvError> {
        UpstreamOptions::from_env("T_BASE_URL", &Env::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn the_environment_changes_what_it_names() {
        assert_eq!(read(&[]).unwrap(), UpstreamOptions::default());
        let options = read(&[
            ("T_TIMEOUT", "7"),
            ("T_RETRIES", "0"),
            ("T_MAX_BYTES", "99"),
            ("T_CONCURRENCY", "3"),
            ("T_REDIRECTS", "same-origin"),
            ("T_IDEMPOTENCY_HEADER", "Idempotency-Key"),
        ])
        .unwrap();
        let expected = UpstreamOptions {
            total: Duration::from_secs(7),
            retries: 0,
            body: 99,
            concurrency: 3,
            redirects: true,
            idempotency_header: Some(HeaderName::from_static("idempotency-key")),
            ..UpstreamOptions::default()
        };
        assert_eq!(options, expected);
        for (name, value) in [
            ("T_TIMEOUT", "0"),
            ("T_TIMEOUT", "1.5"),
            ("T_RETRIES", "-1"),
            ("T_CONCURRENCY", "0"),
            ("T_REDIRECTS", "all"),
            ("T_IDEMPOTENCY_HEADER", "Authorization"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable(), name);
        }
    }
}
