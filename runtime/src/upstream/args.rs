//! A borrowed view of the arguments: one level of JSON at a time, numbers and nested values in their own spelling.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind};
use crate::json::RawJson;

/// One JSON value, its children still as text.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// `null`
    Null,
    /// `true` or `false`, a number as it is spelled, or a string.
    Scalar(String),
    /// An array.
    Array(Vec<&'a RawValue>),
    /// An object, in the order of the text.
    Object(Vec<(String, &'a RawValue)>),
}

impl<'a> Node<'a> {
    /// Reads one level.
    ///
    /// # Errors
    /// The parser's error: a lone surrogate in a string, the same key twice in an object.
    pub(crate) fn read(raw: &'a RawValue) -> Result<Self, serde_json::Error> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b'"') => Self::Scalar(serde_json::from_str(text)?),
            Some(b'[') => Self::Array(serde_json::from_str(text)?),
            Some(b'{') => Self::Object(serde_json::from_str::<Members<'_>>(text)?.0),
            _ => Self::Scalar(text.to_owned()),
        })
    }
}

/// The arguments of a call, by name.
#[derive(Debug)]
pub(crate) struct Arguments<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Arguments<'a> {
    /// Reads the top level.
    ///
    /// # Errors
    /// `InvalidInput`, where this is no object or names an argument twice.
    pub(crate) fn read(raw: &'a RawJson) -> Result<Self, Error> {
        serde_json::from_str::<Members<'_>>(raw.as_str())
            .map(|members| Self(members.0))
            .map_err(|error| Error::new(ErrorKind::InvalidInput, format!("The arguments cannot be read: {error}")))
    }

    /// The argument; `None` where it is absent, which is not the same as `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

/// Members of an object, whose keys are compared one by one.
const FEW: usize = 16;

/// The members of an object. A key that comes twice is an error: whoever checked the arguments may have read the other
/// one.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Self::Value = Vec::new();
                // A look at each of a few is quicker than a table of them.
                let mut seen = std::collections::HashSet::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    let twice = if members.len() < FEW {
                        members.iter().any(|(known, _)| *known == key)
                    } else {
                        if seen.is_empty() {
                            seen.extend(members.iter().map(|(known, _)| known.clone()));
                        }
                        !seen.insert(key.clone())
                    };
                    if twice {
                        return Err(A::Error::custom(format_args!("the key {key:?} comes twice")));
                    }
                    members.push((key, value));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Collect).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_keep_their_spelling() {
        for text in ["1e2", "1.0", "-0", "123456789012345678901234567890", "0.10", "true"] {
            assert!(matches!(Node::read(raw(text)).unwrap(), Node::Scalar(value) if value == text), "{text}");
        }
    }

    #[test]
    fn strings_are_decoded_and_order_is_kept() {
        assert!(matches!(Node::read(raw(r#""a\u00e9\n""#)).unwrap(), Node::Scalar(value) if value == "aé\n"));
        let Node::Object(members) = Node::read(raw(r#"{"b":1.0,"a":[ 2 ]}"#)).unwrap() else { panic!() };
        let members: Vec<_> = members.iter().map(|(key, value)| (key.as_str(), value.get())).collect();
        assert_eq!(members, [("b", "1.0"), ("a", "[ 2 ]")]);
    }

    #[test]
    fn absent_and_null_are_two_things() {
        let json = RawJson::parse(r#"{"a":null}"#).unwrap();
        let arguments = Arguments::read(&json).unwrap();
        assert_eq!(arguments.get("a").map(RawValue::get), Some("null"));
        assert!(arguments.get("b").is_none());
    }

    #[test]
    fn a_key_twice_a_lone_surrogate_and_a_non_object_are_errors() {
        assert!(Node::read(raw(r#"{"a":1,"\u0061":2}"#)).is_err());
        assert!(Node::read(raw(r#""\ud800""#)).is_err());
        let many: Vec<String> = (0..3 * FEW).map(|index| format!(r#""k{index}":1"#)).collect();
        assert!(Arguments::read(&RawJson::parse(&format!("{{{}}}", many.join(","))).unwrap()).is_ok());
        for twice in [0, FEW - 1, FEW, 2 * FEW] {
            let json = RawJson::parse(&format!(r#"{{{},"k{twice}":1}}"#, many.join(","))).unwrap();
            assert!(Arguments::read(&json).is_err(), "{twice}");
        }
        for text in [r#"{"a":1,"a":2}"#, "[]", "null"] {
            assert!(Arguments::read(&RawJson::parse(text).unwrap()).is_err(), "{text}");
        }
    }
}
