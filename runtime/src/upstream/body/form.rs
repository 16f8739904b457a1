//! `application/x-www-form-urlencoded` (OpenAPI 3.1.1 §4.8.14.2 and §4.8.15).
//!
//! A property with a `style` is written as a query parameter of that style. Any other is written by its JSON type:
//! primitives as text, objects as JSON, and each item of an array as a pair of its own. A space is `%20`, which every
//! reader of forms understands (`+` is not decoded by all of them).

use super::super::args::Node;
use super::super::encode::Escape;
use super::super::operation::Encoding;
use super::super::style;
use super::{Member, content};
use crate::error::Error;

/// The pairs of all members.
///
/// # Errors
/// `InvalidInput`, for a nested value where the style has no place for it.
pub(super) fn encode(members: &[Member<'_>]) -> Result<String, Error> {
    let mut out: Vec<String> = Vec::new();
    for member in members {
        if let Some(Encoding::Style { style, explode, allow_reserved }) = member.encoding {
            let escape = if allow_reserved { Escape::ReservedInQuery } else { Escape::All };
            let pairs = style::pairs(&member.name, style, explode, escape, member.value);
            out.extend(pairs.map_err(|what| member.fail(&what))?.into_iter().map(|pair| pair.text));
            continue;
        }
        let media_type = match member.encoding {
            Some(Encoding::Content(media_type) | Encoding::File(media_type)) => Some(media_type),
            _ => None,
        };
        let mut push = |text: &str| out.push(style::pair(&member.name, Escape::All, text).text);
        match member.read()? {
            Node::Null => push(""),
            Node::Array(items) => {
                for item in items {
                    match Node::read(item).map_err(|error| member.fail(&format!("cannot be read: {error}")))? {
                        Node::Null => {}
                        node => push(&content(item, node, media_type)),
                    }
                }
            }
            node => push(&content(member.value, node, media_type)),
        }
    }
    Ok(out.join("&"))
}
