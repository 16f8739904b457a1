//! The handlers of `counter`. This file is yours: mcpgen created it once and does not touch it again.

use mcpgen_runtime as rt;
use counter::*;

/// What answers the calls.
#[derive(Debug)]
pub struct Handlers;

/// What a method answers until it is written.
fn not_written<T, E: From<rt::Error>>(method: &str) -> Result<T, E> {
    Err(
        rt::Error::new(rt::ErrorKind::Internal, format!("{method} is not written yet"))
            .into(),
    )
}

impl Counter for Handlers {
    async fn add(
        &self,
        _cx: &rt::Context,
        _input: AddInput,
    ) -> Result<AddOutput, AddError> {
        not_written("add")
    }
}
