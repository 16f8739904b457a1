use super::*;

fn project(expression: &str, answer: &str) -> Result<String, String> {
    let answer = RawJson::parse(answer).unwrap();
    let projection = Projection::parse(expression).map_err(|error| {
        assert_eq!((error.kind(), error.type_name()), (ErrorKind::InvalidInput, "InvalidProjection"));
        error.message().to_owned()
    })?;
    projection.apply(&answer).map(|json| json.as_str().to_owned()).map_err(|Unfit(problem)| problem)
}

fn refused(expression: &str, answer: &str, why: &str) {
    let message = project(expression, answer).unwrap_err();
    assert!(message.contains(why), "{expression}: {message}");
}

/// The examples of the specification, sections "Identifiers" to "Functions Expressions".
#[test]
fn expressions_of_the_specification() {
    for (expression, answer, expected) in [
        ("a.b.c.d", r#"{"a":{"b":{"c":{"d":"value"}}}}"#, r#""value""#),
        ("[-1]", "[0,1,2,3,4,5]", "5"),
        ("[0:4:1]", "[0,1,2,3,4,5]", "[0,1,2,3]"),
        ("[::-2]", "[0,1,2,3]", "[3,1]"),
        ("foo || bar", r#"{"bar":"b"}"#, r#""b""#),
        ("foo[].bar[].baz", r#"{"foo":[{"bar":[{"baz":1}]},{"bar":[{"baz":2}]}]}"#, "[1,2]"),
        ("foo.[bar,baz]", r#"{"foo":{"bar":"b","baz":"z"}}"#, r#"["b","z"]"#),
        ("foo[?a=='1'].b", r#"{"foo":[{"a":"1","b":2},{"a":"2","b":3}]}"#, "[2]"),
        ("foo.{bar: bar, baz: baz}", r#"{"foo":{"bar":1,"baz":2,"qux":3}}"#, r#"{"bar":1,"baz":2}"#),
        ("*.a", r#"{"x":{"a":1},"y":{"a":2}}"#, "[1,2]"),
        ("length(@)", r#""current""#, "7"),
        ("sort_by(p, &age)[*].name", r#"{"p":[{"age":50,"name":"b"},{"age":30,"name":"a"}]}"#, r#"["a","b"]"#),
        ("missing", "{}", "null"),
    ] {
        assert_eq!(project(expression, answer).as_deref(), Ok(expected), "{expression}");
    }
}

#[test]
fn numbers_keep_their_spelling() {
    let answer = r#"{"a":[1.10,1e2,123456789012345678901234567890,-0,0.1000000000000000055511151231257827]}"#;
    assert_eq!(
        project("a[::-1]", answer).as_deref(),
        Ok("[0.1000000000000000055511151231257827,-0,123456789012345678901234567890,1e2,1.10]")
    );
    // Two spellings of one value may become one, two values may not.
    assert_eq!(project("[@[0],@[1]]", "[1.50,1.500]").as_deref(), Ok("[1.5,1.5]"));
    let twins = "[123456789012345678901,123456789012345678902,7]";
    refused("[0]", twins, "mix up numbers");
    assert_eq!(project("[2]", twins).as_deref(), Ok("7"));
    // The short spelling of the float that a long one becomes is another number.
    refused("[1]", "[12345678901234567890123,1.2345678901234568e22]", "mix up numbers");
    refused("@", "1e400", "cannot be read");
}

#[test]
fn what_cannot_be_applied_is_refused_with_the_reason() {
    refused("a[", "{}", "Parse error");
    refused("", "{}", "Parse error");
    refused("sum(@)", r#"["x"]"#, "Runtime error");
    refused("nothing(@)", "{}", "no function `nothing`");
    // Functions whose results grow with the product of their arguments.
    for growing in ["join(@, @)", "to_string(@)", "map(&@, @)", "merge(@, @)"] {
        refused(growing, "[]", "no function");
    }
    refused("&a", "{}", "an expression");
    refused(&"a".repeat(501), "{}", "501 bytes");
    // The crate adds the step to a number of 32 bits.
    refused("[1::2147483647]", "[1,2]", "a number beyond");
    refused("[2147483647]", "[1,2]", "a number beyond");
    refused(&"a.".repeat(65), "{}", "65 operators");
}

#[test]
fn o8_work_is_bounded_before_it_begins() {
    let answer = format!("[{}1]", "1,".repeat(50_000));
    // Each step doubles the array: 2^20 times 100 kB.
    let doubling = format!("@{}", "|[@,@][]".repeat(10));
    let doubled = format!("@{}", "|[@,@][]".repeat(2));
    assert_eq!(project(&doubled, "[1]").as_deref(), Ok("[1,1,1,1]"));
    refused(&doubling, &answer, "too much work");
    // Few texts, many objects: the memory is bounded, too.
    let objects = format!("[].[{0}][].[{0}][].[{0}][].{{a:@}}", ["@"; 10].join(","));
    refused(&objects, &answer, "too much work");
    // A text that each item repeats.
    let repeated = format!("[*].{{a:'{}'}}", "x".repeat(400));
    refused(&repeated, &answer, "too large");
    // What people write is taken, on large answers too.
    let items =
        format!("[{}]", vec![r#"{"id":1,"name":"n","owner":{"login":"l"},"text":"text text text"}"#; 30_000].join(","));
    let usual = project("[*].{id:id,name:name,owner:owner.login}", &items).unwrap();
    assert!(usual.starts_with(r#"[{"id":1,"name":"n","owner":"l"},"#), "{}", &usual[..60]);
}

/// Deep expressions on the stack of a small thread, in a debug build.
#[test]
fn deep_expressions_end() {
    let units =
        ["(", "[", "!", "{a:", "a.", "a[*].", "a||", "&", "[@,", "a|", "[?", "abs(", "a&&", "[][", "!a||", "a==", "*."];
    let deep = units.iter().flat_map(|unit| {
        let close = match *unit {
            "(" | "abs(" => ")",
            "[" | "[@," | "[?" => "]",
            "{a:" => "}",
            _ => "",
        };
        let times = OPERATORS / unit.bytes().filter(|byte| b"([{!&*.|=<>".contains(byte)).count().max(1);
        [unit.repeat(times), format!("{}a{}", unit.repeat(times), close.repeat(times))]
    });
    let deep: Vec<String> = deep.collect();
    let ended = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        for expression in &deep {
            assert!(expression.len() <= LONGEST);
            let _either_way = project(expression, r#"{"a":[{"a":1}]}"#);
        }
        deep.len()
    });
    assert_eq!(ended.unwrap().join().unwrap(), 34);
}
