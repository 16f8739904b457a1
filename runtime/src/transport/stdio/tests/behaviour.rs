//! What holds for every revision: framing, concurrency, cancellation, the end.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::*;

fn wait(id: &str, millis: u64) -> String {
    modern(id, "tools/call", &format!(r#""name":"wait","arguments":{{"ms":{millis}}},"#))
}

fn cancel(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id},"reason":"x"}}}}"#)
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..1000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn malformed_lines_are_answered_and_the_connection_goes_on() {
    let (mut client, _) = Client::new();
    for (line, start) in [
        (&b"{\n"[..], r#"{"jsonrpc":"2.0","error":{"code":-32700,"#),
        (b"\xff\xfe\n", r#"{"jsonrpc":"2.0","error":{"code":-32700,"#),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3\x28\"}\n", r#"{"jsonrpc":"2.0","error":{"code":-32700,"#),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\0b\"}\n", r#"{"jsonrpc":"2.0","error":{"code":-32700,"#),
        (b"[\n", r#"{"jsonrpc":"2.0","error":{"code":-32700,"#),
        (b"7\n", r#"{"jsonrpc":"2.0","error":{"code":-32600,"#),
        (b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}\n", r#"{"jsonrpc":"2.0","error":{"code":-32600,"#),
        (b"{\"jsonrpc\":\"2.0\",\"id\":8}\n", r#"{"jsonrpc":"2.0","id":8,"error":{"code":-32600,"#),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\",\"params\":[]}\n",
            r#"{"jsonrpc":"2.0","id":8,"error":{"code":-32602,"#,
        ),
    ] {
        client.send_bytes(line).await;
        let answer = client.line().await;
        assert!(answer.starts_with(start), "{}: {answer}", String::from_utf8_lossy(line));
    }
    client.dialogue(&[("", ""), ("  \t\r", ""), (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "")]).await;
}

#[tokio::test]
async fn ids_are_echoed_as_they_are_spelled() {
    let (mut client, _) = Client::new();
    for id in ["0", "-1", "18446744073709551616", r#""""#, r#""a\u0062\/""#, r#""é""#] {
        client.send(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)).await;
        assert_eq!(client.line().await, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#));
        client.send(&modern(id, "nothing", "")).await;
        assert!(client.line().await.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"error""#)));
        client.send(&modern(id, "tools/call", r#""name":"report","#)).await;
        assert!(client.line().await.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result""#)));
    }
}

#[tokio::test]
async fn i15_the_line_cap_is_exact_and_the_connection_goes_on() {
    let (server, _) = fixture::server();
    let limits = Limits { line: 1000, ..Limits::default() };
    let mut client = Client::of(server, limits);
    let line = |length: usize| {
        let frame = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}"#;
        frame.replace(r#""""#, &format!("\"{}\"", "x".repeat(length - frame.len())))
    };
    assert_eq!(line(1000).len(), 1000);
    let pong = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let refused = r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid request: a message is at most 1000 bytes long"}}"#;
    client
        .dialogue(&[
            (&line(999), pong),
            (&line(1000), pong),
            (&line(1001), refused),
            (&line(1000), pong),
            (&line(500_000), refused),
            (&line(1000), pong),
        ])
        .await;
}

#[tokio::test]
async fn i3_a_depth_bomb_is_refused() {
    let (mut client, _) = Client::new();
    let bomb = "[".repeat(1_000_000);
    client
        .send(&modern(
            "1",
            "tools/call",
            &format!(r#""name":"echo","arguments":{{"a":{bomb}{}}},"#, "]".repeat(1_000_000)),
        ))
        .await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"#));
    client.send(&bomb).await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","error":{"code":-32700,"#));
}

#[tokio::test]
async fn a_slow_call_does_not_block_a_fast_one() {
    let (mut client, _) = Client::new();
    client.send(&wait("1", 300)).await;
    client.send(&wait("2", 0)).await;
    client.send(&modern("3", "tools/list", "")).await;
    let ids: Vec<String> = [client.line().await, client.line().await, client.line().await]
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string())
        .collect();
    assert_eq!(ids[2], "1", "{ids:?}");
}

#[tokio::test]
async fn a_cancelled_call_stops_and_gets_no_answer() {
    let (mut client, seen) = Client::new();
    client.send(&wait(r#""\u0061""#, 60_000)).await;
    until("the call starts", || seen.started.load(Ordering::SeqCst) == 1).await;
    // The same id, spelled differently.
    client.dialogue(&[(&cancel("1"), ""), (&cancel("null"), ""), (&cancel(r#""a""#), "")]).await;
    until("the handler is dropped", || seen.dropped.load(Ordering::SeqCst) == 1).await;
    client.dialogue(&[(&cancel(r#""a""#), "")]).await;
    // The id is free again, and the late end of the first call does not answer the second.
    client.send(&wait(r#""a""#, 20)).await;
    assert!(client.line().await.contains("waited 20"));
    assert!(client.end().await.is_empty());
}

#[tokio::test]
async fn an_id_that_is_in_use_is_refused() {
    let (mut client, _) = Client::new();
    client.send(&wait("1", 200)).await;
    client.send(&wait("1", 0)).await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"#));
    client.send(&wait(r#""1""#, 0)).await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","id":"1","result""#), "a string is another id");
    assert!(client.line().await.contains("waited 200"));
}

#[tokio::test]
async fn i15_the_end_of_input_ends_the_server_within_a_second() {
    let (mut client, seen) = Client::new();
    client.send(&wait("1", 60_000)).await;
    client.send(&wait("2", 100)).await;
    client.send(&modern("3", "tools/list", "")).await;
    until("the calls start", || seen.started.load(Ordering::SeqCst) == 2).await;
    let began = Instant::now();
    let rest = client.end().await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let ids: Vec<_> =
        rest.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string()).collect();
    assert_eq!(ids, ["3", "2"], "what is answered in time is written, the cancelled call is not");
    assert_eq!(seen.dropped.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_file_of_requests_without_a_last_line_end_is_answered() {
    let (server, _) = fixture::server();
    let input = format!("{}\n{}", modern("1", "tools/call", r#""name":"report","#), wait("2", 50));
    let mut output = Vec::new();
    serve(server, input.as_bytes(), &mut output, Limits::default()).await.unwrap();
    let output = String::from_utf8(output).unwrap();
    assert_eq!(output.lines().count(), 2, "{output}");
    assert!(output.ends_with('\n'));
}

#[tokio::test]
async fn a_client_that_is_gone_ends_the_server_without_an_error() {
    let (server, seen) = fixture::server();
    let (ours, theirs) = tokio::io::duplex(1024);
    let (reader, writer) = tokio::io::split(theirs);
    let served = tokio::spawn(serve(server, reader, writer, Limits::default()));
    let (output, mut input) = tokio::io::split(ours);
    input.write_all(format!("{}\n", wait("1", 60_000)).as_bytes()).await.unwrap();
    until("the call starts", || seen.started.load(Ordering::SeqCst) == 1).await;
    drop((input, output));
    tokio::time::timeout(Duration::from_secs(2), served).await.expect("ends").unwrap().expect("no error");
    until("the handler is dropped", || seen.dropped.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn dropping_the_server_cancels_what_runs() {
    let (client, seen) = Client::new();
    let mut client = client;
    client.send(&wait("1", 60_000)).await;
    until("the call starts", || seen.started.load(Ordering::SeqCst) == 1).await;
    client.served.abort();
    until("the handler is dropped", || seen.dropped.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i8_many_calls_at_once_each_get_their_own_answer() {
    let (mut client, _) = Client::new();
    let mut input = client.input.take().unwrap();
    let writing = tokio::spawn(async move {
        for number in 0..5000 {
            let call =
                modern(&number.to_string(), "tools/call", &format!(r#""name":"echo","arguments":{{"n":{number}}},"#));
            input.write_all(format!("{call}\n").as_bytes()).await.unwrap();
        }
        input
    });
    let mut seen = vec![false; 5000];
    for _ in 0..5000 {
        let answer: serde_json::Value = serde_json::from_str(&client.line().await).expect("one message a line");
        let id = usize::try_from(answer["id"].as_u64().expect("id")).unwrap();
        assert_eq!(answer["result"]["structuredContent"]["n"].as_u64(), answer["id"].as_u64(), "{answer}");
        assert!(!std::mem::replace(&mut seen[id], true), "{id} is answered once");
    }
    client.input = Some(writing.await.unwrap());
    assert!(client.end().await.is_empty());
}

/// `MCPGEN_TAGGED_CALLS=1000000 cargo test --release -p mcpgen-runtime --all-features --lib i8 -- --nocapture` makes a
/// million calls; without the variable there are 20,000.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i8_tagged_calls_of_many_clients_of_one_server_do_not_mix() {
    const CLIENTS: usize = 64;
    let given = std::env::var("MCPGEN_TAGGED_CALLS").ok();
    let calls = given.map_or(20_000, |given| given.parse::<usize>().expect("MCPGEN_TAGGED_CALLS is a number"));
    let (each, began) = (calls.div_ceil(CLIENTS), std::time::Instant::now());
    let (server, _) = fixture::server();
    let mut clients = tokio::task::JoinSet::new();
    for tag in 0..CLIENTS {
        let server = server.clone();
        clients.spawn(async move {
            let legacy = tag % 2 == 0;
            let mut client = Client::of(server, Limits::default());
            if legacy {
                client.send(&initialize("2025-11-25")).await;
                client.line().await;
            }
            let mut input = client.input.take().unwrap();
            // All clients together stay below the concurrent calls of a server.
            let window = Arc::new(tokio::sync::Semaphore::new(8));
            let open = Arc::clone(&window);
            let writing = tokio::spawn(async move {
                for id in 0..each {
                    open.acquire().await.unwrap().forget();
                    let params = format!(r#""name":"echo","arguments":{{"client":{tag},"call":{id}}}"#);
                    let call = if legacy {
                        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{{params}}}}}"#)
                    } else {
                        modern(&id.to_string(), "tools/call", &format!("{params},"))
                    };
                    input.write_all(format!("{call}\n").as_bytes()).await.unwrap();
                }
                input
            });
            let mut answered = vec![false; each];
            for _ in 0..each {
                let answer: serde_json::Value = serde_json::from_str(&client.line().await).expect("one message a line");
                let id = usize::try_from(answer["id"].as_u64().expect("id")).unwrap();
                let echoed = &answer["result"]["structuredContent"];
                assert_eq!(*echoed, serde_json::json!({ "client": tag, "call": id }), "{answer}");
                window.add_permits(1);
                assert!(!std::mem::replace(&mut answered[id], true), "{id} is answered once");
            }
            client.input = Some(writing.await.unwrap());
            assert!(client.end().await.is_empty());
            each
        });
    }
    let made: usize = clients.join_all().await.into_iter().sum();
    assert_eq!(made, each * CLIENTS);
    println!("{made} calls of {CLIENTS} clients in {:?}, none mixed up", began.elapsed());
}

#[tokio::test]
async fn i5_a_client_that_does_not_read_stops_being_read() {
    let (server, _) = fixture::server();
    let (ours, theirs) = tokio::io::duplex(1024);
    let (reader, writer) = tokio::io::split(theirs);
    let _served = tokio::spawn(serve(server, reader, writer, Limits::default()));
    let (_output, mut input) = tokio::io::split(ours);
    let request = modern("1", "tools/list", "") + "\n";
    let mut sent = 0_usize;
    // Each answer is longer than its request; a server that read on would hold all answers.
    let stalled = tokio::time::timeout(Duration::from_millis(500), async {
        loop {
            input.write_all(request.as_bytes()).await.unwrap();
            sent += request.len();
        }
    });
    assert!(stalled.await.is_err());
    assert!(sent < 1024 * 1024, "{sent}");
}

/// Through real pipes, which the runtime's driver watches.
#[cfg(unix)]
#[test]
fn m4_a_handler_that_blocks_its_thread_does_not_block_the_others() {
    use tokio::net::unix::pipe;

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (server, _) = fixture::server();
        let ((input, reader), (writer, output)) = (pipe::pipe().unwrap(), pipe::pipe().unwrap());
        let heartbeat = Heartbeat::start().unwrap();
        let serving = super::super::serve(server, reader, writer, Limits::default(), heartbeat);
        let served = tokio::spawn(serving);
        let client = std::thread::spawn(move || {
            use std::io::{BufRead as _, Write as _};
            let mut input = std::fs::File::from(input.into_blocking_fd().unwrap());
            let mut output = std::io::BufReader::new(std::fs::File::from(output.into_blocking_fd().unwrap())).lines();
            // Several rounds: which worker waits for input differs.
            for _ in 0..3 {
                writeln!(input, "{}", modern("1", "tools/call", r#""name":"block","#)).unwrap();
                std::thread::sleep(Duration::from_millis(100));
                let began = Instant::now();
                writeln!(input, "{}", modern("2", "tools/call", r#""name":"report","#)).unwrap();
                let first = output.next().unwrap().unwrap();
                assert!(first.contains(r#""id":2,"#), "{first}");
                assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
                assert!(output.next().unwrap().unwrap().contains("blocked"));
            }
        });
        tokio::task::spawn_blocking(|| client.join().unwrap()).await.unwrap();
        served.await.unwrap().unwrap();
    });
}
