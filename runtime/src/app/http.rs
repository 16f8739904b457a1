//! `--http`

use std::process::ExitCode;

use tokio::net::TcpListener;

use crate::log::Timestamp;
use crate::server::Server;
use crate::transport::http::HttpOptions;
use crate::transport::signal;

use super::arguments::HttpFlags;
use super::eprint;

/// Serves HTTP until a signal comes and the calls have ended.
pub(super) async fn serve(server: Server, flags: HttpFlags) -> ExitCode {
    let address = flags.address.unwrap_or_default();
    let listener = match TcpListener::bind(&address).await {
        Ok(listener) => listener,
        Err(error) => {
            eprint(&format!("{address} cannot be listened on: {error}."));
            return ExitCode::FAILURE;
        }
    };
    // The port is the system's choice where it was 0.
    if let Ok(address) = listener.local_addr() {
        event("listening", "url", &format!("http://{address}/mcp"));
    }
    let options = HttpOptions {
        allowed_hosts: flags.allowed_hosts,
        allowed_origins: flags.allowed_origins,
        sse: flags.sse,
        on_refusal: |message| event("refused", "message", message),
        ..HttpOptions::default()
    };
    match server.serve_http_with(listener, options, signal()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint(&format!("Serving HTTP failed: {error}."));
            ExitCode::FAILURE
        }
    }
}

/// One line of JSON on standard error, as calls have.
fn event(name: &str, member: &str, value: &str) {
    let mut line = serde_json::json!({ "timestamp": Timestamp::now().to_string(), "event": name });
    if let Some(line) = line.as_object_mut() {
        line.insert(member.to_owned(), value.into());
    }
    eprint(&line.to_string());
}
