//! Explanations of diagnostic codes.

use std::fmt;

use crate::diag::codes;

/// A row of the table of diagnostics. It prints as code, title and explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// `E0203`
    pub code: &'static str,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What it means, an example, and the remedy.
    pub text: &'static str,
}

impl From<&codes::Entry> for Explanation {
    fn from(entry: &codes::Entry) -> Self {
        Self { code: entry.code.0, title: entry.title, text: entry.explanation }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n\n{}", self.code, self.title, self.text)
    }
}

/// What a code of a diagnostic means, with an example and the remedy; upper or lower case. `None`: there is no such code.
pub fn explain(code: &str) -> Option<Explanation> {
    codes::find(code).map(Explanation::from)
}

/// Every code, stage by stage.
pub fn codes() -> impl Iterator<Item = Explanation> {
    codes::TABLE.iter().copied().flatten().map(Explanation::from)
}

/// The codes that differ from a word in one place: a wrong, a missing, a further or two exchanged characters.
pub fn similar_codes(word: &str) -> Vec<Explanation> {
    let word = word.to_ascii_uppercase();
    codes().filter(|entry| strsim::damerau_levenshtein(entry.code, &word) == 1).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn a_code_is_explained_in_any_case() {
        let text = explain("e0603").unwrap().to_string();
        assert!(text.starts_with("E0603: a URI could be read in two ways\n\n"), "{text}");
        assert_eq!(explain("E9999"), None);
    }

    #[test]
    fn a_slip_finds_what_was_meant() {
        let near = |word| similar_codes(word).iter().map(|entry| entry.code).collect::<Vec<_>>();
        assert!(near("E020").contains(&"E0203"), "a character is missing");
        assert!(near("w0801").is_empty() || !near("w0801").contains(&"W0801"), "the code itself is not similar");
        assert!(near("E2003").contains(&"E0203"), "two characters are exchanged");
        assert!(near("help").is_empty());
    }

    /// Every source file of the generator but the table itself, by path.
    fn sources() -> Vec<(PathBuf, String)> {
        fn walk(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("diag/codes") {
                    walk(&path, into);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    into.push((path.clone(), fs::read_to_string(&path).unwrap()));
                }
            }
        }
        let mut files = Vec::new();
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        assert!(files.len() > 50, "the sources are there");
        files
    }

    /// The words `codes::NAME` of the files that import a module of the table.
    fn used(module: &str, sources: &[(PathBuf, String)]) -> BTreeSet<String> {
        let import = format!("use crate::diag::codes::{module} as codes;");
        let files = sources.iter().filter(|(_, text)| text.contains(&import));
        let uses = files.flat_map(|(_, text)| text.split("codes::").skip(1));
        uses.map(|rest| {
            rest.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
    }

    #[test]
    fn every_code_of_the_table_is_used_and_every_code_used_is_in_the_table() {
        let sources = sources();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diag/codes");
        let mut codes_seen = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let rows: BTreeSet<String> = fs::read_to_string(&path)
                .unwrap()
                .lines()
                .filter_map(|line| line.trim().split_once(" = \"")?.0.into())
                .map(str::to_owned)
                .filter(|name| {
                    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
                })
                .collect();
            codes_seen += rows.len();
            assert_eq!(rows, used(&module, &sources), "left: the table {module}, right: what the source uses");
        }
        assert_eq!(codes_seen, codes().count());
    }

    #[test]
    fn every_code_that_is_written_anywhere_is_in_the_table() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut texts = sources();
        for path in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "specs/README.md"] {
            texts.push((root.join(path), fs::read_to_string(root.join(path)).unwrap()));
        }
        for (path, text) in texts {
            for (at, _) in text.match_indices(['E', 'W']) {
                let Some(word) = text.get(at..at + 5) else { continue };
                let before = text.get(..at).and_then(|head| head.chars().next_back());
                let is_code = word.starts_with("E0") || word.starts_with("W0");
                let digits = word.bytes().skip(1).all(|byte| byte.is_ascii_digit());
                let ends =
                    text.get(at + 5..).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
                if is_code && digits && ends && !before.is_some_and(|c| c.is_ascii_alphanumeric()) {
                    assert!(explain(word).is_some(), "{}: {word}", path.display());
                }
            }
        }
    }
}
