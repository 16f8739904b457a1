//! The source of a generated crate → the tables of the runtime.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mcpgen_runtime::codegen as rt;
use syn::{ImplItem, Item};

use super::errors;
use super::expr::{Value, value};

/// What a generated crate consists of.
pub(crate) struct Tables {
    pub server: &'static rt::ServerDef,
    pub api: &'static rt::Api,
    pub tools: Vec<Tool>,
}

/// A tool, and the errors that its document declares: name, status, description.
pub(crate) struct Tool {
    pub def: &'static rt::ToolDef,
    pub operation: &'static rt::Operation,
    pub errors: &'static [rt::Declared],
}

/// Reads the tables of a crate.
///
/// # Errors
/// A file that is missing or holds something unknown.
pub(crate) fn read(folder: &Path) -> Result<Tables, String> {
    let statics = statics(&items(folder, "operations.rs")?)?;
    let operations = statics
        .iter()
        .filter(|(name, _)| *name != "API")
        .map(|(name, value)| {
            Ok((name.clone(), leak(operation(value).map_err(|problem| format!("{name}: {problem}"))?)))
        })
        .collect::<Result<BTreeMap<String, &'static rt::Operation>, String>>()?;
    let found = |name: &str| operations.get(name).copied().ok_or_else(|| format!("no operation `{name}`"));
    let api = statics.get("API").ok_or("operations.rs has no API")?;
    let schemes = api.must("Api", "security_schemes")?.each(scheme)?;
    let base_url = api.must("Api", "base_url")?.option()?.map(Value::text).transpose()?;
    let base_url_env = api.must("Api", "base_url_env")?.text()?;
    let all = api.must("Api", "operations")?.each(|item| found(item.word()?))?;
    let api = leak(rt::Api { base_url_env, base_url, security_schemes: schemes, operations: all, searched: &[] });
    let defs = match folder.join("src/answers.rs").exists() {
        true => constant(&items(folder, "answers.rs")?, "DEFS")?.each(|item| pair(item, Value::text))?,
        false => &[],
    };
    let enums = match folder.join("src/errors.rs").exists() {
        true => errors::read(&items(folder, "errors.rs")?)?,
        false => BTreeMap::new(),
    };
    let shared = defs;
    let mut defs = BTreeMap::new();
    let mut error_of = BTreeMap::new();
    let mut of = Vec::new();
    for item in items(folder, "tools.rs")? {
        let Item::Impl(block) = item else { continue };
        let syn::Type::Path(marker) = block.self_ty.as_ref() else { continue };
        let marker = marker.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        for item in block.items {
            if let ImplItem::Type(alias) = &item
                && alias.ident == "Error"
                && let syn::Type::Path(path) = &alias.ty
                && let Some(name) = path.path.segments.last()
            {
                error_of.insert(marker.clone(), name.ident.to_string());
            }
            let ImplItem::Const(constant) = item else { continue };
            match constant.ident.to_string().as_str() {
                "DEF" => drop(defs.insert(marker.clone(), leak(tool(&value(&constant.expr)?, shared)?))),
                "OPERATION" => of.push((marker.clone(), found(value(&constant.expr)?.word()?)?)),
                other => return Err(format!("tools.rs has the constant `{other}`")),
            }
        }
    }
    let joined = of.into_iter().map(|(marker, operation)| {
        let def: &'static rt::ToolDef =
            defs.get(&marker).copied().ok_or_else(|| format!("{marker} has no definition"))?;
        let errors = error_of.get(&marker).and_then(|name| enums.get(name)).copied().unwrap_or_default();
        Ok(Tool { def, operation, errors })
    });
    let tools = joined.collect::<Result<Vec<_>, String>>()?;
    let secret = |env: &str| env != api.base_url_env;
    let setting = |env| rt::SettingDef { env, description: "", secret: secret(env), required: false, default: None };
    let settings: Vec<rt::SettingDef> = variables(api).into_iter().map(setting).collect();
    let server = leak(rt::ServerDef {
        name: "judged",
        title: None,
        version: "0",
        description: None,
        instructions: None,
        settings: Vec::leak(settings),
    });
    Ok(Tables { server, api, tools })
}

/// The environment variables of an API, so that `--help` names them.
fn variables(api: &rt::Api) -> Vec<&'static str> {
    let mut names = vec![api.base_url_env];
    for scheme in api.security_schemes {
        names.push(scheme.env);
        if let rt::SecurityKind::ClientCredentials { variables, .. } = scheme.kind {
            names.extend([variables.client_id, variables.client_secret, variables.token_url, variables.scope]);
        }
    }
    names
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn items(folder: &Path, name: &str) -> Result<Vec<Item>, String> {
    let path = folder.join("src").join(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
    Ok(syn::parse_file(&text).map_err(|error| format!("{name}: {error}"))?.items)
}

fn statics(items: &[Item]) -> Result<BTreeMap<String, Value>, String> {
    let constant = |item: &Item| match item {
        Item::Static(item) => Some(value(&item.expr).map(|value| (item.ident.to_string(), value))),
        _ => None,
    };
    items.iter().filter_map(constant).collect()
}

fn constant(items: &[Item], name: &str) -> Result<Value, String> {
    let found = items.iter().find_map(|item| match item {
        Item::Const(item) if item.ident == name => Some(value(&item.expr)),
        _ => None,
    });
    found.unwrap_or_else(|| Err(format!("no constant `{name}`")))
}

fn tool(value: &Value, defs: rt::AnswerDefs) -> Result<rt::ToolDef, String> {
    let hint = |name| -> Result<Option<bool>, String> {
        let Some(hints) = value.field("ToolDef", "annotations")? else { return Ok(None) };
        hints.must("Annotations", name)?.option()?.map(Value::flag).transpose()
    };
    let answer = match value.field("ToolDef", "answer")? {
        Some(given) => given.option()?,
        None => None,
    };
    let schema = answer.map(|answer| answer.must("AnswerDef", "schema")?.text()).transpose()?;
    let output_schema = match value.field("ToolDef", "output_schema")? {
        Some(given) => given.option()?.map(Value::text).transpose()?,
        None => None,
    };
    let output = match value.field("ToolDef", "output")?.map(Value::word).transpose()? {
        Some("Strict") => rt::OutputMode::Strict,
        Some("Off") => rt::OutputMode::Off,
        _ => rt::OutputMode::Lenient,
    };
    Ok(rt::ToolDef {
        name: value.must("ToolDef", "name")?.text()?,
        title: match value.field("ToolDef", "title")? {
            Some(title) => title.option()?.map(Value::text).transpose()?,
            None => None,
        },
        description: value.must("ToolDef", "description")?.text()?,
        input_schema: value.must("ToolDef", "input_schema")?.text()?,
        annotations: rt::Annotations {
            read_only: hint("read_only")?,
            destructive: hint("destructive")?,
            idempotent: hint("idempotent")?,
            open_world: hint("open_world")?,
        },
        output_schema,
        output,
        answer: schema.map(|schema| rt::AnswerDef { schema, defs }),
        ..rt::ToolDef::DEFAULT
    })
}

fn operation(value: &Value) -> Result<rt::Operation, String> {
    let of = |name| value.field("Operation", name);
    if of("fixed")?.is_some_and(|fixed| !matches!(fixed.list(), Ok([]))) {
        return Err("arguments with fixed values are not known here".to_owned());
    }
    let default = rt::Operation::DEFAULT;
    Ok(rt::Operation {
        method: of("method")?.map(Value::text).transpose()?.unwrap_or(default.method),
        path: of("path")?.map(Value::text).transpose()?.unwrap_or(default.path),
        base_url: match of("base_url")? {
            Some(given) => given.option()?.map(Value::text).transpose()?,
            None => default.base_url,
        },
        parameters: of("parameters")?.map(|all| all.each(parameter)).transpose()?.unwrap_or(default.parameters),
        body: match of("body")? {
            Some(given) => given.option()?.map(body).transpose()?,
            None => default.body,
        },
        security: match of("security")? {
            Some(given) => given.each(|all| all.each(Value::text))?,
            None => default.security,
        },
        accept: of("accept")?.map(Value::text).transpose()?.unwrap_or(default.accept),
        fixed: default.fixed,
    })
}

fn parameter(value: &Value) -> Result<rt::Parameter, String> {
    let of = |name| value.field("Parameter", name);
    let flag = |name, default| Ok::<_, String>(of(name)?.map(Value::flag).transpose()?.unwrap_or(default));
    let default = rt::Parameter::DEFAULT;
    Ok(rt::Parameter {
        argument: value.must("Parameter", "argument")?.text()?,
        name: value.must("Parameter", "name")?.text()?,
        location: of("location")?.map(location).transpose()?.unwrap_or(default.location),
        style: of("style")?.map(style).transpose()?.unwrap_or(default.style),
        explode: flag("explode", default.explode)?,
        allow_reserved: flag("allow_reserved", default.allow_reserved)?,
        content_type: match of("content_type")? {
            Some(given) => given.option()?.map(Value::text).transpose()?,
            None => default.content_type,
        },
    })
}

fn location(value: &Value) -> Result<rt::Location, String> {
    Ok(match value.word()? {
        "Path" => rt::Location::Path,
        "Query" => rt::Location::Query,
        "Header" => rt::Location::Header,
        "Cookie" => rt::Location::Cookie,
        "QueryString" => rt::Location::QueryString,
        other => return Err(format!("the location {other}")),
    })
}

fn style(value: &Value) -> Result<rt::Style, String> {
    Ok(match value.word()? {
        "Matrix" => rt::Style::Matrix,
        "Label" => rt::Style::Label,
        "Simple" => rt::Style::Simple,
        "Form" => rt::Style::Form,
        "SpaceDelimited" => rt::Style::SpaceDelimited,
        "PipeDelimited" => rt::Style::PipeDelimited,
        "DeepObject" => rt::Style::DeepObject,
        "Cookie" => rt::Style::Cookie,
        "TabDelimited" => rt::Style::TabDelimited,
        other => return Err(format!("the style {other}")),
    })
}

fn pair<T>(value: &Value, second: impl Fn(&Value) -> Result<T, String>) -> Result<(&'static str, T), String> {
    match value {
        Value::Tuple(items) => match items.as_slice() {
            [name, other] => Ok((name.text()?, second(other)?)),
            _ => Err(format!("{value:?} is no pair")),
        },
        _ => Err(format!("{value:?} is no pair")),
    }
}

fn body(value: &Value) -> Result<rt::RequestBody, String> {
    let of = |name| value.field("RequestBody", name);
    let default = rt::RequestBody::DEFAULT;
    Ok(rt::RequestBody {
        media_type: of("media_type")?.map(Value::text).transpose()?.unwrap_or(default.media_type),
        layout: match of("layout")? {
            Some(Value::Call(name, items)) => match (name.as_str(), items.as_slice()) {
                ("Whole", [argument]) => rt::BodyLayout::Whole(argument.text()?),
                ("Flattened", [pairs]) => rt::BodyLayout::Flattened(pairs.each(|item| pair(item, Value::text))?),
                _ => return Err(format!("the layout {name}")),
            },
            Some(other) => return Err(format!("the layout {other:?}")),
            None => default.layout,
        },
        required: of("required")?.map(Value::flag).transpose()?.unwrap_or(default.required),
        encodings: match of("encodings")? {
            Some(pairs) => pairs.each(|item| pair(item, encoding))?,
            None => default.encodings,
        },
        part_headers: match of("part_headers")? {
            Some(headers) => headers.each(header)?,
            None => default.part_headers,
        },
        given_headers: match of("given_headers")? {
            Some(headers) => headers.each(given_header)?,
            None => default.given_headers,
        },
        xml: match of("xml")? {
            Some(rows) => rows.each(xml)?,
            None => default.xml,
        },
    })
}

fn header(value: &Value) -> Result<(&'static str, &'static str, &'static str), String> {
    match value {
        Value::Tuple(items) => match items.as_slice() {
            [property, name, text] => Ok((property.text()?, name.text()?, text.text()?)),
            _ => Err(format!("{value:?} is no header of a part")),
        },
        _ => Err(format!("{value:?} is no header of a part")),
    }
}

fn given_header(value: &Value) -> Result<(&'static str, &'static str, bool), String> {
    match value {
        Value::Tuple(items) => match items.as_slice() {
            [property, name, explode] => Ok((property.text()?, name.text()?, explode.flag()?)),
            _ => Err(format!("{value:?} is no header of a part")),
        },
        _ => Err(format!("{value:?} is no header of a part")),
    }
}

fn xml(value: &Value) -> Result<rt::XmlNode, String> {
    let of = |name| value.field("XmlNode", name);
    let default = rt::XmlNode::DEFAULT;
    Ok(rt::XmlNode {
        kind: match of("kind")?.map(Value::word).transpose()? {
            None | Some("Element") => default.kind,
            Some("Attribute") => rt::XmlKind::Attribute,
            Some("Text") => rt::XmlKind::Text,
            Some("Cdata") => rt::XmlKind::Cdata,
            Some("Nothing") => rt::XmlKind::Nothing,
            Some(other) => return Err(format!("the XML node {other}")),
        },
        name: of("name")?.map(Value::text).transpose()?.unwrap_or(default.name),
        namespace: match of("namespace")? {
            Some(given) => given.option()?.map(Value::text).transpose()?,
            None => default.namespace,
        },
        holds: match of("holds")? {
            None => default.holds,
            Some(Value::Call(name, items)) => match (name.as_str(), items.as_slice()) {
                ("Members", [members]) => rt::XmlContent::Members(members.each(|item| pair(item, Value::index))?),
                ("Items", [item]) => rt::XmlContent::Items(item.index()?),
                _ => return Err(format!("the XML content {name}")),
            },
            Some(other) => return Err(format!("the XML content {other:?}")),
        },
    })
}

fn encoding(value: &Value) -> Result<rt::Encoding, String> {
    match value {
        Value::Call(name, items) => match (name.as_str(), items.as_slice()) {
            ("Content", [media_type]) => Ok(rt::Encoding::Content(media_type.text()?)),
            ("File", [media_type]) => Ok(rt::Encoding::File(media_type.text()?)),
            _ => Err(format!("the encoding {name}")),
        },
        _ => Ok(rt::Encoding::Style {
            style: style(value.must("Style", "style")?)?,
            explode: value.must("Style", "explode")?.flag()?,
            allow_reserved: value.must("Style", "allow_reserved")?.flag()?,
        }),
    }
}

fn scheme(value: &Value) -> Result<rt::SecurityScheme, String> {
    let of = |name| value.must("SecurityScheme", name);
    Ok(rt::SecurityScheme { name: of("name")?.text()?, kind: security(of("kind")?)?, env: of("env")?.text()? })
}

fn security(value: &Value) -> Result<rt::SecurityKind, String> {
    Ok(match value {
        Value::Word(word) if word == "Bearer" => rt::SecurityKind::Bearer,
        Value::Word(word) if word == "Basic" => rt::SecurityKind::Basic,
        Value::Struct(name, _) if name == "ApiKey" => rt::SecurityKind::ApiKey {
            location: location(value.must("ApiKey", "location")?)?,
            name: value.must("ApiKey", "name")?.text()?,
        },
        Value::Struct(name, _) if name == "MutualTls" => {
            rt::SecurityKind::MutualTls { key: value.must("MutualTls", "key")?.text()? }
        }
        Value::Struct(name, _) if name == "ClientCredentials" => {
            let of = |name| value.must("ClientCredentials", name);
            let variables = of("variables")?;
            let variable = |name| variables.must("ClientVariables", name)?.text();
            rt::SecurityKind::ClientCredentials {
                token_url: of("token_url")?.text()?,
                scope: of("scope")?.text()?,
                variables: leak(rt::ClientVariables {
                    client_id: variable("client_id")?,
                    client_secret: variable("client_secret")?,
                    token_url: variable("token_url")?,
                    scope: variable("scope")?,
                }),
            }
        }
        other => return Err(format!("the security scheme {other:?}")),
    })
}
