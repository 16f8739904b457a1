//! The HTTP transports, from the specification.

mod clocks;
mod crosstalk;
mod ladder;
mod legacy;
mod modern;
mod mounts;
mod sse;
mod tasks;
