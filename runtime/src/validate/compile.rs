//! JSON Schema 2020-12 text → tables.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::json::node::{Node, escape, quoted};
use crate::json::number::Decimal;
use crate::uri_template;

use super::pattern::Pattern;
use super::schema::{ArrayRules, Combined, Contains, Id, Named, NumberRules, ObjectRules, Schema, Types, Values};

/// The JSON Schema 2020-12 keywords that are checked from tables.
///
/// `$ref` as a JSON pointer into the same document (`#`, `#/$defs/Pet`); `pattern` and `patternProperties` as far as
/// they need no look-around, back references or Unicode properties. [`fallback_reasons`] decides about one schema.
pub const TABLE_KEYWORDS: &[&str] = &[
    "$defs",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "then",
    "type",
    "uniqueItems",
];

/// The JSON Schema 2020-12 keywords that only the fallback validator knows, wherever they occur. Further reasons for it
/// are an `$id` below the root, a `$schema` of another dialect, and a `$ref` that is no pointer into the same document.
/// Every other keyword is an annotation and ignored.
pub const FALLBACK_KEYWORDS: &[&str] = &["$dynamicRef", "unevaluatedItems", "unevaluatedProperties"];

/// How deep the JSON text of a schema may nest.
pub(super) const MAX_SCHEMA_DEPTH: usize = 192;

/// The dialect of all advertised schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What the fallback validator is needed for in a schema: nothing, as a rule.
///
/// # Errors
/// What is wrong with a text that is no schema.
pub fn fallback_reasons(schema: &str) -> Result<Vec<String>, String> {
    match compile(schema) {
        Ok(_) => Ok(Vec::new()),
        Err(Failure::Unsupported(reasons)) => Ok(reasons),
        Err(Failure::Invalid(message)) => Err(message),
    }
}

/// Why there are no tables for a schema.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is no JSON Schema.
    Invalid(String),
    /// Only the fallback validator can check it, for these reasons.
    Unsupported(Vec<String>),
}

/// The tables of a schema; the first one is the root.
pub(super) fn compile(text: &str) -> Result<Vec<Schema>, Failure> {
    let root = Node::parse(text, MAX_SCHEMA_DEPTH).map_err(|error| Failure::Invalid(error.to_string()))?;
    let mut compiler = Compiler {
        root: &root,
        schemas: Vec::new(),
        ids: HashMap::new(),
        queue: VecDeque::new(),
        unsupported: BTreeSet::new(),
        invalid: Vec::new(),
    };
    compiler.id(&root, String::new());
    while let Some((id, node, pointer)) = compiler.queue.pop_front() {
        let schema = compiler.schema(node, &pointer);
        if let Some(place) = compiler.schemas.get_mut(id.0) {
            *place = schema;
        }
    }
    // First: what looks like a mistake can be one of another dialect or base URI.
    if !compiler.unsupported.is_empty() {
        return Err(Failure::Unsupported(compiler.unsupported.into_iter().collect()));
    }
    if !compiler.invalid.is_empty() {
        return Err(Failure::Invalid(compiler.invalid.join("; ")));
    }
    if endless(&compiler.schemas) {
        return Err(Failure::Invalid("a schema that applies itself to the same value, without end".to_owned()));
    }
    Ok(compiler.schemas)
}

struct Compiler<'s> {
    root: &'s Node<'s>,
    schemas: Vec<Schema>,
    /// By the address of the node: a schema that several references lead to is compiled once, and cycles end.
    ids: HashMap<*const Node<'s>, Id>,
    queue: VecDeque<(Id, &'s Node<'s>, String)>,
    unsupported: BTreeSet<String>,
    invalid: Vec<String>,
}

impl<'s> Compiler<'s> {
    /// The place of a schema, which is compiled later: no recursion, however schemas nest and refer to each other.
    fn id(&mut self, node: &'s Node<'s>, pointer: String) -> Id {
        let next = Id(self.schemas.len());
        let id = *self.ids.entry(std::ptr::from_ref(node)).or_insert(next);
        if id == next {
            self.schemas.push(Schema::default());
            self.queue.push_back((id, node, pointer));
        }
        id
    }

    fn invalid(&mut self, pointer: &str, message: &str) {
        if self.invalid.len() < 10 {
            self.invalid.push(format!("at #{pointer}: {message}"));
        }
    }

    fn schema(&mut self, node: &'s Node<'s>, pointer: &str) -> Schema {
        let mut schema = Schema::default();
        let members = match node {
            Node::Bool(always) => {
                schema.never = !always;
                return schema;
            }
            Node::Object(members) => members,
            _ => {
                self.invalid(pointer, "a schema is an object or a boolean");
                return schema;
            }
        };
        for keyword in FALLBACK_KEYWORDS.iter().filter(|keyword| node.get(keyword).is_some()) {
            self.unsupported.insert((*keyword).to_owned());
        }
        if !pointer.is_empty() && node.get("$id").is_some() {
            self.unsupported.insert("$id below the root".to_owned());
        }
        let dialect = node.get("$schema").and_then(Node::as_str).unwrap_or(DIALECT);
        if dialect.trim_end_matches('#') != DIALECT {
            self.unsupported.insert(format!("$schema {}", quoted(dialect)));
        }
        schema.name = node.get("title").and_then(Node::as_str).or_else(|| definition_name(pointer)).map(Box::from);
        for (keyword, value) in members {
            let at = format!("{pointer}/{}", escape(keyword));
            self.keyword(&mut schema, keyword, value, at);
        }
        self.finish(&mut schema, node, pointer);
        schema
    }

    fn keyword(&mut self, schema: &mut Schema, keyword: &str, value: &'s Node<'s>, at: String) {
        match keyword {
            "type" => schema.types = self.types(value, &at),
            "enum" => match value {
                Node::Array(items) => {
                    schema.values.push(Values::new(items.iter().cloned().map(Node::into_owned).collect()));
                }
                _ => self.invalid(&at, "not an array"),
            },
            "const" => schema.values.push(Values::new(vec![value.clone().into_owned()])),
            "$ref" => {
                if let Some(target) = self.reference(value, &at) {
                    schema.combined.push(Combined::Ref(target));
                }
            }
            "allOf" => {
                let ids = self.list(value, &at);
                schema.combined.push(Combined::All(ids));
            }
            "anyOf" => {
                let ids = self.list(value, &at);
                schema.combined.push(Combined::Any(ids));
            }
            "oneOf" => {
                let ids = self.list(value, &at);
                schema.combined.push(Combined::One(ids));
            }
            "not" => {
                let id = self.id(value, at);
                schema.combined.push(Combined::Not(id));
            }
            "multipleOf" | "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                self.number_rule(schema.number.get_or_insert_default(), keyword, value, &at);
            }
            "minLength" => schema.string.get_or_insert_default().min = self.count(value, &at),
            "maxLength" => schema.string.get_or_insert_default().max = self.count(value, &at),
            "pattern" => {
                let pattern = value.as_str().map(|source| self.pattern(source, keyword));
                match pattern {
                    Some(pattern) => schema.string.get_or_insert_default().pattern = pattern,
                    None => self.invalid(&at, "not a string"),
                }
            }
            "minItems" | "maxItems" | "uniqueItems" | "prefixItems" | "items" | "contains" => {
                self.array_rule(schema.array.get_or_insert_default(), keyword, value, at);
            }
            "properties"
            | "required"
            | "patternProperties"
            | "additionalProperties"
            | "propertyNames"
            | "minProperties"
            | "maxProperties"
            | "dependentRequired"
            | "dependentSchemas" => {
                self.object_rule(schema.object.get_or_insert_default(), keyword, value, at);
            }
            _ => {}
        }
    }

    fn number_rule(&mut self, rules: &mut NumberRules, keyword: &str, value: &Node<'_>, at: &str) {
        let Node::Number(text) = value else { return self.invalid(at, "not a number") };
        let text = Some(Box::from(text.as_ref()));
        match keyword {
            "minimum" => rules.minimum = text,
            "maximum" => rules.maximum = text,
            "exclusiveMinimum" => rules.exclusive_minimum = text,
            "exclusiveMaximum" => rules.exclusive_maximum = text,
            _ => {
                let divisor = Decimal::new(text.as_deref().unwrap_or_default());
                if divisor.is_zero() || divisor.is_negative() {
                    self.invalid(at, "not greater than 0");
                } else if Decimal::new("1").is_multiple_of(&divisor).is_none() {
                    self.unsupported.insert("multipleOf of more than 64 bits".to_owned());
                }
                rules.multiple_of = text;
            }
        }
    }

    fn array_rule(&mut self, rules: &mut ArrayRules, keyword: &str, value: &'s Node<'s>, at: String) {
        match keyword {
            "minItems" => rules.min = self.count(value, &at),
            "maxItems" => rules.max = self.count(value, &at),
            "uniqueItems" => rules.unique = self.flag(value, &at),
            "prefixItems" => rules.prefix = self.list(value, &at),
            "items" => rules.items = Some(self.id(value, at)),
            _ => rules.contains = Some(Contains { schema: self.id(value, at), min: 1, max: None }),
        }
    }

    fn object_rule(&mut self, rules: &mut ObjectRules, keyword: &str, value: &'s Node<'s>, at: String) {
        match keyword {
            "properties" => {
                for (name, id) in self.map(value, &at) {
                    rules.names.push(Named { name: name.into(), schema: Some(id), required: false });
                }
            }
            "required" => {
                rules.required = self.names(value, &at);
            }
            "patternProperties" => {
                for (source, id) in self.map(value, &at) {
                    if let Some(pattern) = self.pattern(source, keyword) {
                        rules.patterns.push((pattern, id));
                    }
                }
            }
            "additionalProperties" => rules.additional = Some(self.id(value, at)),
            "propertyNames" => rules.property_names = Some(self.id(value, at)),
            "minProperties" => rules.min = self.count(value, &at),
            "maxProperties" => rules.max = self.count(value, &at),
            "dependentRequired" => match value {
                Node::Object(members) => {
                    for (name, needed) in members {
                        let needed = self.names(needed, &format!("{at}/{}", escape(name)));
                        rules.dependent_required.push((name.as_ref().into(), needed));
                    }
                }
                _ => self.invalid(&at, "not an object"),
            },
            _ => {
                for (name, id) in self.map(value, &at) {
                    rules.dependent_schemas.push((name.into(), id));
                }
            }
        }
    }

    /// The keywords that have a meaning only beside another one.
    fn finish(&mut self, schema: &mut Schema, node: &'s Node<'s>, pointer: &str) {
        for keyword in ["minContains", "maxContains"] {
            let Some(value) = node.get(keyword) else { continue };
            let count = self.count(value, &format!("{pointer}/{keyword}"));
            if let Some(contains) = schema.array.as_mut().and_then(|array| array.contains.as_mut()) {
                if keyword == "minContains" {
                    contains.min = count.unwrap_or(1);
                } else {
                    contains.max = count;
                }
            }
        }
        let mut branch = |keyword: &str| node.get(keyword).map(|value| self.id(value, format!("{pointer}/{keyword}")));
        let (condition, then, otherwise) = (branch("if"), branch("then"), branch("else"));
        if let Some(condition) = condition
            && (then.is_some() || otherwise.is_some())
        {
            schema.combined.push(Combined::If { condition, then, otherwise });
        }
        if let Some(object) = &mut schema.object {
            for name in &object.required {
                object.names.push(Named { name: name.clone(), schema: None, required: true });
            }
            object.names.sort_by(|left, right| left.name.cmp(&right.name));
            object.names.dedup_by(|later, first| {
                let same = later.name == first.name;
                if same {
                    // Duplicates in `properties`: the later one counts, as everywhere.
                    first.schema = later.schema.or(first.schema);
                    first.required |= later.required;
                }
                same
            });
        }
    }

    fn types(&mut self, value: &Node<'_>, at: &str) -> Types {
        let names = match value {
            Node::Array(names) => names.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut types = Types::NONE;
        for name in names {
            match name.as_str().and_then(Types::named) {
                Some(named) => types = types.with(named),
                None => self.invalid(at, &format!("{} is no type", name.to_json())),
            }
        }
        types
    }

    fn count(&mut self, value: &Node<'_>, at: &str) -> Option<u64> {
        if let Node::Number(text) = value {
            let number = Decimal::new(text);
            if number.is_integer() && !number.is_negative() {
                return Some(number.to_u64().unwrap_or(u64::MAX));
            }
        }
        self.invalid(at, "not a non-negative integer");
        None
    }

    fn flag(&mut self, value: &Node<'_>, at: &str) -> bool {
        match value {
            Node::Bool(flag) => *flag,
            _ => {
                self.invalid(at, "not a boolean");
                false
            }
        }
    }

    /// An array of strings, without repetitions.
    fn names(&mut self, value: &Node<'_>, at: &str) -> Vec<Box<str>> {
        let Node::Array(items) = value else {
            self.invalid(at, "not an array of strings");
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let mut names = Vec::with_capacity(items.len());
        for item in items {
            match item.as_str() {
                Some(name) if seen.insert(name) => names.push(name.into()),
                Some(_) => {}
                None => self.invalid(at, "not an array of strings"),
            }
        }
        names
    }

    fn list(&mut self, value: &'s Node<'s>, at: &str) -> Vec<Id> {
        match value {
            Node::Array(items) => {
                items.iter().enumerate().map(|(index, item)| self.id(item, format!("{at}/{index}"))).collect()
            }
            _ => {
                self.invalid(at, "not an array of schemas");
                Vec::new()
            }
        }
    }

    fn map(&mut self, value: &'s Node<'s>, at: &str) -> Vec<(&'s str, Id)> {
        match value {
            Node::Object(members) => members
                .iter()
                .map(|(name, schema)| (name.as_ref(), self.id(schema, format!("{at}/{}", escape(name)))))
                .collect(),
            _ => {
                self.invalid(at, "not an object of schemas");
                Vec::new()
            }
        }
    }

    fn pattern(&mut self, source: &str, keyword: &str) -> Option<Pattern> {
        match Pattern::new(source) {
            Ok(pattern) => Some(pattern),
            Err(reason) => {
                self.unsupported.insert(format!("{keyword} {} ({reason})", quoted(source)));
                None
            }
        }
    }

    /// A reference into the same document: `#` and a JSON pointer, percent-encoded (RFC 6901 §6).
    fn reference(&mut self, value: &Node<'_>, at: &str) -> Option<Id> {
        let Some(reference) = value.as_str() else {
            self.invalid(at, "not a string");
            return None;
        };
        let pointer = reference.strip_prefix('#').and_then(uri_template::decode);
        let Some(pointer) = pointer.filter(|pointer| pointer.is_empty() || pointer.starts_with('/')) else {
            self.unsupported.insert(format!("$ref {}", quoted(reference)));
            return None;
        };
        // A reference into a part with a base URI of its own: the references in there mean something else.
        let parents = pointer.match_indices('/').skip(1).filter_map(|(end, _)| self.root.pointer(pointer.get(..end)?));
        if parents.filter_map(|parent| parent.get("$id")).any(|id| id.as_str().is_some()) {
            self.unsupported.insert("$id below the root".to_owned());
        }
        match self.root.pointer(&pointer) {
            Some(target) => Some(self.id(target, pointer)),
            None => {
                self.invalid(at, &format!("{} leads nowhere", quoted(reference)));
                None
            }
        }
    }
}

/// The name of `#/$defs/Name`.
fn definition_name(pointer: &str) -> Option<&str> {
    pointer.strip_prefix("/$defs/").filter(|name| !name.contains(['/', '~']))
}

/// Whether a schema leads back to itself without stepping into an item or a member.
fn endless(schemas: &[Schema]) -> bool {
    let edges: Vec<Vec<Id>> = schemas
        .iter()
        .map(|schema| {
            let dependent = schema.object.iter().flat_map(|object| object.dependent_schemas.iter().map(|(_, id)| *id));
            schema.combined.iter().flat_map(Combined::targets).chain(dependent).collect()
        })
        .collect();
    // Kahn's algorithm: what cannot be sorted lies on a cycle, or behind one.
    let mut incoming = vec![0usize; schemas.len()];
    for target in edges.iter().flatten() {
        if let Some(count) = incoming.get_mut(target.0) {
            *count += 1;
        }
    }
    let mut free: Vec<usize> =
        incoming.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| index).collect();
    let mut sorted = 0;
    while let Some(index) = free.pop() {
        sorted += 1;
        for target in edges.get(index).into_iter().flatten() {
            if let Some(count) = incoming.get_mut(target.0) {
                *count -= 1;
                if *count == 0 {
                    free.push(target.0);
                }
            }
        }
    }
    sorted < schemas.len()
}
