use std::fs;

use serde_json::{Value, json};

use crate::diag::Report;
use crate::load::{Document, load_with};
use crate::options::Options;

const DOCUMENT: &str = "\
openapi: 3.0.3
info: {title: T}
tags: [{name: a}, {name: b}, {name: c}]
paths:
  /a: {get: {summary: s, x: true}, put: {summary: t}}
  /b: {get: {summary: u}}
";

/// The document after overlays of these texts, and what was said.
fn apply(name: &str, overlays: &[&str]) -> (Option<Document>, Report) {
    let folder = std::env::temp_dir().join(format!("mcpgen-overlay-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("api.yaml"), DOCUMENT).unwrap();
    let mut options = Options::default();
    for (number, text) in overlays.iter().enumerate() {
        let path = folder.join(format!("{number}.yaml"));
        fs::write(&path, text).unwrap();
        options.overlays.push(path);
    }
    let mut report = Report::default();
    let document = load_with(&folder.join("api.yaml"), &options, &mut report);
    fs::remove_dir_all(&folder).unwrap();
    (document.ok(), report)
}

fn changed(name: &str, actions: &str) -> (Value, String) {
    let (document, report) =
        apply(name, &[&format!("overlay: 1.1.0\ninfo: {{title: O, version: '1'}}\nactions:\n{actions}")]);
    (document.unwrap_or_else(|| panic!("{}", report.render(false))).value, report.render(false))
}

#[test]
fn updates_merge_objects_and_extend_arrays() {
    let (value, shown) = changed(
        "update",
        "  - {target: $.info, update: {version: '2', title: U}}\n  - {target: '$.paths[*].get', update: {deprecated: true}}\n  \
         - {target: $.tags, update: {name: d}}\n  - {target: $.tags, update: [{name: e}]}\n  - {target: $.paths, update: {/c: {get: {}}}}\n",
    );
    assert_eq!(value["info"], json!({"title": "U", "version": "2"}));
    assert_eq!(value["paths"]["/a"]["get"], json!({"summary": "s", "x": true, "deprecated": true}));
    assert_eq!(value["paths"]["/b"]["get"]["deprecated"], json!(true));
    assert!(value["paths"]["/a"]["put"].get("deprecated").is_none());
    let names: Vec<&Value> = value["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    assert_eq!(value["paths"]["/c"], json!({"get": {}}));
    assert!(shown.is_empty(), "{shown}");
}

#[test]
fn removal_by_name_filter_and_index() {
    let (value, shown) = changed(
        "remove",
        "  - {target: '$.paths[*][?@.x == true]', remove: true}\n  - {target: \"$.tags[?@.name != 'b']\", remove: true}\n  - {target: \"$.paths['/b']\", remove: true}\n",
    );
    assert_eq!(value["paths"], json!({"/a": {"put": {"summary": "t"}}}));
    assert_eq!(value["tags"], json!([{"name": "b"}]));
    assert!(shown.is_empty(), "{shown}");
}

#[test]
fn a_copy_is_an_update_from_the_document() {
    let (value, _) = changed("copy", "  - {target: \"$.paths['/b']\", copy: \"$.paths['/a']\"}\n");
    assert_eq!(value["paths"]["/b"], json!({"get": {"summary": "s", "x": true}, "put": {"summary": "t"}}));
}

#[test]
fn primitive_values_replace_one_another() {
    let (value, shown) = changed(
        "primitive",
        "  - {target: $.info.title, update: Ours}\n  - {target: '$.tags[*].name', update: x}\n  - {target: '$.tags', update: last}\n",
    );
    assert_eq!(value["info"]["title"], json!("Ours"));
    assert_eq!(value["tags"], json!([{"name": "x"}, {"name": "x"}, {"name": "x"}, "last"]));
    assert!(shown.is_empty(), "{shown}");
}

/// Overlay Specification 1.1.0, "Move Example".
#[test]
fn an_update_a_copy_and_a_removal_move_a_path() {
    let (value, shown) = changed(
        "move",
        "  - {target: $.paths, update: {/new: {}}}\n  - {target: \"$.paths['/new']\", copy: \"$.paths['/b']\"}\n  \
         - {target: \"$.paths['/b']\", remove: true}\n",
    );
    assert_eq!(value["paths"]["/new"], json!({"get": {"summary": "u"}}));
    assert!(value["paths"].get("/b").is_none());
    assert!(shown.is_empty(), "{shown}");
}

#[test]
fn an_action_that_matches_nothing_is_reported() {
    let (_, shown) = changed("unused", "  - {target: $.nothing, update: {a: 1}}\n");
    assert!(shown.contains("warning[W0106]: nothing in the document is selected by `$.nothing`"), "{shown}");
    assert!(shown.contains("0.yaml:4:14"), "{shown}");
}

#[test]
fn overlays_follow_one_another_and_keep_places() {
    let overlay = |actions: &str| format!("overlay: 1.0.0\ninfo: {{title: O, version: '1'}}\nactions:\n{actions}");
    let first = overlay("  - {target: $.info, update: {x-a: {b: 1}}}\n");
    let second = overlay("  - {target: \"$.info['x-a']\", update: {b: 2}}\n");
    let (document, report) = apply("places", &[&first, &second]);
    let document = document.unwrap();
    assert_eq!(document.value["info"]["x-a"]["b"], json!(2));
    let place = |pointer: &str| report.sources.name_and_line(document.index.span(pointer));
    assert!(place("/info/x-a/b").ends_with("1.yaml:4") && place("/info/title").ends_with("api.yaml:2"));
    assert!(place("/paths/~1b/get/summary").ends_with("api.yaml:6"));
}

#[test]
fn what_is_no_overlay_is_refused() {
    let head = "overlay: 1.0.0\nactions:\n";
    for (name, text, code, line) in [
        ("key", "actions: []\n".to_owned(), "E0113", 1),
        ("version", "overlay: 2.0.0\n".to_owned(), "E0113", 1),
        ("target", format!("{head}  - {{update: 1}}\n"), "E0113", 3),
        ("path", format!("{head}  - {{target: '$.[', update: 1}}\n"), "E0113", 3),
        ("nothing", format!("{head}  - {{target: $.info}}\n"), "E0113", 3),
        ("root", format!("{head}  - {{target: $, remove: true}}\n"), "E0113", 3),
        ("actions", "overlay: 1.0.0\n".to_owned(), "E0113", 1),
        ("minor", "overlay: 1.10.0\nactions: []\n".to_owned(), "E0113", 1),
        ("copy in 1.0", format!("{head}  - {{target: $.info, copy: $.paths}}\n"), "E0113", 3),
        ("both", "overlay: 1.1.0\nactions:\n  - {target: $.info, copy: $.paths, update: {}}\n".to_owned(), "E0113", 3),
        ("mixed", format!("{head}  - {{target: '$[\"info\", \"tags\"]', update: {{}}}}\n"), "E0113", 3),
        ("object and text", format!("{head}  - {{target: $.info, update: text}}\n"), "E0113", 3),
        ("array and text", format!("{head}  - {{target: $, update: {{\n      tags: text}}}}\n"), "E0113", 4),
        ("text and object", format!("{head}  - {{target: $.info, update: {{\n      title: {{a: 1}}}}}}\n"), "E0113", 4),
        ("copies", "overlay: 1.1.0\nactions:\n  - {target: $.info, copy: '$.paths[*]'}\n".to_owned(), "E0113", 3),
        ("syntax", "overlay: [\n".to_owned(), "E0104", 1),
    ] {
        let (document, report) = apply(name, &[&text]);
        assert!(document.is_none(), "{name}");
        let shown = report.render(false);
        assert!(
            shown.contains(&format!("error[{code}]")) && shown.contains(&format!("0.yaml:{line}:")),
            "{name}: {shown}"
        );
    }
}
