use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;

#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl NotificationSink for Recorder {
    fn notify(&self, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

fn request(revision: Revision) -> RequestInfo {
    RequestInfo { revision, progress_token: Some(r#""t""#.into()), ..RequestInfo::of_client("test") }
}

fn recorded(request: RequestInfo) -> (Context, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    (Context::for_request(request, Some(recorder.clone())), recorder)
}

#[test]
fn progress_strictly_increases_and_stops_at_the_end() {
    let (cx, recorder) = recorded(request(Revision::V2026_07_28));
    cx.progress(0.0, Some(100.0), None);
    cx.progress(0.0, Some(100.0), None);
    cx.progress(f64::NAN, None, None);
    cx.progress(0.5, None, Some("half \"way\"\n"));
    cx.progress(0.25, None, None);
    cx.finish();
    cx.progress(100.0, None, None);
    assert_eq!(
        *recorder.0.lock().unwrap(),
        [
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":0,"total":100}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":0.5,"message":"half \"way\"\n"}}"#,
        ]
    );
}

#[test]
fn progress_needs_a_token_and_drops_the_message_where_the_revision_has_none() {
    let (cx, recorder) = recorded(RequestInfo { progress_token: None, ..request(Revision::V2026_07_28) });
    cx.progress(1.0, None, None);
    assert!(recorder.0.lock().unwrap().is_empty());
    let (cx, recorder) = recorded(request(Revision::V2024_11_05));
    cx.progress(1.0, None, Some("x"));
    assert_eq!(
        *recorder.0.lock().unwrap(),
        [r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1}}"#]
    );
}

#[test]
fn a_modern_request_gets_the_log_messages_that_it_asks_for() {
    let (cx, recorder) = recorded(request(Revision::V2026_07_28));
    cx.log(LogLevel::Emergency, None, "unasked");
    assert!(recorder.0.lock().unwrap().is_empty());
    let (cx, recorder) = recorded(RequestInfo { log: LogGate::From(LogLevel::Info), ..request(Revision::V2026_07_28) });
    cx.log(LogLevel::Debug, None, "below");
    cx.log(LogLevel::Error, Some("database"), json!({"port": 5432}));
    cx.cancel();
    cx.log(LogLevel::Error, None, "after the cancellation");
    assert_eq!(
        *recorder.0.lock().unwrap(),
        [
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","logger":"database","data":{"port":5432}}}"#
        ]
    );
}

#[test]
fn a_legacy_session_changes_its_level_while_a_call_runs() {
    let level = Arc::new(SessionLevel::default());
    let (cx, recorder) =
        recorded(RequestInfo { log: LogGate::Session(Arc::clone(&level)), ..request(Revision::V2025_11_25) });
    assert!(cx.log_enabled(LogLevel::Info) && !cx.log_enabled(LogLevel::Debug));
    level.set(LogLevel::Error);
    cx.log(LogLevel::Warning, None, 1);
    level.set(LogLevel::Debug);
    cx.log(LogLevel::Debug, None, 2);
    assert_eq!(
        *recorder.0.lock().unwrap(),
        [r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"debug","data":2}}"#]
    );
}

#[test]
fn client_info_is_decoded_on_demand_and_never_required() {
    let of = |client| Context::for_request(RequestInfo { client, ..request(Revision::V2026_07_28) }, None);
    let cx = of(ClientSource::Request(r#"{"name":"c","version":"1","icons":[]}"#.into()));
    let info = cx.client_info().expect("given");
    assert_eq!((info.name.as_str(), info.version.as_str(), &info.title), ("c", "1", &None));
    assert_eq!(of(ClientSource::Request(r#"{"name":1}"#.into())).client_info(), None, "malformed");
    assert_eq!(Context::in_process().client_info(), None);
}

#[test]
fn the_trace_id_is_the_clients_or_a_stable_new_one() {
    let trace = TraceContext::new(
        Some("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01".to_owned()),
        None,
        Some("user=1".to_owned()),
    );
    let info = RequestInfo { trace: Some(Box::new(trace)), ..request(Revision::V2026_07_28) };
    let cx = Context::for_request(info, None);
    assert_eq!(cx.trace_id(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(cx.baggage(), Some("user=1"));
    let other = Context::in_process();
    assert_eq!(other.trace_id(), other.clone().trace_id());
    assert_eq!(other.traceparent(), None);
}

#[tokio::test]
async fn cancellation_reaches_every_clone() {
    let cx = Context::in_process();
    let seen = Arc::new(AtomicUsize::new(0));
    let task = tokio::spawn({
        let (cx, seen) = (cx.clone(), Arc::clone(&seen));
        async move {
            cx.cancelled().await;
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    tokio::task::yield_now().await;
    assert_eq!(seen.load(Ordering::SeqCst), 0);
    assert!(!cx.is_cancelled());
    cx.cancel();
    task.await.unwrap();
    assert!(cx.is_cancelled());
}

#[test]
fn numbers_are_written_as_json() {
    let mut out = String::new();
    for number in [0.0, -0.0, 3.0, 0.1, 1e300, 9_007_199_254_740_993.0] {
        out.clear();
        push_number(&mut out, number);
        assert_eq!(serde_json::from_str::<f64>(&out).expect("JSON"), number, "{out}");
    }
}

#[test]
fn i11_what_a_handler_tells_the_client_holds_no_known_secret() {
    use base64::Engine as _;
    let secret = "context-canary-0815";
    redact::remember(secret);
    let encoded = base64::engine::general_purpose::STANDARD.encode(secret);
    let log = LogGate::From(LogLevel::Debug);
    let (cx, recorder) = recorded(RequestInfo { log, ..request(Revision::V2026_07_28) });
    cx.progress(1.0, None, Some(&format!("calls with {secret}")));
    cx.log(LogLevel::Info, Some(secret), format!("token {encoded}"));
    cx.log(LogLevel::Info, None, json!({ "password": "hunter2", "nested": [{ "said": secret }], "count": 1.50 }));
    cx.log(LogLevel::Info, None, json!({ secret: "as a name" }));
    let told = recorder.0.lock().unwrap().join("\n");
    for canary in [secret, &encoded, "hunter2"] {
        assert!(!told.contains(canary), "{told}");
    }
    assert_eq!(told.matches("«redacted»").count(), 6, "{told}");
    // In whichever order `serde_json` was built to keep.
    for rest in [r#""count":1.5"#, r#""nested":[{"said":"«redacted»"}]"#] {
        assert!(told.contains(rest), "the rest stays: {told}");
    }
    for message in told.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(message).is_ok(), "{message}");
    }
}

#[test]
fn long_messages_are_not_cut_as_those_of_the_log_are() {
    let log = LogGate::From(LogLevel::Debug);
    let (cx, recorder) = recorded(RequestInfo { log, ..request(Revision::V2026_07_28) });
    let long = vec!["x".repeat(1000); 10];
    cx.log(LogLevel::Info, None, &long);
    let told: serde_json::Value = serde_json::from_str(&recorder.0.lock().unwrap()[0]).unwrap();
    assert_eq!(told["params"]["data"], json!(long));
}
