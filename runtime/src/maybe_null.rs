//! Absent, null and value apart: `#[serde(default, skip_serializing_if = "Option::is_none", with = "maybe_null")]` on
//! an `Option<Option<T>>`. `None` is absent, `Some(None)` is null.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes the value, or null. An absent field is left out by `skip_serializing_if`; without it, it is null.
///
/// # Errors
/// The serialiser's.
pub fn serialize<T: Serialize, S: Serializer>(value: &Option<Option<T>>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(Some(value)) => serializer.serialize_some(value),
        Some(None) | None => serializer.serialize_none(),
    }
}

/// Reads a field that is present: null is `Some(None)`. An absent field never comes here; `default` makes it `None`.
///
/// # Errors
/// The deserialiser's.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Patch {
        #[serde(default, skip_serializing_if = "Option::is_none", with = "super")]
        tag: Option<Option<String>>,
    }

    #[test]
    fn absent_null_and_value_stay_apart_both_ways() {
        for (json, tag) in [
            ("{}", None),
            (r#"{"tag":null}"#, Some(None)),
            (r#"{"tag":""}"#, Some(Some(String::new()))),
            (r#"{"tag":"x"}"#, Some(Some("x".to_owned()))),
        ] {
            let patch = Patch { tag };
            assert_eq!(serde_json::from_str::<Patch>(json).unwrap(), patch, "{json}");
            assert_eq!(serde_json::to_string(&patch).unwrap(), json);
        }
    }

    #[test]
    fn a_wrong_type_is_refused() {
        assert!(serde_json::from_str::<Patch>(r#"{"tag":5}"#).is_err());
    }
}
