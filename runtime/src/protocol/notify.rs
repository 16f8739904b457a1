//! Notifications outside of requests: from whoever changes something to the subscriptions that want to know.
//!
//! A [`Feed`] holds what its subscriber has not taken yet. The same news twice is the same news once, so that a feed is
//! as large as what it subscribes to, however slowly it is read.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use crate::task::Task;

use super::error::push_string;

/// Resources that one subscriber may watch; more are refused.
pub(super) const WATCHED_CAP: usize = 1024;

/// Tells subscribed clients what has changed (MCP 2026-07-28, "Subscriptions"). Cheap to clone.
///
/// What the server did not announce when it was built is sent to nobody, and there is no error for it: see
/// [`crate::ServerBuilder::tools_list_changed`] and its neighbours.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    hub: Arc<Hub>,
}

#[derive(Debug, Default)]
struct Hub {
    feeds: Mutex<Vec<Weak<Inner>>>,
}

/// The notifications that a server announced when it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notifications {
    pub(crate) tools_list_changed: bool,
    pub(crate) prompts_list_changed: bool,
    pub(crate) resources_list_changed: bool,
    pub(crate) resources_updated: bool,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    ToolsChanged,
    PromptsChanged,
    ResourcesChanged,
    /// The resource with this URI.
    ResourceUpdated(Arc<str>),
    /// The task with this id.
    TaskChanged(ChangedTask),
}

/// A task that has changed, whatever has become of it meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct ChangedTask(pub(crate) Arc<Task>);

impl Ord for ChangedTask {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.id().cmp(other.0.id())
    }
}

impl PartialOrd for ChangedTask {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ChangedTask {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}

impl Eq for ChangedTask {}

/// What a subscriber wants to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) tools: bool,
    pub(crate) prompts: bool,
    pub(crate) resources: bool,
    pub(crate) watched: BTreeSet<Arc<str>>,
    pub(crate) tasks: BTreeSet<ChangedTask>,
}

/// The news for one subscriber. News of which it was not told end with it.
#[derive(Debug)]
pub(crate) struct Feed {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    wake: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    interest: Interest,
    news: BTreeSet<Event>,
}

impl Notifier {
    /// The list of tools has changed.
    pub fn tools_changed(&self) {
        self.send(&Event::ToolsChanged);
    }

    /// The list of prompts has changed.
    pub fn prompts_changed(&self) {
        self.send(&Event::PromptsChanged);
    }

    /// The list of resources or of resource templates has changed.
    pub fn resources_changed(&self) {
        self.send(&Event::ResourcesChanged);
    }

    /// The contents of this resource have changed.
    pub fn resource_updated(&self, uri: &str) {
        self.send(&Event::ResourceUpdated(uri.into()));
    }

    /// A task has another state.
    pub(crate) fn task_changed(&self, task: &Arc<Task>) {
        self.send(&Event::TaskChanged(ChangedTask(Arc::clone(task))));
    }

    fn send(&self, event: &Event) {
        self.feeds().retain(|feed| match feed.upgrade() {
            Some(feed) => {
                feed.offer(event);
                true
            }
            None => false,
        });
    }

    /// A feed of what is of this interest from now on. `wake` is notified whenever there are news; several feeds of one
    /// reader may share it, and [`Feed::next`] needs one of its own.
    pub(crate) fn subscribe(&self, interest: Interest, wake: Arc<Notify>) -> Feed {
        // Of a task the state counts, which may have changed for the last time already.
        #[expect(clippy::mutable_key_type, reason = "tasks are ordered by their ids, which never change")]
        let news: BTreeSet<_> = interest.tasks.iter().cloned().map(Event::TaskChanged).collect();
        if !news.is_empty() {
            wake.notify_one();
        }
        let inner = Arc::new(Inner { state: Mutex::new(State { interest, news }), wake });
        let mut feeds = self.feeds();
        // Also without any news, subscribers that have gone leave nothing behind.
        if feeds.len() == feeds.capacity() {
            feeds.retain(|feed| feed.strong_count() > 0);
        }
        feeds.push(Arc::downgrade(&inner));
        Feed { inner }
    }

    fn feeds(&self) -> MutexGuard<'_, Vec<Weak<Inner>>> {
        self.hub.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offer(&self, event: &Event) {
        let mut state = self.state();
        if state.interest.covers(event) && state.news.insert(event.clone()) {
            drop(state);
            self.wake.notify_one();
        }
    }
}

impl From<Notifications> for Interest {
    /// What legacy clients get without asking: changes of lists. Resources are watched one by one.
    fn from(sends: Notifications) -> Self {
        Self {
            tools: sends.tools_list_changed,
            prompts: sends.prompts_list_changed,
            resources: sends.resources_list_changed,
            watched: BTreeSet::new(),
            tasks: BTreeSet::new(),
        }
    }
}

impl Interest {
    fn covers(&self, event: &Event) -> bool {
        match event {
            Event::ToolsChanged => self.tools,
            Event::PromptsChanged => self.prompts,
            Event::ResourcesChanged => self.resources,
            Event::ResourceUpdated(uri) => self.watched.contains(uri),
            Event::TaskChanged(task) => self.tasks.contains(task),
        }
    }
}

impl Feed {
    /// News, where there are some.
    pub(crate) fn try_next(&self) -> Option<Event> {
        self.inner.state().news.pop_first()
    }

    /// The next news. Cancel-safe; for one reader.
    pub(crate) async fn next(&self) -> Event {
        loop {
            if let Some(event) = self.try_next() {
                return event;
            }
            self.inner.wake.notified().await;
        }
    }

    /// Begins to watch a resource; `false` where the subscriber watches too many.
    pub(crate) fn watch(&self, uri: &str) -> bool {
        let watched = &mut self.inner.state().interest.watched;
        if !watched.contains(uri) {
            if watched.len() >= WATCHED_CAP {
                return false;
            }
            watched.insert(uri.into());
        }
        true
    }

    /// Stops watching a resource; news about it that were not taken yet are dropped.
    pub(crate) fn unwatch(&self, uri: &str) {
        let mut state = self.inner.state();
        state.interest.watched.remove(uri);
        state.news.remove(&Event::ResourceUpdated(uri.into()));
    }
}

impl Event {
    /// The JSON-RPC notification; in the modern era with the id of the subscription, JSON text.
    pub(crate) fn message(&self, subscription: Option<&str>) -> String {
        let method = match self {
            Self::ToolsChanged => "notifications/tools/list_changed",
            Self::PromptsChanged => "notifications/prompts/list_changed",
            Self::ResourcesChanged => "notifications/resources/list_changed",
            Self::ResourceUpdated(_) => "notifications/resources/updated",
            Self::TaskChanged(_) => "notifications/tasks",
        };
        let mut out = format!(r#"{{"jsonrpc":"2.0","method":"{method}""#);
        let mut before = r#","params":{"#;
        if let Some(id) = subscription {
            out.push_str(before);
            out.push_str(r#""_meta":{"io.modelcontextprotocol/subscriptionId":"#);
            out.push_str(id);
            out.push('}');
            before = ",";
        }
        if let Self::ResourceUpdated(uri) = self {
            out.push_str(before);
            out.push_str(r#""uri":"#);
            push_string(&mut out, uri);
            before = "";
        }
        if let Self::TaskChanged(ChangedTask(task)) = self {
            for (name, json) in task.members(true) {
                out.push_str(before);
                push_string(&mut out, name);
                out.push(':');
                out.push_str(&json);
                before = ",";
            }
        }
        out.push_str(if before.starts_with(r#","params"#) { "}" } else { "}}" });
        out
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn interest(watched: &[&str]) -> Interest {
        let watched = watched.iter().map(|uri| Arc::from(*uri)).collect();
        Interest { tools: true, watched, ..Interest::default() }
    }

    #[tokio::test]
    async fn news_reach_those_who_asked_for_them() {
        let notifier = Notifier::default();
        let tools = notifier.subscribe(interest(&["a://b"]), Arc::default());
        let prompts = notifier.subscribe(Interest { prompts: true, ..Interest::default() }, Arc::default());
        notifier.tools_changed();
        notifier.prompts_changed();
        notifier.resource_updated("a://c");
        notifier.resource_updated("a://b");
        assert_eq!(tools.next().await, Event::ToolsChanged);
        assert_eq!(tools.next().await, Event::ResourceUpdated("a://b".into()));
        assert_eq!(prompts.next().await, Event::PromptsChanged);
        assert_eq!((tools.try_next(), prompts.try_next()), (None, None));
    }

    #[tokio::test]
    async fn a_reader_that_waits_is_woken_and_a_slow_one_holds_no_more_than_it_asked_for() {
        let notifier = Notifier::default();
        let feed = Arc::new(notifier.subscribe(interest(&["a://b"]), Arc::default()));
        let reader = tokio::spawn({
            let feed = Arc::clone(&feed);
            async move { feed.next().await }
        });
        tokio::task::yield_now().await;
        notifier.tools_changed();
        let woken = tokio::time::timeout(Duration::from_secs(5), reader).await;
        assert_eq!(woken.expect("woken").unwrap(), Event::ToolsChanged);
        for _ in 0..10_000 {
            notifier.tools_changed();
            notifier.resource_updated("a://b");
        }
        assert_eq!(feed.inner.state().news.len(), 2);
    }

    #[test]
    fn watching_begins_ends_and_is_bounded() {
        let notifier = Notifier::default();
        let feed = notifier.subscribe(Interest::default(), Arc::default());
        assert!(feed.watch("a://b") && feed.watch("a://b"));
        notifier.resource_updated("a://b");
        feed.unwatch("a://b");
        notifier.resource_updated("a://b");
        assert_eq!(feed.try_next(), None);
        assert!((0..WATCHED_CAP).all(|number| feed.watch(&number.to_string())));
        assert!(!feed.watch("one more"));
    }

    #[test]
    fn feeds_that_are_gone_leave_nothing_behind() {
        let notifier = Notifier::default();
        for _ in 0..1000 {
            drop(notifier.subscribe(interest(&[]), Arc::default()));
        }
        assert!(notifier.feeds().len() < 100, "{}", notifier.feeds().len());
    }

    #[test]
    fn messages_have_the_form_of_their_era() {
        let updated = Event::ResourceUpdated(r#"a://"b""#.into());
        for (event, subscription, message) in [
            (&Event::ToolsChanged, None, r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#),
            (
                &Event::PromptsChanged,
                Some("7"),
                r#"{"jsonrpc":"2.0","method":"notifications/prompts/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#,
            ),
            (
                &updated,
                None,
                r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a://\"b\""}}"#,
            ),
            (
                &updated,
                Some(r#""x""#),
                r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"x"},"uri":"a://\"b\""}}"#,
            ),
        ] {
            assert_eq!(event.message(subscription), message);
        }
    }
}
