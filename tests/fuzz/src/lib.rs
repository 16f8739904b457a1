//! What the fuzz targets do with their input: one module for each, with one function `run`. It panics where something is
//! wrong, and returns otherwise. `tests/replay.rs` runs all of them over their seeds without libFuzzer.

pub mod http_ladder;
pub mod message;

/// A target.
pub struct Target {
    /// Its name: of the module, of the binary, and of the folder of its seeds.
    pub name: &'static str,
    /// Takes one input.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: &[Target] =
    &[Target { name: "message", run: message::run }, Target { name: "http_ladder", run: http_ladder::run }];
