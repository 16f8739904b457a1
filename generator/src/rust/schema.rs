//! JSON Schemas as the type lowering and the tables see them: references resolved, `allOf` merged.

use serde_json::{Map, Value};

use crate::model;

/// How many references and `allOf`s are followed before a schema counts as untyped.
const DEPTH: usize = 32;

/// How many schemas one question looks at before it counts as not answered: schemas that refer to many have more ways
/// through them than there is time. SECURITY.md G8.
const LOOKS: usize = 1_000;

/// The name that a `$ref` into [`model::Server::schemas`] means.
pub(crate) fn reference(schema: &Map<String, Value>) -> Option<String> {
    let pointer = schema.get("$ref")?.as_str()?;
    Some(pointer.strip_prefix("#/$defs/")?.replace("~1", "/").replace("~0", "~"))
}

/// A schema as an object, behind references. `None`: `true`, `false`, a broken or circular reference.
pub(crate) fn resolve<'a>(schema: &'a Value, server: &'a model::Server) -> Option<&'a Map<String, Value>> {
    let mut schema = schema.as_object()?;
    for _ in 0..DEPTH {
        match reference(schema) {
            Some(name) => schema = server.schemas.get(&name)?.value.as_object()?,
            None => return Some(schema),
        }
    }
    None
}

/// The values of `type`, as a list.
pub(crate) fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether `null` is a value of the schema, as far as that shows.
pub(crate) fn allows_null(schema: &Value, server: &model::Server) -> bool {
    nullable(schema, server, DEPTH, &mut { LOOKS })
}

fn nullable(schema: &Value, server: &model::Server, depth: usize, looks: &mut usize) -> bool {
    let left = looks.checked_sub(1);
    *looks = left.unwrap_or(0);
    let (Some(schema), Some(depth), Some(_)) = (resolve(schema, server), depth.checked_sub(1), left) else {
        return schema.as_bool().unwrap_or(true);
    };
    if let Some(constant) = schema.get("const") {
        return constant.is_null();
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.iter().any(Value::is_null);
    }
    let types = types(schema);
    if !types.is_empty() {
        return types.contains(&"null");
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(Value::Array(branches)) = schema.get(keyword) {
            return branches.iter().any(|branch| nullable(branch, server, depth, looks));
        }
    }
    match schema.get("allOf") {
        Some(Value::Array(parts)) => parts.iter().all(|part| nullable(part, server, depth, looks)),
        _ => !["properties", "items", "additionalProperties"].iter().any(|keyword| schema.contains_key(*keyword)),
    }
}

/// The branches of `anyOf` or `oneOf` without those that are only `null`.
pub(crate) fn branches(schema: &Map<String, Value>) -> Option<Vec<&Value>> {
    let branches = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    Some(branches.iter().filter(|branch| branch.as_object().is_none_or(|branch| types(branch) != ["null"])).collect())
}

/// Whether `anyOf` or `oneOf` only says which properties go together, so that the type is what stands beside it.
pub(crate) fn only_groups_properties(schema: &Map<String, Value>) -> bool {
    schema.contains_key("properties")
        && branches(schema).is_some_and(|branches| {
            branches.iter().all(|branch| {
                branch.as_object().is_some_and(|branch| {
                    branch.keys().all(|key| matches!(key.as_str(), "required" | "not" | "title" | "description"))
                })
            })
        })
}

/// The parts of `allOf` and what stands beside them as one schema, where they are of one simple type.
pub(crate) fn merge_all_of(schema: &Map<String, Value>, server: &model::Server) -> Option<Map<String, Value>> {
    merge(schema, server, DEPTH, &mut { LOOKS })
}

fn merge(
    schema: &Map<String, Value>,
    server: &model::Server,
    depth: usize,
    looks: &mut usize,
) -> Option<Map<String, Value>> {
    let depth = depth.checked_sub(1)?;
    *looks = looks.checked_sub(1)?;
    let Some(parts) = schema.get("allOf") else {
        return Some(schema.clone());
    };
    let mut merged = Map::new();
    for part in parts.as_array()? {
        let part = merge(resolve(part, server)?, server, depth, looks)?;
        if branches(&part).is_some() && !only_groups_properties(&part) {
            return None;
        }
        add(&mut merged, &part)?;
    }
    let beside = schema.iter().filter(|(key, _)| *key != "allOf").map(|(key, value)| (key.clone(), value.clone()));
    let beside: Map<_, _> = beside.collect();
    // A description beside `allOf` is about this place, those inside are about the parts.
    for annotation in ["title", "description", "default"] {
        merged.shift_remove(annotation);
    }
    add(&mut merged, &beside)?;
    Some(merged)
}

/// An `allOf` of which one part is a choice, as a choice: `{allOf: [A, {oneOf: [B, C]}]}` is one of `{allOf: [A, B]}` and
/// `{allOf: [A, C]}`. `None` where no part is one, or several are.
pub(crate) fn distribute(schema: &Map<String, Value>, server: &model::Server) -> Option<Map<String, Value>> {
    let is_choice = |part: &Map<String, Value>| branches(part).is_some() && !only_groups_properties(part);
    let mut beside = schema.clone();
    let own: Map<String, Value> = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|keyword| Some(((*keyword).to_owned(), beside.shift_remove(*keyword)?)))
        .collect();
    let parts = beside.shift_remove("allOf")?;
    let mut choice = (!own.is_empty()).then_some(own);
    let mut rest = vec![Value::Object(beside)];
    for part in parts.as_array()? {
        let resolved = resolve(part, server)?;
        if is_choice(resolved) {
            if choice.is_some() {
                return None;
            }
            choice = Some(resolved.clone());
            rest.extend(beside_branches(resolved).map(Value::Object));
        } else {
            rest.push(part.clone());
        }
    }
    let mut choice = choice?;
    rest.retain(|part| part.as_object().is_none_or(|part| !part.is_empty()));
    if rest.is_empty() {
        return Some(choice);
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(list)) = choice.get_mut(keyword) else { continue };
        // Merged by hand where it is an object, because the parts of an `allOf` stand beside each other.
        for branch in list.iter_mut().filter(|branch| branch.get("type") != Some(&Value::from("null"))) {
            let all: Vec<Value> = rest.iter().chain([&*branch]).cloned().collect();
            *branch = serde_json::json!({"allOf": all});
        }
    }
    choice.retain(|keyword, _| matches!(keyword.as_str(), "anyOf" | "oneOf" | "description" | model::DISCRIMINATOR));
    Some(choice)
}

/// What stands beside `anyOf` or `oneOf` and says more than a word about the whole; `None`: nothing.
pub(crate) fn beside_branches(schema: &Map<String, Value>) -> Option<Map<String, Value>> {
    const STRUCTURAL: &[&str] = &["properties", "required", "additionalProperties", "items", "allOf", "enum", "const"];
    let beside = schema.iter().filter(|(keyword, _)| STRUCTURAL.contains(&keyword.as_str()) || *keyword == "type");
    let beside: Map<_, _> = beside.map(|(keyword, value)| (keyword.clone(), value.clone())).collect();
    // A type alone says what the branches say as well.
    STRUCTURAL.iter().any(|keyword| beside.contains_key(*keyword)).then_some(beside)
}

/// A schema without what is said about the place where it stands: two that are equal now are one type. What is said about
/// the properties stays, because the documentation of the fields says it.
pub(crate) fn structure(schema: &Map<String, Value>) -> Value {
    let is_structure =
        |keyword: &str| !matches!(keyword, "title" | "description" | "default" | "examples" | "deprecated");
    let kept = schema.iter().filter(|(keyword, _)| is_structure(keyword));
    kept.map(|(keyword, value)| (keyword.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// Adds the keywords of `part`; `None` where the types contradict each other.
fn add(merged: &mut Map<String, Value>, part: &Map<String, Value>) -> Option<()> {
    for (key, value) in part {
        match (key.as_str(), merged.get_mut(key), value) {
            (_, None, _) => {
                merged.insert(key.clone(), value.clone());
            }
            ("properties", Some(Value::Object(old)), Value::Object(new)) => {
                for (name, schema) in new {
                    match old.get_mut(name) {
                        Some(known) if known != schema => *known = serde_json::json!({"allOf": [known.take(), schema]}),
                        Some(_) => {}
                        None => {
                            old.insert(name.clone(), schema.clone());
                        }
                    }
                }
            }
            ("required", Some(Value::Array(old)), Value::Array(new)) => {
                for name in new {
                    if !old.contains(name) {
                        old.push(name.clone());
                    }
                }
            }
            ("type", Some(old), new) if old != new => match (old.as_str(), new.as_str()) {
                (Some("integer"), Some("number")) => {}
                (Some("number"), Some("integer")) => *old = new.clone(),
                _ => return None,
            },
            // Of two values the first is as good for a Rust type.
            _ => {}
        }
    }
    Some(())
}
