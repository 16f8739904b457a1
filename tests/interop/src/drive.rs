//! Runs of clients, judged: a mark for each step, and what was wrong.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::client::{Client, Outcome, Run, Target};
use crate::scenario::{Check, Facts, Step};

/// The step that every run begins with.
pub const CONNECT: &str = "connect";
/// The step that every run ends with.
pub const CLOSE: &str = "close";

/// What is to be said about a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// A mark for [`CONNECT`], each step and [`CLOSE`]: `ok`, `–` (the client has no such operation) or `!!`.
    pub marks: Vec<String>,
    /// What was wrong.
    pub wrong: Vec<String>,
    /// What the client cannot do: step and reason.
    pub cannot: Vec<(String, String)>,
}

/// Does this for every item, as many at once as there are cores: starting interpreters is most of the work. The order of
/// the items is kept.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], perform: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let done = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((at, item)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    items.get(at).map(|item| (at, item))
                } {
                    let result = perform(item);
                    done.lock().expect("no thread panicked").insert(at, result);
                }
            });
        }
    });
    done.into_inner().expect("no thread panicked").into_values().collect()
}

/// Judges a run of these steps.
pub fn judge(client: &Client, target: &Target, run: &Run, steps: &[Step]) -> Verdict {
    let revision = client.revision_over(target);
    let connect: Check = connected;
    let close: Check = |facts| facts.result().map(drop);
    let checks =
        [(CONNECT, connect)].into_iter().chain(steps.iter().map(|step| (step.id, step.check))).chain([(CLOSE, close)]);
    let name = format!("{} {} over {}", client.name, client.mode, target.transport());
    let mut verdict = Verdict::default();
    for (id, check) in checks {
        let outcome = run.outcomes.get(id);
        if let Some(Outcome::Unsupported(why)) = outcome {
            verdict.marks.push("–".to_owned());
            verdict.cannot.push((id.to_owned(), why.clone()));
            continue;
        }
        let found = match outcome {
            Some(outcome) => check(&Facts { client, revision, outcome }),
            None => Err("the client did not come this far".to_owned()),
        };
        verdict.marks.push(if found.is_ok() { "ok" } else { "!!" }.to_owned());
        if let Err(why) = found {
            verdict.wrong.push(format!("{name}, {id}: {why}"));
        }
    }
    if !run.success && verdict.wrong.is_empty() {
        verdict.wrong.push(format!("{name} ended with a failure"));
    }
    if let Some(last) = verdict.wrong.last_mut() {
        last.push_str(&format!("\nstandard error of {name}:\n{}", run.stderr));
    }
    verdict
}

/// Who the server is and which revision is spoken.
fn connected(facts: &Facts<'_>) -> Result<(), String> {
    let result = facts.result()?;
    same(&result["protocolVersion"], &json!(facts.revision))?;
    if !facts.client.discovers {
        return Ok(());
    }
    if result["serverInfo"]["name"].as_str().is_none_or(str::is_empty) {
        return Err(format!("the server has no name: {result}"));
    }
    if result["capabilities"]["tools"].is_object() { Ok(()) } else { Err(format!("no tools: {result}")) }
}

/// A JSON-RPC error with one of these codes, where the library shows codes.
pub fn protocol_error(facts: &Facts<'_>, codes: &[i64]) -> Result<(), String> {
    let error = facts.error()?;
    if !facts.client.shows_codes || error["code"].as_i64().is_some_and(|code| codes.contains(&code)) {
        return Ok(());
    }
    Err(format!("one of {codes:?} was expected: {error}"))
}

/// A tool result without an error whose text contains this.
pub fn tool_text(facts: &Facts<'_>, part: &str) -> Result<(), String> {
    let (text, is_error) = facts.text()?;
    same(is_error, false)?;
    contains(text, part)
}

/// Media type and text of the one content of a resource at this URI.
pub fn contents<'a>(facts: &'a Facts<'_>, uri: &str) -> Result<(&'a str, &'a str), String> {
    let contents = facts.result()?["contents"].as_array().ok_or("no contents")?;
    same(contents.len(), 1)?;
    same(&contents[0]["uri"], &json!(uri))?;
    let text = contents[0]["text"].as_str().ok_or("no text")?;
    Ok((contents[0]["mimeType"].as_str().unwrap_or_default(), text))
}

/// Fails unless both are equal.
pub fn same<A: PartialEq<B> + std::fmt::Debug, B: std::fmt::Debug>(found: A, expected: B) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{found:?}, where {expected:?} was expected")) }
}

/// Fails unless the text has this part.
pub fn contains(text: &str, part: &str) -> Result<(), String> {
    if text.contains(part) { Ok(()) } else { Err(format!("no {part:?} in {text:?}")) }
}
