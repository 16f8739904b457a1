//! The HTTP client of an upstream (SECURITY.md O4, O6, O7): the pool of `hyper-util`, and nothing around it. `reqwest` does
//! more of what is off here (redirects, cookies, proxies) and reads each URL twice: a whole call through this client costs
//! about as much as a bare one through `reqwest` (`examples/proxied.rs`).
//!
//! - rustls with ring, and the certificate verifier of the platform, so that a company's own CA works. Measured for
//!   rustls with its provider alone, release, clean: ring 29 s of CPU and 1.3 MB, aws-lc-rs 70 s and 3.5 MB. The provider
//!   is not installed for the process. There is no switch that turns verification off. HTTP/1.1 only.
//! - No redirects, no cookies kept, no `Referer`.
//! - No proxy from the environment: `HTTP_PROXY` would send the credentials of a plain-HTTP upstream somewhere else
//!   without anybody having configured that for this server.
//! - Made at the first call: loading the certificates of the system takes milliseconds that start-up should not.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::connect::Connector;
use super::decode::{Decoder, Malformed};
use super::identity::Identity;
use super::options::UpstreamOptions;
use super::request::Request;
use super::watch::{Stream, Watch};
use super::{problem, transport};
use crate::error::{Error, ErrorKind};

/// For how long a connection is kept that nobody uses.
const KEPT: Duration = Duration::from_secs(90);

type Connections = Client<Connector, Full<Bytes>>;

/// Limits of an answer, of [`UpstreamOptions`].
#[derive(Clone, Copy, Debug)]
struct Limits {
    connect: Duration,
    idle: Duration,
    body: usize,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or why there is none: the status of an error counts without it too.
    pub(crate) body: Result<Bytes, Error>,
}

/// Clients by scheme. One for `http` trusts no certificate and loads none.
#[derive(Debug)]
pub(crate) struct Http {
    plain: OnceLock<Connections>,
    tls: OnceLock<Connections>,
    /// The origin that a client certificate is shown to, and the certificate.
    identity: Option<(String, Identity)>,
    mutual: OnceLock<Connections>,
    limits: Limits,
}

impl Http {
    pub(crate) fn new(options: &UpstreamOptions) -> Self {
        let UpstreamOptions { connect, idle, body, .. } = *options;
        let limits = Limits { connect, idle, body };
        Self { plain: OnceLock::new(), tls: OnceLock::new(), identity: None, mutual: OnceLock::new(), limits }
    }

    /// Shows a certificate to one origin, and to no other (SECURITY.md O5).
    pub(crate) fn with_identity(self, identity: Option<(String, Identity)>) -> Self {
        Self { identity, ..self }
    }

    #[cfg(test)]
    pub(crate) fn is_made(&self) -> bool {
        self.plain.get().or(self.tls.get()).is_some()
    }

    /// Sends the request and reads the answer, of which a stream is watched. Dropping the future closes the connection.
    ///
    /// # Errors
    /// Classified, and without the URL: it can hold a credential (SECURITY.md I11).
    pub(crate) async fn send(&self, origin: &str, request: Request, watch: Watch<'_>) -> Result<Answer, Error> {
        let client = self.client(origin, request.url.scheme() == "https")?;
        let request = outgoing(request)?;
        crate::log::count_attempt();
        let response = client.request(request).await.map_err(|error| transport::request(origin, &error))?;
        let (head, body) = response.into_parts();
        let (status, mut headers) = (head.status, head.headers);
        let body = self.body(origin, &mut headers, body, watch).await;
        Ok(Answer { status, headers, body })
    }

    async fn body(
        &self,
        origin: &str,
        headers: &mut HeaderMap,
        mut body: Incoming,
        watch: Watch<'_>,
    ) -> Result<Bytes, Error> {
        let mut decoder = Decoder::of(headers).map_err(|coding| {
            let message = format!("The API's answer is encoded as {coding:?}, which was not asked for.");
            Error::new(ErrorKind::BadResponse, message)
        })?;
        let mut read =
            Read { origin, most: self.limits.body, whole: None, more: BytesMut::new(), stream: watch.stream(headers) };
        loop {
            let frame = match tokio::time::timeout(self.limits.idle, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(None) => break,
                Ok(Some(Err(error))) => return Err(transport::body(origin, &error)),
                Err(_) => return Err(transport::idle(origin, self.limits.idle)),
            };
            // Trailers say nothing here.
            if let Ok(piece) = frame.into_data() {
                decoder.piece(piece, |piece| read.piece(piece)).map_err(|stopped| read.error(stopped))?;
            }
        }
        decoder.end(|piece| read.piece(piece)).map_err(|stopped| read.error(stopped))?;
        Ok(read.end())
    }

    fn client(&self, origin: &str, tls: bool) -> Result<&Connections, Error> {
        let identity = self.identity.as_ref().filter(|(own, _)| tls && own == origin).map(|(_, identity)| identity);
        let cell = match identity {
            Some(_) => &self.mutual,
            None if tls => &self.tls,
            None => &self.plain,
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = self.build(tls, identity)?;
        Ok(cell.get_or_init(|| client))
    }

    fn build(&self, tls: bool, identity: Option<&Identity>) -> Result<Connections, Error> {
        let failed = |error: &dyn std::error::Error| {
            Error::new(ErrorKind::Internal, format!("The HTTP client cannot be made: {error}."))
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?;
        let config = if tls {
            config.with_platform_verifier().map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!(
                        "The system's CA certificates cannot be loaded ({error}): install them (ca-certificates), or \
                         name a bundle in SSL_CERT_FILE."
                    ),
                )
            })?
        } else {
            config.with_root_certificates(rustls::RootCertStore::empty())
        };
        let config = match identity {
            Some(identity) => config.with_client_cert_resolver(identity.resolver()),
            None => config.with_no_client_auth(),
        };
        let connector = Connector::new(config, tls, self.limits.connect);
        Ok(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(KEPT).build(connector))
    }
}

/// The request with what every request says.
fn outgoing(request: Request) -> Result<http::Request<Full<Bytes>>, Error> {
    let uri = Uri::from_maybe_shared(Bytes::from(String::from(request.url)))
        .map_err(|_| problem::table("The URL of a request cannot be sent."))?;
    let mut sent = http::Request::new(Full::new(request.body.unwrap_or_default()));
    *sent.method_mut() = request.method;
    *sent.uri_mut() = uri;
    let mut headers = request.headers;
    // Without it some gateways refuse a request (RFC 9110 §12.5.1: the same as none).
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    // A range counts bytes of what comes then, and that should not depend on the coding (RFC 9110 §14.2).
    if !headers.contains_key(header::RANGE) {
        headers.entry(header::ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
    }
    *sent.headers_mut() = headers;
    Ok(sent)
}

/// A body that is being read.
struct Read<'a> {
    origin: &'a str,
    /// Bytes, decoded.
    most: usize,
    /// The first piece, which most often is all of it.
    whole: Option<Bytes>,
    /// All pieces, where there are several.
    more: BytesMut,
    stream: Option<Stream<'a>>,
}

/// Why a body is not read on.
enum Stopped {
    TooLarge,
    Malformed,
}

impl From<Malformed> for Stopped {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Read<'_> {
    fn piece(&mut self, piece: Bytes) -> Result<(), Stopped> {
        let read = self.more.len() + self.whole.as_ref().map_or(0, Bytes::len);
        if piece.len() > self.most.saturating_sub(read) {
            return Err(Stopped::TooLarge);
        }
        if let Some(stream) = &mut self.stream {
            stream.piece(&piece);
        }
        if read == 0 {
            self.whole = Some(piece);
            return Ok(());
        }
        if let Some(first) = self.whole.take() {
            self.more.extend_from_slice(&first);
        }
        self.more.extend_from_slice(&piece);
        Ok(())
    }

    fn end(self) -> Bytes {
        self.whole.unwrap_or_else(|| self.more.freeze())
    }

    fn error(&self, stopped: Stopped) -> Error {
        let message = match stopped {
            Stopped::TooLarge => format!("The API's answer is larger than {} bytes. Ask for less.", self.most),
            Stopped::Malformed => format!("The answer of {} cannot be decoded.", self.origin),
        };
        Error::new(ErrorKind::BadResponse, message)
    }
}
