//! The stdio transport: one JSON message a line on standard input and output, logs on standard error, both eras at once
//! (MCP 2026-07-28, "stdio").

mod connection;
mod heartbeat;
mod lines;
mod output;
mod streams;
mod tasks;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::protocol::{Options, Protocol};
use crate::server::Server;

use self::heartbeat::Heartbeat;
use self::streams::Streams;

/// What a client can make the server hold.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Bytes of a line, its end not counted.
    line: usize,
    /// Calls at the same time; reading pauses at this number.
    calls: usize,
    /// Open subscriptions.
    subscriptions: usize,
    /// Bytes of unread output from which notifications are dropped.
    output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 4 * 1024 * 1024, calls: 1024, subscriptions: 1024, output: 8 * 1024 * 1024 }
    }
}

impl Server {
    /// Serves the client on standard input and output until the input ends.
    ///
    /// Calls that run then have half a second to answer; after that they are cancelled. Dropping the future cancels them
    /// at once. Nothing else in the process may write to standard output.
    ///
    /// # Errors
    /// What reading standard input or writing standard output fails with; a client that has gone is no error.
    pub async fn serve_stdio(self) -> io::Result<()> {
        let Streams { reader, writer, driven } = streams::open()?;
        let heartbeat = if driven { Heartbeat::start()? } else { Heartbeat::none() };
        // On a worker of the runtime: a call is then handed over without waking another thread.
        let task = AbortOnDrop(tokio::spawn(serve(self, reader, writer, Limits::default(), heartbeat)));
        task.join().await
    }
}

/// Serves one client over any pair of streams.
async fn serve<R, W>(server: Server, reader: R, writer: W, limits: Limits, heartbeat: Heartbeat) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    connection::serve(Arc::new(Protocol::new(server, Options::default())), reader, writer, limits, heartbeat).await
}

/// A task that ends with its owner.
struct AbortOnDrop(tokio::task::JoinHandle<io::Result<()>>);

impl AbortOnDrop {
    async fn join(mut self) -> io::Result<()> {
        (&mut self.0).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
