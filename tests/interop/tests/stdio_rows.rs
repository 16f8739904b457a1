//! One test for each row of the pipeline and of the protocol over stdio, with raw JSON lines: no client library tidies
//! up between the server and the test.
//!
//! `weather` is the committed server. `hostile-weather`, a crate beside this one, is the same server with calls that
//! hang, block and panic, which the committed handlers never do.

use std::time::{Duration, Instant};

use mcpgen_tests_interop::{Ended, Era, Session, server, tool_error};
use serde_json::{Value, json};

const MODERN: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

fn weather() -> Session {
    Session::start(&server("weather"), &[], &[])
}

fn hostile(args: &[&str]) -> Session {
    Session::start(&server("hostile-weather"), args, &[])
}

fn error_of(result: &Value) -> Value {
    tool_error(result).unwrap_or_else(|why| panic!("{why}"))
}

fn city(name: &str) -> Value {
    json!({"city": name})
}

fn tool(name: &str, arguments: Value) -> Value {
    json!({"name": name, "arguments": arguments})
}

// ---- validate

#[test]
fn validation_lists_every_violation_with_what_is_allowed_and_what_was_meant() {
    let mut session = weather();
    let arguments = json!({"city": "T", "unit": "farenheit"});
    let error = error_of(&session.call("get_temperature", arguments));
    assert_eq!(error["type"], "InvalidParams");
    assert_eq!(error["kind"], "invalid_input");
    assert_eq!(error["retryable"], false);
    let violations = error["data"]["violations"].as_array().expect("a list");
    assert_eq!(violations.len(), 2, "{error}");
    assert_eq!(violations[0]["pointer"], "/city");
    assert_eq!(violations[0]["received"], "T");
    assert!(violations[0]["message"].as_str().expect("text").contains('2'), "the least length: {error}");
    assert_eq!(violations[1]["pointer"], "/unit");
    assert_eq!(violations[1]["received"], "farenheit");
    assert_eq!(violations[1]["allowed"], json!(["celsius", "fahrenheit"]));
    assert_eq!(violations[1]["suggestion"], "fahrenheit");
    let message = error["message"].as_str().expect("text");
    assert!(message.contains("/city") && message.contains("/unit"), "the text names them all: {message}");
}

#[test]
fn validation_covers_bounds_types_missing_and_unknown_arguments() {
    let mut session = weather();
    for (arguments, pointer) in [
        (json!({"city": "London", "days": 0}), "/days"),
        (json!({"city": "London", "days": 15}), "/days"),
        (json!({"city": "London", "days": 2.5}), "/days"),
        (json!({"city": 5}), "/city"),
    ] {
        let error = error_of(&session.call("get_forecast", arguments.clone()));
        let violations = error["data"]["violations"].as_array().expect("a list");
        assert_eq!(violations.len(), 1, "{arguments}: {error}");
        assert_eq!(violations[0]["pointer"], pointer, "{arguments}: {error}");
        assert_eq!(violations[0]["received"], arguments[&pointer[1..]], "{error}");
    }
    let error = error_of(&session.call("get_forecast", json!({})));
    assert_eq!(error["type"], "InvalidParams");
    assert!(error["message"].as_str().expect("text").contains("city"), "the missing one is named: {error}");
    let error = error_of(&session.call("get_forecast", json!({"city": "London", "dayz": 2})));
    assert_eq!(error["data"]["violations"][0]["pointer"], "/dayz", "{error}");
    assert_eq!(error["data"]["violations"][0]["suggestion"], "days", "{error}");
    // Both ends of 1..=14 are inside.
    for days in [1, 14] {
        let result = session.call("get_forecast", json!({"city": "London", "days": days}));
        assert_ne!(result["isError"], true, "{result}");
    }
}

// ---- rate limit

#[test]
fn the_rate_limit_lets_100_calls_pass_and_says_how_long_to_wait() {
    let mut session = weather();
    let started = Instant::now();
    let ids: Vec<i64> =
        (0..130).map(|_| session.request(Era::Modern, "tools/call", tool("get_temperature", city("Tokyo")))).collect();
    let answers: Vec<Value> = ids.into_iter().map(|id| session.answer(id)["result"].clone()).collect();
    let elapsed = started.elapsed();
    let passed = answers.iter().filter(|result| result["isError"] != true).count();
    // 100 at once, and one more for each 0.6 s that went by.
    let most = 101 + (elapsed.as_secs_f64() / 0.6) as usize;
    assert!((100..=most).contains(&passed), "{passed} of 130 passed in {elapsed:?}");

    let refused = answers.iter().rfind(|result| result["isError"] == true).expect("some were refused");
    let error = error_of(refused);
    assert_eq!(error["type"], "RateLimited");
    assert_eq!(error["kind"], "rate_limited");
    assert_eq!(error["retryable"], true);
    let wait = error["retryAfterSeconds"].as_f64().expect("the time to wait");
    assert!(wait > 0.0 && wait <= 60.0, "{error}");

    // Arguments are validated first: what is wrong stays wrong, however long one waits.
    let error = error_of(&session.call("get_temperature", city("T")));
    assert_eq!(error["type"], "InvalidParams", "{error}");

    // The promise is kept.
    std::thread::sleep(Duration::from_secs_f64(wait));
    let result = session.call("get_temperature", city("Tokyo"));
    assert_ne!(result["isError"], true, "after the wait: {result}");
}

// ---- deadline

#[test]
fn a_call_past_its_deadline_is_a_timeout_and_the_server_goes_on() {
    // Of the two tools one has no deadline of its own, the other has `deadline: 10s` in the spec.
    let mut session = hostile(&["--deadline", "1"]);
    let started = Instant::now();
    let own = session.request(Era::Modern, "tools/call", tool("get_temperature", city("Slow")));
    let default = session.request(Era::Modern, "tools/call", tool("no_deadline", city("Slow")));
    for (id, seconds) in [(default, 1), (own, 10)] {
        let error = error_of(&session.answer(id)["result"]);
        let took = started.elapsed();
        assert_eq!(error["type"], "Timeout");
        assert_eq!(error["kind"], "timeout");
        assert_eq!(error["retryable"], true);
        let range = Duration::from_secs(seconds)..Duration::from_secs(seconds + 4);
        assert!(range.contains(&took), "{took:?}, where {seconds} s were the deadline");
    }
    let result = session.call("get_temperature", city("Tokyo"));
    assert_ne!(result["isError"], true, "{result}");
}

#[test]
fn a_slow_call_does_not_hold_up_the_others() {
    let mut session = hostile(&[]);
    session.request(Era::Modern, "tools/call", tool("get_temperature", city("Slow")));
    let started = Instant::now();
    let result = session.call("get_temperature", city("Tokyo"));
    assert_ne!(result["isError"], true, "{result}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

// ---- handler

/// SECURITY.md M4.
#[test]
fn m4_a_panic_is_contained_and_keeps_its_message_to_itself() {
    let mut session = hostile(&[]);
    let mut error = Value::Null;
    for era in [Era::Modern, Era::Legacy] {
        if era == Era::Legacy {
            session.initialize("2025-11-25");
        }
        let answer = session.ask(era, "tools/call", tool("get_temperature", city("Panic")));
        error = error_of(&answer["result"]);
        assert_eq!(error["type"], "Internal");
        assert_eq!(error["kind"], "internal");
        assert!(!answer.to_string().contains("canary-of-the-panic"), "{answer}");
        let answer = session.ask(era, "tools/call", tool("get_temperature", city("Tokyo")));
        assert_ne!(answer["result"]["isError"], true, "{answer}");
    }
    let Ended { status, stderr, .. } = session.end();
    assert!(status.success(), "{status:?}");
    // The log tells the people who run the server what the client is not told, under the id that the client has.
    let id = error["data"]["correlationId"].as_str().expect("a correlation id").to_owned();
    let record = call_records(&stderr).into_iter().find(|line| line["trace_id"] == id.as_str());
    let record = record.unwrap_or_else(|| panic!("no record of {id}:\n{stderr}"));
    assert!(record.to_string().contains("canary-of-the-panic"), "{record}");
}

/// SECURITY.md M4.
#[test]
fn m4_a_call_that_blocks_its_thread_holds_up_neither_the_others_nor_its_deadline() {
    let mut session = hostile(&["--deadline", "2"]);
    let started = Instant::now();
    let blocked = session.request(Era::Modern, "tools/call", tool("no_deadline", city("Block")));
    let result = session.call("get_temperature", city("Tokyo"));
    assert_ne!(result["isError"], true, "{result}");
    assert!(started.elapsed() < Duration::from_secs(2), "another call waited {:?}", started.elapsed());
    let error = error_of(&session.answer(blocked)["result"]);
    assert_eq!(error["kind"], "timeout", "{error}");
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    let ended = session.end();
    assert!(ended.took <= Duration::from_secs(1), "a blocked thread holds up the end: {:?}", ended.took);
}

// ---- classify

#[test]
fn a_typed_error_travels_as_json_text_and_in_meta() {
    let mut session = weather();
    for name in ["get_temperature", "get_forecast"] {
        let error = error_of(&session.call(name, city("Atlantis")));
        assert_eq!(error["type"], "NotFound", "{error}");
        assert_eq!(error["kind"], "not_found", "{error}");
        assert_eq!(error["retryable"], false, "{error}");
        assert_eq!(error["data"]["city"], "Atlantis", "{error}");
    }
}

// ---- log

/// SECURITY.md I11: a secret reaches no log line, as it is, in base64 or encoded for a URL.
#[test]
fn i11_each_call_logs_one_json_line_without_secrets() {
    // Base64 and URL encoding both change it.
    let secret = "canary/k+y?of=the&weather";
    let encoded = ["Y2FuYXJ5L2sreT9vZj10aGUmd2VhdGhlcg", "canary%2Fk%2By%3Fof%3Dthe%26weather"];
    let mut session = Session::start(&server("weather"), &[], &[("WEATHER_API_KEY", secret)]);
    session.call("get_temperature", city("Tokyo"));
    session.call("get_temperature", city("T"));
    session.call("get_forecast", city(secret));
    for form in encoded {
        session.call("get_forecast", city(form));
    }
    let Ended { stderr, .. } = session.end();
    for form in [secret, encoded[0], encoded[1]] {
        assert!(!stderr.contains(form), "{form} is in the log:\n{stderr}");
    }
    let lines = call_records(&stderr);
    let names: Vec<&str> = lines.iter().filter_map(|line| line["name"].as_str()).collect();
    assert_eq!(
        names,
        ["get_temperature", "get_temperature", "get_forecast", "get_forecast", "get_forecast"],
        "one line for each call:\n{stderr}"
    );
    for line in &lines {
        assert_eq!(line["client"], "stdio", "{line}");
        assert!(line["trace_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
        assert!(line["milliseconds"].as_f64().is_some_and(|spent| (0.0..20_000.0).contains(&spent)), "{line}");
        assert!(line["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{line}");
    }
    assert_eq!(lines[0]["ok"], true, "{}", lines[0]);
    assert_eq!(lines[0]["arguments"], json!({"city": "Tokyo"}), "{}", lines[0]);
    assert_eq!(lines[1]["ok"], false, "{}", lines[1]);
    assert_eq!(lines[1]["error_kind"], "invalid_input", "{}", lines[1]);
    assert_eq!(lines[1]["error_type"], "InvalidParams", "{}", lines[1]);
    assert_eq!(lines[2]["error_kind"], "not_found", "{}", lines[2]);
}

/// The lines of the call log.
fn call_records(stderr: &str) -> Vec<Value> {
    let lines = stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["kind"] == "tool").collect()
}

#[test]
fn the_key_reaches_the_handlers_from_the_environment_or_a_file() {
    let binary = server("hostile-weather");
    let file = std::env::temp_dir().join(format!("mcpgen-interop-key-{}", std::process::id()));
    std::fs::write(&file, "seventeen letters\n").expect("a file");
    let path = file.to_str().expect("UTF-8");
    for (env, length) in
        [(vec![], 0), (vec![("WEATHER_API_KEY", "nine char")], 9), (vec![("WEATHER_API_KEY_FILE", path)], 17)]
    {
        let result = Session::start(&binary, &[], &env).call("get_temperature", city("Key"));
        assert_eq!(result["structuredContent"]["temperature"].as_f64(), Some(f64::from(length)), "{env:?}: {result}");
    }
    std::fs::remove_file(file).expect("removed");
}

// ---- protocol over stdio

/// SECURITY.md I15; every line of standard output is checked by the session itself.
#[test]
fn i15_standard_output_holds_nothing_but_the_protocol() {
    let mut session = hostile(&[]);
    session.send_raw(b"this is no JSON");
    let answer = session.message_without_id();
    assert_eq!(answer["error"]["code"], -32700, "{answer}");
    session.call("get_temperature", city("Panic"));
    session.call("get_temperature", city("Tokyo"));
    session.send_raw(b"");
    let result = session.call("get_temperature", city("Tokyo"));
    assert_ne!(result["isError"], true, "{result}");
    let ended = session.end();
    assert!(ended.rest.iter().all(|message| message.get("method").is_none()), "{:?}", ended.rest);
}

#[test]
fn i15_a_line_without_end_is_refused_and_takes_no_memory() {
    let mut session = weather();
    let part = vec![b'a'; 16 << 20];
    for _ in 0..64 {
        session.send_part(&part);
    }
    session.send_part(b"\n");
    let answer = session.message_without_id();
    assert!(answer["error"]["code"].is_i64(), "{answer}");
    let result = session.call("get_temperature", city("Tokyo"));
    assert_ne!(result["isError"], true, "{result}");
    if let Some(peak) = session.peak_memory() {
        assert!(peak < 64 << 20, "{peak} bytes for a line of 1 GiB");
    }
}

#[test]
fn i15_the_end_of_input_ends_the_process_within_a_second() {
    let mut idle = weather();
    idle.call("get_temperature", city("Tokyo"));
    let mut busy = hostile(&[]);
    busy.request(Era::Modern, "tools/call", tool("get_temperature", city("Slow")));
    // The busy one has begun: it reads in order.
    busy.ask(Era::Modern, "tools/list", json!({}));
    for session in [weather(), idle, busy] {
        let ended = session.end();
        assert!(ended.status.success(), "{:?}", ended.status);
        assert!(ended.took <= Duration::from_secs(1), "{:?}", ended.took);
    }
}

#[test]
fn an_unserved_version_is_refused_with_the_versions_that_are_served() {
    let mut session = weather();
    let discovered = session.ask(Era::Modern, "server/discover", json!({}));
    let served = discovered["result"]["supportedVersions"].as_array().expect("a list").clone();
    assert!(served.contains(&json!("2026-07-28")), "{discovered}");
    let params = json!({"_meta": {MODERN: "2199-01-01", CAPABILITIES: {}}});
    let answer = session.ask(Era::Legacy, "tools/list", params);
    assert_eq!(answer["error"]["code"], -32022, "{answer}");
    assert_eq!(answer["error"]["data"]["requested"], "2199-01-01", "{answer}");
    let supported = answer["error"]["data"]["supported"].as_array().expect("a list");
    assert!(supported.contains(&json!("2026-07-28")), "{answer}");
    assert!(supported.iter().all(|version| served.contains(version)), "{answer} {discovered}");
}

#[test]
fn a_request_without_meta_before_the_handshake_is_refused() {
    let mut session = weather();
    let answer = session.ask(Era::Legacy, "tools/list", json!({}));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let answer = session.ask(Era::Legacy, "tools/list", json!({"_meta": {MODERN: "2026-07-28"}}));
    assert_eq!(answer["error"]["code"], -32602, "without clientCapabilities: {answer}");
    let answer = session.ask(Era::Legacy, "ping", json!({}));
    assert_eq!(answer["result"], json!({}), "{answer}");
}

#[test]
fn a_cancelled_call_gets_no_answer() {
    let mut session = hostile(&[]);
    let id = session.request(Era::Modern, "tools/call", tool("get_temperature", city("Slow")));
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    // An unknown request is nobody's business.
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 4711}}));
    let result = session.call("get_temperature", city("Tokyo"));
    assert_ne!(result["isError"], true, "{result}");
    std::thread::sleep(Duration::from_millis(300));
    let ended = session.end();
    assert!(ended.rest.iter().all(|message| message["id"] != id), "{:?}", ended.rest);
    let records = call_records(&ended.stderr);
    assert!(records.iter().any(|line| line["error_kind"] == "cancelled"), "the log says so:\n{}", ended.stderr);
}

#[test]
fn both_eras_share_one_process_and_keep_their_envelopes() {
    let mut session = weather();
    let modern = session.ask(Era::Modern, "tools/list", json!({}));
    let handshake = session.initialize("2025-06-18");
    assert_eq!(handshake["result"]["protocolVersion"], "2025-06-18", "{handshake}");
    let legacy = session.ask(Era::Legacy, "tools/list", json!({}));
    assert_eq!(modern["result"]["resultType"], "complete", "{modern}");
    assert!(modern["result"]["ttlMs"].is_u64() && modern["result"]["cacheScope"].is_string(), "{modern}");
    for key in ["resultType", "ttlMs", "cacheScope", "_meta"] {
        assert!(legacy["result"].get(key).is_none(), "{key}: {legacy}");
    }
    let again = session.ask(Era::Modern, "tools/list", json!({}));
    assert_eq!(again["result"], modern["result"], "the handshake changes nothing for the modern era");
    for method in ["initialize", "ping", "logging/setLevel"] {
        let answer = session.ask(Era::Modern, method, json!({}));
        assert!(answer.get("error").is_some(), "{method} is gone: {answer}");
    }
}

#[test]
fn a_version_that_is_unknown_or_modern_is_never_agreed_on_in_a_handshake() {
    for requested in ["2026-07-28", "2199-01-01", "1.0"] {
        let answer = weather().initialize(requested);
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{requested}: {answer}");
    }
    for served in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let answer = weather().initialize(served);
        assert_eq!(answer["result"]["protocolVersion"], served, "{answer}");
    }
}

#[test]
fn a_missing_resource_has_the_code_of_its_era() {
    let mut session = weather();
    let params = json!({"uri": "weather://nowhere/at/all"});
    let modern = session.ask(Era::Modern, "resources/read", params.clone());
    assert_eq!(modern["error"]["code"], -32602, "{modern}");
    assert_eq!(modern["error"]["data"]["uri"], "weather://nowhere/at/all", "{modern}");
    session.initialize("2025-11-25");
    let legacy = session.ask(Era::Legacy, "resources/read", params);
    assert_eq!(legacy["error"]["code"], -32002, "{legacy}");
}

#[test]
fn unknown_methods_and_tools_are_protocol_errors() {
    let mut session = weather();
    let answer = session.ask(Era::Modern, "no/such/method", json!({}));
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    let answer = session.ask(Era::Modern, "tools/call", tool("no_such_tool", json!({})));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let answer = session.ask(Era::Modern, "tools/call", json!({"name": "get_temperature", "arguments": [1]}));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}
