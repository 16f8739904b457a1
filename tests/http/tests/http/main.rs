//! The HTTP transports, from the specification.

mod clocks;
mod crosstalk;
mod ladder;
mod legacy;
mod modern;
mod mounts;
mod revisions;
mod sse;
mod tasks;
