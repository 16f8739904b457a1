//! "Did you mean".

/// Longer words are no misspelling of anything; comparing them only costs time.
const MAX_WORD: usize = 64;

/// The candidate that a misspelled word most likely means.
///
/// Case and the separators `_`, `-`, `.` and space are ignored (`cityName` is `city_name`); beyond that, one edit
/// (insertion, deletion, substitution, exchange of neighbours) is allowed for every three letters.
pub(crate) fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let plain_word = plain(word);
    let allowed = (plain_word.chars().count() / 3).max(1);
    candidates
        .filter(|candidate| candidate.len() <= MAX_WORD && *candidate != word)
        .map(|candidate| {
            let plain_candidate = plain(candidate);
            let distance = strsim::damerau_levenshtein(&plain_word, &plain_candidate);
            (distance, plain_candidate.chars().count(), candidate)
        })
        // A word that shares no letter with the candidate (`a` and `b`) means something else.
        .filter(|(distance, length, _)| *distance <= allowed && distance < length)
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let names = ["city", "unit", "days", "pet_id", "include_details"];
        for (word, meant) in [
            ("citty", "city"),
            ("cit", "city"),
            ("ctiy", "city"),
            ("City", "city"),
            ("petId", "pet_id"),
            ("pet-id", "pet_id"),
            ("includeDetail", "include_details"),
            ("day", "days"),
        ] {
            assert_eq!(closest(word, names.into_iter()), Some(meant), "{word}");
        }
        for word in ["", "x", "country", "temperature", &"city".repeat(100)] {
            assert_eq!(closest(word, names.into_iter()), None, "{word}");
        }
        assert_eq!(closest("a", ["b"].into_iter()), None);
        assert_eq!(closest("b", ["b", "bb"].into_iter()), Some("bb"));
    }
}
