//! What a change of generated source does to Rust that uses it.
//!
//! The rules are those of the Cargo book, "SemVer Compatibility": what is public and may be constructed or matched
//! exhaustively elsewhere cannot grow, unless it is `#[non_exhaustive]` or, here, has a `Default` to take the rest from.

use std::collections::BTreeMap;

use super::api::{Api, Method, Shape};
use super::{Audience, Change, Effect};

pub(super) fn compare(old: &Api, new: &Api, changes: &mut Vec<Change>) {
    for (name, was) in &old.0 {
        let mut say = Sayer { changes, subject: format!("{} `{name}`", was.noun()) };
        match new.0.get(name) {
            Some(is) => compare_shapes(was, is, &mut say),
            None => say.breaking("", "item-removed", "is gone".to_owned()),
        }
    }
    for (name, is) in new.0.iter().filter(|(name, _)| !old.0.contains_key(*name)) {
        let mut say = Sayer { changes, subject: format!("{} `{name}`", is.noun()) };
        say.compatible("", "item-added", "is new".to_owned());
    }
}

fn compare_shapes(was: &Shape, is: &Shape, say: &mut Sayer<'_>) {
    match (was, is) {
        (
            Shape::Struct { fields: old, has_default: had, new: made },
            Shape::Struct { fields: new, has_default: has, new: makes },
        ) => {
            for (name, ty) in old {
                match new.get(name) {
                    Some(now) if now != ty => {
                        say.breaking(name, "field-changed", format!("is `{now}` instead of `{ty}`"));
                    }
                    Some(_) => {}
                    None => say.breaking(name, "field-removed", "the field is gone".to_owned()),
                }
            }
            for (name, ty) in added(old, new) {
                if *has {
                    let what =
                        format!("a new field, `{ty}`; literals that end in `..Default::default()` compile still");
                    say.compatible(name, "field-added", what);
                } else {
                    let what = format!("a new field, `{ty}`, which literals of the struct must name");
                    say.breaking(name, "field-added", what);
                }
            }
            if let Some(made) = made
                && makes.as_ref() != Some(made)
            {
                let what = match makes {
                    Some(makes) => format!("`new` takes {} instead of {}", makes.join(", "), made.join(", ")),
                    None => "has no function `new` any more".to_owned(),
                };
                say.breaking("", "new-changed", what);
            }
            match (had, has) {
                (true, false) => say.breaking("", "default-removed", "is no longer `Default`".to_owned()),
                (false, true) => say.compatible("", "default-added", "is `Default` now".to_owned()),
                _ => {}
            }
        }
        (Shape::Enum { variants: old, non_exhaustive: open }, Shape::Enum { variants: new, non_exhaustive }) => {
            for (name, holds) in old {
                match new.get(name) {
                    Some(now) if now != holds => {
                        let what = format!("holds `{}` instead of `{}`", shown(now), shown(holds));
                        say.breaking(name, "variant-changed", what);
                    }
                    Some(_) => {}
                    None => say.breaking(name, "variant-removed", "the variant is gone".to_owned()),
                }
            }
            for (name, _) in added(old, new) {
                if *open {
                    say.compatible(name, "variant-added", "a new variant; the enum is `#[non_exhaustive]`".to_owned());
                } else {
                    say.breaking(name, "variant-added", "a new variant, which a `match` must handle".to_owned());
                }
            }
            match (open, non_exhaustive) {
                (false, true) => say.breaking("", "non-exhaustive", "is `#[non_exhaustive]` now".to_owned()),
                (true, false) => say.compatible("", "exhaustive", "is no longer `#[non_exhaustive]`".to_owned()),
                _ => {}
            }
        }
        (Shape::Trait(old), Shape::Trait(new)) => methods(old, new, say),
        (Shape::Alias(old), Shape::Alias(new)) | (Shape::Function(old), Shape::Function(new)) => {
            if old != new {
                say.breaking("", "item-changed", format!("is `{new}` instead of `{old}`"));
            }
        }
        (_, other) => say.breaking("", "item-changed", format!("is a {} now", other.noun())),
    }
}

fn methods(old: &BTreeMap<String, Method>, new: &BTreeMap<String, Method>, say: &mut Sayer<'_>) {
    for (name, was) in old {
        let Some(is) = new.get(name) else {
            say.breaking(name, "method-removed", "the method is gone; an override of it does not compile".to_owned());
            continue;
        };
        if is.signature != was.signature {
            let what = format!("is `{}` instead of `{}`", is.signature, was.signature);
            say.breaking(name, "method-changed", what);
        }
        match (was.has_default, is.has_default) {
            (true, false) => say.breaking(name, "method-default-removed", "has no default any more".to_owned()),
            (false, true) => say.compatible(name, "method-default-added", "has a default now".to_owned()),
            _ => {}
        }
    }
    for (name, is) in added(old, new) {
        if is.has_default {
            say.compatible(name, "method-added", "a new method with a default".to_owned());
        } else {
            say.breaking(name, "method-added", "a new method, which handlers must have".to_owned());
        }
    }
}

/// What the old one does not have.
fn added<'a, T>(old: &BTreeMap<String, T>, new: &'a BTreeMap<String, T>) -> Vec<(&'a String, &'a T)> {
    new.iter().filter(|(name, _)| !old.contains_key(*name)).collect()
}

/// What a variant holds; nothing is no text.
fn shown(holds: &str) -> &str {
    if holds.is_empty() { "nothing" } else { holds }
}

struct Sayer<'a> {
    changes: &'a mut Vec<Change>,
    subject: String,
}

impl Sayer<'_> {
    fn breaking(&mut self, place: &str, kind: &'static str, message: String) {
        self.say(Effect::Breaking, place, kind, message);
    }

    fn compatible(&mut self, place: &str, kind: &'static str, message: String) {
        self.say(Effect::Compatible, place, kind, message);
    }

    fn say(&mut self, effect: Effect, place: &str, kind: &'static str, message: String) {
        let (subject, place) = (self.subject.clone(), place.to_owned());
        let (audience, tools) = (Audience::Rust, Vec::new());
        self.changes.push(Change { audience, effect, subject, place, kind, message, tools });
    }
}
