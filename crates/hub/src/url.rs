//! The little that downloads need to know of addresses: whose they are, and where a redirect leads.

use std::fmt::Write as _;

use ureq::http::Uri;

/// Who answers at an address. The token is for one origin only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of `http://` and `https://` addresses; none for all others.
    pub(crate) fn of(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        // A port that is no number of one.
        let named = uri.authority().is_some_and(|whole| whole.as_str().rsplit(['@', ']']).next().is_some_and(has_port));
        if named && uri.port_u16().is_none() {
            return None;
        }
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        Some(Self { scheme, host, port: uri.port_u16().unwrap_or(usual) })
    }

    /// Whether this is the machine itself. A proxy has no say there.
    pub(crate) fn is_loopback(&self) -> bool {
        ["localhost", "127.0.0.1", "[::1]"].contains(&self.host.as_str())
    }
}

/// Whether something stands behind the colon of a host.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty())
}

/// Whether `endpoint` can stand in front of a path.
pub(crate) fn check_endpoint(endpoint: &str) -> Result<(), &'static str> {
    Origin::of(endpoint)
        .ok_or("the endpoint must be http:// or https:// and a host, with a port in 0..=65535 if with any")?;
    if endpoint.contains(['?', '#', '@']) {
        return Err("the endpoint must have no query, no fragment and no user name");
    }
    Ok(())
}

/// The address that `location` means when `from` answers with it.
///
/// A step from https down to http is refused: what comes after it could be anybody's.
pub(crate) fn next_hop(from: &str, location: &str) -> Result<String, &'static str> {
    let scheme = from.split_once("://").map_or("http", |(scheme, _)| scheme);
    let authority = from.split('/').nth(2).unwrap_or_default();
    let path_end = from.find(['?', '#']).unwrap_or(from.len());
    let next = if location.contains("://") && !location.starts_with(['/', '?', '.']) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.starts_with('?') {
        format!("{}{location}", &from[..path_end])
    } else {
        let folder = from[..path_end].rfind('/').map_or(path_end, |slash| slash + 1);
        format!("{}{location}", &from[..folder])
    };
    let there = Origin::of(&next).ok_or("it leads to no http or https address")?;
    if scheme.eq_ignore_ascii_case("https") && there.scheme == "http" {
        return Err("it leads from https to http");
    }
    Ok(next)
}

/// `path` with everything but plain signs and slashes in percent form.
pub(crate) fn encode(path: &str) -> String {
    escape(path, b"-_.~/")
}

/// As [`encode`], but with the slashes in percent form too: one part of a path.
pub(crate) fn encode_part(part: &str) -> String {
    escape(part, b"-_.~")
}

fn escape(text: &str, plain: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}"); // writing to a String cannot fail
        }
        out
    })
}

/// An address for messages: without its query, which may carry a signature that opens the file to anyone.
pub(crate) fn shown(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    address[..end].chars().map(|sign| if sign.is_control() { '?' } else { sign }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_host_and_port() {
        let same = |a: &str, b: &str| Origin::of(a).unwrap() == Origin::of(b).unwrap();
        assert!(same("https://hub.test", "https://HUB.test:443/x?y"));
        assert!(!same("https://hub.test", "http://hub.test"));
        assert!(!same("https://hub.test", "https://hub.test:444"));
        assert!(!same("https://hub.test", "https://hub.test.evil.test/"));
        assert!(!same("https://hub.test", "https://hub.test@evil.test/"));
        assert!(!same("https://hub.test", "https://hub.test:443@evil.test/"));
        for bad in ["ftp://x/y", "file:///etc/passwd", "/x", "", "https://", "nonsense"] {
            assert_eq!(Origin::of(bad), None, "{bad}");
        }
        assert!(Origin::of("http://127.0.0.1:8080/x").unwrap().is_loopback());
        assert!(!Origin::of("http://127.0.0.1.evil.test/x").unwrap().is_loopback());
    }

    #[test]
    fn redirects_resolve() {
        let from = "https://hub.test:8/a/b?q=1";
        for (location, want) in [
            ("https://cdn.test/x?s=2", "https://cdn.test/x?s=2"),
            ("//cdn.test/x", "https://cdn.test/x"),
            ("/x/y?u=http://z", "https://hub.test:8/x/y?u=http://z"),
            ("c", "https://hub.test:8/a/c"),
            ("?q=2", "https://hub.test:8/a/b?q=2"),
        ] {
            assert_eq!(next_hop(from, location).as_deref(), Ok(want), "{location}");
        }
        assert!(next_hop(from, "file:///etc/passwd").is_err());
        assert!(next_hop(from, "http://hub.test/x").is_err(), "https must not step down to http");
        assert!(next_hop("http://hub.test/a", "https://hub.test/a").is_ok());
    }

    #[test]
    fn signs_are_escaped_and_queries_hidden() {
        assert_eq!(encode("a b/ü+.gguf"), "a%20b/%C3%BC%2B.gguf");
        assert_eq!(encode_part("refs/pr/1"), "refs%2Fpr%2F1");
        assert_eq!(shown("https://cdn.test/x?sig=secret"), "https://cdn.test/x");
        assert_eq!(shown("a\nb"), "a?b");
    }

    #[test]
    fn endpoints_are_checked() {
        assert!(check_endpoint("http://127.0.0.1:80/mirror").is_ok());
        assert!(check_endpoint("http://[::1]:8080").is_ok() && check_endpoint("https://hub.test:/x").is_ok());
        for bad in [
            "http://hub.test:99999",
            "http://[::1]:70000/x",
            "hub.test",
            "ftp://hub.test",
            "https://hub.test?x",
            "https://me:you@hub.test",
            "",
        ] {
            assert!(check_endpoint(bad).is_err(), "{bad}");
        }
    }
}
