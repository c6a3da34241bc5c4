//! The HTTP clients: one for each kind of way, made when it is first needed. Registries and AWS are asked through them.
//!
//! Loading the system's certificates costs milliseconds, which a run against a plain-HTTP registry on loopback does
//! not pay.

mod dates;
mod no_answer;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use self::dates::Dates;
pub(crate) use self::dates::ServerDate;
pub(crate) use self::no_answer::NoAnswer;
use crate::files;
use crate::loopback::is_localhost;

pub(crate) const USER_AGENT: &str = concat!("sealgate/", env!("CARGO_PKG_VERSION"));

/// Bytes of a file of certificate authorities for TLS. A bundle of all public roots is about 250 KiB.
pub(crate) const CA_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// The settings that all clients share.
#[derive(Clone, Debug)]
pub(crate) struct TransportSettings {
    /// PEM files with certificate authorities to trust in addition to the system's.
    pub(crate) ca_files: Vec<PathBuf>,
    pub(crate) proxies: Proxies,
    /// Longest wait until a connection is established, including TLS.
    pub(crate) connect: Duration,
    /// Longest wait without a byte from the server.
    pub(crate) progress: Duration,
}

/// Where proxies come from. Requests to loopback never go through one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxies {
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, which the HTTP library reads from the process
    /// environment itself. Apart from the AWS SDK's own variables this is the only reading outside of `main`.
    Environment,
    None,
}

/// The two schemes that exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// How a host is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Through the proxy, if there is one.
    Usual,
    /// Without a proxy: loopback, and the addresses that only this machine knows.
    Direct,
}

/// A setting from which no client can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be used: {fact}")]
pub(crate) struct TransportError {
    pub(crate) what: String,
    pub(crate) fact: String,
}

/// What distinguishes one HTTP client of a run from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    scheme: Scheme,
    proxies: Proxies,
}

/// The HTTP clients of a run.
#[derive(Debug)]
pub(crate) struct Transport {
    settings: TransportSettings,
    clients: Mutex<Vec<(Way, Client)>>,
    dates: Dates,
}

impl Transport {
    /// Makes no client yet.
    pub(crate) fn new(settings: TransportSettings) -> Self {
        Self { settings, clients: Mutex::new(Vec::new()), dates: Dates::new() }
    }

    /// Records the time that a server reports.
    pub(crate) fn note_date(&self, host: &str, headers: &http::HeaderMap) {
        self.dates.note(host, headers);
    }

    /// What time servers said it was, the first answer of each.
    pub(crate) fn dates(&self) -> Vec<ServerDate> {
        self.dates.all()
    }

    /// The client for requests of a scheme by a route.
    ///
    /// # Errors
    /// [`TransportError`] when a CA file cannot be used.
    pub(crate) fn client(&self, scheme: Scheme, route: Route) -> Result<Client, TransportError> {
        let proxies = match route {
            Route::Direct => Proxies::None,
            Route::Usual => self.settings.proxies,
        };
        let way = Way { scheme, proxies };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(other, _)| *other == way) {
            return Ok(client.clone());
        }
        let client = self.build(way)?;
        clients.push((way, client.clone()));
        Ok(client)
    }

    fn build(&self, way: Way) -> Result<Client, TransportError> {
        let roots = match (way.scheme, way.proxies) {
            // Without a proxy, which may be behind TLS itself, nothing here ever speaks TLS.
            (Scheme::Http, Proxies::None) => RootCertStore::empty(),
            _ => self.roots()?,
        };
        let unusable = |fact: String| TransportError { what: "TLS".into(), fact };
        let mut tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(USER_AGENT)
            .dns_resolver(Arc::new(Names))
            .connect_timeout(self.settings.connect)
            .read_timeout(self.settings.progress);
        if way.proxies == Proxies::None {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| unusable(error.to_string()))
    }

    /// The system's certificate authorities (where `SSL_CERT_FILE` and `SSL_CERT_DIR` say, which the loader reads itself,
    /// else in the usual places), Mozilla's where the system has none (a container from scratch), and those of the user.
    fn roots(&self) -> Result<RootCertStore, TransportError> {
        let mut store = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        let (usable, _) = store.add_parsable_certificates(native.certs);
        if usable == 0 {
            store.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        }
        for path in &self.settings.ca_files {
            let what = || format!("CA file {}", path.display());
            let unusable = |fact: String| TransportError { what: what(), fact };
            let text =
                files::read(path, CA_FILE_BYTES).map(files::text).map_err(|error| unusable(error.to_string()))?;
            let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
                .collect::<Result<_, _>>()
                .map_err(|error| unusable(error.to_string()))?;
            if certificates.is_empty() {
                return Err(TransportError { what: what(), fact: "it contains no PEM certificate".into() });
            }
            for certificate in certificates {
                store.add(certificate).map_err(|error| unusable(error.to_string()))?;
            }
        }
        Ok(store)
    }
}

/// Finds addresses. `localhost` and names below it are this machine and nothing else (RFC 6761 section 6.3): since plain
/// HTTP is allowed there, no resolver gets to say where that is.
struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        if is_localhost(name.as_str()) {
            let here: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
            let addresses: Addrs = Box::new(here.into_iter());
            return Box::pin(std::future::ready(Ok(addresses)));
        }
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| no_answer::UnknownName)?;
            let found: Vec<SocketAddr> = found.collect();
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}
