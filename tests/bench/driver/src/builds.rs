//! How long it takes to build: from nothing, and after a change of the server's own source.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// Builds both servers in a folder of their own. Not part of the other tables: it takes minutes and every core.
///
/// # Errors
/// Cargo is missing, or a build fails.
pub fn measure(folder: &Path, rounds: usize) -> io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let servers = [("mcpgen", "bench-mcpgen", "mcpgen-server"), ("Rust SDK and axum", "bench-sdk", "sdk-server")];
    println!("\n**Builds: release, with stdio and HTTP; seconds on the clock, and of all processors together**\n");
    println!(
        "| | from nothing | its CPU | after a change of the server | its CPU | ours ÷ theirs (change, clock) | (CPU) | target |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut ours = Seconds { wall: 0.0, cpu: 0.0 };
    for (at, (name, package, source)) in servers.into_iter().enumerate() {
        let target = folder.join(package);
        let clean = cargo(&workspace, package, &target)?;
        let main: PathBuf = workspace.join(source).join("src/main.rs");
        let mut changed = Vec::new();
        for _ in 0..rounds.clamp(1, 3) {
            // A newer time is all that cargo looks at.
            std::fs::File::options().append(true).open(&main)?.set_modified(std::time::SystemTime::now())?;
            changed.push(cargo(&workspace, package, &target)?);
        }
        let middle = |pick: fn(&Seconds) -> f64| crate::stats::median(changed.iter().map(pick));
        let changed = Seconds { wall: middle(|seconds| seconds.wall), cpu: middle(|seconds| seconds.cpu) };
        let ratios = if at == 0 {
            ours = changed;
            "| |".to_owned()
        } else {
            let (wall, cpu) = (ours.wall / changed.wall, ours.cpu / changed.cpu);
            format!("{wall:.2} | {cpu:.2} | ≤ 0.3 ({})", if wall <= 0.3 { "met" } else { "missed" })
        };
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {ratios} |",
            clean.wall, clean.cpu, changed.wall, changed.cpu
        );
    }
    Ok(())
}

/// How long something took. On a busy machine only the second says something.
#[derive(Clone, Copy)]
struct Seconds {
    wall: f64,
    cpu: f64,
}

fn cargo(workspace: &Path, package: &str, target: &Path) -> io::Result<Seconds> {
    let (began, before) = (Instant::now(), cpu_of_children()?);
    let status = Command::new("cargo")
        .args(["build", "--release", "--locked", "--quiet", "--package", package])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .stdin(Stdio::null())
        .status()?;
    let took = Seconds { wall: began.elapsed().as_secs_f64(), cpu: cpu_of_children()? - before };
    if status.success() { Ok(took) } else { Err(io::Error::other(format!("{package} does not build"))) }
}

/// Seconds, of all children that have ended and theirs.
fn cpu_of_children() -> io::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
