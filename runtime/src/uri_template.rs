//! STAND-IN: `{name}` within one path segment. The owner's files replace this one.

#[derive(Debug)]
pub(crate) struct UriTemplate {
    text: String,
}

#[derive(Debug)]
#[allow(dead_code)]
pub(crate) enum Value {
    One(String),
    Many(Vec<String>),
}

impl UriTemplate {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.matches('{').count() == text.matches('}').count() {
            Ok(Self { text: text.to_owned() })
        } else {
            Err(format!("unbalanced braces in {text}"))
        }
    }

    pub(crate) fn matches(&self, uri: &str) -> Option<Vec<(String, Value)>> {
        let (mut template, mut uri) = (self.text.split('/'), uri.split('/'));
        let mut values = Vec::new();
        loop {
            match (template.next(), uri.next()) {
                (None, None) => return Some(values),
                (Some(part), Some(text)) => match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                    Some(name) if !text.is_empty() => values.push((name.to_owned(), Value::One(text.to_owned()))),
                    None if part == text => {}
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    pub(crate) fn specificity(&self) -> impl Ord {
        self.text.split('/').map(|part| !part.starts_with('{')).collect::<Vec<_>>()
    }
}
