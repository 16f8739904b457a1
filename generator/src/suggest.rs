//! "Did you mean": the known word nearest to one that is not known.

/// The candidate nearest to `word`, if it is near enough to be what was meant.
///
/// Case and the separators `_`, `-`, `.` count for nothing, so that `min_length` finds `minLength`.
pub(crate) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = strsim::damerau_levenshtein(&folded, &fold(candidate));
        // A third of the longer word may differ: `citty` is `city`, `town` is not.
        let longest = folded.chars().count().max(candidate.chars().count());
        if distance <= longest / 3 && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | '.')).flat_map(char::to_lowercase).collect()
}

/// `did you mean `x`?` where there is a near candidate, and all candidates after it, as the help of a diagnostic.
///
/// `what` names the candidates: `known keys`, `declared types`.
pub(crate) fn help<'a>(word: &str, what: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 24;
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if candidates.is_empty() {
        return format!("there are no {what}");
    }
    let mut all = candidates.iter().take(SHOWN).map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
    if candidates.len() > SHOWN {
        all.push_str(&format!(" and {} more", candidates.len() - SHOWN));
    }
    match closest(word, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {what}: {all}"),
        None => format!("{what}: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_of_the_hand_and_of_convention() {
        let keys = ["description", "minLength", "minimum", "title"];
        assert_eq!(closest("descripton", keys), Some("description"));
        assert_eq!(closest("min_length", keys), Some("minLength"));
        assert_eq!(closest("titel", keys), Some("title"));
    }

    #[test]
    fn does_not_guess_from_afar() {
        assert_eq!(closest("town", ["city", "unit"]), None);
        assert_eq!(closest("x", ["y"]), None, "one letter is no evidence");
        assert_eq!(closest("anything", []), None);
    }

    #[test]
    fn help_names_the_near_one_first_and_then_all() {
        assert_eq!(help("ctiy", "fields", ["city", "unit"]), "did you mean `city`? fields: `city`, `unit`");
        assert_eq!(help("zzz", "fields", ["city"]), "fields: `city`");
        assert_eq!(help("zzz", "fields", []), "there are no fields");
    }
}
