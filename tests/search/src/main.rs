//! Search mode of a large document, through a real client.
//!
//! ```text
//! MCPGEN_CORPUS=FOLDER cargo run -p mcpgen-tests-search                     # GitHub's document of that folder
//! cargo run -p mcpgen-tests-search -- DOCUMENT [QUESTIONS]                  # another one
//! ```
//!
//! Generates the crate in `MCPGEN_SEARCH` (`target/search`), builds it, holds it to its wire contract, starts it, and asks
//! through the official Rust SDK: three seeded words of the summary of 200 operations, and the questions of a file, whose
//! lines are a question and the operationIds that answer it. Then seeded operations are described and called. Misses are
//! printed one by one. Ends with an error where less is found than this is meant to hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use mcpgen::{Builder, Expose, Options};
use mcpgen_tests_search::{Api, Client, Failure, Seeded};
use serde_json::Value;

/// The document in the corpus, and the questions for it.
const DOCUMENT: &str = "octokit__api.github.com.json";
/// Operations that are searched for by words of their summaries.
const SEEDED: usize = 200;
/// Operations that are called.
const CALLED: usize = 50;
/// Among how many an operation must be.
const FIRST: usize = 5;
/// What a list of three tools may weigh.
const MOST_BYTES: usize = 4096;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<bool, Failure> {
    let mut words = std::env::args().skip(1);
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (document, questions) = match words.next() {
        Some(document) => (PathBuf::from(document), words.next().map(PathBuf::from)),
        None => {
            let corpus = std::env::var_os("MCPGEN_CORPUS").ok_or("give a document, or MCPGEN_CORPUS")?;
            (Path::new(&corpus).join(DOCUMENT), Some(own.join("questions-github.tsv")))
        }
    };
    let folder = generate(&document)?;
    let cargo = |words: &[&str]| -> Result<bool, Failure> {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Command::new(program).args(words).current_dir(&folder).status()?.success())
    };
    if !cargo(&["build", "--quiet"])? {
        return Err("the crate does not compile".into());
    }
    println!("wire contract: every operation, called through call_operation");
    let mut good = cargo(&["test", "--quiet", "--test", "wire"])?;

    let catalog = fs::read_to_string(folder.join("src/catalog.jsonl"))?;
    let operations: Vec<Value> =
        catalog.lines().skip(1).map(serde_json::from_str).collect::<Result<_, serde_json::Error>>()?;
    let contract: Value = serde_json::from_str(&fs::read_to_string(folder.join("tests/wire.json"))?)?;
    let mut api = Api::start().await?;
    let client = Client::start(binary(&folder), &environment(&contract, &api)).await?;
    good &= listed(&client).await?;
    good &= seeded(&client, &operations).await?;
    if let Some(questions) = questions {
        good &= asked(&client, &document, &fs::read_to_string(questions)?).await?;
    }
    good &= called(&client, &mut api, &contract).await?;
    client.stop().await?;
    Ok(good)
}

/// The crate `subject` in a workspace of its own.
fn generate(document: &Path) -> Result<PathBuf, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let out = std::env::var_os("MCPGEN_SEARCH").map_or_else(|| root.join("target/search"), PathBuf::from);
    let folder = out.join("subject");
    let options = Options { expose: Some(Expose::Search), ..Options::default() };
    let builder = Builder::new(document).options(options).name("subject").runtime_path(root.join("runtime"));
    let generated = builder.generate().map_err(|failure| failure.to_string())?;
    generated.write(&folder).map_err(|failure| failure.to_string())?;
    fs::write(out.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"subject\"]\n")?;
    fs::copy(root.join("Cargo.lock"), out.join("Cargo.lock"))?;
    println!("{}: {} operations", document.display(), generated.surface().operations.len());
    Ok(folder)
}

fn binary(folder: &Path) -> PathBuf {
    let own = || folder.parent().unwrap_or(folder).join("target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(own, PathBuf::from).join("debug/subject")
}

fn environment(contract: &Value, api: &Api) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut env: Vec<(String, String)> =
        contract["env"].as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect();
    env.push((text(&contract["baseUrl"]), format!("{}{}", api.origin, text(&contract["basePath"]))));
    env
}

async fn listed(client: &Client) -> Result<bool, Failure> {
    let tools = client.tools().await?;
    let bytes = serde_json::to_string(&tools)?.len();
    println!("tools/list: {} tools, {bytes} bytes", tools.len());
    Ok(tools.len() == 3 && bytes <= MOST_BYTES)
}

fn route(operation: &Value) -> String {
    format!("{} {}", operation["method"].as_str().unwrap_or_default(), operation["path"].as_str().unwrap_or_default())
}

/// Three words of a summary, of those that say something.
fn three(summary: &str, seeded: &mut Seeded) -> Option<String> {
    const EMPTY: &[&str] =
        &["a", "an", "and", "as", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"];
    let mut words: Vec<String> = summary
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.len() > 1 && !EMPTY.contains(&word.as_str()))
        .collect();
    words.sort_unstable();
    words.dedup();
    (words.len() >= 3).then(|| seeded.some(words, 3).join(" "))
}

async fn seeded(client: &Client, operations: &[Value]) -> Result<bool, Failure> {
    let mut numbers = Seeded::new(1);
    let mut all: Vec<(String, String, String)> = Vec::new();
    for operation in operations {
        let summary = operation["title"].as_str().unwrap_or_default();
        if let Some(words) = three(summary, &mut numbers) {
            all.push((words, route(operation), summary.to_owned()));
        }
    }
    // Where more summaries have these words than are shown, nobody can tell which one is meant.
    let has = |summary: &str, words: &str| {
        let summary: Vec<String> = summary.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
        words.split(' ').all(|word| summary.iter().any(|known| known == word))
    };
    let summaries: Vec<String> = all.iter().map(|(.., summary)| summary.clone()).collect();
    let (mut found, mut unclear, mut asked) = (0, 0, 0);
    for (words, route, summary) in numbers.some(all, SEEDED) {
        asked += 1;
        let hits = client.search(&words, FIRST).await?;
        if hits.iter().any(|hit| hit.route == route) {
            found += 1;
        } else {
            let others = summaries.iter().filter(|summary| has(summary, &words)).count();
            unclear += usize::from(others > FIRST);
            println!("  missed: {words:?} of {summary:?} ({route}); {others} summaries have these words");
        }
    }
    println!(
        "three seeded words of a summary: {found} of {asked} among the first {FIRST}; of the others {unclear} have words that more \
         than {FIRST} summaries share"
    );
    Ok(found >= 100 && found * 10 >= asked * 9)
}

/// By operationId, which the catalogue does not have.
fn routes(document: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let document: Value = serde_json::from_str(&fs::read_to_string(document)?)?;
    let mut routes = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if let Some(id) = operation["operationId"].as_str() {
                routes.insert(id.to_owned(), format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    Ok(routes)
}

async fn asked(client: &Client, document: &Path, questions: &str) -> Result<bool, Failure> {
    let routes = routes(document)?;
    let (mut found, mut asked) = (0, 0);
    for line in questions.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (question, right) = line.split_once('\t').ok_or_else(|| format!("no answer: {line}"))?;
        let right: Vec<&String> = right
            .split(' ')
            .map(|id| routes.get(id).ok_or_else(|| format!("the document has no {id}")))
            .collect::<Result<_, _>>()?;
        asked += 1;
        let hits = client.search(question, FIRST).await?;
        if hits.iter().any(|hit| right.contains(&&hit.route)) {
            found += 1;
        } else {
            let hits: Vec<&str> = hits.iter().map(|hit| hit.name.as_str()).collect();
            println!("  missed: {question:?}, found {}", hits.join(", "));
        }
    }
    println!("questions: {found} of {asked} find a right operation among the first {FIRST}");
    Ok(found * 5 >= asked * 4)
}

async fn called(client: &Client, api: &mut Api, contract: &Value) -> Result<bool, Failure> {
    let cases: Vec<&Value> =
        contract["operations"].as_array().into_iter().flatten().filter(|case| case["request"].is_object()).collect();
    let (mut right, mut all) = (0, 0);
    for case in Seeded::new(2).some(cases, CALLED) {
        all += 1;
        let name = case["tool"].as_str().unwrap_or_default();
        let described = client.describe(name).await?;
        let known = &described["arguments"]["properties"];
        let is_described =
            case["arguments"].as_object().into_iter().flatten().all(|(name, _)| known.get(name).is_some());
        let (text, is_error) = client.call(name, &case["arguments"]).await?;
        let arrived = if is_error { text } else { api.line().await? };
        if arrived == case["request"]["line"].as_str().unwrap_or_default() && is_described {
            right += 1;
        } else {
            println!("  wrong: {name}: {arrived}");
        }
    }
    println!(
        "describe and call: {right} of {all} seeded operations are described and reach the API as the contract says"
    );
    Ok(right == all)
}
