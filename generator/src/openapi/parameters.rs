//! Parameter Objects → arguments. OpenAPI 3.1.1 §4.8.12.

use openapiv3::{
    CookieStyle, HeaderStyle, Parameter, ParameterData, ParameterSchemaOrContent, PathStyle, QueryStyle, ReferenceOr,
};
use serde_json::{Value, json};

use super::arguments::{Argument, Carrier};
use super::definitions::Direction;
use super::schema::Schemas;
use super::security::Security;
use super::skeleton::QUERY_STRING;
use super::{at, media, schema_pointer};
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::load::STYLE;
use crate::model::{self, Location, Style};
use crate::source::Span;

/// How many examples of one parameter are read.
const EXAMPLES: usize = 20;

/// Header parameters that OpenAPI says are ignored: the request body, the responses and the security schemes say it.
const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];

/// SECURITY.md O3: headers that belong to the connection, or would let an argument redirect or reframe the request.
const REFUSED: [&str; 14] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "cookie",
    "via",
    "proxy-authorization",
    "proxy-connection",
    "content-encoding",
];

/// The parameters of an operation: its own, then those of the path that it does not replace; in the order of the
/// document, path level first.
pub(super) fn lower(
    path_level: &[ReferenceOr<Parameter>],
    own: &[ReferenceOr<Parameter>],
    place: &super::operation::Place<'_>,
    security: &Security<'_>,
    schemas: &mut Schemas<'_, '_>,
) -> Vec<Argument> {
    let own: Vec<&Parameter> = own.iter().filter_map(ReferenceOr::as_item).collect();
    let inherited = path_level.iter().filter_map(ReferenceOr::as_item).filter(|inherited| {
        let (name, location) = (name_of(inherited), location(inherited));
        !own.iter().any(|parameter| name_of(parameter) == name && self::location(parameter) == location)
    });
    let merged: Vec<&Parameter> = inherited.chain(own.iter().copied()).collect();

    let mut arguments: Vec<Argument> = Vec::new();
    for parameter in merged {
        let data = data(parameter);
        let location = location(parameter);
        let span = schemas.index.span(at(&data.extensions));
        if arguments.iter().any(|argument| argument.wire == data.name && argument.is_at(location)) {
            warn(schemas, span, format!("the parameter `{}` stands twice; the first one is used", data.name));
            continue;
        }
        if let Some(problem) = unusable(data, location, place.wire, security) {
            warn(schemas, span, problem);
            continue;
        }
        arguments.push(lower_one(parameter, data, location, span, schemas));
    }
    undeclared(&mut arguments, place, schemas);
    arguments
}

/// Why a parameter becomes no argument.
fn unusable(data: &ParameterData, location: Location, path: &str, security: &Security<'_>) -> Option<String> {
    let name = &data.name;
    if name.is_empty() {
        return Some("a parameter without a name is left out".to_owned());
    }
    if security.owns(location, name) {
        return Some(format!("the parameter `{name}` is left out: a security scheme sends it"));
    }
    match location {
        Location::Path if !path.contains(&format!("{{{name}}}")) => {
            Some(format!("the path `{path}` has no `{{{name}}}`: the parameter is left out"))
        }
        Location::Header => {
            let lower = name.to_ascii_lowercase();
            if IGNORED.contains(&lower.as_str()) {
                Some(format!(
                    "the header parameter `{name}` is ignored, as OpenAPI says: media types and security schemes set it"
                ))
            } else if REFUSED.contains(&lower.as_str()) {
                Some(format!("the header parameter `{name}` is refused: the connection sets it"))
            } else if !media::is_token(name) {
                Some(format!("`{name}` is no name of a header: the parameter is left out"))
            } else {
                None
            }
        }
        Location::Cookie if !media::is_token(name) => {
            Some(format!("`{name}` is no name of a cookie: the parameter is left out"))
        }
        _ => None,
    }
}

fn lower_one(
    parameter: &Parameter,
    data: &ParameterData,
    location: Location,
    span: Span,
    schemas: &mut Schemas<'_, '_>,
) -> Argument {
    let (mut schema, content_type) = match &data.format {
        ParameterSchemaOrContent::Schema(schema) => {
            let value = match schema {
                ReferenceOr::Reference { reference } => schemas.at(reference, Direction::Input),
                ReferenceOr::Item(_) => json!({}),
            };
            (value, None)
        }
        ParameterSchemaOrContent::Content(content) => match content.first() {
            Some((name, media)) if media::is_json(name) => {
                let value = schema_pointer(media).map_or_else(|| json!({}), |at| schemas.at(at, Direction::Input));
                (value, media::essence(name))
            }
            Some((name, media)) if location == Location::QueryString => {
                let value = schema_pointer(media).map_or_else(|| json!({}), |at| schemas.at(at, Direction::Input));
                let is_text = value.get("type").is_some_and(|given| given == "string");
                (if is_text { value } else { json!({"type": "string"}) }, media::essence(name))
            }
            _ => (json!({"type": "string"}), None),
        },
    };
    if let Value::Object(fields) = &mut schema {
        let description = data.description.as_deref().map(|text| schemas.prose(text, at(&data.extensions)));
        if let Some(mut description) = description.filter(|text| !text.is_empty()) {
            // What a parameter says of itself comes before what its schema says of every value.
            if let Some(Value::String(of_schema)) = fields.get("description")
                && !description.contains(of_schema.as_str())
            {
                description = format!("{description}\n{of_schema}");
            }
            fields.insert("description".to_owned(), json!(description));
        }
        if data.deprecated == Some(true) {
            fields.insert("deprecated".to_owned(), json!(true));
        }
    }
    let (style, allow_reserved) = style(parameter);
    let explode = data.explode.unwrap_or(matches!(style, Style::Form | Style::Cookie));
    let parameter = model::Parameter {
        argument: String::new(),
        name: data.name.clone(),
        location,
        style,
        explode,
        allow_reserved,
        content_type,
        examples: super::examples(at(&data.extensions), EXAMPLES, schemas),
        span,
    };
    Argument {
        wire: data.name.clone(),
        name: String::new(),
        required: data.required,
        required_in_body: false,
        schema,
        carrier: Carrier::Parameter(parameter),
        span,
    }
}

/// Variables of the path that no parameter declares become strings.
fn undeclared(arguments: &mut Vec<Argument>, place: &super::operation::Place<'_>, schemas: &mut Schemas<'_, '_>) {
    for name in variables(place.wire) {
        if arguments.iter().any(|argument| argument.wire == name && argument.is_at(Location::Path)) {
            continue;
        }
        warn(
            schemas,
            place.span,
            format!("the variable `{{{name}}}` of the path `{}` has no parameter: it is read as a string", place.path),
        );
        let parameter = model::Parameter {
            argument: String::new(),
            name: name.to_owned(),
            location: Location::Path,
            style: Style::Simple,
            explode: false,
            allow_reserved: false,
            content_type: None,
            examples: Vec::new(),
            span: place.span,
        };
        arguments.push(Argument {
            wire: name.to_owned(),
            name: String::new(),
            required: true,
            required_in_body: false,
            schema: json!({"type": "string"}),
            carrier: Carrier::Parameter(parameter),
            span: place.span,
        });
    }
}

/// The variables of a path template.
pub(super) fn variables(path: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in path.split('{').skip(1) {
        if let Some((name, _)) = part.split_once('}')
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Why a path cannot become a request; `None`: it can. A fixed query is part of it (`/search?type=exact`, which OpenAPI
/// forbids and documents contain).
pub(super) fn path_problem(path: &str) -> Option<&'static str> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut open = false;
    let mut empty = false;
    for c in path.chars() {
        match c {
            '{' if open => return Some("has a brace within braces"),
            '{' => (open, empty) = (true, true),
            '}' if !open => return Some("closes a brace that it does not open"),
            '}' if empty => return Some("has empty braces"),
            '}' => open = false,
            c if c.is_control() || c == '\\' => return Some("has characters that no path has"),
            _ => empty = false,
        }
    }
    if open {
        return Some("opens a brace that it does not close");
    }
    if query.contains(['{', '}']) {
        return Some("has variables in its query");
    }
    // RFC 3986 §3.4
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    if !query.bytes().all(fits) {
        return Some("has characters in its query that no query has");
    }
    path.split('/').any(|segment| matches!(segment, "." | "..")).then_some("has the segment `.` or `..`")
}

fn warn(schemas: &mut Schemas<'_, '_>, span: Span, message: String) {
    schemas.report.push(Diagnostic::warning(codes::PARAMETER, span, message));
}

fn data(parameter: &Parameter) -> &ParameterData {
    parameter.parameter_data_ref()
}

fn name_of(parameter: &Parameter) -> &str {
    &data(parameter).name
}

fn location(parameter: &Parameter) -> Location {
    match parameter {
        Parameter::Query { parameter_data, .. } if parameter_data.extensions.contains_key(QUERY_STRING) => {
            Location::QueryString
        }
        Parameter::Query { .. } => Location::Query,
        Parameter::Header { .. } => Location::Header,
        Parameter::Path { .. } => Location::Path,
        Parameter::Cookie { .. } => Location::Cookie,
    }
}

fn style(parameter: &Parameter) -> (Style, bool) {
    match data(parameter).extensions.get(STYLE).and_then(Value::as_str) {
        Some("cookie") => return (Style::Cookie, false),
        Some("tabDelimited") => return (Style::TabDelimited, false),
        Some("spaceDelimited") => return (Style::SpaceDelimited, false),
        Some("pipeDelimited") => return (Style::PipeDelimited, false),
        _ => {}
    }
    match parameter {
        Parameter::Query { style, allow_reserved, .. } => {
            let style = match style {
                QueryStyle::Form => Style::Form,
                QueryStyle::SpaceDelimited => Style::SpaceDelimited,
                QueryStyle::PipeDelimited => Style::PipeDelimited,
                QueryStyle::DeepObject => Style::DeepObject,
            };
            (style, *allow_reserved)
        }
        Parameter::Header { style: HeaderStyle::Simple, .. } => (Style::Simple, false),
        Parameter::Path { style, .. } => match style {
            PathStyle::Matrix => (Style::Matrix, false),
            PathStyle::Label => (Style::Label, false),
            PathStyle::Simple => (Style::Simple, false),
        },
        Parameter::Cookie { style: CookieStyle::Form, .. } => (Style::Form, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_their_variables() {
        assert_eq!(variables("/a/{b}/c{d}.{e}/{b}"), ["b", "d", "e"]);
        assert!(variables("/a").is_empty());
        assert_eq!(path_problem("/a/{b}/c.{d}"), None);
        assert_eq!(path_problem("/a?x=y&z"), None);
        for odd in ["/a/{b", "/a}", "/a/{}", "/{a{b}}", "/a?x={y}", "/a?x y", "/a/../b", "/a\\b", "/a\nb"] {
            assert!(path_problem(odd).is_some(), "{odd}");
        }
    }
}
