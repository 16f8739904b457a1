//! `multipart/form-data` (RFC 7578, RFC 2046 §5.1; OpenAPI 3.1.1 §4.8.14.3 and §4.8.15).
//!
//! Primitives are text without a media type (RFC 7578 §4.4), objects JSON, files carry a name and a media type, and each
//! item of an array is a part of its own under the same name. A property with a `style` is written as the pairs of that
//! style, nothing escaped.

use std::hash::{BuildHasher, RandomState};

use serde_json::value::RawValue;

use super::super::args::Node;
use super::super::encode::Escape;
use super::super::operation::Encoding;
use super::super::style;
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
        let pairs = style::pairs(&member.name, style, explode, Escape::Nothing, member.value);
        for pair in pairs.map_err(|what| member.fail(&what))? {
            // The name is encoded there, so that it holds no `=`.
            let (_, value) = pair.text.split_once('=').unwrap_or_default();
            parts.push(text(member, &pair.name, None, value.to_owned())?);
        }
        return Ok(());
    }
    match member.read()? {
        Node::Null if matches!(member.encoding, Some(Encoding::File(_))) => {}
        Node::Null => parts.push(text(member, &member.name, None, String::new())?),
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
    match member.encoding {
        Some(Encoding::File(media_type)) => {
            let file = File::read(value).map_err(|what| member.fail(&what))?;
            let filename = file.filename.as_deref().unwrap_or(&member.name);
            let disposition = format!("{}; filename=\"{}\"", name(member, &member.name)?, quoted(filename));
            let media_type = file.media_type.unwrap_or_else(|| media_type.to_owned());
            Ok(Part { disposition, media_type: Some(media_type), headers: headers(member)?, bytes: file.bytes })
        }
        Some(Encoding::Content(media_type)) => {
            text(member, &member.name, Some(media_type), content(value, node, Some(media_type)))
        }
        _ => {
            let media_type = (!matches!(node, Node::Scalar(_))).then_some("application/json");
            text(member, &member.name, media_type, content(value, node, media_type))
        }
    }
}

fn text(member: &Member<'_>, part: &str, media_type: Option<&str>, text: String) -> Result<Part, Error> {
    let media_type = media_type.map(str::to_owned);
    Ok(Part { disposition: name(member, part)?, media_type, headers: headers(member)?, bytes: text.into_bytes() })
}

/// The headers that the document gives the parts of a property. SECURITY.md O3: a table could hold anything.
fn headers(member: &Member<'_>) -> Result<String, Error> {
    let mut out = String::new();
    for (_, name, value) in member.headers.iter().filter(|(property, _, _)| *property == member.name) {
        let fits = http::HeaderName::from_bytes(name.as_bytes()).is_ok() && super::super::header::value(value).is_ok();
        if !fits {
            return Err(member.fail("has a part whose header cannot be written"));
        }
        out.push_str(&format!("{name}: {value}\r\n"));
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
