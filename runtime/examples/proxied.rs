//! What a proxied call costs over a bare call of the same upstream: `cargo run --release -p mcpgen-runtime --example proxied
//! --features testing`.
//!
//! One thread serves a constant answer; another makes, in turns of a few hundred, bare calls (`reqwest`, the body read to
//! its end) and calls of a tool whose operation is that request: validation, pipeline, request, gate, answer, result. CPU
//! is that of the calling thread alone. The third column is the same tool with a schema of its answers that is looked after
//! (`lenient`) (`/proc/thread-self/schedstat`, Linux).
//!
//! `proxied bare|get_pet|get_pet_checked CALLS` makes so many calls of one kind and prints nothing: run under
//! `valgrind --tool=callgrind --separate-threads=yes` with two numbers of calls, the difference is what a call costs in
//! instructions, which a busy machine does not change.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends at the first surprise")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use mcpgen_runtime::codegen as rt;

const ROUNDS: usize = 40;
const CALLS: u32 = 250;

static GET_PET: rt::Operation = rt::Operation {
    method: "GET",
    path: "/pets/{petId}",
    parameters: &[
        rt::Parameter {
            argument: "petId",
            name: "petId",
            location: rt::Location::Path,
            style: rt::Style::Simple,
            explode: false,
            ..rt::Parameter::DEFAULT
        },
        rt::Parameter { argument: "verbose", name: "verbose", ..rt::Parameter::DEFAULT },
    ],
    security: &[&["key"]],
    ..rt::Operation::DEFAULT
};

static API: rt::Api = rt::Api {
    base_url_env: "PETS_BASE_URL",
    base_url: None,
    security_schemes: &[rt::SecurityScheme {
        name: "key",
        kind: rt::SecurityKind::ApiKey { location: rt::Location::Header, name: "X-Api-Key" },
        env: "PETS_API_KEY",
    }],
    operations: &[&GET_PET],
    searched: &[],
};

static SERVER: rt::ServerDef =
    rt::ServerDef { name: "pets", title: None, version: "1.0.0", description: None, instructions: None, settings: &[] };

enum GetPet {}

impl rt::Tool for GetPet {
    const DEF: rt::ToolDef = rt::ToolDef {
        name: "get_pet",
        description: "Get one pet.",
        input_schema: r#"{"type":"object","properties":{"petId":{"type":"integer","minimum":1},"verbose":{"type":"boolean"}},"required":["petId"],"additionalProperties":false}"#,
        ..rt::ToolDef::DEFAULT
    };
    type Input = rt::Value;
    type Output = rt::Value;
    type Error = rt::Error;
}

impl rt::UpstreamTool for GetPet {
    const OPERATION: &'static rt::Operation = &GET_PET;
}

/// As the generator writes it for a Pet.
static CHECKED: rt::ToolDef = rt::ToolDef {
    name: "get_pet_checked",
    answer: Some(rt::AnswerDef {
        schema: r##"{"$ref":"#/$defs/Pet"}"##,
        defs: &[
            (
                "Home",
                r#"{"type":"object","required":["room"],"properties":{"room":{"type":"string"},"shelf":{"type":"integer","minimum":1,"maximum":40}}}"#,
            ),
            (
                "Pet",
                r##"{"type":"object","required":["id","name","kind","status","createdAt"],"properties":{"createdAt":{"type":"string"},"home":{"$ref":"#/$defs/Home"},"id":{"type":"integer","minimum":1},"kind":{"enum":["cat","dog"]},"name":{"type":"string","maxLength":80},"status":{"enum":["available","sold"]},"tag":{"type":["string","null"]}}}"##,
            ),
        ],
    }),
    ..<GetPet as rt::Tool>::DEF
};

const BODY: &str = r#"{"id":42,"name":"Rex","kind":"dog","status":"available","tag":null,"home":{"room":"aquarium","shelf":3},"createdAt":"2026-07-28T12:30:00Z"}"#;

/// Answers every request of every connection alike.
fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            std::thread::spawn(move || serve(stream.unwrap(), answer.as_bytes()));
        }
    });
    origin
}

fn serve(mut stream: TcpStream, answer: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..read]);
        if bytes.ends_with(b"\r\n\r\n") {
            bytes.clear();
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

/// Nanoseconds on a processor, of this thread.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Mean latency and CPU of a call, in microseconds.
fn measured(calls: impl FnOnce()) -> (f64, f64) {
    let (wall, before) = (Instant::now(), cpu());
    calls();
    let each = |nanoseconds: f64| nanoseconds / 1000.0 / f64::from(CALLS);
    (each(wall.elapsed().as_nanos() as f64), each((cpu() - before) as f64))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // The bare client needs one for the process; the runtime brings its own.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let origin = upstream();
    let env = rt::Env::from_pairs([("PETS_BASE_URL", origin.as_str()), ("PETS_API_KEY", "k")]);
    let api = rt::Upstream::from_env(&API, &env).unwrap();
    let checked_api = api.clone();
    let server = rt::Server::builder(&SERVER, ())
        .tool(&<GetPet as rt::Tool>::DEF, move |cx, args: rt::Args<rt::Value>| rt::upstream::<GetPet>(&api, &cx, args))
        .tool(&CHECKED, move |cx, args: rt::Args<rt::Value>| rt::upstream::<GetPet>(&checked_api, &cx, args))
        .rate_limit(0)
        .build();
    let client = reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5)).build().unwrap();
    let url = format!("{origin}/pets/42?verbose=true");
    let arguments = serde_json::json!({ "petId": 42, "verbose": true });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    let bare_calls = |calls: u32| {
        runtime.block_on(async {
            for _ in 0..calls {
                let request = client.get(&url).header("accept", "application/json").header("x-api-key", "k");
                assert_eq!(request.send().await.unwrap().bytes().await.unwrap(), BODY);
            }
        });
    };
    let tool_calls = |tool: &str, calls: u32| {
        runtime.block_on(async {
            for _ in 0..calls {
                let result = server.call_tool(tool, &arguments).await;
                assert!(!result.is_error && result.deviations.is_none() && result.text() == BODY, "{result:?}");
            }
        });
    };
    let mut given = std::env::args().skip(1);
    if let (Some(kind), Some(calls)) = (given.next(), given.next()) {
        let calls = calls.parse().unwrap();
        return if kind == "bare" { bare_calls(calls) } else { tool_calls(&kind, calls) };
    }
    let (bare, call) = (|| bare_calls(CALLS), |tool: &str| tool_calls(tool, CALLS));
    bare();
    call("get_pet");
    call("get_pet_checked");
    let (mut of_bare, mut of_proxied, mut of_checked) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_bare.push(measured(bare));
        of_proxied.push(measured(|| call("get_pet")));
        of_checked.push(measured(|| call("get_pet_checked")));
    }
    println!("medians of {ROUNDS} turns of {CALLS} calls, µs for each call");
    println!("{:<8} {:>10} {:>10} {:>8} {:>10} {:>8}", "", "bare", "proxied", "ratio", "checked", "ratio");
    for (name, pick) in [("latency", 0), ("CPU", 1)] {
        let of = |measured: &[(f64, f64)]| {
            median(measured.iter().map(|(wall, cpu)| if pick == 0 { *wall } else { *cpu }).collect())
        };
        let (bare, proxied, checked) = (of(&of_bare), of(&of_proxied), of(&of_checked));
        let (ratio, of_check) = (proxied / bare, checked / bare);
        println!("{name:<8} {bare:>10.1} {proxied:>10.1} {ratio:>8.2} {checked:>10.1} {of_check:>8.2}");
    }
}
