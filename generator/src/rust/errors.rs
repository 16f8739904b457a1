//! Error enums: one for each distinct set of errors, shared by everything that can fail with that set.

use serde::Serialize;

use super::docs::{self, Docs};
use super::literal::{self, Token};
use super::names::{Ident, Scope, pascal, singular, words};
use super::text;
use super::types::{Ty, Types};
use crate::model::{ErrorKind, ErrorSource, ErrorVariant, Server, StatusPattern};

/// `errors.rs`
#[derive(Debug, Default, Serialize)]
pub(crate) struct ErrorsFile {
    /// Whether a variant names an item of `types.rs`.
    uses_types: bool,
    uses_maps: bool,
    /// Whether an enum is spelled out, because the server spec declares it.
    uses_fmt: bool,
    enums: Vec<ErrorEnum>,
}

#[derive(Debug, Serialize)]
struct ErrorEnum {
    ident: Ident,
    docs: Docs,
    /// The variants are answers of the HTTP API.
    responses: Option<Vec<Response>>,
    /// The variants are declared by the server spec.
    declared: Option<Vec<Declared>>,
    /// Whether a variant has fields, which travel as the error's data.
    has_data: bool,
}

/// A variant for a response of the HTTP API.
#[derive(Debug, Serialize)]
struct Response {
    ident: Ident,
    docs: Docs,
    /// `404`, `4xx` or `_`
    status: Token,
    body: Option<Token>,
    /// What an agent reads, where it is not the first line of the documentation.
    message: Option<Token>,
}

/// A variant for an error of the server spec.
#[derive(Debug, Serialize)]
struct Declared {
    ident: Ident,
    docs: Docs,
    type_name: Token,
    kind: Token,
    fields: Vec<DeclaredField>,
    /// The whole message, where it has no values.
    constant: Option<Token>,
    /// The message as a format string, and the fields that it binds.
    format: Option<Token>,
    binds: Vec<Ident>,
    /// Whether there are fields that the message does not name.
    binds_some: bool,
    /// The message as a table for the runtime, where Rust's formatting does not do.
    template: Option<Token>,
    retry_after: Option<RetryAfter>,
}

#[derive(Debug, Serialize)]
struct DeclaredField {
    ident: Ident,
    ty: Token,
    rename: Option<Token>,
}

#[derive(Debug, Serialize)]
struct RetryAfter {
    field: Ident,
    wait: Token,
    /// Whether the variant has other fields.
    others: bool,
}

/// The error enums of a server, found by their sets.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    sets: Vec<Set>,
}

#[derive(Debug)]
struct Set {
    key: String,
    ident: Ident,
}

/// What can fail, and with what.
struct User<'a> {
    name: &'a str,
    errors: &'a [ErrorVariant],
}

impl Errors {
    /// The type for a set of errors: an enum, or the runtime's error for none.
    pub fn ty(&self, errors: &[ErrorVariant]) -> Token {
        let key = key(errors);
        match self.sets.iter().find(|set| set.key == key) {
            Some(set) => Token::composed(set.ident.as_str()),
            None => Token::composed("rt::Error"),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    pub fn lower(server: &Server, types: &mut Types<'_>) -> (Self, ErrorsFile) {
        let mut groups: Vec<(String, Vec<User<'_>>)> = Vec::new();
        for user in users(server).filter(|user| !user.errors.is_empty()) {
            let key = key(user.errors);
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, users)) => users.push(user),
                None => groups.push((key, vec![user])),
            }
        }
        let (mut errors, mut file) = (Self::default(), ErrorsFile::default());
        for (key, users) in groups {
            let ident = types.scope().pascal(&name(&users, server, &errors), "Error", None);
            if let Some(first) = users.first() {
                file.enums.push(error_enum(&ident, &users, first.errors, types, &mut file.uses_types));
            }
            errors.sets.push(Set { key, ident });
        }
        file.uses_fmt = file.enums.iter().any(|error| error.declared.is_some());
        file.uses_maps = file.enums.iter().any(ErrorEnum::uses_maps);
        (errors, file)
    }
}

impl ErrorEnum {
    fn uses_maps(&self) -> bool {
        let responses = self.responses.iter().flatten().filter_map(|response| response.body.as_ref());
        let declared = self.declared.iter().flatten().flat_map(|declared| &declared.fields).map(|field| &field.ty);
        responses.chain(declared).any(|ty| ty.as_str().contains("BTreeMap<"))
    }
}

fn users(server: &Server) -> impl Iterator<Item = User<'_>> {
    use crate::model::Read;
    fn read<'a>(name: &'a str, read: &'a Read) -> Option<User<'a>> {
        match read {
            Read::Handler { errors } => Some(User { name, errors }),
            Read::Tool(_) => None,
        }
    }
    let tools = server.tools.iter().map(|tool| User { name: &tool.name, errors: &tool.errors });
    let templates = server.templates.iter().filter_map(move |template| read(template.name.as_str(), &template.read));
    let resources = server.resources.iter().filter_map(move |resource| read(resource.name.as_str(), &resource.read));
    let prompts = server.prompts.iter().filter(|prompt| prompt.messages.is_none());
    tools
        .chain(templates)
        .chain(resources)
        .chain(prompts.map(|prompt| User { name: &prompt.name, errors: &prompt.errors }))
}

/// What two sets have in common if they are the same set. The order of declared errors does not matter.
fn key(errors: &[ErrorVariant]) -> String {
    let mut parts: Vec<_> = errors
        .iter()
        .map(|error| match &error.source {
            ErrorSource::Declared { kind, message, data, retry_after } => {
                let data: Vec<_> = data.iter().map(|(name, schema)| (name, schema.value.to_string())).collect();
                format!("{:?}", (&error.name, kind, message, data, retry_after))
            }
            ErrorSource::Response { status, body } => {
                let body = body.as_ref().map(|schema| schema.value.to_string());
                format!("{:?}", (&error.name, &error.description, status, body))
            }
        })
        .collect();
    parts.sort();
    parts.join("\n")
}

/// `PetError` for `get_pet` and `list_pets`, `GetPetError` for one tool, `PetstoreError` for tools without a noun in
/// common; the name of the first tool where that is taken.
fn name(users: &[User<'_>], server: &Server, errors: &Errors) -> String {
    let first = users.first().map_or("", |user| user.name);
    let own = format!("{}Error", pascal(first, "Tool"));
    if users.len() < 2 {
        return own;
    }
    let nouns =
        |user: &User<'_>| -> Vec<String> { words(user.name).into_iter().skip(1).map(|word| singular(&word)).collect() };
    let common: Vec<_> = nouns(users.first().unwrap_or(&User { name: "", errors: &[] }))
        .into_iter()
        .filter(|noun| users.iter().all(|user| nouns(user).contains(noun)))
        .filter(|noun| {
            !matches!(noun.as_str(), "by" | "id" | "of" | "for" | "in" | "with" | "and" | "to" | "the" | "a")
        })
        .collect();
    let server = pascal(&server.name, "Server");
    let candidates = if common.is_empty() { vec![server] } else { vec![pascal(&common.join("_"), "Tool"), server] };
    candidates
        .into_iter()
        .map(|name| format!("{name}Error"))
        .find(|name| !errors.sets.iter().any(|set| set.ident.as_str() == name))
        .unwrap_or(own)
}

fn error_enum(
    ident: &Ident,
    users: &[User<'_>],
    errors: &[ErrorVariant],
    types: &mut Types<'_>,
    uses_types: &mut bool,
) -> ErrorEnum {
    let names: Vec<_> = users.iter().map(|user| docs::code(user.name)).collect();
    let names = match names.as_slice() {
        [all @ .., last] if !all.is_empty() && names.len() <= 5 => format!("{} and {last}", all.join(", ")),
        [one] => one.clone(),
        many => format!("{} and {} more", many.iter().take(3).cloned().collect::<Vec<_>>().join(", "), many.len() - 3),
    };
    let verb = if users.len() == 1 { "answers" } else { "answer" };
    let mut scope = Scope::reserving(&["Other"]);
    let mut responses = Vec::new();
    let mut declared = Vec::new();
    let mut sorted: Vec<_> = errors.iter().collect();
    sorted.sort_by_key(|error| match &error.source {
        ErrorSource::Response { status, .. } => Some(*status),
        ErrorSource::Declared { .. } => None,
    });
    let mut statuses: Vec<StatusPattern> = Vec::new();
    for error in sorted {
        let variant = scope.pascal(&error.name, "Error", None);
        match &error.source {
            ErrorSource::Response { status, body } if !statuses.contains(status) => {
                statuses.push(*status);
                let path = format!("{}{}", ident.plain(), variant.plain());
                let body = body.as_ref().map(|schema| types.value(&path, &schema.value));
                *uses_types |= body.as_ref().is_some_and(is_named);
                responses.push(response(variant, error, *status, body.as_ref()));
            }
            ErrorSource::Response { .. } => {}
            ErrorSource::Declared { kind, message, data, retry_after } => {
                // `f` is the formatter where the fields are bound.
                let mut field_scope = Scope::reserving(&["f"]);
                let idents = field_scope.snake_all(data.keys().map(String::as_str), "field");
                let mut fields = Vec::new();
                for ((wire, schema), field) in data.iter().zip(idents) {
                    let path = format!("{}{}{}", ident.plain(), variant.plain(), pascal(wire, "Field"));
                    let ty = types.value(&path, &schema.value);
                    *uses_types |= is_named(&ty);
                    fields.push((wire.clone(), field, ty));
                }
                declared.push(declared_variant(variant, error, *kind, message, &fields, retry_after.as_deref()));
            }
        }
    }
    ErrorEnum {
        ident: ident.clone(),
        docs: Docs::line(format!("What {names} {verb} instead of a result.")),
        has_data: declared.iter().any(|variant| !variant.fields.is_empty()),
        responses: (!responses.is_empty()).then_some(responses),
        declared: (!declared.is_empty()).then_some(declared),
    }
}

fn is_named(ty: &Ty) -> bool {
    ty.any(&|ty| matches!(ty, Ty::Named(_)))
}

/// The error responses in the order in which a status is looked for, as a type, a status and a message each; what the rows
/// of an error enum say.
pub(crate) fn declared(errors: &[ErrorVariant]) -> Vec<(String, String, String)> {
    let mut scope = Scope::reserving(&["Other"]);
    let mut rows: Vec<(StatusPattern, String, String)> = Vec::new();
    let of = |error: &ErrorVariant| match &error.source {
        ErrorSource::Response { status, .. } => Some(*status),
        ErrorSource::Declared { .. } => None,
    };
    let mut sorted: Vec<_> = errors.iter().filter_map(|error| Some((of(error)?, error))).collect();
    sorted.sort_by_key(|(status, _)| *status);
    for (status, error) in sorted {
        let variant = scope.pascal(&error.name, "Error", None);
        if !rows.iter().any(|(known, ..)| *known == status) {
            rows.push((status, variant.plain().to_owned(), message(error)));
        }
    }
    rows.into_iter().map(|(status, name, message)| (pattern(status), name, message)).collect()
}

/// As `status_matches` of the runtime reads it.
fn pattern(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(code) => code.to_string(),
        StatusPattern::Range(digit) => format!("{digit}xx"),
        StatusPattern::Default => "_".to_owned(),
    }
}

/// What an agent reads.
fn message(error: &ErrorVariant) -> String {
    let (summary, _) = docs::split_summary(&error.description);
    if summary.is_empty() { error.name.clone() } else { one_line(&error.description) }
}

fn response(ident: Ident, error: &ErrorVariant, status: StatusPattern, body: Option<&Ty>) -> Response {
    let (summary, rest) = docs::split_summary(&error.description);
    let message = message(error);
    let first = if summary.is_empty() { error.name.clone() } else { summary };
    Response {
        ident,
        message: (first != message).then(|| literal::string(&message)),
        docs: Docs::with_rest(first, &rest),
        status: Token::composed(pattern(status)),
        body: body.map(Ty::token),
    }
}

/// The first paragraph as it is, in one line: what an agent reads.
fn one_line(text: &str) -> String {
    let paragraph = text.trim_start().split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn declared_variant(
    ident: Ident,
    error: &ErrorVariant,
    kind: ErrorKind,
    message: &[crate::model::Segment],
    fields: &[(String, Ident, Ty)],
    retry_after: Option<&str>,
) -> Declared {
    let constant = text::constant(message).map(|text| literal::string(&text));
    let format = constant.is_none().then(|| text::format_string(message, fields)).flatten();
    let template = (constant.is_none() && format.is_none()).then(|| text::table(message));
    let (format, binds) = format.map_or((None, Vec::new()), |(format, binds)| (Some(format), binds));
    let written = docs::inline(&text::written(message));
    let docs = match docs::split_summary(&error.description) {
        (summary, _) if summary.is_empty() || summary == written => Docs::line(written),
        (summary, rest) => Docs::with_rest(summary, &rest).paragraph(&written),
    };
    let retry_after =
        retry_after.and_then(|name| fields.iter().find(|(wire, _, _)| wire == name)).and_then(|(_, field, ty)| {
            let wait = match ty {
                Ty::U64 => format!("std::time::Duration::from_secs(*{field})"),
                Ty::I64 => format!("std::time::Duration::from_secs((*{field}).max(0).unsigned_abs())"),
                Ty::F64 => format!("std::time::Duration::try_from_secs_f64(*{field}).unwrap_or_default()"),
                _ => return None,
            };
            Some(RetryAfter { field: field.clone(), wait: Token::composed(wait), others: fields.len() > 1 })
        });
    Declared {
        ident,
        docs,
        type_name: literal::string(&error.name),
        kind: Token::composed(format!("rt::ErrorKind::{kind:?}")),
        fields: fields
            .iter()
            .map(|(wire, field, ty)| DeclaredField {
                ident: field.clone(),
                ty: ty.token(),
                rename: (field.plain() != wire).then(|| literal::string(wire)),
            })
            .collect(),
        constant,
        format,
        binds_some: binds.len() < fields.len(),
        binds,
        template,
        retry_after,
    }
}
