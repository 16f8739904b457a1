use serde_json::{Value, json};

use crate::diag::Report;
use crate::load::{Document, STYLE, from_text};

/// A document after the conversion, and what was said about it.
fn convert(rest: &str) -> (Document, Report) {
    let mut report = Report::default();
    let text = format!("swagger: '2.0'\n{rest}");
    let document = from_text("t.yaml", &text, &mut report).unwrap_or_else(|_| panic!("{}", report.render(false)));
    (document, report)
}

fn value(rest: &str) -> (Value, String) {
    let (document, report) = convert(rest);
    (document.value, report.render(false))
}

/// The operation `get /a` with these fields.
fn get(fields: &str) -> (Value, String) {
    let (value, shown) = value(&format!("paths: {{/a: {{get: {{{fields}}}}}}}\n"));
    (value["paths"]["/a"]["get"].clone(), shown)
}

#[test]
fn servers() {
    for (rest, expected) in [
        ("host: a.test\nbasePath: /v1\nschemes: [http, https]\n", json!([{"url": "https://a.test/v1"}])),
        ("host: a.test:8080\nschemes: [http]\n", json!([{"url": "http://a.test:8080"}])),
        ("host: a.test\nbasePath: v1\nschemes: [https]\n", json!([{"url": "https://a.test/v1"}])),
        ("basePath: /v1\n", json!([{"url": "/v1"}])),
        (
            "x-ms-parameterized-host: {hostTemplate: '{account}.{suffix}', parameters: [{$ref: '#/parameters/A'}, {name: suffix, in: path, type: string, default: b.test}]}\n\
             schemes: [https]\nparameters: {A: {name: account, in: path, type: string}}\n",
            json!([{"url": "https://{account}.{suffix}", "variables": {"suffix": {"default": "b.test"}}}]),
        ),
        (
            "x-ms-parameterized-host: {hostTemplate: 'http://a.test', useSchemePrefix: false}\n",
            json!([{"url": "http://a.test"}]),
        ),
    ] {
        let (value, shown) = value(rest);
        assert_eq!(value["servers"], expected, "{rest}");
        assert!(shown.is_empty(), "{rest}{shown}");
    }
    let (value, shown) = value("host: a.test\n");
    assert_eq!(value["servers"], json!([{"url": "https://a.test"}]));
    assert!(shown.contains("warning[W0201]: the document has no `schemes`"), "{shown}");
    assert!(self::value("info: {}\n").0.get("servers").is_none());
    let own = "host: a.test\nschemes: [https]\npaths: {/a: {get: {schemes: [http]}, put: {schemes: [https, http]}}}\n";
    let (value, _) = self::value(own);
    assert_eq!(value["paths"]["/a"]["get"], json!({"servers": [{"url": "http://a.test"}]}));
    assert_eq!(value["paths"]["/a"]["put"], json!({}));
}

#[test]
fn parameters_get_a_schema() {
    let (operation, shown) = get(
        "parameters: [{name: q, in: query, description: d, required: true, type: integer, format: int32, maximum: 9, x-a: 1}]",
    );
    assert_eq!(
        operation["parameters"],
        json!([{"name": "q", "in": "query", "description": "d", "required": true, "x-a": 1,
                "schema": {"type": "integer", "format": "int32", "maximum": 9}}])
    );
    assert!(shown.is_empty(), "{shown}");
}

/// Swagger 2.0, "Parameter Object", `collectionFormat`; OpenAPI 3.0.4 §4.8.12.4.
#[test]
fn collection_formats() {
    for (location, format, style, explode) in [
        ("query", "", json!("form"), json!(false)),
        ("query", "csv", json!("form"), json!(false)),
        ("query", "multi", json!("form"), json!(true)),
        ("query", "ssv", json!("spaceDelimited"), json!(false)),
        ("query", "pipes", json!("pipeDelimited"), json!(false)),
        ("path", "csv", Value::Null, Value::Null),
        ("header", "", Value::Null, Value::Null),
    ] {
        let format = if format.is_empty() { String::new() } else { format!(", collectionFormat: {format}") };
        let (operation, shown) =
            get(&format!("parameters: [{{name: q, in: {location}, type: array, items: {{type: string}}{format}}}]"));
        let parameter = &operation["parameters"][0];
        assert_eq!((&parameter["style"], &parameter["explode"]), (&style, &explode), "{location}{format}");
        assert_eq!(parameter["schema"], json!({"type": "array", "items": {"type": "string"}}));
        assert!(parameter.get("collectionFormat").is_none() && shown.is_empty(), "{shown}");
    }
    // What OpenAPI 3 has no word for: items in a path or a header joined by anything but commas, and tabs anywhere.
    for (location, format, style) in [
        ("query", "tsv", "tabDelimited"),
        ("path", "tsv", "tabDelimited"),
        ("header", "tsv", "tabDelimited"),
        ("path", "ssv", "spaceDelimited"),
        ("header", "pipes", "pipeDelimited"),
    ] {
        let (operation, shown) = get(&format!(
            "parameters: [{{name: q, in: {location}, type: array, items: {{type: string}}, collectionFormat: {format}}}]"
        ));
        let parameter = &operation["parameters"][0];
        assert_eq!((&parameter[STYLE], &parameter["explode"]), (&json!(style), &json!(false)), "{location} {format}");
        assert!(parameter.get("style").is_none() && shown.is_empty(), "{shown}");
    }
    let (operation, shown) = get(
        "parameters: [{name: l, in: formData, required: true, type: array, items: {type: string}, collectionFormat: tsv}]",
    );
    let encoding = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["encoding"];
    assert_eq!(encoding, &json!({"l": {STYLE: "tabDelimited", "explode": false}}));
    assert!(shown.is_empty(), "{shown}");
}

#[test]
fn bodies() {
    let body = "parameters: [{name: b, in: body, description: d, required: true, schema: {$ref: '#/definitions/B'}}]";
    let (operation, shown) = get(body);
    let schema = json!({"$ref": "#/components/schemas/B"});
    assert_eq!(
        operation,
        json!({"parameters": [], "requestBody":
            {"description": "d", "content": {"application/json": {"schema": schema}}, "required": true}})
    );
    assert!(shown.is_empty(), "{shown}");
    let (operation, _) = get(&format!("consumes: [application/xml, text/json], {body}"));
    assert_eq!(
        operation["requestBody"]["content"],
        json!({"application/xml": {"schema": schema}, "text/json": {"schema": schema}})
    );
    let (value, _) = value(&format!("consumes: [application/xml]\npaths: {{/a: {{get: {{{body}}}}}}}\n"));
    assert_eq!(value["paths"]["/a"]["get"]["requestBody"]["content"], json!({"application/xml": {"schema": schema}}));
}

#[test]
fn forms() {
    let form = |consumes: &str, more: &str| {
        get(&format!(
            "{consumes}parameters: [{{name: a, in: formData, description: d, required: true, type: string}}{more}]"
        ))
    };
    let (operation, shown) =
        form("", ", {name: l, in: formData, type: array, items: {type: integer}, collectionFormat: multi}");
    let media = json!({
        "schema": {"type": "object", "properties": {
            "a": {"type": "string", "description": "d"},
            "l": {"type": "array", "items": {"type": "integer"}}
        }, "required": ["a"]},
        "encoding": {"l": {"style": "form", "explode": true}}
    });
    assert_eq!(
        operation["requestBody"],
        json!({"content": {"application/x-www-form-urlencoded": media}, "required": true})
    );
    assert!(shown.is_empty(), "{shown}");
    let types = |operation: &Value| -> Vec<String> {
        operation["requestBody"]["content"].as_object().unwrap().keys().cloned().collect()
    };
    let (operation, _) = form("consumes: [multipart/form-data], ", "");
    assert_eq!(types(&operation), ["multipart/form-data"]);
    let (operation, _) = form("consumes: [application/json], ", "");
    assert_eq!(types(&operation), ["application/x-www-form-urlencoded"]);
    // A file can only be sent in parts, whatever the operation says that it consumes.
    let (operation, _) =
        form("consumes: [application/x-www-form-urlencoded], ", ", {name: f, in: formData, type: file}");
    assert_eq!(types(&operation), ["multipart/form-data"]);
    assert_eq!(
        operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]["f"],
        json!({"type": "string", "format": "binary"})
    );
    let (operation, shown) = form("", ", {name: b, in: body, schema: {type: string}}");
    assert_eq!(types(&operation), ["application/json"]);
    assert!(shown.contains("warning[W0201]: an operation has a body or a form"), "{shown}");
}

#[test]
fn shared_parameters_and_responses_are_copied() {
    let (value, shown) = value(
        "produces: [text/csv]\nparameters: {P: {name: q, in: query, type: string}, B: {name: b, in: body, schema: {type: integer}}}\n\
         responses: {R: {description: d, schema: {type: string}, headers: {X: {type: string}}}}\n\
         paths:\n  /a:\n    parameters: [{$ref: '#/parameters/B'}, {$ref: '#/parameters/P'}]\n    \
         get: {responses: {200: {$ref: '#/responses/R'}}}\n    \
         put: {produces: [application/json], parameters: [{name: c, in: body, schema: {type: string}}], responses: {200: {$ref: '#/responses/R'}}}\n",
    );
    let item = &value["paths"]["/a"];
    assert_eq!(item["parameters"], json!([{"name": "q", "in": "query", "schema": {"type": "string"}}]));
    let schema = |method: &str| &item[method]["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!((schema("get"), schema("put")), (&json!({"type": "integer"}), &json!({"type": "string"})));
    assert_eq!(
        item["get"]["responses"]["200"],
        json!({"description": "d", "headers": {"X": {"type": "string"}}, "content": {"text/csv": {"schema": {"type": "string"}}}})
    );
    assert_eq!(item["put"]["responses"]["200"]["content"], json!({"application/json": {"schema": {"type": "string"}}}));
    assert!(value.get("parameters").is_none() && value.get("responses").is_none() && shown.is_empty(), "{shown}");
}

#[test]
fn responses() {
    let (operation, _) = get(
        "produces: [application/json, application/pdf], responses: {200: {description: d, schema: {type: file}}, \
         201: {description: d, schema: {type: string}, examples: {application/json: x, text/plain: y}}, 204: {description: n}}",
    );
    let binary = json!({"schema": {"type": "string", "format": "binary"}});
    let text = json!({"type": "string"});
    assert_eq!(
        operation["responses"],
        json!({
            "200": {"description": "d", "content": {"application/json": binary, "application/pdf": binary}},
            "201": {"description": "d", "content": {
                "application/json": {"schema": text, "example": "x"}, "application/pdf": {"schema": text}}},
            "204": {"description": "n"}
        })
    );
    let (operation, _) = get("responses: {200: {description: d, schema: {type: file}}}");
    assert_eq!(operation["responses"]["200"]["content"], json!({"application/octet-stream": binary}));
}

#[test]
fn security_definitions() {
    let (value, _) = value(
        "securityDefinitions:\n  b: {type: basic, description: d}\n  k: {type: apiKey, in: header, name: K}\n  \
         o: {type: oauth2, flow: accessCode, authorizationUrl: 'https://a', tokenUrl: 'https://t', scopes: {s: t}}\n  \
         p: {type: oauth2, flow: application, tokenUrl: 'https://t', scopes: {}}\nsecurity: [{b: []}]\n",
    );
    assert_eq!(
        value["components"]["securitySchemes"],
        json!({
            "b": {"description": "d", "type": "http", "scheme": "basic"},
            "k": {"type": "apiKey", "in": "header", "name": "K"},
            "o": {"type": "oauth2", "flows": {"authorizationCode":
                {"authorizationUrl": "https://a", "tokenUrl": "https://t", "scopes": {"s": "t"}}}},
            "p": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://t", "scopes": {}}}}
        })
    );
    assert_eq!(value["security"], json!([{"b": []}]));
}

#[test]
fn schemas_and_references() {
    let (value, shown) = value(
        "definitions:\n  Pet:\n    type: object\n    discriminator: kind\n    properties:\n      \
         kind: {type: string, x-nullable: true}\n      discriminator: {type: string}\n      \
         owner: {$ref: '#/definitions/Owner~1x'}\n      deep: {$ref: '#/parameters/B/schema/properties/c'}\n      \
         again: {$ref: '#/parameters/B/schema/properties/c'}\n    example: {$ref: '#/definitions/Pet', discriminator: x}\n  Owner/x: {}\n  c: {}\n\
         parameters: {B: {name: b, in: body, schema: {properties: {c: {items: {$ref: '#/definitions/Pet'}}}}}}\n",
    );
    let schemas = &value["components"]["schemas"];
    let pet = &schemas["Pet"];
    assert_eq!(pet["discriminator"], json!({"propertyName": "kind"}));
    assert_eq!(pet["properties"]["kind"]["nullable"], json!(true));
    assert_eq!(pet["properties"]["discriminator"], json!({"type": "string"}));
    assert_eq!(pet["properties"]["owner"], json!({"$ref": "#/components/schemas/Owner~1x"}));
    for name in ["deep", "again"] {
        assert_eq!(pet["properties"][name], json!({"$ref": "#/components/schemas/c2"}));
    }
    assert_eq!(schemas["c2"], json!({"items": {"$ref": "#/components/schemas/Pet"}}));
    let (operation, _) = get("responses: {default: {description: d, schema: {$ref: '#/definitions/E'}}}");
    assert_eq!(
        operation["responses"]["default"]["content"]["application/json"]["schema"],
        json!({"$ref": "#/components/schemas/E"})
    );
    // Data is left as it is.
    assert_eq!(pet["example"], json!({"$ref": "#/definitions/Pet", "discriminator": "x"}));
    assert!(shown.is_empty(), "{shown}");
}

#[test]
fn x_ms_paths_are_paths() {
    let (value, _) = value("paths: {/a: {get: {}}}\nx-ms-paths: {'/a?b=c': {get: {}}, '/a': {put: {}}}\n");
    let paths: Vec<&String> = value["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/a", "/a?b=c"]);
    assert!(value["paths"]["/a"].get("put").is_none());
}

#[test]
fn places_are_those_of_the_original() {
    let (document, report) = convert(
        "host: a.test\nparameters:\n  B:\n    name: b\n    in: body\n    schema: {type: wrong}\npaths:\n  /a:\n    get:\n      \
         parameters:\n        - {$ref: '#/parameters/B'}\n        - {name: q, in: query, type: odd}\ndefinitions:\n  P: {type: x}\n",
    );
    let line = |pointer: &str| {
        let span = document.index.span(pointer);
        report.sources.get(span.file).unwrap().position(span.start).0
    };
    assert_eq!(line("/servers/0/url"), 2);
    let operation = "/paths/~1a/get";
    assert_eq!(line(&format!("{operation}/requestBody/content/application~1json/schema/type")), 7);
    assert_eq!(line(&format!("{operation}/parameters/0/schema/type")), 13);
    assert_eq!(line("/components/schemas/P/type"), 15);
}

#[test]
fn g8_copies_and_circles_end() {
    let fields: Vec<String> = (0..300).map(|number| format!("p{number}: {{type: string}}")).collect();
    let mut text = format!(
        "swagger: '2.0'\nparameters: {{B: {{name: b, in: body, schema: {{properties: {{{}}}}}}}}}\npaths:\n",
        fields.join(", ")
    );
    for number in 0..5000 {
        text.push_str(&format!("  /a{number}: {{get: {{parameters: [{{$ref: '#/parameters/B'}}]}}}}\n"));
    }
    let mut report = Report::default();
    assert!(from_text("t.yaml", &text, &mut report).is_err());
    assert!(report.render(false).contains("error[E0205]"));
    // A circle is left to the stage that follows references.
    let (value, _) = value(
        "parameters: {A: {$ref: '#/parameters/A'}}\npaths:\n  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n  \
         /c: {get: {parameters: [{$ref: '#/parameters/A'}]}}\n",
    );
    assert!(value["paths"]["/c"]["get"]["parameters"][0].get("$ref").is_some());
}

#[test]
fn odd_documents_do_not_panic() {
    for rest in [
        "paths: []\n",
        "paths: 3\nx-ms-paths: 4\ndefinitions: []\nsecurityDefinitions: 5\nparameters: x\nhost: 7\nschemes: 8\n",
        "host: 7\nbasePath: 9\n",
        "paths: {/a: {get: {parameters: {a: b}, responses: []}, put: 3, parameters: 4}}\n",
        "paths: {/a: 3, /b: ~, /c: {get: {parameters: [~, 3, {in: body}, {in: formData}, {in: query}], responses: {200: ~, 201: 4}}}}\n",
        "paths: {/a: {$ref: 3}, /b: {$ref: nowhere.json}}\ndefinitions: {A: ~, B: 3}\n",
        "paths: {/a: {get: {consumes: 3, produces: [4], parameters: [{in: body, name: 3, schema: 4}]}}}\n",
    ] {
        convert(rest);
    }
}
