//! Expected strings: OpenAPI 3.1.1 §4.8.12, "Style Examples", row by row, and RFC 6570 where a test says so.

use super::Style::{Cookie, DeepObject, Form, Label, Matrix, PipeDelimited, Simple, SpaceDelimited, TabDelimited};
use super::*;

const STRING: &str = r#""blue""#;
const ARRAY: &str = r#"["blue","black","brown"]"#;
const OBJECT: &str = r#"{"R":100,"G":200,"B":150}"#;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

fn value(text: &str) -> Value {
    Value::read(raw(text)).unwrap()
}

fn in_path(style: Style, explode: bool, text: &str) -> String {
    path("color", style, explode, Escape::All, &value(text))
}

fn in_query(style: Style, explode: bool, text: &str) -> String {
    let pairs = pairs("color", style, explode, Escape::All, raw(text)).unwrap();
    pairs.into_iter().map(|pair| pair.text).collect::<Vec<_>>().join("&")
}

#[test]
fn the_rows_matrix_label_and_simple() {
    for (style, explode, undefined, string, array, object) in [
        (Matrix, false, ";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
        (Matrix, true, ";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
        (Label, false, ".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
        (Label, true, ".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
        (Simple, false, "", "blue", "blue,black,brown", "R,100,G,200,B,150"),
        (Simple, true, "", "blue", "blue,black,brown", "R=100,G=200,B=150"),
    ] {
        for (text, expected) in [("null", undefined), (STRING, string), (ARRAY, array), (OBJECT, object)] {
            assert_eq!(in_path(style, explode, text), expected, "{style:?} explode {explode} {text}");
        }
    }
}

#[test]
fn the_rows_form_space_delimited_pipe_delimited_and_deep_object() {
    for (style, explode, text, expected) in [
        (Form, false, "null", "color="),
        (Form, false, STRING, "color=blue"),
        (Form, false, ARRAY, "color=blue,black,brown"),
        (Form, false, OBJECT, "color=R,100,G,200,B,150"),
        (Form, true, "null", "color="),
        (Form, true, STRING, "color=blue"),
        (Form, true, ARRAY, "color=blue&color=black&color=brown"),
        (Form, true, OBJECT, "R=100&G=200&B=150"),
        (SpaceDelimited, false, ARRAY, "color=blue%20black%20brown"),
        (SpaceDelimited, false, OBJECT, "color=R%20100%20G%20200%20B%20150"),
        (PipeDelimited, false, ARRAY, "color=blue%7Cblack%7Cbrown"),
        (PipeDelimited, false, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
        (DeepObject, true, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ] {
        assert_eq!(in_query(style, explode, text), expected, "{style:?} explode {explode} {text}");
    }
}

#[test]
fn header_rows_of_simple() {
    for (explode, text, expected) in [
        (false, "null", Some("")),
        (false, STRING, Some("blue")),
        (false, ARRAY, Some("blue,black,brown")),
        (false, OBJECT, Some("R,100,G,200,B,150")),
        (true, "null", Some("")),
        (true, STRING, Some("blue")),
        (true, ARRAY, Some("blue,black,brown")),
        (true, OBJECT, Some("R=100,G=200,B=150")),
        (false, "[]", None),
        (true, "{}", None),
        // not a URI: nothing is encoded
        (false, r#""Tue, 15 Nov 1994 08:12:31 GMT""#, Some("Tue, 15 Nov 1994 08:12:31 GMT")),
    ] {
        assert_eq!(header(Simple, explode, &value(text)).as_deref(), expected, "explode {explode} {text}");
    }
}

/// OpenAPI 3.2.0, "Style Examples", the rows `cookie`; cookies are joined by `; `.
#[test]
fn the_rows_cookie() {
    for (explode, text, expected) in [
        (false, "null", "color="),
        (false, STRING, "color=blue"),
        (false, ARRAY, "color=blue,black,brown"),
        (false, OBJECT, "color=R,100,G,200,B,150"),
        (true, "null", "color="),
        (true, STRING, "color=blue"),
        (true, ARRAY, "color=blue; color=black; color=brown"),
        (true, OBJECT, "R=100; G=200; B=150"),
        // "no percent-encoding or other escaping is applied"
        (true, r#""a%20b/c=d""#, "color=a%20b/c=d"),
    ] {
        let pairs = pairs("color", Cookie, explode, Escape::Nothing, raw(text)).unwrap();
        let joined = pairs.into_iter().map(|pair| pair.text).collect::<Vec<_>>().join("; ");
        assert_eq!(joined, expected, "explode {explode} {text}");
    }
}

/// Swagger 2.0, "Parameter Object", `collectionFormat`: `ssv` space separated, `tsv` tab separated, `pipes`; allowed in
/// query, path, header and form data. A tab is `%09` in a URL (RFC 3986 §2.1), and stands in a header as it is (RFC 9110
/// §5.5).
#[test]
fn the_collection_formats_of_swagger_2() {
    for (style, encoded, plain) in
        [(SpaceDelimited, "%20", " "), (TabDelimited, "%09", "\t"), (PipeDelimited, "%7C", "|")]
    {
        assert_eq!(in_query(style, false, ARRAY), format!("color=blue{encoded}black{encoded}brown"));
        assert_eq!(in_path(style, false, ARRAY), format!("blue{encoded}black{encoded}brown"));
        assert_eq!(header(style, false, &value(ARRAY)).unwrap(), format!("blue{plain}black{plain}brown"));
        assert_eq!(in_query(style, false, r#"["a\tb","c|d e"]"#), format!("color=a%09b{encoded}c%7Cd%20e"));
    }
}

/// RFC 6570 §3.2: list := ("red", "green", "blue"), keys := [("semi", ";"), ("dot", "."), ("comma", ",")],
/// empty := "", half := "50%", v := "6", who := "fred", hello := "Hello World!"
#[test]
fn the_examples_of_rfc_6570() {
    const LIST: &str = r#"["red","green","blue"]"#;
    const KEYS: &str = r#"{"semi":";","dot":".","comma":","}"#;
    for (section, name, style, explode, text, expected) in [
        ("3.2.2 {hello}", "hello", Simple, false, r#""Hello World!""#, "Hello%20World%21"),
        ("3.2.2 {half}", "half", Simple, false, r#""50%""#, "50%25"),
        ("3.2.2 {list}", "list", Simple, false, LIST, "red,green,blue"),
        ("3.2.2 {list*}", "list", Simple, true, LIST, "red,green,blue"),
        ("3.2.2 {keys}", "keys", Simple, false, KEYS, "semi,%3B,dot,.,comma,%2C"),
        ("3.2.2 {keys*}", "keys", Simple, true, KEYS, "semi=%3B,dot=.,comma=%2C"),
        ("3.2.5 {.who}", "who", Label, false, r#""fred""#, ".fred"),
        ("3.2.5 {.half}", "half", Label, false, r#""50%""#, ".50%25"),
        ("3.2.5 {.list}", "list", Label, false, LIST, ".red,green,blue"),
        ("3.2.5 {.list*}", "list", Label, true, LIST, ".red.green.blue"),
        ("3.2.5 {.keys}", "keys", Label, false, KEYS, ".semi,%3B,dot,.,comma,%2C"),
        ("3.2.5 {.keys*}", "keys", Label, true, KEYS, ".semi=%3B.dot=..comma=%2C"),
        ("3.2.5 {.empty}", "empty", Label, false, r#""""#, "."),
        ("3.2.7 {;v}", "v", Matrix, false, "6", ";v=6"),
        ("3.2.7 {;empty}", "empty", Matrix, false, r#""""#, ";empty"),
        ("3.2.7 {;list}", "list", Matrix, false, LIST, ";list=red,green,blue"),
        ("3.2.7 {;list*}", "list", Matrix, true, LIST, ";list=red;list=green;list=blue"),
        ("3.2.7 {;keys}", "keys", Matrix, false, KEYS, ";keys=semi,%3B,dot,.,comma,%2C"),
        ("3.2.7 {;keys*}", "keys", Matrix, true, KEYS, ";semi=%3B;dot=.;comma=%2C"),
    ] {
        assert_eq!(path(name, style, explode, Escape::All, &value(text)), expected, "{section}");
    }
    for (section, name, explode, text, expected) in [
        ("3.2.8 {?who}", "who", false, r#""fred""#, "who=fred"),
        ("3.2.8 {?half}", "half", false, r#""50%""#, "half=50%25"),
        ("3.2.8 {?empty}", "empty", false, r#""""#, "empty="),
        ("3.2.8 {?list}", "list", false, LIST, "list=red,green,blue"),
        ("3.2.8 {?list*}", "list", true, LIST, "list=red&list=green&list=blue"),
        ("3.2.8 {?keys}", "keys", false, KEYS, "keys=semi,%3B,dot,.,comma,%2C"),
        ("3.2.8 {?keys*}", "keys", true, KEYS, "semi=%3B&dot=.&comma=%2C"),
    ] {
        let pairs = pairs(name, Form, explode, Escape::All, raw(text)).unwrap();
        let joined = pairs.into_iter().map(|pair| pair.text).collect::<Vec<_>>().join("&");
        assert_eq!(joined, expected, "{section}");
    }
}

#[test]
fn empty_composites_are_left_out_and_null_members_are_skipped() {
    for style in [Form, SpaceDelimited, PipeDelimited, DeepObject] {
        for explode in [false, true] {
            for text in ["[]", "{}", "[null]", r#"{"a":null}"#] {
                assert_eq!(in_query(style, explode, text), "", "{style:?} explode {explode} {text}");
            }
        }
    }
    assert_eq!(in_query(Form, false, r#"["a",null,"b"]"#), "color=a,b");
    assert_eq!(in_query(Form, true, r#"{"a":1,"b":null}"#), "a=1");
    assert_eq!(in_query(DeepObject, true, r#"{"a":1,"b":null}"#), "color%5Ba%5D=1");
    // the empty string is not undefined (RFC 6570 §2.3)
    assert_eq!(in_query(Form, true, r#"["",""]"#), "color=&color=");
}

#[test]
fn what_the_table_leaves_undefined_is_written_as_documented() {
    for (style, explode, text, expected) in [
        (SpaceDelimited, false, STRING, "color=blue"),
        (PipeDelimited, true, STRING, "color=blue"),
        (SpaceDelimited, true, ARRAY, "color=blue&color=black&color=brown"),
        (PipeDelimited, true, OBJECT, "R=100&G=200&B=150"),
        (DeepObject, false, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
        (DeepObject, true, STRING, "color=blue"),
        (DeepObject, true, "null", "color="),
        (DeepObject, true, r#"["a","b"]"#, "color%5B%5D=a&color%5B%5D=b"),
        (
            DeepObject,
            true,
            r#"{"a":{"b":{"c":1}},"d":[2,3]}"#,
            "color%5Ba%5D%5Bb%5D%5Bc%5D=1&color%5Bd%5D%5B%5D=2&color%5Bd%5D%5B%5D=3",
        ),
        (DeepObject, true, r#"[{"a":1},{"a":2}]"#, "color%5B0%5D%5Ba%5D=1&color%5B1%5D%5Ba%5D=2"),
    ] {
        assert_eq!(in_query(style, explode, text), expected, "{style:?} explode {explode} {text}");
    }
}

#[test]
fn nested_values_are_refused_where_they_have_no_spelling() {
    for text in ["[[1]]", r#"[{"a":1}]"#, r#"{"a":[1]}"#, r#"{"a":{"b":1}}"#] {
        assert!(Value::read(raw(text)).is_err(), "{text}");
        for style in [Form, SpaceDelimited, PipeDelimited] {
            assert!(pairs("color", style, false, Escape::All, raw(text)).is_err(), "{style:?} {text}");
        }
    }
    assert!(pairs("color", DeepObject, true, Escape::All, raw(r#"{"a][b":1}"#)).is_err());
    let deep = format!("{}1{}", r#"{"a":"#.repeat(30), "}".repeat(30));
    assert!(pairs("color", DeepObject, true, Escape::All, raw(&deep)).is_err());
}

#[test]
fn numbers_are_sent_as_they_are_spelled_and_names_are_encoded() {
    assert_eq!(in_query(Form, true, "1e2"), "color=1e2");
    assert_eq!(in_query(Form, true, "10000000000000000000000.10"), "color=10000000000000000000000.10");
    assert_eq!(in_path(Simple, false, "[1.0,true]"), "1.0,true");
    let pairs = pairs("a&b[]", Form, true, Escape::All, raw("1")).unwrap();
    assert_eq!(pairs, [Pair { name: "a&b[]".to_owned(), text: "a%26b%5B%5D=1".to_owned() }]);
}

#[test]
fn allow_reserved_keeps_reserved_characters_but_cannot_start_another_pair() {
    let text = |value: &str| pairs("q", Form, true, Escape::ReservedInQuery, raw(value)).unwrap()[0].text.clone();
    assert_eq!(text(r#""a/b?c=d:e""#), "q=a/b?c=d:e");
    assert_eq!(text(r#""a&admin=1#x+y[z]""#), "q=a%26admin=1%23x%2By%5Bz%5D");
}
