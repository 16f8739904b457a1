//! The servers under test, and the client that is a program of this workspace.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The packages whose binaries, named as they are, the tests start.
const PACKAGES: [&str; 6] = ["weather", "petstore", "open-meteo", "conformance", "hostile-weather", "rust-sdk-client"];

/// The binary of a package, by its name.
///
/// `MCPGEN_SERVER_DIR` may name a folder that holds the binaries. Without it they are built, once for each process, by
/// the cargo that built this test, with the same profile and into the same target folder: a test never meets a stale
/// server, and where nothing changed this costs a fraction of a second.
pub fn server(name: &str) -> PathBuf {
    let dir = match std::env::var_os("MCPGEN_SERVER_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => built().to_owned(),
    };
    let path = dir.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "there is no server {}: build it with `cargo build -p {name}`, or set MCPGEN_SERVER_DIR to the \
         folder that holds it",
        path.display()
    );
    path
}

fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // <target>/<profile>/deps/<this test>
        let exe = std::env::current_exe().expect("the path of this test");
        let profile_dir = exe.ancestors().nth(2).expect("a test stands in target/PROFILE/deps").to_owned();
        let target = profile_dir.parent().expect("a target folder");
        let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--bins", "--profile", profile]);
        cargo.args(PACKAGES.iter().flat_map(|package| ["-p", package]));
        cargo.arg("--target-dir").arg(target).current_dir(crate::here());
        // What cargo says to a test about its package, build scripts below the servers take for a change (that of `ring`
        // watches CARGO_PKG_NAME): without it this builds exactly what a person at a shell builds.
        let told =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_", "CARGO_TARGET_TMPDIR"];
        let names = std::env::vars_os().map(|(name, _)| name);
        for name in names.filter(|name| told.iter().any(|prefix| name.to_string_lossy().starts_with(prefix))) {
            cargo.env_remove(name);
        }
        let output = cargo.output().expect("cargo starts");
        assert!(
            output.status.success(),
            "the servers do not build ({cargo:?}):\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        profile_dir
    })
}
