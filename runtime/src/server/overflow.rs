//! Answers that are too long for a model: cut at a valid place, the whole kept for a while as a resource.
//!
//! The store is bounded in bytes and entries, forgets after a time, and answers only who was answered before. What it has
//! forgotten, another instance, and another client cannot be told apart: there is no such resource.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::encode::CallResult;
use crate::content::{Block, Body, ResourceContents};
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;

/// Bytes of text in a result.
pub(super) const MODEL_CAP: usize = 200_000;
/// Bytes of all that is kept.
const MOST_BYTES: usize = 64 << 20;
/// Answers that are kept.
const MOST_ENTRIES: usize = 256;
/// For how long.
const KEPT: Duration = Duration::from_secs(600);
/// The URIs of the rests.
const SCHEME: &str = "mcpgen-rest:";

/// The store.
pub(super) struct Overflow {
    cap: usize,
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    id: String,
    /// The key of the client that was answered.
    client: String,
    text: String,
    until: Instant,
}

impl Overflow {
    /// Results longer than this are cut; 0: none is.
    pub(super) fn new(cap: usize) -> Self {
        Self { cap, kept: Mutex::default() }
    }

    /// Cuts the text of a result that is too long. Its structured content goes: half of it would be another value. Under
    /// an output schema a result without it is an error (MCP 2026-07-28, "Output Schema").
    pub(super) fn apply(&self, result: &mut CallResult, client: &str, has_schema: bool) {
        if self.cap == 0 {
            return;
        }
        let Some(place) =
            result.content.iter().position(|block| matches!(block, Block::Text { text } if text.len() > self.cap))
        else {
            return;
        };
        let Some(Block::Text { text }) = result.content.get_mut(place) else { return };
        let end = cut(text, self.cap);
        let shown = shown(text, end);
        let whole = std::mem::replace(text, shown);
        let total = whole.len();
        result.structured = None;
        // The same details stand in `_meta`.
        result.error = result.error.take().map(Error::without_data);
        let rest = self.keep(client, whole).map(|id| format!("{SCHEME}{id}/{end}"));
        let how = match &rest {
            Some(uri) => format!("Read the resource {uri} for what follows, or ask for less."),
            None => "Ask for less.".to_owned(),
        };
        let marker = format!("[Cut: the first {end} of {total} bytes. {how}]");
        result.content.insert(place + 1, Block::Text { text: marker });
        if let Some(uri) = rest {
            let link = Block::ResourceLink { uri, name: "rest".to_owned(), mime_type: Some("text/plain".to_owned()) };
            result.content.push(link);
        }
        if has_schema && !result.is_error {
            let message = format!("The answer has {total} bytes, more than a model is shown. {how}");
            result.is_error = true;
            result.error = Some(Error::new(ErrorKind::BadResponse, message).with_type("TooLong"));
        }
    }

    /// Keeps a text. `None`: it is longer than all that is kept may be, or the system has no random numbers.
    fn keep(&self, client: &str, text: String) -> Option<String> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok().filter(|()| text.len() <= MOST_BYTES / 4)?;
        let id = format!("{:032x}", u128::from_be_bytes(random));
        let mut kept = self.kept();
        let entry = Kept { id: id.clone(), client: client.to_owned(), text, until: Instant::now() + KEPT };
        kept.push_back(entry);
        let mut bytes: usize = kept.iter().map(|one| one.text.len()).sum();
        while bytes > MOST_BYTES || kept.len() > MOST_ENTRIES {
            let Some(oldest) = kept.pop_front() else { break };
            bytes -= oldest.text.len();
        }
        Some(id)
    }

    /// The next piece of a rest. `None`: this is no URI of a rest.
    ///
    /// # Errors
    /// `NotFound`, for what is not kept any more or was another client's.
    pub(super) fn read(&self, uri: &str, client: &str) -> Option<Result<Vec<ResourceContents>, Error>> {
        let (id, from) = uri.strip_prefix(SCHEME)?.split_once('/')?;
        let kept = self.kept();
        let found = kept.iter().find(|one| one.id == id && one.client == client);
        let rest = found.and_then(|one| one.text.get(from.parse().ok()?..));
        let Some(rest) = rest else {
            let message = "The rest of that answer is not kept any more. Call the tool again, and ask for less.";
            return Some(Err(Error::new(ErrorKind::NotFound, message)));
        };
        let end = if rest.len() > self.cap { cut(rest, self.cap) } else { rest.len() };
        let mut text = rest.get(..end).unwrap_or_default().to_owned();
        if end < rest.len() {
            let next = from.parse::<usize>().unwrap_or(0) + end;
            text.push_str(&format!("\n[Cut. Read the resource {SCHEME}{id}/{next} for what follows.]"));
        }
        let contents =
            ResourceContents { uri: uri.to_owned(), mime_type: Some("text/plain".to_owned()), body: Body::Text(text) };
        Some(Ok(vec![contents]))
    }

    /// What is kept, without what is too old.
    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while kept.front().is_some_and(|oldest| oldest.until <= now) {
            kept.pop_front();
        }
        kept
    }
}

/// Where to cut: between two items of an array, else behind a line or a word, else between two characters.
fn cut(text: &str, cap: usize) -> usize {
    let mut most = cap.min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    let head = text.get(..most).unwrap_or_default();
    let between = if text.starts_with('[') { items(head) } else { None };
    // Not so early that nothing is shown.
    let late = |end: &usize| *end > most / 2;
    between
        .or_else(|| head.rfind('\n').map(|at| at + 1).filter(late))
        .or_else(|| head.rfind([' ', ',']).map(|at| at + 1).filter(late))
        .unwrap_or(most)
}

/// Behind the last comma between two items of the outer array.
fn items(head: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped, mut last) = (0_u32, false, false, None);
    for (at, byte) in head.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => last = Some(at + 1),
            _ => {}
        }
    }
    last
}

/// The head as a model sees it: an array that was cut between two items is closed.
fn shown(text: &str, end: usize) -> String {
    let head = text.get(..end).unwrap_or_default();
    if head.starts_with('[')
        && let Some(items) = head.strip_suffix(',')
        && let closed = format!("{items}]")
        && RawJson::parse(&closed).is_ok()
    {
        return closed;
    }
    head.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(text: &str) -> CallResult {
        CallResult {
            content: vec![Block::Text { text: text.to_owned() }],
            structured: Some(RawJson::parse("{}").unwrap()),
            is_error: false,
            error: None,
            normalised: None,
            deviations: None,
        }
    }

    fn texts(result: &CallResult) -> Vec<String> {
        let text = |block: &Block| match block {
            Block::Text { text } => Some(text.clone()),
            _ => None,
        };
        result.content.iter().filter_map(text).collect()
    }

    fn read(store: &Overflow, uri: &str, client: &str) -> Result<String, ErrorKind> {
        let contents = store.read(uri, client).unwrap().map_err(|error| error.kind())?;
        match &contents[0].body {
            Body::Text(text) => Ok(text.clone()),
            Body::Blob(_) => panic!("bytes"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_answer_is_cut_and_its_rest_is_kept_for_its_client_alone() {
        let store = Overflow::new(16);
        let mut short = result("0123456789abcdef");
        store.apply(&mut short, "a", false);
        assert!(short.structured.is_some() && short.content.len() == 1);

        let mut long = result("one two three four five six seven");
        store.apply(&mut long, "a", false);
        let [shown, marker] = &texts(&long)[..] else { panic!() };
        assert_eq!(shown, "one two three ");
        assert!(marker.starts_with("[Cut: the first 14 of 33 bytes."), "{marker}");
        assert!(long.structured.is_none() && !long.is_error);
        let Some(Block::ResourceLink { uri, .. }) = long.content.last() else { panic!() };
        let first = read(&store, uri, "a").unwrap();
        let (piece, next) = first.split_once("\n[Cut. Read the resource ").unwrap();
        let rest = read(&store, next.split(' ').next().unwrap(), "a").unwrap();
        assert_eq!(format!("{shown}{piece}{rest}"), "one two three four five six seven");

        assert_eq!(read(&store, uri, "b"), Err(ErrorKind::NotFound));
        assert_eq!(read(&store, &format!("{SCHEME}0/0"), "a"), Err(ErrorKind::NotFound));
        assert_eq!(read(&store, &uri.replace("/14", "/99"), "a"), Err(ErrorKind::NotFound));
        assert!(store.read("weather://a", "a").is_none());
        tokio::time::advance(KEPT).await;
        assert_eq!(read(&store, uri, "a"), Err(ErrorKind::NotFound));
    }

    #[tokio::test]
    async fn an_array_is_cut_between_its_items() {
        let store = Overflow::new(24);
        let mut long = result(r#"[{"a":"x,]"},[1,2],"y,z","and more"]"#);
        store.apply(&mut long, "a", true);
        assert_eq!(texts(&long)[0], r#"[{"a":"x,]"},[1,2]]"#);
        // Under a schema half an answer is none.
        assert!(long.is_error && long.error.is_some_and(|error| error.type_name() == "TooLong"));
        for cap in 1..40 {
            let mut long = result("é漢字🦀 and 漢字 and so on, with é and 🦀 to its end");
            Overflow::new(cap).apply(&mut long, "a", false);
            assert!(texts(&long)[0].len() <= cap, "{cap}");
        }
    }

    #[tokio::test]
    async fn the_store_is_bounded() {
        let store = Overflow::new(1);
        for _ in 0..MOST_ENTRIES + 50 {
            store.apply(&mut result(&"x".repeat(1 << 20)), "a", false);
        }
        let kept = store.kept();
        assert!(kept.iter().map(|one| one.text.len()).sum::<usize>() <= MOST_BYTES && kept.len() <= MOST_ENTRIES);
        drop(kept);
        let mut huge = result(&"x".repeat(MOST_BYTES / 4 + 1));
        store.apply(&mut huge, "a", false);
        assert!(texts(&huge)[1].ends_with("Ask for less.]"), "it is not kept");
    }
}
