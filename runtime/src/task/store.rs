//! All tasks of a server: bounded, and gone when their time is over.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::context::Cancellation;
use crate::error::{Error, ErrorKind};
use crate::principal::Principal;
use crate::protocol::Notifier;

use super::Task;

/// Tasks that are kept, of all clients and of one, ended ones included.
const KEPT: usize = 16_384;
const KEPT_OF_ONE: usize = 2_048;
/// Tasks of one client that have not ended: each holds one of the server's concurrent calls.
const RUNNING_OF_ONE: usize = 256;
/// Bytes of outcomes from which no new task begins.
const BYTES: usize = 64 * 1024 * 1024;

/// Who wants a task, and what its call shares with it.
pub(crate) struct Request<'a> {
    pub(crate) owner: Option<&'a Principal>,
    /// Whom limits count by.
    pub(crate) client: &'a str,
    /// How long the call may work.
    pub(crate) deadline: Duration,
    pub(crate) cancellation: Arc<Cancellation>,
    pub(crate) notifier: Notifier,
}

/// The tasks of a server by id. An id is 128 random bits and belongs to the principal that got it.
#[derive(Debug, Default)]
pub(crate) struct TaskStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_id: HashMap<Arc<str>, Arc<Task>>,
    by_client: HashMap<Box<str>, Count>,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    kept: usize,
    running: usize,
}

impl TaskStore {
    /// A new task. From here on [`Self::get`] finds it.
    ///
    /// # Errors
    /// `RateLimited`, where there is no room.
    pub(crate) fn create(&self, request: Request<'_>) -> Result<Arc<Task>, Error> {
        let id = new_id()?;
        let mut state = self.state();
        let count = state.by_client.get(request.client).copied().unwrap_or_default();
        let full = state.by_id.len() >= KEPT || state.bytes >= BYTES;
        if full || count.kept >= KEPT_OF_ONE || count.running >= RUNNING_OF_ONE {
            let message = "There are too many tasks. Wait until some have ended and expired.";
            return Err(Error::new(ErrorKind::RateLimited, message)
                .with_type("TooManyTasks")
                .with_retry_after(Duration::from_secs(60)));
        }
        let count = Count { kept: count.kept.saturating_add(1), running: count.running.saturating_add(1) };
        state.by_client.insert(request.client.into(), count);
        let task = Arc::new(Task::new(Arc::clone(&id), request));
        state.by_id.insert(id, Arc::clone(&task));
        Ok(task)
    }

    /// The task with this id, if it is this caller's. Unknown ids allocate nothing.
    pub(crate) fn get(&self, id: &str, principal: Option<&Principal>) -> Option<Arc<Task>> {
        let task = Arc::clone(self.state().by_id.get(id)?);
        // As if there were none: a stolen id tells nothing.
        (task.owner.as_ref() == principal).then_some(task)
    }

    /// Notes that the call of a task has come to its end. Once for each task.
    pub(crate) fn ended(&self, task: &Task) {
        let bytes = task.bytes();
        let mut state = self.state();
        state.bytes = state.bytes.saturating_add(bytes);
        if let Some(count) = state.by_client.get_mut(&task.client) {
            count.running = count.running.saturating_sub(1);
        }
    }

    /// Forgets a task that has ended.
    pub(crate) fn remove(&self, task: &Task) {
        let bytes = task.bytes();
        let mut state = self.state();
        if state.by_id.remove(&task.id).is_none() {
            return;
        }
        state.bytes = state.bytes.saturating_sub(bytes);
        if let Some(count) = state.by_client.get_mut(&task.client) {
            count.kept = count.kept.saturating_sub(1);
            if count.kept == 0 {
                state.by_client.remove(&task.client);
            }
        }
    }

    /// Stops the tasks of a client that can no longer ask for them.
    pub(crate) fn cancel_all_of(&self, client: &str) {
        let tasks: Vec<_> = {
            let state = self.state();
            if !state.by_client.contains_key(client) {
                return;
            }
            state.by_id.values().filter(|task| &*task.client == client).cloned().collect()
        };
        for task in tasks {
            task.cancel();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 128 bits from the operating system, as 32 hexadecimal digits.
fn new_id() -> Result<Arc<str>, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Internal, "The system has no random numbers for the id of a task."))?;
    let mut id = String::with_capacity(32);
    for byte in bytes {
        let _ = write!(id, "{byte:02x}");
    }
    Ok(id.into())
}
