//! 202 Accepted: the API goes on with the work, and names a place that says how far it is (RFC 9110 §15.3.3). That place
//! is asked until the work has ended: by a task where the client knows tasks, else while the client waits and sees the
//! progress.
//!
//! | where the place is named | the work has ended when |
//! |---|---|
//! | `Location` | the answer is another one than 202; 303 leads to the result |
//! | `Operation-Location`, `Azure-AsyncOperation`, `Link` with `rel="monitor"` (RFC 5989) or `rel="status"` (RFC 8631), the members of [`Links`] in a JSON body | as well, and its `status` is no word for work under way |
//!
//! Only places of the API's own origin are asked (SECURITY.md O2, O4). Where the time of the call is over, the answer is
//! the 202 itself, which is a success, and the client is told that the work goes on.

use std::future::Future;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::client::Answer;
use super::error_response;
use super::exchange::retry_after;
use super::response::Failure;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::redact;

/// Between two questions at least, whatever the API asks for.
const LEAST: Duration = Duration::from_millis(100);
/// Without `Retry-After` each pause is twice the one before, up to this.
const MOST: Duration = Duration::from_secs(10);
/// `Retry-After` of more than this is not waited for as a whole: somebody wants to see progress.
const LONGEST: Duration = Duration::from_secs(300);
/// Left of the time of a call when it gives up waiting, so that it still answers itself.
const MARGIN: Duration = Duration::from_millis(500);

/// The `type` of the error of an operation that says itself that it has failed.
const FAILED: &str = "OperationFailed";

/// The place to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Monitor {
    url: Url,
    /// Whether an answer of 200 there says by its `status` that the work goes on.
    has_status: bool,
}

/// Members of a JSON body that name the place, in the order in which they are looked for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Links {
    #[serde(alias = "statusUrl", alias = "statusUri", alias = "status_uri", alias = "statusQueryGetUri")]
    status_url: Option<String>,
    #[serde(alias = "pollUrl", alias = "pollingUrl", alias = "polling_url", alias = "operationUrl")]
    poll_url: Option<String>,
    #[serde(alias = "_links")]
    links: Option<Nested>,
}

/// `links` and `_links` (HAL, JSON:API).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Nested {
    status: Option<Link>,
    monitor: Option<Link>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Link {
    Text(String),
    Object { href: String },
    Other(serde::de::IgnoredAny),
}

impl Link {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Object { href: text } => Some(text),
            Self::Other(_) => None,
        }
    }
}

impl Monitor {
    /// The place that an answer of 202 to a request of this URL names; `None` where it names none within the origin.
    pub(crate) fn of(url: &Url, answer: &Answer) -> Option<Self> {
        if answer.status != StatusCode::ACCEPTED {
            return None;
        }
        let named = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let explicit = named("operation-location").or_else(|| named("azure-asyncoperation"));
        let explicit = explicit.or_else(|| linked(&answer.headers)).and_then(|text| within(url, &text));
        let location = || named(header::LOCATION.as_str()).and_then(|text| within(url, &text));
        let body = || in_body(answer).and_then(|text| within(url, &text));
        let place = |has_status| move |url| Self { url, has_status };
        explicit.map(place(true)).or_else(|| location().map(place(false))).or_else(|| body().map(place(true)))
    }
}

#[cfg(feature = "fuzzing")]
impl Monitor {
    /// Whether the place is one of this origin.
    pub(crate) fn is_within(&self, url: &Url) -> bool {
        self.url.origin() == url.origin() && self.url.username().is_empty() && self.url.fragment().is_none()
    }
}

/// A URL of the same origin, without credentials of its own and without a fragment.
fn within(base: &Url, text: &str) -> Option<Url> {
    let mut url = base.join(text).ok()?;
    url.set_fragment(None);
    let same = url.origin() == base.origin() && url.username().is_empty() && url.password().is_none();
    same.then_some(url)
}

/// The target of a `Link` (RFC 8288 §3) of one of the relations.
fn linked(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(",").map(str::trim)).find_map(|link| {
        let (target, parameters) = link.strip_prefix('<')?.split_once('>')?;
        let is_one =
            parameters.split(';').filter_map(|parameter| parameter.trim().split_once('=')).any(|(name, value)| {
                let relations = value.trim().trim_matches('"').to_ascii_lowercase();
                name.trim().eq_ignore_ascii_case("rel")
                    && relations.split_ascii_whitespace().any(|relation| matches!(relation, "monitor" | "status"))
            });
        is_one.then(|| target.to_owned())
    })
}

fn in_body(answer: &Answer) -> Option<String> {
    let links: Links = serde_json::from_slice(answer.body.as_ref().ok()?).ok()?;
    let nested = links.links.unwrap_or_default();
    let nested = [nested.status, nested.monitor].into_iter().flatten().find_map(Link::into_text);
    links.status_url.or(links.poll_url).or(nested)
}

/// How a place says that the work has ended.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Working(Option<String>),
    Done,
    Failed(String),
}

fn state(monitor: &Monitor, answer: &Answer) -> State {
    if answer.status == StatusCode::ACCEPTED {
        return State::Working(status_word(answer));
    }
    let Some(word) = status_word(answer).filter(|_| monitor.has_status && answer.status.is_success()) else {
        return State::Done;
    };
    let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    match plain.as_str() {
        "notstarted" | "started" | "running" | "inprogress" | "pending" | "queued" | "waiting" | "scheduled"
        | "processing" | "accepted" | "working" | "creating" | "updating" | "deleting" | "provisioning" => {
            State::Working(Some(word))
        }
        "failed" | "failure" | "error" | "errored" | "canceled" | "cancelled" | "aborted" | "timedout" | "expired"
        | "rejected" => State::Failed(word),
        _ => State::Done,
    }
}

/// The `status` (or `state`) of a JSON object, in a few characters of one line.
fn status_word(answer: &Answer) -> Option<String> {
    #[derive(Deserialize)]
    struct Status {
        #[serde(alias = "state", alias = "runtimeStatus")]
        status: String,
    }
    let status: Status = serde_json::from_slice(answer.body.as_ref().ok()?).ok()?;
    let word: String = status.status.chars().filter(|character| !character.is_control()).take(64).collect();
    (!word.is_empty()).then(|| redact::by_value(&word).into_owned())
}

/// The time that a call may wait.
pub(crate) struct Patience {
    /// Before the first question.
    pub(crate) pause: Duration,
    /// The end of a call that its client waits for.
    pub(crate) until: Instant,
}

/// Asks the place until the work has ended, and gives the answer that says so. `ask` reads a URL of the API.
///
/// # Errors
/// Those of `ask`; `UpstreamRejected` of type `OperationFailed`, where the API says that the work has failed.
pub(crate) async fn outcome<A, F>(
    cx: &Context,
    first: Answer,
    mut monitor: Monitor,
    patience: Patience,
    ask: A,
) -> Result<Answer, Failure>
where
    A: Fn(Url) -> F,
    F: Future<Output = Result<Answer, Failure>>,
{
    // Where there is no room for a task, the client waits.
    let _ = cx.begin_task();
    let until = if cx.is_task() { cx.deadline() } else { Some(patience.until) };
    let until = until.into_iter().chain(cx.deadline()).min().and_then(|until| until.checked_sub(MARGIN));
    let (mut pause, mut asked) = (patience.pause, 0_u32);
    let mut wait = next_wait(&first.headers, &mut pause);
    let mut word = status_word(&first);
    loop {
        tell(cx, asked, word.as_deref());
        let next = Instant::now() + wait;
        if until.is_some_and(|until| next >= until) {
            return Ok(unfinished(cx, first, &monitor));
        }
        tokio::time::sleep_until(next).await;
        let question = ask(monitor.url.clone());
        let answer = match until {
            Some(until) => match tokio::time::timeout_at(until, question).await {
                Ok(answer) => answer?,
                Err(_) => return Ok(unfinished(cx, first, &monitor)),
            },
            None => question.await?,
        };
        asked = asked.saturating_add(1);
        if answer.status == StatusCode::SEE_OTHER {
            let location = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
            return match location.and_then(|text| within(&monitor.url, text)) {
                Some(result) => ask(result).await,
                None => Ok(answer),
            };
        }
        match state(&monitor, &answer) {
            State::Working(said) => {
                wait = next_wait(&answer.headers, &mut pause);
                word = said;
                // The place can move on with the work.
                if let Some(moved) = Monitor::of(&monitor.url, &answer) {
                    monitor = moved;
                }
            }
            State::Done => return Ok(answer),
            State::Failed(word) => return Err(failed(&word, &answer).into()),
        }
    }
}

/// What the API asks for, within bounds; else twice as long as the time before.
fn next_wait(headers: &HeaderMap, pause: &mut Duration) -> Duration {
    let own = *pause;
    *pause = pause.saturating_mul(2).min(MOST.max(own));
    retry_after(headers).unwrap_or(own).clamp(LEAST.min(own), LONGEST)
}

fn tell(cx: &Context, asked: u32, word: Option<&str>) {
    let state = word.map_or_else(String::new, |word| format!(": {word}"));
    let message = match asked {
        0 => format!("The API has accepted the request and works on it{state}"),
        _ => format!("The API still works on it (asked {asked} times){state}"),
    };
    cx.progress(f64::from(asked), None, Some(&message));
}

/// The 202 is a success, and the client is told what it does not mean.
fn unfinished(cx: &Context, first: Answer, monitor: &Monitor) -> Answer {
    // Without the query, which can hold a credential.
    let place = redact::by_value(monitor.url.path()).into_owned();
    cx.remark(format!(
        "The API has accepted the request and still works on it; this is no result yet. Do not send it again. {place} says \
         how far the work is."
    ));
    first
}

fn failed(word: &str, answer: &Answer) -> Error {
    let json = answer.body.as_ref().ok().and_then(|body| RawJson::parse(std::str::from_utf8(body).ok()?).ok());
    let words = json.as_ref().and_then(error_response::words);
    let words = words.map_or_else(String::new, |words| format!(": {words}"));
    let message = format!("The API accepted the request, and its work has ended as {word:?}{words}");
    let error = Error::new(ErrorKind::UpstreamRejected, message).with_type(FAILED);
    match json {
        Some(json) => error.with_data(json),
        None => error,
    }
}

#[cfg(test)]
#[path = "accepted_tests.rs"]
mod tests;
