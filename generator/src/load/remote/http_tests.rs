//! A host on loopback, which only these tests may ask.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::client::get;
use crate::diag::Report;
use crate::load::{bundle, from_text, load_with};
use crate::options::Options;

/// Answers every connection with what the path asks for, and counts them.
fn host() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            let Ok(mut stream) = stream else { continue };
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let mut request = [0; 2048];
            let read = stream.read(&mut request).unwrap_or(0);
            let path = String::from_utf8_lossy(&request[..read]).split(' ').nth(1).unwrap_or("/").to_owned();
            let ok = |body: &str| {
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
            };
            let answer = match path.as_str() {
                "/parts/limit.yaml" => ok("Limit: {name: limit, in: query, schema: {$ref: 'types.yaml#/Count'}}\n"),
                "/parts/types.yaml" => ok("Count: {type: integer, maximum: 7}\n"),
                "/redirect" => {
                    "HTTP/1.1 302 Found\r\nLocation: /parts/limit.yaml\r\nContent-Length: 0\r\n\r\n".to_owned()
                }
                "/large" => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1_u64 << 40),
                _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, count)
}

fn document(address: SocketAddr) -> String {
    format!(
        "openapi: 3.0.3\npaths:\n  /a: {{get: {{parameters: [{{$ref: 'http://{address}/parts/limit.yaml#/Limit'}}]}}}}\n"
    )
}

#[test]
fn g7_nothing_is_fetched_unless_it_is_allowed() {
    let (address, count) = host();
    let folder = std::env::temp_dir().join(format!("mcpgen-remote-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("api.yaml");
    std::fs::write(&path, document(address)).unwrap();
    // Not allowed: nobody is asked.
    let mut report = Report::default();
    let read = load_with(&path, &Options::default(), &mut report).unwrap();
    let refused = crate::openapi::lower(&read, &Options::default(), None, &mut report);
    assert!(refused.is_err() && report.render(false).contains("error[E0203]"), "{}", report.render(false));
    // Allowed, but this machine is not public.
    let mut report = Report::default();
    let options = Options { allow_remote_refs: true, ..Options::default() };
    assert!(load_with(&path, &options, &mut report).is_err());
    let shown = report.render(false);
    assert!(shown.contains("error[E0206]") && shown.contains("127.0.0.1, which is not public"), "{shown}");
    // Connections are accepted in order: once this one is counted, an earlier one would be.
    drop(std::net::TcpStream::connect(address).unwrap());
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while count.load(Ordering::SeqCst) == 0 && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(count.load(Ordering::SeqCst), 1, "somebody asked the host");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn g7_remote_files_join_the_document() {
    let (address, count) = host();
    let mut report = Report::default();
    let mut document = from_text("api.yaml", &document(address), &mut report).unwrap();
    let fetch = |url: &str| get(url, |ip| ip.is_loopback());
    bundle::bundle_with(&mut document, std::path::Path::new("api.yaml"), None, Some(&fetch), &mut report).unwrap();
    let files = document.value["x-mcpgen-files"].as_object().unwrap();
    assert_eq!(files.len(), 2);
    let server = crate::openapi::lower(&document, &Options::default(), None, &mut report).unwrap();
    let value = &server.tools[0].input.value["properties"]["limit"];
    assert_eq!(value["$ref"], "#/$defs/Count", "{value}");
    assert_eq!(server.schemas["Count"].value["maximum"], 7);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn g7_redirects_sizes_and_other_answers_are_refused() {
    let (address, _) = host();
    let fetch = |path: &str| get(&format!("http://{address}{path}"), |ip| ip.is_loopback()).unwrap_err();
    assert!(fetch("/redirect").contains("not followed"), "{}", fetch("/redirect"));
    assert!(fetch("/nothing").contains("404"));
    assert!(!fetch("/large").is_empty());
    assert!(get(&format!("http://user@{address}/parts/limit.yaml"), |_| true).unwrap_err().contains("user name"));
}
