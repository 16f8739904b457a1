//! What fails: typed errors, limits, deadlines, cancellation, panics, deviations.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_typed_error_has_the_agreed_shape_in_text_and_meta() {
    let (server, log) = logged();
    let result = server.call_tool("get_temperature", json!({ "city": "Atlantis" })).await;
    let text = concat!(
        r#"{"error":{"type":"CityNotFound","kind":"not_found","message":"City 'Atlantis' is not in the database","#,
        r#""retryable":false,"status":404,"data":{"city":"Atlantis"}}}"#
    );
    assert_eq!(result.text(), text);
    let wire = serde_json::to_value(&result).unwrap();
    assert_eq!(wire["isError"], json!(true));
    assert_eq!(wire["_meta"]["dev.mcpgen/error"], serde_json::from_str::<Value>(text).unwrap()["error"]);
    assert_eq!(wire.get("structuredContent"), None);
    let record = log.only();
    assert_eq!((record.error_kind, record.error_type.as_deref()), (Some(ErrorKind::NotFound), Some("CityNotFound")));
}

#[tokio::test(start_paused = true)]
async fn the_hundred_and_first_call_in_a_minute_is_told_how_long_to_wait() {
    let server = server();
    for _ in 0..50 {
        assert!(!server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await.is_error);
        assert!(server.read_resource("weather://cities/all").await.is_ok());
    }
    let result = server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await;
    let error = error_text(&result);
    assert_eq!((&error["type"], &error["kind"]), (&json!("RateLimited"), &json!("rate_limited")));
    assert_eq!((&error["retryable"], &error["retryAfterSeconds"]), (&json!(true), &json!(1)));
    assert_eq!(server.read_resource("weather://cities/all").await.unwrap_err().kind(), ErrorKind::RateLimited);

    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await.is_error);
}

#[tokio::test(start_paused = true)]
async fn invalid_arguments_do_not_use_up_calls() {
    let server = builder().rate_limit(1).build();
    for _ in 0..5 {
        assert_eq!(kind(&server.call_tool("get_temperature", json!({})).await), ErrorKind::InvalidInput);
    }
    assert!(!server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await.is_error);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_thirty_seconds_or_the_tools_own_or_the_servers() {
    let server = server();
    for (server, name, millis) in [
        (server.clone(), "slow", 30_000),
        (server.clone(), "quick", 250),
        (server.clone().with_deadline(Duration::from_secs(2)), "slow", 2000),
        (server.with_deadline(Duration::from_secs(2)), "quick", 250),
    ] {
        let began = tokio::time::Instant::now();
        let result = server.call_tool(name, json!({})).await;
        assert_eq!(kind(&result), ErrorKind::Timeout);
        assert_eq!(began.elapsed().as_millis() / 10, millis / 10, "{name}");
        assert_eq!(error_text(&result)["retryable"], json!(true));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_a_handler_that_blocks_its_thread_meets_its_deadline_and_stops_nobody_else() {
    static BLOCK: ToolDef = ToolDef { name: "block", deadline_ms: Some(50), ..ToolDef::DEFAULT };
    let server = builder()
        .tool(&BLOCK, |_, _: Args<()>| async {
            std::thread::sleep(Duration::from_millis(1500));
            Ok::<_, Error>(Content::new())
        })
        .build();
    let began = std::time::Instant::now();
    let blocked = tokio::spawn({
        let server = server.clone();
        async move { server.call_tool("block", json!({})).await }
    });
    assert!(!server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await.is_error);
    assert_eq!(kind(&blocked.await.unwrap()), ErrorKind::Timeout);
    assert!(began.elapsed() < Duration::from_millis(1200), "{:?}", began.elapsed());
    assert!(!server.is_idle(), "what cannot be stopped still counts as running");
}

#[tokio::test]
async fn m4_a_panic_is_contained_its_message_stays_in_the_log_and_the_next_call_works() {
    let (server, log) = logged();
    let result = server.call_tool("panic", json!({})).await;
    let error = error_text(&result);
    assert_eq!((&error["type"], &error["kind"]), (&json!("Internal"), &json!("internal")));
    let record = log.only();
    assert_eq!(error["data"]["correlationId"].as_str(), Some(&*record.trace_id));
    assert!(error["message"].as_str().unwrap().contains(&*record.trace_id));
    assert!(!serde_json::to_string(&result).unwrap().contains("canary"));
    assert_eq!(record.detail.as_deref(), Some("panic: canary of the panic"));
    assert!(!server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await.is_error);
}

#[tokio::test]
async fn m4_panics_in_interceptors_and_sinks_are_contained_too() {
    struct Bad;
    impl Interceptor for Bad {
        fn intercept<'a>(&'a self, _: &'a Context, _: Call, _: Next<'a>) -> BoxFuture<'a, Outcome> {
            panic!("before the future")
        }
    }
    impl CallSink for Bad {
        fn record(&self, _: &CallRecord<'_>) {
            panic!("in the sink")
        }
    }
    let server = builder().interceptor(Bad).call_sink(Bad).build();
    let result = server.call_tool("get_temperature", json!({ "city": "Tokyo" })).await;
    assert_eq!(kind(&result), ErrorKind::Internal);
}

#[tokio::test]
async fn a_strict_answer_that_deviates_is_an_error_with_the_answer_in_text() {
    let (server, log) = logged();
    let result = server.call_tool("get_temperature", json!({ "city": "Deviation" })).await;
    let error = error_text(&result);
    assert_eq!((&error["type"], &error["kind"]), (&json!("BadResponse"), &json!("bad_response")));
    assert!(error["message"].as_str().unwrap().contains("temperature"), "{error}");
    assert_eq!(error["data"]["violations"].as_array().unwrap().len(), 1);
    let second = serde_json::to_value(&result.content[1]).unwrap();
    assert_eq!(second["text"], json!(r#"{"city":"Deviation","temperature":"warm"}"#));
    assert_eq!(log.only().error_kind, Some(ErrorKind::BadResponse));
}

/// Says that it was dropped.
struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn with_flag() -> (Server, Log, Arc<AtomicBool>) {
    static HANG: ToolDef = ToolDef { name: "hang", ..ToolDef::DEFAULT };
    let (log, dropped) = (Log::default(), Arc::new(AtomicBool::new(false)));
    let flag = dropped.clone();
    let server = builder()
        .call_sink(log.clone())
        .tool(&HANG, move |_, _: Args<()>| {
            let flag = Flag(flag.clone());
            async move {
                std::future::pending::<()>().await;
                drop(flag);
                Ok::<_, Error>(Content::new())
            }
        })
        .build();
    (server, log, dropped)
}

#[tokio::test(start_paused = true)]
async fn a_deadline_drops_the_handler() {
    let (server, _, dropped) = with_flag();
    server.call_tool("hang", json!({})).await;
    tokio::task::yield_now().await;
    assert!(dropped.load(Ordering::SeqCst));
    assert!(server.is_idle());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_ends_at_once_and_drops_the_handler() {
    let (server, log, dropped) = with_flag();
    let cx = Context::in_process();
    let running = tokio::spawn({
        let (server, cx) = (server.clone(), cx.clone());
        async move { server.call(&cx, "hang", None).await.unwrap() }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!running.is_finished());
    cx.cancel();
    assert_eq!(kind(&running.await.unwrap()), ErrorKind::Cancelled);
    tokio::task::yield_now().await;
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(log.only().error_kind, Some(ErrorKind::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_stops_the_handler_and_leaves_a_record() {
    let (server, log, dropped) = with_flag();
    let gone = tokio::time::timeout(Duration::from_secs(1), server.call_tool("hang", json!({}))).await;
    assert!(gone.is_err());
    tokio::task::yield_now().await;
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(log.only().error_kind, Some(ErrorKind::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn a_draining_server_finishes_what_runs_and_refuses_what_comes() {
    let server = server();
    let running = tokio::spawn({
        let server = server.clone();
        async move { server.call_tool("slow", json!({})).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let draining = tokio::spawn({
        let server = server.clone();
        async move { server.drain().await }
    });
    tokio::task::yield_now().await;
    let refused = server.call_tool("quick", json!({})).await;
    assert_eq!(refused.error.unwrap().type_name(), "Overloaded");
    assert_eq!(kind(&running.await.unwrap()), ErrorKind::Timeout);
    draining.await.unwrap();
}

#[test]
fn without_a_tokio_runtime_a_call_fails_instead_of_panicking() {
    let mut call = Box::pin(async { server().call_tool("panic", json!({})).await });
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = call.as_mut().poll(&mut cx) else { panic!("pending") };
    assert_eq!(kind(&result), ErrorKind::Internal);
}
