//! Errors below HTTP, classified. Messages hold the configured origin and the reason, never a URL: that can hold a
//! credential (SECURITY.md I11).

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The `type` of an error of TLS: a certificate that is not trusted, for example.
pub(crate) const TLS: &str = "TlsFailed";

/// The error of a request that got no answer, or half of one. Its `type` says at which step: `HostNotFound`,
/// `ConnectTimeout`, `ConnectFailed`, `TlsFailed`, `ConnectionLost`.
pub(crate) fn error(origin: &str, error: &reqwest::Error) -> Error {
    if let Some(reason) = find::<rustls::Error>(error) {
        let message = format!("No secure connection to {origin}: {reason}.");
        return Error::new(ErrorKind::UpstreamUnavailable, message).with_type(TLS);
    }
    // The client calls every error of a body one of decoding; a connection that was lost or closed too early is not.
    let malformed =
        |reason: &io::Error| matches!(reason.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput);
    if error.is_decode() && find::<io::Error>(error).is_some_and(malformed) {
        return Error::new(ErrorKind::BadResponse, format!("The answer of {origin} cannot be decoded."));
    }
    let (step, message) = if error.is_dns() {
        ("HostNotFound", format!("The host of {origin} cannot be resolved."))
    } else if error.is_connect() {
        match find::<io::Error>(error) {
            _ if error.is_timeout() => ("ConnectTimeout", format!("{origin} did not accept a connection in time.")),
            Some(reason) => ("ConnectFailed", format!("Cannot connect to {origin}: {}.", reason.kind())),
            None => ("ConnectFailed", format!("Cannot connect to {origin}.")),
        }
    } else if error.is_timeout() {
        ("IdleTimeout", format!("{origin} stopped answering."))
    } else {
        let lost = match find::<io::Error>(error) {
            Some(reason) => format!("The connection to {origin} broke: {}.", reason.kind()),
            None => format!("The connection to {origin} broke before the answer was complete."),
        };
        ("ConnectionLost", lost)
    };
    Error::new(ErrorKind::UpstreamUnavailable, message).with_type(step)
}

/// Nothing came for so long.
pub(crate) fn idle(origin: &str, idle: Duration) -> Error {
    let message = format!("{origin} sent nothing for {} s in the middle of its answer.", idle.as_secs_f32());
    Error::new(ErrorKind::UpstreamUnavailable, message).with_type("IdleTimeout")
}

/// The time of a call is over.
pub(crate) fn too_slow(who: &str, total: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("{who} did not answer within {} s.", total.as_secs_f32()))
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
