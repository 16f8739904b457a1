//! An API on loopback that answers every request alike and keeps the last one.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::contract::{Request, Response};

/// Bytes of a request.
const LARGEST: usize = 1 << 20;

/// Headers that the connection sets and no document speaks of.
const OF_THE_CONNECTION: [&str; 5] = ["host", "user-agent", "accept-encoding", "content-length", "connection"];

/// The API.
pub(super) struct Api {
    origin: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    answer: Vec<u8>,
    arrived: Option<Request>,
}

impl Api {
    /// Listens on a port of the system's choice until the runtime ends.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let of_task = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&of_task)));
            }
        });
        Ok(Self { origin, shared })
    }

    /// `http://127.0.0.1:PORT`
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// What comes next is answered so.
    pub(super) fn answer(&mut self, response: &Response) {
        let body = response.body();
        let media_type = response.content_type.as_ref().map(|name| format!("Content-Type: {name}\r\n"));
        let length = match response.status {
            204 => String::new(),
            _ => format!("Content-Length: {}\r\n", body.len()),
        };
        let head = format!(
            "HTTP/1.1 {} -\r\n{}{length}Connection: close\r\n\r\n",
            response.status,
            media_type.unwrap_or_default()
        );
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        *shared = Shared { answer: [head, body].concat().into_bytes(), arrived: None };
    }

    /// The request that has arrived since.
    pub(super) fn arrived(&mut self) -> Option<Request> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).arrived.take()
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let Some(request) = read(&mut stream).await else { return };
    let answer = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.arrived = Some(request);
        shared.answer.clone()
    };
    // A client that has gone away fails its own call.
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(request) = parse(&bytes) {
            return Some(request);
        }
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0 && bytes.len() < LARGEST)?;
        bytes.extend_from_slice(chunk.get(..read)?);
    }
}

/// A whole request; `None` while something is missing.
fn parse(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let body = bytes.get(end + 4..)?;
    let mut lines = head.split("\r\n");
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = std::collections::BTreeMap::new();
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = name.to_ascii_lowercase();
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        if !OF_THE_CONNECTION.contains(&name.as_str()) {
            headers.insert(name, value.to_owned());
        }
    }
    let mut body = String::from_utf8_lossy(body.get(..length)?).into_owned();
    // The one thing that is another in each request.
    if let Some(media_type) = headers.get_mut("content-type")
        && let Some((_, boundary)) = media_type.clone().split_once("boundary=")
    {
        *media_type = media_type.replace(boundary, "BOUNDARY");
        body = body.replace(boundary, "BOUNDARY");
    }
    Some(Request { line, headers, body: (!body.is_empty()).then_some(body) })
}
