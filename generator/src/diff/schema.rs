//! Two JSON Schemas: which values are accepted no longer, and which are new.
//!
//! Arguments are contravariant: a schema that takes less breaks those who send. Answers are covariant: a schema that
//! allows more breaks those who read. What cannot be compared keyword by keyword counts as both.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// How many schemas one comparison looks at; SECURITY.md G8.
const LOOKS: usize = 20_000;
/// How many references are followed in a row.
const HOPS: usize = 32;
/// How deep places go.
const DEPTH: usize = 64;

/// What a difference does to the set of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Move {
    /// Some values are no longer of the schema.
    Narrower,
    /// Some values are new.
    Wider,
    /// Both, or nobody knows.
    Other,
    /// The same values.
    Same,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// The definition that it is a difference of, where both have one of that name: many tools share it.
    pub definition: Option<String>,
    /// `status`, `tags[]`, `home.room`; empty for the root.
    pub place: String,
    pub kind: &'static str,
    pub moved: Move,
    pub message: String,
}

/// Compares two schemas with the `$defs` that they carry.
pub(super) fn compare(old: &Value, new: &Value) -> Vec<Found> {
    let mut comparison = Comparison {
        old_root: old,
        new_root: new,
        seen: BTreeSet::new(),
        looks: LOOKS,
        definition: None,
        found: Vec::new(),
    };
    if old != new {
        comparison.schemas(old, new, "", DEPTH);
    }
    comparison.found
}

struct Comparison<'a> {
    old_root: &'a Value,
    new_root: &'a Value,
    /// Pairs of references that are compared already, with the place where they met.
    seen: BTreeSet<(String, String)>,
    looks: usize,
    /// What is looked at now; places are relative to it.
    definition: Option<String>,
    found: Vec<Found>,
}

impl<'a> Comparison<'a> {
    fn say(&mut self, place: &str, kind: &'static str, moved: Move, message: impl Into<String>) {
        self.found.push(Found {
            definition: self.definition.clone(),
            place: place.to_owned(),
            kind,
            moved,
            message: message.into(),
        });
    }

    fn schemas(&mut self, old: &'a Value, new: &'a Value, place: &str, depth: usize) {
        let (Some(looks), Some(depth)) = (self.looks.checked_sub(1), depth.checked_sub(1)) else {
            self.say(place, "not-compared", Move::Other, "is too large to compare");
            return;
        };
        self.looks = looks;
        self.describe(old, new, place);
        if let (Some(one), Some(other)) = (reference(old), reference(new)) {
            // A circle comes back to a pair of references.
            if !self.seen.insert((one.to_owned(), other.to_owned())) {
                return;
            }
            if one == other {
                let outer = self.definition.replace(name_of_pointer(one));
                let targets = (target(one, self.old_root), target(other, self.new_root));
                if let (Some(old), Some(new)) = targets {
                    self.schemas(old, new, "", depth);
                }
                self.definition = outer;
                return;
            }
        }
        let (old, new) = (resolve(old, self.old_root), resolve(new, self.new_root));
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => self.objects(old, new, place, depth),
            // `true` allows everything, `false` nothing.
            (old, new) if old == new => {}
            (Value::Bool(false), _) | (_, Value::Bool(true)) => {
                self.say(place, "type-changed", Move::Wider, "takes any value now");
            }
            _ => self.say(place, "type-changed", Move::Narrower, "takes no longer any value"),
        }
    }

    /// Words for people and models.
    fn describe(&mut self, old: &Value, new: &Value, place: &str) {
        for keyword in ["description", "title", "examples", "deprecated"] {
            let (was, is) = (old.get(keyword), new.get(keyword));
            if was != is {
                let kind = if keyword == "deprecated" { "deprecated-changed" } else { "description-changed" };
                self.say(place, kind, Move::Same, format!("{keyword} {}", from_to(was, is)));
            }
        }
    }

    fn objects(&mut self, old: &'a Map<String, Value>, new: &'a Map<String, Value>, place: &str, depth: usize) {
        self.types(old, new, place);
        self.values(old, new, place);
        self.properties(old, new, place, depth);
        self.extra_properties(old, new, place, depth);
        if let (Some(was), Some(is)) = (old.get("items"), new.get("items")) {
            self.schemas(was, is, &format!("{place}[]"), depth);
        } else {
            self.presence(old, new, "items", place);
        }
        self.bounds(old, new, place);
        for keyword in ["anyOf", "oneOf"] {
            self.branches(old, new, keyword, place, depth, (Move::Narrower, Move::Wider));
        }
        self.branches(old, new, "allOf", place, depth, (Move::Wider, Move::Narrower));
        self.defaults(old, new, place);
        // Keywords that say more than one thing at a time.
        for keyword in [
            "not",
            "if",
            "then",
            "else",
            "dependentRequired",
            "dependentSchemas",
            "patternProperties",
            "propertyNames",
            "prefixItems",
            "contains",
            "minContains",
            "maxContains",
            "unevaluatedProperties",
            "unevaluatedItems",
        ] {
            if old.get(keyword) != new.get(keyword) {
                self.presence_or(old, new, keyword, place, Move::Other);
            }
        }
    }

    fn types(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, place: &str) {
        let (was, is) = (types(old), types(new));
        let covers = |types: &[&str], one: &str| {
            types.is_empty() || types.contains(&one) || (one == "integer" && types.contains(&"number"))
        };
        let lost = was.is_empty() && !is.is_empty() || was.iter().any(|one| !covers(&is, one));
        let gained = !was.is_empty() && (is.is_empty() || is.iter().any(|one| !covers(&was, one)));
        let moved = match (lost, gained) {
            (false, false) => return,
            (true, false) => Move::Narrower,
            (false, true) => Move::Wider,
            (true, true) => Move::Other,
        };
        let words = |types: &[&str]| if types.is_empty() { "any type".to_owned() } else { types.join(" or ") };
        self.say(place, "type-changed", moved, format!("is {} instead of {}", words(&is), words(&was)));
    }

    /// `enum` and `const`.
    fn values(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, place: &str) {
        match (values(old), values(new)) {
            (None, None) => {}
            (None, Some(_)) => self.say(place, "values-limited", Move::Narrower, "takes listed values only"),
            (Some(_), None) => self.say(place, "values-opened", Move::Wider, "takes other values than the listed ones"),
            (Some(old), Some(new)) => {
                for value in old.iter().filter(|value| !new.contains(value)) {
                    self.say(place, "value-removed", Move::Narrower, format!("the value `{value}` is gone"));
                }
                for value in new.iter().filter(|value| !old.contains(value)) {
                    self.say(place, "value-added", Move::Wider, format!("the value `{value}` is new"));
                }
            }
        }
    }

    fn properties(&mut self, old: &'a Map<String, Value>, new: &'a Map<String, Value>, place: &str, depth: usize) {
        let (was, is) = (properties(old), properties(new));
        let (needed, needs) = (required(old), required(new));
        for (name, schema) in was.into_iter().flatten() {
            let inner = below(place, name);
            match is.and_then(|properties| properties.get(name)) {
                Some(now) => {
                    match (needed.contains(&name.as_str()), needs.contains(&name.as_str())) {
                        (false, true) => self.say(&inner, "required", Move::Narrower, "is required now"),
                        (true, false) => self.say(&inner, "optional", Move::Wider, "is optional now"),
                        _ => {}
                    }
                    self.schemas(schema, now, &inner, depth);
                }
                // Who sends it sends it in vain at best; who reads it finds nothing.
                None => self.say(&inner, "removed", Move::Other, "is gone"),
            }
        }
        for (name, _) in is.into_iter().flatten().filter(|(name, _)| was.is_none_or(|old| !old.contains_key(*name))) {
            let inner = below(place, name);
            if needs.contains(&name.as_str()) {
                self.say(&inner, "added-required", Move::Narrower, "is new and required");
            } else {
                self.say(&inner, "added", Move::Same, "is new");
            }
        }
        let declared = |name: &&str| {
            is.is_some_and(|properties| properties.contains_key(*name))
                || was.is_some_and(|properties| properties.contains_key(*name))
        };
        for name in needs.iter().filter(|name| !needed.contains(name) && !declared(name)) {
            self.say(&below(place, name), "required", Move::Narrower, "is required now");
        }
    }

    fn extra_properties(
        &mut self,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
        place: &str,
        depth: usize,
    ) {
        const ANY: &Value = &Value::Bool(true);
        let was = old.get("additionalProperties").unwrap_or(ANY);
        let is = new.get("additionalProperties").unwrap_or(ANY);
        let is_open = |schema: &Value| *schema != Value::Bool(false);
        match (is_open(was), is_open(is)) {
            (true, false) => self.say(place, "closed", Move::Narrower, "takes no other properties any more"),
            // Readers pass over properties that they do not know.
            (false, true) => self.say(place, "opened", Move::Same, "takes other properties now"),
            (true, true) => self.schemas(was, is, &below(place, "*"), depth),
            (false, false) => {}
        }
    }

    fn bounds(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, place: &str) {
        for (keyword, is_lower) in [
            ("minimum", true),
            ("exclusiveMinimum", true),
            ("minLength", true),
            ("minItems", true),
            ("minProperties", true),
            ("maximum", false),
            ("exclusiveMaximum", false),
            ("maxLength", false),
            ("maxItems", false),
            ("maxProperties", false),
        ] {
            if let (Some(was), Some(is)) = (old.get(keyword), new.get(keyword)) {
                let (Some(was), Some(is)) = (was.as_f64(), is.as_f64()) else { continue };
                if was != is {
                    let moved = if (is > was) == is_lower { Move::Narrower } else { Move::Wider };
                    self.say(place, "limit-changed", moved, format!("{keyword} is {is} instead of {was}"));
                }
            } else {
                self.presence(old, new, keyword, place);
            }
        }
        for keyword in ["pattern", "multipleOf"] {
            if old.get(keyword) != new.get(keyword) {
                self.presence_or(old, new, keyword, place, Move::Other);
            }
        }
        let (was, is) = (old.get("format"), new.get("format"));
        if was != is {
            // How wide a number is says `minimum` and `maximum`; the others are annotations (JSON Schema 2020-12, 7.2.1)
            // that an API may yet insist on.
            let is_number = |format: Option<&Value>| {
                format.and_then(Value::as_str).is_none_or(|name| matches!(name, "int32" | "int64" | "float" | "double"))
            };
            let moved = if is_number(was) && is_number(is) { Move::Same } else { Move::Other };
            self.presence_or(old, new, "format", place, moved);
        }
        let unique = |schema: &Map<String, Value>| schema.get("uniqueItems") == Some(&Value::Bool(true));
        match (unique(old), unique(new)) {
            (false, true) => self.say(place, "limit-changed", Move::Narrower, "items must differ now"),
            (true, false) => self.say(place, "limit-changed", Move::Wider, "items may be equal now"),
            _ => {}
        }
    }

    /// `moves`: what the loss and the gain of a branch do.
    fn branches(
        &mut self,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
        keyword: &str,
        place: &str,
        depth: usize,
        moves: (Move, Move),
    ) {
        let list = |schema: &'a Map<String, Value>| schema.get(keyword).and_then(Value::as_array);
        let (Some(old), Some(new)) = (list(old), list(new)) else {
            return self.presence(old, new, keyword, place);
        };
        let mut left: Vec<&Value> = new.iter().collect();
        let mut unmatched = Vec::new();
        for branch in old {
            let same = |other: &&Value| match (reference(branch), reference(other)) {
                (Some(one), Some(other)) => one == other,
                _ => branch == *other,
            };
            match left.iter().position(same) {
                Some(at) => {
                    let other = left.remove(at);
                    self.schemas(branch, other, place, depth);
                }
                None => unmatched.push(branch),
            }
        }
        // As many as there were: the same ones, changed.
        if unmatched.len() == left.len() {
            for (was, is) in unmatched.into_iter().zip(left) {
                self.schemas(was, is, place, depth);
            }
            return;
        }
        for branch in unmatched {
            self.say(place, "branch-removed", moves.0, format!("no longer has the choice {}", name_of(branch)));
        }
        for branch in left {
            self.say(place, "branch-added", moves.1, format!("has the new choice {}", name_of(branch)));
        }
    }

    fn defaults(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, place: &str) {
        let (was, is) = (old.get("default"), new.get("default"));
        if was != is {
            // Who leaves it out means another value now. That it is said now, or no longer, changes nothing.
            let moved = if was.is_some() && is.is_some() { Move::Narrower } else { Move::Same };
            self.say(place, "default-changed", moved, format!("default {}", from_to(was, is)));
        }
    }

    /// A keyword that narrows, where only one of the schemas has it.
    fn presence(&mut self, old: &Map<String, Value>, new: &Map<String, Value>, keyword: &str, place: &str) {
        if old.contains_key(keyword) || new.contains_key(keyword) {
            self.presence_or(old, new, keyword, place, Move::Other);
        }
    }

    /// The same, and what it does where both have it.
    fn presence_or(
        &mut self,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        keyword: &str,
        place: &str,
        both: Move,
    ) {
        let (was, is) = (old.get(keyword), new.get(keyword));
        let moved = match (was, is) {
            (None, None) => return,
            _ if both == Move::Same => Move::Same,
            (None, Some(_)) => Move::Narrower,
            (Some(_), None) => Move::Wider,
            (Some(_), Some(_)) => both,
        };
        self.say(place, "limit-changed", moved, format!("{keyword} {}", from_to(was, is)));
    }
}

/// `home.room`
pub(super) fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// `is 3 instead of 2`, cut where it is long.
pub(super) fn from_to(was: Option<&Value>, is: Option<&Value>) -> String {
    match (was, is) {
        (Some(was), Some(is)) => format!("is {} instead of {}", short(is), short(was)),
        (None, Some(is)) => format!("is {}, and was not there", short(is)),
        (Some(was), None) => format!("is gone; it was {}", short(was)),
        (None, None) => "is the same".to_owned(),
    }
}

fn short(value: &Value) -> String {
    const MOST: usize = 120;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// What a branch is called.
fn name_of(branch: &Value) -> String {
    match reference(branch) {
        Some(pointer) => format!("`{}`", name_of_pointer(pointer)),
        None => short(branch),
    }
}

/// `Pet` of `#/$defs/Pet`
fn name_of_pointer(pointer: &str) -> String {
    pointer.rsplit('/').next().unwrap_or(pointer).replace("~1", "/").replace("~0", "~")
}

fn target<'a>(pointer: &str, root: &'a Value) -> Option<&'a Value> {
    root.pointer(pointer.strip_prefix('#')?)
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()
}

/// What a reference into `$defs` leads to.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..HOPS {
        match reference(schema).and_then(|pointer| target(pointer, root)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn values(schema: &Map<String, Value>) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(constant), _) => Some(vec![constant]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        _ => None,
    }
}

fn properties(schema: &Map<String, Value>) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn required(schema: &Map<String, Value>) -> Vec<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
