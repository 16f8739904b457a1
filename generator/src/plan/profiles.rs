//! What the APIs of model providers, and the clients in front of them, refuse.
//!
//! MCP allows more than they do: one tool that an API refuses makes every request of a client fail that sends it along. By
//! default what would be refused is a warning, one for each kind. [`Options::profile`] enforces: what can be said
//! otherwise without a loss is (names, bounds of integers), and the rest is an error.
//!
//! None of this is in a specification. Each row of [`Limits`] names where the refusal was seen; limits that clients differ
//! about, or that changed, are in no row that warns by default.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Schema, Server, Tool};
use crate::options::{Options, Profile};
use crate::plan::adjust;
use crate::schema_view::SchemaView;
use crate::source::Span;

/// How many tools a message names.
const SHOWN: usize = 8;
/// How many schemas of one tool are looked at; schemas can refer to one another without end.
const MOST_LOOKS: usize = 20_000;

/// What a provider or client accepts.
struct Limits {
    profile: Profile,
    /// The name in messages.
    label: &'static str,
    /// Characters of a tool's name beyond `A-Z a-z 0-9 _ -`.
    name_characters: &'static str,
    /// Whether a tool's name begins with a letter or `_`.
    name_begins: bool,
    /// The longest `SERVER:TOOL`.
    longest_with_server: Option<usize>,
    /// Characters of an argument's name beyond `A-Z a-z 0-9 _`, and whether it begins with a letter or `_`; 64 at most.
    argument_names: Option<(&'static str, bool)>,
    /// Keywords that a schema must not have; enforced only.
    keywords: &'static [&'static str],
    /// Whether schemas may refer to themselves; enforced only.
    recursion: bool,
    most_tools: Option<usize>,
}

const ANYTHING: Limits = Limits {
    profile: Profile::Anthropic,
    label: "",
    name_characters: ".",
    name_begins: false,
    longest_with_server: None,
    argument_names: None,
    keywords: &[],
    recursion: true,
    most_tools: None,
};

/// A choice, a type other than `object`, or `enum` and `not` at the top of an input schema are refused by Anthropic
/// (anthropics/claude-code#27337) and OpenAI (nspady/google-calendar-mcp#39); mcpgen writes none. Arrays without `items` are
/// refused by OpenAI (PrefectHQ/fastmcp#2464), Gemini (cline/cline#7339) and VS Code (microsoft/vscode#246119); mcpgen writes
/// `items` always, see [`complete_arrays`]. Names are at most 64 characters long everywhere (`plan/names.rs`; Anthropic took
/// 128 in 2026, netclaw-dev/netclaw#1133).
const LIMITS: [Limits; 5] = [
    // `tools.28.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'` (cyanheads/atlas-mcp-server#14);
    // `Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'`, at the top level only
    // (beautyfree/appstore-connect-mcp#2, ComposioHQ/composio#3500).
    Limits {
        profile: Profile::Anthropic,
        label: "Anthropic",
        name_characters: "",
        argument_names: Some((".-", false)),
        ..ANYTHING
    },
    // `Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'` (vercel/ai#1972), maximum length 64
    // (microsoft/foundry-dev-tools#201); `Invalid 'tools': array too long. Expected an array with maximum length 128`
    // (zed-industries/zed#32946). What strict function calling refuses beyond that is not here: clients of MCP do not use it.
    Limits { profile: Profile::OpenAi, label: "OpenAI", name_characters: "", most_tools: Some(128), ..ANYTHING },
    // `FunctionDeclaration.name` and parameter names: the reference of Vertex AI (FunctionDeclarationOrBuilder), `Invalid
    // function name. Must start with a letter or an underscore` (cline/cline#7339); at most 512 declarations
    // (google-gemini/gemini-cli#19083). Keywords: clients that send `parameters` instead of `parametersJsonSchema` get
    // `Unknown name "exclusiveMinimum"` (pizza-bot-app/pizza-bot#62, zendev-sh/goai#108, router-for-me/CLIProxyAPI#2142);
    // they translate `additionalProperties`, references and nullable types themselves. Recursion: `exceeds the maximum
    // allowed nesting depth`, a number that is not published (google-gemini/gemini-cli#5923 and #5609). Names of parameters
    // with dots or hyphens have been seen to pass, so the reference is enforced and does not warn.
    Limits {
        profile: Profile::Gemini,
        label: "Gemini",
        name_begins: true,
        argument_names: Some(("", true)),
        keywords: &[
            "allOf",
            "const",
            "contains",
            "dependentRequired",
            "dependentSchemas",
            "else",
            "exclusiveMaximum",
            "exclusiveMinimum",
            "if",
            "multipleOf",
            "not",
            "oneOf",
            "patternProperties",
            "prefixItems",
            "propertyNames",
            "then",
            "unevaluatedItems",
            "unevaluatedProperties",
            "uniqueItems",
        ],
        recursion: false,
        most_tools: Some(512),
        ..ANYTHING
    },
    // `Combined server and tool name length (60) exceeds 60 characters` for a server of 1 and a tool of 59 characters, so
    // with a character between them (ComposioHQ/composio#2788); the tool is left out. The number of tools was 40, then 80,
    // for all servers together (Snowflake-Labs/mcp#77): no limit of one server.
    Limits { profile: Profile::Cursor, label: "Cursor", longest_with_server: Some(60), ..ANYTHING },
    // `Cannot have more than 128 tools per request` (microsoft/vscode#337428). Names are rewritten by the client.
    Limits { profile: Profile::VsCode, label: "VS Code", most_tools: Some(128), ..ANYTHING },
];

/// A kind of refusal, in the order of messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    ToolName,
    LongName,
    ArgumentName,
    Keyword,
    Recursion,
}

impl Kind {
    fn help(self) -> &'static str {
        match self {
            Self::ToolName => "give it another name in mcpgen.toml ([tools.NAME] name = …), or let --profile do it",
            Self::LongName => "give the server (--name) or the tool ([tools.NAME] name = …) a shorter name",
            Self::ArgumentName => {
                "give it another name in mcpgen.toml ([tools.NAME.parameters.ARGUMENT] name = …), or let --profile do it"
            }
            Self::Keyword => "change the schema with an overlay (--overlay), hide the argument, or leave the tool out",
            Self::Recursion => "cut the schema with an overlay (--overlay), hide the argument, or leave the tool out",
        }
    }

    /// Whether it is said where nobody has asked.
    fn warns(self) -> bool {
        !matches!(self, Self::Keyword | Self::Recursion)
    }
}

/// Names that the profiles accept, before all names are settled.
pub(super) fn lower_names(server: &mut Server, options: &Options) {
    for limits in enforced(options) {
        for number in 0..server.tools.len() {
            let Some(tool) = server.tools.get(number) else { continue };
            let name = tool_name(&tool.name, limits);
            if name != tool.name {
                adjust::rename(server, number, &name);
            }
        }
    }
}

/// Says arguments as the profiles accept them, where that loses nothing. Runs when it is settled which tools there are.
pub(super) fn lower(server: &mut Server, options: &Options) {
    complete_arrays(server);
    for limits in enforced(options) {
        if let Some((characters, begins)) = limits.argument_names {
            for number in 0..server.tools.len() {
                rename_arguments(server, number, characters, begins);
            }
        }
        if limits.keywords.contains(&"exclusiveMinimum") {
            for tool in server.tools.iter_mut().filter(|tool| tool.listed) {
                each_schema(&mut tool.input.value, &mut inclusive);
            }
            server.schemas.values_mut().for_each(|schema| each_schema(&mut schema.value, &mut inclusive));
        }
    }
}

/// One kind of refusal: who refuses, and what.
#[derive(Default)]
struct Refusal<'a> {
    who: Vec<&'static str>,
    tools: Vec<Refused<'a>>,
}

/// A part of a tool that is refused.
#[derive(PartialEq, Eq)]
struct Refused<'a> {
    span: Span,
    tool: &'a str,
    what: String,
}

/// Reports what is refused.
pub(super) fn check(server: &Server, options: &Options, report: &mut Report) {
    let tools: Vec<&Tool> = server.listed().collect();
    let is_asked = |limits: &&Limits| options.profile.is_empty() || options.profile.contains(&limits.profile);
    let is_enforced = !options.profile.is_empty();
    let mut found: BTreeMap<Kind, Refusal<'_>> = BTreeMap::new();
    for limits in LIMITS.iter().filter(is_asked) {
        for tool in &tools {
            for (kind, what) in refused(tool, server, limits) {
                // The reference of Gemini is stricter than what has been seen.
                let warns = kind.warns() && !(limits.profile == Profile::Gemini && kind == Kind::ArgumentName);
                if is_enforced || warns {
                    let refusal = found.entry(kind).or_default();
                    if !refusal.who.contains(&limits.label) {
                        refusal.who.push(limits.label);
                    }
                    let refused = Refused { span: tool.span, tool: &tool.name, what };
                    if !refusal.tools.contains(&refused) {
                        refusal.tools.push(refused);
                    }
                }
            }
        }
        if let Some(most) = limits.most_tools.filter(|most| tools.len() > *most) {
            let message = format!("{} tools are more than {} accepts, {most}", tools.len(), limits.label);
            let problem = Diagnostic { span: None, ..problem(is_enforced, server.span, message) };
            report.push(problem.help("choose fewer operations, or let a model search among them with --expose search"));
        }
    }
    for (kind, refusal) in found {
        report.push(summary(kind, refusal, is_enforced));
    }
}

fn problem(is_enforced: bool, span: Span, message: String) -> Diagnostic {
    if is_enforced {
        Diagnostic::error(codes::PROFILE, span, message)
    } else {
        Diagnostic::warning(codes::REFUSED, span, message)
    }
}

/// All refusals of a kind as one: the first in full, some more by name.
fn summary(kind: Kind, refusal: Refusal<'_>, is_enforced: bool) -> Diagnostic {
    let Refusal { who, mut tools } = refusal;
    tools.sort_by_key(|refused| refused.span);
    let names: BTreeSet<&str> = tools.iter().map(|refused| refused.tool).collect();
    let more = match names.len() {
        0 | 1 => String::new(),
        many => format!(", and {} more", many - 1),
    };
    let verb = if who.len() == 1 { "refuses" } else { "refuse" };
    let first = tools.first().map(|Refused { tool, what, .. }| format!("`{tool}`: {what}")).unwrap_or_default();
    let message = format!("{} {verb} the tool {first}{more}", join(&who));
    let mut help = kind.help().to_owned();
    for Refused { tool, what, .. } in tools.iter().skip(1).take(SHOWN) {
        help.push_str(&format!("\n  {tool}: {what}"));
    }
    if tools.len() > SHOWN + 1 {
        help.push_str(&format!("\n  and {} more", tools.len() - SHOWN - 1));
    }
    problem(is_enforced, tools.first().map(|refused| refused.span).unwrap_or_default(), message).help(help)
}

fn enforced(options: &Options) -> impl Iterator<Item = &'static Limits> + '_ {
    LIMITS.iter().filter(|limits| options.profile.contains(&limits.profile))
}

fn join(who: &[&str]) -> String {
    match who {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        one => one.concat(),
    }
}

/// What of a tool is refused.
fn refused(tool: &Tool, server: &Server, limits: &Limits) -> Vec<(Kind, String)> {
    let mut out = Vec::new();
    let accepted = tool_name(&tool.name, limits);
    if accepted != tool.name {
        out.push((Kind::ToolName, format!("it would have to be called `{accepted}`")));
    }
    let key = server.key();
    let length = key.len() + 1 + tool.name.len();
    if let Some(most) = limits.longest_with_server.filter(|most| length > *most) {
        out.push((Kind::LongName, format!("`{key}:{}` has {length} characters of {most}", tool.name)));
    }
    if let Some((characters, begins)) = limits.argument_names {
        for name in arguments(tool).filter(|name| argument_name(name, characters, begins) != **name) {
            out.push((Kind::ArgumentName, format!("its argument `{}`", name.escape_debug())));
        }
    }
    if !limits.keywords.is_empty() || !limits.recursion {
        out.extend(schema_problem(&tool.input.value, server, limits));
    }
    out
}

fn arguments(tool: &Tool) -> impl Iterator<Item = &String> {
    tool.input.value.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name)
}

/// The first keyword of a schema that is refused, with its place, or the name of a schema that refers to itself.
fn schema_problem(root: &Value, server: &Server, limits: &Limits) -> Option<(Kind, String)> {
    let view = SchemaView::new(&server.schemas);
    let mut looks = 0;
    // The names on the way, so that one that is met again refers to itself.
    let mut open: Vec<(&Value, String, Vec<&str>)> = vec![(root, String::new(), Vec::new())];
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while let Some((schema, place, way)) = open.pop() {
        looks += 1;
        let Some(object) = schema.as_object().filter(|_| looks < MOST_LOOKS) else { continue };
        if let Some(keyword) = limits.keywords.iter().find(|keyword| object.contains_key(**keyword)) {
            return Some((Kind::Keyword, format!("its schema has `{keyword}` at `{place}`")));
        }
        if let Some(reference) = object.get("$ref")
            && let Some(name) = reference.as_str()
            && let Some(target) = view.target(reference)
        {
            if way.contains(&name) {
                if !limits.recursion {
                    return Some((Kind::Recursion, format!("its schema refers to itself at `{name}`")));
                }
            } else if done.insert(name) || !limits.recursion {
                let mut way = way.clone();
                way.push(name);
                open.push((target, place.clone(), way));
            }
        }
        for (keyword, inner) in members(object) {
            open.push((inner, format!("{place}/{keyword}"), way.clone()));
        }
    }
    None
}

/// The schemas right inside of a schema, with their places.
fn members(object: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut out = Vec::new();
    for (keyword, value) in object {
        match (keyword.as_str(), value) {
            ("const" | "enum" | "default" | "examples" | "example", _) => {}
            ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(named)) => {
                out.extend(named.iter().map(|(name, schema)| (format!("{keyword}/{name}"), schema)));
            }
            (_, Value::Array(list)) => {
                out.extend(list.iter().enumerate().map(|(at, schema)| (format!("{keyword}/{at}"), schema)));
            }
            (_, schema) => out.push((keyword.clone(), schema)),
        }
    }
    out
}

/// Does something to a schema and to every schema in it; references are not followed.
fn each_schema(schema: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    let Some(object) = schema.as_object_mut() else { return };
    change(object);
    for (keyword, value) in object.iter_mut() {
        match (keyword.as_str(), value) {
            ("const" | "enum" | "default" | "examples" | "example", _) => {}
            ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(named)) => {
                named.values_mut().for_each(|schema| each_schema(schema, change));
            }
            (_, Value::Array(list)) => list.iter_mut().for_each(|schema| each_schema(schema, change)),
            (_, schema) => each_schema(schema, change),
        }
    }
}

/// Every array of an input says what its items are, if only that they are anything: JSON Schema 2020-12, Core §10.3.1.2, has
/// the same meaning without, and three clients refuse that.
fn complete_arrays(server: &mut Server) {
    let mut complete = |schema: &mut Map<String, Value>| {
        let is_array = match schema.get("type") {
            Some(Value::String(one)) => one == "array",
            Some(Value::Array(many)) => many.iter().any(|one| one == "array"),
            _ => false,
        };
        if is_array && !schema.contains_key("items") {
            schema.insert("items".to_owned(), json!({}));
        }
    };
    let searched = server.search.iter_mut().flat_map(|search| &mut search.operations);
    for tool in server.tools.iter_mut().chain(searched) {
        each_schema(&mut tool.input.value, &mut complete);
    }
    let named: BTreeSet<String> = of_inputs(server);
    for (name, schema) in &mut server.schemas {
        if named.contains(name) {
            each_schema(&mut schema.value, &mut complete);
        }
    }
}

/// The named schemas that inputs refer to.
fn of_inputs(server: &Server) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = server.everything().map(|tool| &tool.input.value).collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                open.extend(members.values());
                let name = members.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
                let target = name.and_then(|name| Some((name, server.schemas.get(name)?)));
                if let Some((name, Schema { value, .. })) = target
                    && found.insert(name.to_owned())
                {
                    open.push(value);
                }
            }
            _ => {}
        }
    }
    found
}

/// Bounds of integers that exclude, as bounds that include; one constant as a choice of one.
fn inclusive(schema: &mut Map<String, Value>) {
    if schema.get("type").and_then(Value::as_str) == Some("integer") {
        for (keyword, other, step) in [("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)] {
            let bound = schema.get(keyword).and_then(Value::as_i64).and_then(|bound| bound.checked_add(step));
            if let Some(bound) = bound.filter(|_| !schema.contains_key(other)) {
                schema.shift_remove(keyword);
                schema.insert(other.to_owned(), json!(bound));
            }
        }
    }
    if !schema.contains_key("enum")
        && let Some(constant @ Value::String(_)) = schema.get("const").cloned()
    {
        schema.shift_remove("const");
        schema.insert("enum".to_owned(), json!([constant]));
    }
}

/// The name as the limits accept it.
fn tool_name(name: &str, limits: &Limits) -> String {
    plain(name, &format!("-{}", limits.name_characters), limits.name_begins)
}

fn argument_name(name: &str, characters: &str, begins: bool) -> String {
    let mut name = plain(name, characters, begins);
    name.truncate(64);
    name
}

/// The name with `_` for other characters than `A-Z a-z 0-9 _` and these, none of them at its end.
fn plain(name: &str, characters: &str, begins: bool) -> String {
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '_' || characters.contains(c);
    if name.chars().all(is_good) && !(begins && name.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_')) {
        return name.to_owned();
    }
    let plain: String = name.chars().map(|c| if is_good(c) { c } else { '_' }).collect();
    let plain = if name.ends_with(is_good) { plain.as_str() } else { plain.trim_end_matches('_') };
    match begins && plain.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_') || plain.is_empty() {
        true => format!("_{plain}"),
        false => plain.to_owned(),
    }
}

/// Gives arguments names that are accepted; one that is taken gets a number. The names on the wire stay.
fn rename_arguments(server: &mut Server, number: usize, characters: &str, begins: bool) {
    let Some(tool) = server.tools.get(number) else { return };
    // The names of a handler's arguments are a person's, who reads them.
    if tool.binding.is_none() {
        return;
    }
    let names: Vec<String> = arguments(tool).cloned().collect();
    for name in &names {
        let wanted = argument_name(name, characters, begins);
        if wanted == *name {
            continue;
        }
        let Some(tool) = server.tools.get(number) else { return };
        let taken: BTreeSet<&String> = arguments(tool).collect();
        let number_of = |count: u32| {
            let suffix = if count == 1 { String::new() } else { format!("_{count}") };
            let mut stem = wanted.clone();
            stem.truncate(64 - suffix.len());
            format!("{stem}{suffix}")
        };
        if let Some(free) = (1..1000).map(number_of).find(|free| !taken.contains(free)) {
            adjust::rename_argument(server, number, name, &free);
        }
    }
}

#[cfg(test)]
mod tests;
