//! What carries the protocol.

mod stdio;
