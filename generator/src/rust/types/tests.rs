use serde_json::json;

use super::*;
use crate::options::Options;
use crate::samples;
use crate::source::Span;

/// A server over an HTTP API (or of a server spec) with these named schemas and nothing else.
fn server(schemas: Value, is_upstream: bool) -> model::Server {
    let mut server = if is_upstream { samples::petstore() } else { samples::weather() };
    server.tools.clear();
    server.schemas = schemas
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), model::Schema { value: value.clone(), span: Span::default() }))
        .collect();
    server
}

/// The items that a schema needs, and its type.
fn lower(server: &model::Server, schema: &Value) -> (String, Vec<Item>) {
    let (sources, options) = (samples::sources("a.yaml"), Options::default());
    let places = Places::new(&sources, &options);
    let mut types = Types::new(server, &places, Scope::default());
    let ty = types.value("Out", schema);
    (ty.token().to_string(), types.finish())
}

fn ty(schema: Value) -> String {
    lower(&server(json!({"Named": {"type": "object", "properties": {"a": {"type": "string"}}}}), true), &schema).0
}

/// `field: type` of the struct of this name.
fn fields(items: &[Item], ident: &str) -> Vec<String> {
    let item = items.iter().find(|item| item.ident.as_str() == ident).unwrap_or_else(|| panic!("no {ident}"));
    match &item.kind {
        ItemKind::Struct(fields) => {
            fields.iter().map(|field| format!("{}: {}", field.ident, field.ty.token())).collect()
        }
        kind => panic!("{ident} is {kind:?}"),
    }
}

#[test]
fn schemas_have_the_narrowest_type_that_holds_all_their_values() {
    for (schema, expected) in [
        (json!({"type": "string"}), "String"),
        (json!({"type": "string", "format": "date-time"}), "String"),
        (json!({"type": "boolean"}), "bool"),
        (json!({"type": "number"}), "f64"),
        (json!({"type": ["integer", "number"]}), "f64"),
        (json!({"type": "integer"}), "i64"),
        (json!({"type": "integer", "minimum": 0}), "i64"),
        (json!({"type": "integer", "minimum": 0, "maximum": 18_446_744_073_709_551_615_u64}), "u64"),
        (json!({"type": "integer", "minimum": -1, "maximum": 18_446_744_073_709_551_615_u64}), "rt::Value"),
        (json!({"type": "integer", "maximum": 1e30}), "rt::Value"),
        (json!({"type": "integer", "format": "uint64"}), "u64"),
        (json!({"type": ["string", "null"]}), "Option<String>"),
        (json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), "Option<i64>"),
        (json!({"type": "array", "items": {"type": "string"}}), "Vec<String>"),
        (json!({"type": "array", "items": {"type": ["integer", "null"]}}), "Vec<Option<i64>>"),
        (json!({"type": "array"}), "Vec<rt::Value>"),
        (json!({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "string"}}), "Vec<String>"),
        (
            json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": "null"}], "items": false}),
            "Vec<rt::Value>",
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": ["number", "null"]}], "maxItems": 2}),
            "Vec<Option<f64>>",
        ),
        (json!({"type": "array", "prefixItems": [{"type": "string"}]}), "Vec<rt::Value>"),
        (json!({"type": "object"}), "BTreeMap<String, rt::Value>"),
        (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "BTreeMap<String, i64>"),
        (json!({"$ref": "#/$defs/Named"}), "Named"),
        (json!({"allOf": [{"$ref": "#/$defs/Named"}], "description": "x"}), "Named"),
        (json!({"$ref": "#/$defs/Missing"}), "rt::Value"),
        (json!({"enum": [1, 2]}), "i64"),
        (json!({"enum": [1, 2.5]}), "f64"),
        (json!({"enum": ["a", 1]}), "Out"),
        (json!({"enum": ["a", {}]}), "rt::Value"),
        (json!({"enum": [null]}), "rt::Value"),
        (json!({"const": true}), "bool"),
        (json!({"enum": ["a", null], "type": ["string", "null"]}), "Option<Out>"),
        (json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}), "TextOrInteger"),
        (json!({"oneOf": [{"type": "string"}, {"type": "string", "format": "uuid"}]}), "String"),
        (json!({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}), "Option<TextOrInteger>"),
        (json!({"oneOf": [{"type": "string"}, {}]}), "rt::Value"),
        (json!({"type": ["string", "integer"]}), "TextOrInteger"),
        (json!({"type": "null"}), "rt::Value"),
        (json!({"properties": {"a": {"type": "string"}}}), "Out"),
        (json!(true), "rt::Value"),
        (json!({}), "rt::Value"),
    ] {
        assert_eq!(ty(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn all_of_is_merged_where_its_parts_are_objects() {
    let server = server(
        json!({
            "Base": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
            "Cat": {"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"name": {"type": "string"}}, "required": ["name"]}]},
            "Odd": {"allOf": [{"type": "string"}, {"type": "object"}]},
            "Choice": {"allOf": [{"$ref": "#/$defs/Base"}, {"oneOf": [{"type": "object"}, {"type": "string"}]}]},
            "Groups": {
                "type": "object",
                "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
        }),
        true,
    );
    let (_, items) = lower(&server, &json!({"$ref": "#/$defs/Cat"}));
    assert_eq!(fields(&items, "Cat"), ["id: i64", "name: String"]);
    assert!(items.iter().all(|item| item.ident.as_str() != "Base"), "only what is used is emitted");
    for name in ["Odd", "Choice"] {
        let (_, items) = lower(&server, &json!({"$ref": format!("#/$defs/{name}")}));
        assert!(matches!(items.first().map(|item| &item.kind), Some(ItemKind::Alias(Ty::Value(_)))), "{name}");
    }
    let (_, items) = lower(&server, &json!({"$ref": "#/$defs/Groups"}));
    assert_eq!(fields(&items, "Groups"), ["a: String", "b: String"]);
}

#[test]
fn circular_schemas_are_finite_types() {
    let server = server(
        json!({
            "Node": {"type": "object", "properties": {
                "next": {"$ref": "#/$defs/Node"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                "other": {"$ref": "#/$defs/Peer"},
                "leaf": {"$ref": "#/$defs/Leaf"},
            }},
            "Peer": {"type": "object", "properties": {"node": {"$ref": "#/$defs/Alias"}}},
            "Alias": {"$ref": "#/$defs/Node"},
            "Leaf": {"type": "object", "properties": {"a": {"type": "string"}}},
            "Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            "Self": {"$ref": "#/$defs/Self"},
            "Left": {"$ref": "#/$defs/Right"},
            "Right": {"$ref": "#/$defs/Left"},
            "Inside": {"allOf": [{"$ref": "#/$defs/Inside"}]},
        }),
        true,
    );
    let (_, items) = lower(&server, &json!({"$ref": "#/$defs/Node"}));
    assert_eq!(fields(&items, "Node"), ["next: Box<Node>", "children: Vec<Node>", "other: Box<Peer>", "leaf: Leaf"]);
    assert_eq!(fields(&items, "Peer"), ["node: Box<Alias>"]);

    let kind = |name: &str| {
        let (_, items) = lower(&server, &json!({"$ref": format!("#/$defs/{name}")}));
        items.first().map(|item| item.kind.clone()).unwrap()
    };
    assert!(matches!(kind("Tree"), ItemKind::Newtype(Ty::Vec(_))));
    for name in ["Self", "Left", "Inside"] {
        assert!(matches!(kind(name), ItemKind::Alias(Ty::Value(_))), "{name}");
    }
}

#[test]
fn anonymous_types_are_named_by_their_path_and_shared() {
    let point = json!({"type": "object", "properties": {"x": {"type": "number"}}});
    let schema = json!({"type": "object", "properties": {
        "from": point,
        "to": point,
        "days": {"type": "array", "items": {"type": "object", "properties": {"low": {"type": "number"}}}},
        "status": {"type": "array", "items": {"enum": ["a", "b"]}},
        "by_name": {"type": "object", "additionalProperties": {"enum": ["c"]}},
    }});
    let (_, items) = lower(&server(json!({}), true), &schema);
    assert_eq!(
        fields(&items, "Out"),
        [
            "from: OutFrom",
            "to: OutFrom",
            "days: Vec<OutDay>",
            "status: Vec<OutStatusItem>",
            "by_name: BTreeMap<String, OutByNameValue>"
        ]
    );
}

#[test]
fn names_that_collide_stay_apart() {
    let schemas = json!({
        "pet": {"type": "object", "properties": {"petId": {"type": "string"}, "pet_id": {"type": "string"}, "PET-ID": {"type": "string"}}},
        "Pet": {"enum": ["a-b", "a_b", "", "1"]},
    });
    let (_, items) = lower(
        &server(schemas, true),
        &json!({"type": "array", "items": {"properties": {
            "a": {"$ref": "#/$defs/pet"}, "b": {"$ref": "#/$defs/Pet"},
        }}}),
    );
    assert_eq!(fields(&items, "Pet"), ["pet_id_2: String", "pet_id: String", "pet_id_3: String"]);
    let other = items.iter().find(|item| item.ident.as_str() == "PetData").unwrap();
    let ItemKind::Enum(variants) = &other.kind else { panic!("{other:?}") };
    let idents: Vec<_> = variants.iter().map(|(ident, _)| ident.as_str()).collect();
    assert_eq!(idents, ["AB", "AB2", "Value", "Value1"]);
}

#[test]
fn a_default_makes_a_field_plain_for_handlers_only() {
    let schema = json!({"type": "object", "properties": {"days": {"type": "integer", "default": 3}}});
    for (is_upstream, expected) in [(true, None), (false, Some(json!(3)))] {
        let (_, items) = lower(&server(json!({}), is_upstream), &schema);
        let Some(ItemKind::Struct(fields)) = items.first().map(|item| &item.kind) else { panic!("{items:?}") };
        assert_eq!(fields.first().map(|field| field.default.clone()), Some(expected));
    }
}

#[test]
fn deep_and_wide_schemas_end() {
    let mut deep = json!({"type": "string"});
    for _ in 0..120 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    let (_, items) = lower(&server(json!({}), true), &deep);
    assert_eq!(items.len(), 120);

    let chain: Map<_, _> = (0..3_000)
        .map(|at| {
            (
                format!("S{at}"),
                json!({"type": "object", "properties": {"next": {"$ref": format!("#/$defs/S{}", at + 1)}}}),
            )
        })
        .collect();
    let (_, items) = lower(&server(Value::Object(chain), true), &json!({"$ref": "#/$defs/S0"}));
    assert_eq!(items.len(), 3_000);
}

/// `Variant(type)` of the enum of this name, with the tags of the discriminator.
fn variants(items: &[Item], ident: &str) -> Vec<String> {
    let item = items.iter().find(|item| item.ident.as_str() == ident).unwrap_or_else(|| panic!("no {ident}"));
    let ItemKind::Union(union) = &item.kind else { panic!("{ident} is {:?}", item.kind) };
    let tags = |tags: &[String]| if tags.is_empty() { String::new() } else { format!(" = {}", tags.join(" | ")) };
    let variants = union.variants.iter();
    let mut all: Vec<String> =
        variants.map(|variant| format!("{}({}){}", variant.ident, variant.ty.token(), tags(&variant.tags))).collect();
    all.extend(union.other.iter().map(|other| format!("{other}(rt::Value)")));
    all
}

#[test]
fn choices_are_enums_that_share_names_and_know_their_discriminator() {
    let server = server(
        json!({
            "Cat": {"type": "object", "properties": {"kind": {"type": "string"}}},
            "Dog": {"type": "object", "properties": {"kind": {"type": "string"}}},
            "Pet": {
                "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
                "x-mcpgen-discriminator": {"property": "kind", "tags": [["cat", "tom"], ["dog"]]},
            },
            "Base": {"type": "object", "properties": {"id": {"type": "integer"}}},
        }),
        true,
    );
    let schema = json!({"type": "object", "properties": {
        "pet": {"$ref": "#/$defs/Pet"},
        "one": {"anyOf": [{"type": "string", "maxLength": 5}, {"$ref": "#/$defs/Cat"}], "description": "One."},
        "two": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Cat"}]},
        "three": {"allOf": [
            {"$ref": "#/$defs/Base"},
            {"oneOf": [{"properties": {"a": {"const": "x"}}}, {"properties": {"b": {"type": "boolean"}}}]},
        ]},
    }});
    let (_, items) = lower(&server, &schema);
    assert_eq!(fields(&items, "Out"), ["pet: Pet", "one: TextOrCat", "two: TextOrCat", "three: OutThree"]);
    assert_eq!(variants(&items, "Pet"), ["Cat(Box<Cat>) = cat | tom", "Dog(Box<Dog>) = dog", "Other(rt::Value)"]);
    assert_eq!(variants(&items, "TextOrCat"), ["Text(String)", "Cat(Box<Cat>)", "Other(rt::Value)"]);
    assert_eq!(variants(&items, "OutThree").len(), 3);
    let Some(ItemKind::Union(three)) =
        items.iter().find(|item| item.ident.as_str() == "OutThree").map(|item| &item.kind)
    else {
        panic!("{items:?}")
    };
    let Some(Ty::Boxed(first)) = three.variants.first().map(|variant| &variant.ty) else { panic!("{three:?}") };
    assert_eq!(fields(&items, first.token().as_str()), ["id: i64", "a: OutThreeXa"]);
}

#[test]
fn a_choice_of_choices_that_contain_each_other_ends() {
    let server = server(
        json!({
            "Base": {
                "type": "object", "properties": {"kind": {"type": "string"}},
                "oneOf": [{"$ref": "#/$defs/One"}, {"$ref": "#/$defs/Two"}],
            },
            "One": {"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"one": {"type": "string"}}}]},
            "Two": {"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"two": {"$ref": "#/$defs/Base"}}}]},
        }),
        true,
    );
    let (_, items) = lower(&server, &json!({"$ref": "#/$defs/Base"}));
    assert!(items.len() < 100, "{}", items.len());
}
