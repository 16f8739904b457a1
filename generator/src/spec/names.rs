//! The rules that names follow, each with the reason that its message gives.

use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Span;

/// A kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The server: package, binary, `serverInfo.name`.
    Server,
    /// Tools, resources, prompts.
    Public,
    /// Types and errors: Rust types.
    Type,
    /// Properties of an input, fields of an error's data.
    Property,
    /// Variables of a URI template and arguments of a prompt.
    Variable,
    /// Environment variables.
    Environment,
}

/// The longest name that clients and providers take.
const LONGEST: usize = 64;

impl Rule {
    fn accepts(self, name: &str) -> bool {
        let first = |f: fn(&u8) -> bool| name.as_bytes().first().is_some_and(f);
        let all = |f: fn(&u8) -> bool| name.as_bytes().iter().all(f);
        let well_formed = match self {
            Self::Server => {
                first(u8::is_ascii_lowercase)
                    && all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
                    && !name.ends_with('-')
                    && !name.contains("--")
            }
            Self::Public | Self::Property => all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')),
            Self::Type => first(u8::is_ascii_uppercase) && all(u8::is_ascii_alphanumeric),
            Self::Variable => first(|b| !b.is_ascii_digit()) && all(|b| b.is_ascii_alphanumeric() || *b == b'_'),
            Self::Environment => {
                first(u8::is_ascii_uppercase)
                    && all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
                    && !name.ends_with("_FILE")
            }
        };
        well_formed && !name.is_empty() && name.len() <= LONGEST
    }

    fn help(self) -> &'static str {
        match self {
            Self::Server => "kebab case: lower-case letters, digits and single `-`, a letter first: `weather-server`",
            Self::Public => "clients take 1 to 64 of `A-Z a-z 0-9 _ - .`",
            Self::Type => "CamelCase, letters and digits, as the Rust type is called: `Temperature`",
            Self::Property => "providers take 1 to 64 of `A-Z a-z 0-9 _ - .` as the name of an argument",
            Self::Variable => "letters, digits and `_`, no digit first",
            Self::Environment => {
                "an environment variable: `WEATHER_API_KEY`; the server adds `_FILE` itself, for values in files"
            }
        }
    }

    /// What is wrong with a name; `None` where it keeps the rule.
    pub(super) fn problem(self, name: &str, place: Span) -> Option<Diagnostic> {
        if self.accepts(name) {
            return None;
        }
        let message = if name.is_empty() {
            "an empty name".to_owned()
        } else if name.len() > LONGEST {
            format!("a name of {} characters", name.len())
        } else {
            format!("`{}` cannot be a name here", name.escape_debug())
        };
        Some(Diagnostic::error(codes::BAD_NAME, place, message).help(self.help()))
    }
}

/// What two names have in common when they become the same method: letters and digits, without case.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_accepts_its_names_only() {
        let table = [
            (Rule::Server, "weather-server", true),
            (Rule::Server, "Weather", false),
            (Rule::Server, "1st", false),
            (Rule::Server, "a--b", false),
            (Rule::Public, "get_temperature", true),
            (Rule::Public, "repo.get-file", true),
            (Rule::Public, "get temperature", false),
            (Rule::Public, "", false),
            (Rule::Type, "Temperature", true),
            (Rule::Type, "temperature", false),
            (Rule::Type, "Wind_Speed", false),
            (Rule::Property, "$ref", false),
            (Rule::Variable, "city", true),
            (Rule::Variable, "city-name", false),
            (Rule::Variable, "1st", false),
            (Rule::Environment, "WEATHER_API_KEY", true),
            (Rule::Environment, "WEATHER_API_KEY_FILE", false),
            (Rule::Environment, "weather_api_key", false),
        ];
        for (rule, name, good) in table {
            assert_eq!(rule.problem(name, Span::default()).is_none(), good, "{rule:?} {name}");
        }
        assert!(Rule::Public.problem(&"x".repeat(64), Span::default()).is_none());
        assert!(Rule::Public.problem(&"x".repeat(65), Span::default()).is_some());
    }
}
