//! `Host` and `Origin`: what keeps a web page from talking to a server on the same machine (SECURITY.md I1; MCP
//! 2026-07-28, "Streamable HTTP", "Security Warning").

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{HOST, ORIGIN};
use http::request::Parts;

use crate::redact;

use super::options::HttpOptions;

/// Decides whether a request may be looked at.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
    on_refusal: fn(&str),
    /// The second of the last report: a flood of refusals is no flood of log lines.
    reported: AtomicU64,
}

impl Guard {
    pub(super) fn new(options: &HttpOptions) -> Self {
        let lower = |list: &[String]| list.iter().map(|one| one.trim().to_ascii_lowercase()).collect();
        Self {
            hosts: lower(&options.allowed_hosts),
            origins: lower(&options.allowed_origins),
            on_refusal: options.on_refusal,
            reported: AtomicU64::new(0),
        }
    }

    /// Whether the request may pass; why not, for the client.
    pub(super) fn admit(&self, parts: &Parts) -> Result<(), &'static str> {
        if !self.host_is_allowed(parts) {
            self.report("Host", "--allowed-host", &shown(parts, &HOST));
            return Err("Forbidden: this Host is not allowed");
        }
        if !self.origin_is_allowed(parts) {
            self.report("Origin", "--allowed-origin", &shown(parts, &ORIGIN));
            return Err("Forbidden: this Origin is not allowed");
        }
        Ok(())
    }

    fn host_is_allowed(&self, parts: &Parts) -> bool {
        if self.hosts.iter().any(|host| host == "*") {
            return true;
        }
        // HTTP/2 has the authority in the URI, as has the absolute form of HTTP/1.1 (RFC 9112 §3.2.2).
        let authority = parts.uri.authority().map(http::uri::Authority::as_str);
        let mut values = parts.headers.get_all(HOST).iter();
        let header = match (values.next(), values.next()) {
            (_, Some(_)) => return false,
            (None, None) => None,
            (Some(value), None) => match value.to_str() {
                Ok(value) => Some(value),
                Err(_) => return false,
            },
        };
        match (authority, header) {
            (None, None) => false,
            (Some(one), None) | (None, Some(one)) => self.host(one),
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other) && self.host(one),
        }
    }

    fn host(&self, value: &str) -> bool {
        let value = value.trim_ascii();
        let Some((name, port)) = split_port(value) else { return false };
        let is = |allowed: &String, host: &str| allowed.eq_ignore_ascii_case(host);
        is_loopback(name) || self.hosts.iter().any(|one| is(one, value) || (port.is_some() && is(one, name)))
    }

    fn origin_is_allowed(&self, parts: &Parts) -> bool {
        let mut values = parts.headers.get_all(ORIGIN).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return true,
            (Some(_), Some(_)) => return false,
            (Some(value), None) => value,
        };
        let Ok(value) = value.to_str() else { return false };
        let value = value.trim_ascii().to_ascii_lowercase();
        if self.origins.iter().any(|allowed| allowed == "*" || *allowed == value) {
            return true;
        }
        let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
        rest.and_then(split_port).is_some_and(|(name, _)| is_loopback(name))
    }

    fn report(&self, header: &str, flag: &str, value: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if self.reported.swap(now, Ordering::Relaxed) != now {
            let value = redact::for_log(value, 128);
            (self.on_refusal)(&format!("403: the {header} {value:?} is not allowed; {flag} {value} allows it"));
        }
    }
}

fn shown(parts: &Parts, name: &http::HeaderName) -> String {
    let mut values = parts.headers.get_all(name).iter();
    let first = values.next().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    first.or_else(|| parts.uri.authority().map(ToString::to_string)).unwrap_or_default()
}

/// Name and port of an authority without user information; `None` where it is no such thing.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let (name, port) = if authority.starts_with('[') {
        let end = authority.find(']')?;
        let (name, rest) = authority.split_at_checked(end.checked_add(1)?)?;
        match rest {
            "" => (name, None),
            rest => (name, Some(rest.strip_prefix(':')?)),
        }
    } else {
        authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)))
    };
    let is_port = |port: &str| port.len() <= 5 && port.parse::<u16>().is_ok() && !port.starts_with('+');
    (!name.is_empty() && !name.contains(['/', '@', '?', '#']) && port.is_none_or(is_port)).then_some((name, port))
}

fn is_loopback(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(options: HttpOptions, uri: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let silent = HttpOptions { on_refusal: |_| {}, ..options };
        Guard::new(&silent).admit(&request.body(()).unwrap().into_parts().0).is_ok()
    }

    #[test]
    fn i1_hosts_of_loopback_alone_by_default() {
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:1", "[::1]", "[::1]:65535"] {
            assert!(admits(HttpOptions::default(), "/mcp", &[("host", host)]), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example:localhost",
            "localhost@evil.example",
            "localhost:99999",
            "localhost:+80",
            "[::1",
            "[::1]x",
            "[::2]",
            "127.0.0.2",
            "0.0.0.0",
            "localhost.",
            "",
        ] {
            assert!(!admits(HttpOptions::default(), "/mcp", &[("host", host)]), "{host}");
        }
        assert!(!admits(HttpOptions::default(), "/mcp", &[]), "no Host at all");
        assert!(!admits(HttpOptions::default(), "/mcp", &[("host", "localhost"), ("host", "localhost")]), "twice");
    }

    #[test]
    fn i1_the_authority_counts_as_host() {
        assert!(admits(HttpOptions::default(), "http://localhost:1/mcp", &[]));
        assert!(!admits(HttpOptions::default(), "http://evil.example/mcp", &[]));
        assert!(!admits(HttpOptions::default(), "http://evil.example/mcp", &[("host", "localhost")]));
        assert!(!admits(HttpOptions::default(), "http://localhost/mcp", &[("host", "evil.example")]));
    }

    #[test]
    fn i1_hosts_are_allowed_with_and_without_a_port() {
        let any = || HttpOptions::default().allow_host("mcp.example.com");
        assert!(admits(any(), "/", &[("host", "mcp.example.com")]));
        assert!(admits(any(), "/", &[("host", "MCP.example.com:8443")]));
        assert!(!admits(any(), "/", &[("host", "x.mcp.example.com")]));
        let one = || HttpOptions::default().allow_host("mcp.example.com:8443");
        assert!(admits(one(), "/", &[("host", "mcp.example.com:8443")]));
        assert!(!admits(one(), "/", &[("host", "mcp.example.com")]));
        assert!(!admits(one(), "/", &[("host", "mcp.example.com:1")]));
    }

    #[test]
    fn i1_origins() {
        let with = |options, origin: &str| admits(options, "/", &[("host", "localhost"), ("origin", origin)]);
        for origin in ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:80"] {
            assert!(with(HttpOptions::default(), origin), "{origin}");
        }
        for origin in [
            "null",
            "http://evil.example",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "http://localhost/path",
            "file://",
            "localhost",
            "",
        ] {
            assert!(!with(HttpOptions::default(), origin), "{origin}");
        }
        let allowed = || HttpOptions::default().allow_origin("https://app.example.com");
        assert!(with(allowed(), "https://app.example.com"));
        assert!(!with(allowed(), "http://app.example.com"), "the scheme is part of an origin");
        assert!(!with(allowed(), "https://app.example.com:8443"), "so is the port");
        let twice = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://localhost")];
        assert!(!admits(HttpOptions::default(), "/", &twice));
    }
}
