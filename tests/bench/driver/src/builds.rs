//! How long it takes to build: from nothing, and after a change of the server's own source.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Builds both servers in a folder of their own. Not part of the other tables: it takes minutes and every core.
///
/// # Errors
/// Cargo is missing, or a build fails.
pub fn measure(folder: &Path, rounds: usize) -> io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let servers = [("mcpgen", "bench-mcpgen", "mcpgen-server"), ("Rust SDK and axum", "bench-sdk", "sdk-server")];
    println!("\n**Builds: release, with stdio and HTTP; wall seconds**\n");
    println!("| | from nothing | after a change of the server | ours ÷ theirs (change) | target |");
    println!("|---|---|---|---|---|");
    let mut ours = 0.0;
    for (at, (name, package, source)) in servers.into_iter().enumerate() {
        let target = folder.join(package);
        let clean = cargo(&workspace, package, &target)?.as_secs_f64();
        let main: PathBuf = workspace.join(source).join("src/main.rs");
        let mut changed = Vec::new();
        for _ in 0..rounds.clamp(1, 3) {
            // A newer time is all that cargo looks at.
            std::fs::File::options().append(true).open(&main)?.set_modified(std::time::SystemTime::now())?;
            changed.push(cargo(&workspace, package, &target)?.as_secs_f64());
        }
        let changed = crate::stats::median(changed);
        let (ratio, aim) = if at == 0 {
            ours = changed;
            (String::new(), String::new())
        } else {
            let ratio = ours / changed;
            (format!("{ratio:.2}"), format!("≤ 0.3 ({})", if ratio <= 0.3 { "met" } else { "missed" }))
        };
        println!("| {name} | {clean:.1} | {changed:.1} | {ratio} | {aim} |");
    }
    Ok(())
}

fn cargo(workspace: &Path, package: &str, target: &Path) -> io::Result<Duration> {
    let began = Instant::now();
    let status = Command::new("cargo")
        .args(["build", "--release", "--locked", "--quiet", "--package", package])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null())
        .status()?;
    if status.success() { Ok(began.elapsed()) } else { Err(io::Error::other(format!("{package} does not build"))) }
}
