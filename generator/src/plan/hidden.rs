//! Characters that nobody sees have no place in what a model reads: a description could say one thing to the person who
//! reviews it and another to the model (SECURITY.md M2). Names and values on the wire stay as they are.

use serde_json::{Map, Value};

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Output, Server};
use crate::rust::is_hazardous;
use crate::source::Span;

/// Leaves hidden characters out of titles and descriptions. Runs after the options, whose texts are seen too.
pub(crate) fn leave_out(server: &mut Server, report: &mut Report) {
    let mut found = Found { report };
    let at = server.span;
    for text in [&mut server.title, &mut server.description, &mut server.instructions].into_iter().flatten() {
        found.text(text, at);
    }
    for setting in &mut server.settings {
        found.text(&mut setting.description, setting.span);
    }
    for schema in server.schemas.values_mut() {
        found.schema(&mut schema.value, schema.span);
    }
    for tool in &mut server.tools {
        found.text(&mut tool.description, tool.span);
        if let Some(title) = &mut tool.title {
            found.text(title, tool.span);
        }
        found.schema(&mut tool.input.value, tool.input.span);
        if let Output::Strict { schema, .. }
        | Output::Lenient { schema: Some(schema), .. }
        | Output::Off { schema: Some(schema), .. } = &mut tool.output
        {
            found.schema(&mut schema.value, schema.span);
        }
        for error in &mut tool.errors {
            found.text(&mut error.description, error.span);
        }
    }
    for resource in &mut server.resources {
        for text in [&mut resource.title, &mut resource.description].into_iter().flatten() {
            found.text(text, resource.span);
        }
    }
    for template in &mut server.templates {
        for text in [&mut template.title, &mut template.description].into_iter().flatten() {
            found.text(text, template.span);
        }
        found.schema(&mut template.variables.value, template.span);
    }
    for prompt in &mut server.prompts {
        found.text(&mut prompt.description, prompt.span);
        if let Some(title) = &mut prompt.title {
            found.text(title, prompt.span);
        }
        for argument in &mut prompt.arguments {
            for text in [&mut argument.title, &mut argument.description].into_iter().flatten() {
                found.text(text, prompt.span);
            }
        }
    }
}

struct Found<'a> {
    report: &'a mut Report,
}

impl Found<'_> {
    fn text(&mut self, text: &mut String, at: Span) {
        let visible = visible(text);
        if visible != *text {
            let count = text.chars().count() - visible.chars().count();
            let message = match count {
                1 => "a text holds a character that nobody sees; a model does not see it either".to_owned(),
                _ => format!("a text holds {count} characters that nobody sees; a model does not see them either"),
            };
            self.report.push(Diagnostic::warning(codes::HIDDEN_TEXT, at, message));
            *text = visible;
        }
    }

    fn schema(&mut self, schema: &mut Value, at: Span) {
        let Value::Object(fields) = schema else { return };
        for (keyword, value) in fields.iter_mut() {
            match (keyword.as_str(), value) {
                ("title" | "description", Value::String(text)) => self.text(text, at),
                ("properties" | "patternProperties" | "dependentSchemas" | "$defs", Value::Object(map)) => {
                    self.schemas(map, at);
                }
                ("enum" | "const" | "default" | "examples" | "required" | "dependentRequired", _) => {}
                (_, Value::Array(items)) => items.iter_mut().for_each(|item| self.schema(item, at)),
                (_, value) => self.schema(value, at),
            }
        }
    }

    fn schemas(&mut self, map: &mut Map<String, Value>, at: Span) {
        map.values_mut().for_each(|schema| self.schema(schema, at));
    }
}

/// The text without hidden characters. Joiners and selectors stay where languages and emoji need them: after a character
/// beyond ASCII.
fn visible(text: &str) -> String {
    let mut before = None;
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        let joins = matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
            && before.is_some_and(|before: char| !before.is_ascii() && !is_hazardous(before));
        if matches!(character, '\n' | '\t') || joins || !is_hazardous(character) {
            kept.push(character);
        }
        before = Some(character);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn m2_hidden_characters_go_and_joined_ones_stay() {
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{e0041}\u{0}\u{1b}[31m\u{feff}"), "abc[31m");
        for text in ["👩\u{200d}💻 ❤\u{fe0f}", "می\u{200c}خواهم", "a\n\tb", "naïve 日本"] {
            assert_eq!(visible(text), text);
        }
        assert_eq!(visible("a\u{200d}b é\u{200d}\u{200d}\u{200d}"), "ab é\u{200d}");
    }
}
