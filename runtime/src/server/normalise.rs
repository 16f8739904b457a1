//! What models send out of habit where a schema asks for something else, read as what it can only mean.
//!
//! Only where validation has failed, and only where the result is valid as a whole: `""` and `null` of a member that is
//! optional and refuses them become absent; the text of a number, of `true` or `false`, of an array or an object becomes
//! that value. A value that its schema accepts is never touched, and each change is reported to the caller.

use std::borrow::Cow;

use serde::Serialize;

use crate::json::RawJson;
use crate::json::node::{MAX_DEPTH, Node, unescape};
use crate::validate::{Validator, Violations};

/// Arguments with more violations than this are no slip of habit.
const MAX_CHANGES: usize = 16;

/// Longer values are not repeated in the report.
const MAX_SHOWN: usize = 256;

/// Arguments as the schema accepts them, and what was changed.
pub(super) struct Normalised {
    pub(super) arguments: RawJson,
    /// A JSON array of `{"pointer":…,"received":…,"used":…}`; without `used` the value was left out.
    pub(super) changes: RawJson,
}

#[derive(Serialize)]
struct Change {
    pointer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<RawJson>,
}

/// Reads the arguments again; `None` where not every violation has exactly one remedy.
pub(super) fn normalise(validator: &Validator, arguments: &RawJson, violations: &Violations) -> Option<Normalised> {
    // An unknown name is a slip of its own kind, whatever its value is.
    if violations.len() > MAX_CHANGES || violations.iter().any(|violation| violation.unknown) {
        return None;
    }
    let mut tree = Node::parse(arguments.as_str(), MAX_DEPTH).ok()?.into_owned();
    let mut pointers: Vec<&str> = violations.iter().map(|violation| violation.pointer.as_str()).collect();
    pointers.sort_unstable();
    pointers.dedup();
    let mut changes = Vec::new();
    for pointer in pointers {
        let received = tree.pointer(pointer)?.clone();
        let used = remedy(&received)?;
        change(&mut tree, pointer, used.clone())?;
        changes.push(Change {
            pointer: pointer.to_owned(),
            received: shown(&received),
            used: used.as_ref().and_then(shown),
        });
    }
    let arguments = RawJson::from_valid(&tree.to_json());
    validator.validate(&arguments).ok()?;
    Some(Normalised { arguments, changes: RawJson::encode(&changes).ok()? })
}

/// What a value can only mean; the inner `None`: nothing. No value has two remedies.
fn remedy(received: &Node<'_>) -> Option<Option<Node<'static>>> {
    match received {
        Node::Null => Some(None),
        Node::String(text) if text.is_empty() => Some(None),
        Node::String(text) => match Node::parse(text, MAX_DEPTH).ok()? {
            // A text within a text is a text all the same, and `"null"` may be a name.
            Node::String(_) | Node::Null => None,
            meant => Some(Some(meant.into_owned())),
        },
        _ => None,
    }
}

/// Puts a value in the place of another, or takes a member of an object away. An item of an array cannot be taken away:
/// the others would move.
fn change(tree: &mut Node<'static>, pointer: &str, value: Option<Node<'static>>) -> Option<()> {
    let (parent, last) = pointer.rsplit_once('/')?;
    let mut at = tree;
    for token in parent.split('/').skip(1) {
        at = child(at, token)?;
    }
    match (value, at) {
        (Some(value), parent) => *child(parent, last)? = value,
        (None, Node::Object(members)) => {
            let name = unescape(last);
            members.retain(|(member, _)| *member != name);
        }
        (None, _) => return None,
    }
    Some(())
}

fn child<'t>(node: &'t mut Node<'static>, token: &str) -> Option<&'t mut Node<'static>> {
    match node {
        Node::Object(members) => {
            let name: Cow<'_, str> = unescape(token);
            members.iter_mut().rev().find(|(member, _)| *member == name).map(|(_, value)| value)
        }
        Node::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
        _ => None,
    }
}

fn shown(node: &Node<'_>) -> Option<RawJson> {
    node.to_json_within(MAX_SHOWN).map(|text| RawJson::from_valid(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{"type":"object","properties":{
        "limit":{"type":"integer","minimum":1},"exact":{"type":"boolean"},"filter":{"type":"object"},
        "tags":{"type":"array","items":{"type":"integer"}},"status":{"enum":["a","b"]},
        "name":{"type":"string"},"id":{"type":"integer"},"either":{"type":["integer","string"]},
        "none":{"type":["string","null"]},"a/b":{"type":"object","properties":{"c":{"type":"number"}}}},
        "required":["id"],"additionalProperties":false}"#;

    /// The arguments that are used, and the report.
    fn normalised(arguments: &str) -> Option<(String, String)> {
        let validator = Validator::compile(SCHEMA).unwrap();
        let arguments = RawJson::parse(arguments).unwrap();
        let violations = validator.validate(&arguments).unwrap_err();
        let normalised = normalise(&validator, &arguments, &violations)?;
        Some((normalised.arguments.as_str().to_owned(), normalised.changes.as_str().to_owned()))
    }

    #[test]
    fn what_can_only_mean_one_thing_is_read_as_that() {
        for (given, used, report) in [
            (r#"{"id":"5"}"#, r#"{"id":5}"#, r#"[{"pointer":"/id","received":"5","used":5}]"#),
            (
                r#"{"id":1,"exact":"true"}"#,
                r#"{"id":1,"exact":true}"#,
                r#"[{"pointer":"/exact","received":"true","used":true}]"#,
            ),
            (
                r#"{"id":1,"filter":"{\"a\": 1.0}"}"#,
                r#"{"id":1,"filter":{"a":1.0}}"#,
                r#"[{"pointer":"/filter","received":"{\"a\": 1.0}","used":{"a":1.0}}]"#,
            ),
            (
                r#"{"id":1,"tags":"[1,2]"}"#,
                r#"{"id":1,"tags":[1,2]}"#,
                r#"[{"pointer":"/tags","received":"[1,2]","used":[1,2]}]"#,
            ),
            (
                r#"{"id":1,"tags":[1,"2"]}"#,
                r#"{"id":1,"tags":[1,2]}"#,
                r#"[{"pointer":"/tags/1","received":"2","used":2}]"#,
            ),
            (r#"{"id":1,"limit":""}"#, r#"{"id":1}"#, r#"[{"pointer":"/limit","received":""}]"#),
            (r#"{"limit":null,"id":1}"#, r#"{"id":1}"#, r#"[{"pointer":"/limit","received":null}]"#),
            (r#"{"id":1,"status":""}"#, r#"{"id":1}"#, r#"[{"pointer":"/status","received":""}]"#),
            (
                r#"{"id":1,"a/b":{"c":"1e2"}}"#,
                r#"{"id":1,"a/b":{"c":1e2}}"#,
                r#"[{"pointer":"/a~1b/c","received":"1e2","used":1e2}]"#,
            ),
            (
                r#"{"id":"7","limit":null}"#,
                r#"{"id":7}"#,
                r#"[{"pointer":"/id","received":"7","used":7},{"pointer":"/limit","received":null}]"#,
            ),
        ] {
            assert_eq!(normalised(given), Some((used.to_owned(), report.to_owned())), "{given}");
        }
    }

    #[test]
    fn everything_else_stays_a_violation() {
        for given in [
            // A required argument is not left out.
            r#"{"id":null}"#,
            r#"{"id":""}"#,
            // The value that is meant is refused too.
            r#"{"id":1,"limit":"0"}"#,
            r#"{"id":1,"limit":"1.5"}"#,
            r#"{"id":1,"exact":"1"}"#,
            r#"{"id":1,"exact":"yes"}"#,
            r#"{"id":1,"filter":"[1]"}"#,
            r#"{"id":1,"status":"c"}"#,
            // Nothing is guessed.
            r#"{"id":" 5x"}"#,
            r#"{"id":1,"name":5}"#,
            r#"{"id":1,"exact":1}"#,
            r#"{"id":1,"limit":"null"}"#,
            r#"{"id":1,"tags":"1,2"}"#,
            r#"{"id":1,"tags":[1,null]}"#,
            // One violation without a remedy refuses them all.
            r#"{"id":"5","status":"c"}"#,
            r#"{"limit":"5"}"#,
        ] {
            assert_eq!(normalised(given), None, "{given}");
        }
    }

    #[test]
    fn an_unknown_name_stays_a_violation_whatever_its_value_is() {
        assert_eq!(normalised(r#"{"id":1,"unknown":null}"#), None);
        assert_eq!(normalised(r#"{"id":1,"unknown":"a"}"#), None);
    }

    #[test]
    fn a_value_that_its_schema_accepts_is_not_touched() {
        let (used, report) = normalised(r#"{"id":"1","name":"","either":"5","none":null}"#).unwrap();
        assert_eq!(used, r#"{"id":1,"name":"","either":"5","none":null}"#);
        assert_eq!(report, r#"[{"pointer":"/id","received":"1","used":1}]"#);
    }
}
