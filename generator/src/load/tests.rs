use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::diag::Severity;

fn read_ok(text: &str) -> (Document, Report) {
    let mut report = Report::default();
    let document = from_text("api.yaml", text, &mut report);
    match document {
        Ok(document) => (document, report),
        Err(Stop) => panic!("{}", report.render(false)),
    }
}

/// The code and the line of the first error.
fn refusal(name: &str, text: &str) -> (&'static str, u32) {
    let mut report = Report::default();
    assert!(from_text(name, text, &mut report).is_err(), "{text} was read");
    let sorted = report.sorted();
    let error = sorted.iter().find(|d| d.severity == Severity::Error).unwrap();
    let line = error.span.and_then(|span| Some(report.sources.get(span.file)?.position(span.start).0)).unwrap_or(0);
    (error.code.0, line)
}

fn slice(report: &Report, span: Span) -> String {
    let source = report.sources.get(span.file).unwrap();
    source.text[span.start as usize..span.end as usize].to_owned()
}

#[test]
fn yaml_values_and_places() {
    let text = "\
openapi: 3.0.3
info: {title: Pets, version: 1.0}
paths:
  /pets/{id}:
    get:
      responses:
        200: {description: fine}
        default: {description: other}
tags: [a, yes, no, 012, 1_000, 0x10, 1.5, ~, 'true', true]
";
    let (document, report) = read_ok(text);
    assert_eq!(document.kind, Kind::OpenApi(Version::V3_0));
    assert_eq!(document.value["tags"], json!(["a", "yes", "no", "012", "1_000", 16, 1.5, null, "true", true]));
    assert_eq!(document.value["info"]["version"], json!(1.0));
    let responses = "/paths/~1pets~1{id}/get/responses";
    assert_eq!(slice(&report, document.index.key_span(&format!("{responses}/200"))), "200");
    assert_eq!(slice(&report, document.index.span(&format!("{responses}/200/description"))), "fine");
    assert_eq!(slice(&report, document.index.span("/tags/3")), "012");
    assert_eq!(slice(&report, document.index.key_span("/paths/~1pets~1{id}")), "/pets/{id}");
    let get = document.index.span("/paths/~1pets~1{id}/get");
    assert!(slice(&report, get).starts_with("responses:") && slice(&report, get).contains("other"), "{get:?}");
    assert!(report.sorted().is_empty(), "{}", report.render(false));
}

#[test]
fn json_values_and_places() {
    let text =
        "\u{feff} {\"openapi\" : \"3.1.0\", \"info\": {\"title\": \"a\\\"b\", \"x/y\": [1, -2.5e3, {\"z\": null}]}}";
    let (document, report) = read_ok(text);
    assert_eq!(document.kind, Kind::OpenApi(Version::V3_1));
    assert_eq!(document.value["info"]["x/y"], json!([1, -2500.0, {"z": null}]));
    assert_eq!(slice(&report, document.index.span("/info/title")), "\"a\\\"b\"");
    assert_eq!(slice(&report, document.index.key_span("/info/x~1y/2/z")), "\"z\"");
    assert_eq!(slice(&report, document.index.span("/info/x~1y/1")), "-2.5e3");
    assert_eq!(slice(&report, document.index.span("/info/x~1y")), "[1, -2.5e3, {\"z\": null}]");
}

#[test]
fn places_after_multi_byte_characters_are_bytes() {
    let (document, report) = read_ok("openapi: 3.0.3\ninfo: {title: Übermaß 日本, version: v2}\n");
    assert_eq!(slice(&report, document.index.span("/info/version")), "v2");
    assert_eq!(slice(&report, document.index.span("/info/title")), "Übermaß 日本");
}

#[test]
fn yaml_with_a_byte_order_mark() {
    let (document, report) = read_ok("\u{feff}openapi: 3.0.3\ninfo: {title: t}\n");
    assert_eq!(slice(&report, document.index.span("/info/title")), "t");
}

#[test]
fn aliases_and_merge_keys_are_expanded() {
    let (document, _) = read_ok("openapi: 3.0.3\na: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\n");
    assert_eq!(document.value["b"], json!({"x": 1, "y": 2}));
    assert_eq!(document.value["c"]["x"], json!(1));
    assert_eq!(document.value["c"]["y"], json!(3));
}

#[test]
fn keys_become_strings() {
    let (document, _) = read_ok("openapi: 3.0.3\nx: {200: a, true: b, 1.5: c, null: d, 0x1F: e}\n");
    assert_eq!(document.value["x"], json!({"200": "a", "true": "b", "1.5": "c", "null": "d", "0x1F": "e"}));
}

#[test]
fn g9_duplicate_keys_name_both_places() {
    for text in ["openapi: 3.0.3\na: 1\nb: 2\na: 3\n", "{\"openapi\": \"3.0.3\",\n\"a\": 1,\n\"b\": 2,\n\"a\": 3}"] {
        let (document, report) = read_ok(text);
        assert_eq!(document.value["a"], json!(3));
        let shown = report.render(false);
        assert!(shown.contains("warning[W0101]: the key `a` stands twice in one object"), "{shown}");
        assert!(shown.contains("api.yaml:4:1") && shown.contains("api.yaml:2:1"), "{shown}");
    }
}

#[test]
fn numbers_beyond_64_bits_warn() {
    for text in
        ["openapi: 3.0.3\nmax: 18446744073709551616\n", "{\"openapi\": \"3.0.3\",\n\"max\": 18446744073709551616}"]
    {
        let (document, report) = read_ok(text);
        assert_eq!(document.value["max"], json!(18_446_744_073_709_551_616.0));
        assert!(report.render(false).contains("warning[W0102]"), "{text}");
    }
    let (document, report) = read_ok("openapi: 3.0.3\nmax: 18446744073709551615\nmin: -9223372036854775808\n");
    assert_eq!(document.value["max"], json!(u64::MAX));
    assert_eq!(document.value["min"], json!(i64::MIN));
    assert!(report.sorted().is_empty());
}

#[test]
fn infinities_stay_as_text_and_warn() {
    let (document, report) = read_ok("openapi: 3.0.3\na: .inf\nb: '.inf'\n");
    assert_eq!(document.value["a"], json!(".inf"));
    assert_eq!(report.sorted().len(), 1, "{}", report.render(false));
    assert!(report.render(false).contains("warning[W0103]"));
}

#[test]
fn versions() {
    for (text, expected) in [
        ("openapi: 3.0.0", Kind::OpenApi(Version::V3_0)),
        ("openapi: '3.0'", Kind::OpenApi(Version::V3_0)),
        ("openapi: 3.0", Kind::OpenApi(Version::V3_0)),
        ("openapi: 3", Kind::OpenApi(Version::V3_0)),
        ("openapi: \"3\"", Kind::OpenApi(Version::V3_0)),
        ("openapi: 3.0.0-rc1", Kind::OpenApi(Version::V3_0)),
        ("openapi: 3.1.1", Kind::OpenApi(Version::V3_1)),
        ("openapi: 3.1", Kind::OpenApi(Version::V3_1)),
        ("openapi: 3.2.0", Kind::OpenApi(Version::V3_2)),
        ("swagger: '2.0'", Kind::OpenApi(Version::V2_0)),
        ("swagger: 2.0", Kind::OpenApi(Version::V2_0)),
        ("mcpgen: 1", Kind::ServerSpec),
        ("{\"mcpgen\": 1}", Kind::ServerSpec),
    ] {
        assert_eq!(read_ok(text).0.kind, expected, "{text}");
    }
}

#[test]
fn bad_documents_are_refused_with_their_line() {
    let deep = 129;
    let deep_json = format!("{{\"openapi\":\n{}1{}}}", "{\"a\":".repeat(deep), "}".repeat(deep));
    let deep_yaml = format!("openapi: 3.0.3\na: {}{}\n", "[".repeat(deep), "]".repeat(deep));
    let deep_block: String = (0..200).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    for (text, code, line) in [
        ("openapi: 3.0.3\npaths:\n\t/pets: {}\n", "E0104", 3),
        ("openapi: 3.0.3\ninfo: a: b\n", "E0104", 2),
        ("openapi: 3.0.3\nx: \"open\n", "E0104", 2),
        ("{\"openapi\": \"3.0.3\",\n \"a\": tru}", "E0105", 2),
        ("{\"openapi\": \"3.0.3\"}\n}", "E0105", 2),
        ("openapi: 3.0.3\n---\nopenapi: 3.0.3\n", "E0106", 3),
        ("- a\n- b\n", "E0107", 1),
        ("", "E0107", 1),
        ("just text", "E0107", 1),
        (&deep_json, "E0108", 2),
        (&deep_yaml, "E0108", 2),
        (&deep_block, "E0108", 129),
        ("info: {}\nopenapii: 3.0.0\n", "E0110", 2),
        ("info: {}\nswagger: '3.0'\n", "E0111", 2),
        ("swaggerVersion: '2.0'\n", "E0111", 1),
        ("swagger: '1.2'\n", "E0111", 1),
        ("openapi: 3.3.0\n", "E0111", 1),
        ("openapi: 4.0.0\n", "E0111", 1),
        ("openapi: 3.9.0\n", "E0111", 1),
        ("mcpgen: 2\n", "E0111", 1),
        ("a: *unknown\n", "E0104", 1),
        ("openapi: 3.0.3\na: &a [*a]\n", "E0112", 2),
    ] {
        assert_eq!(refusal("api", text), (code, line), "{text:.60}");
    }
}

#[test]
fn g8_an_alias_bomb_ends_early() {
    let mut text = "openapi: 3.0.3\nl0: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*l{}", level - 1); 9].join(", ");
        text.push_str(&format!("l{level}: &l{level} [{items}]\n"));
    }
    assert_eq!(refusal("api.yaml", &text).0, "E0109");
}

#[test]
fn g8_128_levels_are_read() {
    let deep = 127;
    let json = format!("{{\"openapi\": \"3.0.3\", \"a\": {}{}}}", "[".repeat(deep), "]".repeat(deep));
    let yaml = format!("openapi: 3.0.3\na: {}{}\n", "[".repeat(deep), "]".repeat(deep));
    read_ok(&json);
    read_ok(&yaml);
}

#[test]
fn flow_style_yaml_needs_the_name() {
    let text = "{openapi: 3.0.3, info: {title: t,},}";
    assert_eq!(read_ok(text).0.value["info"]["title"], json!("t"));
    assert_eq!(refusal("api.json", text), ("E0105", 1));
}

/// A folder of its own for files of a test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mcpgen-load-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn files_that_cannot_be_read() {
    let folder = folder("unreadable");
    let mut report = Report::default();
    assert!(load(&folder.join("missing.yaml"), &mut report).is_err());
    assert!(report.render(false).starts_with("error[E0101]: cannot read "), "{}", report.render(false));

    fs::write(folder.join("latin1.yaml"), b"openapi: 3.0.3\ninfo: {title: caf\xe9}\n").unwrap();
    let mut report = Report::default();
    assert!(load(&folder.join("latin1.yaml"), &mut report).is_err());
    assert!(report.render(false).contains("error[E0103]") && report.render(false).contains("byte 32"));

    let large = fs::File::create(folder.join("large.yaml")).unwrap();
    large.set_len(MAX_BYTES + 1).unwrap();
    let mut report = Report::default();
    assert!(load(&folder.join("large.yaml"), &mut report).is_err());
    assert!(report.render(false).contains("error[E0102]"), "{}", report.render(false));
}

#[test]
fn g7_references_into_files_stay_in_the_folder() {
    let folder = folder("refs");
    let root = folder.join("api");
    fs::create_dir_all(root.join("parts")).unwrap();
    fs::write(folder.join("secret.yaml"), "secret: 1\n").unwrap();
    fs::write(
        root.join("api.yaml"),
        "openapi: 3.0.3\na: {$ref: 'parts/pet.yaml#/Pet'}\nb: {$ref: '../secret.yaml'}\nc: {$ref: 'https://x.test/y'}\n\
         d: {$ref: '/etc/passwd'}\n",
    )
    .unwrap();
    fs::write(
        root.join("parts/pet.yaml"),
        "Pet: {owner: {$ref: '#/Owner'}, api: {$ref: '../api.yaml#/a'}}\nOwner: 1\n",
    )
    .unwrap();
    let mut report = Report::default();
    let document = load(&root.join("api.yaml"), &mut report).unwrap();
    assert_eq!(document.value["a"]["$ref"], json!("#/x-mcpgen-files/1-pet/Pet"));
    assert_eq!(document.value["b"]["$ref"], json!("../secret.yaml"));
    assert_eq!(document.value["c"]["$ref"], json!("https://x.test/y"));
    assert_eq!(document.value["d"]["$ref"], json!("/etc/passwd"));
    let pet = &document.value["x-mcpgen-files"]["1-pet"]["Pet"];
    assert_eq!(pet["owner"]["$ref"], json!("#/x-mcpgen-files/1-pet/Owner"));
    assert_eq!(pet["api"]["$ref"], json!("#/a"));
    let span = document.index.key_span("/x-mcpgen-files/1-pet/Owner");
    assert!(report.sources.name_and_line(span).ends_with("api/parts/pet.yaml:2"));
}

#[cfg(unix)]
#[test]
fn g7_a_symbolic_link_does_not_lead_out_of_the_folder() {
    let folder = folder("links");
    let root = folder.join("api");
    fs::create_dir_all(&root).unwrap();
    fs::write(folder.join("outside.yaml"), "a: 1\n").unwrap();
    let _ = std::os::unix::fs::symlink(folder.join("outside.yaml"), root.join("inside.yaml"));
    fs::write(root.join("api.yaml"), "openapi: 3.0.3\na: {$ref: inside.yaml}\n").unwrap();
    let document = load(&root.join("api.yaml"), &mut Report::default()).unwrap();
    assert_eq!(document.value["a"]["$ref"], json!("inside.yaml"));
    assert_eq!(document.value["x-mcpgen-files"], json!({}));
}
