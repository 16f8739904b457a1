//! Variables of URI templates: renamed, taken out.

/// The template with another name for a variable.
pub(super) fn renamed(template: &str, old: &str, new: &str) -> String {
    let rename = |variable: &str| -> Option<String> {
        let (name, modifier) = split(variable);
        Some(if name == old { format!("{new}{modifier}") } else { variable.to_owned() })
    };
    rewritten(template, rename).unwrap_or_else(|| template.to_owned())
}

/// The template without a variable; `None` where the path needs it.
pub(super) fn without(template: &str, gone: &str) -> Option<String> {
    rewritten(template, |variable| (split(variable).0 != gone).then(|| variable.to_owned()))
}

/// `tags*` → `tags` and `*`
fn split(variable: &str) -> (&str, &str) {
    match variable.strip_suffix('*') {
        Some(name) => (name, "*"),
        None => (variable, ""),
    }
}

/// Each variable of each expression (RFC 6570 §2.2) rewritten or, in a query, taken out.
fn rewritten(template: &str, mut rewrite: impl FnMut(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (expression, tail) = tail.split_once('}')?;
        let names = expression.trim_start_matches(['+', '/', '?', '&']);
        let operator = expression.strip_suffix(names).unwrap_or_default();
        let kept: Vec<String> = names.split(',').filter_map(&mut rewrite).collect();
        out.push_str(literal);
        if !kept.is_empty() {
            out.push_str(&format!("{{{operator}{}}}", kept.join(",")));
        } else if !matches!(operator, "?" | "&" | "/") {
            return None;
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_renamed_in_every_expression() {
        assert_eq!(renamed("a://{id}/x{?id,ids*,idx}", "id", "pet"), "a://{pet}/x{?pet,ids*,idx}");
        assert_eq!(renamed("a://x{?tags*}", "tags", "t"), "a://x{?t*}");
        assert_eq!(renamed("a://x", "x", "y"), "a://x");
    }

    #[test]
    fn a_variable_leaves_a_query_and_not_a_path() {
        assert_eq!(without("a://x{?a,b*}", "b").as_deref(), Some("a://x{?a}"));
        assert_eq!(without("a://x{?a}", "a").as_deref(), Some("a://x"));
        assert_eq!(without("a://{a}/x", "a"), None);
        assert_eq!(without("a://{a}/x", "b").as_deref(), Some("a://{a}/x"));
    }
}
