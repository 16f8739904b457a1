//! How a body is written as XML, where the schema says all of it. OpenAPI 3.1.1 §4.8.26; 3.2.0, "XML Object".
//!
//! The schemas are read as they stand in the document: what arguments are made from has no `xml` left. Alternatives, maps
//! and values of any type have no one form in XML; a body with one of them stays a text that the caller writes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::definitions::Direction;
use super::super::schema::{Schemas, type_names};
use crate::load::join;
use crate::model::{XmlContent, XmlKind, XmlNode};

/// Rows of one table.
const MOST: usize = 400;
/// References and single `allOf`s from a schema to what it is.
const HOPS: usize = 32;

/// The table of a body whose schema stands at the pointer, the root first. `None`: the schema does not say how.
pub(super) fn table(pointer: &str, schemas: &Schemas<'_, '_>) -> Option<Vec<XmlNode>> {
    let modern = schemas.refs.has_xml_node_types();
    let mut table = Table { schemas, modern, rows: Vec::new(), known: BTreeMap::new() };
    let layers = table.layers(pointer)?;
    let scalar = !matches!(table.kind_of(&layers)?, Type::Object | Type::Array);
    // A string is more likely XML that somebody has written, unless the document says otherwise.
    if scalar && !layers.iter().any(|layer| layer.fields.contains_key("xml")) {
        return None;
    }
    table.node(pointer, None)?;
    let rows: Vec<XmlNode> = table.rows.into_iter().collect::<Option<_>>()?;
    let fits = rows.first()?.kind == XmlKind::Element && rows.iter().all(|row| is_one_tag(row, &rows));
    fits.then_some(rows)
}

/// Whether an element and its attributes can stand in one tag: no name twice, no prefix for two namespaces.
fn is_one_tag(element: &XmlNode, rows: &[XmlNode]) -> bool {
    if element.kind != XmlKind::Element {
        return true;
    }
    let (mut names, mut prefixes) = (BTreeSet::new(), BTreeMap::new());
    let mut is_free = |node: &XmlNode| {
        let prefix = node.name.split_once(':').map_or("", |(prefix, _)| prefix).to_owned();
        let is_bound = node.namespace.is_some();
        (node.kind != XmlKind::Attribute || names.insert(node.name.clone()))
            && (!is_bound || *prefixes.entry(prefix).or_insert(node.namespace.clone()) == node.namespace)
    };
    let mut fits = is_free(element);
    // What is nothing of its own hands its attributes on to the element around it.
    let (mut open, mut seen) = (vec![element], BTreeSet::new());
    while let Some(XmlNode { holds: XmlContent::Members(members), .. }) = open.pop() {
        for (_, at) in members {
            match rows.get(*at) {
                Some(node) if node.kind == XmlKind::Attribute => fits &= is_free(node),
                Some(node) if node.kind == XmlKind::Nothing && seen.insert(*at) => open.push(node),
                _ => {}
            }
        }
    }
    fits
}

/// A schema, or what it refers to.
struct Layer<'a> {
    pointer: String,
    fields: &'a Map<String, Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Object,
    Array,
    Scalar,
}

struct Table<'a, 's, 'r> {
    schemas: &'s Schemas<'a, 'r>,
    /// OpenAPI 3.2: a reference is no node, and what it names has a name of its own.
    modern: bool,
    /// A row that is being made is `None`.
    rows: Vec<Option<XmlNode>>,
    /// By the place of a schema and the name that it inherits.
    known: BTreeMap<(String, Option<String>), usize>,
}

impl<'a> Table<'a, '_, '_> {
    /// The row of a schema; `inferred` is the name of the property around it.
    fn node(&mut self, pointer: &str, inferred: Option<&str>) -> Option<usize> {
        let key = (pointer.to_owned(), inferred.map(str::to_owned));
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let layers = self.layers(pointer)?;
        let kind_of = self.kind_of(&layers)?;
        let hints = self.hints(&layers)?;
        let kind = hints.kind(kind_of)?;
        let inferred = self.inferred(&layers, inferred);
        let given = hints.text("name").map(str::to_owned);
        let named = matches!(kind, XmlKind::Element | XmlKind::Attribute);
        let own = given.or_else(|| inferred.clone());
        let (name, namespace) = if named { hints.qualified(own.as_deref()?, kind)? } else { (String::new(), None) };
        if kind_of == Type::Scalar {
            let row = XmlNode { kind, name, namespace, holds: XmlContent::Scalar };
            let at = match self.rows.iter().position(|known| known.as_ref() == Some(&row)) {
                Some(at) => at,
                None => self.reserve()?,
            };
            *self.rows.get_mut(at)? = Some(row);
            self.known.insert(key, at);
            return (kind != XmlKind::Nothing).then_some(at);
        }
        if !matches!(kind, XmlKind::Element | XmlKind::Nothing) {
            return None;
        }
        let at = self.reserve()?;
        self.known.insert(key, at);
        let holds = if kind_of == Type::Object {
            let mut members = Vec::new();
            for layer in &layers {
                self.members(layer, &mut members, HOPS)?;
            }
            let declared =
                |layer: &Layer<'_>| ["properties", "allOf"].iter().any(|key| layer.fields.contains_key(*key));
            layers.iter().any(declared).then_some(XmlContent::Members(members))?
        } else {
            // OpenAPI 3.1.1 §4.8.26.2.4: items have the name of the element around them, or of the property.
            let of_items = if kind == XmlKind::Element { own } else { inferred };
            let array = layers.iter().find(|layer| layer.fields.get("items").is_some_and(Value::is_object))?;
            XmlContent::Items(self.node(&join(&array.pointer, "items"), of_items.as_deref())?)
        };
        *self.rows.get_mut(at)? = Some(XmlNode { kind, name, namespace, holds });
        Some(at)
    }

    fn reserve(&mut self) -> Option<usize> {
        self.rows.push(None);
        (self.rows.len() <= MOST).then_some(self.rows.len() - 1)
    }

    /// The properties that a layer declares, with those of all parts of its `allOf`.
    fn members(&mut self, layer: &Layer<'a>, out: &mut Vec<(String, usize)>, hops: usize) -> Option<()> {
        if hops == 0 {
            return None;
        }
        for (name, schema) in layer.fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let at = join(&join(&layer.pointer, "properties"), name);
            if self.schemas.hides(schema, &at, Direction::Input) || out.iter().any(|(known, _)| known == name) {
                continue;
            }
            let node = self.node(&at, Some(name))?;
            out.push((name.clone(), node));
        }
        for index in 0..layer.fields.get("allOf").and_then(Value::as_array).map_or(0, Vec::len) {
            let part = join(&join(&layer.pointer, "allOf"), &index.to_string());
            for layer in self.layers(&part)? {
                self.members(&layer, out, hops - 1)?;
            }
        }
        Some(())
    }

    /// The schema at a pointer and what it refers to, each but the last only a name for the next. `None`: it has
    /// keywords that leave open what the value is.
    fn layers(&self, pointer: &str) -> Option<Vec<Layer<'a>>> {
        let mut layers: Vec<Layer<'a>> = Vec::new();
        let mut pointer = pointer.to_owned();
        for _ in 0..HOPS {
            let fields = self.schemas.refs.at(&pointer)?.as_object()?;
            let open = ["oneOf", "anyOf", "if", "patternProperties", "prefixItems", "dependentSchemas", "$dynamicRef"];
            let maps = ["additionalProperties", "unevaluatedProperties"];
            if open.iter().any(|key| fields.contains_key(*key))
                || maps.iter().any(|key| fields.get(*key).is_some_and(|value| value != &Value::Bool(false)))
            {
                return None;
            }
            let reference = fields.get("$ref").map(Value::as_str);
            let parts = fields.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
            let next = match (reference, parts) {
                (Some(reference), _) => Some(self.schemas.refs.pointer(reference?, &pointer)?),
                (None, 1) if !fields.contains_key("properties") => Some(join(&join(&pointer, "allOf"), "0")),
                _ => None,
            };
            layers.push(Layer { pointer, fields });
            match next {
                Some(next) => pointer = next,
                None => return Some(layers),
            }
        }
        None
    }

    /// What the value is, null aside. `None`: that is open.
    fn kind_of(&self, layers: &[Layer<'a>]) -> Option<Type> {
        let mut found = None;
        for layer in layers {
            for name in type_names(layer.fields).into_iter().filter(|name| *name != "null") {
                let one = match name.as_str() {
                    "object" => Type::Object,
                    "array" => Type::Array,
                    _ => Type::Scalar,
                };
                if found.is_some_and(|found| found != one) {
                    return None;
                }
                found = Some(one);
            }
        }
        let has = |key: &str| layers.iter().any(|layer| layer.fields.contains_key(key));
        // The bytes of a file are no characters of XML.
        if layers.iter().any(|layer| layer.fields.get("format").is_some_and(|format| format == "binary")) {
            return None;
        }
        found.or_else(|| match (has("properties") || has("allOf"), has("items")) {
            (true, _) => Some(Type::Object),
            (_, true) => Some(Type::Array),
            _ => None,
        })
    }

    fn hints(&self, layers: &[Layer<'a>]) -> Option<Hints<'a>> {
        let xml = |layer: &Layer<'a>| layer.fields.get("xml").and_then(Value::as_object);
        if !self.modern {
            return Some(Hints(layers.iter().filter_map(xml).collect()));
        }
        let (last, names) = layers.split_last()?;
        // A reference that is an element holds the element that it names: two nodes of one schema.
        let node = |layer: &Layer<'a>| xml(layer).is_some_and(|xml| xml.contains_key("nodeType"));
        if names.iter().any(node) {
            return None;
        }
        Some(Hints(xml(last).into_iter().collect()))
    }

    /// OpenAPI 3.2.0, "XML Node Names"; before, a property gives its name to what it refers to.
    fn inferred(&self, layers: &[Layer<'a>], property: Option<&str>) -> Option<String> {
        let component = || {
            let name = |layer: &Layer<'a>| {
                let name = layer.pointer.strip_prefix("/components/schemas/")?;
                (!name.contains('/')).then(|| name.replace("~1", "/").replace("~0", "~"))
            };
            if self.modern { layers.last().and_then(name) } else { layers.iter().find_map(name) }
        };
        match property {
            Some(property) if !self.modern => Some(property.to_owned()),
            property => component().or_else(|| property.map(str::to_owned)),
        }
    }
}

/// The XML Objects of a schema, the nearest first.
struct Hints<'a>(Vec<&'a Map<String, Value>>);

impl Hints<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find_map(|xml| xml.get(key)?.as_str()).filter(|text| !text.is_empty())
    }

    fn flag(&self, key: &str) -> bool {
        self.0.iter().find_map(|xml| xml.get(key)?.as_bool()).unwrap_or(false)
    }

    fn kind(&self, of: Type) -> Option<XmlKind> {
        Some(match self.text("nodeType") {
            Some("element") => XmlKind::Element,
            Some("attribute") => XmlKind::Attribute,
            Some("text") => XmlKind::Text,
            Some("cdata") => XmlKind::Cdata,
            Some("none") => XmlKind::Nothing,
            Some(_) => return None,
            None if self.flag("attribute") => XmlKind::Attribute,
            None if of == Type::Array && !self.flag("wrapped") => XmlKind::Nothing,
            None => XmlKind::Element,
        })
    }

    /// The name with its prefix, and the namespace. `None`: XML has no such name.
    fn qualified(&self, name: &str, kind: XmlKind) -> Option<(String, Option<String>)> {
        let namespace = self.text("namespace").map(str::to_owned);
        let prefix = self.text("prefix");
        // A prefix without a namespace is none; an attribute without a prefix is in no namespace.
        let apart = prefix.is_some() != namespace.is_some() && (prefix.is_some() || kind == XmlKind::Attribute);
        let odd = namespace.as_ref().is_some_and(|uri| uri.chars().any(|c| c.is_control() || c.is_whitespace()));
        if apart
            || odd
            || !is_name(name)
            || prefix.is_some_and(|prefix| !is_name(prefix) || prefix.starts_with("xml") || prefix == "xsi")
        {
            return None;
        }
        let name = prefix.map_or_else(|| name.to_owned(), |prefix| format!("{prefix}:{name}"));
        Some((name, namespace))
    }
}

/// Namespaces in XML 1.0 §4, `NCName`, but for the combining characters. Names that begin with `xml` are reserved;
/// documents use some of them, and parsers read them.
fn is_name(text: &str) -> bool {
    let first = |c: char| {
        matches!(c, '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
            | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
            | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
            | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
    };
    let mut characters = text.chars();
    characters.next().is_some_and(first)
        && characters.all(|c| first(c) || c.is_ascii_digit() || matches!(c, '-' | '.' | '\u{b7}'))
        && !text.eq_ignore_ascii_case("xmlns")
}
