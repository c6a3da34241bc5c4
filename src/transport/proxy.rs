//! Where requests go through: the proxies that variables name. All of it is read from what the caller hands in, and a value that
//! cannot be used is an error: requests that should go through a proxy never go past it in silence.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::fault::{ProxyFault, TransportError};
use super::no_proxy::NoProxy;
use super::way::Scheme;
use crate::loopback::is_this_machine;

/// Where proxies come from. Requests to this machine never go through one.
#[derive(Clone, Default)]
pub(crate) enum Proxies {
    #[default]
    None,
    Given(Arc<GivenProxies>),
    /// This one, for everything.
    All(Arc<Url>),
}

/// The value of a variable that names a proxy. It may hold a password.
#[derive(Clone, Copy)]
pub(crate) struct ProxyVariable<'a> {
    pub(crate) name: &'static str,
    pub(crate) value: &'a str,
}

/// The proxies for both schemes, and the hosts that are reached without one.
pub(crate) struct GivenProxies {
    http: Option<Result<Url, TransportError>>,
    https: Option<Result<Url, TransportError>>,
    without: NoProxy,
}

impl Proxies {
    /// What variables say: of the proxy for HTTP, of that for HTTPS, and of the hosts that need none.
    pub(crate) fn new(http: Option<ProxyVariable<'_>>, https: Option<ProxyVariable<'_>>, no_proxy: &str) -> Self {
        if http.is_none() && https.is_none() {
            return Self::None;
        }
        let without = NoProxy::parse(no_proxy);
        Self::Given(Arc::new(GivenProxies { http: http.map(parse), https: https.map(parse), without }))
    }

    /// Whether requests of a scheme can be made.
    ///
    /// # Errors
    /// [`TransportError::Proxy`] when the variable for it does not name a proxy.
    pub(super) fn check(&self, scheme: Scheme) -> Result<(), TransportError> {
        match self {
            Self::Given(given) if given.without != NoProxy::Everything => match given.of(scheme) {
                Some(Err(error)) => Err(error.clone()),
                Some(Ok(_)) | None => Ok(()),
            },
            Self::Given(_) | Self::All(_) | Self::None => Ok(()),
        }
    }

    /// The proxy for a URL, if there is one.
    pub(super) fn of(&self, url: &Url) -> Option<&Url> {
        let given = match self {
            Self::Given(given) => given,
            Self::All(proxy) => return Some(proxy.as_ref()),
            Self::None => return None,
        };
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let proxy = given.of(scheme)?.as_ref().ok()?;
        let is_direct = is_this_machine(&url.host()?)
            || given.without.matches(url.host_str()?, url.port_or_known_default().unwrap_or_default());
        (!is_direct).then_some(proxy)
    }
}

impl fmt::Debug for Proxies {
    /// Without the proxies' URLs, which may hold passwords.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::All(_) => formatter.write_str("All"),
            Self::Given(given) => {
                formatter.debug_struct("Given").field("without", &given.without).finish_non_exhaustive()
            }
        }
    }
}

impl GivenProxies {
    const fn of(&self, scheme: Scheme) -> Option<&Result<Url, TransportError>> {
        match scheme {
            Scheme::Http => self.http.as_ref(),
            Scheme::Https => self.https.as_ref(),
        }
    }
}

/// A proxy: a URL, or as docker and curl take it too, a host with a port, which is asked over HTTP.
fn parse(variable: ProxyVariable<'_>) -> Result<Url, TransportError> {
    let unusable = |fact| TransportError::Proxy { variable: variable.name, fact };
    let value = variable.value.trim();
    let url = match value.contains("://") {
        true => Url::parse(value),
        false => Url::parse(&format!("http://{value}")),
    };
    let url = url.ok().filter(Url::has_host).ok_or_else(|| unusable(ProxyFault::NotUrl))?;
    match url.scheme() {
        "http" | "https" => {}
        "socks4" | "socks4a" | "socks5" | "socks5h" => return Err(unusable(ProxyFault::Socks)),
        _ => return Err(unusable(ProxyFault::Scheme)),
    }
    // The HTTP library goes past a proxy whose URL it cannot read.
    match url.as_str().parse::<http::Uri>() {
        Ok(uri) if uri.authority().is_some() => Ok(url),
        _ => Err(unusable(ProxyFault::NotUrl)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable<'a>(name: &'static str, value: &'a str) -> Option<ProxyVariable<'a>> {
        Some(ProxyVariable { name, value })
    }

    fn through(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&Url::parse(url).unwrap()).map(ToString::to_string)
    }

    #[test]
    fn each_scheme_has_its_proxy_and_this_machine_has_none() {
        let https = variable("HTTPS_PROXY", "http://s.corp:3128");
        let proxies = Proxies::new(variable("HTTP_PROXY", "p.corp:3128"), https, ".corp:443,10.0.0.0/8");
        for (url, proxy) in [
            ("http://r.example/v2/", Some("http://p.corp:3128/")),
            ("https://r.example/v2/", Some("http://s.corp:3128/")),
            ("https://r.corp/v2/", None),
            ("https://r.corp:5000/v2/", Some("http://s.corp:3128/")),
            ("http://r.corp/v2/", Some("http://p.corp:3128/")),
            ("https://10.1.2.3:5000/", None),
            ("http://localhost:5000/", None),
            ("https://a.localhost/", None),
            ("https://127.0.0.9/", None),
            ("https://[::1]:5000/", None),
        ] {
            assert_eq!(through(&proxies, url).as_deref(), proxy, "{url}");
        }
        assert_eq!(through(&Proxies::new(None, None, ""), "https://r.example/"), None);
        let one = Proxies::new(None, variable("HTTPS_PROXY", "http://s.corp"), "");
        assert_eq!(through(&one, "http://r.example/"), None);
    }

    #[test]
    fn a_value_that_names_no_proxy_is_an_error_with_the_variable_and_without_the_value() {
        for (value, fault) in [
            ("p.corp", None),
            ("p.corp:3128", None),
            ("http://u:s3cret@p.corp:3128/path", None),
            ("u:s3cr@et@p.corp:3128", None),
            ("HTTPS://p.corp", None),
            ("http://[fd00::1]:3128", None),
            ("http://", Some(ProxyFault::NotUrl)),
            ("http://p corp:3128", Some(ProxyFault::NotUrl)),
            ("http://u:s3cret@p.corp:99999", Some(ProxyFault::NotUrl)),
            ("p.corp:s3cret", Some(ProxyFault::NotUrl)),
            ("socks5://u:s3cret@p.corp:1080", Some(ProxyFault::Socks)),
            ("socks5h://p.corp", Some(ProxyFault::Socks)),
            ("ftp://u:s3cret@p.corp", Some(ProxyFault::Scheme)),
        ] {
            let proxies = Proxies::new(None, variable("HTTPS_PROXY", value), "");
            let expected = fault.map(|fact| TransportError::Proxy { variable: "HTTPS_PROXY", fact });
            assert_eq!(proxies.check(Scheme::Https).err(), expected, "{value}");
            assert_eq!(proxies.check(Scheme::Http), Ok(()), "{value}");
            let shown = format!("{proxies:?} {:?} {expected:?}", expected.as_ref().map(ToString::to_string));
            assert!(!shown.contains("s3cr"), "{shown}");
            assert_eq!(Proxies::new(None, variable("HTTPS_PROXY", value), "*").check(Scheme::Https), Ok(()), "{value}");
        }
    }
}
