//! Which of two templates is more specific, and a URI that shows where they meet.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::{Part, UriTemplate};

/// How the URIs of two templates relate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// No URI matches both.
    Disjoint,
    /// Some URI matches both, and the first one is more specific there.
    FirstMoreSpecific,
    /// Some URI matches both, and the second one is more specific there.
    SecondMoreSpecific,
    /// This URI matches both, and neither is more specific.
    Ambiguous { example: String },
    /// They match the same URIs: the names of their variables are all that differs.
    Same,
}

/// Two of the templates given to [`ambiguity`] that cannot stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ambiguity {
    /// Their positions; `first < second`.
    pub first: usize,
    pub second: usize,
    /// [`Overlap::Ambiguous`] or [`Overlap::Same`].
    pub overlap: Overlap,
}

/// All pairs that cannot stand together, in order.
pub(crate) fn ambiguity(templates: &[UriTemplate]) -> Vec<Ambiguity> {
    let mut found = Vec::new();
    let mut before = Segments::default();
    // Templates whose URIs have no fixed number of segments.
    let mut open = Vec::new();
    for (second, b) in templates.iter().enumerate() {
        let segments = b.segments();
        let mut near: Vec<usize> = match &segments {
            Some(segments) => before.meeting(segments).into_iter().chain(open.iter().copied()).collect(),
            None => (0..second).collect(),
        };
        near.sort_unstable();
        for first in near {
            let Some(a) = templates.get(first) else { continue };
            let overlap = a.overlap(b);
            if matches!(overlap, Overlap::Ambiguous { .. } | Overlap::Same) {
                found.push(Ambiguity { first, second, overlap });
            }
        }
        match segments {
            Some(segments) => before.insert(&segments, second),
            None => open.push(second),
        }
    }
    found
}

/// Templates by their segments: large documents have thousands, and few of them share a URI.
#[derive(Default)]
struct Segments {
    literal: BTreeMap<String, Segments>,
    variable: Option<Box<Segments>>,
    ends: Vec<usize>,
}

impl Segments {
    fn insert(&mut self, segments: &[Option<String>], number: usize) {
        let mut node = self;
        for segment in segments {
            node = match segment {
                Some(text) => node.literal.entry(text.clone()).or_default(),
                None => node.variable.get_or_insert_default(),
            };
        }
        node.ends.push(number);
    }

    /// Those of which every segment may be that of the other.
    fn meeting(&self, segments: &[Option<String>]) -> Vec<usize> {
        let mut level = vec![self];
        for segment in segments {
            let mut next: Vec<&Self> = level.iter().filter_map(|node| node.variable.as_deref()).collect();
            match segment {
                Some(text) => next.extend(level.iter().filter_map(|node| node.literal.get(text))),
                None => next.extend(level.iter().flat_map(|node| node.literal.values())),
            }
            level = next;
        }
        level.into_iter().flat_map(|node| node.ends.iter().copied()).collect()
    }
}

impl UriTemplate {
    /// How the URIs of this template and another one relate. See the module for the rule.
    pub(crate) fn overlap(&self, other: &Self) -> Overlap {
        // `{/var}` may be absent, so a template has several forms of path; each pair that meets has its say.
        let mut all: Option<Overlap> = None;
        let (ours, theirs) = (self.forms(), other.forms());
        for a in &ours {
            for b in &theirs {
                let Some(example) = meet(a, b) else { continue };
                let Some(query) = self.query_overlap(other) else { continue };
                let path = Sides { first: contains(b, a), second: contains(a, b) };
                let both = Sides { first: path.first && query.first, second: path.second && query.second };
                let here = match both {
                    Sides { first: true, second: true } => Overlap::Same,
                    Sides { first: true, second: false } => Overlap::FirstMoreSpecific,
                    Sides { first: false, second: true } => Overlap::SecondMoreSpecific,
                    Sides { first: false, second: false } => {
                        Overlap::Ambiguous { example: self.with_query(other, &example) }
                    }
                };
                all = Some(match all {
                    None => here,
                    Some(before) if before == here => before,
                    Some(_) => Overlap::Ambiguous { example: self.with_query(other, &example) },
                });
            }
        }
        match all {
            None => Overlap::Disjoint,
            Some(Overlap::Same) if self.is_concrete() && other.is_concrete() => Overlap::Same,
            Some(_) if self.is_concrete() => Overlap::FirstMoreSpecific,
            Some(_) if other.is_concrete() => Overlap::SecondMoreSpecific,
            // Only one of several forms: `a://{b}` and `a://{c}{/d}` share some URIs, not all.
            Some(Overlap::Same) if ours.len() != theirs.len() => self.undecided(other),
            Some(Overlap::FirstMoreSpecific) if !self.is_tried_before(other) => self.undecided(other),
            Some(Overlap::SecondMoreSpecific) if !other.is_tried_before(self) => self.undecided(other),
            Some(overlap) => overlap,
        }
    }

    /// Whether the runtime tries this template first: from left to right, literal text comes before the end of the path,
    /// that before `{var}`, before `{/var}`, before `{+var}`; then more fixed query parameters before fewer.
    fn is_tried_before(&self, other: &Self) -> bool {
        let rank = |template: &Self| {
            let mut path: Vec<u8> = Vec::new();
            for part in &template.path {
                match part {
                    Part::Literal(text) => path.extend(std::iter::repeat_n(4, text.len())),
                    Part::Simple(_) => path.push(2),
                    Part::Segment(_) => path.push(1),
                    Part::Rest(_) => path.push(0),
                }
            }
            path.push(3);
            (path, template.fixed.len())
        };
        rank(self) > rank(other)
    }

    /// The pair is ambiguous; an example shows it.
    fn undecided(&self, other: &Self) -> Overlap {
        let (ours, theirs) = (self.forms(), other.forms());
        let example = ours.iter().flat_map(|a| theirs.iter().filter_map(|b| meet(a, b))).next();
        Overlap::Ambiguous { example: self.with_query(other, &example.unwrap_or_default()) }
    }

    /// The paths that it matches, without and with each `{/var}`.
    fn forms(&self) -> Vec<Vec<Symbol>> {
        let mut forms = Vec::new();
        let mut path = Vec::new();
        for part in &self.path {
            match part {
                Part::Literal(text) => path.extend(normal(text).map(Symbol::Char)),
                Part::Simple(_) => path.push(Symbol::Segment),
                Part::Rest(_) => path.push(Symbol::Rest),
                Part::Segment(_) => {
                    forms.push(path.clone());
                    path.extend([Symbol::Char('/'), Symbol::Segment]);
                }
            }
        }
        forms.push(path);
        forms
    }

    /// The literal text of each segment, `None` for one with a variable; `None` where their number is not fixed.
    fn segments(&self) -> Option<Vec<Option<String>>> {
        let mut segments = Vec::new();
        let mut current = Some(String::new());
        for part in &self.path {
            match part {
                Part::Literal(text) => {
                    for c in normal(text) {
                        match (c, &mut current) {
                            ('/', _) => segments.push(current.replace(String::new())),
                            (c, Some(text)) => text.push(c),
                            (_, None) => {}
                        }
                    }
                }
                Part::Simple(_) => current = None,
                Part::Rest(_) | Part::Segment(_) => return None,
            }
        }
        segments.push(current);
        Some(segments)
    }

    /// Whether each query is the more specific one, or as specific; `None`: no query matches both.
    fn query_overlap(&self, other: &Self) -> Option<Sides> {
        let admits =
            |template: &Self, (name, value): &(String, String)| match template.fixed.iter().find(|f| f.0 == *name) {
                Some((_, fixed)) => fixed == value,
                None => template.query.iter().any(|variable| variable.name == *name),
            };
        if !self.fixed.iter().all(|pair| admits(other, pair)) || !other.fixed.iter().all(|pair| admits(self, pair)) {
            return None;
        }
        // Query variables may all be absent, so they tell two templates apart for no URI; fixed parameters do.
        Some(Sides {
            first: other.fixed.iter().all(|pair| self.fixed.contains(pair)),
            second: self.fixed.iter().all(|pair| other.fixed.contains(pair)),
        })
    }

    fn with_query(&self, other: &Self, path: &str) -> String {
        let mut pairs: Vec<String> = Vec::new();
        for (name, value) in self.fixed.iter().chain(&other.fixed) {
            let pair = format!("{name}={value}");
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }
}

/// A statement about each of two templates: "every URI of this one matches the other".
#[derive(Clone, Copy)]
struct Sides {
    first: bool,
    second: bool,
}

/// A symbol of a path pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol {
    Char(char),
    /// One or more characters without `/`.
    Segment,
    /// Any characters, none too.
    Rest,
}

impl Symbol {
    /// Whether a variable of this kind can hold what the other symbol stands for.
    fn holds(self, other: Self) -> bool {
        match self {
            Self::Char(_) => self == other,
            Self::Segment => !matches!(other, Self::Char('/') | Self::Rest),
            Self::Rest => true,
        }
    }
}

/// Literal text with the digits of its escapes in capitals: `%2f` and `%2F` are the same (RFC 3986 §6.2.2.1).
fn normal(text: &str) -> impl Iterator<Item = char> {
    let mut digits = 0;
    text.chars().map(move |c| {
        let normal = if digits > 0 { c.to_ascii_uppercase() } else { c };
        digits = if c == '%' { 2_u8 } else { digits.saturating_sub(1) };
        normal
    })
}

/// Whether every path of `narrow` matches `wide`: `wide` is matched against the text of `narrow`, in which a variable is
/// a symbol that only a variable can hold.
fn contains(wide: &[Symbol], narrow: &[Symbol]) -> bool {
    // reachable[i]: the first i symbols of `wide` match what was read so far.
    let mut reachable = vec![false; wide.len() + 1];
    if let Some(start) = reachable.first_mut() {
        *start = true;
    }
    skip_rest(wide, &mut reachable);
    for symbol in narrow {
        let mut next = vec![false; wide.len() + 1];
        for (at, pattern) in wide.iter().enumerate() {
            let began = reachable.get(at).copied().unwrap_or(false);
            // A variable that has begun may go on.
            let goes_on = !matches!(pattern, Symbol::Char(_)) && reachable.get(at + 1).copied().unwrap_or(false);
            if (began || goes_on)
                && pattern.holds(*symbol)
                && let Some(slot) = next.get_mut(at + 1)
            {
                *slot = true;
            }
        }
        reachable = next;
        skip_rest(wide, &mut reachable);
    }
    reachable.last().copied().unwrap_or(false)
}

/// The rest of the path may be empty.
fn skip_rest(wide: &[Symbol], reachable: &mut [bool]) {
    for (at, pattern) in wide.iter().enumerate() {
        if *pattern == Symbol::Rest
            && reachable.get(at) == Some(&true)
            && let Some(slot) = reachable.get_mut(at + 1)
        {
            *slot = true;
        }
    }
}

/// A path that matches both patterns, if there is one.
fn meet(a: &[Symbol], b: &[Symbol]) -> Option<String> {
    // Breadth first, so that the example is a short one, over (position in a, position in b); a position stays where it is while its variable goes on, so the
    // state also says whether the variable there has begun.
    type State = (usize, bool, usize, bool);
    let mut seen: HashSet<State> = HashSet::new();
    let mut queue: VecDeque<(State, String)> = VecDeque::from([((0, false, 0, false), String::new())]);
    while let Some((state, text)) = queue.pop_front() {
        if !seen.insert(state) {
            continue;
        }
        let (i, i_begun, j, j_begun) = state;
        if i == a.len() && j == b.len() {
            return Some(text);
        }
        // A variable that has begun may end without reading, and the rest of the path may be empty.
        if i_begun || a.get(i) == Some(&Symbol::Rest) {
            queue.push_front(((i + 1, false, j, j_begun), text.clone()));
        }
        if j_begun || b.get(j) == Some(&Symbol::Rest) {
            queue.push_front(((i, i_begun, j + 1, false), text.clone()));
        }
        let (Some(first), Some(second)) = (a.get(i), b.get(j)) else { continue };
        let read = match (first, second) {
            (Symbol::Char(x), _) if second.holds(*first) => *x,
            (_, Symbol::Char(y)) if first.holds(*second) => *y,
            (Symbol::Char(_), _) | (_, Symbol::Char(_)) => continue,
            _ => 'x',
        };
        let step = |at: usize, symbol: &Symbol| match symbol {
            Symbol::Char(_) => (at + 1, false),
            _ => (at, true),
        };
        let (i, i_begun) = step(i, first);
        let (j, j_begun) = step(j, second);
        let mut text = text;
        text.push(read);
        queue.push_back(((i, i_begun, j, j_begun), text));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(a: &str, b: &str) -> Overlap {
        let (a, b) = (UriTemplate::parse(a).unwrap(), UriTemplate::parse(b).unwrap());
        let (there, back) = (a.overlap(&b), b.overlap(&a));
        let mirrored = match &there {
            Overlap::FirstMoreSpecific => Overlap::SecondMoreSpecific,
            Overlap::SecondMoreSpecific => Overlap::FirstMoreSpecific,
            other => other.clone(),
        };
        assert_eq!(std::mem::discriminant(&mirrored), std::mem::discriminant(&back), "the order of the two matters");
        there
    }

    fn example(a: &str, b: &str) -> String {
        match overlap(a, b) {
            Overlap::Ambiguous { example } => example,
            other => panic!("{a} and {b}: {other:?}"),
        }
    }

    #[test]
    fn a_literal_comes_before_a_variable() {
        assert_eq!(overlap("a://x/{id}", "a://{kind}/{id}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://{kind}/{id}", "a://{kind}/y"), Overlap::SecondMoreSpecific);
        assert_eq!(overlap("a://{n}.json", "a://{n}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://{n}.z.json", "a://{n}.json"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://{x}-{y}", "a://{z}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://{id}/b", "a://{+path}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://b{/c}", "a://{+path}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://{b}/", "a://{b}/{+path}"), Overlap::FirstMoreSpecific, "the rest may be empty");
        assert_eq!(overlap("a://{b}/{+path}", "a://{+path}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://x{/d}{/e}", "a://{b}/{c}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://b", "a://b{/c}"), Overlap::FirstMoreSpecific, "a concrete resource comes first");
    }

    #[test]
    fn neither_before_the_other_is_ambiguous() {
        assert_eq!(example("a://x/{id}", "a://{kind}/y"), "a://x/y");
        assert_eq!(example("a://x-{b}", "a://{c}-y"), "a://x-y");
        assert_eq!(example("a://{b}", "a://{c}{/d}"), "a://x");
        // The first one is more specific, but from left to right a variable stands where the other one has text.
        assert_eq!(example("a://{a}.{b}-cd", "a://{c}-cd"), "a://x.x-cd");
    }

    #[test]
    fn names_of_variables_make_no_difference() {
        assert_eq!(overlap("weather://{city}/current", "weather://{town}/current"), Overlap::Same);
        assert_eq!(overlap("a://{b}{?c}", "a://{b}{?d}"), Overlap::Same);
        assert_eq!(overlap("a://b{/c}", "a://b{/d}"), Overlap::Same);
        assert_eq!(overlap("a://{b}/%2f", "a://{c}/%2F"), Overlap::Same, "RFC 3986 §6.2.2.1");
    }

    #[test]
    fn different_text_segments_or_schemes_never_meet() {
        assert_eq!(overlap("a://{b}/current", "a://{b}/forecast"), Overlap::Disjoint);
        assert_eq!(overlap("a://{b}", "a://{b}/{c}"), Overlap::Disjoint);
        assert_eq!(overlap("a://{b}", "c://{b}"), Overlap::Disjoint);
        assert_eq!(overlap("a://{b}c", "a://c"), Overlap::Disjoint, "a variable holds at least one character");
    }

    #[test]
    fn fixed_query_parameters_tell_apart() {
        assert_eq!(overlap("a://b?k=1", "a://b?k=2"), Overlap::Disjoint);
        assert_eq!(overlap("a://b?k=1{&c}", "a://b{?k,c}"), Overlap::FirstMoreSpecific);
        assert_eq!(overlap("a://b?k=1", "a://b"), Overlap::Disjoint, "an undeclared parameter does not match");
        assert_eq!(example("a://{x}?k=1", "a://b{?k}"), "a://b?k=1");
    }

    #[test]
    fn all_pairs_are_found() {
        let parse = |text: &&str| UriTemplate::parse(text).unwrap();
        let templates: Vec<_> = ["a://{b}", "a://x/{c}", "a://{d}", "a://{e}/y"].iter().map(parse).collect();
        let pairs: Vec<_> = ambiguity(&templates).iter().map(|pair| (pair.first, pair.second)).collect();
        assert_eq!(pairs, [(0, 2), (1, 3)]);
    }

    #[test]
    fn long_templates_take_no_long_time() {
        let many = |before: &str, after: &str| {
            (0..60).fold(String::from("a://"), |text, n| text + &format!("{before}{{v{n}}}{after}"))
        };
        let (a, b) = (many("x", "y"), many("", "-"));
        let (a, b) = (UriTemplate::parse(&a).unwrap(), UriTemplate::parse(&b).unwrap());
        let start = std::time::Instant::now();
        let _ = a.overlap(&b);
        assert!(start.elapsed().as_secs() < 5);
    }
}
