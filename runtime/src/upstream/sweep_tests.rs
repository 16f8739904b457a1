//! Rows of SECURITY.md that take minutes: `cargo test -p mcpgen-runtime --all-features --lib sweep -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use tokio::time::Instant;

use super::base_url::BaseUrl;
use super::client::Http;
use super::exchange::exchange;
use super::gate::Gates;
use super::options::UpstreamOptions;
use super::request::Request;
use super::testing::{Mock, Reply};
use super::watch::Watch;

fn request(origin: &str) -> Request {
    let url = BaseUrl::parse(origin).unwrap().join("/pets", "").unwrap();
    Request { method: Method::GET, url, headers: HeaderMap::new(), body: None }
}

/// Attempts of calls that come evenly for a minute.
#[tokio::test]
#[ignore = "takes a minute"]
async fn o9_sweep_an_upstream_that_is_dead_for_a_minute() {
    for breaker_failures in [0, UpstreamOptions::default().breaker_failures] {
        let mut mock = Mock::start(Reply::json("503 Service Unavailable", "{}")).await;
        let options = UpstreamOptions { breaker_failures, ..UpstreamOptions::default() };
        let shared = Arc::new((Http::new(&options), Gates::new(&mock.origin, options), mock.origin.clone()));
        let (began, mut calls) = (Instant::now(), Vec::new());
        while began.elapsed() < Duration::from_secs(60) {
            let shared = Arc::clone(&shared);
            calls.push(tokio::spawn(async move {
                let (http, gates, origin) = &*shared;
                exchange(http, gates, origin, request(origin), true, Watch::NOBODY).await.is_ok()
            }));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let total = calls.len();
        for call in calls {
            let _ = call.await;
        }
        let attempts = mock.taken();
        println!("breaker after {breaker_failures}: {attempts} attempts of {total} calls");
        // The reserve: one each second, and what a window of 10 s holds at its start.
        assert!(attempts <= total + total / 10 + 70, "{attempts} attempts of {total} calls");
    }
}

/// Memory of 64 answers without end at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "uses a gigabyte"]
async fn o7_sweep_sixty_four_endless_answers_at_once() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    let mock = Mock::start(Reply::Endless(head, chunk)).await;
    let options = UpstreamOptions { retries: 0, ..UpstreamOptions::default() };
    let cap = options.body;
    let shared = Arc::new((Http::new(&options), Gates::new(&mock.origin, options), mock.origin.clone()));
    let before = peak();
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                let (http, gates, origin) = &*shared;
                exchange(http, gates, origin, request(origin), true, Watch::NOBODY).await.unwrap().body.is_err()
            })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap(), "an answer without end is an error");
    }
    let used = peak().saturating_sub(before);
    println!("peak: {} MiB more than before, {} MiB for each of 64 answers", used >> 20, (used >> 20) / 64);
    // A buffer doubles when it grows: at most twice the cap, and once more while it is copied.
    assert!(used < 64 * cap * 3, "{used}");
}

/// The most memory that this process has had, in bytes (Linux).
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
