//! The extension `io.modelcontextprotocol/tasks` over stdio, from SEP-2663.

use serde_json::{Value, json};

use super::*;
use crate::content::Content;
use crate::context::Context;
use crate::def::{TaskDef, ToolDef};
use crate::error::Error;
use crate::json::Args;

const TASK: ToolDef = ToolDef { description: "Takes long.", task: Some(TaskDef::OPTIONAL), ..ToolDef::DEFAULT };
static WAIT: ToolDef = ToolDef { name: "wait", task: Some(TaskDef::REQUIRED), ..TASK };
static ASK: ToolDef = ToolDef { name: "ask", ..TASK };
static SECRET: ToolDef = ToolDef { name: "secret", ..TASK };

struct OnDrop(Seen);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

fn client() -> (Client, Seen) {
    let seen = Seen::default();
    let waits = seen.clone();
    let form = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] });
    let server = Server::builder(&fixture::DEF, ())
        .tool(&WAIT, move |cx: Context, _: Args<Value>| {
            let dropped = OnDrop(waits.clone());
            async move {
                cx.progress(1.0, Some(3.0), None);
                tokio::time::sleep(Duration::from_secs(60)).await;
                drop(dropped);
                Ok::<_, Error>(Content::text("waited"))
            }
        })
        .tool(&ASK, move |cx: Context, _: Args<Value>| {
            let form = form.clone();
            async move {
                let answer = cx.elicit("ok", "Ok?", form).await?.accepted()?;
                Ok::<_, Error>(Content::text(answer.as_str().to_owned()))
            }
        })
        .tool(&SECRET, |cx: Context, _: Args<Value>| async move {
            crate::redact::remember("tasks-canary-4711");
            cx.progress(1.0, None, Some("with tasks-canary-4711"));
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok::<_, Error>(Content::new())
        })
        .build();
    (Client::of(server, Limits::default()), seen)
}

impl Client {
    /// Sends a modern request that declares the extension and elicitation; its answer.
    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut params = params;
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities":
                { "elicitation": {}, "extensions": { "io.modelcontextprotocol/tasks": {} } },
            "progressToken": "p",
        });
        self.send(&json!({ "jsonrpc": "2.0", "id": "q", "method": method, "params": params }).to_string()).await;
        serde_json::from_str(&self.line().await).unwrap()
    }

    async fn begin(&mut self, tool: &str) -> String {
        let answer = self.ask("tools/call", json!({ "name": tool, "arguments": {} })).await;
        assert_eq!(answer["result"]["resultType"], "task", "{answer}");
        answer["result"]["taskId"].as_str().unwrap().to_owned()
    }

    async fn get(&mut self, id: &str) -> Value {
        self.ask("tasks/get", json!({ "taskId": id })).await
    }

    async fn until(&mut self, id: &str, status: &str) -> Value {
        for _ in 0..1000 {
            let task = self.get(id).await["result"].clone();
            if task["status"] == status {
                return task;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the task is never {status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_works_asks_and_completes() {
    let (mut client, _) = client();
    let id = client.begin("wait").await;
    let task = client.get(&id).await["result"].clone();
    assert_eq!((&task["status"], &task["resultType"]), (&json!("working"), &json!("complete")));
    tokio::time::sleep(Duration::from_secs(1)).await;
    // No progress notification comes in between: the next line is the answer.
    assert_eq!(client.get(&id).await["result"]["statusMessage"], "1 of 3");
    tokio::time::sleep(Duration::from_secs(60)).await;
    let task = client.until(&id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], "waited");

    let id = client.begin("ask").await;
    let task = client.until(&id, "input_required").await;
    assert_eq!(task["inputRequests"]["ok"]["method"], "elicitation/create");
    let answers =
        json!({ "taskId": id, "inputResponses": { "ok": { "action": "accept", "content": { "ok": true } } } });
    let acknowledged = client.ask("tasks/update", answers).await;
    assert_eq!(acknowledged["result"]["resultType"], "complete");
    let task = client.until(&id, "completed").await;
    assert_eq!(task["result"]["content"][0]["text"], r#"{"ok":true}"#);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_stays_for_its_time_to_live_and_no_longer() {
    let (mut client, _) = client();
    let id = client.begin("wait").await;
    let ttl = client.get(&id).await["result"]["ttlMs"].as_u64().expect("a limit");
    tokio::time::sleep(Duration::from_millis(ttl - 1000)).await;
    assert_eq!(client.get(&id).await["result"]["status"], "completed");
    tokio::time::sleep(Duration::from_millis(2000)).await;
    let answer = client.get(&id).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_answers_ends_with_the_time_of_its_task() {
    let (mut client, _) = client();
    let id = client.begin("ask").await;
    let task = client.until(&id, "input_required").await;
    tokio::time::sleep(Duration::from_millis(task["ttlMs"].as_u64().unwrap() + 1)).await;
    let task = client.until(&id, "failed").await;
    assert_eq!(task["error"]["code"], -32603);
    assert_eq!(task.get("inputRequests"), None);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(client.get(&id).await["error"]["code"], -32602, "it is forgotten then");
}

#[tokio::test]
async fn cancelling_and_the_end_of_input_stop_handlers() {
    let (mut client, seen) = client();
    let dropped = || seen.dropped.load(std::sync::atomic::Ordering::SeqCst);
    let (first, _second) = (client.begin("wait").await, client.begin("wait").await);
    // The request has been answered: its id cancels nothing.
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q"}}"#).await;
    assert_eq!(client.get(&first).await["result"]["status"], "working");
    let acknowledged = client.ask("tasks/cancel", json!({ "taskId": first })).await;
    assert_eq!(acknowledged["result"]["resultType"], "complete");
    client.until(&first, "cancelled").await;
    let began = std::time::Instant::now();
    while dropped() < 1 && began.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(dropped(), 1, "the other one goes on");
    client.end().await;
    assert!(began.elapsed() < Duration::from_secs(6), "I15: the end of input ends the server");
    while dropped() < 2 && began.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(dropped(), 2);
}

#[tokio::test(start_paused = true)]
async fn clients_without_the_extension_are_refused_or_wait() {
    let (mut client, _) = client();
    client.send(&modern("1", "tools/call", r#""name":"wait","#)).await;
    let refused: Value = serde_json::from_str(&client.line().await).unwrap();
    assert_eq!(refused["error"]["code"], -32021);
    assert_eq!(
        refused["error"]["data"]["requiredCapabilities"],
        json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } })
    );
    client.send(&modern("2", "tasks/get", r#""taskId":"x","#)).await;
    assert!(client.line().await.contains("-32021"));
    client.send(&initialize("2025-11-25")).await;
    assert!(!client.line().await.contains("extensions"));
    client
        .send(r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"wait","_meta":{"progressToken":7}}}"#)
        .await;
    assert_eq!(
        client.line().await,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1,"total":3}}"#
    );
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(
        client.line().await,
        r#"{"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"waited"}]}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn i11_the_status_holds_no_secret() {
    let (mut client, _) = client();
    let id = client.begin("secret").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let task = client.get(&id).await;
    assert_eq!(task["result"]["statusMessage"], "with «redacted»");
}

#[tokio::test]
async fn a_subscription_tells_of_tasks() {
    let (mut client, _) = client();
    let id = client.begin("ask").await;
    client.until(&id, "input_required").await;
    let acknowledged = client.ask("subscriptions/listen", json!({ "notifications": { "taskIds": [id] } })).await;
    assert_eq!(acknowledged["params"]["notifications"], json!({ "taskIds": [id] }));
    let told: Value = serde_json::from_str(&client.line().await).unwrap();
    assert_eq!((&told["method"], &told["params"]["status"]), (&json!("notifications/tasks"), &json!("input_required")));
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "q");
}
