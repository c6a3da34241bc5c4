//! The AWS SDK over our own HTTP clients: one TLS stack, one set of certificate authorities, one kind of proxy.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use tokio::time::{Instant, timeout};
use url::{Host, Url};

use super::endpoint;
use crate::transport::{Route, Scheme, Transport, is_this_machine};

/// Bytes of an answer of AWS. The largest, an envelope with a chain of certificates in base64, has some ten KiB.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Makes the SDK's requests.
#[derive(Clone, Debug)]
pub(super) struct OverTransport(pub(super) Arc<Transport>);

impl HttpClient for OverTransport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let limit = settings.read_timeout().map(|read| read + settings.connect_timeout().unwrap_or_default());
        SharedHttpConnector::new(Connector { transport: Arc::clone(&self.0), limit })
    }
}

/// Makes the requests of one client.
#[derive(Debug)]
struct Connector {
    transport: Arc<Transport>,
    /// What the client allows for one exchange. Sources of credentials have little patience, and must: where no machine has
    /// their address, no answer ever comes.
    limit: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (transport, limit) = (Arc::clone(&self.transport), self.limit);
        HttpConnectorFuture::new(async move {
            let exchange = exchange(&transport, request);
            match limit {
                Some(limit) => timeout(limit, exchange)
                    .await
                    .unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into()))),
                None => exchange.await,
            }
        })
    }
}

/// Why a request was not made or its answer not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    /// Plain HTTP leaves this machine.
    #[error("{host} would be asked over plain HTTP, which is only for this machine")]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// An answer that is longer than any of AWS is.
    #[error("{host} answered with more than {ANSWER_BYTES} bytes")]
    TooLong {
        /// The host.
        host: String,
    },
    /// An answer that ended too early.
    #[error("the answer of {host} broke off")]
    BrokenOff {
        /// The host.
        host: String,
        /// Why.
        source: reqwest::Error,
    },
}

async fn exchange(transport: &Transport, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let unusable = |error: BoxError| ConnectorError::user(error);
    let url = Url::parse(request.uri()).map_err(|error| unusable(error.into()))?;
    let request = request.try_into_http1x().map_err(|error| unusable(error.into()))?;
    let (scheme, route) = way(&url).map_err(|error| unusable(error.into()))?;
    let client = transport.client(scheme, route).map_err(|error| unusable(error.into()))?;
    let (parts, body) = request.into_parts();
    // The bodies of these services are short and in memory.
    let body = body.bytes().map(Bytes::copy_from_slice).unwrap_or_default();
    let host = url.host_str().unwrap_or_default().to_owned();
    let tells_time = !gives_credentials(&url);
    let (method, path) = (parts.method.clone(), told_path(&url, &parts.headers));
    let began = Instant::now();
    let sent = client.request(parts.method, url).headers(parts.headers).body(body).send().await;
    let told = |status: Option<u16>| {
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Neither query nor headers: they hold hashes nobody reads, and what authorizes.
        tracing::debug!(%method, %host, %path, status, milliseconds, "request to AWS");
    };
    let response = match sent {
        Ok(response) => response,
        Err(error) => {
            told(None);
            return Err(not_sent(error.without_url()));
        }
    };
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    told(Some(response.status().as_u16()));
    if tells_time {
        transport.note_date(&host, answer.headers());
    }
    let body = read(response, &host).await?;
    let answer = answer.map(|()| SdkBody::from(body));
    HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
}

/// Reads an answer whole, so that the time limit of the attempt covers it too.
async fn read(mut response: reqwest::Response, host: &str) -> Result<Bytes, ConnectorError> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > ANSWER_BYTES => {
                let error = ExchangeError::TooLong { host: host.to_owned() };
                return Err(ConnectorError::other(error.into(), None));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => {
                let source = error.without_url();
                return Err(ConnectorError::io(ExchangeError::BrokenOff { host: host.to_owned(), source }.into()));
            }
        }
    }
}

/// Whether a request may go there, and by which way. Credentials of containers and instances come from addresses that
/// only the machine itself knows: plain HTTP is right there, and a proxy is wrong.
pub(super) fn way(url: &Url) -> Result<(Scheme, Route), ExchangeError> {
    let own = gives_credentials(url) || url.host().is_some_and(|host| is_this_machine(&host));
    let route = if own { Route::Direct } else { Route::Usual };
    match url.scheme() {
        "https" => Ok((Scheme::Https, route)),
        _ if own => Ok((Scheme::Http, route)),
        _ => Err(ExchangeError::PlainHttp { host: url.host_str().unwrap_or_default().to_owned() }),
    }
}

/// Whether a URL is one of the addresses at which containers and instances get credentials. Their clock is the machine's.
fn gives_credentials(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => endpoint::CREDENTIAL_ADDRESSES_V4.contains(&address),
        Some(Host::Ipv6(address)) => endpoint::CREDENTIAL_ADDRESSES_V6.contains(&address),
        Some(Host::Domain(_)) | None => false,
    }
}

/// The path for the log: that of a request to a service of AWS, which is signed or has none. Whoever knows the path at which
/// a container gets its credentials may get them too.
fn told_path(url: &Url, headers: &HeaderMap) -> String {
    let authorization = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let shown = url.path() == "/" || authorization.starts_with(b"AWS4-");
    if shown { url.path().to_owned() } else { "/…".to_owned() }
}

/// Why no answer came, so that the SDK knows whether to try again.
fn not_sent(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_no_path_at_which_credentials_are_got() {
        let url = |text| Url::parse(text).unwrap();
        let signed = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("AWS4-HMAC-SHA256 x"))]);
        let token = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("token-of-the-container"))]);
        let none = HeaderMap::new();
        for (url, headers, shown) in [
            (url("https://signer.us-west-2.amazonaws.com/signing-jobs?x=y"), &signed, "/signing-jobs"),
            (url("https://sts.us-west-2.amazonaws.com/"), &none, "/"),
            (url("http://169.254.170.2/v2/credentials/5f1c"), &none, "/…"),
            (url("http://localhost:911/creds/5f1c"), &token, "/…"),
            (url("https://credentials.example/5f1c"), &none, "/…"),
        ] {
            assert_eq!(told_path(&url, headers), shown, "{url}");
        }
    }

    #[test]
    fn plain_http_never_leaves_the_machine_and_a_proxy_never_sees_its_credentials() {
        for (url, expected) in [
            ("https://signer.us-west-2.amazonaws.com/", Some((Scheme::Https, Route::Usual))),
            ("http://signer.us-west-2.amazonaws.com/", None),
            ("http://127.0.0.1:4566/", Some((Scheme::Http, Route::Direct))),
            ("http://[::1]:4566/", Some((Scheme::Http, Route::Direct))),
            ("http://localhost:4566/", Some((Scheme::Http, Route::Direct))),
            ("https://localhost:4566/", Some((Scheme::Https, Route::Direct))),
            ("http://169.254.170.2/v2/credentials", Some((Scheme::Http, Route::Direct))),
            ("http://169.254.170.23/v1/credentials", Some((Scheme::Http, Route::Direct))),
            ("http://169.254.169.254/latest/api/token", Some((Scheme::Http, Route::Direct))),
            ("http://[fd00:ec2::23]/v1/credentials", Some((Scheme::Http, Route::Direct))),
            ("http://169.254.1.1/", None),
            ("http://10.0.0.1/", None),
            ("http://localhost.example/", None),
        ] {
            let found = way(&Url::parse(url).unwrap());
            assert_eq!(found.as_ref().ok(), expected.as_ref(), "{url}");
            assert!(expected.is_some() || matches!(found, Err(ExchangeError::PlainHttp { .. })), "{url}");
        }
    }
}
