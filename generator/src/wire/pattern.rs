//! A string that matches a regular expression, and whether one does.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Repetitions and groups inside one another.
const DEEPEST: usize = 32;
/// Characters of a string that is made.
const LONGEST: usize = 256;

/// A short string that the pattern matches; `None` for a pattern of ECMA 262 that has no plain form (look-around, back
/// references) or needs a long string.
pub(super) fn matching(pattern: &str) -> Option<String> {
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut out = String::new();
    write(&hir, &mut out, 0)?;
    Some(out)
}

fn write(hir: &Hir, out: &mut String, depth: usize) -> Option<()> {
    if depth > DEEPEST || out.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(member(class)?),
        HirKind::Capture(capture) => write(&capture.sub, out, depth + 1)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, out, depth + 1))?,
        HirKind::Alternation(branches) => write(branches.first()?, out, depth + 1)?,
        HirKind::Repetition(repetition) => {
            // `a*` matches nothing, which few of those who write it mean.
            let times = if repetition.max == Some(0) { 0 } else { repetition.min.max(1) };
            (0..times).try_for_each(|_| write(&repetition.sub, out, depth + 1))?;
        }
    }
    (out.len() <= LONGEST).then_some(())
}

/// A letter or a digit where the class has one, else its first printable character.
fn member(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect(),
    };
    let within = |wanted: char| ranges.iter().any(|(start, end)| (*start..=*end).contains(&wanted));
    let first = || ranges.iter().flat_map(|(start, end)| (*start..=*end).take(64)).find(|c| !c.is_control());
    "a1A".chars().find(|wanted| within(*wanted)).or_else(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_made_from_patterns() {
        for (pattern, expected) in [
            ("^own_[a-z0-9]{8}$", "own_aaaaaaaa"),
            (r"^\d{3}-\d{2}$", "111-11"),
            ("^(cat|dog)s?$", "cats"),
            (r"^[^/\\\x00-\x1f]+$", "a"),
            ("^[A-F]{2}:[!-,]$", "AA:!"),
            ("", ""),
        ] {
            assert_eq!(matching(pattern).as_deref(), Some(expected), "{pattern}");
        }
        for pattern in ["^(?!a)b$", r"(a)\1", "[", "a{9999}"] {
            assert_eq!(matching(pattern), None, "{pattern}");
        }
    }
}
