//! Validation by the `jsonschema` crate, for the keywords that there are no tables for. What it finds is reported in the
//! words of the tables.
//!
//! Nothing is fetched: a reference that leads out of the document is an error. Numbers are `serde_json`'s, so integers
//! beyond 64 bits are compared as floating-point numbers here, and a number beyond its range is refused.

use std::collections::HashMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, PatternOptions, ValidationError};
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::json::equal::repeated_item;
use crate::json::node::{MAX_DEPTH, Node};

use super::problem::{Problem, Relation, Size, Subject, cut, shown};
use super::schema::Types;
use super::violation::Violations;
use super::{dots, plain};

/// Steps back of one pattern on one string: patterns with look-around can take exponential time.
const BACKTRACK_LIMIT: usize = 100_000;
/// Alternatives within alternatives that are told apart.
const MAX_NESTED: u32 = 4;
/// How many violations of the closest alternative are reported.
const MAX_INNER: usize = 5;

/// A schema, compiled by `jsonschema`.
#[derive(Debug)]
pub(super) struct Fallback {
    schema: Value,
    /// Patterns as the document spells them, by what the engine reads.
    patterns: HashMap<String, String>,
    validator: jsonschema::Validator,
}

impl Fallback {
    pub(super) fn compile(schema: &str) -> Result<Self, Error> {
        let invalid = |message: String| {
            Error::new(ErrorKind::Internal, format!("The tool's schema is not valid: {}", cut(&message)))
        };
        let mut schema: Value = serde_json::from_str(schema).map_err(|error| invalid(error.to_string()))?;
        let patterns = dots::written_out(&mut schema);
        let validator = jsonschema::options()
            .offline()
            .should_validate_formats(false)
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT))
            .build(&schema)
            .map_err(|error| invalid(error.to_string()))?;
        Ok(Self { schema, patterns, validator })
    }

    /// Checks a value; `node` is the same value.
    pub(super) fn check(&self, value: &RawJson, node: &Node<'_>, subject: Subject) -> Result<(), Violations> {
        let value: Value = value
            .decode()
            .map_err(|error| Violations::one(plain(String::new(), format!("cannot be checked: {error}"))))?;
        if self.validator.is_valid(&value) {
            return Ok(());
        }
        let words = Words { schema: &self.schema, patterns: &self.patterns, root: node, subject };
        let mut found = Found::default();
        for error in self.validator.iter_errors(&value) {
            if found.violations.is_full() {
                found.violations.count();
            } else {
                words.add(&error, 0, &mut found);
            }
        }
        if found.violations.len() == 0 {
            found.violations.push(plain(String::new(), "does not fit the schema".to_owned()));
        }
        Err(found.violations)
    }
}

#[derive(Default)]
struct Found {
    violations: Violations,
    weight: u64,
}

/// Turns errors into violations.
struct Words<'w> {
    schema: &'w Value,
    patterns: &'w HashMap<String, String>,
    root: &'w Node<'w>,
    subject: Subject,
}

impl Words<'_> {
    fn push(&self, pointer: &str, problem: Problem<'_>, found: &mut Found) {
        found.weight += problem.weight();
        found.violations.push(problem.at(pointer.to_owned(), self.subject));
    }

    fn add(&self, error: &ValidationError<'_>, nested: u32, found: &mut Found) {
        let pointer = error.instance_path().as_str();
        let got = self.root.pointer(pointer).unwrap_or(&Node::Null);
        let other = |sentence: String| Problem::Other { got, sentence };
        match error.kind() {
            ValidationErrorKind::Type { kind } => {
                self.push(pointer, Problem::Type { expected: types(kind), got }, found)
            }
            ValidationErrorKind::Enum { options } => self.values(pointer, options, got, found),
            ValidationErrorKind::Constant { expected_value } => {
                self.values(pointer, &Value::Array(vec![expected_value.as_ref().clone()]), got, found);
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                self.push(pointer, Problem::Missing { name, because: None }, found);
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    let known = self.known(error, got);
                    let got = got.get(name).unwrap_or(&Node::Null);
                    self.push(pointer, Problem::Unknown { name, got, known }, found);
                }
            }
            ValidationErrorKind::Minimum { limit } => self.limit(pointer, got, Relation::BelowMinimum, limit, found),
            ValidationErrorKind::Maximum { limit } => self.limit(pointer, got, Relation::AboveMaximum, limit, found),
            ValidationErrorKind::ExclusiveMinimum { limit } => {
                self.limit(pointer, got, Relation::NotAbove, limit, found)
            }
            ValidationErrorKind::ExclusiveMaximum { limit } => {
                self.limit(pointer, got, Relation::NotBelow, limit, found)
            }
            ValidationErrorKind::MultipleOf { multiple_of } => {
                self.limit(pointer, got, Relation::NotMultiple, &Value::from(*multiple_of), found);
            }
            ValidationErrorKind::MinLength { limit }
            | ValidationErrorKind::MinItems { limit }
            | ValidationErrorKind::MinProperties { limit } => self.size(pointer, got, Size::TooShort, *limit, found),
            ValidationErrorKind::MaxLength { limit }
            | ValidationErrorKind::MaxItems { limit }
            | ValidationErrorKind::MaxProperties { limit } => self.size(pointer, got, Size::TooLong, *limit, found),
            ValidationErrorKind::Pattern { pattern } => {
                let pattern = self.patterns.get(pattern).unwrap_or(pattern);
                self.push(pointer, Problem::Pattern { got, pattern }, found);
            }
            ValidationErrorKind::UniqueItems => {
                let repeated = match got {
                    Node::Array(items) => repeated_item(items),
                    _ => None,
                };
                let (first, second) = repeated.unwrap_or_default();
                self.push(pointer, Problem::Repeated { first, second }, found);
            }
            ValidationErrorKind::PropertyNames { error } => {
                let name = error.instance().as_str().unwrap_or_default();
                self.push(pointer, Problem::Name { name, why: error.to_string() }, found);
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                self.alternatives(pointer, got, context, nested, found);
            }
            ValidationErrorKind::OneOfMultipleValid { .. } => {
                self.push(pointer, other("fits more than one alternative, but must fit exactly one".to_owned()), found);
            }
            ValidationErrorKind::FalseSchema => {
                self.push(pointer, other("no value is allowed here".to_owned()), found);
            }
            ValidationErrorKind::Not { .. } => {
                self.push(pointer, other(format!("{} is excluded by a \"not\" rule", shown(got))), found);
            }
            ValidationErrorKind::UnevaluatedItems { unexpected } => {
                let items = if unexpected.len() == 1 { "item" } else { "items" };
                let list: Vec<_> = unexpected.iter().take(5).map(|item| cut(item)).collect();
                self.push(
                    pointer,
                    other(format!("has {} unexpected {items}: {}", unexpected.len(), list.join(", "))),
                    found,
                );
            }
            ValidationErrorKind::BacktrackLimitExceeded { .. } => {
                self.push(pointer, other("takes too long to check against its pattern".to_owned()), found);
            }
            _ => self.push(pointer, other(cut(&error.masked().to_string()).into_owned()), found),
        }
    }

    fn values(&self, pointer: &str, options: &Value, got: &Node<'_>, found: &mut Found) {
        let text = options.to_string();
        let allowed = match Node::parse(&text, MAX_DEPTH) {
            Ok(Node::Array(allowed)) => allowed,
            _ => Vec::new(),
        };
        self.push(pointer, Problem::Values { allowed: allowed.iter().collect(), got }, found);
    }

    fn limit(&self, pointer: &str, got: &Node<'_>, relation: Relation, limit: &Value, found: &mut Found) {
        self.push(pointer, Problem::Limit { got, relation, limit: &limit.to_string() }, found);
    }

    fn size(&self, pointer: &str, got: &Node<'_>, relation: Size, limit: u64, found: &mut Found) {
        let count = match got {
            Node::String(text) => text.chars().count(),
            Node::Array(items) => items.len(),
            Node::Object(members) => members.len(),
            _ => 0,
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.push(pointer, Problem::Length { got, count, relation, limit }, found);
    }

    /// The names beside the keyword that are not in use.
    fn known(&self, error: &ValidationError<'_>, got: &Node<'_>) -> Vec<&str> {
        let path = error.schema_path().as_str();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let properties =
            self.schema.pointer(parent).and_then(|schema| schema.get("properties")).and_then(Value::as_object);
        let names = properties.into_iter().flat_map(|properties| properties.keys());
        names.map(String::as_str).filter(|name| got.get(name).is_none()).collect()
    }

    fn alternatives(
        &self,
        pointer: &str,
        got: &Node<'_>,
        context: &[Vec<ValidationError<'_>>],
        nested: u32,
        found: &mut Found,
    ) {
        let other_type = |errors: &[ValidationError<'_>]| {
            errors.iter().find_map(|error| match error.kind() {
                ValidationErrorKind::Type { kind } if error.instance_path().as_str() == pointer => Some(types(kind)),
                _ => None,
            })
        };
        let candidates: Vec<(usize, &Vec<ValidationError<'_>>)> =
            (0usize..).zip(context).filter(|(_, errors)| other_type(errors).is_none()).collect();
        if candidates.is_empty() {
            let expected = context.iter().filter_map(|errors| other_type(errors)).fold(Types::NONE, Types::with);
            return self.push(pointer, Problem::Type { expected, got }, found);
        }
        let none = |closest: &str| Problem::Other {
            got,
            sentence: format!("fits none of {} alternatives{closest}", context.len()),
        };
        if nested >= MAX_NESTED {
            return self.push(pointer, none(""), found);
        }
        let tried = candidates.iter().map(|(index, errors)| {
            let mut inner = Found::default();
            for error in errors.iter().take(MAX_INNER) {
                self.add(error, nested + 1, &mut inner);
            }
            (inner.weight, *index, inner.violations)
        });
        let Some((_, index, violations)) = tried.min_by_key(|(weight, ..)| *weight) else { return };
        if candidates.len() > 1 {
            self.push(pointer, none(&format!("; the closest is alternative {}", index + 1)), found);
        }
        for violation in violations.iter().take(MAX_INNER) {
            found.weight += 1;
            found.violations.push(violation.clone());
        }
    }
}

fn types(kind: &TypeKind) -> Types {
    let named = |json_type: JsonType| Types::named(json_type.as_str()).unwrap_or(Types::NONE);
    match kind {
        TypeKind::Single(one) => named(*one),
        TypeKind::Multiple(several) => several.iter().map(named).fold(Types::NONE, Types::with),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(schema: &str, value: &str) -> Vec<String> {
        let fallback = Fallback::compile(schema).unwrap();
        let node = Node::parse(value, MAX_DEPTH).unwrap();
        match fallback.check(&RawJson::parse(value).unwrap(), &node, Subject::Arguments) {
            Ok(()) => Vec::new(),
            Err(violations) => violations.iter().map(|violation| violation.message.clone()).collect(),
        }
    }

    #[test]
    fn the_words_are_those_of_the_tables() {
        for (schema, value) in [
            (r#"{"type":["integer","null"]}"#, r#""5""#),
            (r#"{"enum":["celsius","fahrenheit"]}"#, r#""Celsius""#),
            (r#"{"const":1}"#, "2"),
            (r#"{"required":["city"]}"#, "{}"),
            (r#"{"properties":{"city":{}},"additionalProperties":false}"#, r#"{"citty":1}"#),
            (r#"{"minimum":1}"#, "0"),
            (r#"{"exclusiveMaximum":1}"#, "1"),
            (r#"{"multipleOf":0.5}"#, "0.3"),
            (r#"{"minLength":2}"#, r#""a""#),
            (r#"{"maxItems":1}"#, "[1,2]"),
            (r#"{"uniqueItems":true}"#, "[1,2,1]"),
            (r#"{"pattern":"^a"}"#, r#""b""#),
            (r#"{"items":{"properties":{"a/b":{"type":"string"}}}}"#, r#"[{"a/b":5}]"#),
            (r#"{"not":{}}"#, "1"),
            (r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "1"),
            (r#"{"anyOf":[{"type":"string","minLength":3},{"type":"null"}]}"#, r#""a""#),
        ] {
            let tables = super::super::Validator::compile(schema).unwrap();
            let expected = tables.validate(&RawJson::parse(value).unwrap()).unwrap_err();
            assert_eq!(messages(schema, value).join("; "), expected.to_string(), "{schema} {value}");
        }
    }

    #[test]
    fn knows_what_the_tables_do_not() {
        assert_eq!(
            messages(r#"{"properties":{"city":{}},"unevaluatedProperties":false}"#, r#"{"citi":1}"#),
            [r#"unknown argument "citi"; did you mean "city"?"#]
        );
        assert_eq!(messages(r#"{"pattern":"^(?!a)"}"#, r#""abc""#), [r#""abc" does not match the pattern ^(?!a)"#]);
        assert_eq!(messages(r#"{"pattern":"^\\p{L}+$"}"#, r#""\u00e9""#), [""; 0]);
        assert_eq!(
            messages(r##"{"$ref":"#a","$defs":{"A":{"$anchor":"a","type":"null"}}}"##, "1"),
            ["expected null, got number 1"]
        );
    }

    #[test]
    fn i3_nothing_is_fetched_and_patterns_end() {
        assert!(Fallback::compile(r#"{"$ref":"http://127.0.0.1:1/x"}"#).is_err());
        assert!(Fallback::compile(r#"{"$ref":"file:///etc/passwd"}"#).is_err());
        let value = format!("\"{}!\"", "a".repeat(1000));
        assert_eq!(messages(r#"{"pattern":"^(?=x|(a+)+$)"}"#, &value).len(), 1);
        assert_eq!(messages(r#"{"unevaluatedProperties":true}"#, "1e400").len(), 1);
    }
}
