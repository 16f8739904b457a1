//! Template + JSON → text.

use std::borrow::Cow;

use crate::json::RawJson;
use crate::json::node::Node;
use crate::json::number::Decimal;

use super::{Format, Segment, TextTemplate};

/// Answers come from upstreams and may nest deeper than arguments.
const MAX_DEPTH: usize = 192;
/// Segments that one rendering evaluates: a section inside a section over the same long array ends here.
const BUDGET: usize = 2_000_000;
/// Numbers that need more digits than this before the decimal point are printed as they are spelled.
const MAX_DIGITS: i64 = 100;

/// Renders a template over a value.
///
/// - A name is looked up in the item of the innermost section first, then outwards; a member that is not there or null
///   is empty text. A path without names is the item itself.
/// - A section over what is no array is empty.
/// - Decimals are rounded half away from zero, on the decimal digits of the number as it is spelled: `0.125` with two
///   decimals is `0.13`, whatever the nearest binary fraction is.
///
/// A value that cannot be read (nested deeper than 192 levels) is printed as JSON.
pub fn render(template: TextTemplate, value: &RawJson) -> String {
    let Ok(root) = Node::parse(value.as_str(), MAX_DEPTH) else { return value.as_str().to_owned() };
    let mut renderer = Renderer { out: String::new(), budget: BUDGET };
    renderer.segments(template, &Scope { value: &root, outer: None });
    if renderer.budget == 0 {
        renderer.out.push('…');
    }
    renderer.out
}

struct Scope<'s> {
    value: &'s Node<'s>,
    outer: Option<&'s Scope<'s>>,
}

impl<'s> Scope<'s> {
    fn find(&self, path: &[&str]) -> Option<&'s Node<'s>> {
        let Some((first, rest)) = path.split_first() else { return Some(self.value) };
        let mut scope = self;
        let start = loop {
            match scope.value.get(first) {
                Some(value) => break value,
                None => scope = scope.outer?,
            }
        };
        rest.iter().try_fold(start, |value, name| value.get(name))
    }
}

struct Renderer {
    out: String,
    budget: usize,
}

impl Renderer {
    fn segments(&mut self, segments: &[Segment], scope: &Scope<'_>) {
        for segment in segments {
            self.budget = self.budget.saturating_sub(1);
            if self.budget == 0 {
                return;
            }
            match segment {
                Segment::Literal(text) => self.out.push_str(text),
                Segment::Value(path, format) => {
                    if let Some(value) = scope.find(path) {
                        self.out.push_str(&formatted(value, format));
                    }
                }
                Segment::Each(path, body) => {
                    if let Some(Node::Array(items)) = scope.find(path) {
                        for item in items {
                            // An empty body costs something too.
                            self.budget = self.budget.saturating_sub(1);
                            self.segments(body, &Scope { value: item, outer: Some(scope) });
                            if self.budget == 0 {
                                return;
                            }
                        }
                    }
                }
            }
        }
    }
}

fn formatted<'v>(value: &'v Node<'_>, format: &Format) -> Cow<'v, str> {
    let plain = match value {
        Node::Null => return Cow::Borrowed(""),
        Node::String(text) | Node::Number(text) => Cow::Borrowed(text.as_ref()),
        other => Cow::Owned(other.to_json()),
    };
    match (format, value) {
        (Format::Decimals(decimals), Node::Number(text)) => match rounded(text, *decimals) {
            Some(text) => Cow::Owned(text),
            None => plain,
        },
        (Format::Map(texts), _) => match texts.iter().find(|(value, _)| *value == plain) {
            Some((_, text)) => Cow::Borrowed(*text),
            None => plain,
        },
        (Format::Plain | Format::Decimals(_), _) => plain,
    }
}

/// The number with so many decimals, half away from zero. `None`: it has too many digits.
fn rounded(text: &str, decimals: u8) -> Option<String> {
    let number = Decimal::new(text);
    if number.point() > MAX_DIGITS {
        return None;
    }
    // The digits as one integer in units of the last decimal.
    let kept = number.point() + i64::from(decimals);
    let mut digits: Vec<u8> = Vec::new();
    if let Ok(kept) = usize::try_from(kept) {
        let mut rest = number.digits();
        digits.extend(rest.by_ref().take(kept));
        let up = rest.next().is_some_and(|digit| digit >= 5) && digits.len() == kept;
        digits.resize(kept, 0);
        if up && increment(&mut digits) {
            digits.insert(0, 1);
        }
    }
    let decimals = usize::from(decimals);
    let mut out = String::with_capacity(digits.len() + decimals + 3);
    if number.is_negative() && digits.iter().any(|digit| *digit != 0) {
        out.push('-');
    }
    let whole = digits.len().saturating_sub(decimals);
    if whole == 0 {
        out.push('0');
    }
    out.extend(digits.iter().take(whole).map(|digit| char::from(b'0' + digit)));
    if decimals > 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', decimals.saturating_sub(digits.len())));
        out.extend(digits.iter().skip(whole).map(|digit| char::from(b'0' + digit)));
    }
    Some(out)
}

/// Adds one; `true` where all digits were nines.
fn increment(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return false;
        }
        *digit = 0;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(template: TextTemplate, json: &str) -> String {
        render(template, &RawJson::parse(json).unwrap())
    }

    #[test]
    fn rounds_half_away_from_zero_on_the_digits() {
        for (number, decimals, expected) in [
            ("22.5", 0, "23"),
            ("71.6", 0, "72"),
            ("-0.4", 0, "0"),
            ("-0.5", 0, "-1"),
            ("-22.5", 0, "-23"),
            ("0.49999999999999999999", 0, "0"),
            ("0.5", 0, "1"),
            ("0.05", 0, "0"),
            ("2.5", 0, "3"),
            ("3.5", 0, "4"),
            ("9.5", 0, "10"),
            ("999.95", 1, "1000.0"),
            ("0.95", 1, "1.0"),
            ("0.125", 2, "0.13"),
            // As binary fractions both lie below the middle.
            ("1.005", 2, "1.01"),
            ("1.115", 2, "1.12"),
            ("22", 2, "22.00"),
            ("1e2", 1, "100.0"),
            ("1.5e-3", 3, "0.002"),
            ("1e-400", 2, "0.00"),
            ("-1e-400", 0, "0"),
            ("-0", 0, "0"),
            ("-0.0", 1, "0.0"),
            ("0", 2, "0.00"),
            ("0.004", 2, "0.00"),
            ("0.005", 2, "0.01"),
            ("0.0005", 2, "0.00"),
            ("100", 0, "100"),
            ("123456789012345678901234567890.5", 0, "123456789012345678901234567891"),
        ] {
            assert_eq!(rounded(number, decimals).as_deref(), Some(expected), "{number} {decimals}");
        }
        assert_eq!(rounded("1e1000000", 0), None);
        assert_eq!(text(&[Segment::Value(&["n"], Format::Decimals(1))], r#"{"n":1e1000000}"#), "1e1000000");
    }

    /// The template of `get_temperature` in specs/weather.yaml.
    const TEMPERATURE: TextTemplate = &[
        Segment::Value(&["city"], Format::Plain),
        Segment::Literal(": "),
        Segment::Value(&["temperature"], Format::Decimals(0)),
        Segment::Value(&["unit"], Format::Map(&[("celsius", "\u{b0}C"), ("fahrenheit", "\u{b0}F")])),
    ];

    #[test]
    fn values_and_formats() {
        assert_eq!(text(TEMPERATURE, r#"{"city":"Tokyo","temperature":22,"unit":"celsius"}"#), "Tokyo: 22\u{b0}C");
        assert_eq!(text(TEMPERATURE, r#"{"city":"Tokyo","temperature":71.6,"unit":"fahrenheit"}"#), "Tokyo: 72\u{b0}F");
        // Unlisted, missing, null, and a value that is no number.
        assert_eq!(text(TEMPERATURE, r#"{"city":null,"temperature":"warm","unit":"kelvin"}"#), ": warmkelvin");
        assert_eq!(text(TEMPERATURE, "{}"), ": ");
        assert_eq!(text(TEMPERATURE, "[]"), ": ");
    }

    #[test]
    fn plain_values_keep_their_spelling() {
        let value: TextTemplate = &[Segment::Value(&["a", "b"], Format::Plain)];
        for (json, expected) in [
            (r#"{"a":{"b":"x \"y\""}}"#, r#"x "y""#),
            (r#"{"a":{"b":1.50}}"#, "1.50"),
            (r#"{"a":{"b":true}}"#, "true"),
            (r#"{"a":{"b":[1, {"c" : 2}]}}"#, r#"[1,{"c":2}]"#),
            (r#"{"a":{"b":null}}"#, ""),
            (r#"{"a":5}"#, ""),
            (r#"{"a":null}"#, ""),
        ] {
            assert_eq!(text(value, json), expected, "{json}");
        }
        let on_off: TextTemplate = &[Segment::Value(&["a"], Format::Map(&[("true", "on"), ("1", "one")]))];
        assert_eq!(text(on_off, r#"{"a":true}"#), "on");
        assert_eq!(text(on_off, r#"{"a":1}"#), "one");
        assert_eq!(text(on_off, r#"{"a":false}"#), "false");
    }

    #[test]
    fn sections_look_inside_first_and_then_outwards() {
        const DAYS: TextTemplate = &[
            Segment::Value(&["city"], Format::Plain),
            Segment::Each(
                &["forecast", "days"],
                &[
                    Segment::Literal("\n"),
                    Segment::Value(&["date"], Format::Plain),
                    Segment::Literal(" "),
                    Segment::Value(&["high"], Format::Decimals(0)),
                    Segment::Value(&["unit"], Format::Plain),
                    Segment::Each(&["notes"], &[Segment::Literal(" #"), Segment::Value(&[], Format::Plain)]),
                ],
            ),
        ];
        assert_eq!(
            text(
                DAYS,
                r#"{"city":"Oslo","unit":"C","date":"never","forecast":{"days":[
                    {"date":"Mon","high":1.5,"notes":["wind","rain"]},{"date":"Tue","high":-1.5,"unit":"K","notes":null}]}}"#
            ),
            "Oslo\nMon 2C #wind #rain\nTue -2K"
        );
        assert_eq!(text(DAYS, r#"{"city":"Oslo","forecast":{"days":[]}}"#), "Oslo");
        assert_eq!(text(DAYS, r#"{"city":"Oslo","forecast":{"days":{"date":"Mon"}}}"#), "Oslo");
    }

    #[test]
    fn work_is_bounded() {
        const SQUARE: TextTemplate = &[Segment::Each(&["a"], &[Segment::Each(&["a"], &[])])];
        let items = vec!["0"; 100_000].join(",");
        assert_eq!(text(SQUARE, &format!("{{\"a\":[{items}]}}")), "\u{2026}");
    }
}
