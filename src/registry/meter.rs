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

/// A request that is about to be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) host: String,
    /// What the host answered, if it did.
    pub(crate) status: Option<u16>,
    /// Number of the next attempt, the first being 1.
    pub(crate) attempt: usize,
    /// Attempts that there are at most.
    pub(crate) attempts: usize,
}

impl fmt::Display for Retry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, status, attempt, attempts } = self;
        match status {
            Some(status) => write!(formatter, "{host} answered {status}, attempt {attempt} of {attempts}"),
            None => write!(formatter, "{host} did not answer, attempt {attempt} of {attempts}"),
        }
    }
}

/// As long as it is there, the meter tells of the retry.
pub(super) struct Waiting {
    log: Arc<Mutex<Log>>,
    number: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.waiting.retain(|(number, _)| *number != self.number);
    }
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
    /// Requests that are being tried again, each with a number of its own: as many as are made at the same time.
    waiting: Vec<(usize, Retry)>,
    waited: usize,
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

    /// Notes a request that is tried again, for as long as the result is kept.
    pub(super) fn waits(&self, retry: Retry) -> Waiting {
        let mut log = self.log();
        log.waited += 1;
        let number = log.waited;
        log.waiting.push((number, retry));
        Waiting { log: Arc::clone(&self.log), number }
    }

    /// What is being waited for: the last request that is tried again.
    pub(crate) fn waiting(&self) -> Option<Retry> {
        self.log().waiting.last().map(|(_, retry)| retry.clone())
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
    fn a_retry_is_told_until_it_is_over() {
        let meter = Meter::new();
        let retry = |host: &str, status| Retry { host: host.into(), status, attempt: 2, attempts: 6 };
        assert_eq!(meter.waiting(), None);
        let first = meter.waits(retry("a.example", None));
        let second = meter.waits(retry("b.example", Some(503)));
        assert_eq!(meter.waiting().unwrap().to_string(), "b.example answered 503, attempt 2 of 6");
        drop(second);
        assert_eq!(meter.waiting().unwrap().to_string(), "a.example did not answer, attempt 2 of 6");
        drop(first);
        assert_eq!(meter.waiting(), None);
    }

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
