//! The sentences: what is wrong, where, and what would be right.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::json::RawJson;
use crate::json::node::{Node, escape, quoted};

use super::schema::Types;
use super::suggest::closest;
use super::violation::Violation;

/// How much of a received value is repeated in a sentence, in bytes.
const SHOWN: usize = 80;
/// How much of it is repeated as data, in bytes.
const RECEIVED: usize = 256;
/// How many allowed values a sentence lists.
const LISTED: usize = 20;
/// How many of them the data list.
const ALLOWED: usize = 100;

/// The way from the root to a value.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Member(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl Path<'_> {
    pub(super) fn pointer(&self) -> String {
        let mut pointer = match self {
            Self::Root => return String::new(),
            Self::Member(parent, _) | Self::Item(parent, _) => parent.pointer(),
        };
        match self {
            Self::Root => {}
            Self::Member(_, name) => {
                let _ = write!(pointer, "/{}", cut(&escape(name)));
            }
            Self::Item(_, index) => {
                let _ = write!(pointer, "/{index}");
            }
        }
        pointer
    }
}

/// What the members of the root are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The arguments of a call.
    Arguments,
    /// A structured answer.
    Answer,
}

/// A rule that is broken.
pub(super) enum Problem<'a> {
    Type { expected: Types, got: &'a Node<'a> },
    Values { allowed: Vec<&'a Node<'a>>, got: &'a Node<'a> },
    Missing { name: &'a str, because: Option<&'a str> },
    Unknown { name: &'a str, got: &'a Node<'a>, known: Vec<&'a str> },
    Limit { got: &'a Node<'a>, relation: Relation, limit: &'a str },
    Length { got: &'a Node<'a>, count: u64, relation: Size, limit: u64 },
    Pattern { got: &'a Node<'a>, pattern: &'a str },
    Repeated { first: usize, second: usize },
    Name { name: &'a str, why: String },
    Other { got: &'a Node<'a>, sentence: String },
}

#[derive(Clone, Copy)]
pub(super) enum Relation {
    BelowMinimum,
    AboveMaximum,
    NotAbove,
    NotBelow,
    NotMultiple,
}

#[derive(Clone, Copy)]
pub(super) enum Size {
    TooShort,
    TooLong,
}

impl Problem<'_> {
    /// How far a value is from what this rule wants: a value of another type, and above all another discriminator (a
    /// `const`), belongs to another alternative.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::Values { allowed, .. } if allowed.len() == 1 => 30,
            Self::Type { .. } | Self::Values { .. } => 10,
            Self::Missing { .. } => 3,
            _ => 2,
        }
    }

    /// The violation, of the value at this pointer.
    pub(super) fn at(self, pointer: String, subject: Subject) -> Violation {
        let member = if pointer.is_empty() && subject == Subject::Arguments { "argument" } else { "property" };
        let mut violation = Violation {
            pointer,
            message: String::new(),
            received: self.got().and_then(received),
            allowed: None,
            suggestion: None,
            unknown: matches!(self, Self::Unknown { .. }),
        };
        let place = violation.pointer.clone();
        let mut sentence = match self {
            Self::Type { expected, got } => {
                violation.suggestion = meant_type(expected, got).map(|json| RawJson::from_valid(&json));
                let mut names: Vec<&str> = expected.names().collect();
                let last = names.pop();
                let names = match (names.is_empty(), last) {
                    (_, None) => "nothing".to_owned(),
                    (true, Some(last)) => last.to_owned(),
                    (false, Some(last)) => format!("{} or {last}", names.join(", ")),
                };
                format!("expected {names}, got {}", described(got))
            }
            Self::Values { allowed, got } => {
                violation.allowed = allowed_values(&allowed);
                violation.suggestion = meant_value(&allowed, got).map(|json| RawJson::from_valid(&json));
                match allowed.as_slice() {
                    [] => "no value is allowed here".to_owned(),
                    [one] => format!("{} is not {}", shown(got), shown(one)),
                    _ => format!("{} is not one of {}", shown(got), list(&allowed)),
                }
            }
            Self::Missing { name, because } => {
                let _ = write!(violation.pointer, "/{}", cut(&escape(name)));
                match because {
                    None => format!("missing required {member} {}", quoted_cut(name)),
                    Some(other) => {
                        format!("missing {member} {}, which {} requires", quoted_cut(name), quoted_cut(other))
                    }
                }
            }
            Self::Unknown { name, known, .. } => {
                let _ = write!(violation.pointer, "/{}", cut(&escape(name)));
                violation.suggestion =
                    closest(name, known.iter().copied()).map(|name| RawJson::from_valid(&quoted(name)));
                let mut sentence = format!("unknown {member} {}", quoted_cut(name));
                if violation.suggestion.is_none() && !known.is_empty() && known.len() <= LISTED {
                    let _ = write!(
                        sentence,
                        "; the others are {}",
                        known.iter().map(|name| quoted_cut(name)).collect::<Vec<_>>().join(", ")
                    );
                }
                sentence
            }
            Self::Limit { got, relation, limit } => {
                let (got, limit) = (shown(got), cut(limit));
                match relation {
                    Relation::BelowMinimum => format!("{got} is less than the minimum {limit}"),
                    Relation::AboveMaximum => format!("{got} is more than the maximum {limit}"),
                    Relation::NotAbove => format!("{got} is not greater than {limit}"),
                    Relation::NotBelow => format!("{got} is not less than {limit}"),
                    Relation::NotMultiple => format!("{got} is not a multiple of {limit}"),
                }
            }
            Self::Length { got, count, relation, limit } => {
                let (one, many) = match got {
                    Node::String(_) => ("character", "characters"),
                    Node::Array(_) => ("item", "items"),
                    _ => ("property", "properties"),
                };
                let unit = |count| if count == 1 { one } else { many };
                let got = match got {
                    Node::String(_) => format!("{} has ", shown(got)),
                    _ => "has ".to_owned(),
                };
                match relation {
                    Size::TooShort => {
                        format!("{got}{count} {}, needs at least {limit}", unit(count))
                    }
                    Size::TooLong => {
                        format!("{got}{count} {}, more than the {limit} that are allowed", unit(count))
                    }
                }
            }
            Self::Pattern { got, pattern } => {
                format!("{} does not match the pattern {}", shown(got), cut(pattern))
            }
            Self::Repeated { first, second } => {
                format!("items {first} and {second} are equal, all items must differ")
            }
            Self::Name { name, why } => format!("the {member} name {} is not allowed: {why}", quoted_cut(name)),
            Self::Other { sentence, .. } => sentence,
        };
        if let Some(suggestion) = &violation.suggestion {
            let _ = write!(sentence, "; did you mean {}?", suggestion.as_str());
        }
        violation.message = if place.is_empty() { sentence } else { format!("{place}: {sentence}") };
        violation
    }

    fn got(&self) -> Option<&Node<'_>> {
        match self {
            Self::Type { got, .. }
            | Self::Values { got, .. }
            | Self::Unknown { got, .. }
            | Self::Limit { got, .. }
            | Self::Length { got, .. }
            | Self::Pattern { got, .. }
            | Self::Other { got, .. } => Some(got),
            Self::Missing { .. } | Self::Repeated { .. } | Self::Name { .. } => None,
        }
    }
}

/// A value in a sentence: as JSON, cut where it is long.
pub(super) fn shown(node: &Node<'_>) -> String {
    match node {
        Node::String(text) => quoted_cut(text),
        Node::Number(text) => cut(text).into_owned(),
        Node::Array(items) => {
            node.to_json_within(SHOWN).unwrap_or_else(|| format!("an array of {} items", items.len()))
        }
        Node::Object(members) => {
            node.to_json_within(SHOWN).unwrap_or_else(|| format!("an object of {} properties", members.len()))
        }
        _ => node.to_json(),
    }
}

/// A value beside its type: `string "5"`, `array`.
fn described(node: &Node<'_>) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(value) => format!("boolean {value}"),
        Node::Number(_) => format!("number {}", shown(node)),
        Node::String(_) => format!("string {}", shown(node)),
        Node::Array(_) => "array".to_owned(),
        Node::Object(_) => "object".to_owned(),
    }
}

/// The beginning of a text.
pub(super) fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= SHOWN {
        return Cow::Borrowed(text);
    }
    let end = (0..=SHOWN).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
}

pub(super) fn quoted_cut(text: &str) -> String {
    quoted(&cut(text))
}

fn list(values: &[&Node<'_>]) -> String {
    let shown: Vec<String> = values.iter().take(LISTED).map(|value| shown(value)).collect();
    let mut list = shown.join(", ");
    if values.len() > LISTED {
        let _ = write!(list, ", … ({} in all)", values.len());
    }
    list
}

fn received(node: &Node<'_>) -> Option<RawJson> {
    let json = match (node.to_json_within(RECEIVED), node) {
        (Some(json), _) => json,
        (None, Node::String(text)) => quoted_cut(text),
        (None, _) => return None,
    };
    RawJson::parse(&json).ok()
}

fn allowed_values(values: &[&Node<'_>]) -> Option<RawJson> {
    let values: Vec<String> = values.iter().take(ALLOWED).map(|value| value.to_json()).collect();
    RawJson::parse(&format!("[{}]", values.join(","))).ok()
}

/// The member of an enumeration that is spelled almost so, as JSON.
fn meant_value(allowed: &[&Node<'_>], got: &Node<'_>) -> Option<String> {
    match got {
        Node::String(text) => {
            let same = allowed.iter().find(|value| !matches!(value, Node::String(_)) && value.to_json() == **text);
            same.map(|value| value.to_json())
                .or_else(|| closest(text, allowed.iter().filter_map(|value| value.as_str())).map(quoted))
        }
        Node::Number(_) | Node::Bool(_) => {
            let spelled = got.to_json();
            allowed.iter().filter_map(|value| value.as_str()).find(|value| *value == spelled).map(quoted)
        }
        _ => None,
    }
}

/// Models put numbers and booleans in quotes.
fn meant_type(expected: Types, got: &Node<'_>) -> Option<String> {
    match got {
        Node::String(text) if text.len() <= 40 => {
            let inner = Node::parse(text, 1).ok()?;
            let scalar = matches!(inner, Node::Number(_) | Node::Bool(_));
            (scalar && expected.allow(&inner)).then(|| inner.to_json())
        }
        Node::Number(_) | Node::Bool(_) if expected == Types::named("string")? => {
            got.to_json_within(40).map(|json| quoted(&json))
        }
        _ => None,
    }
}
