//! HTTP: the modern era and the legacy sessions on one endpoint, as a `tower::Service` that any server can mount.

mod accept;
mod answer;
mod body;
mod caller;
mod connection;
mod endpoint;
mod guard;
mod headers;
mod legacy;
mod modern;
mod news;
mod options;
mod replay;
mod serve;
mod session;
mod sessions;
#[cfg(feature = "sse")]
mod sse;
mod stream;
mod streams;

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;

use crate::server::Server;

pub use self::body::McpBody;
use self::endpoint::Endpoint;
pub use self::options::HttpOptions;

/// A server as an HTTP service: `tower::Service<http::Request<B>>` for every body, infallible.
///
/// Every path that is routed to it is the MCP endpoint, apart from `…/sse` and `…/messages` where [`HttpOptions::sse`] is
/// set. Clones are cheap and share sessions and limits. What it takes from the extensions of a request: a
/// [`crate::Principal`] that an authentication layer has verified, and the peer's [`std::net::SocketAddr`] or
/// [`std::net::IpAddr`]; rate limits count by the first that is there. It needs a tokio runtime.
#[derive(Clone)]
pub struct McpService {
    endpoint: Arc<Endpoint>,
}

impl Server {
    /// The server as an HTTP service with the default options, which serve clients on this machine only.
    pub fn into_service(self) -> McpService {
        self.into_service_with(HttpOptions::default())
    }

    /// The server as an HTTP service.
    pub fn into_service_with(self, options: HttpOptions) -> McpService {
        McpService { endpoint: Endpoint::new(self, options) }
    }
}

impl<B> tower_service::Service<Request<B>> for McpService
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<McpBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let endpoint = Arc::clone(&self.endpoint);
        Box::pin(async move { Ok(endpoint.serve(request, None).await) })
    }
}

impl McpService {
    /// Ends all long-lived streams, subscriptions with their result, and opens no more. For a graceful end of the server
    /// around it, which would otherwise wait for them.
    pub fn close_streams(&self) {
        self.endpoint.close_streams();
    }
}

impl fmt::Debug for McpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpService").field("server", &self.endpoint.server).finish_non_exhaustive()
    }
}
