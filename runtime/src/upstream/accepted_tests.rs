use std::sync::{Arc, Mutex};

use super::super::call::{Base, Upstream, UpstreamTool, upstream};
use super::super::options::UpstreamOptions;
use super::super::testing::{API, GET, Mock, Reply};
use super::*;
use crate::context::NotificationSink;
use crate::def::ToolDef;
use crate::env::Env;
use crate::json::{Json, RawJson};
use crate::tool::Tool;
use crate::upstream::operation::{Location, Operation, Parameter, Style};

#[derive(Debug)]
enum Start {}

impl Tool for Start {
    const DEF: ToolDef = ToolDef { name: "start", ..ToolDef::DEFAULT };
    type Input = ();
    type Output = ();
    type Error = Error;
}

impl UpstreamTool for Start {
    const OPERATION: &'static Operation = &Operation {
        method: "POST",
        path: "/jobs",
        parameters: &[
            Parameter {
                argument: "tenant",
                name: "X-Tenant",
                location: Location::Header,
                style: Style::Simple,
                ..Parameter::DEFAULT
            },
            Parameter {
                argument: "match",
                name: "If-Match",
                location: Location::Header,
                style: Style::Simple,
                ..Parameter::DEFAULT
            },
        ],
        security: &[&["query", "cookie"]],
        ..GET
    };
}

struct Handlers(Upstream);

impl Base for Handlers {
    fn upstream(&self) -> &Upstream {
        &self.0
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl NotificationSink for Heard {
    fn notify(&self, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

impl Heard {
    /// The messages of progress.
    fn messages(&self) -> Vec<String> {
        let message = |text: &String| {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            value["params"]["message"].as_str().unwrap().to_owned()
        };
        self.0.lock().unwrap().iter().map(message).collect()
    }
}

fn api(origin: &str, total: Duration) -> Handlers {
    let env = [("T_BASE_URL", origin), ("T_QUERY", "canary-in-query"), ("T_COOKIE", "canary-in-cookie")];
    let options = UpstreamOptions { total, poll: Duration::from_millis(20), ..UpstreamOptions::default() };
    Handlers(Upstream::from_env(&API, &Env::from_pairs(env)).unwrap().with_options(options))
}

async fn call(api: &Handlers, cx: &Context) -> Result<Json<()>, Error> {
    let arguments = RawJson::parse(r#"{"tenant":"t1","match":"e1"}"#).unwrap();
    upstream::<Start>(api.upstream(), cx, arguments.into()).await
}

fn accepted(headers: &str, body: &str) -> Reply {
    Reply::new("202 Accepted", &format!("Content-Type: application/json\r\n{headers}"), body)
}

const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn the_place_is_asked_until_it_answers_something_else_and_the_client_sees_that() {
    let working = || accepted("", r#"{"status":"running"}"#);
    let replies =
        [accepted("Location: /jobs/7?of=me\r\n", "{}"), working(), working(), Reply::json("200 OK", "{\"n\":1.0}")];
    let mut mock = Mock::start_with(replies).await;
    let heard = Arc::new(Heard::default());
    let cx = Context::heard_by(heard.clone());
    let answer = call(&api(&mock.origin, LONG), &cx).await.unwrap();
    assert_eq!(answer.raw().as_str(), r#"{"n":1.0}"#);
    assert!(cx.take_remarks().is_empty());
    assert_eq!(
        heard.messages(),
        [
            "The API has accepted the request and works on it",
            "The API still works on it (asked 1 times): running",
            "The API still works on it (asked 2 times): running",
        ]
    );
    let first = mock.request().await;
    assert!(first.starts_with("POST /jobs?api_key=canary-in-query ") && first.contains("if-match: e1"), "{first}");
    for _ in 0..3 {
        let question = mock.request().await;
        assert!(question.starts_with("GET /jobs/7?of=me&api_key=canary-in-query HTTP/1.1\r\n"), "{question}");
        assert!(question.contains("x-tenant: t1\r\n") && !question.contains("if-match"), "{question}");
        assert!(question.contains("cookie: session=canary-in-cookie\r\n"), "{question}");
    }
    assert!(mock.is_untouched());
}

#[tokio::test]
async fn every_way_to_name_the_place_is_understood() {
    for (headers, body) in [
        ("Location: jobs/7\r\n", ""),
        ("Operation-Location: /jobs/7\r\n", ""),
        ("Azure-AsyncOperation: /jobs/7\r\nLocation: /other\r\n", ""),
        ("Link: </next>; rel=next, </jobs/7>; rel=\"item monitor\"\r\n", ""),
        ("Link: </jobs/7>;title=x; REL=Status\r\n", ""),
        ("", r#"{"status_url":"/jobs/7"}"#),
        ("", r#"{"statusQueryGetUri":"/jobs/7#now"}"#),
        ("", r#"{"_links":{"self":{"href":"/x"},"status":{"href":"/jobs/7"}}}"#),
        ("", r#"{"links":{"monitor":"/jobs/7"}}"#),
    ] {
        let mut mock = Mock::start_with([accepted(headers, body), Reply::json("200 OK", "7")]).await;
        let answer = call(&api(&mock.origin, LONG), &Context::in_process()).await;
        assert_eq!(answer.unwrap().raw().as_str(), "7", "{headers}{body}");
        mock.request().await;
        assert!(mock.request().await.starts_with("GET /jobs/7?api_key="), "{headers}{body}");
    }
}

#[tokio::test]
async fn o2_o4_a_place_elsewhere_is_never_asked() {
    let mut elsewhere = Mock::start(Reply::json("200 OK", "1")).await;
    let host = elsewhere.origin.trim_start_matches("http://").to_owned();
    for location in [
        format!("{}/jobs/7", elsewhere.origin),
        format!("//{host}/jobs/7"),
        format!("http://user:password@{host}/jobs/7"),
        format!("https://{host}/jobs/7"),
        "file:///etc/passwd".to_owned(),
        "http://[::ffff:127.0.0.1]/".to_owned(),
        String::new(),
    ] {
        let mut mock = Mock::start(accepted(&format!("Location: {location}\r\n"), r#"{"id":7}"#)).await;
        // Without a place the 202 is the answer, as it is; an empty reference is the request's own URL.
        let patience = if location.is_empty() { Duration::from_millis(700) } else { LONG };
        let answer = call(&api(&mock.origin, patience), &Context::in_process()).await.unwrap();
        assert_eq!(answer.raw().as_str(), r#"{"id":7}"#);
        let asked = mock.taken();
        assert!(asked == 1 || location.is_empty(), "{location}: {asked}");
    }
    // Nor does the end of the work lead there.
    let see = Reply::new("303 See Other", &format!("Location: {}/result\r\n", elsewhere.origin), "");
    let mock = Mock::start_with([accepted("Location: /jobs/7\r\n", ""), see]).await;
    let error = call(&api(&mock.origin, LONG), &Context::in_process()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::BadResponse, Some(303)));
    assert!(elsewhere.is_untouched());
}

#[tokio::test]
async fn the_end_is_the_result_or_the_error_of_the_work() {
    let at = |rest: Reply| [accepted("Location: /jobs/7\r\n", ""), rest];
    // RFC 9110 §15.4.4
    let see = Reply::new("303 See Other", "Location: /results/7\r\n", "");
    let mut mock = Mock::start_with([accepted("Location: /jobs/7\r\n", ""), see, Reply::json("200 OK", "[7]")]).await;
    let answer = call(&api(&mock.origin, LONG), &Context::in_process()).await.unwrap();
    assert_eq!((answer.raw().as_str(), mock.taken()), ("[7]", 3));

    let mock = Mock::start_with(at(Reply::json("404 Not Found", r#"{"message":"no job 7"}"#))).await;
    let error = call(&api(&mock.origin, LONG), &Context::in_process()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, Some(404)));

    // A resource whose state is "pending" is the result of `Location`, and no end where a state was promised.
    let pending = || Reply::json("200 OK", r#"{"status":"Pending"}"#);
    let mock = Mock::start_with(at(pending())).await;
    assert!(call(&api(&mock.origin, LONG), &Context::in_process()).await.is_ok());
    let of_state = |end: &str| [accepted("Operation-Location: /jobs/7\r\n", ""), pending(), Reply::json("200 OK", end)];
    let mut mock = Mock::start_with(of_state(r#"{"status":"Succeeded","n":1}"#)).await;
    let answer = call(&api(&mock.origin, LONG), &Context::in_process()).await.unwrap();
    assert_eq!((answer.raw().as_str(), mock.taken()), (r#"{"status":"Succeeded","n":1}"#, 3));
    // Never a failure reported as success.
    let mock = Mock::start_with(of_state(r#"{"status":"Failed","error":{"message":"no room"}}"#)).await;
    let error = call(&api(&mock.origin, LONG), &Context::in_process()).await.unwrap_err();
    assert_eq!((error.kind(), error.type_name()), (ErrorKind::UpstreamRejected, FAILED));
    assert!(error.message().ends_with("ended as \"Failed\": no room") && error.data().is_some(), "{error}");
}

#[tokio::test]
async fn the_pauses_are_those_of_retry_after_within_bounds() {
    let headers = |text: &str| {
        let mut headers = HeaderMap::new();
        if !text.is_empty() {
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
        }
        headers
    };
    let second = Duration::from_secs(1);
    let mut pause = second;
    let waits: Vec<_> = (0..6).map(|_| next_wait(&headers(""), &mut pause).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
    let wait = |text: &str| next_wait(&headers(text), &mut second.clone());
    assert_eq!((wait("7"), wait("0"), wait("99999999999999999999")), (7 * second, LEAST, LONGEST));
}

#[tokio::test]
async fn a_client_that_cannot_wait_longer_is_told_that_the_work_goes_on() {
    let mut mock = Mock::start(accepted("Location: /jobs/7?token=canary\r\nRetry-After: 0\r\n", r#"{"id":7}"#)).await;
    let (cx, began) = (Context::in_process(), Instant::now());
    let total = Duration::from_millis(900);
    let answer = call(&api(&mock.origin, total), &cx).await.unwrap();
    assert!(began.elapsed() < total, "{:?}", began.elapsed());
    assert_eq!(answer.raw().as_str(), r#"{"id":7}"#);
    let [remark] = &cx.take_remarks()[..] else { panic!() };
    assert!(remark.contains("Do not send it again. /jobs/7 says") && !remark.contains("canary"), "{remark}");
    let asked = mock.taken();
    assert!((2..=20).contains(&asked), "{asked}");
    // A place that does not answer is given up with the call, too.
    let mock = Mock::start_with([accepted("Location: /jobs/7\r\n", "1"), Reply::Silence]).await;
    let began = Instant::now();
    assert_eq!(call(&api(&mock.origin, total), &cx).await.unwrap().raw().as_str(), "1");
    assert!(began.elapsed() < total);
}

/// Progress of a stream, on the wire.
#[tokio::test]
async fn a_stream_is_collected_and_its_progress_told() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let pieces = ["data: 1\n", "\ndata: {\"a\": 2.0}\n\n", "data: cut"].map(|piece| piece.as_bytes().to_vec());
    let mock = Mock::start(Reply::Pieces(head.as_bytes().to_vec(), pieces.to_vec(), Duration::from_millis(150))).await;
    let heard = Arc::new(Heard::default());
    let answer = call(&api(&mock.origin, LONG), &Context::heard_by(heard.clone())).await.unwrap();
    assert_eq!(answer.raw().as_str(), r#"[{"data":"1"},{"data":{"a":2.0}}]"#);
    assert_eq!(heard.messages(), ["2 values so far, 27 bytes"]);
}
