//! The table of diagnostic codes: what `mcpgen explain CODE` prints.
//!
//! Codes are stable: one that is no longer used is not given a second meaning. The digits after the letter name the
//! stage: 01 load, 02 references and structure, 03 schemas, 04 operations and names, 05 server spec, 06 plan,
//! 07 writing, 08 lock file, 09 options. Each stage keeps its rows in a file of its own.

pub(crate) mod load;
pub(crate) mod lock;
pub(crate) mod openapi;
pub(crate) mod options;
pub(crate) mod plan;
pub(crate) mod spec;
pub(crate) mod write;

/// A stable code: `E0101`, `W0203`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Code(pub &'static str);

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub code: Code,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What it means, an example, and the remedy.
    pub explanation: &'static str,
}

/// The table, stage by stage.
pub(crate) static TABLE: &[&[Entry]] =
    &[load::ENTRIES, openapi::ENTRIES, spec::ENTRIES, plan::ENTRIES, write::ENTRIES, lock::ENTRIES, options::ENTRIES];

/// The entry of a code, in any case.
pub(crate) fn find(code: &str) -> Option<&'static Entry> {
    TABLE.iter().copied().flatten().find(|entry| entry.code.0.eq_ignore_ascii_case(code))
}

/// Declares the constants of a stage and its rows together, so that no code lacks an explanation.
macro_rules! codes {
    ($($name:ident = $code:literal: $title:literal, $explanation:literal;)*) => {
        $(
            #[doc = $title]
            pub(crate) const $name: $crate::diag::Code = $crate::diag::Code($code);
        )*
        pub(crate) static ENTRIES: &[$crate::diag::codes::Entry] = &[
            $($crate::diag::codes::Entry { code: $name, title: $title, explanation: $explanation },)*
        ];
    };
}
pub(crate) use codes;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for entry in TABLE.iter().copied().flatten() {
            let code = entry.code.0;
            assert!(seen.insert(code), "{code} has two rows");
            assert_eq!(code.len(), 5, "{code}");
            assert!(code.starts_with(['E', 'W']), "{code}");
            assert!(code.bytes().skip(1).all(|byte| byte.is_ascii_digit()), "{code}");
            assert!(!entry.title.is_empty() && !entry.explanation.is_empty(), "{code} says nothing");
            assert!(!entry.title.ends_with('.'), "{code}: a title is no sentence");
        }
    }

    #[test]
    fn entries_are_found_in_any_case() {
        assert_eq!(find("e0101").map(|entry| entry.code), Some(Code("E0101")));
        assert!(find("E9999").is_none());
    }
}
