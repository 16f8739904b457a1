//! Measures the runtime against the official Rust SDK and against floors, and prints the tables of `../README.md`.

mod builds;
mod cases;
mod footprint;
mod http;
mod messages;
mod peers;
mod server;
mod stats;
mod stdio;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use cases::{Case, Outcome};

const USAGE: &str = "usage: bench [--smoke] [--rounds N] [--only WORDS] [--builds]
  --smoke       few requests: checks that every server answers rightly, says nothing about speed
  --rounds N    rounds of each workload (9)
  --only WORDS  the workloads whose title contains these words, without start-up, memory and sizes
  --builds      how long both servers take to build, instead; minutes of every core";

struct Options {
    smoke: bool,
    rounds: usize,
    only: Option<String>,
    builds: bool,
}

fn options() -> Option<Options> {
    let mut options = Options { smoke: false, rounds: 9, only: None, builds: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--smoke" => options.smoke = true,
            "--rounds" => options.rounds = arguments.next()?.parse().ok().filter(|rounds| *rounds > 0)?,
            "--builds" => options.builds = true,
            "--only" => options.only = Some(arguments.next()?),
            _ => return None,
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    server::watchdog(Duration::from_secs(if options.smoke { 120 } else { 1800 }));
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("mcpgen-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ended = measure(options, &folder);
    std::fs::remove_dir_all(&folder)?;
    ended
}

fn measure(options: &Options, folder: &std::path::Path) -> io::Result<()> {
    if options.builds {
        return builds::measure(folder, options.rounds);
    }
    let answers = cases::save_answers(folder)?;
    let wanted = |title: &str| options.only.as_ref().is_none_or(|words| title.contains(words.as_str()));
    let (rounds, share) = if options.smoke { (1, 0.0) } else { (options.rounds, 1.0) };
    for case in cases::all(&answers).iter().filter(|case| wanted(case.title)) {
        let outcome = case.run(rounds, share)?;
        if options.smoke {
            println!("{}: {} servers answer", case.title, outcome.names.len());
        } else {
            print(case, &outcome);
        }
    }
    if options.smoke || options.only.is_some() {
        return Ok(());
    }
    footprint::start_up(options.rounds * 2)?;
    footprint::memory()?;
    footprint::sizes()
}

/// One table in Markdown: medians over the rounds; ratios are ours to theirs.
fn print(case: &Case, outcome: &Outcome) {
    println!("\n**{}**\n", case.title);
    println!("| | CPU µs | p50 µs | p99 µs | requests/s | ours ÷ theirs (CPU) | target |");
    println!("|---|---|---|---|---|---|---|");
    for (entry, name) in outcome.names.iter().enumerate() {
        let target = case.targets.iter().find(|target| target.against == entry);
        let ratio = if entry == 0 { String::new() } else { format!("{:.2}", outcome.ratio(0, entry)) };
        let target = target.map(|target| {
            let met = if outcome.ratio(0, entry) <= target.at_most { "met" } else { "missed" };
            format!("≤ {} ({met})", target.at_most)
        });
        println!(
            "| {name} | {:.2} | {:.1} | {:.1} | {:.0} | {ratio} | {} |",
            outcome.median(entry, |round| round.cpu),
            outcome.median(entry, |round| round.p50),
            outcome.median(entry, |round| round.p99),
            outcome.median(entry, |round| round.rate),
            target.unwrap_or_default(),
        );
    }
}
