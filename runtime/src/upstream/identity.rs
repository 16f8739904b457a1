//! A client certificate with its private key (`mutualTLS`, OpenAPI 3.1.1 §4.8.27).

use std::fmt;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

/// Shown to the API that asks for it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Identity(Arc<SingleCertAndKey>);

/// Which of the two cannot be used, and why, as the end of a sentence that repeats neither.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    Chain(&'static str),
    Key(&'static str),
}

impl Identity {
    /// Reads the certificate with its chain, and the key (PKCS #8, PKCS #1 or SEC 1), both PEM (RFC 7468).
    ///
    /// # Errors
    /// No certificate, no key, or one that belongs to another certificate.
    pub(crate) fn from_pem(chain: &str, key: &str) -> Result<Self, Unusable> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or(Unusable::Chain("holds no certificate in PEM"))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
        let key = key.map_err(|_| Unusable::Key("holds no private key in PEM, or one that is encrypted"))?;
        let provider = rustls::crypto::ring::default_provider();
        match CertifiedKey::from_der(chain, key, &provider) {
            Ok(certified) => Ok(Self(Arc::new(certified.into()))),
            Err(rustls::Error::InconsistentKeys(_)) => Err(Unusable::Key("is not the key of the certificate")),
            Err(_) => Err(Unusable::Key("is of a kind that TLS does not know, or its certificate cannot be read")),
        }
    }

    pub(crate) fn resolver(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::clone(&self.0) as Arc<dyn ResolvesClientCert>
    }
}

/// Neither certificate nor key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
