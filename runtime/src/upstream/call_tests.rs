use std::time::Duration;

use super::*;
use crate::def::ToolDef;
use crate::upstream::operation::{BodyLayout, Location, Parameter, RequestBody, Style};
use crate::upstream::testing::{API, GET, ITS_KEY, Mock, Reply, SELF_SIGNED};

/// Declares a tool with the operation.
macro_rules! tool {
    ($name:ident, $operation:expr, $error:ty) => {
        #[derive(Debug)]
        enum $name {}

        impl Tool for $name {
            const DEF: ToolDef = ToolDef::DEFAULT;
            type Input = ();
            type Output = ();
            type Error = $error;
        }

        impl UpstreamTool for $name {
            const OPERATION: &'static Operation = &$operation;
        }
    };
}

tool!(Get, GET, Error);
tool!(GetTyped, GET, PetError);
tool!(GetSecured, Operation { security: &[&["key"], &["query"], &["bearer"]], ..GET }, Error);
tool!(GetElsewhere, Operation { base_url: Some("http://127.0.0.1:1/v2"), security: &[&["key"]], ..GET }, Error);
tool!(
    Post,
    Operation {
        method: "POST",
        path: "/pets/{id}",
        parameters: &[
            Parameter {
                argument: "id",
                name: "id",
                location: Location::Path,
                style: Style::Simple,
                explode: false,
                ..Parameter::DEFAULT
            },
            Parameter { argument: "dry", name: "dry", ..Parameter::DEFAULT },
        ],
        body: Some(RequestBody {
            media_type: "application/json",
            layout: BodyLayout::Flattened(&[("name", "name")]),
            ..RequestBody::DEFAULT
        }),
        security: &[&["cookie"]],
        ..GET
    },
    Error
);

crate::response_errors! {
    /// What the tools of these tests answer instead of a result.
    enum PetError {
        /// There is no such pet.
        NotFound = 404,
    }
}

/// Canary credentials of every kind.
const CANARIES: [(&str, &str); 3] = [("T_KEY", "canary1"), ("T_QUERY", "canary2"), ("T_COOKIE", "canary3")];

fn api(origin: &str, env: &[(&str, &str)]) -> Upstream {
    let base = format!("{origin}/v1");
    let env = env.iter().copied().chain([("T_BASE_URL", base.as_str())]);
    Upstream::from_env(&API, &Env::from_pairs(env)).unwrap()
}

fn call<T>(to: &Upstream, arguments: &str) -> UpstreamCall<T>
where
    T: UpstreamTool,
    T::Error: FromResponse,
{
    upstream::<T>(to, &Context::in_process(), RawJson::parse(arguments).unwrap().into())
}

async fn failed<T: UpstreamTool<Error = Error>>(to: &Upstream) -> Error
where
    Error: FromResponse,
{
    let error = call::<T>(to, "{}").await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("canary"), "{error:?}");
    error
}

#[tokio::test]
async fn a_get_is_these_bytes_and_its_answer_keeps_its_spelling() {
    let mut mock = Mock::start(Reply::json("200 OK", "{ \"id\": 1.0 }\n")).await;
    let answer = call::<Get>(&api(&mock.origin, &[]), "{}").await.unwrap();
    assert_eq!(answer.raw().as_str(), r#"{"id":1.0}"#);
    let host = mock.origin.trim_start_matches("http://").to_owned();
    assert_eq!(
        mock.request().await,
        format!(
            "GET /v1/pets HTTP/1.1\r\naccept: application/json\r\nuser-agent: mcpgen-runtime/{}\r\n\
             accept-encoding: gzip\r\nhost: {host}\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[tokio::test]
async fn o3_a_post_is_one_request_whatever_its_arguments_are() {
    let mut mock = Mock::start(Reply::new("204 No Content", "", "")).await;
    let to = api(&mock.origin, &[("T_COOKIE", "c")]);
    let arguments = r#"{"id":"a b","dry":"x\r\nHost: evil\r\n\r\nGET /","name":"é\r\n"}"#;
    assert_eq!(call::<Post>(&to, arguments).await.unwrap().raw().as_str(), "null");
    let request = mock.request().await;
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"name":"é\r\n"}"#);
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("POST /v1/pets/a%20b?dry=x%0D%0AHost%3A%20evil%0D%0A%0D%0AGET%20%2F HTTP/1.1"));
    let mut names: Vec<_> = lines.map(|line| line.split_once(": ").unwrap().0).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "content-length", "content-type", "cookie", "host", "user-agent"]);
}

#[tokio::test]
async fn o5_credentials_go_to_their_own_api_only() {
    let (mut first, mut second) =
        (Mock::start(Reply::json("200 OK", "1")).await, Mock::start(Reply::json("200 OK", "2")).await);
    let (one, two) = (api(&first.origin, &[("T_KEY", "canary-one")]), api(&second.origin, &[("T_KEY", "canary-two")]));
    for _ in 0..3 {
        let (a, b) = tokio::join!(call::<GetSecured>(&one, "{}"), call::<GetSecured>(&two, "{}"));
        assert_eq!((a.unwrap().raw().as_str(), b.unwrap().raw().as_str()), ("1", "2"));
        let (a, b) = (first.request().await, second.request().await);
        assert!(a.contains("x-api-key: canary-one\r\n") && !a.contains("canary-two"), "{a}");
        assert!(b.contains("x-api-key: canary-two\r\n") && !b.contains("canary-one"), "{b}");
    }
}

#[tokio::test]
async fn o2_o5_a_configured_base_url_is_the_only_place_that_is_called() {
    let mut mock = Mock::start(Reply::json("200 OK", "1")).await;
    // the operation's own base URL is on another origin
    call::<GetElsewhere>(&api(&mock.origin, &[("T_KEY", "k")]), "{}").await.unwrap();
    assert!(mock.request().await.starts_with("GET /v2/pets HTTP/1.1\r\n"));
    // without the configuration: https://api.example's credentials are not sent over http elsewhere
    let document = Upstream::from_env(&API, &Env::from_pairs([("T_KEY", "canary")])).unwrap();
    let error = failed::<GetElsewhere>(&document).await;
    assert!(error.kind() == ErrorKind::Unauthenticated && error.message().contains("http://127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn missing_credentials_are_found_before_anything_is_sent() {
    let mut mock = Mock::start(Reply::json("200 OK", "1")).await;
    let error = failed::<GetSecured>(&api(&mock.origin, &[])).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("set T_KEY, or T_QUERY, or T_TOKEN in"), "{error}");
    assert!(mock.is_untouched());
}

#[tokio::test]
async fn o4_a_redirect_is_not_followed() {
    let mut sink = Mock::start(Reply::json("200 OK", "1")).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let mock = Mock::start(Reply::new(status, &format!("Location: {}/canary\r\n", sink.origin), "")).await;
        let error = failed::<GetSecured>(&api(&mock.origin, &CANARIES)).await;
        assert!(error.kind() == ErrorKind::BadResponse && error.message().contains(&sink.origin), "{error}");
    }
    assert!(sink.is_untouched());
}

#[tokio::test]
async fn declared_errors_reach_the_tools_own_type() {
    let mock = Mock::start(Reply::json("404 Not Found", r#"{ "detail": "no 7" }"#)).await;
    let Err(PetError::NotFound(rejection)) = call::<GetTyped>(&api(&mock.origin, &[]), "{}").await else { panic!() };
    assert_eq!(rejection.raw().unwrap().as_str(), r#"{"detail":"no 7"}"#);
    let mock = Mock::start(Reply::new("404 Not Found", "", "gone")).await;
    let Err(PetError::NotFound(rejection)) = call::<GetTyped>(&api(&mock.origin, &[]), "{}").await else { panic!() };
    assert_eq!((rejection.status(), rejection.raw()), (404, None));
    let mock = Mock::start(Reply::new("429 Too Many Requests", "Retry-After: 3\r\n", "")).await;
    let Err(PetError::Other(error)) = call::<GetTyped>(&api(&mock.origin, &[]), "{}").await else { panic!() };
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(3))));
}

#[tokio::test]
async fn i11_transport_errors_are_classified_and_hold_no_secret() {
    // a port that was free a moment ago
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let origin = format!("http://{free}");
    let error = failed::<GetSecured>(&api(&origin, &CANARIES[1..])).await;
    assert_eq!(error.kind(), ErrorKind::UpstreamUnavailable);
    assert!(error.message().contains(&origin) && error.message().contains("connection refused"), "{error}");
    // a label of 64 characters is no host name (RFC 1035 §2.3.4), so that nobody is asked
    let nowhere = format!("http://{}.invalid", "a".repeat(64));
    let error = failed::<GetSecured>(&api(&nowhere, &CANARIES[1..])).await;
    assert!(
        error.kind() == ErrorKind::UpstreamUnavailable && error.message().contains("cannot be resolved"),
        "{error}"
    );
    for (reply, kind) in [
        (Reply::Bytes(Vec::new()), ErrorKind::UpstreamUnavailable),
        (Reply::Bytes(b"SSH-2.0-OpenSSH\r\n".to_vec()), ErrorKind::UpstreamUnavailable),
        (Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"".to_vec()), ErrorKind::UpstreamUnavailable),
        (
            Reply::Bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{".to_vec()),
            ErrorKind::UpstreamUnavailable,
        ),
        (
            Reply::Bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{".to_vec()),
            ErrorKind::BadResponse,
        ),
        (Reply::new("200 OK", "Content-Type: application/json\r\n", "{"), ErrorKind::BadResponse),
        (Reply::new("200 OK", "Content-Encoding: gzip\r\n", "not gzip"), ErrorKind::BadResponse),
        (Reply::new("200 OK", "Content-Encoding: br\r\n", "x"), ErrorKind::BadResponse),
        (Reply::new("500 Oops", "Content-Encoding: br\r\n", "x"), ErrorKind::UpstreamUnavailable),
    ] {
        let mock = Mock::start(reply.clone()).await;
        let error = failed::<GetSecured>(&api(&mock.origin, &CANARIES[1..])).await;
        assert_eq!(error.kind(), kind, "{reply:?}: {error}");
    }
}

#[tokio::test]
async fn o7_bodies_are_bounded_after_decoding() {
    // `{"a":1}`, and 64 KiB of NUL, by gzip(1)
    let small = decode("H4sIAAAAAAACA6tWSlSyMqwFAK+sG1YHAAAA");
    let bomb = decode(
        "H4sIAAAAAAACA+3BAQEAAACAkP6v7ggKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAauuOl9cAAAEA",
    );
    let gzip = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
    let limits = UpstreamOptions { retries: 0, body: 4096, ..UpstreamOptions::default() };
    let mock = Mock::start(Reply::new("200 OK", gzip, small)).await;
    let answer = call::<Get>(&api(&mock.origin, &[]).with_options(limits.clone()), "{}").await.unwrap();
    assert_eq!(answer.raw().as_str(), r#"{"a":1}"#);

    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for reply in [
        Reply::new("200 OK", gzip, bomb),
        Reply::new("200 OK", "", [b'x'; 4097]),
        Reply::Endless(chunked, b"8\r\nxxxxxxxx\r\n".to_vec()),
    ] {
        let mock = Mock::start(reply).await;
        let error = failed::<Get>(&api(&mock.origin, &[]).with_options(limits.clone())).await;
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.message().contains("4096 bytes"), "{error}");
    }
    let mock = Mock::start(Reply::new("200 OK", "", [b'x'; 4096])).await;
    assert!(call::<Get>(&api(&mock.origin, &[]).with_options(limits.clone()), "{}").await.is_ok());
    // the status of an error counts without its body
    let mock = Mock::start(Reply::new("404 Not Found", "", [b'x'; 4097])).await;
    assert_eq!(failed::<Get>(&api(&mock.origin, &[]).with_options(limits.clone())).await.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn o7_a_body_that_stalls_is_given_up() {
    let limits = UpstreamOptions { retries: 0, idle: Duration::from_millis(100), ..UpstreamOptions::default() };
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".to_vec();
    let mock = Mock::start(Reply::Drip(head.clone(), b' ', Duration::from_secs(60))).await;
    let error = failed::<Get>(&api(&mock.origin, &[]).with_options(limits.clone())).await;
    assert!(error.kind() == ErrorKind::UpstreamUnavailable && error.message().contains("0.1 s"), "{error}");
    // a drip is not idle: the deadline of the call is what ends it
    let mut mock = Mock::start(Reply::Drip(head, b' ', Duration::from_millis(10))).await;
    let to = api(&mock.origin, &[]).with_options(limits.clone());
    assert!(tokio::time::timeout(Duration::from_millis(300), call::<Get>(&to, "{}")).await.is_err());
    tokio::time::timeout(Duration::from_secs(1), mock.closed()).await.unwrap();
}

#[tokio::test]
async fn a_dropped_call_aborts_its_request() {
    let mut mock = Mock::start(Reply::Silence).await;
    let to = api(&mock.origin, &[]);
    let pending = tokio::spawn(call::<Get>(&to, "{}"));
    mock.request().await;
    pending.abort();
    tokio::time::timeout(Duration::from_secs(1), mock.closed()).await.unwrap();
}

#[tokio::test]
async fn o6_a_certificate_that_nobody_trusts_is_refused() {
    use rustls::pki_types::PrivatePkcs8KeyDer;

    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![decode(SELF_SIGNED).into()], PrivatePkcs8KeyDer::from(decode(ITS_KEY)).into())
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut request = Vec::new();
        let _ = std::io::Read::read_to_end(&mut rustls::Stream::new(&mut connection, &mut stream), &mut request);
        request
    });
    let error = failed::<GetSecured>(&api(&origin, &CANARIES)).await;
    assert_eq!(error.kind(), ErrorKind::UpstreamUnavailable);
    assert!(error.message().contains("No secure connection") && error.message().contains("certificate"), "{error}");
    assert_eq!(served.join().unwrap(), b"", "nothing was sent");
}

#[test]
fn base_urls_come_from_the_environment_or_the_document() {
    static NOWHERE: Api =
        Api { base_url_env: "T_BASE_URL", base_url: None, security_schemes: &[], operations: &[], searched: &[] };
    let env = |pairs: &[(&str, &str)]| Env::from_pairs(pairs.iter().copied());
    let error = Upstream::from_env(&NOWHERE, &env(&[])).unwrap_err().to_string();
    assert!(error.contains("T_BASE_URL"), "{error}");
    assert!(Upstream::from_env(&NOWHERE, &env(&[("T_BASE_URL", "http://127.0.0.1:1")])).is_ok());
    let error =
        Upstream::from_env(&API, &env(&[("T_BASE_URL", "https://user:canary@x.example")])).unwrap_err().to_string();
    assert!(error.contains("T_BASE_URL") && !error.contains("canary"), "{error}");
}

#[tokio::test]
async fn a_client_is_made_by_the_first_call() {
    let mock = Mock::start(Reply::json("200 OK", "1")).await;
    let to = api(&mock.origin, &[]);
    let pending = call::<Get>(&to, "{}");
    assert!(!to.0.http.is_made());
    pending.await.unwrap();
    assert!(to.0.http.is_made());
}

#[test]
fn i11_nothing_prints_a_secret() {
    let to = api("https://api.example", &CANARIES);
    let printed = format!("{to:?} {:?}", call::<Get>(&to, "{}"));
    assert!(printed.contains("https://api.example") && !printed.contains("canary"), "{printed}");
}

fn decode(base64: &str) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).unwrap()
}

#[tokio::test]
async fn the_trace_of_the_client_goes_on_upstream() {
    // W3C Trace Context §3.2.3 and §3.3.1
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    let mut mock = Mock::start(Reply::json("200 OK", "{}")).await;
    let to = api(&mock.origin, &[]);
    let cx = Context::traced(PARENT, "congo=t61rcWkgMzE", "secret=for-this-server");
    upstream::<Get>(&to, &cx, RawJson::parse("{}").unwrap().into()).await.unwrap();
    let request = mock.request().await;
    assert!(request.contains(&format!("\r\ntraceparent: {PARENT}\r\ntracestate: congo=t61rcWkgMzE\r\n")), "{request}");
    assert!(!request.contains("for-this-server"), "{request}");
}

#[tokio::test]
async fn every_request_that_is_sent_is_counted() {
    let mut mock = Mock::start(Reply::json("200 OK", "{}")).await;
    let to = api(&mock.origin, &[]);
    let attempts = crate::log::Attempts::default();
    attempts.clone().scope(call::<Get>(&to, "{}")).await.unwrap();
    let _ = mock.request().await;
    assert_eq!(attempts.get(), 1);
}

#[test]
fn what_is_missing_is_named_without_a_value() {
    assert_eq!(
        api("https://api.example", &[("T_KEY", "canary1")]).missing().unwrap(),
        "1 of 2 operations cannot be called without credentials that are not set: T_KEY and T_COOKIE, or \
         T_CLIENT_ID and T_CLIENT_SECRET (or T_OAUTH)"
    );
    for env in [
        &[("T_OAUTH", "t")][..],
        &[("T_KEY", "k"), ("T_COOKIE", "c")],
        &[("T_CLIENT_ID", "i"), ("T_CLIENT_SECRET", "s")],
    ] {
        assert_eq!(api("https://api.example", env).missing(), None);
    }
}

#[tokio::test]
async fn o5_a_token_is_fetched_sent_to_the_api_and_forgotten_when_refused() {
    const OPERATION: Operation = Operation { security: &[&["oauth"]], ..GET };
    tool!(WithToken, OPERATION, Error);
    let mut identity = Mock::start(Reply::json("200 OK", r#"{"access_token":"tok-2","expires_in":60}"#)).await;
    let mut mock = Mock::start(Reply::json("401 Unauthorized", "{}")).await;
    let url = format!("{}/token", identity.origin);
    let to = api(
        &mock.origin,
        &[("T_CLIENT_ID", "id"), ("T_CLIENT_SECRET", "canary9"), ("T_TOKEN_URL", &url), ("T_SCOPE", "a b")],
    );
    for _ in 0..2 {
        let error = call::<WithToken>(&to, "{}").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(identity.request().await.ends_with("&scope=a%20b"));
        let request = mock.request().await;
        assert!(request.contains("\r\nauthorization: Bearer tok-2\r\n"), "{request}");
        assert!(!request.contains("canary"), "{request}");
    }
    // A token that somebody else has fetched needs no client.
    let to = api(&mock.origin, &[("T_OAUTH", "given"), ("T_TOKEN_URL", &url)]);
    call::<WithToken>(&to, "{}").await.unwrap_err();
    assert!(mock.request().await.contains("\r\nauthorization: Bearer given\r\n"));
    assert!(identity.is_untouched());
}

#[tokio::test]
async fn nobody_is_asked_for_a_token_for_arguments_that_no_request_can_hold() {
    const ID: Parameter =
        Parameter { argument: "id", name: "id", location: Location::Path, style: Style::Simple, ..Parameter::DEFAULT };
    const OPERATION: Operation =
        Operation { path: "/pets/{id}", parameters: &[ID], security: &[&["oauth"]], ..Operation::DEFAULT };
    tool!(ItemWithToken, OPERATION, Error);
    let mut identity = Mock::start(Reply::json("200 OK", r#"{"access_token":"tok-2","expires_in":60}"#)).await;
    let mut mock = Mock::start(Reply::json("200 OK", "{}")).await;
    let url = format!("{}/token", identity.origin);
    let to = api(&mock.origin, &[("T_CLIENT_ID", "id"), ("T_CLIENT_SECRET", "canary9"), ("T_TOKEN_URL", &url)]);
    let error = call::<ItemWithToken>(&to, r#"{"id":".."}"#).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(identity.is_untouched() && mock.is_untouched());
    call::<ItemWithToken>(&to, r#"{"id":"7"}"#).await.unwrap();
    let _ = identity.request().await;
    let request = mock.request().await;
    assert!(
        request.starts_with("GET /v1/pets/7 ") && request.contains("\r\nauthorization: Bearer tok-2\r\n"),
        "{request}"
    );
}

#[test]
fn half_a_client_and_a_token_url_without_tls_are_refused_at_start() {
    for (env, variable) in [
        (&[("T_CLIENT_ID", "i")][..], "T_CLIENT_SECRET"),
        (&[("T_CLIENT_SECRET", "canary")], "T_CLIENT_ID"),
        (&[("T_CLIENT_ID", "i"), ("T_CLIENT_SECRET", "canary"), ("T_TOKEN_URL", "http://id.example/t")], "T_TOKEN_URL"),
    ] {
        let error = Upstream::from_env(&API, &Env::from_pairs(env.iter().copied())).unwrap_err();
        assert!(error.variable() == variable && !error.to_string().contains("canary"), "{error}");
    }
}
