//! Sets of code points, as the classes of regular expressions are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A set of code points.
#[derive(Clone, Default)]
pub(super) struct Ranges(Cow<'static, [(char, char)]>);

impl Ranges {
    pub(super) const DIGIT: Self = Self::constant(&[('0', '9')]);
    pub(super) const WORD: Self = Self::constant(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);
    /// ECMA-262 §12.3: LineTerminator.
    pub(super) const LINE_ENDS: Self = Self::constant(&[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')]);
    /// ECMA-262 §12.2 and §12.3: WhiteSpace and LineTerminator.
    pub(super) const SPACE: Self = Self::constant(&[
        ('\t', '\r'),
        (' ', ' '),
        ('\u{a0}', '\u{a0}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{2000}', '\u{200a}'),
        ('\u{2028}', '\u{2029}'),
        ('\u{202f}', '\u{202f}'),
        ('\u{205f}', '\u{205f}'),
        ('\u{3000}', '\u{3000}'),
        ('\u{feff}', '\u{feff}'),
    ]);

    const fn constant(ranges: &'static [(char, char)]) -> Self {
        Self(Cow::Borrowed(ranges))
    }

    pub(super) fn add(&mut self, first: char, last: char) {
        self.0.to_mut().push((first, last));
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        self.0.to_mut().extend_from_slice(&other.0);
    }

    /// All other code points.
    pub(super) fn complement(&self) -> Self {
        let mut sorted = self.0.to_vec();
        sorted.sort_unstable();
        let mut rest = Vec::new();
        // The first code point that no range so far covers.
        let mut next = 0u32;
        let mut gap = |from: u32, to: u32| {
            // Surrogates are no characters: a gap across them is two ranges.
            for (from, to) in [(from, to.min(0xd7ff)), (from.max(0xe000), to)] {
                if let (true, Some(from), Some(to)) = (from <= to, char::from_u32(from), char::from_u32(to)) {
                    rest.push((from, to));
                }
            }
        };
        for (first, last) in sorted {
            if let Some(end) = u32::from(first).checked_sub(1).filter(|end| next <= *end) {
                gap(next, end);
            }
            next = next.max(u32::from(last) + 1);
        }
        gap(next, 0x10_ffff);
        Self(rest.into())
    }

    /// Writes a class of `regex-lite`.
    pub(super) fn write(&self, out: &mut String) {
        if self.0.is_empty() {
            // `[]` matches nothing: no place is a word boundary and none at once.
            out.push_str("(?:\\b\\B)");
            return;
        }
        out.push('[');
        for (first, last) in self.0.iter() {
            let _ = write!(out, "\\x{{{:x}}}", u32::from(*first));
            if first != last {
                let _ = write!(out, "-\\x{{{:x}}}", u32::from(*last));
            }
        }
        out.push(']');
    }
}
