//! The request of a contract, written from OpenAPI 3.1.1 §4.8.12 ("Style Values", "Style Examples"), RFC 6570 and
//! RFC 7578. `None` throughout: a value that none of the tables has a row for.

use serde::Serialize;
use serde_json::{Map, Value};

use super::sample::BASE64;
use super::security::Credential;
use crate::model::{BodyLayout, Encoding, HttpBinding, Location, Parameter, RequestBody, Style};

/// The bytes that [`BASE64`] stands for.
const BYTES: &str = "foobar";
/// Stands for the boundary of a multipart body, which is made anew for each request.
const BOUNDARY: &str = "BOUNDARY";

/// RFC 3986 §2.3.
const UNRESERVED: &str = "-._~";
/// RFC 3986 §3.3, `pchar` and `/`, and the triples that are there already.
const PATH: &str = "-._~:/@!$&'()*+,;=%";
/// `allowReserved`: RFC 3986 §2.2 without what ends a query (`#`), has no place in one (`[`, `]`, §3.4), or separates the
/// pairs of a form (`&`, `+`); `'` is encoded by URL parsers.
const RESERVED: &str = "-._~:/?@!$()*,;=%";

/// A request as it must arrive.
#[derive(Debug, Serialize)]
pub(super) struct Request {
    /// Method and target.
    line: String,
    /// By name, without what the connection sets.
    headers: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

/// The path of a base URL, without the slash at its end.
pub(super) fn path_of(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    rest.find('/').map_or("", |start| rest[start..].trim_end_matches('/'))
}

/// The request of an operation with these arguments.
pub(super) fn write(
    binding: &HttpBinding,
    base: &str,
    arguments: &Map<String, Value>,
    credentials: &[Credential<'_>],
) -> Option<Request> {
    let of = |location: Location| {
        let here = binding.parameters.iter().filter(move |parameter| parameter.location == location);
        here.filter_map(|parameter| Some((parameter, arguments.get(&parameter.argument)?)))
    };
    let secrets = |location: Location| credentials.iter().filter(move |one| one.location == location);

    let template = binding.path.split('#').next().unwrap_or_default();
    let (template, fixed) = template.split_once('?').unwrap_or((template, ""));
    let mut query: Vec<String> = fixed.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    for (parameter, value) in of(Location::QueryString) {
        query.push(encode(&content(parameter, value)?, UNRESERVED));
    }
    for (parameter, value) in of(Location::Query) {
        query.extend(pairs(parameter, value)?);
    }
    query.extend(
        secrets(Location::Query)
            .map(|one| format!("{}={}", encode(one.name, UNRESERVED), encode(&one.value, UNRESERVED))),
    );
    let mut target = format!("{base}{}", path(template, binding, arguments)?);
    if !query.is_empty() {
        target = format!("{target}?{}", query.join("&"));
    }

    let mut headers = Map::new();
    let mut header = |name: &str, value: String| drop(headers.insert(name.to_ascii_lowercase(), Value::String(value)));
    if !binding.accept.is_empty() {
        header("accept", binding.accept.clone());
    }
    for (parameter, value) in of(Location::Header) {
        if let Some(text) = header_value(parameter, value)? {
            header(&parameter.name, text);
        }
    }
    let mut cookies = Vec::new();
    for (parameter, value) in of(Location::Cookie) {
        cookies.extend(pairs(parameter, value)?);
    }
    cookies.extend(secrets(Location::Cookie).map(|one| format!("{}={}", one.name, one.value)));
    if !cookies.is_empty() {
        header("cookie", cookies.join("; "));
    }
    for secret in secrets(Location::Header) {
        header(secret.name, secret.value.clone());
    }
    let body = match &binding.body {
        Some(table) => body(table, arguments)?,
        None => None,
    };
    let body = body.map(|(media_type, text)| {
        header("content-type", media_type);
        text
    });
    Some(Request { line: format!("{} {target}", binding.method), headers, body })
}

/// A value as RFC 6570 §2.3 sees it.
enum Shape {
    One(String),
    List(Vec<String>),
    Pairs(Vec<(String, String)>),
}

fn shape(value: &Value) -> Option<Shape> {
    let members = || match value {
        Value::Array(items) => items.iter().map(primitive).collect::<Option<Vec<_>>>().map(Shape::List),
        Value::Object(fields) => {
            let pair = |(key, value): (&String, &Value)| Some((key.clone(), primitive(value)?));
            fields.iter().map(pair).collect::<Option<Vec<_>>>().map(Shape::Pairs)
        }
        _ => primitive(value).map(Shape::One),
    };
    members().filter(|shape| {
        !matches!(shape, Shape::List(items) if items.is_empty())
            && !matches!(shape, Shape::Pairs(pairs) if pairs.is_empty())
    })
}

fn primitive(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn encode(text: &str, kept: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte);
        if plain { out.push(char::from(byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

/// The path template with its values.
fn path(template: &str, binding: &HttpBinding, arguments: &Map<String, Value>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let parameter = binding.parameters.iter().find(|one| one.location == Location::Path && one.name == name)?;
        out.push_str(&encode(literal, PATH));
        out.push_str(&path_value(parameter, arguments.get(&parameter.argument)?)?);
        rest = after;
    }
    out.push_str(&encode(rest, PATH));
    Some(out)
}

fn path_value(parameter: &Parameter, value: &Value) -> Option<String> {
    let kept = if parameter.allow_reserved { "-._~:/@!$&'()*+,;=" } else { UNRESERVED };
    let e = |text: &str| encode(text, kept);
    let list = |items: &[String], by: &str| items.iter().map(|item| e(item)).collect::<Vec<_>>().join(by);
    let object = |pairs: &[(String, String)], between: &str, by: &str| {
        pairs.iter().map(|(key, value)| format!("{}{between}{}", e(key), e(value))).collect::<Vec<_>>().join(by)
    };
    let shape = match content(parameter, value) {
        Some(text) => Shape::One(text),
        None => shape(value)?,
    };
    let name = encode(&parameter.name, UNRESERVED);
    Some(match (&parameter.style, parameter.explode, &shape) {
        (Style::Label, _, Shape::One(one)) => format!(".{}", e(one)),
        (Style::Label, false, Shape::List(items)) => format!(".{}", list(items, ",")),
        (Style::Label, true, Shape::List(items)) => format!(".{}", list(items, ".")),
        (Style::Label, false, Shape::Pairs(pairs)) => format!(".{}", object(pairs, ",", ",")),
        (Style::Label, true, Shape::Pairs(pairs)) => format!(".{}", object(pairs, "=", ".")),
        // RFC 6570 §3.2.7: no `=` before an empty value.
        (Style::Matrix, _, Shape::One(one)) if one.is_empty() => format!(";{name}"),
        (Style::Matrix, _, Shape::One(one)) => format!(";{name}={}", e(one)),
        (Style::Matrix, false, Shape::List(items)) => format!(";{name}={}", list(items, ",")),
        (Style::Matrix, true, Shape::List(items)) => items.iter().map(|item| format!(";{name}={}", e(item))).collect(),
        (Style::Matrix, false, Shape::Pairs(pairs)) => format!(";{name}={}", object(pairs, ",", ",")),
        (Style::Matrix, true, Shape::Pairs(pairs)) => format!(";{}", object(pairs, "=", ";")),
        (_, _, Shape::One(one)) => e(one),
        (style, _, Shape::List(items)) => list(items, between(*style)),
        (style, false, Shape::Pairs(pairs)) => object(pairs, between(*style), between(*style)),
        (_, true, Shape::Pairs(pairs)) => object(pairs, "=", ","),
    })
}

/// What stands between the items of a list in a URL: the table writes a space as %20, a pipe as %7C; a tab is %09.
fn between(style: Style) -> &'static str {
    match style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        Style::TabDelimited => "%09",
        _ => ",",
    }
}

/// `name=value` of a query or of cookies.
fn pairs(parameter: &Parameter, value: &Value) -> Option<Vec<String>> {
    let kept = if parameter.allow_reserved && parameter.location == Location::Query { RESERVED } else { UNRESERVED };
    let name = encode(&parameter.name, UNRESERVED);
    if let Some(text) = content(parameter, value) {
        return Some(vec![format!("{name}={}", encode(&text, kept))]);
    }
    if parameter.style == Style::Cookie {
        // OpenAPI 3.2.0, "Style Values": as it is. What a cookie cannot hold is not sent.
        let fits = |text: &String| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\";\\".contains(&byte));
        let name = &parameter.name;
        return match (shape(value)?, parameter.explode) {
            (Shape::One(one), _) => Some(vec![format!("{name}={one}")]),
            (Shape::List(items), true) => Some(items.iter().map(|item| format!("{name}={item}")).collect()),
            (Shape::List(items), false) => Some(vec![format!("{name}={}", items.join(","))]),
            (Shape::Pairs(pairs), true) => Some(pairs.iter().map(|(key, value)| format!("{key}={value}")).collect()),
            (Shape::Pairs(_), false) => None,
        }
        .filter(|pairs| pairs.iter().all(fits));
    }
    styled(&parameter.name, parameter.style, parameter.explode, kept, value)
}

fn styled(name: &str, style: Style, explode: bool, kept: &str, value: &Value) -> Option<Vec<String>> {
    let e = |text: &str| encode(text, kept);
    let name_of = |name: &str| encode(name, UNRESERVED);
    if style == Style::DeepObject {
        let mut out = Vec::new();
        deep(name, value, kept, &mut out)?;
        return Some(out);
    }
    let by = between(style);
    let name = name_of(name);
    Some(match shape(value)? {
        Shape::One(one) => vec![format!("{name}={}", e(&one))],
        Shape::List(items) if explode => items.iter().map(|item| format!("{name}={}", e(item))).collect(),
        Shape::Pairs(pairs) if explode => {
            pairs.iter().map(|(key, value)| format!("{}={}", name_of(key), e(value))).collect()
        }
        Shape::List(items) => vec![format!("{name}={}", items.iter().map(|item| e(item)).collect::<Vec<_>>().join(by))],
        Shape::Pairs(pairs) => {
            let texts = pairs.iter().map(|(key, value)| format!("{}{by}{}", e(key), e(value)));
            vec![format!("{name}={}", texts.collect::<Vec<_>>().join(by))]
        }
    })
}

/// `name[key]=value`; arrays `name[key][]=value`; what has arrays or objects in an array numbers them.
fn deep(name: &str, value: &Value, kept: &str, out: &mut Vec<String>) -> Option<()> {
    match value {
        Value::Object(fields) => {
            fields.iter().try_for_each(|(key, value)| deep(&format!("{name}[{key}]"), value, kept, out))
        }
        Value::Array(items) => {
            let numbered = items.iter().any(|item| item.is_array() || item.is_object());
            items.iter().enumerate().try_for_each(|(index, item)| {
                let index = if numbered { index.to_string() } else { String::new() };
                deep(&format!("{name}[{index}]"), item, kept, out)
            })
        }
        _ => {
            out.push(format!("{}={}", encode(name, UNRESERVED), encode(&primitive(value)?, kept)));
            Some(())
        }
    }
}

/// `simple`, and nothing is encoded: OpenAPI 3.1.1 Appendix D.
fn header_value(parameter: &Parameter, value: &Value) -> Option<Option<String>> {
    if let Some(text) = content(parameter, value) {
        return text.is_ascii().then_some(Some(text));
    }
    let text = match shape(value)? {
        Shape::One(one) => one,
        Shape::List(items) => items.join(match parameter.style {
            Style::SpaceDelimited => " ",
            Style::PipeDelimited => "|",
            Style::TabDelimited => "\t",
            _ => ",",
        }),
        Shape::Pairs(pairs) => {
            let between = if parameter.explode { "=" } else { "," };
            pairs.iter().map(|(key, value)| format!("{key}{between}{value}")).collect::<Vec<_>>().join(",")
        }
    };
    text.is_ascii().then_some(Some(text))
}

/// The text of a `content` parameter.
fn content(parameter: &Parameter, value: &Value) -> Option<String> {
    let media_type = parameter.content_type.as_deref()?;
    match value {
        Value::String(text) if media_type.starts_with("text/") => Some(text.clone()),
        Value::String(text) if parameter.location == Location::QueryString && !media_type.ends_with("json") => {
            Some(text.clone())
        }
        _ => Some(value.to_string()),
    }
}

/// Media type and text; the inner `None`: an optional body of which nothing is given.
fn body(table: &RequestBody, arguments: &Map<String, Value>) -> Option<Option<(String, String)>> {
    let essence = table.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = essence == "application/json" || essence == "text/json" || essence.ends_with("+json");
    let form = essence == "application/x-www-form-urlencoded";
    let multipart = essence.starts_with("multipart/");
    let fields = match &table.layout {
        BodyLayout::Flattened(properties) => {
            let field = |(argument, name): &(String, String)| Some((name.clone(), arguments.get(argument)?.clone()));
            let fields: Map<String, Value> = properties.iter().filter_map(field).collect();
            if fields.is_empty() && !table.required {
                return Some(None);
            }
            Value::Object(fields)
        }
        BodyLayout::Whole { argument } => match arguments.get(argument) {
            Some(value) => value.clone(),
            None => return Some(None),
        },
    };
    let same = |text: String| Some(Some((table.media_type.clone(), text)));
    if !table.xml.is_empty() {
        return same(super::xml::write(&table.xml, &fields)?);
    }
    match &fields {
        value if json => same(value.to_string()),
        Value::Object(fields) if form => same(form_text(table, fields)?),
        Value::Object(fields) if multipart => {
            Some(Some((format!("{essence}; boundary={BOUNDARY}"), multipart_text(table, fields)?)))
        }
        Value::Array(items) if essence.ends_with("json-seq") => {
            same(items.iter().map(|item| format!("\u{1e}{item}\n")).collect())
        }
        Value::Array(items) if essence.ends_with("ndjson") || essence.ends_with("jsonl") => {
            same(items.iter().map(|item| format!("{item}\n")).collect())
        }
        Value::String(text) if text == BASE64 && !essence.contains('*') => same(BYTES.to_owned()),
        Value::String(text) if !essence.contains('*') => same(text.clone()),
        _ => None,
    }
}

fn encoding<'a>(table: &'a RequestBody, name: &str) -> Option<&'a Encoding> {
    table.encodings.iter().find(|(property, _)| property == name).map(|(_, encoding)| encoding)
}

/// Primitives as text, objects as JSON, each item of an array apart (OpenAPI 3.1.1 §4.8.15.1.2).
fn plain_texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| primitive(value).unwrap_or_else(|| value.to_string());
    match value {
        Value::Null => None,
        Value::Array(items) => Some(items.iter().map(text).collect()),
        value => Some(vec![text(value)]),
    }
}

fn form_text(table: &RequestBody, fields: &Map<String, Value>) -> Option<String> {
    let mut out = Vec::new();
    for (name, value) in fields {
        match encoding(table, name) {
            Some(Encoding::Style { style, explode, allow_reserved }) => {
                out.extend(styled(name, *style, *explode, if *allow_reserved { RESERVED } else { UNRESERVED }, value)?);
            }
            Some(Encoding::Content(media_type)) if media_type.ends_with("json") && value.is_string() => return None,
            _ => {
                let pair = |text: &String| format!("{}={}", encode(name, UNRESERVED), encode(text, UNRESERVED));
                out.extend(plain_texts(value)?.iter().map(pair));
            }
        }
    }
    Some(out.join("&"))
}

/// The lines of the headers of a part: those of the caller in the order that they were given in, then those of the document.
fn part_headers(table: &RequestBody, property: &str, part: &Value) -> Option<String> {
    let given = part.get("headers").and_then(Value::as_object);
    let given = given.filter(|_| table.given_headers.iter().any(|(of, _, _)| of == property));
    let mut out = String::new();
    for (name, value) in given.into_iter().flatten() {
        let (_, _, explode) = table.given_headers.iter().find(|(of, header, _)| of == property && header == name)?;
        let text = match shape(value)? {
            Shape::One(one) => one,
            Shape::List(items) => items.join(","),
            Shape::Pairs(pairs) => {
                let by = if *explode { "=" } else { "," };
                pairs.iter().map(|(key, value)| format!("{key}{by}{value}")).collect::<Vec<_>>().join(",")
            }
        };
        out.push_str(&format!("\r\n{name}: {}", Some(text).filter(|text| text.is_ascii())?));
    }
    for (of, name, value) in &table.part_headers {
        if of == property && !given.is_some_and(|given| given.contains_key(name)) {
            out.push_str(&format!("\r\n{name}: {value}"));
        }
    }
    Some(out)
}

/// RFC 7578 §4.2 and §4.4; OpenAPI 3.1.1 §4.8.15.1.1 for the media types of parts.
fn multipart_text(table: &RequestBody, fields: &Map<String, Value>) -> Option<String> {
    let mut out = String::new();
    let mut part = |head: String, text: &str| {
        out.push_str(&format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n"));
    };
    for (name, value) in fields {
        let headers = table.given_headers.iter().any(|(property, _, _)| property == name);
        if name.contains(['"', '\\']) {
            return None;
        }
        let items = match value {
            Value::Array(items) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        match encoding(table, name) {
            Some(Encoding::File(default)) => {
                for file in items {
                    let own = part_headers(table, name, file)?;
                    let text = |key: &str| file.get(key).and_then(Value::as_str);
                    let filename = text("filename").unwrap_or(name);
                    let media_type = text("mediaType").unwrap_or(default);
                    if text("data") != Some(BASE64) {
                        return None;
                    }
                    let head = format!("name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: {media_type}{own}");
                    part(head, BYTES);
                }
            }
            Some(Encoding::Style { .. }) => return None,
            Some(Encoding::Content(media_type)) => {
                for part_of in items {
                    let own = part_headers(table, name, part_of)?;
                    let item = if headers { part_of.get("value")? } else { part_of };
                    let json = media_type.ends_with("json");
                    let text = primitive(item).filter(|_| !json).unwrap_or_else(|| item.to_string());
                    part(format!("name=\"{name}\"\r\nContent-Type: {media_type}{own}"), &text);
                }
            }
            None => {
                for part_of in items {
                    let own = part_headers(table, name, part_of)?;
                    let item = if headers { part_of.get("value")? } else { part_of };
                    let head = match item {
                        Value::Null => return None,
                        Value::Object(_) | Value::Array(_) => {
                            format!("name=\"{name}\"\r\nContent-Type: application/json{own}")
                        }
                        _ => format!("name=\"{name}\"{own}"),
                    };
                    part(head, &primitive(item).unwrap_or_else(|| item.to_string()));
                }
            }
        }
    }
    out.push_str(&format!("--{BOUNDARY}--\r\n"));
    Some(out)
}
