//! The constant tables of the HTTP API.

use serde::Serialize;

use super::docs::{self, Docs};
use super::literal::{self, Token};
use super::names::Ident;
use super::{Places, catalog};
use crate::model::{
    self, BodyLayout, Encoding, FixedValue, HttpBinding, Location, SecurityKind, Style, XmlContent, XmlKind, XmlNode,
};

/// `operations.rs`
#[derive(Debug, Serialize)]
pub(crate) struct OperationsFile {
    base_url_env: Token,
    base_url: Token,
    security_schemes: Vec<SecurityScheme>,
    operations: Vec<Operation>,
    searched: Vec<Token>,
}

#[derive(Debug, Serialize)]
struct SecurityScheme {
    name: Token,
    kind: Token,
    env: Token,
}

#[derive(Debug, Serialize)]
struct Operation {
    ident: Ident,
    docs: Docs,
    method: Token,
    path: Token,
    base_url: Token,
    parameters: Vec<Parameter>,
    body: Token,
    security: Token,
    accept: Token,
    fixed: Option<Token>,
}

#[derive(Debug, Serialize)]
struct Parameter {
    argument: Token,
    name: Token,
    /// The other fields that differ from `rt::Parameter::DEFAULT`.
    fields: Vec<Token>,
    leaves_out: bool,
}

/// The static of an operation, in the module `operations`.
pub(crate) fn ident(method: &Ident) -> Ident {
    method.shouting()
}

impl OperationsFile {
    /// `methods` are those of the server's tools, in order.
    pub fn lower(server: &model::Server, upstream: &model::Upstream, methods: &[Ident], places: &Places<'_>) -> Self {
        let operations = server
            .tools
            .iter()
            .zip(methods)
            .filter_map(|(tool, method)| Some((tool, tool.binding.as_ref()?, method)))
            .map(|(tool, binding, method)| Operation {
                fixed: fixed(&tool.fixed),
                ..operation(ident(method), binding, &places.of(tool.span))
            })
            .collect();
        let schemes = upstream.security_schemes.iter().map(|scheme| SecurityScheme {
            name: literal::string(&scheme.name),
            kind: security_kind(&scheme.kind),
            env: literal::string(&scheme.env),
        });
        Self {
            base_url_env: literal::string(&upstream.base_url_env),
            base_url: literal::optional_string(upstream.base_url.as_deref()),
            security_schemes: schemes.collect(),
            operations,
            searched: catalog::groups(server),
        }
    }
}

fn operation(ident: Ident, binding: &HttpBinding, place: &str) -> Operation {
    let route = docs::code(&format!("{} {}", binding.method, binding.path));
    Operation {
        ident,
        docs: Docs::line(format!("{route} {place}")),
        method: literal::string(&binding.method),
        path: literal::string(&binding.path),
        base_url: literal::optional_string(binding.base_url.as_deref()),
        parameters: binding.parameters.iter().map(parameter).collect(),
        body: body(binding.body.as_ref()),
        security: security(&binding.security),
        accept: literal::string(&binding.accept),
        fixed: None,
    }
}

pub(super) fn security(alternatives: &[Vec<String>]) -> Token {
    literal::slice(alternatives.iter().map(|together| literal::string_slice(together.iter().map(String::as_str))))
}

pub(super) fn fixed(arguments: &[model::Fixed]) -> Option<Token> {
    let rows = arguments.iter().map(|fixed| {
        let value = match &fixed.value {
            FixedValue::Constant(value) => format!("Json({})", literal::string(&value.to_string())),
            FixedValue::Env { env, json } => format!("Env {{ env: {}, json: {json} }}", literal::string(env)),
        };
        Token::composed(format!(
            "rt::Fixed {{ argument: {}, value: rt::FixedValue::{value} }}",
            literal::string(&fixed.argument)
        ))
    });
    (!arguments.is_empty()).then(|| literal::slice(rows))
}

fn parameter(parameter: &model::Parameter) -> Parameter {
    let mut fields = Vec::new();
    let mut field = |name: &str, value: Token| fields.push(Token::composed(format!("{name}: {value}")));
    if parameter.location != Location::Query {
        field("location", location(parameter.location));
    }
    if parameter.style != Style::Form {
        field("style", style(parameter.style));
    }
    if !parameter.explode {
        field("explode", Token::composed("false"));
    }
    if parameter.allow_reserved {
        field("allow_reserved", Token::composed("true"));
    }
    if parameter.content_type.is_some() {
        field("content_type", literal::optional_string(parameter.content_type.as_deref()));
    }
    Parameter {
        argument: literal::string(&parameter.argument),
        name: literal::string(&parameter.name),
        leaves_out: fields.len() < 5,
        fields,
    }
}

fn location(location: Location) -> Token {
    Token::composed(match location {
        Location::Path => "rt::Location::Path",
        Location::Query => "rt::Location::Query",
        Location::Header => "rt::Location::Header",
        Location::Cookie => "rt::Location::Cookie",
        Location::QueryString => "rt::Location::QueryString",
    })
}

fn style(style: Style) -> Token {
    Token::composed(match style {
        Style::Matrix => "rt::Style::Matrix",
        Style::Label => "rt::Style::Label",
        Style::Simple => "rt::Style::Simple",
        Style::Form => "rt::Style::Form",
        Style::SpaceDelimited => "rt::Style::SpaceDelimited",
        Style::PipeDelimited => "rt::Style::PipeDelimited",
        Style::DeepObject => "rt::Style::DeepObject",
        Style::Cookie => "rt::Style::Cookie",
        Style::TabDelimited => "rt::Style::TabDelimited",
    })
}

fn security_kind(kind: &SecurityKind) -> Token {
    Token::composed(match kind {
        SecurityKind::ApiKey { location: place, name } => {
            format!("rt::SecurityKind::ApiKey {{ location: {}, name: {} }}", location(*place), literal::string(name))
        }
        SecurityKind::Bearer => "rt::SecurityKind::Bearer".to_owned(),
        SecurityKind::Basic => "rt::SecurityKind::Basic".to_owned(),
        SecurityKind::MutualTls { key } => format!("rt::SecurityKind::MutualTls {{ key: {} }}", literal::string(key)),
        SecurityKind::ClientCredentials { token_url, scopes, variables } => {
            let model::ClientVariables { client_id, client_secret, token_url: url, scope } = variables;
            let [client_id, client_secret, url, scope] =
                [client_id, client_secret, url, scope].map(|name| literal::string(name));
            format!(
                "rt::SecurityKind::ClientCredentials {{ token_url: {}, scope: {}, variables: &rt::ClientVariables {{ \
                 client_id: {client_id}, client_secret: {client_secret}, token_url: {url}, scope: {scope} }} }}",
                literal::string(token_url),
                literal::string(&scopes.join(" ")),
            )
        }
    })
}

fn body(body: Option<&model::RequestBody>) -> Token {
    let Some(body) = body else { return Token::composed("None") };
    let layout = match &body.layout {
        BodyLayout::Whole { argument } => format!("rt::BodyLayout::Whole({})", literal::string(argument)),
        BodyLayout::Flattened(pairs) => {
            let pairs = pairs.iter().map(|(argument, property)| {
                Token::composed(format!("({}, {})", literal::string(argument), literal::string(property)))
            });
            format!("rt::BodyLayout::Flattened({})", literal::slice(pairs))
        }
    };
    let mut fields = vec![format!("media_type: {}", literal::string(&body.media_type)), format!("layout: {layout}")];
    if !body.required {
        fields.push("required: false".to_owned());
    }
    if !body.encodings.is_empty() {
        let encodings = body
            .encodings
            .iter()
            .map(|(property, how)| Token::composed(format!("({}, {})", literal::string(property), encoding(how))));
        fields.push(format!("encodings: {}", literal::slice(encodings)));
    }
    if !body.part_headers.is_empty() {
        let headers = body.part_headers.iter().map(|(property, name, value)| {
            let [property, name, value] = [property, name, value].map(|text| literal::string(text));
            Token::composed(format!("({property}, {name}, {value})"))
        });
        fields.push(format!("part_headers: {}", literal::slice(headers)));
    }
    if !body.given_headers.is_empty() {
        let headers = body.given_headers.iter().map(|(property, name, explode)| {
            Token::composed(format!("({}, {}, {explode})", literal::string(property), literal::string(name)))
        });
        fields.push(format!("given_headers: {}", literal::slice(headers)));
    }
    if !body.xml.is_empty() {
        fields.push(format!("xml: {}", literal::slice(body.xml.iter().map(xml))));
    }
    if fields.len() < 7 {
        fields.push("..rt::RequestBody::DEFAULT".to_owned());
    }
    Token::composed(format!("Some(rt::RequestBody {{ {} }})", fields.join(", ")))
}

/// A row of the table of an XML body.
fn xml(node: &XmlNode) -> Token {
    let mut fields = Vec::new();
    if node.kind != XmlKind::Element {
        let kind = match node.kind {
            XmlKind::Element => "Element",
            XmlKind::Attribute => "Attribute",
            XmlKind::Text => "Text",
            XmlKind::Cdata => "Cdata",
            XmlKind::Nothing => "Nothing",
        };
        fields.push(format!("kind: rt::XmlKind::{kind}"));
    }
    if !node.name.is_empty() {
        fields.push(format!("name: {}", literal::string(&node.name)));
    }
    if node.namespace.is_some() {
        fields.push(format!("namespace: {}", literal::optional_string(node.namespace.as_deref())));
    }
    match &node.holds {
        XmlContent::Scalar => {}
        XmlContent::Members(members) => {
            let members =
                members.iter().map(|(name, row)| Token::composed(format!("({}, {row})", literal::string(name))));
            fields.push(format!("holds: rt::XmlContent::Members({})", literal::slice(members)));
        }
        XmlContent::Items(item) => fields.push(format!("holds: rt::XmlContent::Items({item})")),
    }
    if fields.len() < 4 {
        fields.push("..rt::XmlNode::DEFAULT".to_owned());
    }
    Token::composed(format!("rt::XmlNode {{ {} }}", fields.join(", ")))
}

fn encoding(encoding: &Encoding) -> String {
    match encoding {
        Encoding::Style { style, explode, allow_reserved } => format!(
            "rt::Encoding::Style {{ style: {}, explode: {explode}, allow_reserved: {allow_reserved} }}",
            self::style(*style)
        ),
        Encoding::Content(media_type) => format!("rt::Encoding::Content({})", literal::string(media_type)),
        Encoding::File(media_type) => format!("rt::Encoding::File({})", literal::string(media_type)),
    }
}
