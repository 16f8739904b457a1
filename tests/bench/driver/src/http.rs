//! A client over HTTP/1.1 with keep-alive connections. It reads only as much of HTTP as the answers here need: its own
//! work must not get in the way of the server's.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::messages::{Ask, Era, FIRST_ID, INITIALIZE, INITIALIZED, Message, check};
use crate::server::{Contender, Server};
use crate::stats::Round;

/// A client with its server and its connections.
pub struct Client {
    server: Server,
    runtime: tokio::runtime::Runtime,
    connections: Vec<Connection>,
}

impl Client {
    /// Starts a server, connects and checks that each connection is answered rightly; `checked` is false for floors.
    pub fn start(contender: &Contender, ask: Ask, era: Era, connections: usize, checked: bool) -> io::Result<Self> {
        let server = Server::http(contender)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let tools = contender.tools;
        let connections = runtime.block_on(async {
            let mut all = Vec::new();
            for _ in 0..connections {
                let mut connection = Connection::open(&server, ask, era, checked).await?;
                for _ in 0..3 {
                    let id = connection.next;
                    let answer = connection.ask().await?;
                    if checked {
                        check(ask, id, tools, &answer).map_err(io::Error::other)?;
                    }
                }
                all.push(connection);
            }
            Ok::<_, io::Error>(all)
        })?;
        Ok(Self { server, runtime, connections })
    }

    /// Sends so many requests, one at a time on each connection.
    pub fn round(&mut self, requests: usize) -> io::Result<Round> {
        let each = (requests / self.connections.len()).max(1);
        let total = each * self.connections.len();
        let (before, began) = (self.server.cpu(), Instant::now());
        let connections = std::mem::take(&mut self.connections);
        let (connections, latencies) = self.runtime.block_on(LocalSet::new().run_until(async {
            let tasks: Vec<_> =
                connections.into_iter().map(|connection| tokio::task::spawn_local(connection.many(each))).collect();
            let (mut connections, mut latencies) = (Vec::new(), Vec::with_capacity(total));
            for task in tasks {
                let (connection, some) = task.await.map_err(io::Error::other)??;
                connections.push(connection);
                latencies.extend(some);
            }
            Ok::<_, io::Error>((connections, latencies))
        }))?;
        self.connections = connections;
        Ok(Round::new(total, self.server.cpu() - before, began.elapsed(), latencies))
    }
}

struct Connection {
    stream: TcpStream,
    message: Message,
    /// The request up to the value of `Content-Length`.
    head: String,
    next: u64,
    buffer: Vec<u8>,
    out: Vec<u8>,
}

impl Connection {
    async fn open(server: &Server, ask: Ask, era: Era, checked: bool) -> io::Result<Self> {
        let address = server.address.ok_or(io::ErrorKind::NotConnected)?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\n"
        );
        let message = Message::new(ask, era);
        let mut connection =
            Self { stream, message, head: String::new(), next: FIRST_ID, buffer: vec![0; 256 * 1024], out: Vec::new() };
        let revision = era.revision();
        match era {
            Era::Modern => {
                head.push_str(&format!("MCP-Protocol-Version: {revision}\r\n"));
                head.push_str(match ask {
                    Ask::Call => "Mcp-Method: tools/call\r\nMcp-Name: get_temperature\r\n",
                    Ask::List => "Mcp-Method: tools/list\r\n",
                });
            }
            Era::Legacy if checked => {
                let (headers, _) = connection.exchange(&head, INITIALIZE.as_bytes()).await?;
                head.push_str(&format!("MCP-Protocol-Version: {revision}\r\n"));
                // A stateless server gives none.
                if let Some(session) = header(&headers, "mcp-session-id") {
                    head.push_str(&format!("Mcp-Session-Id: {session}\r\n"));
                }
                connection.exchange(&head, INITIALIZED.as_bytes()).await?;
            }
            Era::Legacy => {}
        }
        connection.head = head;
        Ok(connection)
    }

    async fn many(mut self, requests: usize) -> io::Result<(Self, Vec<Duration>)> {
        let mut latencies = Vec::with_capacity(requests);
        for _ in 0..requests {
            let began = Instant::now();
            self.send().await?;
            self.receive().await?;
            latencies.push(began.elapsed());
        }
        Ok((self, latencies))
    }

    async fn send(&mut self) -> io::Result<()> {
        let mut body = Vec::with_capacity(512);
        self.message.write(self.next, &mut body);
        self.next += 1;
        self.out.clear();
        self.out.extend_from_slice(self.head.as_bytes());
        self.out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        self.out.extend_from_slice(&body);
        self.stream.write_all(&self.out).await
    }

    async fn ask(&mut self) -> io::Result<String> {
        self.send().await?;
        let (head, end) = self.receive().await?;
        Ok(body(&self.buffer[..end], head))
    }

    async fn exchange(&mut self, head: &str, content: &[u8]) -> io::Result<(String, String)> {
        let mut out = format!("{head}Content-Length: {}\r\n\r\n", content.len()).into_bytes();
        out.extend_from_slice(content);
        self.stream.write_all(&out).await?;
        let (split, end) = self.receive().await?;
        let headers = String::from_utf8_lossy(&self.buffer[..split]).into_owned();
        Ok((headers, body(&self.buffer[..end], split)))
    }

    /// Reads one answer into the buffer: where its head ends, and where it ends.
    async fn receive(&mut self) -> io::Result<(usize, usize)> {
        let mut filled = 0;
        let mut known = None;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let count = self.stream.read(&mut self.buffer[filled..]).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += count;
            if known.is_none()
                && let Some(split) = self.buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n")
            {
                let text = String::from_utf8_lossy(&self.buffer[..split]).into_owned();
                if !text.starts_with("HTTP/1.1 20") {
                    return Err(io::Error::other(String::from_utf8_lossy(&self.buffer[..filled]).into_owned()));
                }
                let length = header(&text, "content-length").and_then(|length| length.parse::<usize>().ok());
                known = Some((split + 4, length, header(&text, "transfer-encoding").is_some()));
            }
            let Some((split, length, chunked)) = known else { continue };
            let complete = match length {
                Some(length) => filled >= split + length,
                None => !chunked || self.buffer[..filled].ends_with(b"0\r\n\r\n"),
            };
            if complete {
                return Ok((split, filled));
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(one, _)| one.eq_ignore_ascii_case(name))
        .map(|two| two.1)
}

/// The message in a body: JSON, or the last event of a stream in whatever chunks.
fn body(answer: &[u8], split: usize) -> String {
    let text = String::from_utf8_lossy(&answer[split..]);
    let message = text.lines().rev().find_map(|line| line.strip_prefix("data: ").filter(|data| !data.is_empty()));
    message.map_or_else(|| text.clone().into_owned(), str::to_owned)
}
