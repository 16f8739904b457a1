//! What is reported, in which words, and at what cost.

use std::time::{Duration, Instant};

use super::*;

mod differential;
mod suite;

fn violations(schema: &str, value: &str) -> Violations {
    let validator = Validator::compile(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
    match validator.validate(&RawJson::parse(value).unwrap()) {
        Ok(()) => Violations::default(),
        Err(violations) => {
            assert!(violations.len() > 0, "{schema} {value}: an error without a violation");
            violations
        }
    }
}

fn messages(schema: &str, value: &str) -> Vec<String> {
    violations(schema, value).iter().map(|violation| violation.message.clone()).collect()
}

/// The input schema of a small tool.
const WEATHER: &str = r##"{"type":"object","properties":{
    "city":{"type":"string","minLength":2},
    "unit":{"$ref":"#/$defs/Unit"},
    "days":{"type":"integer","minimum":1,"maximum":14,"default":3},
    "at":{"type":"object","properties":{"lat":{"type":"number"},"lon":{"type":"number"}},"required":["lat","lon"],
        "additionalProperties":false}},
    "required":["city"],"additionalProperties":false,
    "$defs":{"Unit":{"type":"string","enum":["celsius","fahrenheit"]}}}"##;

#[test]
fn valid_arguments_pass() {
    for value in [
        r#"{"city":"tokyo"}"#,
        r#"{"city":"tokyo","unit":"celsius","days":14,"at":{"lat":-90.5,"lon":1}}"#,
        r#"{ "days" : 3.0 , "city" : "\u6771\u4eac" }"#,
    ] {
        assert_eq!(messages(WEATHER, value), [""; 0], "{value}");
    }
}

#[test]
fn every_violation_is_reported_in_words_to_act_on() {
    assert_eq!(
        messages(WEATHER, r#"{"citty":"tokyo","unit":"kelvin","days":20,"at":{"lat":"5","lng":1}}"#),
        [
            r#"unknown argument "citty"; did you mean "city"?"#,
            r#"/unit: "kelvin" is not one of "celsius", "fahrenheit""#,
            "/days: 20 is more than the maximum 14",
            r#"/at/lat: expected number, got string "5"; did you mean 5?"#,
            r#"/at: unknown property "lng"; the others are "lon""#,
            r#"/at: missing required property "lon""#,
            r#"missing required argument "city""#,
        ]
    );
    assert_eq!(messages(WEATHER, "[]"), ["expected object, got array"]);
    assert_eq!(
        messages(WEATHER, r#"{"city":"x","days":1.5,"unit":"Celsius"}"#),
        [
            r#"/city: "x" has 1 character, needs at least 2"#,
            "/days: expected integer, got number 1.5",
            r#"/unit: "Celsius" is not one of "celsius", "fahrenheit"; did you mean "celsius"?"#,
        ]
    );
    assert_eq!(messages(WEATHER, r#"{"city":null}"#), ["/city: expected string, got null"]);
    assert_eq!(
        messages(WEATHER, r#"{"city":"tokyo","q":1}"#),
        [r#"unknown argument "q"; the others are "at", "days", "unit""#]
    );
}

#[test]
fn violations_carry_data_for_programs() {
    let violations = violations(WEATHER, r#"{"city":"tokyo","unit":"kelvn","dayz":2}"#);
    let error = violations.into_error();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.type_name(), "InvalidParams");
    assert_eq!(
        error.message(),
        "Invalid arguments:\n- /unit: \"kelvn\" is not one of \"celsius\", \"fahrenheit\"\n\
         - unknown argument \"dayz\"; did you mean \"days\"?"
    );
    assert_eq!(
        error.data().unwrap().as_str(),
        concat!(
            r#"{"violations":[{"pointer":"/unit","message":"/unit: \"kelvn\" is not one of \"celsius\", \"fahrenheit\"","#,
            r#""received":"kelvn","allowed":["celsius","fahrenheit"]},"#,
            r#"{"pointer":"/dayz","message":"unknown argument \"dayz\"; did you mean \"days\"?","received":2,"#,
            r#""suggestion":"days"}]}"#
        )
    );
    let one = super::tests::violations(WEATHER, "{}").into_error();
    assert_eq!(one.message(), r#"Invalid arguments: missing required argument "city""#);
}

#[test]
fn answers_have_properties() {
    let validator = Validator::compile(WEATHER).unwrap();
    let violations = validator.check(&RawJson::parse("{}").unwrap(), Subject::Answer).unwrap_err();
    assert_eq!(violations.to_string(), r#"missing required property "city""#);
}

/// A schema, a value that it refuses, and the sentence about it.
const SENTENCES: &[(&str, &str, &str)] = &[
    (r#"{"type":["integer","null"]}"#, r#""5""#, r#"expected null or integer, got string "5"; did you mean 5?"#),
    (r#"{"type":"boolean"}"#, r#""true""#, r#"expected boolean, got string "true"; did you mean true?"#),
    (r#"{"type":"string"}"#, "5", r#"expected string, got number 5; did you mean "5"?"#),
    (r#"{"type":["number","string","boolean"]}"#, "[1]", "expected boolean, string or number, got array"),
    (r#"{"const":1}"#, "2", "2 is not 1"),
    (r#"{"enum":[1,"a",null]}"#, "{}", r#"{} is not one of 1, "a", null"#),
    (r#"{"enum":[1,2]}"#, r#""2""#, r#""2" is not one of 1, 2; did you mean 2?"#),
    (r#"{"enum":["1","2"]}"#, "2", r#"2 is not one of "1", "2"; did you mean "2"?"#),
    (r#"{"multipleOf":0.01}"#, "19.999", "19.999 is not a multiple of 0.01"),
    (r#"{"minimum":1.50}"#, "1.49", "1.49 is less than the minimum 1.50"),
    (r#"{"exclusiveMinimum":0}"#, "-0", "-0 is not greater than 0"),
    (
        r#"{"exclusiveMaximum":9007199254740993}"#,
        "9007199254740993",
        "9007199254740993 is not less than 9007199254740993",
    ),
    (r#"{"maxLength":2}"#, r#""abc""#, r#""abc" has 3 characters, more than the 2 that are allowed"#),
    (r#"{"pattern":"^[a-z]+$"}"#, r#""A""#, r#""A" does not match the pattern ^[a-z]+$"#),
    (r#"{"minItems":2}"#, "[1]", "has 1 item, needs at least 2"),
    (r#"{"maxItems":1}"#, "[1,2]", "has 2 items, more than the 1 that are allowed"),
    (r#"{"uniqueItems":true}"#, "[1,2,1.0]", "items 0 and 2 are equal, all items must differ"),
    (r#"{"items":{"type":"string"}}"#, r#"["a",1]"#, r#"/1: expected string, got number 1; did you mean "1"?"#),
    (r#"{"prefixItems":[{}],"items":false}"#, "[1,2]", "/1: no value is allowed here"),
    (r#"{"contains":{"const":"a"}}"#, "[1]", r#"has 0 items equal to "a", needs at least 1"#),
    (
        r#"{"contains":{"type":"string"},"maxContains":1}"#,
        r#"["a","b"]"#,
        r#"has 2 items under the "contains" rule, more than the 1 that are allowed"#,
    ),
    (r#"{"minProperties":1}"#, "{}", "has 0 properties, needs at least 1"),
    (
        r#"{"propertyNames":{"maxLength":2}}"#,
        r#"{"abc":1}"#,
        r#"the argument name "abc" is not allowed: "abc" has 3 characters, more than the 2 that are allowed"#,
    ),
    (r#"{"dependentRequired":{"a":["b"]}}"#, r#"{"a":1}"#, r#"missing argument "b", which "a" requires"#),
    (
        r#"{"dependentSchemas":{"a":{"maxProperties":1}}}"#,
        r#"{"a":1,"b":2}"#,
        "has 2 properties, more than the 1 that are allowed",
    ),
    (r#"{"patternProperties":{"^x-":{"type":"string"}}}"#, r#"{"x-a":null}"#, "/x-a: expected string, got null"),
    (r#"{"not":{"const":0}}"#, "0", r#"0 is excluded by a "not" rule"#),
    (r#"{"not":{"title":"Empty","const":""}}"#, r#""""#, r#""" must not be "Empty""#),
    (r#"{"if":{"type":"string"},"then":{"minLength":1}}"#, r#""""#, r#""" has 0 characters, needs at least 1"#),
    (r#"{"if":{"type":"string"},"else":{"type":"null"}}"#, "1", "expected null, got number 1"),
    (r#"{"properties":{"a/b":{"type":"null"}}}"#, r#"{"a/b":1}"#, "/a~1b: expected null, got number 1"),
    (r#"{"contains":{"const":1},"minContains":2}"#, "[1,2]", "has 1 item equal to 1, needs at least 2"),
    (r#"{"prefixItems":[{"type":"null"}]}"#, "[1]", "/0: expected null, got number 1"),
    (r#"{"allOf":[{"minimum":1}]}"#, "0", "0 is less than the minimum 1"),
    (r#"{"anyOf":[{"minimum":1}]}"#, "0", "0 is less than the minimum 1"),
    (r#"{"oneOf":[{"minimum":1}]}"#, "0", "0 is less than the minimum 1"),
    (r##"{"$ref":"#/$defs/A","$defs":{"A":{"minimum":1}}}"##, "0", "0 is less than the minimum 1"),
    (r#"{"maximum":1}"#, "2", "2 is more than the maximum 1"),
    (r#"{"minLength":2}"#, r#""\ud83d\ude00""#, "\"\u{1f600}\" has 1 character, needs at least 2"),
    (r#"{"maxProperties":0}"#, r#"{"a":1}"#, "has 1 property, more than the 0 that are allowed"),
    (r#"{"required":["a"]}"#, "{}", r#"missing required argument "a""#),
    (
        r#"{"properties":{"b":{}},"additionalProperties":false}"#,
        r#"{"a":1}"#,
        r#"unknown argument "a"; the others are "b""#,
    ),
    (r#"{"additionalProperties":{"type":"null"}}"#, r#"{"a":1}"#, "/a: expected null, got number 1"),
];

#[test]
fn each_keyword_has_its_sentence() {
    for (schema, value, expected) in SENTENCES {
        assert_eq!(messages(schema, value), [*expected], "{schema} {value}");
    }
}

/// Every keyword of the table makes a difference: a value is refused with it that passes without it.
#[test]
fn table_keywords_are_checked() {
    for keyword in TABLE_KEYWORDS.iter().filter(|keyword| **keyword != "$defs") {
        let matters = SENTENCES.iter().any(|(schema, value, _)| {
            let without = schema.replace(&format!("\"{keyword}\":"), &format!("\"x-{keyword}\":"));
            without != *schema && messages(&without, value).is_empty()
        });
        assert!(matters, "{keyword}");
    }
}

#[test]
fn alternatives_report_the_closest() {
    let nullable = r#"{"anyOf":[{"type":"string","minLength":2},{"type":"null"}]}"#;
    assert_eq!(messages(nullable, r#""x""#), [r#""x" has 1 character, needs at least 2"#]);
    assert_eq!(messages(nullable, "{}"), ["expected null or string, got object"]);

    let titled = r#"{"oneOf":[{"const":"s","title":"Small"},{"const":"l","title":"Large"}]}"#;
    assert_eq!(messages(titled, r#""m""#), [r#""m" is not one of "s", "l""#]);

    let pets = r##"{"oneOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}],"$defs":{
        "Cat":{"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}},"required":["kind"]},
        "Dog":{"type":"object","properties":{"kind":{"const":"dog"},"tricks":{"type":"array"}},"required":["kind"]}}}"##;
    assert_eq!(
        messages(pets, r#"{"kind":"dog","tricks":5}"#),
        [
            r#"fits none of 2 alternatives; the closest is alternative 2 ("Dog")"#,
            "/tricks: expected array, got number 5"
        ]
    );
    assert_eq!(
        messages(r#"{"oneOf":[{"title":"Even","multipleOf":2},{"multipleOf":3}]}"#, "6"),
        [r#"fits alternative 1 ("Even") and alternative 2, but must fit exactly one"#]
    );
}

#[test]
fn long_values_are_cut() {
    let long = "x".repeat(10_000);
    let violations = violations(r#"{"properties":{"a":{"maxLength":5}}}"#, &format!(r#"{{"a":"{long}"}}"#));
    let error = violations.into_error();
    assert!(error.message().contains("xxx\u{2026}\" has 10000 characters") && error.message().len() < 300);
    assert!(error.data().unwrap().as_str().len() < 500);
    // A name is a value too.
    let unknown = super::tests::violations(r#"{"additionalProperties":false}"#, &format!(r#"{{"{long}":1}}"#));
    assert!(unknown.into_error().data().unwrap().as_str().len() < 500);
}

#[test]
fn many_violations_are_counted() {
    let value = format!("[{}]", vec!["0"; 200].join(","));
    let violations = violations(r#"{"items":{"type":"string"}}"#, &value);
    assert_eq!((violations.iter().count(), violations.len()), (50, 200));
    let error = violations.into_error();
    assert!(error.message().ends_with("\n- and 150 more"));
    assert!(error.data().unwrap().as_str().ends_with(r#","more":150}"#));
}

#[test]
fn numbers_are_exact_and_of_any_size() {
    let big = "123456789012345678901234567890";
    for (schema, value, valid) in [
        (r#"{"type":"integer"}"#.to_owned(), big, true),
        (r#"{"type":"integer"}"#.to_owned(), "1e400", true),
        (r#"{"type":"integer"}"#.to_owned(), "1e-400", false),
        (r#"{"type":"integer"}"#.to_owned(), "-0.0", true),
        (format!(r#"{{"maximum":{big}}}"#), "123456789012345678901234567891", false),
        (format!(r#"{{"const":{big}}}"#), "123456789012345678901234567890.0", true),
        (format!(r#"{{"enum":[{big}]}}"#), "123456789012345678901234567891", false),
        (r#"{"maximum":1e400}"#.to_owned(), "1e401", false),
        (r#"{"multipleOf":0.1}"#.to_owned(), "0.3", true),
    ] {
        assert_eq!(messages(&schema, value).is_empty(), valid, "{schema} {value}");
    }
}

#[test]
fn duplicate_names_are_refused() {
    assert_eq!(messages("{}", r#"{"a":{"b":1,"b":2}}"#), ["/a/b: the name occurs twice in its object"]);
}

#[test]
fn strings_that_are_not_unicode_are_refused() {
    assert_eq!(messages("{}", r#"{"a":"\ud800"}"#).len(), 1);
}

#[test]
fn i3_depth_ends_at_64() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(messages("{}", &nested(64)), [""; 0]);
    assert_eq!(messages("{}", &nested(65)), ["arrays and objects are nested deeper than 64 levels"]);
    // A recursive schema follows to the end, with a reference, a part and an alternative at each level.
    let tree = r##"{"$defs":{"T":{"allOf":[{"anyOf":[{"items":{"$ref":"#/$defs/T"},"type":"array"},{"type":"null"}]}]}},
        "$ref":"#/$defs/T"}"##;
    assert_eq!(messages(tree, &nested(64)), [""; 0]);
}

#[test]
fn i3_long_chains_of_references_do_not_overflow_the_stack() {
    let chain = (0..1000).map(|n| format!(r##""D{n}":{{"$ref":"#/$defs/D{}"}}"##, n + 1)).collect::<Vec<_>>().join(",");
    let schema = format!(r##"{{"$ref":"#/$defs/D0","$defs":{{{chain},"D1000":{{"type":"null"}}}}}}"##);
    assert_eq!(messages(&schema, "1"), ["the value is too complex to check against the schema"]);
    // As deep as it goes, with a violation at the end that is put into words.
    let tree = r##"{"anyOf":[{"allOf":[{"$ref":"#/$defs/T"}]}],
        "$defs":{"T":{"properties":{"a":{"allOf":[{"anyOf":[{"$ref":"#/$defs/T"}]}]}},"type":"object"}}}"##;
    let value = format!("{}1{}", r#"{"a":"#.repeat(63), "}".repeat(63));
    assert_eq!(messages(tree, &value).len(), 1);
}

#[test]
fn hostile_recursion_is_bounded() {
    // Two alternatives that both descend before they fail: 2^60 ways.
    let schema = r##"{"anyOf":[{"properties":{"a":{"$ref":"#"}},"not":{"type":"object"}},
        {"properties":{"a":{"$ref":"#"}},"not":{"minProperties":1}}]}"##;
    let value = format!("{}1{}", r#"{"a":"#.repeat(60), "}".repeat(60));
    let started = Instant::now();
    assert_eq!(messages(schema, &value), ["the value is too complex to check against the schema"]);
    // What is required is looked at first, and tells these apart at once.
    let told_apart = r##"{"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["x"]},
        {"properties":{"a":{"$ref":"#"}},"required":["y"]}]}"##;
    assert!(messages(told_apart, &value).iter().all(|message| !message.contains("complex")));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn large_values_are_checked_in_reasonable_time() {
    let started = Instant::now();
    let numbers = (0..400_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(messages(r#"{"uniqueItems":true,"items":{"type":"integer"}}"#, &format!("[{numbers}]")), [""; 0]);
    let members = (0..100_000).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(",");
    let object = format!("{{{members}}}");
    assert_eq!(violations(r#"{"properties":{"city":{}},"additionalProperties":false}"#, &object).len(), 100_000);
    assert_eq!(messages(r#"{"uniqueItems":true}"#, &format!("[{object},{object}]")).len(), 1);
    let text = format!("\"{}\"", "a".repeat(1_000_000));
    assert_eq!(messages(r#"{"pattern":"^[a-z]*$"}"#, &text), [""; 0]);
    let base64 = r#"{"pattern":"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}"#;
    assert_eq!(messages(base64, &text), [""; 0]);
    assert_eq!(
        messages(r#"{"pattern":"[a-z]{1,9000}!"}"#, &text),
        ["the value is too complex to check against the schema"]
    );
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn schemas_that_are_none_are_refused() {
    for schema in [
        "",
        "5",
        "[]",
        r#"{"type":"text"}"#,
        r#"{"minimum":"5"}"#,
        r#"{"exclusiveMinimum":true}"#,
        r#"{"required":"a"}"#,
        r#"{"properties":[]}"#,
        r#"{"minLength":-1}"#,
        r#"{"minLength":1.5}"#,
        r#"{"items":[{}]}"#,
        r#"{"multipleOf":0}"#,
        r##"{"$ref":"#/$defs/None"}"##,
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#"}]}"##,
        r##"{"properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"$ref":"#/$defs/B"},"B":{"anyOf":[{"$ref":"#/$defs/A"}]}}}"##,
    ] {
        assert_eq!(Validator::compile(schema).unwrap_err().kind(), ErrorKind::Internal, "{schema}");
    }
}

#[test]
fn annotations_are_ignored() {
    let schema = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://example.com/x","$comment":"c",
        "title":"T","description":"d","default":5,"examples":[1],"format":"email","deprecated":true,"readOnly":true,
        "writeOnly":true,"contentEncoding":"base64","contentMediaType":"image/png","x-mcp-header":"H","$vocabulary":{}}"#;
    assert_eq!(messages(schema, r#""anything""#), [""; 0]);
}

#[test]
fn the_reasons_for_the_fallback_are_listed() {
    for (schema, reason) in [
        (r#"{"unevaluatedProperties":false}"#, "unevaluatedProperties"),
        (r#"{"properties":{"a":{"unevaluatedItems":false}}}"#, "unevaluatedItems"),
        (r##"{"$dynamicRef":"#a"}"##, "$dynamicRef"),
        (r#"{"$ref":"other.json"}"#, r#"$ref "other.json""#),
        (r##"{"$ref":"#name"}"##, r##"$ref "#name""##),
        (r#"{"pattern":"(?=a)"}"#, r#"pattern "(?=a)" (look-around)"#),
        (r#"{"patternProperties":{"\\p{L}":{}}}"#, r#"patternProperties "\\p{L}" (`\p{…}`)"#),
        (r#"{"items":{"$id":"x"}}"#, "$id below the root"),
        (
            r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#,
            r##"$schema "http://json-schema.org/draft-07/schema#""##,
        ),
    ] {
        assert_eq!(fallback_reasons(schema).unwrap(), [reason], "{schema}");
        #[cfg(not(feature = "fallback-validator"))]
        {
            let message = Validator::compile(schema).unwrap_err().message().to_owned();
            assert!(message.contains(reason) && message.contains("fallback-validator"), "{message}");
        }
    }
    assert_eq!(fallback_reasons(WEATHER).unwrap(), [""; 0]);
    assert!(fallback_reasons("5").is_err());
    assert!(TABLE_KEYWORDS.is_sorted() && FALLBACK_KEYWORDS.is_sorted());
    assert!(!TABLE_KEYWORDS.iter().any(|keyword| FALLBACK_KEYWORDS.contains(keyword)));
}
