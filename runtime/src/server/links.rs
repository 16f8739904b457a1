//! Resource links in the results of tools.

use crate::content::Block;
use crate::def::{LinkDef, LinkPart};
use crate::json::RawJson;
use crate::json::node::Node;
use crate::server::encode::CallResult;

/// The longest value that becomes a part of a URI, in bytes.
const LONGEST: usize = 256;

/// How deep an answer is read.
const DEPTH: usize = 64;

/// Adds the links whose values are there.
pub(super) fn add(links: &[LinkDef], arguments: &RawJson, result: &mut CallResult) {
    let Some(structured) = &result.structured else { return };
    let (Ok(answer), Ok(arguments)) = (Node::parse(structured.as_str(), DEPTH), Node::parse(arguments.as_str(), DEPTH))
    else {
        return;
    };
    let found: Vec<Block> = links
        .iter()
        .filter_map(|link| {
            let uri = uri(link, &answer, &arguments)?;
            let mime_type = link.mime_type.map(str::to_owned);
            Some(Block::ResourceLink { uri, name: link.name.to_owned(), mime_type })
        })
        .collect();
    result.content.extend(found);
}

fn uri(link: &LinkDef, answer: &Node<'_>, arguments: &Node<'_>) -> Option<String> {
    let mut uri = String::new();
    for part in link.uri {
        match part {
            LinkPart::Text(text) => uri.push_str(text),
            LinkPart::Constant(text) => encode(text, &mut uri)?,
            LinkPart::Answer(pointer) => encode(&text(answer.pointer(pointer)?)?, &mut uri)?,
            LinkPart::Argument(name) => encode(&text(arguments.get(name)?)?, &mut uri)?,
        }
    }
    Some(uri)
}

fn text(value: &Node<'_>) -> Option<String> {
    match value {
        Node::String(text) => Some(text.to_string()),
        Node::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// RFC 6570 §3.2.2: everything but unreserved characters. A value that a URL parser would take for a step of a path has no
/// link (SECURITY.md O1).
fn encode(value: &str, out: &mut String) -> Option<()> {
    if value.is_empty() || value.len() > LONGEST || matches!(value, "." | "..") {
        return None;
    }
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkDef = LinkDef {
        name: "get_pet",
        mime_type: Some("application/json"),
        uri: &[
            LinkPart::Text("shop://"),
            LinkPart::Argument("shop"),
            LinkPart::Text("/pets/"),
            LinkPart::Answer("/pet/id"),
        ],
    };

    fn links(answer: &str, arguments: &str) -> Vec<String> {
        let mut result = CallResult {
            content: Vec::new(),
            structured: Some(RawJson::parse(answer).unwrap()),
            is_error: false,
            error: None,
            normalised: None,
            deviations: None,
        };
        add(&[LINK], &RawJson::parse(arguments).unwrap(), &mut result);
        let uri = |block: &Block| match block {
            Block::ResourceLink { uri, .. } => uri.clone(),
            other => panic!("{other:?}"),
        };
        result.content.iter().map(uri).collect()
    }

    #[test]
    fn values_of_answers_and_arguments_become_a_uri() {
        assert_eq!(links(r#"{"pet":{"id":42}}"#, r#"{"shop":"a b/ü"}"#), ["shop://a%20b%2F%C3%BC/pets/42"]);
        assert_eq!(links(r#"{"pet":{"id":"x.y-z"}}"#, r#"{"shop":"s"}"#), ["shop://s/pets/x.y-z"]);
    }

    #[test]
    fn o1_without_a_usable_value_there_is_no_link() {
        for (answer, arguments) in [
            (r#"{"pet":{}}"#, r#"{"shop":"s"}"#),
            (r#"{"pet":{"id":null}}"#, r#"{"shop":"s"}"#),
            (r#"{"pet":{"id":{}}}"#, r#"{"shop":"s"}"#),
            (r#"{"pet":{"id":".."}}"#, r#"{"shop":"s"}"#),
            (r#"{"pet":{"id":""}}"#, r#"{"shop":"s"}"#),
            (r#"{"pet":{"id":1}}"#, "{}"),
            ("[]", r#"{"shop":"s"}"#),
        ] {
            assert_eq!(links(answer, arguments), [""; 0], "{answer} {arguments}");
        }
    }
}
