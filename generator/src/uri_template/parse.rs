//! The grammar: RFC 6570 §2, narrowed to what can be matched again.

use super::{Part, Place, TemplateError, UriTemplate, Variable};

/// Longer templates are refused: comparing two takes time in the product of their lengths.
const LONGEST: usize = 1024;

pub(super) fn parse(text: &str) -> Result<UriTemplate, TemplateError> {
    let mut parser = Parser {
        text,
        template: UriTemplate { text: text.to_owned(), path: Vec::new(), fixed: Vec::new(), query: Vec::new() },
        in_query: false,
    };
    if text.len() > LONGEST {
        return Err(error(0, text.len(), format!("a URI template has at most {LONGEST} bytes"), None));
    }
    parser.scheme()?;
    parser.run()?;
    Ok(parser.template)
}

fn error(offset: usize, length: usize, message: impl Into<String>, help: Option<&str>) -> TemplateError {
    TemplateError { offset, length, message: message.into(), help: help.map(str::to_owned) }
}

struct Parser<'t> {
    text: &'t str,
    template: UriTemplate,
    /// Whether a `?` was read.
    in_query: bool,
}

impl<'t> Parser<'t> {
    /// RFC 3986 §3.1, in lower case: the canonical form, and the one that is compared.
    fn scheme(&self) -> Result<(), TemplateError> {
        let help = Some("a URI begins with its scheme, in lower case: `weather://…`");
        let end = self.text.find([':', '{', '/']).filter(|at| self.text.get(*at..).is_some_and(|s| s.starts_with(':')));
        let Some(scheme) = end.and_then(|end| self.text.get(..end)) else {
            return Err(error(0, self.text.len(), "the scheme is missing", help));
        };
        let well_formed = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'));
        if !well_formed {
            return Err(error(0, scheme.len(), format!("`{scheme}` is no scheme"), help));
        }
        if self.text.len() == scheme.len() + 1 {
            return Err(error(0, self.text.len(), "there is nothing after the scheme", help));
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), TemplateError> {
        let mut at = 0;
        while let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(inner) = rest.strip_prefix('{') {
                let Some(inner) = inner.find('}').and_then(|end| inner.get(..end)) else {
                    return Err(error(at, rest.len(), "this `{` is not closed", None));
                };
                let length = inner.len() + 2;
                self.expression(inner, at, length)?;
                at += length;
            } else {
                let literal = rest.find('{').and_then(|end| rest.get(..end)).unwrap_or(rest);
                self.literal(literal, at)?;
                at += literal.len();
            }
        }
        Ok(())
    }

    fn literal(&mut self, literal: &'t str, at: usize) -> Result<(), TemplateError> {
        check_characters(literal, at)?;
        if !self.template.query.is_empty() {
            return Err(error(at, literal.len(), "nothing can follow the query variables", Some("`{?…}` stands last")));
        }
        let (path, query) = match literal.split_once('?') {
            Some((path, query)) if !self.in_query => (path, Some(query)),
            _ if self.in_query => ("", Some(literal)),
            _ => (literal, None),
        };
        if !path.is_empty() {
            match self.template.path.last() {
                Some(Part::Rest(_)) => {
                    let help = Some("`{+var}` takes the rest of the path, so it stands last");
                    return Err(error(at, path.len(), "nothing in the path can follow `{+var}`", help));
                }
                Some(Part::Segment(_)) => {
                    let help = Some("`{/var}` may be absent; write `/{var}` for a segment that is always there");
                    return Err(error(at, path.len(), "nothing else in the path can follow `{/var}`", help));
                }
                _ => self.template.path.push(Part::Literal(path.to_owned())),
            }
        }
        if let Some(query) = query {
            self.in_query = true;
            self.fixed(query, at + (literal.len() - query.len()))?;
        }
        Ok(())
    }

    /// `name=value&name=value` after `?`.
    fn fixed(&mut self, query: &str, mut at: usize) -> Result<(), TemplateError> {
        for pair in query.split('&') {
            let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                let help =
                    Some("fixed parameters are `?name=value`; a variable is `{?name}`, or `{&name}` after these");
                return Err(error(at, pair.len().max(1), "a query parameter needs a name and a value", help));
            };
            if self.template.fixed.iter().any(|(before, _)| before == name) {
                return Err(error(at, pair.len(), format!("`{name}` stands twice in the query"), None));
            }
            self.template.fixed.push((name.to_owned(), value.to_owned()));
            at += pair.len() + 1;
        }
        Ok(())
    }

    fn expression(&mut self, inner: &str, at: usize, length: usize) -> Result<(), TemplateError> {
        let fail = |message: String, help: Option<&str>| Err(error(at, length, message, help));
        let operator = inner.chars().next().filter(|c| !c.is_ascii_alphanumeric() && *c != '_');
        let list = operator.and_then(|c| inner.strip_prefix(c)).unwrap_or(inner);
        match operator {
            None | Some('+' | '/' | '?' | '&') => {}
            Some('#') => {
                return fail(
                    "`{#…}` is not supported".into(),
                    Some("a fragment is not sent to the server; use `{?…}`"),
                );
            }
            Some(operator @ ('.' | ';')) => {
                let help = "a value may contain the separator, so the URI cannot be taken apart again; use `/{var}` or `{?var}`";
                return fail(format!("`{{{operator}…}}` is not supported"), Some(help));
            }
            Some(other) => {
                let help = "expressions are `{var}`, `{+var}`, `{/var}`, `{?a,b}` and `{&a}`";
                return fail(format!("`{other}` begins no expression"), Some(help));
            }
        }
        match operator {
            Some('?') if self.in_query => {
                return fail("the query has begun already".into(), Some("further query variables are `{&…}`"));
            }
            Some('&') if !self.in_query => {
                return fail("`{&…}` continues a query, but none has begun".into(), Some("begin it with `{?…}`"));
            }
            Some('?' | '&') => {
                self.in_query = true;
                return self.query(list, at + 2, length);
            }
            _ if self.in_query => {
                return fail("a variable of the path stands in the query".into(), Some("write `{?name}` or `{&name}`"));
            }
            _ => {}
        }
        let name = self.name(list, at, length)?;
        let part = match (operator, self.template.path.last()) {
            (_, Some(Part::Rest(_))) => {
                return fail("nothing in the path can follow `{+var}`".into(), Some("it takes the rest of the path"));
            }
            (Some('/'), _) => Part::Segment(name),
            (_, Some(Part::Segment(_))) => {
                return fail("only `{/var}` can follow `{/var}` in the path".into(), None);
            }
            (_, Some(Part::Simple(_))) => {
                let help = "put text between them, so that the end of the first one can be seen";
                return fail("two variables stand side by side".into(), Some(help));
            }
            (Some('+'), _) => Part::Rest(name),
            _ => Part::Simple(name),
        };
        self.template.path.push(part);
        Ok(())
    }

    fn query(&mut self, list: &str, mut at: usize, length: usize) -> Result<(), TemplateError> {
        for item in list.split(',') {
            let (bare, place) = match item.strip_suffix('*') {
                Some(bare) => (bare, Place::Exploded),
                None => (item, Place::Query),
            };
            let name = self.name(bare, at, item.len().max(1).min(length))?;
            if self.template.fixed.iter().any(|(before, _)| *before == name) {
                return Err(error(at, item.len(), format!("`{name}` stands twice in the query"), None));
            }
            self.template.query.push(Variable { name, place });
            at += item.len() + 1;
        }
        Ok(())
    }

    /// RFC 6570 §2.3 without percent-encoding.
    fn name(&self, name: &str, at: usize, length: usize) -> Result<String, TemplateError> {
        let fail = |message: String, help: &str| Err(error(at, length, message, Some(help)));
        if name.contains(',') {
            return fail("several variables in one expression".into(), "only `{?a,b}` and `{&a,b}` take several");
        }
        if name.ends_with('*') {
            return fail("a list cannot stand in the path".into(), "only `{?name*}` and `{&name*}` take lists");
        }
        if name.contains(':') {
            return fail(
                "prefixes are not supported".into(),
                "the rest of the value would be lost; drop the `:` and the number",
            );
        }
        let well_formed = !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
            && name.split('.').all(|piece| !piece.is_empty());
        if !well_formed {
            return fail(format!("`{name}` is no name of a variable"), "a name is letters, digits and `_`");
        }
        if self.template.variables().iter().any(|before| before.name == name) {
            return fail(format!("the variable `{name}` stands twice"), "each variable stands once");
        }
        Ok(name.to_owned())
    }
}

/// RFC 6570 §2.1 and RFC 3986: what a URI can consist of; no fragment.
fn check_characters(literal: &str, at: usize) -> Result<(), TemplateError> {
    for (offset, c) in literal.char_indices() {
        let place = at + offset;
        let fail = |message: String, help: &str| Err(error(place, c.len_utf8(), message, Some(help)));
        match c {
            '#' => return fail("a resource has no fragment".into(), "a fragment is not sent to the server; use `?…`"),
            '}' => return fail("this `}` closes nothing".into(), "variables are `{name}`"),
            '%' => {
                let digits = literal.as_bytes().get(offset + 1..offset + 3);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return fail("`%` needs two hexadecimal digits".into(), "write `%25` for a percent sign");
                }
            }
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '|' => {
                return fail(format!("`{c}` cannot stand in a URI"), "percent-encode it");
            }
            c if c.is_control() || !c.is_ascii() => {
                return fail(format!("`{}` cannot stand in a URI", c.escape_default()), "percent-encode its UTF-8");
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, Place)> {
        UriTemplate::parse(text).unwrap().variables().into_iter().map(|v| (v.name, v.place)).collect()
    }

    fn place(text: &str) -> (usize, usize) {
        let error = UriTemplate::parse(text).unwrap_err();
        (error.offset, error.length)
    }

    #[test]
    fn supported_expressions() {
        assert_eq!(names("weather://{city}/current"), [("city".into(), Place::Path)]);
        assert_eq!(names("file:///{+path}"), [("path".into(), Place::Path)]);
        assert_eq!(names("a://b{/c}{/d}"), [("c".into(), Place::Segment), ("d".into(), Place::Segment)]);
        assert_eq!(
            names("a://pets/{petId}{?limit,tags*}"),
            [("petId".into(), Place::Path), ("limit".into(), Place::Query), ("tags".into(), Place::Exploded)]
        );
        assert_eq!(names("a://b?kind=x{&y}"), [("y".into(), Place::Query)]);
        assert_eq!(names("a://b{?x}{&y}").len(), 2);
        assert!(UriTemplate::parse("weather://cities").unwrap().is_concrete());
        assert!(UriTemplate::parse("a:b?x=1").unwrap().is_concrete());
    }

    #[test]
    fn refused_expressions_have_their_place() {
        assert_eq!(place("a://b{#c}"), (5, 4));
        assert_eq!(place("a://b{.c}"), (5, 4));
        assert_eq!(place("a://b/{;c}"), (6, 4));
        assert_eq!(place("a://{c:3}"), (4, 5));
        assert_eq!(place("a://{c*}"), (4, 4));
        assert_eq!(place("a://{c,d}"), (4, 5));
        assert_eq!(place("a://{c}{d}"), (7, 3));
        assert_eq!(place("a://{+c}/d"), (8, 2));
        assert_eq!(place("a://b{/c}/d"), (9, 2));
        assert_eq!(place("a://{c}/{c}"), (8, 3));
        assert_eq!(place("a://{}"), (4, 2));
        assert_eq!(place("a://{c-d}"), (4, 5));
        assert_eq!(place("a://{|c}"), (4, 4));
        assert_eq!(place("a://b{&c}"), (5, 4));
        assert_eq!(place("a://b{?c}{?d}"), (9, 4));
        assert_eq!(place("a://b{?c}/d"), (9, 2));
        assert_eq!(place("a://b?x={y}"), (8, 3));
        assert_eq!(place("a://b?x=1{&x}"), (11, 1));
        assert_eq!(place("a://{b"), (4, 2));
    }

    #[test]
    fn literals_are_those_of_a_uri() {
        assert_eq!(place("cities"), (0, 6));
        assert_eq!(place("{scheme}://x"), (0, 12));
        assert_eq!(place("A://x"), (0, 1));
        assert_eq!(place("a:"), (0, 2));
        assert_eq!(place("a://x y"), (5, 1));
        assert_eq!(place("a://tōkyō"), (5, 2));
        assert_eq!(place("a://x%2"), (5, 1));
        assert_eq!(place("a://x#y"), (5, 1));
        assert_eq!(place("a://x}"), (5, 1));
        assert!(UriTemplate::parse("a://x%20y").is_ok());
    }
}
