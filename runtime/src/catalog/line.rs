//! A line of the catalogue: the same tables that generated code holds for a typed tool, as JSON.
//!
//! Members that have their usual value are left out. The generator writes these lines (`generator/src/catalog.rs`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::def::{Annotations, ToolDef};
use crate::upstream::{
    BodyLayout, Encoding, Fixed, FixedValue, Location, Operation, Parameter, RequestBody, Style, XmlContent, XmlKind,
    XmlNode, status_matches,
};

/// An operation: what is known of it as a tool, and how it is called.
#[derive(Debug)]
pub(crate) struct Entry {
    pub def: ToolDef,
    pub operation: Operation,
    /// What it answers, in words; empty: nothing is known.
    pub returns: &'static str,
    pub errors: &'static [DeclaredError],
    pub deprecated: bool,
}

/// An error response that the document declares, in the order in which they are tried.
#[derive(Debug, Serialize)]
pub(crate) struct DeclaredError {
    /// `404`, `4xx` or `_`
    pub status: &'static str,
    /// The type that an agent branches on.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    pub message: &'static str,
}

impl Entry {
    /// # Errors
    /// The line is not what the generator writes; says how.
    pub fn read(line: &'static str) -> Result<Self, String> {
        let line: Line<'static> = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let hints = line.hints;
        let request = line.request;
        Ok(Self {
            def: ToolDef {
                name: line.name.keep(),
                title: line.title.map(Text::keep),
                description: line.description.keep(),
                input_schema: line.input.get(),
                annotations: Annotations {
                    read_only: hints.read_only,
                    destructive: hints.destructive,
                    idempotent: hints.idempotent,
                    open_world: Some(true),
                },
                deadline_ms: line.deadline_ms,
                ..ToolDef::DEFAULT
            },
            operation: Operation {
                method: line.method.keep(),
                path: line.path.keep(),
                base_url: request.base_url.map(Text::keep),
                parameters: keep_all(request.parameters, ParameterLine::keep),
                body: request.body.map(BodyLine::keep),
                security: keep_all(request.security, |together| keep_all(together, Text::keep)),
                accept: request.accept.keep(),
                fixed: keep_all(request.fixed, FixedLine::keep),
            },
            returns: line.returns.map_or("", Text::keep),
            errors: keep_all(line.errors, ErrorLine::keep),
            deprecated: line.deprecated,
        })
    }

    /// The error that the document declares for a status.
    pub fn declared(&self, status: u16) -> Option<&'static DeclaredError> {
        self.errors.iter().find(|error| status_matches(error.status, status))
    }
}

/// Text that lives as long as the line that it stands in; an escaped one is written anew, once.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl Text<'static> {
    pub fn keep(self) -> &'static str {
        match self.0 {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => text.leak(),
        }
    }
}

fn keep_all<T, U>(items: Vec<T>, keep: impl FnMut(T) -> U) -> &'static [U] {
    items.into_iter().map(keep).collect::<Vec<_>>().leak()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(rename = "tags", default)]
    _tags: serde::de::IgnoredAny,
    #[serde(default)]
    deprecated: bool,
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(borrow, default)]
    returns: Option<Text<'a>>,
    #[serde(borrow, default)]
    errors: Vec<ErrorLine<'a>>,
    #[serde(default)]
    hints: Hints,
    #[serde(default)]
    deadline_ms: Option<u64>,
    #[serde(borrow)]
    request: Request<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Hints {
    read_only: Option<bool>,
    destructive: Option<bool>,
    idempotent: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorLine<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow, rename = "type")]
    type_name: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
}

impl ErrorLine<'static> {
    fn keep(self) -> DeclaredError {
        let Self { status, type_name, message } = self;
        DeclaredError { status: status.keep(), type_name: type_name.keep(), message: message.keep() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    #[serde(borrow, default)]
    base_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    parameters: Vec<ParameterLine<'a>>,
    #[serde(borrow, default)]
    body: Option<BodyLine<'a>>,
    #[serde(borrow, default)]
    security: Vec<Vec<Text<'a>>>,
    #[serde(borrow)]
    accept: Text<'a>,
    #[serde(borrow, default)]
    fixed: Vec<FixedLine<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterLine<'a> {
    #[serde(borrow)]
    argument: Text<'a>,
    /// Where it is not that of the argument.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(rename = "in")]
    location: LocationLine,
    #[serde(default)]
    style: StyleLine,
    #[serde(default = "yes")]
    explode: bool,
    #[serde(default)]
    allow_reserved: bool,
    #[serde(borrow, default)]
    content_type: Option<Text<'a>>,
}

fn yes() -> bool {
    true
}

impl ParameterLine<'static> {
    fn keep(self) -> Parameter {
        let argument = self.argument.keep();
        Parameter {
            argument,
            name: self.name.map_or(argument, Text::keep),
            location: match self.location {
                LocationLine::Path => Location::Path,
                LocationLine::Query => Location::Query,
                LocationLine::Header => Location::Header,
                LocationLine::Cookie => Location::Cookie,
                LocationLine::Querystring => Location::QueryString,
            },
            style: self.style.keep(),
            explode: self.explode,
            allow_reserved: self.allow_reserved,
            content_type: self.content_type.map(Text::keep),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum LocationLine {
    Path,
    Query,
    Header,
    Cookie,
    Querystring,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StyleLine {
    Matrix,
    Label,
    Simple,
    #[default]
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    Cookie,
    TabDelimited,
}

impl StyleLine {
    fn keep(self) -> Style {
        match self {
            Self::Matrix => Style::Matrix,
            Self::Label => Style::Label,
            Self::Simple => Style::Simple,
            Self::Form => Style::Form,
            Self::SpaceDelimited => Style::SpaceDelimited,
            Self::PipeDelimited => Style::PipeDelimited,
            Self::DeepObject => Style::DeepObject,
            Self::Cookie => Style::Cookie,
            Self::TabDelimited => Style::TabDelimited,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyLine<'a> {
    #[serde(borrow)]
    media_type: Text<'a>,
    /// The argument that holds the whole body; otherwise its properties are arguments.
    #[serde(borrow, default)]
    whole: Option<Text<'a>>,
    /// (argument, property on the wire)
    #[serde(borrow, default)]
    properties: Vec<(Text<'a>, Text<'a>)>,
    #[serde(default = "yes")]
    required: bool,
    #[serde(borrow, default)]
    encodings: Vec<(Text<'a>, EncodingLine<'a>)>,
    #[serde(borrow, default)]
    part_headers: Vec<(Text<'a>, Text<'a>, Text<'a>)>,
    #[serde(borrow, default)]
    given_headers: Vec<(Text<'a>, Text<'a>, bool)>,
    #[serde(borrow, default)]
    xml: Vec<XmlLine<'a>>,
}

impl BodyLine<'static> {
    fn keep(self) -> RequestBody {
        let pair = |(argument, property): (Text<'static>, Text<'static>)| (argument.keep(), property.keep());
        RequestBody {
            media_type: self.media_type.keep(),
            layout: match self.whole {
                Some(argument) => BodyLayout::Whole(argument.keep()),
                None => BodyLayout::Flattened(keep_all(self.properties, pair)),
            },
            required: self.required,
            encodings: keep_all(self.encodings, |(property, encoding)| (property.keep(), encoding.keep())),
            part_headers: keep_all(self.part_headers, |(property, name, value)| {
                (property.keep(), name.keep(), value.keep())
            }),
            given_headers: keep_all(self.given_headers, |(property, name, explode)| {
                (property.keep(), name.keep(), explode)
            }),
            xml: keep_all(self.xml, XmlLine::keep),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct XmlLine<'a> {
    #[serde(default)]
    kind: XmlKindLine,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    members: Option<Vec<(Text<'a>, usize)>>,
    #[serde(default)]
    items: Option<usize>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum XmlKindLine {
    #[default]
    Element,
    Attribute,
    Text,
    Cdata,
    None,
}

impl XmlLine<'static> {
    fn keep(self) -> XmlNode {
        XmlNode {
            kind: match self.kind {
                XmlKindLine::Element => XmlKind::Element,
                XmlKindLine::Attribute => XmlKind::Attribute,
                XmlKindLine::Text => XmlKind::Text,
                XmlKindLine::Cdata => XmlKind::Cdata,
                XmlKindLine::None => XmlKind::Nothing,
            },
            name: self.name.map_or("", Text::keep),
            namespace: self.namespace.map(Text::keep),
            holds: match (self.members, self.items) {
                (Some(members), _) => {
                    XmlContent::Members(keep_all(members, |(property, node)| (property.keep(), node)))
                }
                (None, Some(item)) => XmlContent::Items(item),
                (None, None) => XmlContent::Scalar,
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum EncodingLine<'a> {
    Style {
        style: StyleLine,
        explode: bool,
        #[serde(default)]
        allow_reserved: bool,
    },
    #[serde(borrow)]
    Content(Text<'a>),
    #[serde(borrow)]
    File(Text<'a>),
}

impl EncodingLine<'static> {
    fn keep(self) -> Encoding {
        match self {
            Self::Style { style, explode, allow_reserved } => {
                Encoding::Style { style: style.keep(), explode, allow_reserved }
            }
            Self::Content(media_type) => Encoding::Content(media_type.keep()),
            Self::File(media_type) => Encoding::File(media_type.keep()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixedLine<'a> {
    #[serde(borrow)]
    argument: Text<'a>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    env: Option<Text<'a>>,
    #[serde(default)]
    json: bool,
}

impl FixedLine<'static> {
    fn keep(self) -> Fixed {
        let value = match (self.value, self.env) {
            (_, Some(env)) => FixedValue::Env { env: env.keep(), json: self.json },
            (Some(value), None) => FixedValue::Json(value.get()),
            (None, None) => FixedValue::Json("null"),
        };
        Fixed { argument: self.argument.keep(), value }
    }
}
