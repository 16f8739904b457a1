//! What to say where no alternative of `anyOf` or `oneOf` fits, or too many do.

use crate::json::node::Node;

use super::check::{Check, Collect, Report as _};
use super::problem::{Path, Problem, quoted_cut, shown};
use super::schema::{Combined, Contains, Id, Schema, Types};
use super::violation::Violation;

/// Alternatives within alternatives that are told apart; deeper ones are only counted.
const MAX_NESTED: u32 = 4;
/// How many violations of the closest alternative are reported.
const MAX_INNER: usize = 5;
/// How many references are followed to find out what an alternative is.
const MAX_HOPS: u32 = 8;

/// No alternative fits: reports what is wrong with the closest one.
pub(super) fn report(check: &mut Check<'_>, ids: &[Id], node: &Node<'_>, path: &Path<'_>, collect: &mut Collect) {
    let schemas = check.schemas;
    // Alternatives that are nothing but constants (`oneOf: [{const, title}]`) are an enumeration.
    let values: Option<Vec<&Node<'_>>> =
        ids.iter().map(|id| constants(schemas, *id)).collect::<Option<Vec<_>>>().map(|lists| lists.concat());
    if let Some(allowed) = values.filter(|allowed| !allowed.is_empty()) {
        return collect.add(path, || Problem::Values { allowed, got: node });
    }
    let types: Vec<Types> = ids.iter().map(|id| types(schemas, *id, MAX_HOPS)).collect();
    let candidates: Vec<(usize, Id)> = ids
        .iter()
        .copied()
        .enumerate()
        .filter(|(index, _)| types.get(*index).is_some_and(|types| types.allow(node)))
        .collect();
    if candidates.is_empty() {
        let expected = types.into_iter().fold(Types::NONE, Types::with);
        return collect.add(path, || Problem::Type { expected, got: node });
    }
    if collect.nested >= MAX_NESTED {
        return collect
            .add(path, || Problem::Other { got: node, sentence: format!("fits none of {} alternatives", ids.len()) });
    }
    let mut best: Option<(u64, usize, Vec<Violation>)> = None;
    for (index, id) in &candidates {
        let mut inner = collect.inner();
        check.value(*id, node, path, &mut inner);
        if best.as_ref().is_none_or(|(weight, ..)| inner.weight < *weight) {
            best = Some((inner.weight, *index, inner.violations.iter().take(MAX_INNER).cloned().collect()));
        }
    }
    let Some((_, index, violations)) = best else { return };
    if candidates.len() > 1 {
        collect.add(path, || Problem::Other {
            got: node,
            sentence: format!(
                "fits none of {} alternatives; the closest is {}",
                ids.len(),
                describe(schemas, ids, index)
            ),
        });
    }
    for violation in violations {
        collect.weight += 1;
        collect.violations.push(violation);
    }
}

/// More than one alternative of a `oneOf` fits.
pub(super) fn several(schemas: &[Schema], ids: &[Id], first: usize, second: usize) -> String {
    format!("fits {} and {}, but must fit exactly one", describe(schemas, ids, first), describe(schemas, ids, second))
}

/// The value fits a schema under `not`.
pub(super) fn excluded(schemas: &[Schema], id: Id, node: &Node<'_>) -> String {
    match name(schemas, id, MAX_HOPS) {
        Some(name) => format!("{} must not be {}", shown(node), quoted_cut(name)),
        None => format!("{} is excluded by a \"not\" rule", shown(node)),
    }
}

/// Too few or too many items fit `contains`.
pub(super) fn wrong_count(schemas: &[Schema], contains: &Contains, count: u64) -> String {
    let what = match constants(schemas, contains.schema).as_deref() {
        Some([one]) => format!("equal to {}", shown(one)),
        _ => match name(schemas, contains.schema, MAX_HOPS) {
            Some(name) => format!("of {}", quoted_cut(name)),
            None => "under the \"contains\" rule".to_owned(),
        },
    };
    let items = if count == 1 { "item" } else { "items" };
    match contains.max {
        Some(max) if count > max => format!("has {count} {items} {what}, more than the {max} that are allowed"),
        _ => format!("has {count} {items} {what}, needs at least {}", contains.min),
    }
}

/// `alternative 2 ("Cat")`, counted from 1.
fn describe(schemas: &[Schema], ids: &[Id], index: usize) -> String {
    match ids.get(index).and_then(|id| name(schemas, *id, MAX_HOPS)) {
        Some(name) => format!("alternative {} ({})", index + 1, quoted_cut(name)),
        None => format!("alternative {}", index + 1),
    }
}

fn name(schemas: &[Schema], id: Id, hops: u32) -> Option<&str> {
    let schema = schemas.get(id.0)?;
    schema.name.as_deref().or_else(|| {
        schema.combined.iter().find_map(|combined| match combined {
            Combined::Ref(target) => name(schemas, *target, hops.checked_sub(1)?),
            _ => None,
        })
    })
}

/// The values of a schema that consists of an `enum` or `const`, and of the type that goes without saying.
fn constants(schemas: &[Schema], id: Id) -> Option<Vec<&Node<'static>>> {
    let schema = schemas.get(id.0)?;
    match schema.values.as_slice() {
        [values] if schema.combined.is_empty() && values.nodes.iter().all(|node| schema.types.allow(node)) => {
            Some(values.nodes.iter().collect())
        }
        _ => None,
    }
}

/// The types that a schema allows, as far as it says so itself or through references and `allOf`.
fn types(schemas: &[Schema], id: Id, hops: u32) -> Types {
    let Some(schema) = schemas.get(id.0) else { return Types::default() };
    if schema.never {
        return Types::NONE;
    }
    let Some(hops) = hops.checked_sub(1) else { return schema.types };
    let targets = schema.combined.iter().flat_map(|combined| match combined {
        Combined::Ref(_) | Combined::All(_) => combined.targets(),
        _ => Vec::new(),
    });
    targets.fold(schema.types, |allowed, target| allowed.and(types(schemas, target, hops)))
}
