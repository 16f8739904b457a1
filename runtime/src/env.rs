//! STAND-IN: what a server reads from its environment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Environment variables.
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// These variables and no others, for tests.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value, where it is set.
    pub fn optional(&self, name: &str) -> Result<Option<String>, EnvError> {
        Ok(self.0.get(name).filter(|value| !value.is_empty()).cloned())
    }

    /// The value.
    pub fn required(&self, name: &str) -> Result<String, EnvError> {
        self.optional(name)?.ok_or_else(|| EnvError::new(name, "is not set"))
    }

    /// The secret, where it is set.
    pub fn optional_secret(&self, name: &str) -> Result<Option<Secret>, EnvError> {
        Ok(self.optional(name)?.map(|value| Secret(value.into())))
    }
}

/// A variable that cannot be used.
#[derive(Clone, Debug)]
pub struct EnvError(String);

impl EnvError {
    /// The problem continues a sentence that begins with the variable's name.
    pub fn new(variable: impl Into<String>, problem: impl Into<String>) -> Self {
        Self(format!("The environment variable {} {}", variable.into(), problem.into()))
    }
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EnvError {}

/// A value that is kept out of logs and errors.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The value.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("«redacted»")
    }
}
