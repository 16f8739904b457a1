//! `$dynamicRef`: what it names depends on the schemas through which it was reached. JSON Schema 2020-12 Core §8.2.3.2.
//!
//! A schema that is reached in two dynamic scopes becomes two definitions, so that every reference is a plain `$ref`
//! again. The scope of a definition is part of its pointer, behind a separator that no pointer has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::definitions::{Direction, placeholder};
use super::super::refs::{Refs, Target};
use super::Schemas;
use crate::diag::Diagnostic;
use crate::diag::codes::openapi as codes;
use crate::load::join;

const SEPARATOR: char = '\u{0}';

/// More scopes than any document needs: each one repeats the schemas that are reached in it.
const MAX_SCOPES: usize = 64;

/// The dynamic scopes of a document: the first is empty. A scope maps the names of anchors to pointers.
#[derive(Debug)]
pub(in crate::openapi) struct Scopes {
    all: Vec<BTreeMap<String, String>>,
    current: usize,
}

impl Default for Scopes {
    fn default() -> Self {
        Self { all: vec![BTreeMap::new()], current: 0 }
    }
}

/// The pointer of a definition without its scope.
pub(in crate::openapi) fn plain(pointer: &str) -> &str {
    pointer.split_once(SEPARATOR).map_or(pointer, |(pointer, _)| pointer)
}

impl Scopes {
    /// The scope after entering the resource around a pointer. The outermost of two anchors of one name stays.
    fn enter(&mut self, scope: usize, pointer: &str, refs: &Refs<'_>) -> Option<usize> {
        let mut names = self.all.get(scope).cloned().unwrap_or_default();
        for (name, target) in refs.dynamic_anchors(pointer) {
            names.entry(name).or_insert(target);
        }
        if let Some(known) = self.all.iter().position(|known| *known == names) {
            return Some(known);
        }
        (self.all.len() < MAX_SCOPES).then(|| {
            self.all.push(names);
            self.all.len() - 1
        })
    }
}

impl<'a> Schemas<'a, '_> {
    /// Translates what stands at a pointer in the scope that is part of the pointer; else in that of the place.
    pub(super) fn in_scope(&mut self, pointer: &str, translate: impl FnOnce(&mut Self, &str) -> Value) -> Value {
        if !self.refs.has_dynamic_anchors() {
            return translate(self, pointer);
        }
        let scope = match pointer.split_once(SEPARATOR) {
            Some((_, scope)) => scope.parse().unwrap_or(0),
            None => self.scopes.enter(0, pointer, self.refs).unwrap_or(0),
        };
        let outer = std::mem::replace(&mut self.scopes.current, scope);
        let value = translate(self, plain(pointer));
        self.scopes.current = outer;
        value
    }

    /// Asks for a definition as it is in the present scope, and says how to refer to it.
    pub(super) fn definition(&mut self, target: &str, direction: Direction) -> Value {
        let mut pointer = target.to_owned();
        if self.refs.has_dynamic_anchors() {
            let alone = self.scopes.enter(0, target, self.refs);
            let here = self.scopes.enter(self.scopes.current, target, self.refs);
            if here.is_none() {
                let at = self.index.span(target);
                let message = "the schema is reached in too many dynamic scopes; `$dynamicRef` is read as `$ref`";
                self.report.push(Diagnostic::warning(codes::SCHEMA_REPAIRED, at, message));
            }
            if let Some(scope) = here.filter(|_| here != alone) {
                pointer.push(SEPARATOR);
                pointer.push_str(&scope.to_string());
            }
        }
        self.definitions.need(&pointer, direction);
        Value::String(placeholder(&pointer, direction))
    }

    pub(super) fn dynamic_reference(&mut self, value: &'a Value, pointer: &str, direction: Direction) -> Option<Value> {
        let Some(reference) = value.as_str() else {
            self.warn(&join(pointer, "$dynamicRef"), "`$dynamicRef` must be a string and is left out");
            return None;
        };
        let target: Target<'a> = self.refs.resolve(reference, pointer, self.report)?;
        // Only an anchor that is dynamic where it stands can be replaced.
        let name = reference.split_once('#').map_or("", |(_, fragment)| fragment);
        let is_dynamic = target.value.get("$dynamicAnchor").and_then(Value::as_str) == Some(name);
        let scope = self.scopes.all.get(self.scopes.current);
        let replaced = scope.and_then(|scope| scope.get(name)).filter(|_| is_dynamic).cloned();
        Some(self.definition(&replaced.unwrap_or(target.pointer), direction))
    }
}
