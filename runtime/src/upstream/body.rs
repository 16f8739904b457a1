//! The request body.

use serde_json::value::RawValue;

use super::args::{Arguments, Node};
use super::operation::{BodyLayout, RequestBody};
use super::problem;
use crate::error::Error;
use crate::json::compact;

/// A body and its media type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// How values of a media type are written.
enum Codec {
    Json,
    Text,
}

/// The body of a request; `None` where nothing is sent.
///
/// JSON keeps the spelling of the arguments, and the order of the table. Arguments that are absent are left out, `null`
/// is sent. Where no property is given, `POST`, `PUT` and `PATCH` send `{}` and other methods nothing.
///
/// # Errors
/// `InvalidInput` for a value that the media type cannot hold; `Internal` for a media type that is not supported.
pub(crate) fn body(
    method: &str,
    table: &'static RequestBody,
    arguments: &Arguments<'_>,
) -> Result<Option<Body>, Error> {
    let (media_type, codec) = codec(table.media_type)?;
    let bytes = match &table.layout {
        BodyLayout::Whole(argument) => match arguments.get(argument) {
            None => return Ok(None),
            Some(value) => match codec {
                Codec::Json => compact(value.get()),
                Codec::Text => text(argument, value)?,
            },
        },
        BodyLayout::Flattened(properties) => {
            if matches!(codec, Codec::Text) {
                return Err(problem::table(format!("A body of type {media_type} has no properties.")));
            }
            match object(properties, arguments)? {
                Some(object) => object,
                None if matches!(method, "POST" | "PUT" | "PATCH") => "{}".to_owned(),
                None => return Ok(None),
            }
        }
    };
    Ok(Some(Body { media_type, bytes: bytes.into_bytes() }))
}

/// The media type that is sent, and its codec. Ranges (`*/*`, OpenAPI 3.1.1 §4.8.13, `content`) are sent as what they
/// most likely mean.
fn codec(media_type: &'static str) -> Result<(&'static str, Codec), Error> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Ok(match essence.as_str() {
        "*/*" | "application/*" => ("application/json", Codec::Json),
        "text/*" => ("text/plain; charset=utf-8", Codec::Text),
        _ if is_json(&essence) => (media_type, Codec::Json),
        _ if essence.starts_with("text/") => (media_type, Codec::Text),
        _ => return Err(problem::table(format!("Request bodies of type {media_type} are not supported."))),
    })
}

/// Whether a media type without parameters, in lower case, is JSON: `json` itself or the suffix `+json` (RFC 6839 §3.1).
pub(crate) fn is_json(essence: &str) -> bool {
    essence.ends_with("/json") || essence.ends_with("+json")
}

fn object(properties: &[(&str, &str)], arguments: &Arguments<'_>) -> Result<Option<String>, Error> {
    let mut out = String::new();
    for (argument, property) in properties {
        let Some(value) = arguments.get(argument) else { continue };
        out.push(if out.is_empty() { '{' } else { ',' });
        let key = serde_json::to_string(property).map_err(|error| problem::table(error.to_string()))?;
        out.push_str(&key);
        out.push(':');
        out.push_str(&compact(value.get()));
    }
    if out.is_empty() {
        return Ok(None);
    }
    out.push('}');
    Ok(Some(out))
}

/// Strings as they are, everything else as JSON.
fn text(argument: &str, value: &RawValue) -> Result<String, Error> {
    match Node::read(value) {
        Ok(Node::Scalar(text)) => Ok(text),
        Ok(_) => Ok(compact(value.get())),
        Err(error) => Err(problem::argument(argument, &format!("cannot be read: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::json::RawJson;

    static JSON: RequestBody = RequestBody {
        media_type: "application/json",
        layout: BodyLayout::Flattened(&[("name", "name"), ("body_id", "id"), ("tags", "tags")]),
    };
    static WHOLE: RequestBody =
        RequestBody { media_type: "application/vnd.api+json", layout: BodyLayout::Whole("body") };
    static TEXT: RequestBody = RequestBody { media_type: "text/plain", layout: BodyLayout::Whole("body") };
    static ANY: RequestBody = RequestBody { media_type: "*/*", layout: BodyLayout::Whole("body") };
    static FORM: RequestBody =
        RequestBody { media_type: "multipart/form-data; boundary=x", layout: BodyLayout::Whole("body") };

    fn sent(
        method: &str,
        table: &'static RequestBody,
        arguments: &str,
    ) -> Result<Option<(&'static str, String)>, Error> {
        let json = RawJson::parse(arguments).unwrap();
        let body = body(method, table, &Arguments::read(&json).unwrap())?;
        Ok(body.map(|body| (body.media_type, String::from_utf8(body.bytes).unwrap())))
    }

    #[test]
    fn flattened_properties_keep_their_spelling_in_the_order_of_the_table() {
        assert_eq!(
            sent(
                "POST",
                &JSON,
                r#"{"tags":[ 1.0, "\u00e9" ],"other":1,"body_id":12345678901234567890123,"name":null}"#
            )
            .unwrap(),
            Some((
                "application/json",
                r#"{"name":null,"id":12345678901234567890123,"tags":[1.0,"\u00e9"]}"#.to_owned()
            ))
        );
        assert_eq!(sent("POST", &JSON, r#"{"name":"a"}"#).unwrap().unwrap().1, r#"{"name":"a"}"#);
    }

    #[test]
    fn a_body_without_properties_depends_on_the_method() {
        assert_eq!(sent("POST", &JSON, "{}").unwrap().unwrap().1, "{}");
        assert_eq!(sent("DELETE", &JSON, "{}").unwrap(), None);
    }

    #[test]
    fn a_whole_body_is_one_argument() {
        assert_eq!(
            sent("PUT", &WHOLE, r#"{"body":{"a": 1e2}}"#).unwrap(),
            Some(("application/vnd.api+json", r#"{"a":1e2}"#.to_owned()))
        );
        assert_eq!(sent("PUT", &WHOLE, r#"{"body":null}"#).unwrap().unwrap().1, "null");
        assert_eq!(sent("PUT", &WHOLE, "{}").unwrap(), None);
        assert_eq!(sent("PUT", &ANY, r#"{"body":[1]}"#).unwrap(), Some(("application/json", "[1]".to_owned())));
    }

    #[test]
    fn text_is_sent_as_it_is() {
        assert_eq!(
            sent("POST", &TEXT, r#"{"body":"a\nb \"c\" é"}"#).unwrap(),
            Some(("text/plain", "a\nb \"c\" é".to_owned()))
        );
        assert_eq!(sent("POST", &TEXT, r#"{"body":1.50}"#).unwrap().unwrap().1, "1.50");
    }

    #[test]
    fn other_media_types_are_refused_loudly() {
        assert_eq!(sent("POST", &FORM, r#"{"body":"a"}"#).unwrap_err().kind(), ErrorKind::Internal);
    }
}
