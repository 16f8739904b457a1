//! Connections to an upstream: name, TCP and TLS within one limit of time, and an error that says which step failed.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

/// A silent connection is asked for a sign of life after this, and again each time: networks forget connections.
const KEEPALIVE: Duration = Duration::from_secs(15);
const PROBES: u32 = 3;
/// For how long what was sent may stay unacknowledged.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

type BoxError = Box<dyn StdError + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// The step below HTTP that failed, where the cause alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The name of the host has no address.
    Resolve,
    /// The time to connect is over.
    Deadline,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "the host cannot be resolved",
            Self::Deadline => "the time to connect is over",
        })
    }
}

impl StdError for Step {}

/// Connects to the origin of a request. Knows no proxy.
#[derive(Clone)]
pub(super) struct Connector {
    connect: HttpsConnector<HttpConnector<Resolver>>,
    limit: Duration,
}

impl Connector {
    /// `limit` is for the name, TCP and TLS together. With `tls`, nothing goes out without it.
    pub(super) fn new(config: ClientConfig, tls: bool, limit: Duration) -> Self {
        let mut http = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_keepalive_retries(Some(PROBES));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let builder = HttpsConnectorBuilder::new().with_tls_config(config);
        let builder = if tls { builder.https_only() } else { builder.https_or_http() };
        Self { connect: builder.enable_http1().wrap_connector(http), limit }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connect.poll_ready(cx)
    }

    fn call(&mut self, origin: Uri) -> Self::Future {
        let connected = tokio::time::timeout(self.limit, self.connect.call(origin));
        Box::pin(async move { connected.await.unwrap_or_else(|_| Err(Step::Deadline.into())) })
    }
}

/// The resolver of the system.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = BoxError;
    type Future = Connecting<GaiAddrs>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolved = self.0.call(name);
        Box::pin(async move { resolved.await.map_err(|_| Step::Resolve.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_without_an_address_says_so() {
        // No resolver is asked for a name with a NUL.
        let name: Name = "a\0b".parse().unwrap();
        let error = Resolver(GaiResolver::new()).call(name).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Step::Resolve));
    }
}
