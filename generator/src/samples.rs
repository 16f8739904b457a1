//! Two servers by hand, as the front stages would make them.

use serde_json::{Value, json};

use crate::model::{
    Annotations, BodyLayout, Completion, ErrorKind, ErrorSource, ErrorVariant, Format, HttpBinding, Location, Output,
    Parameter, Prompt, PromptArgument, PromptMessage, Read, Reply, RequestBody, Resource, ResourceTemplate, Role,
    Schema, SecurityKind, SecurityScheme, Segment, Server, Setting, StatusPattern, Style, Tool, Upstream,
};
use crate::source::{Source, Sources, Span};

/// A source of 200 lines; [`line`] points into it.
pub(crate) fn sources(name: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(Source::new(name, "#\n".repeat(200)));
    sources
}

fn line(number: u32) -> Span {
    Span { file: 0, start: (number - 1) * 2, end: (number - 1) * 2 + 1 }
}

fn schema(at: u32, value: Value) -> Schema {
    Schema { value, span: line(at) }
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn literal(value: &str) -> Segment {
    Segment::Literal(value.to_owned())
}

fn value(path: &[&str], format: Format) -> Segment {
    Segment::Value { path: path.iter().map(|name| (*name).to_owned()).collect(), format }
}

/// The server of `specs/weather.yaml`.
pub(crate) fn weather() -> Server {
    let unit = json!({"$ref": "#/$defs/Unit"});
    let map = Format::Map(vec![("celsius".to_owned(), "°C".to_owned()), ("fahrenheit".to_owned(), "°F".to_owned())]);
    let read_only = Annotations { read_only: Some(true), idempotent: Some(true), ..Annotations::default() };
    let errors = vec![
        ErrorVariant {
            name: "NotFound".to_owned(),
            description: String::new(),
            source: ErrorSource::Declared {
                kind: ErrorKind::NotFound,
                message: vec![literal("City '"), value(&["city"], Format::Plain), literal("' is not in the database")],
                data: [("city".to_owned(), schema(12, json!({"type": "string"})))].into_iter().collect(),
                retry_after: None,
            },
            span: line(11),
        },
        ErrorVariant {
            name: "RateLimited".to_owned(),
            description: "The weather service is busy.".to_owned(),
            source: ErrorSource::Declared {
                kind: ErrorKind::RateLimited,
                message: vec![literal("The weather service allows no more calls now")],
                data: [("retryAfterSeconds".to_owned(), schema(16, json!({"type": "integer", "minimum": 0})))]
                    .into_iter()
                    .collect(),
                retry_after: text("retryAfterSeconds"),
            },
            span: line(14),
        },
    ];
    let not_found = errors.iter().take(1).cloned().collect::<Vec<_>>();
    let tool = |name: &str, title: &str, description: &str, at, input: Value, output: Value, template| Tool {
        name: name.to_owned(),
        title: text(title),
        description: description.to_owned(),
        input: schema(at + 1, input),
        output: Output::Strict { schema: schema(at + 2, output), text: Some(template) },
        answers: None,
        errors: errors.clone(),
        links: Vec::new(),
        projection: None,
        details: None,
        annotations: read_only,
        deadline_ms: None,
        task: None,
        deprecated: false,
        binding: None,
        operation_id: None,
        marked: None,
        listed: true,
        fixed: Vec::new(),
        tags: Vec::new(),
        span: line(at),
    };
    Server {
        name: "weather".to_owned(),
        title: text("Weather"),
        version: "1.0.0".to_owned(),
        description: None,
        instructions: text("Current weather and short forecasts."),
        settings: vec![Setting {
            env: "WEATHER_API_KEY".to_owned(),
            description: "Key of the weather service".to_owned(),
            secret: true,
            required: false,
            default: None,
            span: line(6),
        }],
        schemas: [
            ("Unit".to_owned(), schema(8, json!({"type": "string", "enum": ["celsius", "fahrenheit"]}))),
            (
                "Temperature".to_owned(),
                schema(
                    9,
                    json!({
                        "type": "object",
                        "description": "A temperature at a place.",
                        "properties": {
                            "city": {"type": "string"},
                            "temperature": {"type": "number"},
                            "unit": unit,
                        },
                        "required": ["city", "temperature", "unit"],
                    }),
                ),
            ),
        ]
        .into_iter()
        .collect(),
        search: None,
        tools: vec![
            tool(
                "get_temperature",
                "Temperature",
                "Get the current temperature for a city.",
                30,
                json!({
                    "type": "object",
                    "properties": {
                        "city": {"type": "string", "minLength": 2, "description": "The city"},
                        "unit": {"$ref": "#/$defs/Unit", "default": "celsius"},
                    },
                    "required": ["city"],
                    "additionalProperties": false,
                }),
                json!({"$ref": "#/$defs/Temperature"}),
                vec![
                    value(&["city"], Format::Plain),
                    literal(": "),
                    value(&["temperature"], Format::Decimals(0)),
                    value(&["unit"], map),
                ],
            ),
            tool(
                "get_forecast",
                "Forecast",
                "Get the forecast for a city.\n\nUp to 14 days.",
                40,
                json!({
                    "type": "object",
                    "properties": {
                        "city": {"type": "string"},
                        "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3},
                    },
                    "required": ["city"],
                    "additionalProperties": false,
                }),
                json!({
                    "type": "object",
                    "properties": {
                        "city": {"type": "string"},
                        "days": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {"date": {"type": "string"}, "low": {"type": "number"}, "high": {"type": "number"}},
                                "required": ["date", "low", "high"],
                            },
                        },
                    },
                    "required": ["city", "days"],
                }),
                vec![
                    value(&["city"], Format::Plain),
                    Segment::Each {
                        path: vec!["days".to_owned()],
                        body: vec![literal("\n"), value(&["date"], Format::Plain)],
                    },
                ],
            ),
        ],
        resources: vec![Resource {
            uri: "weather://cities".to_owned(),
            name: "cities".to_owned(),
            title: None,
            description: text("The known cities."),
            mime_type: text("application/json"),
            read: Read::Handler { errors: Vec::new() },
            deadline_ms: None,
            span: line(56),
        }],
        templates: vec![ResourceTemplate {
            uri_template: "weather://{city}/current".to_owned(),
            name: "current_weather".to_owned(),
            title: None,
            description: text("The weather now, as Markdown."),
            mime_type: text("text/markdown"),
            variables: schema(
                61,
                json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
            ),
            completions: vec![("city".to_owned(), Completion::Handler("city".to_owned()))],
            read: Read::Handler { errors: not_found },
            deadline_ms: Some(10_000),
            span: line(60),
        }],
        prompts: vec![
            Prompt {
                name: "plan_trip".to_owned(),
                title: None,
                description: "Plan a trip.".to_owned(),
                arguments: vec![PromptArgument {
                    name: "city".to_owned(),
                    title: None,
                    description: text("Where to"),
                    required: true,
                    completion: Completion::Handler("city".to_owned()),
                    span: line(72),
                }],
                messages: Some(vec![PromptMessage {
                    role: Role::User,
                    text: vec![literal("Plan a trip to "), value(&["city"], Format::Plain)],
                }]),
                errors: Vec::new(),
                span: line(70),
            },
            Prompt {
                name: "compare".to_owned(),
                title: text("Compare two cities"),
                description: "Compare the weather of two cities.".to_owned(),
                arguments: vec![
                    PromptArgument {
                        name: "first".to_owned(),
                        title: None,
                        description: None,
                        required: true,
                        completion: Completion::Values(vec!["tokyo".to_owned(), "london".to_owned()]),
                        span: line(82),
                    },
                    PromptArgument {
                        name: "second".to_owned(),
                        title: None,
                        description: None,
                        required: false,
                        completion: Completion::None,
                        span: line(83),
                    },
                ],
                messages: None,
                errors: Vec::new(),
                span: line(80),
            },
        ],
        upstream: None,
        span: line(1),
    }
}

/// The server of `specs/petstore.yaml`.
pub(crate) fn petstore() -> Server {
    let problem = || Some(schema(150, json!({"$ref": "#/$defs/Problem"})));
    let response = |name: &str, description: &str, status, body| ErrorVariant {
        name: name.to_owned(),
        description: description.to_owned(),
        source: ErrorSource::Response { status, body },
        span: line(60),
    };
    let errors = vec![
        response("Default", "Any other error of the API", StatusPattern::Default, problem()),
        response("NotFound", "There is no such pet.", StatusPattern::Exact(404), problem()),
        response("Conflict", "", StatusPattern::Exact(409), None),
        response("Status5xx", "The API is down.", StatusPattern::Range(5), None),
    ];
    let parameter = |name: &str, location, style, explode| Parameter {
        argument: name.to_owned(),
        name: name.to_owned(),
        location,
        style,
        explode,
        allow_reserved: false,
        content_type: None,
        examples: Vec::new(),
        span: line(25),
    };
    let binding = |method: &str, path: &str, parameters, body| HttpBinding {
        method: method.to_owned(),
        path: path.to_owned(),
        base_url: None,
        parameters,
        body,
        security: vec![vec!["api_key".to_owned()]],
        accept: "application/json".to_owned(),
        reply: Reply { status: 200, media_type: text("application/json"), example: None },
    };
    let tool = |name: &str, title: &str, at, input: Value, output: Option<Value>, binding: HttpBinding| Tool {
        name: name.to_owned(),
        title: text(title),
        description: format!("{title}."),
        input: schema(at + 1, input),
        output: Output::Lenient { schema: output.map(|value| schema(at + 2, value)), text: None },
        answers: None,
        errors: errors.clone(),
        links: Vec::new(),
        projection: None,
        details: None,
        annotations: Annotations {
            read_only: Some(binding.method == "GET"),
            destructive: Some(binding.method == "DELETE"),
            idempotent: Some(binding.method != "POST"),
            open_world: Some(true),
        },
        deadline_ms: None,
        task: None,
        deprecated: false,
        operation_id: text(name),
        marked: None,
        listed: true,
        fixed: Vec::new(),
        binding: Some(binding),
        tags: vec!["pets".to_owned()],
        span: line(at),
    };
    let pet = json!({"$ref": "#/$defs/Pet"});
    let pet_id = parameter("petId", Location::Path, Style::Simple, false);
    let get_input = json!({
        "type": "object",
        "properties": {"petId": {"type": "integer", "format": "int64", "description": "Which pet"}},
        "required": ["petId"],
        "additionalProperties": false,
    });
    Server {
        name: "petstore".to_owned(),
        title: text("Petstore"),
        version: "1.0.0".to_owned(),
        description: text("A store of pets."),
        instructions: None,
        settings: vec![
            Setting {
                env: "PETSTORE_BASE_URL".to_owned(),
                description: "Base URL of the API".to_owned(),
                secret: false,
                required: false,
                default: text("https://petstore.example/v1"),
                span: line(8),
            },
            Setting {
                env: "PETSTORE_API_KEY".to_owned(),
                description: "API key, sent in the header X-Api-Key".to_owned(),
                secret: true,
                required: false,
                default: None,
                span: line(180),
            },
        ],
        schemas: [
            (
                "Pet".to_owned(),
                schema(
                    120,
                    json!({
                        "type": "object",
                        "description": "A pet.",
                        "properties": {
                            "id": {"type": "integer", "format": "int64"},
                            "name": {"type": "string"},
                            "type": {"type": "string", "enum": ["cat", "dog", "guinea-pig"]},
                            "tag": {"type": ["string", "null"]},
                            "weight": {"type": "number"},
                            "owner": {
                                "type": "object",
                                "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/Address"}},
                            },
                            "parent": {"$ref": "#/$defs/Pet"},
                            "friends": {"type": "array", "items": {"$ref": "#/$defs/Pet"}},
                            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                            "extra": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
                        },
                        "required": ["id", "name"],
                    }),
                ),
            ),
            (
                "Address".to_owned(),
                schema(
                    140,
                    json!({"allOf": [
                        {"type": "object", "properties": {"street": {"type": "string"}}, "required": ["street"]},
                        {"type": "object", "properties": {"zip-code": {"type": "string"}}},
                    ]}),
                ),
            ),
            (
                "Problem".to_owned(),
                schema(
                    150,
                    json!({
                        "type": "object",
                        "properties": {"title": {"type": "string"}, "status": {"type": "integer"}},
                        "additionalProperties": true,
                    }),
                ),
            ),
        ]
        .into_iter()
        .collect(),
        search: None,
        tools: vec![
            tool(
                "list_pets",
                "List pets",
                21,
                json!({
                    "type": "object",
                    "properties": {
                        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20, "description": "How many"},
                        "status": {"type": "array", "items": {"type": "string", "enum": ["available", "sold"]}},
                    },
                    "additionalProperties": false,
                }),
                Some(json!({"type": "array", "items": pet})),
                binding(
                    "GET",
                    "/pets",
                    vec![
                        parameter("limit", Location::Query, Style::Form, true),
                        parameter("status", Location::Query, Style::PipeDelimited, false),
                    ],
                    None,
                ),
            ),
            tool(
                "get_pet",
                "Get one pet",
                41,
                get_input.clone(),
                Some(pet.clone()),
                binding("GET", "/pets/{petId}", vec![pet_id.clone()], None),
            ),
            tool(
                "create_pet",
                "Create a pet",
                61,
                json!({
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "X-Request-Id": {"type": "string"}},
                    "required": ["name"],
                    "additionalProperties": false,
                }),
                Some(pet),
                binding(
                    "POST",
                    "/pets",
                    vec![parameter("X-Request-Id", Location::Header, Style::Simple, false)],
                    Some(RequestBody {
                        media_type: "application/json".to_owned(),
                        layout: BodyLayout::Flattened(vec![("name".to_owned(), "name".to_owned())]),
                        required: true,
                        encodings: Vec::new(),
                        part_headers: Vec::new(),
                        given_headers: Vec::new(),
                        xml: Vec::new(),
                        example: None,
                        span: line(70),
                    }),
                ),
            ),
            tool(
                "delete_pet",
                "Delete a pet",
                81,
                get_input.clone(),
                None,
                binding("DELETE", "/pets/{petId}", vec![pet_id], None),
            ),
        ],
        resources: vec![Resource {
            uri: "petstore://pets".to_owned(),
            name: "list_pets".to_owned(),
            title: None,
            description: None,
            mime_type: text("application/json"),
            read: Read::Tool("list_pets".to_owned()),
            deadline_ms: None,
            span: line(21),
        }],
        templates: vec![ResourceTemplate {
            uri_template: "petstore://pets/{petId}".to_owned(),
            name: "get_pet".to_owned(),
            title: text("Get one pet"),
            description: text("Get one pet."),
            mime_type: text("application/json"),
            variables: schema(42, get_input),
            completions: vec![("petId".to_owned(), Completion::Values(vec!["1".to_owned()]))],
            read: Read::Tool("get_pet".to_owned()),
            deadline_ms: None,
            span: line(41),
        }],
        prompts: Vec::new(),
        upstream: Some(Upstream {
            base_url_env: "PETSTORE_BASE_URL".to_owned(),
            base_url: text("https://petstore.example/v1"),
            security_schemes: vec![SecurityScheme {
                name: "api_key".to_owned(),
                kind: SecurityKind::ApiKey { location: Location::Header, name: "X-Api-Key".to_owned() },
                env: "PETSTORE_API_KEY".to_owned(),
                description: String::new(),
                span: line(180),
            }],
        }),
        span: line(1),
    }
}
