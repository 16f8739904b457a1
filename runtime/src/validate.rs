//! STAND-IN: validation, as far as the pipeline's tests need it. The owner's files replace this one.

use serde_json::Value as Tree;

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::uri_template;

pub(crate) struct Validator {
    schema: Tree,
}

#[derive(Debug)]
pub(crate) struct Violation {
    pub pointer: String,
    pub message: String,
}

#[derive(Debug)]
pub(crate) struct Violations(Vec<Violation>);

impl Validator {
    pub(crate) fn compile(schema: &str) -> Result<Self, Error> {
        serde_json::from_str(schema)
            .map(|schema| Self { schema })
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }

    pub(crate) fn validate(&self, value: &RawJson) -> Result<(), Violations> {
        let value: Tree = value.decode().unwrap_or(Tree::Null);
        let mut found = Vec::new();
        check(&self.schema, &value, "", &mut found);
        if found.is_empty() { Ok(()) } else { Err(Violations(found)) }
    }
}

fn check(schema: &Tree, value: &Tree, pointer: &str, found: &mut Vec<Violation>) {
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    if !fits {
        found.push(Violation { pointer: pointer.to_owned(), message: format!("must be {}", schema["type"]) });
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Tree::as_str) {
        if value.get(name).is_none() {
            found.push(Violation { pointer: format!("{pointer}/{name}"), message: "is required".to_owned() });
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            check(property, value, &format!("{pointer}/{name}"), found);
        }
    }
}

impl Violations {
    pub(crate) fn into_error(self) -> Error {
        let lines: Vec<_> = self.0.iter().map(|one| format!("{} {}", one.pointer, one.message)).collect();
        let data = serde_json::json!({
            "violations": self.0.iter().map(|one| serde_json::json!({ "pointer": one.pointer, "message": one.message })).collect::<Vec<_>>()
        });
        let error = Error::new(ErrorKind::InvalidInput, lines.join("; ")).with_type("InvalidParams");
        match RawJson::encode(&data) {
            Ok(data) => error.with_data(data),
            Err(_) => error,
        }
    }
}

pub(crate) fn coerce(schema: &str, values: &[(String, uri_template::Value)]) -> RawJson {
    let schema: Tree = serde_json::from_str(schema).unwrap_or(Tree::Null);
    let mut object = serde_json::Map::new();
    for (name, value) in values {
        let uri_template::Value::One(text) = value else { continue };
        let typed = match schema["properties"][name]["type"].as_str() {
            Some("integer") => text.parse::<i64>().map_or_else(|_| Tree::from(text.as_str()), Tree::from),
            _ => Tree::from(text.as_str()),
        };
        object.insert(name.clone(), typed);
    }
    RawJson::encode(&object).unwrap_or_else(|_| RawJson::from_valid("{}"))
}

pub(crate) fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, candidate)| candidate)
}
