//! `main` of a generated binary: flags, environment, runtime, shutdown.

mod arguments;
mod describe;
#[cfg(feature = "http")]
mod http;

use std::io::{IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arguments::{Command, HttpFlags, Options};

use crate::content::{Block, Body};
use crate::def::ServerDef;
use crate::env::{Env, EnvError};
use crate::json::RawJson;
use crate::log::{CallRecord, CallSink, StderrJson, Timestamp};
use crate::protocol::StateKey;
use crate::redact;
use crate::server::Server;
use crate::transport::signal;

/// In-flight calls may take so long to end after a signal (SECURITY.md, "Production defaults").
const DRAIN: Duration = Duration::from_secs(25);
/// What the transport may need to write the last answers, after the last call has ended.
const LAST_WRITE: Duration = Duration::from_millis(100);

/// The environment variable of the key of request states.
const STATE_KEY: &str = "MCPGEN_STATE_KEY";

/// Runs a generated server: reads the flags and the environment, builds the server with `make`, and serves standard
/// input and output, or runs the command that the flags name. `--help` shows both.
///
/// Exit codes: 0 fine; 1 the environment, the transport or the call failed; 2 usage.
pub fn main(def: &'static ServerDef, make: impl FnOnce(&Env) -> Result<Server, EnvError>) -> ExitCode {
    let (command, options) = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(parsed) => parsed,
        Err(message) => {
            eprint(&format!("{message}\n`{} --help` shows the usage.", def.name));
            return ExitCode::from(2);
        }
    };
    let env = Env::process();
    match command {
        Command::Help => return print(&describe::help(def, &env)),
        Command::Version => return print(&format!("{} {}", def.name, def.version)),
        _ => {}
    }
    // To be listed, a server needs no credentials.
    let env = if matches!(command, Command::ListTools) { env.with_placeholders() } else { env };
    std::panic::set_hook(Box::new(report_panic));
    let server = match make(&env) {
        Ok(server) => match with_state_key(configure(server, &options), &env) {
            Ok(server) => server,
            Err(error) => {
                eprint(&error.to_string());
                return ExitCode::FAILURE;
            }
        },
        Err(error) => {
            eprint(&format!("{error}.\n`{} --help` describes every variable.", def.name));
            return ExitCode::FAILURE;
        }
    };
    for problem in server.problems() {
        eprint(&format!("warning: {problem}"));
    }
    if matches!(command, Command::ListTools) {
        return print(&describe::tools(&server));
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprint(&format!("The tokio runtime cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    // Chosen here, so that what is flushed at the end is the sink that was written to.
    let server = match command {
        Command::Serve => server.with_default_sink(Arc::new(StderrJson::new())),
        _ => server.with_default_sink(Arc::new(DetailsOnly)),
    };
    let code = runtime.block_on(run(server.clone(), command, options.http));
    // Standard input is read on a thread that cannot be interrupted; nothing waits for it.
    runtime.shutdown_background();
    server.flush_log();
    code
}

/// Several threads even for one client: a handler that blocks its thread must not keep the others, the deadline and the
/// end of input from being noticed (SECURITY.md, M4). Four at most: the work of a server on standard input and output
/// is to wait for others, and each thread costs start-up time (about 30 µs) and memory.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()
}

fn configure(mut server: Server, options: &Options) -> Server {
    if let Some(deadline) = options.deadline {
        server = server.with_deadline(deadline);
    }
    if let Some(calls) = options.rate_limit {
        server = server.with_rate_limit(calls);
    }
    server
}

/// The key that instances of the server share, where the environment has one.
fn with_state_key(server: Server, env: &Env) -> Result<Server, EnvError> {
    match env.optional_secret(STATE_KEY)? {
        None => Ok(server),
        Some(key) if key.expose().len() < StateKey::MIN_BYTES => {
            Err(EnvError::new(STATE_KEY, "has fewer than 32 characters: make one with `openssl rand -base64 32`"))
        }
        Some(key) => Ok(server.with_state_key(key.expose().as_bytes())),
    }
}

#[cfg_attr(not(feature = "http"), expect(unused_variables, reason = "the flags are refused then"))]
async fn run(server: Server, command: Command, http: HttpFlags) -> ExitCode {
    match command {
        #[cfg(feature = "http")]
        Command::Serve if http.address.is_some() => http::serve(server, http).await,
        Command::Serve => serve(server).await,
        Command::Call { tool, arguments, json } => unless_interrupted(call(&server, &tool, &arguments, json)).await,
        Command::Read { uri, json } => unless_interrupted(read(&server, &uri, json)).await,
        // They need no runtime and have been done before there was one.
        Command::ListTools | Command::Help | Command::Version => ExitCode::SUCCESS,
    }
}

async fn serve(server: Server) -> ExitCode {
    if let Some(missing) = server.missing() {
        eprint(&format!("warning: {missing}"));
    }
    if std::io::stdin().is_terminal() {
        eprint(&format!(
            "{} waits for MCP messages on standard input. `{} --help` shows what else it can do.",
            server.def().name,
            server.def().name
        ));
    }
    let mut transport = std::pin::pin!(server.clone().serve_stdio());
    let ended = tokio::select! {
        ended = &mut transport => ended,
        () = signal() => {
            // The transport goes on writing the answers of the calls that run; new calls are refused.
            let last = async {
                if !server.is_idle() {
                    let _ = tokio::time::timeout(DRAIN, server.drain()).await;
                    tokio::time::sleep(LAST_WRITE).await;
                }
            };
            tokio::select! {
                ended = &mut transport => ended,
                () = last => Ok(()),
                () = signal() => Ok(()),
            }
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint(&format!("Standard input or output failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Of a single call the answer says everything but the detail of an internal error.
struct DetailsOnly;

impl CallSink for DetailsOnly {
    fn record(&self, record: &CallRecord<'_>) {
        if record.detail.is_some() {
            eprint(&record.to_string());
        }
    }
}

async fn call(server: &Server, tool: &str, arguments: &RawJson, json: bool) -> ExitCode {
    let result = server.call_json(tool, arguments).await;
    let shown = if json {
        serde_json::to_string(&result).unwrap_or_else(|error| error.to_string())
    } else {
        result.content.iter().map(show_block).collect::<Vec<_>>().join("\n")
    };
    let printed = print(&shown);
    if result.is_error { ExitCode::FAILURE } else { printed }
}

async fn read(server: &Server, uri: &str, json: bool) -> ExitCode {
    match server.read_resource(uri).await {
        Ok(contents) if json => print(&serde_json::to_string(&contents).unwrap_or_else(|error| error.to_string())),
        Ok(contents) => {
            let shown: Vec<_> = contents.iter().map(|one| show_body(&one.body, one.mime_type.as_deref())).collect();
            print(&shown.join("\n"))
        }
        Err(error) => {
            eprint(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn show_block(block: &Block) -> String {
    match block {
        Block::Text { text } => text.clone(),
        Block::Image { data, mime_type } | Block::Audio { data, mime_type } => show_base64(data, Some(mime_type)),
        Block::Resource { resource } => show_body(&resource.body, resource.mime_type.as_deref()),
        Block::ResourceLink { uri, name, .. } => format!("[{name}: {uri}]"),
    }
}

fn show_body(body: &Body, mime_type: Option<&str>) -> String {
    match body {
        Body::Text(text) => text.clone(),
        Body::Blob(data) => show_base64(data, mime_type),
    }
}

fn show_base64(data: &str, mime_type: Option<&str>) -> String {
    format!("[{}, {} characters of base64; --json shows them]", mime_type.unwrap_or("bytes"), data.len())
}

async fn unless_interrupted(work: impl Future<Output = ExitCode>) -> ExitCode {
    tokio::select! {
        code = work => code,
        // 128 + SIGINT, as shells report it.
        () = signal() => ExitCode::from(130),
    }
}

/// Panics of handlers are answered by the pipeline; this keeps their text out of the terminal's hands and their secrets
/// out of the log (I11), as one line of JSON on standard error.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("a value that is no text");
    let line = serde_json::json!({
        "timestamp": Timestamp::now().to_string(),
        "event": "panic",
        "message": redact::for_log(message, 256),
        "location": panic.location().map(ToString::to_string),
    });
    eprint(&line.to_string());
}

/// Nobody is left to be told that standard output is closed.
fn print(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = out.write_all(format!("{text}{end}").as_bytes()).and_then(|()| out.flush());
    ExitCode::SUCCESS
}

fn eprint(text: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}
