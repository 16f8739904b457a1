use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::env::Env;
use crate::upstream::credentials::Credentials;
use crate::upstream::operation::{Api, Operation, SecurityKind, SecurityScheme};
use crate::upstream::testing::{GET, ITS_KEY, SELF_SIGNED};

fn pem(label: &str, base64: &str) -> String {
    // Decoded first: a certificate that is none is not a certificate in armour.
    assert!(STANDARD.decode(base64).is_ok());
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

#[test]
fn a_certificate_and_its_key_are_read_and_print_nothing() {
    let (chain, key) = (pem("CERTIFICATE", SELF_SIGNED), pem("PRIVATE KEY", ITS_KEY));
    let identity = Identity::from_pem(&chain, &key).unwrap();
    assert!(identity.resolver().has_certs());
    assert_eq!(format!("{identity:?}"), "Identity");
    for (chain, key, expected) in [
        ("", key.as_str(), "certificate"),
        (&key, &key, "certificate"),
        (&chain, "", "private key"),
        (&chain, &chain, "private key"),
        (&chain, &pem("PRIVATE KEY", "AAAA"), "of a kind"),
    ] {
        let (Unusable::Chain(problem) | Unusable::Key(problem)) = Identity::from_pem(chain, key).err().unwrap();
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn o5_operations_with_mutual_tls_need_certificate_and_key() {
    static MUTUAL: Api = Api {
        base_url_env: "T_BASE_URL",
        base_url: Some("https://api.example"),
        security_schemes: &[SecurityScheme {
            name: "mutual",
            kind: SecurityKind::MutualTls { key: "T_CLIENT_KEY" },
            env: "T_CLIENT_CERT",
        }],
        operations: &[],
        searched: &[],
    };
    let operation = Operation { security: &[&["mutual"]], ..GET };
    let (chain, key) = (pem("CERTIFICATE", SELF_SIGNED), pem("PRIVATE KEY", ITS_KEY));
    let read = |pairs: &[(&str, &str)]| Credentials::from_env(&MUTUAL, &Env::from_pairs(pairs.iter().copied()));
    let credentials = read(&[("T_CLIENT_CERT", &chain), ("T_CLIENT_KEY", &key)]).unwrap();
    assert!(credentials.identity().is_some() && credentials.missing(operation.security).is_none());
    let missing = read(&[]).unwrap();
    assert!(missing.identity().is_none());
    assert_eq!(missing.missing(operation.security).as_deref(), Some("T_CLIENT_CERT and T_CLIENT_KEY"));
    for (given, value, named) in [("T_CLIENT_CERT", &chain, "T_CLIENT_KEY"), ("T_CLIENT_KEY", &key, "T_CLIENT_CERT")] {
        assert_eq!(read(&[(given, value)]).unwrap_err().variable(), named);
    }
    let error = read(&[("T_CLIENT_CERT", &chain), ("T_CLIENT_KEY", "canary")]).unwrap_err().to_string();
    assert!(error.contains("T_CLIENT_KEY") && !error.contains("canary"), "{error}");
}
