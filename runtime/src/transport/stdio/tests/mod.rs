mod behaviour;
mod legacy;
mod modern;
mod tasks;
#[cfg(feature = "upstream")]
mod upstream;

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

use super::*;
use crate::protocol::fixture::{self, Seen};

/// Serves streams that need no heartbeat.
async fn serve<R, W>(server: Server, reader: R, writer: W, limits: Limits) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    super::serve(server, reader, writer, limits, Heartbeat::none()).await
}

/// A client on the other side of the streams.
struct Client {
    input: Option<WriteHalf<DuplexStream>>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    served: JoinHandle<io::Result<()>>,
}

impl Client {
    fn of(server: Server, limits: Limits) -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (reader, writer) = tokio::io::split(theirs);
        let served = tokio::spawn(serve(server, reader, writer, limits));
        let (output, input) = tokio::io::split(ours);
        Self { input: Some(input), output: BufReader::new(output).lines(), served }
    }

    fn new() -> (Self, Seen) {
        let (server, seen) = fixture::server();
        (Self::of(server, Limits::default()), seen)
    }

    /// A client of a legacy revision, after the handshake.
    async fn legacy(revision: &str) -> (Self, Seen) {
        let (mut client, seen) = Self::new();
        client.send(&initialize(revision)).await;
        client.line().await;
        client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        (client, seen)
    }

    async fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\n").as_bytes()).await;
    }

    async fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.as_mut().expect("open").write_all(bytes).await.expect("the server reads");
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(Duration::from_secs(10), self.output.next_line()).await;
        line.expect("an answer within 10 s").expect("reading").expect("a line")
    }

    /// Each message and its exact answer; an empty one says that there is none.
    async fn dialogue(&mut self, rows: &[(&str, &str)]) {
        for (message, answer) in rows {
            self.send(message).await;
            if answer.is_empty() {
                // Answers without a person's code leave in order: if there were one, it came before the pong.
                self.send(r#"{"jsonrpc":"2.0","id":"silent?","method":"ping"}"#).await;
                assert_eq!(self.line().await, r#"{"jsonrpc":"2.0","id":"silent?","result":{}}"#, "to {message}");
            } else {
                assert_eq!(self.line().await, *answer, "to {message}");
            }
        }
    }

    /// Ends the input; gives what was still written, when the server has ended.
    async fn end(mut self) -> Vec<String> {
        let input = self.input.take().expect("open");
        // Both halves share the stream: shutting down the write half is the end of input.
        let mut input = input;
        input.shutdown().await.expect("shut down");
        let mut rest = Vec::new();
        while let Some(line) = self.output.next_line().await.expect("reading") {
            rest.push(line);
        }
        self.served.await.expect("no panic").expect("no error");
        rest
    }
}

fn initialize(revision: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{revision}","capabilities":{{}},"clientInfo":{{"name":"client","version":"1"}}}}}}"#
    )
}

/// A modern request; `params` are the members before `_meta`, with a comma behind each.
fn modern(id: &str, method: &str, params: &str) -> String {
    modern_meta(id, method, params, "")
}

/// A modern request with more members of `_meta`, each with a comma in front.
fn modern_meta(id: &str, method: &str, params: &str, meta: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}{meta}}}}}}}"#
    )
}
