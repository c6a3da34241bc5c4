//! How a server is asked: each answer read under a cap, within a time that all requests share.

use std::error::Error as StdError;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use http::{HeaderMap, Method, Uri, header};
use notary::json;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::error::Why;
use super::requests::{Open, Requests};
use super::{Account, Server, limits, refusal};
use crate::loopback::is_this_machine;
use crate::transport::{NoAnswer, Route, Scheme, Transport};

/// How deep in an error that of the HTTP client is looked for.
const DEPTH: usize = 8;

/// Asks one server.
pub(super) struct Client<'a> {
    requests: Box<dyn Requests>,
    account: &'a Account,
    transport: &'a Transport,
    /// When all of it ends.
    end: Instant,
}

/// An answer of the status 2xx.
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    /// Whether a page follows this one.
    pub(super) has_next: bool,
}

impl Answer {
    /// The document in it.
    pub(super) fn json(&self) -> Result<Value, Why> {
        json::parse(&self.body).map_err(|error| Why::Unreadable { fact: error.to_string() })
    }
}

impl<'a> Client<'a> {
    /// A client for the account. No request is made yet.
    pub(super) fn open(account: &'a Account, transport: &'a Transport, open: Open) -> Result<Self, Why> {
        let api = &account.api;
        let (scheme, route) = match (api.scheme(), api.host().as_ref().is_some_and(is_this_machine)) {
            ("http", true) => (Scheme::Http, Route::Direct),
            (_, true) => (Scheme::Https, Route::Direct),
            (_, false) => (Scheme::Https, Route::Usual),
        };
        let requests = open(&api.origin().ascii_serialization(), &account.token, transport.client(scheme, route)?);
        let requests = requests.map_err(|error| Why::Transport { fact: error.to_string() })?;
        Ok(Self { requests, account, transport, end: Instant::now() + limits::REQUESTS })
    }

    pub(super) const fn server(&self) -> Server {
        self.account.server
    }

    /// A path below the repository's.
    pub(super) fn of_repository(&self, rest: &str) -> String {
        self.path(&format!("/repos/{}{rest}", self.account.repository))
    }

    /// A path of the API.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.account.api.path().trim_end_matches('/'))
    }

    /// The path of GitHub's GraphQL API, which is beside `v3` on a server of one's own.
    pub(super) fn graphql(&self) -> String {
        let path = self.account.api.path().trim_end_matches('/');
        format!("{}/graphql", path.strip_suffix("/v3").unwrap_or(path))
    }

    /// Asks for something. What may pass is tried again, as long as there is time.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, Why> {
        let pauses = ExponentialBuilder::new().with_jitter().with_min_delay(limits::FIRST_PAUSE);
        let mut pauses = pauses.with_max_delay(limits::LONGEST_PAUSE).with_max_times(limits::ATTEMPTS - 1).build();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let why = match self.once(Method::GET, path, None).await {
                Ok(answer) => return Ok(answer),
                Err(why) => why.after(attempts),
            };
            let Some(pause) = pauses.next().and_then(|own| why.pause(own)) else { return Err(why) };
            if pause >= self.end.saturating_duration_since(Instant::now()) {
                return Err(why);
            }
            sleep(pause).await;
        }
    }

    /// Makes something. It is not tried again: what was made and not answered would be made twice.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, Why> {
        self.once(Method::POST, path, Some(body)).await
    }

    /// Changes something. Not tried again, either.
    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Answer, Why> {
        self.once(Method::PATCH, path, Some(body)).await
    }

    /// One request and its whole answer.
    async fn once(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Why> {
        let end = self.end.min(Instant::now() + limits::REQUEST);
        let late = || match Instant::now() < self.end {
            true => Why::NoAnswer { why: NoAnswer::TimedOut, attempts: 1 },
            false => Why::Late,
        };
        timeout_at(end, self.exchange(method, path, body)).await.map_err(|_| late())?
    }

    async fn exchange(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Why> {
        let uri: Uri = path.parse().map_err(|_| Why::Unreadable { fact: "a name in its path is none".to_owned() })?;
        let mut answer = match self.requests.send(method, uri, body).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.no_answer(&*error).await),
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let limit = if status.is_success() { limits::ANSWER } else { limits::REFUSAL };
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| cut_off(&error))? {
            if body.len() + chunk.len() > limit {
                match status.is_success() {
                    true => return Err(Why::TooLong { limit }),
                    // What a refusal says is of no use beyond that.
                    false => break,
                }
            }
            body.extend_from_slice(&chunk);
        }
        match status.is_success() {
            true => Ok(Answer { body, has_next: has_next(&headers) }),
            false => Err(refusal::why(status, &headers, &body)),
        }
    }

    /// Why there is no answer, by the error of the HTTP client.
    async fn no_answer(&self, error: &(dyn StdError + 'static)) -> Why {
        let mut next = Some(error);
        for _ in 0..DEPTH {
            let Some(current) = next else { break };
            if let Some(error) = current.downcast_ref::<reqwest::Error>() {
                return Why::NoAnswer { why: self.transport.why(error, &self.account.api).await, attempts: 1 };
            }
            next = current.source();
        }
        Why::NoAnswer { why: NoAnswer::Unknown, attempts: 1 }
    }
}

/// An answer that ended too early.
fn cut_off(error: &reqwest::Error) -> Why {
    Why::NoAnswer { why: NoAnswer::of(error), attempts: 1 }
}

/// Whether a page follows (RFC 8288). Where it is we reckon ourselves: no address of an answer is asked.
fn has_next(headers: &HeaderMap) -> bool {
    let links = headers.get_all(header::LINK).into_iter().filter_map(|link| link.to_str().ok());
    links.flat_map(|link| link.split(',')).any(|link| link.split(';').skip(1).any(|rel| is_next(rel.trim())))
}

fn is_next(parameter: &str) -> bool {
    let relations = parameter.strip_prefix("rel=").unwrap_or_default();
    relations.trim_matches('"').split(' ').any(|relation| relation == "next")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_is_told_by_its_relation() {
        for (link, expected) in [
            (r#"<https://h/x?page=2>; rel="next", <https://h/x?page=9>; rel="last""#, true),
            (r#"<https://h/x?page=9>; rel="last", <https://h/x?page=2>; rel="next""#, true),
            (r#"<https://h/x?page=2>; rel=next"#, true),
            (r#"<https://h/x?page=1>; rel="prev", <https://h/x?page=1>; rel="first""#, false),
            (r#"<https://h/x?rel="next">; rel="last""#, false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::LINK, link.parse().unwrap())]);
            assert_eq!(has_next(&headers), expected, "{link}");
        }
        assert!(!has_next(&HeaderMap::new()));
    }
}
