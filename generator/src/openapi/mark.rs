//! `x-mcp`: what a document itself says of how its operations are offered.
//!
//! `true` or `false`, or an object with `name`, `title`, `description` and `expose`. It stands at an operation, at a path, or
//! at the root of the document; the nearest one wins, field by field.

use indexmap::IndexMap;
use serde_json::Value;

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::options::Expose;
use crate::source::Span;

/// The name of the extension.
pub(super) const KEY: &str = "x-mcp";

/// What `x-mcp` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub name: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub expose: Option<Expose>,
}

impl Mark {
    /// What the nearest of these extensions say, the operation's first. Only the operation's own give it words.
    /// `span` says where the extension of a level stands.
    pub fn read(levels: [&IndexMap<String, Value>; 3], span: impl Fn(usize) -> Span, report: &mut Report) -> Self {
        let mut mark = Self::default();
        for (level, value) in levels.into_iter().enumerate() {
            let Some(value) = value.get(KEY) else { continue };
            let own = read(value, span(level), report);
            if level == 0 {
                mark = own;
            } else {
                mark.expose = mark.expose.or(own.expose);
            }
        }
        mark
    }
}

fn read(value: &Value, span: Span, report: &mut Report) -> Mark {
    let mut warn = |what: &str| {
        let message = format!("`{KEY}` {what}; it is left aside");
        report.push(Diagnostic::warning(codes::BAD_EXTENSION, span, message));
    };
    let mut mark = Mark::default();
    match value {
        Value::Bool(true) => mark.expose = Some(Expose::Both),
        Value::Bool(false) => mark.expose = Some(Expose::Nothing),
        Value::Object(members) => {
            for (key, value) in members {
                let text = value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
                match (key.as_str(), text) {
                    ("name", Some(text)) => mark.name = Some(text),
                    ("title", Some(text)) => mark.title = Some(text),
                    ("description", Some(text)) => mark.description = Some(text),
                    ("expose", Some(text)) => match text.as_str() {
                        "tool" => mark.expose = Some(Expose::Tool),
                        "resource" => mark.expose = Some(Expose::Resource),
                        "both" => mark.expose = Some(Expose::Both),
                        "nothing" => mark.expose = Some(Expose::Nothing),
                        "search" => mark.expose = Some(Expose::Search),
                        _ => warn("has an `expose` that is none of tool, resource, both, search, nothing"),
                    },
                    ("expose", None) if value.is_boolean() => {
                        mark.expose = Some(if *value == true { Expose::Both } else { Expose::Nothing });
                    }
                    ("name" | "title" | "description" | "expose", None) => {
                        warn(&format!("has a `{key}` that is no text"));
                    }
                    (key, _) => warn(&format!("has the key `{}`, which means nothing", key.escape_debug())),
                }
            }
        }
        _ => warn("is neither true, false nor an object"),
    }
    mark
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn extensions(value: Value) -> IndexMap<String, Value> {
        [(KEY.to_owned(), value)].into_iter().collect()
    }

    fn mark(levels: [Value; 3]) -> (Mark, usize) {
        let mut report = Report::default();
        let levels = levels.map(extensions);
        let mark = Mark::read([&levels[0], &levels[1], &levels[2]], |_| Span::default(), &mut report);
        (mark, report.sorted().len())
    }

    #[test]
    fn the_nearest_one_wins() {
        let (own, warnings) = mark([json!({"name": "find", "expose": "tool"}), json!(false), json!(true)]);
        assert_eq!((own.name.as_deref(), own.expose, warnings), (Some("find"), Some(Expose::Tool), 0));
        let (path, _) = mark([json!({"title": "Find"}), json!(false), json!({"name": "root"})]);
        assert_eq!((path.name, path.title.as_deref(), path.expose), (None, Some("Find"), Some(Expose::Nothing)));
    }

    #[test]
    fn what_is_not_understood_is_a_warning() {
        for wrong in [json!(3), json!({"expose": "tools"}), json!({"name": 7}), json!({"nmae": "x"}), json!(null)] {
            let (mark, warnings) = mark([wrong.clone(), json!({}), json!({})]);
            assert_eq!((mark, warnings), (Mark::default(), 1), "{wrong}");
        }
    }
}
