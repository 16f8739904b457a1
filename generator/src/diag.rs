//! Diagnostics: stable code, message, place, help. Stages accumulate them and stop at their edges.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Sources, Span};

/// Everything that the generator can say, keyed by a stable code.
pub(crate) mod codes;
pub(crate) mod render;

pub(crate) use codes::Code;

/// Whether generation can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The document is refused.
    Error,
    /// Something was repaired, dropped or is doubtful.
    Warning,
}

/// One message about one place.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The place, and what to say there.
    pub span: Option<Span>,
    pub label: String,
    /// Other places that belong to it.
    pub related: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
    /// The JSON pointer (RFC 6901) of the place in its file, once that is known: see [`Report::locate`].
    pub pointer: Option<String>,
}

impl Diagnostic {
    pub(crate) fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span: Some(span),
            label: String::new(),
            related: Vec::new(),
            help: None,
            pointer: None,
        }
    }

    pub(crate) fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    #[must_use]
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub(crate) fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// The diagnostics of one run, and the sources they point into.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub sources: Sources,
    /// Whether warnings are errors: see [`crate::Options::strict`].
    pub strict: bool,
    diagnostics: Vec<Diagnostic>,
    seen: BTreeSet<(Code, Option<Span>, String)>,
}

impl Report {
    /// Adds a diagnostic, once: what many places refer to is looked at many times.
    pub(crate) fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.strict {
            diagnostic.severity = Severity::Error;
        }
        if self.seen.insert((diagnostic.code, diagnostic.span, diagnostic.message.clone())) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Drops warnings about places that nobody uses.
    pub(crate) fn forget(&mut self, is_unused: impl Fn(Span) -> bool) {
        self.diagnostics.retain(|d| d.severity != Severity::Warning || !d.span.is_some_and(&is_unused));
    }

    /// Makes errors of the warnings where [`Report::strict`] asks for it.
    pub(crate) fn enforce(&mut self) {
        if self.strict {
            self.diagnostics.iter_mut().for_each(|d| d.severity = Severity::Error);
        }
    }

    /// The edge of a stage: `Err` once there is an error.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.diagnostics.iter().any(|d| d.severity == Severity::Error) { Err(Stop) } else { Ok(()) }
    }

    /// The places whose pointers are not known yet.
    pub(crate) fn unlocated(&self) -> BTreeSet<Span> {
        self.diagnostics.iter().filter(|d| d.pointer.is_none()).filter_map(|d| d.span).collect()
    }

    /// Notes the pointers of places, which a document knows and a diagnostic does not.
    pub(crate) fn locate(&mut self, pointers: &BTreeMap<Span, String>) {
        for diagnostic in self.diagnostics.iter_mut().filter(|d| d.pointer.is_none()) {
            diagnostic.pointer = diagnostic.span.and_then(|span| pointers.get(&span).cloned());
        }
    }

    /// The diagnostics in order of position, errors and warnings together; last what has no place in the document, such as
    /// a mistake in the options, so that many warnings do not push it out of sight.
    pub(crate) fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.diagnostics.iter().collect();
        all.sort_by_key(|d| (d.span.is_none(), d.span, d.severity));
        all
    }
}

/// Generation stopped; the [`Report`] says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop;
