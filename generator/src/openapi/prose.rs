//! The texts of a document as a model reads them: without markup, the summary first, conditions with them, cut visibly.

mod markup;

use std::collections::BTreeSet;

pub(super) use markup::clean;

use crate::model::{ErrorSource, ErrorVariant, StatusPattern};

/// What a model gets to read of one description, in characters. The longest of real documents has 23,515; one in a
/// hundred of an operation has more than 1,653.
pub(super) const MOST: usize = 2_000;

/// A description without markup, cut where it is longer than [`MOST`].
pub(super) fn plain(text: &str) -> String {
    cut(clean(text))
}

/// Whether [`plain`] cut a text.
pub(super) fn is_cut(text: &str) -> bool {
    text.ends_with(CUT_END) && text.contains(CUT)
}

const CUT: &str = "… [cut: ";
const CUT_END: &str = " characters]";

/// At the end of a sentence, a line or a word, and visibly.
fn cut(text: String) -> String {
    let all = text.chars().count();
    if all <= MOST {
        return text;
    }
    let end = text.char_indices().nth(MOST).map_or(text.len(), |(at, _)| at);
    let head = text.get(..end).unwrap_or_default();
    let last = |ends: &[&str]| {
        let places = ends.iter().filter_map(|mark| head.rfind(mark).map(|at| at + mark.trim_end().len()));
        places.max().filter(|at| *at > head.len() / 2)
    };
    let end = last(&[". ", ".\n", "\n"]).or_else(|| last(&[" "])).unwrap_or(head.len());
    let head = head.get(..end).unwrap_or_default().trim_end();
    format!("{head} {CUT}{} of {all}{CUT_END}", head.chars().count())
}

/// What a client shows in a list, in characters.
const TITLE: usize = 60;

/// A summary as a title: one line. A longer one is a sentence, which the description begins with.
pub(super) fn title(summary: &str) -> Option<String> {
    let words: Vec<&str> = summary.split_whitespace().collect();
    let title = words.join(" ");
    let title = title.strip_suffix('.').unwrap_or(&title);
    (!title.is_empty() && title.chars().count() <= TITLE).then(|| title.to_owned())
}

/// A summary and a description as one text: the summary first, unless the description begins with the same words.
pub(super) fn described(summary: Option<&str>, description: Option<&str>) -> Option<String> {
    let summary = summary.map(clean).filter(|text| !text.is_empty());
    let description = description.map(clean).filter(|text| !text.is_empty());
    let text = match (summary, description) {
        (Some(summary), Some(description)) if begins_with(&description, &summary) => description,
        (Some(summary), Some(description)) => {
            let stop = if summary.ends_with(['.', '!', '?', ':']) { "" } else { "." };
            format!("{summary}{stop}\n\n{description}")
        }
        (summary, description) => summary.or(description)?,
    };
    Some(cut(text))
}

/// Answers that say something of the state of a resource, and so what to do before the call. What is wrong with the
/// arguments or the credentials is better said when it happens.
const CONDITIONS: &[u16] = &[402, 409, 410, 412, 423, 428, 451];

/// The text, and the conditions under which the call fails where the document describes them in words of its own.
pub(super) fn with_conditions(text: String, errors: &[ErrorVariant]) -> String {
    let conditions = errors.iter().filter_map(|error| match &error.source {
        ErrorSource::Response { status: StatusPattern::Exact(code), .. } if CONDITIONS.contains(code) => {
            let line = error.description.lines().next()?.trim_end_matches('.');
            // `Precondition failed` says what the name of the error says.
            let is_sentence = words(line).count() > 3 && line.chars().count() <= 200 && !text.contains(line);
            is_sentence.then(|| format!("{}: {line}", error.name))
        }
        _ => None,
    });
    let conditions: Vec<String> = conditions.collect();
    if conditions.is_empty() {
        return text;
    }
    let stop = if text.ends_with(|end: char| end.is_alphanumeric()) { "." } else { "" };
    format!("{text}{stop}\nErrors: {}.", conditions.join("; "))
}

/// Whether the first sentence of a description has every word of a summary, up to its ending: `Lists pets` has `List pet`.
fn begins_with(description: &str, summary: &str) -> bool {
    let end = description.find(['\n']).into_iter().chain(description.find(". ")).min().unwrap_or(description.len());
    says(description.get(..end).unwrap_or_default(), summary)
}

/// Whether a text has every word of another, up to its ending.
pub(super) fn says(text: &str, other: &str) -> bool {
    let own: BTreeSet<String> = words(text).collect();
    words(other).all(|word| {
        let stem: String = word.chars().take(word.chars().count().saturating_sub(2).max(3)).collect();
        own.range(stem.clone()..).next().is_some_and(|found| found.starts_with(&stem))
    })
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_comes_first_and_once() {
        let both = |summary, description| described(Some(summary), Some(description)).unwrap();
        assert_eq!(both("List pets", "Lists pets, newest first. More."), "Lists pets, newest first. More.");
        assert_eq!(both("Close an issue", "Needs the scope `repo`."), "Close an issue.\n\nNeeds the scope `repo`.");
        assert_eq!(both("<b>Get</b> it", ""), "Get it");
        assert_eq!(described(None, Some(" x ")).unwrap(), "x");
        assert_eq!(described(None, Some("<br>")), None);
    }

    #[test]
    fn a_short_summary_is_a_title() {
        assert_eq!(title("Get\n  a pet.").unwrap(), "Get a pet");
        assert_eq!(title(&"word ".repeat(13)), None);
        assert_eq!(title(" "), None);
    }

    #[test]
    fn conditions_are_told_where_the_document_describes_them() {
        let error = |code, name: &str, description: &str| ErrorVariant {
            name: name.to_owned(),
            description: description.to_owned(),
            source: ErrorSource::Response { status: StatusPattern::Exact(code), body: None },
            span: crate::source::Span::default(),
        };
        let errors = [
            error(404, "NotFound", "There is no pet of this id."),
            error(409, "Conflict", "The pet is already sold.\nSee there."),
            error(412, "PreconditionFailed", "Precondition failed"),
        ];
        assert_eq!(
            with_conditions("Sells a pet.".into(), &errors),
            "Sells a pet.\nErrors: Conflict: The pet is already sold."
        );
        assert_eq!(with_conditions("Sells a pet.".into(), &errors[..1]), "Sells a pet.");
    }

    #[test]
    fn m2_a_long_text_is_cut_visibly() {
        let text = "A sentence of some words. ".repeat(200);
        let short = plain(&text);
        assert!(is_cut(&short) && short.chars().count() < MOST + 40, "{short}");
        assert!(short.ends_with("words. … [cut: 1975 of 5199 characters]"), "{short}");
        assert!(plain(&"ü".repeat(MOST + 1)).ends_with(&format!("ü … [cut: {MOST} of {} characters]", MOST + 1)));
        assert!(!is_cut(&plain(&"x".repeat(MOST))));
    }
}
