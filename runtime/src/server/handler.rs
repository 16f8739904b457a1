//! Handlers without their type: from here on, nothing is generic over a person's struct.

use std::sync::Arc;

use crate::context::Context;
use crate::json::RawJson;
use crate::tool::{BoxFuture, CallFn, CompleteFn, Outcome};

/// What answers a call, a read or a prompt.
pub(super) trait Handler: Send + Sync {
    fn call<'a>(&'a self, cx: &'a Context, arguments: RawJson) -> BoxFuture<'a, Outcome>;
}

/// What completes an argument.
pub(super) trait Completer: Send + Sync {
    fn complete<'a>(&'a self, cx: &'a Context, typed: &'a str) -> BoxFuture<'a, Vec<String>>;
}

/// A row of a generated table.
pub(super) struct Row<H, F> {
    pub(super) handlers: Arc<H>,
    pub(super) shim: F,
}

impl<H: Send + Sync> Handler for Row<H, CallFn<H>> {
    fn call<'a>(&'a self, cx: &'a Context, arguments: RawJson) -> BoxFuture<'a, Outcome> {
        (self.shim)(&self.handlers, cx, arguments)
    }
}

impl<H: Send + Sync> Completer for Row<H, CompleteFn<H>> {
    fn complete<'a>(&'a self, cx: &'a Context, typed: &'a str) -> BoxFuture<'a, Vec<String>> {
        (self.shim)(&self.handlers, cx, typed)
    }
}

/// A hand-written tool.
pub(super) struct Closure<F>(pub(super) F);

impl<F> Handler for Closure<F>
where
    F: Fn(Context, RawJson) -> BoxFuture<'static, Outcome> + Send + Sync,
{
    fn call<'a>(&'a self, cx: &'a Context, arguments: RawJson) -> BoxFuture<'a, Outcome> {
        (self.0)(cx.clone(), arguments)
    }
}
