//! The HTTP transports, from the specification.

mod clocks;
mod ladder;
mod legacy;
mod modern;
mod mounts;
mod sse;
mod tasks;
