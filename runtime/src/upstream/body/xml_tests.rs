//! Expected texts are the examples of OpenAPI 3.1.1 §4.8.26 and 3.2.0, "XML Object Examples"; what they mean is read back by
//! another parser.

use roxmltree::Document;

use super::*;
use crate::error::ErrorKind;
use crate::json::RawJson;
use crate::upstream::args::Arguments;
use crate::upstream::body::{Body, body};
use crate::upstream::operation::{BodyLayout, RequestBody};

const DEFAULT: XmlNode = XmlNode::DEFAULT;

const fn element(name: &'static str) -> XmlNode {
    XmlNode { name, ..DEFAULT }
}

const fn list(kind: XmlKind, name: &'static str, item: usize) -> XmlNode {
    XmlNode { kind, name, holds: XmlContent::Items(item), ..DEFAULT }
}

const fn members(name: &'static str, members: &'static [(&'static str, usize)]) -> XmlNode {
    XmlNode { name, holds: XmlContent::Members(members), ..DEFAULT }
}

fn wrote(table: &'static [XmlNode], json: &str) -> Result<String, String> {
    let json = RawJson::parse(json).unwrap();
    let text = whole(table, serde_json::from_str(json.as_str()).unwrap())?;
    // Another parser takes it for well-formed, with namespaces.
    Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    Ok(text.strip_prefix(DECLARATION).unwrap().to_owned())
}

/// One property of a document element.
fn within(table: &'static [XmlNode], json: &str) -> String {
    let text = wrote(table, &format!(r#"{{"animals":{json}}}"#)).unwrap();
    text.strip_prefix("<d>").and_then(|text| text.strip_suffix("</d>")).unwrap().to_owned()
}

const D: XmlNode = members("d", &[("animals", 1)]);

// OpenAPI 3.1.1 §4.8.26.2.1 "No XML Element", §4.8.26.2.2 "XML Name Replacement", §4.8.26.2.4 "XML Arrays".
#[test]
fn the_examples_of_the_specification_for_elements_and_arrays() {
    const ITEMS: &str = r#"["dog","cat"]"#;
    static PLAIN: [XmlNode; 2] = [D, element("animals")];
    static RENAMED: [XmlNode; 2] = [D, element("animal")];
    static LIST: [XmlNode; 3] = [D, list(XmlKind::Nothing, "", 2), element("animals")];
    static LIST_OF: [XmlNode; 3] = [D, list(XmlKind::Nothing, "", 2), element("animal")];
    static WRAPPED: [XmlNode; 3] = [D, list(XmlKind::Element, "animals", 2), element("animals")];
    static WRAPPED_OF: [XmlNode; 3] = [D, list(XmlKind::Element, "aliens", 2), element("animal")];
    static WRAPPED_ALIENS: [XmlNode; 3] = [D, list(XmlKind::Element, "aliens", 2), element("aliens")];
    for (table, value, expected) in [
        (&PLAIN[..], r#""dog""#, "<animals>dog</animals>"),
        (&RENAMED, r#""dog""#, "<animal>dog</animal>"),
        (&LIST, ITEMS, "<animals>dog</animals><animals>cat</animals>"),
        (&LIST_OF, ITEMS, "<animal>dog</animal><animal>cat</animal>"),
        (&WRAPPED, ITEMS, "<animals><animals>dog</animals><animals>cat</animals></animals>"),
        (&WRAPPED_OF, ITEMS, "<aliens><animal>dog</animal><animal>cat</animal></aliens>"),
        (&WRAPPED_ALIENS, ITEMS, "<aliens><aliens>dog</aliens><aliens>cat</aliens></aliens>"),
        (&LIST, "[]", ""),
        (&WRAPPED, "[]", "<animals></animals>"),
    ] {
        assert_eq!(within(table, value), expected);
    }
}

// OpenAPI 3.1.1 §4.8.26.2.3 "XML Attribute, Prefix and Namespace".
#[test]
fn the_example_of_the_specification_for_attributes_prefixes_and_namespaces() {
    static PERSON: [XmlNode; 3] = [
        members("Person", &[("id", 1), ("name", 2)]),
        XmlNode { kind: XmlKind::Attribute, ..element("id") },
        XmlNode { namespace: Some("https://example.com/schema/sample"), ..element("sample:name") },
    ];
    assert_eq!(
        wrote(&PERSON, r#"{"name":"example","id":123}"#).unwrap(),
        r#"<Person id="123"><sample:name xmlns:sample="https://example.com/schema/sample">example</sample:name></Person>"#
    );
}

// OpenAPI 3.2.0, "XML Object Examples": "Elements With Attributes And Text", "Referenced Element With CDATA", "XML With
// `null` Values".
#[test]
fn the_examples_of_the_specification_for_texts_cdata_and_null() {
    static ANIMALS: [XmlNode; 4] = [
        list(XmlKind::Element, "animals", 1),
        members("animal", &[("kind", 2), ("name", 3)]),
        XmlNode { kind: XmlKind::Attribute, ..element("kind") },
        XmlNode { kind: XmlKind::Text, ..DEFAULT },
    ];
    assert_eq!(
        wrote(&ANIMALS, r#"[{"kind":"Cat","name":"Fluffy"},{"kind":"Dog","name":"Fido"}]"#).unwrap(),
        r#"<animals><animal kind="Cat">Fluffy</animal><animal kind="Dog">Fido</animal></animals>"#
    );
    static CDATA: [XmlNode; 3] = [D, members("animals", &[("note", 2)]), XmlNode { kind: XmlKind::Cdata, ..DEFAULT }];
    assert_eq!(within(&CDATA, r#"{"note":"<html></html>"}"#), "<animals><![CDATA[<html></html>]]></animals>");
    static PRODUCT: [XmlNode; 4] = [
        members("product", &[("count", 1), ("description", 2), ("related", 3)]),
        XmlNode { kind: XmlKind::Attribute, ..element("count") },
        element("description"),
        members("related", &[]),
    ];
    let text = wrote(&PRODUCT, r#"{"count":null,"description":"Thing","related":null}"#).unwrap();
    let document = Document::parse(&text).unwrap();
    let related = document.root_element().children().nth(1).unwrap();
    assert_eq!(related.attribute((INSTANCE, "nil")), Some("true"));
    assert!(related.tag_name().name() == "related" && !related.has_children(), "{text}");
    assert!(document.root_element().attribute("count").is_none(), "{text}");
    assert_eq!(
        wrote(&PRODUCT, r#"{"count":42,"description":"Thing","related":{}}"#).unwrap(),
        r#"<product count="42"><description>Thing</description><related></related></product>"#
    );
}

#[test]
fn a_namespace_is_declared_once_and_reaches_what_is_in_it() {
    const A: Option<&str> = Some("https://example.com/a?x&y");
    static TABLE: [XmlNode; 5] = [
        XmlNode { namespace: A, ..members("a:root", &[("id", 1), ("inner", 2), ("other", 3)]) },
        XmlNode { kind: XmlKind::Attribute, namespace: A, ..element("a:id") },
        XmlNode { namespace: A, ..element("a:inner") },
        XmlNode { namespace: Some("urn:b"), ..members("other", &[("inner", 4)]) },
        element("inner"),
    ];
    let text = wrote(&TABLE, r#"{"id":1,"inner":2,"other":{"inner":3}}"#).unwrap();
    assert_eq!(text.matches("xmlns:a=").count(), 1, "{text}");
    let document = Document::parse(&text).unwrap();
    let names: Vec<_> = document
        .descendants()
        .filter(|node| node.is_element())
        .map(|node| (node.tag_name().namespace().unwrap(), node.tag_name().name(), node.text().unwrap_or_default()))
        .collect();
    let a = A.unwrap();
    assert_eq!(names, [(a, "root", ""), (a, "inner", "2"), ("urn:b", "other", ""), ("urn:b", "inner", "3")]);
    assert_eq!(document.root_element().attribute((a, "id")), Some("1"));
}

#[test]
fn what_is_written_is_what_another_parser_reads() {
    static TABLE: [XmlNode; 4] = [
        members("d", &[("attribute", 1), ("text", 2), ("cdata", 3)]),
        XmlNode { kind: XmlKind::Attribute, ..element("a") },
        element("t"),
        XmlNode { kind: XmlKind::Cdata, ..DEFAULT },
    ];
    let values = [
        "",
        " ",
        "a & b < c > d",
        "\"'",
        "]]>",
        "]]]]>>",
        "\t\r\n \r\r\n",
        "&amp;",
        "<!-- -->",
        "<?x?>",
        "é \u{10ffff}",
        "\u{85}\u{2028}",
        "\u{fffd}\u{e000}",
        "]]",
        "]",
    ];
    for value in values {
        let json = serde_json::json!({"attribute": value, "text": value, "cdata": value});
        let text = wrote(&TABLE, &json.to_string()).unwrap();
        let document = Document::parse(&text).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("a"), Some(value), "{text}");
        let element = root.children().find(|node| node.is_element()).unwrap();
        assert_eq!(element.text().unwrap_or_default(), value, "{text}");
        let cdata: String =
            root.children().filter_map(|node| if node.is_text() { node.text() } else { None }).collect();
        assert_eq!(cdata, value, "{text}");
    }
    // Numbers and booleans as they are spelled.
    assert!(wrote(&TABLE, r#"{"text":1.50e2}"#).unwrap().contains("<t>1.50e2</t>"));
    assert!(wrote(&TABLE, r#"{"text":true}"#).unwrap().contains("<t>true</t>"));
}

proptest::proptest! {
    #[test]
    fn any_text_comes_back_or_is_refused(value in proptest::prelude::any::<String>()) {
        static TABLE: [XmlNode; 3] = [
            members("d", &[("attribute", 1), ("text", 2)]),
            XmlNode { kind: XmlKind::Attribute, ..element("a") },
            element("t"),
        ];
        // XML 1.0 §2.2, `Char`.
        let fits = value.chars().all(|character| {
            matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        });
        let json = serde_json::json!({"attribute": value, "text": value}).to_string();
        match wrote(&TABLE, &json) {
            Err(what) => assert!(!fits && what.contains("U+"), "{what}"),
            Ok(text) => {
                let document = Document::parse(&text).unwrap();
                assert!(fits);
                assert_eq!(document.root_element().attribute("a"), Some(value.as_str()));
                let element = document.root_element().first_element_child().unwrap();
                assert_eq!(element.text().unwrap_or_default(), value);
            }
        }
    }
}

static FLAT: RequestBody = RequestBody {
    media_type: "application/xml",
    layout: BodyLayout::Flattened(&[("body_id", "id"), ("name", "name"), ("inner", "inner")]),
    xml: &[
        members("Thing", &[("id", 1), ("name", 2), ("inner", 0)]),
        XmlNode { kind: XmlKind::Attribute, ..element("id") },
        element("name"),
    ],
    ..RequestBody::DEFAULT
};

fn built(arguments: &str) -> Result<Option<Body>, Error> {
    let json = RawJson::parse(arguments).unwrap();
    body(&FLAT, &Arguments::read(&json).unwrap())
}

#[test]
fn arguments_become_a_document_of_a_recursive_table() {
    let body = built(r#"{"name":"a","body_id":7,"inner":{"name":"b","inner":{}}}"#).unwrap().unwrap();
    assert_eq!(body.media_type, "application/xml");
    assert_eq!(
        String::from_utf8(body.bytes).unwrap(),
        format!("{DECLARATION}<Thing id=\"7\"><name>a</name><Thing><name>b</name><Thing></Thing></Thing></Thing>")
    );
}

#[test]
fn what_xml_has_no_place_for_is_an_error_that_names_the_argument() {
    for (arguments, argument, words) in [
        (r#"{"name":"a\u0000b"}"#, "`name`", "U+0000"),
        (r#"{"body_id":"\uffff"}"#, "`body_id`", "U+FFFF"),
        (r#"{"inner":{"inner":{"name":"\u000b"}}}"#, "`inner`", "U+000B"),
        (r#"{"inner":{"more":1}}"#, "`inner`", "\"more\""),
        (r#"{"inner":[1]}"#, "`inner`", "no object"),
        (r#"{"name":{"a":1}}"#, "`name`", "is a text"),
    ] {
        let error = built(arguments).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.message().contains(argument) && error.message().contains(words), "{error}");
    }
}
