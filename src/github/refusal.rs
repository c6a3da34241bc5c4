//! What an answer means that is not a success: by its status and its headers, never by its words.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use notary::json::{self, Object};

use super::error::{Answered, Why};
use super::limits;
use crate::secrets;
use crate::transport::{read_date, retry_after};

/// GitHub's header with the permissions of which a request needs one: `checks=write`, or `issues=write; pull_requests=write`.
const ACCEPTED: &str = "x-accepted-github-permissions";

/// How many requests are left, and when there are more again, in seconds since 1970.
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// What such an answer means.
pub(super) fn why(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Why {
    let answer = Answered { status: status.as_u16(), says: says(body) };
    match status.as_u16() {
        429 => Why::Limited { answer, after: comes_back(headers) },
        // A secondary limit says when to come back, the primary one that nothing is left.
        403 if retry_after(headers).is_some() || text(headers, REMAINING) == Some("0") => {
            Why::Limited { answer, after: comes_back(headers) }
        }
        401 | 403 => Why::Denied { answer, accepted: accepted(headers) },
        404 | 410 => Why::NotFound(answer),
        408 | 500.. => Why::Unavailable { answer, attempts: 1 },
        300..=399 => Why::Redirected(answer),
        _ => Why::Refused(answer),
    }
}

/// When the server wants to be asked again.
fn comes_back(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers).or_else(|| {
        // The server's own clock says how long that is.
        let now = read_date(text(headers, header::DATE.as_str())?)?;
        let reset = Timestamp::from_second(text(headers, RESET)?.parse().ok()?).ok()?;
        Some(Duration::try_from(reset.duration_since(now)).unwrap_or(Duration::ZERO))
    })
}

/// The permissions, as the YAML of a workflow has them. What has another form is left out.
fn accepted(headers: &HeaderMap) -> Vec<String> {
    let pairs = text(headers, ACCEPTED).unwrap_or_default().split([';', ',']).take(limits::PERMISSIONS);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let permission = |pair: &str| {
        let (name, access) = pair.trim().split_once('=')?;
        (is_word(name) && matches!(access, "read" | "write")).then(|| format!("{}: {access}", name.replace('_', "-")))
    };
    pairs.filter_map(permission).collect()
}

/// What the server says, without what authorizes us.
fn says(body: &[u8]) -> Option<String> {
    let document = json::parse_object(body).ok()?;
    let message = Object::new(&document, &["message"]).ok()?.text("message").ok()??.trim();
    let message = secrets::hidden(message);
    let shown: String = message.chars().take(limits::SERVER_TEXT).collect();
    let more = if shown.len() < message.len() { "…" } else { "" };
    (!shown.is_empty()).then(|| format!("{shown}{more}"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

impl Why {
    /// The same after so many attempts.
    pub(super) fn after(self, attempts: usize) -> Self {
        match self {
            Self::Unavailable { answer, .. } => Self::Unavailable { answer, attempts },
            Self::NoAnswer { why, .. } => Self::NoAnswer { why, attempts },
            other => other,
        }
    }

    /// How long to wait for another attempt, at least `own`; nothing where another attempt does no better.
    pub(super) fn pause(&self, own: Duration) -> Option<Duration> {
        match self {
            Self::Unavailable { .. } | Self::NoAnswer { .. } => Some(own),
            // Without a time it is a minute, by GitHub's word, which is all that we have.
            Self::Limited { after, .. } => after.map(|after| after.max(own)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Why {
        let headers =
            headers.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()));
        why(StatusCode::from_u16(status).unwrap(), &headers.collect(), body.as_bytes())
    }

    fn answer(status: u16) -> Answered {
        Answered { status, says: None }
    }

    #[test]
    fn a_refusal_is_known_by_its_status_and_headers() {
        let limited = |status, seconds: Option<u64>| Why::Limited {
            answer: answer(status),
            after: seconds.map(Duration::from_secs),
        };
        let denied = |status, accepted: &[&str]| Why::Denied {
            answer: answer(status),
            accepted: accepted.iter().map(|&text| text.to_owned()).collect(),
        };
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (found, expected) in [
            (of(401, &[], ""), denied(401, &[])),
            (of(403, &[], ""), denied(403, &[])),
            (of(403, &[(ACCEPTED, "checks=write")], ""), denied(403, &["checks: write"])),
            (
                of(403, &[(ACCEPTED, "issues=write; pull_requests=write")], ""),
                denied(403, &["issues: write", "pull-requests: write"]),
            ),
            (of(403, &[(ACCEPTED, "x: y\"=write; a=admin; =write; ok=read")], ""), denied(403, &["ok: read"])),
            (of(403, &[("retry-after", "7")], ""), limited(403, Some(7))),
            (of(403, &[(REMAINING, "0"), (RESET, "784111787"), date], ""), limited(403, Some(10))),
            (of(403, &[(REMAINING, "0"), (RESET, "784111787")], ""), limited(403, None)),
            (of(403, &[(REMAINING, "12"), (RESET, "784111787"), date], ""), denied(403, &[])),
            (of(429, &[], ""), limited(429, None)),
            (of(404, &[], ""), Why::NotFound(answer(404))),
            (of(307, &[("location", "https://evil.example/")], ""), Why::Redirected(answer(307))),
            (of(422, &[], ""), Why::Refused(answer(422))),
            (of(503, &[], ""), Why::Unavailable { answer: answer(503), attempts: 1 }),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_a_server_says_has_an_end_and_holds_no_secret() {
        secrets::sent("Bearer ghs_0123456789");
        let says = |message: &str| of(422, &[], &serde_json::json!({"message": message}).to_string());
        let told = |why| match why {
            Why::Refused(answer) => answer.says,
            other => panic!("{other:?}"),
        };
        assert_eq!(told(says(" no ")), Some("no".to_owned()));
        assert_eq!(told(says("")), None);
        assert_eq!(told(says("got ghs_0123456789")), Some("got (not shown)".to_owned()));
        assert_eq!(told(says(&"é".repeat(1000))).unwrap().chars().count(), limits::SERVER_TEXT + 1);
        for body in ["", "<html>", "[]", "{\"message\":7}"] {
            assert_eq!(told(of(422, &[], body)), None, "{body}");
        }
    }

    #[test]
    fn only_what_may_pass_is_waited_for() {
        let second = Duration::from_secs(1);
        for (found, pause) in [
            (of(500, &[], ""), Some(second)),
            (of(429, &[("retry-after", "7")], ""), Some(7 * second)),
            (of(429, &[("retry-after", "0")], ""), Some(second)),
            (of(429, &[], ""), None),
            (of(403, &[], ""), None),
            (of(404, &[], ""), None),
            (of(302, &[], ""), None),
            (Why::Late, None),
        ] {
            assert_eq!(found.pause(second), pause, "{found:?}");
        }
    }
}
