//! Responses → what a tool answers, its errors, and the `Accept` header. OpenAPI 3.1.1 §4.8.16 and §4.8.17.

use indexmap::IndexMap;
use openapiv3::{MediaType, Operation, ReferenceOr, Response, StatusCode};
use serde_json::json;

use super::body::item_schema;
use super::definitions::Direction;
use super::schema::Schemas;
use super::{at, media, prose, schema_pointer};
use crate::model::{ErrorSource, ErrorVariant, Reply, Schema, StatusPattern};

/// How many media types an `Accept` header names.
const ACCEPT: usize = 8;

/// What the responses of an operation say.
pub(super) struct Responses {
    /// The schema of the best successful response with JSON, else of one that is a sequence of JSON.
    pub output: Option<Schema>,
    /// What every successful answer fits; `None` where one of them can be anything.
    pub answers: Option<Schema>,
    /// 202 is one of the answers (RFC 9110 §15.3.3).
    pub can_be_accepted: bool,
    /// Every successful response is without content.
    pub is_empty: bool,
    /// The media type of the best successful response.
    pub media_type: Option<String>,
    pub errors: Vec<ErrorVariant>,
    pub accept: String,
    pub reply: Reply,
}

pub(super) fn lower(operation: &Operation, schemas: &mut Schemas<'_, '_>) -> Responses {
    let responses = &operation.responses;
    let mut successes: Vec<(u16, &Response)> = Vec::new();
    let mut failures: Vec<(StatusPattern, &Response)> = Vec::new();
    for (status, response) in &responses.responses {
        let Some(response) = response.as_item() else { continue };
        match status {
            StatusCode::Code(code @ 200..=299) => successes.push((*code, response)),
            StatusCode::Range(2) => successes.push((299, response)),
            StatusCode::Code(code @ 400..=599) => failures.push((StatusPattern::Exact(*code), response)),
            StatusCode::Range(range @ 4..=5) => failures.push((StatusPattern::Range(*range as u8), response)),
            _ => {}
        }
    }
    successes.sort_by_key(|(code, _)| *code);
    failures.sort_by_key(|(pattern, _)| *pattern);
    // `default` stands for what is not declared: success, where no success is.
    if let Some(response) = responses.default.as_ref().and_then(ReferenceOr::as_item) {
        if successes.is_empty()
            && !responses.responses.keys().any(|status| matches!(status, StatusCode::Code(300..=399)))
        {
            successes.push((299, response));
        } else {
            failures.push((StatusPattern::Default, response));
        }
    }

    let best = successes.iter().find_map(|(_, response)| json_of(&response.content));
    let listed = || successes.iter().find_map(|(_, response)| sequence_of(&response.content, schemas));
    let output = match best.or_else(listed) {
        Some((name, media)) => answer(name, media, schemas).filter(|schema| schema.value != json!({})),
        None => None,
    };
    let answers = output.as_ref().and_then(|output| answers(&successes, output, schemas));
    let can_be_accepted = successes.iter().any(|(code, _)| *code == 202);
    let media_type = best
        .map(|(name, _)| name.clone())
        .or_else(|| successes.iter().find_map(|(_, response)| response.content.keys().next().cloned()))
        .and_then(|name| media::essence(&name));
    let reply = reply(&successes, schemas);
    let is_empty = !successes.is_empty() && successes.iter().all(|(_, response)| response.content.is_empty());
    let accept =
        accept(successes.iter().map(|(_, response)| *response), failures.iter().map(|(_, response)| *response));
    let errors = failures.into_iter().map(|(status, response)| variant(status, response, schemas)).collect();
    Responses { output, answers, can_be_accepted, is_empty, media_type, errors, accept, reply }
}

/// The schema of an answer in one media type. A sequence of values is answered as their list.
fn answer(name: &str, media: &MediaType, schemas: &mut Schemas<'_, '_>) -> Option<Schema> {
    if let Some(pointer) = item_schema(name, media, schemas) {
        let items = schemas.at(&pointer, Direction::Output);
        let span = schemas.index.key_span(&pointer);
        return Some(Schema { value: json!({"type": "array", "items": items}), span });
    }
    let pointer = schema_pointer(media)?;
    Some(Schema { value: schemas.at(pointer, Direction::Output), span: schemas.index.key_span(pointer) })
}

/// The first sequence whose items are described.
fn sequence_of<'c>(
    content: &'c IndexMap<String, MediaType>,
    schemas: &Schemas<'_, '_>,
) -> Option<(&'c String, &'c MediaType)> {
    content.iter().find(|(name, media)| item_schema(name, media, schemas).is_some())
}

/// The schema of all successful answers together: each of JSON or a sequence of it, or without content, which is null.
fn answers(successes: &[(u16, &Response)], output: &Schema, schemas: &mut Schemas<'_, '_>) -> Option<Schema> {
    let mut all = vec![output.value.clone()];
    for (_, response) in successes {
        if response.content.is_empty() {
            all.push(json!({"type": "null"}));
        }
        for (name, media) in &response.content {
            let described = media::is_json(name) || item_schema(name, media, schemas).is_some();
            let schema = if described { answer(name, media, schemas) } else { None };
            all.push(schema?.value);
        }
    }
    let mut different: Vec<serde_json::Value> = Vec::new();
    for value in all {
        if !different.contains(&value) {
            different.push(value);
        }
    }
    let value = match different.as_slice() {
        [one] => one.clone(),
        _ => json!({ "anyOf": different }),
    };
    Some(Schema { value, span: output.span })
}

/// The response with the best JSON, else the first with content, else the first.
fn reply(successes: &[(u16, &Response)], schemas: &Schemas<'_, '_>) -> Reply {
    let json = successes.iter().find_map(|(code, response)| Some((*code, json_of(&response.content)?)));
    let content = || successes.iter().find_map(|(code, response)| Some((*code, response.content.iter().next()?)));
    // A range, or `default`: any code of it will do.
    let plain = |code: u16| if code == 299 { 200 } else { code };
    match json.or_else(content) {
        Some((code, (name, media))) => {
            let media_type =
                if media::is_any(name) { Some("application/json".to_owned()) } else { media::essence(name) };
            // A range of media types names none.
            let media_type = media_type.filter(|name| !name.contains('*'));
            let example = super::example(at(&media.extensions), schemas);
            Reply { status: plain(code), media_type, example }
        }
        None => Reply { status: successes.first().map_or(200, |(code, _)| plain(*code)), ..Reply::default() },
    }
}

fn variant(status: StatusPattern, response: &Response, schemas: &mut Schemas<'_, '_>) -> ErrorVariant {
    let name = variant_name(status);
    let body = json_of(&response.content).map(|(_, media)| match schema_pointer(media) {
        Some(pointer) => {
            Schema { value: schemas.at(pointer, Direction::Output), span: schemas.index.key_span(pointer) }
        }
        None => Schema { value: json!({}), span: schemas.index.span(at(&response.extensions)) },
    });
    let description = match prose::plain(&response.description) {
        text if text.is_empty() => reason(status),
        text => text,
    };
    let span = schemas.index.key_span(at(&response.extensions));
    ErrorVariant { name, description, source: ErrorSource::Response { status, body }, span }
}

/// The JSON content of a response or request: `application/json` first, then `…+json`.
pub(super) fn json_of(content: &IndexMap<String, MediaType>) -> Option<(&String, &MediaType)> {
    let exact = content.iter().find(|(name, _)| media::essence(name).as_deref() == Some("application/json"));
    exact
        .or_else(|| content.iter().find(|(name, _)| media::is_json(name)))
        .or_else(|| content.iter().find(|(name, media)| media::is_any(name) && media.schema.is_some()))
}

/// JSON of the success first, then what else may come.
fn accept<'a>(successes: impl Iterator<Item = &'a Response>, failures: impl Iterator<Item = &'a Response>) -> String {
    let mut names: Vec<String> = Vec::new();
    for (rank, response) in successes.map(|response| (0, response)).chain(failures.map(|response| (1, response))) {
        let mut given: Vec<String> = response.content.keys().filter_map(|name| media::essence(name)).collect();
        given.sort_by_key(|name| !media::is_json(name));
        // A stream of events would never be a result; where JSON is offered, it is what is asked for.
        if rank == 0 && given.first().is_some_and(|name| media::is_json(name)) {
            given.retain(|name| name != "text/event-stream");
        }
        for name in given {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.truncate(ACCEPT);
    if names.is_empty() { "*/*".to_owned() } else { names.join(", ") }
}

fn variant_name(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(code) => match words_of(code) {
            Some(words) => words.replace([' ', '-'], ""),
            None => format!("Status{code}"),
        },
        StatusPattern::Range(hundreds) => format!("Status{hundreds}xx"),
        StatusPattern::Default => "Default".to_owned(),
    }
}

fn reason(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(code) => words_of(code).map_or_else(|| format!("Status {code}"), str::to_owned),
        StatusPattern::Range(4) => "The request was refused".to_owned(),
        StatusPattern::Range(_) => "The API failed".to_owned(),
        StatusPattern::Default => "Any other status".to_owned(),
    }
}

/// RFC 9110 §15 and the IANA registry, with the names that people know where they changed.
fn words_of(code: u16) -> Option<&'static str> {
    Some(match code {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Payload Too Large",
        414 => "Uri Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Entity",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "Http Version Not Supported",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_named_after_the_status() {
        for (status, name) in [
            (StatusPattern::Exact(404), "NotFound"),
            (StatusPattern::Exact(422), "UnprocessableEntity"),
            (StatusPattern::Exact(418), "Status418"),
            (StatusPattern::Exact(414), "UriTooLong"),
            (StatusPattern::Range(4), "Status4xx"),
            (StatusPattern::Default, "Default"),
        ] {
            assert_eq!(variant_name(status), name);
        }
    }
}
