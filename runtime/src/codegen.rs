//! The one module that generated code imports. Not a public API: its contents change with the generator.

pub use std::future::Future;

pub use serde::{self, Deserialize, Serialize};
pub use serde_json::Value;

#[cfg(feature = "upstream")]
pub use crate::catalog::{Catalog, CatalogTools};
pub use crate::codec::{
    Candidates, Codec, Members, Mismatch, Record, RecordView, View, decode_text, deserialize, serialize,
};
pub use crate::content::{Block, Content, PromptMessage, ResourceContents};
pub use crate::context::Context;
pub use crate::def::{
    Annotations, AnswerDef, AnswerDefs, Completion, LinkDef, LinkPart, OutputMode, PromptArgumentDef, PromptDef,
    PromptMessageDef, ResourceDef, Role, ServerDef, SettingDef, TaskDef, TemplateDef, ToolDef,
};
pub use crate::env::{Env, EnvError, Secret};
pub use crate::error::{Error, ErrorKind, ToolError};
pub use crate::json::{Args, Json, RawJson};
#[cfg(feature = "projection")]
pub use crate::projection::projection;
pub use crate::resource::Contents;
#[cfg(feature = "upstream")]
pub use crate::response_errors;
pub use crate::server::{Server, ServerBuilder};
pub use crate::text::{Format, Segment, TextTemplate, render};
pub use crate::tool::{
    Answer, BoxFuture, CallFn, CompleteFn, CompletionRow, Encode, IntoAnswer, Outcome, PromptRow, ResourceRow,
    TemplateRow, Tool, ToolRow, typed,
};
#[cfg(feature = "upstream")]
pub use crate::upstream::{
    Api, Base, BodyLayout, ClientVariables, Declared, Encoding, ErrorResponse, Fixed, FixedValue, FromResponse,
    Location, Operation, Parameter, Rejection, RequestBody, Searched, SecurityKind, SecurityScheme, Style, Upstream,
    UpstreamCall, UpstreamTool, XmlContent, XmlKind, XmlNode, status_matches, upstream, upstream_untyped,
};
pub use crate::{record, text_enum, transparent, union};
