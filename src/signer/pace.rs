//! The pace of signing jobs: AWS Signer takes 10 a second from an account and region, and all jobs of a pipeline share
//! them.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::aws::random_part;

/// Jobs in any one second: the quota less one, for other signers.
const JOBS: usize = 9;

/// The second that the quota counts, and a little: requests count when they arrive, and the first ones take longer, by the
/// time that a connection takes.
const WINDOW: Duration = Duration::from_millis(1100);

/// A job that has to wait waits up to this much longer, so that several processes do not come back in step.
const JITTER: Duration = Duration::from_millis(100);

/// A job that has to wait comes this long after the one before: a [`JOBS`]th of [`WINDOW`], and a little. Requests that leave
/// together do not arrive together; evenly spread ones stay under the quota where it is counted, too.
const SPACING: Duration = Duration::from_millis(125);

/// Lets no more than [`JOBS`] pass in any [`WINDOW`]. The first pass at once, later ones evenly.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Mutex<VecDeque<Instant>>,
}

impl Pace {
    /// Waits for its turn.
    pub(super) async fn turn(&self) {
        let turn = {
            let mut last = self.last.lock().await;
            let now = Instant::now();
            let turn = match last.len() {
                JOBS.. => last.pop_front().map_or(now, |oldest| now.max(oldest + WINDOW + random_part(JITTER))),
                _ => now,
            };
            let turn = match last.back() {
                // A job that need not wait may follow the one before at once; turns are given in order.
                Some(newest) if turn > now => turn.max(*newest + SPACING),
                Some(newest) => turn.max(*newest),
                None => turn,
            };
            last.push_back(turn);
            turn
        };
        sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_than_the_quota() {
        let pace = Arc::new(Pace::default());
        let start = Instant::now();
        let turns: Vec<_> = (0..100)
            .map(|_| {
                let pace = Arc::clone(&pace);
                tokio::spawn(async move {
                    pace.turn().await;
                    start.elapsed()
                })
            })
            .collect();
        let mut at = Vec::new();
        for turn in turns {
            at.push(turn.await.unwrap());
        }
        at.sort();
        assert!(at.iter().take(JOBS).all(Duration::is_zero), "the first pass at once: {at:?}");
        for window in at.windows(JOBS + 1) {
            assert!(window[JOBS] - window[0] >= WINDOW, "{window:?}");
        }
        for waited in at[JOBS..].windows(2) {
            assert!(waited[1] - waited[0] >= SPACING, "who waits comes evenly: {waited:?}");
        }
        let slowest = WINDOW + JITTER;
        assert!(at[99] <= slowest * 12, "{:?}", at[99]);
    }
}
