//! Against the `jsonschema` crate, over random small schemas and values.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::Validator;
use crate::json::RawJson;

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..6).prop_map(Value::from),
        (-3i32..6).prop_map(|n| Value::from(f64::from(n) / 2.0)),
        "[ab\u{e9}]{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[abc]", inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn type_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"])
}

fn keyword(schema: BoxedStrategy<Value>) -> impl Strategy<Value = (String, Value)> {
    let count = || (0u64..4).prop_map(Value::from);
    let number = || (-2i32..8).prop_map(|n| if n % 2 == 0 { json!(n / 2) } else { json!(f64::from(n) / 2.0) });
    let name = || "[abc]".prop_map(Value::from);
    let names = move || prop::sample::subsequence(vec!["a", "b", "c"], 0..=3).prop_map(|names| json!(names));
    let schemas = {
        let schema = schema.clone();
        move || vec(schema.clone(), 1..4).prop_map(Value::from)
    };
    let map = {
        let schema = schema.clone();
        move || vec(("[abc]", schema.clone()), 0..3).prop_map(|members| Value::Object(members.into_iter().collect()))
    };
    let with = |names: &'static [&'static str], value: BoxedStrategy<Value>| {
        (prop::sample::select(names), value).prop_map(|(name, value)| (name.to_owned(), value)).boxed()
    };
    prop_oneof![
        3 => with(&["type"], type_name().prop_map(Value::from).boxed()),
        1 => with(&["type"], prop::sample::subsequence(vec!["null", "integer", "string", "object"], 1..4)
            .prop_map(|names| json!(names)).boxed()),
        1 => with(&["enum"], vec(value(), 1..4).prop_map(Value::from).boxed()),
        1 => with(&["const"], value().boxed()),
        2 => with(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], number().boxed()),
        1 => with(&["multipleOf"], prop::sample::select(vec![json!(1), json!(2), json!(0.5), json!(1.5)]).boxed()),
        2 => with(&["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], count().boxed()),
        1 => with(&["pattern"], prop::sample::select(vec![json!("^a"), json!("b$"), json!("^[^b]+$"), json!("a{2,}|\u{e9}")]).boxed()),
        1 => with(&["uniqueItems"], any::<bool>().prop_map(Value::from).boxed()),
        2 => with(&["items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"], schema.boxed()),
        1 => with(&["minContains", "maxContains"], count().boxed()),
        2 => with(&["allOf", "anyOf", "oneOf", "prefixItems"], schemas().boxed()),
        2 => with(&["properties", "dependentSchemas"], map().boxed()),
        1 => with(&["patternProperties"], map().boxed()),
        1 => with(&["required"], names().boxed()),
        1 => with(&["dependentRequired"], (name(), names()).prop_map(|(name, names)| {
            let Value::String(name) = name else { return json!({}) };
            json!({ name: names })
        }).boxed()),
        1 => with(&["$ref"], prop::sample::select(vec![json!("#"), json!("#/$defs/A"), json!("#/$defs/B")]).boxed()),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Value::from),
        3 => type_name().prop_map(|name| json!({ "type": name })),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        vec(keyword(inner.boxed()), 0..4).prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_jsonschema(root in schema(), a in schema(), b in schema(), values in vec(value(), 1..6)) {
        let mut root = root;
        if let Value::Object(members) = &mut root {
            members.insert("$defs".to_owned(), json!({ "A": a, "B": b }));
        }
        // Schemas that apply themselves without end are refused here, and overflow the stack there.
        let ours = match Validator::compile(&root.to_string()) {
            Ok(ours) => ours,
            Err(error) => {
                prop_assert!(error.message().ends_with("without end"), "{} {}", root, error);
                return Ok(());
            }
        };
        let theirs = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).offline().build(&root);
        let theirs = theirs.map_err(|error| TestCaseError::fail(format!("{root}: {error}")))?;
        for value in values {
            let outcome = ours.validate(&RawJson::parse(&value.to_string()).unwrap());
            prop_assert_eq!(outcome.is_ok(), theirs.is_valid(&value), "{} {}: {:?}", root, value, outcome);
            if let Err(violations) = outcome {
                prop_assert!(violations.len() > 0);
                prop_assert!(!violations.to_string().contains("too complex"), "{} {}", root, value);
            }
        }
    }
}
