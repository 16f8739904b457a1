//! `.` of ECMA-262 in patterns that another engine reads.

use std::collections::HashMap;

use serde_json::Value;

/// What `.` matches (ECMA-262 §22.2.2.7, `LineTerminator`); engines of Rust leave out `\n` alone.
const DOT: &str = r"[^\n\r\u{2028}\u{2029}]";

/// Writes every `.` of the patterns of a schema in full; what they were, by what they are now.
pub(super) fn written_out(schema: &mut Value) -> HashMap<String, String> {
    let mut before = HashMap::new();
    visit(schema, &mut before);
    before
}

fn visit(schema: &mut Value, before: &mut HashMap<String, String>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, before)),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match (key.as_str(), value) {
                    // Data, which may look like a schema.
                    ("const" | "enum" | "default" | "examples", _) => {}
                    ("pattern", Value::String(pattern)) => {
                        if let Some(written) = pattern_written_out(pattern) {
                            before.insert(written.clone(), std::mem::replace(pattern, written));
                        }
                    }
                    (_, value) => visit(value, before),
                }
            }
        }
        _ => {}
    }
}

/// `None`: there is no `.` outside of classes and escapes.
fn pattern_written_out(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + DOT.len());
    let (mut escaped, mut in_class, mut found) = (false, false, false);
    for c in pattern.chars() {
        if c == '.' && !escaped && !in_class {
            out.push_str(DOT);
            found = true;
        } else {
            out.push(c);
        }
        in_class = !escaped && c == '[' || in_class && (escaped || c != ']');
        escaped = !escaped && c == '\\';
    }
    found.then_some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dots_outside_of_classes_and_escapes() {
        assert_eq!(pattern_written_out(r"^a.+\.[.\]]$").as_deref(), Some(r"^a[^\n\r\u{2028}\u{2029}]+\.[.\]]$"));
        assert_eq!(pattern_written_out(r"\\."), Some(format!(r"\\{DOT}")));
        assert_eq!(pattern_written_out(r"[.]\."), None);
    }

    #[test]
    fn data_stays_as_it_is() {
        let mut schema = json!({"const": {"pattern": "a.b"}, "items": {"pattern": "a.b"}});
        let before = written_out(&mut schema);
        assert_eq!(schema["const"]["pattern"], "a.b");
        assert_eq!(before[schema["items"]["pattern"].as_str().unwrap()], "a.b");
    }
}
