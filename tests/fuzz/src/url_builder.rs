//! Arguments into requests: whatever a value is, the request goes where the document says (SECURITY.md O1 to O3). Judged by
//! a URL parser, and by a server that decodes as often as it can.

use mcpgen_runtime::fuzzing::{Location, Operation, Parameter, Style, request};
use serde_json::{Value, json};

/// The first byte chooses style and explode, the second the shape of the value, the rest is its text.
pub fn run(data: &[u8]) {
    let [choice, shape, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text);
    let operation = &OPERATIONS[usize::from(*choice) % OPERATIONS.len()];
    let arguments = json!({ "v": value(*shape, &text), "q": value(shape >> 2, &text), "h": text, "c": text });
    let Some(request) = request(operation, &arguments.to_string()) else { return };

    let url = url::Url::parse(&request.url).expect("a URL");
    assert_eq!(url.as_str(), request.url, "a parser changes nothing");
    assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some("api.example"), None));
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    let segments = lax_segments(url.path());
    assert_eq!(segments.len(), 5, "{segments:?}");
    assert_eq!((&*segments[1], &*segments[2], &*segments[4]), ("v1", "pets", "toys"), "{segments:?}");
    if operation.parameters[0].style == Style::Simple
        && let Value::String(text) = &arguments["v"]
    {
        let sent = url.path_segments().and_then(|mut segments| segments.nth(2)).expect("the segment");
        assert_eq!(percent_encoding::percent_decode_str(sent).decode_utf8().expect("UTF-8"), text.as_str());
    }
    // One pair of the credential, whatever an argument is called or holds.
    let keys: Vec<_> = url.query_pairs().filter(|(name, _)| name == "api_key").collect();
    assert_eq!(keys, [("api_key".into(), "secret".into())]);
    for (name, value) in &request.headers {
        assert!(!value.contains(['\r', '\n', '\0']), "{name}: {value:?}");
        assert!(["accept", "user-agent", "x-h", "cookie"].contains(&name.as_str()), "{name}");
        if name == "cookie" {
            assert_eq!(value.matches("; ").count() + 1, 1, "one cookie: {value}");
        }
    }
}

fn value(shape: u8, text: &str) -> Value {
    match shape & 3 {
        0 => json!(text),
        1 => json!(text.split(' ').collect::<Vec<_>>()),
        2 => json!({ "a": text, (text): "b" }),
        _ => json!({ (text): { "x": [text, text] } }),
    }
}

/// The segments of a path as the laxest server reads it: everything decoded until nothing changes, backslashes are
/// slashes, dot segments applied.
fn lax_segments(path: &str) -> Vec<String> {
    let mut text = path.to_owned();
    loop {
        let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            break;
        }
        text = decoded;
    }
    let mut segments: Vec<String> = Vec::new();
    for segment in text.replace('\\', "/").split('/') {
        match segment.split(';').next().unwrap_or_default().trim() {
            ".." => drop(segments.pop()),
            "." => {}
            _ => segments.push(segment.to_owned()),
        }
    }
    segments
}

const fn parameter(name: &'static str, location: Location, style: Style, explode: bool) -> Parameter {
    Parameter { argument: name, name, location, style, explode, ..Parameter::DEFAULT }
}

macro_rules! operations {
    ($(($path:ident, $query:ident, $cookie:ident, $explode:literal),)*) => {
        &[$(Operation {
            method: "GET",
            path: "/pets/{v}/toys",
            parameters: &[
                parameter("v", Location::Path, Style::$path, $explode),
                parameter("q", Location::Query, Style::$query, $explode),
                Parameter { name: "X-H", ..parameter("h", Location::Header, Style::Simple, $explode) },
                parameter("c", Location::Cookie, Style::$cookie, $explode),
            ],
            security: &[&["key"]],
            ..Operation::DEFAULT
        },)*]
    };
}

static OPERATIONS: &[Operation] = operations![
    (Simple, Form, Form, false),
    (Simple, Form, Form, true),
    (Label, SpaceDelimited, Form, false),
    (Label, PipeDelimited, Form, true),
    (Matrix, PipeDelimited, Form, false),
    (Matrix, DeepObject, Form, true),
    (TabDelimited, TabDelimited, Cookie, false),
];
