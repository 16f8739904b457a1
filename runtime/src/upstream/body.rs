//! The request body (OpenAPI 3.1.1 §4.8.13 to §4.8.15).

mod files;
mod form;
mod multipart;
mod xml;

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::args::{Arguments, Node};
use super::operation::{BodyLayout, Encoding, RequestBody};
use super::problem;
use crate::error::Error;
use crate::json::compact;

/// A body and its media type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) media_type: Cow<'static, str>,
    pub(crate) bytes: Vec<u8>,
}

impl Body {
    fn new(media_type: impl Into<Cow<'static, str>>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { media_type: media_type.into(), bytes: bytes.into() }
    }
}

/// How values of a media type are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Json,
    /// One JSON value on each line.
    Lines,
    /// RFC 7464: a record separator before each JSON value.
    Sequence,
    Form,
    Multipart,
    Text,
    /// From a table; without one it is text.
    Xml,
    Bytes,
}

/// One property of a body, with the argument that errors name.
struct Member<'a> {
    argument: &'a str,
    name: Cow<'a, str>,
    value: &'a RawValue,
    encoding: Option<Encoding>,
    /// Of the whole body.
    table: &'static RequestBody,
}

impl Member<'_> {
    fn fail(&self, what: &str) -> Error {
        if self.argument == self.name {
            return problem::argument(self.argument, what);
        }
        problem::argument(self.argument, &format!("({:?} of the request body) {what}", self.name))
    }

    fn read(&self) -> Result<Node<'_>, Error> {
        Node::read(self.value).map_err(|error| self.fail(&format!("cannot be read: {error}")))
    }
}

/// The body of a request; `None` where nothing is sent.
///
/// JSON keeps the spelling of the arguments, and the order of the table. Arguments that are absent are left out, `null`
/// is sent: as an empty value in a form, which has no other. Where no argument is given, an optional body is left out,
/// and a required one is sent without properties (`{}` in JSON).
///
/// # Errors
/// `InvalidInput` for a value that the media type cannot hold; `Internal` for a table that does not fit together.
pub(crate) fn body(table: &'static RequestBody, arguments: &Arguments<'_>) -> Result<Option<Body>, Error> {
    let (media_type, codec) = match codec(table.media_type) {
        (media_type, Codec::Text) if !table.xml.is_empty() => (media_type, Codec::Xml),
        known => known,
    };
    match &table.layout {
        BodyLayout::Whole(argument) => match arguments.get(argument) {
            None => Ok(None),
            Some(value) => whole(table, media_type, codec, argument, value).map(Some),
        },
        BodyLayout::Flattened(properties) => {
            let member = |(argument, name): &(&'static str, &'static str)| {
                let value = arguments.get(argument)?;
                Some(Member { argument, name: Cow::Borrowed(*name), value, encoding: encoding(table, name), table })
            };
            let members: Vec<Member<'_>> = properties.iter().filter_map(member).collect();
            if members.is_empty() && !table.required {
                return Ok(None);
            }
            match codec {
                Codec::Json => Ok(Some(Body::new(media_type, object(&members)))),
                Codec::Form => form::encode(&members).map(|text| Some(Body::new(media_type, text))),
                Codec::Multipart => multipart::encode(media_type, &members).map(Some),
                Codec::Xml => xml::properties(table.xml, &members).map(|text| Some(Body::new(media_type, text))),
                Codec::Lines | Codec::Sequence | Codec::Text | Codec::Bytes => {
                    Err(problem::table(format!("A body of type {media_type} has no properties.")))
                }
            }
        }
    }
}

fn whole(
    table: &'static RequestBody,
    media_type: &'static str,
    codec: Codec,
    argument: &'static str,
    value: &RawValue,
) -> Result<Body, Error> {
    let fail = |what: &str| problem::argument(argument, what);
    let read = || Node::read(value).map_err(|error| fail(&format!("cannot be read: {error}")));
    let text = match codec {
        Codec::Json => compact(value.get()),
        // Strings as they are, everything else as JSON.
        Codec::Text => match read()? {
            Node::Scalar(text) => text,
            _ => compact(value.get()),
        },
        Codec::Lines => match read()? {
            Node::Array(items) => items.into_iter().map(|item| compact(item.get()) + "\n").collect(),
            Node::Scalar(text) if value.get().starts_with('"') => text,
            _ => compact(value.get()) + "\n",
        },
        Codec::Sequence => match read()? {
            Node::Array(items) => items.into_iter().map(|item| format!("\u{1e}{}\n", compact(item.get()))).collect(),
            _ => format!("\u{1e}{}\n", compact(value.get())),
        },
        Codec::Xml => xml::whole(table.xml, value).map_err(|what| fail(&what))?,
        Codec::Bytes => {
            let file = files::File::read(value).map_err(|what| fail(&what))?;
            let media_type = match (media_type.contains('*'), file.media_type) {
                (true, Some(given)) => Cow::Owned(given),
                (true, None) => Cow::Borrowed("application/octet-stream"),
                (false, _) => Cow::Borrowed(media_type),
            };
            return Ok(Body::new(media_type, file.bytes));
        }
        Codec::Form | Codec::Multipart => match read()? {
            Node::Object(fields) => {
                let member = |(name, value): (String, _)| {
                    let encoding = encoding(table, &name);
                    Member { argument, name: Cow::Owned(name), value, encoding, table }
                };
                let members: Vec<Member<'_>> = fields.into_iter().map(member).collect();
                if codec == Codec::Multipart {
                    return multipart::encode(media_type, &members);
                }
                form::encode(&members)?
            }
            // A form that somebody has written already.
            Node::Scalar(text) if codec == Codec::Form => text,
            _ => return Err(fail("is no object, and the request body is a form: give an object")),
        },
    };
    Ok(Body::new(media_type, text))
}

fn encoding(table: &'static RequestBody, name: &str) -> Option<Encoding> {
    table.encodings.iter().find(|(property, _)| *property == name).map(|(_, encoding)| *encoding)
}

/// The media type that is sent, and its codec. Ranges (`*/*`, OpenAPI 3.1.1 §4.8.13, `content`) are sent as what they
/// most likely mean. The generator chooses the shape of the argument in the same way (`openapi/media.rs`).
fn codec(media_type: &'static str) -> (&'static str, Codec) {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "*/*" | "application/*" => ("application/json", Codec::Json),
        "text/*" => ("text/plain; charset=utf-8", Codec::Text),
        "application/x-www-form-urlencoded" => (media_type, Codec::Form),
        _ if is_json(&essence) => (media_type, Codec::Json),
        _ if is_lines(&essence) => (media_type, Codec::Lines),
        _ if is_sequence(&essence) => (media_type, Codec::Sequence),
        _ if is_text(&essence) => (media_type, Codec::Text),
        _ if essence.starts_with("multipart/") => (media_type, Codec::Multipart),
        _ => (media_type, Codec::Bytes),
    }
}

/// Whether a media type without parameters, in lower case, is JSON: `json` itself or the suffix `+json` (RFC 6839 §3.1).
pub(crate) fn is_json(essence: &str) -> bool {
    essence.ends_with("/json") || essence.ends_with("+json")
}

/// RFC 7464, and the suffix of RFC 8091.
fn is_sequence(essence: &str) -> bool {
    essence == "application/json-seq" || essence.ends_with("+json-seq")
}

/// Newline-delimited JSON, under the names that are in use.
pub(crate) fn is_lines(essence: &str) -> bool {
    let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
    matches!(subtype.strip_prefix("x-").unwrap_or(subtype), "ndjson" | "jsonl" | "jsonlines" | "json-lines")
}

/// Media types whose body is a text that the caller writes.
fn is_text(essence: &str) -> bool {
    if essence.starts_with("text/") || essence.starts_with("message/") {
        return true;
    }
    if essence.ends_with("+xml") || essence.ends_with("+yaml") {
        return true;
    }
    let Some(subtype) = essence.strip_prefix("application/") else { return false };
    matches!(
        subtype.strip_prefix("x-").unwrap_or(subtype),
        "xml"
            | "yaml"
            | "yml"
            | "graphql"
            | "javascript"
            | "sql"
            | "sparql-query"
            | "sparql-update"
            | "toml"
            | "pem-file"
    )
}

fn object(members: &[Member<'_>]) -> String {
    let mut out = String::from("{");
    for member in members {
        if out.len() > 1 {
            out.push(',');
        }
        crate::json::node::quote(&member.name, &mut out);
        out.push(':');
        out.push_str(&compact(member.value.get()));
    }
    out.push('}');
    out
}

/// A value under a media type: a string as it is, anything as JSON for JSON's types.
fn content(value: &RawValue, node: Node<'_>, media_type: Option<&str>) -> String {
    let json = media_type.is_some_and(|media_type| {
        is_json(&media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    });
    match node {
        Node::Scalar(text) if !json => text,
        _ => compact(value.get()),
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
