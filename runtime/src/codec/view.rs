//! The JSON form of a typed value, borrowed from it.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

/// A JSON value that borrows its texts; members keep their order.
#[derive(Clone, Debug)]
pub enum View<'a> {
    /// `null`
    Null,
    /// `true` and `false`
    Bool(bool),
    /// An integer.
    I64(i64),
    /// An integer.
    U64(u64),
    /// A number that is no integer, or beyond the integers that `f64` tells apart. Not finite: `null`.
    F64(f64),
    /// A string.
    Text(&'a str),
    /// An array.
    Array(Vec<View<'a>>),
    /// An object.
    Object(Vec<(&'a str, View<'a>)>),
    /// Untyped JSON.
    Json(&'a Value),
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::I64(value) => serializer.serialize_i64(*value),
            Self::U64(value) => serializer.serialize_u64(*value),
            Self::F64(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::F64(_) => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| sequence.serialize_element(item))?;
                sequence.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
            Self::Json(value) => value.serialize(serializer),
        }
    }
}

impl View<'_> {
    /// How much of a JSON value this form of it lacks: 0 where the two are equal, else how many members, items and
    /// scalars of `value` are missing or different. Numbers are compared by value.
    pub(crate) fn lost(&self, value: &Value) -> usize {
        match (self, value) {
            (Self::Json(own), value) => usize::from(*own != value),
            (Self::Null, Value::Null) => 0,
            (Self::Bool(own), Value::Bool(value)) => usize::from(own != value),
            (Self::Text(own), Value::String(value)) => usize::from(own != value),
            (Self::I64(_) | Self::U64(_) | Self::F64(_), Value::Number(value)) => usize::from(!self.is_number(value)),
            (Self::Array(own), Value::Array(values)) => {
                own.len().abs_diff(values.len())
                    + own.iter().zip(values).map(|(own, value)| own.lost(value)).sum::<usize>()
            }
            (Self::Object(own), Value::Object(members)) => {
                let found = |name: &str| own.iter().find(|(known, _)| *known == name);
                let lost = |(name, value): (&String, &Value)| found(name).map_or(1, |(_, own)| own.lost(value));
                members.iter().map(lost).sum::<usize>()
            }
            _ => 1,
        }
    }

    fn is_number(&self, value: &serde_json::Number) -> bool {
        match self {
            Self::I64(own) => value.as_i64() == Some(*own) || value.as_f64() == Some(*own as f64) && value.is_f64(),
            Self::U64(own) => value.as_u64() == Some(*own) || value.as_f64() == Some(*own as f64) && value.is_f64(),
            Self::F64(own) => value.as_f64() == Some(*own),
            _ => false,
        }
    }
}

#[cfg(test)]
impl View<'_> {
    pub(crate) fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap()
    }
}
