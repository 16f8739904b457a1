//! A real document: does a typed override compile, do its types keep what its schemas accept?
//!
//! ```text
//! cargo run -p mcpgen-tests-types -- override DOCUMENT METHOD     # cargo check of a crate with this method overridden
//! cargo run -p mcpgen-tests-types -- round-trips DOCUMENT         # builds the crate and runs instances of every input
//! ```
//!
//! The crate is generated in `MCPGEN_TYPES` (`target/types`) beside a target folder of its own (`CARGO_TARGET_DIR`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use mcpgen::Builder;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["override", document, method] => with_override(Path::new(document), method),
        ["round-trips", document] => round_trips(Path::new(document)),
        other => {
            Err(format!("unknown arguments {other:?}; there is `override DOCUMENT METHOD`, `round-trips DOCUMENT`"))
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Generates the crate `subject`; its folder.
fn generate(document: &Path) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().map_err(|error| error.to_string())?;
    let out = std::env::var_os("MCPGEN_TYPES").map_or_else(|| root.join("target/types"), PathBuf::from);
    let folder = out.join("subject");
    let generated = Builder::new(document)
        .all(true)
        .name("subject")
        .runtime_path(root.join("runtime"))
        .generate()
        .map_err(|failure| failure.to_string())?;
    generated.write(&folder).map_err(|failure| failure.to_string())?;
    let types = &generated.surface().types;
    println!("{} of {} fields typed; the others: {:?}", types.typed_fields, types.fields, types.untyped);
    write(&out.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"subject\"]\n")?;
    fs::copy(root.join("Cargo.lock"), out.join("Cargo.lock")).map_err(|error| error.to_string())?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn cargo(folder: &Path, words: &[&str]) -> Result<bool, String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(program).args(words).current_dir(folder).status().map_err(|error| error.to_string())?;
    Ok(status.success())
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

fn with_override(document: &Path, method: &str) -> Result<bool, String> {
    let folder = generate(document)?;
    let lib = read(&folder.join("src/lib.rs"))?;
    let compact: String = lib.split_whitespace().collect::<Vec<_>>().join(" ");
    let service = between(&compact, "pub trait ", ":").ok_or("there is no trait")?;
    let signature = between(&compact, &format!(" fn {method}( "), " fn ").ok_or("there is no such method")?;
    let parts = || {
        // The formatter may leave a comma behind the last type.
        let result = between(signature, "Output = Result<rt::Json<", "> + Send")?.trim_end_matches([' ', ',', '>']);
        let (output, error) = result.rsplit_once(">, ")?;
        Some((between(signature, "rt::Args<", ">")?, output, error, between(signature, "rt::upstream::<", ">")?))
    };
    let (input, output, error, marker) = parts().ok_or_else(|| format!("cannot read {signature}"))?;
    let error = error.replace("rt::", "mcpgen_runtime::");
    let program = format!(
        "//! One operation overridden, the others as they are.\n\n\
         use mcpgen_runtime::{{Args, Base, Context, Json, Upstream, upstream}};\n#[allow(unused_imports)]\nuse std::collections::BTreeMap;\nuse subject::*;\n\n\
         struct Mine {{\n    upstream: Upstream,\n}}\n\n\
         impl Base for Mine {{\n    fn upstream(&self) -> &Upstream {{\n        &self.upstream\n    }}\n}}\n\n\
         impl {service} for Mine {{\n    async fn {method}(&self, cx: &Context, input: Args<{input}>) -> Result<Json<{output}>, {error}> {{\n\
         \x20       let typed: {input} = input.decode()?;\n\
         \x20       let answer = upstream::<{marker}>(&self.upstream, cx, Args::encode(&typed)?).await?;\n\
         \x20       let typed: {output} = answer.decode()?;\n        Ok(Json::encode(&typed)?)\n    }}\n}}\n\n\
         fn main() {{\n    let build: fn(Mine) -> mcpgen_runtime::Server = subject::server::<Mine>;\n    let _ = build;\n}}\n"
    );
    write(&folder.join("examples/one_override.rs"), &program)?;
    cargo(&folder, &["check", "--quiet", "--example", "one_override"])
}

fn round_trips(document: &Path) -> Result<bool, String> {
    let folder = generate(document)?;
    let tools = read(&folder.join("src/tools.rs"))?;
    let markers: Vec<&str> = tools.lines().filter_map(|line| between(line, "impl rt::Tool for ", " {")).collect();
    let rows: String = markers.iter().map(|marker| format!("        round_trips::<subject::{marker}>(),\n")).collect();
    let program = format!(
        "use mcpgen_tests_types::{{report, round_trips}};\n\n#[test]\nfn every_input() {{\n    let outcomes = vec![\n{rows}    ];\n\
         \x20   let valid: usize = outcomes.iter().map(|outcome| outcome.valid).sum();\n\
         \x20   let failed: usize = outcomes.iter().map(|outcome| outcome.failures.len()).sum();\n\
         \x20   println!(\"{{valid}} instances of {{}} tools, {{failed}} failed\", outcomes.len());\n\
         \x20   if let Some(text) = report(&outcomes) {{\n        panic!(\"{{text}}\");\n    }}\n}}\n"
    );
    write(&folder.join("tests/round_trips.rs"), &program)?;
    let manifest = folder.join("Cargo.toml");
    let text = read(&manifest)?;
    if !text.contains("mcpgen-tests-types") {
        let own = env!("CARGO_MANIFEST_DIR");
        write(&manifest, &format!("{text}\n[dev-dependencies]\nmcpgen-tests-types = {{ path = {own:?} }}\n"))?;
    }
    cargo(&folder, &["test", "--quiet", "--test", "round_trips", "--", "--nocapture"])
}
