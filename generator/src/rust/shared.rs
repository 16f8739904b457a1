//! Anonymous types that several tools answer with: one type, whose name and documentation must not be those of the first.

use std::collections::BTreeMap;

use serde_json::Value;

use super::docs::Docs;
use super::names::{pascal, words};
use super::schema;
use crate::model::{self, Output};

/// How many words of a title are a name.
const TITLE_WORDS: usize = 4;
/// Words of names that many tools have in common.
const VERBS: &[&str] = &[
    "add", "all", "create", "delete", "find", "get", "list", "patch", "post", "put", "remove", "search", "set",
    "update",
];
/// How many tools a documentation names.
const MOST_NAMED: usize = 3;

/// What the anonymous answers of two or more tools are called, by the schema. The first of these that there is: the schema's
/// title; the words that the names of all these tools have in common; a tag that all of them have; the one property.
/// Without any, such a type is called after the first tool.
pub(super) fn names(server: &model::Server) -> BTreeMap<String, String> {
    let mut users: BTreeMap<String, (&serde_json::Map<String, Value>, Vec<&model::Tool>)> = BTreeMap::new();
    for tool in &server.tools {
        let (Output::Strict { schema, .. }
        | Output::Lenient { schema: Some(schema), .. }
        | Output::Off { schema: Some(schema), .. }) = &tool.output
        else {
            continue;
        };
        let Some(mut object) = schema.value.as_object() else { continue };
        if let Some(items) = object.get("items").and_then(Value::as_object) {
            object = items;
        }
        if object.contains_key("properties") {
            let key = schema::structure(object).to_string();
            users.entry(key).or_insert_with(|| (object, Vec::new())).1.push(tool);
        }
    }
    let several = users.into_iter().filter(|(_, (_, tools))| tools.len() > 1);
    several.filter_map(|(key, (object, tools))| Some((key, name(object, &tools)?))).collect()
}

fn name(object: &serde_json::Map<String, Value>, tools: &[&model::Tool]) -> Option<String> {
    let title = object.get("title").and_then(Value::as_str);
    if let Some(title) = title.filter(|title| (1..=TITLE_WORDS).contains(&words(title).len())) {
        return Some(pascal(title, "Output"));
    }
    let (first, others) = tools.split_first()?;
    let mut common = words(&first.name);
    // Short words are those between others, and a verb says nothing of what is answered.
    common.retain(|word| {
        word.len() > 2 && !VERBS.contains(&word.as_str()) && others.iter().all(|tool| words(&tool.name).contains(word))
    });
    if !common.is_empty() {
        return Some(format!("{}Output", pascal(&common.join("_"), "Output")));
    }
    let tag = first.tags.iter().find(|tag| others.iter().all(|tool| tool.tags.contains(tag)));
    if let Some(tag) = tag.filter(|tag| !words(tag).is_empty()) {
        return Some(format!("{}Output", pascal(tag, "Output")));
    }
    let properties = object.get("properties").and_then(Value::as_object)?;
    let mut names = properties.keys();
    match (names.next(), names.next()) {
        (Some(only), None) => Some(format!("{}Output", pascal(only, "Output"))),
        _ => None,
    }
}

/// `The output of [`GetPet`](super::GetPet) and [`ListPets`](super::ListPets).`
pub(super) fn docs(users: &[&str]) -> Option<Docs> {
    let named: Vec<&str> = users.iter().copied().take(MOST_NAMED).collect();
    let more = users.len() - named.len();
    let list = match named.as_slice() {
        [] => return None,
        _ if more > 0 => format!("{} and {more} more tools", named.join(", ")),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    Some(Docs::line(format!("What {list} {}.", if users.len() == 1 { "answers" } else { "answer" })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Schema, Server};
    use crate::samples;

    fn server(tools: &[(&str, &[&str], Value)]) -> Server {
        let mut server = samples::petstore();
        let tool = server.tools.first().cloned().unwrap();
        let with = |(name, tags, output): &(&str, &[&str], Value)| model::Tool {
            name: (*name).to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            output: Output::Lenient { schema: Some(Schema { value: output.clone(), span: tool.span }), text: None },
            ..tool.clone()
        };
        server.tools = tools.iter().map(with).collect();
        server
    }

    #[test]
    fn a_shared_answer_is_named_after_what_its_tools_share() {
        let ok = || json!({"type": "object", "properties": {"ok": {"type": "boolean"}}});
        let two = || json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
        let titled = || json!({"type": "object", "title": "Job status", "properties": {"ok": {"type": "boolean"}}});
        let list = || json!({"type": "array", "items": ok()});
        type Case = (Vec<(&'static str, &'static [&'static str], Value)>, Option<&'static str>);
        let cases: [Case; 7] = [
            (vec![("create_pet", &[], titled()), ("drop_toy", &[], titled())], Some("JobStatus")),
            (vec![("create_pet", &[], ok()), ("update_pet", &[], ok())], Some("PetOutput")),
            (vec![("list_pets", &["pets"], ok()), ("drop_toy", &["x", "pets"], ok())], Some("PetsOutput")),
            (vec![("list_pets", &[], list()), ("drop_toy", &[], ok())], Some("OkOutput")),
            (vec![("list_pets", &[], two()), ("list_toys", &[], two())], None),
            (vec![("list_pets", &[], ok())], None),
            (vec![("a_to_b", &[], two()), ("c_to_d", &[], two())], None),
        ];
        for (tools, expected) in cases {
            let names = names(&server(&tools));
            assert_eq!(names.values().next().map(String::as_str), expected, "{tools:?}");
        }
    }

    #[test]
    fn documentation_names_some_of_the_tools() {
        let line = |users: &[&str]| docs(users).map(|docs| serde_json::to_string(&docs).unwrap());
        assert_eq!(line(&[]), None);
        assert!(line(&["A"]).unwrap().contains("What A answers."));
        assert!(line(&["A", "B", "C"]).unwrap().contains("What A, B and C answer."));
        assert!(line(&["A", "B", "C", "D", "E"]).unwrap().contains("What A, B, C and 2 more tools answer."));
    }
}
