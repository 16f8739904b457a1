//! Who sends a request.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use http::Extensions;

use crate::principal::Principal;

/// The caller of one request.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) principal: Option<Principal>,
    /// What limits count by.
    pub(super) key: Arc<str>,
}

impl Caller {
    /// The [`Principal`] in the extensions, else the address there ([`SocketAddr`] or [`IpAddr`]); without both, all
    /// callers are one.
    pub(super) fn of(extensions: &Extensions) -> Self {
        let principal = extensions.get::<Principal>().cloned();
        let address = || {
            let address = extensions.get::<SocketAddr>().map(SocketAddr::ip);
            address.or_else(|| extensions.get::<IpAddr>().copied())
        };
        let key = match &principal {
            Some(principal) => format!("principal:{}", principal.id()).into(),
            None => address().map_or_else(|| "http".into(), key),
        };
        Self { principal, key }
    }
}

impl From<IpAddr> for Caller {
    /// Nobody but an address.
    fn from(address: IpAddr) -> Self {
        Self { principal: None, key: key(address) }
    }
}

/// An address as a client. Of version 6, one client has a whole /64.
fn key(address: IpAddr) -> Arc<str> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string().into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_come_before_addresses() {
        let mut extensions = Extensions::new();
        assert_eq!(&*Caller::of(&extensions).key, "http");
        extensions.insert(IpAddr::from([192, 0, 2, 1]));
        assert_eq!(&*Caller::of(&extensions).key, "192.0.2.1");
        extensions.insert(SocketAddr::from(([192, 0, 2, 2], 1234)));
        assert_eq!(&*Caller::of(&extensions).key, "192.0.2.2", "without the port");
        extensions.insert(Principal::new("192.0.2.2"));
        assert_eq!(&*Caller::of(&extensions).key, "principal:192.0.2.2", "nobody can pose as an address");
    }

    #[test]
    fn a_network_of_version_6_is_one_client() {
        assert_eq!(&*key("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1:2::/64");
        assert_eq!(&*key("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
    }
}
