//! Questions to the client and notifications outside of requests, over stdio in both eras, with raw JSON lines against
//! the committed server `conformance`.

use mcpgen_tests_interop::{Era, Session, server};
use serde_json::{Value, json};

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// What every server of these tests shares, where it shares anything.
const KEY: &str = "b3BlbnNzbCByYW5kIC1iYXNlNjQgMzIgbWFrZXM=";

fn conformance() -> Session {
    Session::start(&server("conformance"), &[], &[])
}

/// A request of the modern era from a client with these capabilities.
fn modern(id: Value, method: &str, capabilities: Value, params: Value) -> Value {
    let mut params = params;
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn ask(session: &mut Session, method: &str, capabilities: Value, params: Value) -> Value {
    session.send(&modern(json!("q"), method, capabilities, params));
    let answer = session.next_message();
    assert_eq!(answer["id"], "q", "{answer}");
    answer
}

fn initialize(session: &mut Session, revision: &str, capabilities: Value) -> Value {
    let params = json!({
        "protocolVersion": revision, "capabilities": capabilities, "clientInfo": {"name": "raw", "version": "1"},
    });
    let answer = session.ask(Era::Legacy, "initialize", params);
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    answer["result"].clone()
}

fn legacy(session: &mut Session, id: i64, method: &str, params: Value) {
    session.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

fn accept(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

fn filter(params: Value) -> Value {
    json!({"notifications": params})
}

// ---- questions

#[test]
fn a_call_that_one_process_begins_another_one_with_the_same_key_completes() {
    let start = |env: &[(&str, &str)]| Session::start(&server("conformance"), &[], env);
    let form = json!({"elicitation": {}});
    let tool = "test_input_required_result_multi_round";
    let mut one = start(&[("MCPGEN_STATE_KEY", KEY)]);
    let first = ask(&mut one, "tools/call", form.clone(), json!({"name": tool, "arguments": {}}));
    let first = &first["result"];
    assert_eq!(first["resultType"], "input_required", "{first}");
    let params = json!({
        "name": tool, "arguments": {}, "requestState": first["requestState"],
        "inputResponses": {"step1": accept(json!({"name": "Ann"}))},
    });
    // A process with a key of its own takes nobody's state.
    let mut stranger = conformance();
    let refused = ask(&mut stranger, "tools/call", form.clone(), params.clone());
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    let mut other = start(&[("MCPGEN_STATE_KEY", KEY)]);
    let second = ask(&mut other, "tools/call", form.clone(), params);
    let second = &second["result"];
    assert!(second["inputRequests"]["step2"]["params"]["message"].as_str().expect("text").contains("Ann"), "{second}");
    assert_ne!(second["requestState"], first["requestState"]);
    let params = json!({
        "name": tool, "arguments": {}, "requestState": second["requestState"],
        "inputResponses": {"step2": accept(json!({"color": "blue"}))},
    });
    let done = ask(&mut one, "tools/call", form, params);
    assert!(text(&done).contains("Ann") && text(&done).contains("blue"), "{done}");
}

#[test]
fn a_state_key_that_is_too_short_is_refused_at_start_up_and_not_shown() {
    let ended = Session::start(&server("conformance"), &[], &[("MCPGEN_STATE_KEY", "hunter2")]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("MCPGEN_STATE_KEY") && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
}

#[test]
fn prompts_ask_too_and_completions_never() {
    let mut session = conformance();
    let params = json!({"name": "test_input_required_result_prompt"});
    let asked = ask(&mut session, "prompts/get", json!({"elicitation": {}}), params);
    let question = &asked["result"]["inputRequests"]["user_context"];
    assert_eq!(question["method"], "elicitation/create", "{asked}");
    let params = json!({
        "name": "test_input_required_result_prompt",
        "requestState": asked["result"]["requestState"],
        "inputResponses": {"user_context": accept(json!({"context": "a test"}))},
    });
    let done = ask(&mut session, "prompts/get", json!({"elicitation": {}}), params);
    let said = done["result"]["messages"][0]["content"]["text"].as_str().expect("text");
    assert!(said.contains("a test"), "{done}");
    let params = json!({"name": "test_input_required_result_prompt"});
    let refused = ask(&mut session, "prompts/get", json!({}), params);
    assert_eq!(refused["error"]["code"], -32021, "{refused}");
    assert_eq!(refused["error"]["data"]["requiredCapabilities"], json!({"elicitation": {"form": {}}}));
}

#[test]
fn only_what_the_client_declares_is_asked() {
    let mut session = conformance();
    for (capabilities, methods) in [
        (json!({"elicitation": {}}), vec!["elicitation/create"]),
        (json!({"sampling": {}}), vec!["sampling/createMessage"]),
        (json!({"roots": {}, "elicitation": {"url": {}}}), vec!["roots/list"]),
        (json!({"roots": {}, "sampling": {}}), vec!["roots/list", "sampling/createMessage"]),
    ] {
        let params = json!({"name": "test_input_required_result_capabilities"});
        let asked = ask(&mut session, "tools/call", capabilities.clone(), params);
        let questions = asked["result"]["inputRequests"].as_object().unwrap_or_else(|| panic!("{asked}"));
        let mut asked: Vec<_> = questions.values().map(|question| question["method"].as_str().expect("text")).collect();
        asked.sort_unstable();
        assert_eq!(asked, methods, "{capabilities}");
    }
}

#[test]
fn a_legacy_client_is_asked_by_requests_and_answers_in_any_order() {
    let mut session = conformance();
    initialize(&mut session, "2025-11-25", json!({"elicitation": {}, "sampling": {}, "roots": {}}));
    legacy(
        &mut session,
        70,
        "tools/call",
        json!({"name": "test_input_required_result_multiple_inputs", "arguments": {}}),
    );
    let questions: Vec<_> = (0..3).map(|_| session.next_message()).collect();
    for question in questions.iter().rev() {
        let result = match question["method"].as_str().expect("a request") {
            "elicitation/create" => accept(json!({"name": "Ann"})),
            "sampling/createMessage" => {
                json!({"role": "assistant", "content": {"type": "text", "text": "Good day"}, "model": "m"})
            }
            "roots/list" => json!({"roots": [{"uri": "file:///a"}]}),
            other => panic!("{other}"),
        };
        session.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": result}));
    }
    assert_eq!(text(&session.answer(70)), "Good day Ann has 1 roots.");
}

#[test]
fn a_legacy_person_can_decline_and_cancel() {
    for revision in ["2025-06-18", "2025-11-25"] {
        let mut session = conformance();
        initialize(&mut session, revision, json!({"elicitation": {}}));
        for action in ["decline", "cancel"] {
            let params = json!({"name": "test_elicitation", "arguments": {"message": "Who are you?"}});
            legacy(&mut session, 70, "tools/call", params);
            let question = session.next_message();
            assert_eq!(question["params"]["message"], "Who are you?", "{question}");
            assert_eq!(question["params"].get("mode").is_some(), revision == "2025-11-25", "modes came with it");
            session.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": action}}));
            assert_eq!(text(&session.answer(70)), format!("User response: action={action}"));
        }
    }
}

#[test]
fn the_end_of_input_ends_a_call_that_waits_for_an_answer() {
    let mut session = conformance();
    initialize(&mut session, "2025-11-25", json!({"sampling": {}}));
    legacy(&mut session, 70, "tools/call", json!({"name": "test_sampling", "arguments": {"prompt": "?"}}));
    assert_eq!(session.next_message()["method"], "sampling/createMessage");
    let ended = session.end();
    assert!(ended.status.success() && ended.took.as_secs_f64() < 2.0, "{:?}", ended.took);
}

// ---- notifications

#[test]
fn capabilities_advertise_what_is_announced() {
    let mut session = conformance();
    let discovered = ask(&mut session, "server/discover", json!({}), json!({}));
    let initialized = initialize(&mut session, "2025-11-25", json!({}));
    for capabilities in [&discovered["result"]["capabilities"], &initialized["capabilities"]] {
        assert_eq!(capabilities["tools"], json!({"listChanged": true}));
        assert_eq!(capabilities["prompts"], json!({"listChanged": true}));
        assert_eq!(capabilities["resources"], json!({"subscribe": true, "listChanged": true}));
    }
    // This server announces nothing.
    let mut weather = Session::start(&server("weather"), &[], &[]);
    let discovered = ask(&mut weather, "server/discover", json!({}), json!({}));
    assert_eq!(discovered["result"]["capabilities"]["tools"], json!({}));
    assert_eq!(discovered["result"]["capabilities"]["resources"], json!({}));
    let params = filter(json!({"toolsListChanged": true, "resourceSubscriptions": ["weather://cities"]}));
    weather.send(&modern(json!(5), "subscriptions/listen", json!({}), params));
    assert_eq!(weather.next_message()["params"]["notifications"], json!({}), "what is honoured");
}

#[test]
fn each_subscription_gets_what_it_asked_for_under_its_own_id() {
    let mut session = conformance();
    for (id, wanted) in [
        (json!(5), json!({"toolsListChanged": true})),
        (json!("5"), json!({"promptsListChanged": true, "toolsListChanged": false})),
        (json!("both"), json!({"promptsListChanged": true, "toolsListChanged": true})),
    ] {
        session.send(&modern(id.clone(), "subscriptions/listen", json!({}), filter(wanted.clone())));
        let acknowledged = session.next_message();
        assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(acknowledged["params"]["_meta"][SUBSCRIPTION], id, "the same JSON type");
        let honoured: serde_json::Map<_, _> =
            wanted.as_object().expect("an object").clone().into_iter().filter(|(_, wanted)| *wanted == true).collect();
        assert_eq!(acknowledged["params"]["notifications"], Value::Object(honoured));
    }
    let mut news = |tool: &str| {
        session.send(&modern(json!("c"), "tools/call", json!({}), json!({"name": tool})));
        let mut messages: Vec<_> = (0..3).map(|_| session.next_message()).collect();
        messages.retain(|message| message["id"] != "c");
        let mut ids: Vec<_> = messages.iter().map(|news| news["params"]["_meta"][SUBSCRIPTION].to_string()).collect();
        ids.sort_unstable();
        (messages[0]["method"].clone(), ids)
    };
    let (method, ids) = news("test_trigger_tool_change");
    assert_eq!((method, ids), (json!("notifications/tools/list_changed"), vec!["\"both\"".into(), "5".into()]));
    let (method, ids) = news("test_trigger_prompt_change");
    assert_eq!((method, ids), (json!("notifications/prompts/list_changed"), vec!["\"5\"".into(), "\"both\"".into()]));
}

#[test]
fn a_cancelled_subscription_is_silent_and_an_open_one_ends_with_the_server() {
    let mut session = conformance();
    for id in [1, 2] {
        session.send(&modern(json!(id), "subscriptions/listen", json!({}), filter(json!({"toolsListChanged": true}))));
        session.next_message();
    }
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}));
    session.send(&modern(json!("c"), "tools/call", json!({}), json!({"name": "test_trigger_tool_change"})));
    let messages = [session.next_message(), session.next_message()];
    let news: Vec<_> = messages.iter().filter(|message| message["id"] != "c").collect();
    assert_eq!(news.len(), 1);
    assert_eq!(news[0]["params"]["_meta"][SUBSCRIPTION], 2);
    let rest = session.end().rest;
    assert_eq!(rest.len(), 2, "a cancellation and the result: {rest:?}");
    assert_eq!(rest[0]["params"]["requestId"], 2);
    assert_eq!((&rest[1]["id"], &rest[1]["result"]["_meta"][SUBSCRIPTION]), (&json!(2), &json!(2)));
}

#[test]
fn watched_resources_are_reported_in_both_eras_until_the_client_has_enough() {
    let mut session = conformance();
    let watched = "test://watched-resource";
    let params = filter(json!({"resourceSubscriptions": [watched, "test://other"]}));
    session.send(&modern(json!("s"), "subscriptions/listen", json!({}), params));
    let acknowledged = session.next_message();
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({"resourceSubscriptions": [watched, "test://other"]}),
        "{acknowledged}"
    );
    let update = |session: &mut Session, count: usize| {
        session.send(&modern(json!("c"), "tools/call", json!({}), json!({"name": "test_trigger_resource_update"})));
        let mut messages: Vec<_> = (0..=count).map(|_| session.next_message()).collect();
        messages.retain(|message| message["id"] != "c");
        messages
    };
    let modern_news = json!({
        "jsonrpc": "2.0",
        "method": "notifications/resources/updated",
        "params": {"_meta": {SUBSCRIPTION: "s"}, "uri": watched},
    });
    let legacy_news =
        json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": watched}});
    assert_eq!(update(&mut session, 1), std::slice::from_ref(&modern_news));
    initialize(&mut session, "2025-06-18", json!({}));
    assert_eq!(update(&mut session, 1), std::slice::from_ref(&modern_news), "the legacy side watches nothing yet");
    session.ask(Era::Legacy, "resources/subscribe", json!({"uri": watched}));
    let both = update(&mut session, 2);
    assert!(both.contains(&modern_news) && both.contains(&legacy_news), "{both:?}");
    session.ask(Era::Legacy, "resources/unsubscribe", json!({"uri": watched}));
    assert_eq!(update(&mut session, 1), [modern_news]);
}

#[test]
fn legacy_clients_hear_of_lists_unasked_and_of_resources_that_they_watch() {
    let mut session = conformance();
    // Before the handshake there is nobody to tell.
    session.send(&modern(json!("c"), "tools/call", json!({}), json!({"name": "test_trigger_tool_change"})));
    assert_eq!(session.next_message()["id"], "c");
    initialize(&mut session, "2025-11-25", json!({}));
    legacy(&mut session, 70, "tools/call", json!({"name": "test_trigger_prompt_change", "arguments": {}}));
    let news = session.message_without_id();
    assert_eq!(news, json!({"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"}));
    session.answer(70);
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let answer = session.ask(Era::Legacy, method, json!({"uri": "test://watched-resource"}));
        assert_eq!(answer["result"], json!({}), "{method}");
        let answer = session.ask(Era::Legacy, method, json!({}));
        assert_eq!(answer["error"]["code"], -32602, "{method} without a URI");
    }
    // The modern era has neither.
    let removed = ask(&mut session, "resources/subscribe", json!({}), json!({"uri": "test://watched-resource"}));
    assert_eq!(removed["error"]["code"], -32601);
    // A server that announces nothing has no such method.
    let mut weather = Session::start(&server("weather"), &[], &[]);
    initialize(&mut weather, "2025-11-25", json!({}));
    let unknown = weather.ask(Era::Legacy, "resources/subscribe", json!({"uri": "weather://cities"}));
    assert_eq!(unknown["error"]["code"], -32601);
}
