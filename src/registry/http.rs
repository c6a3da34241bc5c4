//! The one layer that all requests go through: authorization, redirects, attempts, caps, and the log.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::Response;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use url::Url;

use super::answer::Answer;
use super::credentials::CredentialSource;
use super::error::{Kind, RegistryError};
use super::excerpt::causes;
use super::limits;
use super::meter::{Entry, Meter, Purpose, Retry};
use super::origin::{HostOrigin, check_hop, shown};
use super::retry::{self, Hurry, Pauses};
use super::settings::Settings;
use super::token::Session;
use crate::transport::{NoAnswer, Scheme, Transport, retry_after};

/// Bytes that one permit of the bytes in flight stands for.
const PERMIT_BYTES: u64 = 1024;

/// What a body without an announced length is taken to have, until it turns out to have more: listings and manifests are
/// shorter, and registries send them in chunks.
const UNANNOUNCED_BYTES: u64 = 256 * 1024;

pub(super) struct Call<'a> {
    pub(super) purpose: Purpose,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Most bytes that a successful answer's body may have.
    pub(super) cap: u64,
    /// What is being read or written, for errors.
    pub(super) what: String,
    pub(super) authorization: Authorization<'a>,
    pub(super) hurry: Hurry,
}

/// How a request may be authorized.
pub(super) enum Authorization<'a> {
    None,
    /// With what the registry's session holds or can get.
    Session(&'a Session),
    /// With this, at the URL of the call only (a token service).
    Fixed(&'a HeaderValue, &'a CredentialSource),
}

impl<'a> Call<'a> {
    /// A call with an empty body and without headers.
    pub(super) fn new(purpose: Purpose, method: Method, url: Url, what: String) -> Self {
        let authorization = Authorization::None;
        Self {
            purpose,
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            cap: 0,
            what,
            authorization,
            hurry: Hurry::No,
        }
    }

    pub(super) fn cap(mut self, bytes: u64) -> Self {
        self.cap = bytes;
        self
    }

    pub(super) fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(super) fn body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    pub(super) fn authorization(mut self, authorization: Authorization<'a>) -> Self {
        self.authorization = authorization;
        self
    }

    fn credential(&self) -> CredentialSource {
        match &self.authorization {
            Authorization::None => CredentialSource::Anonymous,
            Authorization::Session(session) => session.credential(),
            Authorization::Fixed(_, origin) => (*origin).clone(),
        }
    }
}

/// The layer. Cheap to clone: all clones share connections, caps and the log.
#[derive(Clone)]
pub(crate) struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Arc<Settings>,
    transport: Arc<Transport>,
    turns: Mutex<HashMap<HostOrigin, Arc<Semaphore>>>,
    in_flight: Semaphore,
    permits: u32,
    meter: Meter,
}

impl Http {
    pub(super) fn new(settings: Arc<Settings>, transport: Arc<Transport>) -> Self {
        let bytes = u64::try_from(settings.bytes_in_flight).unwrap_or(u64::MAX);
        let permits = u32::try_from(bytes / PERMIT_BYTES).unwrap_or(u32::MAX >> 4).clamp(1, u32::MAX >> 4);
        let inner = Inner {
            transport,
            turns: Mutex::new(HashMap::new()),
            in_flight: Semaphore::new(usize::try_from(permits).unwrap_or(1)),
            permits,
            meter: Meter::new(),
            settings,
        };
        Self { inner: Arc::new(inner) }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.inner.meter
    }

    /// Sends `call` until a final answer comes: redirects followed, tokens fetched, passing failures tried again.
    ///
    /// # Errors
    /// [`RegistryError::Denied`] and [`RegistryError::StoreDenied`] for 401 and 403, [`RegistryError::Busy`], [`RegistryError::Connection`] and a proxy's own failure
    /// after the last attempt, [`RegistryError::UnknownHost`] and what a proxy refuses at once, [`RegistryError::TooLarge`] beyond the cap, and what a hop or a token can fail with. Any other
    /// status is an answer, which the caller judges.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Answer, RegistryError> {
        let mut pauses = Pauses::new(&self.inner.settings.retries);
        let begin = Instant::now();
        let mut attempts = 0;
        // Until the call ends, or the next failure says something else.
        let mut _waiting = None;
        loop {
            attempts += 1;
            let (error, asked) = match self.attempt(call).await {
                Ok(answer) if retry::is_transient(answer.status, &answer.headers) => {
                    let (status, retry_after) = (answer.status, retry_after(&answer.headers));
                    let answer = Box::new(answer.quoted(&call.method));
                    let error = RegistryError::Busy { answer, attempts, retry_after };
                    if !call.hurry.waits_after(status) {
                        return Err(error);
                    }
                    (error, retry_after)
                }
                Ok(answer) if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                    let quoted = Box::new(answer.quoted(&call.method));
                    return Err(match answer.left {
                        Some(registry) => RegistryError::StoreDenied { answer: quoted, registry: registry.to_string() },
                        None => RegistryError::Denied { answer: quoted, credential: call.credential() },
                    });
                }
                Ok(answer) => return Ok(answer),
                Err(RegistryError::Connection { method, url, fact, .. }) => {
                    (RegistryError::Connection { method, url, fact, attempts }, None)
                }
                Err(error @ RegistryError::Proxy { .. }) if error.kind() == Kind::Unavailable => (error, None),
                Err(error) => return Err(error),
            };
            let Some(pause) = pauses.next(asked, begin.elapsed()) else { return Err(error) };
            tracing::debug!(%error, milliseconds = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), "try again");
            _waiting = Some(self.inner.meter.waits(Retry {
                host: HostOrigin::of(&call.url).map(|origin| origin.to_string()).unwrap_or_default(),
                status: error.answer().map(|answer| answer.status),
                attempt: attempts + 1,
                attempts: self.inner.settings.retries.attempts + 1,
            }));
            tokio::time::sleep(pause).await;
        }
    }

    /// One attempt; a 401 of the registry itself is answered once with a new authorization, and what it refuses to those without a
    /// login, where one can take its place, with a login.
    async fn attempt(&self, call: &Call<'_>) -> Result<Answer, RegistryError> {
        let session = match &call.authorization {
            Authorization::None => return self.follow(call, None).await,
            Authorization::Fixed(value, _) => return self.follow(call, Some(value)).await,
            Authorization::Session(session) => *session,
        };
        // A session belongs to one origin; an upload's `Location` may lead to another.
        if HostOrigin::of(&call.url).as_ref() != Some(session.origin()) {
            return self.follow(call, None).await;
        }
        let mut grant = session.grant();
        let mut answer = self.follow(call, grant.as_ref().map(|grant| &grant.value)).await?;
        // Boxed, because a token is fetched through this same function.
        if answer.status == StatusCode::UNAUTHORIZED
            && &answer.origin == session.origin()
            && let Some(renewed) = Box::pin(session.renew(self, &answer, grant.as_ref())).await?
        {
            answer = self.follow(call, Some(&renewed.value)).await?;
            grant = Some(renewed);
        }
        if let Some(login) = Box::pin(session.log_in(self, &answer, grant.as_ref())).await? {
            answer = self.follow(call, Some(&login.value)).await?;
        }
        Ok(answer)
    }

    /// Follows redirects, for HEAD those within the host only. The authorization goes to the first origin only, and never again once that was left.
    async fn follow(&self, call: &Call<'_>, authorization: Option<&HeaderValue>) -> Result<Answer, RegistryError> {
        let mut url = call.url.clone();
        let refuse = |url: &Url, fact| RegistryError::Hop { from: shown(&call.url), to: shown(url), fact };
        let mut origin =
            HostOrigin::of(&url).ok_or_else(|| refuse(&url, "not an HTTP URL, or one with credentials"))?;
        let mut authorization = authorization;
        let mut left = None;
        for _ in 0..=limits::REDIRECTS {
            let answer = self.hop(call, &origin, &url, authorization).await?;
            let answer = Answer { left: left.clone(), ..answer };
            let Some(target) = answer.redirect()? else { return Ok(answer) };
            if call.purpose == Purpose::Referrers && origin.is_left_by(&target) {
                // What another host lists is not what this registry holds: the caller judges the redirect.
                return Ok(answer);
            }
            let next = check_hop(&origin, &target, &self.inner.settings.insecure)?;
            if call.method == Method::HEAD && next != origin {
                // The store's URL is often good for GET alone; that the registry names one says enough.
                return Ok(answer);
            }
            let reads = matches!(call.method, Method::GET | Method::HEAD);
            if !reads && (next != origin || !matches!(answer.status.as_u16(), 307 | 308)) {
                return Err(refuse(&target, "a write is not redirected to another host or method"));
            }
            if next != origin {
                authorization = None;
                left.get_or_insert(origin);
            }
            (origin, url) = (next, target);
        }
        Err(refuse(&url, "too many redirects"))
    }

    /// One request with its answer, under all limits, in the log.
    async fn hop(
        &self,
        call: &Call<'_>,
        origin: &HostOrigin,
        url: &Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, RegistryError> {
        let turns = self.turns(origin);
        // The semaphores are never closed, so both acquisitions only wait.
        let _turn = turns.acquire().await;
        let start = self.inner.meter.elapsed();
        let limit = self.inner.settings.timeouts.request;
        let answer = match tokio::time::timeout(limit, self.exchange(call, origin, url, authorization)).await {
            Ok(answer) => answer,
            Err(_) => Err(broken(call, url, format!("no complete answer within {} s", limit.as_secs()))),
        };
        self.inner.meter.record(Entry {
            purpose: call.purpose,
            method: call.method.to_string(),
            url: shown(url),
            status: answer.as_ref().ok().map(|answer| answer.status.as_u16()),
            start,
            end: self.inner.meter.elapsed(),
            sent: u64::try_from(call.body.len()).unwrap_or(u64::MAX),
            received: answer.as_ref().map_or(0, |answer| u64::try_from(answer.body.len()).unwrap_or(u64::MAX)),
        });
        answer
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        origin: &HostOrigin,
        url: &Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, RegistryError> {
        let client = self.inner.transport.client(origin.scheme(), origin.route())?;
        let mut request = client.request(call.method.clone(), url.clone()).headers(call.headers.clone());
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        if !call.body.is_empty() || matches!(call.method, Method::PUT | Method::POST) {
            request = request.body(call.body.clone());
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Err(self.failed(call, origin, url, &error).await),
        };
        let status = response.status();
        // Over HTTP the proxy answers in the place of the registry.
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
            && origin.scheme() == Scheme::Http
            && let Some(proxy) = self.inner.transport.proxy_of(url)
        {
            return Err(RegistryError::Proxy { host: origin.to_string(), proxy, status: status.as_u16() });
        }
        let headers = response.headers().clone();
        self.inner.transport.note_date(&origin.to_string(), &headers);
        let body = if call.method == Method::HEAD { Bytes::new() } else { self.body(call, url, response).await? };
        Ok(Answer { status, headers, body, origin: origin.clone(), url: url.clone(), left: None })
    }

    /// Reads a body as it comes. Room is taken before the first byte. A body of unknown length is taken for a short one; if it
    /// is not, its room is given back before that for the longest is taken, so that no two readers wait for each other.
    async fn body(&self, call: &Call<'_>, url: &Url, mut response: Response) -> Result<Bytes, RegistryError> {
        let good = response.status().is_success();
        let cap = if good { call.cap } else { limits::ERROR_BYTES };
        let announced = response.content_length();
        let too_large = || RegistryError::TooLarge { what: call.what.clone(), limit: cap };
        if good && announced.is_some_and(|length| length > cap) {
            return Err(too_large());
        }
        let mut expected = announced.unwrap_or(UNANNOUNCED_BYTES).min(cap);
        let mut room = self.room(expected).await;
        let mut body = BytesMut::with_capacity(usize::try_from(expected).unwrap_or_default());
        while let Some(part) = response.chunk().await.map_err(|error| broken(call, url, causes(&error)))? {
            let total = u64::try_from(body.len() + part.len()).unwrap_or(u64::MAX);
            if total > cap {
                if good {
                    return Err(too_large());
                }
                break;
            }
            if total > expected {
                drop(room);
                room = self.room(cap).await;
                expected = cap;
            }
            body.extend_from_slice(&part);
        }
        drop(room);
        Ok(body.freeze())
    }

    /// A request that got no answer. What stays as it is, such as a certificate that is not trusted, is not tried again.
    async fn failed(&self, call: &Call<'_>, origin: &HostOrigin, url: &Url, error: &reqwest::Error) -> RegistryError {
        let (host, proxy) = (origin.to_string(), self.inner.transport.proxy_of(url));
        match self.inner.transport.why(error, url).await {
            why @ (NoAnswer::Certificate(_) | NoAnswer::Tls(_)) => {
                let ca_files = self.inner.settings.ca_files.iter().map(|file| file.origin.clone()).collect();
                RegistryError::Tls { host, why, ca_files }
            }
            NoAnswer::UnknownName => RegistryError::UnknownHost { host, proxy },
            NoAnswer::Proxy { status } => RegistryError::Proxy { host, proxy: proxy.unwrap_or_default(), status },
            _ => match proxy {
                Some(proxy) => broken(call, url, format!("through the proxy {proxy}: {}", causes(error))),
                None => broken(call, url, causes(error)),
            },
        }
    }

    /// Room for as many bytes. The semaphore is never closed, so this only waits.
    async fn room(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let permits = u32::try_from(bytes / PERMIT_BYTES + 1).unwrap_or(u32::MAX).min(self.inner.permits);
        self.inner.in_flight.acquire_many(permits).await.ok()
    }

    fn turns(&self, origin: &HostOrigin) -> Arc<Semaphore> {
        let mut turns = self.inner.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(self.inner.settings.requests_per_host.max(1)));
        Arc::clone(turns.entry(origin.clone()).or_insert_with(new))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Http").field("meter", &self.inner.meter).finish_non_exhaustive()
    }
}

fn broken(call: &Call<'_>, url: &Url, fact: String) -> RegistryError {
    RegistryError::Connection { method: call.method.to_string(), url: shown(url), fact, attempts: 1 }
}
