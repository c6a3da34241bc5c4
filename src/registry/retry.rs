//! When a request is tried again, and after which pause (RFC 9110 section 10.2.3, RFC 6585 section 4).

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, StatusCode};

use super::settings::Retries;
use crate::transport::retry_after;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(retry_after: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(http::header::RETRY_AFTER, retry_after.parse().unwrap())])
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
        assert_eq!(transient(&headers("soon")), [408, 429, 500, 502, 503, 504]);
        assert_eq!(transient(&headers("1")), [403, 408, 429, 500, 502, 503, 504]);
    }
}
