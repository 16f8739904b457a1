//! The section `tools`.

use indexmap::IndexMap;
use serde_json::Map;

use super::context::{Context, template};
use super::names::Rule;
use super::raw;
use super::reader::{Fields, Node};
use super::schema::Properties;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::{Annotations, Output, Schema, TaskSupport, Tool};
use crate::schema_view::SchemaView;
use crate::suggest;

const KEYS: &[&str] = &[
    "title",
    "description",
    "input",
    "inputSchema",
    "output",
    "outputSchema",
    "text",
    "errors",
    "annotations",
    "deadline",
    "task",
];

pub(super) fn read<'r>(context: &Context<'r>, name: &str, node: &Node<'r>) -> Option<Tool> {
    match Rule::Public.problem(name, node.key_span()) {
        None => context.claim_method(name, node),
        Some(problem) => node.push(problem),
    }
    let fields = node.fields(KEYS)?;
    // Read everything before the first `?`, so that one mistake does not hide the next.
    let description = fields.required("description").and_then(|text| Some(text.text()?.trim_end().to_owned()));
    let input = input(context, &fields);
    let output = output(context, &fields);
    let tool = Tool {
        name: name.to_owned(),
        title: fields.text("title"),
        description: String::new(),
        input,
        output,
        answers: None,
        errors: context.errors(fields.get("errors")),
        links: Vec::new(),
        projection: None,
        details: None,
        annotations: fields.get("annotations").and_then(|node| annotations(&node)).unwrap_or_default(),
        deadline_ms: fields.get("deadline").and_then(|node| duration_ms(&node)),
        task: fields.get("task").and_then(|node| task(&node)),
        deprecated: false,
        binding: None,
        operation_id: None,
        marked: None,
        listed: true,
        fixed: Vec::new(),
        tags: Vec::new(),
        span: node.key_span(),
    };
    Some(Tool { description: description?, ..tool })
}

fn input<'r>(context: &Context<'r>, fields: &Fields<'r>) -> Schema {
    exclude(fields, "input", "inputSchema");
    if let Some(node) = fields.get("inputSchema") {
        return raw::input(context, &node);
    }
    let node = fields.get("input");
    let properties = node.as_ref().and_then(|node| context.schemas().properties(node, Rule::Property, &[]));
    let properties = properties.unwrap_or(Properties { schemas: Map::new(), required: Vec::new() });
    Schema { value: properties.into_object(), span: node.map_or_else(|| fields.node.key_span(), |node| node.span()) }
}

fn output<'r>(context: &Context<'r>, fields: &Fields<'r>) -> Output {
    exclude(fields, "output", "outputSchema");
    let text = fields.get("text");
    if let Some(node) = fields.get("outputSchema") {
        let schema = raw::output(context, &node);
        // Its references are its own.
        let none = IndexMap::new();
        let text = text.and_then(|text| template(&text, &schema.value, SchemaView::new(&none)));
        return Output::Strict { schema, text: text.map(|text| text.template) };
    }
    if let Some(node) = fields.get("output") {
        let schema = context.schemas().lower(&node);
        let text = text.and_then(|text| context.template(&text, &schema.value));
        return Output::Strict { schema, text: text.map(|text| text.template) };
    }
    if let Some(text) = text {
        let problem = Diagnostic::error(codes::CONTRADICTION, text.key_span(), "`text` has no output to render");
        text.push(problem.help("declare `output`; without it the handler makes the content itself"));
    }
    Output::Content
}

/// Of two keys that say the same in two ways, only one can be there.
fn exclude(fields: &Fields<'_>, one: &str, other: &str) {
    if let (Some(first), Some(second)) = (fields.get(one), fields.get(other)) {
        second.push(
            Diagnostic::error(
                codes::CONTRADICTION,
                second.key_span(),
                format!("`{one}` and `{other}` exclude each other"),
            )
            .related(first.key_span(), format!("`{one}` is here"))
            .help(format!("`{one}` is the short form, `{other}` a schema that is kept verbatim; keep one")),
        );
    }
}

fn annotations(node: &Node<'_>) -> Option<Annotations> {
    let fields = node.fields(&["readOnly", "destructive", "idempotent", "openWorld"])?;
    let hint = |key: &str| fields.get(key).and_then(|node| node.boolean());
    let annotations = Annotations {
        read_only: hint("readOnly"),
        destructive: hint("destructive"),
        idempotent: hint("idempotent"),
        open_world: hint("openWorld"),
    };
    if annotations.read_only == Some(true) && annotations.destructive == Some(true) {
        let message = "a tool that only reads destroys nothing";
        node.push(
            Diagnostic::error(codes::CONTRADICTION, fields.key_span("destructive"), message)
                .related(fields.key_span("readOnly"), "`readOnly: true` is here")
                .help("drop one of the two"),
        );
    }
    Some(annotations)
}

/// `never`, `optional`, `required`, or `{ support: …, begins: … }`.
fn task(node: &Node<'_>) -> Option<TaskSupport> {
    const SUPPORT: &[&str] = &["never", "optional", "required"];
    const BEGINS: &[&str] = &["at_once", "handler"];
    let support = |node: &Node<'_>| match word(node, "kind of support", SUPPORT)? {
        "optional" => Some(TaskSupport { required: false, by_handler: false }),
        "required" => Some(TaskSupport { required: true, by_handler: false }),
        _ => None,
    };
    if !node.is_object() {
        return support(node);
    }
    let fields = node.fields(&["support", "begins"])?;
    let by_handler = fields.get("begins").and_then(|node| word(&node, "beginning", BEGINS)) == Some("handler");
    let support = fields.required("support").and_then(|node| support(&node))?;
    Some(TaskSupport { by_handler, ..support })
}

/// One of these words.
fn word<'r>(node: &Node<'r>, what: &str, words: &[&str]) -> Option<&'r str> {
    let word = node.string()?;
    if !words.contains(&word) {
        let problem = node.error(codes::BAD_WORD, format!("`{word}` is no {what}"));
        node.push(problem.help(suggest::help(word, "words", words.iter().copied())));
        return None;
    }
    Some(word)
}

/// `500ms`, `10s`, `2m` in milliseconds.
pub(super) fn duration_ms(node: &Node<'_>) -> Option<u64> {
    const LONGEST_MS: u64 = 60 * 60 * 1000;
    let help = "a whole number and its unit: `500ms`, `10s`, `2m`; at least `1ms`, at most `60m`";
    let Some(text) = node.value.as_str() else {
        node.wrong_type("a duration", Some(help.into()));
        return None;
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let ms = number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    let ms = ms.filter(|ms| (1..=LONGEST_MS).contains(ms));
    if ms.is_none() {
        node.push(node.error(codes::BAD_DURATION, format!("`{text}` is no duration")).help(help));
    }
    ms
}
