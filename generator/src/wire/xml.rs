//! XML bodies of a contract, written from OpenAPI 3.1.1 and 3.2.0, "XML Object". `None`: a value that the table has no row
//! for, or a text that is not written here.

use serde_json::{Map, Value};

use crate::model::{XmlContent, XmlKind, XmlNode};

/// The document of a body.
pub(super) fn write(table: &[XmlNode], value: &Value) -> Option<String> {
    let root = node(table, table.first()?, value, &[])?;
    Some(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{root}"))
}

type Scope<'a> = [(&'a str, &'a str)];

fn node(table: &[XmlNode], row: &XmlNode, value: &Value, scope: &Scope<'_>) -> Option<String> {
    let mut scope = scope.to_vec();
    match row.kind {
        XmlKind::Attribute => return Some(String::new()),
        XmlKind::Text => return plain(value),
        XmlKind::Cdata => return Some(format!("<![CDATA[{}]]>", plain(value)?)),
        XmlKind::Nothing => return children(table, row, value, &scope),
        XmlKind::Element if value.is_null() => return None,
        XmlKind::Element => {}
    }
    let mut tag = format!("<{}{}", row.name, declaration(row, &mut scope));
    if let (XmlContent::Members(members), Value::Object(fields)) = (&row.holds, value) {
        for (child, value) in attributes(table, members, fields) {
            tag.push_str(&declaration(child, &mut scope));
            tag.push_str(&format!(" {}=\"{}\"", child.name, plain(value)?));
        }
    }
    Some(format!("{tag}>{}</{}>", children(table, row, value, &scope)?, row.name))
}

fn attributes<'a>(
    table: &'a [XmlNode],
    members: &'a [(String, usize)],
    fields: &'a Map<String, Value>,
) -> Vec<(&'a XmlNode, &'a Value)> {
    let attribute = |(name, row): &'a (String, usize)| Some((table.get(*row)?, fields.get(name)?));
    members.iter().filter_map(attribute).filter(|(row, _)| row.kind == XmlKind::Attribute).collect()
}

fn declaration<'a>(row: &'a XmlNode, scope: &mut Vec<(&'a str, &'a str)>) -> String {
    let Some(namespace) = row.namespace.as_deref() else { return String::new() };
    let prefix = row.name.split_once(':').map_or("", |(prefix, _)| prefix);
    if scope.iter().rev().find(|(known, _)| *known == prefix).is_some_and(|(_, uri)| *uri == namespace) {
        return String::new();
    }
    scope.push((prefix, namespace));
    let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
    format!(" {name}=\"{}\"", namespace.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"))
}

fn children(table: &[XmlNode], row: &XmlNode, value: &Value, scope: &Scope<'_>) -> Option<String> {
    match (&row.holds, value) {
        (XmlContent::Scalar, value) => plain(value),
        (XmlContent::Items(item), Value::Array(items)) => {
            let item = table.get(*item)?;
            items.iter().map(|value| node(table, item, value, scope)).collect()
        }
        (XmlContent::Members(members), Value::Object(fields)) => {
            if fields.keys().any(|name| !members.iter().any(|(known, _)| known == name)) {
                return None;
            }
            let child = |(name, row): &(String, usize)| {
                let Some(value) = fields.get(name) else { return Some(String::new()) };
                let row = table.get(*row)?;
                // Its attributes would belong to the element around it.
                let nested = row.kind == XmlKind::Nothing && matches!(row.holds, XmlContent::Members(_));
                if nested { None } else { node(table, row, value, scope) }
            };
            members.iter().map(child).collect()
        }
        _ => None,
    }
}

/// A primitive that needs no escaping.
fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    (!text.contains(|c: char| c.is_control() || matches!(c, '&' | '<' | '>' | '"'))).then_some(text)
}
