//! What the client does for the server: it accepts every question, and keeps what it is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability,
    ErrorData, ProgressNotificationParam, ResourceUpdatedNotificationParam,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use rmcp::{ClientHandler, model::FormElicitationCapability};
use serde_json::Value;
use tokio::sync::Notify;

/// The handler of a connection.
#[derive(Clone, Debug, Default)]
pub struct Person(Arc<State>);

#[derive(Debug, Default)]
struct State {
    kept: Mutex<Kept>,
    news: Notify,
}

/// What was asked and told.
#[derive(Debug, Default)]
pub struct Kept {
    /// What the next questions are answered with.
    pub content: Value,
    /// The messages of the questions.
    pub asked: Vec<String>,
    /// The numbers of progress.
    pub progress: Vec<f64>,
    /// The resources that have changed.
    pub updated: Vec<String>,
}

impl Person {
    /// What it has kept.
    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when this is so.
    pub async fn until(&self, is: impl Fn(&Kept) -> bool) {
        while !is(&self.kept()) {
            // One waiter at most, and a notice that comes before the wait is kept for it.
            self.0.news.notified().await;
        }
    }

    fn keep(&self, change: impl FnOnce(&mut Kept)) {
        change(&mut self.kept());
        self.0.news.notify_one();
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(ElicitationCapability::new().with_form(FormElicitationCapability::default()));
        let mut info = ClientConfig::default();
        info.capabilities = capabilities;
        info
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { message, .. } = request else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        let content = self.kept().content.clone();
        self.keep(|kept| kept.asked.push(message));
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(content))
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _context: NotificationContext<RoleClient>) {
        self.keep(|kept| kept.progress.push(params.progress));
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.keep(|kept| kept.updated.push(params.uri));
    }
}
