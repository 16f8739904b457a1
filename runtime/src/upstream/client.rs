//! The HTTP client of an upstream (SECURITY.md O4, O6, O7).
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
use http::{HeaderMap, StatusCode, header};
use reqwest::Client;
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::identity::Identity;
use super::options::UpstreamOptions;
use super::request::Request;
use super::transport;
use super::watch::Watch;
use crate::error::{Error, ErrorKind};

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
    plain: OnceLock<Client>,
    tls: OnceLock<Client>,
    /// The origin that a client certificate is shown to, and the certificate.
    identity: Option<(String, Identity)>,
    mutual: OnceLock<Client>,
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
        let mut sent = reqwest::Request::new(request.method, request.url);
        *sent.headers_mut() = request.headers;
        *sent.body_mut() = request.body.map(Into::into);
        crate::log::count_attempt();
        let mut response = client.execute(sent).await.map_err(|error| transport::error(origin, &error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = self.body(origin, &headers, response, watch).await;
        Ok(Answer { status, headers, body })
    }

    async fn body(
        &self,
        origin: &str,
        headers: &HeaderMap,
        mut response: reqwest::Response,
        watch: Watch<'_>,
    ) -> Result<Bytes, Error> {
        // The client removes what it decodes.
        if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
            let encoding = String::from_utf8_lossy(encoding.as_bytes()).escape_default().to_string();
            return Err(Error::new(
                ErrorKind::BadResponse,
                format!("The API's answer is encoded as {encoding:?}, which was not asked for."),
            ));
        }
        let mut stream = watch.stream(headers);
        let mut body = BytesMut::new();
        loop {
            let chunk = match tokio::time::timeout(self.limits.idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return Ok(body.freeze()),
                Ok(Err(error)) => return Err(transport::error(origin, &error)),
                Err(_) => return Err(transport::idle(origin, self.limits.idle)),
            };
            if body.len() + chunk.len() > self.limits.body {
                return Err(Error::new(
                    ErrorKind::BadResponse,
                    format!("The API's answer is larger than {} bytes. Ask for less.", self.limits.body),
                ));
            }
            body.extend_from_slice(&chunk);
            if let Some(stream) = &mut stream {
                stream.piece(&chunk);
            }
        }
    }

    fn client(&self, origin: &str, tls: bool) -> Result<&Client, Error> {
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

    fn build(&self, tls: bool, identity: Option<&Identity>) -> Result<Client, Error> {
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
        Client::builder()
            .tls_backend_preconfigured(config)
            .https_only(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.limits.connect)
            .build()
            .map_err(|error| failed(&error))
    }
}
