//! What a server reads from its environment.

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

use crate::redact;

/// Stands for a required value that is not set, where a server is built only to be described. `.invalid` never
/// resolves (RFC 2606 §2).
const PLACEHOLDER: &str = "http://not-set.invalid";

/// A credential or a key is never longer than this; a `_FILE` that is (a device, a log) is a mistake.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Environment variables, each of which may live in a file that `NAME_FILE` names instead.
///
/// The value of a file is trimmed. An empty value counts as not set. `NAME` and `NAME_FILE` together are an error.
#[derive(Debug)]
pub struct Env {
    source: Source,
    placeholders: bool,
}

enum Source {
    Process,
    Pairs(BTreeMap<String, String>),
}

impl Env {
    /// The environment of this process.
    pub fn process() -> Self {
        Self { source: Source::Process, placeholders: false }
    }

    /// These variables and no others, for tests.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { source: Source::Pairs(pairs), placeholders: false }
    }

    /// Answers required variables that are not set with a placeholder, so that a server can be listed without them.
    pub(crate) fn with_placeholders(mut self) -> Self {
        self.placeholders = true;
        self
    }

    /// The value, where it is set.
    ///
    /// # Errors
    /// `NAME` and `NAME_FILE` are both set, the file cannot be read, or the value is no UTF-8.
    pub fn optional(&self, name: &str) -> Result<Option<String>, EnvError> {
        let file_name = format!("{name}_FILE");
        match (self.get(name)?, self.get(&file_name)?) {
            (Some(_), Some(_)) => Err(EnvError::new(name, format!("is set and {file_name} is too: unset one of them"))),
            (Some(value), None) => Ok(Some(value)),
            (None, Some(path)) => read_file(&file_name, &path),
            (None, None) => Ok(None),
        }
    }

    /// The value.
    ///
    /// # Errors
    /// As [`Env::optional`], and where the variable is not set.
    pub fn required(&self, name: &str) -> Result<String, EnvError> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None if self.placeholders => Ok(PLACEHOLDER.to_owned()),
            None => Err(EnvError::new(name, format!("is not set: set it, or {name}_FILE to a file that holds it"))),
        }
    }

    /// The value, or this one where the variable is not set.
    ///
    /// # Errors
    /// As [`Env::optional`].
    pub fn or_default(&self, name: &str, default: &str) -> Result<String, EnvError> {
        Ok(self.optional(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// The secret, where it is set.
    ///
    /// # Errors
    /// As [`Env::optional`].
    pub fn optional_secret(&self, name: &str) -> Result<Option<Secret>, EnvError> {
        Ok(self.optional(name)?.map(Secret::from))
    }

    /// The secret.
    ///
    /// # Errors
    /// As [`Env::required`].
    pub fn secret(&self, name: &str) -> Result<Secret, EnvError> {
        self.required(name).map(Secret::from)
    }

    /// Whether the variable, or the one that names its file, is set. The file is not opened.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        [name.to_owned(), format!("{name}_FILE")].iter().any(|name| !matches!(self.get(name), Ok(None)))
    }

    fn get(&self, name: &str) -> Result<Option<String>, EnvError> {
        let value = match &self.source {
            Source::Pairs(pairs) => pairs.get(name).cloned(),
            Source::Process => match std::env::var(name) {
                Ok(value) => Some(value),
                Err(VarError::NotPresent) => None,
                Err(VarError::NotUnicode(_)) => return Err(EnvError::new(name, "is not valid UTF-8")),
            },
        };
        Ok(value.filter(|value| !value.is_empty()))
    }
}

fn read_file(variable: &str, path: &str) -> Result<Option<String>, EnvError> {
    let failed = |what: &dyn fmt::Display| EnvError::new(variable, format!("names {path:?}, which {what}"));
    let file = std::fs::File::open(path).map_err(|error| failed(&format_args!("cannot be opened: {error}")))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&format_args!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(failed(&format_args!("is larger than {MAX_FILE_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed(&"is not valid UTF-8"))?;
    let value = text.trim();
    Ok(if value.is_empty() { None } else { Some(value.to_owned()) })
}

/// Names, never values: an environment holds secrets.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => f.write_str("Process"),
            Self::Pairs(pairs) => f.debug_set().entries(pairs.keys()).finish(),
        }
    }
}

/// A variable that cannot be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvError {
    variable: String,
    problem: String,
}

impl EnvError {
    /// The problem continues a sentence that begins with the variable's name, and says what to do:
    /// `is not a URL: give it as https://host/path`. It repeats no secret.
    pub fn new(variable: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { variable: variable.into(), problem: problem.into() }
    }

    /// The variable.
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The environment variable {} {}", self.variable, self.problem)
    }
}

impl std::error::Error for EnvError {}

/// A value that is kept out of logs, errors and debug output, by itself and by everything that goes through the
/// runtime: making one tells the redaction its value.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(feature = "fuzzing")]
impl Secret {
    /// A value that the redaction is not told, for millions of them.
    pub(crate) fn unregistered(value: &str) -> Self {
        Self(value.into())
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        redact::remember(&value);
        Self(value.into())
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::from(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(redact::MARK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(redact::MARK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct File(std::path::PathBuf);

    impl File {
        fn with(name: &str, content: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("mcpgen-env-{}-{name}", std::process::id()));
            std::fs::write(&path, content).unwrap();
            Self(path)
        }

        fn path(&self) -> &str {
            self.0.to_str().unwrap()
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn a_value_comes_from_the_variable_or_from_the_trimmed_file() {
        let file = File::with("key", b"  from file\n");
        let env = Env::from_pairs([("A", " as it is "), ("B_FILE", file.path())]);
        assert_eq!(env.optional("A").unwrap().as_deref(), Some(" as it is "));
        assert_eq!(env.required("B").unwrap(), "from file");
        assert_eq!(env.optional("C").unwrap(), None);
        assert_eq!(env.or_default("C", "d").unwrap(), "d");
        assert!(env.is_set("A") && env.is_set("B") && !env.is_set("C"));
    }

    #[test]
    fn both_forms_at_once_are_an_error() {
        let env = Env::from_pairs([("A", "x"), ("A_FILE", "/nowhere")]);
        let error = env.optional("A").unwrap_err();
        assert_eq!(error.variable(), "A");
        assert!(error.to_string().contains("A_FILE"), "{error}");
    }

    #[test]
    fn empty_counts_as_not_set() {
        let file = File::with("empty", b" \n");
        let env = Env::from_pairs([("A", ""), ("A_FILE", ""), ("B_FILE", file.path())]);
        assert_eq!(env.optional("A").unwrap(), None);
        assert_eq!(env.optional("B").unwrap(), None);
        assert_eq!(env.or_default("A", "d").unwrap(), "d");
        assert!(env.secret("A").is_err());
    }

    #[test]
    fn a_missing_variable_is_named_with_its_remedy() {
        let error = Env::from_pairs::<&str, &str>([]).required("PETSTORE_API_KEY").unwrap_err().to_string();
        assert!(error.contains("PETSTORE_API_KEY is not set") && error.contains("PETSTORE_API_KEY_FILE"), "{error}");
    }

    #[test]
    fn unusable_files_are_errors_that_name_the_variable_and_the_path_but_not_the_content() {
        let binary = File::with("binary", b"s3cr3t\xff");
        let large = File::with("large", &vec![b'x'; MAX_FILE_BYTES as usize + 1]);
        for (path, expected) in
            [("/no/such/file", "cannot be opened"), (binary.path(), "UTF-8"), (large.path(), "larger")]
        {
            let error = Env::from_pairs([("A_FILE", path)]).optional("A").unwrap_err().to_string();
            assert!(error.contains("A_FILE") && error.contains(path) && error.contains(expected), "{error}");
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn placeholders_stand_in_for_required_values_only() {
        let env = Env::from_pairs([("A", "x")]).with_placeholders();
        assert_eq!(env.required("A").unwrap(), "x");
        assert_eq!(env.required("B").unwrap(), PLACEHOLDER);
        assert_eq!(env.optional("B").unwrap(), None);
    }

    #[test]
    fn i11_debug_and_display_show_no_value() {
        let secret = Secret::from("canary-in-debug");
        let env = Env::from_pairs([("KEY", "canary-in-debug")]);
        for shown in [format!("{secret:?}"), secret.to_string(), format!("{env:?}")] {
            assert!(!shown.contains("canary"), "{shown}");
        }
        assert_eq!(secret.expose(), "canary-in-debug");
    }
}
