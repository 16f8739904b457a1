//! The workloads: who takes part, what is asked, and what is aimed at.

use std::io;
use std::path::{Path, PathBuf};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::messages::{Ask, Era, FIRST_ID, INITIALIZE, INITIALIZED, Message};
use crate::server::{Contender, Server};
use crate::stats::{Round, median};
use crate::{http, peers, stdio};

/// How requests travel.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    /// Standard input and output, so many requests in flight.
    Stdio { window: usize },
    /// HTTP/1.1, so many keep-alive connections with one request at a time each.
    Http { connections: usize },
}

/// One contender of a case.
pub struct Entry {
    contender: Contender,
    era: Era,
    /// Whether its answers are those of a server; a floor answers a constant.
    checked: bool,
    /// It takes one of so many requests of the case.
    share: usize,
}

/// A ratio of processor time that is aimed at: ours, against another entry of the same case.
pub struct Target {
    pub against: usize,
    pub at_most: f64,
}

/// One workload.
pub struct Case {
    pub title: &'static str,
    transport: Transport,
    ask: Ask,
    requests: usize,
    entries: Vec<Entry>,
    pub targets: Vec<Target>,
}

/// What the entries of a case measured, round by round.
pub struct Outcome {
    pub names: Vec<String>,
    /// By entry, then by round.
    pub rounds: Vec<Vec<Round>>,
}

impl Outcome {
    /// The median over the rounds of what `pick` takes from each.
    pub fn median(&self, entry: usize, pick: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds[entry].iter().map(pick))
    }

    /// The median over the rounds of the ratio of processor times: both sides of each ratio come from one round.
    pub fn ratio(&self, entry: usize, reference: usize) -> f64 {
        median(self.rounds[entry].iter().zip(&self.rounds[reference]).map(|(one, other)| one.cpu / other.cpu))
    }
}

enum Client {
    Stdio(stdio::Client, usize),
    Http(http::Client),
}

impl Client {
    fn round(&mut self, requests: usize) -> io::Result<Round> {
        match self {
            Self::Stdio(client, window) => client.round(requests, *window),
            Self::Http(client) => client.round(requests),
        }
    }
}

impl Case {
    /// Runs the rounds of all entries in turn: A B C A B C …, so that a neighbour on this machine meets them all.
    pub fn run(&self, rounds: usize, share: f64) -> io::Result<Outcome> {
        let requests = ((self.requests as f64 * share) as usize).max(64);
        let start = |entry: &Entry| {
            let Entry { contender, era, checked, .. } = entry;
            Ok::<_, io::Error>(match self.transport {
                Transport::Stdio { window } => {
                    Client::Stdio(stdio::Client::start(contender, self.ask, *era, *checked)?, window)
                }
                Transport::Http { connections } => {
                    Client::Http(http::Client::start(contender, self.ask, *era, connections, *checked)?)
                }
            })
        };
        let named = |entry: &Entry, error: io::Error| {
            io::Error::other(format!("{}, {}: {error}", self.title, entry.contender.name))
        };
        // Client and server that wait for each other run in turn, so they share a processor. Otherwise the luck of where
        // the system puts them decides: to wake another processor costs more than to answer.
        let _shared = match self.transport {
            Transport::Stdio { window: 1 } => Some(Pinned::to_one()?),
            _ => None,
        };
        let mut clients = Vec::new();
        for entry in &self.entries {
            let mut client = start(entry).map_err(|error| named(entry, error))?;
            client.round(requests / entry.share / 4 + 1).map_err(|error| named(entry, error))?;
            clients.push(client);
        }
        let mut all = vec![Vec::new(); clients.len()];
        for _ in 0..rounds {
            for ((client, entry), measured) in clients.iter_mut().zip(&self.entries).zip(&mut all) {
                measured.push(client.round((requests / entry.share).max(64)).map_err(|error| named(entry, error))?);
            }
        }
        let name = |entry: &Entry| match entry.checked {
            true => format!("{} ({})", entry.contender.name, entry.era.revision()),
            false => entry.contender.name.to_owned(),
        };
        Ok(Outcome { names: self.entries.iter().map(name).collect(), rounds: all })
    }
}

/// This thread, and the children that it starts, on one processor; undone at the end.
struct Pinned(CpuSet);

impl Pinned {
    fn to_one() -> io::Result<Self> {
        let before = sched_getaffinity(Pid::from_raw(0))?;
        let first = (0..CpuSet::count()).find(|cpu| before.is_set(*cpu).unwrap_or(false)).unwrap_or(0);
        let mut one = CpuSet::new();
        one.set(first)?;
        sched_setaffinity(Pid::from_raw(0), &one)?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = sched_setaffinity(Pid::from_raw(0), &self.0);
    }
}

pub fn mcpgen(tools: usize) -> Contender {
    Contender::new("mcpgen", "bench-mcpgen", &["--rate-limit", "0"], tools)
}

pub fn mcpgen_http(tools: usize) -> Contender {
    Contender::new("mcpgen", "bench-mcpgen", &["--rate-limit", "0", "--http", "ADDRESS"], tools)
}

pub fn sdk(name: &'static str, transport: &str, tools: usize) -> Contender {
    let args: &[&str] = if transport.starts_with("http") { &[transport, "ADDRESS"] } else { &[transport] };
    Contender::new(name, "bench-sdk", args, tools)
}

/// Saves what mcpgen answers, for the floors to answer as many bytes.
///
/// # Errors
/// The server does not run, or the file cannot be written.
pub fn save_answers(folder: &Path) -> io::Result<Answers> {
    let save = |ask: Ask, tools: usize, name: &str| {
        let mut server = Server::stdio(&mcpgen(tools))?;
        server.ask(INITIALIZE)?;
        server.tell(INITIALIZED)?;
        let answer = server.ask(&Message::new(ask, Era::Legacy).text(FIRST_ID))?;
        let path = folder.join(name);
        std::fs::write(&path, answer)?;
        Ok::<_, io::Error>(path)
    };
    Ok(Answers { call: save(Ask::Call, 1, "call.json")?, list: save(Ask::List, LISTED, "list.json")? })
}

/// The files with the constant answers.
pub struct Answers {
    call: PathBuf,
    list: PathBuf,
}

/// Tools in the list.
const LISTED: usize = 100;

/// All workloads of the table.
pub fn all(answers: &Answers) -> Vec<Case> {
    let entry = |contender, era, checked| Entry { contender, era, checked, share: 1 };
    let peer = |contender| Entry { contender, era: Era::Legacy, checked: true, share: peers::SHARE };
    let with = |mut entries: Vec<Entry>, transport: &[&str]| {
        entries.extend(peers::all(transport).into_iter().map(peer));
        entries
    };
    let stdio = |ask: Ask| {
        let (tools, answer) = match ask {
            Ask::Call => (1, &answers.call),
            Ask::List => (LISTED, &answers.list),
        };
        let floor = Contender::new("line loop", "bench-floor-stdio", &[], tools).answering(answer);
        vec![
            entry(mcpgen(tools), Era::Legacy, true),
            entry(mcpgen(tools), Era::Modern, true),
            entry(floor, Era::Legacy, false),
            entry(sdk("Rust SDK stdio_pipes()", "pipes", tools), Era::Legacy, true),
            entry(sdk("Rust SDK stdio()", "stdio", tools), Era::Legacy, true),
        ]
    };
    let http = |ask: Ask| {
        let (tools, answer) = match ask {
            Ask::Call => (1, &answers.call),
            Ask::List => (LISTED, &answers.list),
        };
        let floor = Contender::new("bare hyper", "bench-floor-http", &["ADDRESS"], tools).answering(answer);
        vec![
            entry(mcpgen_http(tools), Era::Modern, true),
            entry(mcpgen_http(tools), Era::Legacy, true),
            entry(floor, Era::Modern, false),
            entry(sdk("Rust SDK JSON", "http-json", tools), Era::Modern, true),
            entry(sdk("Rust SDK sessions", "http-session", tools), Era::Legacy, true),
        ]
    };
    let target = |against, at_most| Target { against, at_most };
    vec![
        Case {
            title: "stdio, tools/call, one at a time",
            transport: Transport::Stdio { window: 1 },
            ask: Ask::Call,
            requests: 10_000,
            entries: with(stdio(Ask::Call), &["stdio"]),
            targets: vec![target(2, 3.0), target(3, 0.4)],
        },
        Case {
            title: "stdio, tools/call, 64 in flight",
            transport: Transport::Stdio { window: 64 },
            ask: Ask::Call,
            requests: 30_000,
            entries: stdio(Ask::Call),
            targets: vec![target(3, 0.25)],
        },
        Case {
            title: "stdio, tools/list of 100 tools, one at a time",
            transport: Transport::Stdio { window: 1 },
            ask: Ask::List,
            requests: 2_000,
            entries: stdio(Ask::List),
            targets: vec![target(2, 1.3), target(3, 0.12)],
        },
        Case {
            title: "HTTP, tools/call, 32 connections",
            transport: Transport::Http { connections: 32 },
            ask: Ask::Call,
            requests: 15_000,
            entries: with(http(Ask::Call), &["http", "ADDRESS"]),
            targets: vec![target(2, 1.5), target(3, 0.35)],
        },
        Case {
            title: "HTTP, tools/list of 100 tools, 32 connections",
            transport: Transport::Http { connections: 32 },
            ask: Ask::List,
            requests: 5_000,
            entries: http(Ask::List),
            targets: vec![target(2, 1.2)],
        },
    ]
}
