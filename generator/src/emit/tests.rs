use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use serde_json::{Value, json};

use super::*;
use crate::files::is_generated;
use crate::model::{ErrorSource, Output, Read, Segment, Server};
use crate::options::Options;
use crate::rust::{self, is_hazardous};
use crate::samples;

fn files_of(server: &Server, source: &str) -> Files {
    let krate = rust::lower(server, &samples::sources(source), &Options::default());
    emit(&krate).unwrap_or_else(|error| panic!("{error}"))
}

fn samples() -> [(Server, &'static str); 2] {
    [(samples::weather(), "specs/weather.yaml"), (samples::petstore(), "specs/petstore.yaml")]
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    for (server, source) in samples() {
        assert_eq!(files_of(&server, source), files_of(&server, source));
    }
}

#[test]
fn generated_files_carry_the_marker_and_owned_files_do_not() {
    for (server, source) in samples() {
        for (path, file) in files_of(&server, source).iter() {
            assert_eq!(is_generated(file.text()), !file.owned(), "{path}");
            assert!(file.text().ends_with('\n') && !file.text().contains('\r'), "{path}");
        }
    }
}

#[test]
fn modules_can_be_included_anywhere_and_import_one_module() {
    for (server, source) in samples() {
        for (path, file) in files_of(&server, source)
            .iter()
            .filter(|(path, file)| path.starts_with("src/") && path.ends_with(".rs") && !file.owned())
        {
            let text = file.text();
            assert!(!text.contains("crate::"), "{path}: only `super::` works under `include!`");
            // `include!` takes none; the other modules are files of their own.
            let has_inner = text.lines().any(|line| line.starts_with("#![") || line.starts_with("//!"));
            assert!(!has_inner || path != "src/lib.rs", "{path}");
            for line in text.lines().filter(|line| line.contains("mcpgen_runtime")) {
                assert_eq!(line, "use mcpgen_runtime::codegen as rt;", "{path}");
            }
        }
    }
}

#[test]
fn descriptions_and_places_stand_beside_methods() {
    let files = files_of(&samples::petstore(), "specs/petstore.yaml");
    let lib = files.get("src/lib.rs").unwrap().text();
    assert!(lib.contains("    /// Get one pet. `GET /pets/{petId}` (petstore.yaml:41)\n    fn get_pet(\n"), "{lib}");
    let types = files.get("src/types.rs").unwrap().text();
    assert!(types.contains("/// A pet. (petstore.yaml:120)\n#[derive("), "{types}");
}

#[test]
fn absent_null_and_value_are_three_things() {
    let types = files_of(&samples::petstore(), "a.yaml");
    let types = types.get("src/types.rs").unwrap().text();
    for expected in ["    pub tag: Option<Option<String>>,\n", "    tag: optional \"tag\",\n"] {
        assert!(types.contains(expected), "{types}");
    }
}

#[test]
fn equal_error_sets_share_an_enum() {
    let files = files_of(&samples::petstore(), "a.yaml");
    let errors = files.get("src/errors.rs").unwrap().text();
    assert_eq!(errors.matches("pub enum ").count(), 1, "{errors}");
    assert!(errors.contains("pub enum PetError {"), "{errors}");
    let files = files_of(&samples::weather(), "a.yaml");
    let errors = files.get("src/errors.rs").unwrap().text();
    assert!(
        errors.contains("pub enum WeatherError {") && errors.contains("pub enum CurrentWeatherError {"),
        "{errors}"
    );
}

#[test]
fn g5_the_manifest_has_the_baseline_dependency_only() {
    let mut server = samples::petstore();
    server.title = Some("x\"\n[dependencies]\nevil = \"1\" # \u{202e}".to_owned());
    server.version = "1.0.0\"\nbuild = \"evil.rs".to_owned();
    server.name = "pets\"]\n[dependencies]\nevil".to_owned();
    let options = Options { runtime_path: Some("../a\"\nevil = \"1".into()), ..Options::default() };
    let krate = rust::lower(&server, &samples::sources("a.yaml"), &options);
    let text = krate.package.manifest.print().unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let keys: Vec<_> = manifest.keys().map(String::as_str).collect();
    assert_eq!(keys, ["dependencies", "dev-dependencies", "lib", "package"]);
    for table in ["dependencies", "dev-dependencies"] {
        let dependencies = manifest.get(table).and_then(toml::Value::as_table).unwrap();
        assert_eq!(dependencies.keys().collect::<Vec<_>>(), ["mcpgen-runtime"], "{table}");
    }
    let package = manifest.get("package").and_then(toml::Value::as_table).unwrap();
    assert_eq!(package.get("name").and_then(toml::Value::as_str), Some("pets-dependencies-evil"));
    assert_eq!(package.get("version").and_then(toml::Value::as_str), Some("0.0.0"));
    assert!(!package.contains_key("build"));
}

/// The documents below a folder, and the folders that are one crate each: `MCPGEN_CORPUS` adds a folder of them.
fn documents() -> Vec<std::path::PathBuf> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("specs"), root.join("tests/golden/crates"), root.join("tests/golden/options")];
    folders.extend(std::env::var_os("MCPGEN_CORPUS").map(Into::into));
    let mut documents = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "json") {
                documents.push(path);
            }
        }
    }
    documents.sort();
    documents
}

#[test]
fn what_is_formatted_without_a_syntax_tree_is_what_prettyplease_makes_of_it() {
    let (mut files, mut known, mut all) = (0, 0, 0);
    for document in documents() {
        let Some(krate) = crate::Builder::new(&document).all(true).words() else { continue };
        let printer = Printer::new(&krate).unwrap();
        for (path, template) in krate.modules() {
            let text = printer.print(template).unwrap();
            let whole =
                syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {path}: {error}", document.display()));
            let (laid_out, expected) = (layout::format(&text).unwrap(), layout::print(whole, &text));
            let different = laid_out.lines().zip(expected.lines()).find(|(one, other)| one != other);
            assert_eq!(different, None, "{}: {path}", document.display());
            assert_eq!(laid_out.len(), expected.len(), "{}: {path}", document.display());
            let items = tables::items(&text);
            known += items.iter().filter(|item| tables::item(item).is_some()).map(|item| item.len()).sum::<usize>();
            all += items
                .iter()
                .filter(|item| !item.trim_start().starts_with("rt::"))
                .map(|item| item.len())
                .sum::<usize>();
            files += 1;
        }
    }
    println!("{files} files; of {all} bytes outside of macros {known} need no syntax tree");
    assert!(files > 50 && known * 4 > all * 3, "{files} files, {known} bytes of {all}");
}

/// What a document could put into a text.
const PAYLOADS: &[&str] = &[
    "\"; std::process::exit(1); \"",
    "\"#; fn evil() {} const X: &str = r#\"",
    "*/ fn evil() {} /*",
    "x\n```rust\nstd::process::exit(1);\n```\n\n    std::process::exit(1);\n\n~~~\n",
    "a\rb\0c\u{202a}\u{202e}\u{2066}\u{2069}\u{e0041}\u{e007f}\u{feff}\u{200b}\u{85}\u{2028}d",
    "{{ 7 * 7 }} {% for x in y %}",
    "{} {0} {x:?} \\u{41} \\",
    "]] #[doc(hidden)] #![allow(x)] -->",
    "// mcpgen: gap\n// mcpgen: gap",
    "<script>alert(1)</script> [a](b) | c",
];

/// The server with this text wherever a document's text is not a name.
fn with_text(mut server: Server, text: &str) -> Server {
    fn in_schema(schema: &mut Value, text: &str) {
        match schema {
            Value::Object(members) => {
                for (key, value) in members.iter_mut() {
                    if key == "default" && value.is_string() {
                        continue;
                    }
                    in_schema(value, text);
                }
                if members.contains_key("type") {
                    members.insert("description".to_owned(), json!(text));
                    members.insert("x-note".to_owned(), json!({text: text}));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| in_schema(item, text)),
            _ => {}
        }
    }
    let some = || Some(text.to_owned());
    (server.title, server.description, server.instructions) = (some(), some(), some());
    server.version = text.to_owned();
    for setting in &mut server.settings {
        (setting.description, setting.default) = (text.to_owned(), some());
    }
    server.schemas.values_mut().for_each(|schema| in_schema(&mut schema.value, text));
    for tool in &mut server.tools {
        (tool.title, tool.description) = (some(), text.to_owned());
        in_schema(&mut tool.input.value, text);
        if let Output::Strict { schema, text: Some(template) } = &mut tool.output {
            in_schema(&mut schema.value, text);
            template.push(Segment::Literal(text.to_owned()));
        }
        for error in &mut tool.errors {
            error.description = text.to_owned();
            if let ErrorSource::Declared { message, .. } = &mut error.source {
                message.push(Segment::Literal(text.to_owned()));
            }
        }
        if let Some(binding) = &mut tool.binding {
            (binding.method, binding.path, binding.base_url) = (text.to_owned(), text.to_owned(), some());
            binding.accept = text.to_owned();
            for parameter in &mut binding.parameters {
                (parameter.name, parameter.argument, parameter.content_type) =
                    (text.to_owned(), text.to_owned(), some());
            }
            if let Some(body) = &mut binding.body {
                body.media_type = text.to_owned();
            }
        }
    }
    for template in &mut server.templates {
        (template.uri_template, template.title) = (text.to_owned(), some());
        (template.description, template.mime_type) = (some(), some());
        if matches!(template.read, Read::Handler { .. }) {
            in_schema(&mut template.variables.value, text);
        }
    }
    for resource in &mut server.resources {
        (resource.uri, resource.title) = (text.to_owned(), some());
        (resource.description, resource.mime_type) = (some(), some());
    }
    for prompt in &mut server.prompts {
        (prompt.title, prompt.description) = (some(), text.to_owned());
        for argument in &mut prompt.arguments {
            (argument.title, argument.description) = (some(), some());
        }
        for message in prompt.messages.iter_mut().flatten() {
            message.text.push(Segment::Literal(text.to_owned()));
        }
    }
    if let Some(upstream) = &mut server.upstream {
        upstream.base_url = some();
        upstream.security_schemes.iter_mut().for_each(|scheme| scheme.description = text.to_owned());
    }
    server
}

/// The tokens of a file with literals erased and documentation left out.
fn shape(file: &syn::File) -> String {
    fn erase(tokens: TokenStream, out: &mut String) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' && tokens.peek().is_some_and(is_doc) => {
                    tokens.next();
                }
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ('(', ')'),
                        Delimiter::Brace => ('{', '}'),
                        Delimiter::Bracket => ('[', ']'),
                        Delimiter::None => (' ', ' '),
                    };
                    out.push(open);
                    erase(group.stream(), out);
                    out.push(close);
                }
                TokenTree::Literal(_) => out.push_str(" 0 "),
                token => out.push_str(&format!(" {token} ")),
            }
        }
    }
    fn is_doc(token: &TokenTree) -> bool {
        matches!(token, TokenTree::Group(group) if group.stream().to_string().starts_with("doc"))
    }
    let mut out = String::new();
    erase(file.to_token_stream(), &mut out);
    // The message of an error variant is a literal beside its status where the documentation does not say the same.
    out.replace("=  0  :  0 ", "=  0 ").replace("=  _  :  0 ", "=  _ ")
}

fn parse(path: &str, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"))
}

#[test]
fn g1_g2_g3_hostile_text_changes_literals_only() {
    // Before formatting: where a line breaks depends on the length of a literal, and brings a comma or a brace.
    let shapes = |server: &Server, source| {
        let krate = rust::lower(server, &samples::sources(source), &Options::default());
        let printer = Printer::new(&krate).unwrap();
        let owned = [("src/main.rs", templates::MAIN), ("src/handlers.rs", templates::HANDLERS)];
        let shape_of = |(path, template): (&'static str, Template)| {
            let (file, _) = printer.parse(template).unwrap_or_else(|error| panic!("{error}"));
            (path, shape(&file))
        };
        krate.modules().chain(owned).map(shape_of).collect::<Vec<_>>()
    };
    for (server, source) in samples() {
        let harmless = shapes(&with_text(server.clone(), "x"), source);
        assert!(harmless.len() > 6);
        for payload in PAYLOADS {
            let poisoned = with_text(server.clone(), payload);
            for (harmless, hostile) in harmless.iter().zip(shapes(&poisoned, source)) {
                assert_eq!(*harmless, hostile, "{payload:?}");
            }
            for (path, file) in files_of(&poisoned, source).iter() {
                let raw = file.text().chars().find(|character| *character != '\n' && is_hazardous(*character));
                assert_eq!(raw, None, "{path}: {payload:?}");
            }
        }
    }
}

#[test]
fn g1_no_line_of_documentation_is_a_program() {
    for (server, source) in samples() {
        for payload in PAYLOADS {
            for (path, file) in files_of(&with_text(server.clone(), payload), source).iter() {
                let mut fence = false;
                for line in file.text().lines().filter_map(|line| line.trim_start().strip_prefix("///")) {
                    if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
                        fence = !fence;
                        assert!(!fence || line.ends_with("text"), "{path}: {line}");
                    }
                    assert!(fence || !line.starts_with("     "), "{path}: indented code: {line}");
                }
                assert!(!fence, "{path}: a fence is open");
            }
        }
    }
}

#[test]
fn g4_hostile_names_become_identifiers() {
    for name in PAYLOADS
        .iter()
        .copied()
        .chain(["", "self", "Self", "crate", "r#type", "温度", "1", "into", "upstream", "Option"])
    {
        for (mut server, source) in samples() {
            for tool in &mut server.tools {
                tool.name = name.to_owned();
                tool.input.value =
                    json!({"type": "object", "properties": {name: {"type": "string", "enum": [name, "x"]}}});
                for error in &mut tool.errors {
                    error.name = name.to_owned();
                }
            }
            server.prompts.iter_mut().for_each(|prompt| prompt.name = name.to_owned());
            server.settings.iter_mut().for_each(|setting| setting.env = name.to_owned());
            server.name = name.to_owned();
            server
                .schemas
                .insert(name.to_owned(), crate::model::Schema { value: json!({"enum": [name]}), span: server.span });
            for (path, file) in files_of(&server, source).iter() {
                if path.ends_with(".rs") {
                    parse(path, file.text());
                }
                assert!(!file.text().chars().any(|c| c != '\n' && is_hazardous(c)), "{path}: {name:?}");
            }
        }
    }
}

#[test]
fn a_template_that_prints_no_rust_shows_its_text() {
    let krate = rust::lower(&samples::weather(), &samples::sources("a.yaml"), &Options::default());
    let mut printer = Printer::new(&krate).unwrap();
    printer.environment.add_template("lib.rs.j2", "fn {{ server.name }}() {}").unwrap();
    let error = printer.module(templates::LIB).unwrap_err();
    assert_eq!((error.template, error.text.as_str()), ("lib.rs.j2", "fn \"weather\"() {}"));
    printer.environment.add_template("lib.rs.j2", "{{ server.nothing }}").unwrap();
    assert!(printer.module(templates::LIB).is_err(), "an undefined field is an error");
}
