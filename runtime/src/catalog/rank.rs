//! Which operations fit a question: BM25 over weighted fields (Robertson, Zaragoza, "The Probabilistic Relevance
//! Framework: BM25 and Beyond", 2009, §3.6).
//!
//! No crate: an index of some thousand short texts is a map, and the full-text engines that are maintained weigh more
//! than the rest of the server.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::line::Text;
use super::words::{self, stem};
use super::{Found, Hit};
use crate::validate;

/// How soon more of the same word says nothing new.
const K1: f32 = 1.2;
/// More words of a question are not looked up.
const MAX_WORDS: usize = 32;
/// What another verb for the same counts.
const ALIKE: f32 = 0.8;
/// What a word counts that begins as the one that was given: `review` and `reviewer`.
const LONGER: f32 = 0.4;
/// What a word counts that stands for one that no operation has: its beginning, or almost its spelling.
const NEAR: f32 = 0.7;
/// What a word counts that is said to be absent: `close an issue without comment`.
const ABSENT: f32 = -0.25;
/// The least that is left of a score for a word that an operation has not.
const ALONE: f32 = 0.4;

/// A part of an operation that is searched.
#[derive(Clone, Copy)]
struct Field {
    weight: f32,
    /// How much a long text of this kind takes from each of its words, 0 to 1.
    b: f32,
}

const NAME: usize = 0;
const TITLE: usize = 1;
const PATH: usize = 2;
const TAGS: usize = 3;
const DESCRIPTION: usize = 4;
const ARGUMENTS: usize = 5;
const METHOD: usize = 6;
const FIELDS: [Field; 7] = [
    Field { weight: 2.0, b: 0.5 },
    Field { weight: 3.0, b: 0.75 },
    Field { weight: 1.2, b: 0.4 },
    Field { weight: 1.0, b: 0.2 },
    Field { weight: 0.8, b: 0.7 },
    Field { weight: 0.4, b: 0.7 },
    Field { weight: 0.6, b: 0.0 },
];

/// What a line says, as far as it is searched.
#[derive(Deserialize)]
struct Searched<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    description: Cow<'a, str>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(borrow)]
    input: &'a RawValue,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow, default)]
    properties: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

#[derive(Deserialize)]
struct Property<'a> {
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "enum")]
    values: Vec<&'a RawValue>,
}

/// The index.
pub(super) struct Ranking {
    hits: Vec<Hit>,
    /// For each stem the operations that have it, and how much of it.
    postings: HashMap<String, Vec<(u32, f32)>>,
}

impl Ranking {
    /// The index of these lines; one that cannot be read is in no answer.
    pub fn new(lines: impl Iterator<Item = &'static str>) -> Self {
        let mut hits = Vec::new();
        // For each stem the operations and how often each field has it.
        let mut stems: HashMap<String, usize> = HashMap::new();
        let mut counts: Vec<Vec<(u32, [u16; FIELDS.len()])>> = Vec::new();
        // Words come again and again; only new ones are worth taking apart. `None`: an empty word.
        let mut known: HashMap<String, Option<usize>> = HashMap::new();
        let mut lengths: Vec<[u32; FIELDS.len()]> = Vec::new();
        for line in lines {
            let Ok(searched) = serde_json::from_str::<Searched<'static>>(line) else { continue };
            let number = u32::try_from(hits.len()).unwrap_or(u32::MAX);
            let mut length = [0; FIELDS.len()];
            searched.each_word(|field, word| {
                let at = match known.get(word) {
                    Some(at) => *at,
                    None => {
                        let at = (!words::is_empty(word)).then(|| {
                            *stems.entry(stem(word)).or_insert_with(|| {
                                counts.push(Vec::new());
                                counts.len() - 1
                            })
                        });
                        known.insert(word.to_owned(), at);
                        at
                    }
                };
                let Some(rows) = at.and_then(|at| counts.get_mut(at)) else { return };
                if rows.last().is_none_or(|(last, _)| *last != number) {
                    rows.push((number, [0; FIELDS.len()]));
                }
                if let (Some((_, row)), Some(length)) = (rows.last_mut(), length.get_mut(field)) {
                    if let Some(count) = row.get_mut(field) {
                        *count = count.saturating_add(1);
                    }
                    *length += 1;
                }
            });
            lengths.push(length);
            hits.push(searched.hit());
        }
        let all = lengths.len().max(1) as f32;
        let mut average = [0.0_f32; FIELDS.len()];
        for (field, average) in average.iter_mut().enumerate() {
            *average = lengths.iter().filter_map(|length| length.get(field)).sum::<u32>() as f32 / all;
        }
        let weight = |number: u32, row: &[u16; FIELDS.len()]| -> f32 {
            let length = lengths.get(number as usize).copied().unwrap_or_default();
            let parts = FIELDS.iter().zip(row).zip(length.iter().zip(&average));
            let part = |((field, count), (length, average)): ((&Field, &u16), (&u32, &f32))| {
                let relative = if *average > 0.0 { *length as f32 / average } else { 1.0 };
                field.weight * f32::from(*count) / (1.0 - field.b + field.b * relative)
            };
            parts.map(part).sum()
        };
        let postings = stems.into_iter().map(|(stem, at)| {
            let rows =
                counts.get(at).into_iter().flatten().map(|(number, row)| (*number, weight(*number, row))).collect();
            (stem, rows)
        });
        Self { hits, postings: postings.collect() }
    }

    /// The operations that fit a query, the best first; equals in the order of the document.
    pub fn search(&self, query: &str, limit: usize) -> Found {
        let mut scores: BTreeMap<u32, Score> = BTreeMap::new();
        let mut all = 0.0;
        for Term { weight: asked, idf, stems } in self.terms(query) {
            all += asked.max(0.0) * idf;
            // Of the words for one thing an operation is given the one that fits best.
            let mut best: BTreeMap<u32, f32> = BTreeMap::new();
            for (stem, factor) in stems {
                for (number, weight) in self.postings.get(&stem).into_iter().flatten() {
                    let score = factor * weight / (K1 + weight);
                    let known = best.entry(*number).or_default();
                    *known = known.max(score);
                }
            }
            for (number, score) in best {
                let known = scores.entry(number).or_default();
                known.sum += asked * idf * score;
                known.covered += asked.max(0.0) * idf;
            }
        }
        scores.retain(|_, score| score.sum > 0.0);
        let matches = scores.len();
        let value =
            |score: Score| score.sum * (ALONE + (1.0 - ALONE) * score.covered / f32::max(all, f32::MIN_POSITIVE));
        let mut ranked: Vec<(u32, f32)> = scores.into_iter().map(|(number, score)| (number, value(score))).collect();
        ranked.sort_by(|(a, one), (b, other)| other.total_cmp(one).then(a.cmp(b)));
        let hits = ranked.into_iter().take(limit).filter_map(|(number, _)| self.hits.get(number as usize).copied());
        Found { hits: hits.collect(), matches }
    }

    /// What a query asks for.
    fn terms(&self, query: &str) -> Vec<Term> {
        let mut given: Vec<(String, f32, bool)> = Vec::new();
        let mut is_absent = false;
        words::words(query, |word| {
            if words::is_empty(word) || given.len() >= MAX_WORDS {
                return;
            }
            let weight = if is_absent { ABSENT } else { 1.0 };
            is_absent = words::denies(word);
            let stem = stem(word);
            // Two verbs for one thing are one: `make a new branch`.
            let is_verb = !words::is_plural(word);
            let is_known = |known: &str| known == stem || is_verb && words::alike(known).any(|other| other == stem);
            if !is_absent && !given.iter().any(|(known, ..)| is_known(known)) {
                given.push((stem, weight, is_verb));
            }
        });
        given.into_iter().map(|(stem, weight, is_verb)| self.term(stem, weight, is_verb)).collect()
    }

    fn term(&self, stem: String, weight: f32, is_verb: bool) -> Term {
        let having = |stem: &str| self.postings.get(stem).map_or(0, Vec::len);
        let mut stems: Vec<(String, f32)> =
            words::alike(&stem).filter(|_| is_verb).map(|other| (other, ALIKE)).collect();
        // A verb is worth what the commonest of those that mean the same is.
        let commonest = stems.iter().map(|(other, _)| having(other)).max().unwrap_or(0);
        let known = || self.postings.keys().map(String::as_str);
        if stem.len() > 3 {
            let longer = known().filter(|known| known.len() > stem.len() && known.starts_with(stem.as_str()));
            stems.extend(longer.map(|longer| (longer.to_owned(), LONGER)));
        }
        if having(&stem) == 0 {
            // Of many the commonest, which is what an abbreviation means.
            let begins = known().filter(|known| stem.len() > 2 && known.starts_with(stem.as_str()));
            let near = begins.max_by_key(|known| (having(known), Reverse(*known))).or_else(|| {
                let mut known: Vec<&str> = known().filter(|known| known.len() > 3 && stem.len() > 3).collect();
                known.sort_unstable();
                validate::closest(&stem, known.into_iter())
            });
            stems.extend(near.map(|near| (near.to_owned(), NEAR)));
        }
        let idf = self.idf(commonest.max(having(&stem)));
        stems.push((stem, 1.0));
        Term { weight, idf, stems }
    }

    fn idf(&self, having: usize) -> f32 {
        let (all, having) = (self.hits.len() as f32, having as f32);
        (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
    }
}

/// A thing that a query asks for.
struct Term {
    weight: f32,
    idf: f32,
    /// The stems that stand for it, with what each counts.
    stems: Vec<(String, f32)>,
}

/// What an operation has of a query.
#[derive(Clone, Copy, Default)]
struct Score {
    sum: f32,
    covered: f32,
}

impl Searched<'static> {
    fn each_word(&self, mut each: impl FnMut(usize, &str)) {
        let mut field = |field: usize, text: &str| words::words(text, |word| each(field, word));
        field(NAME, &self.name);
        field(PATH, &self.path);
        self.tags.iter().for_each(|tag| field(TAGS, tag));
        words::of_method(&self.method).iter().for_each(|word| field(METHOD, word));
        let title = self.title.as_ref().map_or("", |title| &title.0);
        field(TITLE, title);
        // Many documents say the same twice.
        if title.trim_end_matches('.') != self.description.trim_end_matches('.') {
            // Without a title the first paragraph is what stands for it.
            let (first, rest) = self.description.split_once("\n\n").unwrap_or((&self.description, ""));
            field(if title.is_empty() { TITLE } else { DESCRIPTION }, first);
            field(DESCRIPTION, rest);
        }
        let Ok(input) = serde_json::from_str::<Input<'_>>(self.input.get()) else { return };
        for (name, property) in &input.properties {
            field(ARGUMENTS, name);
            let Ok(property) = serde_json::from_str::<Property<'_>>(property.get()) else { continue };
            property.values.iter().for_each(|value| field(ARGUMENTS, value.get()));
            field(ARGUMENTS, property.description.as_deref().unwrap_or_default());
        }
    }

    /// The summary is the title, or the first line of the description.
    fn hit(self) -> Hit {
        let keep = |text: Cow<'static, str>| -> &'static str {
            match text {
                Cow::Borrowed(text) => text,
                Cow::Owned(text) => text.leak(),
            }
        };
        let summary = match (self.title, self.description) {
            (Some(title), _) => title.keep(),
            (None, Cow::Borrowed(text)) => text.lines().next().unwrap_or_default(),
            (None, Cow::Owned(text)) => text.lines().next().unwrap_or_default().to_owned().leak(),
        };
        Hit { name: keep(self.name), method: keep(self.method), path: keep(self.path), summary }
    }
}
