//! SECURITY.md G8: what a hostile document may cost. Each case is a process of its own, and the system itself holds it to
//! the limit: its processor time (which a busy machine does not change, as it does the time of the clock) and its
//! address space.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// In seconds. The requirement is 5 for a release build; the one of the tests does the same work in several times that.
const CPU: u32 = if cfg!(debug_assertions) { 60 } else { 5 };
/// 1 GiB in kilobytes.
const MEMORY: u32 = 1024 * 1024;

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\nservers: [{url: 'https://t.test'}]\n";

/// The exit code of `mcpgen inspect` and what it says first.
fn inspect(name: &str, text: &str) -> (Option<i32>, String) {
    let path = std::env::temp_dir().join(format!("mcpgen-limits-{}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    let done = run(&path);
    fs::remove_file(path).unwrap();
    done
}

fn run(path: &PathBuf) -> (Option<i32>, String) {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -t {CPU}; ulimit -v {MEMORY}; exec \"$0\" inspect \"$1\""))
        .arg(env!("CARGO_BIN_EXE_mcpgen"))
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said.lines().find(|line| line.starts_with("error")).unwrap_or_default().to_owned())
}

/// `n` lines of the same form.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        let _ = writeln!(text, "{}", line(at));
        text
    })
}

/// An operation whose body is the schema `S` of these.
fn schemas(schemas: &str) -> String {
    format!(
        "{HEAD}paths:\n  /a:\n    post:\n      operationId: a\n      requestBody: {{content: {{application/json: {{schema: \
         {{$ref: '#/components/schemas/S'}}}}}}}}\ncomponents:\n  schemas:\n{schemas}"
    )
}

#[test]
fn g8_hostile_documents_end_within_their_limits() {
    let bomb = |merge: &str| {
        let level = |at: usize| match at {
            0 => "l0: &l0 {a: x, b: x, c: x}".to_owned(),
            _ if merge.is_empty() => format!("l{at}: &l{at} [{}]", vec![format!("*l{}", at - 1); 9].join(", ")),
            _ => format!("l{at}: &l{at} {{<<: *l{}, k{at}: [*l{}, *l{}]}}", at - 1, at - 1, at - 1),
        };
        format!("{HEAD}{}", lines(40, level))
    };
    let lattice = {
        let layer = |at: usize| {
            let next: Vec<String> =
                (0..40).map(|to| format!("{{$ref: '#/components/schemas/L{}_{to}'}}", at / 40 + 1)).collect();
            let body =
                if at / 40 == 7 { "{type: object}".to_owned() } else { format!("{{allOf: [{}]}}", next.join(", ")) };
            format!("    L{}_{}: {body}", at / 40, at % 40)
        };
        schemas(&format!(
            "    S: {{type: object, properties: {{a: {{$ref: '#/components/schemas/L0_0'}}}}}}\n{}",
            lines(320, layer)
        ))
    };
    let shared = {
        let parameters: Vec<String> =
            (0..2000).map(|at| format!("{{name: p{at}, in: query, schema: {{type: string}}}}")).collect();
        let paths = lines(2000, |at| format!("  /b{at}: {{$ref: '#/paths/~1a'}}"));
        format!(
            "{HEAD}paths:\n  /a:\n    parameters: [{}]\n    get: {{operationId: a}}\n{paths}",
            parameters.join(", ")
        )
    };
    let values: Vec<String> = (0..50_000).map(|at| format!("v{at}")).collect();
    let keys = lines(20_000, |at| format!("      unknownKey{at}: {at}"));
    let twice = lines(20_000, |at| format!("x-{}: {at}", at % 10));
    let chain = lines(5_000, |at| format!("    L{at}: {{$ref: '#/components/schemas/L{}'}}", at + 1));
    let slips: Vec<String> = (0..5_000).map(|at| format!("\"q{at}\": {{\"type\": \"strin\"}}")).collect();
    for (name, text, code) in [
        ("aliases.yaml", bomb(""), 1),
        ("merges.yaml", bomb("<<"), 1),
        ("deep.json", "[".repeat(2_000_000), 1),
        ("deep-objects.json", "{\"a\":".repeat(500_000), 1),
        ("deep-flow.yaml", format!("{HEAD}x: {}", "[".repeat(500_000)), 1),
        ("deep-block.yaml", lines(3_000, |at| format!("{}a:", " ".repeat(at))), 1),
        (
            "circle.yaml",
            schemas("    S: {$ref: '#/components/schemas/T'}\n    T: {$ref: '#/components/schemas/S'}\n"),
            0,
        ),
        (
            "recursion.yaml",
            schemas(
                "    S: {type: object, properties: {a: {$ref: '#/components/schemas/S'}, b: {type: array, items: {$ref: '#/components/schemas/S'}}}}\n",
            ),
            0,
        ),
        ("array.yaml", schemas("    S: {type: array, items: {$ref: '#/components/schemas/S'}}\n"), 0),
        (
            "chain.yaml",
            schemas(&format!("    S: {{$ref: '#/components/schemas/L0'}}\n{chain}    L5000: {{type: string}}\n")),
            0,
        ),
        ("lattice.yaml", lattice, 0),
        ("shared.yaml", shared, 1),
        (
            "enum.yaml",
            schemas(&format!(
                "    S: {{type: object, properties: {{e: {{type: string, enum: [{}]}}}}}}\n",
                values.join(", ")
            )),
            0,
        ),
        ("keys.yaml", schemas(&format!("    S:\n      type: object\n{keys}")), 0),
        ("twice.yaml", format!("{}{twice}", schemas("    S: {type: object}\n")), 0),
        (
            "one-line.json",
            format!(
                "{{\"openapi\": \"3.1.0\", \"info\": {{\"title\": \"é\", \"version\": \"1\"}}, \"paths\": {{\"/a\": {{\"post\": {{\"operationId\": \"a\", \"requestBody\": {{\"content\": {{\"application/json\": {{\"schema\": {{\"type\": \"object\", \"properties\": {{{}}}}}}}}}}}}}}}}}}}",
                slips.join(", ")
            ),
            0,
        ),
    ] {
        let (ended, error) = inspect(name, &text);
        assert_eq!(ended, Some(code), "{name}: {error}");
        assert_eq!(code == 1, error.starts_with("error[E"), "{name}: {error}");
    }
}

#[test]
fn g8_a_file_beyond_the_limit_is_not_read_into_memory() {
    let path = std::env::temp_dir().join(format!("mcpgen-limits-{}-large", std::process::id()));
    fs::File::create(&path).unwrap().set_len(8 << 30).unwrap();
    let (code, error) = run(&path);
    fs::remove_file(path).unwrap();
    assert_eq!((code, error.contains("larger than 64 MiB")), (Some(1), true), "{error}");
}
