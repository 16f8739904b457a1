//! The keywords of JSON Schema 2020-12 and what each one takes.

/// The words of `type` (JSON Schema Validation 2020-12 §6.1.1).
pub(super) const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// What a keyword takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Schema,
    SchemaMap,
    SchemaList,
    /// A schema that is a question rather than a description.
    Condition,
    Conditions,
    Reference,
    Types,
    Text,
    Boolean,
    /// A whole number, 0 or more.
    Count,
    Number,
    /// A number above 0.
    Positive,
    Names,
    NamesMap,
    /// A list of different values.
    Members,
    List,
    Anything,
}

/// Every keyword. `$id`, `$schema`, `$anchor`, `$defs`, `$dynamicRef` are absent:
/// named types do their work, and a schema that needs them is given as `inputSchema` or `outputSchema`.
pub(super) const KEYWORDS: &[(&str, Takes)] = &[
    ("$ref", Takes::Reference),
    ("$comment", Takes::Text),
    ("type", Takes::Types),
    ("title", Takes::Text),
    ("description", Takes::Text),
    ("default", Takes::Anything),
    ("deprecated", Takes::Boolean),
    ("readOnly", Takes::Boolean),
    ("writeOnly", Takes::Boolean),
    ("examples", Takes::List),
    ("enum", Takes::Members),
    ("const", Takes::Anything),
    ("properties", Takes::SchemaMap),
    ("required", Takes::Names),
    ("additionalProperties", Takes::Schema),
    ("patternProperties", Takes::SchemaMap),
    ("propertyNames", Takes::Condition),
    ("minProperties", Takes::Count),
    ("maxProperties", Takes::Count),
    ("dependentRequired", Takes::NamesMap),
    ("dependentSchemas", Takes::Conditions),
    ("unevaluatedProperties", Takes::Schema),
    ("items", Takes::Schema),
    ("prefixItems", Takes::SchemaList),
    ("contains", Takes::Condition),
    ("minContains", Takes::Count),
    ("maxContains", Takes::Count),
    ("minItems", Takes::Count),
    ("maxItems", Takes::Count),
    ("uniqueItems", Takes::Boolean),
    ("unevaluatedItems", Takes::Schema),
    ("minLength", Takes::Count),
    ("maxLength", Takes::Count),
    ("pattern", Takes::Text),
    ("format", Takes::Text),
    ("contentEncoding", Takes::Text),
    ("contentMediaType", Takes::Text),
    ("contentSchema", Takes::Schema),
    ("minimum", Takes::Number),
    ("maximum", Takes::Number),
    ("exclusiveMinimum", Takes::Number),
    ("exclusiveMaximum", Takes::Number),
    ("multipleOf", Takes::Positive),
    ("allOf", Takes::SchemaList),
    ("anyOf", Takes::SchemaList),
    ("oneOf", Takes::SchemaList),
    ("not", Takes::Condition),
    ("if", Takes::Condition),
    ("then", Takes::Condition),
    ("else", Takes::Condition),
];

/// What to write for a keyword of OpenAPI, of an older draft, or of another place of this format.
pub(super) fn foreign_keyword(key: &str) -> Option<&'static str> {
    Some(match key {
        "nullable" => "write `type: [string, \"null\"]`",
        "example" => "write `examples: […]`",
        "optional" => "`optional` belongs to a property: a schema directly under `properties`, `input` or `variables`",
        "complete" => "`complete` belongs to a variable of a resource or an argument of a prompt",
        "definitions" | "$defs" => {
            "declare the schema under `types`, or give the whole schema as `inputSchema` or `outputSchema`"
        }
        "$id" | "$schema" | "$anchor" | "$dynamicRef" | "$dynamicAnchor" | "$vocabulary" => {
            "it is kept in a schema given as a whole, as `inputSchema` or `outputSchema`"
        }
        "discriminator" | "xml" | "externalDocs" => "this is a keyword of OpenAPI; JSON Schema has none like it",
        "additionalItems" => "write `prefixItems` for the first items and `items` for the others",
        "dependencies" => "write `dependentRequired` or `dependentSchemas`",
        _ => return None,
    })
}
