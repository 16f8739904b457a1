//! What is sent, a parser that is not ours reads back as the value that went in: WHATWG's form parser (`url`), the
//! `percent-encoding` crate, `multer` for multipart.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::value::{RawValue, to_raw_value};

use super::args::Arguments;
use super::body::body;
use super::encode::Escape;
use super::operation::{BodyLayout, Encoding, RequestBody, Style};
use super::style::{self, Value};
use crate::json::RawJson;

type Map = BTreeMap<String, String>;

fn raw<T: serde::Serialize>(value: &T) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

/// The pairs of a query as browsers and servers read them.
fn pairs(name: &str, style: Style, explode: bool, value: &RawValue) -> Vec<(String, String)> {
    let sent = style::pairs(name, style, explode, Escape::All, value).unwrap();
    let query: Vec<String> = sent.into_iter().map(|pair| pair.text).collect();
    let url = url::Url::parse(&format!("https://api.example/?{}", query.join("&"))).unwrap();
    url.query_pairs().into_owned().collect()
}

/// One undecoded value, split where the style says, then decoded.
fn split(name: &str, style: Style, by: &str, value: &RawValue) -> Vec<String> {
    let sent = style::pairs(name, style, false, Escape::All, value).unwrap();
    let [only] = sent.as_slice() else { panic!("{sent:?}") };
    let (_, text) = only.text.split_once('=').unwrap();
    text.split(by).map(decode).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn in_path(style: Style, explode: bool, value: &RawValue) -> String {
    style::path("n", style, explode, Escape::All, &Value::read(value).unwrap())
}

fn alternate(values: Vec<String>) -> Map {
    values.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

/// Anything a document's string may hold; what a style cannot tell apart from its own separator is left out there.
const ANY: &str = r"(?s-u:[ -~])*|\PC{0,12}";
const WITHOUT_SEPARATORS: &str = r"[^ |\p{Cc}]{0,12}";

fn texts(pattern: &'static str) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(pattern, 1..5)
}

fn maps(keys: &'static str, values: &'static str) -> impl Strategy<Value = Map> {
    prop::collection::btree_map(keys, values, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn form_and_deep_object(name in r"[^\[\]\p{Cc}]{1,8}", one in ANY, many in texts(ANY), map in maps(r"[^\[\]]{1,8}", ANY)) {
        let own = |value: &String| (name.clone(), value.clone());
        prop_assert_eq!(pairs(&name, Style::Form, true, &raw(&one)), [own(&one)]);
        prop_assert_eq!(pairs(&name, Style::Form, true, &raw(&many)), many.iter().map(own).collect::<Vec<_>>());
        let exploded: Map = pairs(&name, Style::Form, true, &raw(&map)).into_iter().collect();
        prop_assert_eq!(&exploded, &map);
        prop_assert_eq!(&split(&name, Style::Form, ",", &raw(&many)), &many);
        prop_assert_eq!(&alternate(split(&name, Style::Form, ",", &raw(&map))), &map);
        let deep = pairs(&name, Style::DeepObject, true, &raw(&map)).into_iter();
        let deep: Map = deep.map(|(key, value)| (key[name.len() + 1..key.len() - 1].to_owned(), value)).collect();
        prop_assert_eq!(&deep, &map);
    }

    #[test]
    fn space_and_pipe_delimited(many in texts(WITHOUT_SEPARATORS), map in maps(WITHOUT_SEPARATORS, WITHOUT_SEPARATORS)) {
        for (style, by) in [(Style::SpaceDelimited, "%20"), (Style::PipeDelimited, "%7C")] {
            prop_assert_eq!(&split("n", style, by, &raw(&many)), &many);
            prop_assert_eq!(&alternate(split("n", style, by, &raw(&map))), &map);
        }
    }

    #[test]
    fn simple_label_and_matrix(one in r"\PC{1,12}", many in texts(r"\PC{1,8}"), map in maps(r"\PC{1,8}", r"\PC{1,8}")) {
        prop_assert_eq!(decode(&in_path(Style::Simple, false, &raw(&one))), one.clone());
        prop_assert_eq!(decode(&in_path(Style::Label, false, &raw(&one))), format!(".{one}"));
        prop_assert_eq!(decode(&in_path(Style::Matrix, false, &raw(&one))), format!(";n={one}"));
        let list = |text: String, first: &str, by: &str| -> Vec<String> {
            text.strip_prefix(first).unwrap().split(by).map(decode).collect()
        };
        prop_assert_eq!(&list(in_path(Style::Simple, true, &raw(&many)), "", ","), &many);
        prop_assert_eq!(&list(in_path(Style::Label, false, &raw(&many)), ".", ","), &many);
        prop_assert_eq!(&list(in_path(Style::Matrix, true, &raw(&many)), ";n=", ";n="), &many);
        prop_assert_eq!(&alternate(list(in_path(Style::Simple, false, &raw(&map)), "", ",")), &map);
        let exploded = |text: String, first: &str, by: &str| -> Map {
            let pairs = text.strip_prefix(first).unwrap().split(by).map(|pair| pair.split_once('=').unwrap());
            pairs.map(|(key, value)| (decode(key), decode(value))).collect()
        };
        prop_assert_eq!(&exploded(in_path(Style::Simple, true, &raw(&map)), "", ","), &map);
        prop_assert_eq!(&exploded(in_path(Style::Matrix, true, &raw(&map)), ";", ";"), &map);
    }

    #[test]
    fn numbers_and_booleans_keep_their_spelling(number in r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", flag: bool) {
        let value = RawValue::from_string(number.clone()).unwrap();
        prop_assert_eq!(pairs("n", Style::Form, true, &value), [("n".to_owned(), number)]);
        prop_assert_eq!(pairs("n", Style::Form, true, &raw(&flag)), [("n".to_owned(), flag.to_string())]);
    }

    #[test]
    fn a_form(one in ANY, many in texts(ANY)) {
        static FORM: RequestBody = RequestBody {
            media_type: "application/x-www-form-urlencoded",
            layout: BodyLayout::Flattened(&[("one", "one"), ("many", "m[]")]),
            ..RequestBody::DEFAULT
        };
        let json = RawJson::encode(&serde_json::json!({ "one": one, "many": many })).unwrap();
        let sent = body(&FORM, &Arguments::read(&json).unwrap()).unwrap().unwrap();
        let url = format!("https://api.example/?{}", String::from_utf8(sent.bytes).unwrap());
        let read: Vec<(String, String)> = url::Url::parse(&url).unwrap().query_pairs().into_owned().collect();
        let many = many.into_iter().map(|text| ("m[]".to_owned(), text));
        prop_assert_eq!(read, std::iter::once(("one".to_owned(), one)).chain(many).collect::<Vec<_>>());
    }

    #[test]
    fn a_multipart_form(text in r"\PC{0,24}", bytes in prop::collection::vec(any::<u8>(), 0..64), filename in r#"[^/\\\p{Cc}"]{1,12}"#) {
        static PARTS: RequestBody = RequestBody {
            media_type: "multipart/form-data",
            layout: BodyLayout::Flattened(&[("text", "text"), ("file", "file")]),
            encodings: &[("file", Encoding::File("image/png"))],
            ..RequestBody::DEFAULT
        };
        prop_assume!(filename != "." && filename != "..");
        let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes);
        let arguments = serde_json::json!({ "text": text, "file": { "data": data, "filename": filename } });
        let json = RawJson::encode(&arguments).unwrap();
        let sent = body(&PARTS, &Arguments::read(&json).unwrap()).unwrap().unwrap();
        let boundary = multer::parse_boundary(&sent.media_type).unwrap();
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(sent.bytes))]);
        let mut parts = multer::Multipart::new(stream, boundary);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(async {
            let first = parts.next_field().await.unwrap().unwrap();
            let first = (first.name().map(str::to_owned), first.text().await.unwrap());
            let second = parts.next_field().await.unwrap().unwrap();
            let names = (second.name().map(str::to_owned), second.file_name().map(str::to_owned));
            (first, names, second.bytes().await.unwrap(), parts.next_field().await.unwrap().is_none())
        });
        let expected = (
            (Some("text".to_owned()), text),
            (Some("file".to_owned()), Some(filename)),
            bytes::Bytes::from(bytes),
            true,
        );
        prop_assert_eq!(read, expected);
    }
}
