//! `subscriptions/listen` (MCP 2026-07-28, "Subscriptions").

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use crate::task::Task;

use super::Revision;
use super::error::{RpcError, push_string};
use super::members::members;
use super::message::{Raw, RequestId};
use super::notify::{ChangedTask, Event, Feed, Interest, Notifications, Notifier, WATCHED_CAP};
use super::params::{given, must_be, object};
use super::reply::Reply;
use super::result::ResultWriter;

/// A subscription that is to be opened.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    pub(crate) id: RequestId,
    /// The notification that comes first: what of the request is honoured.
    pub(crate) acknowledgement: String,
    interest: Interest,
    notifier: Notifier,
    server_info: String,
}

members! {
    /// What a client wants to hear of. Task ids: SEP-2663, "Task Status Notifications".
    Filter {
        tools_list_changed = "toolsListChanged",
        prompts_list_changed = "promptsListChanged",
        resources_list_changed = "resourcesListChanged",
        resource_subscriptions = "resourceSubscriptions",
        task_ids = "taskIds",
    }
}

/// The value of a member; `null` is taken for absent.
fn value<T: DeserializeOwned>(raw: Option<Raw<'_>>) -> Result<Option<T>, serde_json::Error> {
    given(raw).map(|raw| serde_json::from_str(raw.get())).transpose()
}

impl Listen {
    /// Reads the filter and honours what the capabilities advertise.
    pub(super) fn new(
        id: RequestId,
        filter: Option<Raw<'_>>,
        sends: Notifications,
        notifier: Notifier,
        server_info: &str,
        tasks: impl FnOnce(Vec<String>) -> Result<Vec<Arc<Task>>, RpcError>,
    ) -> Result<Self, RpcError> {
        let malformed = || must_be("notifications", "an object of booleans and a list of URIs");
        let filter: Filter = object(filter.ok_or_else(malformed)?, "notifications").map_err(|_| malformed())?;
        let mut honoured = Vec::new();
        let mut honour = |name: &str, wanted: Option<Raw<'_>>, sent: bool| {
            let honours = value(wanted).map_err(|_| malformed())? == Some(true) && sent;
            if honours {
                honoured.push(format!("\"{name}\":true"));
            }
            Ok::<_, RpcError>(honours)
        };
        let mut interest = Interest {
            tools: honour("toolsListChanged", filter.tools_list_changed, sends.tools_list_changed)?,
            prompts: honour("promptsListChanged", filter.prompts_list_changed, sends.prompts_list_changed)?,
            resources: honour("resourcesListChanged", filter.resources_list_changed, sends.resources_list_changed)?,
            watched: BTreeSet::new(),
            tasks: BTreeSet::new(),
        };
        let uris: Option<Vec<String>> = value(filter.resource_subscriptions).map_err(|_| malformed())?;
        let ids: Option<Vec<String>> = value(filter.task_ids).map_err(|_| malformed())?;
        if let Some(uris) = uris.filter(|_| sends.resources_updated) {
            if uris.len() > WATCHED_CAP {
                return Err(must_be("notifications.resourceSubscriptions", "a list of at most 1024 URIs"));
            }
            let mut quoted = Vec::with_capacity(uris.len());
            for uri in uris {
                let mut text = String::new();
                push_string(&mut text, &uri);
                quoted.push(text);
                interest.watched.insert(uri.into());
            }
            honoured.push(format!(r#""resourceSubscriptions":[{}]"#, quoted.join(",")));
        }
        if let Some(ids) = ids {
            if ids.len() > WATCHED_CAP {
                return Err(must_be("notifications.taskIds", "a list of at most 1024 ids"));
            }
            interest.tasks = tasks(ids)?.into_iter().map(ChangedTask).collect();
            if !interest.tasks.is_empty() {
                let ids: Vec<_> = interest.tasks.iter().map(|ChangedTask(task)| format!("\"{}\"", task.id())).collect();
                honoured.push(format!(r#""taskIds":[{}]"#, ids.join(",")));
            }
        }
        let acknowledgement = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{}}},"notifications":{{{}}}}}}}"#,
            id.as_json(),
            honoured.join(",")
        );
        Ok(Self { id, acknowledgement, interest, notifier, server_info: server_info.to_owned() })
    }

    /// The news for this subscription from now on; to be called when the acknowledgement is on its way. For `wake` see
    /// [`Notifier::subscribe`].
    pub(crate) fn open(&self, wake: Arc<Notify>) -> Feed {
        self.notifier.subscribe(self.interest.clone(), wake)
    }

    /// The notification of an event, a complete JSON-RPC message.
    pub(crate) fn message(&self, event: &Event) -> String {
        event.message(Some(self.id.as_json()))
    }

    /// What ends the subscription when the server does: on stdio a cancellation, then the result.
    pub(crate) fn close(&self) -> (String, Reply) {
        let cancelled = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{}}}}}"#,
            self.id.as_json()
        );
        let reply = Reply::write_result(&self.id, |out| {
            ResultWriter::begin(out, Revision::V2026_07_28, &self.server_info)
                .end(&[("io.modelcontextprotocol/subscriptionId", self.id.as_json())]);
        });
        (cancelled, reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Notifications = Notifications {
        tools_list_changed: true,
        prompts_list_changed: true,
        resources_list_changed: true,
        resources_updated: true,
    };

    fn listen(id: &str, filter: &str, sends: Notifications) -> Result<Listen, RpcError> {
        let id = RequestId::new(Raw::of_value(id)).unwrap();
        Listen::new(
            id,
            Some(Raw::of_value(filter)),
            sends,
            Notifier::default(),
            r#"{"name":"n","version":"1"}"#,
            |_| Ok(Vec::new()),
        )
    }

    #[test]
    fn the_acknowledgement_names_what_was_asked_for_and_is_sent() {
        let filter = r#"{"toolsListChanged":true,"promptsListChanged":false,"resourceSubscriptions":["a://\"b"]}"#;
        assert_eq!(
            listen(r#""1""#, filter, ALL).unwrap().acknowledgement,
            r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"1"},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a://\"b"]}}}"#
        );
        assert_eq!(
            listen("1", filter, Notifications::default()).unwrap().acknowledgement,
            r#"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":1},"notifications":{}}}"#
        );
    }

    #[test]
    fn a_malformed_filter_is_refused() {
        for bad in ["[]", r#"{"toolsListChanged":"yes"}"#, r#"{"resourceSubscriptions":"a://b"}"#, "null"] {
            assert_eq!(listen("1", bad, ALL).unwrap_err().code(), -32602, "{bad}");
        }
    }

    #[test]
    fn the_end_carries_the_subscription_id_in_its_type() {
        let (cancelled, reply) = listen("7", "{}", ALL).unwrap().close();
        assert_eq!(cancelled, r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#);
        assert_eq!(
            reply.into_text(),
            r#"{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":7,"io.modelcontextprotocol/serverInfo":{"name":"n","version":"1"}}}}"#
        );
    }
}
