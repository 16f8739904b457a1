//! Short descriptions for long lists: a model reads every one of them before each answer.

use crate::model::Server;
use crate::options::{Descriptions, Options};
use crate::plan::budget::MOST_TOOLS;

/// The longest short description, in characters.
const MOST: usize = 160;

/// Says that there is more.
const MORE: &str = " …";

/// Applies [`Options::descriptions`]. A description that a person wrote in the options stays as it is.
pub(crate) fn apply(server: &mut Server, options: &Options) {
    let is_short = match options.descriptions {
        Some(Descriptions::Full) => false,
        Some(Descriptions::Short) => true,
        None => server.upstream.is_some() && server.tools.iter().filter(|tool| tool.listed).count() > MOST_TOOLS,
    };
    if !is_short {
        return;
    }
    for tool in server.tools.iter_mut().filter(|tool| tool.listed) {
        let own = super::options_of(tool, options).map(|(_, own)| own);
        if own.is_some_and(|own| own.description.is_some() || own.append.is_some()) {
            continue;
        }
        let short = match tool.title.take() {
            // The title would be the same words once more.
            Some(title) if title == tool.description.trim_end_matches('.') => tool.description.clone(),
            Some(title) => format!("{title}.{MORE}"),
            None => short(&tool.description),
        };
        if short != tool.description {
            tool.details = Some(std::mem::replace(&mut tool.description, short));
        }
    }
}

/// The first line, or as many of its sentences or words as are short enough.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end();
    let end = line.char_indices().nth(MOST).map_or(line.len(), |(at, _)| at);
    let head = line.get(..end).unwrap_or_default();
    let head = if head.len() == line.len() {
        line
    } else {
        let sentence = head.rfind(". ").map(|at| at + 1);
        let word = || head.rfind(' ').unwrap_or(head.len());
        head.get(..sentence.unwrap_or_else(word)).unwrap_or_default().trim_end()
    };
    if head.len() == text.trim_end().len() { head.to_owned() } else { format!("{head}{MORE}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_short_and_says_that_there_is_more() {
        assert_eq!(short("Get a pet."), "Get a pet.");
        assert_eq!(short("Get a pet.\n\nAll of it."), "Get a pet. …");
        let sentences = "One sentence of many words. ".repeat(20);
        assert_eq!(short(&sentences), format!("{} …", "One sentence of many words. ".repeat(5).trim_end()));
        let words = "word ".repeat(100);
        let short = short(&words);
        assert!(short.chars().count() <= MOST + 2 && short.ends_with("word …"), "{short}");
    }
}
