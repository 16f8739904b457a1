//! The servers as child processes, and what the system says about them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program that takes part.
#[derive(Clone, Debug)]
pub struct Contender {
    pub name: &'static str,
    pub program: PathBuf,
    pub args: Vec<String>,
    pub tools: usize,
    /// The file with the constant answer of a floor.
    pub answer: Option<PathBuf>,
    /// Where a peer of another language finds what it needs.
    pub peers: Option<PathBuf>,
}

impl Contender {
    pub fn new(name: &'static str, program: &str, args: &[&str], tools: usize) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self { name, program: folder().join(program), args, tools, answer: None, peers: None }
    }

    pub fn answering(mut self, answer: &Path) -> Self {
        self.answer = Some(answer.to_owned());
        self
    }
}

/// The programs lie beside the driver.
fn folder() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.parent().map(Path::to_owned).unwrap_or_default()
}

/// Children that run, for the watchdog.
static RUNNING: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Ends the whole bench, and the children, after this time: no loop waits for ever on a server that hangs.
pub fn watchdog(limit: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        eprintln!("bench: not finished after {} s", limit.as_secs());
        for pid in RUNNING.lock().map(|all| all.clone()).unwrap_or_default() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        std::process::exit(1);
    });
}

/// A running server.
pub struct Server {
    child: Child,
    pub input: Option<ChildStdin>,
    pub output: Option<ChildStdout>,
    pub address: Option<SocketAddr>,
}

impl Server {
    /// Starts it on standard input and output. Its log goes to `/dev/null`: it is written, and nobody has to read it.
    pub fn stdio(contender: &Contender) -> io::Result<Self> {
        Self::start(contender, &contender.args, None)
    }

    /// Starts it on a free port, which takes the place of `ADDRESS` among the arguments, and waits until it listens.
    pub fn http(contender: &Contender) -> io::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let args: Vec<_> = contender.args.iter().map(|arg| arg.replace("ADDRESS", &address.to_string())).collect();
        let server = Self::start(contender, &args, Some(address))?;
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > Duration::from_secs(10) {
                return Err(io::Error::other(format!("{} does not listen", contender.name)));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    fn start(contender: &Contender, args: &[String], address: Option<SocketAddr>) -> io::Result<Self> {
        let mut command = Command::new(&contender.program);
        command.args(args).env("BENCH_TOOLS", contender.tools.to_string());
        if let Some(answer) = &contender.answer {
            command.env("BENCH_ANSWER", answer);
        }
        if let Some(peers) = &contender.peers {
            command.env("BENCH_PEERS", peers);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = command.spawn();
        let mut child =
            started.map_err(|error| io::Error::other(format!("{}: {error}", contender.program.display())))?;
        if let Ok(mut running) = RUNNING.lock() {
            running.push(child.id().cast_signed());
        }
        Ok(Self { input: child.stdin.take(), output: child.stdout.take(), child, address })
    }

    /// Processor time of all its threads so far, user and system.
    pub fn cpu(&self) -> Duration {
        let clock = nix::time::clock_getcpuclockid(Pid::from_raw(self.child.id().cast_signed()));
        clock.and_then(nix::time::clock_gettime).map(Duration::from).unwrap_or_default()
    }

    /// Resident memory in KiB: all, and what is no mapped file (the heap and the stacks).
    pub fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        (field("VmRSS:"), field("RssAnon:"))
    }

    /// Sends a line and reads one.
    pub fn ask(&mut self, line: &str) -> io::Result<String> {
        self.tell(line)?;
        let (mut answer, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
        let output = self.output.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        loop {
            let count = output.read(&mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            answer.extend_from_slice(&buffer[..count]);
            if answer.ends_with(b"\n") {
                return String::from_utf8(answer).map_err(io::Error::other);
            }
        }
    }

    /// Sends a line.
    pub fn tell(&mut self, line: &str) -> io::Result<()> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        input.write_all(format!("{line}\n").as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
        let pid = self.child.id().cast_signed();
        if let Ok(mut running) = RUNNING.lock() {
            running.retain(|one| *one != pid);
        }
    }
}
