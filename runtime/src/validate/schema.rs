//! A compiled schema: an arena of plain tables, so that references may form cycles.

use crate::json::equal::equal;
use crate::json::node::Node;
use crate::json::number::Decimal;

use super::pattern::Pattern;

/// The place of a schema in its arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(pub(super) usize);

/// One schema object; `Schema::default()` is `true`.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// The schema `false`.
    pub(super) never: bool,
    /// How people name it: `title`, else the last segment of the reference that leads to it.
    pub(super) name: Option<Box<str>>,
    pub(super) types: Types,
    /// `enum` and `const`.
    pub(super) values: Vec<Values>,
    pub(super) number: Option<Box<NumberRules>>,
    pub(super) string: Option<Box<StringRules>>,
    pub(super) array: Option<Box<ArrayRules>>,
    pub(super) object: Option<Box<ObjectRules>>,
    /// The keywords that apply further schemas to the same value.
    pub(super) combined: Vec<Combined>,
}

/// A set of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const NONE: Self = Self(0);
    const NUMBER: u8 = 1 << 5;
    const INTEGER: u8 = 1 << 4;
    /// In the order of the bits.
    const NAMES: [&'static str; 7] = ["null", "boolean", "string", "array", "integer", "number", "object"];

    /// The set of one type.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().position(|known| *known == name).map(|bit| Self(1 << bit))
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both allow; `integer` is a part of `number`.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.widened() & other.widened())
    }

    fn widened(self) -> u8 {
        if self.0 & Self::NUMBER == 0 { self.0 } else { self.0 | Self::INTEGER }
    }

    pub(super) fn has(self, name: &str) -> bool {
        Self::named(name).is_some_and(|wanted| self.widened() & wanted.0 != 0)
    }

    pub(super) fn allow(self, node: &Node<'_>) -> bool {
        let bit = match node {
            Node::Null => 1,
            Node::Bool(_) => 1 << 1,
            Node::String(_) => 1 << 2,
            Node::Array(_) => 1 << 3,
            Node::Object(_) => 1 << 6,
            Node::Number(_) if self.0 & Self::NUMBER != 0 => Self::NUMBER,
            Node::Number(text) if self.0 & Self::INTEGER != 0 && Decimal::new(text).is_integer() => Self::INTEGER,
            Node::Number(_) => return false,
        };
        self.0 & bit != 0
    }

    /// The names, `integer` only where `number` does not say it already.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let hidden = if self.0 & Self::NUMBER == 0 { 0 } else { Self::INTEGER };
        Self::NAMES.iter().enumerate().filter(move |(bit, _)| self.0 & !hidden & (1 << bit) != 0).map(|(_, name)| *name)
    }
}

impl Default for Types {
    fn default() -> Self {
        Self(0x7f)
    }
}

/// The values of an `enum`, or the one of a `const`.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) nodes: Vec<Node<'static>>,
    /// All strings among them, sorted, where there are many.
    strings: Option<Vec<Box<str>>>,
}

impl Values {
    pub(super) fn new(nodes: Vec<Node<'static>>) -> Self {
        let strings = (nodes.len() > 8).then(|| {
            let mut strings: Vec<Box<str>> = nodes.iter().filter_map(Node::as_str).map(Box::from).collect();
            strings.sort_unstable();
            strings
        });
        Self { nodes, strings }
    }

    pub(super) fn contain(&self, node: &Node<'_>) -> bool {
        match (node, &self.strings) {
            (Node::String(text), Some(strings)) => strings.binary_search_by(|known| known.as_ref().cmp(text)).is_ok(),
            _ => self.nodes.iter().any(|known| equal(known, node)),
        }
    }

    /// What one comparison costs.
    pub(super) fn steps(&self, node: &Node<'_>) -> u64 {
        match (node, &self.strings) {
            (Node::String(_), Some(_)) => 1,
            _ => u64::try_from(self.nodes.len() / 4).unwrap_or(u64::MAX),
        }
    }
}

/// Limits keep the spelling of the schema.
#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) multiple_of: Option<Box<str>>,
    pub(super) minimum: Option<Box<str>>,
    pub(super) maximum: Option<Box<str>>,
    pub(super) exclusive_minimum: Option<Box<str>>,
    pub(super) exclusive_maximum: Option<Box<str>>,
}

#[derive(Debug, Default)]
pub(super) struct StringRules {
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
    pub(super) pattern: Option<Pattern>,
}

#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) prefix: Vec<Id>,
    pub(super) items: Option<Id>,
    pub(super) contains: Option<Contains>,
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
    pub(super) unique: bool,
}

#[derive(Debug)]
pub(super) struct Contains {
    pub(super) schema: Id,
    pub(super) min: u64,
    pub(super) max: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    /// The names in `properties` and `required`, sorted.
    pub(super) names: Vec<Named>,
    /// Without repetitions, in the order of the schema.
    pub(super) required: Vec<Box<str>>,
    pub(super) patterns: Vec<(Pattern, Id)>,
    pub(super) additional: Option<Id>,
    pub(super) property_names: Option<Id>,
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
    pub(super) dependent_required: Vec<(Box<str>, Vec<Box<str>>)>,
    pub(super) dependent_schemas: Vec<(Box<str>, Id)>,
}

#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: Box<str>,
    /// The schema in `properties`.
    pub(super) schema: Option<Id>,
    pub(super) required: bool,
}

impl ObjectRules {
    pub(super) fn named(&self, name: &str) -> Option<&Named> {
        self.names.get(self.place(name)?)
    }

    /// The place of a name in `names`.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| known.name.as_ref().cmp(name)).ok()
    }

    /// The names in `properties`.
    pub(super) fn properties(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter(|named| named.schema.is_some()).map(|named| named.name.as_ref())
    }
}

#[derive(Debug)]
pub(super) enum Combined {
    Ref(Id),
    All(Vec<Id>),
    Any(Vec<Id>),
    One(Vec<Id>),
    Not(Id),
    If { condition: Id, then: Option<Id>, otherwise: Option<Id> },
}

impl Combined {
    /// The schemas that this applies.
    pub(super) fn targets(&self) -> Vec<Id> {
        match self {
            Self::Ref(id) | Self::Not(id) => vec![*id],
            Self::All(ids) | Self::Any(ids) | Self::One(ids) => ids.clone(),
            Self::If { condition, then, otherwise } => {
                [Some(*condition), *then, *otherwise].into_iter().flatten().collect()
            }
        }
    }
}
