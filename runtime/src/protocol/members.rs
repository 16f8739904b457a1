//! Objects of which some members are looked for.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::scan;

use super::message::{DEPTH_CAP, Raw};

/// The members that are looked for. One that is present keeps its JSON text, `null` included.
pub(super) trait Members<'a>: Default {
    /// The place of the member of this name; `None`: nobody asks for it.
    fn place(&mut self, name: &str) -> Option<&mut Option<Raw<'a>>>;
}

/// Declares a struct with a field for each member, and says what the members are called.
macro_rules! members {
    ($(#[$attribute:meta])* $type:ident { $($field:ident = $name:literal),* $(,)? }) => {
        $(#[$attribute])*
        #[derive(Debug, Default)]
        pub(crate) struct $type<'a> {
            $(pub(super) $field: Option<$crate::protocol::message::Raw<'a>>),*
        }

        impl<'a> $crate::protocol::members::Members<'a> for $type<'a> {
            fn place(&mut self, name: &str) -> Option<&mut Option<$crate::protocol::message::Raw<'a>>> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}
pub(super) use members;

/// Reads an object.
///
/// # Errors
/// It is no object (`is_data`), no JSON, or has one of the members twice (`is_data`): two parsers would read that
/// differently.
pub(super) fn read<'a, T: Members<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    scanned(text).map_or_else(|| parsed(text), Ok)
}

/// As [`read`], in one pass; `None` where it takes the parser to say what the text is.
pub(super) fn scanned<'a, T: Members<'a>>(text: &'a str) -> Option<T> {
    let mut found = T::default();
    scan::members(text, DEPTH_CAP, |name, value| match found.place(name) {
        Some(place) => place.replace(Raw::of_value(value)).is_none().then_some(()),
        None => Some(()),
    })?;
    Some(found)
}

/// As [`read`], with the parser.
pub(super) fn parsed<'a, T: Members<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = deserializer.deserialize_map(Collect(PhantomData))?;
    deserializer.end()?;
    Ok(found)
}

struct Collect<T>(PhantomData<T>);

impl<'de, T: Members<'de>> Visitor<'de> for Collect<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut found = T::default();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let Some(place) = found.place(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if place.replace(map.next_value::<&RawValue>()?.into()).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    members! { Two { one = "one", other = "the/other" } }

    fn both<'a>(found: &Two<'a>) -> (Option<&'a str>, Option<&'a str>) {
        (found.one.map(Raw::get), found.other.map(Raw::get))
    }

    #[test]
    fn both_ways_find_the_same_members() {
        for (text, expected) in [
            ("{}", (None, None)),
            (r#"{"one":null,"x":{"one":1},"the/other":[ 1 ]}"#, (Some("null"), Some("[ 1 ]"))),
            (r#" { "x" : 1 , "one" : "\u00e9" } "#, (Some(r#""\u00e9""#), None)),
            (r#"{"x":1,"x":2,"one":1e400}"#, (Some("1e400"), None)),
        ] {
            assert_eq!(both(&scanned(text).unwrap()), expected, "{text}");
            assert_eq!(both(&parsed(text).unwrap()), expected, "{text}");
        }
        let escaped = r#"{"the\/other":1}"#;
        assert!(scanned::<Two<'_>>(escaped).is_none());
        assert_eq!(both(&read(escaped).unwrap()), (None, Some("1")));
    }

    #[test]
    fn what_is_no_object_with_distinct_members_is_refused() {
        for text in [r#"{"one":1,"one":1}"#, r#"{"one":1,"\u006fne":1}"#, "[]", "1", "null", r#"["a","b"]"#] {
            assert!(read::<Two<'_>>(text).is_err_and(|error| error.is_data()), "{text}");
        }
        for text in ["", "{", "{}}", r#"{"one":}"#, r#"{"x":01}"#, "{} {}"] {
            assert!(read::<Two<'_>>(text).is_err_and(|error| !error.is_data()), "{text}");
        }
    }
}
