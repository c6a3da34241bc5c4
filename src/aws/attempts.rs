//! How often a call is tried, and how long a run waits for AWS while it throttles.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::rand;
use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::{Instant, sleep, timeout};

use super::facts::error::{AwsError, AwsErrorKind};

/// Attempts of one call that gets no answer, the first included; `AWS_MAX_ATTEMPTS` says another number, for throttled calls too.
pub(crate) const ATTEMPTS: u32 = 5;

/// The first pause between attempts; each is about twice as long as the one before, with jitter.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(300);

pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// How long a run waits in all because AWS throttles. All jobs of an account share AWS Signer's 10 requests a second: in this time
/// it takes 3000, more than any release has. It is half of what one image may take, so that the reason is told, and not that
/// time ran out.
const WAITING: Duration = Duration::from_secs(5 * 60);

/// Before a throttled call is made again it waits for a random time up to this, then up to twice this, and so on (full jitter):
/// jobs that were turned away together do not come back together.
const FIRST_THROTTLED: Duration = Duration::from_millis(500);

/// The longest of these times: half of it, on average, is what a job may lose after the crowd has gone.
const LONGEST_THROTTLED: Duration = Duration::from_secs(20);

/// How patient a run is: what all its calls share.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Attempts of one call, where a setting counts them.
    most: Option<u32>,
    waited: Mutex<Waited>,
}

/// The time in which at least one call waited. Calls that wait at the same time wait once.
#[derive(Debug, Default)]
struct Waited {
    spent: Duration,
    /// When the last wait ends.
    until: Option<Instant>,
}

impl Patience {
    pub(super) fn new(most: Option<u32>) -> Arc<Self> {
        Arc::new(Self { most, waited: Mutex::default() })
    }

    /// Attempts of a call that is repeated by the SDK.
    pub(super) fn attempts(&self) -> u32 {
        self.most.unwrap_or(ATTEMPTS)
    }

    /// The pause after a call was throttled, the `times` times before not counted. Nothing where the run has waited enough.
    fn pause(&self, times: u32) -> Option<Duration> {
        let longest = FIRST_THROTTLED.saturating_mul(2_u32.saturating_pow(times)).min(LONGEST_THROTTLED);
        let pause = random_part(longest);
        let now = Instant::now();
        let end = now + pause;
        let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        let from = waited.until.map_or(now, |until| until.max(now));
        let spent = waited.spent + end.saturating_duration_since(from);
        if spent > WAITING {
            return None;
        }
        *waited = Waited { spent, until: Some(from.max(end)) };
        Some(pause)
    }

    /// Asks again as long as AWS throttles. For calls that the SDK repeats by itself, a few times and for a few seconds.
    ///
    /// # Errors
    /// That of the last attempt.
    pub(super) async fn wait_out<T, F>(&self, ask: impl Fn() -> F) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let mut times = 0;
        loop {
            let error = match ask().await {
                // The SDK has made all the attempts that were counted.
                Err(error) if error.kind == AwsErrorKind::Throttled && self.most.is_none() => error,
                done => return done,
            };
            let Some(pause) = self.pause(times) else { return Err(error) };
            wait(pause, &error).await;
            times += 1;
        }
    }
}

/// Attempts of one call.
#[derive(Debug)]
pub(crate) struct Attempts {
    patience: Arc<Patience>,
    pauses: ExponentialBackoff,
    left: Duration,
    made: u32,
    throttled: u32,
}

impl Attempts {
    /// As many as the SDK makes, which together may take `limit`. Pauses do not count. While AWS throttles, as many as the run is
    /// patient.
    pub(super) fn within(limit: Duration, patience: &Arc<Patience>) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_jitter()
            // The jitter adds up to as much again.
            .with_min_delay(FIRST_PAUSE / 2)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(usize::try_from(patience.attempts().saturating_sub(1)).unwrap_or(0));
        Self { patience: Arc::clone(patience), pauses: pauses.build(), left: limit, made: 0, throttled: 0 }
    }

    /// Asks until there is an answer or another attempt would not help. One attempt may take `limit`, and all that get no answer
    /// twice that; `late` is the error of one that took longer.
    ///
    /// # Errors
    /// That of the last attempt.
    pub(super) async fn ask<T, F>(
        patience: &Arc<Patience>,
        limit: Duration,
        late: impl Fn() -> AwsError,
        ask: impl Fn() -> F,
    ) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let mut attempts = Self::within(limit.saturating_mul(2), patience);
        loop {
            let began = Instant::now();
            let error = match timeout(limit, ask()).await.unwrap_or_else(|_elapsed| Err(late())) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !attempts.again(&error, began.elapsed()).await {
                return Err(error);
            }
        }
    }

    /// Waits before the next attempt, after one that `took` so long and failed. `false` where another would not help, or there were
    /// enough.
    pub(crate) async fn again(&mut self, error: &AwsError, took: Duration) -> bool {
        let Some(pause) = self.next(error, took) else { return false };
        wait(pause, error).await;
        true
    }

    fn next(&mut self, error: &AwsError, took: Duration) -> Option<Duration> {
        self.made += 1;
        if self.patience.most.is_some_and(|most| self.made >= most) {
            return None;
        }
        match error.kind {
            AwsErrorKind::Throttled => {
                self.throttled += 1;
                self.patience.pause(self.throttled - 1)
            }
            AwsErrorKind::Unavailable => {
                self.left = self.left.saturating_sub(took);
                if self.left.is_zero() { None } else { self.pauses.next() }
            }
            _ => None,
        }
    }
}

async fn wait(pause: Duration, error: &AwsError) {
    let milliseconds = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(operation = %error.operation, %error, milliseconds, "AWS is asked again after a pause");
    sleep(pause).await;
}

/// A random part of a time; all of it if no randomness is available.
pub(crate) fn random_part(of: Duration) -> Duration {
    let mut bytes = [0_u8; 4];
    match rand::fill(&mut bytes) {
        Ok(()) => of.mul_f64(f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)),
        Err(_) => of,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::facts::error::Operation;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn error(kind: AwsErrorKind) -> AwsError {
        AwsError::new(Operation::SIGN_PAYLOAD, kind, "x")
    }

    fn within(limit: Duration, most: Option<u32>) -> Attempts {
        Attempts::within(limit, &Patience::new(most))
    }

    /// How many attempts a call gets that always fails like this, and how long it waits between them.
    async fn tried(kind: AwsErrorKind, patience: &Arc<Patience>) -> (u32, Duration) {
        let (made, began) = (AtomicU32::new(0), Instant::now());
        let ask = || async {
            made.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(error(kind))
        };
        assert_eq!(Attempts::ask(patience, SECOND, || error(kind), ask).await.unwrap_err().kind, kind);
        (made.into_inner(), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_gets_no_answer_is_tried_as_often_as_the_sdk_would() {
        for (most, expected) in [(None, 5), (Some(1), 1), (Some(3), 3), (Some(8), 8)] {
            let (made, waited) = tried(AwsErrorKind::Unavailable, &Patience::new(most)).await;
            assert_eq!(made, expected, "{most:?}");
            assert!(waited <= 2 * LONGEST_PAUSE * expected, "{waited:?}");
        }
    }

    #[test]
    fn a_refusal_and_a_service_that_takes_too_long_are_not_tried_again() {
        for kind in [AwsErrorKind::Denied, AwsErrorKind::NotFound, AwsErrorKind::Invalid, AwsErrorKind::Malformed] {
            assert_eq!(within(60 * SECOND, None).next(&error(kind), SECOND), None, "{kind:?}");
        }
        let mut attempts = within(2 * SECOND, None);
        assert!(attempts.next(&error(AwsErrorKind::Unavailable), SECOND).is_some());
        assert_eq!(attempts.next(&error(AwsErrorKind::Unavailable), SECOND), None);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_is_waited_for_until_the_run_has_waited_enough() {
        let patience = Patience::new(None);
        let (made, waited) = tried(AwsErrorKind::Throttled, &patience).await;
        // The runtime's clock has whole milliseconds: each pause may be longer by one.
        let rounded = |pauses: u32| Duration::from_millis(pauses.into());
        assert!(waited > WAITING - LONGEST_THROTTLED && waited <= WAITING + rounded(made), "{waited:?}");
        assert!((16..200).contains(&made), "{made}");
        // It is a budget of the run: of the rest, the next call gets no more.
        let (more, rest) = tried(AwsErrorKind::Throttled, &patience).await;
        assert!(waited + rest <= WAITING + rounded(made + more), "{rest:?}");
        // Another kind of failure has its own attempts.
        assert_eq!(tried(AwsErrorKind::Unavailable, &patience).await.0, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_that_a_setting_counts_are_all_there_are() {
        for most in [1, 2, 7] {
            let patience = Patience::new(Some(most));
            assert_eq!(tried(AwsErrorKind::Throttled, &patience).await.0, most);
            // The SDK has counted them already.
            let asked = AtomicU32::new(0);
            let ask = || async {
                asked.fetch_add(1, Ordering::Relaxed);
                Err::<(), _>(error(AwsErrorKind::Throttled))
            };
            assert!(patience.wait_out(ask).await.is_err());
            assert_eq!((asked.into_inner(), patience.attempts()), (1, most));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_wait_at_the_same_time_wait_once() {
        let (patience, began) = (Patience::new(None), Instant::now());
        let calls = (0..20).map(|_| tried(AwsErrorKind::Throttled, &patience));
        futures_util::future::join_all(calls).await;
        let waited = began.elapsed();
        assert!(waited > WAITING - LONGEST_THROTTLED && waited <= WAITING, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_sdk_gave_up_is_asked_again_while_it_is_throttled_only() {
        let patience = Patience::new(None);
        for (kind, times, expected) in
            [(AwsErrorKind::Throttled, 9, 10), (AwsErrorKind::Unavailable, 9, 1), (AwsErrorKind::Denied, 9, 1)]
        {
            let asked = AtomicU32::new(0);
            let ask = || async {
                let before = asked.fetch_add(1, Ordering::Relaxed);
                if before < times { Err(error(kind)) } else { Ok(()) }
            };
            assert_eq!(patience.wait_out(ask).await.is_ok(), expected == 10, "{kind:?}");
            assert_eq!(asked.into_inner(), expected, "{kind:?}");
        }
    }

    /// Sixty jobs that share AWS Signer's quota, each with a patience of its own.
    #[tokio::test(start_paused = true)]
    async fn a_crowd_of_jobs_gets_through() {
        let (answered, began) = (Arc::new(Mutex::new(Vec::<Instant>::new())), Instant::now());
        let jobs: Vec<_> = (0..60)
            .map(|_| {
                let answered = Arc::clone(&answered);
                tokio::spawn(async move {
                    let ask = || async {
                        let (mut answered, now) = (answered.lock().unwrap(), Instant::now());
                        if answered.iter().filter(|then| now - **then < SECOND).count() >= 10 {
                            return Err(error(AwsErrorKind::Throttled));
                        }
                        answered.push(now);
                        Ok(())
                    };
                    let late = || error(AwsErrorKind::Unavailable);
                    Attempts::ask(&Patience::new(None), SECOND, late, ask).await
                })
            })
            .collect();
        for job in jobs {
            job.await.unwrap().unwrap();
        }
        assert!(began.elapsed() < WAITING / 2, "{:?}", began.elapsed());
    }

    #[test]
    fn a_part_of_a_time_is_no_more_than_it() {
        assert!((0..1000).all(|_| random_part(SECOND) <= SECOND));
        assert_eq!(random_part(Duration::ZERO), Duration::ZERO);
    }
}
