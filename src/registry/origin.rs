//! Where a request goes: scheme, host and port, and which hop from one to another is allowed.

use std::fmt;

use url::{Host, Url};

use super::error::RegistryError;
use super::excerpt::excerpt;
use super::settings::LoopbackScheme;
use crate::loopback::is_this_machine;
use crate::transport::{Route, Scheme};

/// Scheme, host and port. Credentials belong to one origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostOrigin {
    scheme: Scheme,
    host: Host<String>,
    port: u16,
}

impl HostOrigin {
    /// The origin of `url`, unless it is of another scheme, has no host, or carries credentials.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let bare = url.username().is_empty() && url.password().is_none();
        let host = url.host().filter(|_| bare)?.to_owned();
        Some(Self { scheme, host, port: url.port_or_known_default()? })
    }

    pub(crate) const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the host is this machine: 127.0.0.0/8, ::1, `localhost` or a name below it (RFC 6761 section 6.3).
    pub(crate) fn is_loopback(&self) -> bool {
        is_this_machine(&self.host)
    }

    /// Loopback is reached without a proxy.
    pub(crate) fn route(&self) -> Route {
        if self.is_loopback() { Route::Direct } else { Route::Usual }
    }

    /// Whether a URL leads to another host, or to another port by the same scheme. Another scheme at the same host is none.
    pub(super) fn is_left_by(&self, url: &Url) -> bool {
        Self::of(url).is_some_and(|to| to.host != self.host || (to.scheme == self.scheme && to.port != self.port))
    }

    /// Whether `listed` (`host` or `host:port`, as the user lists insecure hosts) names this origin. Without a port any
    /// port is meant.
    fn is_listed_as(&self, listed: &str) -> bool {
        let host = self.host.to_string();
        listed.eq_ignore_ascii_case(&host) || listed.eq_ignore_ascii_case(&format!("{host}:{}", self.port))
    }
}

impl fmt::Display for HostOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        write!(formatter, "{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(formatter, ":{}", self.port) }
    }
}

/// The URL that a registry host is asked at: HTTPS, except plain HTTP for loopback and for hosts that the user listed.
///
/// # Errors
/// [`RegistryError::Setting`] when the host makes no URL.
pub(crate) fn base_url(host: &str, insecure: &[String], loopback: LoopbackScheme) -> Result<Url, RegistryError> {
    let unusable = || RegistryError::Setting { what: format!("registry {:?}", excerpt(host)), fact: "no host".into() };
    let secure = Url::parse(&format!("https://{host}/")).map_err(|_| unusable())?;
    let origin = HostOrigin::of(&secure).ok_or_else(unusable)?;
    let plain = match loopback {
        LoopbackScheme::Plain => origin.is_loopback(),
        LoopbackScheme::Tls => false,
    };
    // The port of a name without one follows from the scheme, and cannot say which that is.
    let named = host.strip_prefix('[').map_or(host, |rest| rest.split_once(']').map_or(rest, |(_, port)| port));
    let listed = match named.contains(':') {
        true => may_be_plain_by_list(&origin, insecure),
        false => insecure.iter().any(|listed| listed.eq_ignore_ascii_case(&origin.host.to_string())),
    };
    if plain || listed {
        return Url::parse(&format!("http://{host}/")).map_err(|_| unusable());
    }
    Ok(secure)
}

/// The name of Docker Hub as references name it.
const DOCKER_HUB: &str = "docker.io";

/// The host that requests for a registry of this name go to.
pub(super) fn request_host(host: &str) -> &str {
    let name = host.strip_suffix(":443").unwrap_or(host);
    if name.eq_ignore_ascii_case(DOCKER_HUB) { "registry-1.docker.io" } else { host }
}

/// How a registry of this name is reached, which says what port a name without one stands for. What makes no URL is no
/// registry, and is never reached.
pub(crate) fn scheme_of(host: &str, insecure: &[String], loopback: LoopbackScheme) -> notary::reference::Scheme {
    match base_url(request_host(host), insecure, loopback) {
        Ok(url) if url.scheme() == "http" => notary::reference::Scheme::Http,
        _ => notary::reference::Scheme::Https,
    }
}

fn may_be_plain_by_list(origin: &HostOrigin, insecure: &[String]) -> bool {
    insecure.iter().any(|listed| origin.is_listed_as(listed))
}

/// Checks a step from `from` to the URL that it names in a redirect, `Location` or `Link`: never from HTTPS to plain
/// HTTP except from loopback to loopback, plain HTTP only where a request could have gone anyway.
///
/// # Errors
/// [`RegistryError::Hop`].
pub(crate) fn check_hop(from: &HostOrigin, to: &Url, insecure: &[String]) -> Result<HostOrigin, RegistryError> {
    let refuse = |fact| RegistryError::Hop { from: from.to_string(), to: shown(to), fact };
    let target = HostOrigin::of(to).ok_or_else(|| refuse("not an HTTP URL, or one with credentials"))?;
    if target.scheme == Scheme::Http {
        let both_loopback = from.is_loopback() && target.is_loopback();
        if from.scheme == Scheme::Https && !both_loopback {
            return Err(refuse("plain HTTP after HTTPS"));
        }
        if !target.is_loopback() && !may_be_plain_by_list(&target, insecure) {
            return Err(refuse("plain HTTP to a host that is neither loopback nor listed as insecure"));
        }
        if target.is_loopback() && !from.is_loopback() {
            return Err(refuse("loopback named by another host"));
        }
    }
    Ok(target)
}

/// Whether a token service may be sent the credential of a registry: over HTTPS; on loopback for a registry on loopback; and over
/// HTTP where the registry itself is asked that way and `--plain-http` names the host of the service too.
pub(super) fn may_have_credential(realm: &HostOrigin, registry: &HostOrigin, insecure: &[String]) -> bool {
    let named = registry.scheme() == Scheme::Http && insecure.iter().any(|listed| realm.is_listed_as(listed));
    realm.scheme() == Scheme::Https || (realm.is_loopback() && registry.is_loopback()) || named
}

/// A URL for messages: scheme, host and path. Queries hold signatures of blob stores.
pub(crate) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    excerpt(&format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path()))
}

#[cfg(test)]
mod tests {
    use notary::reference;

    use super::*;

    fn origin(text: &str) -> HostOrigin {
        HostOrigin::of(&Url::parse(text).unwrap()).unwrap()
    }

    #[test]
    fn a_credential_goes_over_plain_http_only_where_that_was_said() {
        let origin = |text: &str| HostOrigin::of(&Url::parse(text).unwrap()).unwrap();
        let named = ["registry.test".to_owned(), "auth.test:81".to_owned(), "both.test".to_owned()];
        for (realm, registry, expected) in [
            ("https://auth.test/token", "http://registry.test", true),
            ("https://elsewhere.test/token", "https://registry.test", true),
            ("http://auth.test:81/token", "http://registry.test", true),
            ("http://both.test:5001/token", "http://registry.test:5000", true),
            // Another port than the one that was named, a host that was not, one that only looks like it.
            ("http://auth.test/token", "http://registry.test", false),
            ("http://elsewhere.test/token", "http://registry.test", false),
            ("http://both.test.evil.example/token", "http://registry.test", false),
            // Never over a weaker scheme than the registry's own.
            ("http://auth.test:81/token", "https://registry.test", false),
            ("http://127.0.0.1:1/token", "http://127.0.0.1:2", true),
            ("http://127.0.0.1:1/token", "http://registry.test", false),
            ("http://127.0.0.1:1/token", "https://registry.test", false),
        ] {
            assert_eq!(may_have_credential(&origin(realm), &origin(registry), &named), expected, "{realm} {registry}");
        }
    }

    #[test]
    fn plain_http_only_for_loopback_and_listed_hosts() {
        let insecure = ["Plain.example", "port.example:5000", "default.example:443", "[fe80::1]:443", "[fe80::2]"];
        let insecure = insecure.map(str::to_owned);
        for (host, scheme) in [
            ("registry.example", "https"),
            ("registry.example:80", "https"),
            ("10.0.0.1:5000", "https"),
            ("localhost.example", "https"),
            ("notlocalhost", "https"),
            ("localhost", "http"),
            ("localhost:5000", "http"),
            ("a.localhost:5000", "http"),
            ("127.0.0.1", "http"),
            ("127.9.9.9:5000", "http"),
            ("[::1]:5000", "http"),
            ("plain.example", "http"),
            ("plain.example:8080", "http"),
            ("port.example:5000", "http"),
            ("port.example:5001", "https"),
            ("port.example", "https"),
            ("default.example", "https"),
            ("default.example:443", "http"),
            ("[fe80::1]", "https"),
            ("[fe80::1]:443", "http"),
            ("[fe80::2]:5000", "http"),
        ] {
            let url = base_url(host, &insecure, LoopbackScheme::Plain).unwrap();
            assert_eq!(url.scheme(), scheme, "{host}");
            let scheme = if scheme == "http" { reference::Scheme::Http } else { reference::Scheme::Https };
            assert_eq!(scheme_of(host, &insecure, LoopbackScheme::Plain), scheme, "{host}");
        }
        // Requests for Docker Hub go to another host than the one that names it.
        let hub = ["docker.io".to_owned()];
        assert_eq!(scheme_of("docker.io", &hub, LoopbackScheme::Plain), reference::Scheme::Https);
        assert_eq!(scheme_of("no host", &hub, LoopbackScheme::Plain), reference::Scheme::Https);
        assert_eq!(base_url("localhost:5000", &[], LoopbackScheme::Tls).unwrap().scheme(), "https");
    }

    #[test]
    fn docker_hub_is_asked_under_another_name() {
        for name in ["docker.io", "Docker.IO", "docker.io:443"] {
            assert_eq!(request_host(name), "registry-1.docker.io");
        }
        for name in ["index.docker.io", "registry.hub.docker.com", "R.example:5000"] {
            assert_eq!(request_host(name), name);
        }
    }

    #[test]
    fn hops_never_get_weaker() {
        let insecure = vec!["plain.example".to_owned()];
        for (from, to, allowed) in [
            ("https://a.example", "https://b.example/x", true),
            ("https://a.example", "http://a.example/x", false),
            ("https://a.example", "http://plain.example/x", false),
            ("https://a.example", "http://127.0.0.1/x", false),
            ("https://127.0.0.1:5000", "http://127.0.0.1:5001/x", true),
            ("http://localhost:5000", "http://127.0.0.1:5001/x", true),
            ("http://localhost:5000", "http://b.example/x", false),
            ("http://localhost:5000", "https://b.example/x", true),
            ("http://plain.example", "http://plain.example/x", true),
            ("http://plain.example", "http://127.0.0.1/x", false),
            ("https://a.example", "https://user:pw@b.example/x", false),
            ("https://a.example", "ftp://b.example/x", false),
            ("https://a.example", "file:///etc/passwd", false),
        ] {
            let found = check_hop(&origin(from), &Url::parse(to).unwrap(), &insecure);
            assert_eq!(found.is_ok(), allowed, "{from} -> {to}: {found:?}");
            assert!(allowed || matches!(found, Err(RegistryError::Hop { .. })));
        }
    }

    #[test]
    fn a_host_is_left_for_another_name_or_port() {
        for (from, to, left) in [
            ("https://a.example", "https://a.example/x", false),
            ("http://a.example", "https://a.example/x", false),
            ("https://a.example", "http://a.example/x", false),
            ("https://a.example", "https://a.example:444/x", true),
            ("https://a.example", "https://b.example/x", true),
            ("https://a.example", "https://a.example./x", true),
            ("https://a.example", "http://b.example/x", true),
            ("https://a.example", "ftp://b.example/x", false),
        ] {
            assert_eq!(origin(from).is_left_by(&Url::parse(to).unwrap()), left, "{from} -> {to}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin("https://A.example"), origin("https://a.example:443/x?y"));
        for other in ["http://a.example:443", "https://a.example:444", "https://b.example", "https://a.example."] {
            assert_ne!(origin("https://a.example"), origin(other), "{other}");
        }
        assert_eq!(origin("http://a.example:5000").to_string(), "a.example:5000");
        assert_eq!(shown(&Url::parse("https://a.example:1/p?sig=secret#f").unwrap()), "https://a.example:1/p");
    }
}
