//! Patterns of a [`Selection`](super::Selection).

/// Whether the pattern stands for the whole text: `*` for any characters but `/`, `**` for any characters, everything
/// else for itself. Braces are no alternatives, because paths have them: `/pets/{petId}`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    // `ends[i]`: whether the pattern read so far can end at byte `i` of the text. One row a symbol, so no pattern is slow.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut at = 0;
    while let Some(&symbol) = pattern.get(at) {
        let star = symbol == b'*';
        let anything = star && pattern.get(at + 1) == Some(&b'*');
        let mut next = vec![false; text.len() + 1];
        for (i, &before) in ends.iter().enumerate() {
            if star {
                let goes_on = i > 0 && next[i - 1] && (anything || text[i - 1] != b'/');
                next[i] = before || goes_on;
            } else if before && text.get(i) == Some(&symbol) {
                next[i + 1] = true;
            }
        }
        ends = next;
        at += if anything { 2 } else { 1 };
    }
    ends[text.len()]
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_stands_for_the_whole_text() {
        let yes = [
            ("/pets", "/pets"),
            ("/pets/*", "/pets/{petId}"),
            ("/pets/**", "/pets/{petId}/photos"),
            ("**/photos", "/pets/{petId}/photos"),
            ("/pets**", "/pets"),
            ("issues/*", "issues/create-comment"),
            ("*-comment", "create-comment"),
            ("*", ""),
            ("/{a}/*/{b}", "/{a}/x/{b}"),
            ("", ""),
        ];
        for (pattern, text) in yes {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        let no = [
            ("/pets", "/pets/"),
            ("/pets/*", "/pets/{petId}/photos"),
            ("*", "a/b"),
            ("{a,b}", "a"),
            ("", "a"),
            ("**x", "y"),
        ];
        for (pattern, text) in no {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_are_not_slow() {
        assert!(!matches(&"*a".repeat(500), &"a".repeat(499)));
        assert!(matches(&"**".repeat(500), &"a/".repeat(5_000)));
    }
}
