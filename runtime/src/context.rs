//! STAND-IN: the context of a call, as far as the pipeline needs it. The owner's file replaces this one.

use std::sync::Arc;

use tokio::sync::watch;

/// What a handler knows about the call it serves.
#[derive(Clone, Debug)]
pub struct Context {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client_key: String,
    trace_id: String,
    cancelled: watch::Sender<bool>,
}

impl Context {
    /// The context of a call that comes through no transport.
    pub fn in_process() -> Self {
        Self::for_client("in-process")
    }

    pub(crate) fn for_client(client_key: &str) -> Self {
        let inner = Inner {
            client_key: client_key.to_owned(),
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            cancelled: watch::Sender::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Marks the call as cancelled.
    pub(crate) fn cancel(&self) {
        self.inner.cancelled.send_replace(true);
    }

    /// Ends when the client cancels the call.
    pub async fn cancelled(&self) {
        let mut receiver = self.inner.cancelled.subscribe();
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the client has cancelled the call.
    pub fn is_cancelled(&self) -> bool {
        *self.inner.cancelled.borrow()
    }

    /// Who calls, for limits and the log: the principal, else the peer.
    pub fn client_key(&self) -> &str {
        &self.inner.client_key
    }

    /// The trace id of the call.
    pub fn trace_id(&self) -> &str {
        &self.inner.trace_id
    }
}
