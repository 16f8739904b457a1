//! The own accept loop: for a server that is not mounted in another one.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};

use crate::server::{Lane, Server};

use super::answer::{empty, not_allowed};
use super::body::McpBody;
use super::connection::{Answer, Clock, Times, Watched};
use super::endpoint::{Connection, Endpoint};
use super::options::HttpOptions;

/// Headers of a request at most, and their bytes (SECURITY.md I3).
const HEADERS: usize = 64;
const HEADER_BYTES: usize = 16 * 1024;

/// How long connections may take to write what is left, after the last call has ended.
const FLUSH: Duration = Duration::from_millis(500);

impl Server {
    /// Serves HTTP on this address until the process is told to end (SIGTERM, SIGINT), with the default options: clients
    /// on this machine only.
    ///
    /// MCP is at `/mcp`; `/livez` says that the process runs, `/readyz` that it takes calls. After the signal `/readyz`
    /// fails, subscriptions and streams end, and running calls have 25 seconds.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn serve_http(self, address: impl ToSocketAddrs) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        self.serve_http_with(listener, HttpOptions::default(), crate::transport::signal()).await
    }

    /// Serves HTTP on a listener until `shutdown` ends, then drains as [`Server::serve_http`] does.
    ///
    /// # Errors
    /// None so far: a connection that fails is that client's affair.
    pub async fn serve_http_with(
        self,
        listener: TcpListener,
        options: HttpOptions,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let site = Arc::new(Site {
            connections: Arc::new(Semaphore::new(options.max_connections)),
            times: Times { header: options.header_timeout, idle: options.idle_timeout },
            draining: AtomicBool::new(false),
            endpoint: Endpoint::new(self.clone(), options),
        });
        let (close, closing) = watch::channel(false);
        let mut accepting = pin!(accept(&listener, &site, &closing));
        let mut shutdown = pin!(shutdown);
        tokio::select! {
            never = &mut accepting => match never {},
            () = &mut shutdown => {}
        }
        site.draining.store(true, Ordering::Relaxed);
        site.endpoint.close_streams();
        // New connections are still taken: a load balancer has to see that `/readyz` fails.
        let drained = async {
            let _ = tokio::time::timeout(site.endpoint.options.drain_timeout, self.drain()).await;
            let _ = close.send(true);
            // The loops of the connections hold the other ends.
            let _ = tokio::time::timeout(FLUSH, site.all_closed()).await;
        };
        tokio::select! {
            never = &mut accepting => match never {},
            () = drained => Ok(()),
        }
    }
}

/// What all connections share.
struct Site {
    endpoint: Arc<Endpoint>,
    connections: Arc<Semaphore>,
    times: Times,
    draining: AtomicBool,
}

/// Accepts connections, at most so many at a time: the others wait in the queue of the system.
async fn accept(listener: &TcpListener, site: &Arc<Site>, closing: &watch::Receiver<bool>) -> Infallible {
    loop {
        let Ok(permit) = Arc::clone(&site.connections).acquire_owned().await else {
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(connection(Arc::clone(site), stream, peer, closing.clone(), permit));
            }
            // A client that has gone is not the listener's trouble; a lack of descriptors passes.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// What a client may send at once. hyper's timer for heads is not needed: the [`Clock`] is stricter and costs no timer for
/// each request.
#[cfg(feature = "http2")]
fn builder() -> hyper_util::server::conn::auto::Builder<hyper_util::rt::TokioExecutor> {
    /// Requests of one connection at the same time.
    const CONCURRENT: u32 = 128;
    let mut builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_headers(HEADERS).max_buf_size(HEADER_BYTES);
    let timer = hyper_util::rt::TokioTimer::new();
    builder.http2().timer(timer).max_header_list_size(16 * 1024).max_concurrent_streams(CONCURRENT);
    builder
}

/// As above, for HTTP/1.1 alone.
#[cfg(not(feature = "http2"))]
fn builder() -> hyper::server::conn::http1::Builder {
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.header_read_timeout(None).max_headers(HEADERS).max_buf_size(HEADER_BYTES);
    builder
}

async fn connection(
    site: Arc<Site>,
    stream: TcpStream,
    peer: SocketAddr,
    mut closing: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) {
    // An event must not wait for the acknowledgement of the last one (40 ms).
    let _ = stream.set_nodelay(true);
    let clock = Clock::new(site.times);
    let io = TokioIo::new(Watched { stream, clock: Arc::clone(&clock) });
    let connection = Arc::new(Connection { caller: peer.ip().into(), lane: Lane::default() });
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let active = clock.request(request.version() == http::Version::HTTP_2);
        let (site, connection) = (Arc::clone(&site), Arc::clone(&connection));
        async move {
            let response = site.route(request, &connection).await;
            Ok::<_, Infallible>(response.map(|body| Answer { body, _active: active }))
        }
    });
    let builder = builder();
    let mut serving = pin!(builder.serve_connection(io, service));
    let mut alarm = pin!(sleep_until(Instant::now() + site.times.header));
    let mut closing = pin!(async move {
        // An error is a server that has gone.
        let _ = closing.wait_for(|closing| *closing).await;
    });
    let mut told = false;
    poll_fn(|cx| {
        if !told && closing.as_mut().poll(cx).is_ready() {
            told = true;
            serving.as_mut().graceful_shutdown();
        }
        if serving.as_mut().poll(cx).is_ready() {
            return std::task::Poll::Ready(());
        }
        // The phase may have changed during the poll. A timer that is too early is cheap, one too late is not.
        let mut deadline = clock.deadline();
        if let Some(deadline) = deadline.filter(|deadline| *deadline < alarm.deadline()) {
            alarm.as_mut().reset(deadline);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return std::task::Poll::Ready(());
            }
            alarm.as_mut().reset(deadline.unwrap_or(now + site.times.idle));
            deadline = clock.deadline();
        }
        std::task::Poll::Pending
    })
    .await;
}

impl Site {
    async fn route<B>(&self, request: Request<B>, connection: &Connection) -> Response<McpBody>
    where
        B: Body,
    {
        // HTTP/1.1 ends at the same number before it comes here; HTTP/2 counts bytes only.
        if request.headers().len() > HEADERS {
            return empty(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        let sse = self.endpoint.options.sse && matches!(request.uri().path(), "/sse" | "/messages");
        match request.uri().path() {
            path if path == "/mcp" || sse => self.endpoint.serve(request, Some(connection)).await,
            "/livez" => probe(request.method(), true),
            "/readyz" => probe(request.method(), !self.draining.load(Ordering::Relaxed)),
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    /// Ends when there is no connection left.
    async fn all_closed(&self) {
        let all = u32::try_from(self.endpoint.options.max_connections).unwrap_or(u32::MAX);
        // The accept loop holds one permit while it waits.
        drop(self.connections.acquire_many(all.saturating_sub(1)).await);
    }
}

/// A probe tells nothing but its status; it needs no allowed `Host`.
fn probe(method: &Method, fine: bool) -> Response<McpBody> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return not_allowed("GET, HEAD");
    }
    let (status, text) =
        if fine { (StatusCode::OK, &b"ok\n"[..]) } else { (StatusCode::SERVICE_UNAVAILABLE, &b"draining\n"[..]) };
    let mut response = Response::new(McpBody::whole([Bytes::from_static(text)]));
    *response.status_mut() = status;
    response
}
