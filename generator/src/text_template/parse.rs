//! The grammar of text templates: text to nodes with places.

use std::ops::Range;

use super::Problem;
use crate::diag::codes::spec as codes;

/// A part of a template, not yet checked against a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    Value { path: Path, format: Option<Format> },
    Each { path: Path, body: Vec<Node> },
}

/// Names and their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// None: `.`, the item of the innermost section.
    pub names: Vec<String>,
    pub range: Range<usize>,
}

impl Path {
    /// As it is written.
    pub(super) fn text(&self) -> String {
        if self.names.is_empty() { ".".into() } else { self.names.join(".") }
    }
}

/// What follows the colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Decimals { digits: u8, range: Range<usize> },
    Map { cases: Vec<Case>, range: Range<usize> },
}

/// `celsius=°C`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub member: String,
    pub text: String,
    pub range: Range<usize>,
}

/// A section that is still open, and what was read before it.
struct Open {
    path: Path,
    outer: Vec<Node>,
    tag: Range<usize>,
}

/// SECURITY.md G8: longer texts, deeper sections and further mistakes are not looked at.
const LONGEST: usize = 64 * 1024;
const DEEPEST: usize = 8;
const MOST_PROBLEMS: usize = 20;

/// What could be read, and what could not: the rest is still worth checking.
pub(super) fn parse(text: &str) -> (Vec<Node>, Vec<Problem>) {
    let mut parser = Parser { text, at: 0, nodes: Vec::new(), open: Vec::new(), problems: Vec::new() };
    parser.run();
    (parser.nodes, parser.problems)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    nodes: Vec<Node>,
    open: Vec<Open>,
    problems: Vec<Problem>,
}

impl<'t> Parser<'t> {
    fn run(&mut self) {
        // One newline at the very end belongs to the YAML block, not to the text.
        self.text = self.text.strip_suffix('\n').unwrap_or(self.text);
        if self.text.len() > LONGEST {
            self.problem(0..0, format!("a template has at most {LONGEST} bytes"), None);
            return;
        }
        while let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) {
            if self.problems.len() >= MOST_PROBLEMS {
                return;
            }
            match rest.find(['{', '}']) {
                Some(0) => self.brace(rest),
                Some(length) => self.literal(length),
                None => self.literal(rest.len()),
            }
        }
        while let Some(open) = self.open.pop() {
            let name = open.path.text();
            self.problem(
                open.tag.clone(),
                format!("the section `{{#{name}}}` is not closed"),
                Some(format!("close it with `{{/{name}}}`")),
            );
            self.end_section(open);
        }
    }

    fn end_section(&mut self, open: Open) {
        let body = std::mem::replace(&mut self.nodes, open.outer);
        self.nodes.push(Node::Each { path: open.path, body });
    }

    fn literal(&mut self, length: usize) {
        let piece = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.push_text(piece);
        self.at += length;
    }

    fn push_text(&mut self, piece: &str) {
        match self.nodes.last_mut() {
            Some(Node::Text(before)) => before.push_str(piece),
            _ => self.nodes.push(Node::Text(piece.to_owned())),
        }
    }

    fn brace(&mut self, rest: &'t str) {
        for (escape, plain) in [("{{", "{"), ("}}", "}")] {
            if rest.starts_with(escape) {
                self.push_text(plain);
                self.at += 2;
                return;
            }
        }
        let start = self.at;
        if rest.starts_with('}') {
            self.problem(start..start + 1, "this `}` closes nothing".into(), Some("write `}}` for a brace".into()));
            self.at += 1;
            return;
        }
        let inner = rest.get(1..).unwrap_or_default();
        let Some(length) = inner.find(['{', '}']).filter(|at| inner.get(*at..).is_some_and(|s| s.starts_with('}')))
        else {
            self.problem(start..start + 1, "this `{` is not closed".into(), Some("write `{{` for a brace".into()));
            self.at += 1;
            return;
        };
        let inner = inner.get(..length).unwrap_or_default();
        let range = start..start + length + 2;
        self.at = range.end;
        match inner.as_bytes().first() {
            Some(b'#') => self.open_section(inner, range),
            Some(b'/') => self.close_section(inner, range),
            _ => self.value(inner, range),
        }
    }

    fn open_section(&mut self, inner: &str, tag: Range<usize>) {
        let Some(path) = self.path(inner.get(1..).unwrap_or_default(), tag.start + 2, &tag) else { return };
        if self.open.len() >= DEEPEST {
            self.problem(tag, format!("at most {DEEPEST} sections inside one another"), None);
            return;
        }
        self.swallow_line(&tag);
        self.open.push(Open { path, outer: std::mem::take(&mut self.nodes), tag });
    }

    fn close_section(&mut self, inner: &str, tag: Range<usize>) {
        let Some(path) = self.path(inner.get(1..).unwrap_or_default(), tag.start + 2, &tag) else { return };
        self.swallow_line(&tag);
        match self.open.pop() {
            Some(open) if open.path.names == path.names => self.end_section(open),
            Some(open) => {
                let expected = open.path.text();
                self.problem(
                    tag,
                    format!("`{{/{}}}` closes a section that is not the innermost", path.text()),
                    Some(format!("the innermost open section is `{{#{expected}}}`")),
                );
                self.open.push(open);
            }
            None => self.problem(tag, format!("`{{{inner}}}` closes a section that was not opened"), None),
        }
    }

    /// A tag alone on its line takes the line with it.
    fn swallow_line(&mut self, tag: &Range<usize>) {
        let before = self.text.get(..tag.start).unwrap_or_default();
        let after = self.text.get(tag.end..).unwrap_or_default();
        let line_before = before.rsplit('\n').next().unwrap_or_default();
        let line_after = after.split('\n').next().unwrap_or_default();
        let blank = |text: &str| text.chars().all(|c| c == ' ' || c == '\t');
        if !blank(line_before) || !blank(line_after) {
            return;
        }
        self.drop_tail(line_before.len());
        let newline = usize::from(after.len() > line_after.len());
        self.at = tag.end + line_after.len() + newline;
    }

    /// Takes blanks back that were read as text.
    fn drop_tail(&mut self, bytes: usize) {
        if let Some(Node::Text(text)) = self.nodes.last_mut() {
            let tail = text.bytes().rev().take(bytes).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            text.truncate(text.len() - tail);
            if text.is_empty() {
                self.nodes.pop();
            }
        }
    }

    fn value(&mut self, inner: &str, range: Range<usize>) {
        let (name, format) = match inner.split_once(':') {
            Some((name, format)) => (name, Some(format)),
            None => (inner, None),
        };
        let Some(path) = self.path(name, range.start + 1, &range) else { return };
        let start = range.start + 1 + name.len() + 1;
        let format = match format {
            None => None,
            Some(text) => match self.format(text, start, &range) {
                Some(format) => Some(format),
                None => return,
            },
        };
        self.nodes.push(Node::Value { path, format });
    }

    fn path(&mut self, text: &str, start: usize, whole: &Range<usize>) -> Option<Path> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.problem(
                whole.clone(),
                "a name is missing between the braces".into(),
                Some("write `{{` and `}}` for braces in the text".into()),
            );
            return None;
        }
        if text == "." {
            return Some(Path { names: Vec::new(), range: start..start + 1 });
        }
        let names: Vec<String> = text.split('.').map(str::to_owned).collect();
        let plain = |name: &String| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'))
        };
        if !names.iter().all(plain) {
            let help = if trimmed.len() < text.len() && trimmed.split('.').map(str::to_owned).all(|n| plain(&n)) {
                format!("no spaces: `{{{trimmed}}}`")
            } else {
                "a name is letters, digits, `_`, `-`; write `{{` for a brace in the text".into()
            };
            self.problem(whole.clone(), format!("`{text}` is not the name of a field"), Some(help));
            return None;
        }
        Some(Path { names, range: start..start + text.len() })
    }

    fn format(&mut self, text: &str, start: usize, whole: &Range<usize>) -> Option<Format> {
        let range = start..start + text.len();
        if let Some(digits) = text.strip_prefix('.') {
            return match digits.parse::<u8>() {
                Ok(digits) if digits <= 9 && text.len() == 2 => Some(Format::Decimals { digits, range }),
                _ => {
                    let help = "`:.0` to `:.9` round to so many decimals".to_owned();
                    self.problem(range, format!("`{text}` is not a number of decimals"), Some(help));
                    None
                }
            };
        }
        let mut cases = Vec::new();
        let mut at = start;
        for piece in text.split('|') {
            let place = at..at + piece.len();
            at = place.end + 1;
            match piece.split_once('=') {
                Some((member, text)) if !member.is_empty() => {
                    cases.push(Case { member: member.to_owned(), text: text.to_owned(), range: place });
                }
                _ => {
                    let help = "formats: `{price:.2}` rounds to two decimals, `{unit:celsius=°C|fahrenheit=°F}` gives each member of an enumeration its text";
                    let place = if place.is_empty() { whole.clone() } else { place };
                    self.problem(place, format!("`{piece}` is no format"), Some(help.into()));
                    return None;
                }
            }
        }
        Some(Format::Map { cases, range })
    }

    fn problem(&mut self, range: Range<usize>, message: String, help: Option<String>) {
        self.problems.push(Problem { code: codes::TEMPLATE_SYNTAX, range, message, help });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str) -> Node {
        let Node::Value { path, .. } = parse(&format!("{{{name}}}")).0.remove(0) else { panic!() };
        Node::Value { path: Path { range: 0..0, ..path }, format: None }
    }

    /// The nodes without their places.
    fn shape(text: &str) -> Vec<Node> {
        fn bare(nodes: Vec<Node>) -> Vec<Node> {
            let strip = |path: Path| Path { range: 0..0, ..path };
            nodes
                .into_iter()
                .map(|node| match node {
                    Node::Text(text) => Node::Text(text),
                    Node::Value { path, format } => Node::Value { path: strip(path), format },
                    Node::Each { path, body } => Node::Each { path: strip(path), body: bare(body) },
                })
                .collect()
        }
        let (nodes, problems) = parse(text);
        assert_eq!(problems, []);
        bare(nodes)
    }

    fn text(text: &str) -> Node {
        Node::Text(text.into())
    }

    #[test]
    fn text_values_and_escapes() {
        assert_eq!(shape("a {x} b"), [text("a "), value("x"), text(" b")]);
        assert_eq!(shape("{{x}} {a.b}"), [text("{x} "), value("a.b")]);
        assert_eq!(shape("{{{x}}}"), [text("{"), value("x"), text("}")]);
        assert_eq!(shape(""), []);
        let Node::Each { body, .. } = parse("{#a}{.}{/a}").0.remove(0) else { panic!() };
        assert!(matches!(&body[0], Node::Value { path, .. } if path.names.is_empty()));
    }

    #[test]
    fn a_section_tag_alone_on_its_line_takes_the_line_with_it() {
        let each = |body: Vec<Node>| Node::Each { path: Path { names: vec!["d".into()], range: 0..0 }, body };
        assert_eq!(
            shape("Days:\n{#d}\n- {x}\n{/d}\nEnd\n"),
            [text("Days:\n"), each(vec![text("- "), value("x"), text("\n")]), text("End")]
        );
        assert_eq!(shape("A\n{#d}\n{x}\n{/d}\n"), [text("A\n"), each(vec![value("x"), text("\n")])]);
        assert_eq!(shape("A {#d}{x}, {/d}B"), [text("A "), each(vec![value("x"), text(", ")]), text("B")]);
    }

    #[test]
    fn formats() {
        let nodes = parse("{t:.1}{unit:c=°C|f=}").0;
        assert!(matches!(&nodes[0], Node::Value { format: Some(Format::Decimals { digits: 1, .. }), .. }));
        let Node::Value { format: Some(Format::Map { cases, .. }), .. } = &nodes[1] else { panic!() };
        assert_eq!((cases[0].member.as_str(), cases[0].text.as_str(), cases[1].text.as_str()), ("c", "°C", ""));
    }

    #[test]
    fn mistakes_have_their_places() {
        let places = |text: &str| parse(text).1.into_iter().map(|p| (p.range.start, p.range.end)).collect::<Vec<_>>();
        assert_eq!(places("a {b"), [(2, 3)]);
        assert_eq!(places("a } {}"), [(2, 3), (4, 6)]);
        assert_eq!(places("{ x }"), [(0, 5)]);
        assert_eq!(places("{#a}{x}"), [(0, 4)]);
        assert_eq!(places("{#a}{#b}{/a}{/b}{/a}"), [(8, 12)]);
        assert_eq!(places("{/a}"), [(0, 4)]);
        assert_eq!(places("{t:.10}"), [(3, 6)]);
        assert_eq!(places("{t:wide}"), [(3, 7)]);
        assert_eq!(places(r#"{"a": 1}"#), [(0, 8)]);
        assert_eq!(places("°{"), [(2, 3)], "bytes, not characters");
    }

    #[test]
    fn g8_size_depth_and_mistakes_are_bounded() {
        let nested = |depth: usize| "{#a}".repeat(depth) + &"{/a}".repeat(depth);
        assert_eq!(parse(&nested(8)).1, []);
        assert!(!parse(&nested(9)).1.is_empty());
        assert!(!parse(&nested(5_000)).1.is_empty());
        assert_eq!(parse(&"}".repeat(99)).1.len(), 1, "49 escapes and one brace that is left over");
        assert_eq!(parse(&"{} ".repeat(99)).1.len(), 20);
        assert_eq!(parse(&"x".repeat(64 * 1024)).1, []);
        assert_eq!(parse(&"x".repeat(64 * 1024 + 1)).1.len(), 1);
    }
}
