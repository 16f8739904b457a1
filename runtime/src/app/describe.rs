//! `--help` and `--list-tools`.

use std::fmt::Write;

use serde_json::Value;

use crate::def::{ServerDef, SettingDef, ToolDef};
use crate::env::Env;
use crate::json::node::{MAX_DEPTH, Node};
use crate::server::Server;

/// The usage, the flags and every environment variable. Values are never shown.
const STATE_KEY_HELP: &str = "
Instances of one server that share a secret of at least 32 characters in MCPGEN_STATE_KEY (or the file that
MCPGEN_STATE_KEY_FILE names) take up each other's calls that wait for an answer of the client.
";

pub(super) fn help(def: &ServerDef, env: &Env) -> String {
    let name = def.name;
    let mut out = format!("{} {}: an MCP server\n", def.title.unwrap_or(name), def.version);
    if let Some(description) = def.description {
        let _ = writeln!(out, "{}", one_line(description));
    }
    let _ = write!(
        out,
        "
Usage:
  {name}                       serve MCP on standard input and output
  {name} --http ADDRESS        serve MCP over HTTP at http://ADDRESS/mcp
  {name} --list-tools          list the tools and their arguments
  {name} call TOOL [JSON]      call a tool and print the text of its answer
  {name} read URI              read a resource and print it
  {name} --version
  {name} --help

Options:
  --sse                          with --http: revision 2024-11-05 on /sse and /messages too
  --allowed-host HOST            with --http: answer to this Host, beside those of loopback; repeatable
  --allowed-origin ORIGIN        with --http: answer web pages of this Origin; repeatable
  --json                         with call and read: print the whole result as JSON
  --deadline SECONDS             of a call whose tool has none of its own (30)
  --rate-limit CALLS_PER_MINUTE  for each client, 0 for no limit (100)

Exit codes: 0 fine, 1 the environment or the call failed, 2 usage.
"
    );
    if def.settings.is_empty() {
        out.push_str("\nIt reads no environment variables of its own.\n");
    } else {
        out.push_str("\nEnvironment (NAME_FILE may name a file that holds the value instead):\n");
        for setting in def.settings {
            describe_setting(&mut out, setting, env);
        }
    }
    out.push_str(STATE_KEY_HELP);
    out
}

fn describe_setting(out: &mut String, setting: &SettingDef, env: &Env) {
    let need = match (setting.required, setting.default) {
        (_, Some(default)) if !setting.secret => format!("optional, default {default}"),
        (true, None) => "required".to_owned(),
        _ => "optional".to_owned(),
    };
    let secret = if setting.secret { ", secret" } else { "" };
    let set = if env.is_set(setting.env) { "set" } else { "not set" };
    let _ = writeln!(out, "  {} or {}_FILE  ({need}{secret}; {set})", setting.env, setting.env);
    let _ = writeln!(out, "      {}", one_line(setting.description));
}

/// Each tool with its title, the first line of its description and its arguments.
pub(super) fn tools(server: &Server) -> String {
    let mut out = String::new();
    for tool in server.tools() {
        describe_tool(&mut out, tool);
    }
    if out.is_empty() {
        out.push_str("This server has no tools.\n");
    }
    out
}

fn describe_tool(out: &mut String, tool: &ToolDef) {
    let _ = writeln!(out, "{}", tool.name);
    let first = tool.description.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    for line in [tool.title.unwrap_or_default(), first] {
        if !line.is_empty() {
            let _ = writeln!(out, "  {}", one_line(line));
        }
    }
    let schema: Value = serde_json::from_str(tool.input_schema).unwrap_or_default();
    let required = schema.get("required").and_then(Value::as_array);
    // The tree keeps the order of the schema; whether `Value` does depends on features of the build.
    let tree = Node::parse(tool.input_schema, MAX_DEPTH).ok();
    let names = match tree.as_ref().and_then(|tree| tree.get("properties")) {
        Some(Node::Object(members)) => members.as_slice(),
        _ => &[],
    };
    for (name, _) in names {
        let Some(property) = schema.get("properties").and_then(|properties| properties.get(&**name)) else { continue };
        let is_required = required.is_some_and(|required| required.iter().any(|one| one == &**name));
        let _ = writeln!(out, "    {}", argument(name, property, is_required, &schema));
    }
    out.push('\n');
}

/// `unit: "celsius" | "fahrenheit" = "celsius"`, `days: integer 1..14, optional — How many days`.
fn argument(name: &str, property: &Value, required: bool, root: &Value) -> String {
    let of = resolve(property, root);
    let mut out = format!("{name}: {}", type_of(of, root));
    let bound = |key| of.get(key).filter(|bound| bound.is_number());
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => drop(write!(out, " {low}..{high}")),
        (Some(low), None) => drop(write!(out, " from {low}")),
        (None, Some(high)) => drop(write!(out, " up to {high}")),
        (None, None) => {}
    }
    match (property.get("default").or_else(|| of.get("default")), required) {
        (Some(default), _) => drop(write!(out, " = {default}")),
        (None, true) => {}
        (None, false) => out.push_str(", optional"),
    }
    let description = property.get("description").or_else(|| of.get("description")).and_then(Value::as_str);
    if let Some(line) = description.and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty())) {
        let _ = write!(out, " — {}", one_line(line));
    }
    out
}

fn type_of(schema: &Value, root: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    match schema.get("type") {
        Some(Value::String(name)) if name == "array" => match schema.get("items").map(|items| resolve(items, root)) {
            // One level is enough to call it; deeper arrays could refer to themselves.
            Some(items) => format!("array of {}", items.get("type").and_then(Value::as_str).unwrap_or("any")),
            None => "array".to_owned(),
        },
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        _ => "any".to_owned(),
    }
}

/// Follows one `$ref` into the same schema.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

/// Text of a document on a terminal: no control character, no line break.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEF: ServerDef = ServerDef {
        name: "weather",
        title: Some("Weather"),
        version: "1.2.3",
        description: None,
        instructions: None,
        settings: &[
            SettingDef {
                env: "WEATHER_API_KEY",
                description: "Key of the service",
                secret: true,
                required: true,
                default: None,
            },
            SettingDef {
                env: "WEATHER_URL",
                description: "Where\nit is",
                secret: false,
                required: false,
                default: Some("https://w.example"),
            },
            SettingDef { env: "WEATHER_LANG", description: "Language", secret: false, required: false, default: None },
        ],
    };

    #[test]
    fn help_documents_every_variable_and_flag_and_shows_no_value() {
        let env = Env::from_pairs([("WEATHER_API_KEY_FILE", "/canary-path"), ("WEATHER_LANG", "canary-value")]);
        let help = help(&DEF, &env);
        for expected in [
            "WEATHER_API_KEY or WEATHER_API_KEY_FILE  (required, secret; set)\n      Key of the service\n",
            "WEATHER_URL or WEATHER_URL_FILE  (optional, default https://w.example; not set)\n      Where it is\n",
            "WEATHER_LANG or WEATHER_LANG_FILE  (optional; set)",
            "--deadline SECONDS",
            "--rate-limit CALLS_PER_MINUTE",
            "--list-tools",
            "call TOOL",
            "read URI",
            "--version",
            "--json",
        ] {
            assert!(help.contains(expected), "{expected}\n{help}");
        }
        assert!(!help.contains("canary"), "{help}");
    }

    #[test]
    fn help_without_settings_says_so() {
        let def = ServerDef { settings: &[], ..DEF };
        assert!(help(&def, &Env::from_pairs::<&str, &str>([])).contains("reads no environment variables"));
    }

    #[test]
    fn tools_are_listed_with_readable_arguments() {
        const TOOL: ToolDef = ToolDef {
            name: "get_forecast",
            title: Some("Forecast"),
            description: "Get a short forecast.\nMore \u{1b}[31m text.",
            input_schema: r##"{"type":"object","required":["city"],"properties":{
                "city":{"type":"string","description":"The\u001b city"},
                "days":{"type":"integer","minimum":1,"maximum":14,"default":3},
                "unit":{"$ref":"#/$defs/Unit"},
                "tags":{"type":"array","items":{"type":"string"}},
                "x":{"type":["string","null"]}},
                "$defs":{"Unit":{"enum":["c","f"]}}}"##,
            ..ToolDef::DEFAULT
        };
        let mut out = String::new();
        describe_tool(&mut out, &TOOL);
        let expected = "get_forecast
  Forecast
  Get a short forecast.
    city: string — The city
    days: integer 1..14 = 3
    unit: \"c\" | \"f\", optional
    tags: array of string, optional
    x: string | null, optional

";
        assert_eq!(out, expected);
    }
}
