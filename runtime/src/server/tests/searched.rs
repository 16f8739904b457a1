//! Search mode: the three tools, and that a call of an operation is a call like any other.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::catalog::tests::LIBRARY;
use crate::env::Env;
use crate::upstream::testing::{API, Mock, Reply};
use crate::upstream::{Base, Upstream};

struct Client(Upstream);

impl Base for Client {
    fn upstream(&self) -> &Upstream {
        &self.0
    }
}

fn server_with(origin: &str, env: &[(&str, &str)]) -> ServerBuilder<Client> {
    let pairs = env.iter().copied().chain([("T_BASE_URL", origin)]);
    let upstream = Upstream::from_env(&API, &Env::from_pairs(pairs)).unwrap();
    Server::builder(&DEF, Client(upstream)).catalog(&LIBRARY)
}

fn server(origin: &str) -> Server {
    server_with(origin, &[]).build()
}

const NOWHERE: &str = "http://127.0.0.1:9";

fn type_of(result: &CallResult) -> (ErrorKind, String) {
    let error = result.error.as_ref().unwrap();
    (error.kind(), error.type_name().to_owned())
}

#[tokio::test]
async fn three_tools_are_listed_and_no_operation() {
    let server = server(NOWHERE);
    let names: Vec<_> = server.tools().map(|def| def.name).collect();
    assert_eq!(names, ["search_operations", "describe_operation", "call_operation"]);
}

#[tokio::test]
async fn a_search_answers_a_line_for_each_operation() {
    let server = server(NOWHERE);
    let result = server.call_tool("search_operations", json!({"query": "overdue loans", "limit": 1})).await;
    let text = result.text();
    let (first, rest) = text.split_once('\n').unwrap();
    assert_eq!(first, "list_overdue  GET /loans/overdue  List overdue loans");
    assert!(rest.starts_with("1 of ") && rest.ends_with(" matches."), "{rest}");
    assert!(result.structured.is_none() && !result.is_error);
    let none = server.call_tool("search_operations", json!({"query": "zzzz"})).await;
    assert!(none.text().starts_with("None of the 25 operations"), "{}", none.text());
}

#[tokio::test]
async fn a_description_holds_what_a_listed_tool_says() {
    let server = server(NOWHERE);
    let result = server.call_tool("describe_operation", json!({"name": "get_book"})).await;
    let described: Value = serde_json::from_str(&result.text()).unwrap();
    assert_eq!(
        described,
        json!({
            "name": "get_book", "route": "GET /books/{bookId}", "title": "Show a book",
            "arguments": {
                "type": "object", "properties": {"bookId": {"type": "integer", "description": "The book"}},
                "additionalProperties": false, "required": ["bookId"],
            },
            "returns": "{id: integer, title: string}",
            "errors": [
                {"status": "404", "type": "NoSuchBook", "message": "There is no such book."},
                {"status": "4xx", "type": "Refused", "message": "Not so."},
                {"status": "_", "type": "Default", "message": "Anything else."},
            ],
            "hints": {"readOnly": true, "idempotent": true},
        })
    );
}

/// SECURITY.md M2, whatever the server does to answers.
#[tokio::test]
async fn hidden_characters_of_the_document_are_shown() {
    let server = server_with(NOWHERE, &[]).exact_text().build();
    let result = server.call_tool("describe_operation", json!({"name": "say"})).await;
    assert!(result.text().contains("Hidden: \\u202e."), "{}", result.text());
}

#[tokio::test]
async fn an_operation_is_called_as_its_tables_say() {
    let mut mock = Mock::start(Reply::json("200 OK", r#"{ "id": 7, "title": "Emma" }"#)).await;
    let server = server_with(&mock.origin, &[("T_KEY", "k3y"), ("T_COOKIE", "c00kie")]).build();
    let called = json!({"name": "list_books", "arguments": {"author": "Jane Austen"}});
    let result = server.call_tool("call_operation", called).await;
    assert_eq!((result.text().as_str(), result.is_error), (r#"{"id":7,"title":"Emma"}"#, false));
    assert_eq!(result.structured.unwrap().as_str(), r#"{"id":7,"title":"Emma"}"#);
    assert!(mock.request().await.starts_with("GET /books?by=Jane%20Austen HTTP/1.1\r\n"));
    let paid = json!({"name": "pay_fee", "arguments": {"feeId": 3, "amount": 2.50}});
    server.call_tool("call_operation", paid).await;
    let request = mock.request().await;
    assert!(
        request.starts_with("POST /fees/3/payment HTTP/1.1\r\n") && request.contains("x-api-key: k3y"),
        "{request}"
    );
    assert!(request.ends_with(r#"{"amount":2.5,"currency":"EUR"}"#), "{request}");
}

#[tokio::test]
async fn errors_have_the_types_of_the_document() {
    for (status, expected) in [
        ("404 Not Found", (ErrorKind::NotFound, "NoSuchBook")),
        ("409 Conflict", (ErrorKind::Conflict, "Refused")),
        ("503 Service Unavailable", (ErrorKind::UpstreamUnavailable, "Default")),
    ] {
        let mock = Mock::start(Reply::json(status, "{}")).await;
        let called = json!({"name": "get_book", "arguments": {"bookId": 7}});
        let result = server(&mock.origin).call_tool("call_operation", called).await;
        assert_eq!(type_of(&result), (expected.0, expected.1.to_owned()), "{status}");
    }
}

#[tokio::test]
async fn arguments_are_held_to_the_schema_of_the_operation_and_nothing_is_sent() {
    let mut mock = Mock::start(Reply::json("200 OK", "{}")).await;
    let server = server(&mock.origin);
    for (arguments, kind, type_name, says) in [
        (json!({"name": "get_book", "arguments": {}}), ErrorKind::InvalidInput, "InvalidParams", "bookId"),
        (json!({"name": "get_book"}), ErrorKind::InvalidInput, "InvalidParams", "bookId"),
        (
            json!({"name": "get_book", "arguments": {"bookId": 1, "bokId": 2}}),
            ErrorKind::InvalidInput,
            "InvalidParams",
            "bokId",
        ),
        (json!({"name": "get_boook"}), ErrorKind::NotFound, "UnknownOperation", r#"Did you mean \"get_book\"?"#),
        (json!({"name": "frobnicate"}), ErrorKind::NotFound, "UnknownOperation", "search_operations"),
        (json!({"arguments": {}}), ErrorKind::InvalidInput, "InvalidParams", "name"),
        (json!({"name": "get_book", "bookId": 1}), ErrorKind::InvalidInput, "InvalidParams", "bookId"),
        (json!({"name": 3}), ErrorKind::InvalidInput, "InvalidParams", "name"),
        (json!({"name": "get_book", "arguments": [1]}), ErrorKind::InvalidInput, "InvalidParams", "arguments"),
    ] {
        let result = server.call_tool("call_operation", &arguments).await;
        assert_eq!(type_of(&result), (kind, type_name.to_owned()), "{arguments}: {}", result.text());
        assert!(result.text().contains(says), "{arguments}: {}", result.text());
    }
    assert!(mock.is_untouched());
    let unknown = server.call_tool("describe_operation", json!({"name": "get_boook"})).await;
    assert_eq!(type_of(&unknown), (ErrorKind::NotFound, "UnknownOperation".to_owned()));
}

#[tokio::test]
async fn what_models_send_out_of_habit_is_read_and_reported() {
    let mock = Mock::start(Reply::json("200 OK", "{}")).await;
    let called = json!({"name": "get_book", "arguments": "{\"bookId\":\"7\"}"});
    let result = server(&mock.origin).call_tool("call_operation", called).await;
    assert!(!result.is_error, "{}", result.text());
    assert_eq!(
        result.normalised.unwrap().as_str(),
        r#"[{"pointer":"/arguments","received":"{\"bookId\":\"7\"}","used":{"bookId":"7"}},{"pointer":"/bookId","received":"7","used":7}]"#
    );
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(String, String)>>>);

impl CallSink for Seen {
    fn record(&self, record: &CallRecord<'_>) {
        self.0.lock().unwrap().push((record.name.to_string(), record.arguments.as_str().to_owned()));
    }
}

impl Interceptor for Seen {
    fn intercept<'a>(&'a self, cx: &'a Context, call: Call, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        self.0.lock().unwrap().push((format!("intercepted {}", call.name), call.arguments.as_str().to_owned()));
        next.run(cx, call)
    }
}

#[tokio::test]
async fn one_line_of_the_log_names_the_operation_and_interceptors_see_it() {
    let mock = Mock::start(Reply::json("200 OK", "{}")).await;
    let seen = Seen::default();
    let server = server_with(&mock.origin, &[]).call_sink(seen.clone()).interceptor(seen.clone()).build();
    server.call_tool("call_operation", json!({"name": "get_book", "arguments": {"bookId": 7}})).await;
    server.call_tool("call_operation", json!({"name": "nothing_like_it"})).await;
    let own = |name: &str, arguments: &str| (name.to_owned(), arguments.to_owned());
    assert_eq!(
        *seen.0.lock().unwrap(),
        [
            own("intercepted get_book", r#"{"bookId":7}"#),
            own("get_book", r#"{"bookId":7}"#),
            own("call_operation", r#"{"name":"nothing_like_it"}"#),
        ]
    );
}

#[tokio::test]
async fn an_operation_has_its_own_deadline() {
    let mock = Mock::start(Reply::Silence).await;
    let result = server(&mock.origin).call_tool("call_operation", json!({"name": "list_overdue"})).await;
    assert_eq!(type_of(&result).0, ErrorKind::Timeout);
}

#[tokio::test]
async fn a_call_counts_once_against_the_rate_limit() {
    let mock = Mock::start(Reply::json("200 OK", "{}")).await;
    let server = server_with(&mock.origin, &[]).rate_limit(2).build();
    let mut kinds = Vec::new();
    for _ in 0..3 {
        let result = server.call_tool("call_operation", json!({"name": "list_books"})).await;
        kinds.push(result.error.map(|error| error.kind()));
    }
    assert_eq!(kinds, [None, None, Some(ErrorKind::RateLimited)]);
}

#[tokio::test]
async fn an_operation_that_is_called_as_a_tool_says_how_it_is_called() {
    let rejected = server(NOWHERE).call(&Context::in_process(), "list_books", None).await.unwrap_err();
    assert_eq!(
        rejected.to_string(),
        r#""list_books" is an operation and no tool. The tool "call_operation" calls it."#
    );
}
