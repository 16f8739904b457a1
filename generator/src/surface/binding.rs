//! Where the arguments of a tool go in the HTTP request.

use serde::Serialize;

use crate::model::{BodyLayout, Encoding, HttpBinding, Location};

/// The place of an argument in the HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// `path`, `query`, `header`, `cookie` or `body`.
    #[serde(rename = "in")]
    pub location: &'static str,
    /// The name on the wire; `None`: the argument is the whole body.
    pub name: Option<String>,
    /// Whether it is a file (`{data, filename?, mediaType?}`) and not the value that the document describes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub file: bool,
}

/// The place of an argument; `None`: nothing carries it.
pub(super) fn place(binding: &HttpBinding, argument: &str) -> Option<Place> {
    if let Some(parameter) = binding.parameters.iter().find(|parameter| parameter.argument == argument) {
        let location = match parameter.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header => "header",
            Location::Cookie => "cookie",
            Location::QueryString => "querystring",
        };
        return Some(Place { location, name: Some(parameter.name.clone()), file: false });
    }
    let body = binding.body.as_ref()?;
    match &body.layout {
        BodyLayout::Whole { argument: whole } => {
            (whole == argument).then_some(Place { location: "body", name: None, file: false })
        }
        BodyLayout::Flattened(properties) => {
            let (_, name) = properties.iter().find(|(name, _)| name == argument)?;
            let is_file = |(of, encoding): &(String, Encoding)| of == name && matches!(encoding, Encoding::File(_));
            let file = body.encodings.iter().any(is_file);
            Some(Place { location: "body", name: Some(name.clone()), file })
        }
    }
}
