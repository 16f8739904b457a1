//! What a Schema Object must not hold: keys that are no keywords, patterns that are no regular expressions.

use serde_json::{Map, Value};

use super::{Schemas, keyword};
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::load::join;

/// Keywords that are read in another way than by copying them, or that say nothing about a value: OpenAPI 3.0.4
/// §4.7.24, 3.1.1 §4.8.24, JSON Schema 2020-12 Core §8 and Validation §9.
const KNOWN: &[&str] = &[
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "$id",
    "$schema",
    "$anchor",
    "$dynamicAnchor",
    "$recursiveAnchor",
    "$vocabulary",
    "$comment",
    "$defs",
    "definitions",
    "id",
    "type",
    "properties",
    "required",
    "enum",
    "items",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "nullable",
    "readOnly",
    "writeOnly",
    "default",
    "example",
    "examples",
    "discriminator",
    "xml",
    "externalDocs",
];

/// Fields of a Parameter Object: where it has no `schema`, its own keywords are read as one.
const OF_PARAMETERS: &[&str] =
    &["name", "in", "style", "explode", "allowReserved", "allowEmptyValue", "content", "collectionFormat"];

/// How much of a pattern is read to check it, and how deep its groups may stand: a reader of patterns is recursive.
const MAX_PATTERN: usize = 10_000;
const MAX_GROUPS: usize = 200;

/// Whether a key is a keyword of Schema Objects.
pub(in crate::openapi) fn is_keyword(key: &str) -> bool {
    keyword(key).is_some() || KNOWN.contains(&key)
}

impl Schemas<'_, '_> {
    /// Says which keys of a schema are no keywords and so restrict nothing.
    pub(super) fn unknown_keywords(&mut self, fields: &Map<String, Value>, pointer: &str) {
        let parameter = fields.contains_key("in") && fields.contains_key("name");
        for (name, value) in fields {
            let known =
                is_keyword(name) || name.starts_with("x-") || parameter && OF_PARAMETERS.contains(&name.as_str());
            if known {
                continue;
            }
            let at = self.index.key_span(&join(pointer, name));
            let shown: String = name.chars().take(60).collect();
            let message = format!("`{shown}` is no keyword of a schema and is not read");
            let problem = Diagnostic::warning(codes::UNKNOWN_KEYWORD, at, message);
            let near = KNOWN.iter().copied().chain(COPIED.iter().copied()).filter(|near| !fields.contains_key(*near));
            self.report.push(if value.is_null() {
                problem.help("in YAML's braces a comma ends a value: put quotes around a text with commas")
            } else if let Some(near) = crate::suggest::closest(&shown, near) {
                problem.label(format!("did you mean `{near}`?"))
            } else {
                problem.help("begin the name of an extension with `x-`")
            });
        }
    }

    /// Whether a pattern is a regular expression (ECMA-262, as documents write it: with the `u` flag or without).
    pub(super) fn is_pattern(&mut self, pattern: &str, pointer: &str) -> bool {
        if pattern.len() > MAX_PATTERN || pattern.matches('(').count() > MAX_GROUPS {
            return true;
        }
        let Err(error) = regress::Regex::new(pattern) else { return true };
        if regress::Regex::with_flags(pattern, "u").is_ok() {
            return true;
        }
        let at = self.index.span(pointer);
        let message = format!("`{pattern}` is no regular expression and is left out: {error}");
        let problem = Diagnostic::warning(codes::BAD_PATTERN, at, message);
        self.report.push(problem.help("patterns are those of ECMA-262 (JavaScript)"));
        false
    }
}

/// The keywords that are copied, for suggestions.
const COPIED: &[&str] = &[
    "additionalProperties",
    "patternProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "title",
    "description",
    "format",
    "pattern",
    "uniqueItems",
    "deprecated",
    "const",
];
