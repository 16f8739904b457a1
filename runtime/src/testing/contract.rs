//! `wire.json`

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::compact;

/// The whole file.
#[derive(Deserialize)]
pub(super) struct Contract {
    pub(super) env: BTreeMap<String, String>,
    /// The variable of the base URL.
    #[serde(rename = "baseUrl")]
    pub(super) base_url: String,
    /// The path of the base URL.
    #[serde(rename = "basePath")]
    pub(super) base_path: String,
    pub(super) operations: Vec<Case>,
}

/// One operation.
#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) tool: String,
    /// The tool that calls it, where it is an operation of search mode.
    #[serde(default)]
    pub(super) through: Option<String>,
    #[serde(default)]
    pub(super) unchecked: Option<String>,
    #[serde(default)]
    pub(super) arguments: Option<Box<RawValue>>,
    #[serde(default)]
    pub(super) request: Option<Request>,
    #[serde(default)]
    pub(super) response: Option<Response>,
}

/// A request, as it is compared.
#[derive(Deserialize)]
pub(super) struct Request {
    /// Method and target.
    pub(super) line: String,
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) body: Option<String>,
}

/// An answer of the API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) content_type: Option<String>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
}

impl Contract {
    pub(super) fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl Case {
    pub(super) fn is_json(&self) -> bool {
        self.response.as_ref().is_some_and(Response::is_json)
    }
}

impl Request {
    /// The request as text that people compare.
    pub(super) fn shown(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        let body = self.body.as_deref().unwrap_or_default();
        format!("{}\n{}\n{body}", self.line, headers.collect::<String>())
    }
}

impl Response {
    pub(super) fn is_json(&self) -> bool {
        self.content_type.as_deref().is_some_and(|name| name.ends_with("/json") || name.ends_with("+json"))
    }

    /// The body as the API sends it: JSON with line breaks, so that the server has something to take out.
    pub(super) fn body(&self) -> String {
        match &self.body {
            Some(body) if self.is_json() => format!("{}\n", body.get()),
            Some(body) => serde_json::from_str(body.get()).unwrap_or_else(|_| body.get().to_owned()),
            None => String::new(),
        }
    }

    /// What a client reads of it.
    pub(super) fn text(&self) -> String {
        match &self.body {
            Some(body) if self.is_json() => compact(body.get()),
            Some(_) => self.body(),
            None => "null".to_owned(),
        }
    }
}
