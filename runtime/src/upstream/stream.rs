//! Streams of values that an upstream sends one after the other, collected: JSON lines and Server-Sent Events.

use crate::json::{RawJson, compact, node};

/// Whether a media type without parameters is one of these.
pub(crate) fn is_stream(essence: &str) -> bool {
    is_events(essence) || is_lines(essence)
}

fn is_events(essence: &str) -> bool {
    essence == "text/event-stream"
}

fn is_lines(essence: &str) -> bool {
    super::body::is_lines(essence) || essence == "application/json-seq" || essence.ends_with("+json-seq")
}

/// The values as one array. A line of JSON is a value; an event is an object of its fields, `data` as JSON where it is
/// an object or an array.
///
/// # Errors
/// A line that is no JSON, as a sentence.
pub(crate) fn collect(essence: &str, text: &str) -> Result<RawJson, String> {
    let values: Vec<String> = if is_events(essence) { events(text) } else { lines(text)? };
    Ok(RawJson::from_valid(&format!("[{}]", values.join(","))))
}

/// RFC 7464 begins each text of a sequence with a record separator.
fn lines(text: &str) -> Result<Vec<String>, String> {
    let lines = text.split(['\n', '\u{1e}']).map(str::trim).filter(|line| !line.is_empty()).enumerate();
    let values = lines.map(|(index, line)| {
        let value = RawJson::parse(line);
        value
            .map(|value| value.as_str().to_owned())
            .map_err(|error| format!("The value {} of the API's stream is no JSON: {error}.", index + 1))
    });
    values.collect()
}

/// HTML, "Server-sent events", §9.2.6: blocks of `field: value` lines, ended by an empty one. A block that the end of the
/// stream cuts is discarded.
fn events(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut event = Event::default();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        if line.is_empty() {
            out.extend(std::mem::take(&mut event).json());
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event.name = Some(value.to_owned()),
            "id" => event.id = Some(value.to_owned()),
            "data" => match &mut event.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => event.data = Some(value.to_owned()),
            },
            // Comments keep a connection open, `retry` is for who connects again.
            _ => {}
        }
    }
    out
}

#[derive(Default)]
struct Event {
    name: Option<String>,
    id: Option<String>,
    data: Option<String>,
}

impl Event {
    /// `None`: an event without data is not dispatched.
    fn json(self) -> Option<String> {
        let data = self.data?;
        let mut out = String::from("{");
        for (field, value) in [("event", self.name), ("id", self.id)] {
            if let Some(value) = value {
                out.push_str(&format!("\"{field}\":"));
                node::quote(&value, &mut out);
                out.push(',');
            }
        }
        out.push_str("\"data\":");
        match RawJson::parse(&data) {
            Ok(json) if json.as_str().starts_with(['{', '[']) => out.push_str(&compact(json.as_str())),
            _ => node::quote(&data, &mut out),
        }
        out.push('}');
        Some(out)
    }
}

/// Counts the values of a stream while it comes, as [`collect`] will find them: pieces end anywhere.
#[derive(Debug)]
pub(crate) struct Counter {
    events: bool,
    values: u64,
    /// The first bytes of the line so far, as many as a field has.
    line: Vec<u8>,
    /// A line break of two bytes is one.
    after_return: bool,
    /// The event has data.
    data: bool,
}

impl Counter {
    /// `None`: no stream of values has this media type.
    pub(crate) fn of(essence: &str) -> Option<Self> {
        let events = is_events(essence);
        is_stream(essence).then(|| Self { events, values: 0, line: Vec::new(), after_return: false, data: false })
    }

    /// Reads on, and says how many values are complete.
    pub(crate) fn read(&mut self, piece: &[u8]) -> u64 {
        for byte in piece {
            match byte {
                b'\n' if std::mem::take(&mut self.after_return) => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    self.end_line();
                }
                // RFC 7464 begins each text of a sequence with a record separator.
                0x1e if !self.events => self.end_line(),
                _ => {
                    self.after_return = false;
                    let is_blank = byte.is_ascii_whitespace() && !self.events;
                    if !is_blank && self.line.len() < b"data:".len() {
                        self.line.push(*byte);
                    }
                }
            }
        }
        self.values
    }

    fn end_line(&mut self) {
        let is_data = matches!(self.line.as_slice(), b"data" | b"data:");
        let complete = match (self.events, self.line.is_empty()) {
            (true, true) => std::mem::take(&mut self.data),
            (true, false) => {
                self.data |= is_data;
                false
            }
            (false, is_empty) => !is_empty,
        };
        self.values += u64::from(complete);
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_however_the_stream_is_cut() {
        let events = "\u{feff}: hi\ndata: 1\r\ndata: 2\r\n\r\nid: 7\n\ndata\n\n\ndatabase: x\n\ndata: cut\n";
        for (essence, text, expected) in [
            ("application/x-ndjson", "{\"a\":1}\r\n\r\n  \n[2]\n\"cut", 2),
            ("application/json-seq", "\u{1e}{\"a\":1}\n\u{1e}2\n", 2),
            ("text/event-stream", events, 2),
        ] {
            for size in 1..=text.len() {
                let mut counter = Counter::of(essence).unwrap();
                let counted = text.as_bytes().chunks(size).map(|piece| counter.read(piece)).last();
                assert_eq!(counted, Some(expected), "{essence} in pieces of {size}");
            }
        }
        assert!(Counter::of("application/json").is_none());
    }

    fn shown(essence: &str, text: &str) -> String {
        collect(essence, text).unwrap().as_str().to_owned()
    }

    #[test]
    fn lines_are_values_in_their_own_spelling() {
        assert_eq!(shown("application/x-ndjson", "{ \"a\": 1.0 }\r\n\n[1e2]\n\"x\""), r#"[{"a":1.0},[1e2],"x"]"#);
        for name in ["application/json-seq", "application/geo+json-seq"] {
            assert!(is_stream(name));
            assert_eq!(shown(name, "\u{1e}{\"a\":1}\n\u{1e}2\n"), r#"[{"a":1},2]"#);
        }
        assert_eq!(shown("application/jsonl", ""), "[]");
        assert!(collect("application/jsonl", "1\n{").unwrap_err().contains("value 2"));
    }

    #[test]
    fn events_are_read_as_html_says() {
        // The examples of HTML, "Server-sent events", §9.2.6 ("Interpreting an event stream").
        assert_eq!(shown("text/event-stream", "data: YHOO\ndata: +2\ndata: 10\n\n"), r#"[{"data":"YHOO\n+2\n10"}]"#);
        let comments = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
        assert_eq!(
            shown("text/event-stream", comments),
            r#"[{"id":"1","data":"first event"},{"id":"","data":"second event"},{"data":" third event"}]"#
        );
        assert_eq!(shown("text/event-stream", "data\n\ndata\ndata\n\ndata:"), r#"[{"data":""},{"data":"\n"}]"#);
        assert_eq!(
            shown("text/event-stream", "event: delta\r\ndata: {\"a\": 1.0}\r\n\r\nevent: cut\r\ndata: 2\r\n"),
            r#"[{"event":"delta","data":{"a":1.0}}]"#
        );
    }
}
