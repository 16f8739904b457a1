//! STAND-IN: what a handler knows about its call.

/// The context of a call.
#[derive(Clone, Debug)]
pub struct Context;

impl Context {
    /// The context of a call in process.
    pub fn in_process() -> Self {
        Self
    }
}
