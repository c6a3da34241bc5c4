//! When a request is tried again, and after which pause (RFC 9110 section 10.2.3, RFC 6585 section 4).

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, StatusCode, header};
use jiff::fmt::rfc2822;

use super::settings::Retries;

/// Whether an answer says that another attempt may do better. A 403 that says when to come back is throttling.
pub(super) fn is_transient(status: StatusCode, headers: &HeaderMap) -> bool {
    match status.as_u16() {
        408 | 429 | 500 | 502 | 503 | 504 => true,
        403 => retry_after(headers).is_some(),
        _ => false,
    }
}

/// Whether a request is tried again at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hurry {
    /// As often as the settings say.
    No,
    /// Not if the server has had enough of requests: there is another way.
    WhenBusy,
}

impl Hurry {
    pub(super) fn waits_after(self, status: StatusCode) -> bool {
        self == Self::No || status != StatusCode::TOO_MANY_REQUESTS
    }
}

/// Pauses between the attempts of one request.
pub(super) struct Pauses {
    backoff: ExponentialBackoff,
    budget: Duration,
}

impl Pauses {
    pub(super) fn new(settings: &Retries) -> Self {
        let backoff = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(settings.first_pause)
            .with_max_delay(settings.longest_pause)
            .with_max_times(settings.attempts)
            .build();
        Self { backoff, budget: settings.budget }
    }

    /// The next pause, at least as long as the server asked for. Nothing when the attempts are used up, or the time is,
    /// of which `elapsed` has gone since the first attempt began.
    pub(super) fn next(&mut self, retry_after: Option<Duration>, elapsed: Duration) -> Option<Duration> {
        let own = self.backoff.next()?;
        let pause = retry_after.map_or(own, |asked| asked.max(own));
        (elapsed.checked_add(pause)? <= self.budget).then_some(pause)
    }
}

/// What `Retry-After` asks for, in seconds or as a date. A date is compared with the server's own `Date`, so that no
/// clock of ours takes part; without that header it says nothing.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = http_date(text)?;
    let now = http_date(headers.get(header::DATE)?.to_str().ok()?)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

fn http_date(text: &str) -> Option<jiff::Timestamp> {
    rfc2822::parse(text.trim()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(retry_after: &str, date: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(header::DATE, date.parse().unwrap());
        }
        headers
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (text, date, seconds) in [
            ("0", None, Some(0)),
            (" 120 ", None, Some(120)),
            ("99999999999999999999999", None, Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", date, Some(60)),
            ("Sun, 06 Nov 1994 08:40:37 GMT", date, Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", None, None),
            ("soon", date, None),
            ("-1", date, None),
            ("1.5", date, None),
            ("", date, None),
        ] {
            assert_eq!(retry_after(&headers(text, date)), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn attempts_and_time_are_limited() {
        let settings = Retries {
            attempts: 3,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(1),
            budget: Duration::from_secs(60),
        };
        let next = |asked: Option<u64>, elapsed: u64| {
            Pauses::new(&settings).next(asked.map(Duration::from_secs), Duration::from_secs(elapsed))
        };
        let mut pauses = Pauses::new(&settings);
        assert_eq!(std::iter::from_fn(|| pauses.next(None, Duration::ZERO)).count(), 3);
        assert_eq!(next(Some(30), 30), Some(Duration::from_secs(30)));
        assert_eq!(next(Some(30), 31), None);
        assert_eq!(next(Some(61), 0), None);
        assert_eq!(next(Some(u64::MAX), 1), None);
        assert_eq!(next(None, 60), None);
        assert!(next(Some(0), 0).unwrap() >= Duration::from_millis(100));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let transient = |headers: &HeaderMap| {
            let is_one = |status: &u16| is_transient(StatusCode::from_u16(*status).unwrap(), headers);
            (100..600).filter(is_one).collect::<Vec<_>>()
        };
        assert_eq!(transient(&HeaderMap::new()), [408, 429, 500, 502, 503, 504]);
        assert_eq!(transient(&headers("soon", None)), [408, 429, 500, 502, 503, 504]);
        assert_eq!(transient(&headers("1", None)), [403, 408, 429, 500, 502, 503, 504]);
    }

    proptest! {
        #[test]
        fn any_retry_after_is_answered(text in "[ -~]{0,40}") {
            let _ = retry_after(&headers(&text, Some(&text)));
        }
    }
}
