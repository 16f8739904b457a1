//! Arguments: parameters and the body side by side in one object, each with a name of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::body::Body;
use super::names;
use crate::model::{self, BodyLayout, Location, RequestBody};
use crate::source::Span;

/// One property of a tool's input.
pub(super) struct Argument {
    /// The name on the wire.
    pub wire: String,
    /// The name of the property: set by [`name`].
    pub name: String,
    pub required: bool,
    /// Whether a body that is there must have it; for a body that is optional itself.
    pub required_in_body: bool,
    pub schema: Value,
    pub carrier: Carrier,
    pub span: Span,
}

/// What an argument becomes in the request.
pub(super) enum Carrier {
    Parameter(model::Parameter),
    /// A property of the body.
    Property,
    /// The whole body.
    Body,
}

impl Argument {
    pub(super) fn is_at(&self, location: Location) -> bool {
        matches!(&self.carrier, Carrier::Parameter(parameter) if parameter.location == location)
    }

    /// The prefix that tells arguments of one name apart.
    fn prefix(&self) -> &'static str {
        match &self.carrier {
            Carrier::Parameter(parameter) => match parameter.location {
                Location::Path => "path",
                Location::Query | Location::QueryString => "query",
                Location::Header => "header",
                Location::Cookie => "cookie",
            },
            Carrier::Property | Carrier::Body => "body",
        }
    }
}

/// Names the arguments: as on the wire where that is legal and alone; where several places use one name, all of them
/// get the prefix of their place (`path_id`, `body_id`), so that none is taken for another.
pub(super) fn name(arguments: &mut [Argument]) {
    let wanted: Vec<String> = arguments.iter().map(|argument| names::argument(&argument.wire)).collect();
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for name in &wanted {
        *uses.entry(name.clone()).or_default() += 1;
    }
    let alone = |name: &str| uses.get(name) == Some(&1);
    let mut taken: Vec<String> = wanted.iter().filter(|name| alone(name)).cloned().collect();
    for (argument, wanted) in arguments.iter_mut().zip(&wanted) {
        if alone(wanted) {
            argument.name.clone_from(wanted);
            continue;
        }
        let base = format!("{}_{wanted}", argument.prefix());
        let base = base.get(..base.len().min(60)).unwrap_or(&base).to_owned();
        let mut candidate = base.clone();
        let mut number = 2;
        while taken.contains(&candidate) {
            candidate = format!("{base}_{number}");
            number += 1;
        }
        taken.push(candidate.clone());
        argument.name = candidate;
    }
}

/// The names that several places use, each with the arguments that it became.
pub(super) fn collisions(arguments: &[Argument]) -> Vec<(String, Vec<&Argument>)> {
    let mut uses: BTreeMap<String, Vec<&Argument>> = BTreeMap::new();
    for argument in arguments {
        uses.entry(names::argument(&argument.wire)).or_default().push(argument);
    }
    uses.into_iter().filter(|(_, arguments)| arguments.len() > 1).collect()
}

/// The input schema: a plain object.
pub(super) fn input(arguments: &[Argument]) -> Value {
    let properties: Map<String, Value> =
        arguments.iter().map(|argument| (argument.name.clone(), argument.schema.clone())).collect();
    let required: Vec<&str> =
        arguments.iter().filter(|argument| argument.required).map(|argument| argument.name.as_str()).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    let together = together(arguments);
    if !together.is_empty() {
        schema.insert("dependentRequired".to_owned(), Value::Object(together));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    Value::Object(schema)
}

/// What an optional body must have as soon as one of its properties is given.
fn together(arguments: &[Argument]) -> Map<String, Value> {
    let properties = || arguments.iter().filter(|argument| matches!(argument.carrier, Carrier::Property));
    let needed: Vec<&str> =
        properties().filter(|one| one.required_in_body && !one.required).map(|one| one.name.as_str()).collect();
    let others = |one: &Argument| needed.iter().copied().filter(|name| *name != one.name).collect::<Vec<_>>();
    properties().map(|one| (one.name.clone(), json!(others(one)))).filter(|(_, others)| others != &json!([])).collect()
}

/// The parameters with their arguments.
pub(super) fn parameters(arguments: &[Argument]) -> Vec<model::Parameter> {
    let parameter = |argument: &Argument| match &argument.carrier {
        Carrier::Parameter(parameter) => {
            Some(model::Parameter { argument: argument.name.clone(), ..parameter.clone() })
        }
        Carrier::Property | Carrier::Body => None,
    };
    arguments.iter().filter_map(parameter).collect()
}

/// The body with its arguments.
pub(super) fn body(body: Body, arguments: &[Argument]) -> RequestBody {
    let whole = arguments.iter().find(|argument| matches!(argument.carrier, Carrier::Body));
    let layout = match whole {
        Some(argument) => BodyLayout::Whole { argument: argument.name.clone() },
        None => {
            let properties = arguments.iter().filter(|argument| matches!(argument.carrier, Carrier::Property));
            BodyLayout::Flattened(properties.map(|argument| (argument.name.clone(), argument.wire.clone())).collect())
        }
    };
    let Body { media_type, required, encodings, part_headers, given_headers, xml, example, span, .. } = body;
    RequestBody { media_type, layout, required, encodings, part_headers, given_headers, xml, example, span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Style;

    fn argument(wire: &str, location: Option<Location>) -> Argument {
        let carrier = match location {
            Some(location) => Carrier::Parameter(model::Parameter {
                argument: String::new(),
                name: wire.to_owned(),
                location,
                style: Style::Form,
                explode: true,
                allow_reserved: false,
                content_type: None,
                examples: Vec::new(),
                span: Span::default(),
            }),
            None => Carrier::Property,
        };
        let (name, span) = (String::new(), Span::default());
        Argument {
            wire: wire.to_owned(),
            name,
            required: true,
            required_in_body: false,
            schema: json!({}),
            carrier,
            span,
        }
    }

    #[test]
    fn collisions_get_the_prefix_of_their_place() {
        let mut arguments = vec![
            argument("id", Some(Location::Path)),
            argument("id", Some(Location::Query)),
            argument("id", None),
            argument("path_id", None),
            argument("a[]", Some(Location::Query)),
            argument("a", Some(Location::Query)),
            argument("limit", Some(Location::Query)),
        ];
        name(&mut arguments);
        let names: Vec<&str> = arguments.iter().map(|argument| argument.name.as_str()).collect();
        assert_eq!(names, ["path_id_2", "query_id", "body_id", "path_id", "query_a", "query_a_2", "limit"]);
        assert_eq!(parameters(&arguments)[0].argument, "path_id_2");
        assert_eq!(parameters(&arguments)[0].name, "id");
        let given = Body {
            media_type: "application/json".into(),
            required: true,
            arguments: Vec::new(),
            encodings: Vec::new(),
            part_headers: Vec::new(),
            given_headers: Vec::new(),
            xml: Vec::new(),
            example: None,
            description: None,
            span: Span::default(),
        };
        let BodyLayout::Flattened(properties) = body(given, &arguments).layout else { panic!("flattened") };
        assert_eq!(properties[0], ("body_id".to_owned(), "id".to_owned()));
    }
}
