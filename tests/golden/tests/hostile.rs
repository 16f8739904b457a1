//! Documents that try to break out of what is generated from them (SECURITY.md G1–G5).
//!
//! Every field of a document holds a payload in turn, then all at once. What is generated must be, but for literals,
//! documentation and identifiers, what is generated from harmless text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcpgen::{Builder, Generated};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

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
const STRICT: &[&str] =
    &["server", "path", "media", "parameter", "api-key", "text", "message", "prompt", "setting-default"];

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
        let quoted = serde_json::to_string(&value(&field)).unwrap();
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
        "server" | "path" | "media" | "parameter" | "api-key" => format!("some-{field}"),
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
        let path = self.0.join("api.yaml");
        fs::write(&path, text).unwrap();
        Builder::new(path).dir(self.0.join("crate")).generate()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The tokens of a file without documentation; `L` for a literal, `I` for an identifier.
fn shape(text: &str) -> String {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut out = String::new();
    erase(text.parse().unwrap(), &mut out);
    // A response has a message of its own, one more literal, where it is not what the documentation says.
    out = out.replace(" = L : L", " = L");
    // The formatter ends a list with a comma where it breaks the line.
    for close in [" >", " )", " ]", " }"] {
        out = out.replace(&format!(" ,{close}"), close);
    }
    out
}

fn erase(tokens: TokenStream, out: &mut String) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' && is_doc(tokens.peek()) => {
                tokens.next();
            }
            // The formatter puts the body of a match arm into braces where it breaks the line.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && out.ends_with(" = >") => {
                erase(group.stream(), out);
                if !matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ',') {
                    out.push_str(" ,");
                }
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(&format!(" {open}"));
                erase(group.stream(), out);
                out.push_str(&format!(" {close}"));
            }
            TokenTree::Ident(_) => out.push_str(" I"),
            TokenTree::Punct(punct) => out.push_str(&format!(" {}", punct.as_char())),
            TokenTree::Literal(_) => out.push_str(" L"),
        }
    }
}

/// `[doc = "…"]` and nothing more, or `[serde(…)]` with names and literals and nothing more: whether a field needs
/// another name there depends on its own.
fn is_doc(token: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = token else { return false };
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(doc), TokenTree::Punct(_), TokenTree::Literal(_)] => doc == "doc",
        [TokenTree::Ident(serde), TokenTree::Group(group)] => {
            serde == "serde" && group.stream().into_iter().all(|token| !matches!(token, TokenTree::Group(_)))
        }
        _ => false,
    }
}

/// The Rust files with their shapes, in order.
fn shapes(generated: &Generated) -> Vec<(String, String)> {
    let rust = generated.files().iter().filter(|(path, _)| path.ends_with(".rs"));
    rust.map(|(path, file)| (path.to_owned(), shape(file.text()))).collect()
}

/// G3: what no file may hold as it is. Written down here a second time, from the Unicode blocks that SECURITY.md names.
fn is_unseen(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn assert_seen(generated: &Generated, what: &str) {
    for (path, file) in generated.files().iter() {
        let found: Vec<char> = file.text().chars().filter(|c| is_unseen(*c)).collect();
        assert!(found.is_empty(), "{what}: {path} holds {found:?}");
    }
}

/// G5: the manifest but for name, description and version.
fn manifest(generated: &Generated) -> toml::Table {
    let mut table: toml::Table = generated.files().get("Cargo.toml").unwrap().text().parse().unwrap();
    let package = table.get_mut("package").unwrap().as_table_mut().unwrap();
    for key in ["name", "description", "version"] {
        assert!(package.remove(key).unwrap().is_str());
    }
    table
}

fn each_field_holds_each_payload(name: &str) {
    let folder = Folder::new(name);
    let template = template(&format!("{name}.yaml"));
    let twin = folder.generate(&fill(&template, harmless)).unwrap_or_else(|failure| panic!("{failure}"));
    let (twin_shapes, twin_manifest) = (shapes(&twin), manifest(&twin));
    let fields = fields(&template);
    assert!(fields.len() > 12, "{fields:?}");
    let compare = |generated: &Generated, what: &str| {
        let there = shapes(generated);
        let names = |shapes: &[(String, String)]| shapes.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(names(&there), names(&twin_shapes), "{what}");
        for ((path, one), (_, other)) in there.iter().zip(&twin_shapes) {
            let (here, twin) = (first_difference(one, other), first_difference(other, one));
            assert!(one == other, "{what}: {path} has another shape\n{here}\n--- twin\n{twin}");
        }
    };
    // Text that needs no form: all fields at once, each of them with every payload in turn.
    for turn in 0..PAYLOADS.len() {
        let text = fill(&template, |field| match fields.iter().position(|other| other == field) {
            Some(at) if !STRICT.contains(&field) => PAYLOADS[(at + turn) % PAYLOADS.len()].to_owned(),
            _ => harmless(field),
        });
        let what = format!("turn {turn}");
        let generated = folder.generate(&text).unwrap_or_else(|failure| panic!("{what}: {failure}"));
        assert_seen(&generated, &what);
        assert_eq!(manifest(&generated), twin_manifest, "{what}");
        compare(&generated, &what);
    }
    let mut accepted = BTreeSet::new();
    for field in fields.iter().filter(|field| STRICT.contains(&field.as_str())) {
        for payload in PAYLOADS {
            let what = format!("{payload:?} in {field}");
            let text = fill(&template, |other| if other == field { (*payload).to_owned() } else { harmless(other) });
            let Ok(generated) = folder.generate(&text) else { continue };
            assert_seen(&generated, &what);
            assert_eq!(manifest(&generated), twin_manifest, "{what}");
            let is_whole = generated.surface().tools.len() == twin.surface().tools.len()
                && generated.surface().base_url == twin.surface().base_url
                // A media type that is not JSON any more is sent in another way.
                && arguments(&generated) == arguments(&twin)
                && generated.surface().templates.len() == twin.surface().templates.len();
            if is_whole {
                compare(&generated, &what);
                accepted.insert(field.clone());
            }
        }
    }
    assert!(!accepted.is_empty(), "every one of {STRICT:?} was refused: nothing was compared");
}

/// How many arguments each tool has.
fn arguments(generated: &Generated) -> Vec<usize> {
    generated.surface().tools.iter().map(|tool| tool.arguments.len()).collect()
}

/// What stands around the first place in which two texts differ.
fn first_difference<'a>(one: &'a str, other: &str) -> &'a str {
    let at = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    one.get(at.saturating_sub(80)..(at + 120).min(one.len())).unwrap_or(one)
}

#[test]
fn g2_g3_g4_g5_an_openapi_document_cannot_break_out() {
    each_field_holds_each_payload("openapi");
}

#[test]
fn g2_g3_g4_g5_a_server_spec_cannot_break_out() {
    each_field_holds_each_payload("server-spec");
}

/// G1: everything at once, built, tested and documented. The canary is a file that any of the payloads would write.
#[test]
fn g1_nothing_of_a_document_runs() {
    let folder = Folder::new("canary");
    let dir = folder.0.join("crate");
    let canary = folder.0.join("canary").display().to_string();
    let write = format!("std::fs::write({canary:?}, \"\").unwrap();");
    let payload = |field: &str| match field {
        _ if field.ends_with("description") => {
            format!(
                "A text.\n\n```\n{write}\n```\n\n```rust\n{write}\n```\n~~~\n{write}\n~~~\n\n    {write}\n\n* x\n\n      {write}\n\n\"]\n{write}\n/*"
            )
        }
        "title" | "server" | "path" | "media" | "parameter" | "api-key" => harmless(field).replace(' ', "-"),
        _ => format!("{field}\"; fn {}() {{ {write} }} //\u{202e}", field.replace('-', "_")),
    };
    let text = fill(&template("openapi.yaml"), payload);
    let path = folder.0.join("api.yaml");
    fs::write(&path, text).unwrap();
    let runtime = here().join("../../runtime").canonicalize().unwrap();
    let generated = Builder::new(path).runtime_path(runtime).dir(&dir).generate().unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(generated.surface().tools.len(), 2);
    generated.write(&dir).unwrap();
    // The dependencies and the profile of this workspace: nothing is compiled twice.
    fs::copy(here().join("../../Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    let manifest = dir.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}\n[workspace]\n\n[profile.dev]\ndebug = \"line-tables-only\"\n")).unwrap();
    for command in [&["test", "--quiet"][..], &["doc", "--quiet", "--no-deps"]] {
        let output = Command::new(env!("CARGO"))
            .args(command)
            .args(["--offline", "--target-dir"])
            .arg(target())
            .current_dir(&dir)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "cargo {command:?}:\n{said}");
        // Of the generated crate; the runtime's own are not what this is about.
        assert!(!said.contains("--> src/"), "cargo {command:?}:\n{said}");
    }
    assert!(!Path::new(&canary).exists(), "text of the document ran");
}

/// `target` of this test: `target/PROFILE/deps/this`.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}
