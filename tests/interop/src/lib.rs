//! What the interop tests share: the servers under test, the clients, the scenario, a mock upstream and a session of
//! raw JSON lines. Functions panic on the first surprise, with what happened.

mod client;
mod drive;
mod scenario;
mod servers;
mod session;
mod site;
mod suite;
mod table;
mod upstream;

pub use client::{Client, Launch, Outcome, Run, Target, all_clients};
pub use drive::{CLOSE, CONNECT, Verdict, contains, contents, in_parallel, judge, protocol_error, same, tool_text};
pub use scenario::{Check, Facts, Step, tool_error};
pub use servers::server;
pub use session::{Ended, Era, Session};
pub use site::Site;
pub use suite::{Report, Scenario, missing_suite, run_suite};
pub use table::{Row, render, say};
pub use upstream::{Received, Upstream};

use std::path::PathBuf;

/// The folder of this crate.
pub fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where `install.sh` puts the clients.
pub fn interop_dir() -> PathBuf {
    match std::env::var_os("MCPGEN_INTEROP_DIR") {
        Some(dir) => std::path::absolute(dir).expect("a path"),
        None => here().ancestors().nth(2).expect("the repository").join("target/interop"),
    }
}

/// Whether a missing tool is a failure (in CI) or a visible skip (on a person's machine).
pub fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false")
}
