//! `oneOf`, `anyOf` and several types → enums with a variant for each type of value.
//!
//! A value is the variant that holds all of it, so that every value of the schema is read and written unchanged; where
//! the document has a discriminator, that decides first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::docs::Docs;
use super::names::{Ident, Scope, pascal};
use super::recursion::mentioned;
use super::schema;
use super::types::{Item, ItemKind, Naming, Ty, Types, Why};
use crate::model;

/// How many compositions inside each other are multiplied out.
const MAX_NESTING: usize = 2;

/// How many branches a name can tell.
const MAX_NAMED: usize = 3;

/// An enum with a type in each variant.
#[derive(Clone, Debug)]
pub(crate) struct Union {
    pub variants: Vec<Variant>,
    /// The property of the discriminator.
    pub tag: Option<String>,
    /// The variant for what an upstream may answer although the document does not know it.
    pub other: Option<Ident>,
}

/// A variant.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub ident: Ident,
    pub docs: Docs,
    pub ty: Ty,
    /// The values of the discriminator that mean it.
    pub tags: Vec<String>,
}

/// What two unions have in common where a value of one is a value of the other: the tag, and each type with its tags.
pub(super) type Shape = (Option<String>, Vec<(Ty, Vec<String>)>);

impl Union {
    fn shape(&self) -> Shape {
        let types = self.variants.iter().map(|variant| (variant.ty.clone(), variant.tags.clone()));
        (self.tag.clone(), types.collect())
    }
}

/// A branch before it is lowered.
struct Branch {
    schema: Value,
    tags: Vec<String>,
}

impl Branch {
    fn of(schema: Value) -> Self {
        Self { schema, tags: Vec::new() }
    }
}

impl Types<'_> {
    /// The type of a schema with `oneOf` or `anyOf`.
    pub(super) fn any_of(&mut self, schema: &Map<String, Value>, naming: &Naming) -> Ty {
        let keyword = if schema.contains_key("anyOf") { "anyOf" } else { "oneOf" };
        let Some(Value::Array(branches)) = schema.get(keyword) else { return Ty::Value(Why::Anything) };
        let discriminator = schema.get(model::DISCRIMINATOR);
        let tag = discriminator.and_then(|discriminator| discriminator.get("property")).and_then(Value::as_str);
        let tags = |at: usize| -> Vec<String> {
            let list = discriminator.and_then(|discriminator| discriminator.get("tags")?.get(at)?.as_array());
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let beside = schema::beside_branches(schema);
        let is_null = |branch: &Value| branch.as_object().is_some_and(|branch| schema::types(branch) == ["null"]);
        let kept = branches.iter().enumerate().filter(|(_, branch)| !is_null(branch));
        let kept: Vec<Branch> = kept
            .map(|(at, branch)| Branch {
                schema: match &beside {
                    Some(beside) => json!({"allOf": [beside, branch]}),
                    None => branch.clone(),
                },
                tags: tags(at),
            })
            .collect();
        // Each branch repeats what stands beside it: a schema that does so within itself would grow without end.
        let deeper = self.nesting + usize::from(beside.is_some());
        if deeper > MAX_NESTING {
            return Ty::Value(Why::Branch);
        }
        let before = std::mem::replace(&mut self.nesting, deeper);
        let ty = self.union(schema, kept, tag, naming);
        self.nesting = before;
        ty
    }

    /// `type: [string, integer]`
    pub(super) fn one_of_types(&mut self, schema: &Map<String, Value>, types: &[&str], naming: &Naming) -> Ty {
        let branch = |name: &&str| {
            let mut branch = schema.clone();
            branch.insert("type".to_owned(), json!(name));
            Branch::of(Value::Object(branch))
        };
        let branches = types.iter().map(branch).collect();
        self.union(schema, branches, None, naming)
    }

    /// `enum: [auto, 1, 2]`
    pub(super) fn mixed_enumeration(&mut self, schema: &Map<String, Value>, values: &[&Value], naming: &Naming) -> Ty {
        if values.iter().any(|value| value.is_array() || value.is_object()) {
            return Ty::Value(Why::Anything);
        }
        let kinds: [fn(&Value) -> bool; 3] = [Value::is_string, Value::is_number, Value::is_boolean];
        let branches = kinds
            .iter()
            .map(|is_kind| values.iter().filter(|value| is_kind(value)).collect::<Vec<_>>())
            .filter(|values| !values.is_empty())
            .map(|values| Branch::of(json!({"enum": values})))
            .collect();
        self.union(schema, branches, None, naming)
    }

    /// The type of the items of a tuple: that of each place, where there is no place beyond.
    pub(super) fn tuple_item(
        &mut self,
        schema: &Map<String, Value>,
        first: &[Value],
        rest: Option<&Value>,
        naming: &Naming,
    ) -> Ty {
        let places = u64::try_from(first.len()).unwrap_or(u64::MAX);
        let closed = rest == Some(&Value::Bool(false))
            || schema.get("maxItems").and_then(Value::as_u64).is_some_and(|most| most <= places);
        let rest = rest.filter(|rest| rest.is_object() && !closed);
        if !closed && rest.is_none() {
            return Ty::Value(Why::Pattern);
        }
        let branches: Vec<Branch> = first.iter().chain(rest).cloned().map(Branch::of).collect();
        let nullable = branches.iter().any(|branch| schema::allows_null(&branch.schema, self.server));
        match self.union(schema, branches, None, &naming.item()) {
            ty @ Ty::Value(_) => ty,
            ty if nullable => Ty::Option(Box::new(ty)),
            ty => ty,
        }
    }

    /// One type for all branches: the one they have in common, or an enum.
    fn union(&mut self, schema: &Map<String, Value>, branches: Vec<Branch>, tag: Option<&str>, naming: &Naming) -> Ty {
        if let [only] = branches.as_slice() {
            return self.lower(&only.schema, naming).ty;
        }
        let common = self.common_name(&branches).map(Naming::of);
        let naming = common.as_ref().filter(|_| naming.claimed.is_none()).unwrap_or(naming);
        let ident = match self.claim(schema, naming) {
            Ok(ident) => ident,
            Err(known) => return known,
        };
        let at = self.items.len();
        let group = self.group;
        let docs = Docs::description(schema.get("description").and_then(Value::as_str).unwrap_or_default());
        self.items.push(Item { ident: ident.clone(), docs, kind: ItemKind::Alias(Ty::Value(Why::Branch)), group });
        let mut variants: Vec<Variant> = Vec::new();
        let mut scope = Scope::reserving(&["Other"]);
        for branch in branches {
            let own = own_name(&branch.schema);
            let name = own.clone().unwrap_or_else(|| "Object".to_owned());
            let ty = self.lower(&branch.schema, &Naming::of(format!("{}{name}", ident.plain()))).ty;
            let ty = match ty {
                Ty::Option(inner) => *inner,
                ty => ty,
            };
            if let Ty::Value(why) = ty {
                return self.give_up(at, &ident, why);
            }
            if let Some(same) = variants.iter_mut().find(|variant| variant.ty == ty) {
                same.tags.extend(branch.tags);
                continue;
            }
            let description = branch.schema.get("description").and_then(Value::as_str).unwrap_or_default();
            variants.push(Variant {
                ident: scope.pascal(&variant_name(&ty, own.as_deref()), "Variant", None),
                docs: Docs::description(description),
                ty,
                tags: branch.tags,
            });
        }
        // A discriminator that does not tell all variants apart is none.
        let tag = tag.filter(|_| variants.iter().all(|variant| !variant.tags.is_empty())).map(str::to_owned);
        if tag.is_none() {
            variants.iter_mut().for_each(|variant| variant.tags.clear());
        }
        if let [one] = variants.as_slice() {
            let ty = one.ty.clone();
            self.items.remove(at);
            self.replace(&ident, &ty);
            return ty;
        }
        let union = Union { variants, tag, other: None };
        if naming.claimed.is_none() {
            let shape = union.shape();
            if let Some(same) = self.unions.get(&shape) {
                let ty = Ty::Named(same.clone());
                self.items.remove(at);
                self.replace(&ident, &ty);
                return ty;
            }
            self.unions.insert(shape, ident.clone());
        }
        if let Some(item) = self.items.get_mut(at) {
            item.kind = ItemKind::Union(union);
        }
        Ty::Named(ident)
    }

    /// `TextOrFile`: the same everywhere, because nothing in it belongs to one place.
    fn common_name(&self, branches: &[Branch]) -> Option<String> {
        let word = |branch: &Branch| -> Option<String> {
            let object = branch.schema.as_object()?;
            if let Some(name) = schema::reference(object) {
                return self.named.get(name.as_str()).map(|ident| ident.plain().to_owned());
            }
            match (schema::types(object).as_slice(), object.contains_key("enum") || object.contains_key("const")) {
                (["string"], false) => Some("Text".to_owned()),
                (["integer"], false) => Some("Integer".to_owned()),
                (["number"], false) => Some("Number".to_owned()),
                (["boolean"], false) => Some("Bool".to_owned()),
                _ => None,
            }
        };
        let words: Option<Vec<String>> = branches.iter().map(word).collect();
        let words =
            words.filter(|words| words.len() <= MAX_NAMED && words.iter().collect::<BTreeSet<_>>().len() > 1)?;
        Some(words.join("Or"))
    }

    /// A branch is untyped, so the whole is: the types that were made for the other branches are not needed.
    fn give_up(&mut self, at: usize, ident: &Ident, why: Why) -> Ty {
        let ty = Ty::Value(if why == Why::Anything { Why::Anything } else { Why::Branch });
        let unused: BTreeSet<Ident> =
            self.items.drain(at..).map(|item| item.ident).filter(|own| own != ident).collect();
        self.shared.retain(|_, ty| !matches!(ty, Ty::Named(ident) if unused.contains(ident)));
        self.replace(ident, &ty);
        ty
    }

    /// There is no type of this name: equal schemas are another one.
    fn replace(&mut self, ident: &Ident, by: &Ty) {
        for ty in self.shared.values_mut() {
            if matches!(ty, Ty::Named(own) if own == ident) {
                *ty = by.clone();
            }
        }
    }
}

/// What a branch calls itself: its title, or the one value of a property.
fn own_name(branch: &Value) -> Option<String> {
    let title = branch.get("title").and_then(Value::as_str).filter(|title| title.len() <= 40);
    let constant = |property: &Value| {
        let one = property.get("const").or_else(|| match property.get("enum")?.as_array()?.as_slice() {
            [one] => Some(one),
            _ => None,
        });
        one.and_then(Value::as_str).map(str::to_owned)
    };
    let value = || branch.get("properties")?.as_object()?.values().find_map(constant);
    let part = || branch.get("allOf")?.as_array()?.iter().rev().find_map(own_name);
    let name = title.map(str::to_owned).or_else(value).or_else(|| constant(branch)).or_else(part)?;
    let name = pascal(&name, "");
    (!name.is_empty()).then_some(name)
}

/// What a variant is called: as its named type, else as the branch calls itself, else after the type of JSON.
fn variant_name(ty: &Ty, own: Option<&str>) -> String {
    if let (Ty::Named(_), Some(own)) = (ty, own) {
        return own.to_owned();
    }
    match ty {
        Ty::Named(ident) => ident.plain().to_owned(),
        Ty::String => "Text".to_owned(),
        Ty::I64 | Ty::U64 => "Integer".to_owned(),
        Ty::F64 => "Number".to_owned(),
        Ty::Bool => "Bool".to_owned(),
        Ty::Vec(item) => match &**item {
            Ty::Named(ident) => format!("{}List", ident.plain()),
            Ty::String => "Texts".to_owned(),
            _ => "List".to_owned(),
        },
        Ty::Map(_) => "Map".to_owned(),
        Ty::Option(inner) | Ty::Boxed(inner) => variant_name(inner, own),
        Ty::Value(_) => "Any".to_owned(),
    }
}

/// Boxes what would make an enum large, and opens the enums that an upstream answers with.
pub(super) fn finish(items: &mut [Item], answers: &[Ty]) {
    let index: BTreeMap<Ident, usize> = items.iter().enumerate().map(|(at, item)| (item.ident.clone(), at)).collect();
    let answered = reachable(items, &index, answers);
    let small: BTreeSet<Ident> =
        items.iter().filter(|item| matches!(item.kind, ItemKind::Enum(_))).map(|item| item.ident.clone()).collect();
    for (at, item) in items.iter_mut().enumerate() {
        let ItemKind::Union(union) = &mut item.kind else { continue };
        for variant in &mut union.variants {
            if matches!(&variant.ty, Ty::Named(ident) if !small.contains(ident)) {
                variant.ty = Ty::Boxed(Box::new(variant.ty.clone()));
            }
        }
        if answered.contains(&at) {
            union.other = Some(Scope::default().pascal("Other", "Other", None));
        }
    }
}

/// The items that the types mention, directly or through others.
fn reachable(items: &[Item], index: &BTreeMap<Ident, usize>, from: &[Ty]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let at = |ident: Ident| index.get(&ident).copied();
    let mut queue: VecDeque<usize> = from.iter().flat_map(|ty| mentioned(ty, true)).filter_map(at).collect();
    while let Some(next) = queue.pop_front() {
        if !seen.insert(next) {
            continue;
        }
        let Some(item) = items.get(next) else { continue };
        let inside: Vec<Ident> = match &item.kind {
            ItemKind::Struct(fields) => fields.iter().flat_map(|field| mentioned(&field.ty, true)).collect(),
            ItemKind::Alias(ty) | ItemKind::Newtype(ty) => mentioned(ty, true),
            ItemKind::Union(union) => union.variants.iter().flat_map(|variant| mentioned(&variant.ty, true)).collect(),
            ItemKind::Enum(_) => Vec::new(),
        };
        queue.extend(inside.into_iter().filter_map(at));
    }
    seen
}
