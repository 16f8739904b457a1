//! A client without opinions over a socket: HTTP/1.1 and HTTP/2 with prior knowledge.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::Answer;

/// How long an answer, or the next piece of one, may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A connection that is ready for a request.
pub enum Connection {
    /// HTTP/1.1
    One(http1::SendRequest<Full<Bytes>>),
    /// HTTP/2
    Two(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// HTTP/1.1 over a stream.
    pub async fn one(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::One(sender)
    }

    /// HTTP/2 over a stream, without asking.
    pub async fn two(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::Two(sender)
    }

    /// HTTP/1.1 to this address.
    pub async fn to(address: SocketAddr) -> Self {
        Self::one(TcpStream::connect(address).await.unwrap()).await
    }

    /// Sends a request and takes the head of the answer. Over HTTP/2 the header `Host` becomes the authority.
    pub async fn open(&mut self, mut request: Request<Full<Bytes>>) -> Response<Incoming> {
        let answer = async {
            match self {
                Self::One(sender) => {
                    sender.ready().await?;
                    sender.send_request(request).await
                }
                Self::Two(sender) => {
                    sender.ready().await?;
                    let host = request.headers_mut().remove("host").expect("a host");
                    let uri = format!("http://{}{}", host.to_str().unwrap(), request.uri());
                    *request.uri_mut() = uri.parse().unwrap();
                    sender.send_request(request).await
                }
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.expect("an answer comes").unwrap()
    }

    /// Sends a request and takes the whole answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Answer {
        whole(self.open(request).await).await
    }
}

/// The whole of an answer.
pub async fn whole(response: Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = tokio::time::timeout(PATIENCE, body.collect()).await.expect("the body ends").unwrap().to_bytes();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// The next piece of a body; `None` at its end.
pub async fn piece(body: &mut Incoming) -> Option<String> {
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.expect("something comes")?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

/// One request to this address over a connection of its own.
pub async fn ask(address: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    Connection::to(address).await.send(request).await
}
