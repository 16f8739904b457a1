use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;
use crate::diag::Severity;
use crate::load;
use crate::model::{
    BodyLayout, Completion, Encoding, Link, LinkValue, Location, SecurityKind, StatusPattern, Style, Tool,
};

mod mutilated;
mod texts;

fn petstore() -> (Server, Report) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/petstore.yaml");
    let mut report = Report::default();
    let document = load::load(&path, &mut report).unwrap();
    let server =
        lower(&document, &Options::default(), None, &mut report).unwrap_or_else(|_| panic!("{}", report.render(false)));
    (server, report)
}

/// The server of a document with these paths (and other top-level keys), and what was said about it.
fn lower_text(rest: &str) -> (Result<Server, Stop>, Report) {
    let text =
        format!("openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\nservers: [{{url: 'https://t.test'}}]\n{rest}");
    let mut report = Report::default();
    let document = load::from_text("t.yaml", &text, &mut report).unwrap_or_else(|_| panic!("{}", report.render(false)));
    let server = lower(&document, &Options::default(), None, &mut report);
    (server, report)
}

/// The server of a whole document, and what was said about it.
pub(super) fn lowered(text: &str) -> (Server, String) {
    let mut report = Report::default();
    let document = load::from_text("t.yaml", text, &mut report).unwrap_or_else(|_| panic!("{}", report.render(false)));
    let server = lower(&document, &Options::default(), None, &mut report);
    (server.unwrap_or_else(|_| panic!("{}", report.render(false))), report.render(false))
}

fn lower_ok(rest: &str) -> (Server, String) {
    let (server, report) = lower_text(rest);
    (server.unwrap_or_else(|_| panic!("{}", report.render(false))), report.render(false))
}

pub(super) fn tool<'a>(server: &'a Server, name: &str) -> &'a Tool {
    server.tools.iter().find(|tool| tool.name == name).unwrap_or_else(|| {
        panic!("no {name} among {:?}", server.tools.iter().map(|tool| &tool.name).collect::<Vec<_>>())
    })
}

#[test]
fn the_petstore_says_nothing_and_becomes_seven_tools() {
    let (server, report) = petstore();
    assert!(report.sorted().is_empty(), "{}", report.render(false));
    assert_eq!(server.name, "petstore");
    let names: Vec<&str> = server.tools.iter().map(|tool| tool.name.as_str()).collect();
    let expected =
        ["list_pets", "create_pet", "get_pet", "update_pet", "delete_pet", "get_inventory", "list_owner_pets"];
    assert_eq!(names, expected);
    let upstream = server.upstream.as_ref().unwrap();
    assert_eq!(upstream.base_url.as_deref(), Some("https://petstore.example/v1"));
    let envs: Vec<&str> =
        server.settings.iter().map(|setting| setting.env.as_str()).filter(|env| !is_tuning(env)).collect();
    assert_eq!(envs, ["PETSTORE_BASE_URL", "PETSTORE_API_KEY", "PETSTORE_BEARER_TOKEN"]);
    assert!(matches!(&upstream.security_schemes[0].kind,
        SecurityKind::ApiKey { location: Location::Header, name } if name == "X-Api-Key"));
    let schemas: Vec<&str> = server.schemas.keys().map(String::as_str).collect();
    assert_eq!(schemas, ["Pet", "Home", "Kind", "Status", "Problem"]);
}

#[test]
fn petstore_inputs() {
    let (server, report) = petstore();
    let list = tool(&server, "list_pets");
    assert_eq!(
        list.input.value,
        json!({
            "type": "object",
            "properties": {
                "limit": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100, "default": 20,
                          "description": "How many pets to return."},
                "status": {"$ref": "#/$defs/Status", "description": "Only pets in this state."},
                "tags": {"type": "array", "maxItems": 10, "items": {"type": "string", "minLength": 1},
                         "description": "Only pets that carry all of these tags."},
                "X-Request-Id": {"type": "string", "maxLength": 64, "description":
                    "An id of your choice that the shop writes into its log, to find this request again."}
            },
            "additionalProperties": false
        })
    );
    assert_eq!(report.sources.name_and_line(list.span).rsplit(':').next(), Some("20"));
    let create = tool(&server, "create_pet");
    assert_eq!(create.input.value["required"], json!(["name", "kind"]));
    assert!(create.input.value["properties"].get("id").is_none(), "readOnly");
    assert_eq!(create.input.value["properties"]["status"], json!({"$ref": "#/$defs/Status", "default": "available"}));
    let binding = create.binding.as_ref().unwrap();
    assert_eq!(binding.security, [["apiKey", "bearer"]]);
    let BodyLayout::Flattened(properties) = &binding.body.as_ref().unwrap().layout else { panic!("flattened") };
    assert_eq!(properties[0], ("name".to_owned(), "name".to_owned()));
    let update = tool(&server, "update_pet");
    assert_eq!(update.input.value["required"], json!(["petId"]));
    assert_eq!(update.input.value["properties"]["tag"]["type"], json!(["string", "null"]));
    assert_eq!(update.annotations.read_only, Some(false));
    assert_eq!(tool(&server, "delete_pet").annotations.destructive, Some(true));
}

/// OpenAPI 3.2.0, "Sequential Media Types": `itemSchema` describes each value; a call answers with their list.
#[test]
fn answers_that_are_sequences_of_values() {
    let of = |content: &str| {
        let (server, shown) = lowered(&format!(
            "openapi: 3.2.0\ninfo: {{title: T, version: '1'}}\nservers: [{{url: https://a.test}}]\n\
             paths: {{/a: {{get: {{operationId: a, responses: {{'200': {{description: d, content: {content}}}}}}}}}}}\n"
        ));
        let tool = tool(&server, "a");
        let Output::Lenient { schema, .. } = &tool.output else { panic!("{:?}", tool.output) };
        (
            schema.as_ref().map(|schema| schema.value.clone()),
            tool.answers.as_ref().map(|schema| schema.value.clone()),
            shown,
        )
    };
    let item = "{type: object, required: [a], properties: {a: {type: integer}}}";
    let list = json!({
        "type": "array",
        "items": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
    });
    for name in ["application/x-ndjson", "application/jsonl", "application/json-seq", "application/geo+json-seq"] {
        let (output, answers, shown) = of(&format!("{{{name}: {{itemSchema: {item}}}}}"));
        assert_eq!((output, answers), (Some(list.clone()), Some(list.clone())), "{name}");
        assert_eq!(shown, "", "{name}");
    }
    // Of both, JSON is the answer that is asked for first, and either may come.
    let both = format!("{{application/jsonl: {{itemSchema: {item}}}, application/json: {{schema: {{type: string}}}}}}");
    let (output, answers, _) = of(&both);
    assert_eq!(output, Some(json!({"type": "string"})));
    let either = answers.unwrap();
    assert_eq!(either["anyOf"], json!([{"type": "string"}, list]));
    // Without a description of its items, a sequence can be anything.
    assert_eq!(of("{application/jsonl: {}}").0, None);
    // The fields of an event are not the values of a sequence of JSON (§ "Special Considerations for text/event-stream").
    let (output, _, shown) = of(&format!("{{text/event-stream: {{itemSchema: {item}}}}}"));
    assert_eq!(output, None);
    assert!(shown.contains("itemSchema"), "{shown}");
}

#[test]
fn petstore_answers_and_errors() {
    let (server, _) = petstore();
    let create = tool(&server, "create_pet");
    assert!(
        matches!(&create.output, Output::Lenient { schema: Some(schema), .. } if schema.value == json!({"$ref": "#/$defs/Pet"}))
    );
    assert!(matches!(tool(&server, "delete_pet").output, Output::Empty));
    assert_eq!(create.binding.as_ref().unwrap().accept, "application/json, application/problem+json");
    assert_eq!(tool(&server, "delete_pet").binding.as_ref().unwrap().accept, "application/problem+json");
    let errors: Vec<_> = create.errors.iter().map(|error| (error.name.as_str(), error.description.as_str())).collect();
    assert_eq!(
        errors,
        [
            ("Conflict", "The state of the pet does not allow this."),
            ("UnprocessableEntity", "A field has a value that the shop does not accept."),
            ("Default", "Anything else that went wrong."),
        ]
    );
    assert!(matches!(&create.errors[0].source,
        ErrorSource::Response { status: StatusPattern::Exact(409), body: Some(body) }
            if body.value == json!({"$ref": "#/$defs/Problem"})));
    // A nullable property, an enum and a nested object, as definitions.
    assert_eq!(server.schemas["Pet"].value["properties"]["tag"]["type"], json!(["string", "null"]));
    assert_eq!(server.schemas["Pet"].value["properties"]["home"], json!({"$ref": "#/$defs/Home"}));
}

#[test]
fn petstore_resources() {
    let (server, _) = petstore();
    let uris: Vec<&str> = server.resources.iter().map(|resource| resource.uri.as_str()).collect();
    assert_eq!(uris, ["petstore://inventory"]);
    let templates: Vec<&str> = server.templates.iter().map(|template| template.uri_template.as_str()).collect();
    assert_eq!(
        templates,
        ["petstore://pets{?limit,status,tags*}", "petstore://pets/{petId}", "petstore://owners/{ownerId}/pets{?kind}"]
    );
    assert_eq!(server.templates[0].mime_type.as_deref(), Some("application/json"));
    let values = ["available", "reserved", "sold"].map(str::to_owned).to_vec();
    assert_eq!(server.templates[0].completions, [("status".to_owned(), Completion::Values(values))]);
}

#[test]
fn names_follow_the_wire_and_collisions_get_prefixes() {
    let (server, _) = lower_ok(
        "paths:\n  /a/{id}:\n    put:\n      parameters: [{name: id, in: query, schema: {type: string}}, {name: 'f[x]', in: query, schema: {type: string}}]\n      \
         requestBody: {content: {application/json: {schema: {type: object, required: [id], properties: {id: {type: integer}}}}}}\n      \
         responses: {}\n",
    );
    let put = tool(&server, "put_a_by_id");
    let names: Vec<&String> = put.input.value["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["query_id", "f_x", "path_id", "body_id"]);
    // The body is optional, so nothing of it is required.
    assert_eq!(put.input.value["required"], json!(["path_id"]));
    let binding = put.binding.as_ref().unwrap();
    assert_eq!(binding.parameters[1].name, "f[x]");
    assert_eq!(binding.parameters[1].argument, "f_x");
    assert_eq!(binding.accept, "*/*");
}

#[test]
fn bodies() {
    let body = |content: &str| {
        let text = format!(
            "paths:\n  /a:\n    post:\n      requestBody: {{required: true, content: {{{content}}}}}\n      responses: {{}}\n  /b: {{get: {{responses: {{}}}}}}\n"
        );
        lower_ok(&text)
    };
    let layout = |server: &Server| {
        let body = tool(server, "post_a").binding.as_ref().unwrap().body.clone().unwrap();
        let flat = matches!(body.layout, BodyLayout::Flattened(_));
        (body.media_type, flat)
    };
    let plain = "{type: object, properties: {a: {type: string}}}";
    for (content, media_type, flat) in [
        (format!("application/json: {{schema: {plain}}}"), "application/json", true),
        (format!("text/plain: {{}}, application/vnd.x+json: {{schema: {plain}}}"), "application/vnd.x+json", true),
        (format!("'*/*': {{schema: {plain}}}"), "application/json", true),
        (
            "application/json: {schema: {type: object, properties: {a: {type: string}}, additionalProperties: true}}"
                .to_owned(),
            "application/json",
            false,
        ),
        (
            "application/json: {schema: {type: object, properties: {a: {type: string}}, additionalProperties: false}}"
                .to_owned(),
            "application/json",
            true,
        ),
        (
            "application/json: {schema: {type: object, additionalProperties: {type: string}}}".to_owned(),
            "application/json",
            false,
        ),
        ("application/json: {schema: {type: array, items: {type: string}}}".to_owned(), "application/json", false),
        (format!("application/json: {{schema: {{oneOf: [{plain}]}}}}"), "application/json", false),
        (format!("application/json: {{schema: {{allOf: [{plain}, {plain}]}}}}"), "application/json", false),
        ("application/json: {}".to_owned(), "application/json", false),
        ("text/csv: {schema: {type: string}}".to_owned(), "text/csv", false),
        ("application/octet-stream: {}".to_owned(), "application/octet-stream", false),
    ] {
        let (server, _) = body(&content);
        assert_eq!(layout(&server), (media_type.to_owned(), flat), "{content}");
        if !flat {
            assert_eq!(tool(&server, "post_a").input.value["required"], json!(["body"]), "{content}");
        }
    }
    // OpenAPI 3.1.1 §4.8.13 leaves the choice among several media types to the client.
    let file = "{type: object, properties: {a: {type: string, format: binary}}}";
    for (content, media_type, flat) in [
        (format!("application/x-www-form-urlencoded: {{schema: {plain}}}"), "application/x-www-form-urlencoded", true),
        (format!("multipart/form-data: {{schema: {file}}}"), "multipart/form-data", true),
        ("multipart/form-data: {}".to_owned(), "multipart/form-data", false),
        ("application/x-www-form-urlencoded: {}".to_owned(), "application/x-www-form-urlencoded", false),
        (
            "application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: {type: string}}}"
                .to_owned(),
            "application/x-www-form-urlencoded",
            false,
        ),
        (format!("multipart/form-data: {{schema: {{allOf: [{plain}, {file}]}}}}"), "multipart/form-data", true),
        ("application/xml: {}, text/plain: {}".to_owned(), "application/xml", false),
        ("text/plain: {}, application/octet-stream: {}".to_owned(), "application/octet-stream", false),
        ("image/*: {}, application/pdf: {}".to_owned(), "image/*", false),
        (
            format!("multipart/form-data: {{schema: {plain}}}, application/x-www-form-urlencoded: {{schema: {plain}}}"),
            "application/x-www-form-urlencoded",
            true,
        ),
        (
            format!("application/x-www-form-urlencoded: {{schema: {file}}}, multipart/form-data: {{schema: {file}}}"),
            "multipart/form-data",
            true,
        ),
        (
            format!("multipart/form-data: {{schema: {file}}}, application/json: {{schema: {plain}}}"),
            "application/json",
            true,
        ),
        ("'*/*': {schema: {type: string, format: binary}}".to_owned(), "application/octet-stream", false),
        ("application/x-ndjson: {schema: {type: object}}".to_owned(), "application/x-ndjson", false),
    ] {
        let (server, shown) = body(&content);
        assert_eq!(layout(&server), (media_type.to_owned(), flat), "{content}");
        assert!(!shown.contains("W0405"), "{shown}");
    }
}

#[test]
fn arguments_of_forms() {
    let (server, shown) = lower_ok(
        "paths:
  /a:
    post:
      requestBody:
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo]
              properties:
                title: {type: string}
                photo: {$ref: '#/components/schemas/Photo'}
                files: {type: array, maxItems: 3, items: {type: string, format: binary}}
                either: {anyOf: [{type: string, format: binary}, {type: array, items: {type: string, format: binary}}]}
                meta: {type: object, properties: {a: {type: string}}}
                xml: {type: string}
                map: {type: object, additionalProperties: {type: string}}
                rows: {type: array, items: {type: object}}
                text: {type: string, contentMediaType: image/png, contentEncoding: base64}
            encoding:
              photo: {contentType: 'image/*, image/png, image/jpeg'}
              xml: {contentType: application/xml}
              map: {style: deepObject}
              rows: {style: form}
              title: {allowReserved: true}
      responses: {}
components: {schemas: {Photo: {type: string, format: binary, description: A portrait.}}}
",
    );
    let post = tool(&server, "post_a");
    let properties = &post.input.value["properties"];
    let data = json!({"type": "string", "contentEncoding": "base64", "description": "The content of the file, base64-encoded"});
    assert_eq!(properties["photo"]["properties"]["data"], data);
    assert_eq!(
        (&properties["photo"]["required"], &properties["photo"]["description"]),
        (&json!(["data"]), &json!("A portrait."))
    );
    assert_eq!((&properties["files"]["type"], &properties["files"]["maxItems"]), (&json!("array"), &json!(3)));
    assert_eq!(properties["files"]["items"]["properties"]["data"], data);
    assert_eq!(properties["either"]["items"]["properties"]["data"], data);
    // Not raw bytes: text that holds base64.
    assert_eq!(properties["text"]["type"], json!("string"));
    // The body is optional, so nothing of it is required.
    assert_eq!(post.input.value.get("required"), None);
    let body = post.binding.as_ref().unwrap().body.as_ref().unwrap();
    assert!(!body.required);
    let style = |style, explode, allow_reserved| Encoding::Style { style, explode, allow_reserved };
    let file = || Encoding::File("application/octet-stream".to_owned());
    let expected = [
        ("title", style(Style::Form, true, true)),
        ("photo", Encoding::File("image/png".to_owned())),
        ("files", file()),
        ("either", file()),
        ("xml", Encoding::Content("application/xml".to_owned())),
        ("map", style(Style::DeepObject, false, false)),
    ];
    assert_eq!(body.encodings, expected.map(|(name, encoding)| (name.to_owned(), encoding)), "{shown}");
}

/// OpenAPI 3.0.4 §4.8.13: a body that is there must fit its schema; one that is not required may be absent.
#[test]
fn parts_of_an_optional_body_ask_for_each_other() {
    let schema = "{type: object, required: [a, b], properties: {a: {}, b: {}, c: {}}}";
    let post = |required: bool| {
        let (server, _) = lower_ok(&format!(
            "paths: {{/a: {{post: {{operationId: a, requestBody: {{required: {required}, content: {{application/json: {{schema: {schema}}}}}}}, responses: {{}}}}}}}}\n"
        ));
        tool(&server, "a").input.value.clone()
    };
    let optional = post(false);
    assert!(optional.get("required").is_none());
    assert_eq!(optional["dependentRequired"], json!({"a": ["b"], "b": ["a"], "c": ["a", "b"]}));
    let required = post(true);
    assert_eq!(required["required"], json!(["a", "b"]));
    assert!(required.get("dependentRequired").is_none());
}

#[test]
fn forms_say_what_their_schema_says() {
    let form = |schema: &str| {
        let (server, _) = lower_ok(&format!(
            "paths: {{/a: {{post: {{operationId: a, requestBody: {{required: true, content: {{multipart/form-data: {{schema: {schema}}}}}}}, responses: {{}}}}}}}}\n"
        ));
        tool(&server, "a").input.value["properties"].clone()
    };
    let (a, b) = ("{properties: {x: {type: string}}}", "{properties: {x: {minLength: 2}}, required: [x]}");
    // Both hold: the properties of both.
    assert_eq!(form(&format!("{{allOf: [{a}, {b}]}}"))["x"], json!({"allOf": [{"type": "string"}, {"minLength": 2}]}));
    // One of them holds: one argument keeps what hangs together.
    assert!(form(&format!("{{oneOf: [{a}, {b}]}}"))["body"]["oneOf"].is_array());
    // Files are arguments of their own; a property of several alternatives may be any of them.
    let file = "{properties: {f: {type: string, format: binary}, x: {type: integer}}}";
    let flat = form(&format!("{{oneOf: [{a}, {file}]}}"));
    assert_eq!(flat["x"], json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}));
    assert_eq!(flat["f"]["required"], json!(["data"]));
}

#[test]
fn a_form_without_properties_is_no_argument() {
    let (server, _) = lower_ok(
        "paths: {/a: {post: {requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {}}, encoding: {}}}}, responses: {}}}}\n",
    );
    let post = tool(&server, "post_a");
    assert_eq!(post.input.value["properties"], json!({}));
    let body = post.binding.as_ref().unwrap().body.as_ref().unwrap();
    assert!(!body.required && matches!(&body.layout, BodyLayout::Flattened(fields) if fields.is_empty()));
}

#[test]
fn o3_headers_of_the_connection_are_no_arguments() {
    let header = |name: &str| format!("{{name: {name}, in: header, schema: {{type: string}}}}");
    let all =
        ["Host", "content-length", "Authorization", "Accept", "Content-Type", "Cookie", "'a b'", "'x: y'", "X-Fine"];
    let list: Vec<String> = all.iter().map(|name| header(name)).collect();
    let (server, shown) =
        lower_ok(&format!("paths:\n  /a:\n    get:\n      parameters: [{}]\n      responses: {{}}\n", list.join(", ")));
    let names: Vec<&String> = tool(&server, "get_a").input.value["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["X-Fine"]);
    assert_eq!(shown.matches("warning[W0403]").count(), 8, "{shown}");
}

#[test]
fn path_variables_and_parameters_agree() {
    let (server, shown) = lower_ok(
        "paths:\n  /a/{b}:\n    parameters: [{name: c, in: path, required: true, schema: {type: string}}]\n    get: {responses: {}}\n",
    );
    assert_eq!(tool(&server, "get_a_by_b").input.value["required"], json!(["b"]));
    assert!(shown.contains("has no `{c}`") && shown.contains("`{b}` of the path"), "{shown}");
}

#[test]
fn operation_parameters_replace_those_of_the_path() {
    let (server, shown) = lower_ok(
        "paths:\n  /a:\n    parameters: [{name: q, in: query, schema: {type: string}}, {name: r, in: query, schema: {type: string}}]\n    \
         get: {operationId: getA, parameters: [{name: q, in: query, schema: {type: integer}}], responses: {}}\n",
    );
    let properties = &tool(&server, "get_a").input.value["properties"];
    assert_eq!(properties["q"]["type"], json!("integer"));
    assert_eq!(properties["r"]["type"], json!("string"));
    assert!(shown.is_empty(), "{shown}");
}

#[test]
fn security_alternatives_and_environment() {
    let (server, shown) = lower_ok(
        "security: [{a: []}, {b: []}]\ncomponents:\n  securitySchemes:\n    a: {type: apiKey, in: query, name: k}\n    \
         b: {type: apiKey, in: header, name: K}\n    o: {type: oauth2, flows: {}}\n    m: {type: mutualTLS}\n    unused: {type: http, scheme: basic}\n\
         paths:\n  /a: {get: {responses: {}}}\n  /b: {get: {security: [], responses: {}}}\n  /c: {get: {security: [{}, {o: []}], responses: {}}}\n  \
         /d: {get: {security: [{m: []}, {a: [], b: []}], responses: {}}}\n  /e: {get: {security: [{nope: []}], responses: {}}}\n",
    );
    let security = |name: &str| tool(&server, name).binding.as_ref().unwrap().security.clone();
    assert_eq!(security("get_a"), [["a"], ["b"]]);
    assert!(security("get_b").is_empty());
    assert_eq!(security("get_c"), [vec!["o".to_owned()], vec![]]);
    assert_eq!(security("get_d"), [vec!["m"], vec!["a", "b"]]);
    assert!(security("get_e").is_empty());
    let envs: Vec<&str> = server.upstream.as_ref().unwrap().security_schemes.iter().map(|s| s.env.as_str()).collect();
    assert_eq!(envs, ["T_API_KEY", "T_B", "T_BEARER_TOKEN", "T_CLIENT_CERT"]);
    assert!(server.settings.iter().any(|setting| setting.env == "T_CLIENT_KEY" && setting.secret));
    assert!(shown.contains("`nope`") && !shown.contains("`m`"), "{shown}");
}

#[test]
fn client_credentials_have_variables_of_their_own() {
    let (server, shown) = lower_ok(
        "security: [{ids: []}, {o: ['a:read', 'b']}]\ncomponents:\n  securitySchemes:\n    k: {type: apiKey, in: query, name: k}\n    \
         ids: {type: apiKey, in: header, name: X-Client}\n    o: {type: oauth2, flows: {clientCredentials: {tokenUrl: /token, scopes: {}}, authorizationCode: {}}}\n    \
         p: {type: oauth2, flows: {authorizationCode: {tokenUrl: /token, scopes: {}}}}\n\
         paths:\n  /a: {get: {responses: {}}}\n  /b: {get: {security: [{o: [b, 'c d', c]}, {p: []}, {o: [], p: [], k: []}], responses: {}}}\n",
    );
    let schemes = &server.upstream.as_ref().unwrap().security_schemes;
    let SecurityKind::ClientCredentials { token_url, scopes, .. } = &schemes[2].kind else { panic!("{schemes:?}") };
    // A scope with a space would be two (RFC 6749 §3.3).
    assert_eq!((token_url.as_str(), scopes.join(" ").as_str()), ("/token", "a:read b c"));
    assert!(matches!(schemes[3].kind, SecurityKind::Bearer));
    let envs: Vec<&str> =
        server.settings.iter().map(|setting| setting.env.as_str()).filter(|env| !is_tuning(env)).collect();
    let expected = [
        "T_BASE_URL",
        "T_API_KEY",
        "T_IDS",
        "T_BEARER_TOKEN",
        "T_CLIENT_ID",
        "T_CLIENT_SECRET",
        "T_TOKEN_URL",
        "T_SCOPE",
        "T_P",
    ];
    assert_eq!(envs, expected);
    let secret: Vec<bool> =
        server.settings.iter().filter(|setting| !is_tuning(&setting.env)).map(|setting| setting.secret).collect();
    assert_eq!(secret, [false, true, true, true, false, true, false, false, true]);
    assert_eq!(server.settings[7].default.as_deref(), Some("a:read b c"));
    // Two schemes that are both the `Authorization` header are alternatives, each with the key.
    let security = &tool(&server, "get_b").binding.as_ref().unwrap().security;
    assert_eq!(*security, [vec!["o"], vec!["p"], vec!["o", "k"], vec!["p", "k"]]);
    assert_eq!(shown.matches("warning[W0208]").count(), 1, "{shown}");
    check(&server);
}

#[test]
fn responses_choose_the_best_success() {
    let (server, _) = lower_ok(
        "paths:\n  /a:\n    get:\n      responses:\n        202: {description: later}\n        201: {description: made, content: {application/json: {schema: {type: integer}}}}\n        \
         304: {description: same}\n        4XX: {description: bad}\n        418: {description: ''}\n  \
         /b: {get: {responses: {default: {description: ok, content: {text/plain: {}, application/json: {schema: {type: string}}}}}}}\n",
    );
    let a = tool(&server, "get_a");
    assert!(
        matches!(&a.output, Output::Lenient { schema: Some(schema), .. } if schema.value == json!({"type": "integer"}))
    );
    let errors: Vec<_> = a.errors.iter().map(|error| (error.name.as_str(), error.description.as_str())).collect();
    assert_eq!(errors, [("Status418", "Status 418"), ("Status4xx", "bad")]);
    let b = tool(&server, "get_b");
    assert!(matches!(&b.output, Output::Lenient { schema: Some(_), .. }) && b.errors.is_empty());
    assert_eq!(b.binding.as_ref().unwrap().accept, "application/json, text/plain");
}

#[test]
fn resources_only_where_a_uri_can_carry_the_arguments() {
    let get = |path: &str, parameters: &str| {
        let text = format!("paths:\n  {path}:\n    get: {{parameters: [{parameters}], responses: {{}}}}\n");
        let (server, _) = lower_ok(&text);
        let mut uris: Vec<String> = server.resources.iter().map(|resource| resource.uri.clone()).collect();
        uris.extend(server.templates.iter().map(|template| template.uri_template.clone()));
        uris.join(" ")
    };
    let query = |name: &str, rest: &str| format!("{{name: {name}, in: query, {rest}}}");
    let array = "schema: {type: array, items: {type: string}}";
    assert_eq!(get("/a", ""), "t://a");
    assert_eq!(get("/", ""), "t:///");
    assert_eq!(get("/a/{b}.json", ""), "t://a/{b}.json");
    assert_eq!(get("/a", &query("q", array)), "t://a{?q*}");
    assert_eq!(get("/a", &query("q", &format!("explode: false, {array}"))), "t://a{?q}");
    assert_eq!(get("/a", &query("q", &format!("style: pipeDelimited, {array}"))), "t://a");
    assert_eq!(get("/a", &query("q", &format!("required: true, style: pipeDelimited, {array}"))), "");
    assert_eq!(get("/a", &query("q", "required: true, schema: {type: object}")), "");
    assert_eq!(get("/a", "{name: X-A, in: header, required: true, schema: {type: string}}"), "");
    assert_eq!(get("/a", "{name: X-A, in: header, schema: {type: string}}"), "t://a");
    assert_eq!(get("/a b", ""), "");
    let (server, shown) = lower_ok("paths:\n  /a/{b}: {get: {responses: {}}}\n  /a/{c}: {get: {responses: {}}}\n");
    assert_eq!(server.templates.len(), 1);
    assert!(shown.contains("warning[W0406]"), "{shown}");
}

#[test]
fn servers_of_paths_and_operations() {
    let (server, _) = lower_ok(
        "paths:\n  /a:\n    servers: [{url: 'https://path.test/'}]\n    get: {responses: {}}\n    put: {servers: [{url: 'https://own.test/x'}], responses: {}}\n",
    );
    let url = |name: &str| tool(&server, name).binding.as_ref().unwrap().base_url.clone();
    assert_eq!(url("get_a").as_deref(), Some("https://path.test"));
    assert_eq!(url("put_a").as_deref(), Some("https://own.test/x"));
}

#[test]
fn mistakes_are_repaired_with_a_warning() {
    let (server, shown) = lower_ok(
        "x-odd: {}\npaths:\n  a:\n    get:\n      summary: 12\n      deprecated: 'true'\n      parameters: [{name: q, in: query, style: simple, type: integer}, {name: b, in: body}]\n      \
         responces: {}\n      responses: {XX: {description: d}, 200: ~}\n    post: ~\n",
    );
    let get = tool(&server, "get_a");
    assert_eq!((get.title.as_deref(), get.deprecated), (Some("12"), true));
    assert_eq!(get.input.value["properties"], json!({"q": {"type": "integer"}}));
    for part in [
        "`a` is read as `/a`",
        "`summary` must be a string",
        "\"true\" is read as true",
        "`style: simple` is not for parameters in the query",
        "`q` has no `schema`",
        "`in: body` is none of",
        "`XX` is no status code",
        "`post` has no value",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("error["), "{shown}");
}

#[test]
fn an_unknown_field_that_looks_like_a_known_one() {
    let (_, shown) = lower_ok("paths:\n  /a: {get: {sumary: x, responses: {}}}\n");
    assert!(shown.contains("warning[W0202]: `sumary` is no field of the Operation Object"), "{shown}");
    assert!(shown.contains("did you mean `summary`?"), "{shown}");
}

#[test]
fn errors_name_their_line() {
    for (rest, code, line) in [
        ("paths: []\nx: 1\n", "E0401", 4),
        ("paths: 3\n", "E0401", 4),
        ("webhooks: {a: {}}\n", "E0401", 4),
        ("paths:\n  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n", "E0202", 5),
    ] {
        let (server, report) = lower_text(rest);
        assert!(server.is_err(), "{rest}");
        let sorted = report.sorted();
        let error = sorted.iter().find(|d| d.severity == Severity::Error).unwrap();
        let span = error.span.unwrap();
        let at = report.sources.get(span.file).unwrap().position(span.start).0;
        assert_eq!((error.code.0, at), (code, line), "{rest}{}", report.render(false));
    }
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let parameter = "{name: q, in: query, schema: {$ref: '#/components/schemas/Q'}}";
    for (fields, code, line, properties) in [
        ("parameters: {q: 1}\n", "W0206", 7, json!({})),
        ("parameters:\n        - in: query\n", "W0207", 8, json!({})),
        ("parameters:\n        - {$ref: '#/components/parameters/Q'}\n", "W0204", 8, json!({})),
        (&format!("parameters:\n        - {parameter}\n"), "W0204", 8, json!({"q": {}})),
        ("responses:\n        200:\n          $ref: '#/components/responses/X'\n", "W0204", 9, json!({})),
        (
            "requestBody: {$ref: '#/components/requestBodies/X'}\n",
            "W0204",
            7,
            json!({"body": {"description": "The request body"}}),
        ),
        ("tags: [{a: 1}]\n", "W0206", 7, json!({})),
        ("x-y: {$ref: '#/components/x/X'}\n      description: 3\n", "W0201", 8, json!({})),
    ] {
        let method = if fields.starts_with("requestBody") { "post" } else { "get" };
        let (server, report) = lower_text(&format!("paths:\n  /a:\n    {method}:\n      {fields}"));
        let server = server.unwrap_or_else(|_| panic!("{}", report.render(false)));
        assert_eq!(server.tools[0].input.value["properties"], properties, "{fields}");
        let found: Vec<_> = report
            .sorted()
            .iter()
            // The operations have neither an operationId nor responses, all but one.
            .filter(|d| d.code != codes::NAME && !d.message.contains("no `responses`"))
            .map(|d| (d.code.0, report.sources.get(0).unwrap().position(d.span.unwrap().start).0))
            .collect();
        assert_eq!(found, [(code, line)], "{fields}{}", report.render(false));
    }
}

/// OpenAPI 3.2.0 §4.9: `query` and `additionalOperations`.
#[test]
fn methods_of_3_2() {
    let (server, shown) = lower_ok(
        "components:\n  securitySchemes: {k: {type: apiKey, in: header, name: K}}\n  mediaTypes: {J: {schema: {type: object, properties: {q: {type: string}}}}}\npaths:\n  /a:\n    \
         query: {security: [{k: []}], requestBody: {required: true, content: {application/json: {$ref: '#/components/mediaTypes/J'}}}, responses: {}}\n    \
         additionalOperations:\n      COPY: {operationId: copyIt, responses: {}}\n      CONNECT: {responses: {}}\n      'a b': {responses: {}}\n",
    );
    let method = |name: &str| tool(&server, name).binding.as_ref().unwrap().method.clone();
    assert_eq!((method("query_a"), method("copy_it")), ("QUERY".to_owned(), "COPY".to_owned()));
    let query = tool(&server, "query_a");
    assert_eq!(query.annotations.read_only, Some(true));
    assert_eq!(query.input.value["properties"], json!({"q": {"type": "string"}}));
    assert_eq!(query.binding.as_ref().unwrap().security, [["k"]]);
    assert_eq!(tool(&server, "copy_it").annotations.read_only, Some(false));
    assert_eq!(server.tools.len(), 2);
    assert_eq!(shown.matches("warning[W0405]").count(), 2, "{shown}");
}

/// OpenAPI 3.2.0 §4.12.1, `in: querystring`.
#[test]
fn query_strings() {
    let get = |content: &str, required: bool| {
        let parameter = format!("{{name: q, in: querystring, required: {required}, content: {{{content}}}}}");
        lower_ok(&format!(
            "paths:\n  /b: {{get: {{operationId: b, responses: {{}}}}}}\n  /a: {{get: {{operationId: getA, parameters: [{parameter}], responses: {{}}}}}}\n"
        ))
    };
    let schema = "{type: object, properties: {a: {type: string}}}";
    let (server, shown) = get(&format!("application/x-www-form-urlencoded: {{schema: {schema}}}"), true);
    let parameter = &tool(&server, "get_a").binding.as_ref().unwrap().parameters[0];
    assert_eq!(
        (parameter.location, parameter.style, parameter.explode),
        (Location::Query, crate::model::Style::Form, true)
    );
    assert_eq!(tool(&server, "get_a").input.value["properties"]["q"]["properties"], json!({"a": {"type": "string"}}));
    assert!(shown.is_empty(), "{shown}");
    // JSON and types whose values are texts are the query as a whole.
    for (content, read, kind) in [
        (format!("application/json: {{schema: {schema}}}"), "application/json", "object"),
        ("application/jsonpath: {schema: {type: string}}".to_owned(), "application/jsonpath", "string"),
        ("text/plain: {}".to_owned(), "text/plain", "string"),
    ] {
        let (server, shown) = get(&content, true);
        let parameter = &tool(&server, "get_a").binding.as_ref().unwrap().parameters[0];
        assert_eq!((parameter.location, parameter.content_type.as_deref()), (Location::QueryString, Some(read)));
        assert_eq!(tool(&server, "get_a").input.value["properties"]["q"]["type"], json!(kind));
        assert!(shown.is_empty(), "{shown}");
    }
    let (server, shown) = get(&format!("multipart/form-data: {{schema: {schema}}}"), false);
    assert_eq!(tool(&server, "get_a").input.value["properties"], json!({}));
    assert!(shown.contains("warning[W0403]: the parameter `q` is left out"), "{shown}");
    let (server, shown) = get(&format!("multipart/form-data: {{schema: {schema}}}"), true);
    assert_eq!(server.tools.len(), 1);
    assert!(shown.contains("warning[W0405]: `GET /a` is skipped"), "{shown}");
}

/// OpenAPI 3.2.0, "Style Values": `cookie`, of which `explode` is the default. Swagger 2.0, `collectionFormat`.
#[test]
fn styles_that_openapi_3_0_has_no_word_for() {
    let parameter = |text: &str| {
        let (server, shown) = lowered(text);
        assert!(shown.is_empty(), "{shown}");
        let parameter = tool(&server, "get_a").binding.as_ref().unwrap().parameters[0].clone();
        (parameter.location, parameter.style, parameter.explode)
    };
    let cookie = |more: &str| {
        parameter(&format!(
            "openapi: 3.2.0\ninfo: {{title: T, version: '1'}}\nservers: [{{url: https://a.test}}]\npaths: {{/a: {{get: {{operationId: getA, \
             responses: {{}}, parameters: [{{name: c, in: cookie, style: cookie, schema: {{type: array, items: {{}}}}{more}}}]}}}}}}\n"
        ))
    };
    assert_eq!(cookie(""), (Location::Cookie, Style::Cookie, true));
    assert_eq!(cookie(", explode: false"), (Location::Cookie, Style::Cookie, false));
    let swagger = |location: &str, format: &str| {
        let required = location == "path";
        parameter(&format!(
            "swagger: '2.0'\ninfo: {{title: T, version: '1'}}\nhost: a.test\nschemes: [https]\npaths: {{'/a/{}': {{get: {{operationId: getA, \
             responses: {{'200': {{description: d}}}}, parameters: [{{name: v, in: {location}, required: {required}, type: array, items: \
             {{type: string}}, collectionFormat: {format}}}]}}}}}}\n",
            if required { "{v}" } else { "" }
        ))
    };
    for (location, place) in [("query", Location::Query), ("path", Location::Path), ("header", Location::Header)] {
        for (format, style) in
            [("tsv", Style::TabDelimited), ("ssv", Style::SpaceDelimited), ("pipes", Style::PipeDelimited)]
        {
            assert_eq!(swagger(location, format), (place, style, false), "{location} {format}");
        }
    }
}

#[test]
fn paths_with_a_query_or_a_fragment() {
    let (server, shown) = lower_ok(
        "paths:\n  /{b}?list-type=2: {get: {operationId: l, responses: {}}}\n  '/{b}#acl': {get: {responses: {}}}\n  /{b}?x={y}: {get: {responses: {}}}\n",
    );
    let path = |name: &str| tool(&server, name).binding.as_ref().unwrap().path.clone();
    assert_eq!(path("l"), "/{b}?list-type=2");
    // The runtime never sends a fragment; it tells the routes apart.
    assert_eq!(path("get_b_acl"), "/{b}#acl");
    assert_eq!(server.tools.len(), 2);
    assert!(
        shown.contains("warning[W0405]: `GET /{b}?x={y}` is skipped: the path has variables in its query"),
        "{shown}"
    );
    let templates: Vec<&str> = server.templates.iter().map(|template| template.uri_template.as_str()).collect();
    assert!(templates.is_empty(), "{templates:?}");
}

#[test]
fn the_uri_of_the_document_is_one_of_its_names() {
    let (server, shown) = lower_ok(
        "$self: https://a.test/openapi\ncomponents: {schemas: {Q: {type: integer}}}\npaths:\n  /a:\n    get:\n      \
         parameters: [{name: q, in: query, schema: {$ref: 'https://a.test/openapi#/components/schemas/Q'}}]\n      operationId: getA\n      responses: {}\n",
    );
    assert_eq!(tool(&server, "get_a").input.value["properties"]["q"], json!({"$ref": "#/$defs/Q"}));
    assert!(shown.is_empty(), "{shown}");
}

#[test]
fn strict_makes_warnings_errors() {
    let text = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\nservers: [{url: 'https://t.test'}]\npaths: {/a: {get: {summary: 3, operationId: a, responses: {}}}}\n";
    for strict in [false, true] {
        let mut report = Report::default();
        report.strict = strict;
        let document = load::from_text("t.yaml", text, &mut report).unwrap();
        assert_eq!(lower(&document, &Options::default(), None, &mut report).is_err(), strict);
        let level = if strict { "error" } else { "warning" };
        assert!(report.render(false).starts_with(&format!("{level}[W0201]: `summary` must be a string")));
    }
}

#[test]
fn g8_references_that_multiply_end() {
    let mut text = "components: {pathItems: {}}\npaths:\n  /a:\n    parameters: [".to_owned();
    for number in 0..2000 {
        text.push_str(&format!("{{name: p{number}, in: query, schema: {{type: string}}}}, "));
    }
    text.push_str("]\n    get: {responses: {}}\n");
    for number in 0..2000 {
        text.push_str(&format!("  /b{number}: {{$ref: '#/paths/~1a'}}\n"));
    }
    let (server, report) = lower_text(&text);
    assert!(server.is_err());
    assert!(report.render(false).contains("error[E0205]"));
}

#[test]
fn one_base_url_of_all_operations_is_that_of_the_server() {
    let text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    servers: [{url: 'https://own.test'}]\n    get: {operationId: a}\n";
    let mut report = Report::default();
    let document = load::from_text("t.yaml", text, &mut report).unwrap();
    let server = lower(&document, &Options::default(), None, &mut report).unwrap();
    assert_eq!(server.upstream.unwrap().base_url.as_deref(), Some("https://own.test"));
    assert_eq!(server.tools[0].binding.as_ref().unwrap().base_url, None);
    assert!(report.sorted().is_empty(), "{}", report.render(false));
}

#[test]
fn the_petstore_keeps_the_promises_of_the_model() {
    check(&petstore().0);
}

/// What every later stage relies on.
fn check(server: &Server) {
    let mut names = std::collections::BTreeSet::new();
    let refs_exist = |value: &Value| {
        let mut queue = vec![value];
        while let Some(value) = queue.pop() {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        let name = reference.strip_prefix("#/$defs/").unwrap_or_else(|| panic!("{reference}"));
                        assert!(server.schemas.contains_key(name), "{reference}");
                    }
                    queue.extend(fields.values());
                }
                Value::Array(items) => queue.extend(items),
                _ => {}
            }
        }
    };
    for schema in server.schemas.values() {
        refs_exist(&schema.value);
    }
    for tool in &server.tools {
        assert!(names.insert(&tool.name) && tool.name.len() <= 56, "{}", tool.name);
        assert!(tool.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
        assert!(!tool.description.is_empty());
        let input = &tool.input.value;
        refs_exist(input);
        assert_eq!((&input["type"], &input["additionalProperties"]), (&json!("object"), &json!(false)));
        let properties = input["properties"].as_object().unwrap();
        assert!(properties.keys().all(|name| names::is_argument(name)), "{:?}", properties.keys());
        for name in input.get("required").and_then(Value::as_array).into_iter().flatten() {
            assert!(properties.contains_key(name.as_str().unwrap()), "{}: {name}", tool.name);
        }
        let binding = tool.binding.as_ref().unwrap();
        let mut carried: Vec<&str> = binding.parameters.iter().map(|parameter| parameter.argument.as_str()).collect();
        match binding.body.as_ref().map(|body| &body.layout) {
            Some(BodyLayout::Whole { argument }) => carried.push(argument),
            Some(BodyLayout::Flattened(fields)) => carried.extend(fields.iter().map(|(argument, _)| argument.as_str())),
            None => {}
        }
        // Every argument is sent, once, and nothing else is.
        carried.sort_unstable();
        let mut given: Vec<&str> = properties.keys().map(String::as_str).collect();
        given.sort_unstable();
        assert_eq!(carried, given, "{}", tool.name);
        for variable in parameters::variables(binding.path.split('#').next().unwrap()) {
            let declared = |parameter: &&crate::model::Parameter| {
                parameter.location == Location::Path && parameter.name == variable
            };
            assert_eq!(binding.parameters.iter().filter(declared).count(), 1, "{}", binding.path);
        }
        assert!(!binding.accept.is_empty() && binding.accept.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
        if let Output::Lenient { schema: Some(schema), .. } = &tool.output {
            refs_exist(&schema.value);
        }
        let mut variants = std::collections::BTreeSet::new();
        for error in &tool.errors {
            assert!(variants.insert(&error.name), "{}: {}", tool.name, error.name);
            if let ErrorSource::Response { body: Some(schema), .. } = &error.source {
                refs_exist(&schema.value);
            }
        }
        for scheme in binding.security.iter().flatten() {
            assert!(server.upstream.as_ref().unwrap().security_schemes.iter().any(|known| known.name == *scheme));
        }
    }
    let envs: std::collections::BTreeSet<&str> = server.settings.iter().map(|setting| setting.env.as_str()).collect();
    assert_eq!(envs.len(), server.settings.len());
}

#[test]
fn the_same_document_gives_the_same_server() {
    assert_eq!(format!("{:?}", petstore().0), format!("{:?}", petstore().0));
}

#[test]
fn open_meteo() {
    let Some(folder) = std::env::var_os("MCPGEN_CORPUS") else { return };
    let path = PathBuf::from(folder).join("open-meteo_open-meteo__openapi__forecast.yaml");
    let mut report = Report::default();
    let document = load::load(&path, &mut report).unwrap();
    let server =
        lower(&document, &Options { name: Some("open-meteo".into()), ..Options::default() }, None, &mut report)
            .unwrap();
    assert!(report.sorted().is_empty(), "{}", report.render(false));
    let upstream = server.upstream.as_ref().unwrap();
    assert_eq!(upstream.base_url.as_deref(), Some("https://api.open-meteo.com"));
    assert_eq!(upstream.base_url_env, "OPEN_METEO_BASE_URL");
    let [forecast] = server.tools.as_slice() else { panic!("{} tools", server.tools.len()) };
    assert_eq!(forecast.input.value["required"], json!(["latitude", "longitude"]));
    let binding = forecast.binding.as_ref().unwrap();
    assert_eq!((binding.path.as_str(), binding.base_url.as_deref()), ("/v1/forecast", None));
    let hourly = binding.parameters.iter().find(|parameter| parameter.name == "hourly").unwrap();
    // `explode: false`: one value with commas.
    assert!(!hourly.explode);
    assert!(server.templates[0].uri_template.starts_with("open-meteo://v1/forecast{?latitude,longitude,hourly,"));
    assert!(server.templates[0].completions.iter().any(|(name, _)| name == "hourly"));
}

/// What became of a document of the corpus.
#[derive(Default)]
struct Swept {
    lines: String,
    lowered: bool,
    /// Operations of the document, tools, and what was skipped with the reason.
    operations: usize,
    tools: usize,
    skipped: std::collections::BTreeMap<String, usize>,
    refused: Option<String>,
}

/// Every operation under `paths` and `x-ms-paths` of a document as it is written.
fn count_operations(path: &Path, document: &load::Document) -> usize {
    const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
    let refs = refs::Refs::new(document);
    let paths = document.value.get("paths").and_then(Value::as_object);
    let count = |(key, item): (&String, &Value)| {
        let item = refs.follow_quietly(key, item).map_or(item, |target| target.value);
        let own = METHODS.iter().filter(|method| item.get(**method).is_some_and(Value::is_object)).count();
        own + item.get("additionalOperations").and_then(Value::as_object).map_or(0, serde_json::Map::len)
    };
    assert!(path.is_file());
    paths.into_iter().flatten().filter(|(key, _)| !key.starts_with("x-")).map(count).sum()
}

fn sweep(path: &Path) -> Swept {
    let mut swept = Swept::default();
    let mut report = Report::default();
    let started = std::time::Instant::now();
    // A folder `NAME.tree` holds a document with its files.
    let tree = path.ancestors().find(|folder| folder.extension().is_some_and(|e| e == "tree"));
    let options = Options { root: tree.map(Path::to_owned), ..Options::default() };
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let document = load::load_with(path, &options, &mut report);
    let loaded = started.elapsed();
    let server = match &document {
        Ok(document) => {
            swept.operations = count_operations(path, document);
            lower(document, &Options::default(), None, &mut report)
        }
        Err(Stop) => Err(Stop),
    };
    let sorted = report.sorted();
    let warnings = sorted.iter().filter(|d| d.severity == Severity::Warning).count();
    for skipped in sorted.iter().filter(|d| d.code == codes::SKIPPED) {
        let reason = skipped.message.split_once("is skipped: ").map_or("", |(_, reason)| reason);
        *swept.skipped.entry(reason.to_owned()).or_default() += 1;
    }
    match server {
        Ok(server) => {
            check(&server);
            swept.lowered = true;
            swept.tools = server.tools.len();
            swept.lines = format!(
                "ok {name}: {} tools, {} definitions, {} resources, {} templates, {warnings} warnings, {loaded:?} + {:?}\n",
                server.tools.len(),
                server.schemas.len(),
                server.resources.len(),
                server.templates.len(),
                started.elapsed() - loaded
            );
        }
        Err(Stop) => {
            let errors: Vec<_> = sorted.iter().filter(|d| d.severity == Severity::Error).collect();
            // Parts of multi-file documents are no documents of their own.
            if errors[0].code.0 != "E0110" || tree.is_none() {
                swept.refused = Some(errors[0].code.0.to_owned());
                let shown = crate::diag::render::render(errors[0], &report.sources, false);
                swept.lines = format!("NO {name}: {} errors, first:\n{shown}\n", errors.len());
            }
        }
    }
    if std::env::var_os("MCPGEN_CORPUS_WARNINGS").is_some_and(|wanted| name.contains(&*wanted.to_string_lossy())) {
        swept.lines.push_str(&report.render(false));
    }
    swept
}

/// Lowers every document of `MCPGEN_CORPUS`: nothing may panic. Prints what does not lower, and the sums.
#[test]
fn the_corpus_does_not_panic() {
    let Some(folder) = std::env::var_os("MCPGEN_CORPUS") else { return };
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "MCPGEN_CORPUS holds no document");
    files.sort();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let all: Vec<Swept> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some(path) = files.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                let swept = sweep(path);
                print!("{}", swept.lines);
                done.push(swept);
            }
            done
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    let mut refused = std::collections::BTreeMap::<&str, usize>::new();
    let mut skipped = std::collections::BTreeMap::<&str, usize>::new();
    for swept in &all {
        if let Some(code) = &swept.refused {
            *refused.entry(code).or_default() += 1;
        }
        for (reason, count) in &swept.skipped {
            *skipped.entry(reason).or_default() += count;
        }
    }
    let sum = |number: fn(&Swept) -> usize| all.iter().map(number).sum::<usize>();
    let lowered = all.iter().filter(|swept| swept.lowered).count();
    let documents = lowered + refused.values().sum::<usize>();
    println!("{lowered} of {documents} documents lower; refused: {refused:?}");
    println!("{} operations, {} tools", sum(|swept| swept.operations), sum(|swept| swept.tools));
    for (reason, count) in skipped {
        println!("skipped {count}: {reason}");
    }
}

/// The variables that every API has, beside its base URL and its credentials.
fn is_tuning(env: &str) -> bool {
    super::security::TUNING.iter().any(|(name, _, _)| env.ends_with(&format!("_{name}")))
}

#[test]
fn an_answer_leads_to_what_the_document_links() {
    let (server, _) = lower_ok(
        r##"
paths:
  /orders:
    post:
      operationId: order
      responses:
        '201':
          description: Made
          content: {application/json: {schema: {type: object, properties: {number: {type: string}}}}}
          links:
            read: {operationId: readOrder, parameters: {id: '$response.body#/number', path.shop: main}}
            lines: {operationRef: '#/paths/~1orders~1{id}~1lines/get', parameters: {id: '$response.body#/number'}}
            header: {operationId: readOrder, parameters: {id: $response.header.Location}}
            strange: {operationId: nothing}
  /orders/{id}:
    get: {operationId: readOrder, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
  /orders/{id}/lines:
    get: {operationId: lines, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {}}
"##,
    );
    let number = || ("id".to_owned(), LinkValue::Answer("/number".to_owned()));
    assert_eq!(
        tool(&server, "order").links,
        [
            Link {
                path: "/orders/{id}".into(),
                values: vec![number(), ("shop".into(), LinkValue::Constant("main".into()))]
            },
            Link { path: "/orders/{id}/lines".into(), values: vec![number()] },
        ]
    );
}

#[test]
fn an_id_of_what_was_created_leads_to_it() {
    let (server, _) = lower_ok(
        r##"
paths:
  /shops/{shop}/pets:
    post:
      operationId: create
      parameters: [{name: shop, in: path, required: true, schema: {type: string}}]
      responses: {'201': {description: Made, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
    put: {operationId: put, responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}}
  /shops/{shop}/pets/{petId}:
    get: {operationId: get, parameters: [{name: petId, in: path, required: true, schema: {type: string}}], responses: {}}
components: {schemas: {Pet: {type: object, properties: {id: {type: string}}}}}
"##,
    );
    let values = vec![
        ("shop".to_owned(), LinkValue::Parameter(Location::Path, "shop".to_owned())),
        ("petId".to_owned(), LinkValue::Answer("/id".to_owned())),
    ];
    assert_eq!(tool(&server, "create").links, [Link { path: "/shops/{shop}/pets/{petId}".into(), values }]);
    assert_eq!(tool(&server, "put").links, []);
}

/// One operation has a schema, another refers to it there: it is one definition, named after its operation or its title.
#[test]
fn a_schema_of_an_operation_that_others_refer_to_is_there_once() {
    let operation = |title: &str| {
        let (server, _) = lower_ok(&format!(
            "paths:
  /pets:
    get:
      operationId: listPets
      responses:
        '200':
          description: Fine.
          content:
            application/json:
              schema: {{ type: object, {title} properties: {{ id: {{ type: integer }} }} }}
  /toys:
    get:
      operationId: listToys
      responses:
        '200':
          description: Fine.
          content:
            application/json:
              schema: {{ $ref: '#/paths/~1pets/get/responses/200/content/application~1json/schema' }}
"
        ));
        let names: Vec<String> = server.schemas.keys().cloned().collect();
        let outputs = server.tools.iter().filter_map(|tool| match &tool.output {
            Output::Lenient { schema: Some(schema), .. } => Some(schema.value.clone()),
            _ => None,
        });
        (names, outputs.collect::<Vec<_>>())
    };
    for (title, name) in [("", "ListPetsOutput"), ("title: A pet,", "APet")] {
        let reference = json!({"$ref": format!("#/$defs/{name}")});
        assert_eq!(operation(title), (vec![name.to_owned()], vec![reference.clone(), reference]));
    }
}
