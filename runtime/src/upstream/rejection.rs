//! Declared error responses: what a variant of a generated error enum holds, and the enums themselves.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error_response::ErrorResponse;
use crate::error::{Error, ErrorKind};
use crate::json::RawJson;

/// An answer with an error status that the document declares; `T` is the type of its JSON body, `()` for none.
pub struct Rejection<T = ()> {
    // An error must not make every result large.
    response: Box<ErrorResponse>,
    of: PhantomData<fn() -> T>,
}

impl Rejection {
    /// A rejection of a handler's own, without a body.
    pub fn new(status: u16) -> Self {
        ErrorResponse::made(status, None, None).into()
    }
}

impl<T> Rejection<T> {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// How long the upstream asks to wait (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.response.retry_after()
    }

    /// The body as JSON, where it is JSON.
    pub fn raw(&self) -> Option<&RawJson> {
        self.response.json()
    }

    /// The same with a time to wait.
    #[must_use]
    pub fn with_retry_after(self, wait: Duration) -> Self {
        ErrorResponse::made(self.status(), self.raw().cloned(), Some(wait)).into()
    }

    /// The error that the pipeline reports.
    #[doc(hidden)]
    pub fn into_error(self, variant: &'static str, description: &str) -> Error {
        self.response.into_declared(variant, description)
    }
}

impl<T: DeserializeOwned> Rejection<T> {
    /// The typed body.
    ///
    /// # Errors
    /// `BadResponse`, where the body is no JSON or deviates from its declared type.
    pub fn decode(&self) -> Result<T, Error> {
        let deviates = |what: &dyn fmt::Display| {
            let message = format!("The body of the answer {} deviates from its declared type: {what}", self.status());
            Error::new(ErrorKind::BadResponse, message).with_status(self.status())
        };
        match self.raw() {
            Some(raw) => raw.decode().map_err(|error| deviates(&error)),
            None => Err(deviates(&"it is not JSON")),
        }
    }
}

impl<T: Serialize> Rejection<T> {
    /// A rejection of a handler's own with this body.
    ///
    /// # Errors
    /// `Internal`, where the value cannot be written as JSON.
    pub fn encode(status: u16, body: &T) -> Result<Self, Error> {
        let json = RawJson::encode(body).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        Ok(ErrorResponse::made(status, Some(json), None).into())
    }
}

impl<T> From<ErrorResponse> for Rejection<T> {
    fn from(response: ErrorResponse) -> Self {
        Self { response: Box::new(response), of: PhantomData }
    }
}

impl<T> Clone for Rejection<T> {
    fn clone(&self) -> Self {
        Self { response: self.response.clone(), of: PhantomData }
    }
}

/// The status and the JSON body.
impl<T> fmt::Debug for Rejection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("status", &self.status()).field("body", &self.raw()).finish()
    }
}

/// Whether a key of a Responses Object (OpenAPI 3.1.1 §4.8.16) means this status: `404`, `4xx`, or `_` for `default`.
#[doc(hidden)]
pub fn status_matches(pattern: &str, status: u16) -> bool {
    match pattern.strip_suffix("xx") {
        Some(hundreds) => hundreds.parse() == Ok(status / 100),
        None => pattern == "_" || pattern.parse() == Ok(status),
    }
}

/// The error enums of an HTTP API: one variant for each declared response, chosen in the order of the rows.
///
/// A row is `Variant(Body) = STATUS`, `STATUS` being `404`, `4xx` or `_`; a response without a JSON body has no `(Body)`.
/// The first line of its documentation is what an agent reads, unless a text follows: `NotFound = 404: "No such pet."`.
/// Each variant holds a [`Rejection`](crate::codegen::Rejection); `Other` is everything that is not declared.
#[doc(hidden)]
#[macro_export]
macro_rules! response_errors {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $($(#[doc = $doc:literal])+ $variant:ident $(($body:ty))? = $status:tt $(: $message:literal)?),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        $visibility enum $name {
            $(
                $(#[doc = $doc])+
                #[doc = ""]
                #[doc = $crate::response_errors!(@status $status)]
                $variant($crate::codegen::Rejection<$($body)?>),
            )+
            /// Everything that the document does not declare.
            Other($crate::codegen::Error),
        }

        impl $crate::codegen::FromResponse for $name {
            fn from_response(response: $crate::codegen::ErrorResponse) -> Self {
                $(
                    if $crate::codegen::status_matches(stringify!($status), response.status()) {
                        return Self::$variant(response.into());
                    }
                )+
                Self::Other(response.into_error())
            }
        }

        impl $crate::codegen::ToolError for $name {
            fn into_error(self) -> $crate::codegen::Error {
                match self {
                    $(
                        Self::$variant(rejection) => rejection.into_error(
                            stringify!($variant),
                            $crate::response_errors!(@message [$($message)?] $($doc)+),
                        ),
                    )+
                    Self::Other(error) => error,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(
                        Self::$variant(rejection) => {
                            let message: &str = $crate::response_errors!(@message [$($message)?] $($doc)+);
                            write!(f, "{} (status {})", message.trim(), rejection.status())
                        }
                    )+
                    Self::Other(error) => error.fmt(f),
                }
            }
        }

        impl ::std::error::Error for $name {}

        impl From<$crate::codegen::Error> for $name {
            fn from(error: $crate::codegen::Error) -> Self {
                Self::Other(error)
            }
        }
    };
    (@status _) => { "Any other status." };
    (@status $status:tt) => { concat!("Status ", stringify!($status), ".") };
    (@message [] $first:literal $($rest:literal)*) => { $first };
    (@message [$message:literal] $($doc:literal)+) => { $message };
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode, header};

    use super::*;
    use crate::error::ToolError;
    use crate::upstream::FromResponse;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Problem {
        detail: String,
    }

    response_errors! {
        /// What the tests answer instead of a result.
        enum PetError {
            /// There is no such pet.
            NotFound(Problem) = 404,
            /// The pet is sold.
            ///
            /// For good.
            Conflict = 409: "Sold: <b>gone</b>",
            /// Too many calls.
            TooManyRequests = 429,
            /// The request was refused.
            Status4xx(Problem) = 4xx,
            /// The shop is closed.
            Default(Vec<Problem>) = _,
        }
    }

    response_errors! {
        /// Without a fallback.
        enum Narrow {
            /// There is no such pet.
            NotFound = 404,
        }
    }

    fn answer(status: u16, body: &str) -> ErrorResponse {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "3".parse().unwrap());
        ErrorResponse::new(StatusCode::from_u16(status).unwrap(), &headers, Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn the_first_row_that_means_the_status_is_the_variant() {
        for (status, expected) in [
            (404, "NotFound"),
            (409, "Conflict"),
            (400, "Status4xx"),
            (499, "Status4xx"),
            (500, "Default"),
            (503, "Default"),
        ] {
            assert_eq!(PetError::from_response(answer(status, "")).into_error().type_name(), expected, "{status}");
        }
        assert!(matches!(Narrow::from_response(answer(404, "")), Narrow::NotFound(_)));
        let other = Narrow::from_response(answer(403, "")).into_error();
        assert_eq!((other.type_name(), other.retry_after()), ("Forbidden", Some(Duration::from_secs(3))));
    }

    #[test]
    fn a_variant_keeps_status_wait_and_body() {
        let body = r#"{"detail":"no 7"}"#;
        let PetError::NotFound(rejection) = PetError::from_response(answer(404, body)) else { panic!() };
        assert_eq!((rejection.status(), rejection.retry_after()), (404, Some(Duration::from_secs(3))));
        assert_eq!(rejection.decode().unwrap(), Problem { detail: "no 7".to_owned() });
        let limited = PetError::from_response(answer(429, "")).into_error();
        assert_eq!((limited.kind(), limited.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(3))));
        let PetError::Default(rejection) = PetError::from_response(answer(502, "<html>")) else { panic!() };
        assert_eq!(rejection.decode().unwrap_err().kind(), ErrorKind::BadResponse);
        let PetError::Default(rejection) = PetError::from_response(answer(502, "{}")) else { panic!() };
        assert_eq!(rejection.decode().unwrap_err().kind(), ErrorKind::BadResponse);
    }

    #[test]
    fn the_message_is_the_documentation_or_the_text_beside_it() {
        let error = PetError::from_response(answer(404, r#"{"detail":"no 7"}"#));
        assert_eq!(error.to_string(), "There is no such pet. (status 404)");
        assert_eq!(error.into_error().message(), "There is no such pet. no 7");
        assert_eq!(PetError::from_response(answer(409, "")).into_error().message(), "Sold: <b>gone</b>");
    }

    #[test]
    fn handlers_make_rejections_of_their_own() {
        let problem = Problem { detail: "no 7".to_owned() };
        let error = PetError::NotFound(Rejection::encode(404, &problem).unwrap()).into_error();
        assert_eq!((error.kind(), error.data().unwrap().as_str()), (ErrorKind::NotFound, r#"{"detail":"no 7"}"#));
        let wait = Duration::from_secs(9);
        let error = PetError::TooManyRequests(Rejection::new(429).with_retry_after(wait)).into_error();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(wait)));
    }
}
