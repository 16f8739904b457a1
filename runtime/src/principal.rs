//! Who calls, where somebody has verified it.

use std::sync::Arc;

/// The verified identity of a caller.
///
/// Middleware in front of the server puts it into the extensions of the HTTP request
/// (`request.extensions_mut().insert(Principal::new("alice"))`). It reaches [`crate::Context::principal`], keys the rate
/// limit, and owns the sessions that it opens: nobody else can use them (SECURITY.md I6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// The caller with this id: unique and stable, such as issuer and subject of a token. No secret: it is logged.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.0
    }
}
