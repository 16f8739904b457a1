use super::*;
use crate::env::Env;
use crate::error::ErrorKind;
use crate::upstream::credentials::Credentials;
use crate::upstream::operation::{BodyLayout, RequestBody};
use crate::upstream::testing::{API, GET};

static PETS: Operation = Operation {
    method: "POST",
    path: "/owners/{owner}/pets/{petId}",
    parameters: &[
        Parameter {
            argument: "owner",
            name: "owner",
            location: Location::Path,
            style: Style::Simple,
            explode: false,
            ..Parameter::DEFAULT
        },
        Parameter {
            argument: "pet_id",
            name: "petId",
            location: Location::Path,
            style: Style::Simple,
            explode: false,
            ..Parameter::DEFAULT
        },
        Parameter { argument: "tags", name: "tag", ..Parameter::DEFAULT },
        Parameter { argument: "filter", name: "filter", ..Parameter::DEFAULT },
        Parameter { argument: "limit", name: "limit", ..Parameter::DEFAULT },
        Parameter { argument: "query", name: "q", content_type: Some("application/json"), ..Parameter::DEFAULT },
        Parameter {
            argument: "trace",
            name: "X-Trace",
            location: Location::Header,
            style: Style::Simple,
            explode: false,
            ..Parameter::DEFAULT
        },
        Parameter {
            argument: "meta",
            name: "X-Meta",
            location: Location::Header,
            content_type: Some("application/json"),
            ..Parameter::DEFAULT
        },
        Parameter { argument: "theme", name: "theme", location: Location::Cookie, ..Parameter::DEFAULT },
        Parameter { argument: "flags", name: "flags", location: Location::Cookie, ..Parameter::DEFAULT },
    ],
    body: Some(RequestBody {
        media_type: "application/json",
        layout: BodyLayout::Flattened(&[("name", "name")]),
        ..RequestBody::DEFAULT
    }),
    ..GET
};

/// Each of these is the name of an argument too.
const EVERYWHERE: [&str; 7] = ["owner", "tags", "query", "trace", "meta", "theme", "name"];

fn built(operation: &'static Operation, arguments: &str, env: &[(&str, &str)]) -> Result<Request, Error> {
    let base = BaseUrl::parse("https://api.example/v1").unwrap();
    let credentials = Credentials::from_env(&API, &Env::from_pairs(env.iter().copied())).unwrap();
    build(operation, &base, &RawJson::parse(arguments).unwrap(), &credentials.choose(operation).unwrap())
}

fn url(operation: &'static Operation, arguments: &str) -> String {
    built(operation, arguments, &[]).unwrap().url.into()
}

fn header(request: &Request, name: &str) -> Option<String> {
    request.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

fn refused(operation: &'static Operation, arguments: &str) -> Error {
    match built(operation, arguments, &[]) {
        Err(error) => error,
        Ok(request) => panic!("{arguments} gave {}", request.url),
    }
}

/// The arguments that every test of `PETS` needs, with one more.
fn with(name: &str, value: &str) -> String {
    let value = serde_json::to_string(value).unwrap();
    let others = ["owner", "pet_id"].into_iter().filter(|required| *required != name);
    let others: String = others.map(|required| format!(r#","{required}":"x""#)).collect();
    format!(r#"{{"{name}":{value}{others}}}"#)
}

#[test]
fn every_location_is_written() {
    let request = built(
        &PETS,
        r#"{"owner":"ann b","pet_id":7,"tags":["a","b&c"],"filter":{"color":"red","age":1e1},"limit":5,
            "query":{"a": [1.0, "é"]},"trace":"t 1","meta":{"k": "é😀"},"theme":"dark blue","flags":["x","y"],"name":null}"#,
        &[],
    )
    .unwrap();
    assert_eq!(request.method, Method::POST);
    assert_eq!(
        request.url.as_str(),
        "https://api.example/v1/owners/ann%20b/pets/7?tag=a&tag=b%26c&color=red&age=1e1&limit=5\
         &q=%7B%22a%22%3A%5B1.0%2C%22%C3%A9%22%5D%7D"
    );
    assert_eq!(header(&request, "x-trace").as_deref(), Some("t 1"));
    assert_eq!(header(&request, "x-meta").as_deref(), Some(r#"{"k":"\u00e9\ud83d\ude00"}"#));
    assert_eq!(header(&request, "cookie").as_deref(), Some("theme=dark%20blue; flags=x; flags=y"));
    assert_eq!(header(&request, "accept").as_deref(), Some("application/json"));
    assert_eq!(header(&request, "content-type").as_deref(), Some("application/json"));
    assert_eq!(request.body.as_deref(), Some(&br#"{"name":null}"#[..]));
}

#[test]
fn absent_arguments_are_not_sent() {
    let request = built(&PETS, r#"{"owner":"a","pet_id":7}"#, &[]).unwrap();
    assert_eq!(request.url.as_str(), "https://api.example/v1/owners/a/pets/7");
    let mut names: Vec<_> = request.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "content-type", "user-agent"]);
}

#[test]
fn o1_path_arguments_are_checked_and_named() {
    for (value, problem) in
        [("", "empty"), ("..", "dot segment"), ("a/b", "slash"), ("%2e%2e", "dot segment"), ("a\u{0}", "control")]
    {
        let error = refused(&PETS, &with("pet_id", value));
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("`pet_id`") && error.message().contains(problem), "{error}");
        assert!(error.data().unwrap().as_str().contains(r#""pointer":"/pet_id""#), "{error:?}");
    }
    for arguments in [
        r#"{"owner":"a"}"#,
        r#"{"owner":"a","pet_id":null}"#,
        r#"{"owner":"a","pet_id":[]}"#,
        r#"{"owner":"a","pet_id":["","x"]}"#,
    ] {
        assert_eq!(refused(&PETS, arguments).kind(), ErrorKind::InvalidInput, "{arguments}");
    }
}

#[test]
fn o1_labels_and_matrices_cannot_become_dot_segments() {
    static LABEL: Operation = Operation {
        path: "/a/{v}/b",
        parameters: &[Parameter {
            argument: "v",
            name: "v",
            location: Location::Path,
            style: Style::Label,
            ..Parameter::DEFAULT
        }],
        ..GET
    };
    static MATRIX: Operation = Operation {
        path: "/a/{v}/b",
        parameters: &[Parameter {
            argument: "v",
            name: "v",
            location: Location::Path,
            style: Style::Matrix,
            ..Parameter::DEFAULT
        }],
        ..GET
    };
    assert_eq!(url(&LABEL, r#"{"v":["x","y"]}"#), "https://api.example/v1/a/.x.y/b");
    assert_eq!(url(&MATRIX, r#"{"v":{"x":1,"y":2}}"#), "https://api.example/v1/a/;x=1;y=2/b");
    assert_eq!(url(&MATRIX, r#"{"v":null}"#), "https://api.example/v1/a/;v/b");
    for arguments in [
        r#"{"v":null}"#,
        r#"{"v":""}"#,
        r#"{"v":"."}"#,
        r#"{"v":["",""]}"#,
        r#"{"v":[]}"#,
        r#"{"v":{"..":"x"}}"#,
        r#"{"v":{"a":"/"}}"#,
    ] {
        assert_eq!(refused(&LABEL, arguments).kind(), ErrorKind::InvalidInput, "{arguments}");
    }
}

#[test]
fn o2_no_argument_changes_the_origin() {
    for value in [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "\\\\evil.example",
        "@evil.example",
        "user:password@evil.example/",
        "http://[::ffff:127.0.0.1]/",
        "[::ffff:7f00:1]",
        "http://2130706433/",
        ".evil.example",
        ":81",
        "?x#y",
        "evil.example%2f..",
    ] {
        for name in EVERYWHERE {
            if let Ok(request) = built(&PETS, &with(name, value), &[]) {
                assert_eq!(request.url.origin().ascii_serialization(), "https://api.example", "{name} {value}");
                assert_eq!((request.url.username(), request.url.password()), ("", None), "{name} {value}");
                assert_eq!(request.url.path().split('/').count(), 6, "{name} {value}");
                assert!(!request.headers.contains_key("host"), "{name} {value}");
            }
        }
    }
}

#[test]
fn o3_control_characters_in_headers_and_cookies_are_errors() {
    for value in ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "\r\n"] {
        for name in ["trace", "theme", "owner"] {
            let error = refused(&PETS, &with(name, value));
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.message().contains(&format!("`{name}`")), "{error}");
        }
        // JSON escapes them, percent-encoding too.
        let request = built(&PETS, &with("meta", value), &[]).unwrap();
        assert_eq!(header(&request, "x-meta").unwrap(), serde_json::to_string(value).unwrap());
    }
    assert_eq!(refused(&PETS, &with("tags", "a\0b")).kind(), ErrorKind::InvalidInput);
    assert!(built(&PETS, &with("limit", "a\r\nb"), &[]).unwrap().url.as_str().ends_with("?limit=a%0D%0Ab"));
}

#[test]
fn o3_denied_headers_are_never_taken_from_an_argument() {
    static DENIED: Operation = Operation {
        parameters: &[
            Parameter { argument: "host", name: "Host", location: Location::Header, ..Parameter::DEFAULT },
            Parameter { argument: "length", name: "content-length", location: Location::Header, ..Parameter::DEFAULT },
            Parameter {
                argument: "authorization",
                name: "Authorization",
                location: Location::Header,
                ..Parameter::DEFAULT
            },
            Parameter { argument: "accept", name: "Accept", location: Location::Header, ..Parameter::DEFAULT },
        ],
        security: &[&["bearer"]],
        ..GET
    };
    let env = [("T_TOKEN", "token")];
    for name in ["host", "length"] {
        let error = built(&DENIED, &format!(r#"{{"{name}":"1"}}"#), &env).err().unwrap();
        assert!(error.kind() == ErrorKind::InvalidInput && error.message().contains(name), "{error}");
    }
    // OpenAPI 3.1.1 §4.8.12.1: these definitions are ignored.
    let request = built(&DENIED, r#"{"authorization":"Bearer evil","accept":"evil"}"#, &env).unwrap();
    assert_eq!(header(&request, "authorization").as_deref(), Some("Bearer token"));
    assert_eq!(header(&request, "accept").as_deref(), Some("application/json"));
}

#[test]
fn o3_exploded_objects_cannot_take_the_name_of_another_parameter_or_of_a_credential() {
    static SECURED: Operation = Operation {
        parameters: &[
            Parameter { argument: "filter", name: "filter", ..Parameter::DEFAULT },
            Parameter { argument: "limit", name: "limit", ..Parameter::DEFAULT },
            Parameter { argument: "deep", name: "deep", style: Style::DeepObject, ..Parameter::DEFAULT },
            Parameter { argument: "api_key", name: "api_key", ..Parameter::DEFAULT },
            Parameter { argument: "prefs", name: "prefs", location: Location::Cookie, ..Parameter::DEFAULT },
            Parameter { argument: "session", name: "session", location: Location::Cookie, ..Parameter::DEFAULT },
            Parameter { argument: "key", name: "x-api-key", location: Location::Header, ..Parameter::DEFAULT },
        ],
        security: &[&["query", "cookie", "key"]],
        ..GET
    };
    let env = [("T_QUERY", "q&1"), ("T_COOKIE", "c"), ("T_KEY", "k")];
    for arguments in [
        r#"{"filter":{"limit":1}}"#,
        r#"{"filter":{"api_key":"evil"}}"#,
        r#"{"prefs":{"session":"evil"}}"#,
        r#"{"prefs":{"a b":"evil"}}"#,
    ] {
        assert_eq!(built(&SECURED, arguments, &env).err().unwrap().kind(), ErrorKind::InvalidInput, "{arguments}");
    }
    let arguments =
        r#"{"filter":{"a&api_key":1},"deep":{"api_key":2},"api_key":"evil","session":"evil","key":"evil","prefs":"p"}"#;
    let request = built(&SECURED, arguments, &env).unwrap();
    assert_eq!(request.url.query(), Some("a%26api_key=1&deep%5Bapi_key%5D=2&api_key=q%261"));
    assert_eq!(header(&request, "cookie").as_deref(), Some("prefs=p; session=c"));
    assert_eq!(header(&request, "x-api-key").as_deref(), Some("k"));
    assert_eq!(request.headers.get_all("x-api-key").iter().count(), 1);
}

#[test]
fn i11_headers_with_credentials_do_not_print() {
    static SECURED: Operation = Operation { security: &[&["key", "cookie", "basic"]], ..GET };
    let env = [("T_KEY", "canary"), ("T_COOKIE", "canary"), ("T_BASIC", "user:canary")];
    let printed = format!("{:?}", built(&SECURED, "{}", &env).unwrap().headers);
    assert!(
        printed.contains("Sensitive") && !printed.contains("canary") && !printed.contains("dXNlcjpjYW5hcnk"),
        "{printed}"
    );
}

#[test]
fn constant_queries_in_path_templates_are_kept() {
    static CONSTANT: Operation = Operation {
        path: "/search?type=exact#variant",
        parameters: &[Parameter { argument: "q", name: "q", ..Parameter::DEFAULT }],
        ..GET
    };
    assert_eq!(url(&CONSTANT, r#"{"q":"a b"}"#), "https://api.example/v1/search?type=exact&q=a%20b");
}

/// OpenAPI 3.2.0, "Parameter Object Examples": the query is one value, `in: querystring`.
#[test]
fn the_whole_query_is_one_value() {
    const fn whole(media_type: &'static str) -> Parameter {
        Parameter {
            argument: "q",
            name: "any",
            location: Location::QueryString,
            content_type: Some(media_type),
            ..Parameter::DEFAULT
        }
    }
    static JSON: Operation = Operation { parameters: &[whole("application/json")], ..GET };
    static PATH: Operation = Operation { parameters: &[whole("application/jsonpath")], ..GET };
    static TEXT: Operation = Operation { parameters: &[whole("text/plain")], security: &[&["query"]], ..GET };
    static PLAIN: Operation = Operation { parameters: &[whole("text/plain")], ..GET };
    for (operation, arguments, expected) in [
        (&JSON, r#"{"q":{"numbers":[1, 2],"flag":null}}"#, "?%7B%22numbers%22%3A%5B1%2C2%5D%2C%22flag%22%3Anull%7D"),
        (&PATH, r#"{"q":"$.a.b[1:1]"}"#, "?%24.a.b%5B1%3A1%5D"),
        (&PLAIN, r##"{"q":"a&b=#é"}"##, "?a%26b%3D%23%C3%A9"),
        (&PLAIN, r#"{"q":""}"#, ""),
        (&PLAIN, "{}", ""),
    ] {
        assert_eq!(url(operation, arguments), format!("https://api.example/v1/pets{expected}"));
    }
    let keyed = built(&TEXT, r#"{"q":"a"}"#, &[("T_QUERY", "k")]).unwrap().url.to_string();
    assert_eq!(keyed, "https://api.example/v1/pets?a&api_key=k");
    assert_eq!(refused(&PATH, r#"{"q":[1]}"#).kind(), ErrorKind::InvalidInput);
    assert_eq!(refused(&PLAIN, r#"{"q":"\u0000"}"#).kind(), ErrorKind::InvalidInput);
}

/// OpenAPI 3.2.0, "Style Values": `cookie`.
#[test]
fn o3_cookies_of_their_own_style_are_sent_as_they_are_or_not_at_all() {
    static COOKIE: Operation = Operation {
        parameters: &[Parameter {
            argument: "c",
            name: "c!",
            location: Location::Cookie,
            style: Style::Cookie,
            ..Parameter::DEFAULT
        }],
        ..GET
    };
    let sent = |value: &str| {
        built(&COOKIE, &format!(r#"{{"c":{value}}}"#), &[]).map(|request| header(&request, "cookie").unwrap())
    };
    for (value, expected) in [
        (r#""a%20b/c=d""#, "c!=a%20b/c=d"),
        (r#"["blue","black"]"#, "c!=blue; c!=black"),
        (r#"{"R":100,"G":200}"#, "R=100; G=200"),
        (r#""\"quoted\"""#, "c!=\"quoted\""),
        (r#""""#, "c!="),
    ] {
        assert_eq!(sent(value).unwrap(), expected);
    }
    for value in [r#""a; admin=1""#, r#""a b""#, r#""é""#, r#""a\r\nX: 1""#, r#""a\tb""#, r#""a\\b""#, r#"{"a b":1}"#]
    {
        assert_eq!(sent(value).unwrap_err().kind(), ErrorKind::InvalidInput, "{value}");
    }
}

/// Swagger 2.0, `collectionFormat: tsv` in a path: the tabs do not hide another route from the check of O1.
#[test]
fn o1_tabs_between_items_of_a_path() {
    static TABS: Operation = Operation {
        path: "/a/{v}/b",
        parameters: &[Parameter {
            argument: "v",
            name: "v",
            location: Location::Path,
            style: Style::TabDelimited,
            explode: false,
            ..Parameter::DEFAULT
        }],
        ..GET
    };
    assert_eq!(url(&TABS, r#"{"v":["x","y"]}"#), "https://api.example/v1/a/x%09y/b");
    for value in
        [r#"[".","."]"#, r#"["..","x"]"#, r#"["","."]"#, r#"["a\tb","c"]"#, r#"["x","%2e%2e"]"#, r#"["%09"]"#, "[]"]
    {
        let error = refused(&TABS, &format!(r#"{{"v":{value}}}"#));
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{value}");
    }
}

#[test]
fn tables_that_do_not_fit_together_are_internal_errors() {
    static MISSING: Operation = Operation { path: "/a/{unknown}", ..GET };
    static METHOD: Operation = Operation { method: "G T", ..GET };
    static MEDIA: Operation = Operation {
        parameters: &[Parameter {
            argument: "q",
            name: "q",
            content_type: Some("application/xml"),
            ..Parameter::DEFAULT
        }],
        ..GET
    };
    for (operation, arguments) in [(&MISSING, "{}"), (&METHOD, "{}"), (&MEDIA, r#"{"q":"a"}"#)] {
        assert_eq!(refused(operation, arguments).kind(), ErrorKind::Internal, "{operation:?}");
    }
}
