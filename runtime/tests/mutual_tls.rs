//! Mutual TLS in full: an API that demands a certificate of an authority that the test makes, with `rustls` on its side.
//! SECURITY.md O5 and O6.
//!
//! The client trusts what the platform trusts, and on Linux the file that `SSL_CERT_FILE` names. A process cannot change
//! that for itself safely, so the test runs itself once more.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends at the first surprise")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use mcpgen_runtime::codegen as rt;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};

/// Says to the second process where the certificates are.
const FOLDER: &str = "MCPGEN_TEST_MUTUAL_TLS";

const WAIT: Duration = Duration::from_secs(20);

#[test]
fn o5_o6_a_client_certificate_opens_its_own_api_and_is_shown_to_no_other() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return handshakes(std::path::Path::new(&folder));
    }
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mutual-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    certificates(&folder);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "o5_o6_a_client_certificate_opens_its_own_api_and_is_shown_to_no_other", "--nocapture"])
        .env(FOLDER, &folder)
        .env("SSL_CERT_FILE", folder.join("authority.pem"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed") && said.contains("handshakes: 6"), "{said}{errors}");
}

/// An authority, a server and a client that it signs, and a client that another authority signs.
fn certificates(folder: &std::path::Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        (Issuer::new(params, key), pem)
    };
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let issue = |name: &str, by: &Issuer<'_, KeyPair>, purpose: ExtendedKeyUsagePurpose| {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        write(&format!("{name}.pem"), &params.signed_by(&key, by).unwrap().pem());
        write(&format!("{name}.key"), &key.serialize_pem());
    };
    let (trusted, pem) = authority("the authority of the test");
    write("authority.pem", &pem);
    issue("server", &trusted, ExtendedKeyUsagePurpose::ServerAuth);
    issue("client", &trusted, ExtendedKeyUsagePurpose::ClientAuth);
    issue("stranger", &authority("another authority").0, ExtendedKeyUsagePurpose::ClientAuth);
}

/// An API that answers every request and says how many certificates it was shown; `demands` one, or takes one that is given.
fn api(folder: &std::path::Path, demands: bool) -> (String, mpsc::Receiver<usize>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("authority.pem")).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = if demands { verifier } else { verifier.allow_unauthenticated() }.build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_file(folder.join("server.pem")).unwrap()],
            PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (shown, received) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, config, shown) = (stream.unwrap(), Arc::clone(&config), shown.clone());
            std::thread::spawn(move || {
                stream.set_read_timeout(Some(WAIT)).unwrap();
                let mut connection = ServerConnection::new(config).unwrap();
                let mut tls = Stream::new(&mut connection, &mut stream);
                let mut request = Vec::new();
                let mut chunk = [0; 1024];
                while !request.ends_with(b"\r\n\r\n") {
                    match tls.read(&mut chunk) {
                        Ok(read @ 1..) => request.extend_from_slice(&chunk[..read]),
                        _ => return,
                    }
                }
                shown.send(tls.conn.peer_certificates().map_or(0, <[_]>::len)).unwrap();
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
            });
        }
    });
    (origin, received)
}

static SCHEMES: [rt::SecurityScheme; 1] = [rt::SecurityScheme {
    name: "mutual",
    kind: rt::SecurityKind::MutualTls { key: "T_CLIENT_KEY" },
    env: "T_CLIENT_CERT",
}];

/// What a server with this environment answers to a call of the operation: an error's `type`, or nothing.
fn called(origin: &str, env: &[(&str, &str)], operation: rt::Operation) -> Result<(), String> {
    static DEF: rt::ServerDef =
        rt::ServerDef { name: "t", title: None, version: "0", description: None, instructions: None, settings: &[] };
    static TOOL: rt::ToolDef = rt::ToolDef { name: "get", ..rt::ToolDef::DEFAULT };
    let api: &'static rt::Api = Box::leak(Box::new(rt::Api {
        base_url_env: "T_BASE_URL",
        base_url: Some(String::leak(origin.to_owned())),
        security_schemes: &SCHEMES,
        operations: &[],
        searched: &[],
    }));
    let operation: &'static rt::Operation = Box::leak(Box::new(operation));
    let env = env.iter().copied().chain([("T_RETRIES", "0")]);
    let upstream = rt::Upstream::from_env(api, &rt::Env::from_pairs(env)).unwrap();
    let server = rt::Server::builder(&DEF, ())
        .tool(&TOOL, move |cx, args: rt::Args<rt::Value>| {
            rt::upstream_untyped(&upstream, &cx, operation, &[], args.into_raw())
        })
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let call = async { tokio::time::timeout(WAIT, server.call_tool("get", serde_json::json!({}))).await.unwrap() };
    let result = runtime.block_on(call);
    if result.is_error { Err(serde_json::to_string(&result).unwrap()) } else { Ok(()) }
}

fn handshakes(folder: &std::path::Path) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (chain, key) = (read("client.pem"), read("client.key"));
    let own = [("T_CLIENT_CERT", chain.as_str()), ("T_CLIENT_KEY", key.as_str())];
    let path = |name: &str| String::leak(folder.join(name).display().to_string()) as &'static str;
    let files = [("T_CLIENT_CERT_FILE", path("client.pem")), ("T_CLIENT_KEY_FILE", path("client.key"))];
    let (chain, key) = (read("stranger.pem"), read("stranger.key"));
    let strange = [("T_CLIENT_CERT", chain.as_str()), ("T_CLIENT_KEY", key.as_str())];
    let secured = || rt::Operation { path: "/a", security: &[&["mutual"]], ..rt::Operation::DEFAULT };
    let (origin, shown) = api(folder, true);
    let mut count = 0;
    let mut counted = || count += 1;

    // From the environment, and from files.
    for env in [&own[..], &files] {
        called(&origin, env, secured()).unwrap();
        assert_eq!(shown.recv_timeout(WAIT).unwrap(), 1, "the certificate was shown");
        counted();
    }
    // Without one: the server says what to set, and asks nobody. Where the document says nothing, the API refuses.
    let error = called(&origin, &[], secured()).unwrap_err();
    assert!(error.contains("T_CLIENT_CERT and T_CLIENT_KEY") && !error.contains("TlsFailed"), "{error}");
    let error = called(&origin, &[], rt::Operation { security: &[], ..secured() }).unwrap_err();
    assert!(error.contains("TlsFailed") && error.contains("ertificate"), "{error}");
    counted();
    // One of another authority.
    let error = called(&origin, &strange, secured()).unwrap_err();
    assert!(error.contains("TlsFailed") && !error.contains("BEGIN"), "{error}");
    counted();
    assert!(shown.try_recv().is_err(), "no request came through");

    // Another origin, that would take a certificate and is shown none: its own operation, by any security.
    let (other, seen) = api(folder, false);
    let elsewhere = rt::Operation { base_url: Some(String::leak(other.clone())), ..secured() };
    called(&origin, &own, elsewhere).unwrap();
    assert_eq!(seen.recv_timeout(WAIT).unwrap(), 0, "the certificate belongs to {origin}");
    counted();
    // And it is that origin that matters: as the API's own, it is shown one.
    called(&other, &own, secured()).unwrap();
    assert_eq!(seen.recv_timeout(WAIT).unwrap(), 1);
    counted();
    println!("handshakes: {count}");
}
