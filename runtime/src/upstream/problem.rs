//! Errors about one argument, in the form that validation reports its violations.

use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;

#[derive(Serialize)]
struct Data {
    violations: [Violation; 1],
}

#[derive(Serialize)]
struct Violation {
    pointer: String,
    message: String,
}

/// `InvalidInput` that names the argument. The problem ends a sentence that begins with it.
pub(crate) fn argument(name: &str, problem: &str) -> Error {
    let error = Error::new(ErrorKind::InvalidInput, format!("The argument `{name}` {problem}."));
    let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
    let data = Data { violations: [Violation { pointer, message: problem.to_owned() }] };
    match RawJson::encode(&data) {
        Ok(data) => error.with_data(data),
        Err(_) => error,
    }
}

/// A table that the generator should not have written.
pub(crate) fn table(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_is_named_in_the_message_and_by_a_json_pointer() {
        let error = argument("a/b~c", "is empty");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.message(), "The argument `a/b~c` is empty.");
        // RFC 6901 §3
        assert_eq!(error.data().unwrap().as_str(), r#"{"violations":[{"pointer":"/a~1b~0c","message":"is empty"}]}"#);
    }
}
