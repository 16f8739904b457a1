//! Which operation of the document is which tool of the lock.

use std::collections::BTreeMap;

use super::Tool;

/// An operation of the document.
#[derive(Clone, Debug)]
pub(crate) struct Operation<'a> {
    /// The operationId.
    pub id: Option<&'a str>,
    /// `GET /pets/{petId}`; no two operations of a document have the same.
    pub route: String,
}

/// The names of operations that had one before, by route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept(BTreeMap<String, String>);

impl Kept {
    /// An operation is the one of the lock with its operationId: an operation may move to another path and stays the
    /// same. Where several have that operationId, or it has none, the route decides. One whose operationId changed is
    /// another one: somebody wanted another name.
    pub(super) fn new(tools: &[Tool], operations: &[Operation<'_>]) -> Self {
        let mut kept = BTreeMap::new();
        for operation in operations {
            let same_id = |tool: &&Tool| tool.operation.as_deref() == operation.id;
            let exact = tools.iter().filter(same_id).find(|tool| tool.route.as_ref() == Some(&operation.route));
            let by_id = || {
                operation.id?;
                let is_unique = operations.iter().filter(|other| other.id == operation.id).count() == 1;
                let mut candidates = tools.iter().filter(same_id);
                candidates.next().filter(|_| is_unique && candidates.next().is_none())
            };
            if let Some(tool) = exact.or_else(by_id) {
                kept.insert(operation.route.clone(), tool.name.clone());
            }
        }
        Self(kept)
    }

    /// The name of an operation.
    pub(crate) fn name(&self, route: &str) -> Option<&str> {
        self.0.get(route).map(String::as_str)
    }

    /// All names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

/// Whether every client takes the name of a tool.
pub(super) fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}
