//! A generated server over HTTP: a process of its own on a free port of loopback, and what it wrote.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a server may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(40);

/// A server that listens.
#[derive(Debug)]
pub struct Site {
    child: Child,
    origin: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Starts a binary with `--http` on a free port, these arguments and exactly this environment; waits until it
    /// listens.
    pub fn start(binary: &Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = Command::new(binary)
            .args(["--http", "127.0.0.1:0"])
            .args(args)
            .env_clear()
            .envs(env.iter().copied())
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        let errors = child.stderr.take().expect("a pipe");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                written.lock().expect("no thread panicked").push(line);
            }
        });
        let mut site = Self { child, origin: String::new(), lines };
        let url = site.wait_for("that the server listens", |record| record["event"] == "listening")["url"].clone();
        let url = url.as_str().expect("the URL that it listens at");
        site.origin = url.strip_suffix("/mcp").expect("MCP is at /mcp").to_owned();
        site
    }

    /// `http://127.0.0.1:PORT`
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `127.0.0.1:PORT`
    pub fn authority(&self) -> &str {
        self.origin.strip_prefix("http://").expect("a URL of http")
    }

    /// Everything that it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.lines.lock().expect("no thread panicked").join("\n")
    }

    /// Its records so far: each line of standard error is one JSON object.
    pub fn records(&self) -> Vec<Value> {
        let lines = self.lines.lock().expect("no thread panicked");
        lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    }

    /// Waits for a record.
    pub fn wait_for(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            if let Some(record) = self.records().into_iter().find(|record| is(record)) {
                return record;
            }
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "while waiting for {what}, the server ended with {ended:?}: {}", self.stderr());
            assert!(started.elapsed() < PATIENCE, "{what}: still not so. {}", self.stderr());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The most memory that its process has held so far, in bytes, where the system tells (Linux).
    pub fn peak_memory(&self) -> Option<u64> {
        crate::session::peak_memory(self.child.id())
    }

    /// Tells it to end (SIGTERM).
    pub fn terminate(&self) {
        // The kill of the shell: a signal without unsafe code and without a crate.
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success(), "{kill}");
    }

    /// Waits for its end: the status, and how long it took from here on.
    pub fn ended(&mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return (status, started.elapsed());
            }
            assert!(started.elapsed() < PATIENCE, "the server does not end: {}", self.stderr());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Nothing to do where the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
