//! `multipart/form-data` (RFC 7578, RFC 2046 §5.1; OpenAPI 3.1.1 §4.8.14.3 and §4.8.15).
//!
//! Primitives are text without a media type (RFC 7578 §4.4), objects JSON, files carry a name and a media type, and each
//! item of an array is a part of its own under the same name. A property with a `style` is written as the pairs of that
//! style, nothing escaped. Where the document leaves headers of a part to the caller, the argument is an object: a file has
//! `headers` beside its `data`, anything else is `{value, headers}`.

use std::hash::{BuildHasher, RandomState};

use serde_json::value::RawValue;

use super::super::args::Node;
use super::super::encode::Escape;
use super::super::operation::{Encoding, Style};
use super::super::style::{self, Value};
use super::files::File;
use super::{Body, Member, content};
use crate::error::Error;

struct Part {
    /// `name="…"`, and for files `; filename="…"`.
    disposition: String,
    media_type: Option<String>,
    /// Lines, each with its end.
    headers: String,
    bytes: Vec<u8>,
}

/// The parts of all members, between boundaries that occur in none of them.
///
/// # Errors
/// `InvalidInput`, for a file that is none and for a name that no header can hold.
pub(super) fn encode(media_type: &'static str, members: &[Member<'_>]) -> Result<Body, Error> {
    let mut parts = Vec::new();
    for member in members {
        push(&mut parts, member)?;
    }
    let boundary = boundary(&parts);
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.bytes.len() + 256).sum());
    for part in parts {
        out.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; {}\r\n", part.disposition).as_bytes(),
        );
        if let Some(media_type) = part.media_type {
            out.extend_from_slice(format!("Content-Type: {media_type}\r\n").as_bytes());
        }
        out.extend_from_slice(part.headers.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&part.bytes);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    Ok(Body::new(format!("{essence}; boundary={boundary}"), out))
}

fn push(parts: &mut Vec<Part>, member: &Member<'_>) -> Result<(), Error> {
    if let Some(Encoding::Style { style, explode, .. }) = member.encoding {
        let (value, given) = apart(member, member.value)?;
        let pairs = style::pairs(&member.name, style, explode, Escape::Nothing, value);
        let headers = headers(member, given)?;
        for pair in pairs.map_err(|what| member.fail(&what))? {
            // The name is encoded there, so that it holds no `=`.
            let (_, value) = pair.text.split_once('=').unwrap_or_default();
            parts.push(text(member, &pair.name, None, value.to_owned(), headers.clone())?);
        }
        return Ok(());
    }
    match member.read()? {
        Node::Null if matches!(member.encoding, Some(Encoding::File(_))) => {}
        Node::Null => parts.push(text(member, &member.name, None, String::new(), headers(member, None)?)?),
        Node::Array(items) => {
            for item in items {
                match Node::read(item).map_err(|error| member.fail(&format!("cannot be read: {error}")))? {
                    Node::Null => {}
                    node => parts.push(part(member, item, node)?),
                }
            }
        }
        node => parts.push(part(member, member.value, node)?),
    }
    Ok(())
}

fn part(member: &Member<'_>, value: &RawValue, node: Node<'_>) -> Result<Part, Error> {
    if let Some(Encoding::File(media_type)) = member.encoding {
        let file = File::read(value).map_err(|what| member.fail(&what))?;
        let filename = file.filename.as_deref().unwrap_or(&member.name);
        let disposition = format!("{}; filename=\"{}\"", name(member, &member.name)?, quoted(filename));
        let media_type = file.media_type.unwrap_or_else(|| media_type.to_owned());
        let headers = headers(member, file.headers)?;
        return Ok(Part { disposition, media_type: Some(media_type), headers, bytes: file.bytes });
    }
    let (value, given) = apart(member, value)?;
    let node = match given {
        Some(_) => Node::read(value).map_err(|error| member.fail(&format!("cannot be read: {error}")))?,
        None => node,
    };
    let media_type = match member.encoding {
        Some(Encoding::Content(media_type)) => Some(media_type),
        _ => (!matches!(node, Node::Scalar(_) | Node::Null)).then_some("application/json"),
    };
    text(member, &member.name, media_type, content(value, node, media_type), headers(member, given)?)
}

fn text(
    member: &Member<'_>,
    part: &str,
    media_type: Option<&str>,
    text: String,
    headers: String,
) -> Result<Part, Error> {
    let media_type = media_type.map(str::to_owned);
    Ok(Part { disposition: name(member, part)?, media_type, headers, bytes: text.into_bytes() })
}

/// The value of a part that is no file, and the headers that the caller gives it: where the table has such headers, the
/// argument is an object of both.
fn apart<'a>(member: &Member<'_>, value: &'a RawValue) -> Result<(&'a RawValue, Option<&'a RawValue>), Error> {
    if !member.table.given_headers.iter().any(|(property, _, _)| *property == member.name) {
        return Ok((value, None));
    }
    let unreadable = |error: serde_json::Error| member.fail(&format!("cannot be read: {error}"));
    let Node::Object(fields) = Node::read(value).map_err(unreadable)? else {
        return Err(member.fail("is no object of `value` and `headers`, which this part of the body is"));
    };
    let of = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
    let inner = of("value").ok_or_else(|| member.fail("has no `value`"))?;
    Ok((inner, of("headers").or(Some(RawValue::NULL))))
}

/// The headers of a part: those that the caller gives, and those that the document gives all parts of the property,
/// where the caller gives no other value. SECURITY.md O3: a table could hold anything.
fn headers(member: &Member<'_>, given: Option<&RawValue>) -> Result<String, Error> {
    let mut out = String::new();
    let mut push = |name: &str, value: &str| {
        let value = super::super::header::value(value).map_err(|what| format!("has a header {name:?} that {what}"))?;
        let fits = http::HeaderName::from_bytes(name.as_bytes()).is_ok();
        let value = value.to_str().ok().filter(|_| fits).ok_or("has a part whose header cannot be written")?;
        out.push_str(&format!("{name}: {value}\r\n"));
        Ok::<_, String>(())
    };
    let given = match given.map(Node::read).transpose() {
        Ok(Some(Node::Object(fields))) => fields,
        Ok(Some(Node::Null) | None) => Vec::new(),
        _ => return Err(member.fail("has `headers` that are no object")),
    };
    let known = |table: &'static [(&'static str, &'static str, bool)], name: &str| {
        table.iter().find(|(property, header, _)| *property == member.name && *header == name)
    };
    for (name, value) in &given {
        let Some((_, name, explode)) = known(member.table.given_headers, name) else {
            return Err(member.fail(&format!("has the header {name:?}, which this part does not have")));
        };
        let value = Value::read(value).map_err(|what| member.fail(&what))?;
        if value == Value::Undefined {
            continue;
        }
        if let Some(text) = style::header(Style::Simple, *explode, &value) {
            push(name, &text).map_err(|what| member.fail(&what))?;
        }
    }
    for (property, name, value) in member.table.part_headers {
        if *property == member.name && !given.iter().any(|(given, _)| given == name) {
            push(name, value).map_err(|what| member.fail(&what))?;
        }
    }
    Ok(out)
}

/// SECURITY.md O3: names of a document come here too.
fn name(member: &Member<'_>, name: &str) -> Result<String, Error> {
    if name.chars().any(|character| character.is_control() || character == '\\') {
        return Err(member.fail("has a name with a control character or a backslash, which no part of a form can have"));
    }
    Ok(format!("name=\"{}\"", quoted(name)))
}

/// Names are UTF-8 (RFC 7578 §5.1); a quote is written as browsers do (HTML, "multipart form data").
fn quoted(text: &str) -> String {
    text.replace('"', "%22")
}

/// RFC 2046 §5.1.1: must not occur in any part. Chosen at random, so that no content can be made to collide.
fn boundary(parts: &[Part]) -> String {
    loop {
        let random = RandomState::new();
        let boundary = format!("mcpgen-{:016x}{:016x}", random.hash_one(0_u8), random.hash_one(1_u8));
        let occurs = |part: &Part| part.bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes());
        if !parts.iter().any(occurs) {
            return boundary;
        }
    }
}
