//! Errors below HTTP, classified. Messages hold the configured origin and the reason, never a URL: that can hold a
//! credential (SECURITY.md I11).

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The error of a request that got no answer, or half of one.
pub(crate) fn error(origin: &str, error: &reqwest::Error) -> Error {
    if let Some(reason) = find::<rustls::Error>(error) {
        let message = format!("No secure connection to {origin}: {reason}.");
        return Error::new(ErrorKind::UpstreamUnavailable, message);
    }
    // The client calls every error of a body one of decoding; a connection that was lost or closed too early is not.
    let malformed =
        |reason: &io::Error| matches!(reason.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput);
    if error.is_decode() && find::<io::Error>(error).is_some_and(malformed) {
        return Error::new(ErrorKind::BadResponse, format!("The answer of {origin} cannot be decoded."));
    }
    let message = if error.is_dns() {
        format!("The host of {origin} cannot be resolved.")
    } else if error.is_connect() {
        match find::<io::Error>(error) {
            _ if error.is_timeout() => format!("{origin} did not accept a connection in time."),
            Some(reason) => format!("Cannot connect to {origin}: {}.", reason.kind()),
            None => format!("Cannot connect to {origin}."),
        }
    } else if error.is_timeout() {
        format!("{origin} stopped answering.")
    } else {
        match find::<io::Error>(error) {
            Some(reason) => format!("The connection to {origin} broke: {}.", reason.kind()),
            None => format!("The connection to {origin} broke before the answer was complete."),
        }
    };
    Error::new(ErrorKind::UpstreamUnavailable, message)
}

/// Nothing came for so long.
pub(crate) fn idle(origin: &str, idle: Duration) -> Error {
    let message = format!("{origin} sent nothing for {} s in the middle of its answer.", idle.as_secs_f32());
    Error::new(ErrorKind::UpstreamUnavailable, message)
}

/// The innermost cause of this type. An `io::Error` hides what it carries from `source` and shows it in `get_ref`.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        found = error.downcast_ref().or(found);
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match carried {
            Some(carried) => Some(carried as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_inside_io_errors_are_found() {
        let inner = rustls::Error::HandshakeNotComplete;
        let outer = io::Error::new(io::ErrorKind::InvalidData, io::Error::other(inner.clone()));
        assert_eq!(find::<rustls::Error>(&outer), Some(&inner));
        assert_eq!(find::<io::Error>(&outer).map(io::Error::kind), Some(io::ErrorKind::Other));
        assert!(find::<std::fmt::Error>(&outer).is_none());
    }
}
