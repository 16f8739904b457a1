//! A legacy session: what `initialize` agreed on. Over stdio it is the process.

use std::sync::{Arc, Mutex, PoisonError};

use crate::context::{ClientInfo, SessionLevel};

use super::Revision;

/// The state that legacy revisions keep between requests. Modern requests never read it.
#[derive(Debug, Default)]
pub(crate) struct Session {
    handshake: Mutex<Option<Handshake>>,
    log_level: Arc<SessionLevel>,
}

/// The result of `initialize`.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    pub(super) revision: Revision,
    pub(super) client: Option<Arc<ClientInfo>>,
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

    pub(super) fn log_level(&self) -> &Arc<SessionLevel> {
        &self.log_level
    }
}
