//! URI → values of the variables.

use super::{MAX_URI, Part, Query, UriTemplate, Value, decode, normalise};

impl UriTemplate {
    /// The values of the variables, in the order of the template; variables that are absent are left out. `None`: the
    /// URI is no expansion of this template.
    pub(crate) fn matches(&self, uri: &str) -> Option<Vec<(String, Value)>> {
        if uri.len() > MAX_URI {
            return None;
        }
        let uri = normalise(uri);
        let (path, pairs) = match &self.query {
            // A `?` in a literal belongs to the path; the pairs begin at the first `&` that the parts leave over.
            Some(query) if query.prefix == '?' => uri.split_once('?').map_or((uri.as_str(), None), |(p, q)| (p, Some(q))),
            _ => (uri.as_str(), None),
        };
        let mut matcher = Matcher {
            parts: &self.parts,
            text: path,
            query_from: self
                .parts
                .iter()
                .position(|part| matches!(part, Part::Literal(text) if text.contains('?')))
                .unwrap_or(self.parts.len()),
            open_end: self.query.as_ref().is_some_and(|query| query.prefix == '&'),
            failed: vec![false; (self.parts.len() + 1) * (path.len() + 1)],
            ends: Vec::new(),
        };
        let end = matcher.from(0, 0)?;
        let mut values = Vec::new();
        // The matcher returns from the end to the start.
        let mut at = 0;
        for (part, end) in self.parts.iter().zip(matcher.ends.iter().rev()) {
            let text = path.get(at..*end)?;
            at = *end;
            match part {
                Part::Literal(_) => {}
                Part::Simple(name) | Part::Reserved(name) => values.push((name.clone(), Value::One(decode(text)?))),
                Part::Segment { name, explode } => match text.strip_prefix('/') {
                    None => {}
                    Some(text) if *explode => {
                        let items: Option<Vec<String>> = text.split('/').map(decode).collect();
                        values.push((name.clone(), Value::Many(items?)));
                    }
                    Some(text) => values.push((name.clone(), Value::One(decode(text)?))),
                },
            }
        }
        if let Some(query) = &self.query {
            let pairs = pairs.or_else(|| path.get(end..)?.strip_prefix('&'));
            query.read(pairs.unwrap_or_default(), &mut values)?;
        }
        Some(values)
    }
}

impl Query {
    fn read(&self, pairs: &str, values: &mut Vec<(String, Value)>) -> Option<()> {
        let mut found: Vec<Vec<String>> = vec![Vec::new(); self.variables.len()];
        for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let key = decode(key)?;
            let (variable, texts) = self
                .variables
                .iter()
                .zip(&mut found)
                .find(|(variable, _)| variable.name == key || decode(&variable.name).as_ref() == Some(&key))?;
            if !variable.explode && !texts.is_empty() {
                return None;
            }
            texts.push(decode(value)?);
        }
        for (variable, mut texts) in self.variables.iter().zip(found) {
            match (variable.explode, texts.pop()) {
                (_, None) => {}
                (false, Some(text)) => values.push((variable.name.clone(), Value::One(text))),
                (true, Some(text)) => {
                    texts.push(text);
                    values.push((variable.name.clone(), Value::Many(texts)));
                }
            }
        }
        Some(())
    }
}

struct Matcher<'a> {
    parts: &'a [Part],
    text: &'a str,
    /// The literal with the `?`; a variable after it ends at `&` too.
    query_from: usize,
    /// Whether `&…` may be left over.
    open_end: bool,
    /// (part, place) that led nowhere, so that backtracking takes time in proportion to parts × places × length.
    failed: Vec<bool>,
    /// Where the parts end, the last one first.
    ends: Vec<usize>,
}

impl Matcher<'_> {
    /// Matches the parts from `index` on at `at`; returns where the last one ends.
    fn from(&mut self, index: usize, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let Some(part) = self.parts.get(index) else {
            return (rest.is_empty() || self.open_end && rest.starts_with('&')).then_some(at);
        };
        let slot = index * (self.text.len() + 1) + at;
        if self.failed.get(slot).copied().unwrap_or(true) {
            return None;
        }
        let length = |stop: &[char]| rest.find(stop).unwrap_or(rest.len());
        let (shortest, longest) = match part {
            Part::Literal(text) if rest.starts_with(text.as_str()) => (text.len(), text.len()),
            Part::Literal(_) => (1, 0),
            Part::Simple(_) if index > self.query_from => (1, length(&['/', '?', '#', '&'])),
            Part::Simple(_) => (1, length(&['/', '?', '#'])),
            Part::Reserved(_) => (0, rest.len()),
            Part::Segment { explode, .. } => (0, segments(rest, *explode)),
        };
        // Normalised text is ASCII, so that every place is a boundary.
        for length in (shortest..=longest).rev() {
            let escaped = |back: usize| {
                length.checked_sub(back).and_then(|at| rest.as_bytes().get(at)) == Some(&b'%') && length < rest.len()
            };
            let broken = match part {
                Part::Segment { .. } => length > 0 && !ends_well(rest, length),
                _ => false,
            };
            // An escape is not torn apart.
            if broken || !matches!(part, Part::Literal(_)) && (escaped(1) || escaped(2)) {
                continue;
            }
            if let Some(end) = self.from(index + 1, at + length) {
                self.ends.push(at + length);
                return Some(end);
            }
        }
        if let Some(failed) = self.failed.get_mut(slot) {
            *failed = true;
        }
        None
    }
}

/// How far `/text`, or `/text/text…`, reaches.
fn segments(rest: &str, explode: bool) -> usize {
    let mut length = 0;
    while let Some(text) = rest.get(length..).and_then(|rest| rest.strip_prefix('/')) {
        let segment = text.find(['/', '?', '#']).unwrap_or(text.len());
        if segment == 0 {
            break;
        }
        length += 1 + segment;
        if !explode {
            break;
        }
    }
    length
}

/// Whether the last segment has a character.
fn ends_well(rest: &str, length: usize) -> bool {
    rest.as_bytes().get(length.saturating_sub(1)).is_some_and(|byte| *byte != b'/')
}
