//! A log of all requests, for `--verbose` and for tests that count them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::limits;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A token.
    Token,
    /// A manifest or index, or the look at a tag index.
    Manifest,
    /// The referrers API.
    Referrers,
    /// Content of a blob.
    Blob,
    /// Whether a blob exists.
    BlobExists,
    /// Opening an upload.
    UploadStart,
    /// Sending a blob.
    Upload,
    /// Writing a manifest or tag index.
    ManifestPush,
}

/// One request with its answer; each hop of a redirect and each further attempt is one of its own.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What it was for.
    pub(crate) purpose: Purpose,
    /// HTTP method.
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
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Meter {
    /// An empty log.
    pub(crate) fn new() -> Self {
        Self { epoch: Instant::now(), entries: Arc::new(Mutex::new(Vec::new())) }
    }

    /// Time since the log was made.
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
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() < limits::LOG_ENTRIES {
            entries.push(entry);
        }
    }

    /// All requests so far, in the order in which they ended.
    #[must_use]
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Number of requests so far.
    #[must_use]
    pub(crate) fn requests(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Bytes of bodies sent so far.
    #[must_use]
    pub(crate) fn sent(&self) -> u64 {
        self.entries().iter().map(|entry| entry.sent).sum()
    }

    /// Bytes of bodies read so far.
    #[must_use]
    pub(crate) fn received(&self) -> u64 {
        self.entries().iter().map(|entry| entry.received).sum()
    }

    /// Dependent rounds: the longest chain of requests of which each began after the one before had ended. Tokens,
    /// and the 401 answers that asked for them, do not count.
    #[must_use]
    pub(crate) fn rounds(&self) -> usize {
        let mut counted: Vec<_> = self
            .entries()
            .into_iter()
            .filter(|entry| entry.purpose != Purpose::Token && entry.status != Some(401))
            .collect();
        counted.sort_by_key(|entry| entry.end);
        let mut free = Duration::ZERO;
        let mut rounds = 0;
        for entry in counted {
            if entry.start >= free {
                rounds += 1;
                free = entry.end;
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
