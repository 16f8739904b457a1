//! Prints diagnostics with their source lines.

use std::collections::BTreeMap;

use annotate_snippets::{
    AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str, renderer::DecorStyle,
};

use super::{Code, Diagnostic, Report, Severity};
use crate::source::{Sources, Span};

/// A source line longer than this is cut around the place: generated JSON is often one line of megabytes.
const LINE_WIDTH: usize = 120;
/// How many diagnostics of one code are shown: a mistake of a tool that writes documents stands in them thousands of
/// times.
const SHOWN: usize = 20;
/// How much of a cut line stands before the place.
const LEAD: usize = 40;

impl Report {
    /// All diagnostics in order of position, each followed by an empty line. `color`: ANSI styles for a terminal.
    pub(crate) fn render(&self, color: bool) -> String {
        let mut out = String::new();
        let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
        for diagnostic in self.sorted() {
            let count = counts.entry(diagnostic.code).or_default();
            *count += 1;
            if *count <= SHOWN {
                out.push_str(&render(diagnostic, &self.sources, color));
                out.push_str("\n\n");
            }
        }
        for (code, count) in counts.into_iter().filter(|(_, count)| *count > SHOWN) {
            let more = count - SHOWN;
            let list = "`mcpgen inspect --json` lists all warnings";
            out.push_str(&format!("note: {more} more of {} are not shown; {list}\n\n", code.0));
        }
        out
    }
}

/// One diagnostic as text, without a newline at the end:
///
/// ```text
/// error[E0102]: message
///   --> petstore.yaml:12:7
///    |
/// 12 |       $ref: '#/components/schemas/Pets'
///    |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^ label
///    |
///    = help: what to do
/// ```
pub(crate) fn render(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.0);
    let mut elements = Vec::new();
    let mut columns = Vec::new();
    if let Some(span) = diagnostic.span {
        elements.extend(place(sources, span, AnnotationKind::Primary, &diagnostic.label, &mut columns));
    }
    for (span, label) in &diagnostic.related {
        elements.extend(place(sources, *span, AnnotationKind::Context, label, &mut columns));
    }
    // That of the document itself is empty and says nothing.
    if let Some(pointer) = diagnostic.pointer.as_deref().filter(|pointer| !pointer.is_empty()) {
        let pointer = pointer.replace(['\n', '\r'], " ");
        elements.push(Level::NOTE.message(normalize_untrusted_str(&format!("JSON pointer {pointer}"))).into());
    }
    if let Some(help) = &diagnostic.help {
        elements.push(Level::HELP.message(normalize_untrusted_str(help)).into());
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(LINE_WIDTH + 40);
    let mut out = renderer.render(&[Group::with_title(title).elements(elements)]);
    for (cut, whole) in columns {
        out = out.replacen(&cut, &whole, 1);
    }
    out
}

/// The header and the source line of one place; `None` where the span belongs to no file.
///
/// The renderer counts the column in the text that it is given. Where that is cut, `columns` gets what the header
/// will say and what it must say.
fn place<'a>(
    sources: &'a Sources,
    span: Span,
    kind: AnnotationKind,
    label: &'a str,
    columns: &mut Vec<(String, String)>,
) -> Option<Element<'a>> {
    let source = sources.get(span.file)?;
    let (line, column) = source.position(span.start);
    if source.text.is_empty() {
        return Some(Origin::path(source.name.as_str()).into());
    }
    let (text, start, end) = cut(&source.text, span);
    let shown = text.get(..start).map_or(0, |head| head.chars().count()) + 1;
    if shown != column as usize {
        let name = &source.name;
        columns.push((format!("{name}:{line}:{shown}"), format!("{name}:{line}:{column}")));
    }
    let mut annotation = kind.span(start..end);
    if !label.is_empty() {
        annotation = annotation.label(label);
    }
    Some(Snippet::source(text).path(source.name.as_str()).line_start(line as usize).annotation(annotation).into())
}

/// The line in which a span begins, cut to [`LINE_WIDTH`] characters around it, and the part of the span that it
/// shows as byte offsets into the cut text. Total: any span will do.
fn cut(text: &str, span: Span) -> (String, usize, usize) {
    let at = floor_char(text, span.start as usize);
    let line_start = text.get(..at).and_then(|head| head.rfind('\n')).map_or(0, |newline| newline + 1);
    let line_end = text.get(at..).and_then(|tail| tail.find('\n')).map_or(text.len(), |newline| at + newline);
    let line = text.get(line_start..line_end).unwrap_or("").trim_end_matches('\r');
    let start = (at - line_start).min(line.len());
    let end = floor_char(line, (span.end as usize).saturating_sub(line_start));
    let end = line.get(start..end).map_or(start, |marked| start + marked.trim_end().len()).max(start);

    if line.chars().nth(LINE_WIDTH).is_none() {
        return (line.to_owned(), start, end);
    }
    let head = line.get(..start).unwrap_or("");
    let from = head.char_indices().rev().take(LEAD).last().map_or(start, |(index, _)| index);
    let tail = line.get(from..).unwrap_or("");
    let to = tail.char_indices().nth(LINE_WIDTH).map_or(line.len(), |(index, _)| from + index);
    let (before, after) = (if from > 0 { "..." } else { "" }, if to < line.len() { "..." } else { "" });
    let shown = line.get(from..to).unwrap_or("");
    let offset = before.len();
    (format!("{before}{shown}{after}"), start - from + offset, end.min(to) - from + offset)
}

/// The last character boundary at or before `at`.
fn floor_char(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::source::Source;

    fn report(text: &str, start: u32, end: u32) -> String {
        let mut sources = Sources::default();
        sources.add(Source::new("dir/api.yaml", text));
        let span = Span { file: 0, start, end };
        let diagnostic = Diagnostic::error(Code("E0203"), span, "nothing is called `Pets`").label("here").help("try");
        render(&diagnostic, &sources, false)
    }

    #[test]
    fn shows_the_line_the_label_and_the_help() {
        let text = "a: 1\nref: Pets\nc: 3\n";
        let expected = "\
error[E0203]: nothing is called `Pets`
 --> dir/api.yaml:2:6
  |
2 | ref: Pets
  |      ^^^^ here
  |
  = help: try";
        assert_eq!(report(text, 10, 14), expected);
    }

    #[test]
    fn columns_count_characters_and_carriage_returns_are_not_shown() {
        let text = "a: é\r\nü: x\r\n";
        let start = text.find('x').unwrap() as u32;
        let shown = report(text, start, start + 3);
        assert!(shown.contains("--> dir/api.yaml:2:4\n"), "{shown}");
        assert!(shown.contains("2 | ü: x\n"), "{shown}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}{{\"key\": 1}}{}", "[".repeat(5000), "]".repeat(5000));
        let start = text.find("\"key\"").unwrap() as u32;
        let shown = report(&text, start, start + 5);
        assert!(shown.contains("--> dir/api.yaml:1:5002\n"), "{shown}");
        assert!(shown.contains("\"key\": 1"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() < 180), "{shown}");
        let marked = shown.lines().find(|line| line.contains("^^^^^ here")).unwrap();
        let source = shown.lines().find(|line| line.contains("\"key\"")).unwrap();
        assert_eq!(source.find("\"key\""), marked.find('^'), "{shown}");
    }

    #[test]
    fn related_places_are_shown_too() {
        let mut sources = Sources::default();
        sources.add(Source::new("a.yaml", "x: 1\ny: 2\nx: 3\n"));
        let diagnostic = Diagnostic::warning(Code("W0101"), Span { file: 0, start: 10, end: 11 }, "`x` stands twice")
            .related(Span { file: 0, start: 0, end: 1 }, "first here");
        let shown = render(&diagnostic, &sources, false);
        assert!(shown.starts_with("warning[W0101]: `x` stands twice\n --> a.yaml:3:1\n"), "{shown}");
        assert!(shown.contains("a.yaml:1:1"), "{shown}");
        assert!(shown.contains("first here"), "{shown}");
    }

    #[test]
    fn no_span_and_no_text_can_panic() {
        for text in ["", "\n", "\t\tä\u{202e}\r\n\u{1b}[31m", "日本\n\r\r\n語", "x"] {
            for start in 0..24 {
                for end in [0, start, start + 1, start + 7, u32::MAX] {
                    report(text, start, end);
                }
            }
        }
        let nowhere = Diagnostic::error(Code("E0101"), Span { file: 9, start: 1, end: 2 }, "m");
        assert_eq!(render(&nowhere, &Sources::default(), false), "error[E0101]: m");
    }

    #[test]
    fn escape_sequences_of_a_document_do_not_reach_the_terminal() {
        let shown = report("a: \u{1b}[31mred\u{202e}\n", 0, 1);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown:?}");
    }

    #[test]
    fn colour_is_a_choice() {
        let diagnostic = Diagnostic::error(Code("E0101"), Span { file: 9, start: 1, end: 2 }, "m");
        assert!(render(&diagnostic, &Sources::default(), true).contains('\u{1b}'));
    }
}
