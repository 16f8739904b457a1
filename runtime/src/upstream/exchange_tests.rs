//! A hostile upstream (SECURITY.md O4, O8 to O11): what a caller is answered, how often it was asked, and when.

use super::super::base_url::BaseUrl;
use super::super::operation::Parameter;
use super::super::testing::{GET, Mock, Reply};
use super::*;

fn options() -> UpstreamOptions {
    let second = Duration::from_secs(1);
    UpstreamOptions { connect: second, idle: second, total: Duration::from_secs(3), ..UpstreamOptions::default() }
}

fn request(origin: &str, method: Method) -> Request {
    let url = BaseUrl::parse(origin).unwrap().join("/pets", "").unwrap();
    Request { method, url, headers: HeaderMap::new(), body: None }
}

/// One call as the pipeline makes it, on gates and a client of its own.
async fn ask(origin: &str, method: Method, options: UpstreamOptions) -> Result<Answer, Error> {
    let (http, gates) = (Http::new(&options), Gates::new(origin, options));
    let repeatable = method.is_idempotent();
    exchange(&http, &gates, origin, request(origin, method), repeatable, Watch::NOBODY).await
}

fn status(answer: &Result<Answer, Error>) -> u16 {
    answer.as_ref().unwrap().status.as_u16()
}

const BUSY: &str = "503 Service Unavailable";

#[tokio::test]
async fn o9_safe_and_idempotent_requests_are_sent_again_and_others_are_not() {
    for (method, attempts) in [
        (Method::GET, 3),
        (Method::HEAD, 3),
        (Method::PUT, 3),
        (Method::DELETE, 3),
        (Method::POST, 1),
        (Method::PATCH, 1),
    ] {
        let mut mock = Mock::start(Reply::json(BUSY, "{}")).await;
        assert_eq!(status(&ask(&mock.origin, method.clone(), options()).await), 503);
        assert_eq!(mock.taken(), attempts, "{method}");
    }
    for (line, attempts) in [
        ("429 Too Many Requests", 3),
        ("502 Bad Gateway", 3),
        ("504 Gateway Timeout", 3),
        ("408 Request Timeout", 3),
        ("500 Internal Server Error", 1),
        ("404 Not Found", 1),
        ("200 OK", 1),
    ] {
        let mut mock = Mock::start(Reply::json(line, "{}")).await;
        ask(&mock.origin, Method::GET, options()).await.unwrap();
        assert_eq!(mock.taken(), attempts, "{line}");
    }
}

#[tokio::test]
async fn o9_a_retry_that_helps_is_the_answer() {
    let replies = [Reply::json(BUSY, "{}"), Reply::Bytes(Vec::new()), Reply::json("200 OK", "1")];
    let mut mock = Mock::start_with(replies).await;
    let answer = ask(&mock.origin, Method::GET, options()).await;
    assert_eq!((status(&answer), mock.taken()), (200, 3));
}

#[tokio::test]
async fn o9_retry_after_is_honoured_in_both_forms_within_the_deadline() {
    let busy = |wait: &str| Reply::new(BUSY, &format!("Retry-After: {wait}\r\n"), "");
    let date = |seconds: u64| {
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + seconds;
        // IMF-fixdate, of the standard's own fields: days since Thursday 1970-01-01.
        imf_fixdate(at)
    };
    for dated in [false, true] {
        let wait = if dated { date(2) } else { "1".to_owned() };
        let mut mock = Mock::start_with([busy(&wait), Reply::json("200 OK", "1")]).await;
        let began = Instant::now();
        let answer =
            ask(&mock.origin, Method::GET, UpstreamOptions { total: Duration::from_secs(9), ..options() }).await;
        assert_eq!((status(&answer), mock.taken()), (200, 2), "{wait}");
        // A date has whole seconds: of two, at least one is left.
        assert!(began.elapsed() >= Duration::from_secs(1), "{wait}: {:?}", began.elapsed());
    }
    for wait in ["60".to_owned(), date(60)] {
        let mut mock = Mock::start(busy(&wait)).await;
        let began = Instant::now();
        let answer = ask(&mock.origin, Method::GET, options()).await;
        assert_eq!((status(&answer), mock.taken()), (503, 1), "{wait}");
        assert!(began.elapsed() < Duration::from_secs(1), "it is said at once and not waited for");
    }
}

/// RFC 9110 §5.6.7, by counting days.
fn imf_fixdate(at: u64) -> String {
    let (days, seconds) = (at / 86_400, at % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut year, mut day) = (1970, days);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let name = |names: &str, index: usize| names[index * 3..index * 3 + 3].to_owned();
    let weekday = name("ThuFriSatSunMonTueWed", usize::try_from(days % 7).unwrap());
    let month = name("JanFebMarAprMayJunJulAugSepOctNovDec", month);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{weekday}, {:02} {month} {year} {clock} GMT", day + 1)
}

#[tokio::test]
async fn o9_a_dead_upstream_is_asked_a_tenth_more_often_than_it_is_called() {
    let mut mock = Mock::start(Reply::json(BUSY, "{}")).await;
    let options = UpstreamOptions { breaker_failures: 0, concurrency: 1, ..options() };
    let (http, gates) = (Http::new(&options), Gates::new(&mock.origin, options));
    const CALLS: usize = 200;
    let began = Instant::now();
    for _ in 0..CALLS {
        let request = request(&mock.origin, Method::GET);
        assert_eq!(status(&exchange(&http, &gates, &mock.origin, request, true, Watch::NOBODY).await), 503);
    }
    // The reserve: one each second, of a window of 10 s.
    let reserve = 10 + usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    let attempts = mock.taken();
    assert!(attempts <= CALLS + CALLS / 10 + reserve, "{attempts} attempts of {CALLS} calls");
    assert!(attempts > CALLS, "{attempts}");
}

#[tokio::test]
async fn o11_an_upstream_that_only_fails_is_left_alone() {
    let mut mock = Mock::start(Reply::json("502 Bad Gateway", "{}")).await;
    let options = UpstreamOptions { retries: 0, breaker_failures: 5, ..options() };
    let (http, gates) = (Http::new(&options), Gates::new(&mock.origin, options));
    let mut refused = 0;
    for _ in 0..20 {
        let request = request(&mock.origin, Method::POST);
        match exchange(&http, &gates, &mock.origin, request, false, Watch::NOBODY).await {
            Ok(answer) => assert_eq!(answer.status, 502),
            Err(error) => {
                assert_eq!((error.kind(), error.type_name()), (ErrorKind::UpstreamUnavailable, "CircuitOpen"));
                assert!(error.retry_after().is_some());
                refused += 1;
            }
        }
    }
    assert_eq!((refused, mock.taken()), (15, 5));
    // Another origin behind the same API has a breaker of its own.
    let mut other = Mock::start(Reply::json("200 OK", "1")).await;
    let request = request(&other.origin, Method::GET);
    assert_eq!(status(&exchange(&http, &gates, &other.origin, request, true, Watch::NOBODY).await), 200);
    assert_eq!(other.taken(), 1);
}

#[tokio::test]
async fn o11_more_requests_than_turns_wait_for_a_moment_and_are_refused() {
    let mut mock = Mock::start(Reply::Silence).await;
    let options = UpstreamOptions { concurrency: 2, queue: Duration::from_millis(50), ..options() };
    let (http, gates) = (Http::new(&options), Gates::new(&mock.origin, options));
    let call = || exchange(&http, &gates, &mock.origin, request(&mock.origin, Method::POST), false, Watch::NOBODY);
    let third = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        call().await.unwrap_err()
    };
    let (first, second, third) = tokio::join!(call(), call(), third);
    assert_eq!((third.kind(), third.type_name()), (ErrorKind::RateLimited, "Overloaded"));
    assert_eq!((first.unwrap_err().kind(), second.unwrap_err().kind()), (ErrorKind::Timeout, ErrorKind::Timeout));
    assert_eq!(mock.taken(), 2);
}

#[tokio::test]
async fn o7_a_silent_and_a_dripping_upstream_end_with_the_time_of_the_call() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n".to_vec();
    let total = Duration::from_millis(400);
    for reply in [
        Reply::Silence,
        Reply::Drip(head.clone(), b' ', Duration::from_millis(20)),
        Reply::Drip(b"HTTP/1.1 200 OK\r\nX-A: ".to_vec(), b'a', Duration::from_millis(20)),
    ] {
        let mut mock = Mock::start(reply).await;
        let began = Instant::now();
        let error = ask(&mock.origin, Method::POST, UpstreamOptions { total, ..options() }).await.unwrap_err();
        assert_eq!((error.kind(), error.type_name()), (ErrorKind::Timeout, "Timeout"));
        assert!(began.elapsed() < total + Duration::from_millis(250), "{:?}", began.elapsed());
        // The upstream sees the end of the request.
        tokio::time::timeout(Duration::from_secs(1), mock.closed()).await.unwrap();
    }
}

#[tokio::test]
async fn o8_an_answer_cut_at_every_byte_offset_is_an_error_of_the_connection() {
    let Reply::Bytes(whole) = Reply::json("200 OK", r#"{"name":"Ada"}"#) else { panic!() };
    let options = UpstreamOptions { retries: 0, breaker_failures: 0, ..options() };
    for end in 0..whole.len() {
        let mut mock = Mock::start(Reply::Bytes(whole[..end].to_vec())).await;
        let outcome = ask(&mock.origin, Method::GET, options.clone()).await;
        let error = match outcome {
            Err(error) => error,
            Ok(answer) => answer.body.expect_err("half an answer is none"),
        };
        assert_eq!(error.kind(), ErrorKind::UpstreamUnavailable, "{end}: {error}");
        assert_eq!(mock.taken(), 1);
    }
    let answer = ask(&Mock::start(Reply::Bytes(whole)).await.origin, Method::GET, options).await.unwrap();
    assert_eq!(answer.body.unwrap(), r#"{"name":"Ada"}"#);
}

#[tokio::test]
async fn o4_redirects_within_the_origin_are_followed_where_that_is_asked_for() {
    let elsewhere = Mock::start(Reply::json("200 OK", "1")).await;
    let to = |status: &str, location: &str| Reply::new(status, &format!("Location: {location}\r\n"), "");
    let with_key = |origin: &str| {
        let mut request = request(origin, Method::GET);
        request.headers.insert("x-api-key", HeaderValue::from_static("canary"));
        request
    };
    let following = UpstreamOptions { redirects: true, ..options() };
    for (options, location, expected) in [
        (options(), "/v2/pets".to_owned(), (302, 1)),
        (following.clone(), "/v2/pets".to_owned(), (200, 2)),
        (following.clone(), format!("{}/pets", elsewhere.origin), (302, 1)),
        (following.clone(), "//user@127.0.0.1/".to_owned(), (302, 1)),
    ] {
        let mut mock = Mock::start_with([to("302 Found", &location), Reply::json("200 OK", "1")]).await;
        let (http, gates) = (Http::new(&options), Gates::new(&mock.origin, options));
        let answer = exchange(&http, &gates, &mock.origin, with_key(&mock.origin), true, Watch::NOBODY).await;
        assert_eq!((status(&answer), mock.taken()), expected, "{location}");
    }
    assert!({ elsewhere }.is_untouched());
    // RFC 9110 §15.4: who follows for ever follows nowhere.
    let mut mock = Mock::start(to("307 Temporary Redirect", "/again")).await;
    let answer = ask(&mock.origin, Method::GET, following.clone()).await;
    assert_eq!((status(&answer), mock.taken()), (307, MOST_REDIRECTS + 1));
    for (line, expected) in [("302 Found", 1), ("303 See Other", 2), ("308 Permanent Redirect", 2)] {
        let mut mock = Mock::start_with([to(line, "/next"), Reply::json("200 OK", "1")]).await;
        ask(&mock.origin, Method::POST, following.clone()).await.unwrap();
        let requests: Vec<String> = [mock.request().await].into_iter().collect();
        assert!(requests[0].starts_with("POST /pets "), "{line}");
        if expected == 2 {
            let method = if line.starts_with("303") { "GET" } else { "POST" };
            assert!(mock.request().await.starts_with(&format!("{method} /next ")), "{line}");
        }
        assert!(mock.is_untouched(), "{line}");
    }
}

#[tokio::test]
async fn o10_an_idempotency_key_is_made_once_and_stays_the_same() {
    static DECLARED: &[Parameter] =
        &[Parameter { argument: "key", name: "Idempotency-Key", location: Location::Header, ..Parameter::DEFAULT }];
    let declared = Operation { method: "POST", parameters: DECLARED, ..GET };
    // Cut after the upstream has committed: the second attempt carries the key of the first.
    let mut mock = Mock::start_with([Reply::Bytes(Vec::new()), Reply::json("200 OK", "1")]).await;
    let (http, gates) = (Http::new(&options()), Gates::new(&mock.origin, options()));
    let mut post = request(&mock.origin, Method::POST);
    assert!(is_repeatable(&declared, gates.options(), &mut post));
    assert_eq!(status(&exchange(&http, &gates, &mock.origin, post, true, Watch::NOBODY).await), 200);
    let key = |request: String| {
        let line = request.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("no key in {request}"))
    };
    let (first, second) = (key(mock.request().await), key(mock.request().await));
    assert_eq!(first, second);
    // RFC 9562 §5.4: version and variant.
    assert!(first.len() == 36 && first.as_bytes()[14] == b'4' && b"89ab".contains(&first.as_bytes()[19]), "{first}");

    let mut given = request(&mock.origin, Method::POST);
    given.headers.insert("idempotency-key", HeaderValue::from_static("mine"));
    assert!(is_repeatable(&declared, gates.options(), &mut given));
    assert_eq!(given.headers["idempotency-key"], "mine");

    let plain = Operation { method: "POST", ..GET };
    let mut post = request(&mock.origin, Method::POST);
    assert!(!is_repeatable(&plain, &options(), &mut post) && post.headers.is_empty());
    let configured = UpstreamOptions { idempotency_header: Some(http::HeaderName::from_static("x-once")), ..options() };
    assert!(is_repeatable(&plain, &configured, &mut post) && post.headers.contains_key("x-once"));
}

/// No task and no socket is left over by calls that end in every way.
#[tokio::test]
async fn nothing_is_left_over() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let options = UpstreamOptions { total: Duration::from_millis(200), retries: 0, ..options() };
    let before = tasks();
    for reply in [Reply::Silence, Reply::Bytes(Vec::new()), Reply::json(BUSY, "{}")] {
        let mut mock = Mock::start(reply).await;
        let _ = ask(&mock.origin, Method::GET, options.clone()).await;
        tokio::time::timeout(Duration::from_secs(1), mock.closed()).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Of each mock the task that listens.
    assert!(tasks() <= before + 3, "{} tasks", tasks());
}
