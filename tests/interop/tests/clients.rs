//! Every client that people use drives every generated server through the same scenario, in each of its modes.
//!
//! What must come of each step stands here, once for all clients. The table is printed at the end, whether or not
//! something failed. A client that is not installed fails the test in CI and is a visible skip elsewhere.

use std::collections::BTreeMap;

use mcpgen_tests_interop::{
    CLOSE, CONNECT, Client, Launch, Outcome, Row, Step, Target, Upstream, all_clients, contains, contents, in_ci,
    in_parallel, interop_dir, judge, protocol_error, render, same, say, server, tool_text,
};
use serde_json::{Value, json};

#[test]
fn every_client_drives_weather() {
    let launch = Launch {
        command: server("weather"),
        args: Vec::new(),
        env: BTreeMap::from([("WEATHER_API_KEY".to_owned(), "interop-weather-key".to_owned())]),
    };
    drive("weather", &launch, &weather());
}

#[test]
fn every_client_drives_petstore() {
    let upstream = Upstream::start(|request| match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/pets?limit=2") => (200, r#"[{"id":1,"name":"Rex"},{"id":2,"name":"Tom"}]"#.to_owned()),
        ("GET", "/pets/1") => (200, r#"{"id":1,"name":"Rex"}"#.to_owned()),
        ("GET", "/pets/404") => (404, r#"{"code":404,"message":"no pet 404"}"#.to_owned()),
        _ => (500, r#"{"code":500,"message":"an unexpected request"}"#.to_owned()),
    });
    let launch = Launch {
        command: server("petstore"),
        args: Vec::new(),
        env: BTreeMap::from([
            ("PETSTORE_BASE_URL".to_owned(), upstream.url()),
            ("PETSTORE_API_KEY".to_owned(), "interop-pet-key".to_owned()),
        ]),
    };
    let runs = drive("petstore", &launch, &petstore());

    let received = upstream.take();
    // Each client: the list, the pet, the missing pet, the resource.
    assert_eq!(received.len(), 4 * runs, "{received:#?}");
    for request in &received {
        assert_eq!(request.header("x-api-key"), ["interop-pet-key"], "{request:?}");
        assert!(request.header("authorization").is_empty(), "no bearer token was configured: {request:?}");
    }
}

/// The scenario for `specs/weather.yaml`.
fn weather() -> Vec<Step> {
    let call = |name: &str, arguments: Value| json!({"do": "tools/call", "name": name, "arguments": arguments});
    vec![
        Step::new("list tools", json!({"do": "tools/list"}), |facts| {
            same(facts.each("tools", "name")?, ["get_temperature", "get_forecast"])?;
            facts.each("tools", "description").map(drop)
        }),
        Step::new("call: Tokyo in celsius", call("get_temperature", json!({"city": "Tokyo"})), |facts| {
            tool_text(facts, "22°C")?;
            let content = &facts.result()?["structuredContent"];
            same(content["temperature"].as_f64(), Some(22.0))?;
            same(&content["unit"], &json!("celsius"))
        }),
        Step::new(
            "call: Tokyo in fahrenheit",
            call("get_temperature", json!({"city": "Tokyo", "unit": "fahrenheit"})),
            |facts| {
                tool_text(facts, "72°F")?;
                // 22 °C × 9/5 + 32
                let degrees = facts.result()?["structuredContent"]["temperature"].as_f64().unwrap_or(f64::NAN);
                same((degrees * 10.0).round(), 716.0)
            },
        ),
        Step::new("call: a default of 3 days", call("get_forecast", json!({"city": "London"})), |facts| {
            let (_, is_error) = facts.text()?;
            same(is_error, false)?;
            let content = &facts.result()?["structuredContent"];
            let days = content.as_object().and_then(|object| object.values().find_map(Value::as_array));
            same(days.map(Vec::len), Some(3))
        }),
        Step::new("validation failure", call("get_temperature", json!({"city": "T", "unit": "kelvin"})), |facts| {
            let error = facts.tool_error()?;
            same(&error["type"], &json!("InvalidParams"))?;
            same(&error["kind"], &json!("invalid_input"))?;
            let message = error["message"].as_str().unwrap_or_default();
            contains(message, "/city")?;
            contains(message, "/unit")?;
            let violations = error["data"]["violations"].as_array().ok_or("no violations")?;
            let pointers: Vec<_> = violations.iter().map(|violation| violation["pointer"].as_str()).collect();
            same(pointers, [Some("/city"), Some("/unit")])?;
            same(&violations[0]["received"], &json!("T"))?;
            same(&violations[1]["allowed"], &json!(["celsius", "fahrenheit"]))
        }),
        Step::new("typed error", call("get_temperature", json!({"city": "Atlantis"})), |facts| {
            let error = facts.tool_error()?;
            same(&error["type"], &json!("NotFound"))?;
            same(&error["kind"], &json!("not_found"))?;
            same(&error["retryable"], &json!(false))?;
            same(&error["data"]["city"], &json!("Atlantis"))?;
            contains(error["message"].as_str().unwrap_or_default(), "Atlantis")
        }),
        Step::new("unknown tool", call("no_such_tool", json!({})), |facts| protocol_error(facts, &[-32602])),
        Step::new("list resource templates", json!({"do": "resources/templates/list"}), |facts| {
            same(facts.each("resourceTemplates", "uriTemplate")?, ["weather://{city}/current"])
        }),
        Step::new(
            "read through the template",
            json!({"do": "resources/read", "uri": "weather://tokyo/current"}),
            |facts| {
                let (mime_type, text) = contents(facts, "weather://tokyo/current")?;
                same(mime_type, "text/markdown")?;
                contains(text, "22")
            },
        ),
        Step::new("list resources", json!({"do": "resources/list"}), |facts| {
            same(facts.each("resources", "uri")?, ["weather://cities"])
        }),
        Step::new("read the resource", json!({"do": "resources/read", "uri": "weather://cities"}), |facts| {
            let text = contents(facts, "weather://cities")?.1.to_lowercase();
            ["tokyo", "london", "new york"].iter().try_for_each(|city| contains(&text, city))
        }),
        // −32002 before 2026-07-28, −32602 from then on; @modelcontextprotocol/client gives −32602 for both.
        Step::new("unknown resource", json!({"do": "resources/read", "uri": "weather://nowhere/at/all"}), |facts| {
            protocol_error(facts, if facts.modern() { &[-32602] } else { &[-32002, -32602] })
        }),
        Step::new("list prompts", json!({"do": "prompts/list"}), |facts| {
            same(facts.each("prompts", "name")?, [PROMPT])
        }),
        Step::new(
            "get the prompt",
            json!({"do": "prompts/get", "name": PROMPT, "arguments": {"city": "Tokyo"}}),
            |facts| {
                let message = &facts.result()?["messages"][0];
                same(&message["role"], &json!("user"))?;
                contains(message["content"]["text"].as_str().unwrap_or_default(), "Tokyo")
            },
        ),
        Step::new(
            "complete an argument",
            json!({
                "do": "completion/complete",
                "ref": {"type": "ref/resource", "uri": "weather://{city}/current"},
                "argument": {"name": "city", "value": "to"},
            }),
            |facts| match facts.outcome {
                Outcome::Unsupported(_) => Ok(()),
                _ => same(&facts.result()?["completion"]["values"], &json!(["tokyo"])),
            },
        ),
    ]
}

/// The prompt of `specs/weather.yaml`; its one required argument is `city`.
const PROMPT: &str = "plan_day";

/// The scenario for `specs/petstore.yaml`.
fn petstore() -> Vec<Step> {
    let call = |name: &str, arguments: Value| json!({"do": "tools/call", "name": name, "arguments": arguments});
    vec![
        Step::new("list tools", json!({"do": "tools/list"}), |facts| {
            let names = facts.each("tools", "name")?;
            ["list_pets", "get_pet"]
                .iter()
                .try_for_each(|name| if names.contains(name) { Ok(()) } else { Err(format!("no {name} in {names:?}")) })
        }),
        Step::new("call: a list", call("list_pets", json!({"limit": 2})), |facts| {
            let (text, is_error) = facts.text()?;
            same(is_error, false)?;
            same(text, r#"[{"id":1,"name":"Rex"},{"id":2,"name":"Tom"}]"#)
        }),
        Step::new("call: a pet", call("get_pet", json!({"petId": 1})), |facts| {
            tool_text(facts, "Rex")?;
            same(&facts.result()?["structuredContent"], &json!({"id": 1, "name": "Rex"}))
        }),
        // A number that is too large, not text: the Inspector turns "one" into null before it sends it.
        Step::new("validation failure", call("list_pets", json!({"limit": 1000})), |facts| {
            let error = facts.tool_error()?;
            same(&error["type"], &json!("InvalidParams"))?;
            let violations = error["data"]["violations"].as_array().ok_or("no violations")?;
            same(violations.len(), 1)?;
            same(&violations[0]["pointer"], &json!("/limit"))?;
            same(&violations[0]["received"], &json!(1000))
        }),
        Step::new("typed error", call("get_pet", json!({"petId": 404})), |facts| {
            let error = facts.tool_error()?;
            same(&error["type"], &json!("NotFound"))?;
            same(&error["kind"], &json!("not_found"))?;
            same(&error["status"], &json!(404))?;
            contains(&error["data"].to_string(), "no pet 404")
        }),
        Step::new("list resource templates", json!({"do": "resources/templates/list"}), |facts| {
            let templates = facts.each("resourceTemplates", "uriTemplate")?;
            if templates.iter().any(|template| template.starts_with("petstore://pets/{petId}")) {
                return Ok(());
            }
            Err(format!("no template for a pet in {templates:?}"))
        }),
        Step::new("read through the template", json!({"do": "resources/read", "uri": "petstore://pets/1"}), |facts| {
            let (mime_type, text) = contents(facts, "petstore://pets/1")?;
            same(mime_type, "application/json")?;
            let pet: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            same(&pet, &json!({"id": 1, "name": "Rex"}))
        }),
    ]
}

/// Runs every client over stdio, prints the table, fails with everything that was wrong; gives the number of runs.
fn drive(name: &str, launch: &Launch, steps: &[Step]) -> usize {
    let clients = all_clients();
    let target = Target::Stdio(launch.clone());
    let columns: Vec<&str> = [CONNECT].into_iter().chain(steps.iter().map(|step| step.id)).chain([CLOSE]).collect();
    let done = in_parallel(&clients, |client| match client.missing() {
        Some(why) => (skipped(client, &why, columns.len()), Vec::new(), Some(why)),
        None => {
            let run = client.run(&target, steps);
            let verdict = judge(client, &target, &run, steps);
            let remark = format!("{:.1} s", run.took.as_secs_f64());
            let row =
                Row { client: client.name.to_owned(), mode: client.mode.to_owned(), marks: verdict.marks, remark };
            (row, verdict.wrong, None)
        }
    });
    let (mut rows, mut failures, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for (row, wrong, missing) in done {
        rows.push(row);
        failures.extend(wrong);
        absent.extend(missing);
    }
    say(&render(&format!("MCP clients over stdio against {name} (in {})", interop_dir().display()), &columns, &rows));
    say("  ok: as it must be; –: the client has no such operation; !!: wrong; ..: skipped, nothing was tested\n");
    assert!(failures.is_empty(), "{} wrong:\n{}", failures.len(), failures.join("\n"));
    assert!(absent.is_empty() || !in_ci(), "clients are missing, and CI must have them all: {absent:#?}");
    clients.len() - absent.len()
}

fn skipped(client: &Client, why: &str, columns: usize) -> Row {
    Row {
        client: client.name.to_owned(),
        mode: client.mode.to_owned(),
        marks: vec!["..".to_owned(); columns],
        remark: format!("SKIPPED: {why}"),
    }
}
