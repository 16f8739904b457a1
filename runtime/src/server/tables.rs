//! The tables of a server, indexed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::handler::{Completer, Handler};
#[cfg(feature = "upstream")]
use super::searched::Searched;
use crate::def::{AnswerDef, Completion, PromptDef, ResourceDef, ServerDef, TemplateDef, ToolDef};
use crate::error::Error;
use crate::json::node;
use crate::uri_template::UriTemplate;
use crate::validate::Validator;

/// Everything that a server offers.
pub(super) struct Tables {
    pub(super) def: &'static ServerDef,
    pub(super) tools: Table<Tool>,
    pub(super) resources: Table<Resource>,
    pub(super) templates: Table<Template>,
    pub(super) prompts: Table<Prompt>,
    pub(super) completers: HashMap<&'static str, Arc<dyn Completer>>,
    /// What `tools` does not list.
    #[cfg(feature = "upstream")]
    pub(super) searched: Option<Searched>,
    /// Templates by specificity, the most specific first.
    pub(super) by_specificity: Vec<usize>,
    pub(super) problems: Vec<String>,
    /// What the server lacks to do all that it offers.
    pub(super) missing: Option<String>,
}

/// Rows in the order of registration, found by their key.
pub(super) struct Table<T> {
    rows: Vec<T>,
    index: HashMap<&'static str, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), index: HashMap::new() }
    }
}

impl<T> Table<T> {
    /// Makes room: many tables are long, and none grows later.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.rows.reserve_exact(rows);
        self.index.reserve(rows);
    }

    /// Adds a row, in the place of an earlier one with this key.
    pub(super) fn insert(&mut self, key: &'static str, row: T) {
        match self.index.get(key).and_then(|at| self.rows.get_mut(*at)) {
            Some(earlier) => *earlier = row,
            None => {
                self.index.insert(key, self.rows.len());
                self.rows.push(row);
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(*self.index.get(key)?)
    }

    pub(super) fn at(&self, place: usize) -> Option<&T> {
        self.rows.get(place)
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }
}

pub(super) struct Tool {
    pub(super) def: &'static ToolDef,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) input: Schema,
    pub(super) output: Option<Schema>,
    /// What answers are looked after by.
    pub(super) answer: Option<Answers>,
}

pub(super) struct Resource {
    pub(super) def: &'static ResourceDef,
    pub(super) handler: Arc<dyn Handler>,
}

pub(super) struct Template {
    pub(super) def: &'static TemplateDef,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) uri: UriTemplate,
    pub(super) input: Schema,
}

pub(super) struct Prompt {
    pub(super) def: &'static PromptDef,
    pub(super) handler: Option<Arc<dyn Handler>>,
}

/// An advertised schema and its validator, compiled by the first call and not at start-up.
pub(super) struct Schema {
    text: &'static str,
    validator: OnceLock<Result<Validator, Error>>,
}

impl Schema {
    pub(super) fn new(text: &'static str) -> Self {
        Self { text, validator: OnceLock::new() }
    }

    /// # Errors
    /// The schema cannot be compiled: a defect of the generator or of a hand-written tool.
    pub(super) fn validator(&self) -> Result<&Validator, Error> {
        self.validator.get_or_init(|| Validator::compile(self.text)).as_ref().map_err(Clone::clone)
    }
}

/// What the document says of answers, compiled by the first of them.
pub(super) struct Answers {
    def: AnswerDef,
    validator: OnceLock<Option<Validator>>,
}

impl Answers {
    pub(super) fn new(def: AnswerDef) -> Self {
        Self { def, validator: OnceLock::new() }
    }

    /// `None`: the schema uses keywords that nothing here checks. An answer is none the worse for that.
    pub(super) fn validator(&self) -> Option<&Validator> {
        self.validator.get_or_init(|| Validator::compile(&whole(self.def)).ok()).as_ref()
    }
}

/// The schema with the definitions that it needs: a large document has more of them than one tool ever asks for.
fn whole(def: AnswerDef) -> String {
    let mut needed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = vec![def.schema];
    while let Some(schema) = open.pop() {
        // Names are those of components, which have nothing to escape; a text that only looks like a reference costs a
        // definition too many.
        for (_, rest) in schema.match_indices("#/$defs/").map(|(at, prefix)| schema.split_at(at + prefix.len())) {
            let name = rest.split('"').next().unwrap_or_default();
            let found = def.defs.binary_search_by_key(&name, |(name, _)| name).ok().and_then(|at| def.defs.get(at));
            if let Some((name, schema)) = found
                && needed.insert(name, schema).is_none()
            {
                open.push(schema);
            }
        }
    }
    let schema = def.schema.trim();
    let (Some(members), false) = (schema.strip_prefix('{'), needed.is_empty()) else { return schema.to_owned() };
    let mut out = String::from(r#"{"$defs":{"#);
    for (name, schema) in needed {
        if !out.ends_with('{') {
            out.push(',');
        }
        node::quote(name, &mut out);
        out.push(':');
        out.push_str(schema);
    }
    out.push('}');
    out.push_str(if members.trim_start().starts_with('}') { "" } else { "," });
    out.push_str(members);
    out
}

impl Tables {
    pub(super) fn new(def: &'static ServerDef) -> Self {
        Self {
            def,
            tools: Table::default(),
            resources: Table::default(),
            templates: Table::default(),
            prompts: Table::default(),
            completers: HashMap::new(),
            #[cfg(feature = "upstream")]
            searched: None,
            by_specificity: Vec::new(),
            problems: Vec::new(),
            missing: None,
        }
    }

    /// Orders the templates and looks for completions without a handler.
    pub(super) fn finish(&mut self) {
        let mut order: Vec<_> = self.templates.iter().enumerate().collect();
        order.sort_by_key(|(_, template)| Reverse(template.uri.specificity()));
        let order = order.into_iter().map(|(place, _)| place).collect();
        self.by_specificity = order;

        let missing: Vec<_> = self
            .completions()
            .filter_map(|(owner, completion)| match completion {
                Completion::Handler(name) if !self.completers.contains_key(name) => {
                    Some(format!("{owner:?} names the completion handler {name:?}, which is not registered"))
                }
                _ => None,
            })
            .collect();
        self.problems.extend(missing);
    }

    pub(super) fn has_completions(&self) -> bool {
        self.completions().any(|(_, completion)| !matches!(completion, Completion::None))
    }

    fn completions(&self) -> impl Iterator<Item = (&'static str, Completion)> {
        let templates = self
            .templates
            .iter()
            .flat_map(|row| row.def.completions.iter().map(|(_, completion)| (row.def.uri_template, *completion)));
        let prompts = self
            .prompts
            .iter()
            .flat_map(|row| row.def.arguments.iter().map(|argument| (row.def.name, argument.completion)));
        templates.chain(prompts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_brings_the_definitions_that_it_needs_and_no_others() {
        let defs: &[(&str, &str)] = &[
            ("A", r##"{"properties":{"b":{"$ref":"#/$defs/B"}}}"##),
            ("B", r##"{"anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}]}"##),
            ("C", "true"),
        ];
        let whole = |schema| whole(AnswerDef { schema, defs });
        assert_eq!(whole(r#"{"type":"array"}"#), r#"{"type":"array"}"#);
        assert_eq!(whole(r##"{"$ref":"#/$defs/C"}"##), r##"{"$defs":{"C":true},"$ref":"#/$defs/C"}"##);
        let both = whole(r##"{"items":{"$ref":"#/$defs/A"}}"##);
        assert!(both.starts_with(&format!(r#"{{"$defs":{{"A":{},"B":{}}},"items""#, defs[0].1, defs[1].1)), "{both}");
        assert!(Validator::compile(&both).is_ok());
    }
}
