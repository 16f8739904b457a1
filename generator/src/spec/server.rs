//! The sections `server` and `settings`.

use super::names::Rule;
use super::reader::Node;
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::model::Setting;
use crate::source::Span;

/// What the server is.
pub(super) struct Identity {
    pub name: String,
    pub title: Option<String>,
    pub version: String,
    pub description: Option<String>,
    pub instructions: Option<String>,
    pub span: Span,
}

pub(super) fn identity(node: &Node<'_>) -> Option<Identity> {
    let fields = node.fields(&["name", "title", "version", "description", "instructions"])?;
    let name = fields.required("name").and_then(|name| {
        let text = name.string()?;
        match Rule::Server.problem(text, name.span()) {
            None => Some(text.to_owned()),
            Some(problem) => {
                name.push(problem);
                None
            }
        }
    });
    let version = fields.required("version").and_then(|version| {
        let text = version.string()?;
        if !is_semantic_version(text) {
            let problem = version.error(codes::BAD_VERSION, format!("`{text}` is no version number"));
            version.push(problem.help("three numbers with points: `1.0.0`"));
            return None;
        }
        Some(text.to_owned())
    });
    Some(Identity {
        title: fields.text("title"),
        description: fields.text("description"),
        instructions: fields.text("instructions"),
        name: name?,
        version: version?,
        span: node.key_span(),
    })
}

/// Semantic Versioning 2.0.0: it is also the version of a Cargo package, which insists on it.
fn is_semantic_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let digits = |piece: &str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_digit());
    let number =
        |piece: &str| digits(piece) && (piece == "0" || !piece.starts_with('0')) && piece.parse::<u64>().is_ok();
    let word = |piece: &str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(|piece| word(piece) && (!digits(piece) || number(piece))))
        && build.is_none_or(|build| build.split('.').all(word))
}

/// A setting: its key is the environment variable.
pub(super) fn setting(env: &str, node: &Node<'_>) -> Option<Setting> {
    if let Some(problem) = Rule::Environment.problem(env, node.key_span()) {
        node.push(problem);
    }
    let fields = node.fields(&["description", "secret", "optional", "default"])?;
    let description = fields.required("description").and_then(|text| text.text().map(str::to_owned));
    let flag = |key: &str| fields.get(key).and_then(|node| node.boolean());
    let secret = flag("secret").unwrap_or(false);
    let default = fields.get("default").and_then(|node| node.string().map(str::to_owned));
    if let Some(place) = fields.get("default") {
        if secret {
            let problem =
                Diagnostic::error(codes::CONTRADICTION, place.key_span(), "a secret with a default is no secret");
            place.push(problem.help("leave the default out; `optional: true` lets the server start without it"));
        }
        if flag("optional") == Some(false) {
            let message = "a setting with a default cannot be missing";
            place.push(
                Diagnostic::error(codes::CONTRADICTION, place.key_span(), message).help("drop `optional: false`"),
            );
        }
    }
    let required = default.is_none() && !flag("optional").unwrap_or(false);
    Some(Setting { env: env.to_owned(), description: description?, secret, required, default, span: node.key_span() })
}

#[cfg(test)]
mod tests {
    use super::is_semantic_version;

    /// Semantic Versioning 2.0.0 §2, §9, §10.
    #[test]
    fn semantic_versions() {
        for good in ["1.0.0", "0.1.12", "1.2.0-beta.1", "1.0.0-0.x-y+build.007", "1.0.0+001"] {
            assert!(is_semantic_version(good), "{good}");
        }
        for bad in ["1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.0.x", ""] {
            assert!(!is_semantic_version(bad), "{bad}");
        }
    }
}
