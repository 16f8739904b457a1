//! A part of a document together with the places of its parts: what a transformation moves about, so that every
//! diagnostic still names the line that a person wrote.

use serde_json::{Map, Value};

use super::index::{Children, Place, tokens};
use crate::source::Span;

/// A value and its places. What was made and not read stands where it was made from.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub value: Value,
    pub place: Place,
}

impl Node {
    /// A value that stands nowhere: its place is that of what it was made from.
    pub(super) fn made(value: Value, at: &Place) -> Self {
        Self { value, place: bare(at) }
    }

    /// An empty object, to be filled with [`Self::put`].
    pub(super) fn object(at: &Place) -> Self {
        let place = Place { children: Children::Fields(indexmap::IndexMap::new()), ..bare(at) };
        Self { value: Value::Object(Map::new()), place }
    }

    /// An array of nodes.
    pub(super) fn array(items: Vec<Self>, at: &Place) -> Self {
        let (values, places) = items.into_iter().map(|item| (item.value, item.place)).unzip();
        Self { value: Value::Array(values), place: Place { children: Children::Items(places), ..bare(at) } }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.value.get(key)?.as_str()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|value| !value.is_null())
    }

    /// Changes what stands at a JSON pointer; `None` where nothing does.
    pub(super) fn change<T>(&mut self, pointer: &str, change: impl FnOnce(&mut Value, &mut Place) -> T) -> Option<T> {
        let value = self.value.pointer_mut(pointer)?;
        let mut place = &mut self.place;
        for token in tokens(pointer) {
            place = match &mut place.children {
                Children::Fields(fields) => fields.get_mut(token.as_str()),
                Children::Items(items) => items.get_mut(token.parse::<usize>().ok()?),
                Children::None => None,
            }?;
        }
        Some(change(value, place))
    }

    /// Takes one field or item out; whether it was there.
    pub(super) fn remove(&mut self, pointer: &str) -> bool {
        let Some((parent, token)) = pointer.rsplit_once('/') else { return false };
        let token = token.replace("~1", "/").replace("~0", "~");
        let take = |value: &mut Value, place: &mut Place| match value {
            Value::Object(fields) => {
                if let Children::Fields(places) = &mut place.children {
                    places.shift_remove(token.as_str());
                }
                fields.shift_remove(&token).is_some()
            }
            Value::Array(items) => match token.parse::<usize>() {
                Ok(at) if at < items.len() => {
                    items.remove(at);
                    match &mut place.children {
                        Children::Items(places) if at < places.len() => drop(places.remove(at)),
                        _ => {}
                    }
                    true
                }
                _ => false,
            },
            _ => false,
        };
        self.change(parent, take).unwrap_or(false)
    }

    /// A copy of one field or item.
    pub(super) fn child(&self, token: &str) -> Option<Self> {
        let value = match &self.value {
            Value::Object(fields) => fields.get(token),
            Value::Array(items) => items.get(token.parse::<usize>().ok()?),
            _ => None,
        }?;
        let place = self.place.child(token).cloned().unwrap_or_else(|| bare(&self.place));
        Some(Self { value: value.clone(), place })
    }

    /// A copy of what stands at a JSON pointer (RFC 6901).
    pub(super) fn at(&self, pointer: &str) -> Option<Self> {
        let value = self.value.pointer(pointer)?.clone();
        let mut place = &self.place;
        for token in tokens(pointer) {
            match place.child(&token) {
                Some(child) => place = child,
                None => return Some(Self { value, place: bare(place) }),
            }
        }
        Some(Self { value, place: place.clone() })
    }

    /// The fields of an object; nothing for anything else.
    pub(super) fn into_fields(self) -> Vec<(String, Self)> {
        let Self { value: Value::Object(fields), place } = self else { return Vec::new() };
        let here = bare(&place);
        let mut places = match place.children {
            Children::Fields(places) => places,
            _ => indexmap::IndexMap::new(),
        };
        let mut take = |key: &str| places.get_mut(key).map(std::mem::take).unwrap_or_else(|| here.clone());
        fields
            .into_iter()
            .map(|(key, value)| {
                let place = take(&key);
                (key, Self { value, place })
            })
            .collect()
    }

    /// The items of an array; nothing for anything else.
    pub(super) fn into_items(self) -> Vec<Self> {
        let Self { value: Value::Array(items), place } = self else { return Vec::new() };
        let here = bare(&place);
        let mut places = match place.children {
            Children::Items(places) => places.into_iter(),
            _ => Vec::new().into_iter(),
        };
        items.into_iter().map(|value| Self { value, place: places.next().unwrap_or_else(|| here.clone()) }).collect()
    }

    /// Sets a field of an object.
    pub(super) fn put(&mut self, key: &str, node: Self) {
        if let (Value::Object(fields), Children::Fields(places)) = (&mut self.value, &mut self.place.children) {
            fields.insert(key.to_owned(), node.value);
            places.insert(key.into(), node.place);
        }
    }

    /// Sets a field of an object to a value that was made.
    pub(super) fn put_made(&mut self, key: &str, value: Value) {
        let node = Self::made(value, &self.place);
        self.put(key, node);
    }
}

/// Merges an update into a value and its place. Overlay Specification 1.1.0, "Action Object": objects field by field,
/// arrays are concatenated, a primitive value takes the place of another; an array that an action selects also gets an
/// object or a primitive as one more item.
///
/// # Errors
/// The place in the update of a value that does not go together with what is there.
pub(super) fn merge(value: &mut Value, place: &mut Place, update: Node, selected: bool) -> Result<(), Span> {
    match (&mut *value, &mut place.children) {
        (Value::Object(fields), Children::Fields(places)) if update.value.is_object() => {
            for (key, node) in update.into_fields() {
                match (fields.get_mut(&key), places.get_mut(key.as_str())) {
                    (Some(value), Some(place)) => merge(value, place, node, false)?,
                    _ => {
                        places.insert(key.as_str().into(), node.place);
                        fields.insert(key, node.value);
                    }
                }
            }
            Ok(())
        }
        (Value::Array(items), Children::Items(places)) if update.value.is_array() || selected => {
            let added = if update.value.is_array() { update.into_items() } else { vec![update] };
            for node in added {
                items.push(node.value);
                places.push(node.place);
            }
            Ok(())
        }
        (Value::Object(_) | Value::Array(_), _) => Err(update.place.value),
        // What has no value yet, such as `tags:` in YAML, takes any.
        (there, _) if there.is_null() || !(update.value.is_object() || update.value.is_array()) => {
            *value = update.value;
            *place = Place { key: place.key, ..update.place };
            Ok(())
        }
        _ => Err(update.place.value),
    }
}

fn bare(place: &Place) -> Place {
    Place { value: place.value, key: place.key, children: Children::None }
}
