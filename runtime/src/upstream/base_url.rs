//! The base URL of an API: the one place that an origin comes from (SECURITY.md O2).

use std::borrow::Cow;

use url::Url;

use super::operation::Operation;
use super::problem;
use crate::error::Error;

/// An absolute `http` or `https` URL without credentials, query and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    /// Scheme, host and port.
    origin: String,
    /// The path without the slash at its end.
    prefix: String,
    /// The origin as a URL: what every request begins with, parsed once.
    root: Url,
}

impl BaseUrl {
    /// Reads a base URL.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence. It does not repeat the text, which may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let Ok(url) = Url::parse(text.trim()) else {
            return Err("is not a URL: give it as https://host/path");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err("is not an http or https URL");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name or a password: credentials have variables of their own");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("has a query or a fragment: a base URL is scheme, host, port and path");
        }
        let origin = url.origin().ascii_serialization();
        let root = Url::parse(&origin).map_err(|_| "is not a URL: give it as https://host/path")?;
        Ok(Self { origin, prefix: url.path().trim_end_matches('/').to_owned(), root })
    }

    /// The base of an operation, and whether credentials may go there.
    ///
    /// Where the environment sets the base URL, everything goes to its origin: of a base URL of the operation's own only
    /// the path is used. Otherwise the document's own base URLs are as good as the one that it begins with, except that
    /// credentials for `https` never go over `http` to another origin.
    ///
    /// # Errors
    /// `Internal`, where the table holds no URL.
    pub(crate) fn of_operation(&self, overridden: bool, operation: &Operation) -> Result<(Cow<'_, Self>, bool), Error> {
        let Some(own) = operation.base_url else { return Ok((Cow::Borrowed(self), true)) };
        let own = Self::parse(own).map_err(|what| {
            problem::table(format!("The base URL of {} {} {what}", operation.method, operation.path))
        })?;
        if overridden {
            return Ok((Cow::Owned(Self { prefix: own.prefix, ..self.clone() }), true));
        }
        let downgrade = self.is_https() && !own.is_https();
        Ok((Cow::Owned(own), !downgrade))
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the scheme is `https`.
    pub(crate) fn is_https(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// The URL of a request. `None`, where a URL parser reads anything else than what was written: another path or query.
    /// The origin is the one that was parsed at the start; neither can change it, whatever they hold.
    pub(crate) fn join(&self, path: &str, query: &str) -> Option<Url> {
        let mut url = self.root.clone();
        if self.prefix.is_empty() {
            url.set_path(path);
        } else {
            url.set_path(&format!("{}{path}", self.prefix));
        }
        if !query.is_empty() {
            url.set_query(Some(query));
        }
        let own = url.path().strip_prefix(self.prefix.as_str()) == Some(path);
        (own && url.query().unwrap_or_default() == query).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::testing::GET;

    fn base(text: &str) -> BaseUrl {
        BaseUrl::parse(text).unwrap()
    }

    #[test]
    fn origin_and_path_are_kept_apart() {
        for (text, origin, prefix) in [
            ("https://api.example/v1/", "https://api.example", "/v1"),
            ("https://API.example:443", "https://api.example", ""),
            ("http://127.0.0.1:8080/a/b", "http://127.0.0.1:8080", "/a/b"),
            ("http://[::1]:9/", "http://[::1]:9", ""),
            (" https://api.example/v1\n", "https://api.example", "/v1"),
        ] {
            let base = base(text);
            assert_eq!((base.origin(), base.prefix.as_str()), (origin, prefix));
            assert_eq!(base.root.as_str(), format!("{origin}/"));
        }
    }

    #[test]
    fn i11_what_is_no_base_url_is_refused_without_repeating_it() {
        for text in [
            "",
            "/v1",
            "api.example/v1",
            "ftp://api.example",
            "file:///etc/passwd",
            "https://user:canary@api.example",
            "https://canary@api.example",
            "https://api.example/?key=canary",
            "https://api.example/#canary",
        ] {
            let problem = BaseUrl::parse(text).unwrap_err();
            assert!(!problem.contains("canary"), "{problem}");
        }
    }

    #[test]
    fn o2_o5_where_an_operation_goes_and_whether_credentials_do() {
        let document = base("https://api.example/v1");
        let own = |base_url| Operation { base_url, ..GET };
        for (overridden, own, expected, credentials) in [
            (false, own(None), "https://api.example/v1", true),
            (true, own(None), "https://api.example/v1", true),
            (false, own(Some("https://uploads.example/v2")), "https://uploads.example/v2", true),
            (false, own(Some("http://uploads.example/v2")), "http://uploads.example/v2", false),
            (true, own(Some("http://uploads.example/v2")), "https://api.example/v2", true),
        ] {
            let (target, sent) = document.of_operation(overridden, &own).unwrap();
            assert_eq!((target.into_owned(), sent), (base(expected), credentials), "{overridden} {own:?}");
        }
        assert!(document.of_operation(false, &own(Some("/relative"))).is_err());
    }

    #[test]
    fn o1_o2_a_url_that_a_parser_reads_otherwise_is_refused() {
        let base = base("https://api.example/v1");
        assert_eq!(base.join("/a%20b", "c=d").unwrap().as_str(), "https://api.example/v1/a%20b?c=d");
        for path in ["/..", "/%2e%2e/x", "/.%2E", "/a/../b", "/\\evil", "/a\tb", "/a b", "/a?b", "/a#b"] {
            assert!(base.join(path, "").is_none(), "{path}");
        }
        let root = BaseUrl::parse("https://api.example").unwrap();
        for path in ["@evil.example/", ".evil.example/", ":81/", ""] {
            assert!(root.join(path, "").is_none(), "{path}");
        }
        for query in ["a=b#c", "a=b c", "a='b'", "a=\u{e9}"] {
            assert!(base.join("/a", query).is_none(), "{query}");
        }
    }
}
