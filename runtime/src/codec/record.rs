//! Objects with a field for each property.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Codec, Mismatch, View};

/// A struct that [`record!`](crate::record) describes.
pub trait Record: Sized {
    /// Takes the fields out of an object.
    ///
    /// # Errors
    /// A required property is missing, or a value does not fit.
    fn take(members: &mut Members) -> Result<Self, Mismatch>;

    /// Adds the fields to the JSON form.
    fn show<'a>(&'a self, view: &mut RecordView<'a>);
}

/// The members of an object that no field took yet. A method is named after what the document says of the property.
#[derive(Debug)]
pub struct Members(Map<String, Value>);

impl Members {
    /// The record in an object.
    ///
    /// # Errors
    /// The value is no object, or one that does not fit.
    pub fn decode<T: Record>(value: Value) -> Result<T, Mismatch> {
        match value {
            Value::Object(members) => T::take(&mut Self(members)),
            other => Err(Mismatch::expected("an object", &other)),
        }
    }

    /// A property that must be there.
    ///
    /// # Errors
    /// It is not, or it does not fit.
    pub fn required<T: Codec>(&mut self, name: &'static str) -> Result<T, Mismatch> {
        match self.0.remove(name) {
            Some(value) => T::decode(value).map_err(|mismatch| mismatch.inside(name)),
            None => Err(Mismatch::new(format!("the property `{name}` is missing"))),
        }
    }

    /// A property that may be absent: `None`. Where the type has null too, that is `Some(None)`; where it does not, null
    /// counts as absent, because answers of real servers say it.
    ///
    /// # Errors
    /// It does not fit.
    pub fn optional<T: Codec>(&mut self, name: &'static str) -> Result<Option<T>, Mismatch> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(T::decode(Value::Null).ok()),
            Some(value) => T::decode(value).map(Some).map_err(|mismatch| mismatch.inside(name)),
        }
    }

    /// A property that has a value where it is absent.
    ///
    /// # Errors
    /// It does not fit.
    pub fn default<T: Codec>(&mut self, name: &'static str, absent: fn() -> T) -> Result<T, Mismatch> {
        match self.0.remove(name) {
            Some(value) => T::decode(value).map_err(|mismatch| mismatch.inside(name)),
            None => Ok(absent()),
        }
    }

    /// Every property that has no field; `name` is not used.
    ///
    /// # Errors
    /// One does not fit.
    pub fn rest<T: Codec>(&mut self, _name: &'static str) -> Result<BTreeMap<String, T>, Mismatch> {
        Codec::decode(Value::Object(std::mem::take(&mut self.0)))
    }
}

/// The JSON form of a record, member by member; the methods are those of [`Members`].
#[derive(Debug)]
pub struct RecordView<'a>(Vec<(&'a str, View<'a>)>);

impl<'a> RecordView<'a> {
    /// The JSON form of a record.
    pub fn of<T: Record>(record: &'a T) -> View<'a> {
        let mut view = Self(Vec::new());
        record.show(&mut view);
        View::Object(view.0)
    }

    /// A property that is always there.
    pub fn required<T: Codec>(&mut self, name: &'static str, value: &'a T) {
        self.0.push((name, value.view()));
    }

    /// A property that is left out where it is `None`.
    pub fn optional<T: Codec>(&mut self, name: &'static str, value: &'a Option<T>) {
        if let Some(value) = value {
            self.required(name, value);
        }
    }

    /// A property that is always there.
    pub fn default<T: Codec>(&mut self, name: &'static str, value: &'a T) {
        self.required(name, value);
    }

    /// Every property that has no field.
    pub fn rest<T: Codec>(&mut self, _name: &'static str, rest: &'a BTreeMap<String, T>) {
        self.0.extend(rest.iter().map(|(name, value)| (name.as_str(), value.view())));
    }
}
