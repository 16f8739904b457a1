//! Errors below HTTP, classified. Messages hold the configured origin and the reason, never a URL: that can hold a
//! credential (SECURITY.md I11).

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use super::connect::Step;
use crate::error::{Error, ErrorKind};

/// The `type` of an error of TLS: a certificate that is not trusted, for example.
pub(crate) const TLS: &str = "TlsFailed";

/// The error of a request that got no answer. Its `type` says at which step: `HostNotFound`, `ConnectTimeout`,
/// `ConnectFailed`, `TlsFailed`, `ConnectionLost`.
pub(crate) fn request(origin: &str, error: &hyper_util::client::legacy::Error) -> Error {
    if let Some(error) = tls(origin, error) {
        return error;
    }
    if !error.is_connect() {
        return lost(origin, error);
    }
    let (step, message) = match (find::<Step>(error), find::<io::Error>(error).map(io::Error::kind)) {
        (Some(Step::Resolve), _) => ("HostNotFound", format!("The host of {origin} cannot be resolved.")),
        (Some(Step::Deadline), _) | (None, Some(io::ErrorKind::TimedOut)) => {
            ("ConnectTimeout", format!("{origin} did not accept a connection in time."))
        }
        (None, Some(kind)) => ("ConnectFailed", format!("Cannot connect to {origin}: {kind}.")),
        (None, None) => ("ConnectFailed", format!("Cannot connect to {origin}.")),
    };
    Error::new(ErrorKind::UpstreamUnavailable, message).with_type(step)
}

/// The error of an answer whose body did not come to its end.
pub(crate) fn body(origin: &str, error: &hyper::Error) -> Error {
    if let Some(error) = tls(origin, error) {
        return error;
    }
    // Chunks that are none (RFC 9112 §7.1); a connection that is lost or closed too early has another kind.
    let malformed = find::<io::Error>(error).map(io::Error::kind);
    if matches!(malformed, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)) {
        return Error::new(ErrorKind::BadResponse, format!("The answer of {origin} cannot be decoded."));
    }
    lost(origin, error)
}

fn tls(origin: &str, error: &(dyn StdError + 'static)) -> Option<Error> {
    let reason = find::<rustls::Error>(error)?;
    let message = format!("No secure connection to {origin}: {reason}.");
    Some(Error::new(ErrorKind::UpstreamUnavailable, message).with_type(TLS))
}

fn lost(origin: &str, error: &(dyn StdError + 'static)) -> Error {
    let (step, message) = match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => ("IdleTimeout", format!("{origin} stopped answering.")),
        Some(kind) => ("ConnectionLost", format!("The connection to {origin} broke: {kind}.")),
        None => ("ConnectionLost", format!("The connection to {origin} broke before the answer was complete.")),
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
