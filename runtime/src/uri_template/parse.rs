//! Template text → parts.

use super::{Part, Query, QueryVariable, UriTemplate, decode, normalise};

impl UriTemplate {
    /// Parses a template.
    ///
    /// # Errors
    /// A sentence about the first thing that is not supported or not RFC 6570.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut query: Option<Query> = None;
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, tail) = match rest.find(['{', '}']) {
                None => (rest, ""),
                Some(at) => rest.split_at(at),
            };
            match (&mut query, literal.split_once('?')) {
                (Some(query), _) if query.variables.is_empty() => fixed(query, literal)?,
                (Some(_), _) if literal.is_empty() => {}
                (Some(_), _) => return Err(format!("`{literal}` follows a query expression, which must be the end")),
                (None, None) if literal.is_empty() => {}
                (None, None) => parts.push(Part::Literal(normalise(literal))),
                (None, Some((path, pairs))) => {
                    if !path.is_empty() {
                        parts.push(Part::Literal(normalise(path)));
                    }
                    fixed(query.get_or_insert_default(), pairs)?;
                }
            }
            if tail.is_empty() {
                break;
            }
            let inner = tail.strip_prefix('{').ok_or("a `}` without `{`")?;
            let (expression, tail) = inner.split_once('}').ok_or("a `{` without `}`")?;
            rest = tail;
            match (expression.strip_prefix(['?', '&']), &mut query) {
                (Some(_), Some(_)) if expression.starts_with('?') => return Err("a second `?`".to_owned()),
                (Some(_), None) if expression.starts_with('&') => {
                    return Err("a `{&…}` without a `?` before it".to_owned());
                }
                (Some(list), query) => query.get_or_insert_default().variables.extend(variables(list)?),
                (None, Some(_)) => return Err(format!("`{{{expression}}}` stands in the query; write `{{?…}}`")),
                (None, None) => parts.push(part(expression)?),
            }
        }
        let template = Self { parts, query };
        let mut names: Vec<&str> = template.variables().collect();
        names.sort_unstable();
        let twice = names.windows(2).find_map(|pair| match pair {
            [first, second] if first == second => Some(format!("the variable `{first}` occurs twice")),
            _ => None,
        });
        match twice {
            Some(message) => Err(message),
            None => Ok(template),
        }
    }
}

/// `name=value&name=value`
fn fixed(query: &mut Query, pairs: &str) -> Result<(), String> {
    for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decode(name), decode(value)) {
            (Some(name), Some(value)) => query.fixed.push((name, value)),
            _ => return Err(format!("`{pair}` has a broken escape")),
        }
    }
    Ok(())
}

fn part(expression: &str) -> Result<Part, String> {
    let (operator, list) = match expression.strip_prefix(['+', '/']) {
        Some(list) => (expression.chars().next(), list),
        None => (None, expression),
    };
    let mut variables = variables(list)?;
    let (Some(QueryVariable { name, explode }), true) = (variables.pop(), variables.is_empty()) else {
        return Err(format!(
            "`{{{expression}}}` has more than one variable, which only `{{?…}}` and `{{&…}}` may have"
        ));
    };
    match operator {
        Some('/') => Ok(Part::Segment { name, explode }),
        _ if explode => Err(format!("`{{{expression}}}`: `*` is supported in `{{/…}}`, `{{?…}}` and `{{&…}}` only")),
        Some(_) => Ok(Part::Reserved(name)),
        None => Ok(Part::Simple(name)),
    }
}

fn variables(list: &str) -> Result<Vec<QueryVariable>, String> {
    list.split(',')
        .map(|spec| {
            let (name, explode) = spec.strip_suffix('*').map_or((spec, false), |name| (name, true));
            if is_name(name) {
                Ok(QueryVariable { name: name.to_owned(), explode })
            } else if name.starts_with(['#', '.', ';', '=', ',', '!', '@', '|']) {
                Err(format!("the operator of `{{{spec}}}` is not supported"))
            } else if name.contains(':') {
                Err(format!("the prefix modifier of `{spec}` is not supported"))
            } else {
                Err(format!("`{spec}` is no name of a variable"))
            }
        })
        .collect()
}

/// RFC 6570 §2.3, `varname`.
fn is_name(name: &str) -> bool {
    name.split('.').all(|piece| {
        let mut rest = piece.as_bytes();
        loop {
            rest = match rest {
                [] => return !piece.is_empty(),
                [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => tail,
                [c, tail @ ..] if c.is_ascii_alphanumeric() || *c == b'_' => tail,
                _ => return false,
            }
        }
    })
}
