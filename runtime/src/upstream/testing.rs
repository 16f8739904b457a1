//! Tables and a mock upstream for the tests of this folder.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::operation::{Api, ClientVariables, Location, Operation, SecurityKind, SecurityScheme};

/// An API with a security scheme of each kind.
pub(crate) static API: Api = Api {
    base_url_env: "T_BASE_URL",
    base_url: Some("https://api.example/v1"),
    security_schemes: &[
        SecurityScheme {
            name: "key",
            kind: SecurityKind::ApiKey { location: Location::Header, name: "X-Api-Key" },
            env: "T_KEY",
        },
        SecurityScheme {
            name: "query",
            kind: SecurityKind::ApiKey { location: Location::Query, name: "api_key" },
            env: "T_QUERY",
        },
        SecurityScheme {
            name: "cookie",
            kind: SecurityKind::ApiKey { location: Location::Cookie, name: "session" },
            env: "T_COOKIE",
        },
        SecurityScheme { name: "bearer", kind: SecurityKind::Bearer, env: "T_TOKEN" },
        SecurityScheme { name: "basic", kind: SecurityKind::Basic, env: "T_BASIC" },
        SecurityScheme {
            name: "oauth",
            kind: SecurityKind::ClientCredentials {
                token_url: "/token",
                scope: "read",
                variables: &ClientVariables {
                    client_id: "T_CLIENT_ID",
                    client_secret: "T_CLIENT_SECRET",
                    token_url: "T_TOKEN_URL",
                    scope: "T_SCOPE",
                },
            },
            env: "T_OAUTH",
        },
    ],
    operations: &[&GET, &SECURED],
    searched: &[],
};

/// An operation without anything.
pub(crate) const GET: Operation = Operation { path: "/pets", ..Operation::DEFAULT };

static SECURED: Operation = Operation { security: &[&["key", "cookie"], &["oauth"]], ..GET };

/// What the mock does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, then one byte of this each time that the duration has passed.
    Drip(Vec<u8>, u8, Duration),
    /// These bytes, then this chunk again and again, until the client goes away.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then each of these pieces after the duration; then the connection is closed.
    Pieces(Vec<u8>, Vec<Vec<u8>>, Duration),
    /// Nothing, until the client goes away.
    Silence,
}

impl Reply {
    /// A whole answer.
    pub(crate) fn new(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        Self::Bytes([head.as_bytes(), body].concat())
    }

    /// A JSON answer.
    pub(crate) fn json(status: &str, body: &str) -> Self {
        Self::new(status, "Content-Type: application/json\r\n", body)
    }
}

/// A mock upstream on loopback: answers every request alike and keeps the bytes of each.
pub(crate) struct Mock {
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    requests: mpsc::UnboundedReceiver<Vec<u8>>,
    gone: mpsc::UnboundedReceiver<()>,
}

impl Mock {
    /// Starts to listen.
    pub(crate) async fn start(reply: Reply) -> Self {
        Self::start_with([reply]).await
    }

    /// Answers the first request with the first reply, and so on; from then on with the last one.
    pub(crate) async fn start_with(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies = replies.into_iter().collect::<std::collections::VecDeque<_>>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::unbounded_channel();
        let (closed, gone) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let reply = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
                let (Some(reply), sender, closed) = (reply, sender.clone(), closed.clone()) else { return };
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    let _ = sender.send(request);
                    match reply {
                        Reply::Bytes(bytes) => {
                            let _ = stream.write_all(&bytes).await;
                            let _ = stream.shutdown().await;
                        }
                        Reply::Drip(bytes, byte, pause) => {
                            let _ = stream.write_all(&bytes).await;
                            while stream.write_all(&[byte]).await.is_ok() {
                                tokio::time::sleep(pause).await;
                            }
                        }
                        Reply::Endless(bytes, chunk) => {
                            let _ = stream.write_all(&bytes).await;
                            while stream.write_all(&chunk).await.is_ok() {}
                        }
                        Reply::Pieces(bytes, pieces, pause) => {
                            let _ = stream.write_all(&bytes).await;
                            for piece in pieces {
                                tokio::time::sleep(pause).await;
                                let _ = stream.write_all(&piece).await;
                            }
                            let _ = stream.shutdown().await;
                        }
                        Reply::Silence => while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {},
                    }
                    let _ = closed.send(());
                });
            }
        });
        Self { origin, requests, gone }
    }

    /// The next request, byte for byte.
    pub(crate) async fn request(&mut self) -> String {
        String::from_utf8(self.requests.recv().await.unwrap()).unwrap()
    }

    /// How many requests came that were not taken yet; they are taken.
    pub(crate) fn taken(&mut self) -> usize {
        std::iter::from_fn(|| self.requests.try_recv().ok()).count()
    }

    /// Whether a request came that was not taken yet.
    pub(crate) fn is_untouched(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }

    /// Waits until the end of a connection.
    pub(crate) async fn closed(&mut self) {
        self.gone.recv().await.unwrap();
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return bytes;
            }
        }
        if read == 0 {
            return bytes;
        }
    }
}

/// CN localhost, 127.0.0.1, P-256, of openssl(1).
pub(crate) const SELF_SIGNED: &str = "MIIBnDCCAUGgAwIBAgIUXH0PQxMP3MSLVZbtrufeuZTRcwowCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzExMz\
     QxNloYDzIxMjYxMDMwMTEzNDE2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASa6xrXSvmT+qqbcG1X\
     Hi44aUY45MWhxPWlxOAHOG8MddBW1r1GnzlD7s5SzfLhuDO2BPlFXUWoIdzk7Of36UUTo28wbTAdBgNVHQ4EFgQUsRUAKf2R+ptShOijTawgSU\
     i0DEAwHwYDVR0jBBgwFoAUsRUAKf2R+ptShOijTawgSUi0DEAwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEw\
     CgYIKoZIzj0EAwIDSQAwRgIhAIlmChATzOH5jbXkefP70JzSnaTMRhKGdfVS2SbKNr7qAiEA8hSTfRIYRLUsZz+KVzs6zesB99BrYv+mVji0d8\
     +useI=";
/// Its PKCS #8 key, which opens nothing.
pub(crate) const ITS_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwd5U4dJMETXdwy2ey5Oehv1h19un/6MTWPyAbX3JaB2hRANCAASa6xrXSvmT+q\
     qbcG1XHi44aUY45MWhxPWlxOAHOG8MddBW1r1GnzlD7s5SzfLhuDO2BPlFXUWoIdzk7Of36UUT";
