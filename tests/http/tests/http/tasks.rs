//! The extension `io.modelcontextprotocol/tasks` over HTTP, from SEP-2663.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use mcpgen_runtime::{
    Args, Content, Context, Error, ErrorKind, McpService, Principal, Server, ServerDef, TaskDef, ToolDef,
};
use mcpgen_tests_http::{
    Answer, Seen, events, eventually, initialize, modern_params, open, piece, post, send, session,
};
use serde_json::{Value, json};

const EXTENSION: &str = "io.modelcontextprotocol/tasks";
const SOON: Duration = Duration::from_secs(5);

static DEF: ServerDef =
    ServerDef { name: "tasks", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };

const TASK: ToolDef = ToolDef { description: "Takes long.", task: Some(TaskDef::OPTIONAL), ..ToolDef::DEFAULT };

static WORK: ToolDef = ToolDef { name: "work", ..TASK };
static WAIT: ToolDef = ToolDef { name: "wait", ..TASK };
static FAIL: ToolDef = ToolDef { name: "fail", ..TASK };
static BREAK: ToolDef = ToolDef { name: "break", ..TASK };
static ASK: ToolDef = ToolDef { name: "ask", ..TASK };
static STRICT: ToolDef = ToolDef { name: "strict", task: Some(TaskDef::REQUIRED), ..TASK };
static LATE: ToolDef = ToolDef { name: "late", task: Some(TaskDef::OPTIONAL.by_handler()), ..TASK };
static QUICK: ToolDef = ToolDef { name: "quick", task: None, ..TASK };
static TYPED: ToolDef = ToolDef {
    name: "typed",
    input_schema: r#"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#,
    ..TASK
};

fn form(field: &str, kind: &str) -> Value {
    json!({ "type": "object", "properties": { field: { "type": kind } }, "required": [field] })
}

fn server(seen: &Seen) -> Server {
    let seen = seen.clone();
    let text = |text: &str| Ok::<_, Error>(Content::text(text));
    Server::builder(&DEF, ())
        .rate_limit(0)
        .tool(&WORK, move |cx: Context, _: Args<Value>| async move {
            cx.progress(1.0, Some(2.0), None);
            tokio::time::sleep(Duration::from_millis(50)).await;
            cx.progress(2.0, Some(2.0), Some("nearly there"));
            text("worked")
        })
        .tool(&WAIT, move |cx: Context, _: Args<Value>| {
            let running = seen.begin();
            async move {
                cx.progress(1.0, Some(100.0), None);
                tokio::time::sleep(Duration::from_secs(20)).await;
                running.end();
                text("waited")
            }
        })
        .tool(&FAIL, |_: Context, _: Args<Value>| async {
            Err::<Content, _>(Error::new(ErrorKind::NotFound, "There is no such thing"))
        })
        .tool(&BREAK, move |cx: Context, _: Args<Value>| async move {
            cx.roots("roots").await?;
            text("roots")
        })
        .tool(&ASK, move |cx: Context, _: Args<Value>| async move {
            let (name, sure) = mcpgen_runtime::try_join!(
                cx.elicit("name", "Who?", form("name", "string")),
                cx.elicit("sure", "Sure?", form("sure", "boolean")),
            )?;
            text(&format!("{}{}", name.accepted()?.as_str(), sure.accepted()?.as_str()))
        })
        .tool(&STRICT, move |_: Context, _: Args<Value>| async move { text("strict") })
        .tool(&LATE, move |cx: Context, _: Args<Value>| async move {
            let name = cx.elicit("name", "Who?", form("name", "string")).await?.accepted()?;
            cx.begin_task()?;
            let sure = cx.elicit("name", "Sure?", form("sure", "boolean")).await?.accepted()?;
            text(&format!("{} {}", name.as_str(), sure.as_str()))
        })
        .tool(&QUICK, move |_: Context, _: Args<Value>| async move { text("quick") })
        .tool(&TYPED, move |_: Context, _: Args<Value>| async move { text("typed") })
        .build()
}

/// What a request declares.
fn declares(extension: bool) -> Value {
    let extensions = if extension { json!({ EXTENSION: {} }) } else { json!({}) };
    json!({ "io.modelcontextprotocol/clientCapabilities": { "elicitation": {}, "extensions": extensions } })
}

fn request(method: &str, name: &str, params: Value, meta: &Value) -> Request<Full<bytes::Bytes>> {
    post(
        &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", method), ("mcp-name", name)],
        &json!({ "jsonrpc": "2.0", "id": "r", "method": method, "params": modern_params(params, meta) }),
    )
}

fn call(tool: &str, extension: bool) -> Request<Full<bytes::Bytes>> {
    request("tools/call", tool, json!({ "name": tool, "arguments": {} }), &declares(extension))
}

fn of_task(method: &str, id: &str, more: &Value) -> Request<Full<bytes::Bytes>> {
    let mut params = json!({ "taskId": id });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request(method, id, params, &declares(true))
}

async fn result(service: &McpService, request: Request<Full<bytes::Bytes>>) -> Value {
    let answer = send(service, request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["result"].clone()
}

/// Calls a tool that becomes a task; the id of the task.
async fn begin(service: &McpService, tool: &str) -> String {
    let created = result(service, call(tool, true)).await;
    assert_eq!(created["resultType"], "task", "{created}");
    created["taskId"].as_str().unwrap().to_owned()
}

/// The task when it has one of these statuses.
async fn until(service: &McpService, id: &str, statuses: &[&str]) -> Value {
    for _ in 0..500 {
        let task = result(service, of_task("tasks/get", id, &json!({}))).await;
        assert_eq!(task["resultType"], "complete");
        if statuses.iter().any(|status| task["status"] == *status) {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the task never has a status of {statuses:?}");
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn error(answer: &Answer) -> (u16, i64) {
    (answer.status, answer.code())
}

#[tokio::test]
async fn the_extension_is_declared_in_the_modern_era_alone() {
    let service = server(&Seen::default()).into_service();
    let discover = post(
        &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "server/discover")],
        &json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": modern_params(json!({}), &json!({})) }),
    );
    let capabilities = result(&service, discover).await["capabilities"].clone();
    assert_eq!(capabilities["extensions"], json!({ EXTENSION: {} }));
    assert_eq!(capabilities.get("tasks"), None, "the experimental tasks of 2025-11-25 are another protocol");
    let legacy = send(&service, post(&[], &initialize("2025-11-25"))).await.json();
    let capabilities = &legacy["result"]["capabilities"];
    assert_eq!((capabilities.get("extensions"), capabilities.get("tasks")), (None, None));
    // A server without such tools has neither the extension nor its methods.
    let plain = mcpgen_tests_http::server(&Seen::default()).into_service();
    assert_eq!(error(&send(&plain, of_task("tasks/get", "x", &json!({}))).await), (404, -32601));
}

#[tokio::test]
async fn a_call_becomes_a_task_where_its_request_says_so() {
    let service = server(&Seen::default()).into_service();
    let created = result(&service, call("work", true)).await;
    let mut members = keys(&created);
    members.retain(|name| *name != "statusMessage");
    assert_eq!(
        members,
        ["_meta", "createdAt", "lastUpdatedAt", "pollIntervalMs", "resultType", "status", "taskId", "ttlMs"]
    );
    assert_eq!((&created["resultType"], &created["status"]), (&json!("task"), &json!("working")));
    assert!(created["ttlMs"].as_u64().unwrap() > 0 && created["pollIntervalMs"].as_u64().unwrap() > 0);
    let id = created["taskId"].as_str().unwrap();
    assert!(id.len() >= 32, "128 bits or more: {id}");
    let done = until(&service, id, &["completed"]).await;
    assert_eq!(done["result"]["content"], json!([{ "type": "text", "text": "worked" }]));
    assert_eq!(done["result"]["resultType"], "complete", "exactly what the request would have been answered with");
    assert_eq!(done["statusMessage"], "nearly there");
    assert_eq!((done.get("error"), done.get("inputRequests"), done.get("requestState")), (None, None, None));
    assert_eq!(done["createdAt"], created["createdAt"]);
    assert!(done["lastUpdatedAt"].as_str() >= created["lastUpdatedAt"].as_str());
    // What an earlier request has declared is none of the next one's.
    let waited = result(&service, call("work", false)).await;
    assert_eq!((&waited["resultType"], waited.get("taskId")), (&json!("complete"), None));
    assert_eq!(waited["content"][0]["text"], "worked");
}

#[tokio::test]
async fn only_tools_that_say_so_have_tasks_and_only_calls_that_can_begin() {
    let service = server(&Seen::default()).into_service();
    let answer = result(&service, call("quick", true)).await;
    assert_eq!((&answer["resultType"], answer.get("taskId")), (&json!("complete"), None));
    let hint = json!({ "name": "quick", "arguments": {}, "task": { "ttl": 1000 } });
    let answer = result(&service, request("tools/call", "quick", hint, &declares(true))).await;
    assert_eq!(answer["resultType"], "complete", "the hint of 2025-11-25 is ignored");
    let answer = result(&service, call("typed", true)).await;
    assert_eq!((&answer["resultType"], &answer["isError"]), (&json!("complete"), &json!(true)), "invalid arguments");
}

#[tokio::test]
async fn a_tool_that_requires_tasks_refuses_clients_without_them_and_lets_older_ones_wait() {
    let service = server(&Seen::default()).into_service();
    let answer = send(&service, call("strict", false)).await;
    assert_eq!(error(&answer), (400, -32021));
    assert_eq!(answer.json()["error"]["data"], json!({ "requiredCapabilities": { "extensions": { EXTENSION: {} } } }));
    let id = begin(&service, "strict").await;
    until(&service, &id, &["completed"]).await;
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let session = session(&service, version).await;
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "strict",
            "_meta": { "io.modelcontextprotocol/clientCapabilities": { "extensions": { EXTENSION: {} } } } } });
        let answer = send(&service, post(&[("mcp-session-id", &session)], &call)).await.json();
        assert_eq!(answer["result"]["content"][0]["text"], "strict", "{version}");
        let get = json!({ "jsonrpc": "2.0", "id": 2, "method": "tasks/get", "params": { "taskId": "x" } });
        let answer = send(&service, post(&[("mcp-session-id", &session)], &get)).await;
        assert_eq!(error(&answer), (200, -32601), "{version} has no tasks of this kind");
    }
}

#[tokio::test]
async fn an_older_client_waits_and_sees_the_progress() {
    let service = server(&Seen::default()).into_service();
    let session = session(&service, "2025-06-18").await;
    let call = mcpgen_tests_http::legacy_call(1, "work");
    let events = send(&service, post(&[("mcp-session-id", &session)], &call)).await.events();
    let messages: Vec<Value> = events.iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect();
    let methods: Vec<_> = messages.iter().map(|one| one["method"].as_str().unwrap_or("answer")).collect();
    assert_eq!(methods, ["notifications/progress", "notifications/progress", "answer"]);
    assert_eq!(messages[2]["result"]["content"][0]["text"], "worked");
}

#[tokio::test]
async fn failures_of_tools_complete_and_errors_of_the_protocol_fail() {
    let service = server(&Seen::default()).into_service();
    let id = begin(&service, "fail").await;
    let task = until(&service, &id, &["completed", "failed"]).await;
    assert_eq!((&task["status"], &task["result"]["isError"]), (&json!("completed"), &json!(true)));
    let id = begin(&service, "break").await;
    let task = until(&service, &id, &["completed", "failed"]).await;
    assert_eq!(task["status"], "failed");
    assert_eq!(task["error"]["code"], -32021);
    assert!(task["error"]["message"].is_string() && task["statusMessage"].is_string() && task.get("result").is_none());
}

#[tokio::test]
async fn requests_about_tasks_are_checked() {
    let service = server(&Seen::default()).into_service();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let more = json!({ "inputResponses": {} });
        let answer = send(&service, of_task(method, "unknown", &more)).await;
        assert_eq!(error(&answer), (400, -32602), "{method}");
        let undeclared = request(method, "unknown", json!({ "taskId": "unknown" }), &declares(false));
        assert_eq!(error(&send(&service, undeclared).await), (400, -32021), "{method}");
        let other = request(method, "other", json!({ "taskId": "unknown" }), &declares(true));
        assert_eq!(error(&send(&service, other).await), (400, -32020), "{method}: the header Mcp-Name");
        let nameless = request(method, "unknown", json!({}), &declares(true));
        assert_eq!(error(&send(&service, nameless).await), (400, -32020), "{method}: a header without its body");
    }
    let id = begin(&service, "wait").await;
    for bad in [json!({}), json!({ "inputResponses": [] }), json!({ "inputResponses": null })] {
        assert_eq!(error(&send(&service, of_task("tasks/update", &id, &bad)).await), (400, -32602), "{bad}");
    }
    for removed in ["tasks/result", "tasks/list"] {
        assert_eq!(error(&send(&service, of_task(removed, &id, &json!({}))).await), (404, -32601), "{removed}");
    }
}

#[tokio::test]
async fn questions_are_answered_through_the_task() {
    let service = server(&Seen::default()).into_service();
    let id = begin(&service, "ask").await;
    let update = |answers: Value| {
        let more = json!({ "inputResponses": answers });
        result(&service, of_task("tasks/update", &id, &more))
    };
    let key_of = |task: &Value, message: &str| {
        let requests = task["inputRequests"].as_object().expect("questions").clone();
        let found = requests.into_iter().find(|(_, request)| request["params"]["message"] == message);
        found.map(|(key, request)| {
            assert_eq!(request["method"], "elicitation/create");
            key
        })
    };
    let task = until(&service, &id, &["input_required"]).await;
    assert_eq!(keys(&task["inputRequests"]), ["name", "sure"], "all that is open, by the keys of the handler");
    let (name, sure) = (key_of(&task, "Who?").unwrap(), key_of(&task, "Sure?").unwrap());
    let acknowledged = update(json!({ "never asked": {} })).await;
    assert_eq!(keys(&acknowledged), ["_meta", "resultType"], "an empty acknowledgement");
    assert_eq!(acknowledged["resultType"], "complete");
    update(json!({ name.clone(): { "action": "accept", "content": { "name": "Ada" } } })).await;
    let task = until(&service, &id, &["input_required"]).await;
    assert_eq!((key_of(&task, "Who?"), key_of(&task, "Sure?")), (None, Some(sure.clone())));
    // An answer that does not fit is asked for again, under another key: the first one has had its response.
    update(json!({ sure.clone(): { "action": "accept", "content": { "sure": "maybe" } } })).await;
    let mut again = None;
    for _ in 0..500 {
        let task = until(&service, &id, &["input_required", "working"]).await;
        again = task.get("inputRequests").and_then(|_| key_of(&task, "Sure?"));
        if again.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let again = again.expect("asked again");
    assert!(again != sure && again != name);
    update(json!({ sure: { "action": "accept", "content": { "sure": false } } })).await;
    update(json!({ again: { "action": "accept", "content": { "sure": true } } })).await;
    let task = until(&service, &id, &["completed"]).await;
    assert_eq!(task["result"]["content"][0]["text"], r#"{"name":"Ada"}{"sure":true}"#);
    assert_eq!(task.get("inputRequests"), None);
}

#[tokio::test]
async fn a_handler_can_ask_before_it_becomes_a_task() {
    let service = server(&Seen::default()).into_service();
    let first = result(&service, call("late", true)).await;
    assert_eq!((&first["resultType"], first.get("taskId")), (&json!("input_required"), None));
    let params = json!({ "name": "late", "arguments": {}, "requestState": first["requestState"],
        "inputResponses": { "name": { "action": "accept", "content": { "name": "Ada" } } } });
    let second = result(&service, request("tools/call", "late", params, &declares(true))).await;
    assert_eq!(second["resultType"], "task", "{second}");
    assert_eq!((second.get("requestState"), second.get("inputRequests")), (None, None));
    let id = second["taskId"].as_str().unwrap();
    let task = until(&service, id, &["input_required"]).await;
    let key = task["inputRequests"].as_object().unwrap().keys().next().unwrap().clone();
    let answer = json!({ "inputResponses": { key: { "action": "accept", "content": { "sure": true } } } });
    result(&service, of_task("tasks/update", id, &answer)).await;
    let task = until(&service, id, &["completed"]).await;
    assert_eq!(task["result"]["content"][0]["text"], r#"{"name":"Ada"} {"sure":true}"#);
}

#[tokio::test]
async fn cancelling_stops_the_handler_and_is_idempotent() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    let id = begin(&service, "wait").await;
    eventually("the handler runs", || seen.running() == 1).await;
    for _ in 0..2 {
        let acknowledged = result(&service, of_task("tasks/cancel", &id, &json!({}))).await;
        assert_eq!(
            (keys(&acknowledged), &acknowledged["resultType"]),
            (vec!["_meta", "resultType"], &json!("complete"))
        );
    }
    let task = until(&service, &id, &["cancelled"]).await;
    assert_eq!((task.get("result"), task.get("error")), (None, None));
    eventually("the handler is stopped", || seen.aborted() == 1).await;
    let done = begin(&service, "work").await;
    until(&service, &done, &["completed"]).await;
    result(&service, of_task("tasks/cancel", &done, &json!({}))).await;
    until(&service, &done, &["completed"]).await;
}

#[tokio::test]
async fn a_disconnect_cancels_a_request_and_no_task() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    let mut meta = declares(true);
    meta["progressToken"] = json!("p");
    let params = json!({ "name": "wait", "arguments": {} });
    let response = open(&service, request("tools/call", "wait", params.clone(), &meta)).await;
    let created = mcpgen_tests_http::read(response).await;
    let created = if created.text.starts_with('{') {
        created.json()
    } else {
        serde_json::from_str(&created.events().last().unwrap().1).unwrap()
    };
    let id = created["result"]["taskId"].as_str().expect("a task").to_owned();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let task = until(&service, &id, &["working"]).await;
    assert_eq!(task["statusMessage"], "1 of 100");
    assert_eq!((seen.running(), seen.aborted()), (1, 0));
    // Without the extension the same tool is a request, and ends with its client.
    let mut meta = declares(false);
    meta["progressToken"] = json!("p");
    let mut response = open(&service, request("tools/call", "wait", params, &meta)).await;
    assert!(piece(response.body_mut(), SOON).await.unwrap().contains("notifications/progress"));
    drop(response);
    eventually("the request is cancelled", || seen.aborted() == 1).await;
    result(&service, of_task("tasks/cancel", &id, &json!({}))).await;
    eventually("the task is cancelled", || seen.aborted() == 2).await;
}

#[tokio::test]
async fn a_task_belongs_to_the_principal_that_began_it() {
    let service = server(&Seen::default()).into_service();
    let by = |mut request: Request<Full<bytes::Bytes>>, principal: Option<&str>| {
        if let Some(principal) = principal {
            request.extensions_mut().insert(Principal::new(principal));
        }
        send(&service, request)
    };
    let created = by(call("wait", true), Some("alice")).await.json();
    let id = created["result"]["taskId"].as_str().unwrap();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let request = || of_task(method, id, &json!({ "inputResponses": {} }));
        for other in [Some("mallory"), None] {
            let answer = by(request(), other).await;
            assert_eq!(error(&answer), (400, -32602), "{method} by {other:?}");
            let unknown = by(of_task(method, "unknown", &json!({ "inputResponses": {} })), other).await;
            assert_eq!(answer.text, unknown.text, "a stolen id tells nothing");
        }
        assert_eq!(by(request(), Some("alice")).await.status, 200, "{method}");
    }
}

#[tokio::test]
async fn clients_have_so_many_tasks_at_once_and_leave_room_for_others() {
    let seen = Seen::default();
    let service = server(&seen).into_service();
    let by = |principal: &str| {
        let mut request = call("wait", true);
        request.extensions_mut().insert(Principal::new(principal));
        result(&service, request)
    };
    let mut begun = 0;
    let refused = loop {
        let answer = by("greedy").await;
        if answer["resultType"] != "task" {
            break answer;
        }
        begun += 1;
        assert!(begun < 1024, "all concurrent calls of the server");
    };
    assert_eq!(refused["isError"], true);
    assert_eq!(refused["_meta"]["dev.mcpgen/error"]["type"], "TooManyTasks");
    assert_eq!(by("modest").await["resultType"], "task");
    assert_eq!(seen.running(), begun + 1);
}

#[tokio::test]
async fn a_subscription_tells_of_the_tasks_of_its_client() {
    let service = server(&Seen::default()).into_service();
    let id = begin(&service, "ask").await;
    until(&service, &id, &["input_required"]).await;
    let listen = |extension: bool| {
        let params = json!({ "notifications": { "taskIds": [id, "unknown"] } });
        post(
            &[("mcp-protocol-version", "2026-07-28"), ("mcp-method", "subscriptions/listen")],
            &json!({ "jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen",
                "params": modern_params(params, &declares(extension)) }),
        )
    };
    assert_eq!(error(&send(&service, listen(false)).await), (400, -32021));
    let mut body = open(&service, listen(true)).await.into_body();
    let mut next = async || -> Value {
        let text = piece(&mut body, SOON).await.expect("a notification");
        serde_json::from_str(&events(&text)[0].1).unwrap()
    };
    let acknowledged = next().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(acknowledged["params"]["notifications"], json!({ "taskIds": [id] }), "those that are there");
    let mut told = next().await;
    assert_eq!(told["method"], "notifications/tasks");
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 7);
    assert_eq!((&told["params"]["taskId"], &told["params"]["status"]), (&json!(id), &json!("input_required")));
    assert_eq!(told["params"].get("resultType"), None);
    let asked = told["params"]["inputRequests"].as_object().expect("the whole task").clone();
    assert_eq!(asked.len(), 2);
    let answers: serde_json::Map<_, _> = asked
        .into_iter()
        .map(|(key, _)| (key, json!({ "action": "accept", "content": { "name": "Ada", "sure": true } })))
        .collect();
    result(&service, of_task("tasks/update", &id, &json!({ "inputResponses": answers }))).await;
    while told["params"]["status"] != "completed" {
        told = next().await;
    }
    assert!(told["params"]["result"]["content"][0]["text"].as_str().unwrap().contains("Ada"));
}
