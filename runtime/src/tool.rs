//! The seam between typed handlers and the erased pipeline.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use pin_project_lite::pin_project;
use serde::Serialize;

use crate::content::Content;
use crate::context::Context;
use crate::def::{PromptDef, ResourceDef, TemplateDef, ToolDef};
use crate::error::{Error, ErrorKind, ToolError};
use crate::json::{Args, Json, RawJson};
use crate::resource::Contents;

/// A boxed future that may borrow its handler and context.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A tool: its constant definition and its types.
pub trait Tool {
    /// The definition.
    const DEF: ToolDef;
    /// The typed input, what [`Args::decode`] gives.
    type Input;
    /// The typed output.
    type Output;
    /// The errors that the tool names.
    type Error: ToolError;
}

/// What a handler answered, erased.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A value: text and, as the tool's output mode says, structured content.
    Json(RawJson),
    /// Content blocks that the handler made itself.
    Content(Content),
    /// The contents of a resource.
    Contents(Contents),
}

/// The result of a handler, erased.
pub type Outcome = Result<Answer, Error>;

/// What a handler may return as its success value: any serialisable type, [`Json`], or [`Content`].
pub trait IntoAnswer {
    /// The erased answer.
    ///
    /// # Errors
    /// `Internal`, where the value cannot be written as JSON.
    fn into_answer(self) -> Outcome;
}

impl<T: Serialize> IntoAnswer for T {
    fn into_answer(self) -> Outcome {
        RawJson::encode(&self).map(Answer::Json).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }
}

impl<T> IntoAnswer for Json<T> {
    fn into_answer(self) -> Outcome {
        Ok(Json::into_answer(self))
    }
}

impl IntoAnswer for Content {
    fn into_answer(self) -> Outcome {
        Ok(Answer::Content(self))
    }
}

pin_project! {
    /// Erases the result of a handler's future; the shims of generated code box this, never an async block.
    pub struct Encode<F> {
        #[pin]
        future: F,
    }
}

impl<F> Encode<F> {
    /// Wraps a handler's future.
    pub fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F, T, E> Future for Encode<F>
where
    F: Future<Output = Result<T, E>>,
    T: IntoAnswer,
    E: ToolError,
{
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Outcome> {
        Poll::Ready(match ready!(self.project().future.poll(cx)) {
            Ok(value) => value.into_answer(),
            Err(error) => Err(error.into_error()),
        })
    }
}

/// Decodes the arguments and calls a handler that takes its typed input.
pub fn typed<'a, T, F, R, E>(args: RawJson, call: impl FnOnce(T) -> F) -> BoxFuture<'a, Outcome>
where
    T: serde::de::DeserializeOwned,
    F: Future<Output = Result<R, E>> + Send + 'a,
    R: IntoAnswer,
    E: ToolError,
{
    match Args::<T>::from(args).decode() {
        Ok(input) => Box::pin(Encode::new(call(input))),
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

/// The erased handler of a tool or of a read: arguments are a validated JSON object.
pub type CallFn<H> = for<'a> fn(&'a H, &'a Context, RawJson) -> BoxFuture<'a, Outcome>;

/// The erased completion handler: what the person has typed so far → candidates.
pub type CompleteFn<H> = for<'a> fn(&'a H, &'a Context, &'a str) -> BoxFuture<'a, Vec<String>>;

/// A row of a generated tool table.
pub struct ToolRow<H> {
    /// The definition.
    pub def: &'static ToolDef,
    /// The shim.
    pub call: CallFn<H>,
}

/// A row of a generated table of concrete resources.
pub struct ResourceRow<H> {
    /// The definition.
    pub def: &'static ResourceDef,
    /// The shim; arguments are `{}`.
    pub read: CallFn<H>,
}

/// A row of a generated table of resource templates.
pub struct TemplateRow<H> {
    /// The definition.
    pub def: &'static TemplateDef,
    /// The shim; arguments are the variables of the URI.
    pub read: CallFn<H>,
}

/// A row of a generated table of prompts.
pub struct PromptRow<H> {
    /// The definition.
    pub def: &'static PromptDef,
    /// The shim where a handler makes the messages: it answers [`Answer::Json`] of an array of `PromptMessage`.
    pub get: Option<CallFn<H>>,
}

/// A row of a generated table of completion handlers.
pub struct CompletionRow<H> {
    /// The name that [`crate::def::Completion::Handler`] refers to.
    pub name: &'static str,
    /// The shim.
    pub complete: CompleteFn<H>,
}
