//! What a change does to models and their clients, and to those who run the server.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::schema::{self, Move, from_to};
use super::version::{Entry, Tool, Version};
use super::{Audience, Change, Effect};

pub(super) fn compare(old: &Version, new: &Version, changes: &mut Vec<Change>) {
    tools(old, new, changes);
    for (noun, was, is) in [
        ("resource", &old.resources, &new.resources),
        ("prompt", &old.prompts, &new.prompts),
        ("variable", &old.settings, &new.settings),
    ] {
        if let (Some(was), Some(is)) = (was, is) {
            entries(noun, was, is, changes);
        }
    }
}

/// What is found in definitions, once for all tools that have it: by what is found, the tools.
type Shared = BTreeMap<(String, &'static str, schema::Found), BTreeSet<String>>;

/// How many tools of a shared definition are named.
const NAMED: usize = 3;

fn tools(old: &Version, new: &Version, changes: &mut Vec<Change>) {
    let mut shared = Shared::new();
    let gone = old.tools.iter().filter(|(name, _)| !new.tools.contains_key(*name));
    let mut successors = Vec::new();
    for (name, was) in gone {
        let mut say = Sayer::of_tool(changes, name);
        let is_new = |candidate: &&String| !old.tools.contains_key(*candidate);
        let successor = new.tools.iter().find(|(candidate, is)| is_new(candidate) && is.is_operation_of(was));
        match successor {
            Some((now, is)) => {
                say.breaking("", "tool-renamed", format!("is called `{now}` now"));
                successors.push(now);
                tool(was, is, &mut say, &mut shared);
            }
            None => say.breaking("", "tool-removed", "is gone"),
        }
    }
    for name in new.tools.keys().filter(|name| !old.tools.contains_key(*name) && !successors.contains(name)) {
        Sayer::of_tool(changes, name).compatible("", "tool-added", "is new");
    }
    for (name, was) in &old.tools {
        if let Some(is) = new.tools.get(name) {
            tool(was, is, &mut Sayer::of_tool(changes, name), &mut shared);
        }
    }
    // All tools of a definition, whatever was found in it there.
    let mut users: BTreeMap<(String, &str), BTreeSet<String>> = BTreeMap::new();
    for ((definition, side, _), tools) in &shared {
        users.entry((definition.clone(), side)).or_default().extend(tools.iter().cloned());
    }
    for (definition, side, found) in shared.into_keys() {
        let tools = users.get(&(definition.clone(), side)).map(in_words).unwrap_or_default();
        let noun = if side == "input" { "arguments" } else { "answers" };
        let subject = format!("schema `{definition}` in {noun} of {tools}");
        let (place, breaks) = (found.place.clone(), breaks(side, &found));
        let tools = users.get(&(definition, side)).into_iter().flatten().cloned().collect();
        Sayer { tools, ..Sayer::of(changes, Audience::Agents, subject) }.found(place, found, breaks);
    }
}

/// `` `a`, `b`, `c` and 4 more``
fn in_words(tools: &BTreeSet<String>) -> String {
    let named: Vec<String> = tools.iter().take(NAMED).map(|tool| format!("`{tool}`")).collect();
    match tools.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Whether it breaks those who send arguments, or those who read answers.
fn breaks(side: &str, found: &schema::Found) -> bool {
    if side == "input" {
        return matches!(found.moved, Move::Narrower | Move::Other);
    }
    // A default says nothing about what is there.
    matches!(found.moved, Move::Wider | Move::Other) && found.kind != "default-changed"
}

/// The differences of a schema: of the tool, or of a definition.
fn schemas(side: &'static str, old: &Value, new: &Value, say: &mut Sayer<'_>, name: &str, shared: &mut Shared) {
    for found in schema::compare(old, new) {
        if let Some(definition) = found.definition.clone() {
            shared.entry((definition, side, found)).or_default().insert(name.to_owned());
            continue;
        }
        // An item of a list that is the whole has no dot.
        let place = if found.place.starts_with('[') {
            format!("{side}{}", found.place)
        } else if found.place.is_empty() {
            side.to_owned()
        } else {
            schema::below(side, &found.place)
        };
        let breaks = breaks(side, &found);
        say.found(place, found, breaks);
    }
}

/// A tool that is in both.
fn tool(was: &Tool, is: &Tool, say: &mut Sayer<'_>, shared: &mut Shared) {
    let before = (say.changes.len(), shared.len());
    let uses = |shared: &Shared| shared.values().any(|tools| tools.contains(&is.name));
    if was.route != is.route {
        let shown = |route: &Option<String>| Value::from(route.as_deref().unwrap_or("no request"));
        let what = format!("the request {}", from_to(Some(&shown(&was.route)), Some(&shown(&is.route))));
        say.compatible("", "route-changed", what);
    }
    let (Some(old), Some(new)) = (&was.shown, &is.shown) else {
        if is_other(was, is) {
            say.breaking(
                "",
                "fingerprint-changed",
                "what clients see of it changed; a lone lock cannot say how: compare the crates or the documents",
            );
        }
        return;
    };
    for (keyword, was, is) in [("description", &old.description, &new.description), ("title", &old.title, &new.title)] {
        if was != is {
            say.compatible("", "description-changed", format!("{keyword} {}", from_to(some(was), some(is))));
        }
    }
    annotations(&old.annotations, &new.annotations, say);
    schemas("input", &old.input, &new.input, say, &is.name, shared);
    match (&old.output, &new.output) {
        (Some(old), Some(new)) => schemas("output", old, new, say, &is.name, shared),
        (Some(_), None) if old.knows_output && new.knows_output => {
            say.breaking("output", "output-removed", "the schema of the answer is gone");
        }
        (None, Some(_)) if old.knows_output && new.knows_output => {
            say.compatible("output", "output-added", "the answer has a schema now");
        }
        _ => {}
    }
    // What neither of them shows: an argument that is hidden, the base URL.
    if (say.changes.len(), shared.len()) == before && !uses(shared) && is_other(was, is) {
        say.breaking("", "fingerprint-changed", "its request changed in what clients do not see");
    }
}

/// Whether the fingerprints differ. The name is part of them.
fn is_other(was: &Tool, is: &Tool) -> bool {
    was.name == is.name && was.sha256.is_some() && is.sha256.is_some() && was.sha256 != is.sha256
}

fn some(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

/// MCP, schema, "ToolAnnotations": a tool writes, destroys, is not idempotent and reaches outside unless it says otherwise.
fn annotations(old: &Value, new: &Value, say: &mut Sayer<'_>) {
    let hint = |annotations: &Value, key: &str, otherwise: bool| match annotations.get(key) {
        Some(Value::Bool(value)) => *value,
        _ => otherwise,
    };
    let effects = |annotations: &Value| {
        let read_only = hint(annotations, "read_only", false);
        [
            ("readOnlyHint", read_only, true),
            ("destructiveHint", !read_only && hint(annotations, "destructive", true), false),
            ("idempotentHint", read_only || hint(annotations, "idempotent", false), true),
            ("openWorldHint", hint(annotations, "open_world", true), false),
        ]
    };
    for ((name, was, safe), (_, is, _)) in effects(old).into_iter().zip(effects(new)) {
        if was == is {
            continue;
        }
        let what = format!("{name} means {is} instead of {was}");
        // A client that let a model call it unasked trusted that.
        if was == safe {
            say.breaking("annotations", "annotation-changed", format!("{what}: it may do more than before"));
        } else {
            say.compatible("annotations", "annotation-changed", what);
        }
    }
}

/// Resources by URI, prompts by name, environment variables by name.
fn entries(noun: &str, old: &BTreeMap<String, Entry>, new: &BTreeMap<String, Entry>, changes: &mut Vec<Change>) {
    let audience = if noun == "variable" { Audience::Operators } else { Audience::Agents };
    for (name, was) in old {
        let mut say = Sayer::of(changes, audience, format!("{noun} `{name}`"));
        let Some(is) = new.get(name) else {
            // A variable that nobody reads does no harm, but what it configured is gone.
            say.breaking("", "entry-removed", "is gone");
            continue;
        };
        if was.description != is.description {
            let what = format!("description {}", from_to(some(&was.description), some(&is.description)));
            say.compatible("", "description-changed", what);
        }
        if was.kind != is.kind {
            say.breaking("", "entry-changed", from_to(some(&was.kind), some(&is.kind)));
        }
        for variable in was.query.iter().filter(|variable| !is.query.contains(variable)) {
            say.breaking(variable, "removed", "is no variable of the URI any more");
        }
        for variable in is.query.iter().filter(|variable| !was.query.contains(variable)) {
            say.compatible(variable, "added", "is a new variable of the URI");
        }
        match (was.required, is.required) {
            (false, true) => say.breaking("", "required", "is required now"),
            (true, false) => say.compatible("", "optional", "is optional now"),
            _ => {}
        }
        for (argument, required) in &is.arguments {
            match (was.arguments.get(argument), required) {
                (None, true) => say.breaking(argument, "added-required", "is new and required"),
                (Some(false), true) => say.breaking(argument, "required", "is required now"),
                (Some(true), false) => say.compatible(argument, "optional", "is optional now"),
                (None, false) => say.compatible(argument, "added", "is new"),
                _ => {}
            }
        }
        for argument in was.arguments.keys().filter(|argument| !is.arguments.contains_key(*argument)) {
            say.breaking(argument, "removed", "is gone");
        }
    }
    for (name, is) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        let mut say = Sayer::of(changes, audience, format!("{noun} `{name}`"));
        if is.required {
            say.breaking("", "entry-added", "is new, and the server does not start without it");
        } else {
            say.compatible("", "entry-added", "is new");
        }
    }
}

struct Sayer<'a> {
    changes: &'a mut Vec<Change>,
    audience: Audience,
    subject: String,
    tools: Vec<String>,
}

impl<'a> Sayer<'a> {
    fn of(changes: &'a mut Vec<Change>, audience: Audience, subject: String) -> Self {
        Self { changes, audience, subject, tools: Vec::new() }
    }

    fn of_tool(changes: &'a mut Vec<Change>, name: &str) -> Self {
        Self { tools: vec![name.to_owned()], ..Self::of(changes, Audience::Agents, format!("tool `{name}`")) }
    }

    fn breaking(&mut self, place: &str, kind: &'static str, message: impl Into<String>) {
        self.say(Effect::Breaking, place, kind, message.into());
    }

    fn compatible(&mut self, place: &str, kind: &'static str, message: impl Into<String>) {
        self.say(Effect::Compatible, place, kind, message.into());
    }

    fn found(&mut self, place: String, found: schema::Found, breaks: bool) {
        let effect = if breaks { Effect::Breaking } else { Effect::Compatible };
        self.say(effect, &place, found.kind, found.message);
    }

    fn say(&mut self, effect: Effect, place: &str, kind: &'static str, message: String) {
        let (subject, place) = (self.subject.clone(), place.to_owned());
        let (audience, tools) = (self.audience, self.tools.clone());
        self.changes.push(Change { audience, effect, subject, place, kind, message, tools });
    }
}
