//! Reading a resource.

use std::borrow::Cow;
use std::sync::Arc;

use super::encode::body_bytes;
use super::handler::Handler;
use super::interceptor::Call;
use super::record::Ticket;
use super::run::{self, Failure};
use super::{Inner, Server, pipeline};
use crate::content::{Body, ResourceContents};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::log::CallKind;
use crate::{neutralise, redact, resource, validate};

/// Why a resource was not read.
#[derive(Clone, Debug)]
pub(crate) enum ReadError {
    /// No resource and no template has this URI.
    NotFound {
        /// The URI.
        uri: String,
    },
    /// The read failed. Kind `not_found`: the template matches, and what it names does not exist.
    Failed(Error),
}

impl ReadError {
    /// The failure as a typed error.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::NotFound { uri } => Error::new(ErrorKind::NotFound, format!("There is no resource {uri:?}.")),
            Self::Failed(error) => error,
        }
    }
}

/// The resource or template behind a URI.
struct Found<'a> {
    handler: &'a Arc<dyn Handler>,
    name: &'static str,
    mime_type: Option<&'static str>,
    deadline_ms: Option<u64>,
    arguments: RawJson,
    template: Option<&'a super::tables::Template>,
}

impl Server {
    /// Reads the concrete resource of this URI, else the most specific template that matches it.
    pub(crate) async fn read(&self, cx: &Context, uri: &str) -> Result<Vec<ResourceContents>, ReadError> {
        let inner = &self.inner;
        if let Some(rest) = pipeline::rest(inner, cx, uri).await {
            return rest.map_err(ReadError::Failed);
        }
        let Some(found) = find(inner, uri) else {
            let error = ReadError::NotFound { uri: uri.to_owned() };
            Ticket::open(inner, cx, CallKind::Resource, uri).fail(0, &error.clone().into_error(), None);
            return Err(error);
        };
        let mut ticket = Ticket::open(inner, cx, CallKind::Resource, found.name);
        ticket.set_arguments(&found.arguments);
        match contents(inner, cx, uri, found, &ticket).await {
            Ok(mut contents) => {
                contents.iter_mut().for_each(|one| show(inner, one));
                ticket.succeed(contents.iter().map(|one| body_bytes(&one.body)).sum());
                Ok(contents)
            }
            Err(failure) => {
                ticket.fail(0, &failure.error, failure.detail.as_deref());
                Err(ReadError::Failed(inner.told(failure.error)))
            }
        }
    }
}

/// Contents reach a model, too: no credential, nothing hidden (SECURITY.md I11 and I12). Bytes stay.
fn show(inner: &Inner, contents: &mut ResourceContents) {
    let Body::Text(text) = &mut contents.body else { return };
    if let Cow::Owned(clean) = redact::in_result(text) {
        *text = clean;
    }
    if !inner.exact_text
        && let Cow::Owned(shown) = neutralise::text(text)
    {
        *text = shown;
    }
}

fn find<'a>(inner: &'a Inner, uri: &str) -> Option<Found<'a>> {
    let tables = &inner.tables;
    if let Some(resource) = tables.resources.get(uri) {
        let def = resource.def;
        return Some(Found {
            handler: &resource.handler,
            name: def.name,
            mime_type: def.mime_type,
            deadline_ms: def.deadline_ms,
            arguments: RawJson::from_valid("{}"),
            template: None,
        });
    }
    tables.by_specificity.iter().filter_map(|place| tables.templates.at(*place)).find_map(|template| {
        let def = template.def;
        let variables = template.uri.matches(uri)?;
        Some(Found {
            handler: &template.handler,
            name: def.name,
            mime_type: def.mime_type,
            deadline_ms: def.deadline_ms,
            arguments: validate::coerce(def.input_schema, &variables),
            template: Some(template),
        })
    })
}

async fn contents(
    inner: &Arc<Inner>,
    cx: &Context,
    uri: &str,
    found: Found<'_>,
    ticket: &Ticket<'_>,
) -> Result<Vec<ResourceContents>, Failure> {
    if let Some(template) = found.template {
        let validator = template.input.validator().map_err(|error| Failure::internal(cx, error.to_string()))?;
        validator.validate(&found.arguments).map_err(|violations| violations.into_error())?;
    }
    inner.limits.check_call(cx.client_key())?;
    let permit = inner.limits.enter()?;
    let deadline = inner.deadline(found.deadline_ms);
    let call = Call { kind: CallKind::Resource, name: found.name, arguments: found.arguments };
    let answer = run::handler(inner, cx, permit, ticket.attempts(), deadline, found.handler, call).await?;
    Ok(resource::contents(uri, found.mime_type, answer)?)
}
