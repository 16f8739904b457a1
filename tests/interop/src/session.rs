//! A session of raw JSON lines with a server over its standard streams: what is sent and what comes back, byte for
//! byte, without a client library between.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long an answer may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The era that a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// The `initialize` handshake.
    Legacy,
    /// Version and capabilities on each request.
    Modern,
}

/// A running server.
pub struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    /// Answers that came while another was waited for.
    early: VecDeque<Value>,
    next_id: i64,
}

/// What a server left behind.
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// From the end of its input to its end.
    pub took: Duration,
    /// Its standard error.
    pub stderr: String,
    /// The answers that nobody had waited for.
    pub rest: Vec<Value>,
}

impl Session {
    /// Starts a server with exactly this environment.
    pub fn start(binary: &Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = Command::new(binary)
            .args(args)
            .env_clear()
            .envs(env.iter().copied())
            // The stand-ins of a developer may be scripts; a server needs nothing of it.
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("a pipe");
        let mut errors = child.stderr.take().expect("a pipe");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n') {
                let line = line.expect("standard output is read");
                if sender.send(String::from_utf8(line).expect("standard output is UTF-8")).is_err() {
                    return;
                }
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            errors.read_to_end(&mut text).expect("standard error is read");
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, stdin, lines, stderr: Some(stderr), early: VecDeque::new(), next_id: 1 }
    }

    /// Sends a line as it is.
    pub fn send_raw(&mut self, line: &[u8]) {
        self.send_part(line);
        self.send_part(b"\n");
    }

    /// Sends a part of a line.
    pub fn send_part(&mut self, part: &[u8]) {
        let stdin = self.stdin.as_mut().expect("the input is open");
        stdin.write_all(part).and_then(|()| stdin.flush()).expect("it reads");
    }

    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.send_raw(message.to_string().as_bytes());
    }

    /// Sends a request and gives its id.
    pub fn request(&mut self, era: Era, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        let mut params = params;
        if era == Era::Modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, era: Era, method: &str, params: Value) -> Value {
        let id = self.request(era, method, params);
        self.answer(id)
    }

    /// Calls a tool in the modern era and gives the `result`.
    pub fn call(&mut self, name: &str, arguments: Value) -> Value {
        let answer = self.ask(Era::Modern, "tools/call", json!({"name": name, "arguments": arguments}));
        assert!(answer.get("error").is_none(), "a result was expected: {answer}");
        answer["result"].clone()
    }

    /// The handshake of the legacy era.
    pub fn initialize(&mut self, revision: &str) -> Value {
        let params = json!({
            "protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"},
        });
        let answer = self.ask(Era::Legacy, "initialize", params);
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        answer
    }

    /// Waits for the answer to a request; others that come first are kept.
    pub fn answer(&mut self, id: i64) -> Value {
        if let Some(at) = self.early.iter().position(|message| message["id"] == id) {
            return self.early.remove(at).expect("it was found");
        }
        let end = Instant::now() + PATIENCE;
        loop {
            let message = self.message_until(end).unwrap_or_else(|| panic!("no answer to request {id}"));
            if message["id"] == id {
                return message;
            }
            self.early.push_back(message);
        }
    }

    /// The next message, whatever it is.
    pub fn next_message(&mut self) -> Value {
        self.early.pop_front().unwrap_or_else(|| self.message_until(Instant::now() + PATIENCE).expect("a message"))
    }

    /// The next message that carries no id.
    pub fn message_without_id(&mut self) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let message = self.message_until(end).expect("a message without an id");
            if message.get("id").is_none() {
                return message;
            }
            self.early.push_back(message);
        }
    }

    /// The next message, if one comes in time. Anything but a JSON-RPC message on standard output is a failure.
    fn message_until(&mut self, end: Instant) -> Option<Value> {
        match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => Some(message(&line)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the server closed its output"),
        }
    }

    /// The most memory that the server's process has held so far, in bytes, where the system tells (Linux).
    pub fn peak_memory(&self) -> Option<u64> {
        peak_memory(self.child.id())
    }

    /// Closes the server's input and waits for its end.
    pub fn end(mut self) -> Ended {
        drop(self.stdin.take());
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            assert!(started.elapsed() < PATIENCE, "the server did not end with its input");
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = started.elapsed();
        let stderr = self.stderr.take().expect("taken once").join().expect("the reader ends");
        let mut rest: Vec<Value> = self.early.drain(..).collect();
        rest.extend(self.lines.iter().map(|line| message(&line)));
        Ended { status, took, stderr, rest }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A test that failed half-way; nothing to do where the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The most memory that a process has held so far, in bytes, where the system tells (Linux).
pub(crate) fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Standard output holds one JSON-RPC message a line and nothing else.
fn message(line: &str) -> Value {
    let value: Value =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} on standard output: {line:?}"));
    assert_eq!(value["jsonrpc"], "2.0", "{line}");
    assert!(value.get("id") != Some(&Value::Null), "an id that cannot be read is left out: {line}");
    let kinds = ["result", "error", "method"].iter().filter(|key| value.get(**key).is_some()).count();
    assert_eq!(kinds, 1, "one of result, error and method: {line}");
    value
}
