//! What the server reads from its environment: the table, and the typed settings of a server spec.

use serde::Serialize;

use super::docs::{self, Docs};
use super::literal::{self, Token};
use super::names::{Ident, Scope};
use crate::model;

/// A row of `SERVER.settings`.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    env: Token,
    description: Token,
    secret: Token,
    required: Token,
    default: Token,
}

/// A field of `Settings`.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    ident: Ident,
    docs: Docs,
    ty: Token,
    /// The expression over `env` that reads it.
    read: Token,
}

pub(crate) fn rows(settings: &[model::Setting]) -> Vec<Row> {
    settings
        .iter()
        .map(|setting| Row {
            env: literal::string(&setting.env),
            description: literal::string(&setting.description),
            secret: literal::bool(setting.secret),
            required: literal::bool(setting.required),
            default: literal::optional_string(setting.default.as_deref()),
        })
        .collect()
}

pub(crate) fn fields(settings: &[model::Setting]) -> Vec<Setting> {
    let mut scope = Scope::default();
    let idents = scope.snake_all(settings.iter().map(|setting| setting.env.as_str()), "setting");
    settings
        .iter()
        .zip(idents)
        .map(|(setting, ident)| {
            let env = literal::string(&setting.env);
            // A default of a secret would be a secret in the source: the table keeps it, the type does not.
            let (ty, read) = match (setting.secret, setting.required, setting.default.as_deref()) {
                (true, true, _) => ("rt::Secret", format!("env.secret({env})?")),
                (true, false, _) => ("Option<rt::Secret>", format!("env.optional_secret({env})?")),
                (false, _, Some(default)) => {
                    ("String", format!("env.or_default({env}, {})?", literal::string(default)))
                }
                (false, true, None) => ("String", format!("env.required({env})?")),
                (false, false, None) => ("Option<String>", format!("env.optional({env})?")),
            };
            let (summary, rest) = docs::split_summary(&setting.description);
            let name = docs::code(&setting.env);
            let file = docs::code(&format!("{}_FILE", setting.env));
            let first = if summary.is_empty() {
                format!("{name} or {file}")
            } else {
                format!("{summary}. {name} or {file}").replace(".. ", ". ")
            };
            Setting { ident, docs: Docs::with_rest(first, &rest), ty: Token::composed(ty), read: Token::composed(read) }
        })
        .collect()
}
