use proptest::prelude::*;

use super::*;

fn matches(template: &str, uri: &str) -> Option<Vec<(String, Value)>> {
    UriTemplate::parse(template).unwrap().matches(uri)
}

/// The values as `name=text` and `name=[text,text]`.
fn found(template: &str, uri: &str) -> Option<String> {
    matches(template, uri).map(|values| {
        let values: Vec<String> = values
            .iter()
            .map(|(name, value)| match value {
                Value::One(text) => format!("{name}={text}"),
                Value::Many(texts) => format!("{name}=[{}]", texts.join(",")),
            })
            .collect();
        values.join(" ")
    })
}

#[test]
fn matches_what_the_operators_say() {
    for (template, uri, expected) in [
        ("weather://{city}/current", "weather://tokyo/current", Some("city=tokyo")),
        ("weather://{city}/current", "weather://new%20york/current", Some("city=new york")),
        ("weather://{city}/current", "weather://new york/current", Some("city=new york")),
        ("weather://{city}/current", "weather://K%C3%B6ln/current", Some("city=K\u{f6}ln")),
        ("weather://{city}/current", "weather://K\u{f6}ln/current", Some("city=K\u{f6}ln")),
        ("weather://{city}/current", "weather:///current", None),
        ("weather://{city}/current", "weather://a/b/current", None),
        ("weather://{city}/current", "weather://tokyo/current/", None),
        ("weather://{city}/current", "weather://tokyo/current?x=1", None),
        ("weather://{city}/current", "weather://%zz/current", None),
        ("weather://{city}/current", "weather://%ff/current", None),
        ("weather://{city}/current", "weather://100%/current", None),
        ("w://stra\u{df}e/{x}", "w://stra%c3%9fe/1", Some("x=1")),
        ("w://stra%c3%9fe/{x}", "w://stra\u{df}e/1", Some("x=1")),
        ("file:///{+path}", "file:///a/b.txt", Some("path=a/b.txt")),
        ("file:///{+path}", "file:///", Some("path=")),
        ("file:///{+path}/raw", "file:///a/raw/raw", Some("path=a/raw")),
        ("{name}.{ext}", "a.tar.gz", Some("name=a.tar ext=gz")),
        ("{a}-{b}", "%2D-x", Some("a=- b=x")),
        ("{a}{b}", "%41%42", Some("a=A b=B")),
        ("r://x{/id}", "r://x", Some("")),
        ("r://x{/id}", "r://x/7", Some("id=7")),
        ("r://x{/id}", "r://x/", None),
        ("r://x{/id}", "r://x/7/8", None),
        ("r://x{/path*}", "r://x/a/b%2Fc", Some("path=[a,b/c]")),
        ("r://x{/path*}/end", "r://x/a/end", Some("path=[a]")),
        ("r://x{/path*}/end", "r://x/end", Some("")),
        ("r://x{/path*}", "r://x/a//b", None),
        ("pets{?limit,tag*}", "pets", Some("")),
        ("pets{?limit,tag*}", "pets?", Some("")),
        ("pets{?limit,tag*}", "pets?limit=5", Some("limit=5")),
        ("pets{?limit,tag*}", "pets?tag=a&limit=5&tag=b%26c", Some("limit=5 tag=[a,b&c]")),
        ("pets{?limit,tag*}", "pets?limit=", Some("limit=")),
        ("pets{?limit,tag*}", "pets?limit=a=b+c", Some("limit=a=b+c")),
        ("pets{?limit,tag*}", "pets?limit=1&limit=2", None),
        ("pets{?limit,tag*}", "pets?limt=1", None),
        ("pets{?limit}{&tag}", "pets?tag=a&limit=1", Some("limit=1 tag=a")),
        ("pets?sort=up{&limit}", "pets?sort=up", Some("")),
        ("pets?sort=up{&limit}", "pets?sort=up&limit=3", Some("limit=3")),
        ("pets?sort=up{&limit}", "pets?sort=upper", None),
        ("pets?sort=up{&limit}", "pets?limit=3&sort=up", Some("limit=3")),
        ("pets?sort=up{&limit}", "pets?limit=3", None),
        ("pets?sort=up{&limit}", "pets?sort=up&sort=up", None),
        ("pets?sort=up", "pets?sort=up", Some("")),
        ("pets?sort=up", "pets", None),
        ("{+rest}", "a?b=c#d", Some("rest=a?b=c#d")),
        ("{+rest}{?q}", "a/b?q=1", Some("rest=a/b q=1")),
        ("pets{?filter%5Bname%5D}", "pets?filter%5Bname%5D=x", Some("filter%5Bname%5D=x")),
        ("config://app", "config://app", Some("")),
        ("config://app", "config://apps", None),
        ("", "", Some("")),
    ] {
        assert_eq!(found(template, uri).as_deref(), expected, "{template} {uri}");
    }
}

#[test]
fn o1_a_value_is_data_whatever_it_looks_like() {
    assert_eq!(found("p://{id}", "p://%2e%2e%2fadmin%00").as_deref(), Some("id=../admin\0"));
    assert_eq!(found("p://{id}", "p://.."), Some("id=..".to_owned()));
}

#[test]
fn refuses_what_is_not_supported() {
    for template in [
        "{", "}", "{}", "{a", "a}", "{a b}", "{a-b}", "{#a}", "{.a}", "{;a}", "{=a}", "{a,b}", "{+a,b}", "{/a,b}",
        "{a*}", "{+a*}", "{a:3}", "{?a}{b}", "{?a}x", "{?a}{?b}", "x?y{?a}", "x?y={a}", "x?y=%zz", "{&a}", "{a}/{a}",
        "{a}{?a}", "{?a,}", "{a..b}", "{%4}", "{{a}}",
    ] {
        assert!(UriTemplate::parse(template).is_err(), "{template}");
    }
    assert_eq!(UriTemplate::parse("x/{id}{?id}").unwrap_err(), "the variable `id` occurs twice");
}

#[test]
fn the_most_specific_template_is_the_greatest() {
    let descending = [
        "a/b",
        "a/b?x=1{&y}",
        "a/b{?x}",
        "a/b{?x,y}",
        "a/{x}.json",
        "a/{x}",
        "a/{x}{?y}",
        "a/{x}{/y}",
        "a/{x}{/y*}",
        "a/{+x}.json",
        "a/{+x}",
        "a{/x}",
        "{x}",
        "{+x}",
    ];
    let specificity = |template: &str| UriTemplate::parse(template).unwrap().specificity();
    for pair in descending.windows(2) {
        assert!(specificity(pair[0]) > specificity(pair[1]), "{pair:?}");
    }
    assert_eq!(specificity("a/{x}"), specificity("a/{y}"));
}

#[test]
fn hostile_uris_cost_little() {
    let template = UriTemplate::parse("{+a}x{+b}x{+c}x{+d}x{+e}!").unwrap();
    let started = std::time::Instant::now();
    assert_eq!(template.matches(&"x".repeat(2_000)), None);
    assert_eq!(template.matches(&"x".repeat(MAX_URI + 1)), None);
    // Without memory this is 2000^5 steps.
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}

/// RFC 6570 §3.2.1: everything but unreserved characters is encoded; with `+`, reserved ones stay.
fn encode(text: &str, reserved: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || reserved && ":/?#[]@!$&'()*+,;=".contains(c) {
            out.push(c);
        } else {
            encode_byte(byte, &mut out);
        }
    }
    out
}

proptest! {
    /// Expansion (RFC 6570 §3.2), then matching, gives the values back.
    #[test]
    fn matching_undoes_expansion(
        simple in "\\PC{1,8}|[/?#%&=+. {}]{1,4}",
        path in proptest::collection::vec("\\PC{1,5}|[/?#]{1,2}", 0..4),
        one in proptest::option::of("\\PC{0,8}|[/?#%&=+]{0,4}"),
        many in proptest::collection::vec("\\PC{0,5}", 0..4),
    ) {
        let template = UriTemplate::parse("s://{simple}/x{/path*}{?one,many*}").unwrap();
        let mut uri = format!("s://{}/x", encode(&simple, false));
        let mut expected = vec![("simple".to_owned(), Value::One(simple))];
        for item in &path {
            uri += &format!("/{}", encode(item, false));
        }
        if !path.is_empty() {
            expected.push(("path".to_owned(), Value::Many(path)));
        }
        let mut pairs = Vec::new();
        if let Some(one) = one {
            pairs.push(format!("one={}", encode(&one, false)));
            expected.push(("one".to_owned(), Value::One(one)));
        }
        pairs.extend(many.iter().map(|item| format!("many={}", encode(item, false))));
        if !many.is_empty() {
            expected.push(("many".to_owned(), Value::Many(many)));
        }
        if !pairs.is_empty() {
            uri += &format!("?{}", pairs.join("&"));
        }
        prop_assert_eq!(template.matches(&uri), Some(expected), "{}", uri);
    }

    #[test]
    fn an_optional_segment_comes_back(segment in proptest::option::of("\\PC{1,8}|[/?#%&=+. ]{1,4}")) {
        let template = UriTemplate::parse("s://x{/segment}").unwrap();
        let uri = segment.iter().fold("s://x".to_owned(), |uri, segment| uri + "/" + &encode(segment, false));
        let expected = segment.map(|segment| ("segment".to_owned(), Value::One(segment)));
        prop_assert_eq!(template.matches(&uri), Some(expected.into_iter().collect()));
    }

    #[test]
    fn reserved_expansion_comes_back(text in "[a-z/:?#@!$&'()*+,;= \u{e9}\u{4e2d}]{0,20}") {
        let template = UriTemplate::parse("f:///{+path}").unwrap();
        let uri = format!("f:///{}", encode(&text, true));
        prop_assert_eq!(template.matches(&uri), Some(vec![("path".to_owned(), Value::One(text))]));
    }

    #[test]
    fn nothing_panics(template in "[{}?&+/*a-c,.:%=\u{e9}]{0,20}", uri in "[?&+/a-c,.:%=0-9\u{e9}]{0,30}") {
        if let Ok(template) = UriTemplate::parse(&template) {
            template.matches(&uri);
            template.specificity();
        }
    }
}
