//! `$defs`: which schemas are needed by name, in which direction, and what they are called.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::names;
use super::schema::{Schemas, plain};
use crate::load::{join, tokens};
use crate::model;
use crate::words;

/// Whether a schema describes what a caller sends or what it gets: `readOnly` and `writeOnly` properties differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Input,
    Output,
}

const PREFIX: &str = "#/$defs/";

/// A reference to a definition whose name is not settled yet: `#/$defs/`, the direction, the pointer.
pub(super) fn placeholder(pointer: &str, direction: Direction) -> String {
    let mark = match direction {
        Direction::Input => 'i',
        Direction::Output => 'o',
    };
    format!("{PREFIX}{mark}{pointer}")
}

/// The parts of a [`placeholder`].
pub(super) fn parse_placeholder(reference: &str) -> Option<(Direction, &str)> {
    let rest = reference.strip_prefix(PREFIX)?;
    match rest.split_at_checked(1)? {
        ("i", pointer) => Some((Direction::Input, pointer)),
        ("o", pointer) => Some((Direction::Output, pointer)),
        _ => None,
    }
}

/// The definitions that were asked for.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    needed: BTreeSet<(String, Direction)>,
    queue: Vec<(String, Direction)>,
}

impl Definitions {
    pub(super) fn need(&mut self, pointer: &str, direction: Direction) {
        if self.needed.insert((pointer.to_owned(), direction)) {
            self.queue.push((pointer.to_owned(), direction));
        }
    }

    /// How much has been asked for.
    pub(super) fn mark(&self) -> usize {
        self.queue.len()
    }

    /// Takes back what was asked for since a mark.
    pub(super) fn reset(&mut self, mark: usize) {
        for key in self.queue.drain(mark.min(self.queue.len())..) {
            self.needed.remove(&key);
        }
    }
}

/// The definitions with their names.
pub(super) struct Named {
    pub schemas: IndexMap<String, model::Schema>,
    names: BTreeMap<(String, Direction), String>,
    /// Those that stand in operations, by their text: where one of them stands, it is meant.
    inline: BTreeMap<String, String>,
}

/// Translates what was asked for, and what that asks for, and names it.
///
/// A schema that both directions use has two definitions only where they differ, by itself or in what it refers to:
/// then the one that a caller sends is called `NameInput`.
pub(super) fn finish(mut schemas: Schemas<'_, '_>) -> Named {
    let mut values: BTreeMap<(String, Direction), Value> = BTreeMap::new();
    while let Some((pointer, direction)) = schemas.definitions.queue.pop() {
        let value = schemas.at(&pointer, direction);
        values.insert((pointer, direction), value);
    }
    let different = different(&values);
    let index = schemas.index;

    // In document order.
    let mut pointers: Vec<&String> = values.keys().map(|(pointer, _)| pointer).collect();
    pointers.dedup();
    pointers.sort_by_key(|pointer| (index.key_span(plain(pointer)), *pointer));
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut order = Vec::new();
    for pointer in pointers {
        let pointer_name = base_name(plain(pointer), |pointer| schemas.refs.at(pointer));
        let name = unique(&pointer_name, &mut taken);
        let both = [Direction::Input, Direction::Output].map(|direction| (pointer.clone(), direction));
        let [input, output] = both;
        if different.contains(pointer) {
            let input_name = unique(&format!("{name}Input"), &mut taken);
            order.extend([output.clone(), input.clone()]);
            names.insert(output, name);
            names.insert(input, input_name);
        } else {
            order.push(if values.contains_key(&output) { output.clone() } else { input.clone() });
            names.insert(output, name.clone());
            names.insert(input, name);
        }
    }

    let mut named = Named { schemas: IndexMap::new(), names, inline: BTreeMap::new() };
    for (key, value) in values.iter().filter(|((pointer, _), _)| pointer.starts_with("/paths/")) {
        if let (Some(name), Some("object" | "array")) =
            (named.names.get(key), value.get("type").and_then(Value::as_str))
        {
            named.inline.insert(value.to_string(), name.clone());
        }
    }
    for key in order {
        if let (Some(name), Some(value)) = (named.names.get(&key).cloned(), values.get(&key)) {
            let mut value = value.clone();
            named.settle(&mut value);
            named.schemas.insert(name, model::Schema { value, span: index.key_span(plain(&key.0)) });
        }
    }
    named
}

impl Named {
    /// Refers to the definition where a schema, its items or a property of it stands at the place of one, so that a schema of
    /// an operation that others refer to is not there twice. `root`: the schema itself may become a reference.
    pub(super) fn point(&self, value: &mut Value, root: bool) {
        if self.inline.is_empty() {
            return;
        }
        if root && let Some(name) = self.inline.get(&value.to_string()) {
            *value = json!({"$ref": format!("{PREFIX}{name}")});
            return;
        }
        let Some(fields) = value.as_object_mut() else { return };
        if let Some(items) = fields.get_mut("items") {
            self.point(items, true);
        }
        for property in fields.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(name) = self.inline.get(&property.1.to_string()) {
                *property.1 = json!({"$ref": format!("{PREFIX}{name}")});
            }
        }
    }

    /// Puts the settled names into the references of a schema.
    pub(super) fn settle(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields.iter_mut() {
                    match value {
                        Value::String(reference) if key == "$ref" => {
                            if let Some((direction, pointer)) = parse_placeholder(reference)
                                && let Some(name) = self.names.get(&(pointer.to_owned(), direction))
                            {
                                *reference = format!("{PREFIX}{name}");
                            }
                        }
                        other => self.settle(other),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.settle(item)),
            _ => {}
        }
    }
}

/// The pointers whose two directions differ.
fn different(values: &BTreeMap<(String, Direction), Value>) -> BTreeSet<String> {
    let mut different = BTreeSet::new();
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut queue = Vec::new();
    for ((pointer, direction), output) in values {
        let input = values.get(&(pointer.clone(), Direction::Input));
        let (Direction::Output, Some(input)) = (direction, input) else { continue };
        let mut referenced = BTreeSet::new();
        if neutral(input, &mut referenced) != neutral(output, &mut referenced) && different.insert(pointer.clone()) {
            queue.push(pointer.clone());
        }
        for target in referenced {
            users.entry(target).or_default().push(pointer.clone());
        }
    }
    while let Some(pointer) = queue.pop() {
        for user in users.get(&pointer).into_iter().flatten() {
            if different.insert(user.clone()) {
                queue.push(user.clone());
            }
        }
    }
    different
}

/// A schema with the directions of its references left out, which are gathered.
fn neutral(value: &Value, referenced: &mut BTreeSet<String>) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let value = match value.as_str().filter(|_| key == "$ref").and_then(parse_placeholder) {
                    Some((_, pointer)) => {
                        referenced.insert(pointer.to_owned());
                        Value::String(pointer.to_owned())
                    }
                    None => neutral(value, referenced),
                };
                (key.clone(), value)
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| neutral(item, referenced)).collect()),
        other => other.clone(),
    }
}

/// How many words of a title are a name.
const TITLE_WORDS: usize = 4;

/// A name for what stands in an operation: its title, else the operation and the part of it (`GetPetOutput`,
/// `GetPetError404`); that of a parameter is the parameter's.
fn name_in_operation<'v>(all: &[String], at: impl Fn(&str) -> Option<&'v Value>) -> Option<String> {
    let [paths, path, method, rest @ ..] = all else { return None };
    let pointer = |tokens: &[String]| tokens.iter().fold(String::new(), |pointer, token| join(&pointer, token));
    let text = |pointer: &str, key: &str| at(pointer)?.get(key)?.as_str();
    let title = text(&pointer(all), "title").map(words::lower).filter(|words| (1..=TITLE_WORDS).contains(&words.len()));
    if let Some(title) = title {
        return Some(title.join(" "));
    }
    let operation = || {
        let place = pointer(&[paths.clone(), path.clone(), method.clone()]);
        names::tool(text(&place, "operationId"), method, path).0
    };
    let (mut name, rest) = match (method.as_str(), rest) {
        ("parameters", [number, rest @ ..]) => {
            (text(&pointer(&[paths.clone(), path.clone(), method.clone(), number.clone()]), "name")?.to_owned(), rest)
        }
        (_, [list, number, rest @ ..]) if list == "parameters" => {
            let place = pointer(&[paths.clone(), path.clone(), method.clone(), list.clone(), number.clone()]);
            (text(&place, "name")?.to_owned(), rest)
        }
        (_, [body, content, _, rest @ ..]) if body == "requestBody" && content == "content" => {
            (format!("{} body", operation()), rest)
        }
        (_, [responses, status, content, _, rest @ ..]) if responses == "responses" && content == "content" => {
            let part = if status.starts_with('2') { "output".to_owned() } else { format!("error {status}") };
            (format!("{} {part}", operation()), rest)
        }
        _ => return None,
    };
    for token in rest {
        match token.as_str() {
            "schema" | "properties" => {}
            "items" => name.push_str(" item"),
            token => name.push_str(&format!(" {token}")),
        }
    }
    Some(name)
}

/// A name for what stands at a pointer: the words of it that a person chose.
fn base_name<'v>(pointer: &str, at: impl Fn(&str) -> Option<&'v Value>) -> String {
    let structural = |token: &str| {
        matches!(
            token,
            "components"
                | "schemas"
                | "schema"
                | "paths"
                | "properties"
                | "content"
                | "responses"
                | "requestBodies"
                | "requestBody"
                | "parameters"
                | "definitions"
                | "$defs"
                | crate::load::FILES_KEY
        )
    };
    let all: Vec<String> = tokens(pointer).collect();
    let own = all.first().filter(|first| *first == "paths").and_then(|_| name_in_operation(&all, at));
    if let Some(name) = own {
        let name: String = words::split(&name).into_iter().map(|word| word.pascal).collect();
        if !name.is_empty() {
            return name.chars().take(96).collect();
        }
    }
    let words: Vec<String> = match all.as_slice() {
        [components, schemas, name] if components == "components" && schemas == "schemas" => vec![name.clone()],
        [files, _, .., name] if files == crate::load::FILES_KEY => vec![name.clone()],
        // A file that is one schema: its number is not part of its name.
        [files, file] if files == crate::load::FILES_KEY => {
            vec![file.split_once('-').map_or(file.as_str(), |(_, stem)| stem).to_owned()]
        }
        _ => all.iter().filter(|token| !structural(token)).cloned().collect(),
    };
    let mut name = String::new();
    for word in &words {
        if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(
            word.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' }),
        );
    }
    let name = name.trim_matches('_');
    if name.is_empty() { "Schema".to_owned() } else { name.chars().take(96).collect() }
}

fn unique(base: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = base.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{base}_{number}");
        number += 1;
    }
    name
}
