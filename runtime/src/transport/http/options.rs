//! What an HTTP endpoint accepts, and how much of it.

use std::time::Duration;

/// The choices of an HTTP endpoint. The defaults serve clients on this machine only. More fields will come: write
/// `HttpOptions { sse: true, ..HttpOptions::default() }`.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Values of `Host` beside the loopback names: `mcp.example.com` for every port, `mcp.example.com:8443` for one.
    /// `*` switches the check off.
    pub allowed_hosts: Vec<String>,
    /// Values of `Origin` beside those of loopback: `https://app.example.com`. `*` switches the check off.
    pub allowed_origins: Vec<String>,
    /// Whether `/sse` and `/messages` serve revision 2024-11-05 (feature `sse`).
    pub sse: bool,
    /// Where the service is mounted, for the `endpoint` event of `/sse`: empty, or a path that begins with `/`.
    pub mounted_at: String,
    /// Bytes of a request body (4 MiB).
    pub max_body: usize,
    /// How long a client may take to send a body (30 s).
    pub body_timeout: Duration,
    /// Legacy sessions in all (10,000).
    pub max_sessions: usize,
    /// How long a legacy session lives without a request or a stream (30 min).
    pub session_ttl: Duration,
    /// Long-lived streams of one client: `GET` streams, subscriptions, `/sse` (64).
    pub max_streams: usize,
    /// Messages that wait in a stream for its reader, and that are kept for resumption (256).
    pub max_queue: usize,
    /// Bytes that wait in a stream, or are kept (1 MiB); an answer enters whatever its size.
    pub max_queue_bytes: usize,
    /// Bytes that all legacy streams together keep for clients that come back (64 MiB); beyond it the oldest go first.
    pub max_replay_bytes: usize,
    /// How often an idle stream shows that it is alive (15 s).
    pub keep_alive: Duration,
    /// Of the own accept loop: connections at the same time (10,000).
    pub max_connections: usize,
    /// Of the own accept loop: how long a client may take to send the head of a request (10 s).
    pub header_timeout: Duration,
    /// Of the own accept loop: how long a connection may be idle, and how long a write may wait (60 s).
    pub idle_timeout: Duration,
    /// Of the own accept loop: how long running calls may take after the signal to end (25 s).
    pub drain_timeout: Duration,
    /// Told about each refusal for its `Host` or `Origin`, at most once a second. Default: a `tracing` warning.
    pub on_refusal: fn(&str),
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            sse: false,
            mounted_at: String::new(),
            max_body: 4 * 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            max_sessions: 10_000,
            session_ttl: Duration::from_secs(30 * 60),
            max_streams: 64,
            max_queue: 256,
            max_queue_bytes: 1024 * 1024,
            max_replay_bytes: 64 * 1024 * 1024,
            keep_alive: Duration::from_secs(15),
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(25),
            on_refusal: |message| tracing::warn!(target: "mcpgen::http", "{message}"),
        }
    }
}

impl HttpOptions {
    /// Accepts this `Host` too.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Accepts this `Origin` too.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// Serves revision 2024-11-05 on `/sse` and `/messages` too.
    #[cfg(feature = "sse")]
    #[must_use]
    pub fn with_sse(mut self) -> Self {
        self.sse = true;
        self
    }
}
