//! Types that contain themselves: a `Box` where a struct would be infinite, a struct where an alias would be.

use std::collections::BTreeMap;

use super::names::Ident;
use super::types::{Item, ItemKind, Ty, Why};

/// Makes every item finite.
pub(crate) fn break_cycles(items: &mut [Item]) {
    // An alias must not contain itself even behind a vector; a struct may.
    for indirect in [true, false] {
        let cyclic = cycles(items, &|kind| match kind {
            ItemKind::Alias(ty) => mentioned(ty, true),
            _ => Vec::new(),
        });
        for (item, cyclic) in items.iter_mut().zip(cyclic.iter().map(|component| component.cyclic)) {
            if let (ItemKind::Alias(ty), true) = (&item.kind, cyclic) {
                let holds = ty.any(&|ty| matches!(ty, Ty::Vec(_) | Ty::Map(_)));
                if indirect && holds {
                    item.kind = ItemKind::Newtype(ty.clone());
                } else if !indirect {
                    item.kind = ItemKind::Alias(Ty::Value(Why::Reference));
                }
            }
        }
    }
    let components = cycles(items, &|kind| match kind {
        ItemKind::Struct(fields) => fields.iter().flat_map(|field| mentioned(&field.ty, false)).collect(),
        ItemKind::Alias(ty) | ItemKind::Newtype(ty) => mentioned(ty, false),
        ItemKind::Union(union) => union.variants.iter().flat_map(|variant| mentioned(&variant.ty, false)).collect(),
        ItemKind::Enum(_) => Vec::new(),
    });
    let component_of: BTreeMap<Ident, usize> =
        items.iter().zip(&components).map(|(item, component)| (item.ident.clone(), component.number)).collect();
    for (item, component) in items.iter_mut().zip(&components) {
        if let (ItemKind::Struct(fields), true) = (&mut item.kind, component.cyclic) {
            for field in fields {
                let same = mentioned(&field.ty, false).first().and_then(|ident| component_of.get(ident))
                    == Some(&component.number);
                if same {
                    let ty = std::mem::replace(&mut field.ty, Ty::Bool);
                    field.ty = match ty {
                        Ty::Option(inner) => Ty::Option(Box::new(Ty::Boxed(inner))),
                        ty => Ty::Boxed(Box::new(ty)),
                    };
                }
            }
        }
    }
}

/// The named types inside a type; without `behind`, only those that are part of its own size.
pub(super) fn mentioned(ty: &Ty, behind: bool) -> Vec<Ident> {
    match ty {
        Ty::Named(ident) => vec![ident.clone()],
        Ty::Option(inner) => mentioned(inner, behind),
        Ty::Vec(inner) | Ty::Map(inner) | Ty::Boxed(inner) if behind => mentioned(inner, behind),
        _ => Vec::new(),
    }
}

/// A strongly connected component, as one of its items sees it.
#[derive(Clone, Copy, Default)]
struct Component {
    number: usize,
    cyclic: bool,
}

/// The components of the items under the edges of `mentions`: Kosaraju's algorithm, without recursion.
fn cycles(items: &[Item], mentions: &dyn Fn(&ItemKind) -> Vec<Ident>) -> Vec<Component> {
    let index: BTreeMap<&Ident, usize> = items.iter().enumerate().map(|(at, item)| (&item.ident, at)).collect();
    let edges: Vec<Vec<usize>> = items
        .iter()
        .map(|item| mentions(&item.kind).iter().filter_map(|ident| index.get(ident).copied()).collect())
        .collect();
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            if let Some(list) = back.get_mut(*to) {
                list.push(from);
            }
        }
    }
    let mut order = Vec::new();
    let mut seen = vec![false; items.len()];
    for start in 0..items.len() {
        visit(start, &edges, &mut seen, &mut order);
    }
    let mut components = vec![Component::default(); items.len()];
    let mut seen = vec![false; items.len()];
    for (number, start) in order.iter().rev().enumerate() {
        let mut members = Vec::new();
        visit(*start, &back, &mut seen, &mut members);
        let own = |at: &usize| edges.get(*at).is_some_and(|targets| targets.contains(at));
        let cyclic = members.len() > 1 || members.first().is_some_and(own);
        for at in members {
            if let Some(component) = components.get_mut(at) {
                *component = Component { number, cyclic };
            }
        }
    }
    components
}

/// Depth first from `start` through what was not seen; appends in post-order.
fn visit(start: usize, edges: &[Vec<usize>], seen: &mut [bool], done: &mut Vec<usize>) {
    let mut stack = vec![(start, false)];
    while let Some((at, finished)) = stack.pop() {
        if finished {
            done.push(at);
            continue;
        }
        match seen.get_mut(at) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        stack.push((at, true));
        stack.extend(edges.get(at).into_iter().flatten().map(|next| (*next, false)));
    }
}
