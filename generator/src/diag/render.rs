//! Prints diagnostics with their source lines.
