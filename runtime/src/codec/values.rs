//! The types that Rust has: scalars, lists, maps, options.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::{Codec, Mismatch, View};

/// From here on not every integer is an `f64` of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Codec for String {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Mismatch::expected("a string", &other)),
        }
    }

    fn view(&self) -> View<'_> {
        View::Text(self)
    }
}

impl Codec for bool {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(value) => Ok(value),
            other => Err(Mismatch::expected("true or false", &other)),
        }
    }

    fn view(&self) -> View<'_> {
        View::Bool(*self)
    }
}

/// The integer that a number is: `1.0` is 1 (JSON Schema 2020-12 §6.1.1).
fn whole(number: &Number) -> Option<i64> {
    let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() <= EXACT)?;
    // Within 2^53 the conversion is exact.
    #[allow(clippy::cast_possible_truncation)]
    Some(value as i64)
}

/// Whether an `f64` holds this integer.
#[allow(clippy::cast_possible_truncation)]
fn is_exact(number: &Number) -> bool {
    let float = number.as_f64().map(|float| float as i128);
    float.is_some() && float == number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

impl Codec for i64 {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        let number = value.as_number().and_then(|number| number.as_i64().or_else(|| whole(number)));
        number.ok_or_else(|| Mismatch::expected("an integer of 64 bits", &value))
    }

    fn view(&self) -> View<'_> {
        View::I64(*self)
    }
}

impl Codec for u64 {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        let whole = |number: &Number| whole(number).and_then(|number| Self::try_from(number).ok());
        let number = value.as_number().and_then(|number| number.as_u64().or_else(|| whole(number)));
        number.ok_or_else(|| Mismatch::expected("an integer from 0 to 2^64 - 1", &value))
    }

    fn view(&self) -> View<'_> {
        View::U64(*self)
    }
}

/// A number. An integer that no `f64` holds is refused rather than rounded.
impl Codec for f64 {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        let number = value.as_number().filter(|number| number.is_f64() || is_exact(number)).and_then(Number::as_f64);
        number.ok_or_else(|| Mismatch::expected("a number that `f64` can hold", &value))
    }

    /// `5.0` is written as `5`, which is how it came.
    fn view(&self) -> View<'_> {
        #[allow(clippy::cast_possible_truncation)]
        if self.fract() == 0.0 && self.abs() <= EXACT && !(*self == 0.0 && self.is_sign_negative()) {
            View::I64(*self as i64)
        } else {
            View::F64(*self)
        }
    }
}

impl Codec for Value {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        Ok(value)
    }

    fn view(&self) -> View<'_> {
        View::Json(self)
    }
}

impl<T: Codec> Codec for Option<T> {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::decode(value).map(Some) }
    }

    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Null, T::view)
    }
}

impl<T: Codec> Codec for Box<T> {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        T::decode(value).map(Self::new)
    }

    fn view(&self) -> View<'_> {
        self.as_ref().view()
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Array(items) => {
                let item = |(at, item)| T::decode(item).map_err(|mismatch| mismatch.inside(at));
                items.into_iter().enumerate().map(item).collect()
            }
            other => Err(Mismatch::expected("an array", &other)),
        }
    }

    fn view(&self) -> View<'_> {
        View::Array(self.iter().map(T::view).collect())
    }
}

impl<T: Codec> Codec for BTreeMap<String, T> {
    fn decode(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| match T::decode(value) {
                    Ok(value) => Ok((name, value)),
                    Err(mismatch) => Err(mismatch.inside(name)),
                })
                .collect(),
            other => Err(Mismatch::expected("an object", &other)),
        }
    }

    fn view(&self) -> View<'_> {
        View::Object(self.iter().map(|(name, value)| (name.as_str(), value.view())).collect())
    }
}

/// The variant of an enum of texts.
///
/// # Errors
/// The value is no text, or none of these.
pub fn decode_text<T: Copy>(value: Value, texts: &[(&'static str, T)]) -> Result<T, Mismatch> {
    let found = value.as_str().and_then(|text| texts.iter().find(|(known, _)| *known == text));
    found.map(|(_, variant)| *variant).ok_or_else(|| {
        let known: Vec<_> = texts.iter().take(8).map(|(text, _)| format!("{text:?}")).collect();
        let more = if texts.len() > known.len() { ", …" } else { "" };
        Mismatch::expected(&format!("one of {}{more}", known.join(", ")), &value)
    })
}
