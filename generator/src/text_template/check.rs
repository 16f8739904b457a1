//! Checks a parsed template against the schema of the value that it renders, and lowers it to the model.

use std::ops::Range;

use serde_json::Value;

use super::parse::{Case, Format, Node, Path};
use super::{Compiled, Problem};
use crate::diag::Code;
use crate::diag::codes::spec as codes;
use crate::model::{self, Segment, TextTemplate};
use crate::schema_view::{Property, SchemaView};
use crate::suggest;

/// The template, and what is wrong with it.
pub(super) fn check(nodes: &[Node], schema: &Value, view: SchemaView<'_>) -> (Compiled, Vec<Problem>) {
    let mut checker = Checker { view, problems: Vec::new(), used: Vec::new() };
    let template = checker.nodes(nodes, &[Some(schema)]);
    (Compiled { template, used: checker.used }, checker.problems)
}

struct Checker<'a> {
    view: SchemaView<'a>,
    problems: Vec<Problem>,
    used: Vec<String>,
}

/// What a path leads to.
enum Found<'a> {
    Schema(&'a Value),
    /// The schema leaves it open: nothing can be checked.
    Open,
    /// Reported already.
    Wrong,
}

impl<'a> Checker<'a> {
    /// `scopes`: the schemas that names are looked up in, outermost first; `None`: an item that nothing is known about.
    fn nodes(&mut self, nodes: &[Node], scopes: &[Option<&'a Value>]) -> TextTemplate {
        nodes.iter().map(|node| self.node(node, scopes)).collect()
    }

    fn node(&mut self, node: &Node, scopes: &[Option<&'a Value>]) -> Segment {
        match node {
            Node::Text(text) => Segment::Literal(text.clone()),
            Node::Value { path, format } => {
                let found = self.find(path, scopes);
                let format = match format {
                    None => model::Format::Plain,
                    Some(Format::Decimals { digits, range }) => {
                        if let Found::Schema(schema) = found {
                            self.must_be_number(schema, path, range);
                        }
                        model::Format::Decimals(*digits)
                    }
                    Some(Format::Map { cases, range }) => {
                        if let Found::Schema(schema) = found {
                            self.must_cover(schema, path, cases, range);
                        }
                        model::Format::Map(cases.iter().map(|c| (c.member.clone(), c.text.clone())).collect())
                    }
                };
                Segment::Value { path: path.names.clone(), format }
            }
            Node::Each { path, body } => {
                let item = match self.find(path, scopes) {
                    Found::Schema(schema) => {
                        self.must_be_array(schema, path);
                        self.view.items(schema)
                    }
                    Found::Open | Found::Wrong => None,
                };
                let mut inner = scopes.to_vec();
                inner.push(item);
                Segment::Each { path: path.names.clone(), body: self.nodes(body, &inner) }
            }
        }
    }

    /// Looks a path up: its first name from the innermost scope outwards, the others from there.
    fn find(&mut self, path: &Path, scopes: &[Option<&'a Value>]) -> Found<'a> {
        let Some((first, rest)) = path.names.split_first() else { return self.item(path, scopes) };
        let mut open = false;
        let mut start = None;
        for (depth, scope) in scopes.iter().enumerate().rev() {
            match scope.map(|schema| self.view.property(schema, first)) {
                Some(Property::Declared(schema)) => {
                    if depth == 0 && !self.used.contains(first) {
                        self.used.push(first.clone());
                    }
                    start = Some(schema);
                    break;
                }
                Some(Property::Open) | None => open = true,
                Some(Property::Absent) => {}
            }
        }
        let Some(mut schema) = start else {
            if open {
                return Found::Open;
            }
            let names: Vec<&str> =
                scopes.iter().rev().flatten().flat_map(|scope| self.view.property_names(scope)).collect();
            let message = format!("there is no field `{first}`");
            self.problem(codes::TEMPLATE_FIELD, &path.range, message, Some(suggest::help(first, "fields", names)));
            return Found::Wrong;
        };
        let mut before = first;
        for name in rest {
            match self.view.property(schema, name) {
                Property::Declared(next) => schema = next,
                Property::Open => return Found::Open,
                Property::Absent => {
                    let message = format!("`{before}` has no field `{name}`");
                    let help = suggest::help(name, "fields", self.view.property_names(schema));
                    self.problem(codes::TEMPLATE_FIELD, &path.range, message, Some(help));
                    return Found::Wrong;
                }
            }
            before = name;
        }
        Found::Schema(schema)
    }

    /// `{.}`: the item of the innermost section.
    fn item(&mut self, path: &Path, scopes: &[Option<&'a Value>]) -> Found<'a> {
        match scopes {
            [_, .., innermost] => innermost.map_or(Found::Open, Found::Schema),
            _ => {
                let message = "`{.}` is the item of a section, and this is in none".to_owned();
                self.problem(codes::TEMPLATE_FIELD, &path.range, message, Some("name a field".into()));
                Found::Wrong
            }
        }
    }

    fn must_be_number(&mut self, schema: &'a Value, path: &Path, range: &Range<usize>) {
        if let Some(types) = self.view.types(schema)
            && !types.contains("number")
            && !types.contains("integer")
        {
            let message = format!("`{}` is {}, but decimals are for numbers", path.text(), words(&types));
            self.problem(codes::TEMPLATE_FORMAT, range, message, Some("drop the format".into()));
        }
    }

    fn must_be_array(&mut self, schema: &'a Value, path: &Path) {
        if let Some(types) = self.view.types(schema)
            && !types.contains("array")
        {
            let name = path.text();
            let message = format!("`{name}` is {}, but a section repeats over an array", words(&types));
            self.problem(
                codes::TEMPLATE_FORMAT,
                &path.range,
                message,
                Some(format!("write `{{{name}}}` for its value")),
            );
        }
    }

    /// Every member has a text, and every text belongs to a member.
    fn must_cover(&mut self, schema: &'a Value, path: &Path, cases: &[Case], range: &Range<usize>) {
        let name = path.text();
        let members: Vec<String> = match self.view.members(schema) {
            Some(members) => members.into_iter().filter(|member| !member.is_null()).map(plain).collect(),
            None => match self.view.types(schema) {
                Some(types) if types.iter().all(|of| matches!(*of, "boolean" | "null")) => {
                    vec!["true".into(), "false".into()]
                }
                None => return,
                Some(types) => {
                    let message = format!(
                        "`{name}` is {}, but texts for members need an enumeration or a boolean",
                        words(&types)
                    );
                    self.problem(codes::TEMPLATE_FORMAT, range, message, Some("give its schema an `enum`".into()));
                    return;
                }
            },
        };
        for (at, case) in cases.iter().enumerate() {
            if !members.contains(&case.member) {
                let message = format!("`{}` is no member of `{name}`", case.member);
                let help = suggest::help(&case.member, "members", members.iter().map(String::as_str));
                self.problem(codes::TEMPLATE_MEMBERS, &case.range, message, Some(help));
            } else if cases.iter().take(at).any(|before| before.member == case.member) {
                let message = format!("`{}` has two texts", case.member);
                self.problem(codes::TEMPLATE_MEMBERS, &case.range, message, None);
            }
        }
        let missing: Vec<String> = members
            .iter()
            .filter(|member| !cases.iter().any(|case| case.member == **member))
            .map(|member| format!("`{member}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!("no text for {} of `{name}`", missing.join(", "));
            self.problem(
                codes::TEMPLATE_MEMBERS,
                range,
                message,
                Some("give every member its text: `member=text`".into()),
            );
        }
    }

    fn problem(&mut self, code: Code, range: &Range<usize>, message: String, help: Option<String>) {
        self.problems.push(Problem { code, range: range.clone(), message, help });
    }
}

/// A member as a template prints it, and so as a template names it.
fn plain(member: &Value) -> String {
    match member {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Types with their article: `a string or null`.
fn words(types: &std::collections::BTreeSet<&str>) -> String {
    let article = |name: &&str| match *name {
        "null" => "null".to_owned(),
        "array" | "integer" | "object" => format!("an {name}"),
        _ => format!("a {name}"),
    };
    types.iter().map(article).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use serde_json::json;

    use super::super::compile;
    use super::*;
    use crate::model::Schema;
    use crate::source::Span;

    fn try_compile(text: &str) -> Result<Compiled, Vec<Problem>> {
        let unit =
            Schema { value: json!({"type": "string", "enum": ["celsius", "fahrenheit"]}), span: Span::default() };
        let named = IndexMap::from([("Unit".to_owned(), unit)]);
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "temperature": {"type": "number"},
                "raining": {"type": "boolean"},
                "unit": {"$ref": "#/$defs/Unit"},
                "place": {"type": "object", "properties": {"country": {"type": "string"}}},
                "extra": {},
                "tags": {"type": "array", "items": {"type": "string"}},
                "days": {"type": "array", "items": {"type": "object", "properties": {"high": {"type": "number"}}}},
            }
        });
        compile(text, &schema, SchemaView::new(&named))
    }

    fn problems(text: &str) -> Vec<(Code, Range<usize>)> {
        try_compile(text).unwrap_err().into_iter().map(|p| (p.code, p.range)).collect()
    }

    #[test]
    fn lowers_to_the_model() {
        let compiled = try_compile("{city}: {temperature:.0}{unit:celsius=°C|fahrenheit=°F}").unwrap();
        let value = |name: &str, format| Segment::Value { path: vec![name.into()], format };
        let map = vec![("celsius".to_owned(), "°C".to_owned()), ("fahrenheit".to_owned(), "°F".to_owned())];
        assert_eq!(
            compiled.template,
            [
                value("city", model::Format::Plain),
                Segment::Literal(": ".into()),
                value("temperature", model::Format::Decimals(0)),
                value("unit", model::Format::Map(map)),
            ]
        );
        assert_eq!(compiled.used, ["city", "temperature", "unit"]);
    }

    #[test]
    fn names_are_looked_up_in_the_item_first_then_outwards() {
        assert!(try_compile("{#days}{high:.0}{unit} {/days}").is_ok());
        assert_eq!(problems("{#days}{high} {low} {/days}"), [(codes::TEMPLATE_FIELD, 15..18)]);
        assert_eq!(problems("{high}"), [(codes::TEMPLATE_FIELD, 1..5)]);
    }

    #[test]
    fn an_item_without_fields_is_a_point() {
        let compiled = try_compile("{#tags}#{.} {/tags}").unwrap();
        let Segment::Each { body, .. } = &compiled.template[0] else { panic!() };
        assert_eq!(body[1], Segment::Value { path: Vec::new(), format: model::Format::Plain });
        assert_eq!(problems("{.}"), [(codes::TEMPLATE_FIELD, 1..2)]);
        assert_eq!(problems("{#tags}{.:.1}{/tags}"), [(codes::TEMPLATE_FORMAT, 10..12)]);
        assert_eq!(problems("{#tags}{length}{/tags}"), [(codes::TEMPLATE_FIELD, 8..14)]);
    }

    #[test]
    fn unknown_fields_are_refused_with_the_near_one() {
        let problem = try_compile("{citty}").unwrap_err().remove(0);
        assert!(problem.help.unwrap().starts_with("did you mean `city`?"));
        assert_eq!(problems("{place.contry}"), [(codes::TEMPLATE_FIELD, 1..13)]);
        assert_eq!(problems("{city.x}"), [(codes::TEMPLATE_FIELD, 1..7)]);
        assert!(try_compile("{extra.anything}").is_ok(), "nothing is known about `extra`");
    }

    #[test]
    fn formats_fit_their_types() {
        assert_eq!(problems("{city:.0}"), [(codes::TEMPLATE_FORMAT, 6..8)]);
        assert_eq!(problems("{city:a=b}"), [(codes::TEMPLATE_FORMAT, 6..9)]);
        assert_eq!(problems("{#city}{/city}"), [(codes::TEMPLATE_FORMAT, 2..6)]);
    }

    #[test]
    fn every_member_is_covered_and_no_other_named() {
        assert_eq!(problems("{unit:celsius=C}"), [(codes::TEMPLATE_MEMBERS, 6..15)]);
        assert_eq!(problems("{unit:celsius=C|fahrenheit=F|kelvin=K}"), [(codes::TEMPLATE_MEMBERS, 29..37)]);
        assert_eq!(problems("{unit:celsius=C|celsius=D|fahrenheit=F}"), [(codes::TEMPLATE_MEMBERS, 16..25)]);
        assert!(try_compile("{raining:true=rain|false=dry}").is_ok());
        assert_eq!(problems("{raining:true=rain}"), [(codes::TEMPLATE_MEMBERS, 9..18)]);
    }
}
