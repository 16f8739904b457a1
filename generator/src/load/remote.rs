//! Files on other hosts, for `--allow-remote-refs`. SECURITY.md G7.
//!
//! A document that nobody trusts says which hosts are asked, so: the answer has a size and a deadline, a redirect is
//! not followed, no proxy of the environment is used, and every address of the host must be one that anybody can
//! reach, checked on the addresses that are then connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Fetches the text at a URL. `Err`: why not, in words.
pub(super) type Fetch<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Whether anybody can reach an address: neither this machine nor its network. RFC 6890, and the ranges of IPv6 that
/// hold an IPv4 address.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.segments();
            let v4 = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_public_v4(Ipv4Addr::new(a, b, c, d))
            };
            match [a, b, c, d, e, f] {
                // IPv4-mapped, IPv4-compatible with loopback and unspecified, and NAT64.
                [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
                [0, ..] => false,
                // 6to4.
                [0x2002, high, low, ..] => v4(high, low),
                // Teredo and other protocol assignments, documentation.
                [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
                _ => is_global_unicast(address),
            }
        }
    }
}

/// RFC 4291 §2.4: what is handed out today.
fn is_global_unicast(address: Ipv6Addr) -> bool {
    address.segments().first().is_some_and(|first| first & 0xe000 == 0x2000)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

#[cfg(feature = "remote-refs")]
pub(super) use client::fetch;

/// Without the client.
#[cfg(not(feature = "remote-refs"))]
pub(super) fn fetch(_url: &str) -> Result<String, String> {
    let _ = is_public;
    Err("this mcpgen was built without the feature `remote-refs`".to_owned())
}

#[cfg(feature = "remote-refs")]
mod client {
    use std::net::IpAddr;
    use std::time::Duration;

    use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
    use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

    /// For the whole of one request.
    const DEADLINE: Duration = Duration::from_secs(10);

    /// Fetches a file from a public address.
    pub(in crate::load) fn fetch(url: &str) -> Result<String, String> {
        get(url, super::is_public)
    }

    /// `allowed`: the addresses that may be connected to.
    pub(super) fn get(url: &str, allowed: fn(IpAddr) -> bool) -> Result<String, String> {
        if url.split(['/', '?', '#']).nth(2).is_some_and(|authority| authority.contains('@')) {
            return Err("a URL with a user name is not fetched".to_owned());
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(DEADLINE))
            .max_redirects(0)
            .proxy(None)
            .http_status_as_error(false)
            .user_agent(concat!("mcpgen/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = Allowed { inner: DefaultResolver::default(), allowed };
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        let mut response = agent.get(url).call().map_err(|error| error.to_string())?;
        if response.status() != 200 {
            return Err(match response.headers().get("location") {
                Some(_) => format!("the answer is a redirect ({}), which is not followed", response.status().as_u16()),
                None => format!("the answer has the status {}", response.status().as_u16()),
            });
        }
        let body = response.body_mut().with_config().limit(super::super::MAX_BYTES).read_to_vec();
        let bytes = body.map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| "the answer is not UTF-8".to_owned())
    }

    /// Finds the addresses of a host, and all of them must be allowed.
    #[derive(Debug)]
    struct Allowed {
        inner: DefaultResolver,
        allowed: fn(IpAddr) -> bool,
    }

    impl Resolver for Allowed {
        fn resolve(
            &self,
            uri: &ureq::http::Uri,
            config: &ureq::config::Config,
            timeout: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let addresses = self.inner.resolve(uri, config, timeout)?;
            match addresses.iter().find(|address| !(self.allowed)(address.ip())) {
                Some(address) => {
                    let message = format!("the host has the address {}, which is not public", address.ip());
                    Err(ureq::Error::Other(message.into()))
                }
                None => Ok(addresses),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g7_only_public_addresses_are_asked() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "240.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2002:101:101::",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}

#[cfg(test)]
#[cfg(feature = "remote-refs")]
mod http_tests;
