//! Work that belongs around every call: audit, caching, extra checks.

use super::handler::Handler;
use crate::context::Context;
use crate::json::RawJson;
use crate::log::CallKind;
use crate::tool::{BoxFuture, Outcome};

/// Wraps every handler of a server: tools, resource reads and prompts. The first that is registered is the outermost.
///
/// It runs inside the pipeline: the arguments are valid, limits have been counted, the deadline runs, and a panic is
/// contained. Arguments that an interceptor changes are not validated again.
///
/// Cross-cutting work belongs here and not in a struct that wraps the handlers: such a wrapper silently bypasses the
/// overrides of the struct inside it.
///
/// ```
/// use mcpgen_runtime::{BoxFuture, Call, Context, Interceptor, Next, Outcome};
///
/// struct Audit;
///
/// impl Interceptor for Audit {
///     fn intercept<'a>(&'a self, cx: &'a Context, call: Call, next: Next<'a>) -> BoxFuture<'a, Outcome> {
///         Box::pin(async move {
///             let name = call.name;
///             let outcome = next.run(cx, call).await;
///             eprintln!("{name}: {}", if outcome.is_ok() { "fine" } else { "failed" });
///             outcome
///         })
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Answers the call, usually with what `next` answers.
    fn intercept<'a>(&'a self, cx: &'a Context, call: Call, next: Next<'a>) -> BoxFuture<'a, Outcome>;
}

/// A call as interceptors see it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// What is called.
    pub kind: CallKind,
    /// The name of the tool, resource, template or prompt.
    pub name: &'static str,
    /// The arguments, a JSON object.
    pub arguments: RawJson,
}

/// The rest of the chain: further interceptors, then the handler.
pub struct Next<'a> {
    pub(super) interceptors: &'a [Box<dyn Interceptor>],
    pub(super) handler: &'a dyn Handler,
}

impl<'a> Next<'a> {
    /// Goes on with the call.
    pub fn run(self, cx: &'a Context, call: Call) -> BoxFuture<'a, Outcome> {
        match self.interceptors.split_first() {
            Some((first, rest)) => first.intercept(cx, call, Next { interceptors: rest, handler: self.handler }),
            None => self.handler.call(cx, call.arguments),
        }
    }
}
