//! Documents that try to break out of what is generated from them (SECURITY.md G1–G5).
//!
//! Every field of a document holds a payload in turn, then all at once. What is generated must be, but for literals,
//! documentation and identifiers, what is generated from harmless text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::path::PathBuf;

use mcpgen::{Builder, Generated};

mod canary;
mod sweep;
mod tokens;

/// What breaks out of a literal, a comment, an attribute, a template, a manifest; what a reader does not see.
const PAYLOADS: &[&str] = &[
    "q\"; std::fs::write(\"canary\", \"\"); //",
    "q\"#; fn canary() {} //\"##",
    "q*/ fn canary() {} /*",
    "q\n#![feature(canary)]\nfn canary() {}\n",
    "q\r\nfn canary() {}\r",
    "q\\",
    "q\\\"; canary!();",
    "q'; canary!(); '",
    "q{{ canary }}{% for x in y %}{# canary #}",
    "q)] mod canary; #[doc(x",
    "q\"]\n[dependencies]\ncanary = \"1\"\n",
    "q --> <script>canary()</script> <!--",
    "```rust\nstd::fs::write(\"canary\", \"\").unwrap();\n```\n    std::fs::write(\"canary\", \"\").unwrap();",
    "q\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{ad}q",
    "q\u{0}\u{7}\u{1b}[31m\u{85}\u{2028}q",
    "self Self super crate _ r#type 0 é 温度",
];

/// Fields whose text must keep a form: there a payload may make the document refused, or the operation left out.
const STRICT: &[&str] = &[
    "api-key",
    "constant-message",
    "cookie",
    "header",
    "media",
    "message",
    "parameter",
    "part-header",
    "path",
    "prompt",
    "server",
    "setting-default",
    "text",
    "token-path",
];

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn template(name: &str) -> String {
    fs::read_to_string(here().join("hostile").join(name)).unwrap()
}

fn fields(template: &str) -> BTreeSet<String> {
    let body = template.split_once('\n').unwrap().1;
    body.split('«').skip(1).map(|rest| rest.split_once('»').unwrap().0.to_owned()).collect()
}

/// The template with each field filled in. JSON's escapes are YAML's.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = template.to_owned();
    for field in fields(template) {
        // YAML takes no DEL as it is.
        let quoted = serde_json::to_string(&value(&field)).unwrap().replace('\u{7f}', "\\u007f");
        text = text.replace(&format!("«{field}»"), inner(&quoted));
    }
    text
}

/// Without the quotes around it.
fn inner(quoted: &str) -> &str {
    &quoted[1..quoted.len() - 1]
}

/// Text that is no identifier and no path either, so that the twin needs the same forms.
fn harmless(field: &str) -> String {
    match field {
        "server" | "path" | "media" | "parameter" | "api-key" | "header" | "cookie" | "token-path" => {
            format!("some-{field}")
        }
        _ => format!("some {field}"),
    }
}

/// A folder that goes at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcpgen-hostile-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn generate(&self, text: &str) -> Result<Generated, mcpgen::Failure> {
        Builder::new(self.0.join("api.yaml")).bytes(text).dir(self.0.join("crate")).generate()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// G3: what no file may hold as it is. Written down here a second time, from the Unicode blocks that SECURITY.md names.
fn is_unseen(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn assert_seen(generated: &Generated, what: &dyn Display) {
    for (path, file) in generated.files().iter() {
        let found: Vec<char> = file.text().chars().filter(|c| is_unseen(*c)).collect();
        assert!(found.is_empty(), "{what}: {path} holds {found:?}");
    }
}

/// G5: the manifest but for name, description and version, and for the validator that a `pattern` may ask for.
fn manifest(generated: &Generated) -> toml::Table {
    let mut table: toml::Table = generated.files().get("Cargo.toml").unwrap().text().parse().unwrap();
    let runtime = table.get_mut("dependencies").unwrap().get_mut("mcpgen-runtime").unwrap();
    runtime
        .get_mut("features")
        .unwrap()
        .as_array_mut()
        .unwrap()
        .retain(|name| name.as_str() != Some("fallback-validator"));
    let package = table.get_mut("package").unwrap().as_table_mut().unwrap();
    for key in ["name", "description", "version"] {
        assert!(package.remove(key).unwrap().is_str());
    }
    table
}

/// A template and what harmless text makes of it.
struct Subject {
    name: &'static str,
    template: String,
    fields: Vec<String>,
    folder: Folder,
    twin: Generated,
    shapes: Vec<(String, String)>,
    manifest: toml::Table,
}

impl Subject {
    fn new(name: &'static str, template: String) -> Self {
        let folder = Folder::new(name);
        let twin = folder.generate(&fill(&template, harmless)).unwrap_or_else(|failure| panic!("{failure}"));
        let (shapes, manifest) = (tokens::shapes(&twin), manifest(&twin));
        let fields: Vec<String> = fields(&template).into_iter().collect();
        assert!(fields.len() > 12, "{fields:?}");
        Self { name, template, fields, folder, twin, shapes, manifest }
    }

    /// Every version of OpenAPI, and a server spec.
    fn all() -> Vec<Self> {
        let newest = template("openapi.yaml");
        // What 3.0 has instead.
        let older = newest
            .replace("openapi: 3.1.0", "openapi: 3.0.3")
            .replace("const: \"«const»\"", "type: string, enum: [\"«const»\"]")
            .replace("examples: [\"«example»\"]", "example: \"«example»\"");
        vec![
            Self::new("2.0", template("swagger.yaml")),
            Self::new("3.0", older),
            Self::new("3.1", newest),
            Self::new("server-spec", template("server-spec.yaml")),
        ]
    }

    /// Fields that may hold any text.
    fn free(&self) -> impl Iterator<Item = &String> {
        self.fields.iter().filter(|field| !STRICT.contains(&field.as_str()))
    }

    /// Generates from payloads and compares. `None`: refused; `Some(false)`: another surface, so that only what holds for
    /// every output was looked at.
    fn hold(&self, what: &dyn Display, payload: impl Fn(&str) -> Option<String>) -> Option<bool> {
        let text = fill(&self.template, |field| payload(field).unwrap_or_else(|| harmless(field)));
        let strict = STRICT.iter().any(|field| payload(field).is_some());
        let generated = match self.folder.generate(&text) {
            Ok(generated) => generated,
            Err(failure) => {
                assert!(strict && failure.to_string().contains("error["), "{}: {what}: {failure}", self.name);
                return None;
            }
        };
        assert_seen(&generated, what);
        assert_eq!(manifest(&generated), self.manifest, "{}: {what}", self.name);
        let shapes = tokens::shapes(&generated);
        let is_whole = surface(&generated) == surface(&self.twin);
        if is_whole {
            tokens::compare(&shapes, &self.shapes, what);
        } else {
            assert!(strict, "{}: {what}: another surface", self.name);
            // A path may name a variable `{canary}`, which is an argument then.
            if payload("path").is_none() {
                tokens::assert_no_canary(&generated, what);
            }
        }
        Some(is_whole)
    }
}

/// What a payload in a field with a form may change: an operation that cannot be sent is left out, a media type that is not
/// JSON any more takes other arguments, a server that is no URL is left to the environment.
fn surface(generated: &Generated) -> impl PartialEq {
    let surface = generated.surface();
    let tool = |tool: &mcpgen::ToolSurface| {
        let media_type = tool.route.as_ref().and_then(|route| route.request_media_type.as_ref());
        (tool.arguments.len(), media_type.map(|name| name.contains("json")))
    };
    let tools: Vec<_> = surface.tools.iter().map(tool).collect();
    // A header that no part of a form can have is left out.
    let text = |path: &str| generated.files().get(path).map_or("", |file| file.text());
    let has_part_headers = text("src/operations.rs").contains("part_headers");
    let parts = (surface.resources.len(), surface.templates.len(), surface.settings.len());
    (tools, surface.base_url.is_some(), has_part_headers, parts)
}

/// Every free field at once, each with every payload in turn; then every field with a form alone.
#[test]
fn g2_g3_g4_g5_no_field_of_a_document_can_break_out() {
    for subject in Subject::all() {
        let fields: Vec<&String> = subject.free().collect();
        for turn in 0..PAYLOADS.len() {
            let payload = |field: &str| {
                let at = fields.iter().position(|other| *other == field)?;
                Some(PAYLOADS[(at + turn) % PAYLOADS.len()].to_owned())
            };
            assert_eq!(subject.hold(&format!("turn {turn}"), payload), Some(true), "{}: turn {turn}", subject.name);
        }
        let mut whole = BTreeSet::new();
        for field in subject.fields.iter().filter(|field| STRICT.contains(&field.as_str())) {
            for payload in PAYLOADS {
                let what = format!("{payload:?} in {field}");
                if subject.hold(&what, |other| (other == field).then(|| (*payload).to_owned())) == Some(true) {
                    whole.insert(field.clone());
                }
            }
        }
        println!("{}: {} free fields; with a form, and compared: {whole:?}", subject.name, fields.len());
        assert!(!whole.is_empty(), "{}: every one of {STRICT:?} was refused: nothing was compared", subject.name);
    }
}
