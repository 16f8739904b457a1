//! What a server costs before and between requests: start-up, the first call, memory, and the size of its program.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cases::{mcpgen, sdk};
use crate::messages::{Ask, Era, FIRST_ID, INITIALIZE, INITIALIZED, Message, check};
use crate::server::{Contender, Server};
use crate::stats::{median, micros};
use crate::stdio::Client;

/// Tools of the large server.
const MANY: usize = 1000;

/// Calls between two looks at the memory.
const CALLS: usize = 100_000;

/// Start-up to the first list of 1,000 tools, and the first call against the second. Processes of all contenders in turn.
///
/// # Errors
/// A server does not start, or answers wrongly.
pub fn start_up(rounds: usize) -> io::Result<()> {
    let contenders =
        [mcpgen(MANY), sdk("Rust SDK stdio_pipes()", "pipes", MANY), sdk("Rust SDK stdio()", "stdio", MANY)];
    let mut measured = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (contender, all) in contenders.iter().zip(&mut measured) {
            all.push(Start::of(contender)?);
        }
    }
    println!(
        "\n**Start-up, {MANY} tools: from the start of the process to the answer of `tools/list`; then two calls**\n"
    );
    println!(
        "| | CPU ms | wall ms | first call, CPU µs | second call, CPU µs | ours ÷ theirs (start-up CPU) | target |"
    );
    println!("|---|---|---|---|---|---|---|");
    let cpu = |all: &[Start]| median(all.iter().map(|start| micros(start.cpu) / 1e3));
    let ours = measured.first().map_or(0.0, |all| cpu(all));
    for (at, (contender, all)) in contenders.iter().zip(&measured).enumerate() {
        let target = match at {
            0 => format!("≤ 3 ms ({})", met(ours <= 3.0)),
            1 => format!("≤ 0.7 ({})", met(ours / cpu(all) <= 0.7)),
            _ => String::new(),
        };
        let ratio = if at == 0 { String::new() } else { format!("{:.2}", ours / cpu(all)) };
        println!(
            "| {} | {:.2} | {:.2} | {:.0} | {:.0} | {ratio} | {target} |",
            contender.name,
            cpu(all),
            median(all.iter().map(|start| micros(start.wall) / 1e3)),
            median(all.iter().map(|start| micros(start.first))),
            median(all.iter().map(|start| micros(start.second))),
        );
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Start {
    cpu: Duration,
    wall: Duration,
    first: Duration,
    second: Duration,
}

impl Start {
    fn of(contender: &Contender) -> io::Result<Self> {
        let began = Instant::now();
        let mut server = Server::stdio(contender)?;
        server.ask(INITIALIZE)?;
        server.tell(INITIALIZED)?;
        let list = server.ask(&Message::new(Ask::List, Era::Legacy).text(FIRST_ID))?;
        let (cpu, wall) = (server.cpu(), began.elapsed());
        check(Ask::List, FIRST_ID, contender.tools, &list).map_err(io::Error::other)?;
        let mut call = |id: u64| {
            let before = server.cpu();
            let answer = server.ask(&Message::new(Ask::Call, Era::Legacy).text(id))?;
            let cpu = server.cpu() - before;
            check(Ask::Call, id, contender.tools, &answer).map_err(io::Error::other)?;
            Ok::<_, io::Error>(cpu)
        };
        Ok(Self { cpu, wall, first: call(FIRST_ID + 1)?, second: call(FIRST_ID + 2)? })
    }
}

/// Resident memory with 100 tools, after the list and a call, and after 100,000 calls more.
///
/// # Errors
/// A server does not answer.
pub fn memory() -> io::Result<()> {
    println!("\n**Memory, 100 tools, stdio: resident after the first answers, and after {CALLS} calls more**\n");
    println!("| | at rest, MiB | of it heap and stacks | growth, MiB | target |");
    println!("|---|---|---|---|---|");
    for contender in [mcpgen(100), sdk("Rust SDK stdio_pipes()", "pipes", 100)] {
        let mut client = Client::start(&contender, Ask::List, Era::Legacy, true)?;
        client.ask_for(Ask::Call, Era::Legacy);
        client.round(64, 64)?;
        std::thread::sleep(Duration::from_millis(200));
        let before = client.server().memory();
        client.round(CALLS, 64)?;
        std::thread::sleep(Duration::from_millis(200));
        let after = client.server().memory();
        let mib = |kib: u64| kib as f64 / 1024.0;
        let growth = mib(after.0) - mib(before.0);
        let target = match contender.name {
            "mcpgen" => format!("≤ 8 MiB, growth ≤ 0.5 MiB ({})", met(mib(before.0) <= 8.0 && growth <= 0.5)),
            _ => String::new(),
        };
        println!("| {} | {:.1} | {:.1} | {growth:.2} | {target} |", contender.name, mib(before.0), mib(before.1));
    }
    Ok(())
}

/// Size of the programs, and crates that they are built from.
///
/// # Errors
/// The programs are not there.
pub fn sizes() -> io::Result<()> {
    println!("\n**Programs: release, stripped, with stdio and HTTP**\n");
    println!("| | MiB | crates | target |");
    println!("|---|---|---|---|");
    for (contender, package) in [(mcpgen(1), "mcpgen-runtime"), (sdk("Rust SDK and axum", "pipes", 1), "bench-sdk")] {
        let size = std::fs::metadata(&contender.program)?.len();
        let crates = crates(package);
        let target = match (package, crates) {
            ("mcpgen-runtime", Some(crates)) => format!("≤ 45 crates ({})", met(crates <= 45)),
            _ => String::new(),
        };
        let crates = crates.map_or_else(|| "?".to_owned(), |crates| crates.to_string());
        println!("| {} | {:.2} | {crates} | {target} |", contender.name, size as f64 / 1024.0 / 1024.0);
    }
    Ok(())
}

/// Crates that are built for a package on this system, procedural macros and build scripts included, itself too.
fn crates(package: &str) -> Option<usize> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let output = Command::new("cargo")
        .args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package, "--manifest-path"])
        .arg(manifest)
        .output();
    let text = String::from_utf8(output.ok().filter(|output| output.status.success())?.stdout).ok()?;
    let mut names: Vec<_> =
        text.lines().map(|line| line.trim_end_matches(" (*)").trim_end_matches(" (proc-macro)")).collect();
    names.sort_unstable();
    names.dedup();
    Some(names.len())
}

fn met(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}
