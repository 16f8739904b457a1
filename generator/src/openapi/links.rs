//! What an answer leads to: Link Objects (OpenAPI 3.1.1 §4.8.20), and ids of what was created.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{Operation, ReferenceOr, StatusCode};
use serde_json::{Map, Value};

use super::at;
use super::operation::Lowered;
use super::resources::gather;
use super::schema::Schemas;
use crate::load::{join, tokens};
use crate::model::{HttpBinding, Link, LinkValue, Location, Output};

/// How many links one answer has at most.
const MOST: usize = 4;

/// How many schemas are looked at for an id.
const LOOKS: usize = 16;

/// A Link Object as it stands in the document.
pub(super) struct Declared {
    to: Target,
    values: Vec<(String, LinkValue)>,
}

enum Target {
    OperationId(String),
    Get(String),
}

/// The links of the successful responses. One whose values cannot be taken from a request or an answer is passed over.
pub(super) fn declared(operation: &Operation, schemas: &Schemas<'_, '_>) -> Vec<Declared> {
    let successes = operation.responses.responses.iter().filter_map(|(status, response)| match (status, response) {
        (StatusCode::Code(200..=299) | StatusCode::Range(2), ReferenceOr::Item(response)) => Some(response),
        _ => None,
    });
    let mut found = Vec::new();
    for response in successes {
        let place = join(at(&response.extensions), "links");
        let links = schemas.refs.at(&place).and_then(Value::as_object);
        for (name, link) in links.into_iter().flatten() {
            let link = schemas.refs.follow_quietly(&join(&place, name), link);
            found.extend(link.and_then(|link| read(link.value.as_object()?)));
        }
    }
    found.truncate(MOST);
    found
}

fn read(link: &Map<String, Value>) -> Option<Declared> {
    let text = |key| link.get(key).and_then(Value::as_str);
    let to = match (text("operationId"), text("operationRef")) {
        (Some(id), _) => Target::OperationId(id.to_owned()),
        (None, Some(reference)) => {
            let path: Vec<String> = tokens(reference.split_once('#')?.1).collect();
            let [.., path, method] = path.as_slice() else { return None };
            Target::Get((method == "get").then(|| path.clone())?)
        }
        (None, None) => return None,
    };
    let given = link.get("parameters").and_then(Value::as_object);
    let values = given.into_iter().flatten().map(|(name, value)| {
        // `path.id` tells parameters of one name apart.
        let name = ["path.", "query."].iter().find_map(|place| name.strip_prefix(place)).unwrap_or(name);
        Some((name.to_owned(), expression(value)?))
    });
    Some(Declared { to, values: values.collect::<Option<_>>()? })
}

/// A constant or a runtime expression (OpenAPI 3.1.1 §4.8.20.4).
fn expression(value: &Value) -> Option<LinkValue> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Number(number) => return Some(LinkValue::Constant(number.to_string())),
        _ => return None,
    };
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let parameter = |location, name: &str| Some(LinkValue::Parameter(location, name.to_owned()));
    if let Some(pointer) = inner.strip_prefix("$response.body#") {
        return Some(LinkValue::Answer(pointer.to_owned()));
    }
    if let Some(name) = inner.strip_prefix("$request.path.") {
        return parameter(Location::Path, name);
    }
    if let Some(name) = inner.strip_prefix("$request.query.") {
        return parameter(Location::Query, name);
    }
    (!text.contains(['$', '{'])).then(|| LinkValue::Constant(text.to_owned()))
}

/// Finds the operations that links lead to. Where the document has no link, `POST /pets` leads to `GET /pets/{petId}` if
/// its answer has the property `petId` or `id`.
pub(super) fn settle(lowered: &mut [Lowered], schemas: &mut Schemas<'_, '_>) {
    let reads: Vec<Read> = lowered.iter().filter_map(Read::of).collect();
    let paths: BTreeSet<&str> = reads.iter().map(|read| read.path.as_str()).collect();
    let (mut by_id, mut by_base) = (BTreeMap::new(), BTreeMap::new());
    for read in &reads {
        // The first of several counts.
        if let Some(id) = read.operation_id.as_deref() {
            by_id.entry(id).or_insert(read);
        }
        if let Some((base, item)) = read.in_collection() {
            by_base.entry(base).or_insert(item);
        }
    }
    for one in lowered.iter_mut() {
        let declared = std::mem::take(&mut one.links).into_iter().filter_map(|link| {
            let path = match &link.to {
                Target::OperationId(id) => by_id.get(id.as_str())?.path.as_str(),
                Target::Get(path) => paths.get(path.as_str()).copied()?,
            };
            Some(Link { path: path.to_owned(), values: link.values })
        });
        let mut links: Vec<Link> = declared.collect();
        if links.is_empty() {
            links.extend(created(one, &by_base, schemas));
        }
        one.tool.links = links;
    }
}

/// An operation that a resource can be read by.
struct Read {
    path: String,
    operation_id: Option<String>,
}

impl Read {
    fn of(one: &Lowered) -> Option<Self> {
        let HttpBinding { method, path, body: None, .. } = one.tool.binding.as_ref()? else { return None };
        (method == "GET").then(|| Self { path: path.clone(), operation_id: one.tool.operation_id.clone() })
    }

    /// For `/pets/{petId}`: `/pets`, and the path with the name of its parameter.
    fn in_collection(&self) -> Option<(&str, (&str, &str))> {
        let (base, last) = self.path.rsplit_once('/')?;
        let parameter = last.strip_prefix('{')?.strip_suffix('}')?;
        (!parameter.contains(['{', '}'])).then_some((base, (&self.path, parameter)))
    }
}

fn created(one: &Lowered, reads: &BTreeMap<&str, (&str, &str)>, schemas: &mut Schemas<'_, '_>) -> Option<Link> {
    let binding = one.tool.binding.as_ref().filter(|binding| binding.method == "POST")?;
    let Output::Lenient { schema: Some(schema), .. } = &one.tool.output else { return None };
    let base = binding.path.trim_end_matches('/');
    let (path, parameter) = *reads.get(base)?;
    let mut names: Vec<String> = Vec::new();
    gather(&schema.value, schemas, &mut { LOOKS }, &mut |fields| {
        names.extend(fields.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned());
    });
    let is_id = parameter.to_ascii_lowercase().ends_with("id");
    let property =
        [parameter, if is_id { "id" } else { "" }].into_iter().find(|id| names.iter().any(|name| name == id))?;
    let own = binding.parameters.iter().filter(|own| own.location == Location::Path);
    let mut values: Vec<_> =
        own.map(|own| (own.name.clone(), LinkValue::Parameter(Location::Path, own.name.clone()))).collect();
    let pointer = join("", property);
    values.push((parameter.to_owned(), LinkValue::Answer(pointer)));
    Some(Link { path: path.to_owned(), values })
}
