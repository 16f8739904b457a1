//! Identifiers from names of a document: ASCII, deterministic, injective within a scope (SECURITY.md G4).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::words::{self, Word};

/// A Rust identifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub(crate) struct Ident(String);

impl Ident {
    /// As it is written in code: `r#type`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without `r#`: how serde and format strings see it.
    pub fn plain(&self) -> &str {
        self.0.strip_prefix("r#").unwrap_or(&self.0)
    }

    /// The same words in capitals, for a constant or static.
    pub fn shouting(&self) -> Self {
        Self(self.plain().to_ascii_uppercase())
    }
}

impl std::fmt::Display for Ident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identifiers that are taken in one place: the items of the crate, the fields of a struct, the variants of an
/// enum, the methods of the trait. Identifiers that differ only in case count as the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    taken: BTreeSet<String>,
    /// Where the search for a free number goes on, by candidate.
    numbers: BTreeMap<String, u64>,
}

impl Scope {
    /// A scope in which these are taken by generated code itself.
    pub fn reserving(words: &[&str]) -> Self {
        Self { taken: words.iter().map(|word| word.to_ascii_lowercase()).collect(), numbers: BTreeMap::new() }
    }

    /// `snake_case`, for fields and functions. `fallback` names what has no usable character.
    pub fn snake(&mut self, name: &str, fallback: &str) -> Ident {
        self.claim(snake(name, fallback), None, "_")
    }

    /// `PascalCase`, for types and variants. Where it is taken, `alternative` (`Tool`, `Data`) is tried before numbers.
    pub fn pascal(&mut self, name: &str, fallback: &str, alternative: Option<&str>) -> Ident {
        self.claim(pascal(name, fallback), alternative, "")
    }

    /// `snake_case` for a whole list: names that are good identifiers as they are keep them.
    pub fn snake_all<'a>(&mut self, names: impl Iterator<Item = &'a str>, fallback: &str) -> Vec<Ident> {
        let candidates: Vec<(bool, String)> = names
            .map(|name| {
                let candidate = snake(name, fallback);
                (candidate == name, candidate)
            })
            .collect();
        let mut claimed: Vec<_> = candidates
            .iter()
            .map(|(is_exact, candidate)| is_exact.then(|| self.claim(candidate.clone(), None, "_")))
            .collect();
        for (ident, (_, candidate)) in claimed.iter_mut().zip(candidates) {
            if ident.is_none() {
                *ident = Some(self.claim(candidate, None, "_"));
            }
        }
        claimed.into_iter().flatten().collect()
    }

    fn claim(&mut self, candidate: String, alternative: Option<&str>, separator: &str) -> Ident {
        let alternative = alternative.map(|suffix| format!("{candidate}{suffix}"));
        for name in std::iter::once(candidate.clone()).chain(alternative) {
            if self.taken.insert(name.to_ascii_lowercase()) {
                return Ident(escape_keyword(name));
            }
        }
        // A digit at the end and a number after it would read as one number.
        let separator = if candidate.ends_with(|c: char| c.is_ascii_digit()) { "_" } else { separator };
        let number = self.numbers.entry(candidate.to_ascii_lowercase()).or_insert(1);
        loop {
            *number += 1;
            let name = format!("{candidate}{separator}{number}");
            if self.taken.insert(name.to_ascii_lowercase()) {
                return Ident(escape_keyword(name));
            }
        }
    }
}

/// `snake_case` without regard to a scope: `get_pet`. Not escaped: may be a keyword.
pub(crate) fn snake(name: &str, fallback: &str) -> String {
    let text = words(name).join("_");
    begin_with_letter(text, fallback, "_")
}

/// `PascalCase` without regard to a scope: `GetPet`. Not escaped: may be `Self`.
pub(crate) fn pascal(name: &str, fallback: &str) -> String {
    let mut text = String::new();
    for word in spelled(name) {
        // `v1`, `2` would otherwise become `v12`.
        if text.ends_with(|c: char| c.is_ascii_digit()) && word.pascal.starts_with(|c: char| c.is_ascii_digit()) {
            text.push('_');
        }
        text.push_str(&word.pascal);
    }
    begin_with_letter(text, fallback, "")
}

fn begin_with_letter(text: String, fallback: &str, separator: &str) -> String {
    if text.is_empty() {
        fallback.to_owned()
    } else if text.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{fallback}{separator}{text}")
    } else {
        text
    }
}

/// The words of a name in lower-case ASCII (`crate::words`); of one of punctuation only, its signs: `>=` is `greater`, `equal`.
pub(crate) fn words(name: &str) -> Vec<String> {
    spelled(name).into_iter().map(|word| word.lower).collect()
}

/// The words of a name, signs included where they are all that it says: `>=`, `+1`, `-1`.
fn spelled(name: &str) -> Vec<Word> {
    let word = |sign: char| {
        let lower = symbol(sign)?.to_owned();
        Some(Word { pascal: capital(&lower), lower })
    };
    if !name.contains(char::is_alphanumeric) {
        return name.chars().filter_map(word).collect();
    }
    let is_signed = name.starts_with(['+', '-']) && name.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    let sign = name.chars().next().filter(|_| is_signed).and_then(word);
    sign.into_iter().chain(words::split(name)).collect()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// The singular of an English noun, as far as it goes without a dictionary.
pub(crate) fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for (plural, ending) in [("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")] {
        if let Some(stem) = word.strip_suffix(plural) {
            return format!("{stem}{ending}");
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// The word for a character of punctuation.
fn symbol(character: char) -> Option<&'static str> {
    Some(match character {
        '!' => "not",
        '"' | '\'' => "quote",
        '#' => "hash",
        '$' => "dollar",
        '%' => "percent",
        '&' => "and",
        '(' | ')' => "parenthesis",
        '*' => "star",
        '+' => "plus",
        ',' => "comma",
        '-' => "minus",
        '.' => "dot",
        '/' => "slash",
        ':' => "colon",
        ';' => "semicolon",
        '<' => "less",
        '=' => "equal",
        '>' => "greater",
        '?' => "question",
        '@' => "at",
        '[' | ']' => "bracket",
        '\\' => "backslash",
        '^' => "caret",
        '_' => "underscore",
        '`' => "backtick",
        '{' | '}' => "brace",
        '|' => "or",
        '~' => "tilde",
        ' ' => "space",
        _ => return None,
    })
}

/// `r#type`, and `self_` for the four words that cannot be raw.
fn escape_keyword(name: String) -> String {
    match name.as_str() {
        "self" | "Self" | "super" | "crate" => format!("{name}_"),
        // The strict and reserved keywords of the 2024 edition.
        "abstract" | "as" | "async" | "await" | "become" | "box" | "break" | "const" | "continue" | "do" | "dyn"
        | "else" | "enum" | "extern" | "false" | "final" | "fn" | "for" | "gen" | "if" | "impl" | "in" | "let"
        | "loop" | "macro" | "match" | "mod" | "move" | "mut" | "override" | "priv" | "pub" | "ref" | "return"
        | "static" | "struct" | "trait" | "true" | "try" | "type" | "typeof" | "unsafe" | "unsized" | "use"
        | "virtual" | "where" | "while" | "yield" => format!("r#{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> String {
        Scope::default().snake(name, "field").to_string()
    }

    fn variant(name: &str) -> String {
        Scope::default().pascal(name, "Value", None).to_string()
    }

    #[test]
    fn g4_fields() {
        for (name, expected) in [
            ("petId", "pet_id"),
            ("pet-id", "pet_id"),
            ("X-Rate-Limit", "x_rate_limit"),
            ("HTTPServer2", "http_server2"),
            ("v2Pets", "v2_pets"),
            ("type", "r#type"),
            ("self", "self_"),
            ("Self", "self_"),
            ("crate", "crate_"),
            ("gen", "r#gen"),
            ("1st", "field_1st"),
            ("", "field"),
            ("Straße", "strasse"),
            ("größe", "groesse"),
            ("温度", "field"),
            ("user's", "users"),
            ("@id", "id"),
            ("$", "dollar"),
            ("_links", "links"),
            ("a__b", "a_b"),
        ] {
            assert_eq!(field(name), expected, "{name:?}");
        }
    }

    #[test]
    fn g4_variants() {
        for (name, expected) in [
            ("available", "Available"),
            ("in-progress", "InProgress"),
            ("Self", "Self_"),
            ("1d", "Value1d"),
            ("+1", "Plus1"),
            ("-1", "Minus1"),
            (">=", "GreaterEqual"),
            ("v1.2", "V1_2"),
            ("", "Value"),
        ] {
            assert_eq!(variant(name), expected, "{name:?}");
        }
    }

    #[test]
    fn g4_collisions_get_numbers_and_exact_names_win() {
        let mut scope = Scope::default();
        let names = ["fooBar", "foo_bar", "FOO-BAR", "foo_bar_2"];
        let idents = scope.snake_all(names.iter().copied(), "field");
        let idents: Vec<_> = idents.iter().map(Ident::as_str).collect();
        assert_eq!(idents, ["foo_bar_3", "foo_bar", "foo_bar_4", "foo_bar_2"]);
    }

    #[test]
    fn g4_reserved_words_and_case_are_respected() {
        let mut scope = Scope::reserving(&["Client"]);
        assert_eq!(scope.pascal("client", "Tool", Some("Tool")).as_str(), "ClientTool");
        assert_eq!(scope.pascal("client", "Tool", Some("Tool")).as_str(), "Client2");
        let mut scope = Scope::default();
        assert_eq!(scope.pascal("APIkey", "T", None).as_str(), "ApIkey");
        assert_eq!(scope.pascal("apikey", "T", None).as_str(), "Apikey2");
    }

    #[test]
    fn nouns_are_singular() {
        for (plural, expected) in [
            ("pets", "pet"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("status", "status"),
            ("address", "address"),
            ("branches", "branch"),
            ("gas", "gas"),
            ("analysis", "analysis"),
        ] {
            assert_eq!(singular(plural), expected, "{plural}");
        }
    }

    /// A small generator of awkward names, so that the 100,000 are the same on every run.
    fn awkward_names(count: usize) -> Vec<String> {
        const PIECES: &[&str] = &[
            "", "a", "A", "b", "get", "Pet", "ID", "type", "self", "Self", "super", "crate", "r#", "_", "__", "-", ".",
            " ", "1", "2", "42", "é", "ß", "温", "\u{202e}", "\0", "'", "\"", "/", "+", "fn", "async", "T", "İ", "ǅ",
            "🦀",
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % bound as u64) as usize
        };
        (0..count).map(|_| (0..=next(5)).map(|_| PIECES[next(PIECES.len())]).collect()).collect()
    }

    #[test]
    fn g4_a_hundred_thousand_names_are_distinct_identifiers() {
        let names = awkward_names(100_000);
        let mut fields = Scope::default();
        let mut variants = Scope::default();
        let mut seen = BTreeSet::new();
        for name in &names {
            for ident in [fields.snake(name, "field"), variants.pascal(name, "Value", None)] {
                assert!(ident.as_str().is_ascii(), "{name:?}");
                assert!(syn::parse_str::<syn::Ident>(ident.as_str()).is_ok(), "{name:?} → {ident}");
            }
        }
        let mut scope = Scope::default();
        for name in &names {
            assert!(seen.insert(scope.snake(name, "field").as_str().to_ascii_lowercase()), "{name:?}");
        }
    }

    #[test]
    fn g4_the_same_names_give_the_same_identifiers() {
        let names = awkward_names(2_000);
        let assign = || Scope::default().snake_all(names.iter().map(String::as_str), "field");
        assert_eq!(assign(), assign());
    }
}
