//! What the fuzz targets do with their input: one module for each, with one function `run`. It panics where something is
//! wrong, and returns otherwise. `tests/replay.rs` runs all of them over their seeds without libFuzzer.

pub mod http_ladder;
#[cfg(feature = "loader")]
pub mod loader;
pub mod message;
pub mod response;
pub mod url_builder;

/// A target.
pub struct Target {
    /// Its name: of the module, of the binary, and of the folder of its seeds.
    pub name: &'static str,
    /// Takes one input.
    pub run: fn(&[u8]),
    /// How many changed inputs the replay makes: what takes milliseconds gets fewer.
    pub changed: usize,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "message", run: message::run, changed: 20_000 },
    Target { name: "http_ladder", run: http_ladder::run, changed: 20_000 },
    Target { name: "url_builder", run: url_builder::run, changed: 20_000 },
    Target { name: "response", run: response::run, changed: 20_000 },
    #[cfg(feature = "loader")]
    Target { name: "loader", run: loader::run, changed: 500 },
];
