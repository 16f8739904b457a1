//! JSON Schema 2020-12 → Rust types.
//!
//! What Rust cannot express is untyped JSON, and the exact schema stays in the tool's definition: no document is
//! refused for a schema. References become named types, so that a circular schema is a recursive type.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::docs::{self, Docs};
use super::literal::Token;
use super::names::{Ident, Scope, pascal, singular, words};
use super::unions::{Shape, Union};
use super::{Places, schema};
use crate::model;

/// A Rust type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ty {
    String,
    I64,
    U64,
    F64,
    Bool,
    /// Untyped JSON.
    Value(Why),
    Vec(Box<Ty>),
    Map(Box<Ty>),
    Option(Box<Ty>),
    Boxed(Box<Ty>),
    /// An item of `types.rs`.
    Named(Ident),
}

/// Why a type is untyped JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// The document allows any value: `{}`, `true`.
    Anything,
    /// The document has an object or an array and does not say of what.
    Unspecified,
    /// Some branch of `oneOf` or `anyOf` is untyped.
    Branch,
    /// `allOf` of parts that are no one type.
    Conflict,
    /// Integers beyond 64 bits.
    Integer,
    /// `null`, and values that are never there.
    Null,
    /// Names by pattern, or a tuple that is open.
    Pattern,
    /// A reference that leads nowhere, or to itself.
    Reference,
}

impl Why {
    /// In the words of a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anything => "any value",
            Self::Unspecified => "object or array of anything",
            Self::Branch => "oneOf or anyOf with an untyped branch",
            Self::Conflict => "allOf of parts that are no one type",
            Self::Integer => "integers beyond 64 bits",
            Self::Null => "null only",
            Self::Pattern => "names by pattern, or an open tuple",
            Self::Reference => "reference to nothing or to itself",
        }
    }
}

impl Ty {
    pub fn token(&self) -> Token {
        Token::composed(match self {
            Self::String => "String".to_owned(),
            Self::I64 => "i64".to_owned(),
            Self::U64 => "u64".to_owned(),
            Self::F64 => "f64".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Value(_) => "rt::Value".to_owned(),
            Self::Vec(item) => format!("Vec<{}>", item.token()),
            Self::Map(value) => format!("BTreeMap<String, {}>", value.token()),
            Self::Option(some) => format!("Option<{}>", some.token()),
            Self::Boxed(inner) => format!("Box<{}>", inner.token()),
            Self::Named(ident) => ident.to_string(),
        })
    }

    /// The type and the types inside it.
    pub fn any(&self, test: &impl Fn(&Self) -> bool) -> bool {
        test(self)
            || match self {
                Self::Vec(inner) | Self::Map(inner) | Self::Option(inner) | Self::Boxed(inner) => inner.any(test),
                _ => false,
            }
    }

    fn or_null(self, nullable: bool) -> Self {
        if nullable && !matches!(self, Self::Value(_)) { Self::Option(Box::new(self)) } else { self }
    }
}

/// An item of `types.rs`.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub ident: Ident,
    pub docs: Docs,
    pub kind: ItemKind,
    /// Where it stands in the file: named schemas in the document's order, then inputs and outputs of tools.
    pub(super) group: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum ItemKind {
    Struct(Vec<Field>),
    /// A string enum: the variants and their texts.
    Enum(Vec<(Ident, String)>),
    Alias(Ty),
    /// An alias that would contain itself.
    Newtype(Ty),
    Union(Union),
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub ident: Ident,
    /// The property's name.
    pub wire: String,
    pub docs: Docs,
    pub ty: Ty,
    pub required: bool,
    pub nullable: bool,
    /// The default of the schema, where it makes the field plain.
    pub default: Option<Value>,
    /// Everything that has no field of its own.
    pub rest: bool,
}

/// A lowered schema: its type without `null`, and whether it has `null`.
pub(super) struct Lowered {
    pub(super) ty: Ty,
    pub(super) nullable: bool,
}

/// What an anonymous type is called.
#[derive(Clone)]
pub(super) struct Naming {
    pub(super) name: String,
    /// What an item of it is called, where it is a list with a plural name: `GetForecastOutputDay`.
    item: Option<String>,
    /// Taken from the scope already: the type is this item itself.
    pub(super) claimed: Option<Ident>,
}

impl Naming {
    /// The name of an anonymous type.
    pub(super) fn of(name: impl Into<String>) -> Self {
        Self { name: name.into(), item: None, claimed: None }
    }

    /// The name of an item.
    fn claimed(ident: &Ident) -> Self {
        Self { claimed: Some(ident.clone()), ..Self::of(ident.plain()) }
    }

    /// The name of a property's type: that of the struct, and the property's.
    fn property(structure: &Ident, wire: &str) -> Self {
        let words = words(wire);
        let item =
            words.split_last().map(|(last, first)| (singular(last), first, last)).filter(|(one, _, last)| one != *last);
        let item = item.map(|(one, first, _)| {
            let words: Vec<_> = first.iter().map(String::as_str).chain([one.as_str()]).collect();
            format!("{}{}", structure.plain(), pascal(&words.join("_"), "Item"))
        });
        Self { item, ..Self::of(format!("{}{}", structure.plain(), pascal(wire, "Field"))) }
    }

    pub(super) fn item(&self) -> Self {
        Self::of(self.item.clone().unwrap_or_else(|| format!("{}Item", self.name)))
    }

    fn value(&self) -> Self {
        Self::of(self.item.clone().unwrap_or_else(|| format!("{}Value", self.name)))
    }
}

/// Turns schemas into types and collects the items that they need.
pub(crate) struct Types<'a> {
    pub(super) server: &'a model::Server,
    places: &'a Places<'a>,
    pub(super) scope: Scope,
    /// Identifiers of the named schemas, claimed before anything else so that they depend on nothing else.
    pub(super) named: BTreeMap<&'a str, Ident>,
    wanted: BTreeSet<usize>,
    queue: VecDeque<usize>,
    /// Anonymous types by their schema: equal ones are one type.
    pub(super) shared: BTreeMap<String, Ty>,
    /// The anonymous enums with a type in each variant.
    pub(super) unions: BTreeMap<Shape, Ident>,
    pub(super) items: Vec<Item>,
    pub(super) group: usize,
    /// What an upstream answers with: what is reachable from here can have values that the document does not know.
    answers: Vec<Ty>,
    /// How many compositions that are multiplied out are around what is lowered.
    pub(super) nesting: usize,
    /// What anonymous types of several answers are called, by their schema.
    pub(super) preferred: BTreeMap<String, String>,
}

impl<'a> Types<'a> {
    /// `scope` holds the names that types must not take.
    pub fn new(server: &'a model::Server, places: &'a Places<'a>, mut scope: Scope) -> Self {
        let named =
            server.schemas.keys().map(|name| (name.as_str(), scope.pascal(name, "Schema", Some("Data")))).collect();
        Self {
            server,
            places,
            scope,
            named,
            wanted: BTreeSet::new(),
            queue: VecDeque::new(),
            shared: BTreeMap::new(),
            unions: BTreeMap::new(),
            items: Vec::new(),
            group: server.schemas.len(),
            answers: Vec::new(),
            nesting: 0,
            preferred: super::shared::names(server),
        }
    }

    /// The names of the crate's items, for error enums.
    pub fn scope(&mut self) -> &mut Scope {
        &mut self.scope
    }

    /// A struct for an object schema, whatever its properties: the input of a tool, the variables of a template.
    pub fn object(&mut self, name: &str, docs: Docs, schema: &Value) -> Ident {
        self.group += 1;
        let ident = self.scope.pascal(name, "Input", Some("Data"));
        let empty = Map::new();
        let object = schema::resolve(schema, self.server).unwrap_or(&empty);
        self.structure(&Naming::claimed(&ident), docs, object);
        self.drain();
        ident
    }

    /// The type of an output, a body or a detail of an error; `name` is for what has no name of its own.
    pub fn value(&mut self, name: &str, schema: &Value) -> Ty {
        self.group += 1;
        let lowered = self.lower(schema, &Naming::of(name));
        self.drain();
        let ty = lowered.ty.or_null(lowered.nullable);
        if self.server.upstream.is_some() {
            self.answers.push(ty.clone());
        }
        ty
    }

    /// Says which tools answer with the types that have no documentation of the document. `answers`: links to tools, in the
    /// order of the document.
    pub fn describe_answers(&mut self, answers: &[(Ty, String)]) {
        let mut users: BTreeMap<&Ident, Vec<&str>> = BTreeMap::new();
        for (ty, link) in answers {
            let mut ty = ty;
            while let Ty::Vec(inner) | Ty::Map(inner) | Ty::Option(inner) | Ty::Boxed(inner) = ty {
                ty = inner;
            }
            if let Ty::Named(ident) = ty {
                users.entry(ident).or_default().push(link);
            }
        }
        for item in self.items.iter_mut().filter(|item| item.docs == Docs::default()) {
            if let Some(docs) = users.get(&item.ident).and_then(|users| super::shared::docs(users)) {
                item.docs = docs;
            }
        }
    }

    /// All items, in the order of the file.
    pub fn finish(&mut self) -> Vec<Item> {
        let mut items = std::mem::take(&mut self.items);
        items.sort_by_key(|item| item.group);
        super::unions::finish(&mut items, &self.answers);
        super::recursion::break_cycles(&mut items);
        items
    }

    fn drain(&mut self) {
        let group = self.group;
        while let Some(at) = self.queue.pop_front() {
            if let Some((name, schema)) = self.server.schemas.get_index(at)
                && let Some(ident) = self.named.get(name.as_str()).cloned()
            {
                self.group = at;
                let naming = Naming::claimed(&ident);
                let docs = self.named_docs(name, schema);
                let before = self.items.len();
                let Lowered { ty, .. } = self.lower(&schema.value, &naming);
                // The item is one of those that this schema brought.
                let own = self.items.iter_mut().skip(before).find(|item| item.ident == ident);
                match own.filter(|_| ty == Ty::Named(ident.clone())) {
                    Some(item) => item.docs = docs,
                    None => {
                        let group = self.group;
                        self.items.push(Item { ident, docs, kind: ItemKind::Alias(ty), group });
                    }
                }
            }
        }
        self.group = group;
    }

    fn named_docs(&self, name: &str, schema: &model::Schema) -> Docs {
        let description = schema.value.get("description").and_then(Value::as_str).unwrap_or_default();
        let (summary, rest) = docs::split_summary(description);
        let place = self.places.of(schema.span);
        let summary = if summary.is_empty() { format!("The schema {}", docs::code(name)) } else { summary };
        let docs = Docs::with_rest(format!("{summary} {place}"), &rest);
        // One schema of the document that is two types, because a caller does not send what it gets.
        match (self.other_face(&format!("{name}Input"), schema), name.strip_suffix("Input")) {
            (Some(input), _) => docs.paragraph(&format!("What the API answers; callers send [`{input}`].")),
            (None, Some(output)) => match self.other_face(output, schema) {
                Some(output) => docs.paragraph(&format!("What callers send; the API answers [`{output}`].")),
                None => docs,
            },
            (None, None) => docs,
        }
    }

    /// The type of the schema of this name, where it is made from the same place of the document.
    fn other_face(&self, name: &str, schema: &model::Schema) -> Option<&Ident> {
        let other = self.server.schemas.get(name)?;
        if other.span == schema.span { self.named.get(name) } else { None }
    }

    pub(super) fn lower(&mut self, schema: &Value, naming: &Naming) -> Lowered {
        let nullable = schema::allows_null(schema, self.server);
        let ty = match schema.as_object() {
            Some(object) => self.lower_object(object, naming),
            None => Ty::Value(Why::Anything),
        };
        Lowered { ty, nullable }
    }

    fn lower_object(&mut self, schema: &Map<String, Value>, naming: &Naming) -> Ty {
        if let Some(name) = schema::reference(schema) {
            return self.named(&name);
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            return self.all_of(schema, parts, naming);
        }
        if schema::branches(schema).is_some() && !schema::only_groups_properties(schema) {
            return self.any_of(schema, naming);
        }
        let constant = schema.get("const").map(std::slice::from_ref);
        if let Some(values) = constant.or_else(|| schema.get("enum").and_then(Value::as_array).map(Vec::as_slice)) {
            return self.enumeration(schema, values, naming);
        }
        let mut types = schema::types(schema);
        types.retain(|name| *name != "null");
        match types.as_slice() {
            ["string"] => Ty::String,
            ["integer"] => integer(schema),
            ["number"] | ["integer", "number"] | ["number", "integer"] => Ty::F64,
            ["boolean"] => Ty::Bool,
            ["array"] => self.array(schema, naming),
            ["object"] => self.map_or_struct(schema, naming),
            [] if schema.contains_key("type") => Ty::Value(Why::Null),
            [] if schema.contains_key("properties") => self.map_or_struct(schema, naming),
            [] if schema.contains_key("items") => self.array(schema, naming),
            [] => Ty::Value(Why::Anything),
            several => self.one_of_types(schema, several, naming),
        }
    }

    fn named(&mut self, name: &str) -> Ty {
        match (self.server.schemas.get_index_of(name), self.named.get(name)) {
            (Some(at), Some(ident)) => {
                if self.wanted.insert(at) {
                    self.queue.push_back(at);
                }
                Ty::Named(ident.clone())
            }
            _ => Ty::Value(Why::Reference),
        }
    }

    fn all_of(&mut self, schema: &Map<String, Value>, parts: &[Value], naming: &Naming) -> Ty {
        let structural = ["properties", "required", "additionalProperties", "anyOf", "oneOf", "enum", "const"];
        if let [only] = parts
            && !structural.iter().any(|keyword| schema.contains_key(*keyword))
        {
            return self.lower(only, naming).ty;
        }
        match schema::merge_all_of(schema, self.server) {
            Some(merged) if !merged.contains_key("allOf") => self.lower_object(&merged, naming),
            _ => match schema::distribute(schema, self.server) {
                Some(distributed) => self.any_of(&distributed, naming),
                None => Ty::Value(Why::Conflict),
            },
        }
    }

    fn array(&mut self, schema: &Map<String, Value>, naming: &Naming) -> Ty {
        let item = match (schema.get("prefixItems"), schema.get("items")) {
            (None, Some(items)) => {
                let lowered = self.lower(items, &naming.item());
                lowered.ty.or_null(lowered.nullable)
            }
            (None, None) => Ty::Value(Why::Unspecified),
            (Some(Value::Array(first)), rest) => self.tuple_item(schema, first, rest, naming),
            (Some(_), _) => Ty::Value(Why::Pattern),
        };
        Ty::Vec(Box::new(item))
    }

    fn map_or_struct(&mut self, schema: &Map<String, Value>, naming: &Naming) -> Ty {
        if schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty()) {
            let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
            return self.structure(naming, Docs::description(description), schema);
        }
        let value = match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) if !schema.contains_key("patternProperties") => {
                let lowered = self.lower(values, &naming.value());
                lowered.ty.or_null(lowered.nullable)
            }
            _ if schema.contains_key("patternProperties") => Ty::Value(Why::Pattern),
            _ => Ty::Value(Why::Unspecified),
        };
        Ty::Map(Box::new(value))
    }

    /// The identifier of a new type, or the type of an equal schema.
    pub(super) fn claim(&mut self, schema: &Map<String, Value>, naming: &Naming) -> Result<Ident, Ty> {
        if let Some(ident) = &naming.claimed {
            return Ok(ident.clone());
        }
        let key = schema::structure(schema).to_string();
        if let Some(ty) = self.shared.get(&key) {
            return Err(ty.clone());
        }
        let name = self.preferred.get(&key).unwrap_or(&naming.name);
        let ident = self.scope.pascal(name, "Object", Some("Data"));
        self.shared.insert(key, Ty::Named(ident.clone()));
        Ok(ident)
    }

    fn structure(&mut self, naming: &Naming, docs: Docs, schema: &Map<String, Value>) -> Ty {
        let ident = match self.claim(schema, naming) {
            Ok(ident) => ident,
            Err(known) => return known,
        };
        let at = self.items.len();
        // Its place is before the types of its fields.
        let group = self.group;
        self.items.push(Item { ident: ident.clone(), docs, kind: ItemKind::Struct(Vec::new()), group });
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let required: BTreeSet<_> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut scope = Scope::default();
        let idents = scope.snake_all(properties.keys().map(String::as_str), "field");
        let mut fields = Vec::new();
        for ((wire, property), field) in properties.iter().zip(idents) {
            let naming = Naming::property(&ident, wire);
            let before = self.items.len();
            let Lowered { ty, nullable } = self.lower(property, &naming);
            // The first of what it brought is the type of the property, or of its items.
            if let Some(item) = self.items.get_mut(before).filter(|item| item.docs == Docs::default()) {
                let part = if matches!(ty, Ty::Named(_)) { "The value" } else { "A part" };
                item.docs = Docs::line(format!("{part} of [`{0}::{1}`].", ident.plain(), field.plain()));
            }
            // An HTTP API has its own idea of a default; a handler is given the value.
            let default = property.get("default").filter(|_| self.server.upstream.is_none()).cloned();
            let is_required = required.contains(wire.as_str());
            let is_double = nullable && !is_required && default.is_none() && !matches!(ty, Ty::Value(_));
            fields.push(Field {
                ident: field,
                wire: wire.clone(),
                docs: field_docs(property, is_double),
                ty,
                required: is_required,
                nullable,
                default,
                rest: false,
            });
        }
        let additional = schema.get("additionalProperties").filter(|values| values.as_bool() != Some(false));
        if let Some(values) = additional
            && !properties.is_empty()
        {
            let lowered = self.lower(values, &Naming::of(format!("{}Value", ident.plain())));
            fields.push(Field {
                ident: scope.snake("additional_properties", "field"),
                wire: String::new(),
                docs: Docs::line("The properties that have no field of their own."),
                ty: Ty::Map(Box::new(lowered.ty.or_null(lowered.nullable))),
                required: true,
                nullable: false,
                default: None,
                rest: true,
            });
        }
        if let Some(item) = self.items.get_mut(at) {
            item.kind = ItemKind::Struct(fields);
        }
        Ty::Named(ident)
    }

    pub(super) fn enumeration(&mut self, schema: &Map<String, Value>, values: &[Value], naming: &Naming) -> Ty {
        let values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
        if values.is_empty() {
            return Ty::Value(Why::Null);
        }
        if values.iter().all(|value| value.is_i64()) {
            return Ty::I64;
        }
        if values.iter().all(|value| value.is_u64()) {
            return Ty::U64;
        }
        if values.iter().all(|value| value.is_number()) {
            return Ty::F64;
        }
        if values.iter().all(|value| value.is_boolean()) {
            return Ty::Bool;
        }
        let texts: Vec<_> = values.iter().filter_map(|value| value.as_str()).collect();
        if texts.len() < values.len() {
            return self.mixed_enumeration(schema, &values, naming);
        }
        let ident = match self.claim(&Map::from_iter([("enum".to_owned(), texts.as_slice().into())]), naming) {
            Ok(ident) => ident,
            Err(known) => return known,
        };
        let mut scope = Scope::default();
        let mut seen = BTreeSet::new();
        let variants = texts
            .into_iter()
            .filter(|text| seen.insert(*text))
            .map(|text| (scope.pascal(text, "Value", None), text.to_owned()))
            .collect();
        let docs = Docs::description(schema.get("description").and_then(Value::as_str).unwrap_or_default());
        let group = self.group;
        self.items.push(Item { ident: ident.clone(), docs, kind: ItemKind::Enum(variants), group });
        Ty::Named(ident)
    }
}

/// `i64`, or `u64` where the bounds leave `i64`; untyped where they leave both.
fn integer(schema: &Map<String, Value>) -> Ty {
    let bound = |keyword: &str| schema.get(keyword).filter(|value| value.is_number());
    let not_negative = bound("minimum").is_some_and(|minimum| minimum.as_u64().is_some());
    let unsigned = schema.get("format").and_then(Value::as_str) == Some("uint64");
    match bound("maximum") {
        _ if unsigned => Ty::U64,
        Some(maximum) if maximum.is_u64() && !maximum.is_i64() => {
            if not_negative {
                Ty::U64
            } else {
                Ty::Value(Why::Integer)
            }
        }
        Some(maximum) if maximum.as_f64().is_some_and(|maximum| maximum >= 18_446_744_073_709_551_615.0) => {
            Ty::Value(Why::Integer)
        }
        _ => Ty::I64,
    }
}

/// The description of a property and, in few words, its limits and its default. `is_double`: absence and `null` are two
/// things, so the type has two options.
fn field_docs(property: &Value, is_double: bool) -> Docs {
    let (summary, rest) = docs::split_summary(property.get("description").and_then(Value::as_str).unwrap_or_default());
    let mut limits = limits(property);
    if is_double {
        limits.push_str(if limits.is_empty() { "`Some(None)` is null" } else { "; `Some(None)` is null" });
    }
    let first = match (summary.as_str(), limits.as_str()) {
        ("", "") => return Docs::default(),
        (text, "") | ("", text) => text.to_owned(),
        (summary, limits) if summary.ends_with(['.', '!', '?', ':']) => format!("{summary} {limits}"),
        (summary, limits) => format!("{summary}. {limits}"),
    };
    Docs::with_rest(first, &rest)
}

/// `1 to 100, 20 by default`
fn limits(property: &Value) -> String {
    let number = |keyword: &str| property.get(keyword).filter(|value| value.is_number());
    let mut parts = Vec::new();
    match (number("minimum"), number("maximum")) {
        (Some(low), Some(high)) => parts.push(format!("{low} to {high}")),
        (Some(low), None) => parts.push(format!("At least {low}")),
        (None, Some(high)) => parts.push(format!("At most {high}")),
        (None, None) => {}
    }
    match (number("minLength"), number("maxLength")) {
        (Some(low), Some(high)) if low == high => {
            parts.push(format!("Exactly {low} {}", if *low == 1 { "character" } else { "characters" }));
        }
        (Some(low), Some(high)) => parts.push(format!("{low} to {high} characters")),
        (Some(low), None) if *low == 1 => parts.push("Not empty".to_owned()),
        (Some(low), None) => parts.push(format!("At least {low} characters")),
        (None, Some(high)) => parts.push(format!("At most {high} characters")),
        (None, None) => {}
    }
    match property.get("default") {
        Some(Value::String(text)) if text.len() <= 40 => parts.push(format!("{} by default", docs::code(text))),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => parts.push(format!("{value} by default")),
        _ => {}
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests;
