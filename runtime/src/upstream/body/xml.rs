//! XML bodies (OpenAPI 3.1.1 and 3.2.0, "XML Object"; XML 1.0, Fifth Edition; Namespaces in XML 1.0).
//!
//! A table says which element, attribute or text each property becomes. A namespace is declared where it is not in scope
//! yet. `null` is an empty element with `xsi:nil="true"`, and no attribute (3.2.0, "Handling `null` Values"). Arrays and
//! objects without members leave an empty element, or nothing where they have no element of their own.

use serde_json::value::RawValue;

use super::super::args::Node;
use super::super::operation::{XmlContent, XmlKind, XmlNode};
use super::Member;
use crate::error::Error;

/// The declaration says what the bytes are also where the media type does not (RFC 7303 §8.9).
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// XML Schema 1.1 Part 1 §2.6.2, `xsi:nil`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A body whose properties are arguments.
///
/// # Errors
/// `InvalidInput`, for a value that XML or the table has no place for.
pub(super) fn properties(table: &'static [XmlNode], members: &[Member<'_>]) -> Result<String, Error> {
    let mut writer = Writer::new(table);
    let Some(root) = table.first() else { return Ok(String::new()) };
    let fields: Vec<(&str, &RawValue)> = members.iter().map(|member| (member.name.as_ref(), member.value)).collect();
    let fail = |name: &str, what: String| match members.iter().find(|member| member.name == name) {
        Some(member) => member.fail(&what),
        None => super::problem::table(what),
    };
    writer.element(root, |writer, attributes| writer.members(root, &fields, attributes, &fail))?;
    Ok(writer.out)
}

/// A body that is one argument.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub(super) fn whole(table: &'static [XmlNode], value: &RawValue) -> Result<String, String> {
    let mut writer = Writer::new(table);
    writer.node(0, value)?;
    Ok(writer.out)
}

struct Writer {
    table: &'static [XmlNode],
    out: String,
    /// Prefixes and their namespaces, the innermost last.
    scope: Vec<(&'static str, &'static str)>,
}

/// What is written: attributes stand in the tag, before all other children.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Attributes,
    Children,
}

impl Writer {
    fn new(table: &'static [XmlNode]) -> Self {
        Self { table, out: DECLARATION.to_owned(), scope: Vec::new() }
    }

    /// An element around what `content` writes in both passes.
    fn element<E>(
        &mut self,
        node: &'static XmlNode,
        mut content: impl FnMut(&mut Self, Pass) -> Result<(), E>,
    ) -> Result<(), E> {
        let outer = self.scope.len();
        self.out.push('<');
        self.out.push_str(node.name);
        self.declare(node);
        content(self, Pass::Attributes)?;
        self.out.push('>');
        content(self, Pass::Children)?;
        self.out.push_str("</");
        self.out.push_str(node.name);
        self.out.push('>');
        self.scope.truncate(outer);
        Ok(())
    }

    /// Declares the namespace of an element or an attribute, within the tag.
    fn declare(&mut self, node: &XmlNode) {
        let Some(namespace) = node.namespace else { return };
        self.bring(node.name.split_once(':').map_or("", |(prefix, _)| prefix), namespace);
    }

    fn bring(&mut self, prefix: &'static str, namespace: &'static str) {
        if self.scope.iter().rfind(|(known, _)| *known == prefix).is_some_and(|(_, uri)| *uri == namespace) {
            return;
        }
        self.scope.push((prefix, namespace));
        self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
        self.out.push_str(prefix);
        self.out.push_str("=\"");
        // Of a table, which was checked.
        escape(&mut self.out, namespace, Place::Attribute).unwrap_or_default();
        self.out.push('"');
    }

    fn row(&self, node: usize) -> Result<&'static XmlNode, String> {
        self.table.get(node).ok_or_else(|| "has no row in the table of its XML".to_owned())
    }

    /// A value as a child of the element that is open.
    fn node(&mut self, node: usize, value: &RawValue) -> Result<(), String> {
        let row = self.row(node)?;
        let read = Node::read(value).map_err(|error| format!("cannot be read: {error}"))?;
        match row.kind {
            XmlKind::Attribute => Ok(()),
            XmlKind::Text => self.text(&read),
            XmlKind::Cdata => {
                self.out.push_str("<![CDATA[");
                escape(&mut self.out, scalar(&read)?, Place::Cdata)?;
                self.out.push_str("]]>");
                Ok(())
            }
            XmlKind::Nothing => self.content(row, &read, Pass::Children),
            XmlKind::Element if matches!(read, Node::Null) => self.element(row, |writer, pass| {
                if pass == Pass::Attributes {
                    writer.bring("xsi", INSTANCE);
                    writer.out.push_str(" xsi:nil=\"true\"");
                }
                Ok(())
            }),
            XmlKind::Element => self.element(row, |writer, pass| writer.content(row, &read, pass)),
        }
    }

    /// What stands in a node.
    fn content(&mut self, row: &'static XmlNode, value: &Node<'_>, pass: Pass) -> Result<(), String> {
        match (row.holds, value) {
            (_, Node::Null) => Ok(()),
            (XmlContent::Scalar, _) if pass == Pass::Attributes => Ok(()),
            (XmlContent::Scalar, value) => self.text(value),
            (XmlContent::Items(_), Node::Array(_)) if pass == Pass::Attributes => Ok(()),
            (XmlContent::Items(item), Node::Array(items)) => items.iter().try_for_each(|one| self.node(item, one)),
            (XmlContent::Members(_), Node::Object(members)) => {
                let fields: Vec<(&str, &RawValue)> = members.iter().map(|(name, value)| (&**name, *value)).collect();
                self.members(row, &fields, pass, &|_, what| what)
            }
            (XmlContent::Items(_), _) => Err("is no array, which its XML asks for".to_owned()),
            (XmlContent::Members(_), _) => Err("is no object, which its XML asks for".to_owned()),
        }
    }

    /// The members of an object, in the order of the table: that of the document.
    fn members<E>(
        &mut self,
        row: &'static XmlNode,
        given: &[(&str, &RawValue)],
        pass: Pass,
        fail: &dyn Fn(&str, String) -> E,
    ) -> Result<(), E> {
        let XmlContent::Members(known) = row.holds else { return Ok(()) };
        if let Some((name, _)) = given.iter().find(|(name, _)| !known.iter().any(|(known, _)| known == name)) {
            let what = format!("has the property {name:?}, of which the API does not say how it is written in XML");
            return Err(fail(name, what));
        }
        for (name, node) in known {
            let Some((_, value)) = given.iter().find(|(given, _)| given == name) else { continue };
            let written = match pass {
                Pass::Attributes => self.attribute(*node, value),
                Pass::Children => self.node(*node, value),
            };
            written.map_err(|what| fail(name, what))?;
        }
        Ok(())
    }

    /// A member as an attribute of the element that is open, if it is one.
    fn attribute(&mut self, node: usize, value: &RawValue) -> Result<(), String> {
        let row = self.row(node)?;
        let nested = row.kind == XmlKind::Nothing && matches!(row.holds, XmlContent::Members(_));
        if row.kind != XmlKind::Attribute && !nested {
            return Ok(());
        }
        let read = Node::read(value).map_err(|error| format!("cannot be read: {error}"))?;
        if nested {
            return self.content(row, &read, Pass::Attributes);
        }
        if matches!(read, Node::Null) {
            return Ok(());
        }
        self.declare(row);
        self.out.push(' ');
        self.out.push_str(row.name);
        self.out.push_str("=\"");
        escape(&mut self.out, scalar(&read)?, Place::Attribute)?;
        self.out.push('"');
        Ok(())
    }

    fn text(&mut self, value: &Node<'_>) -> Result<(), String> {
        match value {
            Node::Null => Ok(()),
            value => escape(&mut self.out, scalar(value)?, Place::Text),
        }
    }
}

fn scalar<'a>(value: &'a Node<'_>) -> Result<&'a str, String> {
    match value {
        Node::Scalar(text) => Ok(text),
        Node::Null => Ok(""),
        Node::Array(_) | Node::Object(_) => Err("is an array or an object, and its XML is a text".to_owned()),
    }
}

#[derive(Clone, Copy)]
enum Place {
    Text,
    Attribute,
    Cdata,
}

/// Character data (XML 1.0 §2.4) and attribute values (§3.3.3, which a parser normalises), such that a parser gives back
/// what was written: it turns a carriage return into a line feed (§2.11) where that is no reference.
///
/// # Errors
/// A character that XML 1.0 §2.2 has no place for; nothing is stripped.
fn escape(out: &mut String, text: &str, place: Place) -> Result<(), String> {
    for character in text.chars() {
        match (character, place) {
            ('\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}', _) => {
                return Err(format!("contains the character U+{:04X}, which XML cannot hold", u32::from(character)));
            }
            ('\r', Place::Cdata) => out.push_str("]]>&#xD;<![CDATA["),
            // Never `]]>`.
            ('>', Place::Cdata) if out.ends_with("]]") => out.push_str("]]><![CDATA[>"),
            ('\r', _) => out.push_str("&#xD;"),
            ('&', Place::Text | Place::Attribute) => out.push_str("&amp;"),
            ('<', Place::Text | Place::Attribute) => out.push_str("&lt;"),
            ('>', Place::Text | Place::Attribute) => out.push_str("&gt;"),
            ('"', Place::Attribute) => out.push_str("&quot;"),
            ('\t', Place::Attribute) => out.push_str("&#x9;"),
            ('\n', Place::Attribute) => out.push_str("&#xA;"),
            (character, _) => out.push(character),
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
