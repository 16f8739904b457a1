//! A hostile upstream behind a server: the rows O4 and O7 to O11 of the security requirements, as a client sees them. One answer for each call, of the
//! right class, within the deadline plus 250 ms, and no task and no file descriptor left over.
//!
//! One test alone, so that the descriptors of the process are its own. Deadlines are short here; `cargo test -p
//! mcpgen-runtime --all-features --test faults -- --ignored --nocapture` makes the rows that take minutes with the
//! defaults.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends at the first surprise"
)]

mod hostile;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hostile::{Hostile, Reply};
use mcpgen_runtime::codegen as rt;
use mcpgen_runtime::{CallRecord, CallSink, Server, UpstreamOptions};
use serde_json::{Value, json};

static DEF: rt::ServerDef =
    rt::ServerDef { name: "faults", title: None, version: "0", description: None, instructions: None, settings: &[] };

static API: rt::Api = rt::Api {
    base_url_env: "T_BASE_URL",
    base_url: None,
    security_schemes: &[rt::SecurityScheme {
        name: "key",
        kind: rt::SecurityKind::ApiKey { location: rt::Location::Header, name: "X-Api-Key" },
        env: "T_KEY",
    }],
    operations: &[&GET, &POST, &POST_ONCE],
    searched: &[],
};
static GET: rt::Operation = rt::Operation { path: "/pets", security: &[&["key"]], ..rt::Operation::DEFAULT };
static POST: rt::Operation = rt::Operation { method: "POST", ..GET_TABLE };
static POST_ONCE: rt::Operation = rt::Operation {
    method: "POST",
    parameters: &[rt::Parameter {
        argument: "key",
        name: "Idempotency-Key",
        location: rt::Location::Header,
        style: rt::Style::Simple,
        ..rt::Parameter::DEFAULT
    }],
    ..GET_TABLE
};
const GET_TABLE: rt::Operation = rt::Operation { path: "/pets", security: &[&["key"]], ..rt::Operation::DEFAULT };

static TOOLS: [(rt::ToolDef, &rt::Operation); 3] = [
    (rt::ToolDef { name: "get", ..rt::ToolDef::DEFAULT }, &GET),
    (rt::ToolDef { name: "post", ..rt::ToolDef::DEFAULT }, &POST),
    (rt::ToolDef { name: "post_once", ..rt::ToolDef::DEFAULT }, &POST_ONCE),
];

/// The records of calls: one for each.
#[derive(Clone, Default)]
struct Log(Arc<AtomicUsize>, Arc<Mutex<Option<CallRecord<'static>>>>);

impl CallSink for Log {
    fn record(&self, record: &CallRecord<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        *self.1.lock().unwrap() = Some(record.clone().into_owned());
    }
}

fn server(origin: &str, options: UpstreamOptions, log: Log) -> Server {
    let env = rt::Env::from_pairs([("T_BASE_URL", origin), ("T_KEY", "canary-of-faults-0123456789")]);
    let upstream = rt::Upstream::from_env(&API, &env).unwrap().with_options(options);
    let mut builder = Server::builder(&DEF, ()).rate_limit(0).call_sink(log);
    for (def, operation) in &TOOLS {
        let upstream = upstream.clone();
        builder = builder.tool(def, move |cx: rt::Context, arguments: rt::Args<()>| {
            rt::upstream_untyped(&upstream, &cx, operation, &[], arguments.into_raw())
        });
    }
    builder.build()
}

const TOTAL: Duration = Duration::from_millis(600);

/// Deadlines that a test can wait for; the caps are the defaults.
fn short() -> UpstreamOptions {
    UpstreamOptions {
        connect: Duration::from_millis(200),
        idle: Duration::from_millis(300),
        total: TOTAL,
        retries: 0,
        breaker_failures: 0,
        ..UpstreamOptions::default()
    }
}

/// What a client is answered.
struct Told {
    kind: String,
    type_name: String,
    whole: Value,
    took: Duration,
}

async fn call(server: &Server, tool: &str) -> Told {
    let began = Instant::now();
    let result = server.call_tool(tool, json!({})).await;
    let took = began.elapsed();
    let whole = serde_json::to_value(&result).unwrap();
    assert!(!whole.to_string().contains("canary-of-faults"), "{whole}");
    let error = &whole["_meta"]["dev.mcpgen/error"];
    assert_eq!(whole["isError"] == true, error.is_object(), "{whole}");
    let word = |name: &str| error[name].as_str().unwrap_or("success").to_owned();
    Told { kind: word("kind"), type_name: word("type"), whole, took }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count())
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// One row: the class of the answer, its time, its record, and that the upstream is rid of the call within a second.
async fn row(what: &str, tool: &str, reply: Reply, expected: (&str, &str)) {
    // A machine that is busy with something else gets another chance to be on time; the class must be right each time.
    for chance in 1..=3 {
        let upstream = Hostile::start([reply.clone()]).await;
        let log = Log::default();
        let server = server(&upstream.origin, short(), log.clone());
        let told = call(&server, tool).await;
        assert_eq!((told.kind.as_str(), told.type_name.as_str()), expected, "{what}: {}", told.whole);
        assert_eq!(log.0.load(Ordering::SeqCst), 1, "{what}: one record");
        assert_eq!(upstream.requests().len(), 1, "{what}: one request");
        drop(server);
        let rid = upstream.idle().await;
        if told.took <= TOTAL + Duration::from_millis(250) && rid < Duration::from_secs(1) {
            return;
        }
        assert!(chance < 3, "{what}: {:?}, and {rid:?} until the upstream was rid of it", told.took);
    }
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
const UNAVAILABLE: &str = "upstream_unavailable";
const BAD: &str = "bad_response";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults() {
    // The pools of the process are made by the first call.
    row("a good answer", "get", Reply::json("200 OK", "{\"a\":1.0}"), ("success", "success")).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (tasks_before, descriptors_before) = (tasks(), descriptors());

    redirects().await;
    time_and_size().await;
    broken().await;
    retries().await;
    one_write().await;
    one_dead_upstream().await;

    let settled = async {
        while tasks() > tasks_before || descriptors() > descriptors_before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let settled = tokio::time::timeout(Duration::from_secs(3), settled).await;
    println!("tasks {tasks_before} -> {}, descriptors {descriptors_before} -> {}", tasks(), descriptors());
    assert!(settled.is_ok(), "something is left over");
}

/// O4
async fn redirects() {
    let sink = Hostile::start([Reply::json("200 OK", "1")]).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        for tool in ["get", "post"] {
            let location = format!("Location: {}/steal\r\n", sink.origin);
            row(status, tool, Reply::new(status, &location, ""), (BAD, "BadResponse")).await;
        }
    }
    // Nor does a place that a 202 names.
    let accepted = Reply::new("202 Accepted", &format!("Location: {}/steal\r\n", sink.origin), "");
    row("202 elsewhere", "post", accepted, ("success", "success")).await;
    assert!(sink.requests().is_empty(), "{:?}", sink.requests());
}

/// O7
async fn time_and_size() {
    let tick = Duration::from_millis(50);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n";
    let timeout = ("timeout", "Timeout");
    row("dead", "get", Reply::Silence, timeout).await;
    row("a head that drips", "get", Reply::Drip(b"HTTP/1.1 200 OK\r\nX: ".into(), b"a".into(), tick), timeout).await;
    row("a body that drips", "get", Reply::Drip(head.into(), b" ".into(), tick), timeout).await;
    row("events without end", "get", events(), timeout).await;
    let stalls = Reply::Drip(head.into(), b" ".into(), Duration::from_secs(3600));
    row("a body that stalls", "get", stalls, (UNAVAILABLE, "IdleTimeout")).await;

    let piece = vec![b' '; 1 << 16];
    let ten_gib = Reply::Flood(head.into(), piece.clone(), 10 << 14);
    let chunk = [b"10000\r\n".as_slice(), &piece, b"\r\n"].concat();
    let endless = Reply::Flood(CHUNKED.into(), chunk, u64::MAX);
    for (what, reply) in [("10 GiB", ten_gib), ("chunks without end", endless), ("10 GiB of gzip", Reply::GzipBomb(10))]
    {
        // Bounded by size and not by time, which a busy machine may run out of first.
        let upstream = Hostile::start([reply]).await;
        let options = UpstreamOptions { total: Duration::from_secs(30), ..short() };
        let server = server(&upstream.origin, options, Log::default());
        let told = call(&server, "get").await;
        assert_eq!(told.kind, BAD, "{what}: {}", told.whole);
        assert!(told.whole.to_string().contains("larger than 10485760 bytes"), "{what}: {}", told.whole);
        drop(server);
        assert!(upstream.idle().await < Duration::from_secs(5), "{what}");
    }
    let headers = Reply::Flood(b"HTTP/1.1 200 OK\r\n".into(), b"X-A: b\r\n".repeat(100), u64::MAX);
    row("headers without end", "get", headers, (UNAVAILABLE, "ConnectionLost")).await;

    // Nobody accepts: the queue of the listener is full, and further connections wait.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let address = full.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let connect = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(100), connect).await {
            Ok(stream) => waiting.push(stream.unwrap()),
            Err(_) => break,
        }
    }
    let told = call(&server(&format!("http://{address}"), short(), Log::default()), "get").await;
    assert_eq!((told.kind.as_str(), told.type_name.as_str()), (UNAVAILABLE, "ConnectTimeout"), "{}", told.whole);
    drop((full, waiting));
    let told = call(&server(&format!("http://{address}"), short(), Log::default()), "get").await;
    assert_eq!((told.kind.as_str(), told.type_name.as_str()), (UNAVAILABLE, "ConnectFailed"), "{}", told.whole);
    let told = call(&server("http://nowhere.invalid", short(), Log::default()), "get").await;
    assert!(["HostNotFound", "Timeout", "ConnectTimeout"].contains(&told.type_name.as_str()), "{}", told.whole);
}

fn events() -> Reply {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    Reply::Drip(head.into(), b"data: {}\n\n".into(), Duration::from_millis(30))
}

/// O8
async fn broken() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"name\":\"Ada\"}";
    let chunked = format!("{CHUNKED}e\r\n{{\"name\":\"Ada\"}}\r\n0\r\n\r\n");
    for whole in [whole, &chunked] {
        for end in 0..whole.len() {
            let what = format!("cut after {end} bytes");
            row(&what, "get", Reply::Bytes(whole[..end].into()), (UNAVAILABLE, "ConnectionLost")).await;
        }
        row("whole", "get", Reply::Bytes(whole.into()), ("success", "success")).await;
    }
    // Without a length the end of the connection is the end of the body; JSON that ends early shows that.
    for end in 1..14 {
        let body = &"{\"name\":\"Ada\"}"[..end];
        let reply = Reply::raw("Content-Type: application/json\r\n", body);
        row(&format!("{body} and the end"), "get", reply, (BAD, "NotJson")).await;
    }
    row("a reset", "get", Reply::Reset(whole[..whole.len() - 5].into()), (UNAVAILABLE, "ConnectionLost")).await;

    let lost = (UNAVAILABLE, "ConnectionLost");
    for (what, bytes) in [
        ("no HTTP", "SSH-2.0-OpenSSH_9.9\r\n"),
        ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12"),
        ("a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n12"),
        ("a header with a NUL", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 1\r\n\r\n1"),
        ("a status that is none", "HTTP/1.1 20x OK\r\nContent-Length: 1\r\n\r\n1"),
    ] {
        row(what, "get", Reply::Bytes(bytes.into()), lost).await;
    }
    let upstream = Hostile::start([Reply::Bytes(format!("{CHUNKED}zz\r\nabc\r\n0\r\n\r\n").into())]).await;
    let told = call(&server(&upstream.origin, short(), Log::default()), "get").await;
    assert!([BAD, UNAVAILABLE].contains(&told.kind.as_str()), "a chunk without a size: {}", told.whole);

    for (content_type, body, expected) in [
        ("application/json", b"<html>".as_slice(), (BAD, "NotJson")),
        ("application/json", b"{\"a\":\"\xff\"}", (BAD, "BadResponse")),
        ("application/json", b"{} {}", (BAD, "NotJson")),
        ("application/problem+json", b"nothing", (BAD, "NotJson")),
        ("application/x-ndjson", b"{}\n{", (BAD, "BadResponse")),
        ("text/event-stream", b"data: \xff\n\n", (BAD, "BadResponse")),
        ("text/plain", b"caf\xe9", (BAD, "BadResponse")),
        ("text/html", b"{\"a\":1}", ("success", "success")),
        ("no/such; type=\"", b"{\"a\":1}", ("success", "success")),
        ("\x7f", b"\xff\xfe\x00", ("success", "success")),
        ("image/png", b"", ("success", "success")),
    ] {
        let headers = format!("Content-Type: {content_type}\r\n");
        let what = format!("{content_type}: {}", body.escape_ascii());
        let reply = Reply::new("200 OK", if content_type == "\x7f" { "" } else { &headers }, body);
        row(&what, "get", reply, expected).await;
    }
    let encoded =
        Reply::new("200 OK", "Content-Type: application/json\r\nContent-Encoding: br\r\n", b"\x0b\x02\x80{}\x03");
    row("an encoding that nobody asked for", "get", encoded, (BAD, "BadResponse")).await;
    let broken =
        Reply::new("200 OK", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", b"\x1f\x8b\x08broken");
    let upstream = Hostile::start([broken]).await;
    let told = call(&server(&upstream.origin, short(), Log::default()), "get").await;
    assert!([BAD, UNAVAILABLE].contains(&told.kind.as_str()), "broken gzip: {}", told.whole);
}

/// O9
async fn retries() {
    for (status, kind) in [("429 Too Many Requests", "rate_limited"), ("503 Service Unavailable", UNAVAILABLE)] {
        // In both forms: seconds, and a date three seconds from now, of which more than one is left.
        let date = httpdate(std::time::SystemTime::now() + Duration::from_secs(3));
        for wait in ["1".to_owned(), date] {
            let headers = format!("Retry-After: {wait}\r\n");
            let upstream = Hostile::start([Reply::new(status, &headers, ""), Reply::json("200 OK", "7")]).await;
            let options = UpstreamOptions { retries: 2, total: Duration::from_secs(10), ..short() };
            let told = call(&server(&upstream.origin, options, Log::default()), "get").await;
            assert_eq!((told.kind.as_str(), upstream.requests().len()), ("success", 2), "{wait}: {}", told.whole);
            let waited = told.took;
            assert!(waited >= Duration::from_millis(900) && waited < Duration::from_secs(6), "{wait}: {waited:?}");
        }
        // Longer than the call may take: the client is told how long.
        for tool in ["get", "post"] {
            let upstream = Hostile::start([Reply::new(status, "Retry-After: 120\r\n", "")]).await;
            let told =
                call(&server(&upstream.origin, UpstreamOptions { retries: 2, ..short() }, Log::default()), tool).await;
            assert_eq!((told.kind.as_str(), upstream.requests().len()), (kind, 1), "{}", told.whole);
            let error = &told.whole["_meta"]["dev.mcpgen/error"];
            assert_eq!((&error["retryAfterSeconds"], &error["retryable"]), (&json!(120), &json!(true)));
        }
        for senseless in ["-1", "soon", "Wed, 99 Foo 2026", ""] {
            let reply = Reply::new(status, &format!("Retry-After: {senseless}\r\n"), "");
            row(&format!("Retry-After: {senseless}"), "post", reply, (kind, kind_type(kind))).await;
        }
    }
}

fn kind_type(kind: &str) -> &str {
    if kind == "rate_limited" { "RateLimited" } else { "UpstreamUnavailable" }
}

/// RFC 9110 §5.6.7, of days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn httpdate(at: std::time::SystemTime) -> String {
    let seconds = at.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, year) =
        if month < 10 { (month + 3, era * 400 + year_of_era) } else { (month - 9, era * 400 + year_of_era + 1) };
    let days_of_week = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!(
        "{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT",
        days_of_week[(days % 7) as usize],
        months[month as usize - 1],
        of_day / 3600,
        of_day % 3600 / 60,
        of_day % 60
    )
}

/// O10: the upstream commits a write and the connection is cut before it answers.
async fn one_write() {
    let cut = || Reply::Bytes(Vec::new());
    let options = UpstreamOptions { retries: 2, total: Duration::from_secs(5), ..short() };
    let upstream = Hostile::start([cut(), Reply::json("200 OK", "7")]).await;
    let told = call(&server(&upstream.origin, options.clone(), Log::default()), "post_once").await;
    assert_eq!(told.kind, "success", "{}", told.whole);
    let key =
        |request: &String| request.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap().to_owned();
    let keys: Vec<_> = upstream.requests().iter().map(key).collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "one write for the upstream: {keys:?}");

    let upstream = Hostile::start([cut(), Reply::json("200 OK", "7")]).await;
    let told = call(&server(&upstream.origin, options, Log::default()), "post").await;
    assert_eq!((told.kind.as_str(), upstream.requests().len()), (UNAVAILABLE, 1), "{}", told.whole);
}

/// O11
async fn one_dead_upstream() {
    let (dead, alive) = (Hostile::start([Reply::Silence]).await, Hostile::start([Reply::json("200 OK", "7")]).await);
    let options = UpstreamOptions { breaker_failures: 3, ..short() };
    let (to_dead, to_alive) =
        (server(&dead.origin, options.clone(), Log::default()), server(&alive.origin, options, Log::default()));
    let mut failing = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let server = to_dead.clone();
        failing.spawn(async move { call(&server, "get").await.kind });
    }
    let mut good = 0;
    for _ in 0..1_000 {
        good += usize::from(call(&to_alive, "get").await.kind == "success");
    }
    assert!(good >= 999, "{good} of 1000");
    let mut answers = 0;
    while let Some(kind) = failing.join_next().await {
        assert!(["timeout", "rate_limited", UNAVAILABLE].contains(&kind.unwrap().as_str()));
        answers += 1;
    }
    assert_eq!(answers, 100, "one answer for each");
    drop((to_dead, to_alive));
    dead.idle().await;
}

/// With the defaults: a call of an upstream that is dead for a minute ends after 30 s, one of 10 GiB and the bombs with
/// their first 10 MiB; 64 bombs at once stay within 64 times that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute"]
async fn sweep() {
    for (what, reply, kind) in [
        ("dead", Reply::Silence, "timeout"),
        ("1 byte/s", Reply::Drip(CHUNKED.into(), b"1\r\n \r\n".into(), Duration::from_secs(1)), "timeout"),
    ] {
        let upstream = Hostile::start([reply]).await;
        let server = server(&upstream.origin, UpstreamOptions::default(), Log::default());
        let told = call(&server, "get").await;
        println!("{what}: {} after {:?}", told.kind, told.took);
        assert_eq!(told.kind, kind, "{}", told.whole);
        assert!(told.took <= Duration::from_millis(30_250), "{:?}", told.took);
    }
    for (what, reply) in [
        (
            "10 GiB",
            Reply::Flood(CHUNKED.into(), [b"10000\r\n".as_slice(), &[b' '; 1 << 16], b"\r\n"].concat(), 10 << 14),
        ),
        ("10 GiB of gzip", Reply::GzipBomb(10)),
    ] {
        let upstream = Hostile::start([reply]).await;
        let server = server(&upstream.origin, UpstreamOptions::default(), Log::default());
        let before = peak();
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let server = server.clone();
            calls.spawn(async move { call(&server, "get").await });
        }
        let mut slowest = Duration::ZERO;
        while let Some(told) = calls.join_next().await {
            let told = told.unwrap();
            assert!([BAD, "timeout"].contains(&told.kind.as_str()), "{what}: {}", told.whole);
            slowest = slowest.max(told.took);
        }
        println!(
            "64 × {what}: VmHWM {} MiB (before: {} MiB), the slowest after {slowest:?}",
            peak() >> 20,
            before >> 20
        );
        assert!(peak() - before < 64 * 3 * UpstreamOptions::default().body, "{}", peak());
    }
}

/// The most memory that this process has had, in bytes (Linux).
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
