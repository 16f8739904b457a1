//! The items of `types.rs` as the template prints them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::docs::Docs;
use super::literal::{self, Token};
use super::names::{Ident, Scope};
use super::types::{Field, Item, ItemKind, Ty};
use super::unions::{self, Union};

/// `types.rs`
#[derive(Debug, Serialize)]
pub(crate) struct TypesFile {
    /// Whether `BTreeMap` is imported.
    uses_maps: bool,
    items: Vec<ItemWords>,
}

/// An item; exactly one of the optional parts is there.
#[derive(Debug, Serialize)]
struct ItemWords {
    ident: Ident,
    docs: Docs,
    structure: Option<Structure>,
    enumeration: Option<Vec<VariantWords>>,
    alias: Option<Token>,
    newtype: Option<Token>,
    union: Option<UnionWords>,
}

#[derive(Debug, Serialize)]
struct Structure {
    fields: Vec<FieldWords>,
    /// Every field has Rust's own default.
    derives_default: bool,
    /// Every field has a default, and some have one of the document.
    has_default: bool,
    /// The functions that give the defaults of the document.
    defaults: Vec<DefaultWords>,
    /// More flags than clippy finds readable; they are the document's.
    many_bools: bool,
    /// What `new` takes, where it spares somebody most of the fields.
    new: Option<Constructor>,
}

/// The required fields, as the arguments of `new`; where positions could be mistaken, as the fields of the one struct that it
/// takes.
#[derive(Debug, Serialize)]
struct Constructor {
    /// `id: i64, name: String`
    arguments: Token,
    /// `PetRequired`
    structure: Option<Ident>,
    /// `name: String` each.
    fields: Vec<Token>,
}

#[derive(Debug, Serialize)]
struct FieldWords {
    ident: Ident,
    docs: Docs,
    ty: Token,
    /// What an object without the property means: `required`, `optional`, `default`; `rest` holds what has no field.
    kind: &'static str,
    wire: Token,
    /// The function that gives the default of the document.
    absent: Option<Token>,
    /// The value in `impl Default`.
    default: Token,
}

#[derive(Debug, Serialize)]
struct DefaultWords {
    ident: Token,
    ty: Token,
    value: Token,
    /// A number that clippy would take for a mathematical constant.
    looks_like_constant: bool,
}

#[derive(Debug, Serialize)]
struct VariantWords {
    ident: Ident,
    text: Token,
}

#[derive(Debug, Serialize)]
struct UnionWords {
    variants: Vec<UnionVariant>,
    /// The property that tells the variants apart.
    tag: Option<Token>,
    /// The variant for values that the document does not know.
    other: Option<Ident>,
}

#[derive(Debug, Serialize)]
struct UnionVariant {
    ident: Ident,
    docs: Docs,
    ty: Token,
    /// `"cat" | "tom"`
    tags: Option<Token>,
}

impl TypesFile {
    pub fn new(items: &[Item], scope: &mut Scope) -> Self {
        let index: BTreeMap<_, _> = items.iter().map(|item| (&item.ident, item)).collect();
        let is_map = |ty: &Ty| ty.any(&|ty| matches!(ty, Ty::Map(_)));
        let uses_maps = items.iter().any(|item| match &item.kind {
            ItemKind::Struct(fields) => fields.iter().any(|field| is_map(&field.ty)),
            ItemKind::Alias(ty) | ItemKind::Newtype(ty) => is_map(ty),
            ItemKind::Union(union) => union.variants.iter().any(|variant| is_map(&variant.ty)),
            ItemKind::Enum(_) => false,
        });
        Self { uses_maps, items: items.iter().map(|item| item_words(item, &index, scope)).collect() }
    }
}

fn item_words(item: &Item, index: &BTreeMap<&Ident, &Item>, scope: &mut Scope) -> ItemWords {
    let mut words = ItemWords {
        ident: item.ident.clone(),
        docs: item.docs.clone(),
        structure: None,
        enumeration: None,
        alias: None,
        newtype: None,
        union: None,
    };
    match &item.kind {
        ItemKind::Struct(fields) => words.structure = Some(structure(&item.ident, fields, index, scope)),
        ItemKind::Enum(variants) => {
            let variant =
                |(ident, text): &(Ident, String)| VariantWords { ident: ident.clone(), text: literal::string(text) };
            words.enumeration = Some(variants.iter().map(variant).collect());
        }
        ItemKind::Alias(ty) => words.alias = Some(ty.token()),
        ItemKind::Newtype(ty) => words.newtype = Some(ty.token()),
        ItemKind::Union(union) => words.union = Some(union_words(union)),
    }
    words
}

fn union_words(union: &Union) -> UnionWords {
    let variant = |variant: &unions::Variant| UnionVariant {
        ident: variant.ident.clone(),
        docs: variant.docs.clone(),
        ty: variant.ty.token(),
        tags: (!variant.tags.is_empty()).then(|| {
            let tags: Vec<_> = variant.tags.iter().map(|tag| literal::string(tag).to_string()).collect();
            Token::composed(tags.join(" | "))
        }),
    };
    UnionWords {
        variants: union.variants.iter().map(variant).collect(),
        tag: union.tag.as_deref().map(literal::string),
        other: union.other.clone(),
    }
}

/// Where the value of a field comes from when it is absent.
enum Absent {
    /// The property is required.
    Refused,
    /// The field is an option.
    None,
    /// The field holds the properties that have no field.
    Rest,
    /// The document's default is Rust's own: `false`, an empty list.
    Default,
    Value(Token),
}

/// Clippy calls a function with more arguments hard to read, and it is right.
const MOST_ARGUMENTS: usize = 7;
/// Of more arguments no two may have one type: whoever exchanges them is told by nobody.
const MOST_ALIKE: usize = 2;
/// Clippy's `struct_excessive_bools` counts more.
const MOST_BOOLS: usize = 3;
/// Fewer fields are written as fast.
const LEAST_SPARED: usize = 2;

fn structure(ident: &Ident, fields: &[Field], index: &BTreeMap<&Ident, &Item>, scope: &mut Scope) -> Structure {
    let mut words = Structure {
        fields: Vec::new(),
        derives_default: true,
        has_default: true,
        defaults: Vec::new(),
        many_bools: false,
        new: None,
    };
    let mut required = Vec::new();
    for field in fields {
        let (ty, absent) = field_type(field, index);
        let mut default = Token::composed("Default::default()");
        let mut function = None;
        let kind = match absent {
            Absent::Refused => {
                (words.derives_default, words.has_default) = (false, false);
                required.push((&field.ident, ty.token()));
                "required"
            }
            Absent::None => "optional",
            Absent::Rest => "rest",
            Absent::Default => {
                function = Some(Token::composed("Default::default"));
                "default"
            }
            Absent::Value(value) => {
                words.derives_default = false;
                let ident = Token::composed(format!("default_{}", field.ident.plain()));
                function = Some(Token::composed(format!("Self::{ident}")));
                default = Token::composed(format!("Self::{ident}()"));
                let looks_like_constant = ty == Ty::F64 && looks_like_constant(value.as_str());
                words.defaults.push(DefaultWords { ident, ty: ty.token(), value, looks_like_constant });
                "default"
            }
        };
        words.fields.push(FieldWords {
            ident: field.ident.clone(),
            docs: field.docs.clone(),
            ty: ty.token(),
            kind,
            wire: literal::string(&field.wire),
            absent: function,
            default,
        });
    }
    words.many_bools = words.fields.iter().filter(|field| field.ty.as_str() == "bool").count() > MOST_BOOLS;
    words.has_default &= !words.derives_default;
    let spared = fields.len() - required.len();
    if !required.is_empty() && spared >= LEAST_SPARED {
        let types: BTreeSet<&str> = required.iter().map(|(_, ty)| ty.as_str()).collect();
        let is_clear = required.len() <= MOST_ARGUMENTS && types.len() == required.len();
        let fields: Vec<String> = required.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        words.new = Some(Constructor {
            arguments: Token::composed(fields.join(", ")),
            fields: fields.into_iter().map(Token::composed).collect(),
            structure: (!is_clear && required.len() > MOST_ALIKE)
                .then(|| scope.pascal(&format!("{}Required", ident.plain()), "Required", None)),
        });
    }
    words
}

/// The type with its options, and what absence means.
fn field_type(field: &Field, index: &BTreeMap<&Ident, &Item>) -> (Ty, Absent) {
    let option = |ty: &Ty| Ty::Option(Box::new(ty.clone()));
    if field.rest {
        return (field.ty.clone(), Absent::Rest);
    }
    let untyped = matches!(field.ty, Ty::Value(_));
    let with_null = if field.nullable && !untyped { option(&field.ty) } else { field.ty.clone() };
    if field.required {
        return (with_null, Absent::Refused);
    }
    match field.default.as_ref().and_then(|value| default_value(&with_null, value, index)) {
        Some(absent) => (with_null, absent),
        None => (option(&with_null), Absent::None),
    }
}

/// A default as a Rust expression; `None`: Rust's type cannot say it in a word.
fn default_value(ty: &Ty, value: &Value, index: &BTreeMap<&Ident, &Item>) -> Option<Absent> {
    let token = |text: String| Some(Absent::Value(Token::composed(text)));
    match (ty, value) {
        (Ty::Option(_) | Ty::Value(_), Value::Null) => Some(Absent::Default),
        (Ty::Option(inner), value) => expression(inner, value, index).and_then(|value| token(format!("Some({value})"))),
        (Ty::String, Value::String(text)) if text.is_empty() => Some(Absent::Default),
        (Ty::Bool, Value::Bool(false)) => Some(Absent::Default),
        (Ty::I64 | Ty::U64, value) if value.as_i64() == Some(0) => Some(Absent::Default),
        (Ty::F64, value) if value.as_f64() == Some(0.0) => Some(Absent::Default),
        (Ty::Vec(_), Value::Array(items)) if items.is_empty() => Some(Absent::Default),
        (Ty::Map(_), Value::Object(members)) if members.is_empty() => Some(Absent::Default),
        _ => expression(ty, value, index).map(Absent::Value),
    }
}

fn expression(ty: &Ty, value: &Value, index: &BTreeMap<&Ident, &Item>) -> Option<Token> {
    Some(Token::composed(match (ty, value) {
        (Ty::String, Value::String(text)) if text.is_empty() => "String::new()".to_owned(),
        (Ty::String, Value::String(text)) => format!("{}.to_owned()", literal::string(text)),
        (Ty::Bool, Value::Bool(value)) => value.to_string(),
        (Ty::I64, value) => literal::grouped(&value.as_i64()?.to_string()),
        (Ty::U64, value) => literal::grouped(&value.as_u64()?.to_string()),
        (Ty::F64, value) => format!("{:?}", value.as_f64().filter(|number| number.is_finite())?),
        (Ty::Vec(_), Value::Array(items)) if items.is_empty() => "Vec::new()".to_owned(),
        (Ty::Vec(item), Value::Array(items)) => {
            let items: Option<Vec<_>> =
                items.iter().map(|value| expression(item, value, index).map(|token| token.to_string())).collect();
            format!("vec![{}]", items?.join(", "))
        }
        (Ty::Named(ident), value) => match &index.get(ident)?.kind {
            ItemKind::Enum(variants) => {
                let (variant, _) = variants.iter().find(|(_, text)| Some(text.as_str()) == value.as_str())?;
                format!("{ident}::{variant}")
            }
            ItemKind::Alias(ty) => return expression(ty, value, index),
            ItemKind::Struct(_) | ItemKind::Newtype(_) | ItemKind::Union(_) => return None,
        },
        _ => return None,
    }))
}

/// Whether clippy's `approx_constant` could take a number for π or the like.
fn looks_like_constant(number: &str) -> bool {
    use std::f64::consts::{E, FRAC_1_SQRT_2, LN_2, LN_10, LOG2_E, LOG10_2, LOG10_E, PI, SQRT_2, TAU};
    const PHI: f64 = 1.618_033_988_749_895;
    const GAMMA: f64 = 0.577_215_664_901_532_9;
    let constants = [E, FRAC_1_SQRT_2, LN_2, LN_10, LOG2_E, LOG10_2, LOG10_E, PI, SQRT_2, TAU, PHI, GAMMA];
    let divisors = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0];
    let Ok(number) = number.parse::<f64>() else { return false };
    let near = |value: f64| (number.abs() - value).abs() < 0.01;
    constants.iter().any(|value| divisors.iter().any(|by| near(value / by) || near(by / value)))
        || near(2.0 / PI.sqrt())
        || near(LOG2_E.recip() * LN_10)
        || near(LN_10 / LN_2)
        || near(3.0_f64.sqrt())
        || near(1.0 / (2.0 * PI).sqrt())
}
