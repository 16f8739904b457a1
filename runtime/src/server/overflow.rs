//! Answers that are too long for a model: cut at a valid place, the whole kept for a while as a resource.
//!
//! The store is bounded in bytes and entries, forgets after a time, and answers only who was answered before. What it has
//! forgotten, and what another instance or another client was answered, is read again where the URI says how (`rest.rs`).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::encode::CallResult;
use super::rest::Rest;
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
pub(super) const KEPT: Duration = Duration::from_secs(600);

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
    /// an output schema a result without it is an error (MCP 2026-07-28, "Output Schema"). `seal` makes the call that can be
    /// made again part of the URI.
    pub(super) fn apply(
        &self,
        result: &mut CallResult,
        client: &str,
        has_schema: bool,
        seal: impl FnOnce(&str) -> Option<String>,
    ) {
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
        let seal = if result.is_error { None } else { seal(&whole) };
        let id = new_id().filter(|id| self.keep(id, client, whole) || seal.is_some());
        let rest = id.map(|id| Rest { id: &id, from: end, seal: seal.as_deref() }.uri());
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

    /// Keeps a text; not one that would take the place of too many others.
    pub(super) fn keep(&self, id: &str, client: &str, text: String) -> bool {
        if text.len() > MOST_BYTES / 4 {
            return false;
        }
        let mut kept = self.kept();
        let entry = Kept { id: id.to_owned(), client: client.to_owned(), text, until: Instant::now() + KEPT };
        kept.push_back(entry);
        let mut bytes: usize = kept.iter().map(|one| one.text.len()).sum();
        while bytes > MOST_BYTES || kept.len() > MOST_ENTRIES {
            let Some(oldest) = kept.pop_front() else { break };
            bytes -= oldest.text.len();
        }
        true
    }

    /// The next piece of what is kept for a client; `None`: nothing is, or the place is none.
    pub(super) fn read(&self, rest: &Rest<'_>, client: &str) -> Option<Vec<ResourceContents>> {
        let kept = self.kept();
        let found = kept.iter().rev().find(|one| one.id == rest.id && one.client == client)?;
        self.piece(rest, &found.text)
    }

    /// The next piece of a text, and how to read on.
    pub(super) fn piece(&self, rest: &Rest<'_>, text: &str) -> Option<Vec<ResourceContents>> {
        let tail = text.get(rest.from..)?;
        let end = if tail.len() > self.cap { cut(tail, self.cap) } else { tail.len() };
        let mut piece = tail.get(..end).unwrap_or_default().to_owned();
        if end < tail.len() {
            let next = Rest { from: rest.from + end, ..*rest };
            piece.push_str(&format!("\n[Cut. Read the resource {} for what follows.]", next.uri()));
        }
        let mime_type = Some("text/plain".to_owned());
        Some(vec![ResourceContents { uri: rest.uri(), mime_type, body: Body::Text(piece) }])
    }

    /// The text of a result that is cut.
    pub(super) fn is_cut(&self, text: &str) -> bool {
        self.cap != 0 && text.len() > self.cap
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

/// 128 random bits; `None` where the system has none.
fn new_id() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    Some(format!("{:032x}", u128::from_be_bytes(random)))
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

    fn read(store: &Overflow, uri: &str, client: &str) -> Option<String> {
        let contents = store.read(&Rest::parse(uri).unwrap(), client)?;
        match &contents[0].body {
            Body::Text(text) => Some(text.clone()),
            Body::Blob(_) => panic!("bytes"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_answer_is_cut_and_its_rest_is_kept_for_its_client_alone() {
        let store = Overflow::new(16);
        let mut short = result("0123456789abcdef");
        store.apply(&mut short, "a", false, |_| None);
        assert!(short.structured.is_some() && short.content.len() == 1);

        let mut long = result("one two three four five six seven");
        store.apply(&mut long, "a", false, |_| None);
        let [shown, marker] = &texts(&long)[..] else { panic!() };
        assert_eq!(shown, "one two three ");
        assert!(marker.starts_with("[Cut: the first 14 of 33 bytes."), "{marker}");
        assert!(long.structured.is_none() && !long.is_error);
        let Some(Block::ResourceLink { uri, .. }) = long.content.last() else { panic!() };
        let first = read(&store, uri, "a").unwrap();
        let (piece, next) = first.split_once("\n[Cut. Read the resource ").unwrap();
        let rest = read(&store, next.split(' ').next().unwrap(), "a").unwrap();
        assert_eq!(format!("{shown}{piece}{rest}"), "one two three four five six seven");

        assert_eq!(read(&store, uri, "b"), None);
        assert_eq!(read(&store, "mcpgen-rest:0/0", "a"), None);
        assert_eq!(read(&store, &uri.replace("/14", "/99"), "a"), None);
        tokio::time::advance(KEPT).await;
        assert_eq!(read(&store, uri, "a"), None);
    }

    #[tokio::test]
    async fn an_array_is_cut_between_its_items() {
        let store = Overflow::new(24);
        let mut long = result(r#"[{"a":"x,]"},[1,2],"y,z","and more"]"#);
        store.apply(&mut long, "a", true, |_| None);
        assert_eq!(texts(&long)[0], r#"[{"a":"x,]"},[1,2]]"#);
        // Under a schema half an answer is none.
        assert!(long.is_error && long.error.is_some_and(|error| error.type_name() == "TooLong"));
        for cap in 1..40 {
            let mut long = result("é漢字🦀 and 漢字 and so on, with é and 🦀 to its end");
            Overflow::new(cap).apply(&mut long, "a", false, |_| None);
            assert!(texts(&long)[0].len() <= cap, "{cap}");
        }
    }

    #[tokio::test]
    async fn the_store_is_bounded() {
        let store = Overflow::new(1);
        for _ in 0..MOST_ENTRIES + 50 {
            store.apply(&mut result(&"x".repeat(1 << 20)), "a", false, |_| None);
        }
        let kept = store.kept();
        assert!(kept.iter().map(|one| one.text.len()).sum::<usize>() <= MOST_BYTES && kept.len() <= MOST_ENTRIES);
        drop(kept);
        let mut huge = result(&"x".repeat(MOST_BYTES / 4 + 1));
        store.apply(&mut huge, "a", false, |_| None);
        assert!(texts(&huge)[1].ends_with("Ask for less.]"), "it is not kept");
    }
}
