//! Template text → parts.

use super::{Part, Query, QueryVariable, UriTemplate, normalise};

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
            if !literal.is_empty() {
                if query.is_some() {
                    return Err(format!("`{literal}` follows a query expression, which must be the end"));
                }
                parts.push(Part::Literal(normalise(literal)));
            }
            if tail.is_empty() {
                break;
            }
            let inner = tail.strip_prefix('{').ok_or("a `}` without `{`")?;
            let (expression, tail) = inner.split_once('}').ok_or("a `{` without `}`")?;
            rest = tail;
            match expression.strip_prefix(['?', '&']) {
                Some(list) => add_query(&mut query, &parts, expression.starts_with('?'), variables(list)?)?,
                None if query.is_some() => {
                    return Err(format!("`{{{expression}}}` follows a query expression, which must be the end"));
                }
                None => parts.push(part(expression)?),
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

fn add_query(
    query: &mut Option<Query>,
    parts: &[Part],
    first: bool,
    variables: Vec<QueryVariable>,
) -> Result<(), String> {
    let in_literal = parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains('?')));
    match (query, first) {
        (Some(query), false) => query.variables.extend(variables),
        (query @ None, true) if !in_literal => *query = Some(Query { prefix: '?', variables }),
        (query @ None, false) if in_literal => *query = Some(Query { prefix: '&', variables }),
        (None, false) => return Err("a `{&…}` without a `?` before it".to_owned()),
        (_, true) => return Err("a second `?`".to_owned()),
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
        return Err(format!("`{{{expression}}}` has more than one variable, which only `{{?…}}` and `{{&…}}` may have"));
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
