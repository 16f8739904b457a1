//! A legacy session: what `initialize` agreed on. Over stdio it is the process.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Notify;

use crate::context::{Capabilities, ClientInfo, Peer, SessionLevel};

use super::Revision;
use super::notify::{Event, Feed, Interest, Notifier};

/// The state that legacy revisions keep between requests. Modern requests never read it.
#[derive(Debug, Default)]
pub(crate) struct Session {
    handshake: Mutex<Option<Handshake>>,
    log_level: Arc<SessionLevel>,
    peer: Arc<Peer>,
    wake: Arc<Notify>,
    feed: OnceLock<Feed>,
}

/// The result of `initialize`.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    pub(super) revision: Revision,
    pub(super) client: Option<Arc<ClientInfo>>,
    pub(super) capabilities: Capabilities,
}

impl Session {
    /// The negotiated revision; `None` before `initialize`.
    pub(crate) fn revision(&self) -> Option<Revision> {
        self.handshake().map(|handshake| handshake.revision)
    }

    pub(super) fn handshake(&self) -> Option<Handshake> {
        self.handshake.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn begin(&self, handshake: Handshake) {
        *self.handshake.lock().unwrap_or_else(PoisonError::into_inner) = Some(handshake);
    }

    /// The requests that the client has not answered yet.
    pub(super) fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// Begins to hear of changes, with the handshake.
    pub(super) fn hear(&self, notifier: &Notifier, interest: Interest) {
        self.feed.get_or_init(|| notifier.subscribe(interest, Arc::clone(&self.wake)));
    }

    pub(super) fn feed(&self) -> Option<&Feed> {
        self.feed.get()
    }

    /// Notified whenever [`Self::try_notification`] has something.
    pub(crate) fn wake(&self) -> &Arc<Notify> {
        &self.wake
    }

    /// A notification that belongs to no request, where there is one: a complete JSON-RPC message.
    pub(crate) fn try_notification(&self) -> Option<String> {
        self.feed().and_then(Feed::try_next).map(|event: Event| event.message(None))
    }

    /// The next notification that belongs to no request. Cancel-safe; for one reader.
    pub(crate) async fn notification(&self) -> String {
        loop {
            if let Some(message) = self.try_notification() {
                return message;
            }
            self.wake.notified().await;
        }
    }

    pub(super) fn log_level(&self) -> &Arc<SessionLevel> {
        &self.log_level
    }
}
