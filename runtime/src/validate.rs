//! Validation of arguments and answers against the JSON Schema that is advertised.

mod alternatives;
mod check;
mod code_points;
mod coerce;
mod compile;
#[cfg(feature = "fallback-validator")]
mod dots;
#[cfg(feature = "fallback-validator")]
mod fallback;
mod glance;
mod pattern;
mod problem;
mod schema;
mod suggest;
mod violation;

#[cfg(test)]
mod tests;

pub(crate) use coerce::coerce;
pub use compile::{FALLBACK_KEYWORDS, TABLE_KEYWORDS, fallback_reasons};
pub(crate) use problem::Subject;
pub(crate) use suggest::closest;
pub(crate) use violation::{Violation, Violations};

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;
use crate::json::node::{MAX_DEPTH, Node, ReadError};

use check::{Check, Collect};
use compile::Failure;
use problem::Path;
use schema::{Id, Schema};

/// A compiled schema (JSON Schema 2020-12).
///
/// `format` and the other annotations are not checked. Numbers are compared by their decimal value, whatever their size.
#[derive(Debug)]
pub(crate) struct Validator {
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Tables(Vec<Schema>),
    #[cfg(feature = "fallback-validator")]
    Fallback(Box<fallback::Fallback>),
}

impl Validator {
    /// Compiles the text of a schema.
    ///
    /// # Errors
    /// `Internal`, for a text that is no JSON Schema, and for a schema that needs the feature `fallback-validator`
    /// where that is off; the message lists why.
    pub(crate) fn compile(schema: &str) -> Result<Self, Error> {
        match compile::compile(schema) {
            Ok(schemas) => Ok(Self { engine: Engine::Tables(schemas) }),
            Err(Failure::Invalid(message)) => {
                Err(Error::new(ErrorKind::Internal, format!("The tool's schema is not valid: {message}")))
            }
            #[cfg(feature = "fallback-validator")]
            Err(Failure::Unsupported(_)) => {
                let fallback = fallback::Fallback::compile(schema)?;
                Ok(Self { engine: Engine::Fallback(Box::new(fallback)) })
            }
            #[cfg(not(feature = "fallback-validator"))]
            Err(Failure::Unsupported(reasons)) => Err(Error::new(
                ErrorKind::Internal,
                format!("The tool's schema needs the feature `fallback-validator` for {}", reasons.join(", ")),
            )),
        }
    }

    /// Checks the arguments of a call.
    ///
    /// # Errors
    /// All violations at once.
    pub(crate) fn validate(&self, value: &RawJson) -> Result<(), Violations> {
        self.check(value, Subject::Arguments)
    }

    /// Checks arguments or an answer, which differ in the words of the messages.
    ///
    /// # Errors
    /// All violations at once.
    pub(crate) fn check(&self, value: &RawJson, subject: Subject) -> Result<(), Violations> {
        if let Engine::Tables(schemas) = &self.engine
            && glance::fits(schemas, value.as_str())
        {
            return Ok(());
        }
        let node = Node::parse(value.as_str(), MAX_DEPTH).map_err(|error| unreadable(&error))?;
        if let Some(pointer) = node.duplicate() {
            let message = format!("{pointer}: the name occurs twice in its object");
            return Err(Violations::one(plain(pointer, message)));
        }
        match &self.engine {
            Engine::Tables(schemas) => check_tables(schemas, &node, subject),
            #[cfg(feature = "fallback-validator")]
            Engine::Fallback(fallback) => fallback.check(value, &node, subject),
        }
    }
}

/// Which instances (JSON texts) a schema accepts, as the pipeline would find it; for judges outside of this crate.
///
/// # Errors
/// Those of [`Validator::compile`], and an instance that is no JSON.
#[doc(hidden)]
pub fn accepts(schema: &str, instances: &[String]) -> Result<Vec<bool>, Error> {
    let validator = Validator::compile(schema)?;
    let judge = |text: &String| {
        let value = RawJson::parse(text).map_err(|error| Error::new(ErrorKind::InvalidInput, error.to_string()))?;
        Ok(validator.validate(&value).is_ok())
    };
    instances.iter().map(judge).collect()
}

fn check_tables(schemas: &[Schema], node: &Node<'_>, subject: Subject) -> Result<(), Violations> {
    let mut check = Check::new(schemas);
    if check.fits(Id(0), node) {
        return Ok(());
    }
    let mut collect = Collect::new(subject);
    if !check.gave_up {
        check = Check::new(schemas);
        check.value(Id(0), node, &Path::Root, &mut collect);
    }
    if check.gave_up {
        let message = "the value is too complex to check against the schema";
        collect.violations.push(plain(String::new(), message.to_owned()));
    }
    Err(collect.violations)
}

fn unreadable(error: &ReadError) -> Violations {
    let message = match error {
        ReadError::TooDeep => format!("arrays and objects are nested deeper than {MAX_DEPTH} levels"),
        ReadError::Syntax(message) => format!("not valid JSON: {message}"),
    };
    Violations::one(plain(String::new(), message))
}

fn plain(pointer: String, message: String) -> Violation {
    Violation { pointer, message, received: None, allowed: None, suggestion: None, unknown: false }
}
