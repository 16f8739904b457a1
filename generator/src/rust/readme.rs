//! The README of a generated crate: Markdown, with text of the document made harmless in the same way as in docs.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::credentials::{self, Needs};
use super::{Places, docs, literal, names, package, tools};
use crate::model::{self, Read};
use crate::options::Options;

/// `README.md`; all strings are Markdown.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Readme {
    title: String,
    description: String,
    source: String,
    tools: Vec<ToolWords>,
    /// The types that arguments name.
    types: Vec<TypeWords>,
    /// Those that are found by search.
    operations: Vec<OperationWords>,
    resources: Vec<ResourceWords>,
    prompts: Vec<PromptWords>,
    settings: Vec<SettingWords>,
    /// Which tools need which of them.
    credentials: Vec<credentials::Row>,
    /// Whether the configurations below hold one of several choices.
    has_alternatives: bool,
    /// What clients call the server.
    key: String,
    /// Whether that is less than its name.
    is_cut: bool,
    /// JSON for clients that share the form of Claude Desktop.
    client_configuration: String,
    /// JSON for VS Code.
    vscode_configuration: String,
    /// The command line for Claude Code.
    claude_code: String,
    /// Whether some tool has a deadline that is not the runtime's.
    has_deadlines: bool,
}

#[derive(Debug, Serialize)]
struct ToolWords {
    name: String,
    summary: String,
    route: Option<String>,
    arguments: Vec<ArgumentWords>,
    errors: String,
}

#[derive(Debug, Serialize)]
struct TypeWords {
    name: String,
    fields: String,
    description: String,
}

#[derive(Debug, Serialize)]
struct OperationWords {
    name: String,
    route: String,
    summary: String,
}

#[derive(Debug, Serialize)]
struct ArgumentWords {
    name: String,
    kind: String,
    required: bool,
    description: String,
}

#[derive(Debug, Serialize)]
struct ResourceWords {
    uri: String,
    description: String,
    mime_type: String,
    tool: Option<String>,
}

#[derive(Debug, Serialize)]
struct PromptWords {
    name: String,
    description: String,
    arguments: String,
}

#[derive(Debug, Serialize)]
struct SettingWords {
    env: String,
    description: String,
    required: &'static str,
    default: Option<String>,
}

/// Text in a cell of a table or in a line of its own: the first paragraph, without the headings before it, since the
/// outline is ours.
fn cell(text: &str) -> String {
    let heading = |line: &str| {
        let rest = line.trim_start().trim_start_matches('#');
        (rest.len() < line.trim_start().len() && (rest.is_empty() || rest.starts_with([' ', '\t'])))
            .then(|| rest.trim().trim_end_matches('#').trim_end().to_owned())
    };
    let mut rest = text.trim_start();
    let mut title = String::new();
    while let Some(words) = rest.lines().next().and_then(heading) {
        title = words;
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    docs::split_summary(if rest.is_empty() { &title } else { rest }).0.replace('|', "\\|")
}

/// A code span in a cell of a table.
fn code(text: &str) -> String {
    docs::code(text).replace('|', "\\|")
}

pub(crate) fn lower(server: &model::Server, options: &Options, places: &Places<'_>) -> Readme {
    let package = package::lower(server, options);
    let needs = Needs::of(server);
    let told = told(&server.settings, &needs);
    // Printed as it is, so it is made of words again.
    let key = Some(names::words(server.key()).join("-")).filter(|key| !key.is_empty());
    let key = key.unwrap_or_else(|| package.name.clone());
    let tools: Vec<ToolWords> = server.listed().map(|tool| tool_words(tool, server)).collect();
    Readme {
        title: cell(server.title.as_deref().unwrap_or(&server.name)),
        description: cell(server.description.as_deref().unwrap_or_default()),
        source: docs::code(&places.name(server.span.file)),
        types: types(server),
        tools,
        operations: server.searched().map(operation).collect(),
        resources: resources(server),
        prompts: server.prompts.iter().map(prompt).collect(),
        settings: server
            .settings
            .iter()
            .map(|setting| SettingWords {
                env: code(&setting.env),
                description: cell(&setting.description),
                required: needs.required(setting),
                default: setting.default.as_deref().filter(|_| !setting.secret).map(code),
            })
            .collect(),
        credentials: needs.rows(),
        has_alternatives: needs.has_alternatives() && !told.is_empty(),
        is_cut: server.key() != server.name,
        client_configuration: configuration(&package.name, &key, "mcpServers", &told),
        vscode_configuration: configuration(&package.name, &key, "servers", &told),
        claude_code: claude_code(&package.name, &key, &told),
        key,
        has_deadlines: server.everything().any(|tool| tool.deadline_ms.is_some()),
    }
}

fn tool_words(tool: &model::Tool, server: &model::Server) -> ToolWords {
    let summary = cell(&tool.description);
    ToolWords {
        name: docs::code(&tool.name),
        summary: if summary.is_empty() { cell(tool.title.as_deref().unwrap_or_default()) } else { summary },
        route: tool.binding.as_ref().map(|binding| docs::code(&format!("{} {}", binding.method, binding.path))),
        arguments: tools::arguments(&tool.input.value, server)
            .into_iter()
            .map(|argument| ArgumentWords {
                name: code(&argument.name),
                kind: code(&argument.kind),
                required: argument.required,
                description: cell(&argument.description),
            })
            .chain(tool.projection.iter().map(|name| ArgumentWords {
                name: code(name),
                kind: code("JMESPath"),
                required: false,
                description: cell(super::advertised::PROJECTION),
            }))
            .collect(),
        errors: tool.errors.iter().map(|error| docs::code(&error.name)).collect::<Vec<_>>().join(", "),
    }
}

/// How many types are described; the others stand in `types.rs` alone.
const MOST_TYPES: usize = 60;

/// The named types of the arguments, and those that their fields name, in the order in which they are read.
fn types(server: &model::Server) -> Vec<TypeWords> {
    let mut names: Vec<String> = Vec::new();
    let name_all = |schema: &Value, names: &mut Vec<String>| {
        for argument in tools::arguments(schema, server) {
            let name = argument.kind.rsplit("array of ").next().unwrap_or_default();
            if server.schemas.contains_key(name) && !names.iter().any(|known| known == name) && names.len() < MOST_TYPES
            {
                names.push(name.to_owned());
            }
        }
    };
    for tool in server.listed() {
        name_all(&tool.input.value, &mut names);
    }
    let mut words = Vec::new();
    let mut at = 0;
    while let Some((name, schema)) = names.get(at).and_then(|name| server.schemas.get_key_value(name)) {
        at += 1;
        name_all(&schema.value, &mut names);
        words.push(TypeWords {
            name: code(name),
            fields: code(&tools::fields(&schema.value, server).unwrap_or_else(|| tools::kind(&schema.value, server))),
            description: cell(schema.value.get("description").and_then(Value::as_str).unwrap_or_default()),
        });
    }
    words
}

fn operation(tool: &model::Tool) -> OperationWords {
    let route = tool.binding.as_ref().map(|binding| format!("{} {}", binding.method, binding.path));
    OperationWords {
        name: code(&tool.name),
        route: code(&route.unwrap_or_default()),
        summary: cell(tool.title.as_deref().unwrap_or(&tool.description)),
    }
}

fn resources(server: &model::Server) -> Vec<ResourceWords> {
    let words = |uri: &str, texts: [&Option<String>; 2], mime_type: &Option<String>, read: &Read| ResourceWords {
        uri: code(uri),
        description: cell(texts.into_iter().flatten().next().map(String::as_str).unwrap_or_default()),
        mime_type: cell(mime_type.as_deref().unwrap_or_default()),
        tool: match read {
            Read::Tool(name) => Some(code(name)),
            Read::Handler { .. } => None,
        },
    };
    let concrete = server.resources.iter().map(|resource| {
        words(&resource.uri, [&resource.description, &resource.title], &resource.mime_type, &resource.read)
    });
    let templates = server.templates.iter().map(|template| {
        words(&template.uri_template, [&template.description, &template.title], &template.mime_type, &template.read)
    });
    concrete.chain(templates).collect()
}

fn prompt(prompt: &model::Prompt) -> PromptWords {
    let arguments: Vec<_> = prompt
        .arguments
        .iter()
        .map(|argument| format!("{}{}", code(&argument.name), if argument.required { "" } else { " (optional)" }))
        .collect();
    PromptWords { name: code(&prompt.name), description: cell(&prompt.description), arguments: arguments.join(", ") }
}

/// What a client must be told: the required variables, and credentials with which every tool can be called.
fn told<'a>(settings: &'a [model::Setting], needs: &Needs<'_>) -> Vec<&'a str> {
    let chosen = needs.chosen();
    let is_told = |setting: &&model::Setting| setting.required || chosen.contains(&setting.env.as_str());
    settings.iter().filter(is_told).map(|setting| setting.env.as_str()).collect()
}

/// The entry of a client, below the key that it uses for servers.
fn configuration(binary: &str, name: &str, key: &str, told: &[&str]) -> String {
    let env: Map<_, _> = told.iter().map(|name| ((*name).to_owned(), Value::String("…".to_owned()))).collect();
    let mut entry = Map::new();
    if key == "servers" {
        entry.insert("type".to_owned(), json!("stdio"));
    }
    entry.insert("command".to_owned(), json!(format!("/absolute/path/to/{binary}")));
    entry.insert("args".to_owned(), json!([]));
    if !env.is_empty() {
        entry.insert("env".to_owned(), Value::Object(env));
    }
    let configuration = json!({key: {name: entry}});
    // Every line begins with a brace or a quote, so that none can end the fence.
    literal::plain_json(&format!("{configuration:#}"))
}

/// The options stand before the name, because `--env` takes as many values as it finds. Nothing that a shell reads, or that
/// ends the fence, gets in.
fn claude_code(binary: &str, name: &str, told: &[&str]) -> String {
    let is_word = |name: &&&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let env: String = told.iter().filter(is_word).map(|name| format!("--env {name}=… ")).collect();
    format!("claude mcp add {env}--transport stdio {name} -- /absolute/path/to/{binary}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn headings_of_a_document_do_not_become_ours() {
        for (text, expected) in [
            ("# Intro\n\nAn API.\n\n## More", "An API."),
            ("## Only", "Only"),
            ("# One\n\n### Two ###", "Two"),
            ("# One\nText of it.", "Text of it."),
            ("#1 in pets | and toys", "#1 in pets \\| and toys"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_type_that_an_argument_names_is_described_with_those_that_it_names() {
        let mut server = samples::petstore();
        let tool = server.tools.last_mut().unwrap();
        tool.input.value = json!({"type": "object", "properties": {
            "pets": {"type": "array", "items": {"$ref": "#/$defs/Pet"}},
            "limit": {"type": "integer"},
        }});
        server.tools = vec![server.tools.last().cloned().unwrap()];
        let found = types(&server);
        let names: Vec<&str> = found.iter().map(|words| words.name.as_str()).collect();
        assert_eq!(names, ["`Pet`"]);
        assert!(found[0].fields.starts_with("`{id: integer, name: string, type: "), "{}", found[0].fields);
        assert_eq!(found[0].description, "A pet.");
    }
}
