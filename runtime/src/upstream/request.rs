//! A request, built from the operation's table, the arguments and the credentials.
//!
//! The URL is written as text here and must come out of the URL parser unchanged. Optional arguments that are absent are
//! not sent.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::value::RawValue;
use url::Url;

use super::args::{Arguments, Node};
use super::base_url::BaseUrl;
use super::body::{body, is_json};
use super::credentials::Credential;
use super::encode::Escape;
use super::header::{self, Rule};
use super::operation::{Location, Operation, Parameter, Style};
use super::path::{self, Expansion, Template};
use super::problem;
use super::style::{self, Pair, Value};
use crate::error::Error;
use crate::json::{RawJson, compact};

/// A request that is ready to be sent. It does not print: it holds credentials.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// Builds the request.
///
/// A credential takes the place of a parameter of the same name.
///
/// # Errors
/// `InvalidInput`, which names the argument; `Internal` for a table that does not fit together.
pub(crate) fn build(
    operation: &'static Operation,
    base: &BaseUrl,
    arguments: &RawJson,
    credentials: &[&Credential],
) -> Result<Request, Error> {
    let arguments = Arguments::read(arguments)?;
    let template = Template::parse(operation.path);
    let path = path(operation, &template, &arguments)?;
    let mut query: Vec<String> =
        template.query.filter(|query| !query.is_empty()).map(str::to_owned).into_iter().collect();
    query.extend(query_string(operation, &arguments)?);
    query.extend(pairs(operation, Location::Query, &arguments, credentials)?);
    let mut headers = headers(operation, &arguments, credentials)?;
    if let Some(cookies) = cookies(operation, &arguments, credentials)? {
        headers.insert(http::header::COOKIE, cookies);
    }
    let method = Method::from_bytes(operation.method.as_bytes())
        .map_err(|_| problem::table(format!("{:?} is no HTTP method.", operation.method)))?;
    let body = operation.body.as_ref().map(|table| body(table, &arguments)).transpose()?.flatten();
    if let Some(body) = &body {
        let media_type = HeaderValue::from_str(&body.media_type)
            .map_err(|_| problem::table("The media type is no header value."))?;
        headers.insert(http::header::CONTENT_TYPE, media_type);
    }
    let url = base.join(&path, &query.join("&")).ok_or_else(|| {
        problem::table(format!("The request of {} {} has no faithful URL.", operation.method, operation.path))
    })?;
    Ok(Request { method, url, headers, body: body.map(|body| body.bytes.into()) })
}

/// A read of a place that the API has named in an answer to the operation: its headers and credentials again, but for
/// those that speak of the request or of a state before it.
///
/// # Errors
/// As [`build`].
pub(crate) fn read(
    operation: &'static Operation,
    mut url: Url,
    arguments: &RawJson,
    credentials: &[&Credential],
) -> Result<Request, Error> {
    let arguments = Arguments::read(arguments)?;
    let mut headers = headers(operation, &arguments, credentials)?;
    let of_the_request = |name: &str| {
        name.starts_with("if-") || matches!(name, "prefer" | "range" | "idempotency-key" | "x-idempotency-key")
    };
    let names: Vec<_> = headers.keys().filter(|name| of_the_request(name.as_str())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
    if let Some(cookies) = cookies(operation, &arguments, credentials)? {
        headers.insert(http::header::COOKIE, cookies);
    }
    for credential in credentials {
        if let Credential::Query(name, secret) = credential
            && !url.query_pairs().any(|(given, _)| given == *name)
        {
            let pair = style::pair(name, Escape::All, secret.expose().trim()).text;
            let query = url.query().filter(|query| !query.is_empty()).map(|query| format!("{query}&{pair}"));
            url.set_query(Some(query.as_deref().unwrap_or(&pair)));
        }
    }
    Ok(Request { method: Method::GET, url, headers, body: None })
}

/// The query that is one value (OpenAPI 3.2.0, `in: querystring`), percent-encoded as a whole.
fn query_string(operation: &'static Operation, arguments: &Arguments<'_>) -> Result<Option<String>, Error> {
    let given = |parameter: &'static Parameter| Some((parameter, arguments.get(parameter.argument)?));
    let Some((parameter, raw)) = parameters(operation, Location::QueryString).find_map(given) else { return Ok(None) };
    let text = match content(parameter, raw)? {
        Some(text) => text,
        None => return Err(problem::table(format!("The query of {} has no media type.", operation.path))),
    };
    if text.contains('\0') {
        return Err(problem::argument(
            parameter.argument,
            "contains a control character, which the request cannot hold",
        ));
    }
    Ok(Some(Escape::All.apply(&text)).filter(|text| !text.is_empty()))
}

/// RFC 6265 §4.2.1
fn cookies(
    operation: &'static Operation,
    arguments: &Arguments<'_>,
    credentials: &[&Credential],
) -> Result<Option<HeaderValue>, Error> {
    let cookies = pairs(operation, Location::Cookie, arguments, credentials)?;
    if cookies.is_empty() {
        return Ok(None);
    }
    let mut cookies =
        header::value(&cookies.join("; ")).map_err(|what| problem::table(format!("The cookie {what}.")))?;
    cookies.set_sensitive(true);
    Ok(Some(cookies))
}

fn parameters(operation: &'static Operation, location: Location) -> impl Iterator<Item = &'static Parameter> {
    operation.parameters.iter().filter(move |parameter| parameter.location == location)
}

/// SECURITY.md O1.
fn path(operation: &'static Operation, template: &Template<'_>, arguments: &Arguments<'_>) -> Result<String, Error> {
    let path = template.fill(|name| {
        let parameter = parameters(operation, Location::Path)
            .find(|parameter| parameter.name == name)
            .ok_or_else(|| problem::table(format!("{} has no parameter for {{{name}}}.", operation.path)))?;
        let fail = |what: &str| problem::argument(parameter.argument, what);
        let raw = arguments
            .get(parameter.argument)
            .ok_or_else(|| fail("is missing, and stands in the path of the request"))?;
        let value = match content(parameter, raw)? {
            Some(text) => Value::One(text),
            None => Value::read(raw).map_err(|what| fail(&what))?,
        };
        let spans_segments = parameter.allow_reserved;
        if let Some(what) = value.texts().find_map(|text| path::problem(text, spans_segments)) {
            return Err(fail(what));
        }
        let escape = if spans_segments { Escape::ReservedInPath } else { Escape::All };
        let text = style::path(parameter.name, parameter.style, parameter.explode, escape, &value);
        let tabs = parameter.style == Style::TabDelimited;
        let problem = match tabs {
            true => path::problem(&text.replace(path::TAB, ""), spans_segments),
            false => path::problem(&text, spans_segments),
        };
        match problem {
            Some(what) => Err(fail(what)),
            None => Ok(Expansion { text, spans_segments, tabs }),
        }
    })?;
    path.ok_or_else(|| {
        let names: Vec<_> = parameters(operation, Location::Path).map(|parameter| parameter.argument).collect();
        problem::argument(&names.join("`, `"), &format!("would lead to another path than {}", operation.path))
    })
}

/// The pairs of the query or of the cookies.
fn pairs(
    operation: &'static Operation,
    location: Location,
    arguments: &Arguments<'_>,
    credentials: &[&Credential],
) -> Result<Vec<String>, Error> {
    let mut secrets = Vec::new();
    let mut taken = Vec::new();
    for credential in credentials {
        match (location, credential) {
            (Location::Query, Credential::Query(name, secret)) => {
                taken.push(*name);
                secrets.push(style::pair(name, Escape::All, secret.expose().trim()).text);
            }
            (Location::Cookie, Credential::Cookie(name, secret)) => {
                taken.push(*name);
                secrets.push(format!("{name}={}", secret.expose().trim()));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    for parameter in parameters(operation, location) {
        let Some(raw) = arguments.get(parameter.argument).filter(|_| !taken.contains(&parameter.name)) else {
            continue;
        };
        let escape = match (parameter.style, location) {
            (Style::Cookie, Location::Cookie) => Escape::Nothing,
            _ if parameter.allow_reserved && location == Location::Query => Escape::ReservedInQuery,
            _ => Escape::All,
        };
        for pair in parameter_pairs(parameter, escape, raw)? {
            check_pair(operation, parameter, &pair, &taken)?;
            out.push(match pair.text.split_once('=') {
                Some((_, value)) if escape == Escape::Nothing => format!("{}={value}", pair.name),
                _ => pair.text,
            });
        }
    }
    out.extend(secrets);
    Ok(out)
}

fn parameter_pairs(parameter: &Parameter, escape: Escape, raw: &RawValue) -> Result<Vec<Pair>, Error> {
    let fail = |what: &str| problem::argument(parameter.argument, what);
    // Line breaks and the like reach a query percent-encoded, which is safe; nothing that is sent should hold a NUL.
    let hidden = if parameter.location == Location::Cookie { char::is_control } else { |character| character == '\0' };
    if texts_match(raw, hidden).map_err(|what| fail(&what))? {
        return Err(fail("contains a control character, which the request cannot hold"));
    }
    match content(parameter, raw)? {
        Some(text) => Ok(vec![style::pair(parameter.name, escape, &text)]),
        None => {
            style::pairs(parameter.name, parameter.style, parameter.explode, escape, raw).map_err(|what| fail(&what))
        }
    }
}

/// An object that is exploded chooses names on the wire: it must not choose that of a credential or of another parameter
/// (SECURITY.md O3).
fn check_pair(operation: &'static Operation, parameter: &Parameter, pair: &Pair, taken: &[&str]) -> Result<(), Error> {
    let chosen = parameter.style != Style::DeepObject && pair.name != parameter.name;
    let another = || parameters(operation, parameter.location).any(|other| other.name == pair.name);
    if chosen && (taken.contains(&pair.name.as_str()) || another()) {
        return Err(problem::argument(
            parameter.argument,
            &format!("has the key {:?}, which is the name of another parameter", pair.name),
        ));
    }
    // Only a value of `style: cookie` comes here as it was given (RFC 6265 §4.1.1, `cookie-value`).
    if parameter.style == Style::Cookie && !header::is_cookie_value(pair.text.split_once('=').map_or("", |(_, it)| it))
    {
        return Err(problem::argument(
            parameter.argument,
            "has a character that no cookie can hold, and this API wants cookies as they are: give it in the escaped form \
             that the API asks for",
        ));
    }
    if parameter.location == Location::Cookie && !header::is_cookie_name(&pair.name) {
        return Err(problem::argument(
            parameter.argument,
            &format!("cannot be a cookie with the name {:?}", pair.name),
        ));
    }
    Ok(())
}

fn headers(
    operation: &'static Operation,
    arguments: &Arguments<'_>,
    credentials: &[&Credential],
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    if !operation.accept.is_empty() {
        let accept = HeaderValue::from_str(operation.accept)
            .map_err(|_| problem::table("The accepted media types are no header value."))?;
        headers.insert(http::header::ACCEPT, accept);
    }
    headers.insert(
        http::header::USER_AGENT,
        HeaderValue::from_static(concat!("mcpgen-runtime/", env!("CARGO_PKG_VERSION"))),
    );
    for parameter in parameters(operation, Location::Header) {
        let Some(raw) = arguments.get(parameter.argument) else { continue };
        let fail = |what: &str| problem::argument(parameter.argument, what);
        let name = match header::rule(parameter.name) {
            Rule::Send(name) => name,
            Rule::Ignore => continue,
            Rule::Deny => {
                return Err(fail(&format!(
                    "is the header {:?}, which is never taken from an argument",
                    parameter.name
                )));
            }
        };
        let text = match content(parameter, raw)? {
            Some(text) => Some(ascii_json(parameter, text)),
            None => style::header(parameter.style, parameter.explode, &Value::read(raw).map_err(|what| fail(&what))?),
        };
        if let Some(text) = text {
            headers.insert(name, header::value(&text).map_err(fail)?);
        }
    }
    for credential in credentials {
        if let Credential::Header(name, value) = credential {
            headers.insert(name.clone(), value.clone());
        }
    }
    Ok(headers)
}

/// The text of a `content`-typed parameter (OpenAPI 3.1.1 §4.8.12.2.2, "Fixed Fields for use with `content`"), before it
/// is percent-encoded: JSON without insignificant white space, or plain text.
fn content(parameter: &Parameter, raw: &RawValue) -> Result<Option<String>, Error> {
    let Some(media_type) = parameter.content_type else { return Ok(None) };
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if is_json(&essence) {
        return Ok(Some(compact(raw.get())));
    }
    // The whole query may be of any type whose values are texts (OpenAPI 3.2.0: `application/jsonpath`).
    if !essence.starts_with("text/") && parameter.location != Location::QueryString {
        return Err(problem::table(format!("Parameters of type {media_type} are not supported.")));
    }
    match Node::read(raw) {
        Ok(Node::Scalar(text)) => Ok(Some(text)),
        Ok(_) if parameter.location == Location::QueryString => {
            Err(problem::argument(parameter.argument, &format!("is no text, and the query is {media_type}")))
        }
        Ok(_) => Ok(Some(compact(raw.get()))),
        Err(error) => Err(problem::argument(parameter.argument, &format!("cannot be read: {error}"))),
    }
}

/// JSON with everything beyond ASCII as `\u` escapes, so that a header can hold it; other text as it is.
fn ascii_json(parameter: &Parameter, text: String) -> String {
    if text.is_ascii() || parameter.content_type.is_some_and(|media_type| media_type.starts_with("text/")) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// Whether a string or a key anywhere in the value has such a character.
fn texts_match(raw: &RawValue, matches: fn(char) -> bool) -> Result<bool, String> {
    let mut open = vec![raw];
    while let Some(raw) = open.pop() {
        match Node::read(raw).map_err(|error| format!("cannot be read: {error}"))? {
            Node::Null => {}
            Node::Scalar(text) if text.contains(matches) => return Ok(true),
            Node::Scalar(_) => {}
            Node::Array(items) => open.extend(items),
            Node::Object(members) => {
                if members.iter().any(|(key, _)| key.contains(matches)) {
                    return Ok(true);
                }
                open.extend(members.into_iter().map(|(_, value)| value));
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
