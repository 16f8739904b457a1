//! A value of one type out of several: `oneOf` and `anyOf`.

use serde_json::Value;

use super::{Codec, Mismatch};

/// Finds the variant that a value is: the first that holds all of it, else the one that holds the most of it.
#[derive(Debug)]
pub struct Candidates<T> {
    value: Value,
    /// The best so far, and how much of the value it lacks.
    best: Option<(T, usize)>,
    mismatch: Option<Mismatch>,
}

impl<T: Codec> Candidates<T> {
    /// A search for the variant of this value.
    pub fn of(value: Value) -> Self {
        Self { value, best: None, mismatch: None }
    }

    /// Tries a variant.
    #[must_use]
    pub fn or<V: Codec>(mut self, variant: fn(V) -> T) -> Self {
        if !matches!(self.best, Some((_, 0))) {
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
        }
        self
    }

    /// Keeps as it is what fits no variant.
    ///
    /// # Errors
    /// Never; the other way to end is [`Candidates::end`].
    pub fn or_other(self, other: fn(Value) -> T) -> Result<T, Mismatch> {
        Ok(self.best.map_or_else(|| other(self.value), |(best, _)| best))
    }

    /// The variant.
    ///
    /// # Errors
    /// The value fits none; what is wrong for the first.
    pub fn end(self) -> Result<T, Mismatch> {
        match (self.best, self.mismatch) {
            (Some((best, _)), _) => Ok(best),
            (None, Some(mismatch)) => Err(mismatch),
            (None, None) => Err(Mismatch::expected("one of the variants", &self.value)),
        }
    }
}
