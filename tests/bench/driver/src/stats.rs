//! Medians.

use std::time::Duration;

/// What one round of one contender measured.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Processor time of the server for each request, in µs.
    pub cpu: f64,
    /// Latency as the client sees it, in µs.
    pub p50: f64,
    pub p99: f64,
    /// Requests a second.
    pub rate: f64,
}

impl Round {
    pub fn new(requests: usize, cpu: Duration, wall: Duration, mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = (latencies.len() as f64 * share) as usize;
            latencies.get(index.min(latencies.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        let requests = requests as f64;
        Self {
            cpu: micros(cpu) / requests,
            p50: micros(at(0.5)),
            p99: micros(at(0.99)),
            rate: requests / wall.as_secs_f64(),
        }
    }
}

pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The median; of an even number the mean of the middle two; 0 of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    match (values.len(), values.len() / 2) {
        (0, _) => 0.0,
        (count, middle) if count % 2 == 1 => values[middle],
        (_, middle) => (values[middle - 1] + values[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn a_round_is_what_each_request_took() {
        let latencies = (1..=100).map(Duration::from_micros).collect();
        let round = Round::new(100, Duration::from_micros(250), Duration::from_millis(10), latencies);
        assert_eq!((round.cpu, round.p50, round.p99), (2.5, 51.0, 100.0));
        assert_eq!(round.rate, 10_000.0);
    }
}
