//! The headers that repeat the body of a modern request (MCP 2026-07-28, "Streamable HTTP", "Request Headers";
//! SECURITY.md I2).

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::protocol::message::Raw;
use crate::protocol::{Mirror, RpcError};
use crate::server::Server;

pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const PARAM: &str = "mcp-param-";

/// The methods whose requests have the header `Mcp-Name`; the last three by SEP-2663, "Routing Headers".
const NAMED: &[&str] = &["tools/call", "prompts/get", "resources/read", "tasks/get", "tasks/update", "tasks/cancel"];

/// The arguments that headers repeat, by tool: `x-mcp-header` of the advertised schemas.
#[derive(Debug, Default)]
pub(super) struct Copied(HashMap<&'static str, Vec<CopiedArgument>>);

#[derive(Debug)]
struct CopiedArgument {
    header: HeaderName,
    /// The names of the properties that lead to the value.
    path: Vec<String>,
}

impl Copied {
    pub(super) fn of(server: &Server) -> Self {
        let mut tools = HashMap::new();
        for tool in server.tools().filter(|tool| tool.input_schema.contains("\"x-mcp-header\"")) {
            let mut found = Vec::new();
            if let Ok(schema) = serde_json::from_str(tool.input_schema) {
                collect(&schema, &mut Vec::new(), &mut found);
            }
            tools.insert(tool.name, found);
        }
        Self(tools)
    }
}

fn collect(schema: &Value, path: &mut Vec<String>, found: &mut Vec<CopiedArgument>) {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        path.push(name.clone());
        // A name that is no token (RFC 9110 §5.6.2) can be in no request.
        if let Some(header) = property.get("x-mcp-header").and_then(Value::as_str)
            && let Ok(header) = HeaderName::try_from(format!("{PARAM}{header}"))
        {
            found.push(CopiedArgument { header, path: path.clone() });
        }
        collect(property, path, found);
        path.pop();
    }
}

/// The headers of one request.
pub(super) struct Headers<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) copied: &'a Copied,
}

impl Mirror for Headers<'_> {
    fn standard(&self, version: &str, method: &str, name: Option<&str>) -> Result<(), RpcError> {
        for (header, expected) in [(VERSION, version), (METHOD, method)] {
            match single(self.headers, &header)? {
                None => return Err(mismatch(format!("the header {header} is missing"))),
                Some(value) if value != expected => return Err(differs(&header)),
                Some(_) => {}
            }
        }
        if !NAMED.contains(&method) {
            return Ok(());
        }
        match (single(self.headers, &NAME)?, name) {
            (Some(value), Some(name)) if decode(&NAME, value)? == name => Ok(()),
            // A body without the name fails for that reason, a step later.
            (None, None) => Ok(()),
            (None, Some(_)) => Err(mismatch(format!("the header {NAME} is missing"))),
            (Some(_), _) => Err(differs(&NAME)),
        }
    }

    fn arguments(&self, tool: &str, arguments: Option<Raw<'_>>) -> Result<(), RpcError> {
        let Some(copied) = self.copied.0.get(tool) else { return Ok(()) };
        let arguments: Value = arguments.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        for CopiedArgument { header, path } in copied {
            let value = path.iter().try_fold(&arguments, |value, name| value.get(name)).unwrap_or(&Value::Null);
            match (single(self.headers, header)?, value) {
                (None, Value::Null) => {}
                (None, _) => return Err(mismatch(format!("the header {header} is missing"))),
                (Some(text), value) if equal(&decode(header, text)?, value) => {}
                (Some(_), _) => return Err(differs(header)),
            }
        }
        Ok(())
    }
}

/// The only value of a header, without the white space around it.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, RpcError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(mismatch(format!("the header {name} is there more than once")));
    }
    let value = value.to_str().map_err(|_| mismatch(format!("the header {name} is not visible ASCII")))?;
    Ok(Some(value.trim_matches([' ', '\t'])))
}

/// The text behind `=?base64?…?=`; without both markers a value stands for itself.
fn decode<'a>(header: &HeaderName, value: &'a str) -> Result<Cow<'a, str>, RpcError> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(Cow::Borrowed(value));
    };
    let bytes = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.map(Cow::Owned).ok_or_else(|| mismatch(format!("the header {header} is not base64 of UTF-8")))
}

/// Whether the text of a header is the value of an argument.
fn equal(text: &str, value: &Value) -> bool {
    match value {
        Value::String(value) => text == value,
        Value::Bool(value) => text == if *value { "true" } else { "false" },
        Value::Number(value) => {
            let integer = |text: &str| {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
                let zeros = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
                whole.parse::<i128>().ok().filter(|_| zeros)
            };
            let value = value.to_string();
            match (integer(text), integer(&value)) {
                (Some(one), Some(other)) => one == other,
                _ => text == value,
            }
        }
        _ => false,
    }
}

fn differs(header: &HeaderName) -> RpcError {
    mismatch(format!("the header {header} differs from the body"))
}

fn mismatch(what: String) -> RpcError {
    RpcError::new(RpcError::HEADER_MISMATCH, format!("Header mismatch: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(headers: &[(HeaderName, &str)], name: Option<&str>) -> Option<i64> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        let headers = Headers { headers: &map, copied: &Copied::default() };
        headers.standard("2026-07-28", "tools/call", name).err().map(|error| error.code())
    }

    fn named(value: &str, name: &str) -> Option<i64> {
        standard(&[(VERSION, "2026-07-28"), (METHOD, "tools/call"), (NAME, value)], Some(name))
    }

    #[test]
    fn i2_standard_headers_equal_the_body() {
        let (version, method) = (|| (VERSION, "2026-07-28"), || (METHOD, "tools/call"));
        let name = || (NAME, "add");
        assert_eq!(standard(&[version(), method(), name()], Some("add")), None);
        for bad in [
            vec![method(), name()],
            vec![version(), name()],
            vec![version(), method()],
            vec![version(), version(), method(), name()],
            vec![version(), method(), method(), name()],
            vec![version(), method(), name(), name()],
            vec![(VERSION, "2025-11-25"), method(), name()],
            vec![version(), (METHOD, "tools/list"), name()],
            vec![version(), (METHOD, "Tools/Call"), name()],
            vec![version(), method(), (NAME, "Add")],
        ] {
            assert_eq!(standard(&bad, Some("add")), Some(-32020), "{bad:?}");
        }
    }

    #[test]
    fn i2_names_may_be_base64() {
        // "grün" is 67 72 c3 bc 6e.
        for (value, name, expected) in [
            ("=?base64?Z3LDvG4=?=", "grün", None),
            ("=?base64?YWRk?=", "add", None),
            (" add\t", "add", None),
            ("=?base64?Z3LDvG4?=", "grün", Some(-32020)),
            ("=?base64?YW*k?=", "add", Some(-32020)),
            ("=?base64?/w==?=", "add", Some(-32020)),
            ("=?BASE64?YWRk?=", "add", Some(-32020)),
            ("=?BASE64?YWRk?=", "=?BASE64?YWRk?=", None),
            ("=?base64?YWRk", "=?base64?YWRk", None),
        ] {
            assert_eq!(named(value, name), expected, "{value}");
        }
    }

    #[test]
    fn i2_argument_values_compare_by_type() {
        for (text, value, same) in [
            ("a b", r#""a b""#, true),
            ("42", "42", true),
            ("42.0", "42", true),
            ("42", "42.0", true),
            ("42.5", "42", false),
            ("43", "42", false),
            ("-7", "-7", true),
            ("true", "true", true),
            ("True", "true", false),
            ("false", "true", false),
            ("42", r#""42""#, true),
            ("x", r#"["x"]"#, false),
            ("9007199254740993", "9007199254740992", false),
        ] {
            assert_eq!(equal(text, &serde_json::from_str(value).unwrap()), same, "{text} {value}");
        }
    }

    #[test]
    fn i2_headers_follow_the_path_of_properties() {
        let schema = r#"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string","x-mcp-header":"Tenant"}}},"c":{"type":"string"}}}"#;
        let mut found = Vec::new();
        collect(&serde_json::from_str(schema).unwrap(), &mut Vec::new(), &mut found);
        let copied = Copied(HashMap::from([("t", found)]));
        let check = |header: Option<&str>, arguments: Option<&str>| {
            let mut map = HeaderMap::new();
            if let Some(header) = header {
                map.append("Mcp-Param-Tenant", header.parse().unwrap());
            }
            map.append("Mcp-Param-Other", "ignored".parse().unwrap());
            let headers = Headers { headers: &map, copied: &copied };
            headers.arguments("t", arguments.map(Raw::of_value)).err().map(|error| error.code())
        };
        assert_eq!(check(Some("x"), Some(r#"{"a":{"b":"x"}}"#)), None);
        assert_eq!(check(Some("=?base64?eA==?="), Some(r#"{"a":{"b":"x"}}"#)), None);
        assert_eq!(check(Some("y"), Some(r#"{"a":{"b":"x"}}"#)), Some(-32020));
        assert_eq!(check(None, Some(r#"{"a":{"b":"x"}}"#)), Some(-32020));
        assert_eq!(check(None, Some(r#"{"a":{"b":null}}"#)), None);
        assert_eq!(check(None, None), None);
        assert_eq!(check(Some("x"), Some(r#"{"b":"x"}"#)), Some(-32020), "not at its path");
    }
}
