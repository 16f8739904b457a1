//! The table of diagnostic codes: what `mcpgen explain CODE` prints.

/// A stable code: `E0101`, `W0203`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Code(pub &'static str);
