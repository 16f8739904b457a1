//! What a person left out is nobody's worry: warnings about operations that are not offered, and about schemas that only
//! they need, are not reported.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::Report;
use crate::load::{self, Document};
use crate::model::{ErrorSource, Output, Schema, Server, Tool};
use crate::rust::references;
use crate::source::Span;

/// What a document offers before anything is chosen.
pub(crate) struct Offered {
    operations: BTreeSet<Span>,
}

impl Offered {
    pub(crate) fn by(server: &Server) -> Self {
        Self { operations: server.tools.iter().map(|tool| tool.span).collect() }
    }

    /// Forgets the warnings about what the plan left out.
    pub(crate) fn forget_unused(self, server: &Server, document: &Document, report: &mut Report) {
        let kept: BTreeSet<Span> = server.everything().map(|tool| tool.span).collect();
        let mut unused: BTreeSet<Span> = self.operations.difference(&kept).copied().collect();
        if unused.is_empty() {
            return;
        }
        let needed = needed(server);
        let mut used = kept;
        for (at, schema) in server.schemas.values().enumerate() {
            if needed.contains(&at) {
                used.insert(schema.span)
            } else {
                unused.insert(schema.span)
            };
        }
        let ranges = load::ranges(document, used.union(&unused).copied().collect());
        let of = |spans: &BTreeSet<Span>| -> Vec<Span> {
            spans.iter().filter_map(|span| ranges.get(span)).copied().collect()
        };
        let (used, unused) = (of(&used), of(&unused));
        let is_in = |span: Span, ranges: &[Span]| {
            ranges.iter().any(|range| range.file == span.file && range.start <= span.start && span.end <= range.end)
        };
        // The key of an operation stands before its value.
        report.forget(|span| self.is_left_out(span, server) || is_in(span, &unused) && !is_in(span, &used));
    }

    fn is_left_out(&self, span: Span, server: &Server) -> bool {
        self.operations.contains(&span) && !server.everything().any(|tool| tool.span == span)
    }
}

/// The definitions that the tools and templates of a server need, by their index.
fn needed(server: &Server) -> BTreeSet<usize> {
    let of_templates = server.templates.iter().map(|template| &template.variables);
    let mut open: Vec<&Value> =
        server.everything().flat_map(schemas).chain(of_templates).map(|schema| &schema.value).collect();
    let mut needed = BTreeSet::new();
    while let Some(value) = open.pop() {
        for at in references(value, server) {
            if needed.insert(at) {
                open.extend(server.schemas.get_index(at).map(|(_, schema)| &schema.value));
            }
        }
    }
    needed
}

fn schemas(tool: &Tool) -> Vec<&Schema> {
    let output = match &tool.output {
        Output::Strict { schema, .. }
        | Output::Lenient { schema: Some(schema), .. }
        | Output::Off { schema: Some(schema), .. } => Some(schema),
        Output::Lenient { .. } | Output::Off { .. } | Output::Empty | Output::Content => None,
    };
    let errors = tool.errors.iter().filter_map(|error| match &error.source {
        ErrorSource::Response { body, .. } => body.as_ref(),
        _ => None,
    });
    std::iter::once(&tool.input).chain(output).chain(&tool.answers).chain(errors).collect()
}
