//! Words of names, paths and sentences in the form in which they are compared.

/// Longer runs of letters are no words: keys, digests, data.
const MAX_WORD: usize = 40;

/// Words that stand in every question and say nothing about an operation.
const EMPTY: &[&str] = &[
    "a", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has", "have", "how",
    "i", "in", "into", "is", "it", "its", "me", "my", "of", "on", "one", "or", "our", "please", "some", "that", "the",
    "their", "there", "these", "this", "those", "to", "via", "want", "was", "what", "when", "where", "which", "who",
    "with",
];

/// Verbs that mean the same of an operation, in the words of people and of documents.
const ALIKE: &[&[&str]] = &[
    &["add", "create", "make", "new", "insert", "open"],
    &["remove", "delete", "drop", "erase", "destroy"],
    &["update", "edit", "change", "modify", "set", "rename", "replace"],
    &["get", "show", "fetch", "read", "view", "retrieve", "see", "look"],
    &["list", "all", "every", "show", "enumerate"],
    &["search", "find", "query"],
    &["start", "run", "trigger", "launch", "dispatch"],
    &["stop", "cancel", "abort", "end"],
];

/// Whether a word says that the next one is not meant.
pub(super) fn denies(word: &str) -> bool {
    matches!(word, "without" | "no" | "not" | "except" | "never")
}

/// What a method does, in words.
pub(super) fn of_method(method: &str) -> &'static [&'static str] {
    match method {
        "GET" | "HEAD" => &["get"],
        "POST" => &["create"],
        "PUT" | "PATCH" => &["update"],
        "DELETE" => &["delete"],
        _ => &[],
    }
}

/// Whether a word is a thing, though its stem is a verb: `views`, `searches`.
pub(super) fn is_plural(word: &str) -> bool {
    word.ends_with('s') && !ALIKE.iter().any(|group| group.contains(&word))
}

/// The stems of the verbs that mean the same as a stem, itself not among them.
pub(super) fn alike(stem: &str) -> impl Iterator<Item = String> {
    let groups = ALIKE.iter().filter(move |group| group.iter().any(|word| self::stem(word) == stem));
    let own = stem.to_owned();
    groups.flat_map(|group| group.iter().map(|word| self::stem(word))).filter(move |other| *other != own)
}

/// Whether a word says nothing in a question.
pub(super) fn is_empty(word: &str) -> bool {
    EMPTY.contains(&word)
}

/// The words of a text in lower case, as they are written: `listForRepo`, `list-for-repo` and `/list/for/repo` are
/// `list for repo`, `OAuth2Token` is `o auth2 token`, `HTTPServer` is `http server`.
pub(super) fn words(text: &str, mut each: impl FnMut(&str)) {
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    let mut before: Option<char> = None;
    let mut flush = |word: &mut String| {
        if !word.is_empty() && word.len() <= MAX_WORD {
            each(word);
        }
        word.clear();
    };
    while let Some(character) = characters.next() {
        // An apostrophe stands inside of a word.
        if matches!(character, '\'' | '\u{2019}') {
            continue;
        }
        if !character.is_alphanumeric() {
            flush(&mut word);
            before = None;
            continue;
        }
        let begins = character.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || characters.peek().is_some_and(|next| next.is_lowercase())
            });
        if begins {
            flush(&mut word);
        }
        word.extend(character.to_lowercase());
        before = Some(character);
    }
    flush(&mut word);
}

/// The stem of a lower-case word: endings of English plurals and verbs are taken off. It need not be a word; two forms of
/// one word have the same.
pub(super) fn stem(word: &str) -> String {
    let is_short = |stem: &str| stem.len() < 3 || !stem.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if word.len() <= 3 || !word.is_ascii() {
        return word.to_owned();
    }
    let mut stem = word.to_owned();
    if stem.ends_with("ies") && stem.len() > 4 {
        stem.truncate(stem.len() - 3);
        stem.push('y');
    } else if stem.ends_with("sses") || stem.ends_with("xes") || stem.ends_with("ches") || stem.ends_with("shes") {
        stem.truncate(stem.len() - 2);
    } else if stem.ends_with('s') && !stem.ends_with("ss") && !stem.ends_with("us") && !stem.ends_with("is") {
        stem.truncate(stem.len() - 1);
    }
    for ending in ["ing", "ed"] {
        if let Some(rest) = stem.strip_suffix(ending).filter(|rest| !is_short(rest)) {
            let mut rest = rest.to_owned();
            let mut last = rest.bytes().rev();
            // `getting` → `get`, but `calling` → `call`
            if let (Some(one), Some(other)) = (last.next(), last.next())
                && one == other
                && !matches!(one, b'l' | b's' | b'z' | b'e' | b'o')
            {
                rest.truncate(rest.len() - 1);
            }
            stem = rest;
            break;
        }
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.truncate(stem.len() - 1);
    }
    if stem.len() > 2 && stem.ends_with('y') {
        stem.truncate(stem.len() - 1);
        stem.push('i');
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        words(text, |word| all.push(word.to_owned()));
        all
    }

    #[test]
    fn names_and_paths_are_words() {
        for (text, expected) in [
            ("issues_list_for_repo", "issues list for repo"),
            ("issues/list-for-repo", "issues list for repo"),
            ("listForRepo", "list for repo"),
            ("HTTPServerID", "http server id"),
            ("/repos/{owner}/{repo}/issues", "repos owner repo issues"),
            ("OAuth2Token", "o auth2 token"),
            ("Don't stop", "dont stop"),
            ("Ünïcode Straße", "ünïcode straße"),
            ("  ", ""),
        ] {
            assert_eq!(split(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["close", "closed", "closes", "closing"][..],
            &["repository", "repositories"],
            &["delete", "deleted", "deleting", "deletes"],
            &["branch", "branches"],
            &["get", "gets", "getting"],
            &["access", "accesses"],
            &["call", "called", "calling", "calls"],
            &["merge", "merging", "merged"],
            &["reply", "replies", "replied"],
        ] {
            let stems: std::collections::BTreeSet<String> = forms.iter().map(|form| stem(form)).collect();
            // `replied` is `repli`, as `reply` is.
            assert_eq!(stems.len(), 1, "{forms:?}: {stems:?}");
        }
    }

    #[test]
    fn other_words_have_other_stems() {
        for (one, other) in [("status", "stat"), ("string", "str"), ("user", "use"), ("need", "ne"), ("issue", "is")] {
            assert_ne!(stem(one), stem(other), "{one} {other}");
        }
    }
}
