//! The extension `io.modelcontextprotocol/tasks` on the wire (SEP-2663), in the modern era alone.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::context::{Asking, Capabilities, Context, TaskSlot};
use crate::json::RawJson;
use crate::principal::Principal;
use crate::server::{CallResult, Rejected};
use crate::task::{EXTENSION, Outcome, Task};

use super::error::RpcError;
use super::input;
use super::message::RequestId;
use super::params::{Meta, Params, must_be, required_string};
use super::reply::Reply;
use super::result::{self, ResultWriter};
use super::state::read;
use super::{Protocol, Revision, Step};

/// What a call has come to for its request.
pub(super) enum Called {
    Answer(CallResult),
    Task(Arc<Task>),
}

impl Protocol {
    /// Refuses the call of a tool that is always a task to a client that does not declare the extension. Legacy
    /// clients, which have no way to declare it, wait.
    pub(super) fn check_task_support(&self, tool: &str, revision: Revision, meta: &Meta<'_>) -> Result<(), RpcError> {
        let required = self.features.tasks
            && revision.is_modern()
            && self.server.task_def(tool).is_some_and(|(def, _)| def.required);
        if required { declared(meta) } else { Ok(()) }
    }

    /// What a call needs to become a task, where its tool and its client know tasks.
    pub(super) fn task_slot(&self, cx: &Context, tool: &str) -> Option<TaskSlot> {
        if !self.features.tasks {
            return None;
        }
        let (def, deadline) = self.server.task_def(tool)?;
        let Asking::Rounds { capabilities, .. } = cx.asking() else { return None };
        let knows = Capabilities::read(capabilities).tasks;
        knows.then(|| TaskSlot::new(def, Arc::clone(self.server.tasks()), deadline))
    }

    /// Calls a tool until it answers or becomes a task, which goes on by itself.
    pub(super) async fn call_or_task(
        &self,
        cx: &Context,
        slot: TaskSlot,
        name: &str,
        arguments: Option<&RawJson>,
    ) -> Result<Called, Rejected> {
        cx.offer_task(slot);
        let (sender, mut answer) = oneshot::channel();
        let (cx_of_call, name, arguments) = (cx.clone(), name.to_owned(), arguments.cloned());
        let (server, server_info) = (self.server.clone(), Arc::clone(&self.server_info));
        // Dropping the request cancels the context and so ends this, unless it has become a task.
        tokio::spawn(async move {
            let cx = cx_of_call;
            let called = tokio::select! {
                called = server.call(&cx, &name, arguments.as_ref()) => Some(called),
                () = expired(&cx) => None,
            };
            let Some(task) = cx.task().cloned() else {
                // Nobody may be there any more.
                let _ = called.map(|called| sender.send(called));
                return;
            };
            task.end(called.map_or_else(overdue, |called| outcome(&cx, called, &server_info)));
            server.tasks().ended(&task);
            drop(cx);
            tokio::time::sleep_until(task.expiry()).await;
            server.tasks().remove(&task);
        });
        tokio::select! {
            biased;
            task = cx.task_begun() => Ok(Called::Task(task)),
            called = &mut answer => match called {
                Ok(called) => called.map(Called::Answer),
                // It became a task and ended in this moment.
                Err(_) => Ok(Called::Task(cx.task_begun().await)),
            },
        }
    }

    /// `CreateTaskResult`
    pub(super) fn task_created(&self, id: &RequestId, task: &Task) -> Reply {
        self.task_result(id, "task", &task.members(false))
    }

    /// `tasks/get`, `tasks/update`, `tasks/cancel`.
    pub(super) fn task_request(
        &self,
        id: &RequestId,
        method: &str,
        params: &Params<'_>,
        meta: &Meta<'_>,
        principal: Option<&Principal>,
    ) -> Result<Step, RpcError> {
        declared(meta)?;
        let task_id = required_string(params.task_id, "taskId")?;
        let task = self.server.tasks().get(&task_id, principal);
        let task = task.ok_or_else(|| RpcError::invalid_params("Invalid params: there is no such task (any more)"))?;
        let members = match method {
            "tasks/get" => task.members(true),
            "tasks/update" => {
                let answers = params.input_responses.and_then(|raw| read(raw.get()));
                task.update(answers.ok_or_else(|| must_be("inputResponses", "an object"))?);
                Vec::new()
            }
            _ => {
                task.cancel();
                Vec::new()
            }
        };
        Ok(Step::Answer(self.task_result(id, "complete", &members)))
    }

    /// Of the tasks that a subscription names, those of this caller.
    pub(super) fn watched_tasks(
        &self,
        ids: Vec<String>,
        meta: &Meta<'_>,
        principal: Option<&Principal>,
    ) -> Result<Vec<Arc<Task>>, RpcError> {
        if !self.features.tasks {
            return Ok(Vec::new());
        }
        declared(meta)?;
        Ok(ids.iter().filter_map(|id| self.server.tasks().get(id, principal)).collect())
    }

    fn task_result(&self, id: &RequestId, kind: &str, members: &[(&str, String)]) -> Reply {
        Reply::write_result(id, |out| {
            let mut result = ResultWriter::begin_as(out, Revision::V2026_07_28, &self.server_info, kind);
            for (name, json) in members {
                result.member(name, |out| out.push_str(json));
            }
            result.end(&[]);
        })
    }
}

/// MCP 2026-07-28, `MissingRequiredClientCapabilityError`, unless the request declares the extension.
fn declared(meta: &Meta<'_>) -> Result<(), RpcError> {
    if meta.client_capabilities.is_some_and(|raw| Capabilities::read(raw.get()).tasks) {
        return Ok(());
    }
    let message = format!("The request must declare the extension {EXTENSION}.");
    let error = RpcError::new(RpcError::MISSING_CLIENT_CAPABILITY, message);
    Err(error.with_data(format!(r#"{{"requiredCapabilities":{{"extensions":{{"{EXTENSION}":{{}}}}}}}}"#)))
}

/// Ends when the time of the task that the call has become is over.
async fn expired(cx: &Context) {
    let task = cx.task_begun().await;
    tokio::time::sleep_until(task.expiry()).await;
}

fn overdue() -> Outcome {
    failed(&RpcError::new(RpcError::INTERNAL_ERROR, "The task did not end within its time to live."))
}

/// Exactly what the request would have been answered with.
fn outcome(cx: &Context, called: Result<CallResult, Rejected>, server_info: &str) -> Outcome {
    let answer = match called {
        Ok(answer) => answer,
        Err(rejected) => return failed(&rejected.into()),
    };
    if let Some(error) = answer.error.as_ref().and_then(|error| input::missing_capability(cx.revision(), error)) {
        return failed(&error);
    }
    let mut text = String::new();
    result::call(ResultWriter::begin(&mut text, cx.revision(), server_info), &answer);
    Outcome::Completed(text)
}

fn failed(error: &RpcError) -> Outcome {
    let mut text = String::new();
    error.write(&mut text);
    Outcome::Failed { error: text, message: error.message().to_owned() }
}
