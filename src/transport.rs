//! The HTTP clients: one for each kind of way, made when it is first needed. Registries and AWS are asked through them.
//!
//! Loading the system's certificates costs milliseconds, which a run against a plain-HTTP registry on loopback does
//! not pay.

mod dates;
mod fault;
mod no_answer;
mod no_proxy;
mod pinned;
mod proxy;
mod retry_after;
mod way;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::ErrorKind;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use url::Url;

use self::dates::Dates;
pub(crate) use self::dates::{ServerDate, read_date};
pub(crate) use self::fault::{ProxyFault, TransportError};
pub(crate) use self::no_answer::{Flaw, NoAnswer, TlsFault};
use self::pinned::Verifier;
pub(crate) use self::proxy::{Proxies, ProxyVariable};
pub(crate) use self::retry_after::retry_after;
pub(crate) use self::way::{Route, Scheme};
use crate::files;
use crate::loopback::is_localhost;

pub(crate) const USER_AGENT: &str = concat!("sealgate/", env!("CARGO_PKG_VERSION"));

/// Bytes of a file of certificate authorities for TLS. A bundle of all public roots is about 250 KiB.
pub(crate) const CA_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// How long to wait before a name is looked up once more. That the resolver failed and that there is no such name look alike.
const LOOK_UP_AGAIN: Duration = Duration::from_millis(250);

/// The settings that all clients share.
#[derive(Clone, Debug)]
pub(crate) struct TransportSettings {
    /// PEM files with certificate authorities to trust in addition to the system's.
    pub(crate) ca_files: Vec<CaFile>,
    pub(crate) proxies: Proxies,
    /// Longest wait until a connection is established, including TLS.
    pub(crate) connect: Duration,
    /// Longest wait without a byte from the server.
    pub(crate) progress: Duration,
}

/// A file of certificate authorities, and what named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaFile {
    pub(crate) path: PathBuf,
    /// The flag, variable or file that names it.
    pub(crate) origin: String,
}

/// What distinguishes one HTTP client of a run from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    scheme: Scheme,
    route: Route,
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

    /// The time since the clients were made, as [`ServerDate::after`] counts it.
    pub(crate) fn elapsed(&self) -> Duration {
        self.dates.elapsed()
    }

    /// The client for requests of a scheme by a route.
    ///
    /// # Errors
    /// [`TransportError`] when a CA file cannot be used, or the variable for the scheme does not name a proxy.
    pub(crate) fn client(&self, scheme: Scheme, route: Route) -> Result<Client, TransportError> {
        if route == Route::Usual {
            self.settings.proxies.check(scheme)?;
        }
        let way = Way { scheme, route };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(other, _)| *other == way) {
            return Ok(client.clone());
        }
        let proxies = match route {
            Route::Direct => Proxies::None,
            Route::Usual => self.settings.proxies.clone(),
        };
        let client = self.build(scheme, proxies)?;
        clients.push((way, client.clone()));
        Ok(client)
    }

    /// Why a request by the usual route got no answer.
    pub(crate) async fn why(&self, error: &reqwest::Error, url: &Url) -> NoAnswer {
        match NoAnswer::of(error) {
            // The HTTP library keeps to itself what a proxy answered.
            NoAnswer::NoConnection => match self.refusal(url).await {
                Some(status) => NoAnswer::Proxy { status },
                None => NoAnswer::NoConnection,
            },
            why => why,
        }
    }

    /// The proxy through which a URL is reached, without what may be secret.
    pub(crate) fn proxy_of(&self, url: &Url) -> Option<String> {
        let proxy = self.settings.proxies.of(url)?;
        let port = proxy.port_or_known_default().unwrap_or_default();
        Some(format!("{}:{port}", proxy.host_str()?))
    }

    /// The status with which the proxy refuses a connection to the host of an HTTPS URL, if it does: the same request once more,
    /// made so that its answer is seen.
    async fn refusal(&self, url: &Url) -> Option<u16> {
        let proxy = self.settings.proxies.of(url).filter(|_| url.scheme() == "https")?;
        let target = format!("http://{}:{}/", url.host_str()?, url.port_or_known_default()?);
        let through = Proxies::All(Arc::new(proxy.clone()));
        let client = self.build(Scheme::Http, through).ok()?;
        let request = client.request(Method::CONNECT, target).timeout(self.settings.connect).send();
        let status = request.await.ok()?.status();
        (!status.is_success()).then_some(status.as_u16())
    }

    fn build(&self, scheme: Scheme, proxies: Proxies) -> Result<Client, TransportError> {
        let unusable = |fact: String| TransportError::Tls { fact };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?;
        let mut tls = match (scheme, &proxies) {
            // Without a proxy, which may be behind TLS itself, nothing here ever speaks TLS.
            (Scheme::Http, Proxies::None) => tls.with_root_certificates(RootCertStore::empty()),
            (Scheme::Http, Proxies::All(proxy)) if proxy.scheme() == "http" => {
                tls.with_root_certificates(RootCertStore::empty())
            }
            _ => tls.dangerous().with_custom_certificate_verifier(Arc::new(self.verifier(provider)?)),
        }
        .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(USER_AGENT)
            .dns_resolver(Arc::new(Names))
            .connect_timeout(self.settings.connect)
            .read_timeout(self.settings.progress)
            .no_proxy();
        let builder = match proxies {
            Proxies::None => builder,
            proxies => builder.proxy(reqwest::Proxy::custom(move |url| proxies.of(url).cloned())),
        };
        builder.build().map_err(|error| unusable(error.to_string()))
    }

    /// Whom TLS trusts: the system's certificate authorities (where `SSL_CERT_FILE` and `SSL_CERT_DIR` say, which the loader reads
    /// itself, else in the usual places), Mozilla's where the system has none (a container from scratch), and what the CA files
    /// hold. Of these, certificates of authorities vouch for others; any other is trusted for itself alone.
    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Verifier, TransportError> {
        let mut store = system_roots()?;
        let mut named = Vec::new();
        for file in &self.settings.ca_files {
            for certificate in read_authorities(file)? {
                if pinned::may_issue(&certificate) {
                    store.add(certificate.clone()).map_err(|error| unusable_file(file, error.to_string()))?;
                }
                named.push(certificate);
            }
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
        let authorities = authorities.map_err(|error| TransportError::Tls { fact: error.to_string() })?;
        Ok(Verifier::new(authorities, named))
    }
}

/// The system's certificate authorities, else Mozilla's.
///
/// # Errors
/// [`TransportError::CaFile`] when a variable names files that are not there: public authorities in their place could be more
/// than the user wants to trust.
fn system_roots() -> Result<RootCertStore, TransportError> {
    let mut store = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (usable, _) = store.add_parsable_certificates(native.certs);
    if usable > 0 {
        return Ok(store);
    }
    // The usual places are only looked at where there is something.
    let missing = native.errors.into_iter().find_map(|error| match error.kind {
        ErrorKind::Io { inner, path } if inner.kind() == io::ErrorKind::NotFound => Some((path, inner)),
        _ => None,
    });
    if let Some((path, error)) = missing {
        let origin = "SSL_CERT_FILE or SSL_CERT_DIR".to_owned();
        return Err(TransportError::CaFile { path, origin, fact: error.to_string() });
    }
    store.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    Ok(store)
}

/// The certificates of a CA file, of which there is at least one.
fn read_authorities(file: &CaFile) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let text = files::read(&file.path, CA_FILE_BYTES)
        .map(files::text)
        .map_err(|error| unusable_file(file, error.to_string()))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable_file(file, error.to_string()))?;
    match certificates.is_empty() {
        true => Err(unusable_file(file, "it contains no PEM certificate".to_owned())),
        false => Ok(certificates),
    }
}

fn unusable_file(file: &CaFile, fact: String) -> TransportError {
    TransportError::CaFile { path: file.path.clone(), origin: file.origin.clone(), fact }
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
            let found = look_up(name.as_str()).await.ok_or(no_answer::UnknownName)?;
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// The addresses of a name. A resolver may fail for a moment, which the system does not tell from a name that does not exist: it is
/// asked once more, shortly after, and no more than that.
async fn look_up(name: &str) -> Option<Vec<SocketAddr>> {
    let once = || async { tokio::net::lookup_host((name, 0)).await.ok().map(Iterator::collect::<Vec<_>>) };
    match once().await {
        Some(found) => Some(found),
        None => {
            tokio::time::sleep(LOOK_UP_AGAIN).await;
            once().await
        }
    }
}
