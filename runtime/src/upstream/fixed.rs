//! Arguments that clients do not see, because the person who built the server gave their values.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::operation::{Api, Fixed, FixedValue, Operation};
use crate::env::{Env, EnvError};
use crate::json::RawJson;

/// The values that came from the environment, as JSON text, by variable.
#[derive(Clone, Default)]
pub(super) struct Values(BTreeMap<&'static str, RawJson>);

impl Values {
    /// Reads the variables that the operations of an API name. One that is not set is not sent; whether the server may
    /// start without it, its settings say.
    ///
    /// # Errors
    /// A variable whose value is no JSON where the argument is no string.
    pub fn from_env(api: &Api, env: &Env) -> Result<Self, EnvError> {
        let mut values = BTreeMap::new();
        let searched = api.searched.iter().flat_map(|group| group.fixed);
        for fixed in api.operations.iter().flat_map(|operation| operation.fixed).chain(searched) {
            let FixedValue::Env { env: name, json } = fixed.value else { continue };
            let Some(text) = env.optional(name)? else { continue };
            let value = if json {
                // The parser's words would quote the value, which may be a secret.
                RawJson::parse(&text).map_err(|_| EnvError::new(name, "is no JSON"))?
            } else {
                RawJson::encode(&text).map_err(|_| EnvError::new(name, "is no text"))?
            };
            values.insert(name, value);
        }
        Ok(Self(values))
    }

    /// The arguments with the fixed ones. `None`: there are none.
    pub fn add(&self, operation: &Operation, arguments: &RawJson) -> Option<RawJson> {
        let of = |fixed: &Fixed| match fixed.value {
            FixedValue::Json(text) => Some(text),
            FixedValue::Env { env, .. } => self.0.get(env).map(RawJson::as_str),
        };
        let mut fixed = operation.fixed.iter().filter_map(|fixed| Some((fixed.argument, of(fixed)?))).peekable();
        fixed.peek()?;
        // The arguments were validated: an object, of which no member has the name of a fixed one.
        let members = arguments.as_str().trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        let mut text = String::with_capacity(members.len() + 64);
        text.push('{');
        text.push_str(members);
        for (argument, value) in fixed {
            if text.len() > 1 {
                text.push(',');
            }
            crate::json::node::quote(argument, &mut text);
            let _ = write!(text, ":{value}");
        }
        text.push('}');
        RawJson::parse(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{API, GET};
    use super::*;

    static PETS: Operation = Operation {
        fixed: &[
            Fixed { argument: "shop", value: FixedValue::Json("3") },
            Fixed { argument: "tenant", value: FixedValue::Env { env: "T_TENANT", json: false } },
            Fixed { argument: "limit", value: FixedValue::Env { env: "T_LIMIT", json: true } },
        ],
        ..GET
    };
    static FIXED: Api = Api { operations: &[&PETS], security_schemes: &[], ..API };

    fn sent(variables: &[(&str, &str)], arguments: &str) -> Result<String, EnvError> {
        let values = Values::from_env(&FIXED, &Env::from_pairs(variables.iter().copied()))?;
        let arguments = RawJson::parse(arguments).unwrap();
        Ok(values.add(&PETS, &arguments).map_or_else(|| "as they are".to_owned(), |all| all.as_str().to_owned()))
    }

    #[test]
    fn every_call_has_the_fixed_arguments() {
        assert_eq!(sent(&[], r#"{"a":1.0}"#).unwrap(), r#"{"a":1.0,"shop":3}"#);
        assert_eq!(
            sent(&[("T_TENANT", "a \"b\""), ("T_LIMIT", "7")], "{}").unwrap(),
            r#"{"shop":3,"tenant":"a \"b\"","limit":7}"#
        );
        let none = Values::default().add(&GET, &RawJson::parse("{}").unwrap());
        assert!(none.is_none());
    }

    #[test]
    fn a_variable_that_is_no_json_is_named_without_its_value() {
        let error = sent(&[("T_LIMIT", "s3cret")], "{}").unwrap_err().to_string();
        assert!(error.contains("T_LIMIT") && !error.contains("s3cret"), "{error}");
    }
}
