//! The pace of signing jobs: AWS Signer takes 10 a second from an account and region, and all jobs of a pipeline share
//! them.

use std::collections::VecDeque;
use std::time::Duration;

use aws_lc_rs::rand;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Jobs in any one second: the quota less one, for whoever else signs.
const JOBS: usize = 9;

/// The time that the quota counts.
const WINDOW: Duration = Duration::from_secs(1);

/// Who has to wait waits up to this much longer, so that several processes do not come back in step.
const JITTER: Duration = Duration::from_millis(100);

/// Lets no more than [`JOBS`] pass in any [`WINDOW`]. The first pass at once.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Mutex<VecDeque<Instant>>,
}

impl Pace {
    /// Returns when it is one's turn.
    pub(super) async fn turn(&self) {
        let turn = {
            let mut last = self.last.lock().await;
            let now = Instant::now();
            let turn = match last.len() {
                JOBS.. => last.pop_front().map_or(now, |oldest| now.max(oldest + WINDOW + jitter())),
                _ => now,
            };
            // Turns are given in order: a later one is never earlier.
            let turn = last.back().map_or(turn, |newest| turn.max(*newest));
            last.push_back(turn);
            turn
        };
        sleep_until(turn).await;
    }
}

/// A random part of [`JITTER`]; none where there is no randomness.
fn jitter() -> Duration {
    let mut byte = [0_u8];
    match rand::fill(&mut byte) {
        Ok(()) => JITTER.mul_f64(f64::from(byte[0]) / 255.0),
        Err(_) => Duration::ZERO,
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
        let slowest = WINDOW + JITTER;
        assert!(at[99] <= slowest * 12, "{:?}", at[99]);
    }
}
