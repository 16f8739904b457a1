//! How much of a document Rust can say.

use std::collections::BTreeMap;

use super::names::Ident;
use super::types::{Item, ItemKind, Ty, Why};

/// How many aliases are followed.
const HOPS: usize = 32;

/// The fields of all structs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    pub fields: usize,
    /// Those that hold untyped JSON, themselves or in a list, by cause.
    pub untyped: BTreeMap<Why, usize>,
}

impl Coverage {
    pub fn of(items: &[Item]) -> Self {
        let index: BTreeMap<&Ident, &Item> = items.iter().map(|item| (&item.ident, item)).collect();
        let mut coverage = Self::default();
        for item in items {
            let ItemKind::Struct(fields) = &item.kind else { continue };
            for field in fields {
                coverage.fields += 1;
                if let Some(why) = why(&field.ty, &index, HOPS) {
                    *coverage.untyped.entry(why).or_default() += 1;
                }
            }
        }
        coverage
    }
}

/// Why a type holds untyped JSON; another struct or enum answers for itself.
fn why(ty: &Ty, index: &BTreeMap<&Ident, &Item>, hops: usize) -> Option<Why> {
    match ty {
        Ty::Named(ident) => match &index.get(ident)?.kind {
            ItemKind::Alias(ty) | ItemKind::Newtype(ty) => why(ty, index, hops.checked_sub(1)?),
            ItemKind::Struct(_) | ItemKind::Enum(_) | ItemKind::Union(_) => None,
        },
        Ty::Vec(inner) | Ty::Map(inner) | Ty::Option(inner) | Ty::Boxed(inner) => why(inner, index, hops),
        Ty::Value(why) => Some(*why),
        Ty::String | Ty::I64 | Ty::U64 | Ty::F64 | Ty::Bool => None,
    }
}
