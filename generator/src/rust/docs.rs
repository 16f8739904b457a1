//! Documentation of generated items from descriptions of a document.
//!
//! A description is Markdown by somebody else. In a doc comment it must not become a doctest, run in the browser of a
//! reader of the documentation, or make rustc and clippy complain (SECURITY.md G1, G3). So: fences keep their content
//! but are `text`; outside them no line can be an indented code block, a list item or quotation is one line, HTML is
//! text.

use std::borrow::Cow;

use serde::Serialize;

use super::literal::{self, Token, is_hazardous};

/// The lines of a doc comment, each a string literal. Empty: no documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Docs(Vec<Token>);

/// As `#[doc = …]` attributes, which the formatter prints as `///`.
impl Serialize for Docs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let attributes: String = self.0.iter().map(|line| format!("#[doc = {line}]\n")).collect();
        serializer.serialize_str(&attributes)
    }
}

impl Docs {
    /// From safe Markdown lines.
    fn new(lines: impl IntoIterator<Item = String>) -> Self {
        Self(
            lines
                .into_iter()
                .map(|line| literal::string(&if line.is_empty() { line } else { format!(" {line}") }))
                .collect(),
        )
    }

    /// One paragraph of our own words; parts from the document went through [`inline`] or [`code`].
    pub fn line(line: impl Into<String>) -> Self {
        Self::new([line.into()])
    }

    /// A description of the document as it is.
    pub fn description(text: &str) -> Self {
        Self::new(block(text))
    }

    /// A first line of our own, then the rest of a description, each where there is one.
    pub fn with_rest(first: String, rest: &str) -> Self {
        let mut lines = vec![first];
        let rest = block(rest);
        if !rest.is_empty() {
            lines.push(String::new());
            lines.extend(rest);
        }
        Self::new(lines)
    }

    /// Adds a paragraph of our own.
    #[must_use]
    pub fn paragraph(mut self, line: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(literal::string(""));
        }
        self.0.push(literal::string(&format!(" {line}")));
        self
    }
}

/// The first paragraph of a description in one line, and what follows it.
pub(crate) fn split_summary(text: &str) -> (String, String) {
    let text = plain(text);
    let text = text.trim_start();
    let end = text
        .match_indices('\n')
        .map(|(at, _)| at)
        .find(|at| text.get(at + 1..).is_some_and(|rest| rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n')))
        .unwrap_or(text.len());
    let (first, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (inline(first), rest.trim_start().to_owned())
}

/// A description whose author wrote HTML as the Markdown that it means: paragraphs, lists, code and links. Of a link only the
/// address is kept, and what [`neutral`] makes of it holds for it as well; every other tag stays text.
fn plain(text: &str) -> Cow<'_, str> {
    const TAGS: [(&str, &str); 20] = [
        ("<p>", "\n\n"),
        ("</p>", "\n\n"),
        ("<br>", "\n"),
        ("<br/>", "\n"),
        ("<br />", "\n"),
        ("</br>", "\n"),
        ("<ul>", "\n"),
        ("</ul>", "\n\n"),
        ("<ol>", "\n"),
        ("</ol>", "\n\n"),
        ("<li>", "\n- "),
        ("</li>", ""),
        ("<code>", "`"),
        ("</code>", "`"),
        ("<strong>", "**"),
        ("</strong>", "**"),
        ("<b>", "**"),
        ("</b>", "**"),
        ("<em>", "*"),
        ("</em>", "*"),
    ];
    if !text.contains("</") && !text.contains("<br") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        if let Some((tag, word)) = TAGS.iter().find_map(|(name, word)| Some((tag.strip_prefix(name)?, word))) {
            out.push_str(word);
            rest = tag;
        } else if let Some((address, words, after)) = anchor(tag) {
            out.push_str(&format!("[{words}]({address})"));
            rest = after;
        } else {
            out.push('<');
            rest = tag.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `<a href="address" …>words</a>`, without markup inside, and what follows it.
fn anchor(tag: &str) -> Option<(&str, &str, &str)> {
    let (address, rest) = tag.strip_prefix("<a href=\"")?.split_once('"')?;
    let (attributes, rest) = rest.split_once('>')?;
    let (words, after) = rest.split_once("</a>")?;
    let is_plain = |text: &str, forbidden: &[char]| !text.contains(forbidden);
    (is_plain(attributes, &['<'])
        && is_plain(words, &['<', '[', ']', '`', '\\'])
        && is_plain(address, &['(', ')', ' ', '\n', '<', '>', '\\', '`']))
    .then_some((address, words, after))
}

/// Text of the document inside a line of our own: one line, no block structure, no HTML.
pub(crate) fn inline(text: &str) -> String {
    let text = plain(text);
    neutral(&one_line(&text))
}

/// Text of the document as a code span.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", visible(&one_line(text)).replace('`', "'"))
}

/// The words of a text with one space between them.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Hazardous characters by their number.
fn visible(text: &str) -> String {
    if !text.chars().any(is_hazardous) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hazardous(character) {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

/// A line outside fences: runs of white space are one space, fences are broken, HTML and footnotes are text, links lead to
/// the web and nowhere else. What looks like a link and is none is text, and so no link into the crate; a bare URL is a
/// link.
fn neutral(line: &str) -> String {
    let line = visible(line);
    // Nothing below applies to plain words.
    if !line.contains(['`', '~', '<', '[']) && !line.contains("http") {
        return line;
    }
    let mut out = String::with_capacity(line.len());
    let mut characters = line.char_indices().peekable();
    let mut run = (' ', 0);
    let mut spans = CodeSpans::default();
    // Where the last link to the web ends; what stands in it stays.
    let mut link_end = 0;
    while let Some((at, character)) = characters.next() {
        run = if character == run.0 { (character, run.1 + 1) } else { (character, 1) };
        let rest = line.get(at..).unwrap_or_default();
        let next = characters.peek().map(|(_, next)| *next);
        let escaped = (out.len() - out.trim_end_matches('\\').len()) % 2 == 1;
        let in_code = spans.inside(character, rest, escaped);
        match character {
            '`' | '~' if run.1 > 2 => {}
            '<' if next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')) => {
                out.push_str("&lt;");
            }
            '[' if next == Some('^') => out.push_str("&#91;"),
            '[' => match link(rest) {
                Link::Web(length) => {
                    link_end = link_end.max(at + length);
                    out.push('[');
                }
                // Where this is code after all, a backslash would show.
                Link::None if in_code => out.push('['),
                Link::None | Link::Elsewhere if escaped => out.push('['),
                Link::None | Link::Elsewhere => out.push_str("\\["),
            },
            'h' if !in_code && at >= link_end && !out.ends_with(char::is_alphanumeric) => match bare_url(rest) {
                Some(url) => {
                    out.push_str(&format!("<{url}>"));
                    while characters.next_if(|(next, _)| *next < at + url.len()).is_some() {}
                }
                None => out.push('h'),
            },
            _ => out.push(character),
        }
    }
    out
}

/// Whether a place of a line is code, as far as the line tells: between two runs of backticks of one length.
#[derive(Default)]
struct CodeSpans {
    /// How many backticks close the span.
    open: Option<usize>,
    /// Backticks of a run that is counted already.
    skip: usize,
}

impl CodeSpans {
    fn inside(&mut self, character: char, rest: &str, escaped: bool) -> bool {
        if character != '`' {
            return self.open.is_some();
        }
        if let Some(skip) = self.skip.checked_sub(1) {
            self.skip = skip;
            return true;
        }
        let length = rest.len() - rest.trim_start_matches('`').len();
        self.skip = length - 1;
        match self.open {
            Some(open) if open == length => self.open = None,
            Some(_) => {}
            None => {
                let after = rest.trim_start_matches('`');
                let closes = after.split(|c: char| c != '`').any(|ticks| ticks.len() == length);
                self.open = (closes && !escaped).then_some(length);
            }
        }
        true
    }
}

/// What an opening bracket begins.
enum Link {
    /// `[text](https://…)`, and its length.
    Web(usize),
    /// `[text](…)`: a path that leads nowhere from here, or a scheme that runs something.
    Elsewhere,
    None,
}

fn link(text: &str) -> Link {
    let Some((_, target)) = text.split_once("](") else { return Link::None };
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            let Some(target) = text.get(at..).and_then(|rest| rest.strip_prefix("](")) else { break };
            let end = target.find(')').unwrap_or(target.len());
            return if is_web(target) { Link::Web(at + 2 + end) } else { Link::Elsewhere };
        }
    }
    // Brackets that do not match: Markdown may see a link where this does not.
    if is_web(target) { Link::None } else { Link::Elsewhere }
}

fn is_web(target: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| target.starts_with(scheme))
}

/// The URL that a text begins with, without the punctuation of the sentence.
fn bare_url(text: &str) -> Option<&str> {
    if !is_web(text) {
        return None;
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '[' | ']' | '\\' | '|' | '{' | '}');
    let url = text.get(..text.find(is_end).unwrap_or(text.len()))?;
    let mut url = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '\'']);
    if !url.contains('(') {
        url = url.split(')').next().unwrap_or(url);
    }
    url.split_once("://").filter(|(_, host)| !host.is_empty()).map(|_| url)
}

/// A fence that opens or closes: its character and length, and what follows.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    (length >= 3 && !(mark == '`' && rest.contains('`'))).then_some((mark, length, rest))
}

/// Whether a line begins a list item or a quotation, which takes in the lines after it. A marker of a list has a space
/// after it: `**Note**` is text (CommonMark 0.31 §5.2).
fn begins_item(line: &str) -> bool {
    let ordered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_alone = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    line.starts_with('>')
        || line.strip_prefix(['-', '*', '+']).is_some_and(is_alone)
        || ordered.len() < line.len() && ordered.strip_prefix(['.', ')']).is_some_and(is_alone)
}

/// A description as safe Markdown lines, without empty lines at the ends.
fn block(text: &str) -> Vec<String> {
    let text = plain(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<String> = Vec::new();
    let mut open: Option<(char, usize)> = None;
    // Whether the last line takes the next one in, as Markdown's lazy continuation would.
    let mut continues = false;
    for line in text.lines() {
        if let Some((mark, length)) = open {
            let indent = line.len() - line.trim_start_matches(' ').len();
            let closes = indent < 4
                && fence(line.trim()).is_some_and(|(c, n, rest)| c == mark && n >= length && rest.trim().is_empty());
            if closes {
                open = None;
                lines.push(mark.to_string().repeat(length));
            } else {
                lines.push(visible(&line.replace('\t', "    ")).trim_end().to_owned());
            }
            continue;
        }
        let line = one_line(line);
        if line.is_empty() {
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
            continues = false;
        } else if let Some((mark, length, _)) = fence(&line) {
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
            open = Some((mark, length));
            lines.push(format!("{}text", mark.to_string().repeat(length)));
            continues = false;
        } else if begins_item(&line) || line.starts_with('#') {
            continues = begins_item(&line);
            lines.push(neutral(&line));
        } else if continues {
            if let Some(last) = lines.last_mut() {
                last.push(' ');
                last.push_str(&neutral(&line));
            }
        } else {
            lines.push(neutral(&line));
        }
    }
    if let Some((mark, length)) = open {
        lines.push(mark.to_string().repeat(length));
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g1_fences_are_text_and_are_closed() {
        assert_eq!(
            block("Use:\n```rust\nstd::process::exit(1);\n```\ndone"),
            ["Use:", "", "```text", "std::process::exit(1);", "```", "done"]
        );
        assert_eq!(block("~~~\na\n```\nb"), ["~~~text", "a", "```", "b", "~~~"]);
        assert_eq!(block("````x\n```\nexit()\n````"), ["````text", "```", "exit()", "````"]);
        // Indented by four a fence is an indented code block in Markdown; here it is a fence.
        assert_eq!(block("    ```\n    exit();\n    ```\nx"), ["```text", "    exit();", "    ```", "x", "```"]);
    }

    #[test]
    fn emphasis_after_a_list_item_belongs_to_it() {
        assert_eq!(block("1. a\n**Note:** b\n2. c\n1.5 d"), ["1. a **Note:** b", "2. c 1.5 d"]);
        assert_eq!(block("*a* b\n* c\n*d*"), ["*a* b", "* c *d*"]);
    }

    #[test]
    fn g1_nothing_outside_a_fence_is_code() {
        assert_eq!(block("a\n\n    exit();\n\tb()"), ["a", "", "exit();", "b()"]);
        assert_eq!(block("-     exit()\n>     exit()\n1.      exit()"), ["- exit()", "> exit()", "1. exit()"]);
        assert_eq!(block("> ```rust\n> exit()\n> ```"), ["> ``rust", "> exit()", "> ``"]);
        assert_eq!(block("- ```\n  exit()\n  ```"), ["- `` exit()", "", "```text", "```"]);
        assert_eq!(block("- ~~~~~rust"), ["- ~~rust"]);
    }

    #[test]
    fn list_items_and_quotations_are_one_line() {
        assert_eq!(
            block("Values:\n- one\nlazy\n   more\n- two\n\nend"),
            ["Values:", "- one lazy more", "- two", "", "end"]
        );
    }

    #[test]
    fn html_of_paragraphs_lists_and_links_is_markdown() {
        assert_eq!(
            block(
                "<p>See <a href=\"https://a.example\" class=\"x\">the <i>docs</i></a> of <code>a</code>.</p><ul><li>x</li></ul>"
            ),
            ["See &lt;a href=\"<https://a.example>\" class=\"x\">the &lt;i>docs&lt;/i>&lt;/a> of `a`.", "", "- x"]
        );
        assert_eq!(block("<a href=\"https://a.example\">docs</a>"), ["[docs](https://a.example)"]);
        assert_eq!(block("<a href=\"javascript:x\">docs</a>"), ["\\[docs](javascript:x)"]);
        assert_eq!(
            block("<a href=\"/docs\">docs</a> <script>x</script>"),
            ["\\[docs](/docs) &lt;script>x&lt;/script>"]
        );
        assert_eq!(split_summary("<p>One.</p>\n<p>Two.</p>"), ("One.".to_owned(), "Two.\n\n".to_owned()));
    }

    #[test]
    fn html_and_footnotes_are_text() {
        assert_eq!(
            block("<script>x</script> a < b, List<T> [^1]"),
            ["&lt;script>x&lt;/script> a < b, List&lt;T> &#91;^1]"]
        );
        assert_eq!(block("\\<b>"), ["\\&lt;b>"]);
    }

    #[test]
    fn g1_links_lead_to_the_web_only() {
        assert_eq!(
            block("See https://a.example/x?y=1, (http://b.example) and [c](https://c.example)."),
            ["See <https://a.example/x?y=1>, (<http://b.example>) and [c](https://c.example)."]
        );
        assert_eq!(
            block("[run](javascript:alert(1)) [x](/docs) [Pet] `[Pet]` data: [DONE] t[0][1]"),
            ["\\[run](javascript:alert(1)) \\[x](/docs) \\[Pet] `[Pet]` data: \\[DONE] t\\[0]\\[1]"]
        );
        // A reference and its definition; what only looks like code; brackets that do not match.
        assert_eq!(block("[a]: javascript:x()"), ["\\[a]: javascript:x()"]);
        assert_eq!(block("\\` [a](javascript:x()) `"), ["\\` \\[a](javascript:x()) `"]);
        assert_eq!(block("\\\\[a](javascript:x())"), ["\\\\\\[a](javascript:x())"]);
        assert_eq!(block("[[a](javascript:x())"), ["\\[\\[a](javascript:x())"]);
        assert_eq!(block("a=\"https://a.example\" xhttps://b"), ["a=\"<https://a.example>\" xhttps://b"]);
        assert_eq!(block("https:// http://"), ["https:// http://"]);
        assert_eq!(block("[https://a.example](https://a.example)"), ["[https://a.example](https://a.example)"]);
    }

    #[test]
    fn g3_hazards_are_named() {
        assert_eq!(block("a\u{202e}b\0"), ["a\\u{202e}b\\u{0}"]);
        assert_eq!(block("```\n\u{e0041}\n```"), ["```text", "\\u{e0041}", "```"]);
        assert_eq!(block("a\rb"), ["a", "b"]);
        assert_eq!(code("/a`b\n/{c}"), "`/a'b /{c}`");
    }

    #[test]
    fn a_summary_is_the_first_paragraph_in_one_line() {
        assert_eq!(split_summary("Get\none pet.\n\nMore.\n"), ("Get one pet.".to_owned(), "More.\n".to_owned()));
        assert_eq!(split_summary("Get one pet."), ("Get one pet.".to_owned(), String::new()));
        assert_eq!(split_summary(""), (String::new(), String::new()));
        assert_eq!(split_summary("a\r\n\r\nb"), ("a".to_owned(), "b".to_owned()));
    }
}
