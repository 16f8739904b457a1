//! Operation Objects → tools. OpenAPI 3.1.1 §4.8.10.

use indexmap::IndexMap;
use openapiv3::{Operation, PathItem, ReferenceOr};
use serde_json::Value;

use super::arguments::{self, Argument};
use super::mark::{self, Mark};
use super::names::{self, Taken};
use super::schema::Schemas;
use super::security::Security;
use super::{at, body, links, media, parameters, prose, responses, servers, skeleton};
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::load::join;
use crate::model::{Annotations, HttpBinding, Output, Schema, TaskSupport, Tool};
use crate::source::Span;

/// Where an operation stands.
pub(super) struct Place<'a> {
    pub path: &'a str,
    /// The path without what is never sent.
    pub wire: &'a str,
    /// Lower case, or as `additionalOperations` has it.
    pub method: &'a str,
    pub pointer: &'a str,
    /// The key of the operation: `get:`
    pub span: Span,
}

impl Place<'_> {
    /// `GET /pets/{petId}`
    pub fn route(&self) -> String {
        format!("{} {}", self.verb(), self.path)
    }

    /// The method on the wire. Methods are case-sensitive (RFC 9110 §9.1); the fixed fields name them in lower case.
    fn verb(&self) -> String {
        let fixed = ["get", "put", "post", "delete", "options", "head", "patch", "trace"].contains(&self.method);
        if fixed { self.method.to_ascii_uppercase() } else { self.method.to_owned() }
    }
}

/// A tool, and what a resource needs to know of it.
pub(super) struct Lowered {
    pub tool: Tool,
    pub arguments: Vec<Argument>,
    pub media_type: Option<String>,
    pub links: Vec<links::Declared>,
}

/// `None`: skipped with a warning.
pub(super) fn lower(
    item: &PathItem,
    operation: &Operation,
    place: &Place<'_>,
    root: &IndexMap<String, Value>,
    security: &Security<'_>,
    taken: &mut Taken,
    schemas: &mut Schemas<'_, '_>,
) -> Option<Lowered> {
    let title = place.route();
    if let Some(problem) = unsendable(item, operation, place) {
        skip(schemas, place, &format!("`{title}` is skipped: {problem}"));
        return None;
    }
    let mut arguments = parameters::lower(&item.parameters, &operation.parameters, place, security, schemas);
    let body = match operation.request_body.as_ref().and_then(ReferenceOr::as_item) {
        // RFC 9110 §9.3.1: content in a GET or HEAD request has no meaning, and gateways drop it.
        Some(body) if matches!(place.method, "get" | "head" | "trace") && body::says_nothing(body, schemas) => None,
        Some(_) if matches!(place.method, "get" | "head" | "trace") => {
            let message = format!("`{title}` declares a request body, which {} has not; it is left out", place.method);
            schemas.report.push(Diagnostic::warning(codes::BODY, place.span, message));
            None
        }
        Some(body) => body::lower(body, schemas),
        None => None,
    };
    let mut of_body = None;
    let body = body.map(|mut body| {
        arguments.append(&mut body.arguments);
        of_body = body.description.take();
        body
    });
    arguments::name(&mut arguments);
    renamed(&arguments, schemas);

    let index = schemas.index;
    let path = place.pointer.rsplit_once('/').map_or("", |(path, _)| path);
    let mark_span = |level: usize| {
        let holder = [place.pointer, path, ""].get(level).copied().unwrap_or_default();
        index.key_span(&format!("{holder}/{}", mark::KEY))
    };
    let mark = Mark::read([&operation.extensions, &item.extensions, root], mark_span, schemas.report);
    let name = tool_name(operation, mark.name.as_deref(), place, taken, schemas);
    let mut input = Schema { value: arguments::input(&arguments), span: place.span };
    let responses = responses::lower(operation, schemas);
    let pointer = at(&operation.extensions);
    let own_servers = [&operation.servers, &item.servers].into_iter().find(|servers| !servers.is_empty());
    let binding = HttpBinding {
        method: place.verb(),
        path: place.path.to_owned(),
        base_url: own_servers.and_then(|servers| servers::base_url(servers, schemas.index, schemas.report)),
        parameters: arguments::parameters(&arguments),
        body: body.map(|body| arguments::body(body, &arguments)),
        security: security.alternatives(operation.security.as_ref(), pointer, &name, schemas.report),
        accept: responses.accept,
        reply: responses.reply,
    };
    let text = |text: &Option<String>| text.as_deref().map(prose::clean).filter(|text| !text.is_empty());
    let summary = mark.title.clone().or_else(|| text(&operation.summary));
    let description = mark.description.clone().unwrap_or_else(|| {
        let described = prose::described(summary.as_deref(), operation.description.as_deref());
        if described.as_deref().is_some_and(prose::is_cut) {
            schemas.report_cut(&join(place.pointer, "description"));
        }
        prose::with_conditions(described.unwrap_or(title), &responses.errors)
    });
    if let Some(of_body) = of_body.filter(|of_body| !prose::says(&description, of_body))
        && let Value::Object(fields) = &mut input.value
    {
        fields.shift_insert(1, "description".to_owned(), Value::String(of_body));
    }
    let tool = Tool {
        name,
        description,
        title: mark.title.clone().or_else(|| summary.as_deref().and_then(prose::title)),
        input,
        output: match responses.is_empty {
            true => Output::Empty,
            false => Output::Lenient { schema: responses.output, text: None },
        },
        answers: responses.answers,
        errors: responses.errors,
        links: Vec::new(),
        projection: None,
        details: None,
        annotations: annotations(place.method),
        deadline_ms: None,
        // Work that goes on after the answer is asked for by a task, where the client knows tasks.
        task: responses.can_be_accepted.then_some(TaskSupport { required: false, by_handler: true }),
        deprecated: operation.deprecated,
        binding: Some(binding),
        operation_id: operation.operation_id.clone(),
        marked: mark.expose,
        listed: true,
        fixed: Vec::new(),
        tags: operation.tags.clone(),
        span: place.span,
    };
    let links = links::declared(operation, schemas);
    Some(Lowered { tool, arguments, media_type: responses.media_type, links })
}

/// Why an operation cannot be called.
fn unsendable(item: &PathItem, operation: &Operation, place: &Place<'_>) -> Option<String> {
    if let Some(problem) = parameters::path_problem(place.wire) {
        return Some(format!("the path {problem}"));
    }
    if !media::is_token(place.method) || place.method.eq_ignore_ascii_case("connect") {
        return Some(format!("`{}` is no method of a request", place.method));
    }
    let parameter =
        [&operation.extensions, &item.extensions].into_iter().find_map(|of| of.get(skeleton::UNSENDABLE))?;
    Some(format!("it requires the parameter {parameter}, which cannot be sent"))
}

fn tool_name(
    operation: &Operation,
    marked: Option<&str>,
    place: &Place<'_>,
    taken: &mut Taken,
    schemas: &mut Schemas<'_, '_>,
) -> String {
    if let Some(kept) = taken.kept(&place.route()) {
        return kept;
    }
    let id = operation.operation_id.as_deref();
    let (wanted, cut) = names::tool(marked.or(id), place.method, place.path);
    let name = taken.claim(&wanted);
    let at = match id {
        Some(_) => schemas.index.span(&join(place.pointer, "operationId")),
        None => place.span,
    };
    let odd = match id {
        None => Some("the operation has no operationId".to_owned()),
        Some(id) if names::loses_letters(id) => Some(format!("tools are named in ASCII, which `{id}` is not")),
        Some(_) => None,
    };
    if let Some(odd) = odd {
        let problem = Diagnostic::warning(codes::NAME, at, format!("{odd}: its tool is called `{name}`"));
        schemas.report.push(problem.help("give every operation a short operationId of ASCII letters and digits"));
    }
    if name != wanted {
        schemas.report.push(
            Diagnostic::warning(
                codes::NAME,
                at,
                format!("another tool is called `{wanted}`; this one becomes `{name}`"),
            )
            .help("give every operation an operationId of its own"),
        );
    } else if cut {
        schemas.report.push(
            Diagnostic::warning(codes::NAME, at, format!("the name is too long for a tool and is cut to `{name}`"))
                .help("clients refuse names of more than 64 characters, their own prefix included"),
        );
    }
    name
}

/// Says which arguments have another name than on the wire, because several places use it.
fn renamed(arguments: &[Argument], schemas: &mut Schemas<'_, '_>) {
    for (name, group) in arguments::collisions(arguments) {
        let names: Vec<String> = group.iter().map(|argument| format!("`{}`", argument.name)).collect();
        let message = format!("several places use the name `{name}`: the arguments are {}", names.join(" and "));
        let at = group.first().map_or_else(Span::default, |argument| argument.span);
        let problem = Diagnostic::warning(codes::ARGUMENT, at, message);
        schemas.report.push(problem.help("requests keep the name of the document"));
    }
}

fn skip(schemas: &mut Schemas<'_, '_>, place: &Place<'_>, message: &str) {
    schemas.report.push(Diagnostic::warning(codes::SKIPPED, place.span, message));
}

/// RFC 9110 §9.2: safe and idempotent methods.
fn annotations(method: &str) -> Annotations {
    let open_world = Some(true);
    match method {
        "get" | "head" | "options" | "trace" | "QUERY" => {
            Annotations { read_only: Some(true), destructive: None, idempotent: Some(true), open_world }
        }
        "put" | "delete" => {
            Annotations { read_only: Some(false), destructive: Some(true), idempotent: Some(true), open_world }
        }
        _ => Annotations { read_only: Some(false), destructive: None, idempotent: Some(false), open_world },
    }
}
