//! Questions to the client in both eras, without a transport: messages in, messages out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::message::{self, Incoming};
use super::super::{Options, Origin, Protocol, Session, Step};
use crate::content::Content;
use crate::context::{Context, Elicited, NotificationSink, Sample};
use crate::def::{ServerDef, ToolDef};
use crate::error::{Error, ErrorKind};
use crate::json::Args;
use crate::principal::Principal;
use crate::server::Server;

static DEF: ServerDef =
    ServerDef { name: "t", title: None, version: "1", description: None, instructions: None, settings: &[] };

static RUNS: AtomicUsize = AtomicUsize::new(0);

fn name_form() -> Value {
    json!({"type": "object", "properties": {"name": {"type": "string", "minLength": 1}}, "required": ["name"]})
}

fn server(key: Option<&[u8]>) -> Server {
    const TRANSFER: ToolDef = ToolDef { name: "transfer", description: "d", ..ToolDef::DEFAULT };
    const TWICE: ToolDef = ToolDef { name: "twice", description: "d", ..ToolDef::DEFAULT };
    const BOTH: ToolDef = ToolDef { name: "both", description: "d", ..ToolDef::DEFAULT };
    const LATE: ToolDef = ToolDef { name: "late", description: "d", ..ToolDef::DEFAULT };
    const NESTED: ToolDef = ToolDef { name: "nested", description: "d", ..ToolDef::DEFAULT };
    const SPAWNED: ToolDef = ToolDef { name: "spawned", description: "d", ..ToolDef::DEFAULT };
    let builder = Server::builder(&DEF, ())
        .deadline(Duration::from_secs(30))
        .tool(&TRANSFER, |cx: Context, _: Args<Value>| async move {
            match cx.elicit("who", "Who?", name_form()).await? {
                Elicited::Accepted(content) => Ok::<_, Error>(Content::text(format!("accepted {}", content.as_str()))),
                other => Ok(Content::text(format!("{other:?}"))),
            }
        })
        .tool(&TWICE, |cx: Context, _: Args<Value>| async move {
            RUNS.fetch_add(1, Ordering::Relaxed);
            let first = cx.elicit("first", "First?", name_form()).await?.accepted()?;
            let second = cx.elicit("second", &format!("After {}?", first.as_str()), name_form()).await?.accepted()?;
            Ok::<_, Error>(Content::text(format!("{} {}", first.as_str(), second.as_str())))
        })
        .tool(&BOTH, |cx: Context, _: Args<Value>| async move {
            let (said, roots) = tokio::try_join!(cx.sample("say", Sample::user("Hi", 5)), cx.roots("where"))?;
            Ok::<_, Error>(Content::text(format!("{} {}", said.text(), roots.len())))
        })
        .tool(&LATE, |cx: Context, _: Args<Value>| async move {
            cx.note_write();
            cx.elicit("who", "Who?", name_form()).await?;
            Ok::<_, Error>(Content::text("not reached"))
        })
        .tool(&NESTED, |cx: Context, _: Args<Value>| async move {
            let deep = json!({"type": "object", "properties": {"a": {"type": "object"}}});
            cx.elicit("deep", "?", deep).await?;
            Ok::<_, Error>(Content::text("not reached"))
        })
        .tool(&SPAWNED, |cx: Context, _: Args<Value>| async move {
            let asked = tokio::spawn(async move { cx.roots("where").await.map(|roots| roots.len()) }).await;
            let count = asked.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))??;
            Ok::<_, Error>(Content::text(count.to_string()))
        });
    match key {
        Some(key) => builder.state_key(key).build(),
        None => builder.build(),
    }
}

/// The messages that leave beside the answers.
#[derive(Default)]
struct Sent(Mutex<Vec<Value>>);

impl NotificationSink for Sent {
    fn notify(&self, message: &str) {
        self.0.lock().unwrap().push(serde_json::from_str(message).unwrap());
    }
}

impl Sent {
    async fn wait(&self, count: usize) -> Vec<Value> {
        for _ in 0..10_000 {
            let sent = self.0.lock().unwrap().clone();
            if sent.len() >= count {
                return sent;
            }
            tokio::task::yield_now().await;
        }
        panic!("{count} messages were expected: {:?}", self.0.lock().unwrap());
    }
}

struct Client {
    protocol: Arc<Protocol>,
    session: Session,
    principal: Option<Principal>,
    sent: Arc<Sent>,
}

impl Client {
    fn of(server: Server) -> Self {
        let protocol = Arc::new(Protocol::new(server, Options::default()));
        Self { protocol, session: Session::default(), principal: None, sent: Arc::default() }
    }

    fn begin(&self, message: &Value) -> Step {
        let text = message.to_string();
        let Ok(Incoming::One(message)) = message::parse(text.as_bytes()) else { panic!("{text}") };
        let client_key = Arc::from("c");
        let origin = Origin {
            session: &self.session,
            client_key: &client_key,
            principal: self.principal.as_ref(),
            mirror: None,
            in_batch: false,
        };
        self.protocol.begin(origin, message)
    }

    /// Runs a request, as a transport does.
    fn request(&self, method: &str, params: Value) -> (Context, tokio::task::JoinHandle<Value>) {
        let step = self.begin(&json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}));
        let Step::Run(run) = step else { panic!("{step:?}") };
        let run = *run;
        let sink = Arc::clone(&self.sent) as Arc<dyn NotificationSink>;
        let cx = Context::for_request(run.info, Some(sink));
        let (protocol, own) = (Arc::clone(&self.protocol), cx.clone());
        let (id, job) = (run.id, run.job);
        let work = async move { protocol.run(&own, &id, &job).await.into_text() };
        (cx, tokio::spawn(async move { serde_json::from_str(&work.await).unwrap() }))
    }

    async fn modern(&self, tool: &str, capabilities: Value, extra: Value) -> Value {
        let mut params = json!({
            "name": tool,
            "arguments": {"to": "bob", "amount": 1},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": capabilities,
            },
        });
        for (name, value) in extra.as_object().unwrap() {
            params[name] = value.clone();
        }
        self.request("tools/call", params).1.await.unwrap()
    }

    fn initialize(&self, revision: &str, capabilities: Value) {
        let params = json!({"protocolVersion": revision, "capabilities": capabilities, "clientInfo": {"name": "c", "version": "1"}});
        let step = self.begin(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}));
        assert!(matches!(step, Step::Answer(_)));
    }
}

fn accept(name: &str) -> Value {
    json!({"action": "accept", "content": {"name": name}})
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn a_modern_question_ends_the_request_and_its_answer_completes_the_next_one() {
    let client = Client::of(server(None));
    let form = json!({"elicitation": {}});
    let asked = client.modern("transfer", form.clone(), json!({})).await;
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required");
    assert_eq!(result["inputRequests"]["who"]["method"], "elicitation/create");
    assert_eq!(result["inputRequests"]["who"]["params"]["message"], "Who?");
    assert_eq!(result["inputRequests"]["who"]["params"]["requestedSchema"], name_form());
    assert!(result.get("content").is_none() && result.get("ttlMs").is_none(), "{result}");
    let state = &result["requestState"];
    for (answer, said) in [
        (accept("Ann"), r#"accepted {"name":"Ann"}"#),
        (json!({"action": "decline"}), "Declined"),
        (json!({"action": "cancel"}), "Cancelled"),
    ] {
        let extra = json!({"inputResponses": {"who": answer, "unknown": 1}, "requestState": state});
        let done = client.modern("transfer", form.clone(), extra).await;
        assert_eq!(done["result"]["resultType"], "complete");
        assert_eq!(text(&done), said);
    }
    assert!(client.sent.0.lock().unwrap().is_empty(), "a modern server sends no requests");
}

#[tokio::test]
async fn answers_that_do_not_fit_are_asked_for_again() {
    let client = Client::of(server(None));
    for answers in [
        json!({"wrong": accept("Ann")}),
        json!({"who": null}),
        json!({"who": accept("")}),
        json!({"who": {"action": "accept"}}),
        json!({"who": {"action": "accept", "content": {"name": 5}}}),
        json!({"who": {"action": "perhaps"}}),
        json!({"who": [1]}),
    ] {
        let asked = client.modern("transfer", json!({"elicitation": {}}), json!({"inputResponses": answers})).await;
        assert_eq!(asked["result"]["resultType"], "input_required", "{answers}: {asked}");
    }
    for malformed in [json!([]), json!("x"), json!(1)] {
        let extra = json!({"inputResponses": malformed});
        let refused = client.modern("transfer", json!({"elicitation": {}}), extra).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
}

#[tokio::test]
async fn each_round_carries_the_answers_of_the_earlier_ones_across_instances_that_share_a_key() {
    let key: &[u8] = b"0123456789abcdef0123456789abcdef";
    let (one, other) = (Client::of(server(Some(key))), Client::of(server(Some(key))));
    let form = json!({"elicitation": {"form": {}}});
    let before = RUNS.load(Ordering::Relaxed);
    let first = one.modern("twice", form.clone(), json!({})).await;
    let state = first["result"]["requestState"].clone();
    let extra = json!({"inputResponses": {"first": accept("Ann")}, "requestState": state});
    let second = other.modern("twice", form.clone(), extra).await;
    let question = &second["result"]["inputRequests"];
    assert_eq!(question["second"]["params"]["message"], r#"After {"name":"Ann"}?"#);
    assert!(question.get("first").is_none(), "it is answered: {second}");
    assert_ne!(second["result"]["requestState"], state);
    // What was answered once stays: the client cannot take it back.
    let answers = json!({"first": accept("Eve"), "second": accept("Bob")});
    let extra = json!({"inputResponses": answers, "requestState": second["result"]["requestState"]});
    let done = one.modern("twice", form.clone(), extra).await;
    assert_eq!(text(&done), r#"{"name":"Ann"} {"name":"Bob"}"#);
    assert_eq!(RUNS.load(Ordering::Relaxed) - before, 3, "from the top each time");
    let stranger = Client::of(server(Some(b"another key, which is as long as it should be")));
    let refused = stranger.modern("twice", form, json!({"requestState": state})).await;
    assert_eq!(refused["error"]["code"], -32602);
}

#[tokio::test]
async fn i7_a_state_is_refused_for_other_arguments_another_tool_and_another_principal() {
    let mut client = Client::of(server(None));
    client.principal = Some(Principal::new("alice"));
    let form = json!({"elicitation": {}});
    let asked = client.modern("transfer", form.clone(), json!({})).await;
    let state = asked["result"]["requestState"].as_str().unwrap();
    let retry = json!({"inputResponses": {"who": accept("Ann")}, "requestState": state});
    let with = |name: &str, value: Value| {
        let mut extra = retry.clone();
        extra[name] = value;
        extra
    };
    for extra in [
        with("arguments", json!({"to": "eve", "amount": 1})),
        with("arguments", json!({"to": "bob", "amount": 1000})),
        with("requestState", json!(format!("{state}-TAMPERED"))),
        with("requestState", json!("")),
        with("requestState", json!(5)),
    ] {
        let refused = client.modern("transfer", form.clone(), extra.clone()).await;
        assert_eq!(refused["error"]["code"], -32602, "{extra}: {refused}");
    }
    assert_eq!(client.modern("twice", form.clone(), retry.clone()).await["error"]["code"], -32602);
    let spelled = with("arguments", json!({"amount": 1, "to": "bob"}));
    assert_eq!(client.modern("transfer", form.clone(), spelled).await["result"]["resultType"], "complete");
    client.principal = Some(Principal::new("mallory"));
    assert_eq!(client.modern("transfer", form.clone(), retry.clone()).await["error"]["code"], -32602);
    client.principal = None;
    assert_eq!(client.modern("transfer", form, retry).await["error"]["code"], -32602);
}

#[tokio::test]
async fn questions_asked_at_once_travel_together() {
    let client = Client::of(server(None));
    let both = json!({"sampling": {}, "roots": {}});
    let asked = client.modern("both", both.clone(), json!({})).await;
    assert_eq!(
        asked["result"]["inputRequests"],
        json!({
            "say": {
                "method": "sampling/createMessage",
                "params": {
                    "messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}],
                    "maxTokens": 5,
                },
            },
            "where": {"method": "roots/list", "params": {}},
        })
    );
    let roots = json!({"roots": [{"uri": "file:///a", "name": "a"}, {"uri": "file:///b"}]});
    let said = json!({"role": "assistant", "content": {"type": "text", "text": "Hello"}, "model": "m"});
    let half = client.modern("both", both.clone(), json!({"inputResponses": {"where": roots}})).await;
    let left: Vec<_> = half["result"]["inputRequests"].as_object().unwrap().keys().collect();
    assert_eq!(left, ["say"]);
    let extra = json!({"inputResponses": {"say": said}, "requestState": half["result"]["requestState"]});
    assert_eq!(text(&client.modern("both", both, extra).await), "Hello 2");
}

#[tokio::test]
async fn a_question_from_another_task_ends_the_request_too() {
    let client = Client::of(server(None));
    let asked = client.modern("spawned", json!({"roots": {}}), json!({})).await;
    assert_eq!(asked["result"]["inputRequests"]["where"]["method"], "roots/list");
}

#[tokio::test]
async fn an_undeclared_capability_is_an_error_of_the_protocol() {
    let client = Client::of(server(None));
    for (tool, capabilities, required) in [
        ("transfer", json!({}), json!({"elicitation": {"form": {}}})),
        ("transfer", json!({"elicitation": {"url": {}}}), json!({"elicitation": {"form": {}}})),
        ("both", json!({"roots": {}}), json!({"sampling": {}})),
        ("both", json!({"sampling": {}, "roots": true}), json!({"roots": {}})),
    ] {
        let refused = client.modern(tool, capabilities.clone(), json!({})).await;
        assert_eq!(refused["error"]["code"], -32021, "{tool} {capabilities}: {refused}");
        assert_eq!(refused["error"]["data"], json!({"requiredCapabilities": required}), "{tool} {capabilities}");
    }
}

#[tokio::test]
async fn a_question_after_a_change_is_refused_because_its_answer_would_repeat_the_change() {
    let client = Client::of(server(None));
    let failed = client.modern("late", json!({"elicitation": {}}), json!({})).await;
    assert_eq!(failed["result"]["isError"], true);
    assert!(text(&failed).contains("\\\"who\\\""), "{failed}");
    // With the answer there is nothing left to ask.
    let extra = json!({"inputResponses": {"who": accept("Ann")}});
    let done = client.modern("late", json!({"elicitation": {}}), extra).await;
    assert!(done["result"].get("isError").is_none(), "{done}");
}

#[tokio::test]
async fn forms_are_flat() {
    let client = Client::of(server(None));
    let failed = client.modern("nested", json!({"elicitation": {}}), json!({})).await;
    assert_eq!(failed["result"]["isError"], true, "{failed}");
}

#[tokio::test]
async fn a_legacy_question_is_a_request_of_the_server() {
    for (revision, mode) in [("2025-06-18", None), ("2025-11-25", Some("form"))] {
        let client = Client::of(server(None));
        client.initialize(revision, json!({"elicitation": {}}));
        let (_, call) = client.request("tools/call", json!({"name": "transfer", "arguments": {}}));
        let asked = client.sent.wait(1).await.remove(0);
        assert_eq!(asked["method"], "elicitation/create");
        assert_eq!(asked["params"]["requestedSchema"], name_form());
        assert_eq!(asked["params"].get("mode").and_then(Value::as_str), mode, "{revision}");
        // Answers to what nobody asked are ignored.
        client.begin(&json!({"jsonrpc": "2.0", "id": 999, "result": {}}));
        client.begin(&json!({"jsonrpc": "2.0", "id": "1", "result": {}}));
        client.begin(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": accept("Ann")}));
        let done = call.await.unwrap();
        assert_eq!(text(&done), r#"accepted {"name":"Ann"}"#);
        assert!(done["result"].get("resultType").is_none(), "{done}");
    }
}

#[tokio::test]
async fn a_legacy_client_may_refuse_or_answer_nonsense() {
    for (response, kind) in [
        (json!({"error": {"code": -1, "message": "User rejected"}}), "ClientRefused"),
        (json!({"error": "no object"}), "ClientRefused"),
        (json!({"result": {"action": "accept", "content": {}}}), "BadAnswer"),
        (json!({"result": null}), "BadAnswer"),
    ] {
        let client = Client::of(server(None));
        client.initialize("2025-11-25", json!({"elicitation": {}}));
        let (_, call) = client.request("tools/call", json!({"name": "transfer", "arguments": {}}));
        let mut answer = json!({"jsonrpc": "2.0", "id": client.sent.wait(1).await[0]["id"]});
        answer.as_object_mut().unwrap().extend(response.as_object().unwrap().clone());
        client.begin(&answer);
        let done = call.await.unwrap();
        assert_eq!(done["result"]["isError"], true);
        assert_eq!(done["result"]["_meta"]["dev.mcpgen/error"]["type"], kind, "{response}: {done}");
    }
}

#[tokio::test]
async fn legacy_capabilities_count_from_the_handshake_on() {
    // Elicitation came with revision 2025-06-18: whatever an earlier client declares.
    for (revision, capabilities) in [("2025-11-25", json!({})), ("2025-03-26", json!({"elicitation": {}}))] {
        let client = Client::of(server(None));
        client.initialize(revision, capabilities);
        let (_, call) = client.request("tools/call", json!({"name": "transfer", "arguments": {}}));
        let done = call.await.unwrap();
        assert_eq!(done["result"]["isError"], true, "no error of the protocol before 2026-07-28: {done}");
        assert!(text(&done).contains("MissingClientCapability"), "{done}");
        assert!(client.sent.0.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_stands_still_while_the_client_is_asked() {
    let client = Client::of(server(None));
    client.initialize("2025-11-25", json!({"elicitation": {}}));
    let (_, call) = client.request("tools/call", json!({"name": "transfer", "arguments": {}}));
    let id = client.sent.wait(1).await[0]["id"].clone();
    // The deadline of the server is 30 s; people take longer.
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert!(!call.is_finished());
    client.begin(&json!({"jsonrpc": "2.0", "id": id, "result": accept("Ann")}));
    assert_eq!(text(&call.await.unwrap()), r#"accepted {"name":"Ann"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_answers_is_told_that_nobody_waits_any_more() {
    let client = Client::of(server(None));
    client.initialize("2025-11-25", json!({"elicitation": {}}));
    let (_, call) = client.request("tools/call", json!({"name": "transfer", "arguments": {}}));
    let id = client.sent.wait(1).await[0]["id"].clone();
    let done = call.await.unwrap();
    assert!(text(&done).contains("Unanswered"), "{done}");
    let cancelled = client.sent.wait(2).await.remove(1);
    assert_eq!((&cancelled["method"], &cancelled["params"]["requestId"]), (&json!("notifications/cancelled"), &id));
    // Too late, and harmless.
    client.begin(&json!({"jsonrpc": "2.0", "id": id, "result": accept("Ann")}));
}

#[tokio::test]
async fn a_cancelled_call_asks_nothing_more() {
    let client = Client::of(server(None));
    client.initialize("2025-11-25", json!({"elicitation": {}}));
    let (cx, call) = client.request("tools/call", json!({"name": "transfer", "arguments": {}}));
    client.sent.wait(1).await;
    cx.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(5), call).await;
    assert!(ended.is_ok(), "the handler has ended");
    assert_eq!(client.sent.0.lock().unwrap().len(), 1, "nothing is sent for a cancelled request");
}

#[tokio::test]
async fn i8_the_answer_of_one_session_never_reaches_another() {
    let server = server(None);
    let (one, other) = (Client::of(server.clone()), Client::of(server));
    for client in [&one, &other] {
        client.initialize("2025-11-25", json!({"elicitation": {}}));
    }
    let (_, call) = one.request("tools/call", json!({"name": "transfer", "arguments": {}}));
    let (_, theirs) = other.request("tools/call", json!({"name": "transfer", "arguments": {}}));
    let id = one.sent.wait(1).await[0]["id"].clone();
    assert_eq!(other.sent.wait(1).await[0]["id"], id, "the same id in both sessions");
    other.begin(&json!({"jsonrpc": "2.0", "id": id, "result": accept("theirs")}));
    assert_eq!(text(&theirs.await.unwrap()), r#"accepted {"name":"theirs"}"#);
    assert!(!call.is_finished());
    one.begin(&json!({"jsonrpc": "2.0", "id": id, "result": accept("mine")}));
    assert_eq!(text(&call.await.unwrap()), r#"accepted {"name":"mine"}"#);
}
