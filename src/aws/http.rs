//! The AWS SDK over our own HTTP clients: one TLS stack, one set of certificate authorities, one kind of proxy.

use std::sync::Arc;
use std::time::Duration;

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
use url::Url;

use super::facts::endpoint::{gives_credentials, is_of_this_machine};
use super::facts::error::AwsErrorKind;
use crate::secrets;
use crate::transport::{NoAnswer, Route, Scheme, Transport, TransportError};

/// Bytes of an answer of AWS. The largest, an envelope with a chain of certificates in base64, has some ten KiB.
const ANSWER_BYTES: usize = 1024 * 1024;

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
                Some(limit) => match timeout(limit, exchange).await {
                    Ok(exchanged) => exchanged.map_err(ConnectorError::from),
                    Err(elapsed) => Err(ConnectorError::timeout(elapsed.into())),
                },
                None => exchange.await.map_err(ConnectorError::from),
            }
        })
    }
}

/// Why a request was not made or its answer not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    /// The SDK was led to an address that is none.
    #[error("the address of the request is not a URL with a host")]
    NotUrl,
    /// The SDK made a request that HTTP does not have: with a header of other characters, for example.
    #[error("a setting or a credential contains characters that a request cannot contain")]
    NotRequest,
    /// Plain HTTP leaves this machine.
    #[error("{host} would be reached over plain HTTP, which is only for this machine")]
    PlainHttp { host: String },
    #[error(transparent)]
    Transport(TransportError),
    #[error("{host} did not answer: {why}")]
    NoAnswer { host: String, why: NoAnswer },
    #[error("{host} answered with more than {ANSWER_BYTES} bytes")]
    TooLong { host: String },
    /// An answer that ended too early.
    #[error("the answer of {host} was cut off: {why}")]
    BrokenOff { host: String, why: NoAnswer },
    /// An answer that the SDK does not take.
    #[error("{host} answered with headers that cannot be read")]
    NotAnswer { host: String },
}

impl ExchangeError {
    pub(super) const fn kind(&self) -> AwsErrorKind {
        match self {
            Self::NotUrl | Self::NotRequest | Self::PlainHttp { .. } | Self::Transport(_) => AwsErrorKind::Setting,
            Self::NoAnswer { why: NoAnswer::Certificate(_) | NoAnswer::Tls(_), .. } => AwsErrorKind::Untrusted,
            Self::NoAnswer { why: NoAnswer::Proxy { status: 400..=428 | 430..=499 }, .. } => AwsErrorKind::Proxy,
            Self::NoAnswer { .. } | Self::TooLong { .. } | Self::BrokenOff { .. } => AwsErrorKind::Unavailable,
            Self::NotAnswer { .. } => AwsErrorKind::Malformed,
        }
    }
}

impl From<ExchangeError> for ConnectorError {
    /// As the SDK has to know it, to try again or not.
    fn from(error: ExchangeError) -> Self {
        match &error {
            ExchangeError::NoAnswer { why: NoAnswer::TimedOut, .. } => Self::timeout(error.into()),
            // It will be the same next time.
            ExchangeError::NoAnswer { why: NoAnswer::UnknownName, .. } => Self::other(error.into(), None),
            _ if matches!(error.kind(), AwsErrorKind::Untrusted | AwsErrorKind::Proxy) => {
                Self::other(error.into(), None)
            }
            ExchangeError::NoAnswer { .. } | ExchangeError::BrokenOff { .. } => Self::io(error.into()),
            ExchangeError::TooLong { .. } | ExchangeError::NotAnswer { .. } => Self::other(error.into(), None),
            _ => Self::user(error.into()),
        }
    }
}

async fn exchange(transport: &Transport, request: HttpRequest) -> Result<HttpResponse, ExchangeError> {
    let url = Url::parse(request.uri()).ok().filter(Url::has_host).ok_or(ExchangeError::NotUrl)?;
    let request = request.try_into_http1x().map_err(|_| ExchangeError::NotRequest)?;
    let (scheme, route) = way(&url)?;
    let client = transport.client(scheme, route).map_err(ExchangeError::Transport)?;
    let (parts, body) = request.into_parts();
    // The bodies of these services are short and in memory.
    let body = body.bytes().map(Bytes::copy_from_slice).unwrap_or_default();
    let host = url.host_str().unwrap_or_default().to_owned();
    note_secrets(&parts.headers);
    let tells_time = !gives_credentials(&url);
    let (method, path) = (parts.method.clone(), told_path(&url, &parts.headers));
    let began = Instant::now();
    let sent = client.request(parts.method, url.clone()).headers(parts.headers).body(body).send().await;
    let told = |status: Option<u16>| {
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Neither query nor headers: they hold hashes and credentials.
        tracing::debug!(%method, %host, %path, status, milliseconds, "request to AWS");
    };
    let response = match sent {
        Ok(response) => response,
        Err(error) if error.is_builder() => {
            told(None);
            return Err(ExchangeError::NotRequest);
        }
        Err(error) => {
            told(None);
            let why = match route {
                Route::Direct => NoAnswer::of(&error),
                Route::Usual => transport.why(&error, &url).await,
            };
            return Err(ExchangeError::NoAnswer { host, why });
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
    HttpResponse::try_from(answer).map_err(|_| ExchangeError::NotAnswer { host })
}

/// Reads an answer whole, so that the time limit of the attempt covers it too.
async fn read(mut response: reqwest::Response, host: &str) -> Result<Bytes, ExchangeError> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > ANSWER_BYTES => {
                return Err(ExchangeError::TooLong { host: host.to_owned() });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => {
                return Err(ExchangeError::BrokenOff { host: host.to_owned(), why: NoAnswer::of(&error) });
            }
        }
    }
}

/// Headers that carry credentials.
const SECRET_HEADERS: [&str; 4] =
    ["authorization", "x-amz-security-token", "x-amz-sso_bearer_token", "x-aws-ec2-metadata-token"];

/// Records the credentials of a request, so that no error shows them.
fn note_secrets(headers: &HeaderMap) {
    let values = SECRET_HEADERS.iter().flat_map(|name| headers.get_all(*name));
    for value in values.filter_map(|value| value.to_str().ok()) {
        match value.starts_with("AWS4-") {
            true => secrets::sent_once(value),
            false => secrets::sent(value),
        }
    }
}

/// Whether a request may go there, and by which way. Credentials of containers and instances come from addresses that
/// only the machine itself knows: plain HTTP is right there, and a proxy is wrong.
pub(super) fn way(url: &Url) -> Result<(Scheme, Route), ExchangeError> {
    let own = is_of_this_machine(url);
    let route = if own { Route::Direct } else { Route::Usual };
    match url.scheme() {
        "https" => Ok((Scheme::Https, route)),
        "http" if own => Ok((Scheme::Http, route)),
        _ => Err(ExchangeError::PlainHttp { host: url.host_str().unwrap_or_default().to_owned() }),
    }
}

/// The path for the log: that of a request to a service of AWS, which is signed or has none. Whoever knows the path at which
/// a container gets its credentials may get them too.
fn told_path(url: &Url, headers: &HeaderMap) -> String {
    let authorization = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let shown = url.path() == "/" || authorization.starts_with(b"AWS4-");
    if shown { url.path().to_owned() } else { "/…".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Flaw, TlsFault};

    #[test]
    fn what_will_not_pass_is_not_tried_again() {
        use AwsErrorKind::{Proxy, Unavailable, Untrusted};
        for (why, kind, again) in [
            (NoAnswer::Refused, Unavailable, true),
            (NoAnswer::Ended, Unavailable, true),
            (NoAnswer::TimedOut, Unavailable, true),
            (NoAnswer::Proxy { status: 503 }, Unavailable, true),
            (NoAnswer::Proxy { status: 429 }, Unavailable, true),
            (NoAnswer::UnknownName, Unavailable, false),
            (NoAnswer::Proxy { status: 403 }, Proxy, false),
            (NoAnswer::Proxy { status: 407 }, Proxy, false),
            (NoAnswer::Certificate(Flaw::UnknownIssuer), Untrusted, false),
            (NoAnswer::Tls(TlsFault::NotTls), Untrusted, false),
        ] {
            let error = ExchangeError::NoAnswer { host: "h".to_owned(), why: why.clone() };
            assert_eq!(error.kind(), kind, "{why:?}");
            let error = ConnectorError::from(error);
            assert_eq!(error.is_io() || error.is_timeout(), again, "{why:?}");
        }
    }

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
            ("ftp://127.0.0.1/", None),
        ] {
            let found = way(&Url::parse(url).unwrap());
            assert_eq!(found.as_ref().ok(), expected.as_ref(), "{url}");
            assert!(expected.is_some() || matches!(found, Err(ExchangeError::PlainHttp { .. })), "{url}");
        }
    }
}
