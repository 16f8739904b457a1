//! SECURITY.md I11: whatever an API answers or a connection does, no credential reaches a log, an error or a result; not
//! as it is, not in base64, not percent-encoded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::call::{Upstream, UpstreamTool, upstream};
use super::operation::Operation;
use super::testing::{API, GET, Mock, Reply};
use crate::codegen as rt;
use crate::log::{CallRecord, CallSink};

const KEY: &str = "canary-key-01/23+45=67";
const QUERY: &str = "canary-query-01/23+45=67 &x";
const COOKIE: &str = "canary-cookie-01/23+45=67";
const TOKEN: &str = "canary-token-01/23+45=67";
const PASSWORD: &str = "canary-password-01/23+45=67";

/// Every spelling that is looked for, of every secret.
fn canaries() -> Vec<String> {
    let spell = |secret: &str| {
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        [secret.to_owned(), STANDARD.encode(secret), URL_SAFE.encode(secret), encoded.to_lowercase(), encoded]
    };
    let basic = format!("user:{PASSWORD}");
    [KEY, QUERY, COOKIE, TOKEN, PASSWORD, &basic].into_iter().flat_map(spell).collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl CallSink for Log {
    fn record(&self, record: &CallRecord<'_>) {
        self.0.lock().unwrap().push(format!("{record} {record:?} {}", serde_json::to_string(record).unwrap()));
    }
}

enum Every {}

impl rt::Tool for Every {
    const DEF: rt::ToolDef = rt::ToolDef { name: "every", description: "Needs everything.", ..rt::ToolDef::DEFAULT };
    type Input = ();
    type Output = rt::Value;
    type Error = rt::Error;
}

impl UpstreamTool for Every {
    const OPERATION: &'static Operation = &Operation { security: &[&["key", "query", "cookie", "bearer"]], ..GET };
}

enum Basic {}

impl rt::Tool for Basic {
    const DEF: rt::ToolDef = rt::ToolDef { name: "basic", description: "Needs a password.", ..rt::ToolDef::DEFAULT };
    type Input = ();
    type Output = rt::Value;
    type Error = rt::Error;
}

impl UpstreamTool for Basic {
    const OPERATION: &'static Operation = &Operation { security: &[&["basic"]], ..GET };
}

static SERVER: rt::ServerDef =
    rt::ServerDef { name: "canary", title: None, version: "1", description: None, instructions: None, settings: &[] };

/// Everything that the log and a client are told of a call of both tools.
async fn told(origin: &str) -> String {
    let basic = format!("user:{PASSWORD}");
    let env = rt::Env::from_pairs([
        ("T_BASE_URL", origin),
        ("T_KEY", KEY),
        ("T_QUERY", QUERY),
        ("T_COOKIE", COOKIE),
        ("T_TOKEN", TOKEN),
        ("T_BASIC", &basic),
    ]);
    let options = super::UpstreamOptions {
        total: Duration::from_millis(300),
        retries: 1,
        redirects: true,
        ..super::UpstreamOptions::default()
    };
    let api = Upstream::from_env(&API, &env).unwrap().with_options(options);
    let (log, other) = (Log::default(), api.clone());
    let server = rt::Server::builder(&SERVER, ())
        .tool(&<Every as rt::Tool>::DEF, move |cx, args: rt::Args<()>| upstream::<Every>(&api, &cx, args))
        .tool(&<Basic as rt::Tool>::DEF, move |cx, args: rt::Args<()>| upstream::<Basic>(&other, &cx, args))
        .call_sink(log.clone())
        .build();
    let arguments = rt::RawJson::parse("{}").unwrap();
    let mut out = String::new();
    for tool in ["every", "basic"] {
        let result = server.call_json(tool, &arguments).await;
        out.push_str(&format!("{} {result:?}\n", serde_json::to_string(&result).unwrap()));
    }
    let log = log.0.lock().unwrap();
    assert_eq!(log.len(), 2);
    out + &log.join("\n")
}

#[tokio::test]
async fn i11_no_credential_reaches_a_log_an_error_or_a_result() {
    let echo = canaries().join(" , ");
    let json = serde_json::json!({ "title": echo, "detail": echo, "nested": [echo], (echo.clone()): 1 }).to_string();
    let location = format!("Location: https://elsewhere.example/{}\r\n", canaries()[1]);
    let mut replies = vec![Reply::Silence, Reply::Bytes(Vec::new()), Reply::Bytes(echo.clone().into_bytes())];
    for status in ["200 OK", "400 Bad Request", "401 Unauthorized", "404 Not Found", "500 Oops", "503 Busy"] {
        replies.push(Reply::json(status, &json));
        replies.push(Reply::new(status, "Content-Type: text/plain\r\n", &echo));
        replies.push(Reply::new(status, "Content-Type: application/json\r\n", &echo));
        replies.push(Reply::new(status, &format!("X-Echo: {}\r\n", KEY), ""));
    }
    replies.push(Reply::new("302 Found", &location, ""));
    let mut seen = 0;
    for reply in replies {
        let mut mock = Mock::start(reply.clone()).await;
        let told = told(&mock.origin).await;
        for canary in canaries() {
            assert!(!told.contains(&canary), "{canary}");
        }
        // They were sent: otherwise there was nothing to find.
        let request = mock.request().await;
        assert!(request.contains(KEY) && request.contains(COOKIE) && request.contains(TOKEN), "{request}");
        seen += usize::from(told.contains("redacted"));
    }
    assert!(seen > 0, "no answer gave anything back");
    // A host that there is not, a port that nobody listens at.
    for origin in ["http://127.0.0.1:1", "http://nowhere.invalid"] {
        let told = told(origin).await;
        assert!(canaries().iter().all(|canary| !told.contains(canary)), "{told}");
    }
}
