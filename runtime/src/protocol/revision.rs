//! The revisions of the protocol and what each of them has.

use std::fmt;

/// A revision of the Model Context Protocol. Later revisions compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Revision {
    /// `2024-11-05`
    V2024_11_05,
    /// `2025-03-26`
    V2025_03_26,
    /// `2025-06-18`
    V2025_06_18,
    /// `2025-11-25`
    V2025_11_25,
    /// `2026-07-28`, the stateless one: each request carries its version, its capabilities and its identity.
    V2026_07_28,
}

impl Revision {
    /// The revisions of the modern era, newest first: what `server/discover` lists.
    pub(crate) const MODERN: &'static [Self] = &[Self::V2026_07_28];

    /// The revisions that `initialize` negotiates, newest first.
    pub(crate) const LEGACY: &'static [Self] =
        &[Self::V2025_11_25, Self::V2025_06_18, Self::V2025_03_26, Self::V2024_11_05];

    /// What `initialize` answers to a version that is not served.
    pub(crate) const LATEST_LEGACY: Self = Self::V2025_11_25;

    /// The date on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The modern revision with this date.
    pub(crate) fn modern(text: &str) -> Option<Self> {
        Self::MODERN.iter().copied().find(|revision| revision.as_str() == text)
    }

    /// The legacy revision with this date.
    pub(crate) fn legacy(text: &str) -> Option<Self> {
        Self::LEGACY.iter().copied().find(|revision| revision.as_str() == text)
    }

    /// Whether requests carry their own version, capabilities and identity.
    pub const fn is_modern(self) -> bool {
        matches!(self, Self::V2026_07_28)
    }

    /// JSON-RPC batches: one revision had them.
    pub(crate) const fn has_batches(self) -> bool {
        matches!(self, Self::V2025_03_26)
    }

    /// Audio content, tool annotations, `message` of progress, the `completions` capability.
    pub(crate) fn has_annotations(self) -> bool {
        self >= Self::V2025_03_26
    }

    /// `title`, `outputSchema`, `structuredContent`, `resource_link`.
    pub(crate) fn has_titles(self) -> bool {
        self >= Self::V2025_06_18
    }

    /// `description` of an implementation.
    pub(crate) fn has_descriptions(self) -> bool {
        self >= Self::V2025_11_25
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_do_not_overlap() {
        assert_eq!(Revision::modern("2026-07-28"), Some(Revision::V2026_07_28));
        assert_eq!(Revision::modern("2025-11-25"), None);
        assert_eq!(Revision::legacy("2026-07-28"), None);
        assert_eq!(Revision::legacy("2024-11-05"), Some(Revision::V2024_11_05));
        assert_eq!(Revision::legacy("2025-11-26"), None);
    }

    #[test]
    fn later_revisions_keep_what_earlier_ones_added() {
        assert!(!Revision::V2024_11_05.has_annotations());
        assert!(Revision::V2025_03_26.has_annotations() && !Revision::V2025_03_26.has_titles());
        assert!(Revision::V2025_06_18.has_titles() && !Revision::V2025_06_18.has_descriptions());
        assert!(Revision::V2026_07_28.has_descriptions());
        assert!(!Revision::V2025_06_18.has_batches(), "removed again");
    }
}
