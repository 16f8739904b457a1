//! Bodies in XML, headers of parts, sequences of values: schemas and tables.

use serde_json::{Value, json};

use crate::model::{RequestBody, Server, XmlContent, XmlKind, XmlNode};
use crate::openapi::tests::{lowered, tool};

/// `POST /a` of a document of this version with these components: its input's properties and its body.
fn post(version: &str, body: &str, components: &str) -> (Value, RequestBody, String) {
    let (server, shown): (Server, String) = lowered(&format!(
        "openapi: {version}\ninfo: {{title: T, version: '1'}}\nservers: [{{url: https://a.test}}]\ncomponents: {components}\n\
         paths: {{/a: {{post: {{operationId: a, requestBody: {{required: true, content: {body}}}, responses: {{'204': {{description: d}}}}}}}}}}\n"
    ));
    let tool = tool(&server, "a");
    let body = tool.binding.as_ref().unwrap().body.clone().unwrap();
    (tool.input.value["properties"].clone(), body, shown)
}

fn xml(version: &str, schema: &str, components: &str) -> Vec<XmlNode> {
    post(version, &format!("{{application/xml: {{schema: {schema}}}}}"), components).1.xml
}

fn element(name: &str, holds: XmlContent) -> XmlNode {
    XmlNode { kind: XmlKind::Element, name: name.to_owned(), namespace: None, holds }
}

fn members(pairs: &[(&str, usize)]) -> XmlContent {
    XmlContent::Members(pairs.iter().map(|(name, row)| ((*name).to_owned(), *row)).collect())
}

/// OpenAPI 3.1.1 §4.8.26.2.3, and the arrays of §4.8.26.2.4.
#[test]
fn hints_become_rows() {
    let person = "{schemas: {Person: {type: object, properties: {
        id: {type: integer, xml: {attribute: true}},
        name: {type: string, xml: {namespace: 'https://example.com/schema/sample', prefix: sample}},
        animals: {type: array, xml: {name: aliens, wrapped: true}, items: {type: string, xml: {name: animal}}},
        plain: {type: array, xml: {name: ignored}, items: {type: string}},
        secret: {readOnly: true, type: string}}}}}";
    let (properties, body, shown) =
        post("3.1.1", "{application/xml: {schema: {$ref: '#/components/schemas/Person'}}}", person);
    assert_eq!(body.media_type, "application/xml");
    assert!(shown.is_empty(), "{shown}");
    // Typed arguments, as for JSON.
    assert_eq!(properties["id"], json!({"type": "integer"}));
    assert_eq!(properties["animals"], json!({"type": "array", "items": {"type": "string"}}));
    let expected = [
        element("Person", members(&[("id", 1), ("name", 2), ("animals", 3), ("plain", 5)])),
        XmlNode { kind: XmlKind::Attribute, ..element("id", XmlContent::Scalar) },
        XmlNode {
            namespace: Some("https://example.com/schema/sample".to_owned()),
            ..element("sample:name", XmlContent::Scalar)
        },
        element("aliens", XmlContent::Items(4)),
        element("animal", XmlContent::Scalar),
        XmlNode { kind: XmlKind::Nothing, ..element("", XmlContent::Items(6)) },
        element("plain", XmlContent::Scalar),
    ];
    assert_eq!(body.xml, expected);
}

#[test]
fn recursive_schemas_are_tables_of_rows_that_name_each_other() {
    let tree = "{schemas: {Tree: {type: object, properties: {
        name: {type: string}, parts: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}}}";
    let rows = xml("3.0.3", "{$ref: '#/components/schemas/Tree'}", tree);
    assert_eq!(rows[0], element("Tree", members(&[("name", 1), ("parts", 2)])));
    // Before OpenAPI 3.2, the property names what it refers to.
    assert_eq!(rows[3], element("parts", members(&[("name", 1), ("parts", 2)])));
    assert_eq!(rows.len(), 4);
}

/// OpenAPI 3.2.0, "XML Node Types" and "XML Node Names".
#[test]
fn node_types_and_component_names_of_openapi_3_2() {
    let schemas = "{schemas: {
        Documentation: {type: object, properties: {
            lang: {type: string, xml: {nodeType: attribute}}, content: {type: string, xml: {nodeType: cdata}}}},
        Note: {type: string}}}";
    let rows = xml(
        "3.2.0",
        "{type: object, xml: {name: root}, properties: {
            docs: {$ref: '#/components/schemas/Documentation'},
            notes: {type: array, xml: {nodeType: element}, items: {$ref: '#/components/schemas/Note'}},
            text: {type: string, xml: {nodeType: text}}}}",
        schemas,
    );
    let expected = [
        element("root", members(&[("docs", 1), ("notes", 4), ("text", 6)])),
        element("Documentation", members(&[("lang", 2), ("content", 3)])),
        XmlNode { kind: XmlKind::Attribute, ..element("lang", XmlContent::Scalar) },
        XmlNode { kind: XmlKind::Cdata, ..element("", XmlContent::Scalar) },
        element("notes", XmlContent::Items(5)),
        element("Note", XmlContent::Scalar),
        XmlNode { kind: XmlKind::Text, ..element("", XmlContent::Scalar) },
    ];
    assert_eq!(rows, expected);
}

#[test]
fn what_has_no_one_form_in_xml_is_a_text_of_the_caller() {
    for schema in [
        "{type: string}",
        // No name, as OpenAPI 3.2.0 says of schemas under a media type.
        "{type: object, properties: {a: {type: string}}}",
        "{type: array, xml: {name: a}, items: {type: string}}",
        "{type: object, xml: {name: a}}",
        "{type: object, xml: {name: a}, properties: {b: {}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: object}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: object, additionalProperties: {type: string}}}}",
        "{type: object, xml: {name: a}, properties: {b: {oneOf: [{type: string}, {type: object}]}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: [string, object]}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: object, properties: {}, xml: {attribute: true}}}}",
        "{type: object, xml: {name: a}, properties: {b c: {type: string}}}",
        "{type: object, xml: {name: 'a b'}, properties: {b: {type: string}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: string, xml: {prefix: p}}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: string, format: binary}}}",
        // Namespaces in XML 1.0 §6.3: no two attributes of one name, no prefix declared twice in a tag.
        "{type: object, xml: {name: a, prefix: p, namespace: 'urn:one'}, properties: {b: {type: string, xml: {attribute: true, prefix: p, namespace: 'urn:two'}}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: string, xml: {attribute: true, name: c}}, d: {type: string, xml: {attribute: true, name: c}}}}",
        "{type: object, xml: {name: a}, properties: {b: {type: [string, 'null'], xml: {prefix: xsi, namespace: 'urn:one'}}}}",
        "{type: object, xml: {name: a}, properties: {µ: {type: string}}}",
    ] {
        let (properties, body, _) = post("3.1.1", &format!("{{application/xml: {{schema: {schema}}}}}"), "{}");
        assert!(body.xml.is_empty(), "{schema}: {:?}", body.xml);
        assert_eq!(properties["body"]["type"], json!("string"), "{schema}");
    }
    let rows = xml("3.1.1", "{type: string, xml: {name: a}}", "{}");
    assert_eq!(rows, [element("a", XmlContent::Scalar)]);
}

/// OpenAPI 3.1.1 §4.8.15.1.1, `headers`, and §4.8.21.
#[test]
fn headers_of_parts_are_fixed_or_arguments() {
    let (properties, body, shown) = post(
        "3.1.1",
        "{multipart/form-data: {schema: {type: object, required: [id, photo], properties: {
            id: {type: string, description: An id.},
            photo: {type: string, format: binary},
            tags: {type: array, maxItems: 3, items: {type: string}}}},
          encoding: {
            id: {headers: {X-Id: {schema: {type: integer}}}},
            photo: {headers: {
                X-Kind: {schema: {const: photo}},
                X-Origin: {schema: {type: string, default: camera}},
                X-Place: {$ref: '#/components/headers/Place'},
                Content-Disposition: {schema: {type: string}}}},
            tags: {headers: {X-Tag: {explode: true, schema: {type: array, items: {type: string}}}}}}}}",
        "{headers: {Place: {required: true, description: Where., schema: {type: string}}}}",
    );
    assert!(shown.is_empty(), "{shown}");
    let headers = |properties: Value| {
        json!({"type": "object", "properties": properties, "additionalProperties": false,
            "description": "Headers of this part of the body"})
    };
    assert_eq!(
        properties["id"],
        json!({"type": "object", "description": "An id.", "required": ["value"], "additionalProperties": false,
            "properties": {
                "value": {"type": "string", "description": "An id."},
                "headers": headers(json!({"X-Id": {"type": "integer"}}))}})
    );
    let photo = &properties["photo"];
    assert_eq!(photo["required"], json!(["data", "headers"]));
    assert_eq!(photo["properties"]["headers"]["required"], json!(["X-Place"]));
    assert_eq!(
        photo["properties"]["headers"]["properties"],
        json!({"X-Origin": {"type": "string", "default": "camera"}, "X-Place": {"type": "string", "description": "Where."}})
    );
    assert_eq!(
        (&properties["tags"]["maxItems"], &properties["tags"]["items"]["required"]),
        (&json!(3), &json!(["value"]))
    );
    let fixed = [("photo", "X-Kind", "photo"), ("photo", "X-Origin", "camera")];
    assert_eq!(body.part_headers, fixed.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    let given =
        [("id", "X-Id", false), ("photo", "X-Origin", false), ("photo", "X-Place", false), ("tags", "X-Tag", true)];
    assert_eq!(body.given_headers, given.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c)));
}

/// OpenAPI 3.2.0, "Sequential Media Types".
#[test]
fn item_schemas_describe_the_values_of_a_sequence() {
    for media_type in ["application/jsonl", "application/x-ndjson", "application/json-seq", "application/geo+json-seq"]
    {
        let (properties, body, shown) =
            post("3.2.0", &format!("{{{media_type}: {{itemSchema: {{type: integer}}}}}}"), "{}");
        assert!(shown.is_empty(), "{shown}");
        assert_eq!(body.media_type, media_type);
        assert_eq!(
            (&properties["body"]["type"], &properties["body"]["items"]),
            (&json!("array"), &json!({"type": "integer"}))
        );
    }
}
