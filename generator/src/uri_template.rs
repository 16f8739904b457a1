//! URI templates (RFC 6570) of resources: parsing, and which of two templates reads a URI that both match.
//!
//! | expression | matches | |
//! |---|---|---|
//! | `{var}` | one or more characters without `/`, `?`, `#` | RFC 6570 §3.2.2 |
//! | `{+var}` | the rest of the path, slashes included; the last of the path | §3.2.3 |
//! | `{/var}` | `/` and a segment, or nothing at all; only at the end of the path | §3.2.6 |
//! | `{?a,b*}` | any subset of `a=…&b=…` in any order; `*` repeats the name for each item | §3.2.8 |
//! | `{&a}` | the same after `?name=value` or `{?…}` | §3.2.9 |
//!
//! Refused, because a URI cannot be taken apart again, or not in one way: `{#var}` (a fragment does not reach a server),
//! `{.var}` and `{;var}` (a value may contain the separator), prefixes (`{var:3}`: the rest of the value is lost), several
//! variables in a path expression, a list (`*`) in a path, and two expressions side by side.
//!
//! # Which template reads a URI
//!
//! A concrete resource comes before every template. Of two templates that match the same URI, the more specific one reads
//! it: the one whose every URI the other one matches too. So a literal comes before a variable, segment by segment
//! (`a://x/{id}` before `a://{kind}/{id}`), more literal text in a segment before less (`{name}.json` before `{name}`), a
//! variable before the rest of the path (`{id}` before `{+path}`), and more fixed query parameters before fewer. Where
//! neither is more specific (`a://x/{id}` and `a://{kind}/y`), the pair is [`Overlap::Ambiguous`]. The runtime tries
//! templates in an order that agrees with this: by segments from the left, (literal, mixed, variable, rest), then more
//! literal characters.

mod overlap;
mod parse;

pub(crate) use overlap::{Ambiguity, Overlap, ambiguity};

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UriTemplate {
    /// As it was written.
    text: String,
    /// Scheme, authority and path.
    path: Vec<Part>,
    /// `?name=value` pairs that must be there.
    fixed: Vec<(String, String)>,
    /// Query variables.
    query: Vec<Variable>,
}

/// A part of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// `{var}`
    Simple(String),
    /// `{+var}`
    Rest(String),
    /// `{/var}`
    Segment(String),
}

/// A variable and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub name: String,
    pub place: Place,
}

/// Where a variable stands, and so what it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `{var}`, `{+var}`: always present, one value.
    Path,
    /// `{/var}`: absent or one value.
    Segment,
    /// `{?var}`: absent or one value; a list is written with commas.
    Query,
    /// `{?var*}`: absent, or the name once for each item.
    Exploded,
}

/// What is wrong with a template, and where: bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub offset: usize,
    pub length: usize,
    pub message: String,
    pub help: Option<String>,
}

impl UriTemplate {
    /// Parses a template; a concrete URI is a template without variables.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        parse::parse(text)
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables, in order.
    pub(crate) fn variables(&self) -> Vec<Variable> {
        let in_path = self.path.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Simple(name) | Part::Rest(name) => Some(Variable { name: name.clone(), place: Place::Path }),
            Part::Segment(name) => Some(Variable { name: name.clone(), place: Place::Segment }),
        });
        in_path.chain(self.query.iter().cloned()).collect()
    }

    /// Whether it has no variables.
    pub(crate) fn is_concrete(&self) -> bool {
        self.query.is_empty() && self.path.iter().all(|part| matches!(part, Part::Literal(_)))
    }
}
