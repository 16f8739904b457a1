use super::*;
use crate::error::ErrorKind;
use crate::json::RawJson;
use crate::upstream::operation::Style;

const DEFAULT: RequestBody = RequestBody::DEFAULT;

static JSON: RequestBody =
    RequestBody { layout: BodyLayout::Flattened(&[("name", "name"), ("body_id", "id"), ("tags", "tags")]), ..DEFAULT };
static OPTIONAL: RequestBody =
    RequestBody { layout: BodyLayout::Flattened(&[("name", "name")]), required: false, ..DEFAULT };
static WHOLE: RequestBody =
    RequestBody { media_type: "application/vnd.api+json", layout: BodyLayout::Whole("body"), ..DEFAULT };
static TEXT: RequestBody = RequestBody { media_type: "text/plain", layout: BodyLayout::Whole("body"), ..DEFAULT };
static XML: RequestBody = RequestBody { media_type: "application/xml", layout: BodyLayout::Whole("body"), ..DEFAULT };
static ANY: RequestBody = RequestBody { media_type: "*/*", layout: BodyLayout::Whole("body"), ..DEFAULT };
static BYTES: RequestBody =
    RequestBody { media_type: "application/octet-stream", layout: BodyLayout::Whole("body"), ..DEFAULT };
static IMAGE: RequestBody = RequestBody { media_type: "image/*", layout: BodyLayout::Whole("body"), ..DEFAULT };
static LINES: RequestBody =
    RequestBody { media_type: "application/x-ndjson", layout: BodyLayout::Whole("body"), ..DEFAULT };

const fn style(style: Style, explode: bool) -> Encoding {
    Encoding::Style { style, explode, allow_reserved: false }
}

const FORM_PROPERTIES: BodyLayout = BodyLayout::Flattened(&[
    ("color", "color"),
    ("deep", "deep"),
    ("csv", "csv"),
    ("pipes", "pipes"),
    ("json", "json"),
    ("url", "url"),
]);
const ENCODINGS: &[(&str, Encoding)] = &[
    ("deep", style(Style::DeepObject, true)),
    ("csv", style(Style::Form, false)),
    ("pipes", style(Style::PipeDelimited, false)),
    ("json", Encoding::Content("application/json")),
    ("url", Encoding::Style { style: Style::Form, explode: true, allow_reserved: true }),
];
static FORM: RequestBody = RequestBody {
    media_type: "application/x-www-form-urlencoded",
    layout: FORM_PROPERTIES,
    encodings: ENCODINGS,
    ..DEFAULT
};
static FORM_WHOLE: RequestBody =
    RequestBody { media_type: "application/x-www-form-urlencoded", layout: BodyLayout::Whole("body"), ..DEFAULT };
static PARTS: RequestBody = RequestBody {
    media_type: "multipart/form-data; boundary=x",
    layout: BodyLayout::Flattened(&[
        ("title", "title"),
        ("tags", "tags"),
        ("meta", "meta"),
        ("xml", "xml"),
        ("photo", "photo"),
        ("files", "files[]"),
        ("deep", "deep"),
        ("pipes", "pipes"),
        ("quoted", "a\"b"),
    ]),
    encodings: &[
        ("xml", Encoding::Content("application/xml")),
        ("photo", Encoding::File("image/png")),
        ("files[]", Encoding::File("application/octet-stream")),
        ("deep", style(Style::DeepObject, true)),
        ("pipes", style(Style::PipeDelimited, false)),
    ],
    ..DEFAULT
};
static PARTS_WHOLE: RequestBody =
    RequestBody { media_type: "multipart/form-data", layout: BodyLayout::Whole("body"), ..DEFAULT };

fn built(table: &'static RequestBody, arguments: &str) -> Result<Option<Body>, Error> {
    let json = RawJson::parse(arguments).unwrap();
    body(table, &Arguments::read(&json).unwrap())
}

fn sent(table: &'static RequestBody, arguments: &str) -> Option<(String, String)> {
    let body = built(table, arguments).unwrap()?;
    Some((body.media_type.into_owned(), String::from_utf8(body.bytes).unwrap()))
}

fn text(table: &'static RequestBody, arguments: &str) -> String {
    sent(table, arguments).unwrap().1
}

fn refused(table: &'static RequestBody, arguments: &str) -> Error {
    let error = built(table, arguments).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    error
}

/// name, filename, media type, content
type Read = (String, Option<String>, Option<String>, Vec<u8>);

/// The parts of a body, by an independent parser.
fn parts(table: &'static RequestBody, arguments: &str) -> Vec<Read> {
    let body = built(table, arguments).unwrap().unwrap();
    let boundary = multer::parse_boundary(body.media_type.as_ref()).unwrap();
    let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(bytes::Bytes::from(body.bytes)) });
    let mut multipart = multer::Multipart::new(stream, boundary);
    let read = async {
        let mut out = Vec::new();
        while let Some(field) = multipart.next_field().await.unwrap() {
            let name = field.name().unwrap().to_owned();
            let filename = field.file_name().map(str::to_owned);
            let media_type = field.content_type().map(ToString::to_string);
            out.push((name, filename, media_type, field.bytes().await.unwrap().to_vec()));
        }
        out
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(read)
}

fn part(name: &str, content: &str) -> Read {
    (name.to_owned(), None, None, content.as_bytes().to_vec())
}

fn typed(name: &str, media_type: &str, content: &str) -> Read {
    (name.to_owned(), None, Some(media_type.to_owned()), content.as_bytes().to_vec())
}

#[test]
fn flattened_properties_keep_their_spelling_in_the_order_of_the_table() {
    let arguments = r#"{"tags":[ 1.0, "\u00e9" ],"other":1,"body_id":12345678901234567890123,"name":null}"#;
    let expected = r#"{"name":null,"id":12345678901234567890123,"tags":[1.0,"\u00e9"]}"#;
    assert_eq!(sent(&JSON, arguments).unwrap(), ("application/json".to_owned(), expected.to_owned()));
    assert_eq!(text(&JSON, r#"{"name":"a"}"#), r#"{"name":"a"}"#);
}

#[test]
fn a_body_without_properties_is_sent_where_the_operation_needs_one() {
    assert_eq!(text(&JSON, "{}"), "{}");
    assert_eq!(sent(&OPTIONAL, r#"{"other":1}"#), None);
    assert_eq!(text(&OPTIONAL, r#"{"name":null}"#), r#"{"name":null}"#, "null is a value");
    assert_eq!(text(&FORM, "{}"), "");
}

#[test]
fn a_whole_body_is_one_argument() {
    let (media_type, body) = sent(&WHOLE, r#"{"body":{"a": 1e2}}"#).unwrap();
    assert_eq!((media_type.as_str(), body.as_str()), ("application/vnd.api+json", r#"{"a":1e2}"#));
    assert_eq!(text(&WHOLE, r#"{"body":null}"#), "null");
    assert_eq!(sent(&WHOLE, "{}"), None);
    assert_eq!(sent(&ANY, r#"{"body":[1]}"#).unwrap().0, "application/json");
}

#[test]
fn text_is_sent_as_it_is() {
    assert_eq!(
        sent(&TEXT, r#"{"body":"a\nb \"c\" é"}"#).unwrap(),
        ("text/plain".to_owned(), "a\nb \"c\" é".to_owned())
    );
    assert_eq!(text(&TEXT, r#"{"body":1.50}"#), "1.50");
    assert_eq!(text(&XML, r#"{"body":"<a b=\"1\"/>"}"#), "<a b=\"1\"/>");
}

#[test]
fn bytes_come_as_base64() {
    let body = built(&BYTES, r#"{"body":"AP+A"}"#).unwrap().unwrap();
    assert_eq!((body.media_type.as_ref(), body.bytes.as_slice()), ("application/octet-stream", &[0, 0xff, 0x80][..]));
    // The media type of a range is the caller's to give; where the document names it, it is the document's.
    let body = |table| built(table, r#"{"body":{"data":"Zg==","mediaType":"image/webp"}}"#).unwrap().unwrap();
    assert_eq!((body(&IMAGE).media_type.as_ref(), body(&IMAGE).bytes), ("image/webp", b"f".to_vec()));
    assert_eq!(body(&BYTES).media_type, "application/octet-stream");
    assert!(refused(&BYTES, r#"{"body":"not base64!"}"#).message().contains("`body` is not base64"));
}

#[test]
fn newline_delimited_json_has_one_value_on_each_line() {
    assert_eq!(text(&LINES, r#"{"body":[{"a": 1.0},"x\ny",null]}"#), "{\"a\":1.0}\n\"x\\ny\"\nnull\n");
    assert_eq!(text(&LINES, r#"{"body":[]}"#), "");
}

// RFC 7464 §2.2: each JSON text after a record separator, with a line feed at its end.
#[test]
fn json_text_sequences_separate_their_values() {
    static SEQUENCE: RequestBody =
        RequestBody { media_type: "application/json-seq", layout: BodyLayout::Whole("body"), ..DEFAULT };
    assert_eq!(text(&SEQUENCE, r#"{"body":[{"a": 1.0},"x"]}"#), "\u{1e}{\"a\":1.0}\n\u{1e}\"x\"\n");
    assert_eq!(text(&SEQUENCE, r#"{"body":[]}"#), "");
}

// OpenAPI 3.1.1 §4.8.12 "Style Examples" for the styles; §4.8.15 for JSON and for the items of arrays.
#[test]
fn forms_follow_the_encodings() {
    for (arguments, expected) in [
        (r#"{"color":"blue"}"#, "color=blue"),
        (r#"{"color":""}"#, "color="),
        (r#"{"color":null}"#, "color="),
        (r#"{"color":"a b&c=d+é"}"#, "color=a%20b%26c%3Dd%2B%C3%A9"),
        (r#"{"color":1.50}"#, "color=1.50"),
        (r#"{"color":["blue","black"]}"#, "color=blue&color=black"),
        (r#"{"color":[]}"#, ""),
        (r#"{"color":{"R":100}}"#, "color=%7B%22R%22%3A100%7D"),
        (r#"{"color":[{"R":1},[2]]}"#, "color=%7B%22R%22%3A1%7D&color=%5B2%5D"),
        (
            r#"{"deep":{"R":100,"G":{"x":[1,2]}}}"#,
            "deep%5BR%5D=100&deep%5BG%5D%5Bx%5D%5B%5D=1&deep%5BG%5D%5Bx%5D%5B%5D=2",
        ),
        (r#"{"csv":["blue","black"]}"#, "csv=blue,black"),
        (r#"{"pipes":["blue","black"]}"#, "pipes=blue%7Cblack"),
        (r#"{"json":"a"}"#, "json=%22a%22"),
        (r#"{"url":"https://a.test/b?c"}"#, "url=https://a.test/b?c"),
        (r#"{"json":1,"color":"x"}"#, "color=x&json=1"),
    ] {
        assert_eq!(text(&FORM, arguments), expected, "{arguments}");
    }
    assert!(refused(&FORM, r#"{"csv":[[1]]}"#).message().contains("`csv`"));
    assert_eq!(text(&FORM_WHOLE, r#"{"body":{"a":[1,2],"b c":"d"}}"#), "a=1&a=2&b%20c=d");
    assert_eq!(text(&FORM_WHOLE, r#"{"body":"a=1&b=2"}"#), "a=1&b=2");
    refused(&FORM_WHOLE, r#"{"body":[1]}"#);
}

#[test]
fn multipart_is_read_back_by_an_independent_parser() {
    let arguments = r#"{"title":"é \"x\"","tags":["a",1.0,{"k":[1]}],"meta":{"a": null},"xml":"<a/>",
        "photo":{"data":"iVBORw0KGgo=","filename":"Größe \"1\".png"},
        "files":["AP8=",{"data":"DQotLQ==","mediaType":"text/plain","filename":"b.txt"}],
        "deep":{"x":"1"},"pipes":["a b","c"],"quoted":true}"#;
    let file = |name: &str, filename: &str, media_type: &str, bytes: &[u8]| {
        (name.to_owned(), Some(filename.to_owned()), Some(media_type.to_owned()), bytes.to_vec())
    };
    assert_eq!(
        parts(&PARTS, arguments),
        [
            part("title", "é \"x\""),
            part("tags", "a"),
            part("tags", "1.0"),
            typed("tags", "application/json", r#"{"k":[1]}"#),
            typed("meta", "application/json", r#"{"a":null}"#),
            typed("xml", "application/xml", "<a/>"),
            // HTML, "multipart form data": a quote in a name is written %22.
            file("photo", "Größe %221%22.png", "image/png", b"\x89PNG\r\n\x1a\n"),
            file("files[]", "files[]", "application/octet-stream", b"\0\xff"),
            file("files[]", "b.txt", "text/plain", b"\r\n--"),
            part("deep[x]", "1"),
            part("pipes", "a b|c"),
            part("a%22b", "true"),
        ]
    );
    assert_eq!(
        parts(&PARTS_WHOLE, r#"{"body":{"a":1,"b":null,"c":"d"}}"#),
        [part("a", "1"), part("b", ""), part("c", "d")]
    );
}

#[test]
fn null_and_nothing_are_no_files() {
    assert_eq!(parts(&PARTS, r#"{"photo":null,"title":null}"#), [part("title", "")]);
    // RFC 2046 §5.1.1 has no body without parts; readers take the closing delimiter alone as one.
    let (media_type, body) = sent(&PARTS, "{}").unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_eq!(body, format!("--{boundary}--\r\n"));
}

#[test]
fn a_boundary_is_new_each_time_and_occurs_in_no_content() {
    let first = sent(&PARTS, r#"{"title":"a"}"#).unwrap().0;
    let second = sent(&PARTS, r#"{"title":"a"}"#).unwrap().0;
    assert_ne!(first, second);
    // Content that looks like delimiters stays content.
    let boundary = first.split_once("boundary=").unwrap().1;
    let title = format!("x\r\n--{boundary}--\r\n--mcpgen-\r\n");
    let arguments = format!(r#"{{"title":{}}}"#, serde_json::to_string(&title).unwrap());
    assert_eq!(parts(&PARTS, &arguments), [part("title", &title)]);
}

#[test]
fn o3_no_argument_writes_a_header_of_a_part() {
    for arguments in [
        r#"{"body":{"a\r\nX-Evil: 1":"b"}}"#,
        r#"{"body":{"a\"; filename=\"b\n":"b"}}"#,
        r#"{"body":{"a\\":"b"}}"#,
        r#"{"body":{"a\u0000":"b"}}"#,
    ] {
        refused(&PARTS_WHOLE, arguments);
    }
    for arguments in [
        r#"{"photo":{"data":"","filename":"a\r\nX-Evil: 1"}}"#,
        r#"{"photo":{"data":"","mediaType":"image/png\r\nX-Evil: 1"}}"#,
        r#"{"photo":{"data":"","filename":"a\\"}}"#,
    ] {
        refused(&PARTS, arguments);
    }
    let (_, body) = sent(&PARTS_WHOLE, r#"{"body":{"a\"; filename=\"b":"c"}}"#).unwrap();
    assert!(body.contains("name=\"a%22; filename=%22b\"\r\n"), "{body}");
}

#[test]
fn what_is_no_file_is_refused_by_name() {
    for (arguments, what) in [
        (r#"{"photo":"no base64"}"#, "`photo` is not base64"),
        (r#"{"photo":{"filename":"a"}}"#, "`photo` has no \"data\""),
        (r#"{"photo":1}"#, "`photo` is no file"),
        (r#"{"files":["AA==",5]}"#, "`files` (\"files[]\" of the request body) is no file"),
        (r#"{"deep":{"a[b]":1}}"#, "`deep` has the key \"a[b]\""),
    ] {
        let error = refused(&PARTS, arguments);
        assert!(error.message().contains(what), "{error}");
    }
    refused(&PARTS_WHOLE, r#"{"body":"a"}"#);
    refused(&PARTS_WHOLE, r#"{"body":[1]}"#);
}

/// OpenAPI 3.1.1 §4.8.15.2, "Encoding Object Example": `X-Rate-Limit-Limit` beside the media type of a part.
#[test]
fn parts_have_the_headers_of_the_document() {
    static WITH_HEADERS: RequestBody = RequestBody {
        media_type: "multipart/form-data",
        layout: BodyLayout::Flattened(&[("id", "id"), ("image", "image")]),
        encodings: &[("image", Encoding::File("image/png"))],
        part_headers: &[("image", "X-Rate-Limit-Limit", "7"), ("other", "X-Other", "1")],
        ..DEFAULT
    };
    let (media_type, text) = sent(&WITH_HEADERS, r#"{"id":"a","image":{"data":"Zm9vYmFy"}}"#).unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\na\r\n--{boundary}\r\nContent-Disposition: form-data; \
         name=\"image\"; filename=\"image\"\r\nContent-Type: image/png\r\nX-Rate-Limit-Limit: 7\r\n\r\nfoobar\r\n--{boundary}--\r\n"
    );
    assert_eq!(text, expected);
    static EVIL: RequestBody = RequestBody {
        media_type: "multipart/form-data",
        layout: BodyLayout::Flattened(&[("id", "id")]),
        part_headers: &[("id", "X-A", "1\r\nX-Evil: 1")],
        ..DEFAULT
    };
    assert!(built(&EVIL, r#"{"id":"a"}"#).is_err());
}

/// OpenAPI 3.1.1 §4.8.15.1.1, `headers`, with values of the call; read back by another parser.
#[test]
fn parts_have_the_headers_of_the_caller() {
    static GIVEN: RequestBody = RequestBody {
        media_type: "multipart/form-data",
        layout: BodyLayout::Flattened(&[("id", "id"), ("images", "images"), ("meta", "meta"), ("list", "list")]),
        encodings: &[("images", Encoding::File("image/png")), ("list", style(Style::PipeDelimited, false))],
        part_headers: &[("images", "X-Kind", "photo"), ("images", "X-Origin", "camera")],
        given_headers: &[
            ("id", "X-Id", false),
            ("images", "X-Origin", false),
            ("images", "X-Tags", false),
            ("meta", "X-Map", true),
            ("list", "X-List", false),
        ],
        ..DEFAULT
    };
    type Headed = (String, Vec<(String, String)>, String);
    let read = |arguments: &str| -> Vec<Headed> {
        let body = built(&GIVEN, arguments).unwrap().unwrap();
        let boundary = multer::parse_boundary(body.media_type.as_ref()).unwrap();
        let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(bytes::Bytes::from(body.bytes)) });
        let mut multipart = multer::Multipart::new(stream, boundary);
        let read = async {
            let mut out = Vec::new();
            while let Some(field) = multipart.next_field().await.unwrap() {
                let own = field.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-"));
                let own = own.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
                out.push((field.name().unwrap().to_owned(), own, field.text().await.unwrap()));
            }
            out
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(read)
    };
    let part = |name: &str, headers: &[(&str, &str)], content: &str| -> Headed {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        (name.to_owned(), headers, content.to_owned())
    };
    let arguments = r#"{"id":{"value":"a","headers":{"X-Id":7}},
        "images":[{"data":"Zg==","headers":{"X-Tags":["a","b"],"X-Origin":"scan"}},{"data":"Zg=="}],
        "meta":{"value":{"a":1},"headers":{"X-Map":{"R":100,"G":200}}},
        "list":{"value":["a","b"],"headers":{"X-List":null}}}"#;
    assert_eq!(
        read(arguments),
        [
            part("id", &[("x-id", "7")], "a"),
            part("images", &[("x-tags", "a,b"), ("x-origin", "scan"), ("x-kind", "photo")], "f"),
            part("images", &[("x-kind", "photo"), ("x-origin", "camera")], "f"),
            part("meta", &[("x-map", "R=100,G=200")], r#"{"a":1}"#),
            part("list", &[], "a|b"),
        ]
    );
    for arguments in [
        r#"{"id":{"value":"a","headers":{"X-Id":"1\r\nX-Evil: 1"}}}"#,
        r#"{"id":{"value":"a","headers":{"X-Id":"é"}}}"#,
        r#"{"id":{"value":"a","headers":{"X-Evil":"1"}}}"#,
        r#"{"id":{"value":"a","headers":{"x\r\ny":"1"}}}"#,
        r#"{"id":{"value":"a","headers":[1]}}"#,
        r#"{"id":{"headers":{}}}"#,
        r#"{"id":"a"}"#,
        r#"{"images":{"data":"Zg==","headers":{"Content-Type":"text/html"}}}"#,
        r#"{"images":{"data":"Zg==","headers":{"X-Tags":[[1]]}}}"#,
    ] {
        assert!(refused(&GIVEN, arguments).message().contains("The argument `i"), "{arguments}");
    }
}
