//! The minijinja templates of mcpgen, embedded so that they are published with the crate.
