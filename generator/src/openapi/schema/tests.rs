use super::*;
use crate::load;
use crate::openapi::definitions;

/// The schema `#/components/schemas/S` of a document with these schemas, and its definitions.
fn lower(schemas: &str, direction: Direction) -> (Value, Value, String) {
    let mut report = Report::default();
    let text = format!("openapi: 3.0.3\ncomponents:\n  schemas:\n{schemas}");
    let document = load::from_text("api.yaml", &text, &mut report).unwrap();
    let refs = Refs::new(&document);
    let mut schemas = Schemas::new(&refs, &document.index, &[], &mut report);
    let mut value = schemas.at("/components/schemas/S", direction);
    let named = definitions::finish(schemas);
    named.settle(&mut value);
    let defs = named.schemas.into_iter().map(|(name, schema)| (name, schema.value)).collect();
    (value, Value::Object(defs), report.render(false))
}

fn output(schema: &str) -> Value {
    lower(&format!("    S: {schema}\n"), Direction::Output).0
}

#[test]
fn nullable_becomes_a_type() {
    assert_eq!(output("{type: string, nullable: true}"), json!({"type": ["string", "null"]}));
    assert_eq!(
        output("{type: string, enum: [a, b], nullable: true}"),
        json!({"type": ["string", "null"], "enum": ["a", "b", null]})
    );
    assert_eq!(
        output("{nullable: true, description: d, oneOf: [{type: string}, {type: integer}]}"),
        json!({"description": "d", "oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]})
    );
    assert_eq!(output("{nullable: true}"), json!({}));
    let (value, defs, _) = lower(
        "    S: {nullable: true, description: d, allOf: [{$ref: '#/components/schemas/T'}]}\n    T: {type: object}\n",
        Direction::Output,
    );
    assert_eq!(value, json!({"description": "d", "anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]}));
    assert_eq!(defs, json!({"T": {"type": "object"}}));
}

#[test]
fn boolean_exclusive_bounds_become_numbers() {
    assert_eq!(
        output("{type: integer, minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}"),
        json!({"type": "integer", "maximum": 9, "exclusiveMinimum": 1})
    );
    assert_eq!(output("{type: number, exclusiveMinimum: 0}"), json!({"type": "number", "exclusiveMinimum": 0}));
}

#[test]
fn keywords_of_2020_12_pass_and_the_rest_is_left_out() {
    assert_eq!(
        output(
            "{type: [string, 'null'], const: a, x-foo: 1, xml: {}, externalDocs: {}, discriminator: {}, $comment: c, \
             if: {minLength: 1}, dependentRequired: {a: [b]}, prefixItems: [{type: string}], readOnly: true}"
        ),
        json!({
            "type": ["string", "null"], "const": "a", "if": {"minLength": 1}, "dependentRequired": {"a": ["b"]},
            "prefixItems": [{"type": "string"}]
        })
    );
    assert_eq!(output("true"), json!({}));
    assert_eq!(
        output("{properties: {a: true, b: false}}"),
        json!({
            "type": "object", "properties": {"a": {}, "b": {"not": {}}}
        })
    );
}

#[test]
fn slips_are_repaired_with_a_warning() {
    let (value, _, shown) = lower(
        "    S: {type: Integer, minLength: '3', maxLength: -1, pattern: 0, required: [a, a], enum: [], default: '7', \
         items: [{type: int}], uniqueItems: false}\n",
        Direction::Output,
    );
    assert_eq!(
        value,
        json!({"type": "integer", "minLength": 3, "required": ["a"], "default": 7,
               "prefixItems": [{"type": "integer"}]})
    );
    for part in
        ["no type `Integer`", "`maxLength` has the wrong type", "`enum` must be", "the default \"7\" is read as 7"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(output("{type: string, enum: [a], default: b}"), json!({"type": "string", "enum": ["a"]}));
    assert_eq!(output("{type: integer, default: x}"), json!({"type": "integer"}));
    assert_eq!(output("{type: integer, default: null}"), json!({"type": "integer"}));
    assert_eq!(output("{type: unheard}"), json!({}));
}

#[test]
fn short_examples_are_kept() {
    assert_eq!(output("{type: string, example: a}"), json!({"type": "string", "examples": ["a"]}));
    let long = "x".repeat(100);
    assert_eq!(output(&format!("{{type: string, example: {long}}}")), json!({"type": "string"}));
}

#[test]
fn references_keep_their_siblings() {
    let (value, defs, _) = lower(
        "    S: {type: object, properties: {a: {$ref: '#/components/schemas/T', description: here}}}\n    T: {type: string}\n",
        Direction::Output,
    );
    assert_eq!(value, json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/T", "description": "here"}}}));
    assert_eq!(defs, json!({"T": {"type": "string"}}));
}

#[test]
fn definitions_that_contain_themselves_stay_references() {
    let (value, defs, _) = lower(
        "    S: {$ref: '#/components/schemas/Node'}\n    Node: {type: object, properties: {next: {$ref: '#/components/schemas/Node'}}}\n",
        Direction::Output,
    );
    assert_eq!(value, json!({"$ref": "#/$defs/Node"}));
    assert_eq!(defs, json!({"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}));
}

#[test]
fn a_schema_that_is_itself_accepts_anything() {
    let (value, _, shown) = lower("    S: {$ref: '#/components/schemas/S', description: d}\n", Direction::Output);
    assert_eq!(value, json!({"description": "d"}));
    assert!(shown.starts_with("warning[W0205]"), "{shown}");
}

#[test]
fn names_are_safe_and_unique_and_deep_references_are_named() {
    let (value, defs, _) = lower(
        "    S:\n      type: object\n      properties:\n        a: {$ref: '#/components/schemas/Päge«Pet»'}\n        b: {$ref: '#/components/schemas/P_ge_Pet_'}\n        \
         c: {$ref: '#/components/schemas/P_ge_Pet_/properties/deep'}\n    Päge«Pet»: {type: string}\n    \
         P_ge_Pet_: {type: object, properties: {deep: {type: integer}}}\n",
        Direction::Output,
    );
    assert_eq!(value["properties"]["a"], json!({"$ref": "#/$defs/P_ge_Pet"}));
    assert_eq!(value["properties"]["b"], json!({"$ref": "#/$defs/P_ge_Pet_2"}));
    assert_eq!(value["properties"]["c"], json!({"$ref": "#/$defs/P_ge_Pet_deep"}));
    assert_eq!(defs["P_ge_Pet_deep"], json!({"type": "integer"}));
    assert_eq!(defs.as_object().unwrap().len(), 3);
}

const PETS: &str = "
    S: {type: object, properties: {pet: {$ref: '#/components/schemas/Pet'}, tag: {$ref: '#/components/schemas/Tag'}}}
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {$ref: '#/components/schemas/Id'}
        name: {type: string}
        secret: {type: string, writeOnly: true}
    Tag: {type: object, properties: {name: {type: string}}}
    Id: {type: integer, readOnly: true}
";

#[test]
fn read_only_is_not_asked_for_and_write_only_is_not_promised() {
    let (_, defs, _) = lower(PETS, Direction::Input);
    assert_eq!(
        defs["Pet"],
        json!({"type": "object", "required": ["name"],
               "properties": {"name": {"type": "string"}, "secret": {"type": "string"}}})
    );
    let (_, defs, _) = lower(PETS, Direction::Output);
    assert_eq!(
        defs["Pet"],
        json!({"type": "object", "required": ["id", "name"],
               "properties": {"id": {"$ref": "#/$defs/Id"}, "name": {"type": "string"}}})
    );
}

#[test]
fn g8_schemas_that_refer_to_many_do_not_multiply() {
    // Eight layers of forty schemas, each of which is all of the next layer: 40^8 ways through.
    let mut text = String::from("    S: {type: object, properties: {a: {$ref: '#/components/schemas/L0_0'}}}\n");
    for layer in 0..8 {
        let next: Vec<String> =
            (0..40).map(|at| format!("{{$ref: '#/components/schemas/L{}_{at}'}}", layer + 1)).collect();
        let body = if layer == 7 { "{type: object}".to_owned() } else { format!("{{allOf: [{}]}}", next.join(", ")) };
        for at in 0..40 {
            text.push_str(&format!("    L{layer}_{at}: {body}\n"));
        }
    }
    // That it ends is the proof; `cli/tests/limits.rs` bounds its time and memory.
    let (_, defs, _) = lower(&text, Direction::Input);
    assert_eq!(defs.as_object().unwrap().len(), 1 + 7 * 40);
}

#[test]
fn two_definitions_only_where_the_directions_differ() {
    let mut report = Report::default();
    let text = format!("openapi: 3.0.3\ncomponents:\n  schemas:{PETS}");
    let document = load::from_text("api.yaml", &text, &mut report).unwrap();
    let refs = Refs::new(&document);
    let mut schemas = Schemas::new(&refs, &document.index, &[], &mut report);
    for direction in [Direction::Input, Direction::Output] {
        schemas.definitions.need("/components/schemas/S", direction);
    }
    let named = definitions::finish(schemas);
    let names: Vec<&str> = named.schemas.keys().map(String::as_str).collect();
    // `S` differs only through `Pet`; `Tag` not at all.
    assert_eq!(names, ["S", "SInput", "Pet", "PetInput", "Tag", "Id"]);
    assert_eq!(named.schemas["SInput"].value["properties"]["pet"], json!({"$ref": "#/$defs/PetInput"}));
    assert_eq!(named.schemas["SInput"].value["properties"]["tag"], json!({"$ref": "#/$defs/Tag"}));
    assert_eq!(named.schemas["S"].value["properties"]["pet"], json!({"$ref": "#/$defs/Pet"}));
}

/// JSON Schema 2020-12 Core §8.2.3.2, and the test suite's "strict-tree": the outermost `$dynamicAnchor` of the schemas
/// through which a `$dynamicRef` was reached is what it names.
#[test]
fn dynamic_references_name_what_the_way_to_them_says() {
    const TEXT: &str = "\
openapi: 3.1.0
components:
  schemas:
    Any:
      $id: https://a.test/any
      type: array
      items: {$dynamicRef: '#item'}
      $defs: {default: {$dynamicAnchor: item}}
    Numbers:
      $id: https://a.test/numbers
      $ref: any
      $defs: {own: {$dynamicAnchor: item, type: number}}
    Texts:
      $id: https://a.test/texts
      $ref: any
      $defs: {own: {$dynamicAnchor: item, type: string}}
    Plain:
      $id: https://a.test/plain
      items: {$dynamicRef: 'any#/$defs/default'}
      $defs: {own: {$dynamicAnchor: item, type: number}}
    S: {properties: {a: {$ref: '#/components/schemas/Any'}, n: {$ref: '#/components/schemas/Numbers'}, t: {$ref: '#/components/schemas/Texts'}, p: {$ref: '#/components/schemas/Plain'}}}
";
    let mut report = Report::default();
    let document = load::from_text("t.yaml", TEXT, &mut report).unwrap();
    let refs = Refs::new(&document);
    let mut schemas = Schemas::new(&refs, &document.index, &[], &mut report);
    let mut value = schemas.at("/components/schemas/S", Direction::Input);
    let named = super::super::definitions::finish(schemas);
    named.settle(&mut value);
    // Follows references of the result until a schema says what its items are.
    let items = |name: &str| {
        let mut schema = &value["properties"][name];
        loop {
            let target =
                |schema: &Value| Some(&named.schemas[schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?].value);
            match schema.get("items") {
                Some(items) => return target(items).unwrap_or(items)["type"].clone(),
                None => schema = target(schema).unwrap_or_else(|| panic!("{schema} of {name}")),
            }
        }
    };
    assert_eq!(items("n"), json!("number"), "{}", report.render(false));
    assert_eq!(items("t"), json!("string"));
    assert_eq!(items("a"), Value::Null);
    // Not an anchor: nothing is dynamic about it.
    assert_eq!(items("p"), Value::Null);
    assert!(report.sorted().is_empty(), "{}", report.render(false));
}
