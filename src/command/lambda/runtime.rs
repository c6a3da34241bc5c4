//! Lambda's Runtime API: the next event, the answer to it, and what keeps the function from starting. It is on this machine, over
//! plain HTTP, and no proxy and no redirect leads anywhere else.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use notary::Timestamp;
use reqwest::{Client, Response};
use serde_json::json;
use url::Url;

use super::last_word::Request;
use super::limits;
use crate::env::{self, Env};
use crate::error::{Error, code};
use crate::report::ErrorReport;
use crate::transport::{NoAnswer, Proxies, Route, Scheme, Transport, TransportError, TransportSettings};

/// What all of its paths begin with.
const VERSION: &str = "2018-06-01/runtime";

/// The header with the number of an invocation.
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";

/// The header with the time, in milliseconds since 1970, at which an invocation ends.
const DEADLINE: &str = "lambda-runtime-deadline-ms";

/// The header with the kind of an error.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// The Runtime API of this function.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    /// Host and port.
    address: String,
    base: String,
    client: Client,
}

/// An event to answer.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) id: RequestId,
    /// When its time ends; nothing where the Runtime API does not say.
    pub(super) deadline: Option<Timestamp>,
    /// The event, unless it is larger than events are.
    pub(super) event: Option<Vec<u8>>,
}

/// The number of an invocation. It is a part of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestId(String);

impl RequestId {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(REQUEST_ID)?.to_str().ok()?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let fits = (1..=limits::REQUEST_ID).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The Runtime API does not do what Lambda documents. Nothing can be answered then.
#[derive(Debug, thiserror::Error)]
pub(super) enum RuntimeError {
    #[error("AWS_LAMBDA_RUNTIME_API is not set")]
    NotLambda,
    #[error("AWS_LAMBDA_RUNTIME_API is not HOST:PORT")]
    NotAddress,
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the Runtime API of Lambda gave no answer to `{call}`: {why}")]
    NoAnswer { call: &'static str, why: NoAnswer },
    #[error("the Runtime API of Lambda answered `{call}` with HTTP status {status}")]
    Status { call: &'static str, status: StatusCode },
    #[error("the Runtime API of Lambda gave an event without a request id")]
    NoRequestId,
}

impl RuntimeApi {
    /// The one that Lambda has named. Nothing is asked yet.
    ///
    /// # Errors
    /// There is none, or its name is no address.
    pub(super) fn of(environment: &Env) -> Result<Self, RuntimeError> {
        let address = environment.get(env::AWS_LAMBDA_RUNTIME_API).ok_or(RuntimeError::NotLambda)?;
        Self::at(address)
    }

    pub(super) fn at(address: &str) -> Result<Self, RuntimeError> {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_[]".contains(&byte);
        let url = Url::parse(&format!("http://{address}/")).ok().filter(|_| address.bytes().all(is_host));
        let base = url.ok_or(RuntimeError::NotAddress)?.join(VERSION).map_err(|_| RuntimeError::NotAddress)?;
        let transport = Transport::new(TransportSettings {
            ca_files: Vec::new(),
            proxies: Proxies::None,
            connect: CONNECT,
            progress: limits::NEXT,
        });
        Ok(Self {
            address: address.to_owned(),
            base: base.into(),
            client: transport.client(Scheme::Http, Route::Direct)?,
        })
    }

    /// Waits for the next event, for as long as it takes.
    ///
    /// # Errors
    /// [`RuntimeError`]: without its number an event cannot be answered.
    pub(super) async fn next(&self) -> Result<Invocation, RuntimeError> {
        const CALL: &str = "next";
        let answer = self.client.get(format!("{}/invocation/next", self.base)).send().await;
        let answer = answer.map_err(|error| RuntimeError::NoAnswer { call: CALL, why: NoAnswer::of(&error) })?;
        check(CALL, &answer)?;
        let headers = answer.headers();
        let id = RequestId::read(headers).ok_or(RuntimeError::NoRequestId)?;
        let deadline = headers.get(DEADLINE).and_then(|value| value.to_str().ok()?.parse().ok());
        let deadline = deadline.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        let event = read(CALL, answer, limits::EVENT_BYTES).await?;
        Ok(Invocation { id, deadline, event })
    }

    /// Answers an event.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub(super) async fn respond(&self, id: &RequestId, answer: String) -> Result<(), RuntimeError> {
        self.post("response", &response_path(id), answer, HeaderMap::new()).await
    }

    /// The request by which an event is answered.
    pub(super) fn request(&self, id: &RequestId, body: String) -> Request {
        let path = format!("{VERSION}/{}", response_path(id));
        Request { address: self.address.clone(), path, body }
    }

    /// Says that an event was not answered.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub(super) async fn fail(&self, id: &RequestId, error: &ErrorReport) -> Result<(), RuntimeError> {
        let path = format!("invocation/{}/error", id.as_str());
        self.post("error", &path, description(error), error_type(error)).await
    }

    /// Says that the function cannot be used.
    ///
    /// # Errors
    /// [`RuntimeError`]
    pub(super) async fn fail_to_start(&self, error: &ErrorReport) -> Result<(), RuntimeError> {
        self.post("init/error", "init/error", description(error), error_type(error)).await
    }

    async fn post(&self, call: &'static str, path: &str, body: String, headers: HeaderMap) -> Result<(), RuntimeError> {
        let request = self.client.post(format!("{}/{path}", self.base)).timeout(limits::ANSWER).headers(headers);
        let request = request.header(http::header::CONTENT_TYPE, "application/json").body(body);
        let answer = request.send().await;
        let answer = answer.map_err(|error| RuntimeError::NoAnswer { call, why: NoAnswer::of(&error) })?;
        check(call, &answer)?;
        // What it says besides is of no use, but a connection is used again when it was read.
        read(call, answer, limits::ACKNOWLEDGMENT_BYTES).await.map(drop)
    }
}

fn response_path(id: &RequestId) -> String {
    format!("invocation/{}/response", id.as_str())
}

fn check(call: &'static str, answer: &Response) -> Result<(), RuntimeError> {
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(RuntimeError::Status { call, status }) }
}

/// A body up to a limit; nothing where it is longer, of which the rest is read and forgotten.
async fn read(call: &'static str, mut answer: Response, limit: usize) -> Result<Option<Vec<u8>>, RuntimeError> {
    let mut body = Some(Vec::new());
    let failed = |error: reqwest::Error| RuntimeError::NoAnswer { call, why: NoAnswer::of(&error) };
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        body = body.filter(|body| body.len() + chunk.len() <= limit);
        match &mut body {
            Some(body) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok(body)
}

/// An error as Lambda describes one.
fn description(error: &ErrorReport) -> String {
    let text = std::iter::once(&error.message).chain(&error.causes).map(String::as_str).collect::<Vec<_>>().join(": ");
    json!({"errorMessage": text, "errorType": kind(error), "stackTrace": []}).to_string()
}

fn error_type(error: &ErrorReport) -> HeaderMap {
    let value = kind(error).parse().ok();
    value.map(|value| (http::HeaderName::from_static(ERROR_TYPE), value)).into_iter().collect()
}

fn kind(error: &ErrorReport) -> String {
    format!("Sealgate.{}", error.code)
}

impl From<RuntimeError> for Error {
    fn from(error: RuntimeError) -> Self {
        match &error {
            RuntimeError::NotLambda => Self::of(code::CONFLICT, &error)
                .help("this command is the program of a function on AWS Lambda: run it there, or under its runtime interface emulator"),
            RuntimeError::NotAddress => Self::of(code::INVALID_SETTING, &error)
                .help("leave AWS_LAMBDA_RUNTIME_API as Lambda sets it"),
            RuntimeError::Transport(_) => Self::of(code::INTERNAL, &error),
            RuntimeError::NoAnswer { .. } | RuntimeError::Status { .. } | RuntimeError::NoRequestId => {
                Self::of(code::UNAVAILABLE, &error).help("Lambda starts the function anew for the next event")
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn id(text: &str) -> RequestId {
        RequestId(text.to_owned())
    }

    #[test]
    fn the_runtime_api_is_a_host_and_nothing_else() {
        for address in ["127.0.0.1:9001", "localhost:1", "[::1]:9001", "sandbox.localdomain:9001"] {
            let api = RuntimeApi::at(address).unwrap();
            assert_eq!(api.base, format!("http://{address}/2018-06-01/runtime"));
            assert_eq!(api.request(&id("a"), "{}".to_owned()).path, "2018-06-01/runtime/invocation/a/response");
        }
        for address in [
            "",
            "http://127.0.0.1:9001",
            "127.0.0.1:9001/x",
            "u:p@127.0.0.1:9001",
            "127.0.0.1:99999",
            "a b",
            "a?b",
            "a#b",
        ] {
            assert!(matches!(RuntimeApi::at(address), Err(RuntimeError::NotAddress)), "{address}");
        }
    }
}
