//! Tools: a marker type with the constant definition, a method of the trait, a row of the table.

use serde::Serialize;
use serde_json::Value;

use super::advertised::{self, printed};
use super::answers::Answers;
use super::docs::{self, Docs};
use super::errors::Errors;
use super::literal::{self, Token};
use super::names::{Ident, pascal};
use super::types::{Ty, Types, Why};
use super::{Places, links, operations, schema, text};
use crate::model::{self, Output};

/// A tool.
#[derive(Debug, Serialize)]
pub(crate) struct Tool {
    /// The type that carries the definition: `GetPet`.
    pub marker: Ident,
    pub method: Ident,
    pub marker_docs: Docs,
    pub method_docs: Docs,
    name: Token,
    title: Option<Token>,
    description: Token,
    input_schema: Token,
    output_schema: Option<Token>,
    /// The schema of answers that is not advertised.
    answer: Option<Token>,
    /// Answers are text alone.
    is_off: bool,
    annotations: Option<Token>,
    deadline_ms: Option<Token>,
    links: Option<Token>,
    projection: Option<Token>,
    task: Option<Token>,
    text: Option<Token>,
    /// Whether the definition leaves fields at their defaults.
    leaves_out: bool,
    pub input: Ident,
    output: Token,
    /// What the type of the answer was made of.
    #[serde(skip)]
    pub output_type: Option<Ty>,
    error: Token,
    /// What the method answers.
    pub result: Token,
    /// Whether it stands in the table; what does not, reads a resource.
    listed: bool,
    /// The static of the HTTP operation; `None`: a person writes the method.
    pub operation: Option<Ident>,
}

/// The identifiers of a tool, claimed before those of types.
#[derive(Debug)]
pub(crate) struct Names {
    pub marker: Ident,
    pub method: Ident,
}

pub(crate) fn lower(
    tool: &model::Tool,
    names: Names,
    places: &Places<'_>,
    types: &mut Types<'_>,
    answers: &mut Answers,
    errors: &Errors,
    targets: &links::Targets<'_>,
) -> Tool {
    let Names { marker, method } = names;
    let server = types.server;
    let link = format!("[`{marker}`](super::{marker})");
    let stem = pascal(&tool.name, "Tool");
    let input = types.object(&format!("{stem}Input"), Docs::line(format!("The input of {link}.")), &tool.input.value);
    let output_name = format!("{stem}Output");
    let mut output_type = None;
    let mut typed = |schema: &model::Schema| {
        let ty = types.value(&output_name, &schema.value);
        let token = ty.token();
        output_type = Some(ty);
        token
    };
    let (output, schema, template) = match &tool.output {
        Output::Strict { schema, text } => (typed(schema), Some(schema), text.as_ref()),
        Output::Lenient { schema: Some(schema), text } | Output::Off { schema: Some(schema), text } => {
            (typed(schema), None, text.as_ref())
        }
        Output::Lenient { schema: None, .. } | Output::Off { schema: None, .. } => {
            (Ty::Value(Why::Unspecified).token(), None, None)
        }
        Output::Empty => (Token::composed("()"), None, None),
        Output::Content => (Token::composed("rt::Content"), None, None),
    };
    // Bound to all that the API can answer, not to the answer that has a type.
    let schema = schema.map(|schema| tool.answers.as_ref().unwrap_or(schema));
    let answer = match &tool.output {
        Output::Lenient { .. } => tool.answers.as_ref().and_then(|schema| answers.schema(&schema.value, server)),
        _ => None,
    };
    let is_off = matches!(tool.output, Output::Off { .. });
    let error = errors.ty(&tool.errors);
    let is_upstream = tool.binding.is_some() && server.upstream.is_some();
    let success = if is_upstream { format!("rt::Json<{output}>") } else { output.to_string() };
    let annotations = annotations(&tool.annotations);
    let task = tool.task.map(task);
    let links = links::table(tool, targets);
    let parts = [
        links.is_some(),
        tool.projection.is_some(),
        tool.title.is_some(),
        schema.is_some(),
        answer.is_some(),
        is_off,
        annotations.is_some(),
        tool.deadline_ms.is_some(),
        task.is_some(),
        template.is_some(),
    ];
    let (first, rest) = first_line(tool, places);
    Tool {
        marker_docs: Docs::line(first.clone()),
        method_docs: Docs::with_rest(first, &rest),
        name: literal::string(&tool.name),
        title: tool.title.as_deref().map(literal::string),
        description: literal::string(&tool.description),
        input_schema: literal::schema(&advertised::input(tool, server)),
        output_schema: schema.map(|schema| literal::schema(&printed(&schema.value, server))),
        answer,
        is_off,
        annotations,
        deadline_ms: tool.deadline_ms.map(|value| literal::optional_u64(Some(value))),
        task,
        links,
        projection: tool.projection.as_deref().map(literal::string),
        text: template.map(|template| text::table(template)),
        leaves_out: parts.contains(&false),
        listed: tool.listed,
        input,
        output,
        output_type,
        result: Token::composed(format!("Result<{success}, {error}>")),
        error,
        operation: is_upstream.then(|| operations::ident(&method)),
        marker,
        method,
    }
}

/// ``Get one pet. `GET /pets/{petId}` (petstore.yaml:41)``, and what of the description is left to say.
fn first_line(tool: &model::Tool, places: &Places<'_>) -> (String, String) {
    let description = tool.details.as_ref().unwrap_or(&tool.description);
    let (summary, rest) = docs::split_summary(description);
    let title = docs::inline(tool.title.as_deref().unwrap_or_default());
    let (mut line, rest) = match (title.is_empty(), summary.is_empty()) {
        (true, true) => (docs::code(&tool.name), String::new()),
        (true, false) => (summary, rest),
        (false, true) => (title, String::new()),
        (false, false) if summary.trim_end_matches('.') == title.trim_end_matches('.') => (summary, rest),
        // A long description is better told after the title.
        (false, false) if summary.chars().count() > 80 => (title, description.clone()),
        (false, false) => (summary, rest),
    };
    if !line.ends_with(['.', '!', '?', ':']) {
        line.push('.');
    }
    if let Some(binding) = &tool.binding {
        line.push_str(&format!(" {}", docs::code(&format!("{} {}", binding.method, binding.path))));
    }
    line.push_str(&format!(" {}", places.of(tool.span)));
    if tool.deprecated {
        line.push_str(" **Deprecated.**");
    }
    (line, rest)
}

fn task(support: model::TaskSupport) -> Token {
    let name = if support.required { "REQUIRED" } else { "OPTIONAL" };
    let by_handler = if support.by_handler { ".by_handler()" } else { "" };
    Token::composed(format!("Some(rt::TaskDef::{name}{by_handler})"))
}

pub(super) fn annotations(annotations: &model::Annotations) -> Option<Token> {
    if *annotations == model::Annotations::default() {
        return None;
    }
    Some(Token::composed(format!(
        "rt::Annotations {{ read_only: {}, destructive: {}, idempotent: {}, open_world: {} }}",
        literal::optional_bool(annotations.read_only),
        literal::optional_bool(annotations.destructive),
        literal::optional_bool(annotations.idempotent),
        literal::optional_bool(annotations.open_world),
    )))
}

/// A property of an input as a README lists it.
#[derive(Debug, Serialize)]
pub(crate) struct Argument {
    pub name: String,
    pub kind: String,
    pub required: bool,
    pub description: String,
}

/// The arguments of an object schema: name, type in JSON's words, description.
pub(crate) fn arguments(schema: &Value, server: &model::Server) -> Vec<Argument> {
    let Some(object) = schema::resolve(schema, server) else { return Vec::new() };
    let required = |name: &str| {
        object
            .get("required")
            .and_then(Value::as_array)
            .is_some_and(|names| names.iter().any(|required| required == name))
    };
    let properties = object.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Argument {
            name: name.clone(),
            kind: kind(property, server),
            required: required(name),
            description: description(property, server),
        })
        .collect()
}

fn description(property: &Value, server: &model::Server) -> String {
    let own = property.get("description").and_then(Value::as_str);
    let behind = || schema::resolve(property, server)?.get("description")?.as_str();
    own.or_else(behind).unwrap_or_default().to_owned()
}

/// How many fields of an answer are named.
const MOST_FIELDS: usize = 30;

/// What a tool answers, in the words of [`kind`]: `array of {id: integer, name: string, …}`. `None`: nothing is known.
pub(crate) fn outline(output: &Output, server: &model::Server) -> Option<String> {
    let schema = match output {
        Output::Strict { schema, .. }
        | Output::Lenient { schema: Some(schema), .. }
        | Output::Off { schema: Some(schema), .. } => &schema.value,
        Output::Empty => return Some("nothing".to_owned()),
        Output::Lenient { schema: None, .. } | Output::Off { schema: None, .. } | Output::Content => return None,
    };
    let object = schema::resolve(schema, server);
    let items = object.filter(|object| schema::types(object) == ["array"]).and_then(|object| object.get("items"));
    let array = if items.is_some() { "array of " } else { "" };
    Some(match fields(items.unwrap_or(schema), server) {
        Some(fields) => format!("{array}{fields}"),
        None => kind(schema, server),
    })
}

/// `{id: integer, name: string, …}`; `None` where an object names no properties, and for what is none.
pub(crate) fn fields(schema: &Value, server: &model::Server) -> Option<String> {
    let fields = arguments(schema, server);
    if fields.is_empty() {
        return None;
    }
    let mut named: Vec<String> =
        fields.iter().take(MOST_FIELDS).map(|field| format!("{}: {}", field.name, field.kind)).collect();
    if fields.len() > MOST_FIELDS {
        named.push("…".to_owned());
    }
    Some(format!("{{{}}}", named.join(", ")))
}

/// How many arrays and choices inside one another are put into words.
const MOST_NESTED: usize = 8;

/// How many alternatives are put into words.
const MOST_BRANCHES: usize = 4;

/// `string`, `integer`, `array of string`, `"a" | "b"`, `any`, and `Pet` for an object with a name
pub(crate) fn kind(schema: &Value, server: &model::Server) -> String {
    kind_within(schema, server, MOST_NESTED)
}

/// An array may be its own item, so the words have an end.
fn kind_within(schema: &Value, server: &model::Server, left: usize) -> String {
    let (Some(object), Some(left)) = (schema::resolve(schema, server), left.checked_sub(1)) else {
        return "any".to_owned();
    };
    if let Some(values) = object.get("enum").and_then(Value::as_array) {
        let shown: Vec<_> = values.iter().take(8).map(Value::to_string).collect();
        let more = if values.len() > shown.len() { " | …" } else { "" };
        return format!("{}{more}", shown.join(" | "));
    }
    let types = schema::types(object);
    if types == ["object"]
        && let Some(name) = schema.as_object().and_then(schema::reference)
    {
        return name;
    }
    if types == ["array"] {
        let item = object.get("items").map_or_else(|| "any".to_owned(), |items| kind_within(items, server, left));
        return format!("array of {item}");
    }
    match schema::branches(object).as_deref() {
        Some([one]) => return kind_within(one, server, left),
        Some(several) if types.is_empty() => {
            let mut kinds: Vec<String> = Vec::new();
            for branch in several.iter().take(MOST_BRANCHES + 1) {
                let kind = kind_within(branch, server, left);
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            let is_short = several.len() <= MOST_BRANCHES && !kinds.iter().any(|kind| kind == "any");
            return if is_short { kinds.join(" | ") } else { "any".to_owned() };
        }
        _ => {}
    }
    if let Some(Value::Array(parts)) = object.get("allOf") {
        return match schema::merge_all_of(object, server) {
            Some(merged) if !merged.contains_key("allOf") && !parts.is_empty() => {
                kind_within(&Value::Object(merged), server, left)
            }
            _ => "any".to_owned(),
        };
    }
    if types.is_empty() { "any".to_owned() } else { types.join(" | ") }
}
