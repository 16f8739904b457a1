//! A value of one type out of several: `oneOf` and `anyOf`.

use serde_json::Value;

use super::{Codec, Mismatch};

/// Finds the variant that a value is: the one that the discriminator names; where there is none, the first that holds all
/// of the value, else the one that holds the most of it.
#[derive(Debug)]
pub struct Candidates<T> {
    value: Value,
    /// The discriminator in the value.
    tag: Option<String>,
    /// The best so far, and how much of the value it lacks.
    best: Option<(T, usize)>,
    mismatch: Option<Mismatch>,
}

impl<T: Codec> Candidates<T> {
    /// A search for the variant of this value.
    pub fn of(value: Value) -> Self {
        Self { value, tag: None, best: None, mismatch: None }
    }

    /// The property that tells the variants apart.
    #[must_use]
    pub fn by(mut self, property: &'static str) -> Self {
        match self.value.get(property).and_then(Value::as_str) {
            Some(tag) => self.tag = Some(tag.to_owned()),
            None => self.mismatch = Some(Mismatch::new(format!("the property `{property}` must be a string"))),
        }
        self
    }

    /// Tries a variant; `tags` are the values of the discriminator that mean it.
    #[must_use]
    pub fn or<V: Codec>(mut self, tags: &[&str], variant: fn(V) -> T) -> Self {
        let is_named = self.tag.as_deref().is_none_or(|tag| tags.contains(&tag));
        let is_found = matches!(self.best, Some((_, 0)));
        if is_found || !is_named || self.tag.is_none() && self.mismatch.is_some() && !tags.is_empty() {
            return self;
        }
        match V::decode(self.value.clone()) {
            Ok(decoded) => {
                let lost = decoded.view().lost(&self.value);
                if self.best.as_ref().is_none_or(|(_, least)| lost < *least) {
                    self.best = Some((variant(decoded), lost));
                }
            }
            Err(mismatch) => {
                self.mismatch.get_or_insert(mismatch);
            }
        }
        self
    }

    /// The variant; `other` holds what is none.
    ///
    /// # Errors
    /// The value fits no variant, and there is no other; what is wrong for the first that it could have been.
    pub fn end(self, other: Option<fn(Value) -> T>) -> Result<T, Mismatch> {
        match (self.best, other) {
            (Some((best, _)), _) => Ok(best),
            (None, Some(other)) => Ok(other(self.value)),
            (None, None) => Err(self.mismatch.unwrap_or_else(|| match self.tag {
                Some(tag) => Mismatch::new(format!("no variant is named {tag:?}")),
                None => Mismatch::expected("one of the variants", &self.value),
            })),
        }
    }
}
