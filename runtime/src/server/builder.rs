//! Building a server.

use std::sync::Arc;
use std::time::Duration;

use super::handler::{Closure, Row};
use super::interceptor::Interceptor;
use super::overflow::{MODEL_CAP, Overflow};
use super::tables::{Answers, Prompt, Resource, Schema, Tables, Template, Tool};
use super::{DEADLINE, Inner, Server};
use crate::context::Context;
use crate::def::{OutputMode, ServerDef, ToolDef};
use crate::error::ToolError;
use crate::json::{Args, RawJson};
use crate::limits::{CALLS_PER_MINUTE, CONCURRENT_CALLS, Limits};
use crate::log::CallSink;
use crate::protocol::{Notifications, Notifier, StateKey};
use crate::tool::{
    BoxFuture, CompletionRow, Encode, IntoAnswer, Outcome, PromptRow, ResourceRow, TemplateRow, ToolRow,
};
use crate::uri_template::UriTemplate;

/// Builds a [`Server`]: tables of generated code, tools by hand, interceptors and limits.
#[must_use]
pub struct ServerBuilder<H> {
    handlers: Arc<H>,
    tables: Tables,
    interceptors: Vec<Box<dyn Interceptor>>,
    calls_per_minute: u32,
    max_concurrent: usize,
    deadline: Duration,
    sink: Option<Arc<dyn CallSink>>,
    redacted_fields: Vec<String>,
    announced: Notifications,
    state_key: Option<StateKey>,
    result_cap: usize,
    exact_text: bool,
}

impl<H: Send + Sync + 'static> ServerBuilder<H> {
    pub(super) fn new(def: &'static ServerDef, handlers: H) -> Self {
        Self {
            handlers: Arc::new(handlers),
            tables: Tables::new(def),
            interceptors: Vec::new(),
            calls_per_minute: CALLS_PER_MINUTE,
            max_concurrent: CONCURRENT_CALLS,
            deadline: DEADLINE,
            sink: None,
            redacted_fields: Vec::new(),
            announced: Notifications::default(),
            state_key: None,
            result_cap: MODEL_CAP,
            exact_text: false,
        }
    }

    /// Notes what the server lacks, to be said once when it begins to serve: the variables of credentials, for example.
    pub fn missing(mut self, missing: Option<String>) -> Self {
        self.tables.missing = missing;
        self
    }

    /// Adds tools. A tool replaces an earlier one of the same name.
    pub fn tools(mut self, rows: Vec<ToolRow<H>>) -> Self {
        self.tables.tools.reserve(rows.len());
        for row in rows {
            let handler = Arc::new(Row { handlers: self.handlers.clone(), shim: row.call });
            self.tables.tools.insert(row.def.name, tool(row.def, handler));
        }
        self
    }

    /// Adds the three tools of search mode, which find, describe and call the operations of a catalogue. They call the API
    /// of these handlers.
    #[cfg(feature = "upstream")]
    #[doc(hidden)]
    pub fn catalog(mut self, catalog: &'static crate::catalog::Catalog) -> Self
    where
        H: crate::upstream::Base,
    {
        self.tables.search(catalog, &self.handlers);
        self
    }

    /// Adds a tool that is written by hand; it replaces an earlier one of the same name.
    ///
    /// ```
    /// use mcpgen_runtime::{Args, Content, Error, ServerBuilder, ToolDef};
    ///
    /// fn with_ping<H: Send + Sync + 'static>(builder: ServerBuilder<H>) -> ServerBuilder<H> {
    ///     builder.tool(
    ///         &ToolDef { name: "ping", description: "Answers pong.", ..ToolDef::DEFAULT },
    ///         |_cx, _args: Args<()>| async { Ok::<_, Error>(Content::text("pong")) },
    ///     )
    /// }
    /// ```
    pub fn tool<T, F, R, O, E>(mut self, def: &'static ToolDef, call: F) -> Self
    where
        F: Fn(Context, Args<T>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, E>> + Send + 'static,
        O: IntoAnswer + 'static,
        E: ToolError,
    {
        let call = move |cx: Context, arguments: RawJson| -> BoxFuture<'static, Outcome> {
            Box::pin(Encode::new(call(cx, Args::from(arguments))))
        };
        self.tables.tools.insert(def.name, tool(def, Arc::new(Closure(call))));
        self
    }

    /// Adds concrete resources. A resource replaces an earlier one of the same URI.
    pub fn resources(mut self, rows: Vec<ResourceRow<H>>) -> Self {
        for row in rows {
            let handler = Arc::new(Row { handlers: self.handlers.clone(), shim: row.read });
            self.tables.resources.insert(row.def.uri, Resource { def: row.def, handler });
        }
        self
    }

    /// Adds resource templates. A template replaces an earlier one of the same text.
    pub fn templates(mut self, rows: Vec<TemplateRow<H>>) -> Self {
        for row in rows {
            match UriTemplate::parse(row.def.uri_template) {
                Ok(uri) => {
                    let handler = Arc::new(Row { handlers: self.handlers.clone(), shim: row.read });
                    let input = Schema::new(row.def.input_schema);
                    let template = Template { def: row.def, handler, uri, input };
                    self.tables.templates.insert(row.def.uri_template, template);
                }
                // The generator checks its templates, so `build` stays infallible for what it writes.
                Err(problem) => self.tables.problems.push(format!(
                    "the resource template {:?} ({:?}) is left out: {problem}",
                    row.def.name, row.def.uri_template
                )),
            }
        }
        self
    }

    /// Adds prompts. A prompt replaces an earlier one of the same name.
    pub fn prompts(mut self, rows: Vec<PromptRow<H>>) -> Self {
        for row in rows {
            let handler = row.get.map(|shim| Arc::new(Row { handlers: self.handlers.clone(), shim }) as Arc<_>);
            if handler.is_none() && row.def.messages.is_none() {
                let problem =
                    format!("the prompt {:?} is left out: it has neither messages nor a handler", row.def.name);
                self.tables.problems.push(problem);
                continue;
            }
            self.tables.prompts.insert(row.def.name, Prompt { def: row.def, handler });
        }
        self
    }

    /// Adds completion handlers, which templates and prompts refer to by name.
    pub fn completions(mut self, rows: Vec<CompletionRow<H>>) -> Self {
        for row in rows {
            let completer = Arc::new(Row { handlers: self.handlers.clone(), shim: row.complete });
            self.tables.completers.insert(row.name, completer);
        }
        self
    }

    /// Adds an interceptor inside those that are registered already.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.push(Box::new(interceptor));
        self
    }

    /// Calls a minute for each client: 100 by default, 0 for no limit. So many can come at once; they are refilled
    /// evenly.
    pub fn rate_limit(mut self, calls_per_minute: u32) -> Self {
        self.calls_per_minute = calls_per_minute;
        self
    }

    /// Calls at the same time, of all clients together: 1024 by default. More are refused, not queued.
    pub fn max_concurrent(mut self, calls: usize) -> Self {
        self.max_concurrent = calls;
        self
    }

    /// Deadline of a call whose tool has none of its own: 30 s by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Where call records go. By default `main` of a generated binary writes lines of JSON to standard error, and an
    /// embedded server emits `tracing` events.
    pub fn call_sink(mut self, sink: impl CallSink) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    /// Argument names whose values the log must not show, beyond those that say so themselves (`password`, `token`,
    /// `api_key`, …). ASCII case is ignored.
    pub fn redact_fields<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.redacted_fields.extend(names.into_iter().map(Into::into));
        self
    }

    /// Announces in the capabilities that the list of tools can change, so that [`Server::notify_tools_changed`] reaches
    /// the clients that want to know.
    pub fn tools_list_changed(mut self) -> Self {
        self.announced.tools_list_changed = true;
        self
    }

    /// As [`Self::tools_list_changed`], for prompts and [`Server::notify_prompts_changed`].
    pub fn prompts_list_changed(mut self) -> Self {
        self.announced.prompts_list_changed = true;
        self
    }

    /// As [`Self::tools_list_changed`], for resources and [`Server::notify_resources_changed`].
    pub fn resources_list_changed(mut self) -> Self {
        self.announced.resources_list_changed = true;
        self
    }

    /// Announces that clients can watch resources, so that [`Server::notify_resource_updated`] reaches those that do.
    pub fn resource_subscriptions(mut self) -> Self {
        self.announced.resources_updated = true;
        self
    }

    /// The key of request states; see [`Server::with_state_key`].
    pub fn state_key(mut self, secret: &[u8]) -> Self {
        self.state_key = Some(StateKey::new(secret));
        self
    }

    /// Bytes of text that a result shows a model: 200,000 by default, 0 for no limit. A longer text is cut at a valid
    /// place and marked, loses its structured content, and for ten minutes its client can read the rest as a resource.
    pub fn result_cap(mut self, bytes: usize) -> Self {
        self.result_cap = bytes;
        self
    }

    /// Hands on the text of results byte for byte. By default terminal escapes, bidirectional controls and invisible
    /// characters become escapes (`\\u202e`), in JSON of equal value.
    pub fn exact_text(mut self) -> Self {
        self.exact_text = true;
        self
    }

    /// The server.
    pub fn build(mut self) -> Server {
        self.tables.finish();
        for problem in &self.tables.problems {
            tracing::error!(target: "mcpgen::server", server = self.tables.def.name, "{problem}");
        }
        let inner = Inner {
            tables: Arc::new(self.tables),
            limits: Arc::new(Limits::new(self.calls_per_minute, self.max_concurrent)),
            deadline: self.deadline,
            sink: self.sink,
            interceptors: self.interceptors.into(),
            redacted_fields: self.redacted_fields.into(),
            notifier: Notifier::default(),
            announced: self.announced,
            state_key: self.state_key,
            overflow: Arc::new(Overflow::new(self.result_cap)),
            exact_text: self.exact_text,
            tasks: Arc::default(),
        };
        Server { inner: Arc::new(inner) }
    }
}

fn tool(def: &'static ToolDef, handler: Arc<dyn super::handler::Handler>) -> Tool {
    let output = match def.output {
        OutputMode::Strict => def.output_schema.map(Schema::new),
        OutputMode::Lenient | OutputMode::Off => None,
    };
    let answer = def.answer.filter(|_| def.output == OutputMode::Lenient).map(Answers::new);
    Tool { def, handler, input: Schema::new(def.input_schema), output, answer }
}
