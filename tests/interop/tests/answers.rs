//! Every shape that an answer can have, in every output mode, through every client: none may throw an answer away. Both
//! TypeScript clients validate structured content by the `outputSchema` that they have listed before.

use std::collections::BTreeMap;

use mcpgen_tests_interop::{Client, Launch, Outcome, Run, Step, Target, all_clients, in_ci, in_parallel, say, server};
use serde_json::{Value, json};

const ANSWERS: &str = include_str!("../answers.json");
const MODES: [&str; 3] = ["strict", "lenient", "off"];

fn step(name: String) -> Step {
    let perform = json!({ "do": "tools/call", "name": name, "arguments": {} });
    Step::new(Box::leak(name.into_boxed_str()), perform, |_| Ok(()))
}

fn steps(count: usize) -> Vec<Step> {
    let mut steps = vec![Step::new("list", json!({ "do": "tools/list" }), |_| Ok(()))];
    for mode in MODES {
        for number in 0..count {
            steps.push(step(format!("{mode}_{number}")));
            steps.push(step(format!("{mode}_error_{number}")));
        }
    }
    steps.extend(["strict_deviates", "strict_falsy", "strict_long"].map(|name| step(name.to_owned())));
    steps
}

#[test]
fn no_client_throws_an_answer_away() {
    let answers: Vec<Value> = serde_json::from_str(ANSWERS).expect("a list");
    let launch = Launch {
        command: server("any-answer"),
        args: vec!["--rate-limit".to_owned(), "1000000".to_owned()],
        env: BTreeMap::new(),
    };
    let mut clients = Vec::new();
    for client in all_clients() {
        // Its command line starts a process for each call; it is the library of the TypeScript client.
        if client.name.starts_with("Inspector") {
            continue;
        }
        match client.missing() {
            Some(why) if in_ci() => panic!("{} {}: {why}", client.name, client.mode),
            Some(why) => say(&format!("SKIPPED {} {}: {why}\n", client.name, client.mode)),
            None => clients.push(client),
        }
    }
    let target = Target::Stdio(launch);
    let wrong = in_parallel(&clients, |client| {
        let run = client.run(&target, &steps(answers.len()));
        let modern = client.revision_over(&target) == "2026-07-28";
        let wrong = judged(client, &run, modern, &answers);
        say(&format!("{} {}: {} answers, {} wrong\n", client.name, client.mode, run.outcomes.len(), wrong.len()));
        wrong
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn judged(client: &Client, run: &Run, modern: bool, answers: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |name: &str, problem: Result<(), String>| {
        wrong.extend(problem.err().map(|problem| format!("{} {}, {name}: {problem}", client.name, client.mode)));
    };
    let result = |name: &str| match run.outcomes.get(name) {
        Some(Outcome::Result(result)) => Ok(result),
        other => Err(format!("a result was expected: {other:?}")),
    };
    for mode in MODES {
        for (number, answer) in answers.iter().enumerate() {
            let name = format!("{mode}_{number}");
            check(&name, result(&name).and_then(|result| success(result, mode, modern, answer)));
            let name = format!("{mode}_error_{number}");
            check(&name, result(&name).and_then(|result| failure(result, answer)));
        }
    }
    for name in ["strict_deviates", "strict_falsy", "strict_long"] {
        let error = result(name).and_then(|result| match (&result["isError"], result.get("structuredContent")) {
            (Value::Bool(true), None | Some(Value::Null)) => Ok(()),
            _ => Err(format!("no error: {result}")),
        });
        check(name, error);
    }
    wrong
}

fn success(result: &Value, mode: &str, modern: bool, answer: &Value) -> Result<(), String> {
    let text = result["content"][0]["text"].as_str().ok_or_else(|| format!("no text: {result}"))?;
    if serde_json::from_str::<Value>(text).ok().as_ref() != Some(answer) {
        return Err(format!("the text is {text:?}"));
    }
    if result["isError"] == true {
        return Err(format!("an error: {result}"));
    }
    // Before the modern era structured content is an object.
    let structured = match mode {
        "strict" => modern || answer.is_object(),
        "lenient" => answer.is_object(),
        _ => false,
    };
    let shown = result.get("structuredContent");
    match shown {
        // Libraries hand an application null for what is not there.
        None | Some(Value::Null) if !structured || answer.is_null() => Ok(()),
        Some(shown) if structured && same(shown, answer) => Ok(()),
        other => Err(format!("structured content is {other:?}")),
    }
}

/// Equal as JavaScript and Python have numbers.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            // JavaScript has no member of this name.
            let names = |object: &serde_json::Map<String, Value>| -> Vec<String> {
                object.keys().filter(|name| *name != "__proto__").cloned().collect()
            };
            let (mut first, mut second) = (names(one), names(other));
            first.sort();
            second.sort();
            first == second && first.iter().all(|name| same(&one[name.as_str()], &other[name.as_str()]))
        }
        (one, other) => one == other,
    }
}

fn failure(result: &Value, data: &Value) -> Result<(), String> {
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let told: Value = serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))?;
    let error = &result["_meta"]["dev.mcpgen/error"];
    if result["isError"] != true || !same(&told["error"], error) {
        return Err(format!("no error, or two: {result}"));
    }
    if error["type"] != "NoSuchThing" || error["kind"] != "not_found" || !same(&error["data"], data) {
        return Err(format!("the error is {error}"));
    }
    match result.get("structuredContent") {
        None | Some(Value::Null) => Ok(()),
        Some(structured) => Err(format!("an error has structured content: {structured}")),
    }
}
