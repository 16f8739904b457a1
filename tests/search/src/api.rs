//! An API that answers every request alike and keeps the line of each.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::Failure;

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Api {
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Api {
    pub async fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let mut chunk = [0; 4096];
                    // The body is not read: what is compared is the line, and the contract has the rest.
                    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
                        match stream.read(&mut chunk).await {
                            Ok(read @ 1..) => bytes.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                            _ => return,
                        }
                    }
                    let text = String::from_utf8_lossy(&bytes);
                    let line = text.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                    let answer: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\
                                          Connection: close\r\n\r\n{\"ok\":true}";
                    let _ = stream.write_all(answer).await;
                    let _ = stream.shutdown().await;
                    let _ = sender.send(line);
                });
            }
        });
        Ok(Self { origin, lines })
    }

    /// Method and target of the next request.
    pub async fn line(&mut self) -> Result<String, Failure> {
        let line = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
        line.map_err(|_| "no request arrived")?.ok_or_else(|| "the API has stopped".into())
    }
}
