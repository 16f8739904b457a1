//! An upstream that behaves badly, on loopback.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a connection once its request was read.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then a reset instead of an end.
    Reset(Vec<u8>),
    /// These bytes, then one of these each time that the duration has passed.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// These bytes, then this piece as fast as it is taken, so many times.
    Flood(Vec<u8>, Vec<u8>, u64),
    /// A head, then zeros behind gzip: so many GiB of them.
    GzipBomb(u64),
    /// Nothing.
    Silence,
}

impl Reply {
    /// A whole answer.
    pub fn new(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        Self::Bytes([head.as_bytes(), body].concat())
    }

    pub fn json(status: &str, body: &str) -> Self {
        Self::new(status, "Content-Type: application/json\r\n", body)
    }

    /// A head, and the body behind it as it is.
    pub fn raw(headers: &str, body: impl AsRef<[u8]>) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\n{headers}Connection: close\r\n\r\n");
        Self::Bytes([head.as_bytes(), body.as_ref()].concat())
    }
}

/// An upstream: answers the first request with the first reply and so on, from then on with the last one.
pub struct Hostile {
    pub origin: String,
    requests: Arc<Mutex<Vec<String>>>,
    open: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Hostile {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (requests, open) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let (of_task, counter) = (Arc::clone(&requests), Arc::clone(&open));
        let mut replies = replies.into_iter().collect::<VecDeque<_>>();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let next = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
                let (Some(reply), requests, open) = (next, Arc::clone(&of_task), Arc::clone(&counter)) else { return };
                open.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let request = read(&mut stream).await;
                    requests.lock().unwrap().push(request);
                    answer(&mut stream, reply).await;
                    drop(stream);
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { origin, requests, open, task }
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until no connection is open any more; how long that took.
    pub async fn idle(&self) -> Duration {
        let began = tokio::time::Instant::now();
        while self.open.load(Ordering::SeqCst) > 0 && began.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        began.elapsed()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A MiB of zeros behind gzip with its header, and one more that can follow it any number of times: its blocks refer to
/// nothing but zeros before them.
fn zeros() -> (Vec<u8>, Vec<u8>) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let mut piece = || {
        encoder.write_all(&vec![b'0'; 1 << 20]).unwrap();
        encoder.flush().unwrap();
        std::mem::take(encoder.get_mut())
    };
    (piece(), piece())
}

async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let length = |head: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            line.map_or(0, |length| length.parse::<usize>().unwrap())
        };
        let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| body.len() >= length(head));
        if is_whole || read == 0 {
            return text;
        }
    }
}

async fn answer(stream: &mut TcpStream, reply: Reply) {
    match reply {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Reset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            // What was written has to arrive before the reset does.
            tokio::time::sleep(Duration::from_millis(50)).await;
            #[allow(deprecated)]
            let _ = stream.set_linger(Some(Duration::ZERO));
        }
        Reply::Drip(bytes, piece, pause) => {
            let _ = stream.write_all(&bytes).await;
            while stream.write_all(&piece).await.is_ok() {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    // Nothing more is said: this is the end of the connection.
                    _ = async { stream.read(&mut [0; 64]).await } => return,
                }
            }
        }
        Reply::Flood(bytes, piece, times) => {
            let _ = stream.write_all(&bytes).await;
            for _ in 0..times {
                if stream.write_all(&piece).await.is_err() {
                    return;
                }
            }
            let _ = stream.shutdown().await;
        }
        Reply::GzipBomb(gib) => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(head).await;
            let (first, again) = zeros();
            let _ = stream.write_all(&first).await;
            for _ in 1..gib << 10 {
                if stream.write_all(&again).await.is_err() {
                    return;
                }
            }
            let _ = stream.shutdown().await;
        }
        Reply::Silence => while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {},
    }
}
