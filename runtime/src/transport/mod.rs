//! What carries the protocol.

#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "stdio")]
mod stdio;

/// Ends with the first SIGINT or SIGTERM from now on.
#[cfg(unix)]
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without a handler the signals end the process themselves.
        _ => std::future::pending().await,
    }
}

/// Ends with the first Ctrl-C from now on.
#[cfg(not(unix))]
pub(crate) async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
