//! Every client in every mode over every transport that it has, against the generated conformance server: what needs
//! more than a question and an answer. One table at the end says what each of them did.
//!
//! A cell that a client cannot fill is `–`, with the reason below the table; it counts as nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mcpgen_tests_interop::{
    CLOSE, CONNECT, Client, Facts, Launch, Row, Site, Step, Target, Verdict, all_clients, contains, contents, in_ci,
    in_parallel, judge, render, same, say, server, tool_text,
};
use serde_json::json;

/// A client, and how it reaches the server.
struct Case {
    client: Client,
    transport: &'static str,
}

#[test]
fn every_client_over_every_transport() {
    let binaries = [server("conformance"), server("hostile-weather")];
    let cases: Vec<Case> = ["stdio", "http", "sse"]
        .into_iter()
        .flat_map(|transport| all_clients().into_iter().map(move |client| Case { client, transport }))
        .collect();
    let (dialogue, giving_up) = (dialogue(), giving_up());
    let columns: Vec<&str> =
        [CONNECT].into_iter().chain(dialogue.iter().chain(&giving_up).map(|step| step.id)).chain([CLOSE]).collect();
    let done = in_parallel(&cases, |case| one(case, &binaries, [&dialogue, &giving_up], columns.len()));

    let (mut rows, mut wrong, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    let mut cannot: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for Done { row, verdict, absent } in done {
        for (step, why) in verdict.cannot {
            cannot.entry((step, why)).or_default().insert(row.client.clone());
        }
        rows.push(row);
        wrong.extend(verdict.wrong);
        missing.extend(absent);
    }
    let count = |mark: &str| rows.iter().flat_map(|row| &row.marks).filter(|found| *found == mark).count();
    let mut table = render("MCP clients: client × transport × revision, against generated servers", &columns, &rows);
    table.push_str(&format!(
        "  {} cells ok; {} –: the client cannot; {} !!: wrong; {} ..: skipped, nothing was tested\n",
        count("ok"),
        count("–"),
        count("!!"),
        count("..")
    ));
    for ((step, why), who) in cannot {
        let who = who.into_iter().collect::<Vec<_>>().join(", ");
        table.push_str(&format!("  – {step}: {why} ({who})\n"));
    }
    say(&table);
    // `.ci/run` shows it again as the last thing of all.
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("transports.txt"), table).expect("the table is kept");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(missing.is_empty() || !in_ci(), "clients are missing, and CI must have them all: {missing:#?}");
}

/// What came of a case.
struct Done {
    row: Row,
    verdict: Verdict,
    absent: Option<String>,
}

fn one(case: &Case, binaries: &[std::path::PathBuf; 2], plans: [&[Step]; 2], columns: usize) -> Done {
    let Case { client, transport } = case;
    let row = |revision: &str, marks: Vec<String>, remark: String| Row {
        client: client.name.to_owned(),
        mode: format!("{:10}  {transport:5}  {revision}", client.mode),
        marks,
        remark,
    };
    if let Some(why) = client.without_sse().filter(|_| *transport == "sse") {
        let cannot = vec![("sse".to_owned(), why.to_owned())];
        let row = row("–         ", vec!["–".to_owned(); columns], String::new());
        return Done { row, verdict: Verdict { cannot, ..Verdict::default() }, absent: None };
    }
    if let Some(why) = client.missing() {
        let row = row("–         ", vec!["..".to_owned(); columns], format!("SKIPPED: {why}"));
        return Done { row, verdict: Verdict::default(), absent: Some(why) };
    }
    // A server for each run: what one does to lists and subscriptions is none of the others' business.
    let run = |binary: &Path, steps: &[Step]| {
        let site = (*transport != "stdio").then(|| Site::start(binary, &["--sse"], &[]));
        let target = match &site {
            None => Target::Stdio(Launch { command: binary.to_owned(), args: Vec::new(), env: BTreeMap::new() }),
            Some(site) if *transport == "sse" => Target::Sse(format!("{}/sse", site.origin())),
            Some(site) => Target::Http(format!("{}/mcp", site.origin())),
        };
        let mut run = client.run(&target, steps);
        if let Some(site) = site {
            run.stderr.push_str(&site.stderr());
        }
        (judge(client, &target, &run, steps), run.took.as_secs_f64(), client.revision_over(&target))
    };
    let [dialogue, giving_up] = plans;
    let (mut verdict, took, revision) = run(&binaries[0], dialogue);
    let close = verdict.marks.pop().expect("the last one is of the end");
    let mut both = took;
    if let Some(why) = client.cannot_cancel() {
        for step in giving_up {
            verdict.marks.push("–".to_owned());
            verdict.cannot.push((step.id.to_owned(), why.to_owned()));
        }
    } else {
        let (mut second, took, _) = run(&binaries[1], giving_up);
        both += took;
        // Connection and end of the second run are cells of the first; where they fail it is said below the table.
        verdict.marks.extend(second.marks.drain(1..=giving_up.len()));
        verdict.wrong.append(&mut second.wrong);
    }
    verdict.marks.push(close);
    Done { row: row(revision, verdict.marks.clone(), format!("{both:.1} s")), verdict, absent: None }
}

/// What each client does with the conformance server.
fn dialogue() -> Vec<Step> {
    vec![
        Step::new("list", json!({"do": "tools/list"}), |facts| {
            let names = facts.each("tools", "name")?;
            same(names.first(), Some(&"test_simple_text"))?;
            let all = ["test_tool_with_progress", "test_elicitation", "test_trigger_resource_update"];
            same(all.iter().filter(|name| names.contains(*name)).count(), all.len())
        }),
        Step::new(
            "call with progress",
            json!({"do": "progress", "name": "test_tool_with_progress", "arguments": {}}),
            |facts| {
                tool_text(facts, "Progress has been reported.")?;
                let progress: Vec<_> = facts.result()?["progress"].as_array().into_iter().flatten().collect();
                same(progress.iter().filter_map(|one| one.as_f64()).collect::<Vec<_>>(), [0.0, 50.0, 100.0])
            },
        ),
        Step::new(
            "elicit",
            json!({
                "do": "elicit",
                "name": "test_elicitation",
                "arguments": {"message": "Who are you?"},
                "content": {"username": "ada", "email": "ada@example.com"},
            }),
            |facts| {
                tool_text(facts, "action=accept")?;
                tool_text(facts, r#""username":"ada""#)?;
                same(&facts.result()?["asked"], &json!(["Who are you?"]))
            },
        ),
        Step::new("read", json!({"do": "resources/read", "uri": "test://static-text"}), |facts| {
            let (media_type, text) = contents(facts, "test://static-text")?;
            same(media_type, "text/plain")?;
            contains(text, "static text resource")
        }),
        Step::new(
            "subscribe",
            json!({
                "do": "subscribe",
                "uri": "test://watched-resource",
                "trigger": "test_trigger_resource_update",
            }),
            |facts| same(&facts.result()?["updated"], &json!(["test://watched-resource"])),
        ),
        Step::new(
            "complete",
            json!({
                "do": "completion/complete",
                "ref": {"type": "ref/prompt", "name": "test_prompt_with_arguments"},
                "argument": {"name": "arg1", "value": "test"},
            }),
            |facts| same(&facts.result()?["completion"]["values"], &json!(["testValue1", "test1"])),
        ),
    ]
}

/// A call that hangs is given up, and the server, asked over the same connection, knows.
fn giving_up() -> Vec<Step> {
    vec![
        Step::new(
            "cancel",
            json!({"do": "cancel", "name": "no_deadline", "arguments": {"city": "Slow"}}),
            |facts: &Facts<'_>| match facts.result() {
                // What the libraries raise is their own affair, as long as it is no answer.
                Err(_) => facts.error().map(drop),
                Ok(result) => same(&result["cancelled"], &json!(true)),
            },
        ),
        Step::new(
            "the server has stopped it",
            json!({"do": "tools/call", "name": "no_deadline", "arguments": {"city": "Settled"}}),
            |facts| tool_text(facts, "done"),
        ),
    ]
}
