//! One call of an upstream: a request, the attempts to get it answered, and the answer (SECURITY.md O4, O9 to O11).

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::Instant;
use url::Url;

use super::client::{Answer, Http};
use super::gate::Gates;
use super::operation::{Location, Operation};
use super::options::UpstreamOptions;
use super::request::Request;
use super::watch::Watch;
use super::{problem, retry_after, transport};
use crate::error::{Error, ErrorKind};

/// Before the first retry at most; before each further one at most twice as long.
const BACKOFF: Duration = Duration::from_millis(250);
/// Redirects of one request.
const MOST_REDIRECTS: usize = 5;

/// Sends the request, again where that is safe and can help, within the time of a call.
///
/// # Errors
/// Classified. What the last attempt failed with; `Timeout` where the time is over.
pub(crate) async fn exchange(
    http: &Http,
    gates: &Gates,
    origin: &str,
    request: Request,
    repeatable: bool,
    watch: Watch<'_>,
) -> Result<Answer, Error> {
    let total = gates.options().total;
    let deadline = Instant::now() + total;
    let attempts = attempts(http, gates, origin, request, repeatable, deadline, watch);
    match tokio::time::timeout_at(deadline, attempts).await {
        Ok(answer) => answer,
        Err(_) => Err(transport::too_slow(origin, total)),
    }
}

async fn attempts(
    http: &Http,
    gates: &Gates,
    origin: &str,
    request: Request,
    repeatable: bool,
    deadline: Instant,
    watch: Watch<'_>,
) -> Result<Answer, Error> {
    let (gate, options) = (gates.of(origin), gates.options());
    gate.begin();
    let mut request = Some(request);
    let mut last: Option<Result<Answer, Error>> = None;
    let mut retried = 0;
    loop {
        let (turn, pass) = match (gate.enter(origin).await, last) {
            (Ok(entered), _) => entered,
            // What went wrong before says more than that it is not tried again.
            (Err(_), Some(outcome)) => return outcome,
            (Err(error), None) => return Err(error),
        };
        // Kept only where it may be needed once more.
        let again = repeatable && retried < options.retries;
        let sent = if again { request.as_ref().cloned() } else { request.take() };
        let Some(sent) = sent else { return Err(problem::table("A request was sent that must not be sent twice.")) };
        let outcome = follow(http, options, origin, sent, watch).await;
        pass.end(is_failure(&outcome));
        drop(turn);
        if !again {
            return outcome;
        }
        let Some(wait) = pause(&outcome, retried) else { return outcome };
        if Instant::now() + wait >= deadline || !gate.retry() {
            return outcome;
        }
        last = Some(outcome);
        retried += 1;
        tokio::time::sleep(wait).await;
    }
}

/// What the circuit breaker counts: the upstream cannot be reached, or says that it cannot work.
fn is_failure(outcome: &Result<Answer, Error>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status.as_u16(), 502..=504) || answer.body.as_ref().is_err_and(is_unavailable),
        Err(error) => is_unavailable(error),
    }
}

fn is_unavailable(error: &Error) -> bool {
    error.kind() == ErrorKind::UpstreamUnavailable
}

/// How long to wait before the next attempt; `None` where another one cannot help. Full jitter, and never less than the
/// upstream asks for (RFC 9110 §10.2.3).
fn pause(outcome: &Result<Answer, Error>, retried: u32) -> Option<Duration> {
    let asked = match outcome {
        // A certificate is not trusted the second time either.
        Err(error) => (is_unavailable(error) && error.type_name() != transport::TLS).then_some(Duration::ZERO)?,
        Ok(Answer { status, headers, body }) => match status.as_u16() {
            408 | 429 | 502..=504 => asked(headers),
            200..300 if body.as_ref().is_err_and(is_unavailable) => Duration::ZERO,
            _ => return None,
        },
    };
    let most = BACKOFF.saturating_mul(1 << retried.min(6));
    Some(asked.max(most.mul_f64(fraction()?)))
}

fn asked(headers: &HeaderMap) -> Duration {
    retry_after(headers).unwrap_or_default()
}

/// What `Retry-After` asks for.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    text.and_then(|text| retry_after::parse(text, SystemTime::now()))
}

/// From 0 to 1. `None` where the system has no random numbers: then nobody retries in step with others.
fn fraction() -> Option<f64> {
    Some(f64::from(getrandom::u32().ok()?) / f64::from(u32::MAX))
}

/// The answer, behind redirects within the origin where they are followed.
async fn follow(
    http: &Http,
    options: &UpstreamOptions,
    origin: &str,
    mut request: Request,
    watch: Watch<'_>,
) -> Result<Answer, Error> {
    let mut redirects = 0;
    loop {
        let next = (options.redirects && redirects < MOST_REDIRECTS).then(|| request.clone());
        let answer = http.send(origin, request, watch).await?;
        let Some(next) = next.and_then(|next| redirected(next, &answer)) else { return Ok(answer) };
        request = next;
        redirects += 1;
    }
}

/// The request that a redirect asks for (RFC 9110 §15.4). `None` where it leads elsewhere or would change what is done:
/// a POST that becomes a GET is another call, except after 303, which says that the POST was done.
fn redirected(mut request: Request, answer: &Answer) -> Option<Request> {
    let safe = is_safe(&request.method);
    let same = match answer.status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => safe.then_some(true)?,
        StatusCode::SEE_OTHER => safe,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return None,
    };
    let location = answer.headers.get(header::LOCATION)?.to_str().ok()?;
    let url: Url = request.url.join(location).ok()?;
    let inside = url.origin() == request.url.origin() && url.username().is_empty() && url.password().is_none();
    if !inside {
        return None;
    }
    if !same {
        request.method = Method::GET;
        request.body = None;
        request.headers.remove(header::CONTENT_TYPE);
    }
    request.url = url;
    Some(request)
}

/// RFC 9110 §9.2.1, and `QUERY` (draft-ietf-httpbis-safe-method-w-body).
fn is_safe(method: &Method) -> bool {
    method.is_safe() || method.as_str() == "QUERY"
}

/// Names of header parameters that hold an idempotency key (draft-ietf-httpapi-idempotency-key-header, and what was in
/// use before it).
const KEY_HEADERS: [&str; 2] = ["idempotency-key", "x-idempotency-key"];

/// Whether the request may be sent twice (RFC 9110 §9.2.2). A request whose method is not idempotent gets an idempotency
/// key, where the operation declares one or the options name a header: the same one in every attempt (SECURITY.md O10).
pub(crate) fn is_repeatable(operation: &Operation, options: &UpstreamOptions, request: &mut Request) -> bool {
    if request.method.is_idempotent() || is_safe(&request.method) {
        return true;
    }
    let declared = operation.parameters.iter().filter(|parameter| parameter.location == Location::Header);
    let declared = declared.map(|parameter| parameter.name.to_ascii_lowercase());
    let declared = declared.filter(|name| KEY_HEADERS.contains(&name.as_str()));
    let declared = declared.filter_map(|name| name.parse().ok()).next();
    let Some(name) = declared.or_else(|| options.idempotency_header.clone()) else { return false };
    if request.headers.contains_key(&name) {
        return true;
    }
    let Some(key) = uuid().and_then(|key| HeaderValue::from_str(&key).ok()) else { return false };
    request.headers.insert(name, key);
    true
}

/// RFC 9562 §5.4.
fn uuid() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let text = format!("{number:032x}");
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    Some(format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)))
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
