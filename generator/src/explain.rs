//! The explanation of a diagnostic code.

use crate::diag::codes;

/// What a code of a diagnostic means, with an example and the remedy; upper or lower case. `None`: there is no such code.
pub fn explain(code: &str) -> Option<String> {
    codes::find(code).map(|entry| format!("{}: {}\n\n{}", entry.code.0, entry.title, entry.explanation))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_explained_in_any_case() {
        let text = super::explain("e0603").unwrap();
        assert!(text.starts_with("E0603: a URI could be read in two ways\n\n"), "{text}");
        assert_eq!(super::explain("E9999"), None);
    }
}
