//! What a server offers, for people and programs: `mcpgen inspect`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cost;
use crate::diag::{Report, Severity};
use crate::model::{ErrorVariant, Output, Read, Server};
use crate::options::Options;
use crate::rust::{Coverage, Places, advertised_input, arguments, kind, printed};

mod binding;
mod describe;

pub use binding::Place;

/// The surface of a server. Its JSON form is stable: fields are added, never renamed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Surface {
    /// `serverInfo.name`
    pub name: String,
    /// `serverInfo.title`
    pub title: Option<String>,
    /// `serverInfo.version`
    pub version: String,
    /// The base URL of the document, for a server over an HTTP API.
    pub base_url: Option<String>,
    /// The tools, in order.
    pub tools: Vec<ToolSurface>,
    /// What the list of tools costs a model, in tokens of o200k. `None`: they were not counted, see
    /// [`Builder::count_tokens`](crate::Builder::count_tokens).
    pub tokens: Option<usize>,
    /// The operations that tools of search mode find, describe and call.
    pub operations: Vec<ToolSurface>,
    /// Concrete resources.
    pub resources: Vec<ResourceSurface>,
    /// Resource templates.
    pub templates: Vec<ResourceSurface>,
    /// Prompts.
    pub prompts: Vec<PromptSurface>,
    /// Environment variables.
    pub settings: Vec<SettingSurface>,
    /// Named schemas that the document declares.
    pub schemas: Vec<String>,
    /// How many fields of the generated structs are typed.
    pub types: TypeSurface,
    /// What was repaired, dropped or is doubtful.
    pub warnings: Vec<Warning>,
}

/// How much of the document's schemas the generated types say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TypeSurface {
    /// The fields of all structs.
    pub fields: usize,
    /// Those that hold no untyped JSON.
    pub typed_fields: usize,
    /// The others by cause, in words.
    pub untyped: BTreeMap<String, usize>,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ToolSurface {
    /// The name.
    pub name: String,
    /// The title.
    pub title: Option<String>,
    /// What the model reads.
    pub description: String,
    /// The HTTP operation.
    pub route: Option<Route>,
    /// The arguments.
    pub arguments: Vec<ArgumentSurface>,
    /// The advertised `inputSchema` with its `$defs`; only where [`Builder::schemas`](crate::Builder::schemas) asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<serde_json::Value>,
    /// The schema of the answer with its `$defs`, where the document has one; only where
    /// [`Builder::schemas`](crate::Builder::schemas) asks. Whether clients see it is another question: what an API answers
    /// is not promised to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<serde_json::Value>,
    /// The type of the answer in JSON's words; `None`: content, or nothing is known.
    pub output: Option<String>,
    /// The names of the errors that the tool declares.
    pub errors: Vec<String>,
    /// `readOnlyHint`
    pub read_only: Option<bool>,
    /// `destructiveHint`
    pub destructive: Option<bool>,
    /// `idempotentHint`
    pub idempotent: Option<bool>,
    /// What its entry in the list of tools costs a model, in tokens of o200k. `None`: they were not
    /// counted.
    pub tokens: Option<usize>,
    /// Where it stands: `petstore.yaml:41`.
    pub source: String,
}

/// An HTTP operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Route {
    /// Upper case.
    pub method: String,
    /// The path template of the document.
    pub path: String,
    /// The media type of the request body; `None`: no body.
    pub request_media_type: Option<String>,
}

/// An argument of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ArgumentSurface {
    /// The name.
    pub name: String,
    /// The type in JSON's words.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether a call must have it.
    pub required: bool,
    /// What it is for.
    pub description: String,
    /// Where it goes in the HTTP request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A resource or a resource template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ResourceSurface {
    /// The URI or the URI template.
    pub uri: String,
    /// The name.
    pub name: String,
    /// The media type.
    pub mime_type: Option<String>,
    /// The tool that reads it; `None`: a handler.
    pub tool: Option<String>,
    /// Where it stands.
    pub source: String,
}

/// A prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PromptSurface {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The arguments; all are strings.
    pub arguments: Vec<ArgumentSurface>,
    /// Where it stands.
    pub source: String,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingSurface {
    /// The name of the variable.
    pub env: String,
    /// What it is for.
    pub description: String,
    /// Whether it is kept out of logs.
    pub secret: bool,
    /// Whether the server refuses to start without it.
    pub required: bool,
    /// The value where it is not set.
    pub default: Option<String>,
}

/// A warning in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// The stable code, which `mcpgen explain` knows.
    pub code: String,
    /// What was done or is doubtful.
    pub message: String,
    /// `petstore.yaml:41:7`
    pub source: Option<String>,
    /// The JSON pointer of the place in its file (RFC 6901): `/paths/~1pets/get`.
    pub pointer: Option<String>,
}

impl Surface {
    /// `schemas`: whether input schemas are kept. `counts`: whether tokens are counted, which takes longer than everything
    /// else.
    pub(crate) fn new(server: &Server, report: &Report, options: &Options, schemas: bool, counts: bool) -> Self {
        let places = Places::new(&report.sources, options);
        let resource = |uri: &str, name: &str, mime_type: &Option<String>, read: &Read, span| ResourceSurface {
            uri: uri.to_owned(),
            name: name.to_owned(),
            mime_type: mime_type.clone(),
            tool: match read {
                Read::Tool(name) => Some(name.clone()),
                Read::Handler { .. } => None,
            },
            source: places.plain(span),
        };
        let tools: Vec<ToolSurface> = server
            .listed()
            .map(|tool| {
                let tokens = if counts { cost::tokens(&cost::text(tool, server)) } else { None };
                ToolSurface { tokens, ..tool_surface(tool, server, &places, schemas) }
            })
            .collect();
        Self {
            tokens: tools.iter().map(|tool| tool.tokens).sum(),
            name: server.name.clone(),
            title: server.title.clone(),
            version: server.version.clone(),
            base_url: server.upstream.as_ref().and_then(|upstream| upstream.base_url.clone()),
            tools,
            operations: server.searched().map(|tool| tool_surface(tool, server, &places, schemas)).collect(),
            resources: server
                .resources
                .iter()
                .map(|r| resource(&r.uri, &r.name, &r.mime_type, &r.read, r.span))
                .collect(),
            templates: server
                .templates
                .iter()
                .map(|r| resource(&r.uri_template, &r.name, &r.mime_type, &r.read, r.span))
                .collect(),
            prompts: server.prompts.iter().map(|prompt| prompt_surface(prompt, &places)).collect(),
            settings: server
                .settings
                .iter()
                .map(|setting| SettingSurface {
                    env: setting.env.clone(),
                    description: setting.description.clone(),
                    secret: setting.secret,
                    required: setting.required,
                    default: setting.default.clone().filter(|_| !setting.secret),
                })
                .collect(),
            schemas: server.schemas.keys().cloned().collect(),
            types: TypeSurface::default(),
            warnings: warnings(report, &places),
        }
    }

    pub(crate) fn with_types(mut self, coverage: &Coverage) -> Self {
        let untyped: BTreeMap<String, usize> =
            coverage.untyped.iter().map(|(why, count)| (why.as_str().to_owned(), *count)).collect();
        let typed_fields = coverage.fields - untyped.values().sum::<usize>().min(coverage.fields);
        self.types = TypeSurface { fields: coverage.fields, typed_fields, untyped };
        self
    }
}

fn tool_surface(tool: &crate::model::Tool, server: &Server, places: &Places<'_>, schemas: bool) -> ToolSurface {
    ToolSurface {
        name: tool.name.clone(),
        title: tool.title.clone(),
        description: tool.description.clone(),
        route: tool.binding.as_ref().map(|binding| Route {
            method: binding.method.clone(),
            path: binding.path.clone(),
            request_media_type: binding.body.as_ref().map(|body| body.media_type.clone()),
        }),
        arguments: arguments(&tool.input.value, server)
            .into_iter()
            .map(|argument| ArgumentSurface {
                place: tool.binding.as_ref().and_then(|binding| binding::place(binding, &argument.name)),
                name: argument.name,
                kind: argument.kind,
                required: argument.required,
                description: argument.description,
            })
            .chain(tool.projection.iter().map(|name| ArgumentSurface {
                name: name.clone(),
                kind: "JMESPath".to_owned(),
                required: false,
                place: None,
                description: String::new(),
            }))
            .collect(),
        input_schema: schemas.then(|| advertised_input(tool, server)),
        output_schema: output_of(tool).filter(|_| schemas).map(|schema| printed(&schema.value, server)),
        output: output_of(tool).map(|schema| kind(&schema.value, server)),
        errors: tool.errors.iter().map(|ErrorVariant { name, .. }| name.clone()).collect(),
        read_only: tool.annotations.read_only,
        destructive: tool.annotations.destructive,
        idempotent: tool.annotations.idempotent,
        tokens: None,
        source: places.plain(tool.span),
    }
}

fn output_of(tool: &crate::model::Tool) -> Option<&crate::model::Schema> {
    match &tool.output {
        Output::Strict { schema, .. }
        | Output::Lenient { schema: Some(schema), .. }
        | Output::Off { schema: Some(schema), .. } => Some(schema),
        Output::Lenient { .. } | Output::Off { .. } | Output::Empty | Output::Content => None,
    }
}

fn prompt_surface(prompt: &crate::model::Prompt, places: &Places<'_>) -> PromptSurface {
    PromptSurface {
        name: prompt.name.clone(),
        description: prompt.description.clone(),
        arguments: prompt
            .arguments
            .iter()
            .map(|argument| ArgumentSurface {
                name: argument.name.clone(),
                kind: "string".to_owned(),
                required: argument.required,
                description: argument.description.clone().unwrap_or_default(),
                place: None,
            })
            .collect(),
        source: places.plain(prompt.span),
    }
}

fn warnings(report: &Report, places: &Places<'_>) -> Vec<Warning> {
    report
        .sorted()
        .into_iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Warning)
        .map(|diagnostic| Warning {
            code: diagnostic.code.0.to_owned(),
            message: diagnostic.message.clone(),
            pointer: diagnostic.pointer.clone(),
            source: diagnostic.span.and_then(|span| {
                let (line, column) = report.sources.get(span.file)?.position(span.start);
                Some(format!("{}:{line}:{column}", places.name(span.file)))
            }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn surface(server: &Server) -> Surface {
        let mut report = Report::default();
        report.sources = samples::sources("specs/a.yaml");
        Surface::new(server, &report, &Options::default(), false, false)
    }

    #[test]
    fn json_has_the_names_that_programs_rely_on() {
        let json = serde_json::to_value(surface(&samples::petstore())).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "name",
            "title",
            "version",
            "base_url",
            "tools",
            "tokens",
            "operations",
            "resources",
            "templates",
            "prompts",
            "settings",
            "schemas",
            "types",
            "warnings",
        ];
        assert_eq!(keys, expected);
        assert_eq!(
            json["tools"][0],
            serde_json::json!({
                "name": "list_pets",
                "title": "List pets",
                "description": "List pets.",
                "route": {"method": "GET", "path": "/pets", "request_media_type": null},
                "arguments": [
                    {"name": "limit", "type": "integer", "required": false, "description": "How many",
                     "place": {"in": "query", "name": "limit"}},
                    {"name": "status", "type": "array of \"available\" | \"sold\"", "required": false, "description": "",
                     "place": {"in": "query", "name": "status"}},
                ],
                "output": "array of Pet",
                "errors": ["Default", "NotFound", "Conflict", "Status5xx"],
                "read_only": true,
                "destructive": false,
                "idempotent": true,
                "tokens": null,
                "source": "a.yaml:21",
            })
        );
    }

    #[test]
    fn people_see_lines_without_control_characters() {
        let mut server = samples::weather();
        server.tools.first_mut().unwrap().description = "Now.\u{1b}[31m\u{202e}\nlater".to_owned();
        let text = surface(&server).to_string();
        assert!(
            text.contains("\n    Now.[31m later\n    city: string\n    unit?: \"celsius\" | \"fahrenheit\"\n"),
            "{text}"
        );
        assert!(text.contains("    → Temperature | NotFound | RateLimited\n"), "{text}");
        assert!(text.contains("  weather://{city}/current  text/markdown  [a.yaml:60]\n"), "{text}");
    }
}
