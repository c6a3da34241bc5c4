//! A log of all requests, for `--verbose` and for tests that count them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::limits;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Token,
    /// A manifest or index, or the look at a tag index.
    Manifest,
    Referrers,
    Blob,
    BlobExists,
    UploadStart,
    Upload,
    /// Writing a manifest or tag index.
    ManifestPush,
}

/// One request with its answer; each hop of a redirect and each further attempt counts separately.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) purpose: Purpose,
    pub(crate) method: String,
    /// URL without query.
    pub(crate) url: String,
    /// Status, if an answer came.
    pub(crate) status: Option<u16>,
    /// When it was sent, since the log was made.
    pub(crate) start: Duration,
    /// When its answer was read whole, or given up.
    pub(crate) end: Duration,
    /// Bytes of the body that was sent.
    pub(crate) sent: u64,
    /// Bytes of the body that was read.
    pub(crate) received: u64,
}

/// The log, shared by all that make requests for one command.
#[derive(Clone)]
pub(crate) struct Meter {
    epoch: Instant,
    log: Arc<Mutex<Log>>,
}

/// What is kept of the requests: of each not more than its times, since a registry can cause many, with long URLs.
#[derive(Default)]
struct Log {
    requests: usize,
    sent: u64,
    received: u64,
    /// Start and end of those that count as rounds.
    spans: Vec<(Duration, Duration)>,
    #[cfg(test)]
    entries: Vec<Entry>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { epoch: Instant::now(), log: Arc::default() }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.epoch.elapsed()
    }

    pub(super) fn record(&self, entry: Entry) {
        tracing::debug!(
            purpose = ?entry.purpose,
            method = %entry.method,
            url = %entry.url,
            status = entry.status,
            milliseconds = u64::try_from(entry.end.saturating_sub(entry.start).as_millis()).unwrap_or(u64::MAX),
            "request"
        );
        let mut log = self.log();
        log.requests += 1;
        log.sent += entry.sent;
        log.received += entry.received;
        if entry.purpose != Purpose::Token && entry.status != Some(401) && log.spans.len() < limits::LOG_ENTRIES {
            log.spans.push((entry.start, entry.end));
        }
        #[cfg(test)]
        log.entries.push(entry);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All requests so far, in the order in which they ended.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.log().entries.clone()
    }

    #[must_use]
    pub(crate) fn requests(&self) -> usize {
        self.log().requests
    }

    /// Bytes of bodies sent so far.
    #[must_use]
    pub(crate) fn sent(&self) -> u64 {
        self.log().sent
    }

    /// Bytes of bodies read so far.
    #[must_use]
    pub(crate) fn received(&self) -> u64 {
        self.log().received
    }

    /// Dependent rounds: the longest chain of requests of which each began after the one before had ended. Tokens,
    /// and the 401 answers that asked for them, do not count.
    #[must_use]
    pub(crate) fn rounds(&self) -> usize {
        let mut spans = self.log().spans.clone();
        spans.sort_by_key(|(_, end)| *end);
        let mut free = Duration::ZERO;
        let mut rounds = 0;
        for (start, end) in spans {
            if start >= free {
                rounds += 1;
                free = end;
            }
        }
        rounds
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Meter").field("requests", &self.requests()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_the_longest_chain() {
        for (spans, rounds) in [
            (vec![], 0),
            (vec![(0, 10)], 1),
            (vec![(0, 10), (0, 12)], 1),
            (vec![(0, 10), (0, 12), (10, 20), (12, 30)], 2),
            (vec![(0, 100), (0, 10), (10, 20), (20, 30)], 3),
        ] {
            let meter = Meter::new();
            for (start, end) in spans {
                meter.record(Entry {
                    purpose: Purpose::Manifest,
                    method: "GET".into(),
                    url: String::new(),
                    status: Some(200),
                    start: Duration::from_millis(start),
                    end: Duration::from_millis(end),
                    sent: 0,
                    received: 1,
                });
            }
            assert_eq!(meter.rounds(), rounds);
        }
    }
}
