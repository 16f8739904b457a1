//! Notifications that belong to no request, on their way from the server to a stream that is open.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::context::NotificationSink;
use crate::protocol::Listen;

use super::session::HttpSession;
use super::stream::EventStream;

/// Passes news on as long as this lives.
pub(super) struct News(JoinHandle<()>);

impl News {
    /// The news of a modern subscription.
    pub(super) fn of_subscription(listen: &Listen, stream: &Arc<EventStream>) -> Self {
        let (feed, id, stream) = (listen.open(Arc::default()), listen.id.clone(), Arc::clone(stream));
        Self(tokio::spawn(async move {
            loop {
                stream.notify(&feed.next().await.message(Some(id.as_json())));
            }
        }))
    }

    /// The news of a legacy session, for its general stream. Without a reader they wait in the session.
    pub(super) fn of_session(session: &Arc<HttpSession>) -> Self {
        let session = Arc::clone(session);
        Self(tokio::spawn(async move {
            loop {
                let message = session.protocol.notification().await;
                session.general.notify(&message);
            }
        }))
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.0.abort();
    }
}
