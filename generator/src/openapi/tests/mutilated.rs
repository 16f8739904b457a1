//! Documents in which one value is missing or is something else: whatever comes of them, it is said in words of the
//! document, and never as a defect of ours.

use serde_json::{Value, json};

use super::*;
use crate::diag::codes::openapi as codes;

/// The pointers of all values in a value, its own not.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let mut inner = |name: &str, value: &Value| {
        let pointer = load::join(pointer, name);
        places(value, &pointer, found);
        found.push(pointer);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| inner(name, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| inner(&at.to_string(), value)),
        _ => {}
    }
}

fn without(document: &Value, pointer: &str) -> Value {
    let mut document = document.clone();
    let (holder, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(holder) {
        Some(Value::Object(fields)) => drop(fields.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(items.remove(name.parse().unwrap())),
        other => panic!("{pointer}: {other:?}"),
    }
    document
}

/// Every `step`-th of the changes.
fn no_change_is_a_defect(file: &str, step: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(file);
    let whole = load::load(&path, &mut Report::default()).unwrap().value;
    let mut pointers = Vec::new();
    places(&whole, "", &mut pointers);
    let others = [json!(null), json!("text"), json!(7), json!([]), json!({})];
    let changes = pointers.iter().flat_map(|pointer| {
        let changed = others.iter().map(|other| {
            let mut document = whole.clone();
            *document.pointer_mut(pointer).unwrap() = other.clone();
            document
        });
        let changed = changed.chain([without(&whole, pointer)]).collect::<Vec<_>>();
        changed.into_iter().map(move |document| (pointer, document))
    });
    let mut count = 0;
    for (pointer, document) in changes.step_by(step) {
        let mut report = Report::default();
        if let Ok(document) = load::from_text("t.json", &document.to_string(), &mut report) {
            let _ = lower(&document, &Options::default(), None, &mut report);
        }
        let defect = report.sorted().iter().any(|one| one.code == codes::INTERNAL);
        assert!(!defect, "{pointer}: {document}\n{}", report.render(false));
        count += 1;
    }
    assert!(count > 200, "{count} changes");
}

#[test]
fn no_change_of_the_petstore_is_a_defect() {
    no_change_is_a_defect("petstore.yaml", 3);
}

#[test]
fn no_change_of_the_kitchen_sink_is_a_defect() {
    no_change_is_a_defect("kitchen-sink.yaml", 17);
}
