//! What `tests/fuzz` needs of the inside. Not a public API.

use crate::protocol::message::{self, Incoming, Message};

/// What a text holds.
#[derive(Debug)]
pub enum Parsed {
    /// A request; the id as JSON text.
    Request {
        /// `id`
        id: String,
        /// `method`
        method: String,
    },
    /// A notification.
    Notification {
        /// `method`
        method: String,
    },
    /// A response.
    Response,
    /// A batch of so many members.
    Batch(usize),
    /// No message.
    Refused {
        /// The JSON-RPC code.
        code: i64,
        /// The id as JSON text, where it could be read.
        id: Option<String>,
    },
}

/// Parses a text as the transports do, the members of a batch too.
pub fn parse(text: &[u8]) -> Parsed {
    match message::parse(text) {
        Ok(Incoming::One(Message::Request { id, method, .. })) => {
            // What requests are compared by never fails either.
            let _ = id.key();
            Parsed::Request { id: id.as_json().to_owned(), method: method.into_owned() }
        }
        Ok(Incoming::One(Message::Notification { method, .. })) => Parsed::Notification { method: method.into_owned() },
        Ok(Incoming::One(Message::Response(_))) => Parsed::Response,
        Ok(Incoming::Batch(members)) => {
            for member in &members {
                let _ = message::parse_one(member.get());
            }
            Parsed::Batch(members.len())
        }
        Err(malformed) => {
            Parsed::Refused { code: malformed.error.code(), id: malformed.id.map(|id| id.as_json().to_owned()) }
        }
    }
}

#[cfg(feature = "upstream")]
pub use crate::upstream::fuzzing::{Sent, counted, request, result};
#[cfg(feature = "upstream")]
pub use crate::upstream::{Location, Operation, Parameter, Style};
