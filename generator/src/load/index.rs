//! Where each part of a document stands.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::FILES_KEY;
use crate::source::Span;

/// From JSON pointers (RFC 6901) to places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    root: Place,
}

/// The place of one value, and of the values inside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// The value.
    pub value: Span,
    /// The key before it, in an object.
    pub key: Option<Span>,
    pub children: Children,
}

/// The places inside a value.
#[derive(Clone, Debug, Default)]
pub(crate) enum Children {
    #[default]
    None,
    Items(Vec<Place>),
    Fields(IndexMap<Box<str>, Place>),
}

impl Place {
    pub(super) fn child(&self, token: &str) -> Option<&Self> {
        match &self.children {
            Children::None => None,
            Children::Items(items) => items.get(token.parse::<usize>().ok()?),
            Children::Fields(fields) => fields.get(token),
        }
    }
}

impl Index {
    pub(crate) fn new(root: Place) -> Self {
        Self { root }
    }

    /// The place of a value; where the pointer leads further than the document, that of the last value on its way.
    pub(crate) fn span(&self, pointer: &str) -> Span {
        self.nearest(pointer).value
    }

    /// The place of the key of a value; of the value itself where it has none, as the items of an array.
    pub(crate) fn key_span(&self, pointer: &str) -> Span {
        let place = self.nearest(pointer);
        place.key.unwrap_or(place.value)
    }

    fn nearest(&self, pointer: &str) -> &Place {
        let mut place = &self.root;
        for token in tokens(pointer) {
            match place.child(&token) {
                Some(child) => place = child,
                None => break,
            }
        }
        place
    }

    /// The pointers of places, each in the file in which it stands; what is found is no longer wanted. Where an object
    /// and its part have one place, it is the object that is found.
    pub(super) fn find(&self, wanted: &mut BTreeSet<Span>, found: &mut BTreeMap<Span, String>) {
        visit(&self.root, &mut Vec::new(), wanted, found);
    }

    /// The ranges of values, each by the place of its key; what is found is no longer wanted.
    pub(super) fn ranges(&self, wanted: &mut BTreeSet<Span>) -> Vec<(Span, Span)> {
        let (mut open, mut found) = (vec![&self.root], Vec::new());
        while let Some(place) = open.pop() {
            let key = place.key.unwrap_or(place.value);
            if wanted.remove(&key) {
                found.push((key, place.value));
            }
            match &place.children {
                Children::None => {}
                Children::Items(items) => open.extend(items),
                Children::Fields(fields) => open.extend(fields.values()),
            }
        }
        found
    }

    /// The places themselves, for a transformation of the document; the index is empty afterwards.
    pub(super) fn take(&mut self) -> Place {
        std::mem::take(&mut self.root)
    }

    /// Adds a field to the root object: how other files join the document.
    pub(crate) fn graft(&mut self, key: &str, place: Place) {
        if let Children::Fields(fields) = &mut self.root.children {
            fields.insert(key.into(), place);
        }
    }
}

/// One step of a way through a document.
enum Step<'a> {
    Field(&'a str),
    Item(usize),
}

fn visit<'a>(
    place: &'a Place,
    way: &mut Vec<Step<'a>>,
    wanted: &mut BTreeSet<Span>,
    found: &mut BTreeMap<Span, String>,
) {
    for span in [place.key, Some(place.value)].into_iter().flatten() {
        if wanted.remove(&span) {
            found.insert(span, written(way));
        }
    }
    match &place.children {
        _ if wanted.is_empty() => {}
        Children::None => {}
        Children::Items(items) => {
            for (at, item) in items.iter().enumerate() {
                way.push(Step::Item(at));
                visit(item, way, wanted, found);
                way.pop();
            }
        }
        Children::Fields(fields) => {
            for (name, field) in fields {
                way.push(Step::Field(name));
                visit(field, way, wanted, found);
                way.pop();
            }
        }
    }
}

/// A way as a pointer: in another file, it begins there.
fn written(way: &[Step<'_>]) -> String {
    let way = match way {
        [Step::Field(key), _, rest @ ..] if *key == FILES_KEY => rest,
        way => way,
    };
    way.iter().fold(String::new(), |pointer, step| match step {
        Step::Field(name) => join(&pointer, name),
        Step::Item(at) => join(&pointer, &at.to_string()),
    })
}

/// The reference tokens of a JSON pointer, unescaped.
pub(crate) fn tokens(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer
        .split('/')
        .skip(1)
        .map(|token| if token.contains('~') { token.replace("~1", "/").replace("~0", "~") } else { token.to_owned() })
}

/// A reference token, escaped.
pub(crate) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a child.
pub(crate) fn join(pointer: &str, token: &str) -> String {
    let mut joined = String::with_capacity(pointer.len() + 1 + token.len());
    joined.push_str(pointer);
    push(&mut joined, token);
    joined
}

/// Makes a pointer that of a child.
pub(crate) fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    if token.contains(['~', '/']) {
        pointer.push_str(&escape(token));
    } else {
        pointer.push_str(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32) -> Span {
        Span { file: 0, start, end: start + 1 }
    }

    #[test]
    fn falls_back_to_the_nearest_ancestor() {
        let inner = Place { value: span(20), key: Some(span(10)), children: Children::Items(vec![]) };
        let mut fields = IndexMap::new();
        fields.insert("/a~b".into(), inner);
        let index = Index::new(Place { value: span(0), key: None, children: Children::Fields(fields) });
        assert_eq!(join("", "/a~b"), "/~1a~0b");
        assert_eq!(index.span("/~1a~0b"), span(20));
        assert_eq!(index.key_span("/~1a~0b"), span(10));
        assert_eq!(index.span("/~1a~0b/7/x"), span(20));
        assert_eq!(index.span("/nothing"), span(0));
        assert_eq!(index.key_span(""), span(0));
    }
}
