//! Tasks as a handler sees them (SEP-2663): when its call becomes one, and whom it asks then.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;

use crate::def::{TaskBegins, TaskDef};
use crate::error::Error;
use crate::json::RawJson;
use crate::task::{Request, Task, TaskStore};

use super::Context;
use super::ask::defect;

/// What a call needs to become a task. Only calls whose tool and client know tasks have it.
pub(crate) struct TaskSlot {
    def: TaskDef,
    store: Arc<TaskStore>,
    deadline: Duration,
    begun: OnceLock<Arc<Task>>,
    wake: Notify,
}

impl TaskSlot {
    pub(crate) fn new(def: TaskDef, store: Arc<TaskStore>, deadline: Duration) -> Self {
        Self { def, store, deadline, begun: OnceLock::new(), wake: Notify::new() }
    }
}

impl Context {
    /// Makes a task of this call: its request is answered with the id of the task, and the handler goes on. From here
    /// on the client fetches status and outcome when it likes, progress becomes the message of the status, questions
    /// become questions of the task, and only the client's `tasks/cancel` or the deadline stops the call.
    ///
    /// For tools whose definition leaves it to the handler (`task: { begins: handler }` of a server spec,
    /// [`TaskDef::by_handler`]); others are tasks before they run. So a handler can answer at once where it can, and ask
    /// what it has to know before the work begins. Nothing happens where the call is a task already, or cannot become
    /// one: the client does not know tasks, and waits. Handlers need not care.
    ///
    /// # Errors
    /// `TooManyTasks`, where the client or the server has no room for another one; `Cancelled`, where the client has
    /// gone; `Internal`, where the handler still waits for the answer to a question.
    pub fn begin_task(&self) -> Result<(), Error> {
        let Some(slot) = self.inner.task.get() else { return Ok(()) };
        // Held until the task is there: a cancellation comes before it or does not reach it.
        let channel = self.channel();
        if slot.begun.get().is_some() {
            return Ok(());
        }
        if !channel.open {
            return Err(crate::server::cancelled());
        }
        if self.has_asked() {
            return Err(defect("A task began while a question of its request was open: await the answer before it."));
        }
        let request = &self.inner.request;
        let task = slot.store.create(Request {
            owner: request.principal.as_ref(),
            client: &request.client_key,
            deadline: slot.deadline,
            cancellation: Arc::clone(self.cancellation()),
            notifier: request.notifier.clone(),
        })?;
        let _ = slot.begun.set(task);
        slot.wake.notify_waiters();
        Ok(())
    }

    /// Whether the call is a task: its client does not wait for it.
    pub fn is_task(&self) -> bool {
        self.task().is_some()
    }

    /// Begins the task of a tool whose calls are tasks from the start.
    pub(crate) fn begin_due_task(&self) -> Result<(), Error> {
        match self.inner.task.get() {
            Some(slot) if slot.def.begins == TaskBegins::AtOnce => self.begin_task(),
            _ => Ok(()),
        }
    }

    /// Lets the call become a task.
    pub(crate) fn offer_task(&self, slot: TaskSlot) {
        let _ = self.inner.task.set(Box::new(slot));
    }

    /// The task of the call, once it is one.
    pub(crate) fn task(&self) -> Option<&Arc<Task>> {
        self.inner.task.get()?.begun.get()
    }

    /// Ends when the call becomes a task.
    pub(crate) async fn task_begun(&self) -> Arc<Task> {
        let Some(slot) = self.inner.task.get() else { return std::future::pending().await };
        let mut notified = std::pin::pin!(slot.wake.notified());
        notified.as_mut().enable();
        if slot.begun.get().is_none() {
            notified.await;
        }
        match slot.begun.get() {
            Some(task) => Arc::clone(task),
            None => std::future::pending().await,
        }
    }

    /// Asks the client through the task, again where the answer does not fit.
    pub(super) async fn ask_in_task<T>(
        &self,
        task: &Arc<Task>,
        key: &str,
        question: &str,
        read: impl Fn(&RawJson) -> Result<T, String>,
    ) -> Result<T, Error> {
        let _waiting = self.waiting();
        loop {
            // The number of questions of a task is bounded.
            let answer = task.ask(key, question.to_owned())?.answer().await?;
            if let Ok(answer) = read(&answer) {
                return Ok(answer);
            }
        }
    }
}
