//! The package: its name, and its manifest through a serialiser (SECURITY.md G5).

use serde::Serialize;

use super::fallback;
use super::literal::is_hazardous;
use super::names::{Ident, Scope};
use crate::model;
use crate::options::Options;

/// The package of the generated crate.
#[derive(Debug, Serialize)]
pub(crate) struct Package {
    /// The package and its binary.
    pub name: String,
    /// The library, as `main.rs` names it.
    pub library: Ident,
    #[serde(skip)]
    pub manifest: Manifest,
}

/// `Cargo.toml`
#[derive(Debug)]
pub(crate) struct Manifest {
    package: PackageTable,
    runtime: Dependency,
}

impl Manifest {
    /// The text of the file. Values of the document pass a TOML serialiser; everything else is constant.
    pub fn print(&self) -> Result<String, toml::ser::Error> {
        let mut runtime = String::new();
        self.runtime.serialize(toml::ser::ValueSerializer::new(&mut runtime))?;
        let mut testing = String::new();
        if self.runtime.features.contains(&"upstream") {
            let dependency = Dependency { features: vec!["testing"], ..self.runtime.clone() };
            dependency.serialize(toml::ser::ValueSerializer::new(&mut testing))?;
            testing = format!("# For tests/wire.rs.\n[dev-dependencies]\nmcpgen-runtime = {testing}\n\n");
        }
        Ok(format!(
            "# This file is yours: mcpgen created it once and does not touch it again.\n\n\
             [package]\n{}\n\
             [lib]\n\
             # Descriptions of the document are no Rust programs.\n\
             doctest = false\n\n\
             [dependencies]\n\
             mcpgen-runtime = {runtime}\n\n\
             {testing}",
            toml::to_string(&self.package)?
        ))
        .map(|text| format!("{}\n", text.trim_end()))
    }
}

#[derive(Debug, Serialize)]
struct PackageTable {
    name: String,
    description: String,
    version: String,
    edition: &'static str,
    #[serde(rename = "rust-version")]
    rust_version: &'static str,
    publish: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Dependency {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    features: Vec<&'static str>,
}

pub(crate) fn lower(server: &model::Server, options: &Options) -> Package {
    let name = package_name(&server.name);
    let mut features = vec!["stdio", "http", "sse"];
    if server.upstream.is_some() {
        features.push("upstream");
    }
    if fallback::is_needed(server) {
        features.push("fallback-validator");
    }
    if server.tools.iter().any(|tool| tool.projection.is_some()) {
        features.push("projection");
    }
    let path = options.runtime_path.as_ref().map(|path| path.to_string_lossy().replace('\\', "/"));
    let runtime = Dependency { version: env!("CARGO_PKG_VERSION"), path, features };
    let title = server.title.as_deref().unwrap_or(&server.name);
    let description: String = title.chars().filter(|character| !is_hazardous(*character)).collect();
    Package {
        library: Scope::default().snake(&name, "server"),
        manifest: Manifest {
            package: PackageTable {
                name: name.clone(),
                description: format!("The MCP server {description}"),
                version: package_version(&server.version),
                edition: "2024",
                rust_version: env!("CARGO_PKG_RUST_VERSION"),
                publish: false,
            },
            runtime,
        },
        name,
    }
}

/// The server's name, where Cargo and Rust accept it.
fn package_name(name: &str) -> String {
    let words = super::names::words(name).join("-");
    let taken = matches!(
        words.as_str(),
        "" | "alloc"
            | "build"
            | "con"
            | "core"
            | "deps"
            | "examples"
            | "incremental"
            | "mcpgen-runtime"
            | "nul"
            | "proc-macro"
            | "prn"
            | "aux"
            | "std"
            | "test"
    );
    let keyword = Scope::default().snake(&words, "server").as_str() != words.replace('-', "_");
    if words.is_empty() {
        "server".to_owned()
    } else if words.starts_with(|c: char| c.is_ascii_digit()) {
        format!("server-{words}")
    } else if taken || keyword {
        format!("{words}-server")
    } else {
        words
    }
}

/// Semantic versions as they are, `1.2` filled up, anything else `0.0.0`: Cargo refuses others.
fn package_version(version: &str) -> String {
    let version = version.trim().trim_start_matches(['v', 'V']);
    let (core, rest) = version.find(['-', '+']).map_or((version, ""), |at| version.split_at(at));
    let numbers: Option<Vec<u64>> = core
        .split('.')
        .map(|part| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit())))
        .collect();
    let identifiers = |text: &str| {
        text.split('.').all(|part| {
            let numeric = part.bytes().all(|byte| byte.is_ascii_digit());
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !(numeric && part.len() > 1 && part.starts_with('0'))
        })
    };
    let (pre, build) = rest.split_once('+').map_or((rest, None), |(pre, build)| (pre, Some(build)));
    let rest_is_good = pre.strip_prefix('-').is_none_or(identifiers) && build.is_none_or(identifiers);
    match numbers.as_deref() {
        Some([major, minor, patch]) if rest_is_good => format!("{major}.{minor}.{patch}{rest}"),
        Some([major, minor, patch, ..]) => format!("{major}.{minor}.{patch}"),
        Some([major, minor]) => format!("{major}.{minor}.0"),
        Some([major]) => format!("{major}.0.0"),
        _ => "0.0.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_semantic() {
        for (version, expected) in [
            ("1.2.3", "1.2.3"),
            ("v1.2", "1.2.0"),
            ("1", "1.0.0"),
            ("1.0.0-oas3+x.1", "1.0.0-oas3+x.1"),
            ("01.2.3", "1.2.3"),
            ("1.0.0-01", "1.0.0"),
            ("2024-01-01", "2024.0.0"),
            ("1.2.3.4", "1.2.3"),
            ("latest", "0.0.0"),
            ("1.2.3\"\nevil = true", "0.0.0"),
            ("+1.0.0", "0.0.0"),
        ] {
            assert_eq!(package_version(version), expected, "{version:?}");
        }
    }

    #[test]
    fn names_are_packages() {
        for (name, expected) in [
            ("weather", "weather"),
            ("weather-server", "weather-server"),
            ("core", "core-server"),
            ("type", "type-server"),
            ("2fast", "server-2fast"),
            ("../x", "x"),
            ("温度", "server"),
        ] {
            assert_eq!(package_name(name), expected, "{name:?}");
        }
    }
}
