//! How often a call is tried that the SDK is kept from repeating by itself.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::{Instant, sleep, timeout};

use super::facts::error::{AwsError, AwsErrorKind};

/// Attempts of one call, the first included. Signer throttles at 10 requests a second, so that a crowd of jobs needs
/// more than the SDK's 3.
pub(super) const ATTEMPTS: u32 = 5;

/// The first pause between attempts; each is about twice as long as the one before, with jitter.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(300);

pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Attempts of one call.
#[derive(Debug)]
pub(crate) struct Attempts {
    pauses: ExponentialBackoff,
    left: Duration,
}

impl Attempts {
    /// As many as the SDK makes, which together may take `limit`. Pauses do not count.
    pub(super) fn within(limit: Duration) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_jitter()
            // The jitter adds up to as much again.
            .with_min_delay(FIRST_PAUSE / 2)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(usize::try_from(ATTEMPTS.saturating_sub(1)).unwrap_or(0));
        Self { pauses: pauses.build(), left: limit }
    }

    /// Asks until there is an answer or another attempt would not help. One attempt may take `limit`, and all of them twice
    /// that; `late` is the error of one that took longer.
    ///
    /// # Errors
    /// That of the last attempt.
    pub(super) async fn ask<T, F>(
        limit: Duration,
        late: impl Fn() -> AwsError,
        ask: impl Fn() -> F,
    ) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let mut attempts = Self::within(limit.saturating_mul(2));
        loop {
            let began = Instant::now();
            let error = match timeout(limit, ask()).await.unwrap_or_else(|_elapsed| Err(late())) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match attempts.next(&error, began.elapsed()) {
                Some(pause) => sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    /// The pause before the next attempt, after one that `took` so long and failed. Nothing where another would not help,
    /// or there were enough.
    pub(crate) fn next(&mut self, error: &AwsError, took: Duration) -> Option<Duration> {
        self.left = self.left.saturating_sub(took);
        let may_pass = matches!(error.kind, AwsErrorKind::Throttled | AwsErrorKind::Unavailable);
        if may_pass && !self.left.is_zero() { self.pauses.next() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::error::Operation;
    use super::*;

    fn error(kind: AwsErrorKind) -> AwsError {
        AwsError::new(Operation::SIGN_PAYLOAD, kind, "x")
    }

    #[test]
    fn what_may_pass_is_tried_as_often_as_the_sdk_would() {
        for kind in [AwsErrorKind::Throttled, AwsErrorKind::Unavailable] {
            let mut attempts = Attempts::within(Duration::from_secs(60));
            let pauses: Vec<_> = std::iter::from_fn(|| attempts.next(&error(kind), Duration::from_millis(1))).collect();
            assert_eq!(pauses.len(), 4, "five attempts have four pauses");
            assert!(pauses.iter().all(|pause| *pause >= FIRST_PAUSE / 2 && *pause <= LONGEST_PAUSE * 2), "{pauses:?}");
        }
    }

    #[test]
    fn a_refusal_and_a_service_that_takes_too_long_are_not_tried_again() {
        let second = Duration::from_secs(1);
        for kind in [AwsErrorKind::Denied, AwsErrorKind::NotFound, AwsErrorKind::Invalid, AwsErrorKind::Malformed] {
            assert_eq!(Attempts::within(60 * second).next(&error(kind), second), None, "{kind:?}");
        }
        let mut attempts = Attempts::within(2 * second);
        assert!(attempts.next(&error(AwsErrorKind::Unavailable), second).is_some());
        assert_eq!(attempts.next(&error(AwsErrorKind::Unavailable), second), None);
    }
}
