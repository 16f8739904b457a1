use std::path::{Path, PathBuf};

use serde_json::json;

use super::*;
use crate::diag::Severity;
use crate::load;
use crate::model::{BodyLayout, Completion, Location, SecurityKind, StatusPattern, Tool};

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

fn lower_ok(rest: &str) -> (Server, String) {
    let (server, report) = lower_text(rest);
    (server.unwrap_or_else(|_| panic!("{}", report.render(false))), report.render(false))
}

fn tool<'a>(server: &'a Server, name: &str) -> &'a Tool {
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
    let envs: Vec<&str> = server.settings.iter().map(|setting| setting.env.as_str()).collect();
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

#[test]
fn petstore_answers_and_errors() {
    let (server, _) = petstore();
    let create = tool(&server, "create_pet");
    assert!(
        matches!(&create.output, Output::Lenient { schema: Some(schema) } if schema.value == json!({"$ref": "#/$defs/Pet"}))
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
    for content in ["multipart/form-data: {}", "application/x-www-form-urlencoded: {}", "application/xml: {}"] {
        let (server, shown) = body(content);
        assert_eq!(server.tools.len(), 1, "{content}");
        assert!(shown.contains("warning[W0405]: `POST /a` is skipped"), "{shown}");
    }
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
         get: {parameters: [{name: q, in: query, schema: {type: integer}}], responses: {}}\n",
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
    assert_eq!(security("get_d"), [["a", "b"]]);
    assert!(security("get_e").is_empty());
    let envs: Vec<&str> = server.upstream.as_ref().unwrap().security_schemes.iter().map(|s| s.env.as_str()).collect();
    assert_eq!(envs, ["T_API_KEY", "T_B", "T_BEARER_TOKEN"]);
    assert!(shown.contains("`nope`") && shown.contains("`m`"), "{shown}");
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
        matches!(&a.output, Output::Lenient { schema: Some(schema) } if schema.value == json!({"type": "integer"}))
    );
    let errors: Vec<_> = a.errors.iter().map(|error| (error.name.as_str(), error.description.as_str())).collect();
    assert_eq!(errors, [("Status418", "Status 418"), ("Status4xx", "bad")]);
    let b = tool(&server, "get_b");
    assert!(matches!(&b.output, Output::Lenient { schema: Some(_) }) && b.errors.is_empty());
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
        ("paths: 3\n", "E0210", 4),
        ("paths:\n  /a:\n    get:\n      parameters: {q: 1}\n", "E0210", 7),
        ("paths:\n  /a:\n    get:\n      parameters:\n        - in: query\n", "E0211", 8),
        (
            "paths:\n  /a:\n    get:\n      responses:\n        200:\n          $ref: '#/components/responses/X'\n",
            "E0201",
            9,
        ),
        (
            "paths:\n  /a:\n    get:\n      parameters:\n        - {name: q, in: query, schema: {$ref: '#/components/schemas/Q'}}\n",
            "E0201",
            8,
        ),
        ("paths:\n  /a:\n    get:\n      tags: [{a: 1}]\n", "E0210", 7),
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
fn g8_references_that_multiply_end() {
    let mut text = "components: {pathItems: {}}\npaths:\n  /a:\n    parameters: [".to_owned();
    for number in 0..2000 {
        text.push_str(&format!("{{name: p{number}, in: query, schema: {{type: string}}}}, "));
    }
    text.push_str("]\n    get: {responses: {}}\n");
    for number in 0..2000 {
        text.push_str(&format!("  /b{number}: {{$ref: '#/paths/~1a'}}\n"));
    }
    let started = std::time::Instant::now();
    let (server, report) = lower_text(&text);
    assert!(server.is_err());
    assert!(report.render(false).contains("error[E0205]"));
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn one_base_url_of_all_operations_is_that_of_the_server() {
    let text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    servers: [{url: 'https://own.test'}]\n    get: {}\n";
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
        for variable in parameters::variables(&binding.path) {
            let declared = |parameter: &&crate::model::Parameter| {
                parameter.location == Location::Path && parameter.name == variable
            };
            assert_eq!(binding.parameters.iter().filter(declared).count(), 1, "{}", binding.path);
        }
        assert!(!binding.accept.is_empty() && binding.accept.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
        if let Output::Lenient { schema: Some(schema) } = &tool.output {
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

/// Lowers every document of `MCPGEN_CORPUS`: nothing may panic. Prints what does not lower.
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
    files.sort();
    let (mut good, mut all) = (0, 0);
    for path in files {
        let mut report = Report::default();
        let started = std::time::Instant::now();
        let document = load::load(&path, &mut report);
        let loaded = started.elapsed();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(document) = document else {
            let sorted = report.sorted();
            let errors: Vec<_> = sorted.iter().filter(|d| d.severity == Severity::Error).collect();
            // Parts of multi-file documents are no documents of their own.
            if errors[0].code.0 != "E0110" {
                println!("-- {name}: {} {}", errors[0].code.0, errors[0].message);
            }
            continue;
        };
        let result = lower(&document, &Options::default(), None, &mut report);
        all += 1;
        let warnings = report.sorted().iter().filter(|d| d.severity == Severity::Warning).count();
        match result {
            Ok(server) => {
                good += 1;
                check(&server);
                println!(
                    "ok {name}: {} tools, {} definitions, {} resources, {} templates, {warnings} warnings, {loaded:?} + {:?}",
                    server.tools.len(),
                    server.schemas.len(),
                    server.resources.len(),
                    server.templates.len(),
                    started.elapsed() - loaded
                );
            }
            Err(Stop) => {
                let sorted = report.sorted();
                let errors: Vec<_> = sorted.iter().filter(|d| d.severity == Severity::Error).collect();
                println!("NO {name}: {} errors, first:", errors.len());
                println!("{}", crate::diag::render::render(errors[0], &report.sources, false));
            }
        }
        if std::env::var_os("MCPGEN_CORPUS_WARNINGS").is_some_and(|wanted| name.contains(&*wanted.to_string_lossy())) {
            println!("{}", report.render(false));
        }
    }
    println!("{good} of {all} documents lower");
}
